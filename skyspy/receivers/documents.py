"""Decoding a whole document, such as an aircraft.json, for a receiver.

Invariant: a large document is decoded on a native thread, and holds up nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from skyspy.aircraft import Record
from skyspy.decode import DecodeError, Decoder
from skyspy.decode.aircraft_json import GZIP_MAGIC
from skyspy.receivers.receiver import Receiver
from skyspy.store.worker_pool import WorkerPool, WorkerPoolFull

MAX_INLINE_BYTES = 256 * 1024
"""A larger document (a thousand aircraft) is decoded in a native thread."""


def decode_document(receiver: Receiver, data: bytes, decoding: WorkerPool) -> bool:
    """Decode one document of this receiver, a large one on a thread of `decoding`, and deliver its records. False, counted and shown,
    for a broken one: nothing else changes."""
    receiver.count_bytes(len(data))
    decoder = receiver.decoder
    assert decoder is not None, "begin_session comes first"  # noqa: S101 - a reader's bug
    receiver.yielder.maybe_yield()
    now = receiver.clock.steady()
    # Ten thousand aircraft take a fifth of a second, so a native thread decodes. No other greenlet uses the decoder meanwhile.
    is_large = len(data) > MAX_INLINE_BYTES or data.startswith(GZIP_MAGIC)
    outcome = _decode_on_thread(decoding, decoder, data, now) if is_large else _decode(decoder, data, now)
    if isinstance(outcome, DecodeError):
        receiver.count_broken(str(outcome))
        return False
    # Other greenlets run before the tracker's share of the work.
    receiver.yielder.maybe_yield()
    receiver.deliver(outcome)
    return True


def _decode(decoder: Decoder, data: bytes, now: float) -> Sequence[Record] | DecodeError:
    """A document's records, or the error as a value: gevent prints exceptions that leave a thread pool's job."""
    try:
        return decoder.feed(data, now)
    except DecodeError as error:
        return error


def _decode_on_thread(decoding: WorkerPool, decoder: Decoder, data: bytes, now: float) -> Sequence[Record] | DecodeError:
    """The same on a native thread, or an error where none was free in time."""
    try:
        return decoding.run(partial(_decode, decoder, data, now))
    except WorkerPoolFull:
        return DecodeError("the server is too busy to decode this document")

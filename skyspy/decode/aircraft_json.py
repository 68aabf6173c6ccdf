"""Decoder for aircraft.json, the snapshot that readsb, dump1090-fa and skyaware978 write about once a second.

Invariants:
- One call takes one whole document.
- At most one record is used per address: the one heard most recently; of equally old ones, the last.
- A document with the same `now` as the one before gives no Observations. A document whose `now` is lower is accepted:
  its source was restarted or its clock was set.
- An aircraft that was not heard since the last document gives no Observation.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from math import inf

from skyspy.aircraft import Observation, clean_hex
from skyspy.decode.base import Context, Counters, DecodeError, number
from skyspy.decode.json_pieces import parse_listing
from skyspy.decode.json_salvage import parse_skipping_unreadable
from skyspy.decode.readsb import DIALECT_978, age_seconds, fields_of, message_count, messages_since, observations

MAX_BYTES = 16 * 1024 * 1024
"""Largest uncompressed document. Ten thousand aircraft take 5 to 8 MB."""

MAX_RECORDS = 50_000
"""Records read from one document; those beyond it count as skipped."""

MAX_ROUNDING_S = 0.15
"""`seen` has a resolution of 0.1 s, so two documents may date the same reception up to this many seconds apart."""

GZIP_MAGIC = b"\x1f\x8b"
_MIN_MILLISECONDS = 1e11
"""A `now` above this is in milliseconds, as some programs write it: no epoch time in seconds is this large."""


def decompressed(data: bytes) -> bytes:
    """The document, decompressed if it is gzip; raises DecodeError if it is damaged or larger than MAX_BYTES."""
    if not data.startswith(GZIP_MAGIC):
        if len(data) > MAX_BYTES:
            raise DecodeError(f"aircraft.json is larger than {MAX_BYTES} bytes")
        return data
    decompressor = zlib.decompressobj(wbits=31)
    try:
        text = decompressor.decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise DecodeError(f"aircraft.json is damaged gzip: {error}") from None
    if len(text) > MAX_BYTES:
        raise DecodeError(f"aircraft.json is larger than {MAX_BYTES} bytes")
    if not decompressor.eof:
        raise DecodeError("aircraft.json is truncated gzip")
    return text


def _parsed(text: bytes) -> tuple[object, int, int]:
    """The document, how many records beyond MAX_RECORDS it has, and how many that cannot be read. Raises DecodeError."""
    try:
        return *parse_listing(text, "aircraft", MAX_RECORDS), 0
    except DecodeError as error:
        problem = error
    try:
        return parse_skipping_unreadable(text, "aircraft", MAX_RECORDS)
    except DecodeError:
        raise problem from None


class AircraftJson:
    """Decoder for aircraft.json documents."""

    def __init__(self, context: Context) -> None:
        self.counters = Counters()
        self.source_now: float | None = None
        self._context = context
        self._total: int | None = None
        # By address: when it was last heard (on the source's clock), and its message counter at that time.
        self._last_heard: dict[str, tuple[float, int | None]] = {}

    def feed(self, data: bytes, now: float) -> list[Observation]:
        """Decode one document; raises DecodeError if it is invalid, and then changes no state."""
        document, dropped, unreadable = _parsed(decompressed(data))
        records = document.get("aircraft") if isinstance(document, dict) else None
        if not isinstance(document, dict) or not isinstance(records, list):
            raise DecodeError("no aircraft list: this is not an aircraft.json")
        self.counters.bad += unreadable
        source_now = number(document.get("now"))
        if source_now is not None:
            source_now = source_now / 1000.0 if source_now > _MIN_MILLISECONDS else source_now
            if source_now == self.source_now:
                return []
            if self.source_now is not None and source_now < self.source_now:
                # Reception times start again. Message counters may continue; a lower one is recognized as a restart.
                self._last_heard = {address: (-inf, messages) for address, (_, messages) in self._last_heard.items()}
        self.source_now = source_now
        self.counters.skipped += dropped
        result = self._changes(self._latest(records), source_now, self._context.arrival_time(source_now, now))
        self._count_messages(document, sum(observation.messages for observation in result))
        return result

    def _latest(self, records: list[object]) -> dict[str, tuple[float, Mapping[str, object]]]:
        """By address, the age in seconds and the record that was heard most recently. Empties `records`: freeing thousands at once
        would hold up every thread."""
        latest: dict[str, tuple[float, Mapping[str, object]]] = {}
        records.reverse()
        while records:
            raw = records.pop()
            address = clean_hex(raw.get("hex")) if isinstance(raw, dict) else None
            if address is None or not isinstance(raw, dict):
                self.counters.bad += 1
                continue
            seen = age_seconds(raw.get("seen")) or 0.0
            other = latest.get(address)
            if other is not None:
                self.counters.skipped += 1
                if other[0] < seen:
                    continue
            latest[address] = (seen, raw)
        return latest

    def _changes(
        self, latest: dict[str, tuple[float, Mapping[str, object]]], source_now: float | None, base: float
    ) -> list[Observation]:
        """Observations of the aircraft heard since the last document. `base` is the document's time in steady seconds. Empties
        `latest`, as `_latest` does its records."""
        known: dict[str, tuple[float, int | None]] = {}
        result: list[Observation] = []
        skyaware978 = any(DIALECT_978 in raw for _, raw in latest.values())
        for address in list(latest):
            seen, raw = latest.pop(address)
            heard, messages = (source_now or 0.0) - seen, message_count(raw)
            before = self._last_heard.get(address)
            if before is not None and source_now is not None and messages == before[1] and heard <= before[0] + MAX_ROUNDING_S:
                known[address] = before
                continue
            known[address] = (heard, messages)
            seen_pos = age_seconds(raw.get("seen_pos"))
            pos_at = None if seen_pos is None else base - seen_pos
            more = max(1, messages_since(before[1] if before else None, messages))
            result += observations(raw, address, fields_of(raw, skyaware978), base - seen, pos_at, more)
        self._last_heard = known
        return result

    def _count_messages(self, document: Mapping[str, object], observed: int) -> None:
        """Add the messages since the last document, by the receiver's own counter. The first document adds one per
        aircraft, because that counter covers the receiver's whole uptime."""
        total = message_count(document)
        if self._total is None or total is None or total < self._total:
            self.counters.messages += len(self._last_heard) if self._total is None else observed
        else:
            self.counters.messages += total - self._total
        self._total = total

"""Bounds for one HTTP response.

http.client reads `100 Continue` responses and chunk trailers in loops without an end. While data is there, a gevent socket returns
at once and no other greenlet runs, so that no gevent.Timeout is raised either. BoundedResponse puts a BoundedFile between
http.client and the socket: whatever the server sends, one response has at most `Bounds.framing_bytes` of status lines, headers,
chunk sizes and trailers and at most `Bounds.body_bytes` of body as sent, and other greenlets run meanwhile.
"""

from __future__ import annotations

import http.client
import io
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple, cast

from skyspy.cooperate import Yielder
from skyspy.outbound import OutboundError

MAX_INTERIM = 8
"""So many interim answers (1xx, RFC 9110 15.2), such as the 103 of a proxy, are read past before the one that counts."""
PIECE_BYTES = 64 * 1024
"""So much is read or decompressed at once."""


class Bounds(NamedTuple):
    """At most so many bytes of one response: of everything that is read as a line, and of its body as sent."""

    framing_bytes: int
    body_bytes: int


class BoundedFile:
    """The part of a file that http.client reads from, within the bounds of one response. Raises OutboundError beyond them."""

    def __init__(self, file: BinaryIO, yielder: Yielder, bounds: Bounds) -> None:
        self._file, self._yielder, self._bounds = file, yielder, bounds
        self._framing_left, self._body_left = bounds

    def readline(self, limit: int = -1) -> bytes:
        """A line with its end, at most `limit` bytes of it."""
        most = self._bounds.framing_bytes
        line = self._file.readline(most if limit < 0 else min(limit, most))
        self._framing_left -= len(line)
        if self._framing_left < 0:
            raise OutboundError(
                f"the server sends more than {most // 1024} KiB of status lines, headers and chunk sizes in one answer"
            )
        self._yielder.maybe_yield()
        return line

    def read(self, size: int = -1) -> bytes:
        """`size` bytes; fewer at the end of the stream. A negative size, such as a chunk may claim, is an error."""
        if size < 0:
            raise OutboundError("the server sends a chunk of a negative size")
        parts = []
        while size > 0 and (part := self._file.read(min(size, PIECE_BYTES))):
            size -= len(part)
            self._body_left -= len(part)
            if self._body_left < 0:
                raise too_large(self._bounds.body_bytes)
            parts.append(part)
            self._yielder.maybe_yield()
        return b"".join(parts)

    def flush(self) -> None:
        """Does nothing: the file is only read."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class BoundedResponse(http.client.HTTPResponse):
    """http.client's response, read through a BoundedFile. A subclass says within which `bounds`."""

    bounds: Bounds

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fp = cast(io.BufferedReader, BoundedFile(self.fp, Yielder(), self.bounds))

    def _read_status(self) -> tuple[str, int, str]:
        """The first status that is not interim. http.client itself reads past 100 only. 101 is another protocol, and final."""
        for _ in range(MAX_INTERIM + 1):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == http.client.SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise OutboundError(f"the server sends more than {MAX_INTERIM} interim answers (1xx) before its answer")


def decompressed(decompressor: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    """What `data` decompresses to, in pieces of at most PIECE_BYTES. What follows the end of the compressed stream is ignored.
    Raises zlib.error."""
    while not decompressor.eof:
        piece = decompressor.decompress(data, PIECE_BYTES)
        data = decompressor.unconsumed_tail
        if piece:
            yield piece
        if not data and len(piece) < PIECE_BYTES:
            return


def too_large(most: int) -> OutboundError:
    """The error for a body of more than `most` bytes."""
    return OutboundError(f"the document is larger than {most / 1024 / 1024:g} MiB")

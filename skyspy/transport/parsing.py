"""Infrastructure: an HTTP/1.1 request, read strictly and within bounds.

Invariants: a request that a proxy in front of this server could read differently is refused: white space before a
colon, folded header lines, control characters, a length that is not digits, more than one length or host, a length
together with chunks. Nothing is read beyond the bounds below, and reading many small pieces lets other greenlets run.
"""

from __future__ import annotations

import re
from email.message import Message
from typing import Protocol

from skyspy.cooperate import Yielder

MAX_HEAD_BYTES, MAX_HEADERS = 64 * 1024, 100
"""All header lines of one request together."""
MAX_CHUNK_LINE = 256
"""Bytes of a line that begins a chunk, its extensions included, and of a trailer's line."""
MAX_TRAILERS = 16
"""Header lines after the last chunk."""

_REQUEST_LINE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [^\x00-\x20\x7f]+ HTTP/1\.[01]\r?\n")
_HEADER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\x00-\x08\x0a-\x1f\x7f]*\r?\n")
_LENGTH = re.compile(r"[0-9]{1,15}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\r\n")


class BadRequest(ValueError):
    """The bytes are no valid HTTP/1.1 request; the text says why and holds nothing of them."""


class BufferedInput(Protocol):
    """A buffered file of a connection."""

    def readline(self, size: int, /) -> bytes: ...
    def read(self, size: int, /) -> bytes: ...


def check_request_line(line: str) -> None:
    """Raise BadRequest for a line that is not `METHOD target HTTP/1.x`."""
    if not _REQUEST_LINE.fullmatch(line):
        raise BadRequest("bad request line")


def read_head(file: BufferedInput) -> bytes:
    """The header lines up to the empty one, which is included. Raises BadRequest, OSError."""
    lines: list[bytes] = []
    size = 0
    while True:
        line = file.readline(MAX_HEAD_BYTES - size + 1)
        size += len(line)
        if size > MAX_HEAD_BYTES or len(lines) > MAX_HEADERS:
            raise BadRequest("too many headers")
        if line in (b"\r\n", b"\n"):
            return b"".join([*lines, b"\r\n"])
        if not _HEADER.fullmatch(line):
            raise BadRequest("bad header line")
        lines.append(line)


def check_framing(headers: Message, version: str) -> None:
    """Raise BadRequest where it is not certain at which byte the request ends, or for which host it is."""
    lengths, codings = headers.get_all("content-length", []), headers.get_all("transfer-encoding", [])
    if len(lengths) + len(codings) > 1 or len(headers.get_all("host", [])) > 1:
        raise BadRequest("more than one length or host")
    if lengths and not _LENGTH.fullmatch(lengths[0].strip()):
        raise BadRequest("bad length")
    if codings and (codings[0].strip().lower() != "chunked" or version != "HTTP/1.1"):
        raise BadRequest("unknown transfer coding")


def read_chunks(file: BufferedInput, limit: int) -> bytes | None:
    """A chunked body; None, with the rest unread, when it has more than `limit` bytes. Raises BadRequest, OSError."""
    parts: list[bytes] = []
    size = 0
    yielder = Yielder()
    while length := _chunk_size(file.readline(MAX_CHUNK_LINE)):
        yielder.maybe_yield()
        size += length
        if size > limit:
            return None
        data = file.read(length + 2)
        if len(data) < length + 2:
            raise ConnectionResetError("the client is gone")
        if not data.endswith(b"\r\n"):
            raise BadRequest("bad chunk")
        parts.append(data[:-2])
    for _ in range(MAX_TRAILERS + 1):
        line = file.readline(MAX_CHUNK_LINE)
        if line == b"\r\n":
            return b"".join(parts)
        if not _HEADER.fullmatch(line):
            break
    raise BadRequest("bad trailer")


def _chunk_size(line: bytes) -> int:
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise BadRequest("bad chunk")
    return int(found[1], 16)

"""What an answer of an HTTP server means, and reading its body.

Invariants: a redirect leads to no other host and never from TLS to plain HTTP; a body is bounded before and after unpacking; a body
that ends early is an error, and none that only looks whole.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import zlib
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from skyspy.cooperate import Yielder
from skyspy.outbound import OutboundError
from skyspy.outbound.http_bounds import PIECE_BYTES, decompressed, too_large

MAX_REDIRECTS = 3
REDIRECT_CODES = frozenset({301, 302, 303, 307, 308})
MAX_RETRY_AFTER_S = 6 * 3600.0
"""A server may ask to wait so long, and no longer."""
GZIP_MAGIC = b"\x1f\x8b"
_IN_PATH = "/%:@!$&'()*+,;=~"


class BrokenResponse(Exception):
    """A response came and its body is truncated or damaged. The message is one line for people."""


def request_path(parts: SplitResult) -> str:
    """The path and query of a URL, as they are sent."""
    return quote(parts.path or "/", safe=_IN_PATH) + (f"?{quote(parts.query, safe=_IN_PATH + '?')}" if parts.query else "")


def status_text(status: int) -> str:
    """A status with its standard reason phrase: the server's own could be any text."""
    return f"{status} {http.client.responses.get(status, '')}".strip()


def redirected(target: SplitResult, location: str) -> SplitResult:
    """Where a redirect leads: to the same host, and not from TLS to plain HTTP. No other host gets the password, and one's URL cannot be
    used to reach other machines. Raises OutboundError for any other redirect."""
    try:
        new = urlsplit(urljoin(target.geturl(), location))
        host, _ = new.hostname or "", new.port
    except ValueError:
        raise OutboundError("the server redirects to an address that cannot be read") from None
    if new.scheme not in ("http", "https") or host.lower() != (target.hostname or "").lower():
        raise OutboundError(f"the server redirects to {_host_of(new)}: if that is right, write that address instead")
    if target.scheme == "https" and new.scheme == "http":
        raise OutboundError("the server redirects from https to http")
    return new


def retry_after(header: str | None, now: float) -> float | None:
    """What a header Retry-After (RFC 9110 10.2.3) asks for, in seconds from the wall time `now`; None where it is missing or cannot be read."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


def read_body(response: http.client.HTTPResponse, most: int, yielder: Yielder) -> bytes:
    """The body, unpacked where it is gzip (by its header or its first bytes), at most `most` bytes of it. Others have their turn
    meanwhile. Raises OutboundError for a larger one, BrokenResponse for one that is truncated or damaged."""
    unpack = zlib.decompressobj(47) if "gzip" in response.headers.get("Content-Encoding", "").lower() else None
    # It grows in place, and gives its bytes away without a copy: joining parts of 16 MiB would hold up others for ten milliseconds.
    whole, first = io.BytesIO(), True
    try:
        while chunk := response.read(PIECE_BYTES):
            if first and unpack is None and chunk.startswith(GZIP_MAGIC):
                unpack = zlib.decompressobj(47)
            first = False
            for part in (chunk,) if unpack is None else decompressed(unpack, chunk):
                if whole.tell() + len(part) > most:
                    raise too_large(most)
                whole.write(part)
                yielder.maybe_yield()
    except (http.client.HTTPException, zlib.error, ConnectionError) as error:
        raise BrokenResponse(f"the document broke off ({type(error).__name__})") from error
    # http.client says nothing where a body ends before its length, when it is read in pieces.
    if response.length or (unpack is not None and not first and not unpack.eof):
        raise BrokenResponse("the document broke off (it ended early)")
    return whole.getvalue()


def _host_of(target: SplitResult) -> str:
    with contextlib.suppress(ValueError):
        return f"{target.scheme}://{(target.hostname or '')[:80]}"
    return "an address that cannot be read"

"""Infrastructure: HTTP details that the handler needs: functions over bytes, headers and one socket."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import socket as sockets
from collections.abc import Mapping
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

import gevent

from skyspy import headers

LINGER_SECONDS, LINGER_BYTES = 1.0, 1024 * 1024
"""Seconds and bytes read and dropped after a refusal, so that the refusal arrives before a reset does."""
MAX_PACKETS = 256
"""Packets in one polling body: a client in Python sends all that it has in one, and may have a burst for each namespace."""

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def wants_websocket(environ: Mapping[str, Any]) -> bool:
    """Whether the request asks to become a WebSocket."""
    connection = environ.get("HTTP_CONNECTION", "").lower()
    return (
        environ.get("REQUEST_METHOD") == "GET"
        and environ.get("HTTP_UPGRADE", "").strip().lower() == "websocket"
        and "upgrade" in [word.strip() for word in connection.split(",")]
    )


def accept_key(key: str) -> str | None:
    """The handshake's answer to a Sec-WebSocket-Key; None when that is not 16 bytes in base64."""
    key = key.strip()
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            return None
    except (binascii.Error, ValueError):
        return None
    # SHA-1 is what RFC 6455 section 4.2.2 prescribes; it protects no secret here.
    return base64.b64encode(hashlib.sha1((key + _GUID).encode(), usedforsecurity=False).digest()).decode()


def fields(query: str) -> dict[str, list[str]]:
    """The query string's fields; none when there are more than 30."""
    try:
        return parse_qs(query, max_num_fields=30)
    except ValueError:
        return {}


def is_packet_list(body: bytes) -> bool:
    """Whether a polling body is a list of at most MAX_PACKETS Engine.IO packets in UTF-8."""
    packets = body.split(b"\x1e")
    if len(packets) > MAX_PACKETS or any(not packet or packet[:1] not in b"0123456b" for packet in packets):
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def plain(status: str, text: str) -> bytes:
    """A whole response that ends its connection."""
    named = {"Connection": "close", "Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(text))}
    lines = [f"{name}: {value}" for name, value in [*named.items(), *headers.missing(named, over_tls=False)]]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", text]).encode()


def has_begun(file: Any, seconds: float) -> bool:
    """Wait for the first byte of a request; False where none comes in time, or the connection has ended."""
    try:
        with gevent.Timeout(seconds, TimeoutError()):
            return bool(file.peek(1))
    except (OSError, ValueError):  # ValueError: the file is closed
        return False


def refuse_connection(raw: Any, response: bytes) -> None:
    """Send a response and end the connection, without waiting for the client."""
    with contextlib.suppress(OSError):
        raw.settimeout(0.0)
        raw.send(response)
        raw.shutdown(sockets.SHUT_WR)
        raw.recv(16384)


def linger(raw: Any) -> None:
    """End our side, then read on for up to LINGER_SECONDS: closing with unread data would reset the connection,
    and the client could lose what was sent last."""
    with contextlib.suppress(OSError):
        raw.shutdown(sockets.SHUT_WR)
        deadline, left = monotonic() + LINGER_SECONDS, LINGER_BYTES
        while left > 0 and (wait := deadline - monotonic()) > 0:
            raw.settimeout(wait)
            data = raw.recv(16384)
            if not data:
                break
            left -= len(data)


def no_response(_status: str, _headers: object, _exc_info: object = None) -> None:
    """The start_response of an upgraded request: 101 was sent, so no other response can start."""


def redacted(environ: Mapping[str, Any]) -> dict[str, Any]:
    """The request for the access log: without query strings, in which tokens are sent by mistake."""
    result = dict(environ)
    result["QUERY_STRING"] = ""
    for name in ("RAW_URI", "HTTP_REFERER"):
        result[name] = str(environ.get(name, "")).partition("?")[0]
    result["RAW_URI"] = result["RAW_URI"] or environ.get("PATH_INFO", "")
    return result


class Response:
    """What gunicorn's access log reads of a response."""

    def __init__(self, handler: Any) -> None:
        status = handler.status or b"000"
        self.status = status.decode("latin-1") if isinstance(status, bytes) else str(status)
        self.headers = handler.response_headers or []
        self.sent = handler.response_length

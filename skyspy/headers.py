"""Ground floor: the headers that every answer of this server carries, errors included.

Law: one table, which the pages' door and the wire both read: an answer that Flask never saw, such as a refused
WebSocket, carries them like any other. No request object; values in, values out.
"""

from __future__ import annotations

from collections.abc import Iterable

HEADERS: dict[str, str] = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            # Covers this server's own WebSocket too.
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: the panel's forms are checked by where they were sent from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=(), usb=(), geolocation=(self)",
}
"""On every answer."""

STRICT_TRANSPORT = ("Strict-Transport-Security", "max-age=31536000")
"""Only behind TLS: a receiver at home is usually reached without."""

NO_STORE = ("Cache-Control", "no-store")
"""Of an answer that says nothing about caches itself."""


def missing(present: Iterable[str], *, over_tls: bool) -> list[tuple[str, str]]:
    """The headers that an answer with these names still lacks."""
    rows = [*HEADERS.items(), NO_STORE, *([STRICT_TRANSPORT] if over_tls else [])]
    there = {name.lower() for name in present}
    return [(name, value) for name, value in rows if name.lower() not in there]

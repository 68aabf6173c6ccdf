"""The headers of every HTTP response, errors included.

Flask's responses (pages/) and responses that do not reach Flask, such as a refused WebSocket (transport/), use the same
table.
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
            # Includes WebSocket connections to this server.
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: the origin of the panel's forms is checked when they are submitted.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=(), usb=(), geolocation=(self)",
}
"""Headers of every response."""

STRICT_TRANSPORT = ("Strict-Transport-Security", "max-age=31536000")
"""Added to responses over TLS only; home installations are usually reached without TLS."""

NO_STORE = ("Cache-Control", "no-store")
"""Added to responses that set no Cache-Control themselves."""


def missing(present: Iterable[str], *, over_tls: bool) -> list[tuple[str, str]]:
    """The headers to add to a response that has headers with the names `present` (case does not matter)."""
    rows = [*HEADERS.items(), NO_STORE, *([STRICT_TRANSPORT] if over_tls else [])]
    present_names = {name.lower() for name in present}
    return [(name, value) for name, value in rows if name.lower() not in present_names]

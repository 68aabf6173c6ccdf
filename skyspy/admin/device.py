"""Interfaces: the device cookie, which tells a browser that signed in here before from one that never did.

Invariants: it signs nobody in. It holds a random id and a signature, nothing about a person; that a user signed in with it is kept by
the sign-in's throttle, which then counts this browser's attempts for itself (auth/throttle.py). It is set at a sign-in and ends with
the throttle's memory of it. It is read below /admin/ only, as the panel's own cookie.
"""

from __future__ import annotations

import hmac
import re
import secrets

from flask import Response, after_this_request, current_app, g, request

from skyspy.auth.secret import Secret
from skyspy.auth.throttle import KNOWN_S
from skyspy.server import request_peer, server_of

_FORM = re.compile(r"[0-9a-f]{32}\.[0-9a-f]{64}")


def id_of_request() -> str:
    """The id of the browser that sent this request; a new one where its cookie holds none that we signed."""
    if "device" not in g:
        g.device = _read(request.cookies.get(_name(), "")) or secrets.token_hex(16)
    found: str = g.device
    return found


def remember() -> None:
    """Set the cookie with the answer to this request."""
    found, interface = id_of_request(), current_app.session_interface

    @after_this_request
    def _set(response: Response) -> Response:
        response.set_cookie(
            _name(),
            f"{found}.{_signature(server_of(current_app).secret, found)}",
            max_age=int(KNOWN_S),
            path=interface.get_cookie_path(current_app),
            secure=request_peer().secure,
            httponly=True,
            samesite="Lax",
        )
        return response


def _read(cookie: str) -> str:
    """The id in a cookie, or "" where we did not sign it."""
    if _FORM.fullmatch(cookie) is None:
        return ""
    found, _, signature = cookie.partition(".")
    keys = server_of(current_app).secret.accepted
    return found if any(hmac.compare_digest(signature, _signature(key, found)) for key in keys) else ""


def _signature(key: Secret, found: str) -> str:
    return key.digest("device", found)


def _name() -> str:
    # Named as the panel's own cookie: with `__Host-` over TLS, and below a path prefix with its digest.
    return current_app.session_interface.get_cookie_name(current_app).replace("panel", "device", 1)

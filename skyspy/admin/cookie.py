"""Interfaces: the panel's cookie.

Invariants: it is read and set below /admin/ only; no socket and no API request is authenticated by it. It is HttpOnly and
SameSite=Lax, and over TLS its name begins with `__Host-`. Such a cookie is sent to every path of the host, so below a path prefix
its name ends with a digest of that prefix: each server of the host has its own. Lax rather than Strict: with Strict, a link to the
panel in a chat message would arrive without the cookie, and the answer would overwrite the sign-in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature

from skyspy.server import rooted

ROOT = "/admin"
PLAIN_NAME = "skyspy_panel"
SECURE_NAME = "__Host-skyspy_panel"
UNTIL = "_until"
"""The session's key for the expiry of its cookie (wall seconds); without it the cookie ends with the browser."""


class PanelCookies(SecureCookieSessionInterface):
    """Flask's signed cookie, for the panel only."""

    def __init__(self, is_secure: Callable[[], bool]) -> None:
        self._is_secure = is_secure

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session in the request's cookie; outside the panel always an empty one."""
        if not _ours(request):
            return self.session_class()
        opened = super().open_session(app, request)
        if opened and not self._signed_now(app, request.cookies[self.get_cookie_name(app)]):
            # Signed with the former secret key: the answer sets it signed with the current one.
            opened.modified = True
        return opened

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookie if it changed."""
        if _ours(request):
            super().save_session(app, session, response)

    def get_cookie_name(self, _app: Flask) -> str:
        """With the prefix `__Host-` over TLS: the browser then accepts it from this host and over TLS only."""
        if not self._is_secure():
            return PLAIN_NAME
        prefix = rooted("")
        return f"{SECURE_NAME}_{hashlib.sha256(prefix.encode()).hexdigest()[:8]}" if prefix else SECURE_NAME

    def get_cookie_secure(self, _app: Flask) -> bool:
        return self._is_secure()

    def get_cookie_path(self, _app: Flask) -> str:
        # `__Host-` requires the path /; `_ours` ignores the cookie outside the panel.
        return "/" if self._is_secure() else rooted(ROOT)

    def get_expiration_time(self, _app: Flask, session: SessionMixin) -> datetime | None:
        until = session.get(UNTIL)
        return None if until is None else datetime.fromtimestamp(until, UTC)

    def _signed_now(self, app: Flask, cookie: str) -> bool:
        """Whether the current secret key signed the cookie."""
        signer = self.get_signing_serializer(app)
        assert signer is not None  # noqa: S101 - a secret key is always set
        signer.secret_keys = signer.secret_keys[-1:]
        try:
            signer.loads(cookie)
        except BadSignature:
            return False
        return True


def _ours(request: Request) -> bool:
    return request.path == ROOT or request.path.startswith(ROOT + "/")

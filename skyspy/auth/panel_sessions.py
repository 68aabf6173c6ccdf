"""Panel sessions: a browser that is signed in to the operators' panel by the secret in its cookie.

Invariants: the cookie holds only a random secret; every request looks up its session, with the user as stored now. A session ends
when it is idle, at its maximum age, with its family, and when a different kind of browser presents it. Its address may change, as
those of phones do; from a new address, and PASSWORD_RECENT_SECONDS after the last time, dangerous actions ask for the password
again. The secret changes whenever the password is given, which prevents session fixation.
"""

from __future__ import annotations

import logging
import re
import secrets
from dataclasses import dataclass, field, replace

from skyspy.address import limit_key
from skyspy.auth.passwords import Passwords
from skyspy.auth.principal import Principal, principal_of_family
from skyspy.auth.secret import Secret
from skyspy.auth.signin import InvalidCredentials, SignedIn, SignIn
from skyspy.auth.tokens import Tokens
from skyspy.clock import Clock
from skyspy.store import Store, StoreError, panel_sessions, rekey, users
from skyspy.store.audit import Actor
from skyspy.store.panel_sessions import NewSession, PanelSession
from skyspy.store.settings import Settings, SettingsTable
from skyspy.store.users import User

log = logging.getLogger(__name__)

PASSWORD_RECENT_SECONDS = 600.0
"""For this long after the password was given it is not asked for again."""

TOKEN_SECONDS = 300
"""Lifetime of the access token that a page gets for its socket connection."""

TOUCH_SECONDS = 30.0
"""The time of last use is written at most this often, so that most requests cost a read and no write."""

_VERSION_NUMBERS = re.compile(r"[\d._]+")
_MAX_SECRET_CHARS = 128


@dataclass(frozen=True, slots=True)
class Browser:
    """The browser of a request: its address, its User-Agent header as sent, a name for people, and the id in its device cookie, which
    is new where it sent none."""

    address: str
    agent: str = ""
    name: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class NewPanelSession:
    """A session that was just opened, and the secret for its cookie, which only that browser gets."""

    secret: str = field(repr=False)
    session: PanelSession


class PanelSessions:
    """Opens, finds and ends panel sessions."""

    def __init__(
        self,
        store: Store,
        settings: SettingsTable,
        secret: Secret,
        passwords: Passwords,
        sign_in: SignIn,
        tokens: Tokens,
        clock: Clock,
    ) -> None:
        self._store = store
        self._settings = settings
        self._secret = secret
        self._passwords = passwords
        self._sign_in = sign_in
        self._tokens = tokens
        self._clock = clock

    def sign_in(self, username: object, password: object, browser: Browser, *, keep: bool = False) -> NewPanelSession:
        """Open a session. Raises InvalidCredentials, Throttled, StoreError."""
        settings = self._settings.fresh()
        signed = self._sign_in.check(username, password, browser.address, settings, browser.device)
        return self._open(signed, browser, settings, keep=keep)

    def look_up(self, secret: str, browser: Browser, *, used: bool = True) -> PanelSession | None:
        """The active session of a cookie's secret, or None. Records its use, unless the request is one that a page makes on its
        own (`used` False). Raises StoreError."""
        session = self._find_active(secret, browser)
        if session is not None and used:
            now = self._clock.wall()
            if now - session.seen_at >= TOUCH_SECONDS:
                self._store.write(panel_sessions.touch, session.digest, now)
        return session

    def password_is_recent(self, session: PanelSession, address: str) -> bool:
        """Whether the password was given within PASSWORD_RECENT_SECONDS, from the same address (IPv6: the same network)."""
        same = limit_key(session.proved_from) == limit_key(address)
        return same and 0 <= self._clock.wall() - session.proved_at < PASSWORD_RECENT_SECONDS

    def confirm_password(self, session: PanelSession, password: object, browser: Browser) -> str:
        """Check the password again; returns the session's new secret. Raises InvalidCredentials, Throttled, StoreError."""
        signed = self.check_password(session, password, browser)
        self._sign_in.succeeded(signed)
        secret, now = _new_secret(), self._clock.wall()
        digest = _digest(self._secret, secret)
        if not self._store.write(panel_sessions.confirm_password, session.digest, digest, browser.address, now):
            raise InvalidCredentials
        return secret

    def change_password(self, session: PanelSession, password: object, new: str, browser: Browser) -> NewPanelSession:
        """Set another password for the session's user: all sessions and tokens of the user end, and this browser gets a new
        session.

        Raises InvalidCredentials, Throttled, PasswordError, StoreError.
        """
        settings = self._settings.fresh()
        signed = self.check_password(session, password, browser)
        self._sign_in.succeeded(signed)
        hashed = self._passwords.hash(new, settings.PASSWORD_MIN_LENGTH, signed.user.name)
        actor = _actor(signed.user, browser)
        user = self._store.write(users.change_password, signed.user, hashed, actor, self._clock.wall())
        if user is None:
            self._sign_in.record_failure(signed.user, browser.address)
            raise InvalidCredentials
        return self._open(SignedIn(user, signed.ticket), browser, settings, keep=session.kept)

    def check_password(self, session: PanelSession, password: object, browser: Browser) -> SignedIn:
        """Check the password of the session's user; counts as a sign-in attempt. Raises InvalidCredentials, Throttled, StoreError."""
        settings = self._settings.fresh()
        return self._sign_in.check(session.family.user.name, password, browser.address, settings, browser.device)

    def sign_out(self, session: PanelSession, browser: Browser) -> None:
        """End a session, its tokens and the sockets that use them. Raises StoreError."""
        self._end(session, "logout", browser)

    def sessions_of(self, user_id: int) -> list[PanelSession]:
        """A user's active sessions, most recently used first. Raises StoreError."""
        settings, now = self._settings.fresh(), self._clock.wall()
        listed = self._store.read(panel_sessions.of_user, user_id)
        return [session for session in listed if now < self._ends_at(session, settings)]

    def access_token(self, session: PanelSession) -> tuple[str, int]:
        """An access token for the page's socket connection and its lifetime in seconds. It ends with the session."""
        settings = self._settings.fresh()
        left = self._ends_at(session, settings) - self._clock.wall()
        lifetime = max(1, int(min(TOKEN_SECONDS, settings.JWT_ACCESS_SECONDS, left)))
        grant = self._tokens.access(session.family, lifetime)
        return grant.access, grant.expires_in

    def principal(self, session: PanelSession) -> Principal:
        """The principal of the session's user."""
        return principal_of_family(session.family, session.family.expires_at)

    def _open(self, signed: SignedIn, browser: Browser, settings: Settings, *, keep: bool) -> NewPanelSession:
        kept = keep and settings.PANEL_KEEP_SECONDS > 0
        lives = settings.PANEL_KEEP_SECONDS if kept else settings.PANEL_ABSOLUTE_SECONDS
        secret, now = _new_secret(), self._clock.wall()
        digest, kind = _digest(self._secret, secret), _browser_digest(self._secret, browser.agent)
        new = NewSession(digest, secrets.token_hex(16), now + lives, kept, kind, browser.name)
        actor = _actor(signed.user, browser)
        if not self._store.write(panel_sessions.start, new, signed.user, signed.new_hash, actor, now):
            self._sign_in.record_failure(signed.user, browser.address)
            raise InvalidCredentials
        self._sign_in.succeeded(signed)
        session = self._store.read(panel_sessions.by_digest, new.digest)
        if session is None:
            raise InvalidCredentials
        return NewPanelSession(secret, session)

    def _find_active(self, secret: str, browser: Browser) -> PanelSession | None:
        if not 0 < len(secret) <= _MAX_SECRET_CHARS:
            return None
        session, found_under = self._find(secret)
        if session is None or session.family.revoked_at is not None or session.family.user.disabled:
            return None
        if self._clock.wall() >= self._ends_at(session, self._settings.fresh()):
            return None
        if session.agent != _browser_digest(found_under, browser.agent):
            # A cookie copied into another program: the session ends for both.
            self._end(session, "login.foreign", browser)
            return None
        return session if found_under is self._secret else self._rekey(session, secret, browser)

    def _find(self, secret: str) -> tuple[PanelSession | None, Secret]:
        """The session of a cookie's secret, and the secret key (current or former) that its digest was made with."""
        accepted = self._secret.accepted
        # The current key once more at the end: another request may have stored it under that key between the queries.
        for key in accepted if len(accepted) == 1 else (*accepted, self._secret):
            digest = _digest(key, secret)
            session = self._store.read(panel_sessions.by_digest, digest)
            if session is not None:
                return session, key
        return None, self._secret

    def _rekey(self, session: PanelSession, secret: str, browser: Browser) -> PanelSession:
        """Store the session under the current key instead of the former one, and return it as stored."""
        digest, kind = _digest(self._secret, secret), _browser_digest(self._secret, browser.agent)
        try:
            self._store.write(rekey.panel_session, session.digest, digest, kind)
        except StoreError as error:
            # The session is valid all the same; its next use tries again.
            log.warning("a session of the panel is moved to the current secret key later: %s", error)
            return session
        return replace(session, digest=digest, agent=kind)

    def _ends_at(self, session: PanelSession, settings: Settings) -> float:
        """When it ends if it is not used again (wall seconds), by the current settings."""
        keep = settings.PANEL_KEEP_SECONDS
        absolute, idle = (keep, keep) if session.kept else (settings.PANEL_ABSOLUTE_SECONDS, settings.PANEL_IDLE_SECONDS)
        return min(session.family.expires_at, session.created_at + absolute, session.seen_at + idle)

    def _end(self, session: PanelSession, action: str, browser: Browser) -> None:
        now, actor = self._clock.wall(), _actor(session.family.user, browser)
        self._store.write(panel_sessions.end, session, action, actor, now)


def _digest(key: Secret, secret: str) -> str:
    return key.digest("panel session", secret)


def _browser_digest(key: Secret, agent: str) -> str:
    """A digest of the User-Agent without its version numbers: it stays the same when the browser is updated."""
    return key.digest("kind of browser", _VERSION_NUMBERS.sub("", agent[:512]))


def _actor(user: User, browser: Browser) -> Actor:
    return Actor("user", user.name, browser.address)


def _new_secret() -> str:
    return secrets.token_urlsafe(32)

"""Signed-in pages: the secret in the panel's cookie, and what it is worth now.

Law: the cookie says nothing of itself; every request looks its session up, with the user as he is now. A session ends
unused, ends used, ends with its family, and ends when another kind of browser brings it. Its address may change,
as phones do; but then, and after a while anyway, dangerous things want the password again. Every
time a password is given the secret changes, so that nobody can plant one and wait.
"""

from __future__ import annotations

import logging
import re
import secrets
from dataclasses import dataclass, field, replace

from skyspy.address import limit_key
from skyspy.auth.passwords import Passwords
from skyspy.auth.principal import Principal
from skyspy.auth.secret import Secret
from skyspy.auth.signin import LoginError, SignedIn, SignIn
from skyspy.auth.tokens import Tokens
from skyspy.clock import Clock
from skyspy.store import Store, StoreError, panel, rekey, users
from skyspy.store.audit import Actor
from skyspy.store.panel import NewSession, PanelSession
from skyspy.store.settings import Settings, SettingsTable
from skyspy.store.users import User

log = logging.getLogger(__name__)

FRESH_SECONDS = 600.0
"""For so long after the password was given it need not be given again."""

TOKEN_SECONDS = 300
"""How long the access token lives that a page gets for its live connection."""

TOUCH_SECONDS = 30.0
"""A use is written down this long after the last one that was: a page costs a read, not a write."""

_CHANGING = re.compile(r"[\d._]+")
_LONGEST = 128


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a page was asked from: the address, the User-Agent header as it came, and a name for people."""

    address: str
    agent: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session and the secret of its cookie, which is shown to nobody but that browser."""

    secret: str = field(repr=False)
    session: PanelSession


class PanelSessions:
    """Opens, knows and ends the panel's sessions."""

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

    def sign_in(self, username: object, password: object, browser: Browser, *, keep: bool = False) -> Opened:
        """Open a session. Raises LoginError, Throttled, StoreError."""
        settings = self._settings.fresh()
        signed = self._sign_in.check(username, password, browser.address, settings)
        return self._open(signed, browser, settings, keep=keep)

    def look(self, secret: str, browser: Browser) -> PanelSession | None:
        """The living session of a cookie's secret, and note that it was used; None where it is none. Raises StoreError."""
        session = self._living(secret, browser)
        if session is not None:
            now = self._clock.wall()
            if now - session.seen_at >= TOUCH_SECONDS:
                self._store.write(panel.touch, session.digest, now)
        return session

    def peek(self, secret: str, browser: Browser) -> PanelSession | None:
        """As `look`, for what a page does by itself: that counts as no use."""
        return self._living(secret, browser)

    def is_fresh(self, session: PanelSession, address: str) -> bool:
        """Whether its password was given lately, and from that address."""
        same = limit_key(session.proved_from) == limit_key(address)
        return same and 0 <= self._clock.wall() - session.proved_at < FRESH_SECONDS

    def prove(self, session: PanelSession, password: object, browser: Browser) -> str:
        """Take the password again; the session's new secret. Raises LoginError, Throttled, StoreError."""
        signed = self.check(session, password, browser)
        self._sign_in.succeeded(signed)
        secret, now = _new_secret(), self._clock.wall()
        digest = _digest(self._secret, secret)
        if not self._store.write(panel.prove, session.digest, digest, browser.address, now):
            raise LoginError
        return secret

    def change_password(self, session: PanelSession, password: object, new: str, browser: Browser) -> Opened:
        """Give the session's user another password: every session and token of his ends, and this browser gets a new one.

        Raises LoginError, Throttled, PasswordError, StoreError.
        """
        settings = self._settings.fresh()
        signed = self.check(session, password, browser)
        self._sign_in.succeeded(signed)
        hashed = self._passwords.hash(new, settings.PASSWORD_MIN_LENGTH, signed.user.name)
        actor = _actor(signed.user, browser)
        user = self._store.write(users.set_password, signed.user.id, hashed, actor, self._clock.wall())
        return self._open(SignedIn(user, signed.ticket), browser, settings, keep=session.kept)

    def check(self, session: PanelSession, password: object, browser: Browser) -> SignedIn:
        """Whether it is the session's user's password, counted as any sign-in is. Raises LoginError, Throttled, StoreError."""
        return self._sign_in.check(session.family.user.name, password, browser.address, self._settings.fresh())

    def sign_out(self, session: PanelSession, browser: Browser) -> None:
        """End a session, its tokens and their sockets. Raises StoreError."""
        self._end(session, "logout", browser)

    def sessions_of(self, user_id: int) -> list[PanelSession]:
        """A user's living sessions, the one used last first. Raises StoreError."""
        settings, now = self._settings.fresh(), self._clock.wall()
        listed = self._store.read(panel.of_user, user_id)
        return [session for session in listed if now < self._ends(session, settings)]

    def access_token(self, session: PanelSession) -> tuple[str, int]:
        """A short-lived access token for the page's live connection, and the seconds it lives. It dies with the session."""
        settings = self._settings.fresh()
        left = self._ends(session, settings) - self._clock.wall()
        lifetime = max(1, int(min(TOKEN_SECONDS, settings.JWT_ACCESS_SECONDS, left)))
        grant = self._tokens.access(session.family, lifetime)
        return grant.access, grant.expires_in

    def principal(self, session: PanelSession) -> Principal:
        """Who uses the session, as the database has him now."""
        user = session.family.user
        ends = session.family.expires_at
        return Principal("user", user.id, user.name, user.role, user.permissions, family_id=session.family.id, expires_at=ends)

    def _open(self, signed: SignedIn, browser: Browser, settings: Settings, *, keep: bool) -> Opened:
        kept = keep and settings.PANEL_KEEP_SECONDS > 0
        lives = settings.PANEL_KEEP_SECONDS if kept else settings.PANEL_ABSOLUTE_SECONDS
        secret, now = _new_secret(), self._clock.wall()
        digest, kind = _digest(self._secret, secret), _kind(self._secret, browser.agent)
        new = NewSession(digest, secrets.token_hex(16), now + lives, kept, kind, browser.name)
        actor = _actor(signed.user, browser)
        if not self._store.write(panel.start, new, signed.user, signed.new_hash, actor, now):
            self._sign_in.refused(signed.user, browser.address)
            raise LoginError
        self._sign_in.succeeded(signed)
        session = self._store.read(panel.by_digest, new.digest)
        if session is None:
            raise LoginError
        return Opened(secret, session)

    def _living(self, secret: str, browser: Browser) -> PanelSession | None:
        if not 0 < len(secret) <= _LONGEST:
            return None
        session, kept_under = self._found(secret)
        if session is None or session.family.revoked_at is not None or session.family.user.disabled:
            return None
        if self._clock.wall() >= self._ends(session, self._settings.fresh()):
            return None
        if session.agent != _kind(kept_under, browser.agent):
            # A copied cookie in another program. Whoever brings it, the session is no longer one browser's.
            self._end(session, "login.foreign", browser)
            return None
        return session if kept_under is self._secret else self._moved(session, secret, browser)

    def _found(self, secret: str) -> tuple[PanelSession | None, Secret]:
        """The session of a cookie's secret, and which of our keys it is kept under."""
        believed = self._secret.believed
        # The current key once more at the end: another request may have moved it between our looks.
        for key in believed if len(believed) == 1 else (*believed, self._secret):
            digest = _digest(key, secret)
            session = self._store.read(panel.by_digest, digest)
            if session is not None:
                return session, key
        return None, self._secret

    def _moved(self, session: PanelSession, secret: str, browser: Browser) -> PanelSession:
        """The session, kept under the current key instead of the former one."""
        digest, kind = _digest(self._secret, secret), _kind(self._secret, browser.agent)
        try:
            self._store.write(rekey.session, session.digest, digest, kind)
        except StoreError as error:
            # It is good all the same; its next use moves it.
            log.warning("a session of the panel is moved to the current secret key later: %s", error)
            return session
        return replace(session, digest=digest, agent=kind)

    def _ends(self, session: PanelSession, settings: Settings) -> float:
        """When it ends if it is not used again, by the settings as they are now."""
        keep = settings.PANEL_KEEP_SECONDS
        absolute, idle = (keep, keep) if session.kept else (settings.PANEL_ABSOLUTE_SECONDS, settings.PANEL_IDLE_SECONDS)
        return min(session.family.expires_at, session.created_at + absolute, session.seen_at + idle)

    def _end(self, session: PanelSession, action: str, browser: Browser) -> None:
        now, actor = self._clock.wall(), _actor(session.family.user, browser)
        self._store.write(panel.end, session, action, actor, now)


def _digest(key: Secret, secret: str) -> str:
    return key.digest("panel session", secret)


def _kind(key: Secret, agent: str) -> str:
    """What of a User-Agent stays when the browser is brought up to date."""
    return key.digest("kind of browser", _CHANGING.sub("", agent[:512]))


def _actor(user: User, browser: Browser) -> Actor:
    return Actor("user", user.name, browser.address)


def _new_secret() -> str:
    return secrets.token_urlsafe(32)

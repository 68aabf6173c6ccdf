"""Sign-in: checks a user name and a password.

Invariants: unknown user, wrong password and disabled user differ neither in the answer nor in its duration: each is counted,
each costs one hash, each writes one audit row. The row names the user only where there is one, because an unknown name may be a
password typed into the wrong field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from skyspy.auth.passwords import Passwords, PasswordsBusy, is_password
from skyspy.auth.throttle import LoginAttempt, LoginThrottle, Throttled
from skyspy.clock import Clock
from skyspy.store import Store, audit, users
from skyspy.store.audit import Actor
from skyspy.store.settings import Settings
from skyspy.store.users import User

T = TypeVar("T")


class InvalidCredentials(Exception):
    """The name or the password is wrong, or the user is disabled; the error does not say which."""

    code = "invalid_credentials"
    message = "Wrong username or password"

    def __init__(self) -> None:
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user whose password matched. `new_hash` replaces the stored hash where it is not None."""

    user: User
    ticket: LoginAttempt
    new_hash: str | None = field(default=None, repr=False)


class SignIn:
    """Checks names and passwords, within the limits of a LoginThrottle."""

    def __init__(self, store: Store, passwords: Passwords, throttle: LoginThrottle, clock: Clock) -> None:
        self._store = store
        self._passwords = passwords
        self._throttle = throttle
        self._clock = clock
        self.failed = self.throttled = 0
        """Sign-ins with a wrong name or password, and sign-ins refused for too many tries, since the start."""

    def check(self, username: object, password: object, client: str, settings: Settings, device: str = "") -> SignedIn:
        """The user that signs in; `device` as in LoginThrottle.begin. Raises InvalidCredentials, Throttled, StoreError.

        The caller creates tokens or a panel session, and then calls `succeeded`; or `record_failure` where that fails.
        """
        name = username if isinstance(username, str) else ""
        possible = is_password(password)
        ticket = self._counted(
            lambda: (
                self._throttle.begin(name, client, settings, device)
                if possible
                else self._throttle.begin_hopeless(client, settings)
            ),
            client,
        )
        user = self._store.read(users.by_name, name) if 0 < len(name) <= 64 and name.isprintable() else None
        if ticket is None:
            self.record_failure(user, client)
            raise InvalidCredentials
        try:
            checked = self._passwords.check(None if user is None else user.password_hash, password)
        except PasswordsBusy:
            raise Throttled(1.0, "overloaded") from None
        if user is None or not checked.matches or user.disabled:
            self.record_failure(user, client)
            raise InvalidCredentials
        return SignedIn(user, ticket, checked.new_hash)

    def succeeded(self, signed: SignedIn) -> None:
        """The sign-in is complete: its attempt no longer counts against the limits. Raises StoreError."""
        self._throttle.succeeded(signed.ticket)

    def prune(self, settings: Settings) -> None:
        """Remove counters that no longer limit anything. Raises StoreError."""
        self._throttle.prune(settings)

    def record_failure(self, user: User | None, client: str) -> None:
        """Record a failed sign-in in the audit log. Raises StoreError."""
        self.failed += 1
        about = "unknown user" if user is None else f"user {user.name}"
        self._record("login.failed", about, client)

    def _counted(self, count: Callable[[], T], client: str) -> T:
        try:
            return count()
        except Throttled as full:
            self.throttled += 1
            if full.first_limit:
                # Once per window and limit: the log shows the attack without growing with it.
                self._record("login.throttled", f"limit per {full.first_limit}", client)
            raise

    def _record(self, action: str, about: str, client: str) -> None:
        self._store.write(audit.record, Actor("anonymous", "", client), action, about, self._clock.wall())

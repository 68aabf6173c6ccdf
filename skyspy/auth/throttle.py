"""Limits on sign-in attempts, counted in the store for all processes, and on invalid tokens, counted in this process.

Invariants: an attempt is counted before any costly work. Sign-ins are counted per address, in total, and per account; the first
full limit refuses. An address from which a user signed in within KNOWN_S has a separate count for that account, so that failed
sign-ins from other addresses do not lock the user out. Loopback counts like any other address. Names reach the store only as
digests: people type their password into the wrong field.
"""

from __future__ import annotations

from dataclasses import dataclass

from skyspy import address as addresses
from skyspy.auth.principal import MESSAGES
from skyspy.auth.secret import Secret
from skyspy.clock import Clock
from skyspy.store import Store, attempts
from skyspy.store.attempts import Bucket
from skyspy.store.audit import DAY_S
from skyspy.store.settings import Settings
from skyspy.store.users import fold

KNOWN_S = 30 * DAY_S
"""How long an address counts as known for an account after a sign-in, in seconds."""

_MAX_REMEMBERED = 10_000


class Throttled(Exception):
    """Too many attempts: try again in `retry_after` seconds. `code` is rate_limited or overloaded. `first_limit` (address,
    account or everybody) is set for the first attempt that a full limit refuses in its window: the one to log."""

    def __init__(self, retry_after: float, code: str = "rate_limited", first_limit: str = "") -> None:
        super().__init__(MESSAGES[code])
        self.retry_after = max(1.0, retry_after)
        self.code = code
        self.message = MESSAGES[code]
        self.first_limit = first_limit


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """A counted attempt. `counted` and `account` are the buckets it was counted in, `known` the mark that a success sets."""

    counted: tuple[str, ...]
    account: str
    known: str


class LoginThrottle:
    """Counts sign-in attempts."""

    def __init__(self, store: Store, secret: Secret, clock: Clock) -> None:
        self._store = store
        self._secret = secret
        self._clock = clock
        # Full buckets, so that refusing costs no write: bucket to (limit at that time, wall seconds of its end).
        self._full: dict[str, tuple[int, float]] = {}

    def begin(self, name: str, client: str, settings: Settings) -> LoginAttempt:
        """Count an attempt, before its password is checked. Raises Throttled, StoreError."""
        now = self._clock.wall()
        source = addresses.limit_key(client)
        by_address = Bucket(f"address:{source}"[:128], settings.LOGIN_ATTEMPTS_PER_ADDRESS)
        by_anyone = Bucket("everybody", settings.LOGIN_ATTEMPTS_TOTAL)
        self._refuse_again(by_address, now)
        account, *before = (secret.digest("attempts", fold(name[:200]))[:32] for secret in self._secret.accepted)
        known = f"known:{account}:{source}"[:128]
        # An address that is known under the former secret key stays known; counters start at zero under the new one.
        marks = (self._store.read(attempts.marked_at, f"known:{name}:{source}"[:128]) for name in (account, *before))
        seen_at = next((mark for mark in marks if mark is not None), None)
        limit = settings.LOGIN_ATTEMPTS_PER_ACCOUNT
        if seen_at is not None and now - seen_at < KNOWN_S:
            by_account = Bucket(f"account:{account}:{source}"[:128], limit)
            buckets = [by_address, by_account]
        else:
            self._refuse_again(by_anyone, now)
            by_account = Bucket(f"account:{account}", limit)
            buckets = [by_address, by_anyone, by_account]
        full = self._store.write(attempts.count_attempt, buckets, settings.LOGIN_WINDOW_SECONDS, now)
        if full is None:
            return LoginAttempt(tuple(b.name for b in buckets if b is not by_account), by_account.name, known)
        kind = full.bucket.partition(":")[0]
        if kind != "account":
            # Not cached for accounts: a sign-in at another process may clear those.
            self._remember(full.bucket, by_address.limit if kind == "address" else by_anyone.limit, full.until)
        raise Throttled(full.until - now, first_limit=kind if full.first else "")

    def succeeded(self, ticket: LoginAttempt) -> None:
        """Undo the count of a successful attempt: only failures count."""
        self._store.write(attempts.record_success, ticket.counted, ticket.account, ticket.known, self._clock.wall())

    def prune(self, settings: Settings) -> int:
        """Remove expired counters and marks; returns how many rows."""
        now = self._clock.wall()
        return self._store.write(attempts.prune, now - settings.LOGIN_WINDOW_SECONDS, now - KNOWN_S)

    def _refuse_again(self, bucket: Bucket, now: float) -> None:
        limit, until = self._full.get(bucket.name, (0, 0.0))
        if now < until and limit == bucket.limit:
            raise Throttled(until - now)
        self._full.pop(bucket.name, None)

    def _remember(self, bucket: str, limit: int, until: float) -> None:
        if len(self._full) >= _MAX_REMEMBERED:
            self._full.clear()
        self._full[bucket] = (limit, until)


class TokenThrottle:
    """Counts invalid tokens per address, in this process. A valid token is never refused for invalid ones from its address:
    guessing a token is infeasible, so the limit only bounds the cost of attempts and their log rows."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[float, int]] = {}

    def count_bad(self, client: str, settings: Settings, now: float) -> float | None:
        """Count an invalid token; returns the seconds to wait where the limit is exceeded, else None. `now` is steady seconds."""
        source = addresses.limit_key(client)
        since, count = self._windows.get(source, (now, 0))
        if now - since >= settings.LOGIN_WINDOW_SECONDS:
            since, count = now, 0
        if len(self._windows) >= _MAX_REMEMBERED and source not in self._windows:
            self._forget(now, settings.LOGIN_WINDOW_SECONDS)
        self._windows[source] = (since, count + 1)
        return since + settings.LOGIN_WINDOW_SECONDS - now if count + 1 > settings.TOKEN_ATTEMPTS_PER_ADDRESS else None

    def _forget(self, now: float, window_s: float) -> None:
        self._windows = {source: window for source, window in self._windows.items() if now - window[0] < window_s}
        if len(self._windows) >= _MAX_REMEMBERED:
            self._windows.clear()

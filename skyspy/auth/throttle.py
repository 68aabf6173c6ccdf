"""Limits on sign-in attempts, counted in the store for all processes, and on invalid tokens, counted in this process.

Invariants: an attempt is counted before any costly work. Sign-ins are counted per address, in total, and per account; the first
full limit refuses. An address or a device (see admin/device.py) from which a user signed in within KNOWN_S has a separate count for
that account, so that failed sign-ins from elsewhere do not lock the user out. Where strangers have filled the account's limit or the
total, an address that is not known waits at most FIRST_WAIT_S for a turn of its own (see store/turns.py): nobody is out for as long
as the strangers go on. Loopback counts like any other address. Names reach the store only as digests: people type their password
into the wrong field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skyspy import address as addresses
from skyspy.auth.principal import MESSAGES
from skyspy.auth.secret import Secret
from skyspy.clock import Clock
from skyspy.store import Store, attempts, turns
from skyspy.store.attempts import Bucket
from skyspy.store.audit import DAY_S
from skyspy.store.settings import Settings
from skyspy.store.users import fold

KNOWN_S = 30 * DAY_S
"""How long an address counts as known for an account after a sign-in, in seconds."""

FIRST_WAIT_S = 60.0
"""How long an address that is not known waits for its first attempt where others have filled a limit; then twice as long each time, at
most as long as attempts are counted over, and the first time a fifth of that."""

_TURNS = "turns"
"""The bucket of all attempts that waited for their turn. Its limit is that of the total: more would keep known devices from signing in."""

_MAX_REMEMBERED = 10_000


class Throttled(Exception):
    """Too many attempts: try again in `retry_after` seconds. `code` is rate_limited or overloaded. `limit` (address, account or
    everybody) is the full one; `first_limit` is the same, for the first attempt that it refuses in its window: the one to log."""

    def __init__(self, retry_after: float, code: str = "rate_limited", first_limit: str = "", limit: str = "") -> None:
        super().__init__(MESSAGES[code])
        self.retry_after = max(1.0, retry_after)
        self.code = code
        self.message = MESSAGES[code]
        self.first_limit = first_limit
        self.limit = limit


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """A counted attempt. A success takes its count back from the buckets `counted`, or empties them where their second part is set, and
    sets the marks `known`."""

    counted: tuple[tuple[str, bool], ...]
    known: tuple[str, ...]


class LoginThrottle:
    """Counts sign-in attempts."""

    def __init__(self, store: Store, secret: Secret, clock: Clock) -> None:
        self._store = store
        self._secret = secret
        self._clock = clock
        # Full buckets, so that refusing costs no write: bucket to (limit at that time, wall seconds of its end).
        self._full: dict[str, tuple[int, float]] = {}

    def begin(self, name: str, client: str, settings: Settings, device: str = "") -> LoginAttempt:
        """Count an attempt, before its password is checked. `device` is the id in the browser's device cookie, "" where there is
        none. Raises Throttled, StoreError."""
        now = self._clock.wall()
        source = addresses.limit_key(client)
        by_address = Bucket(f"address:{source}"[:128], settings.LOGIN_ATTEMPTS_PER_ADDRESS)
        # An address that is known under the former secret key stays known; counters start at zero under the new one.
        accounts = [secret.digest("attempts", fold(name[:200]))[:32] for secret in self._secret.accepted]
        places = [*([f"device.{device}"] if device else []), source]
        known = tuple(f"known:{accounts[0]}:{place}"[:128] for place in places)
        limit = settings.LOGIN_ATTEMPTS_PER_ACCOUNT
        if device and self._is_known(accounts, places[0], now):
            # Not by its address either: whoever shares that address would decide about it.
            by_account = Bucket(f"account:{accounts[0]}:{places[0]}"[:128], limit)
            self._count([by_account], settings, now)
            return LoginAttempt(((by_account.name, True),), known)
        self._refuse_again(by_address, now)
        if self._is_known(accounts, source, now):
            by_account = Bucket(f"account:{accounts[0]}:{source}"[:128], limit)
            self._count([by_address, by_account], settings, now)
            return LoginAttempt(((by_address.name, False), (by_account.name, True)), known)
        by_anyone = Bucket("everybody", settings.LOGIN_ATTEMPTS_TOTAL)
        by_account, turn = Bucket(f"account:{accounts[0]}", limit), f"turn:{source}"[:128]
        try:
            # The total last: what is refused for its account does not fill what everybody shares.
            self._count([by_address, by_account, by_anyone], settings, now)
            shared = by_anyone
        except Throttled as full:
            if full.limit == "address":
                raise
            self._wait_for_turn(turn, full, settings, now)
            shared = Bucket(_TURNS, by_anyone.limit)
        counted = ((by_address.name, False), (by_account.name, True), (shared.name, False), (turn, True))
        return LoginAttempt(counted, known)

    def begin_hopeless(self, client: str, settings: Settings) -> None:
        """Count an attempt whose password cannot be anybody's, so that it costs no hash: against its address alone. Raises
        Throttled, StoreError."""
        now = self._clock.wall()
        by_address = Bucket(f"address:{addresses.limit_key(client)}"[:128], settings.LOGIN_ATTEMPTS_PER_ADDRESS)
        self._refuse_again(by_address, now)
        self._count([by_address], settings, now)

    def succeeded(self, ticket: LoginAttempt) -> None:
        """Undo the count of a successful attempt: only failures count."""
        self._store.write(attempts.record_success, ticket.counted, ticket.known, self._clock.wall())

    def _is_known(self, accounts: Sequence[str], place: str, now: float) -> bool:
        marks = (self._store.read(attempts.marked_at, f"known:{account}:{place}"[:128]) for account in accounts)
        seen_at = next((mark for mark in marks if mark is not None), None)
        return seen_at is not None and now - seen_at < KNOWN_S

    def _count(self, buckets: Sequence[Bucket], settings: Settings, now: float) -> None:
        full = self._store.write(attempts.count_attempt, buckets, settings.LOGIN_WINDOW_SECONDS, now)
        if full is None:
            return
        kind = full.bucket.partition(":")[0]
        if kind in ("address", _TURNS):
            # Not for accounts, which a sign-in at another process may clear, nor for the total, past which there are turns.
            self._remember(full.bucket, next(b.limit for b in buckets if b.name == full.bucket), full.until)
        # A turn is a try of everybody, past the total.
        said = "everybody" if kind == _TURNS else kind
        raise Throttled(full.until - now, first_limit=said if full.first else "", limit=said)

    def _wait_for_turn(self, turn: str, full: Throttled, settings: Settings, now: float) -> None:
        """Return when it is this address's turn. Raises Throttled until then, at most until the full limit ends."""
        window = settings.LOGIN_WINDOW_SECONDS
        wait = self._store.write(turns.take, turn, turns.BackoffPolicy(min(FIRST_WAIT_S, window / 5), window), now)
        if wait:
            raise Throttled(min(wait, full.retry_after), first_limit=full.first_limit, limit=full.limit) from None
        self._refuse_again(Bucket(_TURNS, settings.LOGIN_ATTEMPTS_TOTAL), now)
        self._count([Bucket(_TURNS, settings.LOGIN_ATTEMPTS_TOTAL)], settings, now)

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

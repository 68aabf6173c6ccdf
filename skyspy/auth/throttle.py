"""How often somebody may try: sign-ins, counted in the store for all processes, and bad tokens, counted here.

Law: an attempt is counted before anything costly is done for it. Sign-ins are counted per address, for everybody
together, and per account; the first that is full refuses. So that strangers cannot lock a user out by
failing in his name, an address from which he signed in lately has a count of its own for his account.
Loopback counts like any other address. The store never sees a name as it was typed, only its digest: people type
their password into the wrong field.
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
"""How long an address stays known after a sign-in."""

_MOST_REMEMBERED = 10_000


class Throttled(Exception):
    """Try again in `retry_after` seconds. `code` is rate_limited or overloaded; `news` is set for the attempt
    that met the limit first, which is the one to write down."""

    def __init__(self, retry_after: float, code: str = "rate_limited", news: str = "") -> None:
        super().__init__(MESSAGES[code])
        self.retry_after = max(1.0, retry_after)
        self.code = code
        self.message = MESSAGES[code]
        self.news = news


@dataclass(frozen=True, slots=True)
class Ticket:
    """An attempt that may go on: the buckets it was counted in."""

    counted: tuple[str, ...]
    account: str
    known: str


class LoginThrottle:
    """Counts sign-ins."""

    def __init__(self, store: Store, secret: Secret, clock: Clock) -> None:
        self._store = store
        self._secret = secret
        self._clock = clock
        # What is known to be full, so that refusing costs no write: bucket to (limit it was judged by, wall seconds).
        self._full: dict[str, tuple[int, float]] = {}

    def begin(self, name: str, client: str, settings: Settings) -> Ticket:
        """Count an attempt before its password is looked at. Raises Throttled, StoreError."""
        now = self._clock.wall()
        source = addresses.limit_key(client)
        by_address = Bucket(f"address:{source}"[:128], settings.LOGIN_ATTEMPTS_PER_ADDRESS)
        by_anyone = Bucket("everybody", settings.LOGIN_ATTEMPTS_TOTAL)
        self._refuse_again(by_address, now)
        account, *before = (secret.digest("attempts", fold(name[:200]))[:32] for secret in self._secret.believed)
        known = f"known:{account}:{source}"[:128]
        # Whom an address was known by under the former secret key it stays known by; the counters begin anew.
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
        full = self._store.write(attempts.take, buckets, settings.LOGIN_WINDOW_SECONDS, now)
        if full is None:
            return Ticket(tuple(b.name for b in buckets if b is not by_account), by_account.name, known)
        kind = full.bucket.partition(":")[0]
        if kind != "account":
            # Not remembered for accounts: a good sign-in at another process may clear those.
            self._remember(full.bucket, by_address.limit if kind == "address" else by_anyone.limit, full.until)
        raise Throttled(full.until - now, news=kind if full.first else "")

    def succeeded(self, ticket: Ticket) -> None:
        """The attempt was good: only failures shall count."""
        self._store.write(attempts.give_back, ticket.counted, ticket.account, ticket.known, self._clock.wall())

    def prune(self, settings: Settings) -> int:
        """Forget what no longer counts; returns how many rows."""
        now = self._clock.wall()
        return self._store.write(attempts.prune, now - settings.LOGIN_WINDOW_SECONDS, now - KNOWN_S)

    def _refuse_again(self, bucket: Bucket, now: float) -> None:
        limit, until = self._full.get(bucket.name, (0, 0.0))
        if now < until and limit == bucket.limit:
            raise Throttled(until - now)
        self._full.pop(bucket.name, None)

    def _remember(self, bucket: str, limit: int, until: float) -> None:
        if len(self._full) >= _MOST_REMEMBERED:
            self._full.clear()
        self._full[bucket] = (limit, until)


class TokenThrottle:
    """Counts bad tokens per address, in this process. A good token is never refused for the bad ones of its
    neighbours: guessing one is hopeless, so the limit only keeps the cost and the log of trying small."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[float, int]] = {}

    def bad(self, client: str, settings: Settings, now: float) -> float | None:
        """Count a bad token; seconds to wait where that was too many, else None. `now` is steady seconds."""
        source = addresses.limit_key(client)
        since, count = self._windows.get(source, (now, 0))
        if now - since >= settings.LOGIN_WINDOW_SECONDS:
            since, count = now, 0
        if len(self._windows) >= _MOST_REMEMBERED and source not in self._windows:
            self._forget(now, settings.LOGIN_WINDOW_SECONDS)
        self._windows[source] = (since, count + 1)
        return since + settings.LOGIN_WINDOW_SECONDS - now if count + 1 > settings.TOKEN_ATTEMPTS_PER_ADDRESS else None

    def _forget(self, now: float, window_s: float) -> None:
        self._windows = {source: window for source, window in self._windows.items() if now - window[0] < window_s}
        if len(self._windows) >= _MOST_REMEMBERED:
            self._windows.clear()

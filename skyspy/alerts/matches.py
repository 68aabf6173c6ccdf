"""The matches of one rule: which aircraft match, since when they do not any more, and when each has alerted."""

from __future__ import annotations

from collections.abc import Iterable

from skyspy.alerts.bits import bits_of

RELEASE_S = 60.0
"""A match ends when the rule was not true for so long."""
MAX_COOLING = 20_000
"""Aircraft of one rule whose last alert is remembered; the earliest ones are forgotten."""

Hex = str | None
"""An aircraft; None: a count, or an area."""


class Cooldown:
    """When each aircraft has alerted last, in steady seconds."""

    __slots__ = ("_at",)

    def __init__(self) -> None:
        self._at: dict[Hex, float] = {}

    def __len__(self) -> int:
        return len(self._at)

    def note(self, hex_: Hex, at: float) -> None:
        """It has alerted at `at`."""
        self._at[hex_] = max(at, self._at.pop(hex_, at))
        if len(self._at) > MAX_COOLING:
            del self._at[next(iter(self._at))]

    def holds(self, hex_: Hex, now: float, cooldown_s: float) -> bool:
        """Whether it may not alert again yet."""
        at = self._at.get(hex_)
        return at is not None and now - at < cooldown_s

    def forget(self, now: float, cooldown_s: float) -> None:
        """Forget what holds no longer, from the earliest on."""
        while self._at:
            hex_, at = next(iter(self._at.items()))
            if now - at < cooldown_s:
                return
            del self._at[hex_]


class Level:
    """Something that is true or not, and that ends RELEASE_S after it was true last."""

    __slots__ = ("_false_since", "is_on")

    def __init__(self) -> None:
        self.is_on = False
        self._false_since: float | None = None

    def take(self, is_true: bool, now: float) -> bool:
        """Take whether it is true now; whether it has begun."""
        if is_true:
            begun, self.is_on, self._false_since = not self.is_on, True, None
            return begun
        if self.is_on and self._false_since is None:
            self._false_since = now
        return False

    def has_ended(self, now: float) -> bool:
        """Whether it ends now."""
        if self._false_since is None or now - self._false_since < RELEASE_S:
            return False
        self.is_on, self._false_since = False, None
        return True

    def restore(self, now: float) -> None:
        """It was on, and is on until it has not been true for RELEASE_S from now on."""
        if not self.is_on:
            self.is_on, self._false_since = True, now


class Matches:
    """The matches of one rule. Aircraft are bits, as in columns.py, which stay theirs as long as they are listed.

    `true`: the aircraft for which the rule is true now. `active`: those whose match goes on. `count`: whether enough match, of a rule that counts.
    `alerted`: by aircraft whose match goes on and has alerted, the wall time of the alert. `was_on`: whether the rule ran in the
    last round.
    """

    __slots__ = ("_false_since", "active", "alerted", "cooldown", "count", "true", "was_on")

    def __init__(self) -> None:
        self.true = self.active = 0
        self.count = Level()
        self.cooldown = Cooldown()
        self.alerted: dict[Hex, float] = {}
        self.was_on = False
        self._false_since: dict[int, float] = {}

    def take(self, true: int, among: int, now: float) -> int:
        """Note the aircraft `among` these bits for which the rule is `true`; returns the bits whose match begins."""
        self.true = (self.true & ~among) | true
        begun = true & ~self.active
        if self._false_since:
            for place in [place for place in self._false_since if true >> place & 1]:
                del self._false_since[place]
        for place in bits_of(self.active & among & ~true):
            self._false_since.setdefault(place, now)
        self.active |= true
        return begun

    def release(self, now: float, after_s: float = RELEASE_S) -> list[int]:
        """End the matches that were not true for so many seconds; the places of their bits."""
        ended = [place for place, since in self._false_since.items() if now - since >= after_s]
        for place in ended:
            del self._false_since[place]
            self.active &= ~(1 << place)
        return ended

    def drop(self, gone: int) -> None:
        """End the matches of these bits: the aircraft are not listed any longer."""
        for place in bits_of(self.active & gone):
            self._false_since.pop(place, None)
        self.active &= ~gone
        self.true &= ~gone

    def restore(self, place: int, now: float) -> None:
        """The match of this bit goes on, until the rule has not been true for RELEASE_S from now on."""
        if not self.active >> place & 1:
            self.active |= 1 << place
            self._false_since[place] = now


class Slots:
    """A bit for each aircraft, which another one has when it is gone."""

    def __init__(self) -> None:
        self._place: dict[str, int] = {}
        self._free: list[int] = []
        self.hexes: list[str] = []
        """By the place of a bit, whose it is."""
        self._waits_until: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, hex_: str) -> bool:
        return hex_ in self._place

    def place(self, hex_: str) -> int:
        """The place of an aircraft's bit."""
        found = self._place.get(hex_)
        if found is None:
            if self._free:
                found = self._free.pop()
                self.hexes[found] = hex_
            else:
                found = len(self.hexes)
                self.hexes.append(hex_)
            self._place[hex_] = found
        return found

    def wait_for(self, hex_: str, until: float) -> None:
        """Keep its bit until then, also while it is not listed."""
        self._waits_until[hex_] = until

    def take_gone(self, listed: Iterable[str], now: float) -> list[int]:
        """Free the bits of those that are not listed; their places."""
        if self._waits_until:
            self._waits_until = {hex_: until for hex_, until in self._waits_until.items() if until > now}
        gone = self._place.keys() - listed - self._waits_until.keys()
        places = [self._place.pop(hex_) for hex_ in gone]
        self._free += places
        return places

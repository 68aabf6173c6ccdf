"""Emergency squawks (ICAO Annex 10), and the values of the field `emergency`. Pure: time is an argument.

An emergency squawk counts when it is received a second time, for a single one may be a bit error; another squawk ends it. What replies
to interrogations say is doubtful: their parity holds the address, so that a damaged squawk is not always noticed. A value that the aircraft reports in `emergency` takes precedence over its squawk's, unless it reports that there is none.
"""

from __future__ import annotations

from skyspy.aircraft import Value

SQUAWKS: dict[str, str] = {"7500": "unlawful", "7600": "nordo", "7700": "general"}
"""Squawks that mean an emergency, and the value of `emergency` for each."""

CONFIRM_S, MAX_CONFIRM_S = 0.5, 60.0
"""The second of two receptions comes so many seconds after the first: earlier, it may be the same one over another way."""

NO_EMERGENCY: frozenset[Value | None] = frozenset({None, "none"})
"""Values of `emergency` without an emergency; None where the field is absent."""

DESCRIPTIONS: dict[str, str] = {
    "general": "Emergency",
    "lifeguard": "Medical emergency",
    "minfuel": "Minimum fuel",
    "nordo": "Radio failure",
    "unlawful": "Unlawful interference",
    "downed": "Downed aircraft",
    "reserved": "Emergency",
}
"""The values of `emergency` as people read them."""


def is_emergency(word: object) -> bool:
    """Whether this value of the field `emergency` reports an emergency."""
    return word not in NO_EMERGENCY


class Squawk:
    """A squawk that was received, at `at` (seconds), and that is to be confirmed."""

    __slots__ = ("at", "code")

    def __init__(self, code: str, at: float) -> None:
        self.code, self.at = code, at

    def is_confirmed_by(self, code: Value | None, at: float) -> bool:
        """Whether this is the same squawk, received another time."""
        return code == self.code and CONFIRM_S <= at - self.at <= MAX_CONFIRM_S


class EmergencySquawk:
    """The emergency squawk of one aircraft. `meaning` is None until the squawk was received twice; `own` is the value that the
    aircraft reports in `emergency`, kept while the squawk is confirmed."""

    __slots__ = ("_first", "_other", "meaning", "own")

    def __init__(self, code: str, at: float) -> None:
        self.meaning: str | None = None
        self.own: Value | None = None
        self._first = Squawk(code, at)
        self._other: Squawk | None = None

    def confirm(self, code: str, at: float) -> bool:
        """Add an emergency squawk received at `at` (seconds); whether it confirms the one before. A different code starts
        over."""
        self._other = None
        if not self.doubts(code, at):
            self.meaning = SQUAWKS[code]
            return True
        if code != self._first.code or at - self._first.at > MAX_CONFIRM_S:
            self._first = Squawk(code, at)
        return False

    def doubts(self, code: str, at: float) -> bool:
        """Whether an emergency squawk received at `at` is not confirmed yet."""
        first = self._first
        return not (first.is_confirmed_by(code, at) or (self.meaning is not None and first.code == code))

    def doubts_end(self, code: str, at: float) -> bool:
        """Whether a squawk without an emergency, in a reply received at `at`, does not end this one yet: it is the first."""
        if self.meaning is None or (self._other is not None and self._other.is_confirmed_by(code, at)):
            return False
        if self._other is None or self._other.code != code:
            self._other = Squawk(code, at)
        return True

    def shift(self, seconds: float) -> None:
        """Move its times by so many seconds: the aircraft is on another timeline."""
        self._first.at += seconds
        self._other = None

    @property
    def emergency(self) -> Value | None:
        """The value of the field `emergency` while the squawk is confirmed."""
        return self.own if is_emergency(self.own) else self.meaning

"""Emergency squawks (ICAO Annex 10), and the values of the field `emergency`. Pure: time is an argument.

An emergency squawk counts when it is received a second time, for a single one may be a bit error; another squawk ends it. A value
that the aircraft reports in `emergency` takes precedence over its squawk's, unless it reports that there is none.
"""

from __future__ import annotations

from skyspy.aircraft import Value

SQUAWKS: dict[str, str] = {"7500": "unlawful", "7600": "nordo", "7700": "general"}
"""Squawks that mean an emergency, and the value of `emergency` for each."""

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


class EmergencySquawk:
    """The emergency squawk of one aircraft. `meaning` is None until the squawk was received twice; `own` is the value that the
    aircraft reports in `emergency`, kept while the squawk is confirmed."""

    __slots__ = ("_at", "_code", "meaning", "own")

    def __init__(self, code: str, at: float) -> None:
        self.meaning: str | None = None
        self.own: Value | None = None
        self._code = code
        self._at = at

    def confirm(self, code: str, at: float) -> bool:
        """Add an emergency squawk received at `at` (seconds); whether it confirms the one before. A different code starts
        over."""
        if code != self._code:
            self._code, self._at = code, at
            return False
        if at <= self._at:
            return False
        self.meaning = SQUAWKS[code]
        return True

    def shift(self, seconds: float) -> None:
        """Move its time by so many seconds: the aircraft is on another timeline."""
        self._at += seconds

    @property
    def emergency(self) -> Value | None:
        """The value of the field `emergency` while the squawk is confirmed."""
        return self.own if is_emergency(self.own) else self.meaning

"""Domain (pure): emergency squawks, and the words of the field `emergency`.

An emergency squawk counts when it is heard a second time, for a single one may be a bit error; another squawk ends it. What the
aircraft itself says in `emergency` goes before what its squawk means, unless it says that there is none.
"""

from __future__ import annotations

from skyspy.aircraft import Value

SQUAWKS: dict[str, str] = {"7500": "unlawful", "7600": "nordo", "7700": "general"}
"""Squawks that mean an emergency, and the word of `emergency` for each."""

NO_EMERGENCY: frozenset[Value | None] = frozenset({None, "none"})
"""What `emergency` holds when there is none; None where the field is absent."""

DESCRIPTIONS: dict[str, str] = {
    "general": "Emergency",
    "lifeguard": "Medical emergency",
    "minfuel": "Minimum fuel",
    "nordo": "Radio failure",
    "unlawful": "Unlawful interference",
    "downed": "Downed aircraft",
    "reserved": "Emergency",
}
"""What the words of `emergency` mean, for people."""


def is_emergency(word: object) -> bool:
    """Whether this value of the field `emergency` reports one."""
    return word not in NO_EMERGENCY


class SquawkAlarm:
    """The emergency squawk of one aircraft. `meaning` is None until the squawk was heard twice; `own` is what the aircraft
    itself says in `emergency`, kept while the alarm is confirmed."""

    __slots__ = ("_at", "_code", "meaning", "own")

    def __init__(self, code: str, at: float) -> None:
        self.meaning: str | None = None
        self.own: Value | None = None
        self._code = code
        self._at = at

    def confirm(self, code: str, at: float) -> bool:
        """Take an emergency squawk heard at `at` (seconds); whether it confirms the one before. A different code begins anew."""
        if code != self._code:
            self._code, self._at = code, at
            return False
        if at <= self._at:
            return False
        self.meaning = SQUAWKS[code]
        return True

    @property
    def emergency(self) -> Value | None:
        """The value of the field `emergency` while the alarm is confirmed."""
        return self.own if is_emergency(self.own) else self.meaning

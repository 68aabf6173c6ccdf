"""The rules for emergencies: squawks 7500, 7600 and 7700 (`squawk_emergency`), and the field `emergency` of ADS-B (`emergency`). Pure.

A code counts when two receptions, APART_S or more apart, have it with no other code between: a code that is dialled through on the way to
another one raises nothing. A word of `emergency` that follows from the squawk is the same situation as that squawk and raises nothing
of its own, also where the squawk is not confirmed yet; the tracker sets such a word itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from skyspy.aircraft_state import AircraftState
from skyspy.safety.emergency import DESCRIPTIONS, NO_EMERGENCY, SQUAWKS
from skyspy.safety.rules import CRITICAL, EMERGENCY, SQUAWK_EMERGENCY, WARNING, Finding, Round
from skyspy.safety.states import name_of
from skyspy.safety.two_looks import TwoLooks

APART_S = 2.9
"""Seconds between two receptions of a code: 3 s, less what times of reception are inexact by. Four digits are dialled in about that."""

SQUAWK_SEVERITIES = {"7500": CRITICAL, "7600": WARNING, "7700": CRITICAL}
WORD_SEVERITIES = {
    "general": CRITICAL,
    "unlawful": CRITICAL,
    "downed": CRITICAL,
    "lifeguard": WARNING,
    "minfuel": WARNING,
    "nordo": WARNING,
    "reserved": WARNING,
}
"""By value of `emergency`. A medical flight, little fuel and a lost radio need priority, not rescue."""


class Emergencies:
    """Both rules, in one pass."""

    def __init__(self) -> None:
        self._squawks, self._words = TwoLooks(APART_S), TwoLooks(APART_S)

    @property
    def remembered(self) -> int:
        """How many codes and words are kept for the next round."""
        return len(self._squawks) + len(self._words)

    def look(self, look: Round) -> Iterator[Finding]:
        """The emergencies that are confirmed."""
        self._squawks.begin()
        self._words.begin()
        for place, state in enumerate(look.aircraft.values()):
            if place % 64 == 63:
                look.pause()
            squawk, word = state.squawk, state.emergency
            if squawk in SQUAWKS and self._squawks.confirms(state.hex, squawk, state.squawk_at):
                yield _of_squawk(state, squawk)
            if (
                word is not None
                and word not in NO_EMERGENCY
                and word != SQUAWKS.get(squawk or "")
                and self._words.confirms(state.hex, word, state.emergency_at)
            ):
                yield _of_word(state, word)


def _of_squawk(state: AircraftState, code: str) -> Finding:
    return Finding(
        SQUAWK_EMERGENCY,
        f"{state.hex}:{code}",
        SQUAWK_SEVERITIES[code],
        f"{name_of(state)} squawks {code}: {DESCRIPTIONS[SQUAWKS[code]].lower()}.",
        hex=state.hex,
        callsign=state.flight,
        lat=state.lat,
        lon=state.lon,
        details={"squawk": code, "emergency": state.emergency, "altitude_ft": state.alt_baro},
    )


def _of_word(state: AircraftState, word: str) -> Finding:
    return Finding(
        EMERGENCY,
        f"{state.hex}:{word}",
        WORD_SEVERITIES.get(word, WARNING),
        f"{name_of(state)} reports: {DESCRIPTIONS.get(word, word).lower()}.",
        hex=state.hex,
        callsign=state.flight,
        lat=state.lat,
        lon=state.lon,
        details={"emergency": word, "squawk": state.squawk, "altitude_ft": state.alt_baro},
    )

"""The rule for extreme vertical rates (`extreme_vertical_rate`). Pure.

Single rates are decoding errors: two receptions, APART_S or more apart, must have it with the same sign, and the altitudes received
meanwhile must have changed as the rate has it, at least by half. Rates that the ground computes (multilateration, TIS-B) are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from skyspy.aircraft_state import AircraftState
from skyspy.safety.profiles import profile_of
from skyspy.safety.rules import CRITICAL, EXTREME_VERTICAL_RATE, WARNING, Finding, Round
from skyspy.safety.states import COMPUTED, name_of
from skyspy.safety.two_looks import TwoLooks

APART_S = 2.0
"""Seconds between two receptions of the rate, which is sent twice a second."""
ALTITUDES_APART_S = 1.5
"""Altitudes nearer in time do not show a rate: they come in steps of 25 ft."""
ALTITUDE_SHARE, ALTITUDE_STEPS_FT = 0.5, 50
"""The altitude must change by this share of what the rate has it, less two steps."""
CRITICAL_FACTOR = 1.5
"""A descent that is so many times the threshold is critical."""
CRITICAL_S = 60.0
"""As is one that reaches sea level in so many seconds."""


class ExtremeVerticalRate:
    """The rule. An aircraft whose rate is below the threshold in one round is forgotten."""

    def __init__(self) -> None:
        self._looks = TwoLooks(APART_S)
        self._first: dict[str, AircraftState] = {}
        """The first look at each."""

    @property
    def remembered(self) -> int:
        """How many aircraft are kept for the next round."""
        return max(len(self._looks), len(self._first))

    def look(self, look: Round) -> Iterator[Finding]:
        """The aircraft that climb or descend extremely."""
        self._looks.begin()
        before, self._first = self._first, {}
        threshold = look.thresholds.vertical_rate_ft_min
        for place, state in enumerate(look.aircraft.values()):
            if place % 64 == 63:
                look.pause()
            rate = state.rate
            if rate is None or -threshold < rate < threshold or state.on_ground is not False or state.source in COMPUTED:
                continue
            limit = threshold * profile_of(state).rate_factor
            if abs(rate) < limit:
                continue
            first = before.get(state.hex)
            if first is None or first.rate is None or first.rate * rate < 0:
                first = state
            self._first[state.hex] = first
            agrees = _altitudes_agree(first, state)
            if (
                self._looks.confirms(state.hex, rate > 0, state.rate_at)
                and agrees is not False
                and (agrees or state.hex not in look.collapsed)
            ):
                yield _finding(state, rate, limit)


def _altitudes_agree(first: AircraftState, last: AircraftState) -> bool | None:
    """Whether the altitude changed as the rates have it; None where no second altitude was received."""
    if first.rate is None or last.rate is None or first.alt_baro is None or last.alt_baro is None:
        return None
    if first.alt_at is None or last.alt_at is None or first.alt_at == last.alt_at:
        return None
    seconds = last.alt_at - first.alt_at
    expected = (first.rate + last.rate) / 2 / 60 * seconds
    change = last.alt_baro - first.alt_baro
    if expected < 0:
        expected, change = -expected, -change
    return seconds >= ALTITUDES_APART_S and change >= ALTITUDE_SHARE * expected - ALTITUDE_STEPS_FT


def _finding(state: AircraftState, rate: int, limit: float) -> Finding:
    descends = rate < 0
    is_critical = descends and (
        -rate >= CRITICAL_FACTOR * limit or (state.alt_baro is not None and state.alt_baro < -rate / 60 * CRITICAL_S)
    )
    return Finding(
        EXTREME_VERTICAL_RATE,
        state.hex,
        CRITICAL if is_critical else WARNING,
        f"{name_of(state)} {'descends' if descends else 'climbs'} at {abs(rate):,} ft/min.",
        hex=state.hex,
        callsign=state.flight,
        lat=state.lat,
        lon=state.lon,
        details={"vertical_rate_ft_min": rate, "threshold_ft_min": round(limit), "altitude_ft": state.alt_baro},
    )

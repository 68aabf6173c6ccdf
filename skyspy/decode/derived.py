"""Fields that follow from what an aircraft said in several messages: wind, temperature, true heading.

Each needs values heard within a few seconds of each other; nothing is derived while the aircraft turns.
"""

from __future__ import annotations

from functools import lru_cache

from pygeomag import GeoMag
from pygeomag.wmm.wmm_2025 import WMM_2025

from skyspy.decode.airdata import outer_air, wind
from skyspy.decode.mode_s_state import ModeSState

Fields = dict[str, object]

TOGETHER_S = 5.0
"""Seconds within which values count as heard together."""

PLACE_S = 300.0
"""Seconds for which a position is good enough to know the magnetic variation."""

MIN_MACH = 0.4
"""Below it the steps of Mach number and airspeed make the temperature too inexact."""

MIN_TAS, MAX_ROLL, MAX_WIND_KT = 60.0, 10.0, 250.0
"""Wind is derived of an aircraft that flies level: below the least airspeed it rolls, or its sensors measure nothing."""

_YEAR_S = 31_556_952.0
_MODEL = GeoMag(coefficients_data=WMM_2025)
_FIRST_YEAR, _LAST_YEAR = 2025, 2029


def derived(state: ModeSState, now: float, wall: float | None) -> Fields:
    """What follows from the last messages; `wall`: epoch seconds, or None."""
    fields: Fields = {}
    fast, sound = state.tas.within(TOGETHER_S, now), state.mach.within(TOGETHER_S, now)
    if fast and sound and state.mach.value >= MIN_MACH:
        fields["oat"], fields["tat"] = outer_air(state.tas.value, state.mach.value)
    heading = _true_heading(state, now, wall)
    if heading is None:
        return fields
    fields["true_heading"] = heading
    moving = state.gs.within(TOGETHER_S, now) and state.track.within(TOGETHER_S, now)
    level = state.roll.within(TOGETHER_S, now) and abs(state.roll.value) <= MAX_ROLL
    if fast and moving and level and state.tas.value >= MIN_TAS:
        direction, speed = wind(state.gs.value, state.track.value, state.tas.value, heading)
        if speed <= MAX_WIND_KT:
            fields["wd"], fields["ws"] = direction, speed
    return fields


def _true_heading(state: ModeSState, now: float, wall: float | None) -> float | None:
    if state.place is None or now - state.place_at > PLACE_S or not state.heading.within(TOGETHER_S, now):
        return None
    return (state.heading.value + magnetic_variation(*state.place, wall)) % 360.0


def magnetic_variation(lat: float, lon: float, wall: float | None) -> float:
    """Degrees from true to magnetic north, east positive, by the World Magnetic Model; in steps of half a degree and one year.
    Without a time, in the middle of the model's five years."""
    year = (_FIRST_YEAR + _LAST_YEAR) // 2 if wall is None else int(1970 + wall / _YEAR_S)
    return _variation(round(lat * 2), round(lon * 2), min(max(year, _FIRST_YEAR), _LAST_YEAR))


@lru_cache(maxsize=4096)
def _variation(lat_cell: int, lon_cell: int, year: int) -> float:
    return float(_MODEL.calculate(glat=lat_cell / 2, glon=lon_cell / 2, alt=10, time=year + 0.5).d)

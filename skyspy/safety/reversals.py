"""Reversals of the vertical speed near other traffic, which suggest a resolution advisory that was not received. Pure.

A reversal is a rate of RATE_FT_MIN or more one way, in two receptions, and within REVERSAL_S as much the other way, again in two. TCAS
asks for 1,500 ft/min. Where no other aircraft is within TRAFFIC_NM and TRAFFIC_FT then, it is none; nor is a climb near an airport: a
go-around.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from skyspy.aircraft_state import AircraftState
from skyspy.airports import height_above
from skyspy.geo import distance_nm
from skyspy.safety.profiles import profile_of
from skyspy.safety.rules import Round
from skyspy.safety.states import COMPUTED, is_located, one_bit_apart

RATE_FT_MIN = 1500
SUSTAINED_S = 1.0
"""Seconds between the two receptions of one way, at least."""
REVERSAL_S = 10.0
"""Seconds from the last reception of one way to the first of the other, and between two of the same way, at most."""
SHOWN_S = 15.0
"""A reversal is found for so long, as a resolution advisory is shown."""

TRAFFIC_NM, TRAFFIC_FT = 3.0, 1000
GO_AROUND_FT = 3000
"""Climbs that begin lower above the nearest airport are go-arounds."""
AIRPORT_NM = 30.0
WITHOUT_AIRPORTS_FT = 18000
"""Where airports are not known: 3,000 ft above the highest one."""


class Way(NamedTuple):
    """The vertical way of one aircraft: received first and last, and until when it was the opposite one; None: no reversal."""

    climbs: bool
    first_at: float
    last_at: float
    reversed_from: float | None = None


class Reversals:
    """The reversals of one sky. An aircraft without a strong rate is forgotten after REVERSAL_S."""

    def __init__(self) -> None:
        self._ways: dict[str, Way] = {}
        self._found: dict[str, tuple[float, str]] = {}
        """By aircraft, until when its reversal is shown, and the nearest traffic."""

    @property
    def remembered(self) -> int:
        """How many entries are kept for the next round."""
        return len(self._ways) + len(self._found)

    def look(self, look: Round) -> Iterable[tuple[AircraftState, str]]:
        """The aircraft that have reversed near traffic, each with the address of the nearest."""
        before, self._ways = self._ways, {}
        aircraft = look.aircraft
        self._found = {hex_: found for hex_, found in self._found.items() if found[0] > look.now and hex_ in aircraft}
        for place, state in enumerate(aircraft.values()):
            if place % 64 == 63:
                look.pause()
            rate = state.rate
            if rate is None or (-RATE_FT_MIN < rate < RATE_FT_MIN and state.hex not in before):
                continue
            way = _next_way(before.get(state.hex), state, look.now)
            if way is None:
                continue
            if way.reversed_from is not None and way.last_at - way.first_at >= SUSTAINED_S:
                way = way._replace(reversed_from=None)
                traffic = _nearest_traffic(state, look) if _counts(state, way.climbs, look) else None
                if traffic is not None:
                    self._found[state.hex] = look.now + SHOWN_S, traffic
            self._ways[state.hex] = way
        return [(aircraft[hex_], traffic) for hex_, (_, traffic) in self._found.items()]


def _next_way(known: Way | None, state: AircraftState, now: float) -> Way | None:
    """The way after this round; None where there is no strong one."""
    rate, at = state.rate or 0, state.rate_at
    if at is None or state.on_ground is not False or state.source in COMPUTED:
        return None
    if known is not None and at <= known.last_at:
        return known if now - known.last_at <= REVERSAL_S else None
    if known is not None and at - known.last_at > REVERSAL_S:
        known = None
    if abs(rate) < RATE_FT_MIN:
        return known
    climbs = rate > 0
    if known is None:
        return Way(climbs, at, at) if profile_of(state).has_reversals else None
    if climbs == known.climbs:
        return Way(climbs, known.first_at, at, known.reversed_from)
    is_sustained = known.last_at - known.first_at >= SUSTAINED_S
    return Way(climbs, at, at, known.last_at if is_sustained else None)


def _counts(state: AircraftState, climbs: bool, look: Round) -> bool:
    """Whether a reversal of this aircraft may be an advisory: its position and altitude are known, and it is no go-around."""
    if state.hex in look.collapsed or not is_located(state, look.now):
        return False
    return not climbs or _is_high(state, look)


def _is_high(state: AircraftState, look: Round) -> bool:
    """Whether it is certainly above GO_AROUND_FT over the nearest airport."""
    point, altitude = state.point, state.alt_baro
    if point is None or altitude is None:
        return False
    if look.airports is None:
        return altitude >= WITHOUT_AIRPORTS_FT
    near = look.airports.nearest(point, AIRPORT_NM)
    if near is None:
        return True
    height = height_above(near.airport, altitude, state.nav_qnh)
    return altitude >= WITHOUT_AIRPORTS_FT if height is None else height >= GO_AROUND_FT


def _nearest_traffic(state: AircraftState, look: Round) -> str | None:
    """The address of the nearest other aircraft; None where none is near enough."""
    point, altitude = state.point, state.alt_baro
    if point is None or altitude is None:
        return None
    least, found = TRAFFIC_NM, None
    for place, other in enumerate(look.aircraft.values()):
        if place % 256 == 255:
            look.pause()
        other_point = other.point
        if other_point is None or abs(other_point[0] - point[0]) > TRAFFIC_NM / 59 or other.hex == state.hex:
            continue
        if other.alt_baro is None or abs(other.alt_baro - altitude) > TRAFFIC_FT or not is_located(other, look.now):
            continue
        if (
            not other.is_icao
            or one_bit_apart(state.hex, other.hex)
            or other.hex in look.collapsed
            or profile_of(other).is_vehicle
        ):
            continue
        distance = distance_nm(point, other_point)
        if distance <= least:
            least, found = distance, other.hex
    return found

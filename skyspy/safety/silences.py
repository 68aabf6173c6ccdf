"""Pairs of aircraft that are near each other without being in conflict, or that are one aircraft heard twice. Pure.

A value that is not known silences nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airports, height_above, on_final
from skyspy.airports.runways import turn_between
from skyspy.geo import distance_nm
from skyspy.safety.profiles import Profile, profile_of
from skyspy.safety.states import one_bit_apart
from skyspy.safety.swept_boxes import Encounter

RELAYED_SOURCES = frozenset({"tisb", "adsr", "mlat", "adsc"})
"""What a ground station or a computation says of an aircraft that may also be heard itself, or it has reported over a data link. MLAT
places jump by more than the distances that matter here, and reports are rounded and late."""
DOUBTFUL_SOURCES = frozenset({"tisb", "adsr", "mlat", "other", "mode_s"})
SAME_TRACK_DEG, SAME_GS_KT, SAME_NM, SAME_FT, SAME_LOOKS = 5.0, 15.0, 0.5, 200.0, 2
"""Two records that agree so well in so many looks are one aircraft, if the source of one is doubtful."""
ONE_BIT_LOOKS = 5
"""Looks for a pair whose addresses differ in one bit: a damaged address credits messages of one aircraft to the other."""

FORMATION_KT, FORMATION_S = 30.0, 30.0
"""Slower than this relative to each other for so long, two aircraft fly in formation."""
FORMATION_FT_MIN = 500.0
"""Faster than this towards each other's altitude they do not."""
LOOSE_KT = 100.0
"""A formation may turn, which makes its aircraft this fast relative to each other, and military aircraft join it so fast."""
JOINING_DEG = 30.0
TANKER_DEG = 90.0
TANKERS = frozenset({"A310", "A332", "A400", "B762", "C130", "C30J", "DC10", "E390", "IL76", "K35E", "K35R", "VC10"})
"""Types of which there are tankers (Doc 8643). Most fly for airlines: only military ones are tankers here."""

AIRPORT_NM, AIRPORT_FT, PARALLEL_DEG = 5.0, 3000.0, 15.0
"""Both so near an airport, so low above it, and on parallel tracks: approaches to parallel runways, or departures from one runway."""

MIN_FLYING_KT: dict[str, float] = {
    "balloon": 0.0,
    "glider": 5.0,
    "parachutist": 0.0,
    "rotorcraft": 5.0,
    "uav": 5.0,
    "ultralight": 5.0,
}
USUAL_MIN_FLYING_KT = 40.0
"""An aircraft slower than this stands or taxis, although it sends an altitude."""


@dataclass(slots=True)
class Pair:
    """Two aircraft that pass each other, and what is remembered of them. `slow_since`: since when they have been slow relative to each
    other; `is_formation`: they fly in formation; `same_looks`: in how many looks they agreed;
    `is_raised`: their conflict was found before."""

    a: AircraftState
    b: AircraftState
    encounter: Encounter
    now: float
    airports: Airports | None = None
    slow_since: float | None = None
    is_formation: bool = False
    same_looks: int = 0
    is_raised: bool = False


def is_parked(gs: float | None, profile: Profile) -> bool:
    """Whether an aircraft of this class and ground speed does not fly."""
    return gs is not None and gs < MIN_FLYING_KT.get(profile.name, USUAL_MIN_FLYING_KT)


def turn_of(pair: Pair) -> float | None:
    """The angle between the two tracks, 0 to 180 degrees; None where one is not known."""
    a, b = pair.a.track, pair.b.track
    return None if a is None or b is None else turn_between(a, b)


def is_same_motion(pair: Pair) -> bool:
    """Whether two records may be those of one aircraft: same place, same direction, same speed."""
    turn, (a, b) = turn_of(pair), (pair.a.gs, pair.b.gs)
    if turn is None or a is None or b is None:
        return False
    is_same_place = pair.encounter.distance_nm < SAME_NM and pair.encounter.vertical_ft <= SAME_FT
    return is_same_place and turn <= SAME_TRACK_DEG and abs(a - b) <= SAME_GS_KT


def is_slow(pair: Pair) -> bool:
    """Whether two aircraft hardly move relative to each other."""
    return _is_below(pair, FORMATION_KT)


def _is_below(pair: Pair, speed_kt: float) -> bool:
    relative = pair.encounter.relative_kt
    return relative is not None and relative < speed_kt and pair.encounter.vertical_closing_ft_min < FORMATION_FT_MIN


def follow(pair: Pair) -> None:
    """Take this look into what is remembered of the pair."""
    pair.same_looks = pair.same_looks + 1 if is_same_motion(pair) else 0
    if is_slow(pair):
        pair.slow_since = pair.now if pair.slow_since is None else pair.slow_since
        pair.is_formation = pair.is_formation or pair.now - pair.slow_since >= FORMATION_S
    else:
        pair.slow_since = None
        pair.is_formation = pair.is_formation and _is_below(pair, LOOSE_KT)


def _heard_twice(pair: Pair) -> bool:
    """One aircraft under two addresses: two looks alike, and one of them from a source that knows no better."""
    return pair.same_looks >= SAME_LOOKS and not DOUBTFUL_SOURCES.isdisjoint((pair.a.source, pair.b.source))


def _one_bit_apart(pair: Pair) -> bool:
    """One aircraft under two addresses, one of them damaged. Two that move differently are two (see ONE_BIT_LOOKS)."""
    return pair.same_looks > 0 and one_bit_apart(pair.a.hex, pair.b.hex)


def _formation(pair: Pair) -> bool:
    """In formation, or, of those that fly in formation on purpose, joining one. A pair that has only just become slow is waited for,
    unless its conflict was found before: at this speed it needs a minute to come near."""
    return pair.is_formation or (pair.slow_since is not None and not pair.is_raised) or _is_joining(pair)


def _is_joining(pair: Pair) -> bool:
    turn = turn_of(pair)
    if turn is None or not (pair.a.military and pair.b.military):
        return False
    both_may = profile_of(pair.a).may_fly_formation and profile_of(pair.b).may_fly_formation
    return both_may and turn <= JOINING_DEG and _is_below(pair, LOOSE_KT)


def _tanker(pair: Pair) -> bool:
    """A tanker and one that it may refuel, roughly in the same direction."""
    turn = turn_of(pair)
    if turn is None or turn > TANKER_DEG or not (pair.a.military and pair.b.military):
        return False
    return pair.a.t in TANKERS or pair.b.t in TANKERS


def _same_airport(pair: Pair) -> bool:
    """On parallel tracks at one airport: approaches to parallel runways, departures one after the other."""
    a, b, airports = pair.a, pair.b, pair.airports
    turn = turn_of(pair)
    if airports is None or turn is None or turn > PARALLEL_DEG or a.point is None or b.point is None:
        return False
    if a.alt_baro is None or b.alt_baro is None or a.track is None or b.track is None:
        return False
    for near in airports.within(a.point, AIRPORT_NM):
        heights = (height_above(near.airport, one.alt_baro, one.nav_qnh) for one in (a, b) if one.alt_baro is not None)
        if distance_nm(near.airport.point, b.point) <= AIRPORT_NM and all(h is not None and h < AIRPORT_FT for h in heights):
            return True
    final_a = on_final(airports, a.point, a.track, a.alt_baro, a.nav_qnh)
    final_b = None if final_a is None else on_final(airports, b.point, b.track, b.alt_baro, b.nav_qnh)
    return final_a is not None and final_b is not None and final_a.airport.ident == final_b.airport.ident


SILENCES: tuple[tuple[str, Callable[[Pair], bool]], ...] = (
    ("heard twice", _heard_twice),
    ("addresses one bit apart", _one_bit_apart),
    ("formation", _formation),
    ("tanker", _tanker),
    ("same airport", _same_airport),
)
"""Why a pair is no conflict, and how that is recognized; in the order of their cost."""


def silence_of(pair: Pair) -> str | None:
    """Why this pair is no conflict; None where it may be one."""
    return next((name for name, applies in SILENCES if applies(pair)), None)

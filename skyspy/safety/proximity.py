"""The rule for conflicts (`proximity`): two aircraft that are too near each other and come nearer, or will be within some seconds.

Each aircraft contributes half of each distance, scaled by its class. A conflict is found in a second look: both positions were received
again, and each altitude agrees with the one received before it. Pure; it remembers only pairs that are near each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import cos, radians, sin
from typing import NamedTuple

from skyspy.aircraft import Scalar
from skyspy.aircraft_state import AircraftState
from skyspy.safety.profiles import profile_of
from skyspy.safety.rules import CRITICAL, PROXIMITY, WARNING, Finding, Round
from skyspy.safety.silences import ONE_BIT_LOOKS, RELAYED_SOURCES, Pair, follow, is_parked, silence_of
from skyspy.safety.states import MAX_AGE_S, name_of, one_bit_apart
from skyspy.safety.swept_boxes import (
    MAX_CLIMB_FT_S,
    MAX_PLAIN_LAT,
    MAX_SPEED_NM_S,
    Encounter,
    Motion,
    candidates,
    encounter,
    moved,
)
from skyspy.safety.thresholds import Thresholds

MAX_VERTICAL_FT = 875.0
"""No vertical distance is larger, whatever the settings are: a separation of 1,000 ft shows as 925 to 975 ft."""
HIGH_FT = 29_000
"""From FL290 on `proximity_high_ft` applies."""
CRITICAL_S = 15.0
"""A pass below the critical distances that is predicted within this time is critical already."""
LOOKS = 2
MAX_CHANGE_FT_S, CHANGE_SLACK_FT, MAX_CHANGE_S = 100.0, 100.0, 15.0
"""An altitude confirms the one before if they differ by no more than this rate allows, and the slack: steps of 25 ft, times that are
inexact. An interval counts as MAX_CHANGE_S at most."""
MIN_CLOSING_KT, MIN_VERTICAL_CLOSING_FT_MIN = 1.0, 200.0
DIVERGING_KT = 30.0
"""Two aircraft that move apart faster than this are no conflict, even if their altitudes approach each other."""
MAX_FINDINGS = 500

_RADIAN = radians(1.0)


class Near(NamedTuple):
    """Two aircraft whose swept boxes overlap."""

    a: AircraftState
    b: AircraftState
    encounter: Encounter


@dataclass(slots=True)
class _Memory:
    """A pair in the rounds before. `positions_at`: the times of both positions at the last look that counted; `looks`: how many counted in
    succession."""

    pair: Pair
    distance_nm: float
    positions_at: tuple[float, float] = (0.0, 0.0)
    looks: int = 0


@dataclass(slots=True)
class _Altitude:
    """The altitude of one aircraft that was received last, and whether it agrees with the one before."""

    feet: int
    at: float
    is_confirmed: bool = False


@dataclass(slots=True)
class Proximity:
    """The rule of one sky. `crowded`: aircraft of the last round that were compared with some of the others only: too many are in one
    place."""

    crowded: int = 0
    _pairs: dict[tuple[str, str], _Memory] = field(default_factory=dict)
    _altitudes: dict[str, _Altitude] = field(default_factory=dict)
    _before: Mapping[str, AircraftState] = field(default_factory=dict)

    @property
    def remembered(self) -> int:
        """How many pairs are remembered for the next round."""
        return len(self._pairs)

    def look(self, look: Round) -> Iterable[Finding]:
        """The conflicts now, the most severe and soonest first."""
        crowded: set[int] = set()
        found = near_pairs(look.aircraft.values(), look.now, look.thresholds, look.collapsed, look.pause, crowded)
        self.crowded = len(crowded)
        altitudes, pairs = self._confirmed_altitudes(found, look.pause), {}
        findings: list[tuple[bool, float, Finding]] = []
        for place, near in enumerate(found):
            if place % 16 == 15:
                look.pause()
            key = near.a.hex, near.b.hex
            memory = self._pairs.get(key) or _Memory(Pair(near.a, near.b, near.encounter, look.now), near.encounter.distance_nm)
            pairs[key] = memory
            if _is_conflict(memory, near, look, altitudes):
                finding = _finding(near, look.thresholds)
                findings.append((finding.severity != CRITICAL, near.encounter.cpa_s, finding))
            memory.distance_nm = near.encounter.distance_nm
        self._pairs, self._altitudes, self._before = pairs, altitudes, look.aircraft
        findings.sort(key=lambda one: one[:2])
        return [finding for _, _, finding in findings[:MAX_FINDINGS]]

    def _confirmed_altitudes(self, found: Iterable[Near], pause: Callable[[], None]) -> dict[str, _Altitude]:
        """The altitudes of the aircraft of these pairs."""
        result: dict[str, _Altitude] = {}
        for place, near in enumerate(found):
            if place % 64 == 63:
                pause()
            for state in (near.a, near.b):
                if state.hex not in result and state.alt_baro is not None and state.alt_at is not None:
                    result[state.hex] = self._altitude(state, state.alt_baro, state.alt_at)
        return result

    def _altitude(self, state: AircraftState, feet: int, at: float) -> _Altitude:
        known = self._altitudes.get(state.hex)
        if known is None:
            before = self._before.get(state.hex)
            if before is None or before.alt_baro is None or before.alt_at is None:
                return _Altitude(feet, at)
            known = _Altitude(before.alt_baro, before.alt_at)
        if at <= known.at:
            return known if feet == known.feet else _Altitude(feet, at)
        rate = MAX_CHANGE_FT_S * profile_of(state).rate_factor
        return _Altitude(feet, at, abs(feet - known.feet) <= rate * min(at - known.at, MAX_CHANGE_S) + CHANGE_SLACK_FT)


def near_pairs(
    states: Iterable[AircraftState],
    now: float,
    thresholds: Thresholds,
    left_out: frozenset[str] | set[str] = frozenset(),
    pause: Callable[[], None] = lambda: None,
    crowded: set[int] | None = None,
) -> list[Near]:
    """The pairs that may pass each other too near within `proximity_ahead_s`, the lower address first, and how they do. `left_out`:
    addresses that take no part. `crowded`: see swept_boxes.candidates."""
    nm, low = thresholds.proximity_nm / 2, min(thresholds.proximity_ft, MAX_VERTICAL_FT) / 2
    high = min(thresholds.proximity_high_ft, MAX_VERTICAL_FT) / 2
    taking_part: list[AircraftState] = []
    motions: list[Motion] = []
    for place, state in enumerate(states):
        if not place & 63:
            pause()
        if state.hex in left_out:
            continue
        motion = motion_of(state, now, nm, low, high)
        if motion is not None:
            taking_part.append(state)
            motions.append(motion)
    found = []
    for place, pair in enumerate(candidates(motions, thresholds.proximity_ahead_s, pause, crowded)):
        if place % 16 == 15:
            pause()
        i, j = pair if taking_part[pair[0]].hex < taking_part[pair[1]].hex else pair[::-1]
        found.append(Near(taking_part[i], taking_part[j], encounter(motions[i], motions[j], thresholds.proximity_ahead_s)))
    return found


def motion_of(state: AircraftState, now: float, half_nm: float, half_ft: float, half_high_ft: float) -> Motion | None:
    """The motion of an aircraft from where it is at `now`; None where it takes no part: on the ground, a vehicle, parked, heard through
    others, with an old position or altitude, or with none. The distances are half of those that apply to a pair of airliners."""
    lat, lon, altitude = state.lat, state.lon, state.alt_baro
    pos_at, alt_at = state.pos_at, state.alt_at
    if lat is None or lon is None or altitude is None or pos_at is None or alt_at is None:
        return None
    age, alt_age = now - pos_at, now - alt_at
    if age > MAX_AGE_S or alt_age > MAX_AGE_S or state.on_ground or state.source in RELAYED_SOURCES or state.hex[0] == "~":
        return None
    profile, gs, track = profile_of(state), state.gs, state.track
    if profile.is_vehicle or is_parked(gs, profile):
        return None
    climb = _climb(state, now)
    feet = altitude + climb * alt_age if climb else float(altitude)
    scale = profile.distance_scale
    half_ft = (half_high_ft if altitude >= HIGH_FT else half_ft) * scale
    level = state.nav_altitude_mcp
    if gs is None or track is None:
        return Motion(lat, lon, 0.0, 0.0, feet, climb, half_nm * scale, half_ft, level, False)
    speed = min(gs / 3600.0, MAX_SPEED_NM_S)
    angle = track * _RADIAN
    north, east = speed * cos(angle), speed * sin(angle)
    if -MAX_PLAIN_LAT < lat < MAX_PLAIN_LAT:
        lat, lon = lat + north * age / 60.0, lon + east * age / 60.0 / cos(lat * _RADIAN)
    else:
        lat, lon = moved((lat, lon), north * age, east * age)
    return Motion(lat, lon, north, east, feet, climb, half_nm * scale, half_ft, level)


def _climb(state: AircraftState, now: float) -> float:
    """Feet per second; 0 where the vertical rate is not known."""
    if state.rate is None or state.rate_at is None or now - state.rate_at > MAX_AGE_S:
        return 0.0
    return max(-MAX_CLIMB_FT_S, min(MAX_CLIMB_FT_S, state.rate / 60.0))


def _is_conflict(memory: _Memory, near: Near, look: Round, altitudes: Mapping[str, _Altitude]) -> bool:
    """Whether this pair is a conflict in this look, and was in enough of those before."""
    pair = memory.pair
    pair.a, pair.b, pair.encounter, pair.now, pair.airports = near.a, near.b, near.encounter, look.now, look.airports
    follow(pair)
    if not _is_too_near(near.encounter, memory.distance_nm, look.thresholds.proximity_ahead_s) or silence_of(pair) is not None:
        memory.looks, pair.is_raised = 0, False
        return False
    is_confirmed = all(hex_ in altitudes and altitudes[hex_].is_confirmed for hex_ in (near.a.hex, near.b.hex))
    positions_at = near.a.pos_at or 0.0, near.b.pos_at or 0.0
    is_new = memory.looks == 0 or (positions_at[0] > memory.positions_at[0] and positions_at[1] > memory.positions_at[1])
    if is_confirmed and is_new:
        memory.looks, memory.positions_at = memory.looks + 1, positions_at
    needed = ONE_BIT_LOOKS if one_bit_apart(near.a.hex, near.b.hex) else LOOKS
    pair.is_raised = pair.is_raised or memory.looks >= needed
    return pair.is_raised


def _is_too_near(found: Encounter, distance_before: float, ahead_s: float) -> bool:
    """Whether both distances are or will be below their limits, while the aircraft come nearer."""
    if found.starts_s is None:
        return False
    if found.closing_kt is None:
        return found.distance_nm < distance_before
    if found.closing_kt >= MIN_CLOSING_KT:
        return found.starts_s <= 0 or found.cpa_s <= ahead_s
    return found.closing_kt > -DIVERGING_KT and found.vertical_closing_ft_min >= MIN_VERTICAL_CLOSING_FT_MIN


def _finding(near: Near, thresholds: Thresholds) -> Finding:
    a, b, how = near
    is_now = how.starts_s is not None and how.starts_s <= 0
    names = f"{name_of(a)} and {name_of(b)}"
    passing = f"pass within {how.cpa_nm:.1f} nm and {how.cpa_ft:.0f} ft in {how.cpa_s:.0f} s"
    apart = f"are {how.distance_nm:.1f} nm and {how.vertical_ft:.0f} ft apart and come nearer"
    lat, lon = _between(a, b)
    details: dict[str, Scalar | None] = {
        "distance_nm": round(how.distance_nm, 2),
        "vertical_ft": round(how.vertical_ft),
        "closing_kt": None if how.closing_kt is None else round(how.closing_kt),
        "cpa_s": round(how.cpa_s, 1),
        "cpa_nm": round(how.cpa_nm, 2),
        "cpa_ft": round(how.cpa_ft),
        "limit_nm": round(how.limit_nm, 2),
        "limit_ft": round(how.limit_ft),
        "altitude_ft": a.alt_baro,
        "altitude_2_ft": b.alt_baro,
        "profile": profile_of(a).name,
        "profile_2": profile_of(b).name,
    }
    return Finding(
        PROXIMITY,
        f"{a.hex}:{b.hex}",
        CRITICAL if _is_critical(near, thresholds) else WARNING,
        f"{names} {apart}." if is_now else f"{names} {passing}.",
        hex=a.hex,
        hex_2=b.hex,
        callsign=a.flight,
        callsign_2=b.flight,
        lat=lat,
        lon=lon,
        details=details,
    )


def _is_critical(near: Near, thresholds: Thresholds) -> bool:
    """Whether both distances are below the critical ones, now or very soon."""
    how = near.encounter
    scale = (_scale(near.a) + _scale(near.b)) / 2
    nm, feet = thresholds.proximity_critical_nm * scale, thresholds.proximity_critical_ft * scale
    soon = how.cpa_s <= CRITICAL_S and how.cpa_nm < nm and how.cpa_ft < feet
    return soon or (how.distance_nm < nm and how.vertical_ft < feet)


def _scale(state: AircraftState) -> float:
    return profile_of(state).distance_scale


def _between(a: AircraftState, b: AircraftState) -> tuple[float | None, float | None]:
    """Halfway between two aircraft that are near each other."""
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return a.lat, a.lon
    lon = a.lon + ((b.lon - a.lon + 540.0) % 360.0 - 180.0) / 2
    return round((a.lat + b.lat) / 2, 5), round((lon + 540.0) % 360.0 - 180.0, 5)

"""Which aircraft have lost GPS: their position's quality collapsed, or they send everything but a position. Pure.

Old avionics, poor reception and terrain look alike for one aircraft, which therefore must have been good before. What is not received
counts neither way: an aircraft that is not heard has lost nothing.

Sources: NIC and NACp as required of ADS-B Out (14 CFR 91.227: 7 and 8); NACp of at most 2 as bad, no position for ten seconds to 15
minutes, faster than 50 kt, as in readsb (`track.c`); at least three reports against single bad ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from skyspy.aircraft_state import AircraftState
from skyspy.geo import Point, distance_nm

GOOD_NIC, GOOD_NACP = 7, 8
BAD_NIC, BAD_NACP = 3, 2
MIN_VERSION = 1
"""Version 0 of ADS-B sends neither NIC nor NACp as they are understood here."""
MIN_GS_KT = 50.0
GOOD_BEFORE_S = 900.0
REPORTS, LOST_REPORTS, OVER_S = 3, 10, 10.0
"""So many reports over so long must be bad, or come without a position: at the edge of reception many do by chance."""
MAX_GAP_S = 15.0
"""After a longer time without a report the count begins again."""
LOST_S = 20.0
"""A position that is older, while other messages of the same kind come, is lost."""
RECOVERED_S = 10.0
FORGET_S = 60.0
MAX_REMEMBERED = 20_000

GOOD, BAD, LOST, UNKNOWN = "good", "bad", "lost", "unknown"


class Seen(NamedTuple):
    """When and where an aircraft had a good position, or lost it."""

    at: float
    lat: float
    lon: float


@dataclass(slots=True)
class _Suspect:
    """An aircraft with bad reports. `first_at`, `last_at`: times of their reception. `good_since`: since when they are good again."""

    first_at: float
    last_at: float
    point: Point
    reports: int = 1
    is_collapsed: bool = False
    good_since: float | None = None


class Resumed(NamedTuple):
    """An area in which aircraft had lost GPS before this process looked. In it, until `until` (steady seconds), an aircraft counts
    although it is not known to have been good before."""

    centre: Point
    radius_nm: float
    until: float


class Collapses:
    """The aircraft of one sky. `good`: when each was good last; `collapsed`: the addresses of those that have lost GPS now."""

    def __init__(self) -> None:
        self.good: dict[str, Seen] = {}
        self.collapsed: set[str] = set()
        self._resumed: list[Resumed] = []
        self._suspects: dict[str, _Suspect] = {}
        self._purged_at = float("-inf")

    def resume(self, centre: Point, radius_nm: float, now: float) -> None:
        """Take it that aircraft in this area may have lost GPS before: for as long as what was good before would be remembered."""
        self._resumed.append(Resumed(centre, radius_nm, now + GOOD_BEFORE_S))

    def look(self, states: Iterable[AircraftState], now: float, pause: Callable[[], None] = lambda: None) -> None:
        """Take one round into account."""
        good, suspects = self.good, self._suspects
        for place, state in enumerate(states):
            if not place & 63:
                pause()
            nic, nac_p, lat, lon, pos_at = state.nic, state.nac_p, state.lat, state.lon, state.pos_at
            if lat is None or lon is None or pos_at is None or now - pos_at > LOST_S:
                verdict = self._without_position(state, now)
            elif (nic is not None and nic <= BAD_NIC) or (nac_p is not None and nac_p <= BAD_NACP):
                verdict = BAD
            elif (nic is not None and nic >= GOOD_NIC) or (nac_p is not None and nac_p >= GOOD_NACP):
                if state.hex not in suspects:
                    gs, version = state.gs, state.version
                    if gs is not None and gs > MIN_GS_KT and version is not None and version and not state.on_ground:
                        good[state.hex] = Seen(now, lat, lon)
                    continue
                verdict = GOOD
            else:
                verdict = UNKNOWN if state.gps_ok_before is None else BAD
            if verdict is not UNKNOWN:
                self._take(state, verdict, now)
        self._forget(now)

    def point_of(self, hex_: str) -> Point | None:
        """Where an aircraft lost GPS, or was good last."""
        suspect, seen = self._suspects.get(hex_), self.good.get(hex_)
        return suspect.point if suspect is not None else None if seen is None else (seen.lat, seen.lon)

    def _without_position(self, state: AircraftState, now: float) -> str:
        """LOST where ADS-B messages come without a position, or where readsb has found so."""
        seen = self.good.get(state.hex)
        if state.gps_ok_before is not None:
            return BAD
        if seen is None or state.source != "adsb" or state.source_at is None:
            return UNKNOWN
        return LOST if now - seen.at > LOST_S and state.source_at > seen.at + OVER_S else UNKNOWN

    def _take(self, state: AircraftState, verdict: str, now: float) -> None:
        suspect = self._suspects.get(state.hex)
        if verdict is GOOD:
            if suspect is not None and suspect.good_since is None:
                suspect.good_since = now
            if suspect is not None and (not suspect.is_collapsed or now - (suspect.good_since or now) >= RECOVERED_S):
                self._end(state.hex)
            return
        at = state.source_at if verdict is LOST else state.quality_at
        point = state.point or self.point_of(state.hex)
        if at is None:
            at = state.heard_at if state.gps_ok_before is not None else None
        if at is None or point is None or not self._may_be(state, verdict, point, now):
            return
        if suspect is None or (at - suspect.last_at > MAX_GAP_S and not suspect.is_collapsed):
            suspect = self._suspects[state.hex] = _Suspect(at, at, point)
        elif at > suspect.last_at:
            suspect.last_at, suspect.reports, suspect.point = at, suspect.reports + 1, point
        else:
            return
        suspect.good_since = None
        needed = LOST_REPORTS if verdict is LOST else REPORTS
        is_long = suspect.reports >= needed and suspect.last_at - suspect.first_at >= OVER_S
        if is_long or state.gps_ok_before is not None:
            suspect.is_collapsed = True
            self.collapsed.add(state.hex)

    def _may_be(self, state: AircraftState, verdict: str, point: Point, now: float) -> bool:
        """Whether an aircraft is of the kind that must have GPS, flies, and had it before."""
        if state.on_ground or state.version is None or state.version < MIN_VERSION:
            return False
        if verdict is BAD and (state.gs is None or state.gs <= MIN_GS_KT) and state.gps_ok_before is None:
            return False
        if state.hex in self._suspects or state.gps_ok_before is not None:
            return True
        seen = self.good.get(state.hex)
        if seen is not None and now - seen.at <= GOOD_BEFORE_S:
            return True
        return any(now <= area.until and distance_nm(area.centre, point) <= area.radius_nm for area in self._resumed)

    def _end(self, hex_: str) -> None:
        self._suspects.pop(hex_, None)
        self.collapsed.discard(hex_)

    def _forget(self, now: float) -> None:
        """Drop suspects without new reports, and aircraft that were good long ago or, where there are very many, not just now."""
        for hex_ in [hex_ for hex_, one in self._suspects.items() if now - max(one.last_at, one.good_since or 0.0) > FORGET_S]:
            self._end(hex_)
        is_full = len(self.good) > MAX_REMEMBERED
        if is_full or now - self._purged_at >= FORGET_S:
            self._purged_at, limit = now, now - (MAX_GAP_S if is_full else GOOD_BEFORE_S)
            self.good = {hex_: seen for hex_, seen in self.good.items() if seen.at >= limit}
            self._resumed = [area for area in self._resumed if now <= area.until]

"""The rule for GPS interference (`gps_interference`): areas in which several aircraft have lost GPS. Pure.

An area begins where `gps_aircraft` aircraft, and `gps_percent` of those around less one, lost GPS within `gps_radius_nm` and
`gps_minutes`; the one is for a single faulty aircraft (as gpsjam.org has it). It ends when for CLEAR_S less than CLEAR_SHARE of those
around have lost it. Avionics and terrain do this too: it is called possible.

It looks before the rule for conflicts, which leaves out the aircraft that it puts into `Round.collapsed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import ceil, cos, radians

from skyspy.geo import Point, distance_nm
from skyspy.safety.events import SafetyEvent
from skyspy.safety.gps_collapse import Collapses, Seen
from skyspy.safety.rules import GPS_INTERFERENCE, WARNING, Finding, Round

EVERY_S = 5.0
"""How often areas are looked for; the aircraft are looked at in every round."""
CLEAR_SHARE, CLEAR_S = 0.05, 600.0
CURRENT_S = 60.0
"""An aircraft that was good within this time counts as around now."""
COUNTS_AFTER_S = 30.0
"""After an area was resumed its aircraft are counted again from then on: losing GPS takes some reports to be seen."""
MARGIN_NM = 10.0
"""An area reaches this far beyond its aircraft."""

_BINS_PER_DEGREE = 4
_BIN_NM = 60.0 / _BINS_PER_DEGREE
_COLUMNS = 360 * _BINS_PER_DEGREE
_Bin = tuple[int, int]


@dataclass(slots=True)
class Area:
    """An area that is open. `cleared_since`: since when hardly any aircraft in it is affected."""

    key: str
    centre: Point
    radius_nm: float
    opened_at: float
    affected: int = 0
    around: int = 0
    cleared_since: float | None = None
    counts_from: float = float("-inf")
    """Until then `affected` and `around` stay as they were stored: too few reports have been received to count again."""


@dataclass(slots=True)
class _Cluster:
    """Aircraft without GPS that are near each other."""

    points: list[Point] = field(default_factory=list)

    @property
    def centre(self) -> Point:
        first = self.points[0][1]
        lon = first + sum((point[1] - first + 540.0) % 360.0 - 180.0 for point in self.points) / len(self.points)
        return sum(point[0] for point in self.points) / len(self.points), (lon + 540.0) % 360.0 - 180.0


class GpsInterference:
    """The rule of one sky."""

    def __init__(self) -> None:
        self._collapses = Collapses()
        self._recent: dict[str, Seen] = {}
        self._areas: list[Area] = []
        self._resumed: set[str] = set()
        """The keys of areas that were resumed."""
        self._looked_at = float("-inf")

    @property
    def remembered(self) -> int:
        """How many aircraft are remembered for the next round."""
        return len(self._collapses.good) + len(self._recent)

    def resume(self, events: Iterable[SafetyEvent], now: float) -> None:
        """Go on with the areas of these open events, which another process, or this one before a restart, has found. An area that is known
        here and meets one of them is the same: it takes the key of the event. `now`: steady seconds."""
        for event in sorted(events, key=lambda one: one.started):
            area = _area_of(event, now)
            if area is None or any(one.key == area.key for one in self._areas):
                continue
            self._collapses.resume(area.centre, area.radius_nm, now)
            met = [one for one in self._areas if _meet(one, area)]
            if any(one.key in self._resumed for one in met):
                continue
            self._resumed.add(area.key)
            if met:
                oldest = min(met, key=lambda one: one.opened_at)
                area = replace(oldest, key=area.key)
            self._areas = [*(one for one in self._areas if one not in met), area]

    def look(self, look: Round) -> Iterable[Finding]:
        """The areas; fills `look.collapsed`."""
        self._collapses.look(look.aircraft.values(), look.now, look.pause)
        look.collapsed.update(self._collapses.collapsed)
        for hex_ in self._collapses.collapsed:
            point = self._collapses.point_of(hex_)
            if point is not None:
                self._recent[hex_] = Seen(look.now, *point)
        if look.now - self._looked_at >= EVERY_S:
            self._looked_at = look.now
            oldest = look.now - look.thresholds.gps_minutes * 60.0
            self._recent = {hex_: seen for hex_, seen in self._recent.items() if seen.at >= oldest}
            if self._areas or len(self._recent) >= look.thresholds.gps_aircraft:
                self._find_areas(look, oldest)
        return [_finding(area) for area in self._areas]

    def _find_areas(self, look: Round, oldest: float) -> None:
        bad = _binned(self._recent.values())
        around = _binned([*self._recent.values(), *self._others(oldest, self._recent)])
        look.pause()
        for cluster in _clusters(bad, around, look):
            self._open(cluster, look.now)
        now_bad = _binned(self._recent[hex_] for hex_ in self._collapses.collapsed if hex_ in self._recent)
        now_around = _binned(self._others(look.now - CURRENT_S, self._collapses.collapsed))
        for area in list(self._areas):
            look.pause()
            if look.now < area.counts_from:
                continue
            area.affected = _count(now_bad, area.centre, area.radius_nm)
            area.around = area.affected + _count(now_around, area.centre, area.radius_nm)
            if area.affected - 1 >= CLEAR_SHARE * area.around and area.affected > 1:
                area.cleared_since = None
            elif area.cleared_since is None:
                area.cleared_since = look.now
            elif look.now - area.cleared_since >= CLEAR_S:
                self._areas.remove(area)
                self._resumed.discard(area.key)

    def _others(self, oldest: float, but: Iterable[str]) -> Iterator[Seen]:
        """The aircraft that were good since `oldest` and are not among `but`."""
        left_out = but if isinstance(but, set | dict) else set(but)
        return (seen for hex_, seen in self._collapses.good.items() if seen.at >= oldest and hex_ not in left_out)

    def _open(self, cluster: _Cluster, now: float) -> None:
        """Open an area for a cluster, or go on with the oldest one that it meets; others that it meets are part of that one then."""
        centre = cluster.centre
        radius = max(distance_nm(centre, point) for point in cluster.points) + MARGIN_NM
        met = [area for area in self._areas if _meet(area, Area("", centre, radius, now))]
        if not met:
            self._areas.append(Area(self._new_key(centre), centre, radius, now))
            return
        area = min(met, key=lambda one: one.opened_at)
        area.centre, area.radius_nm = centre, radius
        self._areas = [one for one in self._areas if one is area or one not in met]

    def _new_key(self, centre: Point) -> str:
        base = f"{abs(centre[0]):02.0f}{'N' if centre[0] >= 0 else 'S'}{abs(centre[1]):03.0f}{'E' if centre[1] >= 0 else 'W'}"
        used = {area.key for area in self._areas}
        return next(key for number in range(len(used) + 1) if (key := base if not number else f"{base}-{number + 1}") not in used)


def _meet(one: Area, other: Area) -> bool:
    return distance_nm(one.centre, other.centre) <= one.radius_nm + other.radius_nm


def _area_of(event: SafetyEvent, now: float) -> Area | None:
    """The area of a stored event; None where the event is not one of an area, is over, or is damaged."""
    radius = event.details.get("radius_nm")
    if event.event_type != GPS_INTERFERENCE or not event.is_open or event.lat is None or event.lon is None:
        return None
    if not isinstance(radius, int | float) or radius <= 0:
        return None
    affected, around = (_number(event.details.get(name)) for name in ("aircraft_affected", "aircraft_around"))
    return Area(event.key, (event.lat, event.lon), float(radius), now, affected, around, counts_from=now + COUNTS_AFTER_S)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _finding(area: Area) -> Finding:
    radius = ceil(area.radius_nm / 5.0) * 5
    share = round(100 * area.affected / area.around) if area.around else 0
    return Finding(
        GPS_INTERFERENCE,
        area.key,
        WARNING,
        f"Possible GPS interference: {area.affected} of {area.around} aircraft within {radius} nm have no reliable position.",
        lat=round(area.centre[0], 2),
        lon=round(area.centre[1], 2),
        details={"radius_nm": radius, "aircraft_affected": area.affected, "aircraft_around": area.around, "percent": share},
    )


def _bin(point: Point) -> _Bin:
    return int((point[0] + 90.0) * _BINS_PER_DEGREE), int((point[1] + 180.0) * _BINS_PER_DEGREE) % _COLUMNS


def _binned(places: Iterable[Seen]) -> dict[_Bin, list[Point]]:
    """Positions by bins of a quarter of a degree."""
    result: dict[_Bin, list[Point]] = {}
    for _, lat, lon in places:
        result.setdefault(_bin((lat, lon)), []).append((lat, lon))
    return result


def _around(bins: dict[_Bin, list[Point]], centre: Point, radius_nm: float) -> Iterator[_Bin]:
    """The bins of `bins` whose middle is at most so far from `centre`."""
    row, column = _bin(centre)
    rows = ceil(radius_nm / _BIN_NM) + 1
    columns = min(ceil(rows / max(cos(radians(centre[0])), 0.02)), _COLUMNS // 2 - 1)
    if (2 * rows + 1) * (2 * columns + 1) > len(bins):
        near: Iterable[_Bin] = list(bins)
    else:
        wanted = (
            (i, j % _COLUMNS) for i in range(row - rows, row + rows + 1) for j in range(column - columns, column + columns + 1)
        )
        near = [place for place in wanted if place in bins]
    return (place for place in near if distance_nm(centre, _middle(place)) <= radius_nm)


def _middle(place: _Bin) -> Point:
    return (place[0] + 0.5) / _BINS_PER_DEGREE - 90.0, (place[1] + 0.5) / _BINS_PER_DEGREE - 180.0


def _count(bins: dict[_Bin, list[Point]], centre: Point, radius_nm: float) -> int:
    return sum(len(bins[place]) for place in _around(bins, centre, radius_nm))


def _clusters(bad: dict[_Bin, list[Point]], around: dict[_Bin, list[Point]], look: Round) -> Iterator[_Cluster]:
    """The aircraft without GPS where they are many, in groups whose bins lie within the radius of each other."""
    limits, radius = look.thresholds, look.thresholds.gps_radius_nm
    near: dict[_Bin, list[_Bin]] = {}
    dense: set[_Bin] = set()
    for place in bad:
        look.pause()
        near[place] = list(_around(bad, _middle(place), radius))
        lost = sum(len(bad[one]) for one in near[place])
        if lost >= limits.gps_aircraft and (lost - 1) * 100 >= limits.gps_percent * _count(around, _middle(place), radius):
            dense.add(place)
    left = dict.fromkeys(dense)
    while left:
        waiting = [left.popitem()[0]]
        members = set(waiting)
        for place in waiting:  # grows while it is read
            for one in near[place]:
                if one not in members:
                    members.add(one)
                    if one in dense:
                        left.pop(one, None)
                        waiting.append(one)
        yield _Cluster([point for place in sorted(members) for point in bad[place]])

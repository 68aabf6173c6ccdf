"""When incidents happen: by themselves, in turn, and on request.

SCHEDULES has what happens by itself: rows with a period, and an offset within it. Seed, row and time determine an incident and its
aircraft, and so do seed and number of a request, so that every process shows the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from math import floor
from typing import NamedTuple

from skyspy.aircraft import Observation
from skyspy.airports import Airports
from skyspy.datalink.message import Block
from skyspy.geo import Point
from skyspy.movements.movement import DEPARTED, LANDED
from skyspy.safety.rules import EMERGENCY, EXTREME_VERTICAL_RATE, GPS_INTERFERENCE, LOW_ALTITUDE, PROXIMITY, TCAS_RA
from skyspy.simulate.incidents import INCIDENTS, MESSAGE, THREAT, Incident
from skyspy.simulate.stage import NUMBERS_EACH, TOTAL, Cast, stage, without_gps

NONE, FEW, ALL = "none", "few", "all"

PERIOD_S = 600.0
"""In the schedule ALL everything but MESSAGE happens so often."""
LONG_PERIOD_S = 1800.0
"""What is rarer there: an area of GPS interference stays open for ten minutes after its end."""
FEW_PERIOD_S = 2400.0
"""The same of the schedule FEW: one incident in five minutes, so that a sky for a first look is mostly quiet."""
FEW_NAMES = (PROXIMITY, THREAT, EXTREME_VERTICAL_RATE, LANDED, TCAS_RA, LOW_ALTITUDE, DEPARTED, EMERGENCY)
"""In it, in this order. The traffic itself has a distress; no squawk 7500, which is news, and no interference, which concerns all others."""

_OF_SCHEDULE, _OF_REQUEST = 1_000_000, 2_000_000
"""First part of the keys of the random numbers; those of traffic.py are lower."""
_REQUEST_NUMBERS = TOTAL // NUMBERS_EACH // 2
"""How many requests have aircraft with different numbers, and so have the rows of a schedule."""


_PLACES = {(one.name, one.detail): place for place, one in enumerate(INCIDENTS)}


class Turn(NamedTuple):
    """An incident that happens every `period` seconds, `offset` seconds after the period's beginning."""

    incident: Incident
    period: float
    offset: float


class Requested(NamedTuple):
    """An incident that somebody requested. `number` identifies it; `begins`: steady seconds."""

    number: int
    incident: Incident
    begins: float


def _all() -> tuple[Turn, ...]:
    # Messages of data links have turns of their own (datalink.py).
    rows = [one for one in INCIDENTS if one.name != MESSAGE]
    apart = PERIOD_S / len(rows)
    return tuple(
        Turn(one, LONG_PERIOD_S if one.name == GPS_INTERFERENCE else PERIOD_S, place * apart) for place, one in enumerate(rows)
    )


def _few() -> tuple[Turn, ...]:
    rows = [next(one for one in INCIDENTS if one.name == name) for name in FEW_NAMES]
    return tuple(Turn(one, FEW_PERIOD_S, place * FEW_PERIOD_S / len(rows)) for place, one in enumerate(rows))


SCHEDULES: Mapping[str, tuple[Turn, ...]] = {NONE: (), FEW: _few(), ALL: _all()}
"""By the option `incidents` of `demo://`."""


def cast_of(seed: int, request: Requested, airports: Airports | None, centre: Point) -> Cast | None:
    """Who takes part in a requested incident; None where there is no place for it around `centre`."""
    number = request.number
    place = (_REQUEST_NUMBERS + number % _REQUEST_NUMBERS) * NUMBERS_EACH, number // _REQUEST_NUMBERS
    key = _OF_REQUEST, number, _PLACES[request.incident.name, request.incident.detail]
    return request.incident.plan(stage(seed, key, airports, centre, place))


class Programme:
    """The incidents of one simulation. `airports` gives the table, None where it cannot be read; `requested` gives what was requested
    and is not over. The only state is a cache of casts."""

    def __init__(
        self,
        seed: int,
        centre: Point,
        schedule: Iterable[Turn],
        airports: Callable[[], Airports | None],
        requested: Callable[[], Iterable[Requested]] = tuple,
    ) -> None:
        self._seed, self._centre = seed, centre
        self._schedule = tuple(schedule)
        self._airports, self._requested = airports, requested
        self._casts: dict[int, tuple[int, Cast | None]] = {}
        self._cast_of_request: dict[int, Cast | None] = {}

    def observations(self, heard: Iterable[Observation], since: float, until: float, at: float) -> list[Observation]:
        """What is heard of the traffic and of the incidents after `since` and until `until` (seconds on the caller's clock). `heard`:
        the traffic, of which some may lose GPS. `at`: steady time of the observations."""
        found: list[Observation] = []
        areas = []
        for cast, elapsed in self._under_way(until, at):
            for actor in cast.actors:
                found += actor.observations(elapsed, until - since, at, self._centre)
            if cast.area is not None and cast.area.begins <= elapsed < cast.area.ends:
                areas.append(cast.area)
        return [*(without_gps(heard, areas) if areas else heard), *found]

    def blocks(self, since: float, until: float, at: float) -> list[Block]:
        """What is sent over data links by incidents after `since` and until `until` (wall seconds); `at`: steady seconds at `until`."""
        found = []
        for cast, elapsed in self._under_way(until, at):
            if cast.says is None or elapsed < cast.says_at:
                continue
            for after, block in cast.says(until - elapsed + cast.says_at):
                ago = elapsed - cast.says_at - after
                if 0.0 <= ago < until - since:
                    found.append(replace(block, at=at - ago, time=until - ago))
        return found

    def _under_way(self, moment: float, at: float) -> Iterator[tuple[Cast, float]]:
        """The casts of incidents under way, and how long each has been."""
        for row, turn in enumerate(self._schedule):
            cycle = floor((moment - turn.offset) / turn.period)
            elapsed = moment - turn.offset - cycle * turn.period
            if elapsed < turn.incident.seconds and (cast := self._scheduled(row, cycle)) is not None:
                yield cast, elapsed
        requested = {one.number: one for one in self._requested()}
        self._cast_of_request = {number: cast for number, cast in self._cast_of_request.items() if number in requested}
        for number, one in requested.items():
            if not 0.0 <= at - one.begins < one.incident.seconds:
                continue
            if number not in self._cast_of_request:
                self._cast_of_request[number] = cast_of(self._seed, one, self._airports(), self._centre)
            wanted = self._cast_of_request[number]
            if wanted is not None:
                yield wanted, at - one.begins

    def _scheduled(self, row: int, cycle: int) -> Cast | None:
        known = self._casts.get(row)
        if known is None or known[0] != cycle:
            place = row * NUMBERS_EACH, cycle
            made = stage(self._seed, (_OF_SCHEDULE, row, cycle), self._airports(), self._centre, place)
            known = self._casts[row] = cycle, self._schedule[row].incident.plan(made)
        return known[1]

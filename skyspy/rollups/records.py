"""Records: the greatest values, and what guards them against wrong data.

A value of one aircraft counts when its last three confirmed positions all reached it: a single wrong altitude or speed sets no record.
A ground speed must also fit the distance between them, and a barometric altitude the geometric one where both are known. A number of
a minute counts when a minute beside it has at least half of it, and the messages of an hour when no minute holds more than a quarter
of them: a burst (a restart, a backlog that arrives at once) sets no record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from skyspy.geo import distance_nm
from skyspy.rollups.confirmed import MIN_POSITIONS, Reading

FARTHEST, HIGHEST, FASTEST = "farthest", "highest", "fastest"
BUSIEST_MINUTE, BUSIEST_HOUR, MOST_AIRCRAFT = "busiest_minute", "busiest_hour", "most_aircraft"
UNITS = {
    FARTHEST: "nm",
    HIGHEST: "ft",
    FASTEST: "kt",
    BUSIEST_MINUTE: "messages",
    BUSIEST_HOUR: "messages",
    MOST_AIRCRAFT: "aircraft",
}
"""The unit of each kind of record, in the order in which they are listed."""

MIN_SPEED_SHARE, SPEED_SLACK_KT = 0.7, 60.0
"""What the way between positions must be of a ground speed."""
MAX_ALTITUDE_DIFFERENCE_FT = 5000
"""Barometric and geometric altitude differ by less, at any pressure."""
NEIGHBOUR_SHARE = 0.5
MAX_MINUTE_SHARE = 0.25
MIN_HOUR_SAMPLES = 1800


class Record(NamedTuple):
    """A value of one kind and when it was reached (wall seconds): of an aircraft, or without `hex` of a minute or hour that begins
    then."""

    kind: str
    value: float
    at: float
    hex: str | None = None
    flight: str | None = None


class MinuteNumbers(NamedTuple):
    """What counts for records of one minute; `minute` counts minutes since 1970-01-01T00:00Z."""

    minute: int
    samples: int
    messages: int
    aircraft_max: int


def of_aircraft(recent: Sequence[Reading]) -> Iterator[tuple[str, float]]:
    """The values, by kind, that the last positions of one aircraft all reached; none before there are three."""
    if len(recent) < MIN_POSITIONS:
        return
    yield FARTHEST, min(reading.distance_nm for reading in recent)
    heights = [_height(reading) for reading in recent]
    if None not in heights:
        yield HIGHEST, min(height for height in heights if height is not None)
    speeds = [reading.gs for reading in recent if reading.gs is not None]
    if len(speeds) == len(recent) and _flew(recent) * 3600.0 >= MIN_SPEED_SHARE * _seconds(recent) * (
        min(speeds) - SPEED_SLACK_KT
    ):
        yield FASTEST, min(speeds)


def may_beat(last: Reading, best: Mapping[str, Record]) -> bool:
    """Whether the last position of an aircraft may set a record: none of its values counts for more than this position has."""
    for kind, value in ((FARTHEST, last.distance_nm), (HIGHEST, last.altitude), (FASTEST, last.gs)):
        if value is not None and (kind not in best or value > best[kind].value):
            return True
    return False


def of_minutes(minutes: Sequence[MinuteNumbers]) -> Iterator[Record]:
    """The records among these minutes, which are in order: busiest minute, most aircraft at once, and busiest hour."""
    best: dict[str, Record] = {}
    hours: dict[int, list[MinuteNumbers]] = {}
    for place, one in enumerate(minutes):
        beside = [other for other in minutes[max(0, place - 1) : place + 2] if abs(other.minute - one.minute) == 1]
        hours.setdefault(one.minute // 60, []).append(one)
        for kind, number in ((BUSIEST_MINUTE, one.messages), (MOST_AIRCRAFT, one.aircraft_max)):
            around = max((getattr(other, _COLUMNS[kind]) for other in beside), default=0)
            if number > 0 and around >= number * NEIGHBOUR_SHARE and number > best.get(kind, _NONE).value:
                best[kind] = Record(kind, number, one.minute * 60.0)
    for hour, inside in hours.items():
        total = sum(one.messages for one in inside)
        is_even = max(one.messages for one in inside) <= total * MAX_MINUTE_SHARE
        is_long = sum(one.samples for one in inside) >= MIN_HOUR_SAMPLES
        if is_even and is_long and total > best.get(BUSIEST_HOUR, _NONE).value:
            best[BUSIEST_HOUR] = Record(BUSIEST_HOUR, total, hour * 3600.0)
    yield from best.values()


_COLUMNS = {BUSIEST_MINUTE: "messages", MOST_AIRCRAFT: "aircraft_max"}
_NONE = Record("", 0.0, 0.0)


def _height(reading: Reading) -> int | None:
    """The barometric altitude, unless the geometric one contradicts it."""
    altitude, geometric = reading.altitude, reading.geometric
    if altitude is None or (geometric is not None and abs(altitude - geometric) > MAX_ALTITUDE_DIFFERENCE_FT):
        return None
    return altitude


def _flew(recent: Sequence[Reading]) -> float:
    first, last = recent[0], recent[-1]
    return distance_nm((first.lat, first.lon), (last.lat, last.lon))


def _seconds(recent: Sequence[Reading]) -> float:
    return recent[-1].at - recent[0].at

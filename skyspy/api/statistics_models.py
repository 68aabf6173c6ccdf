"""Interfaces: the bodies of requests and answers about statistics over time."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from skyspy.api.models import Demo, Stats, Timestamp
from skyspy.rollups.records import UNITS
from skyspy.services.statistics_query import Receiver, Since, Until

MaxDistance = Annotated[
    list[float | None] | UnsetType,
    Meta(description="The farthest position, nm; null for those who may not know where the receiver stands"),
]
ShownReceiver = Annotated[str | None, Meta(description="The receiver; null: all together")]


class StatsColumns(Struct, forbid_unknown_fields=True):
    """One value for each step of `time`. A null in all of them marks the beginning of a gap in which nothing was counted."""

    samples: Annotated[
        list[int | None], Meta(description="Seconds in which was counted: fewer than the step has, for a part of it")
    ]
    aircraft_max: Annotated[list[int | None], Meta(description="The most aircraft at once")]
    aircraft_avg: Annotated[list[float | None], Meta(description="The mean number of aircraft")]
    messages: Annotated[list[int | None], Meta(description="Messages received")]
    max_distance_nm: MaxDistance = UNSET
    with_position_max: Annotated[list[int | None] | UnsetType, Meta(description="The most with a position, at once")] = UNSET
    military_max: Annotated[list[int | None] | UnsetType, Meta(description="The most military ones at once")] = UNSET
    emergency_max: Annotated[list[int | None] | UnsetType, Meta(description="The most in an emergency at once")] = UNSET
    aircraft: Annotated[
        list[int | None] | UnsetType, Meta(description="Different aircraft, without simulated ones; of hours and days")
    ] = UNSET
    positions: Annotated[
        list[int | None] | UnsetType, Meta(description="Positions, one a second of each aircraft at most; of one receiver")
    ] = UNSET
    rssi_mean: Annotated[list[float | None] | UnsetType, Meta(description="Mean signal strength, dBFS; of one receiver")] = UNSET


class StatsHistory(Struct, forbid_unknown_fields=True):
    """Statistics by minute, hour or day, as columns."""

    period: str
    step_s: Annotated[int, Meta(description="How long a step is, s")]
    since: Annotated[Timestamp, Meta(description="The beginning of the first step that was asked for")] = field(name="from")
    until: Annotated[Timestamp, Meta(description="The end of the last step that was asked for")] = field(name="to")
    receiver: ShownReceiver
    count: Annotated[int, Meta(description="How many steps are listed")]
    next: Annotated[str | None, Meta(description="Give this as `from` for the steps that follow; null: there are no more")]
    time: Annotated[list[int], Meta(description="When each step begins, seconds since 1970")]
    values: StatsColumns
    demo: Demo = UNSET


class StatsReceiver(Struct, forbid_unknown_fields=True):
    """A receiver of which statistics are kept."""

    name: Annotated[
        str, Meta(description="Give this as `receiver`; without settings.manage one that says no host, such as beast-1")
    ]
    label: Annotated[str, Meta(description="The name that people gave it; empty: none")]
    is_demo: Annotated[bool, Meta(description="Whether its traffic is simulated")]
    listed: Annotated[bool, Meta(description="Whether it is read now; false: it was removed")]
    first: Annotated[str | None, Meta(description="The beginning of its first hour, ISO 8601 UTC; null: none is kept")]
    last: Annotated[str | None, Meta(description="The end of its last hour, ISO 8601 UTC; null: none is kept")]


class StatsReceivers(Struct, forbid_unknown_fields=True):
    """The receivers of which statistics are kept."""

    receivers: list[StatsReceiver]
    count: int


class DayTotals(Struct, forbid_unknown_fields=True):
    """The present day of UTC so far, a minute old at most."""

    since: Timestamp
    aircraft: Annotated[int | None, Meta(description="Different aircraft; null: not known")]
    messages: int
    aircraft_max: Annotated[int, Meta(description="The most aircraft at once")]
    max_distance_nm: Annotated[
        float | None, Meta(description="The farthest position; null for those who may not know where the receiver stands")
    ]


class StatsRecord(Struct, forbid_unknown_fields=True):
    """A record: the greatest value of its kind, when it was reached and by which aircraft."""

    kind: Annotated[str, Meta(description=f"{', '.join(UNITS)}")]
    value: float
    unit: Annotated[str, Meta(description="nm, ft, kt, messages or aircraft")]
    timestamp: Annotated[str, Meta(description="When it was reached, or when its minute or hour began, ISO 8601 UTC")]
    hex: Annotated[str | UnsetType, Meta(description="The aircraft")] = UNSET
    flight: Annotated[str | UnsetType, Meta(description="Its callsign then")] = UNSET
    period_s: Annotated[int | UnsetType, Meta(description="How long the time is that the value counts, s")] = UNSET


class StatsRecords(Struct, forbid_unknown_fields=True):
    """The records of this sky."""

    records: list[StatsRecord]
    count: int


class StatsNow(Stats, forbid_unknown_fields=True, kw_only=True):
    """The sky in numbers, the present day, and the records."""

    today: Annotated[DayTotals | None, Meta(description="null: not known")]
    records: Annotated[list[StatsRecord], Meta(description="As /api/stats/records/ lists them; empty while they cannot be read")]


class RangeQuery(Struct, frozen=True, kw_only=True):
    """Of which time and receiver."""

    period: Annotated[Literal["24h", "all"], Meta(description="The last 24 hours, or all time")] = "24h"
    receiver: Receiver = None


RangePeriod = Annotated[str, Meta(description="24h or all")]
RangeSince = Annotated[
    str | None, Meta(description="The beginning of its first hour, ISO 8601 UTC; null: of all time, or nothing is known")
]
Sectors = Annotated[int, Meta(description="How wide a sector is, deg; the first one begins in the north")]
RangeStep = Annotated[int, Meta(description="How long a step of distance is, nm; the last one holds all beyond")]


class Place(Struct, forbid_unknown_fields=True):
    """Where the receiver stands."""

    lat: Annotated[float, Meta(description="Latitude, deg", ge=-90, le=90)]
    lon: Annotated[float, Meta(description="Longitude, deg", ge=-180, le=180)]


class OutlineBand(Struct, forbid_unknown_fields=True):
    """The outline of one band of barometric altitudes."""

    name: str
    min_ft: Annotated[int | None, Meta(description="From this altitude on; null: no bound")]
    max_ft: Annotated[int | None, Meta(description="Below this altitude; null: no bound")]
    distances_nm: Annotated[list[float | None], Meta(description="The farthest confirmed distance in each sector; null: none")]
    polygon: Annotated[
        list[list[float]],
        Meta(description="The same as a closed ring of [longitude, latitude], as GeoJSON has it; empty: nothing is known"),
    ]


class Outline(Struct, forbid_unknown_fields=True, kw_only=True):
    """How far the receivers hear, by direction and altitude."""

    period: RangePeriod
    receiver: ShownReceiver
    since: RangeSince = field(name="from")
    until: Timestamp = field(name="to")
    place: Annotated[Place | None, Meta(description="From where it was measured; null: nothing is known")]
    sector_deg: Sectors
    bands: Annotated[list[OutlineBand], Meta(description="All altitudes, then each band")]
    demo: Demo = UNSET


class Coverage(Struct, forbid_unknown_fields=True, kw_only=True):
    """From where the receivers hear how much."""

    period: RangePeriod
    receiver: ShownReceiver
    since: RangeSince = field(name="from")
    until: Timestamp = field(name="to")
    sector_deg: Sectors
    step_nm: RangeStep
    positions: Annotated[int, Meta(description="All positions; one each two seconds of each aircraft at most")]
    counts: Annotated[list[list[int]], Meta(description="Positions by sector, and in it by step of distance")]
    demo: Demo = UNSET


class SignalColumns(Struct, forbid_unknown_fields=True):
    """One value for each step of distance."""

    distance_nm: Annotated[list[int], Meta(description="Where the step begins")]
    count: Annotated[list[int], Meta(description="Positions whose signal strength is known")]
    rssi_mean: Annotated[list[float | None], Meta(description="Mean, dBFS")]
    rssi_min: Annotated[list[float | None], Meta(description="The weakest, dBFS")]
    rssi_max: Annotated[list[float | None], Meta(description="The strongest, dBFS")]


class SignalByDistance(Struct, forbid_unknown_fields=True, kw_only=True):
    """Signal strength over distance."""

    period: RangePeriod
    receiver: ShownReceiver
    since: RangeSince = field(name="from")
    until: Timestamp = field(name="to")
    step_nm: RangeStep
    values: SignalColumns
    demo: Demo = UNSET


class TopQuery(Struct, frozen=True, kw_only=True):
    """Which list of which time."""

    kind: Annotated[
        Literal["types", "operators", "countries", "airlines", "callsigns", "aircraft"], Meta(description="What is counted")
    ] = "types"
    since: Since = field(name="from", default=None)
    until: Until = field(name="to", default=None)
    limit: Annotated[int, Meta(description="How many at most", ge=1, le=100)] = 10


class TopItem(Struct, forbid_unknown_fields=True):
    """One of the most frequent."""

    name: Annotated[str, Meta(description="ICAO type, operator, country, ICAO letters of an airline, callsign, or ICAO address")]
    visits: int
    aircraft: Annotated[int, Meta(description="How many different aircraft")]
    label: Annotated[str | UnsetType, Meta(description="The airline's name, or the registration of an aircraft")] = UNSET


class Top(Struct, forbid_unknown_fields=True):
    """The most frequent of a kind, by number of visits."""

    kind: str
    since: Timestamp = field(name="from")
    until: Timestamp = field(name="to")
    items: list[TopItem]
    count: int

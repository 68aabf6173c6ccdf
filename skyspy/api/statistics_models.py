"""Interfaces: the bodies of requests and answers about statistics over time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from skyspy.api.models import Demo, Timestamp
from skyspy.services.statistics import MAX_STEPS

Moment = Annotated[datetime, Meta(tz=True)]
Since = Annotated[Moment | None, Meta(description="From this moment on, such as 2026-11-26T14:00:00Z")]
Until = Annotated[Moment | None, Meta(description="Before this moment; now where it is not given")]
Receiver = Annotated[
    Annotated[str, Meta(min_length=1, max_length=96)] | None,
    Meta(
        description="Only what this receiver heard, by its `name` in /api/stats/receivers/; for those who may know where it stands",
    ),
]
MaxDistance = Annotated[
    list[float | None] | UnsetType,
    Meta(description="The farthest position, nm; null for those who may not know where the receiver stands"),
]
ShownReceiver = Annotated[str | None, Meta(description="The receiver; null: all together")]


class StatsHistoryQuery(Struct, frozen=True, kw_only=True):
    """Which steps of which period."""

    period: Annotated[Literal["minute", "hour", "day"], Meta(description="How long a step is; days are days of UTC")] = "hour"
    since: Since = field(name="from", default=None)
    until: Until = field(name="to", default=None)
    receiver: Receiver = None
    limit: Annotated[int, Meta(description="How many steps at most", ge=1, le=MAX_STEPS)] = 1500


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

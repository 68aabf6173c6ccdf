"""Application: what may be asked of the statistics over time, the same over HTTP and Socket.IO."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

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


class StatsHistoryQuery(Struct, frozen=True, kw_only=True):
    """Which steps of which period."""

    period: Annotated[Literal["minute", "hour", "day"], Meta(description="How long a step is; days are days of UTC")] = "hour"
    since: Since = field(name="from", default=None)
    until: Until = field(name="to", default=None)
    receiver: Receiver = None
    limit: Annotated[int, Meta(description="How many steps at most", ge=1, le=MAX_STEPS)] = 1500

"""Interfaces: REST: the statistics of a sky, now and over time."""

from __future__ import annotations

from collections.abc import Callable

from skyspy.api.answers import Charged
from skyspy.api.routes import RequestContext, Resource
from skyspy.api.statistics_models import (
    Coverage,
    Outline,
    RangeQuery,
    SignalByDistance,
    StatsHistory,
    StatsNow,
    StatsReceivers,
    StatsRecords,
    Top,
    TopQuery,
)
from skyspy.clock import wall_of
from skyspy.services import range_statistics, statistics
from skyspy.services.caller import Refused
from skyspy.services.statistics_query import StatsHistoryQuery
from skyspy.sky.audience import Payload

resource = Resource("Statistics", "The sky and its receivers in numbers.")

VIEW = statistics.PERMISSION
PARTS_PER_COST = 24.0
"""Stored pictures that are merged at the price of one request."""


@resource.get("/api/stats/", permission=VIEW, answer=StatsNow)
def stats_now(context: RequestContext) -> object:
    """Show the sky in numbers.

    The same numbers as in the Socket.IO event `stats:update`, with those of the present day and the records.
    """
    now = context.sky.stats(context.audience)
    try:
        records = context.call(statistics.record_list)
    except Refused as refused:
        if refused.code != "overloaded":
            raise
        # Live numbers do not depend on the history.
        records = []
    return now | {"today": context.call(statistics.today), "records": records}


@resource.get("/api/stats/history/", permission=VIEW, query=StatsHistoryQuery, answer=StatsHistory, errors=(404,))
def stats_history(context: RequestContext) -> object:
    """Show statistics by minute, hour or day.

    In columns: each of `values` has one value for each of `time`. Of the last day by minute, of seven days by hour, of 90 days by day
    where no `from` is given. The hour and the day under way are listed with what was counted so far.
    """
    query: StatsHistoryQuery = context.query
    since, until = wall_of(query.since), wall_of(query.until)
    return context.call(statistics.history, query.period, since, until, query.receiver, query.limit)


@resource.get("/api/stats/receivers/", permission=VIEW, answer=StatsReceivers)
def stats_receivers(context: RequestContext) -> object:
    """List the receivers that have statistics.

    For those who may know where the receiver stands.
    """
    rows = context.call(statistics.receivers)
    return {"receivers": rows, "count": len(rows)}


@resource.get("/api/stats/records/", permission=VIEW, answer=StatsRecords)
def stats_records(context: RequestContext) -> object:
    """List the records.

    Each is confirmed by more than one observation. The farthest one is listed for those who may know where the receiver stands.
    """
    rows = context.call(statistics.record_list)
    return {"records": rows, "count": len(rows)}


@resource.get("/api/stats/top/", permission=VIEW, query=TopQuery, answer=Top, is_search=True)
def stats_top(context: RequestContext) -> object:
    """List what was seen most often.

    Of the last seven days where no `from` is given, 92 days at most.
    """
    query: TopQuery = context.query
    page, days = context.call(statistics.top_list, query.kind, wall_of(query.since), wall_of(query.until), query.limit)
    return Charged(page, days)


@resource.get("/api/stats/outline/", permission=VIEW, query=RangeQuery, answer=Outline, errors=(404,), is_search=True)
def stats_outline(context: RequestContext) -> object:
    """Show how far the receivers hear.

    For those who may know where the receiver stands. Only confirmed positions count: one wrong position does not stretch it.
    """
    return _range(context, range_statistics.outline)


@resource.get("/api/stats/coverage/", permission=VIEW, query=RangeQuery, answer=Coverage, errors=(404,), is_search=True)
def stats_coverage(context: RequestContext) -> object:
    """Show from where the receivers hear how much.

    For those who may know where the receiver stands.
    """
    return _range(context, range_statistics.coverage)


@resource.get("/api/stats/rssi/", permission=VIEW, query=RangeQuery, answer=SignalByDistance, errors=(404,), is_search=True)
def stats_rssi(context: RequestContext) -> object:
    """Show signal strength over distance.

    For those who may know where the receiver stands.
    """
    return _range(context, range_statistics.rssi)


def _range(context: RequestContext, service: Callable[..., tuple[Payload, int]]) -> object:
    query: RangeQuery = context.query
    answer, parts = context.call(service, query.period, query.receiver)
    return Charged(answer, parts / PARTS_PER_COST)

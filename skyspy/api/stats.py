"""Interfaces: REST: the statistics of a sky, now and over time."""

from __future__ import annotations

from datetime import datetime

from skyspy.api.models import Stats
from skyspy.api.routes import RequestContext, Resource
from skyspy.api.statistics_models import StatsHistory, StatsHistoryQuery, StatsReceivers
from skyspy.services import statistics

resource = Resource("Statistics", "The sky and its receivers in numbers.")

VIEW = statistics.PERMISSION


@resource.get("/api/stats/", permission=VIEW, answer=Stats)
def stats_now(context: RequestContext) -> object:
    """Show the sky in numbers.

    The same numbers as in the Socket.IO event `stats:update`.
    """
    return context.sky.stats(context.audience)


@resource.get("/api/stats/history/", permission=VIEW, query=StatsHistoryQuery, answer=StatsHistory, errors=(404,))
def stats_history(context: RequestContext) -> object:
    """Show statistics by minute, hour or day.

    In columns: each of `values` has one value for each of `time`. Of the last day by minute, of seven days by hour, of 90 days by day
    where no `from` is given. The hour and the day under way are listed with what was counted so far.
    """
    query: StatsHistoryQuery = context.query
    since, until = _wall(query.since), _wall(query.until)
    return context.call(statistics.history, query.period, since, until, query.receiver, query.limit)


@resource.get("/api/stats/receivers/", permission=VIEW, answer=StatsReceivers)
def stats_receivers(context: RequestContext) -> object:
    """List the receivers that have statistics.

    For those who may know where the receiver stands.
    """
    rows = context.call(statistics.receivers)
    return {"receivers": rows, "count": len(rows)}


def _wall(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()

"""Interfaces: the page of statistics: plots over time and by receiver, records, the most frequent, and the size of the history.

Invariants: every number comes from the services that the API and the command line call. The page renders records and lists; its script
requests what it draws from the routes below `data/`, which do not count as use of the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from skyspy.admin import gate
from skyspy.admin.routes import Page, RequestContext
from skyspy.services import Refused, history_size, range_statistics, statistics
from skyspy.services.history_size import HistoryReport
from skyspy.services.setting_changes import MANAGE
from skyspy.store import StoreError

page = Page("statistics", "/statistics/", "Statistics", (statistics.PERMISSION,), "Overview")

DAY_S = 86400.0
TOP = 10
"""Rows of a list of the most frequent."""
MAX_TOP_S = 30 * DAY_S
"""The most frequent are counted anew for each page, over this time at most."""


@dataclass(frozen=True, slots=True)
class Range:
    """A time that the plots can show: its word in the address, its name, the length of one step and of the whole in seconds, and
    the period of the outline and of the signal strength."""

    word: str
    name: str
    period: str
    length_s: float
    reception: str


RANGES = (
    Range("hour", "Last hour", "minute", 3600.0, "24h"),
    Range("day", "24 hours", "minute", DAY_S, "24h"),
    Range("week", "7 days", "hour", 7 * DAY_S, "all"),
    Range("month", "30 days", "hour", 30 * DAY_S, "all"),
    Range("year", "1 year", "day", 365 * DAY_S, "all"),
)
RECORDS = {
    "farthest": "Farthest",
    "highest": "Highest",
    "fastest": "Fastest",
    "busiest_minute": "Busiest minute",
    "busiest_hour": "Busiest hour",
    "most_aircraft": "Most aircraft at once",
}
TOPS = {"types": "Aircraft types", "operators": "Operators", "countries": "Countries"}


_RECEPTION = {
    "outline": range_statistics.outline,
    "coverage": range_statistics.coverage,
    "rssi": range_statistics.rssi,
}
"""What makes the data of each plot of reception."""


def chosen_range() -> Range:
    """The range that the query string names; 24 hours where it names none."""
    word = request.args.get("range", "")
    return next((one for one in RANGES if one.word == word), RANGES[1])


@page.get()
def show(context: RequestContext) -> ResponseReturnValue:
    """The page."""
    chosen = chosen_range()
    since = context.server.clock.wall() - min(chosen.length_s, MAX_TOP_S)
    failed, found, tops = "", [], {}
    try:
        found = [_record(one) for one in context.call(statistics.record_list)]
        tops = {kind: context.call(statistics.top_list, kind, since, None, TOP)[0]["items"] for kind in TOPS}
    except Refused as error:
        failed = error.message
    return render_template(
        "admin/statistics.html",
        ranges=RANGES,
        chosen=chosen,
        top_days=MAX_TOP_S / DAY_S if chosen.length_s > MAX_TOP_S else None,
        failed=failed,
        records=found,
        tops=[(TOPS[kind], items) for kind, items in tops.items()],
        size=_size(context),
        may_size=context.may(MANAGE),
    )


@page.get("/statistics/data/<any(history, receivers, outline, coverage, rssi):what>/", quiet=True)
def data(context: RequestContext, what: str) -> ResponseReturnValue:
    """What the page's script draws, in the form in which the API gives it; of all receivers, or of the one that the query names."""
    chosen, receiver = chosen_range(), request.args.get("receiver") or None
    if what == "history":
        since = context.server.clock.wall() - chosen.length_s
        return gate.json_answer(context.call(statistics.history, chosen.period, since, None, receiver, statistics.MAX_STEPS))
    if what == "receivers":
        return gate.json_answer({"receivers": context.call(statistics.receivers)})
    return gate.json_answer(context.call(_RECEPTION[what], chosen.reception, receiver)[0])


def _record(one: dict[str, Any]) -> dict[str, Any]:
    """A record with its title, and its time in wall seconds."""
    return {**one, "title": RECORDS.get(one["kind"], one["kind"]), "at": datetime.fromisoformat(one["timestamp"]).timestamp()}


def _size(context: RequestContext) -> HistoryReport | None:
    """The size of the history, as it was last measured; None where the user may not know it, or it cannot be read."""
    if not context.may(MANAGE):
        return None
    server = context.server
    try:
        return context.call(history_size.report, server.history, server.pruners["live"].sizes)
    except StoreError:
        return None

"""Interfaces: the page of statistics: plots over time and by receiver, records, the most frequent, and the size of the history.

Invariants: every number comes from services/statistics.py, as the API's do. The page renders records and lists; its script
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
from skyspy.services import Refused, statistics
from skyspy.services.setting_changes import MANAGE

page = Page("statistics", "/statistics/", "Statistics", ("stats.view",), "Overview")

DAY_S = 86400.0
TOP = 10
"""Rows of a list of the most frequent."""
MAX_STEPS = 3000
"""More than any range has."""


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


def chosen_range() -> Range:
    """The range that the query string names; 24 hours where it names none."""
    word = request.args.get("range", "")
    return next((one for one in RANGES if one.word == word), RANGES[1])


@page.get()
def show(context: RequestContext) -> ResponseReturnValue:
    """The page."""
    chosen = chosen_range()
    since = context.server.clock.wall() - chosen.length_s
    failed, records, tops = "", [], {}
    try:
        records = [_record(one) for one in context.call(statistics.records)["records"]]
        tops = {kind: context.call(statistics.top, kind, since, None, TOP)["items"] for kind in TOPS}
    except Refused as error:
        failed = error.message
    return render_template(
        "admin/statistics.html",
        ranges=RANGES,
        chosen=chosen,
        failed=failed,
        records=records,
        tops=[(TOPS[kind], items) for kind, items in tops.items()],
        sizes=context.may(MANAGE),
    )


@page.get("/statistics/data/<any(history, receivers, outline, rssi):what>/", quiet=True)
def data(context: RequestContext, what: str) -> ResponseReturnValue:
    """What the page's script draws, in the form in which the API gives it; of all receivers, or of the one that the query names."""
    chosen, receiver = chosen_range(), request.args.get("receiver") or None
    if what == "history":
        since = context.server.clock.wall() - chosen.length_s
        return gate.json_answer(context.call(statistics.history, chosen.period, since, None, receiver, MAX_STEPS))
    if what == "receivers":
        return gate.json_answer({"receivers": context.call(statistics.receivers)})
    service = statistics.outline if what == "outline" else statistics.rssi
    return gate.json_answer(context.call(service, chosen.reception, receiver))


def _record(one: dict[str, Any]) -> dict[str, Any]:
    """A record with its title, and its time in wall seconds."""
    return {**one, "title": RECORDS.get(one["kind"], one["kind"]), "at": datetime.fromisoformat(one["timestamp"]).timestamp()}

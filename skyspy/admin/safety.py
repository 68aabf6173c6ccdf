"""Interfaces: the page of safety events: those that go on, those that ended, one of them, and what the rules look for.

Invariants: services/safety.py checks and decides. The page's script refreshes both lists by requesting the same parts of the same
templates; without scripts they are readable, and events are acknowledged, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, get_args

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from skyspy.admin import labels
from skyspy.admin.forms import clean_parameter, local_path
from skyspy.admin.routes import Page, RequestContext
from skyspy.admin.safety_texts import COMMON_SETTINGS, SEVERITIES, TYPES, figure_of, title_of
from skyspy.aircraft import clean_hex
from skyspy.safety.events import SafetyEvent
from skyspy.server import rooted
from skyspy.services import Refused, safety
from skyspy.services.audit_log import day
from skyspy.services.safety_filters import EventRequest, EventType, Severity, StatisticsRequest
from skyspy.services.setting_changes import MANAGE
from skyspy.store.registry import ROWS

page = Page("safety", "/safety/", "Safety events", (safety.PERMISSION,), "Overview")

MAX_OPEN = 100
"""Open events on the page."""
PAST = 25
"""Past events on one page of the list."""
WORDS = ("type", "severity", "aircraft", "acknowledged", "since", "until")
DAYS = ("since", "until")
MAX_CALLSIGN = 9
MAX_CURSOR = 128


@page.get()
def show(context: RequestContext) -> ResponseReturnValue:
    """The page."""
    numbers = _tried(context, _numbers)
    counts: Counter[str] = Counter()
    for row in numbers.get("by_type", ()):
        counts[row["event_type"]] += row["events"]
    return render_template(
        "admin/safety.html",
        open_part=_tried(context, _open),
        past_part=_tried(context, _past),
        numbers=numbers,
        counts=counts,
        chosen=_chosen(),
        types=TYPES,
        severities=SEVERITIES,
        thresholds={kind: _thresholds(context, text.settings) for kind, text in TYPES.items()},
        common=_thresholds(context, COMMON_SETTINGS),
        may_change=context.may(MANAGE),
    )


@page.get("/safety/part/<any(open, past):what>/", quiet=True)
def part(context: RequestContext, what: str) -> ResponseReturnValue:
    """One of the two lists alone, for the page's script."""
    if what == "open":
        return render_template("admin/_safety_open.html", part=_open(context))
    return render_template("admin/_safety_past.html", part=_past(context), chosen=_chosen())


@page.get("/safety/event/<event_id>/")
def one(context: RequestContext, event_id: str) -> ResponseReturnValue:
    """All that is known of one event."""
    event = context.call(safety.one, event_id)
    text = TYPES.get(event.event_type)
    return render_template(
        "admin/safety_event.html",
        event=event,
        title=title_of(event.event_type),
        mark=SEVERITIES.get(event.severity, ("plain", event.severity)),
        figures=[figure_of(name, value) for name, value in event.details.items()],
        meaning="" if text is None else text.meaning,
        may_acknowledge=context.may(safety.ACKNOWLEDGE),
        back=url_for("admin.safety_one", event_id=event_id).removeprefix(request.script_root),
    )


@page.post("/safety/event/<event_id>/acknowledge/")
def acknowledge(context: RequestContext, event_id: str) -> ResponseReturnValue:
    """Acknowledge one event, and go back to where the button was."""
    event = context.call(safety.acknowledge, event_id)
    who = "you" if event.acknowledged_by == context.principal.name else event.acknowledged_by
    flash(f"{title_of(event.event_type)}: acknowledged by {who}.", "ok")
    return redirect(rooted(local_path(request.form.get("back"), "/admin/safety/")), 303)


def _tried(context: RequestContext, load: Callable[[RequestContext], dict[str, Any]]) -> dict[str, Any]:
    """What `load` gives, or why it cannot."""
    try:
        return load(context)
    except Refused as refused:
        return {"failed": refused.message}


def _numbers(context: RequestContext) -> dict[str, Any]:
    return context.call(safety.statistics, StatisticsRequest())


def _open(context: RequestContext) -> dict[str, Any]:
    """The events that go on, the worst first, then the newest."""
    found = context.call(safety.page, EventRequest(state="open", limit=MAX_OPEN))
    order = list(SEVERITIES)
    events = sorted(found.events, key=lambda event: order.index(event.severity) if event.severity in order else 0)
    return {**_listed(context, events), "more": found.next_cursor is not None}


def _past(context: RequestContext) -> dict[str, Any]:
    """The events that ended and match the filters, the newest first."""
    chosen = _chosen()
    cursor = clean_parameter(request.args, "after", MAX_CURSOR) or None
    bad_day = next((name for name in DAYS if name in chosen and day(chosen[name]) is None), "")
    found = context.call(safety.page, _request(chosen, cursor))
    older = None if found.next_cursor is None else url_for("admin.safety_show", after=found.next_cursor, **chosen, _anchor="past")
    newest = url_for("admin.safety_show", **chosen, _anchor="past") if cursor else None
    return {**_listed(context, found.events), "bad_day": bad_day, "older": older, "newest": newest}


def _listed(context: RequestContext, events: list[SafetyEvent]) -> dict[str, Any]:
    """What the rows of a list need."""
    rows = [(event, title_of(event.event_type), SEVERITIES.get(event.severity, ("plain", event.severity))) for event in events]
    return {"rows": rows, "may_acknowledge": context.may(safety.ACKNOWLEDGE), "back": _address()}


def _address() -> str:
    """The path of the page within the panel with its filters, without the prefix of a proxy."""
    words: dict[str, Any] = {name: value for name, value in request.args.items() if name in (*WORDS, "after")}
    return url_for("admin.safety_show", **words).removeprefix(request.script_root)


def _chosen() -> dict[str, Any]:
    """The filters of the list of past events, as typed."""
    return {name: word for name in WORDS if (word := clean_parameter(request.args, name, 32))}


def _request(chosen: Mapping[str, Any], cursor: str | None) -> EventRequest:
    """The page of past events with these filters; one that cannot be used is left out."""
    aircraft = chosen.get("aircraft", "")
    hex_ = clean_hex(aircraft)
    since, until = (day(chosen.get(name, "")) for name in DAYS)
    if since is not None and until is not None and until < since:
        # The days of a period, in whichever order they were given.
        since, until = until, since
    kind, severity = chosen.get("type"), chosen.get("severity")
    return EventRequest(
        since=since,
        until=None if until is None else until + timedelta(days=1),
        event_type=kind if kind in get_args(EventType) else None,
        severity=severity if severity in get_args(Severity) else None,
        hex=hex_,
        callsign=aircraft[:MAX_CALLSIGN] if aircraft and hex_ is None else None,
        state="resolved",
        acknowledged={"yes": True, "no": False}.get(chosen.get("acknowledged", "")),
        limit=PAST,
        cursor=cursor,
    )


def _thresholds(context: RequestContext, names: tuple[str, ...]) -> list[tuple[str, str, str, bool]]:
    """Settings as (name, title, value in force, whether it is the default)."""
    settings = context.server.settings.current
    found = []
    for name in names:
        row, value = ROWS[name], getattr(settings, name)
        found.append((name, row.title, labels.value_name(row, value), value == row.default))
    return found

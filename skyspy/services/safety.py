"""Application: safety events, for REST, requests of Socket.IO and the panel.

Invariants: reading needs `safety.view`, acknowledging `safety.acknowledge` too. A caller reads and acknowledges the events of the sky that
it sees. Anonymous callers read no name of a user. An event is about aircraft: nothing in it is measured from the receiver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from skyspy.clock import iso, wall_of
from skyspy.safety.events import SafetyEvent
from skyspy.server import Server
from skyspy.services import own_history
from skyspy.services.caller import Caller, Refused, Transaction
from skyspy.services.list_places import cursor_of, is_id, place_of
from skyspy.services.safety_filters import EventRequest, StatisticsRequest, search_of
from skyspy.services.statistics import span
from skyspy.sky.audience import Payload
from skyspy.sky.shown_events import shown
from skyspy.store import audit
from skyspy.store.history import safety_events
from skyspy.store.history.safety_events import DayCount, Key

PERMISSION, ACKNOWLEDGE = "safety.view", "safety.acknowledge"

DAY_S = safety_events.DAY_S
DEFAULT_DAYS, MAX_DAYS = 30, 366
"""Days of statistics: where no beginning is given, and at most."""
ACTION = "event.acknowledge"


@dataclass(frozen=True, slots=True)
class Found:
    """A page of events, the newest first. `next_cursor` is None at the end of the list."""

    events: list[SafetyEvent]
    next_cursor: str | None


def page(server: Server, caller: Caller, query: EventRequest) -> Found:
    """The events that match, by their beginning, the newest first. Raises Refused."""
    caller.require(server, PERMISSION)
    search, place = search_of(query), place_of(query.cursor)
    after = None if place is None else Key(*place)
    # One more than fits, to know whether another page follows.
    found = own_history.read(server, caller, safety_events.page, search, after, query.limit + 1)
    listed = found[: query.limit]
    return Found(listed, cursor_of(*safety_events.key_of(listed[-1])) if len(found) > query.limit else None)


def one(server: Server, caller: Caller, event_id: str) -> SafetyEvent:
    """The event of that id. Raises Refused."""
    caller.require(server, PERMISSION)
    found = own_history.read(server, caller, safety_events.one, event_id) if is_id(event_id) else None
    if found is None:
        raise _unknown(event_id)
    return found


def acknowledge(server: Server, caller: Caller, event_id: str) -> SafetyEvent:
    """Note that the caller has acknowledged the event, unless somebody has before; returns the event as it is then. In force in every
    process. Raises Refused."""
    caller.require(server, PERMISSION, ACKNOWLEDGE)
    before = own_history.read(server, caller, safety_events.one, event_id) if is_id(event_id) else None
    if before is None:
        raise _unknown(event_id)
    if before.acknowledged_at is not None:
        return before
    what = {"event_type": before.event_type, "severity": before.severity, "hex": before.hex, "sky": caller.principal.sky}

    def note(here: Transaction) -> None:
        audit.record(here.connection, here.actor, ACTION, f"event {before.id}", here.at, None, what)

    # The row of the audit log is in the other database: written first, so that nothing is done without it.
    caller.act(server, ACKNOWLEDGE, note)
    after = own_history.write(server, caller, safety_events.acknowledge, event_id, caller.principal.name, server.clock.wall())
    if after is None:
        raise _unknown(event_id)
    return after


def statistics(server: Server, caller: Caller, query: StatisticsRequest) -> Payload:
    """The numbers of the events that began in some time: by type, severity and day of UTC. Simulated traffic is counted while the sky
    shows it. Raises Refused."""
    caller.require(server, PERMISSION)
    since, until = wall_of(query.since), wall_of(query.until)
    since, until = span(server, since, until, DEFAULT_DAYS * DAY_S)
    if until - since > MAX_DAYS * DAY_S:
        message = f"must be at most {MAX_DAYS} days before to"
        raise Refused("invalid", f"from {message}", {"from": message})
    view = server.skies[caller.principal.sky].view
    # In the sandbox all is simulated, also before the first aircraft.
    demo = view.demo or view.name == "sandbox"
    found = own_history.read(server, caller, safety_events.statistics, since, until, count_demo=demo)
    open_now = own_history.read(server, caller, safety_events.count_open, count_demo=demo)
    answer: Payload = {
        "from": iso(since),
        "to": iso(until),
        "events": found.events,
        "open": found.open,
        "acknowledged": found.acknowledged,
        "aircraft": found.aircraft,
        "mean_duration_s": _rounded(found.mean_s),
        "longest_duration_s": _rounded(found.longest_s),
        "open_now": open_now,
        "by_type": [row._asdict() for row in found.by_type],
        "by_day": _every_day(found.by_day, since, until),
        "timestamp": iso(server.clock.wall()),
    }
    return answer | {"demo": True} if demo else answer


def payload(caller: Caller, event: SafetyEvent) -> Payload:
    """The event as this caller may see it."""
    return shown(event, names=caller.principal.identified)


def page_payload(server: Server, caller: Caller, found: Found, next_cursor: str | None) -> Payload:
    """A page of events as it is sent, with the cursor of its interface."""
    events = [payload(caller, event) for event in found.events]
    answer = {"events": events, "count": len(events), "next_cursor": next_cursor, "timestamp": iso(server.clock.wall())}
    return answer | {"demo": True} if any(event.demo for event in found.events) else answer


def _every_day(counts: Sequence[DayCount], since: float, until: float) -> list[Payload]:
    """The numbers of every day from the first to the last one, 0 where nothing happened."""
    known = dict(counts)
    days = range(int(since // DAY_S), int(-(-until // DAY_S)))
    return [{"day": f"{datetime.fromtimestamp(day * DAY_S, UTC):%Y-%m-%d}", "events": known.get(day, 0)} for day in days]


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _unknown(event_id: str) -> Refused:
    return Refused("not_found", f"There is no safety event {event_id[:40]!r}; /api/safety/events/ lists those that are kept")

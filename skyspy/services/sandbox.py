"""Application: makes an event of the sandbox happen, on request.

What is requested are simulated aircraft (simulate/incidents.py): the events follow from them as from any others, in every process. Nothing of
the live sky is touched.

Invariants: only a test key requests, and only what it may see. At most MAX_AT_ONCE requests are under way in an installation, and a
user makes at most MAX_A_MINUTE in a minute, counted for all processes.
"""

from __future__ import annotations

from dataclasses import dataclass

from skyspy.clock import iso
from skyspy.safety.rules import EVENT_TYPES, GPS_INTERFERENCE
from skyspy.server import Server
from skyspy.services.caller import Caller, Refused, Transaction
from skyspy.simulate import DEFAULT_CENTRE, INCIDENTS, Incident
from skyspy.simulate.incidents import find
from skyspy.simulate.stage import Area, Cast
from skyspy.sky.audience import Payload
from skyspy.sky.sandbox_events import LEAD_S
from skyspy.store import attempts, sandbox_events
from skyspy.store.sandbox_events import SandboxEvent
from skyspy.topics import EVENTS, NAMESPACE_TOPICS, TOPICS

PERMISSION = "aircraft.view"

MAX_AT_ONCE = 8
MAX_A_MINUTE = 5
WINDOW_S = 60.0
MAX_LISTED = 50
"""Aircraft that an answer names."""

NAMES = tuple(dict.fromkeys(one.name for one in INCIDENTS))
"""What can be requested."""
NOT_MADE = {*EVENT_TYPES, *TOPICS, *NAMESPACE_TOPICS, *(event.name for event in EVENTS)} - set(NAMES)
"""What exists on the wire and cannot be requested: nothing makes it yet, or something else does."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was requested: the stored request, the incident, and its aircraft (hex, callsign)."""

    row: SandboxEvent
    incident: Incident
    cast: Cast
    aircraft: tuple[tuple[str, str | None], ...]


def listing(server: Server, caller: Caller) -> Payload:
    """What can be made. Raises Refused."""
    caller.require(server, PERMISSION)
    rows = [_kind(name) for name in NAMES]
    return {"types": rows, "count": len(rows), "timestamp": iso(server.clock.wall())}


def make(server: Server, caller: Caller, name: str, detail: str = "") -> Payload:
    """Make an event of this type happen now; `detail` is the squawk, "" for the usual one. The answer says which aircraft and when.
    Raises Refused and StoreError."""
    caller.require(server, PERMISSION)
    if caller.principal.sky != "sandbox":
        message = "Events are made in the sandbox, whose traffic is simulated: use a test key (skyspy key create --kind test)"
        raise Refused("permission_denied", message)
    incident = _incident(name, detail)
    caller.require(server, incident.permission)
    _refuse_where_open(server, incident)
    _cast(server, 0, incident)
    row = caller.act(server, PERMISSION, _request, incident)
    cast = _cast(server, row.id, incident)
    return _payload(server, Made(row, incident, cast, _aircraft(server, cast)))


def _kind(name: str) -> Payload:
    """One type: the first incident of the name, and all details."""
    rows = [one for one in INCIDENTS if one.name == name]
    first = rows[0]
    return {
        "type": name,
        "squawks": [one.detail for one in rows if one.detail],
        "description": first.description,
        "event": first.event,
        "namespace": first.namespace,
        "permission": first.permission,
        "expected_within_s": first.due_s + LEAD_S,
        "resolved_within_s": None if first.resolves_s is None else first.resolves_s + LEAD_S,
    }


def _incident(name: str, detail: str) -> Incident:
    """The incident of a request. Raises Refused."""
    known = ", ".join(NAMES)
    if name not in NAMES:
        why = "cannot be made in the sandbox yet" if name in NOT_MADE else "is no type of event"
        if name.startswith("alert"):
            why = "follows from alert rules: make a rule with this key, then request an event that it matches"
        raise Refused("invalid", f"{name[:40]!r} {why}; possible are: {known}", {"type": f"must be one of {known}"})
    incident = find(name, detail)
    if incident is None:
        squawks = ", ".join(one.detail for one in INCIDENTS if one.name == name and one.detail)
        why = f"must be one of {squawks}" if squawks else f"must be left out: {name} has none"
        raise Refused("invalid", f"squawk {why}", {"squawk": why})
    return incident


def _refuse_where_open(server: Server, incident: Incident) -> None:
    """Raise Refused while an area of interference is open: another one would be part of it, and no event would begin."""
    if incident.name != GPS_INTERFERENCE:
        return
    for event in server.safety["sandbox"].events.open:
        if event.event_type == GPS_INTERFERENCE:
            wait = max(1.0, event.started + (incident.resolves_s or 0.0) - server.clock.wall())
            message = (
                f"The sandbox has this event now: {event.id}. Another one can begin when it is resolved, in about {wait:.0f} s"
            )
            raise Refused("conflict", message, retry_after=wait)


def _cast(server: Server, number: int, incident: Incident) -> Cast:
    """Who takes part. Raises Refused where there is no place for it."""
    cast = server.sandbox.cast(number, incident, _centre(server))
    if cast is None:
        what = (
            "the table of airports cannot be read"
            if server.airports.get() is None
            else "there is no fitting place near the receiver"
        )
        possible = "others are possible: GET /api/sandbox/events/ lists them"
        raise Refused("conflict", f"{incident.name} cannot be made here: {what}; {possible}")
    return cast


def _centre(server: Server) -> tuple[float, float]:
    return server.skies["sandbox"].receivers.place.now() or DEFAULT_CENTRE


def _request(here: Transaction, incident: Incident) -> SandboxEvent:
    under_way = sandbox_events.after(here.connection, 0, here.at)
    if len(under_way) >= MAX_AT_ONCE:
        wait = max(1.0, min(row.ends for row in under_way) - here.at)
        message = (
            f"{len(under_way)} requested events are under way, as many as there may be; the next is possible in {wait:.0f} s"
        )
        raise Refused("conflict", message, retry_after=wait)
    bucket = attempts.Bucket(f"sandbox:{here.principal.user_id}", MAX_A_MINUTE)
    full = attempts.count_attempt(here.connection, [bucket], WINDOW_S, here.at)
    if full is not None:
        wait = max(1.0, full.until - here.at)
        raise Refused("rate_limited", f"At most {MAX_A_MINUTE} events a minute: wait {wait:.0f} s", retry_after=wait)
    begins = here.at + LEAD_S
    return sandbox_events.add(here.connection, incident.name, incident.detail, begins, begins + incident.seconds)


def _aircraft(server: Server, cast: Cast) -> tuple[tuple[str, str | None], ...]:
    """Hex and callsign of each aircraft; of an area, of those that are in it now."""
    if cast.area is not None:
        return tuple(_in_area(server, cast.area))[:MAX_LISTED]
    return tuple((actor.flight.identity.hex, actor.flight.identity.callsign) for actor in cast.actors)


def _in_area(server: Server, area: Area) -> list[tuple[str, str | None]]:
    rows = [aircraft.public for aircraft in server.skies["sandbox"].tracker.states()]
    return [
        (row["hex"], row.get("flight"))
        for row in rows
        if row.get("lat") is not None
        and row.get("version")
        and row.get("alt_baro") != "ground"
        and area.holds((row["lat"], row["lon"]))
    ]


def _payload(server: Server, made: Made) -> Payload:
    incident, row = made.incident, made.row
    return {
        "id": str(row.id),
        "type": incident.name,
        "squawk": incident.detail or None,
        "description": incident.description,
        "event": incident.event,
        "namespace": incident.namespace,
        "aircraft": [{"hex": hex_, "callsign": callsign} for hex_, callsign in made.aircraft],
        "lat": round(made.cast.point[0], 3),
        "lon": round(made.cast.point[1], 3),
        "begins": iso(row.begins),
        "expected_within_s": incident.due_s + LEAD_S,
        "resolved_within_s": None if incident.resolves_s is None else incident.resolves_s + LEAD_S,
        "timestamp": iso(server.clock.wall()),
    }

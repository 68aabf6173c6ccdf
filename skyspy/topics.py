"""Pure floor: what flows. One row per topic of namespace `/`, one per event of the wire.

Law: every event a server or client may send is a row of EVENTS; a topic, its snapshot and the
permission that opens it are a row of TOPICS. The sockets, the docs and their test are made from
these rows. No sockets here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """A stream that a client of namespace `/` may subscribe to."""

    name: str
    permission: str
    snapshot: str | None
    """The event that shows the whole state on subscribing; None where the stream itself is the state."""
    holds: str
    """The key of the snapshot's list."""


TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("aircraft", "aircraft.view", "aircraft:snapshot", "aircraft"),
        Topic("safety", "safety.view", "safety:snapshot", "events"),
        Topic("alerts", "alerts.view", "alert:snapshot", "alerts"),
        Topic("acars", "acars.view", "acars:snapshot", "messages"),
        Topic("airspace", "airspace.view", "airspace:snapshot", "advisories"),
        Topic("notams", "notams.view", "notams:snapshot", "notams"),
        Topic("stats", "stats.view", None, ""),
    )
}


@dataclass(frozen=True, slots=True)
class Namespace:
    """A Socket.IO namespace, the permission its door asks for, and its greeting."""

    path: str
    permission: str | None
    greeting: str | None


NAMESPACES: dict[str, Namespace] = {
    namespace.path: namespace
    for namespace in (
        Namespace("/", None, "aircraft:snapshot"),
        Namespace("/audio", "audio.view", "audio:snapshot"),
        Namespace("/cannonball", "cannonball.view", "session_started"),
        Namespace("/acars", "acars.view", None),
    )
}


@dataclass(frozen=True, slots=True)
class Event:
    """One event name on the wire. `sender` is "server" or "client"."""

    name: str
    namespace: str
    sender: str
    payload: str


EVENTS: tuple[Event, ...] = (
    Event("subscribe", "/", "client", '{topics: [..] | "all", delta?, since?: {epoch, seq}}'),
    Event("unsubscribe", "/", "client", '{topics: [..] | "all"}'),
    Event("ping", "*", "client", "nothing"),
    Event("authenticate", "*", "client", "{token}"),
    Event("request", "/", "client", "{type, request_id, params}"),
    Event("subscribed", "/", "server", "{topics, joined, denied}"),
    Event("unsubscribed", "/", "server", "{topics, remaining, reason?}"),
    Event("pong", "*", "server", "{timestamp}"),
    Event("authenticated", "*", "server", "{user, expires_at}"),
    Event("response", "/", "server", "{type, request_id, request_type, data}"),
    Event("error", "*", "server", "{code, message, request_id?, type?}"),
    Event("aircraft:snapshot", "/", "server", "{aircraft[], count, epoch, seq, timestamp}"),
    Event("aircraft:update", "/", "server", "[aircraft, ..] that changed, whole"),
    Event("aircraft:new", "/", "server", "one aircraft"),
    Event("aircraft:remove", "/", "server", "{hex, reason}"),
    Event("aircraft:delta", "/", "server", "{epoch, seq, prev, changed[], removed[], timestamp}"),
    Event("aircraft:heartbeat", "/", "server", "{count, seq, timestamp}"),
    Event("stats:update", "/", "server", "{total_aircraft, with_position, ..}"),
    Event("safety:snapshot", "/", "server", "{events[], count, timestamp}"),
    Event("alert:snapshot", "/", "server", "{alerts[], count, timestamp}"),
    Event("acars:snapshot", "/", "server", "{messages[], count, timestamp}"),
    Event("airspace:snapshot", "/", "server", "{advisories[], count, timestamp}"),
    Event("notams:snapshot", "/", "server", "{notams[], tfrs[], count, timestamp}"),
    Event("audio:snapshot", "/audio", "server", "{transmissions[], count, timestamp}"),
    Event("session_started", "/cannonball", "server", "{session_id, default_radius_nm, timestamp}"),
)

WHOLE, DELTA = "whole", "delta"
"""The two flavours of the aircraft stream."""

EXACT, PUBLIC = "exact", "public"
"""The two audiences: those who may know where the receiver stands, and those who may not."""


def room(sky: str, topic: str, flavour: str = WHOLE, audience: str = EXACT) -> str:
    """The Socket.IO room in which one stream flows to one kind of client."""
    return f"{sky}.{topic}.{flavour}.{audience}"

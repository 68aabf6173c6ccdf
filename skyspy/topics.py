"""Domain (pure): what flows to clients. One row per topic, namespace and event.

Invariants: every event that a server or client may send is a row of EVENTS, and `broadcast.py` sends no other; a topic, its
snapshot and the permission that opens it are a row of TOPICS or NAMESPACE_TOPICS. The sockets, the docs and their test are made
from these rows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """What one stream carries, in the namespaces to which it flows: in `/` to those who subscribe, elsewhere to everyone admitted.

    `snapshot` is the event that shows the whole state on subscribing, None where the stream itself is the state; `holds` the key
    of the snapshot's list. `personal`: each user has a room of their own, and only an identity can be in one. `deltas`: clients
    may take it as numbered deltas, and resume from one.
    """

    name: str
    permission: str
    snapshot: str | None
    holds: str
    namespaces: tuple[str, ...] = ("/",)
    personal: bool = False
    deltas: bool = False


TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("aircraft", "aircraft.view", "aircraft:snapshot", "aircraft", deltas=True),
        Topic("safety", "safety.view", "safety:snapshot", "events"),
        Topic("alerts", "alerts.view", "alert:snapshot", "alerts", personal=True),
        Topic("acars", "acars.view", "acars:snapshot", "messages", ("/", "/acars")),
        Topic("airspace", "airspace.view", "airspace:snapshot", "advisories"),
        Topic("notams", "notams.view", "notams:snapshot", "notams"),
        Topic("stats", "stats.view", None, ""),
    )
}
"""What a client of `/` may subscribe to, in the order in which it is told of them."""

NAMESPACE_TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("audio", "audio.view", "audio:snapshot", "transmissions", ("/audio",)),
        Topic("cannonball", "cannonball.view", "session_started", "", ("/cannonball",)),
    )
}
"""What has a namespace of its own, where it flows without subscribing."""


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

AUDIENCES = (EXACT, PUBLIC)


@dataclass(frozen=True, slots=True)
class Room:
    """A Socket.IO room: one stream of one sky, in one flavour, for one audience. `owner` is set in a room of something personal:
    the id of the user, or of the session, to whom alone it belongs."""

    sky: str
    topic: str
    flavour: str = WHOLE
    audience: str = EXACT
    owner: str | None = None

    def __str__(self) -> str:
        """The name by which the Socket.IO server knows it."""
        name = f"{self.sky}.{self.topic}.{self.flavour}.{self.audience}"
        return name if self.owner is None else f"{name}.{self.owner}"

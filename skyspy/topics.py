"""Domain (pure): what is sent to clients. One row per topic, namespace and event.

Invariants: every event that a server or client may send is a row of EVENTS, and `broadcast.py` sends no other; a topic, its
snapshot and its permission are a row of TOPICS or NAMESPACE_TOPICS. The sockets use these rows, and a test compares the docs with them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """The topic of one stream, and its namespaces: in `/` it is sent to subscribers, elsewhere to every admitted session.

    `snapshot` is the event that shows the whole state on subscribing, None if each event is the whole state; `holds` the key
    of the snapshot's list. `personal`: each user has a separate room, which anonymous sessions cannot join. `deltas`: clients may
    request numbered deltas, and resume from one.
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
"""What a client of `/` may subscribe to, in the order in which topics are listed to it."""

NAMESPACE_TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("audio", "audio.view", "audio:snapshot", "transmissions", ("/audio",)),
        Topic("cannonball", "cannonball.view", "session_started", "", ("/cannonball",)),
    )
}
"""Topics with a namespace of their own, where every session gets them without subscribing."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A Socket.IO namespace, the permission for connecting to it, and its greeting event. `setting`: the name of the setting that
    opens it, a bool; None: it is always open."""

    path: str
    permission: str | None
    greeting: str | None
    setting: str | None = None


NAMESPACES: dict[str, Namespace] = {
    namespace.path: namespace
    for namespace in (
        Namespace("/", None, "aircraft:snapshot"),
        Namespace("/audio", "audio.view", "audio:snapshot"),
        Namespace("/cannonball", "cannonball.view", "session_started"),
        Namespace("/acars", "acars.view", None, "ACARS_NAMESPACE"),
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
    Event("safety:event", "/", "server", "one event that began"),
    Event("safety:event_updated", "/", "server", "one event that changed, whole"),
    Event("safety:event_resolved", "/", "server", "one event that ended"),
    Event("alert:snapshot", "/", "server", "{alerts[], count, timestamp}"),
    Event(
        "alert:triggered",
        "/",
        "server",
        "{id, rule_id, rule_name, hex, callsign, message, matched[], aircraft, suppressed, notify, held_until, timestamp}",
    ),
    Event("acars:snapshot", "/", "server", "{messages[], count, timestamp}"),
    Event("acars:message", "/", "server", "one message of a data link"),
    Event("acars:message", "/acars", "server", "one message of a data link"),
    Event("airspace:snapshot", "/", "server", "{advisories[], count, timestamp}"),
    Event("notams:snapshot", "/", "server", "{notams[], tfrs[], count, timestamp}"),
    Event("audio:snapshot", "/audio", "server", "{transmissions[], count, timestamp}"),
    Event("position_update", "/cannonball", "client", "{lat, lon, heading?, altitude?}"),
    Event("set_radius", "/cannonball", "client", "{radius_nm}"),
    Event("get_threats", "/cannonball", "client", "nothing"),
    Event("session_started", "/cannonball", "server", "{session_id, default_radius_nm, timestamp}"),
    Event("threats", "/cannonball", "server", "{aircraft[], count, threat_level, position, demo?, timestamp}"),
    Event("radius_updated", "/cannonball", "server", "{radius_nm}"),
)

WHOLE, DELTA = "whole", "delta"
"""The two flavours of the aircraft stream."""

EXACT, PUBLIC = "exact", "public"
"""The two audiences: clients who may know the receiver's exact location, and those who may not."""

AUDIENCES = (EXACT, PUBLIC)


@dataclass(frozen=True, slots=True)
class Room:
    """A Socket.IO room: one stream of one sky, in one flavour, for one audience. `owner` is set for a personal topic: the
    id of the only user, or session, who may be in the room."""

    sky: str
    topic: str
    flavour: str = WHOLE
    audience: str = EXACT
    owner: str | None = None

    def __str__(self) -> str:
        """The room's name in the Socket.IO server."""
        name = f"{self.sky}.{self.topic}.{self.flavour}.{self.audience}"
        return name if self.owner is None else f"{name}.{self.owner}"

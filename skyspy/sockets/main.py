"""Interfaces: `/`, subscriptions to the topics of a sky, and requests.

Invariants: a client is subscribed to a topic only while policy permits it, and is in a topic's room only while it is
subscribed. Joining and sending the snapshot are one step in which no other greenlet runs, so no event is lost
between a snapshot and the stream that follows it. A large answer is made for a client that reads, one at a time, and counts
as several events (`load.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from skyspy.auth import policy
from skyspy.auth.principal import Refused
from skyspy.presence.sessions import Session
from skyspy.server import Server
from skyspy.sky.streams import Request, Stream
from skyspy.sockets.base import BaseNamespace, Payload
from skyspy.sockets.load import NOT_CONNECTED
from skyspy.sockets.requests import build_response, row_of
from skyspy.store.settings import Settings
from skyspy.topics import Topic

ALL = "all"
MAX_TOPICS, MAX_TOPIC_NAME = 64, 64


class MainNamespace(BaseNamespace):
    """Subscriptions and requests."""

    path = "/"

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.events |= {"subscribe": self._subscribe, "unsubscribe": self._unsubscribe, "request": self._request}

    def greet(self, session: Session) -> None:
        """Send the aircraft, if the session may see them and has not declined the greeting."""
        if session.greeting and self._may(session, "aircraft", self.skyspy.settings.current):
            self.subscriptions.show(session, "aircraft")
            self.load.charge_greeting(session, sum(stream.cost(session) for stream in self._large(session, ["aircraft"])))

    def before_greeting(self, session: Session) -> None:
        """Wait until the aircraft are encoded, and until what this client got before is paid."""
        if session.greeting and self._may(session, "aircraft", self.skyspy.settings.current):
            self.load.wait_for_owed(session)
            self._ready(session, ["aircraft"])

    def topics_of(self, session: Session) -> set[str]:
        """The subscribed topics."""
        return session.topics

    def resend_snapshots(self, session: Session) -> None:
        """Send the snapshot of every subscribed topic again."""
        for name in self._held(session):
            self.subscriptions.show(session, name)

    def _topics(self, session: Session) -> Mapping[str, Topic]:
        return self.skyspy.skies[session.sky].topics

    def _held(self, session: Session) -> list[str]:
        """The subscribed topics, in the table's order."""
        return [name for name in self._topics(session) if name in session.topics]

    def _may(self, session: Session, topic: str, settings: Settings) -> bool:
        return policy.may(session.principal, self._topics(session)[topic].permission, settings)

    # -- subscribe and unsubscribe -------------------------------------------------------------

    def _subscribe(self, session: Session, payload: Payload) -> Payload:
        requested = _requested_topics(payload, self._topics(session))
        since = _since(payload)
        delta = payload.get("delta")
        if delta is not None and not isinstance(delta, bool):
            raise Refused("bad_payload", "delta is true or false")
        if not self._large(session, requested):
            return self._join(session, requested, delta, since)
        with self.load.turn(session):
            self._ready(session, requested)
            return self._join(session, requested, delta, since)

    def _join(self, session: Session, requested: list[str], delta: bool | None, since: tuple[str, int] | None) -> Payload:
        """Subscribe to these topics, and show what was joined. Does not yield."""
        if self.skyspy.sessions.get(session.sid) is not session:
            raise Refused("not_connected", NOT_CONNECTED)
        rows = self._topics(session)
        settings = self.skyspy.settings.current
        denied = [name for name in requested if name not in rows or not self._may(session, name, settings)]
        joined = [name for name in requested if name not in denied and name not in session.topics]
        session.topics.update(joined)
        show = list(joined)
        with_deltas = [name for name in requested if name in session.topics and rows[name].deltas]
        if with_deltas:
            turned = delta is not None and delta != session.delta
            session.delta = session.delta if delta is None else delta
            if turned or since is not None:
                show += [name for name in with_deltas if name not in joined]
        self.sync_rooms(session)
        subscribed = {"topics": self._held(session), "joined": joined, "denied": denied}
        self.send(session, "subscribed", subscribed)
        session.resume = since
        try:
            for name in show:
                self.subscriptions.show(session, name)
        finally:
            session.resume = None
        self.load.charge(session, sum(stream.cost(session) for stream in self._large(session, show)))
        return subscribed

    def _large(self, session: Session, topics: Iterable[str]) -> list[Stream]:
        """Those of these topics whose snapshot may be large."""
        streams = self.skyspy.skies[session.sky].streams
        return [streams[name] for name in topics if name in streams and streams[name].large]

    def _ready(self, session: Session, topics: Iterable[str]) -> None:
        """Wait until the large snapshots among these topics cost little. May yield."""
        for stream in self._large(session, topics):
            stream.ready(session)

    def _unsubscribe(self, session: Session, payload: Payload) -> Payload:
        requested = _requested_topics(payload, self._topics(session))
        dropped = [name for name in requested if name in session.topics]
        session.topics.difference_update(dropped)
        self.sync_rooms(session)
        unsubscribed = {"topics": dropped, "remaining": self._held(session)}
        self.send(session, "unsubscribed", unsubscribed)
        return unsubscribed

    # -- requests ------------------------------------------------------------------------------

    def _request(self, session: Session, payload: Payload) -> Payload:
        row = row_of(self.skyspy.skies[session.sky], payload)
        if not row.large:
            return self._respond(session, row, payload)
        with self.load.turn(session):
            return self._respond(session, row, payload)

    def _respond(self, session: Session, row: Request, payload: Payload) -> Payload:
        view = (session.sky, session.audience)
        response, cost = build_response(row, session, self.skyspy.settings.current, payload)
        if self.skyspy.sessions.get(session.sid) is not session:
            raise Refused("not_connected", NOT_CONNECTED)
        if (session.sky, session.audience) != view or not policy.may(
            session.principal, row.permission, self.skyspy.settings.current
        ):
            # What the session may see changed while a large answer was made.
            raise Refused("permission_denied")
        self.send(session, "response", response)
        self.load.charge(session, cost)
        return response


def _requested_topics(payload: Payload, known: Mapping[str, Topic]) -> list[str]:
    """The topics that a payload names, each once; raises Refused if it names none."""
    requested = payload.get("topics")
    if isinstance(requested, str):
        requested = [requested]
    if not isinstance(requested, list) or len(requested) > MAX_TOPICS:
        raise Refused("bad_payload", f'topics is "all" or a list of at most {MAX_TOPICS} names')
    if not all(isinstance(name, str) and len(name) <= MAX_TOPIC_NAME for name in requested):
        raise Refused("bad_payload", f"a topic is a text of at most {MAX_TOPIC_NAME} characters")
    if ALL in requested:
        requested = [*known, *requested]
    return [name for name in dict.fromkeys(requested) if name != ALL]


def _since(payload: Payload) -> tuple[str, int] | None:
    since = payload.get("since")
    if since is None:
        return None
    epoch, seq = (since.get("epoch"), since.get("seq")) if isinstance(since, dict) else (None, None)
    if not isinstance(epoch, str) or not isinstance(seq, int) or isinstance(seq, bool):
        raise Refused("bad_payload", "since is {epoch, seq} as a snapshot or delta gave them")
    return epoch, seq

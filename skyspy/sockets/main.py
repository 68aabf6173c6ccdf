"""Interfaces: `/`, subscriptions to the topics of a sky, and requests.

Invariants: a client is subscribed to a topic only while policy permits it, and is in a topic's room only while it is
subscribed. Joining and sending the snapshot are one step in which no other greenlet runs, so no event is lost
between a snapshot and the stream that follows it.
"""

from __future__ import annotations

from collections.abc import Mapping

from skyspy.auth import policy
from skyspy.auth.principal import Refused
from skyspy.presence.sessions import Session
from skyspy.server import Server
from skyspy.sockets.base import BaseNamespace, Payload
from skyspy.sockets.requests import answer
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
        rows = self._topics(session)
        requested = _requested_topics(payload, rows)
        since = _since(payload)
        delta = payload.get("delta")
        if delta is not None and not isinstance(delta, bool):
            raise Refused("bad_payload", "delta is true or false")
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
        return subscribed

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
        response = answer(self.skyspy.skies[session.sky], session, self.skyspy.settings.current, payload)
        self.send(session, "response", response)
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

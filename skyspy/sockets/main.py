"""Doors: `/`, the sky by topics.

Law: a client holds a topic only while policy says it may, and stands in a topic's room only while it
holds the topic. Joining and showing the state are one step in which nobody else runs: nothing falls
between a snapshot and the stream that follows it.
"""

from __future__ import annotations

from skyspy import topics
from skyspy.auth import policy
from skyspy.presence.sessions import Session
from skyspy.server import Server
from skyspy.sockets.admission import Refused
from skyspy.sockets.base import BaseNamespace, Payload
from skyspy.sockets.requests import answer
from skyspy.store.settings import Settings

ALL = "all"
MAX_TOPICS, MAX_TOPIC_NAME = 64, 64


class MainNamespace(BaseNamespace):
    """Subscriptions and requests."""

    path = "/"

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.events |= {"subscribe": self._subscribe, "unsubscribe": self._unsubscribe, "request": self._request}

    def greet(self, session: Session) -> None:
        """Show the aircraft to those who may see them."""
        if self._may(session, "aircraft", self.skyspy.settings.current):
            self._show(session, "aircraft")

    def rooms_of(self, session: Session) -> set[str]:
        """One room per held topic; the aircraft come whole or as deltas."""
        return {
            topics.room(
                session.sky, name, topics.DELTA if session.delta and name == "aircraft" else topics.WHOLE, session.audience
            )
            for name in session.topics
        }

    def lost(self, session: Session, settings: Settings) -> list[str]:
        """Drop the topics that are no longer permitted."""
        lost = [name for name in _held(session) if not self._may(session, name, settings)]
        session.topics.difference_update(lost)
        return lost

    def moved(self, session: Session) -> None:
        """Show every held topic as it looks from the new place."""
        for name in _held(session):
            self._show(session, name)

    def _may(self, session: Session, topic: str, settings: Settings) -> bool:
        return policy.may(session.principal, topics.TOPICS[topic].permission, settings)

    def _show(self, session: Session, topic: str) -> None:
        shown = self.skyspy.skies[session.sky].snapshot(topic, session.audience)
        if shown is not None:
            self.send(session, *shown)

    # -- subscribe and unsubscribe -------------------------------------------------------------

    def _subscribe(self, session: Session, payload: Payload) -> Payload:
        asked = _asked_topics(payload)
        since = _since(payload)
        delta = payload.get("delta")
        if delta is not None and not isinstance(delta, bool):
            raise Refused("bad_payload", "delta is true or false")
        settings = self.skyspy.settings.current
        denied = [name for name in asked if name not in topics.TOPICS or not self._may(session, name, settings)]
        joined = [name for name in asked if name not in denied and name not in session.topics]
        session.topics.update(joined)
        show = list(joined)
        if "aircraft" in asked and "aircraft" in session.topics:
            turned = delta is not None and delta != session.delta
            session.delta = session.delta if delta is None else delta
            if "aircraft" not in joined and (turned or since is not None):
                show.append("aircraft")
        self.sync_rooms(session)
        subscribed = {"topics": _held(session), "joined": joined, "denied": denied}
        self.send(session, "subscribed", subscribed)
        for name in show:
            if name != "aircraft" or not self._resumed(session, since):
                self._show(session, name)
        return subscribed

    def _resumed(self, session: Session, since: tuple[str, int] | None) -> bool:
        """Send the deltas the client missed; False when a snapshot has to do it."""
        if since is None or not session.delta:
            return False
        missed = self.skyspy.skies[session.sky].resume(*since, session.audience)
        if missed is None:
            return False
        for delta in missed:
            self.send(session, "aircraft:delta", delta)
        return True

    def _unsubscribe(self, session: Session, payload: Payload) -> Payload:
        asked = _asked_topics(payload)
        dropped = [name for name in asked if name in session.topics]
        session.topics.difference_update(dropped)
        self.sync_rooms(session)
        unsubscribed = {"topics": dropped, "remaining": _held(session)}
        self.send(session, "unsubscribed", unsubscribed)
        return unsubscribed

    # -- requests ------------------------------------------------------------------------------

    def _request(self, session: Session, payload: Payload) -> Payload:
        response = answer(self.skyspy.skies[session.sky], session, self.skyspy.settings.current, payload)
        self.send(session, "response", response)
        return response


def _held(session: Session) -> list[str]:
    """The held topics, in the table's order."""
    return [name for name in topics.TOPICS if name in session.topics]


def _asked_topics(payload: Payload) -> list[str]:
    """The topics a payload names, each once; raises Refused for what names none."""
    asked = payload.get("topics")
    if isinstance(asked, str):
        asked = [asked]
    if not isinstance(asked, list) or len(asked) > MAX_TOPICS:
        raise Refused("bad_payload", f'topics is "all" or a list of at most {MAX_TOPICS} names')
    if not all(isinstance(name, str) and len(name) <= MAX_TOPIC_NAME for name in asked):
        raise Refused("bad_payload", f"a topic is a text of at most {MAX_TOPIC_NAME} characters")
    if ALL in asked:
        asked = [*topics.TOPICS, *asked]
    return [name for name in dict.fromkeys(asked) if name != ALL]


def _since(payload: Payload) -> tuple[str, int] | None:
    since = payload.get("since")
    if since is None:
        return None
    epoch, seq = (since.get("epoch"), since.get("seq")) if isinstance(since, dict) else (None, None)
    if not isinstance(epoch, str) or not isinstance(seq, int) or isinstance(seq, bool):
        raise Refused("bad_payload", "since is {epoch, seq} as a snapshot or delta gave them")
    return epoch, seq

"""Application: what a stream is.

A stream carries one topic to clients: it says in which rooms a session stands, what a newcomer is shown, and what a tick, a record
or another stream's event means to its listeners. It makes events and never sends one; the Sky that holds it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from skyspy.aircraft import Record
from skyspy.clock import Moment
from skyspy.presence.sessions import Session
from skyspy.topics import WHOLE, Room, Topic
from skyspy.tracker import Delta

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One event on its way to the rooms it is for, or, in a snapshot, to one session.

    `name` has a row in topics.EVENTS. `payload` makes what an audience gets; it is called once per room, and only where somebody
    listens. `value` is what happened, for later streams and the history; None where the event only shows a state.
    """

    name: str
    payload: Callable[[str], object]
    rooms: tuple[Room, ...] = ()
    value: object = None


class RequestError(ValueError):
    """A request cannot be answered: `code` and `message` are what the client gets."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Request:
    """One type of `request` and the permission it needs. `answer(session, params)` gives the data or raises RequestError."""

    name: str
    permission: str
    answer: Callable[[Session, Params], object]


class Stream(Protocol):
    """One topic's stream in one sky. What a stream does not need, it leaves as it is here.

    None of these may yield to other greenlets: joining a room and the snapshot are one step, and so is a tick.
    """

    topic: Topic
    requests: tuple[Request, ...] = ()

    def rooms(self, session: Session) -> frozenset[str]:
        """The rooms in which the session listens: one for its sky and audience, and only its own where the topic is personal."""
        owner = None
        if self.topic.personal:
            if session.principal.user_id is None:
                return frozenset()
            owner = str(session.principal.user_id)
        return frozenset({str(Room(session.sky, self.topic.name, WHOLE, session.audience, owner))})

    def joined(self, session: Session) -> None:
        """The session begins to listen; `session.state[topic.name]` is this stream's to set."""
        return

    def left(self, session: Session) -> None:
        """The session no longer listens, or is gone; its state is removed after this."""
        return

    def snapshot(self, session: Session) -> Iterable[Event]:
        """What the session is shown on joining."""
        return ()

    def on_tick(self, delta: Delta | None, now: Moment) -> Iterable[Event]:
        """What a tick means: `delta` is what changed about the aircraft, None when nothing did."""
        return ()

    def on_record(self, record: Record, now: Moment) -> Iterable[Event]:
        """What a record means that is not of an aircraft."""
        return ()

    def on_event(self, event: Event, now: Moment) -> Iterable[Event]:
        """What an event of an earlier stream means."""
        return ()


def fixed(payload: object) -> Callable[[str], object]:
    """The `payload` of an event that is the same for every audience."""
    return lambda _audience: payload


def listing(topic: Topic, items: list[Any], now: Moment, **more: object) -> Event:
    """The snapshot event of a topic whose state is a list."""
    payload = {topic.holds: items, "count": len(items), "timestamp": now.timestamp, **more}
    return Event(topic.snapshot or "", fixed(payload))

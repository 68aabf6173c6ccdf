"""Application: the interface of a stream.

A stream produces the events of one topic: the snapshot for a session that joins, and what a tick, a record or another stream's event
causes. It also gives the rooms of a session. A stream returns events and sends none itself; its Sky does.
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
    """One event for the sessions of some rooms, or, in a snapshot, for one session.

    `name` has a row in topics.EVENTS. `payload` makes the payload for an audience; it is called once per room, and only for rooms with
    listeners. `value` is what happened, for later streams and the history; None if the event only shows a state.
    """

    name: str
    payload: Callable[[str], object]
    rooms: tuple[Room, ...] = ()
    value: object = None


class RequestError(ValueError):
    """A request cannot be answered; the client gets `code` and `message`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Costly:
    """The data of an answer, and what it costs beside the one event that asked for it, in events."""

    data: object
    cost: float


@dataclass(frozen=True, slots=True)
class Request:
    """One type of `request` and the permission it needs. `answer(session, params)` gives the data, or Costly data, or raises
    RequestError. The answer to a `large` one may be large: a client gets one at a time, and none while it does not read; `answer`
    may yield then."""

    name: str
    permission: str
    answer: Callable[[Session, Params], object]
    large: bool = False


class Stream(Protocol):
    """One topic's stream in one sky. The methods here are defaults that do nothing.

    No method but `ready` may yield to other greenlets: joining a room and the snapshot are one step, and so is a tick. `large`:
    the snapshot may be large; it is made for a client that reads, and charged by `cost`.
    """

    topic: Topic
    requests: tuple[Request, ...] = ()
    large: bool = False

    def rooms(self, session: Session) -> frozenset[str]:
        """The rooms of a session that listens: one for its sky and audience; for a personal topic, its owner's."""
        owner = None
        if self.topic.personal:
            if session.principal.user_id is None:
                return frozenset()
            owner = str(session.principal.user_id)
        return frozenset({str(Room(session.sky, self.topic.name, WHOLE, session.audience, owner))})

    def joined(self, session: Session) -> None:
        """Called when a session begins to listen; the stream may set `session.state[topic.name]`."""
        return

    def left(self, session: Session) -> None:
        """Called when a session stops listening or ends; its state is removed after this."""
        return

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The events for a session that joins."""
        return ()

    def ready(self, session: Session) -> None:
        """Wait until a snapshot for the session costs little."""
        return

    def cost(self, session: Session) -> float:
        """What the snapshot costs beside the one event that asked for it, in events."""
        return 0.0

    def on_tick(self, delta: Delta | None, now: Moment) -> Iterable[Event]:
        """The events of a tick: `delta` is what changed about the aircraft, None when nothing did."""
        return ()

    def on_record(self, record: Record, now: Moment) -> Iterable[Event]:
        """The events of a record other than an Observation."""
        return ()

    def on_event(self, event: Event, now: Moment) -> Iterable[Event]:
        """The events caused by an event of an earlier stream."""
        return ()


def fixed(payload: object) -> Callable[[str], object]:
    """The `payload` of an event that is the same for every audience."""
    return lambda _audience: payload


def listing(topic: Topic, items: list[Any], now: Moment, **more: object) -> Event:
    """The snapshot event of a topic whose state is a list."""
    payload = {topic.holds: items, "count": len(items), "timestamp": now.timestamp, **more}
    return Event(topic.snapshot or "", fixed(payload))

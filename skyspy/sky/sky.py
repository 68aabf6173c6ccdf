"""Application: a Sky passes the records of its receivers to its tracker and its streams, and publishes the streams' events.

Invariants: only a Sky changes its tracker and runs its tick. The first change after a pause is published at once, later ones at
most BROADCAST_HZ times a second, where many aircraft changed in several portions. A payload is made once per room, and only for a room with listeners. A Sky knows streams and
rooms, not topics and sockets. Two skies run, `live` and `sandbox`, and share nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

import gevent

from skyspy.aircraft import Observation, Record, Value
from skyspy.clock import Moment
from skyspy.cooperate import PAUSE_SECONDS, Yielder
from skyspy.geo import Point
from skyspy.loop import Loop
from skyspy.presence.sessions import Session
from skyspy.sky.history import HistorySink, NoHistory
from skyspy.sky.streams.base import Event, Request, Stream
from skyspy.sky.view import SkyView
from skyspy.topics import TOPICS, Topic
from skyspy.tracker import Limits

PORTION = 400
"""Changed aircraft in one delta at most: taking and publishing it, to four rooms, takes about 10 ms."""
IDLE_TICK_SECONDS = 1.0
"""Seconds between ticks without a change: aircraft expire by time."""


class Publisher(Protocol):
    """What a Sky needs of broadcast.Broadcast."""

    def publish(self, room: str, event: str, payload: object, namespace: str = "/") -> None: ...
    def has_listeners(self, room: str, namespace: str = "/") -> bool: ...


class Sky:
    """One sky. `streams` run in this order: one may react to the events of those before it. `topics` are what a client of `/` may
    subscribe to, in the order in which they are listed to it; `requests` are the types of request it may send: those of the
    streams, and those given here, which no stream answers."""

    def __init__(
        self,
        view: SkyView,
        broadcast: Publisher,
        streams: Sequence[Stream],
        history: HistorySink | None = None,
        requests: Iterable[Request] = (),
    ) -> None:
        self.name = view.name
        self.view = view
        self.tracker = view.tracker
        self.receivers = view.receivers
        self.receivers.on_exchange = self._begin_anew
        self.streams: dict[str, Stream] = {stream.topic.name: stream for stream in streams}
        subscribable = [name for name, stream in self.streams.items() if "/" in stream.topic.namespaces]
        in_order = dict.fromkeys([*(name for name in TOPICS if name in subscribable), *subscribable])
        self.topics: dict[str, Topic] = {name: self.streams[name].topic for name in in_order}
        self.requests: dict[str, Request] = {request.name: request for stream in streams for request in stream.requests}
        self.requests |= {request.name: request for request in requests}
        self.loop = Loop(
            f"the {view.name} sky's tick", self.tick, view.clock, IDLE_TICK_SECONDS, lambda: 1.0 / view.settings().BROADCAST_HZ
        )
        self._broadcast = broadcast
        self._history = history or NoHistory()
        self._later = {stream.topic.name: streams[place + 1 :] for place, stream in enumerate(streams)}
        self._limits_of = -1

    def start(self) -> None:
        """Start the receivers and the tick."""
        self.receivers.start(self.ingest)
        self.loop.start()

    def stop(self) -> None:
        """Stop the receivers and the tick."""
        self.receivers.stop()
        self.loop.stop()
        self._history.close()

    @property
    def location(self) -> Point | None:
        """The receiver's location; None if it is not known."""
        return self.view.location

    def set_place(self, place: Point | None) -> None:
        """Set the receiver's place; None: not known."""
        if place == self.view.place:
            return
        self.view.set_place(place)
        # Every distance changes: a new epoch makes clients of deltas take a snapshot.
        self.tracker.epoch = secrets.token_hex(8)
        if self.receivers.stands_in:
            # The simulated aircraft begin anew around it.
            self.tracker.clear()
            self.loop.wake()

    def _begin_anew(self) -> None:
        """Simulated traffic gives way to real traffic, or returns: no aircraft of the one stays beside the other."""
        self.tracker.clear()
        self.tracker.reference = self.view.location
        self.loop.wake()

    # -- records and ticks ---------------------------------------------------------------------

    def ingest(self, record: Record) -> None:
        """Take a record from a receiver: an Observation goes to the tracker, others go to the streams. Does not yield."""
        if isinstance(record, Observation):
            self.tracker.apply(record, self.view.clock.steady())
            self.loop.wake()
        else:
            now = self.view.clock.moment()
            for stream in self.streams.values():
                self._pass_on(stream, stream.on_record(record, now), now)

    def describe(self, found: Mapping[str, Mapping[str, Value]]) -> None:
        """Take what the aircraft database says of some aircraft: fields by name, by hex. Does not yield."""
        if self.tracker.descriptions.put(found):
            self.loop.wake()

    def publish_from(self, topic: str, events: Iterable[Event]) -> None:
        """Publish events that the stream of this topic made outside of a tick, and pass them to the later streams. Does not yield, if
        making them does not."""
        self._pass_on(self.streams[topic], events, self.view.clock.moment())

    def tick(self) -> None:
        """Publish what the streams make of the changes since the last tick, and of the time. Many changes are published in portions,
        each a delta of its own, with a pause after each. What changes meanwhile is for the next tick."""
        self._follow_settings()
        portions = max(1, -(-self.tracker.pending // PORTION))
        for portion in range(portions):
            if portion:
                gevent.sleep(PAUSE_SECONDS)
            self._publish_portion()
        yielder = Yielder(self.view.clock.steady)
        for _ in self.tracker.recount(self.view.clock.steady()):
            yielder.maybe_yield()

    def _publish_portion(self) -> None:
        now = self.view.clock.moment()
        delta = self.tracker.take_delta(now.steady, PORTION)
        for stream in self.streams.values():
            self._pass_on(stream, stream.on_tick(delta, now), now)
        # Last: an error in the history must not cost clients the delta that was taken.
        self._history.on_tick(delta, now)

    def _follow_settings(self) -> None:
        settings = self.view.settings()
        if settings.version != self._limits_of:
            self._limits_of = settings.version
            self.tracker.limits = Limits(timeout_s=settings.AIRCRAFT_TIMEOUT_SECONDS, max_range_nm=settings.MAX_RANGE_NM)

    def _pass_on(self, stream: Stream, events: Iterable[Event], now: Moment) -> None:
        """Store and publish each event, and pass it to the later streams."""
        for event in events:
            self._history.on_event(stream.topic.name, event, now)
            self._publish(event, stream.topic.namespaces)
            for later in self._later[stream.topic.name]:
                self._pass_on(later, later.on_event(event, now), now)

    def _publish(self, event: Event, namespaces: Iterable[str]) -> None:
        for room in event.rooms:
            name = str(room)
            listening = [namespace for namespace in namespaces if self._broadcast.has_listeners(name, namespace)]
            if listening:
                payload = event.payload(room.audience)
                for namespace in listening:
                    self._broadcast.publish(name, event.name, payload, namespace)

    # -- sessions ---------------------------------------------------------------------------

    def listen(self, session: Session, wanted: Collection[str]) -> set[str]:
        """Make a session listen to exactly these topics' streams, and return its rooms. For a session that ends, or moves to
        another sky or owner, call this with no topics first: that removes the streams' state of it."""
        for name in [name for name in session.state if name not in wanted]:
            try:
                self.streams[name].left(session)
            finally:
                session.state.pop(name, None)
        for name in wanted:
            if name not in session.state:
                session.state[name] = None
                self.streams[name].joined(session)
        return {room for name in session.state for room in self.streams[name].rooms(session)}

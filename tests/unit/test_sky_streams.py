"""Claims about a Sky and its streams: records, ticks, reactions, history, rooms and the state of a session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from skyspy.address import Peer
from skyspy.aircraft import Observation, Record
from skyspy.app import build_view
from skyspy.auth.principal import ANONYMOUS, Principal
from skyspy.clock import Moment
from skyspy.presence.sessions import Session
from skyspy.sky import Sky
from skyspy.sky.streams import STREAMS, Event, Stream
from skyspy.sky.streams.base import fixed
from skyspy.store.settings import Settings
from skyspy.topics import EXACT, NAMESPACE_TOPICS, PUBLIC, TOPICS, Room, Topic
from skyspy.tracker import Delta
from tests.conftest import StillClock
from tests.unit.test_sky import FakeBroadcast


@dataclass(frozen=True, slots=True)
class Note(Record):
    """A record that is not an Observation."""

    at: float
    text: str
    messages: int = 1


class Notes(Stream):
    """Makes an event of each note record, and of each event of an earlier stream."""

    def __init__(self, name: str, *namespaces: str, reacts: bool = False) -> None:
        self.topic = Topic(name, "stats.view", None, "", namespaces or ("/",))
        self.rooms_of = tuple(Room("live", name, audience=audience) for audience in (EXACT, PUBLIC))
        self.made: list[str] = []
        self.reacts = reacts
        self.gone: list[Any] = []

    def _event(self, text: str) -> Event:
        def payload(audience: str) -> str:
            self.made.append(audience)
            return f"{text} for {audience}"

        return Event(f"{self.topic.name}:note", payload, self.rooms_of, value=text)

    def on_record(self, record: Record, now: Moment) -> Iterable[Event]:
        return [self._event(record.text)] if isinstance(record, Note) and not self.reacts else ()

    def on_tick(self, delta: Delta | None, now: Moment) -> Iterable[Event]:
        return () if delta is None or self.reacts else [self._event(f"{len(delta.new)} new at {now.steady:g}")]

    def on_event(self, event: Event, now: Moment) -> Iterable[Event]:
        return [self._event(f"{self.topic.name} heard {event.value}")] if self.reacts else ()

    def joined(self, session: Session) -> None:
        session.state[self.topic.name] = {"sid": session.sid}

    def left(self, session: Session) -> None:
        self.gone.append(session.state[self.topic.name])


class FakeHistory:
    """A history that stores its calls, and what had been published before each."""

    def __init__(self, broadcast: FakeBroadcast) -> None:
        self.broadcast = broadcast
        self.ticks: list[Delta | None] = []
        self.events: list[tuple[str, object, int]] = []

    def on_tick(self, delta: Delta | None, now: Moment) -> None:
        self.ticks.append(delta)

    def on_event(self, topic: str, event: Event, now: Moment) -> None:
        self.events.append((topic, event.value, len(self.broadcast.sent)))


class Scene:
    """A Sky with the given streams; the given rooms have listeners."""

    def __init__(self, *streams: Stream, rooms: Iterable[Room] = ()) -> None:
        self.clock = StillClock()
        self.broadcast = FakeBroadcast(*map(str, rooms))
        self.history = FakeHistory(self.broadcast)
        view = build_view("live", self.clock, Settings, (), None)
        self.sky = Sky(view, self.broadcast, streams, self.history)


def session(principal: Principal = ANONYMOUS, **more: Any) -> Session:
    return Session("sid", "eio", "/", principal, Peer("192.0.2.1"), 0.0, **more)


def test_a_record_of_no_aircraft_goes_to_every_stream_at_once_and_touches_no_tracker() -> None:
    one, two = Notes("one"), Notes("two")
    scene = Scene(one, two, rooms=[Room("live", "one"), Room("live", "two")])
    scene.sky.ingest(Note(scene.clock.steady(), "hello"))
    assert scene.broadcast.sent == [
        ("live.one.whole.exact", "one:note", "hello for exact"),
        ("live.two.whole.exact", "two:note", "hello for exact"),
    ]
    assert scene.sky.tracker.held == 0


def test_a_tick_hands_each_stream_the_same_delta_and_one_reading_of_the_clock() -> None:
    one, two = Notes("one"), Notes("two")
    scene = Scene(one, two, rooms=[Room("live", "one"), Room("live", "two")])
    scene.sky.ingest(Observation("4B1613", scene.clock.steady(), "adsb_icao", {"gs": 1.0}, messages=2))
    assert scene.broadcast.sent == [], "aircraft wait for the tick"
    scene.sky.tick()
    assert [payload for _, _, payload in scene.broadcast.sent] == ["1 new at 1000 for exact"] * 2
    scene.sky.tick()
    assert len(scene.broadcast.sent) == 2, "nothing changed"


def test_a_payload_is_made_once_per_room_with_listeners() -> None:
    notes = Notes("one", "/", "/acars")
    scene = Scene(notes, rooms=[Room("live", "one", audience=PUBLIC)])
    scene.sky.ingest(Note(0.0, "hello"))
    assert notes.made == [PUBLIC], "one payload for both namespaces"
    assert [payload for _, _, payload in scene.broadcast.sent] == ["hello for public"] * 2


def test_a_stream_reacts_to_the_events_of_those_before_it_and_of_no_other() -> None:
    source, first, second = Notes("source"), Notes("first", reacts=True), Notes("second", reacts=True)
    before = Notes("before", reacts=True)
    scene = Scene(before, source, first, second)
    scene.sky.ingest(Note(0.0, "hello"))
    assert [(topic, value) for topic, value, _ in scene.history.events] == [
        ("source", "hello"),
        ("first", "first heard hello"),
        ("second", "second heard first heard hello"),
        ("second", "second heard hello"),
    ]


def test_the_history_has_each_event_before_it_is_published_and_every_tick() -> None:
    scene = Scene(Notes("one"), Notes("two"), rooms=[Room("live", "one"), Room("live", "two")])
    scene.sky.ingest(Note(0.0, "hello"))
    assert scene.history.events == [("one", "hello", 0), ("two", "hello", 1)]
    scene.sky.tick()
    scene.sky.ingest(Observation("4B1613", scene.clock.steady(), "adsb_icao", {"gs": 1.0}, messages=2))
    scene.sky.tick()
    assert [None if delta is None else len(delta.new) for delta in scene.history.ticks] == [None, 1]


def test_what_a_stream_keeps_of_a_session_is_there_when_it_leaves_and_gone_after() -> None:
    one, two = Notes("one"), Notes("two")
    sky, listener = Scene(one, two).sky, session()
    assert sky.listen(listener, {"one", "two"}) == {"live.one.whole.public", "live.two.whole.public"}
    assert listener.state == {"one": {"sid": "sid"}, "two": {"sid": "sid"}}
    sky.listen(listener, {"one", "two"})
    assert one.gone == [], "who listens already does not join again"
    assert sky.listen(listener, {"two"}) == {"live.two.whole.public"}
    assert (listener.state, one.gone) == ({"two": {"sid": "sid"}}, [{"sid": "sid"}])
    assert sky.listen(listener, ()) == set()
    assert listener.state == {}


def test_state_is_gone_even_where_leaving_fails() -> None:
    class Failing(Notes):
        def left(self, session: Session) -> None:
            raise RuntimeError("a bug")

    sky, listener = Scene(Failing("one")).sky, session()
    sky.listen(listener, {"one"})
    with pytest.raises(RuntimeError):
        sky.listen(listener, ())
    assert listener.state == {}


def test_a_personal_topic_has_a_room_per_user_and_none_for_anyone_unknown() -> None:
    class Mine(Notes):
        def __init__(self) -> None:
            super().__init__("mine")
            self.topic = Topic("mine", "alerts.view", None, "", personal=True)

    stream = Mine()
    ann, bob = (stream.rooms(session(Principal("user", number, "x"), audience=EXACT)) for number in (1, 11))
    assert (ann, bob) == ({"live.mine.whole.exact.1"}, {"live.mine.whole.exact.11"})
    assert stream.rooms(session(Principal("key", 1, "x", key_id=5), audience=EXACT)) == ann, "a key's alerts are its user's"
    assert stream.rooms(session()) == frozenset()


def test_every_topic_has_one_stream_and_clients_are_told_of_them_in_the_tables_order() -> None:
    view = build_view("live", StillClock(), Settings, (), None)
    streams = [make(view) for make in STREAMS]
    assert sorted(stream.topic.name for stream in streams) == sorted(TOPICS | NAMESPACE_TOPICS)
    sky = Sky(view, FakeBroadcast(), [*streams, Notes("toy"), Notes("elsewhere", "/acars")])
    assert list(sky.topics) == [*TOPICS, "toy"]


def test_an_event_that_is_the_same_for_all_says_so() -> None:
    assert fixed({"a": 1})(EXACT) == fixed({"a": 1})(PUBLIC) == {"a": 1}

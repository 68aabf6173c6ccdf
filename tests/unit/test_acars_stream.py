"""Claims about the stream of datalink messages: what it hands on, its events, its snapshot, and what each audience reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from skyspy import wirejson
from skyspy.address import Peer
from skyspy.app import build_view
from skyspy.auth.principal import ANONYMOUS
from skyspy.datalink.message import Block, Station
from skyspy.feedurl import parse
from skyspy.presence.sessions import Session
from skyspy.sky import Sky
from skyspy.sky.streams.acars import AcarsStream
from skyspy.store.settings import Settings
from skyspy.topics import EXACT, PUBLIC
from tests.conftest import StillClock
from tests.support.datalink import a_block, a_message
from tests.unit.test_sky import FakeBroadcast


def view_of(*urls: str) -> Any:
    return build_view("live", StillClock(), Settings, [parse(url) for url in urls], (47.46, 8.55))


@pytest.fixture
def stream() -> AcarsStream:
    return AcarsStream(view_of())


def session(audience: str) -> Session:
    return Session("sid", "eio", "/", ANONYMOUS, Peer("192.0.2.1"), 0.0, audience=audience)


def shown_to(stream: AcarsStream, audience: str = EXACT) -> dict[str, Any]:
    [event] = stream.snapshot(session(audience))
    payload: Any = event.payload(audience)
    return {"name": event.name, **payload}


def test_a_block_is_handed_on_and_makes_no_event_by_itself(stream: AcarsStream) -> None:
    taken: list[Block] = []
    stream.receive = taken.append
    sky = Sky(view_of(), FakeBroadcast(), [stream])
    block = a_block()
    sky.ingest(block)
    assert taken == [block]
    assert shown_to(stream)["messages"] == []


def test_a_message_is_one_event_for_both_audiences_and_in_the_snapshot(stream: AcarsStream) -> None:
    message = a_message()
    [event] = stream.announce([message])
    rooms = {str(room) for room in event.rooms}
    assert event.name == "acars:message"
    assert rooms == stream.rooms(session(EXACT)) | stream.rooms(session(PUBLIC))
    assert len(rooms) == 2
    found = shown_to(stream)
    assert (found["name"], found["count"]) == ("acars:snapshot", 1)
    assert found["messages"] == [event.payload(EXACT)]
    assert found["messages"][0]["text"] == "MESSAGE 0"


def test_names_of_stations_and_receivers_are_for_the_exact_audience_alone(stream: AcarsStream) -> None:
    [event] = stream.announce([a_message()])
    for payload in (event.payload(PUBLIC), shown_to(stream, PUBLIC)):
        assert b"HOME" not in wirejson.dump_bytes(payload)
        assert b"roof" not in wirejson.dump_bytes(payload)
    known: Any = event.payload(PUBLIC)
    assert (known["station_count"], known["freq"]) == (1, 131.55)
    exact: Any = event.payload(EXACT)
    assert exact["stations"][0]["station"] == "HOME"


def test_the_newest_message_is_first_and_the_oldest_leave_the_snapshot(stream: AcarsStream) -> None:
    list(stream.announce([a_message(number) for number in (3, 1, *range(4, 60), 2)]))
    found = shown_to(stream)["messages"]
    assert len(found) == 50
    assert [one["text"] for one in found[:2]] == ["MESSAGE 59", "MESSAGE 58"]
    assert found[-1]["text"] == "MESSAGE 10"


def test_a_station_that_is_added_shows_in_the_snapshot_without_an_event(stream: AcarsStream) -> None:
    message = a_message()
    list(stream.announce([message]))
    stream.keep([replace(message, stations=(*message.stations, Station("HUT", None, 131.55, -3.0, message.time)))])
    [found] = shown_to(stream)["messages"]
    assert found["station_count"] == 2


def test_a_snapshot_of_long_messages_stays_below_256_kib(stream: AcarsStream) -> None:
    list(stream.announce([a_message(number, text="X" * 20_000) for number in range(50)]))
    found = shown_to(stream)
    assert 5 <= found["count"] < 50
    assert len(wirejson.dump_bytes(found)) <= 256 * 1024
    assert found["messages"][0]["id"] == "m-0049"


def test_simulated_messages_leave_the_snapshot_when_a_real_receiver_is_heard() -> None:
    view = view_of("demo://")
    stream = AcarsStream(view)
    list(stream.announce([a_message(1, demo=True), a_message(2)]))
    assert [one.id for one in stream.latest] == ["m-0002"]
    view.receivers.start(lambda _record: None)
    try:
        view.receivers.receiver("demo").state = "demo"
        assert [one.id for one in stream.latest] == ["m-0002", "m-0001"]
    finally:
        view.receivers.stop()

"""Claims about the events that clients send: which are served, how the others are answered, and how many are taken."""

from __future__ import annotations

import pytest

from tests.support.world import World, nothing_is_left, stamp


@pytest.fixture
def world(sockets: World) -> World:
    return sockets


def test_events_are_taken_only_from_the_live(world: World) -> None:
    peer = world.peer().join()
    world.skyspy.sessions.remove(peer.sids["/"])
    peer.forget()
    assert peer.tell("ping", ack=1)["code"] == "not_connected"
    assert peer.tell("subscribe", {"topics": "all"}, ack=2)["code"] == "not_connected"
    assert peer.inbox == []


@pytest.mark.parametrize("payload", [[], [None], [{}], [None, 1, 2]])
def test_a_payload_is_optional(world: World, payload: list[object]) -> None:
    peer = world.peer().join()
    assert peer.tell("ping", *payload, ack=1) == {"timestamp": stamp(world)}
    assert peer.got("pong") == [{"timestamp": stamp(world)}]


@pytest.mark.parametrize("payload", [1, "x", [1], True, 1.5])
def test_a_payload_that_is_no_object_is_answered_and_nothing_closes(world: World, payload: object) -> None:
    peer = world.peer().join()
    for event in ("ping", "subscribe", "unsubscribe", "request", "authenticate"):
        assert peer.tell(event, payload, ack=1)["code"] == "bad_payload"
    assert len(peer.got("error")) == 5
    assert peer.session is not None


def test_unknown_events_are_ignored_but_acknowledged(world: World) -> None:
    peer = world.peer().join()
    peer.forget()
    for event in ("nonsense", "trigger_event", "emit", "on_connect", "_ping", "refused packet "):
        peer.tell(event, {"a": 1})
        assert peer.tell(event, ack=3)["code"] == "unknown_event"
    assert peer.inbox == []


def test_binary_and_malformed_packets_are_answered(world: World) -> None:
    peer = world.peer().join()
    peer.say('51-7["subscribe",{"_placeholder":true,"num":0}]')
    peer.say(b"\x00\x01\x02")
    peer.say('599999999-["x"]')
    peer.say("2[" * 5000)
    peer.say({"not": "text"})
    peer.say(None)
    codes = [error["code"] for error in peer.got("error")]
    assert codes == ["binary_refused", "binary_refused", "bad_packet", "bad_packet", "bad_packet"]
    assert peer.acks[7][0]["code"] == "binary_refused"
    assert world.server._binary_packet == {}
    assert peer.tell("ping", ack=1)


def test_events_for_a_namespace_never_joined_are_not_served(world: World) -> None:
    peer = world.peer().join()
    peer.forget()
    peer.tell("ping", namespace="/audio")
    peer.tell("ping", namespace="/nowhere", ack=4)
    peer.say("0/nowhere,")
    assert peer.inbox == []
    assert "/nowhere" in peer.refusals
    assert len(world.skyspy.sessions) == 1


def test_a_handler_that_crashes_answers_and_the_client_stays(world: World) -> None:
    peer = world.peer().join()
    world.skyspy.skies.clear()
    assert peer.tell("request", {"type": "status", "request_id": 5}, ack=1) == {
        "code": "internal_error",
        "message": "The server failed to do this",
        "type": "error",
        "request_id": 5,
    }
    assert peer.tell("ping", ack=2)


def test_events_beyond_the_rate_are_refused_and_insisting_disconnects(world: World) -> None:
    world.choose(SOCKET_EVENTS_PER_SECOND=1, SOCKET_EVENTS_BURST=5)
    patient, flooder = world.peer().join(), world.peer().join()
    for _ in range(5):
        assert "timestamp" in flooder.tell("ping", ack=1)
    assert flooder.tell("ping", ack=1)["code"] == "rate_limited"
    for _ in range(90):
        flooder.tell("nonsense")
    assert flooder.session is not None
    assert 0 < len(flooder.got("error")) < 10
    for _ in range(200):
        flooder.tell("nonsense")
    assert flooder.session is None
    assert flooder.got("error")[-1]["code"] == "rate_limited"
    assert flooder.gone == ["/"]
    assert patient.tell("ping", ack=1)


def test_joining_and_leaving_without_end_is_cut_off(world: World) -> None:
    flooder = world.peer()
    for _ in range(5000):
        flooder.say("0")
        flooder.say("1")
        if flooder.engine.closed:
            break
    assert flooder.engine.closed
    assert len(flooder.order) < 1000
    assert world.registry.counts.flooding == 1
    assert nothing_is_left(world)

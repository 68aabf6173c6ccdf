"""Claims about streams and sessions: personal rooms, and how long a stream's state of a session lasts."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.broadcast import UndeclaredEventError
from skyspy.topics import EXACT, PUBLIC, WHOLE, Room
from tests.support.peers import NAMESPACES, Peer
from tests.support.world import World


@pytest.fixture
def world(sockets: World) -> World:
    return sockets


def publish_to(world: World, user: str, sky: str = "live") -> None:
    """An event of one user, in every room in which it could be published."""
    for audience in (EXACT, PUBLIC):
        room = str(Room(sky, "alerts", WHOLE, audience, str(world.user(user))))
        world.skyspy.broadcast.publish(room, "alert:snapshot", {"of": user})


def got(peer: Peer) -> list[str]:
    """The owners of the alerts that a client received."""
    return [payload["of"] for payload in peer.got("alert:snapshot") if "of" in payload]


def subscriber(world: World, name: str, **more: Any) -> Peer:
    peer = world.peer().join("/", {"token": world.key(name, "operator", **more)})
    assert peer.tell("subscribe", {"topics": ["alerts"]}, ack=1)["joined"] == ["alerts"]
    return peer


def test_an_event_for_one_user_never_reaches_another(world: World) -> None:
    ann, too, bob = subscriber(world, "ann"), subscriber(world, "ann"), subscriber(world, "bob")
    everything = world.peer().join()
    everything.tell("subscribe", {"topics": "all"})
    sandbox = subscriber(world, "ann", kind="test")
    publish_to(world, "ann")
    assert (got(ann), got(too), got(bob), got(everything), got(sandbox)) == (["ann"], ["ann"], [], [], [])
    publish_to(world, "bob")
    assert (got(ann), got(bob)) == (["ann"], ["bob"])
    publish_to(world, "ann", "sandbox")
    assert (got(ann), got(sandbox)) == (["ann"], ["ann"])


def attempts(room: str, owner: int) -> list[tuple[str, Any]]:
    """Everything a client can send to join a room."""
    named = [room, f"alerts.{owner}", f"alerts.whole.exact.{owner}", f"alerts/{owner}", f"alerts?owner={owner}", "all", "alerts"]
    extra = {"owner": owner, "user_id": owner, "user": owner, "room": room, "rooms": [room], "audience": f"exact.{owner}"}
    return [
        *(("subscribe", {"topics": [name]}) for name in named),
        *(("subscribe", {"topics": name}) for name in named),
        ("subscribe", {"topics": ["alerts"], **extra}),
        ("subscribe", {"topics": ["alerts"], "since": {"epoch": room, "seq": owner}, "delta": True, **extra}),
        ("subscribe", {"topics": [["alerts", owner]]}),
        ("subscribe", {"topics": {"alerts": owner}}),
        ("unsubscribe", {"topics": ["alerts"], **extra}),
        ("subscribe", {"topics": ["alerts", room], "sky": f"live.alerts.whole.exact.{owner}"}),
        ("authenticate", {"token": None, **extra}),
        ("authenticate", {"token": str(owner), **extra}),
        ("request", {"type": "alerts", "params": extra}),
        ("request", {"type": "status", "request_id": room, "params": extra}),
        *((event, payload) for event in ("join", "enter_room", "room", room, "ping") for payload in (room, extra, [room])),
    ]


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_no_client_event_opens_the_room_of_another(world: World, namespace: str) -> None:
    ann, owner = subscriber(world, "ann"), world.user("ann")
    room = str(Room("live", "alerts", WHOLE, EXACT, str(owner)))
    assert ann.session.rooms == {room}
    world.choose(SOCKET_EVENTS_BURST=1000, FEATURE_ACCESS={"audio": "public"})
    bob = world.peer().join(namespace, {"token": world.key("bob", "operator")})
    anonymous = world.peer().join(namespace)
    for peer in (bob, anonymous):
        for event, payload in attempts(room, owner):
            peer.tell(event, payload, namespace=namespace)
            session = world.skyspy.sessions.get(peer.sids[namespace])
            assert session is not None
            assert room not in session.rooms
            assert set(world.server.manager.rooms["/"].get(room, {})) == {ann.sids["/"]}
        publish_to(world, "ann")
        assert got(peer) == []


def test_a_session_of_another_user_gets_that_users_alerts_only(world: World) -> None:
    peer = subscriber(world, "ann")
    state = peer.session.state["alerts"] = {"of": "ann"}
    peer.forget()
    peer.tell("authenticate", {"token": world.key("bob", "operator")})
    assert peer.session.rooms == {f"live.alerts.whole.exact.{world.user('bob')}"}
    assert peer.session.state["alerts"] is not state, "what was kept of ann's is gone"
    assert [event for _, event, _ in peer.inbox] == ["authenticated", "alert:snapshot"]
    publish_to(world, "ann")
    publish_to(world, "bob")
    assert got(peer) == ["bob"]


def test_a_namespaces_stream_keeps_its_state_while_the_session_lasts(world: World) -> None:
    peer = world.peer().join("/cannonball", {"token": world.key("ann", "admin")})
    session = world.skyspy.sessions.get(peer.sids["/cannonball"])
    assert session is not None
    assert set(session.state) == {"cannonball"}
    assert peer.got("session_started", "/cannonball")[0]["default_radius_nm"] == session.state["cannonball"].radius_nm
    peer.leave()
    assert session.state == {}


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("how", ["disconnect", "drop", "evict"])
def test_nothing_of_a_session_is_kept_once_it_is_gone(world: World, namespace: str, how: str) -> None:
    peer = world.peer().join(namespace, {"token": world.key("ann", "admin")})
    peer.tell("subscribe", {"topics": "all"})
    session = world.skyspy.sessions.get(peer.sids[namespace])
    assert session is not None
    assert session.state
    if how == "disconnect":
        peer.say("1" if namespace == "/" else f"1{namespace},")
    elif how == "drop":
        peer.leave()
    else:
        world.socketio.server.namespace_handlers[namespace].evict(session, "token_expired")
    assert session.state == {}


def test_a_stream_hears_of_leaving_when_a_topic_is_dropped_lost_or_another_skys(world: World) -> None:
    peer = subscriber(world, "ann")
    peer.tell("subscribe", {"topics": ["stats", "safety"]})
    assert set(peer.session.state) == {"alerts", "stats", "safety"}
    peer.tell("unsubscribe", {"topics": ["stats"]})
    assert set(peer.session.state) == {"alerts", "safety"}
    kept = peer.session.state["safety"] = object()
    peer.tell("authenticate", {"token": world.key("ann", kind="test")})
    assert peer.session.sky == "sandbox"
    assert set(peer.session.state) == {"alerts", "safety"}
    assert peer.session.state["safety"] is not kept, "another sky's stream begins anew"


def test_a_stream_that_fails_on_leaving_does_not_prevent_a_disconnect(world: World, caplog: pytest.LogCaptureFixture) -> None:
    peer = world.peer().join()
    peer.tell("subscribe", {"topics": ["stats"]})
    session, streams = peer.session, world.skyspy.skies["live"].streams

    class Failing:
        topic = streams["stats"].topic

        def left(self, session: object) -> None:
            raise RuntimeError("a bug")

    streams["stats"] = Failing()  # type: ignore[assignment]
    peer.say("1")
    assert world.skyspy.sessions.get(session.sid) is None
    assert session.state == {}
    assert "a bug" in caplog.text


def test_an_undeclared_event_is_logged_as_a_crash(world: World) -> None:
    peer = world.peer().join()
    handler = world.socketio.server.namespace_handlers["/"]
    with pytest.raises(UndeclaredEventError):
        handler.send(peer.session, "aircraft:nonsense", {})

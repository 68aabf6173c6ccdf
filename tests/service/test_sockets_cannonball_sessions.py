"""Claims about the sessions of `/cannonball`: what begins and ends with one, and that a position is in no other (S33)."""

from __future__ import annotations

import pytest

from skyspy.sky.streams import cannonball
from tests.support.cannonball import HERE, Driving, look, police_at, stream_of
from tests.support.world import World


@pytest.fixture
def world(sockets: World) -> World:
    return sockets


def later(world: World, seconds: float = 0.3) -> None:
    """Let the time pass in which nothing is sent again."""
    world.clock.pass_by(seconds)


def test_an_event_right_behind_the_connect_packet_is_answered(world: World) -> None:
    driver = Driving.__new__(Driving)
    driver.world, driver.peer, driver._acks = world, world.peer(), 0
    handlers = world.server.eio.handlers
    handlers["message"](driver.peer.eio_sid, "0/cannonball,")
    driver.at()
    assert len(driver.threats) == 1
    assert driver.threats[0]["position"] is not None
    assert [name for name in driver.peer.order if name in ("connect", "session_started")] == ["connect", "session_started"]


def test_each_sky_has_threats_of_its_own(world: World) -> None:
    live, sandbox = Driving(world, world.key("ann")), Driving(world, world.key("ann", kind="test"))
    police_at(world, 2.0, sky="sandbox")
    look(world)
    assert (live.at()["count"], sandbox.at()["count"]) == (0, 1)


def test_a_key_without_the_permission_is_refused(world: World) -> None:
    peer = world.peer().join("/cannonball", {"token": world.key("ann", scopes=("aircraft.view",))})
    assert peer.refusals["/cannonball"]["data"]["code"] == "permission_denied"


# -- S33: a position belongs to its socket alone -------------------------------------------


@pytest.mark.parametrize("how", ["disconnect", "drop", "evict"])
def test_s33_nothing_holds_a_position_once_its_session_is_gone(world: World, how: str) -> None:
    driver = Driving(world)
    police_at(world, 2.0)
    driver.at()
    drive = driver.drive
    if how == "disconnect":
        driver.peer.say("1/cannonball,")
    elif how == "drop":
        driver.peer.leave()
    else:
        namespace = world.socketio.server.namespace_handlers["/cannonball"]
        namespace.evict(driver.session, "token_expired")
    assert (drive.driver.point, drive.last, drive.looks) == (None, None, {})
    assert stream_of(world).sessions == []


@pytest.mark.parametrize("kind", ["live", "test"])
def test_s33_a_socket_that_becomes_another_users_or_skys_begins_a_drive_anew(world: World, kind: str) -> None:
    driver = Driving(world, world.key("ann"))
    driver.at()
    driver.tell("set_radius", {"radius_nm": 50})
    before = driver.drive
    owner = "bob" if kind == "live" else "ann"
    assert driver.tell("authenticate", {"token": world.key(owner, kind=kind)})["user"]["name"] == owner
    assert driver.drive is not before
    assert (before.driver.point, before.last) == (None, None)
    later(world)
    assert driver.tell("get_threats")["position"] is None
    assert driver.drive.radius_nm == 10
    assert stream_of(world, "live").sessions == ([] if kind == "test" else [driver.session])


def test_s33_who_moves_to_another_sky_is_greeted_again_and_who_renews_a_token_drives_on(world: World) -> None:
    driver = Driving(world, world.key("ann"))
    driver.at()
    driver.tell("authenticate", {"token": world.key("ann")})
    assert len(driver.got("session_started")) == 1
    assert driver.drive.driver.point == HERE
    driver.tell("authenticate", {"token": world.key("ann", kind="test")})
    assert len(driver.got("session_started")) == 2


def test_s33_a_failure_of_our_own_logs_a_traceback_without_the_position(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    driver = Driving(world)
    police_at(world, 2.0)

    def failing(*_: object) -> float:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(cannonball, "distance_nm", failing)
    assert driver.at()["code"] == "internal_error"
    stream_of(world).watch.loop.round()
    assert "ZeroDivisionError" in caplog.text
    assert not any(digits in caplog.text for digits in ("4612", "5534"))
    assert not any(digits in repr((driver.session, driver.drive, driver.drive.driver)) for digits in ("4612", "5534"))


def test_s33_what_other_processes_and_the_panel_read_of_sessions_holds_no_position(world: World) -> None:
    driver = Driving(world, world.key("ann"))
    driver.at()
    world.skyspy.presence.poll()
    (row,) = world.skyspy.presence.all_sessions(traffic=True)
    assert row.namespace == "/cannonball"
    assert not any(digits in repr(row) for digits in ("4612", "5534"))


def test_a_new_threat_is_looked_for_in_the_round_that_froze_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    Driving(world)
    watch, monitor = stream_of(world).watch, world.skyspy.safety["live"]
    monkeypatch.setattr(watch.loop, "wake", watch.loop.round)
    world.hear("3DD2A0", flight="EDL12")
    assert watch.candidates == ()
    monitor.run()
    assert [candidate.state.hex for candidate in watch.candidates] == ["3DD2A0"]

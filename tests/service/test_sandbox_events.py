"""Claims about events of the sandbox that are made on request: who may, which, how many, and that every process shows the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from skyspy.aircraft import Observation
from skyspy.api.sandbox_models import MadeSandboxEvent, SandboxTypes
from skyspy.safety.rules import EVENT_TYPES
from skyspy.services import sandbox
from skyspy.simulate import INCIDENTS, Programme
from skyspy.sky.sandbox_events import LEAD_S
from skyspy.store import sandbox_events
from skyspy.store.history import acars
from skyspy.store.history.acars import MessageSearch
from tests.support.airports import shipped
from tests.support.api_client import error_of
from tests.support.databases import KINDS, database_url
from tests.support.running_clock import RunningClock
from tests.support.safety_events import an_event, keep
from tests.support.sources import wait_for
from tests.support.world import World

PATH = "/api/sandbox/events/"


def make(world: World, wanted: object, token: str | None = None, **more: object) -> Any:
    return world.post(PATH, {"type": wanted, **more}, token or world.key(kind="test"))


def rows(world: World) -> list[sandbox_events.SandboxEvent]:
    return list(world.store.read(sandbox_events.after, 0, 0.0))


@pytest.mark.parametrize("name", sandbox.NAMES)
def test_each_type_of_event_is_made_and_its_answer_names_aircraft_and_time(world: World, name: str) -> None:
    answer = make(world, name)
    assert answer.status_code == 201, answer.text
    told = answer.json
    msgspec.convert(told, MadeSandboxEvent)
    incident = next(one for one in INCIDENTS if one.name == name)
    assert (told["type"], told["event"], told["expected_within_s"]) == (name, incident.event, incident.due_s + LEAD_S)
    assert len(told["aircraft"]) == {"proximity": 2, "tcas_ra": 2, "gps_interference": 0}.get(name, 1)
    assert [(row.name, row.detail) for row in rows(world)] == [(name, incident.detail)]


def test_the_answer_names_the_aircraft_that_appear_then(world: World) -> None:
    told = make(world, "proximity").json
    world.skyspy.sandbox.poll()
    [asked] = world.skyspy.sandbox.requested()
    centre = world.skyspy.skies["sandbox"].receivers.place.now()
    assert centre is not None
    programme = Programme(4242, centre, (), world.skyspy.airports.get, world.skyspy.sandbox.requested)
    assert programme.observations([], 0.0, 1.0, world.clock.steady()) == [], "its moment has not come"
    heard = programme.observations([], 0.0, 1.0, asked.begins + 1.0)
    assert {(one.hex, one.fields["flight"]) for one in heard} == {(one["hex"], one["callsign"]) for one in told["aircraft"]}
    world.clock.pass_by(asked.incident.seconds + LEAD_S + 1)
    assert list(world.skyspy.sandbox.requested()) == []


def test_a_squawk_may_be_chosen(world: World) -> None:
    answers = [make(world, "squawk_emergency", squawk=squawk).json["squawk"] for squawk in ("7500", "7600", "7700", None)]
    assert answers == ["7500", "7600", "7700", "7700"]
    refused = make(world, "proximity", squawk="7500")
    assert error_of(refused) == (400, "invalid")
    assert "left out" in refused.json["error"]["fields"]["squawk"]
    assert make(world, "squawk_emergency", squawk="1200").status_code == 400


def test_a_requested_message_reaches_clients_of_the_sandbox_once_with_both_stations_and_the_aircraft(world: World) -> None:
    key = world.key(kind="test")
    test, live = world.peer().join("/acars", {"token": key}), world.peer().join("/acars", {"token": world.jwt()})
    told = make(world, "acars", key).json
    world.skyspy.sandbox.poll()
    [asked] = world.skyspy.sandbox.requested()
    sky, datalink = world.skyspy.skies["sandbox"], world.skyspy.datalink["sandbox"]
    centre = sky.receivers.place.now()
    assert centre is not None
    programme = Programme(4242, centre, (), world.skyspy.airports.get, world.skyspy.sandbox.requested)
    for _ in range(round(told["expected_within_s"])):
        world.clock.pass_by(1.0)
        now = world.clock.moment()
        span = now.wall - 1.0, now.wall, now.steady
        for record in (*programme.observations([], *span), *programme.blocks(*span)):
            sky.ingest(record)
        sky.tick()
        world.skyspy.safety["sandbox"].run()
        datalink.run()
    [message] = test.got("acars:message", "/acars")
    [aircraft] = told["aircraft"]
    assert (message["hex"], message["callsign"], message["matched"]) == (aircraft["hex"], aircraft["callsign"], True)
    assert {one["station"] for one in message["stations"]} == {"DEMO-VDL1"}, "the second station comes later"
    assert (message["label"], message["link"], message["demo"]) == ("H1", "vdl2", True)
    [kept] = world.skyspy.histories["sandbox"].read(acars.page, MessageSearch(), None, 10)
    assert [station.name for station in kept.stations] == ["DEMO-VDL1", "DEMO-VDL2"]
    assert live.got("acars:message", "/acars") == []
    assert asked.incident.event == told["event"] == "acars:message"


def test_what_can_be_made_is_listed(world: World) -> None:
    answer = world.get(PATH, world.key(kind="test"))
    listed = msgspec.convert(answer.json, SandboxTypes)
    assert [row.type for row in listed.types] == list(sandbox.NAMES)
    assert set(EVENT_TYPES) - {row.type for row in listed.types} == {"airspace_incursion"}
    assert listed.types[0].squawks == ["7700", "7600", "7500"]
    assert world.get(PATH).status_code == 401


@pytest.mark.parametrize("wanted", ["acars:snapshot", "airspace_incursion", "notams", "audio", "safety:event"])
def test_an_event_of_a_topic_that_is_empty_is_refused_with_those_that_are_possible(world: World, wanted: str) -> None:
    refused = make(world, wanted)
    assert error_of(refused) == (400, "invalid")
    error = refused.json["error"]
    assert "cannot be made in the sandbox yet" in error["message"]
    assert all(name in error["message"] and name in error["fields"]["type"] for name in sandbox.NAMES)
    assert rows(world) == []


@pytest.mark.parametrize("wanted", ["alerts", "alert:triggered"])
def test_an_alert_is_refused_with_how_to_get_one(world: World, wanted: str) -> None:
    assert f"{wanted!r} follows from alert rules: make a rule with this key" in make(world, wanted).json["error"]["message"]


def test_a_word_that_is_no_event_is_refused_with_those_that_are_possible(world: World) -> None:
    refused = make(world, "ufo")
    assert "'ufo' is no type of event; possible are: squawk_emergency" in refused.json["error"]["message"]
    assert make(world, None).status_code == 400
    assert make(world, "x" * 65).status_code == 400


def test_live_credentials_are_refused_and_nothing_is_made(world: World) -> None:
    for token in (world.key(), world.jwt()):
        refused = make(world, "proximity", token)
        assert error_of(refused) == (403, "permission_denied")
        assert "use a test key" in refused.json["error"]["message"]
    assert world.post(PATH, {"type": "proximity"}).status_code == 401
    assert rows(world) == []


def test_a_key_makes_only_what_it_may_see(world: World) -> None:
    key = world.key(kind="test", scopes=["aircraft.view"])
    assert make(world, "landed", key).status_code == 201
    for wanted, needs in (("proximity", "safety.view"), ("threat", "cannonball.view")):
        world.choose(FEATURE_ACCESS={"safety": "permission", "cannonball": "permission", "aircraft": "permission"})
        refused = make(world, wanted, key)
        assert (refused.status_code, needs in refused.json["error"]["message"]) == (403, True)


def test_a_user_makes_five_a_minute(world: World) -> None:
    for _ in range(sandbox.MAX_A_MINUTE):
        assert make(world, "landed").status_code == 201
    world.clock.pass_by(20)
    refused = make(world, "landed")
    assert (*error_of(refused), refused.headers["Retry-After"]) == (429, "rate_limited", "40")
    assert make(world, "landed", world.key("bob", kind="test")).status_code == 201, "another user"
    world.clock.pass_by(41)
    assert make(world, "departed").status_code == 201


def test_eight_are_under_way_at_once_and_the_ninth_says_when(world: World) -> None:
    for place in range(sandbox.MAX_AT_ONCE):
        assert make(world, "landed", world.key(f"user{place // 4}", kind="test")).status_code == 201
    refused = make(world, "landed", world.key("last", kind="test"))
    assert error_of(refused) == (409, "conflict")
    wait = int(refused.headers["Retry-After"])
    assert f"possible in {wait} s" in refused.json["error"]["message"]
    world.clock.pass_by(wait + 1)
    assert make(world, "landed", world.key("last", kind="test")).status_code == 201


def test_rows_that_ended_are_removed(world: World) -> None:
    make(world, "landed")
    world.clock.pass_by(600)
    make(world, "departed")
    assert [row.name for row in rows(world)] == ["departed"]


def test_a_second_area_of_interference_is_refused_while_one_is_open(world: World) -> None:
    now = world.clock.wall()
    keep(world, an_event(event_type="gps_interference", hex=None, hex_2=None, started=now - 40, updated=now), sky="sandbox")
    world.skyspy.safety["sandbox"].run()
    refused = make(world, "gps_interference")
    assert error_of(refused) == (409, "conflict")
    assert "event-0" in refused.json["error"]["message"]
    assert int(refused.headers["Retry-After"]) == 800


def test_what_needs_airports_is_refused_where_there_are_none(tmp_path: Path) -> None:
    world = World(tmp_path, SKYSPY_LAT="-48.9", SKYSPY_LON="-123.4")
    refused = make(world, "landed")
    assert error_of(refused) == (409, "conflict")
    assert "no fitting place near the receiver" in refused.json["error"]["message"]
    assert make(world, "proximity").status_code == 201
    world.close()


@pytest.mark.parametrize("kind", KINDS)
def test_every_process_shows_the_same_aircraft_and_one_that_starts_later_too(kind: str, tmp_path: Path) -> None:
    with database_url(kind, tmp_path) as url:
        here, there = (World(tmp_path / name, SKYSPY_DATABASE_URL=url) for name in ("here", "there"))
        for world in (here, there):
            world.skyspy.sandbox.poll()
        make(here, "tcas_ra")
        for world in (here, there):
            world.skyspy.sandbox.poll()
            world.skyspy.sandbox.poll()
        here.clock.pass_by(30)
        there.clock.pass_by(30)
        make(here, "emergency")
        late = World(tmp_path / "late", SKYSPY_DATABASE_URL=url, clock=here.clock)
        for world in (here, there, late):
            world.skyspy.sandbox.poll()
        asked = [
            [(one.number, one.incident.name, one.begins - world.clock.steady()) for one in world.skyspy.sandbox.requested()]
            for world in (here, there, late)
        ]
        assert asked[0] == asked[1] == asked[2]
        assert [name for _, name, _ in asked[0]] == ["tcas_ra", "emergency"]
        for world in (here, there, late):
            world.close()


def test_a_row_of_a_newer_version_is_passed_over(world: World) -> None:
    world.store.write(sandbox_events.add, "meteor", "", world.clock.wall(), world.clock.wall() + 100)
    make(world, "landed")
    world.skyspy.sandbox.poll()
    assert [one.incident.name for one in world.skyspy.sandbox.requested()] == ["landed"]


def heard_in(world: World, name: str, url: str, seconds: float) -> list[Observation]:
    """What simulated traffic of a sky delivers in so many seconds of a clock that runs as fast as it can."""
    receivers = world.skyspy.skies[name].receivers
    heard: list[Observation] = []
    receivers.start(lambda record: heard.append(record) if isinstance(record, Observation) else None)
    until = world.clock.steady() + seconds
    try:
        wait_for(lambda: world.clock.steady() >= until)
    finally:
        receivers.stop()
    assert receivers.status()[0]["url"] == url
    return heard


def test_the_sandbox_flies_what_was_requested_and_its_traffic_uses_real_airports(tmp_path: Path) -> None:
    world = World(tmp_path, clock=RunningClock())
    told = make(world, "landed").json
    world.skyspy.sandbox.poll()
    heard = heard_in(world, "sandbox", "demo://?seed=4242&incidents=all", 4.0)
    assert told["aircraft"][0]["hex"] in {one.hex for one in heard}
    assert at_airports(heard)
    world.close()


def test_the_demo_of_a_server_without_receivers_uses_real_airports_and_flies_nothing_requested(tmp_path: Path) -> None:
    world = World(tmp_path, clock=RunningClock(), SKYSPY_FEEDS="demo://")
    told = make(world, "landed").json
    world.skyspy.sandbox.poll()
    heard = heard_in(world, "live", "demo://", 4.0)
    assert told["aircraft"][0]["hex"] not in {one.hex for one in heard}
    assert at_airports(heard)
    world.close()


def at_airports(heard: list[Observation]) -> bool:
    """Whether all of those on the ground are at an airport, and there are some."""
    grounded = [one for one in heard if one.fields.get("alt_baro") == "ground"]
    points = [(float(str(one.fields["lat"])), float(str(one.fields["lon"]))) for one in grounded]
    return bool(points) and all(shipped().nearest(point, 3.0) is not None for point in points)

"""Claims about simulated traffic: it is never mistaken for real traffic, and never stays beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from skyspy.aircraft import Observation
from skyspy.feedurl import parse
from skyspy.receivers.receiver import Receiver
from skyspy.simulate import DEFAULT_CENTRE
from tests.support.world import World

DEAD = "sbs://127.0.0.1:1"
"""Nothing listens there."""
LISTS = ("/api/aircraft/", "/data/aircraft.json", "/v2/all", "/v2/hex/4b1900", "/v2/point/47/8/250")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A server whose place nobody named, with its simulated traffic."""
    made = World(tmp_path, SKYSPY_LAT="", SKYSPY_LON="", SKYSPY_FEEDS="demo://")
    made.skyspy.skies["live"].receivers.start(made.skyspy.skies["live"].ingest)
    yield made
    made.skyspy.skies["live"].receivers.stop()
    made.close()


def receiver(world: World, name: str = "demo") -> Receiver:
    return world.skyspy.skies["live"].receivers.receiver(name)


def deliver(world: World, link: Receiver, hexes: Sequence[str], lat: float = 47.5) -> None:
    """Let a receiver deliver these aircraft, often enough to be listed, and tick."""
    link.begin_session(None)
    for _ in range(3):
        world.clock.pass_by(0.1)
        link.deliver([Observation(hex_, world.clock.steady(), "adsb_icao", {"lat": lat, "lon": 8.5}) for hex_ in hexes])
    link.mark_up()
    world.skyspy.skies["live"].tick()


def shown(world: World) -> set[str]:
    return {aircraft["hex"] for aircraft in world.get("/api/aircraft/").json["aircraft"]}


def test_simulated_aircraft_leave_the_moment_a_real_receiver_is_heard(world: World) -> None:
    deliver(world, receiver(world), ["4B1900", "4B1901"])
    real = receiver(world, world.skyspy.skies["live"].receivers.add(parse(DEAD)))
    assert shown(world) == {"4B1900", "4B1901"}, "added, and not heard"
    assert world.get("/api/stats/").json["demo"] is True
    deliver(world, real, ["4B1A00"])
    assert shown(world) == {"4B1A00"}
    deliver(world, receiver(world), ["4B1900", "4B1902"])
    assert shown(world) == {"4B1A00"}, "what still comes of the demo is dropped"
    assert world.skyspy.skies["live"].location is None, "distances are not counted from an invented place"


def test_an_aircraft_that_the_demo_invented_is_another_one_than_the_real_one_of_that_address(world: World) -> None:
    deliver(world, receiver(world), ["4B1900"])
    epoch = world.skyspy.skies["live"].tracker
    before = epoch.aircraft("4B1900", world.clock.steady())
    assert before is not None and before["messages"] == 3
    real = receiver(world, world.skyspy.skies["live"].receivers.add(parse(DEAD)))
    deliver(world, real, ["4B1900"], lat=50.0)
    after = epoch.aircraft("4B1900", world.clock.steady())
    assert after is not None and after["messages"] == 3
    assert after["lat"] == 50.0, "150 nm away at the same moment, and believed"
    assert len(epoch.trail("4B1900")) == 1


def test_clients_are_told_that_the_simulated_aircraft_left(world: World) -> None:
    deliver(world, receiver(world), ["4B1900"])
    sky = world.skyspy.skies["live"]
    real = receiver(world, world.skyspy.skies["live"].receivers.add(parse(DEAD)))
    real.begin_session(None)
    real.deliver([Observation("4B1A00", world.clock.steady(), "adsb_icao", {})])
    delta = sky.tracker.take_delta(world.clock.steady())
    assert delta is not None
    assert [hex_ for hex_, _ in delta.removed] == ["4B1900"]


def test_the_demo_returns_to_an_empty_sky_when_the_last_real_receiver_is_removed(world: World) -> None:
    receivers = world.skyspy.skies["live"].receivers
    name = receivers.add(parse(DEAD))
    deliver(world, receiver(world, name), ["4B1A00"])
    receivers.remove(name)
    receivers.settle()
    world.skyspy.skies["live"].tick()
    assert shown(world) == set()
    deliver(world, receiver(world), ["4B1900"])
    assert shown(world) == {"4B1900"}
    assert world.skyspy.skies["live"].location == DEFAULT_CENTRE


def test_a_receiver_that_falls_silent_does_not_bring_the_demo_back(world: World) -> None:
    receivers = world.skyspy.skies["live"].receivers
    real = receiver(world, receivers.add(parse(DEAD)))
    deliver(world, real, ["4B1A00"])
    real.mark_stale("nothing comes")
    receivers.settle()
    world.clock.pass_by(600)
    assert receivers.is_resting


@pytest.mark.parametrize("path", [*LISTS, "/api/aircraft/4B1900/", "/api/aircraft/4B1900/trail/", "/api/stats/"])
def test_an_answer_carries_demo_while_simulated_traffic_is_shown(world: World, path: str) -> None:
    deliver(world, receiver(world), ["4B1900"])
    assert world.get(path).json["demo"] is True
    deliver(world, receiver(world, world.skyspy.skies["live"].receivers.add(parse(DEAD))), ["4B1900"])
    assert not world.get(path).json.get("demo")


@pytest.mark.parametrize("path", LISTS)
def test_a_real_sky_carries_no_demo(tmp_path: Path, path: str) -> None:
    made = World(tmp_path, SKYSPY_FEEDS=DEAD)
    made.hear("4B1900")
    assert "demo" not in made.get(path).json
    assert made.get("/api/stats/").json["demo"] is False
    made.close()


def test_demo_stands_until_the_last_aircraft_of_a_removed_demo_has_left(tmp_path: Path) -> None:
    made = World(tmp_path, SKYSPY_FEEDS=DEAD)
    sky = made.skyspy.skies["live"]
    sky.receivers.start(sky.ingest)
    name = sky.receivers.add(parse("demo://?seed=2"))
    deliver(made, sky.receivers.receiver(name), ["4B1900"])
    sky.receivers.remove(name)
    assert made.get("/data/aircraft.json").json["demo"] is True
    made.clock.pass_by(61)
    sky.tick()
    assert "demo" not in made.get("/data/aircraft.json").json
    sky.receivers.stop()
    made.close()


def test_a_silent_receiver_is_named_with_the_time_since_when(world: World) -> None:
    receivers = world.skyspy.skies["live"].receivers
    real = receiver(world, receivers.add(parse(DEAD)))
    assert world.get("/api/stats/").json["feeds_silent"] == [], "it has just been added"
    world.clock.pass_by(20)
    [silent] = world.get("/api/stats/").json["feeds_silent"]
    assert (silent["name"], silent["last_seen"], silent["since"]) == ("sbs-1", None, "2027-01-15T08:00:00.000Z")
    deliver(world, real, ["4B1A00"])
    assert world.get("/api/stats/").json["feeds_silent"] == []
    real.mark_stale("nothing comes")
    [silent] = world.get("/api/stats/").json["feeds_silent"]
    assert (silent["state"], silent["since"]) == ("stale", silent["last_seen"])


def test_the_demo_is_not_counted_among_real_receivers(world: World) -> None:
    deliver(world, receiver(world), ["4B1900"])
    stats = world.get("/api/stats/").json
    assert (stats["feeds_up"], stats["feeds_total"]) == (1, 1)
    real = receiver(world, world.skyspy.skies["live"].receivers.add(parse(DEAD)))
    stats = world.get("/api/stats/").json
    assert (stats["feeds_up"], stats["feeds_total"]) == (0, 1)
    assert "0 of 1 receivers up" in world.get("/readyz").text
    deliver(world, real, ["4B1A00"])
    stats = world.get("/api/stats/").json
    assert (stats["feeds_up"], stats["feeds_total"]) == (1, 1)

"""Claims about `/cannonball`: positions in, threats out, how often, and what a bad position costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skyspy.sky.streams import cannonball
from skyspy.threats.table import BEHAVIORS
from tests.support.cannonball import HERE, POLICE, Driving, GatedClock, look, police_at, stream_of
from tests.support.world import World, socket_world, stamp


@pytest.fixture
def world(sockets: World) -> World:
    return sockets


@pytest.fixture
def gated(tmp_path: Path) -> Iterator[tuple[World, GatedClock]]:
    clock = GatedClock()
    world = socket_world(tmp_path, clock)
    yield world, clock
    world.close()


def later(world: World, seconds: float = 0.3) -> None:
    """Let the time pass in which nothing is sent again."""
    world.clock.pass_by(seconds)


# -- positions and lists -------------------------------------------------------------------


def test_before_any_position_the_list_is_empty_and_its_position_null(world: World) -> None:
    driver = Driving(world)
    police_at(world, 2.0)
    assert driver.threats == [], "nothing comes unasked"
    answer = driver.tell("get_threats")
    assert driver.threats == [answer]
    assert answer == {"aircraft": [], "count": 0, "threat_level": None, "position": None, "timestamp": stamp(world)}


def test_a_position_is_answered_with_the_threats_around_it(world: World) -> None:
    driver = Driving(world)
    police_at(world, 2.0, bearing=30.0, gs=0.0)
    answer = driver.at(heading=90, altitude=1400)
    assert driver.threats == [answer], "the acknowledgement carries the same list"
    assert answer["position"] == {"lat": HERE[0], "lon": HERE[1], "heading": 90.0, "altitude": 1400.0}
    assert (answer["count"], answer["threat_level"], answer["timestamp"]) == (1, "high", stamp(world))
    (threat,) = answer["aircraft"]
    assert threat.pop("distance_nm") == pytest.approx(2.0, abs=0.01)
    assert threat.pop("bearing") == pytest.approx(30.0, abs=0.2)
    assert threat == {
        "hex": POLICE,
        "callsign": "EDL12",
        "threat_level": "high",
        "trend": "stable",
        "altitude": 2500,
        "gs": 0.0,
        "track": 90.0,
        "category": "police",
        "reason": "Callsign of the Bavarian police",
        "confidence": "high",
    }


def test_what_is_not_known_of_a_threat_is_null(world: World) -> None:
    driver = Driving(world)
    police_at(world, 2.0, flight=None, r="D-HPBB", alt_baro=None, gs=None, track=None)
    (threat,) = driver.at()["aircraft"]
    assert (threat["callsign"], threat["altitude"], threat["gs"], threat["track"]) == (None, None, None, None)
    assert threat["reason"] == "Registration of a series of the Bavarian police"


def test_airliners_and_aircraft_on_the_ground_or_without_a_position_are_not_listed(world: World) -> None:
    driver = Driving(world)
    police_at(world, 2.0, alt_baro="ground")
    police_at(world, 2.0, hex_="3DD2A1", lat=None, lon=None)
    assert driver.at(47.5, 8.6)["aircraft"] == [], "4B1800 is right here"


def test_the_list_is_ordered_by_level_then_distance_and_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driving(world)
    for number, distance in enumerate((4.0, 0.5, 2.0, 9.0, 2.5)):
        police_at(world, distance, bearing=70.0 * number, hex_=f"3DD2A{number}")
    answer = driver.at()
    assert [row["threat_level"] for row in answer["aircraft"]] == ["critical", "high", "high", "medium", "low"]
    assert [round(row["distance_nm"], 1) for row in answer["aircraft"]] == [0.5, 2.0, 2.5, 4.0, 9.0]
    assert answer["threat_level"] == "critical"
    monkeypatch.setattr(cannonball, "MAX_LISTED", 2)
    later(world)
    fewer = driver.at()
    assert (fewer["count"], [row["threat_level"] for row in fewer["aircraft"]]) == (2, ["critical", "high"])


def test_the_level_is_lower_and_the_trend_said_while_it_flies_away(world: World) -> None:
    driver = Driving(world)
    police_at(world, 0.5, bearing=0.0, gs=150.0, track=0.0)
    (threat,) = driver.at()["aircraft"]
    assert (threat["trend"], threat["threat_level"]) == ("receding", "high")
    police_at(world, 0.6, bearing=0.0, gs=150.0, track=180.0)
    (threat,) = driver.at()["aircraft"]
    assert (threat["trend"], threat["threat_level"]) == ("approaching", "critical")


def test_a_driver_who_drives_towards_what_stands_still_approaches_it(world: World) -> None:
    driver = Driving(world)
    police_at(world, 3.5, bearing=0.0)
    for second in range(4):
        answer = driver.at(HERE[0] + second * 60.0 / 3600 / 60)
        world.clock.pass_by(1.0)
    assert answer["aircraft"][0]["trend"] == "approaching"


def test_an_aircraft_is_moved_on_by_the_age_of_its_position(world: World) -> None:
    driver = Driving(world)
    police_at(world, 5.0, bearing=0.0, gs=360.0, track=180.0)
    before = driver.at()["aircraft"][0]["distance_nm"]
    world.clock.pass_by(5.0)
    assert driver.at()["aircraft"][0]["distance_nm"] == pytest.approx(before - 0.5, abs=0.02)


def test_what_an_aircraft_does_makes_it_a_threat(world: World) -> None:
    driver = Driving(world)
    police_at(world, 2.0, flight="DHABC", r="D-HABC", t="EC35")
    assert driver.at()["count"] == 0
    later(world)
    stream_of(world).watch.behaviors_of = lambda _hex: frozenset({"circling"})
    look(world)
    assert driver.threats[-1]["aircraft"][0]["category"] == "surveillance"
    assert BEHAVIORS["circling"] in driver.threats[-1]["aircraft"][0]["reason"]


# -- radius --------------------------------------------------------------------------------


def test_the_radius_decides_what_is_listed_and_is_confirmed(world: World) -> None:
    driver = Driving(world)
    police_at(world, 12.0)
    assert driver.at()["count"] == 0
    later(world)
    assert driver.tell("set_radius", {"radius_nm": 15}) == {"radius_nm": 15.0}
    assert driver.got("radius_updated") == [{"radius_nm": 15.0}]
    assert driver.threats[-1]["count"] == 1
    later(world)
    driver.tell("set_radius", {"radius_nm": 11.5})
    assert driver.threats[-1]["count"] == 0


@pytest.mark.parametrize("radius", [0, 0.99, 100.1, -5, "10", True, None, [10], {}])
def test_a_radius_that_is_none_is_refused_and_the_last_one_stays(world: World, radius: object) -> None:
    driver = Driving(world)
    driver.tell("set_radius", {"radius_nm": 20})
    answer = driver.tell("set_radius", {"radius_nm": radius})
    assert answer["code"] == "bad_payload"
    assert driver.got("error") == [answer]
    assert driver.drive.radius_nm == 20.0


# -- bad positions -------------------------------------------------------------------------

BAD: list[dict[str, Any]] = [
    {},
    {"lat": 47.0},
    {"lon": 8.0},
    {"lat": None, "lon": 8.0},
    {"lat": "47", "lon": 8.0},
    {"lat": True, "lon": 8.0},
    {"lat": 90.1, "lon": 8.0},
    {"lat": 47.0, "lon": -180.5},
    {"lat": 10**15, "lon": 8.0},
    {"lat": [47.0], "lon": 8.0},
    {"lat": {"lat": 47.0}, "lon": 8.0},
    {"lat": 47.0, "lon": 8.0, "heading": "north"},
    {"lat": 47.0, "lon": 8.0, "heading": 360.5},
    {"lat": 47.0, "lon": 8.0, "heading": False},
    {"lat": 47.0, "lon": 8.0, "altitude": 1e9},
    {"lat": 47.0, "lon": 8.0, "altitude": "high"},
]


@pytest.mark.parametrize("position", BAD, ids=str)
def test_a_bad_position_is_answered_with_an_error_and_the_last_good_one_stays(world: World, position: dict[str, Any]) -> None:
    driver = Driving(world)
    driver.at()
    driver.forget()
    answer = driver.tell("position_update", position)
    assert (answer["code"], driver.got("error"), driver.threats) == ("bad_payload", [answer], [])
    assert "47" not in answer["message"], "what was sent is not repeated"
    assert driver.drive.driver.point == HERE
    later(world)
    assert driver.tell("get_threats")["position"]["lat"] == HERE[0]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "1" + 400 * "0"], ids=lambda text: text[:9])
def test_a_number_that_is_none_never_becomes_a_position(world: World, text: str) -> None:
    driver = Driving(world)
    driver.at()
    driver.forget()
    driver.peer.say(f'2/cannonball,["position_update",{{"lat":{text},"lon":8.0}}]')
    assert len(driver.got("error")) == 1
    assert driver.drive.driver.point == HERE


@pytest.mark.parametrize("payload", ["text", 7, [47.0, 8.0], None, True])
def test_a_payload_that_is_no_object_is_an_error(world: World, payload: object) -> None:
    driver = Driving(world)
    assert driver.tell("position_update", payload)["code"] == "bad_payload"
    assert driver.drive.driver.point is None


def test_a_device_without_a_heading_may_say_so(world: World) -> None:
    driver = Driving(world)
    assert driver.at(heading=-1)["position"]["heading"] is None
    later(world)
    assert driver.at(heading=None, altitude=None)["position"]["heading"] is None


# -- how often -----------------------------------------------------------------------------


def test_positions_faster_than_five_a_second_are_answered_by_one_list_with_the_last(gated: tuple[World, GatedClock]) -> None:
    world, clock = gated
    driver = Driving(world)
    first = driver.at(47.0, 8.0)
    answers = [driver.at(47.0 + step / 1000, 8.0) for step in range(1, 10)]
    assert driver.threats == [first]
    assert answers == [first] * 9, "an acknowledgement carries the list that was sent last"
    assert clock.asleep == [pytest.approx(0.1)], "one answer waits, not nine"
    clock.open()
    assert [payload["position"]["lat"] for payload in driver.threats] == [47.0, 47.009]
    assert driver.got("error") == []


def test_five_positions_a_second_are_each_answered(world: World) -> None:
    driver = Driving(world)
    for step in range(50):
        driver.at(47.0 + step / 1000)
        world.clock.pass_by(0.2001)
    assert [payload["position"]["lat"] for payload in driver.threats] == [47.0 + step / 1000 for step in range(50)]


def test_positions_that_arrive_irregularly_are_answered_at_once_and_five_a_second_in_the_long_run(
    gated: tuple[World, GatedClock],
) -> None:
    world, clock = gated
    driver = Driving(world)
    for step in range(20):
        driver.at(47.0 + step / 1000)
        clock.pass_by(0.14 if step % 2 else 0.26)
    assert len(driver.threats) == 20
    assert clock.asleep == []
    began, sent = clock.steady(), len(driver.threats)
    for _ in range(200):
        driver.at()
        if clock.asleep:
            clock.open()
    at_most = 5 * (clock.steady() - began + 0.1) + 1  # a list may come a tenth of a second early
    assert at_most - 2.5 <= len(driver.threats) - sent <= at_most


def test_asking_and_changing_the_radius_are_within_the_same_five_a_second(gated: tuple[World, GatedClock]) -> None:
    world, clock = gated
    driver = Driving(world)
    driver.at()
    driver.tell("get_threats")
    driver.tell("set_radius", {"radius_nm": 30})
    assert (len(driver.threats), len(driver.got("radius_updated"))) == (1, 1)
    clock.open()
    assert len(driver.threats) == 2


def test_a_list_that_waits_is_not_sent_to_a_session_that_left(gated: tuple[World, GatedClock]) -> None:
    world, clock = gated
    driver = Driving(world)
    driver.at()
    driver.at()
    driver.peer.say("1/cannonball,")
    driver.forget()
    clock.open()
    assert driver.threats == []


def test_a_flood_is_limited_like_any_other_and_costs_the_position_nothing(gated: tuple[World, GatedClock]) -> None:
    world, _ = gated
    world.choose(SOCKET_EVENTS_BURST=20, SOCKET_EVENTS_PER_SECOND=1)
    driver = Driving(world)
    for step in range(60):
        driver.at(47.0 + step / 1000)
    assert len(driver.threats) == 1
    assert {error["code"] for error in driver.got("error")} == {"rate_limited"}
    assert len(driver.got("error")) <= 3
    assert driver.drive.driver.point is not None


# -- changes -------------------------------------------------------------------------------


def test_a_threat_that_appears_changes_and_leaves_is_sent_without_asking(world: World) -> None:
    driver = Driving(world)
    driver.at()
    driver.forget()
    police_at(world, 2.0)
    assert [payload["count"] for payload in driver.threats] == [1]
    world.clock.pass_by(1.0)
    look(world)
    assert len(driver.threats) == 1, "nothing has changed"
    world.clock.pass_by(30.0)
    police_at(world, 0.8)
    assert [payload["threat_level"] for payload in driver.threats] == ["high", "critical"]
    world.clock.pass_by(400.0)
    world.skyspy.skies["live"].tick()
    look(world)
    assert driver.threats[-1]["aircraft"] == []


def test_who_has_sent_no_position_gets_nothing_unasked(world: World) -> None:
    driver = Driving(world)
    police_at(world, 2.0)
    look(world)
    assert driver.threats == []


def test_a_change_right_after_a_list_waits_for_the_next_look(world: World) -> None:
    driver = Driving(world)
    police_at(world, 2.0)
    driver.at()
    later(world, 0.05)
    stream_of(world).watch.behaviors_of = lambda _hex: frozenset({"circling"})
    look(world)
    assert len(driver.threats) == 1
    world.clock.pass_by(1.0)
    look(world)
    assert len(driver.threats) == 2


def test_nothing_is_looked_at_while_nobody_drives(world: World) -> None:
    police_at(world, 2.0)
    watch = stream_of(world).watch
    assert watch.candidates == ()
    driver = Driving(world)
    look(world)
    assert [candidate.state.hex for candidate in watch.candidates] == [POLICE]
    driver.peer.leave()
    look(world)
    assert watch.candidates == ()
    assert stream_of(world).sessions == []


def test_simulated_traffic_is_labelled(world: World) -> None:
    driver = Driving(world)
    assert "demo" not in driver.at()
    stream_of(world).watch.demo = True
    later(world)
    assert driver.at()["demo"] is True

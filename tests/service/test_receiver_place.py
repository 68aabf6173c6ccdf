"""Claims about where the receiver stands: set in the panel or said by the receiver, in force at once, in every process."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from skyspy import wirejson
from skyspy.decode.base import Context
from skyspy.feedurl import parse
from skyspy.receivers.place import Place, parse_place, receiver_json
from skyspy.services.place import PlaceFollower
from skyspy.sky import Sky
from skyspy.store.registry import SettingError
from tests.support.browser_client import Browser
from tests.support.sources import PATIENT, Ear, Web, document, http, running, wait_for
from tests.support.world import Panel, World

PLACELESS = {"SKYSPY_LAT": "", "SKYSPY_LON": ""}
SBS = "sbs://127.0.0.1:1"
HERE = {"RECEIVER_LATITUDE": "47.4583", "RECEIVER_LONGITUDE": "8.548"}


@pytest.fixture
def ann(panel: Panel) -> Browser:
    panel.user("ann")
    return panel.browser("ann")


def live(world: World) -> Sky:
    return world.skyspy.skies["live"]


def follow(world: World) -> None:
    """One look at the settings, as the watcher has it."""
    PlaceFollower(world.skyspy).follow(world.settings.fresh(0))


def distance(world: World, hex_: str = "4B1900") -> float | None:
    found = world.get(f"/api/aircraft/{hex_}/", world.key()).json.get("distance_nm")
    assert found is None or isinstance(found, float)
    return found


def text_of(page: str) -> str:
    """A page's text without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


# -- as it is set ---------------------------------------------------------------------------------


def test_a_place_that_is_set_is_in_force_at_once(tmp_path: Path) -> None:
    world = World(tmp_path, **PLACELESS, SKYSPY_FEEDS=SBS)
    world.hear("4B1900", lat=47.4583, lon=8.548)
    assert distance(world) is None
    assert world.get("/api/stats/").json["receiver_location"] == "unknown"
    world.choose(RECEIVER_LATITUDE=47.4583, RECEIVER_LONGITUDE=8.548)
    follow(world)
    assert distance(world) == 0.0
    assert world.get("/api/stats/").json["receiver_location"] == "rounded"
    assert world.get("/data/receiver.json", world.key()).json["lat"] == 47.4583
    world.choose(RECEIVER_LATITUDE=None, RECEIVER_LONGITUDE=None)
    follow(world)
    assert distance(world) is None
    world.close()


def test_a_new_place_is_known_to_decoders_that_run() -> None:
    antenna = Place(None)
    context = Context(moving=antenna.now)
    assert context.antenna() is None
    antenna.location = (1.5, 2.5)
    assert context.antenna() == (1.5, 2.5)


def test_the_sandbox_stands_near_the_place_and_never_at_it(tmp_path: Path) -> None:
    world = World(tmp_path, **PLACELESS, SKYSPY_FEEDS=SBS)
    world.choose(RECEIVER_LATITUDE=10.123, RECEIVER_LONGITUDE=20.456)
    follow(world)
    assert live(world).location == (10.123, 20.456)
    assert world.skyspy.skies["sandbox"].location == (10.1, 20.5)
    world.close()


def test_the_environment_gives_the_first_value_only(tmp_path: Path) -> None:
    world = World(tmp_path, SKYSPY_LAT="47.46", SKYSPY_LON="8.55", SKYSPY_ALT="400ft", SKYSPY_FEEDS=SBS)
    assert (world.settings.current.receiver_place, live(world).location) == ((47.46, 8.55), (47.46, 8.55))
    assert pytest.approx(121.92) == world.settings.current.RECEIVER_ALTITUDE_M
    world.choose(RECEIVER_LATITUDE=1.5, RECEIVER_LONGITUDE=2.5)
    world.close()
    again = World(tmp_path, SKYSPY_LAT="47.46", SKYSPY_LON="8.55", SKYSPY_FEEDS=SBS)
    assert live(again).location == (1.5, 2.5)
    again.close()


def test_half_a_place_and_what_is_no_place_are_refused(world: World) -> None:
    for changes in (
        {"RECEIVER_LATITUDE": None},
        {"RECEIVER_LATITUDE": 91},
        {"RECEIVER_LONGITUDE": "east"},
        {"RECEIVER_ALTITUDE_M": 9001},
        {"RECEIVER_NAME": "x" * 65},
        {"RECEIVER_NAME": "a\nb"},
        {"RECEIVER_PLACE_SOURCE": "guess"},
    ):
        with pytest.raises(SettingError):
            world.choose(**changes)
    assert world.settings.current.receiver_place == (47.46, 8.55)


# -- as the receiver says -------------------------------------------------------------------------


def test_the_place_is_read_from_the_receiver_json_beside_the_aircraft_json() -> None:
    def reply(head: str) -> bytes:
        if "GET /skyaware/data/receiver.json " in head:
            return http(wirejson.dump_bytes({"version": "x", "lat": 47.5, "lon": 8.25}))
        return http(document(float(len(web.requests)), "4b1900"))

    web = Web(reply)
    told: list[object] = []
    with running(
        f"http://127.0.0.1:{web.port}/skyaware/data/aircraft.json?a=1#interval=0.1", sink=Ear(), timing=PATIENT
    ) as feeds:
        feeds.place.on_told = lambda: told.append(dict(feeds.place.told))
        wait_for(lambda: feeds.status()[0]["state"] == "up")
        assert not any("receiver.json" in head for head in web.requests), "nobody asked"
        feeds.place.is_asked = True
        wait_for(lambda: told)
    assert list(feeds.place.told.values()) == [(47.5, 8.25)]
    web.close()


def test_a_receiver_without_receiver_json_is_as_good_as_any() -> None:
    def reply(head: str) -> bytes:
        return http(b"no", "404 Not Found") if "receiver.json" in head else http(document(float(len(web.requests)), "4b1900"))

    web = Web(reply)
    with running(f"http://127.0.0.1:{web.port}/data/aircraft.json#interval=0.1", sink=Ear(), timing=PATIENT) as feeds:
        feeds.place.is_asked = True
        wait_for(lambda: feeds.status()[0]["state"] == "up")
        assert feeds.status()[0]["error"] is None
    web.close()


def test_what_the_receiver_says_counts_where_the_settings_say_so_and_else_the_coordinates(tmp_path: Path) -> None:
    world = World(tmp_path, SKYSPY_FEEDS="http://127.0.0.1:1/data/aircraft.json")
    follower = PlaceFollower(world.skyspy)
    place = live(world).receivers.place
    world.choose(RECEIVER_PLACE_SOURCE="receiver")
    follower.follow(world.settings.fresh(0))
    assert place.is_asked
    assert live(world).location == (47.46, 8.55), "it has said nothing yet"
    place.tell(parse("http://127.0.0.1:1/data/aircraft.json"), (10.0, 20.0))
    assert live(world).location == (10.0, 20.0), "at once"
    place.tell(parse("http://127.0.0.1:9/data/aircraft.json"), (50.0, 50.0))
    assert live(world).location == (10.0, 20.0), "another, which is not in the list"
    world.choose(RECEIVER_PLACE_SOURCE="settings")
    follower.follow(world.settings.fresh(0))
    assert live(world).location == (47.46, 8.55)
    world.close()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"lat": 1}',
        b'{"lat": "1", "lon": 2}',
        b'{"lat": 91, "lon": 2}',
        b'{"lat": 1, "lon": 2, "x": "' + b"y" * 70000 + b'"}',
    ],
)
def test_a_receiver_json_without_a_place_says_nothing(data: bytes) -> None:
    assert parse_place(data) is None


def test_the_receiver_json_stands_beside_the_aircraft_json_with_the_same_password() -> None:
    assert receiver_json(parse("https://op:hush@pi:8443/a/data/aircraft.json?x=1#interval=2")).text == (
        "https://op:hush@pi:8443/a/data/receiver.json"
    )


# -- in the panel ---------------------------------------------------------------------------------


def test_the_panel_says_that_the_place_is_unknown_and_what_that_means(tmp_path: Path) -> None:
    panel = Panel(tmp_path, **PLACELESS, SKYSPY_FEEDS=SBS)
    panel.user("ann")
    page = text_of(panel.browser("ann").get("/admin/feeds/").text)
    assert "The place is unknown. Without it there are no distances and bearings" in page
    panel.close()


def test_the_place_is_set_in_the_panel_with_the_password_and_stands_in_the_log(panel: Panel, ann: Browser) -> None:
    form = {**HERE, "RECEIVER_NAME": "Roof", "RECEIVER_ALTITUDE_M": "432", "RECEIVER_PLACE_SOURCE": "settings"}
    ann.get("/admin/feeds/")
    assert ann.post("/admin/feeds/place/", form).status_code == 303
    page = text_of(ann.get("/admin/feeds/").text)
    assert "Where the receiver stands: Roof" in page
    assert "latitude 47.45830, longitude 8.54800" in page
    settings = panel.settings.fresh(0)
    assert (settings.RECEIVER_NAME, settings.receiver_place, settings.RECEIVER_ALTITUDE_M) == ("Roof", (47.4583, 8.548), 432.0)
    assert {entry.object for entry in panel.log("setting.set") if entry.actor == "ann"} >= set(HERE)
    panel.clock.pass_by(1200)
    assert ann.post("/admin/feeds/place/", form).status_code == 401


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"RECEIVER_LONGITUDE": ""}, "Write both latitude and longitude, or neither."),
        ({"RECEIVER_LATITUDE": "north"}, "Write a number from -90 to 90."),
        ({"RECEIVER_LONGITUDE": "181"}, "Write a number from -180 to 180."),
        ({"RECEIVER_ALTITUDE_M": ""}, "Write a number from -500 to 9000."),
    ],
)
def test_a_place_that_is_none_is_refused_beside_its_field_and_stays(
    panel: Panel, ann: Browser, typed: dict[str, str], said: str
) -> None:
    form = {**HERE, "RECEIVER_NAME": "", "RECEIVER_ALTITUDE_M": "0", "RECEIVER_PLACE_SOURCE": "settings", **typed}
    ann.get("/admin/feeds/")
    answer = ann.post("/admin/feeds/place/", form)
    assert answer.status_code == 400
    assert said in text_of(answer.text)
    [(name, value)] = typed.items()
    assert f'name="{name}" value="{value}"' in answer.text or f'value="{value}"' in answer.text
    assert panel.settings.fresh(0).receiver_place is None

"""Claims about the aircraft as JSON (skyspy/sky/listing.py): encoded once for all, in pieces, and true of one moment."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from time import monotonic
from typing import Any

import gevent
import pytest

from skyspy import wirejson
from skyspy.aircraft import Observation
from skyspy.cooperate import MAX_BUSY_SECONDS, Yielder
from skyspy.geo import Point
from skyspy.sky.audience import seen_from
from skyspy.sky.listing import LARGE, Form, Listing, Listings, Viewpoint, _Rows
from skyspy.tracker import Limits, Tracker
from tests.conftest import StillClock
from tests.support.hub import Rounds, rounds_counted

HERE = (47.4582, 8.5555)
MANY = LARGE + 2000


class Scene:
    """The listings of one tracker. `made` are the hexes that were encoded since the last `forget`."""

    def __init__(self, aircraft: int = 3) -> None:
        self.clock = StillClock()
        self.tracker = Tracker(Limits(), HERE, "epoch")
        self.here: Point | None = HERE
        self.hidden = self.demo = False
        self.listings = Listings(self.tracker, self.clock, lambda _audience: Viewpoint(self.here, self.hidden, self.demo))
        self.made: list[str] = []
        self.takes = 0.0
        """Seconds of the clock that encoding an aircraft takes."""
        self.form = Form("counted", self._noted)
        self.hear(*range(aircraft), times=2)

    def _noted(self, aircraft: dict[str, Any], _tracked: object) -> dict[str, Any]:
        self.made.append(aircraft["hex"])
        self.clock.pass_by(self.takes)
        return aircraft

    def hear(self, *numbers: int, times: int = 1, **fields: Any) -> None:
        given = {"lat": 47.5, "lon": 8.5, "gs": 100.0, "nav_modes": ("lnav",), **fields}
        for _ in range(times):
            for number in numbers:
                self.tracker.apply(Observation(hex_of(number), self.clock.steady(), "adsb_icao", given), self.clock.steady())
        self.tracker.take_delta(self.clock.steady())

    def now(self) -> Listing:
        return self.listings.now("exact", self.form)

    def recent(self) -> Listing:
        return self.listings.recent("exact", self.form)


def hex_of(number: int) -> str:
    return f"{0x400000 + number:06X}"


def listed(listing: Listing) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = wirejson.loads(listing.body.text)
    return read


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_listing_is_what_the_tracker_holds_as_the_audience_sees_it_ordered_by_hex(scene: Scene) -> None:
    scene.clock.pass_by(7.26)
    scene.hear(1, gs=250.0)
    expected = [seen_from(aircraft, HERE) for aircraft in scene.tracker.snapshot(scene.clock.steady())]
    shown = scene.listings.now("exact")
    assert listed(shown) == wirejson.loads(wirejson.dump_bytes(sorted(expected, key=lambda aircraft: aircraft["hex"])))
    assert [aircraft["seen"] for aircraft in listed(shown)] == [7.3, 0.0, 7.3]
    assert (len(shown), shown.size, scene.listings.size("exact")) == (3, len(shown.body.text), len(shown.body.text))


def test_all_who_ask_in_one_moment_get_one_listing_and_each_aircraft_is_encoded_again_only_when_it_has_changed(
    scene: Scene,
) -> None:
    first = scene.now()
    assert scene.now() is first is scene.recent()
    assert scene.made == [hex_of(n) for n in range(3)]
    scene.made.clear()
    scene.hear(2, gs=300.0)
    second = scene.now()
    assert second.seq == first.seq + 1
    assert scene.made == [hex_of(2)]
    assert [aircraft["gs"] for aircraft in listed(second)] == [100.0, 100.0, 300.0]
    assert [aircraft["gs"] for aircraft in listed(first)] == [100.0, 100.0, 100.0], "a listing never changes"


def test_ages_go_on_while_nothing_changes(scene: Scene) -> None:
    first = scene.now()
    scene.made.clear()
    scene.clock.pass_by(0.05)
    assert scene.now() is first
    scene.clock.pass_by(2.0)
    assert listed(scene.now())[0]["seen"] == listed(scene.now())[0]["seen_pos"] == pytest.approx(2.05, abs=0.06)
    assert scene.made == [], "only the ages were written anew"


def test_an_aircraft_that_left_and_one_that_came_back_are_shown_as_they_are(scene: Scene) -> None:
    scene.now()
    scene.clock.pass_by(1000.0)
    scene.hear()
    assert listed(scene.now()) == []
    scene.hear(1, times=2, gs=50.0)
    assert [(aircraft["hex"], aircraft["gs"]) for aircraft in listed(scene.now())] == [(hex_of(1), 50.0)]


@pytest.mark.parametrize("aircraft", [3, MANY])
def test_a_point_from_which_distances_are_measured_no_more_is_in_no_later_listing(aircraft: int) -> None:
    scene = Scene(aircraft)
    assert "distance_nm" in listed(scene.recent())[0]
    scene.here = None
    assert "distance_nm" not in listed(scene.recent())[0]
    assert "distance_nm" not in listed(scene.now())[0]


def test_pages_and_places_are_parts_of_the_list() -> None:
    scene = Scene(5)
    listing = scene.now()
    assert [wirejson.loads(listing.text(place))["hex"] for place in range(5)] == [hex_of(n) for n in range(5)]
    assert wirejson.loads(listing.pick([1, 3]).text) == [listed(listing)[1], listed(listing)[3]]
    assert (listing.place_of(hex_of(4)), listing.place_of("FFFFFF"), listing.place_of("000000")) == (4, None, None)
    assert [listing.place_after(hex_) for hex_ in ("", hex_of(0), hex_of(4), "~")] == [0, 1, 5, 5]
    assert listing.where(lambda row: row["hex"] > hex_of(2)) == [3, 4]


# -- large skies -------------------------------------------------------------------------------------


@pytest.fixture
def ticking() -> Iterator[Scene]:
    """A large sky in which some aircraft change while a listing is made."""
    scene = Scene(MANY)

    def tick() -> None:
        while True:
            gevent.sleep(0.001)
            scene.clock.pass_by(0.001)
            scene.hear(*range(40), gs=round(scene.clock.steady() % 1000, 1))

    ticker = gevent.spawn(tick)
    gevent.sleep(0)
    yield scene
    ticker.kill()


def test_a_large_listing_is_made_in_pieces_and_is_true_of_one_delta_all_the_same(
    ticking: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyspy.cooperate.MAX_BUSY_SECONDS", 0.0)
    with rounds_counted() as rounds:
        ticking.listings.ready("exact", ticking.form)
        shown = ticking.now()
    assert rounds.count > 20, "others had their turn meanwhile"
    assert shown.seq == ticking.tracker.seq > 1
    assert {aircraft["gs"] for aircraft in listed(shown)[:40]} == {listed(shown)[0]["gs"]}, "all forty changed together"
    assert min(aircraft["seen"] for aircraft in listed(shown)) == 0.0, "what was heard since it was begun is new"


def test_a_listing_that_takes_longer_to_make_than_it_holds_is_made_once_for_who_waited_for_it() -> None:
    scene = Scene(MANY)
    scene.takes = 0.001
    scene.listings.ready("exact", scene.form)
    shown = scene.now()
    assert scene.listings.made == 1
    assert scene.clock.steady() - shown.moment.steady == pytest.approx(MANY * scene.takes)


def test_what_changes_while_a_large_listing_is_made_is_all_that_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(MANY)
    looked: list[str] = []
    row = _Rows.row
    monkeypatch.setattr(_Rows, "row", lambda self, aircraft: looked.append(aircraft.hex) or row(self, aircraft))
    changing = [gevent.spawn_later(0.001, scene.hear, 5, 6, gs=7.0), gevent.spawn_later(0.002, scene.hear, 9000, times=2)]
    scene.listings.ready("exact", scene.form)
    gevent.joinall(changing, raise_error=True)
    assert {aircraft["gs"] for aircraft in listed(scene.now())[5:7]} == {7.0}
    assert len(scene.now()) == MANY + 1
    assert MANY + 3 <= len(looked) <= MANY + 6


def test_another_aircraft_of_an_address_that_left_while_a_listing_is_made_is_listed_as_it_is() -> None:
    scene = Scene(MANY)

    def exchange() -> None:
        scene.tracker.clear()
        scene.hear(1, times=2, gs=50.0)

    changing = gevent.spawn_later(0.001, exchange)
    scene.listings.ready("exact", scene.form)
    changing.get()
    assert [(aircraft["hex"], aircraft["gs"]) for aircraft in listed(scene.now())] == [(hex_of(1), 50.0)]


def test_a_crowd_that_waits_for_a_large_sky_gets_one_listing() -> None:
    scene = Scene(MANY)
    shown: list[Listing] = []

    def greet() -> None:
        scene.listings.ready("exact", scene.form)
        shown.append(scene.now())

    gevent.joinall([gevent.spawn(greet) for _ in range(100)], raise_error=True)
    assert scene.listings.made == 1
    assert len(scene.made) == MANY
    assert {id(one.body.text) for one in shown} == {id(shown[0].body.text)}


def test_of_a_crowd_that_waits_for_a_large_sky_few_are_answered_in_one_round_of_the_hub() -> None:
    scene, in_round = Scene(MANY), Counter[int]()

    def greet(rounds: Rounds, yielder: Yielder) -> None:
        scene.listings.ready("exact", scene.form)
        in_round[rounds.count] += 1
        until = monotonic() + MAX_BUSY_SECONDS / 2
        while monotonic() < until:  # what an answer costs
            pass
        yielder.pause()

    with rounds_counted() as rounds:
        gevent.joinall([gevent.spawn(greet, rounds, Yielder()) for _ in range(40)], raise_error=True)
    assert max(in_round.values()) <= 3, in_round
    assert in_round.total() == 40


def test_a_large_sky_is_not_encoded_at_every_tick_and_less_often_while_former_listings_are_being_sent() -> None:
    scene = Scene(MANY)
    held = [scene.recent()]
    scene.hear(0, gs=1.0)
    assert scene.recent() is held[0], "over HTTP some tenths of a second old"
    assert scene.now().seq == scene.tracker.seq, "what must be current is"
    with_none = _pause_after(scene)
    for number in range(5):
        scene.hear(number, gs=2.0)
        held.append(scene.now())
    assert _pause_after(scene) >= with_none + 0.4


def _pause_after(scene: Scene) -> float:
    """Seconds after the newest listing until the next one may be made."""
    maker: Any = scene.listings._makers["exact", "counted"]
    scene.hear(7, gs=float(scene.listings.made))
    scene.now()
    return float(maker._next_at - monotonic())


def test_a_listing_hides_what_tells_where_the_receiver_stands_as_soon_as_that_is_hidden() -> None:
    scene = Scene(0)
    given = {
        "rr_lat": 47.4,
        "rr_lon": 8.5,
        "lastPosition": {"lat": 47.0, "lon": 8.0, "nic": 8, "rc": 186, "seen_pos": 5.0},
        "gs": 9.0,
    }
    for _ in range(2):
        now = scene.clock.steady()
        scene.tracker.apply(Observation(hex_of(1), now, "adsb_icao", given), now)
    scene.tracker.take_delta(scene.clock.steady())
    (shown,) = json.loads(scene.now().body.text)
    assert (shown["rr_lat"], shown["lastPosition"]["seen_pos"]) == (47.4, 5.0)
    scene.hidden = True
    scene.clock.pass_by(3.0)
    (shown,) = json.loads(scene.now().body.text)
    assert "rr_lat" not in shown
    assert shown["lastPosition"]["seen_pos"] == 8.0, "its age goes on"

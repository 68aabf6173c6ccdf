"""The tracker's gate: ages, order, rank of sources, odd times."""

from __future__ import annotations

import pytest

from skyspy.aircraft import SOURCES
from skyspy.tracker import EXPIRED, FRESH, STALE, Limits, Tracker, freshness
from skyspy.tracker.gate import Stamp
from skyspy.tracker.tracked_aircraft import SOURCE_CATEGORIES
from tests.support.tracker import HEX, T0, heard, shown

# ages


@pytest.mark.parametrize(
    ("source", "age", "wanted"),
    [
        ("adsb_icao", 0.0, FRESH),
        ("adsb_icao", 15.0, FRESH),
        ("adsb_icao", 15.1, STALE),
        ("adsb_icao", 59.9, STALE),
        ("adsb_icao", 60.0, EXPIRED),
        ("mlat", 59.9, STALE),
        ("mode_s", 60.0, EXPIRED),
        ("adsc", 15.1, STALE),
        ("adsc", 33 * 60 - 0.1, STALE),
        ("adsc", 33 * 60.0, EXPIRED),
    ],
)
def test_a_field_is_fresh_then_stale_then_gone(tracker: Tracker, source: str, age: float, wanted: str) -> None:
    assert freshness(Stamp(T0, SOURCES[source]), T0 + age, Limits()) == wanted
    # The aircraft itself is kept alive by another field, which is never older than now.
    tracker.apply(heard(T0, source, alt_baro=30000), T0)
    assert shown(tracker, T0)["alt_baro"] == 30000
    tracker.apply(heard(T0 + age, source, squawk="2000"), T0 + age)
    assert ("alt_baro" in shown(tracker, T0 + age)) is (wanted != EXPIRED)


def test_an_expired_field_is_told_as_null_once(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=30000, gs=400.0), T0)
    tracker.take_delta(T0)
    tracker.apply(heard(T0 + 40, gs=410.0), T0 + 40)
    tracker.take_delta(T0 + 40)
    delta = tracker.take_delta(T0 + 60)
    assert delta is not None
    assert delta.changed == ({"hex": HEX, "alt_baro": None},)
    assert tracker.take_delta(T0 + 61) is None


def test_limits_say_how_long_a_field_lives() -> None:
    tracker = Tracker(Limits(stale_s=2, expire_s=5, timeout_s=100), None, "e")
    tracker.apply(heard(T0, gs=400.0), T0)
    assert shown(tracker, T0 + 4.9)["gs"] == 400.0
    assert "gs" not in shown(tracker, T0 + 5)


def test_new_limits_are_in_force_at_once(tracker: Tracker) -> None:
    tracker.apply(heard(T0, gs=400.0), T0)
    tracker.take_delta(T0)
    tracker.limits = Limits(timeout_s=10)
    delta = tracker.take_delta(T0 + 10)
    assert delta is not None
    assert delta.removed == ((HEX, "timeout"),)


def test_longer_limits_keep_what_shorter_ones_would_have_dropped(tracker: Tracker) -> None:
    tracker.apply(heard(T0, gs=400.0), T0)
    tracker.take_delta(T0)
    tracker.limits = Limits(expire_s=200, timeout_s=300)
    assert shown(tracker, T0 + 199)["gs"] == 400.0
    assert "gs" not in shown(tracker, T0 + 200)
    assert len(tracker) == 1
    assert shown(tracker, T0 + 300) == {}


def test_an_old_field_heard_late_still_expires_by_its_own_age(tracker: Tracker) -> None:
    tracker.apply(heard(T0, gs=400.0), T0)
    tracker.take_delta(T0)
    tracker.apply(heard(T0 - 55, nav_qnh=1013.0), T0 + 1)
    assert shown(tracker, T0 + 1)["nav_qnh"] == 1013.0
    assert "nav_qnh" not in shown(tracker, T0 + 5)
    assert shown(tracker, T0 + 5)["gs"] == 400.0


def test_fields_that_expired_and_came_back_alike_expire_again() -> None:
    tracker = Tracker(Limits(timeout_s=1000), None, "e")
    for start in (T0, T0 + 100, T0 + 200):
        for step in range(3):
            tracker.apply(heard(start + step, gs=400.0, lat=47.0, lon=8.0, nic=8), start + step)
        assert {"gs", "lat", "lon", "nic", "seen_pos"} <= set(shown(tracker, start + 3))
        assert not {"gs", "lat", "lon", "nic", "seen_pos"} & set(shown(tracker, start + 62))
        assert len(tracker) == 1


# order and rank


def test_an_older_observation_never_replaces_a_newer_one(tracker: Tracker) -> None:
    assert tracker.apply(heard(T0, alt_baro=30000), T0)
    assert not tracker.apply(heard(T0 - 1, alt_baro=29000), T0 + 0.1)
    assert shown(tracker, T0 + 1)["alt_baro"] == 30000


def test_at_equal_times_the_later_word_wins(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=30000), T0)
    assert tracker.apply(heard(T0, alt_baro=30025), T0)
    assert shown(tracker, T0)["alt_baro"] == 30025


@pytest.mark.parametrize("held", SOURCES)
@pytest.mark.parametrize("new", SOURCES)
@pytest.mark.parametrize("age", [1.0, 15.0, 15.5])
def test_a_worse_source_is_believed_only_when_the_better_one_is_stale(tracker: Tracker, held: str, new: str, age: float) -> None:
    believed = SOURCES[new] <= SOURCES[held] or age > 15
    tracker.apply(heard(T0, held, gs=400.0, lat=47.0, lon=8.0), T0)
    now = T0 + age
    assert tracker.apply(heard(now, new, gs=401.0), now) is believed
    assert tracker.apply(heard(now, new, lat=47.001, lon=8.001), now) is believed
    aircraft = shown(tracker, now)
    assert aircraft["gs"] == (401.0 if believed else 400.0)
    assert (aircraft["lat"], aircraft["lon"]) == ((47.001, 8.001) if believed else (47.0, 8.0))


def test_rank_is_judged_field_by_field(tracker: Tracker) -> None:
    tracker.apply(heard(T0, "adsb_icao", gs=400.0), T0)
    assert tracker.apply(heard(T0 + 1, "mode_s", gs=300.0, alt_baro=30000), T0 + 1)
    aircraft = shown(tracker, T0 + 1)
    assert (aircraft["gs"], aircraft["alt_baro"]) == (400.0, 30000)


def test_an_unknown_source_ranks_last_and_is_shown_as_unknown(tracker: Tracker) -> None:
    tracker.apply(heard(T0, "martian", gs=400.0), T0)
    aircraft = shown(tracker, T0)
    assert (aircraft["type"], aircraft["source"]) == ("unknown", "other")
    assert tracker.apply(heard(T0 + 1, "mode_s", gs=401.0), T0 + 1)
    assert not tracker.apply(heard(T0 + 2, "martian", gs=402.0), T0 + 2)


@pytest.mark.parametrize("source", SOURCES)
def test_every_type_has_a_coarse_word(tracker: Tracker, source: str) -> None:
    tracker.apply(heard(T0, source), T0)
    aircraft = shown(tracker, T0)
    assert aircraft["type"] == source
    assert aircraft["source"] == SOURCE_CATEGORIES[source]
    assert SOURCE_CATEGORIES[source] in {"adsb", "adsr", "tisb", "adsc", "mlat", "mode_s", "other"}


def test_type_names_the_best_source_while_it_is_heard(tracker: Tracker) -> None:
    tracker.apply(heard(T0, "mode_s", alt_baro=30000), T0)
    assert shown(tracker, T0)["source"] == "mode_s"
    tracker.apply(heard(T0 + 1, "adsb_icao", gs=400.0), T0 + 1)
    tracker.apply(heard(T0 + 2, "mode_s", squawk="2000"), T0 + 2)
    assert shown(tracker, T0 + 2)["source"] == "adsb"
    tracker.apply(heard(T0 + 40, "mlat", lat=47.0, lon=8.0), T0 + 40)
    assert shown(tracker, T0 + 40)["source"] == "mlat"


def test_several_receivers_of_one_aircraft_make_one_aircraft(tracker: Tracker) -> None:
    tracker.apply(heard(T0, "adsb_icao", lat=47.0, lon=8.0, alt_baro=30000), T0)
    tracker.apply(heard(T0 + 0.2, "adsr_icao", lat=47.0001, lon=8.0, flight="DLH1"), T0 + 0.2)
    tracker.apply(heard(T0 + 0.3, "mlat", lat=47.3, lon=8.0, gs=300.0), T0 + 0.3)
    tracker.apply(heard(T0 + 0.4, "mode_s", squawk="2000"), T0 + 0.4)
    tracker.take_delta(T0 + 1)
    (aircraft,) = tracker.snapshot(T0 + 1)
    assert {name: aircraft[name] for name in ("lat", "lon", "alt_baro", "flight", "gs", "squawk", "type")} == {
        "lat": 47.0, "lon": 8.0, "alt_baro": 30000, "flight": "DLH1", "gs": 300.0, "squawk": "2000", "type": "adsb_icao",
    }  # fmt: skip
    assert aircraft["messages"] == 8


def test_an_address_that_is_no_icao_one_is_another_aircraft(tracker: Tracker) -> None:
    tracker.apply(heard(T0, hex_="AE1234", gs=1.0), T0)
    tracker.apply(heard(T0, "tisb_other", hex_="~AE1234", gs=2.0), T0)
    tracker.take_delta(T0)
    assert {a["hex"]: (a["gs"], a["military"]) for a in tracker.snapshot(T0)} == {"AE1234": (1.0, True), "~AE1234": (2.0, False)}


def test_type_stays_while_its_source_goes_on(tracker: Tracker) -> None:
    for step in range(0, 120, 10):
        tracker.apply(heard(T0 + step, "adsb_icao", gs=400.0 + step), T0 + step)
        tracker.apply(heard(T0 + step + 5, "mode_s", squawk="2000"), T0 + step + 5)
        assert shown(tracker, T0 + step + 5)["source"] == "adsb"


# odd times


@pytest.mark.parametrize("at", [T0 + 3600, 1e18, float("inf"), float("nan")])
def test_an_observation_from_the_future_counts_as_heard_now(tracker: Tracker, at: float) -> None:
    assert tracker.apply(heard(at, alt_baro=30000, lat=47.0, lon=8.0, pos_at=at), T0)
    assert tracker.apply(heard(T0 + 1, alt_baro=30100, lat=47.001, lon=8.0), T0 + 1)
    aircraft = shown(tracker, T0 + 1)
    assert (aircraft["alt_baro"], aircraft["lat"], aircraft["seen"], aircraft["seen_pos"]) == (30100, 47.001, 0.0, 0.0)


@pytest.mark.parametrize("at", [T0 - 60, T0 - 3600, -1e18, float("-inf")])
def test_an_observation_older_than_a_field_lives_makes_no_aircraft(tracker: Tracker, at: float) -> None:
    assert not tracker.apply(heard(at, alt_baro=30000), T0)
    assert tracker.held == 0
    assert tracker.refused["late"] == 1


def test_a_now_that_steps_back_a_little_changes_nothing(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=30000, lat=47.0, lon=8.0), T0)
    tracker.take_delta(T0)
    assert not tracker.apply(heard(T0, alt_baro=1000), T0 - 5)
    assert tracker.take_delta(T0 - 5) is None or len(tracker) == 1
    aircraft = tracker.aircraft(HEX, T0 - 5)
    assert aircraft is not None
    assert (aircraft["alt_baro"], aircraft["seen"], aircraft["seen_pos"]) == (30000, 0.0, 0.0)


# on the ground


@pytest.mark.parametrize("source", ["adsb_icao", "mode_s", "other"])
def test_an_aircraft_above_all_airports_is_not_on_the_ground_a_moment_later(tracker: Tracker, source: str) -> None:
    tracker.apply(heard(T0, source, alt_baro=35000), T0)
    tracker.apply(heard(T0 + 30, source, alt_baro="ground", squawk="1000"), T0 + 30)
    assert shown(tracker, T0 + 30)["alt_baro"] == 35000
    assert shown(tracker, T0 + 30)["squawk"] == "1000"
    tracker.apply(heard(T0 + 31, source, alt_baro="ground"), T0 + 31)
    assert shown(tracker, T0 + 31)["alt_baro"] == 35000
    tracker.apply(heard(T0 + 40, source, alt_baro=3000), T0 + 40)
    tracker.apply(heard(T0 + 41, source, alt_baro="ground"), T0 + 41)
    assert shown(tracker, T0 + 41)["alt_baro"] == "ground"

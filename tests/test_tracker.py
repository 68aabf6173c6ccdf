"""The tracker's gate and what it tells: ages, ranks, listing, emergencies, kinds of source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from skyspy.aircraft import FIELDS, POSITION, SOURCES, Observation
from skyspy.tracker import EXPIRED, FRESH, STALE, VOLATILE, Limits, Totals, Tracker, freshness
from skyspy.tracker.gate import Stamp
from skyspy.tracker.record import COARSE

HEX = "4CA87C"
T0 = 5000.0


def heard(
    at: float, source: str = "adsb_icao", hex_: str = HEX, pos_at: float | None = None, messages: int = 2, **fields: Any
) -> Observation:
    return Observation(hex_, at, source, fields, pos_at, messages)


@pytest.fixture
def tracker() -> Iterator[Tracker]:
    yield Tracker(Limits(), None, "epoch")


def shown(tracker: Tracker, now: float, hex_: str = HEX) -> dict[str, Any]:
    tracker.take_delta(now)
    return tracker.whole(hex_, now) or {}


# -- ages --------------------------------------------------------------------------------------


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


# -- order and rank ----------------------------------------------------------------------------


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
    assert aircraft["source"] == COARSE[source]
    assert COARSE[source] in {"adsb", "adsr", "tisb", "adsc", "mlat", "mode_s", "other"}


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


# -- odd times ---------------------------------------------------------------------------------


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
    aircraft = tracker.whole(HEX, T0 - 5)
    assert aircraft is not None
    assert (aircraft["alt_baro"], aircraft["seen"], aircraft["seen_pos"]) == (30000, 0.0, 0.0)


# -- listing and removal -----------------------------------------------------------------------


def test_an_aircraft_is_listed_with_its_second_message(tracker: Tracker) -> None:
    tracker.apply(heard(T0, messages=1, alt_baro=30000), T0)
    assert tracker.take_delta(T0) is None
    assert (len(tracker), tracker.held, tracker.whole(HEX, T0)) == (0, 1, None)
    tracker.apply(heard(T0 + 1, messages=1, gs=400.0), T0 + 1)
    delta = tracker.take_delta(T0 + 1)
    assert delta is not None
    (new,) = delta.new
    assert new == {
        "hex": HEX, "type": "adsb_icao", "source": "adsb", "military": False, "messages": 2, "alt_baro": 30000, "gs": 400.0, "seen": 0.0,
    }  # fmt: skip
    assert delta.changed == delta.removed == ()


def test_one_message_alone_is_forgotten_without_a_word(tracker: Tracker) -> None:
    tracker.apply(heard(T0, messages=1, alt_baro=30000), T0)
    assert tracker.take_delta(T0 + 60) is None
    assert tracker.held == 0


def test_a_silent_aircraft_is_removed_with_a_reason(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=30000), T0)
    tracker.take_delta(T0)
    assert tracker.take_delta(T0 + 59.9) is None
    delta = tracker.take_delta(T0 + 60)
    assert delta is not None
    assert delta.removed == ((HEX, "timeout"),)
    assert (len(tracker), tracker.held, tracker.snapshot(T0 + 60)) == (0, 0, [])


def test_an_adsc_aircraft_stays_as_long_as_its_report_lives(tracker: Tracker) -> None:
    tracker.apply(heard(T0, "adsc", lat=50.0, lon=-30.0), T0)
    tracker.take_delta(T0)
    assert shown(tracker, T0 + 30 * 60)["lat"] == 50.0
    delta = tracker.take_delta(T0 + 33 * 60)
    assert delta is not None
    assert delta.removed == ((HEX, "timeout"),)


def test_an_aircraft_that_returns_is_new_again(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=30000), T0)
    tracker.take_delta(T0)
    tracker.take_delta(T0 + 60)
    tracker.apply(heard(T0 + 61, gs=300.0), T0 + 61)
    delta = tracker.take_delta(T0 + 61)
    assert delta is not None
    assert "alt_baro" not in delta.new[0]


# -- what makes a change -----------------------------------------------------------------------


def test_every_delta_has_the_next_number_and_nothing_has_none(tracker: Tracker) -> None:
    assert tracker.take_delta(T0) is None
    assert tracker.seq == 0
    for step in range(3):
        tracker.apply(heard(T0 + step, alt_baro=30000 + step), T0 + step)
        delta = tracker.take_delta(T0 + step)
        assert delta is not None
        assert (delta.prev, delta.seq, tracker.seq) == (step, step + 1, step + 1)
        assert tracker.take_delta(T0 + step) is None


def test_a_delta_holds_the_changed_fields_only(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=30000, gs=400.0, flight="DLH1"), T0)
    tracker.take_delta(T0)
    tracker.apply(heard(T0 + 1, alt_baro=30100, gs=400.0, flight="DLH1"), T0 + 1)
    delta = tracker.take_delta(T0 + 1)
    assert delta is not None
    assert delta.changed == ({"hex": HEX, "alt_baro": 30100},)


def test_a_value_that_came_and_went_between_two_deltas_tells_nothing(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=30000), T0)
    tracker.take_delta(T0)
    tracker.apply(heard(T0 + 1, alt_baro=30100), T0 + 1)
    tracker.apply(heard(T0 + 2, alt_baro=30000), T0 + 2)
    assert tracker.take_delta(T0 + 2) is None


def test_volatile_fields_alone_are_told_every_five_seconds_at_most(tracker: Tracker) -> None:
    told = []
    for step in range(21):
        tracker.apply(heard(T0 + step, alt_baro=30000, rssi=-10.0 - step), T0 + step)
        delta = tracker.take_delta(T0 + step)
        if delta is not None:
            told.append((step, *(delta.new + delta.changed)))
    assert [step for step, _ in told] == [0, 5, 10, 15, 20]
    assert all(set(entry) - VOLATILE == {"hex"} for _, entry in told[1:])
    assert told[1][1] == {"hex": HEX, "messages": 12, "rssi": -15.0, "seen": 0.0}


def test_a_silent_aircraft_is_not_refreshed(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=30000), T0)
    tracker.take_delta(T0)
    assert [tracker.take_delta(T0 + step) for step in range(1, 60)] == [None] * 59


def test_a_snapshot_shows_the_last_delta_and_todays_ages(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=30000, lat=47.0, lon=8.0, pos_at=T0 - 2), T0)
    tracker.take_delta(T0)
    tracker.apply(heard(T0 + 1, alt_baro=31000), T0 + 1)
    (aircraft,) = tracker.snapshot(T0 + 3)
    assert (aircraft["alt_baro"], aircraft["seen"], aircraft["seen_pos"]) == (30000, 2.0, 5.0)


def test_what_is_handed_out_belongs_to_the_taker(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=30000), T0)
    delta = tracker.take_delta(T0)
    assert delta is not None
    for given in (*delta.new, *tracker.snapshot(T0), tracker.whole(HEX, T0)):
        assert given is not None
        given.clear()
    assert shown(tracker, T0)["alt_baro"] == 30000


def test_whole_and_trail_ignore_case(tracker: Tracker) -> None:
    tracker.apply(heard(T0, lat=47.0, lon=8.0), T0)
    tracker.take_delta(T0)
    assert tracker.whole("4ca87c", T0) == tracker.whole("4CA87C", T0) is not None
    assert len(tracker.trail("4ca87C")) == 1
    assert (tracker.whole("000001", T0), tracker.trail("000001")) == (None, [])


def test_an_object_holds_only_known_names(tracker: Tracker) -> None:
    tracker.apply(heard(T0, **dict.fromkeys(FIELDS, 1)), T0)
    assert set(shown(tracker, T0)) == set(FIELDS) | {"hex", "type", "source", "military", "messages", "seen", "seen_pos"}


# -- emergency and military --------------------------------------------------------------------


@pytest.mark.parametrize(("squawk", "word"), [("7500", "unlawful"), ("7600", "nordo"), ("7700", "general")])
@pytest.mark.parametrize("own", [{}, {"emergency": "none"}])
def test_an_emergency_squawk_counts_when_heard_twice(tracker: Tracker, squawk: str, word: str, own: dict[str, str]) -> None:
    tracker.apply(heard(T0, squawk=squawk, **own), T0)
    assert shown(tracker, T0).get("emergency") == own.get("emergency")
    tracker.apply(heard(T0, squawk=squawk, **own), T0)  # the same reception again
    assert shown(tracker, T0).get("emergency") == own.get("emergency")
    tracker.apply(heard(T0 + 1, squawk=squawk, **own), T0 + 1)
    assert shown(tracker, T0 + 1)["emergency"] == word
    tracker.apply(heard(T0 + 2, alt_baro=30000, **own), T0 + 2)
    assert shown(tracker, T0 + 2)["emergency"] == word
    tracker.apply(heard(T0 + 3, squawk="2000"), T0 + 3)
    assert shown(tracker, T0 + 3).get("emergency") == own.get("emergency")


def test_the_aircrafts_own_word_stands_above_its_squawk(tracker: Tracker) -> None:
    for step in range(3):
        tracker.apply(heard(T0 + step, squawk="7700", emergency="minfuel"), T0 + step)
    assert shown(tracker, T0 + 3)["emergency"] == "minfuel"
    tracker.apply(heard(T0 + 4, squawk="7700", emergency="none"), T0 + 4)
    assert shown(tracker, T0 + 4)["emergency"] == "general"


def test_an_emergency_ends_when_its_squawk_expires(tracker: Tracker) -> None:
    for step in range(2):
        tracker.apply(heard(T0 + step, squawk="7600"), T0 + step)
    assert shown(tracker, T0 + 1)["emergency"] == "nordo"
    tracker.apply(heard(T0 + 50, alt_baro=3000), T0 + 50)
    aircraft = shown(tracker, T0 + 61)
    assert "emergency" not in aircraft
    assert "squawk" not in aircraft


def test_an_alarm_outlives_the_word_none_when_that_expires(tracker: Tracker) -> None:
    tracker.apply(heard(T0, emergency="none"), T0)
    for step in (30, 31):
        tracker.apply(heard(T0 + step, squawk="7700"), T0 + step)
    assert shown(tracker, T0 + 31)["emergency"] == "general"
    assert shown(tracker, T0 + 60)["emergency"] == "general"


def test_two_different_emergency_squawks_do_not_confirm_each_other(tracker: Tracker) -> None:
    for step, squawk in enumerate(("7600", "7700", "7600", "7700")):
        tracker.apply(heard(T0 + step, squawk=squawk), T0 + step)
        assert "emergency" not in shown(tracker, T0 + step)


@pytest.mark.parametrize(
    ("hex_", "flags", "military"),
    [
        ("4CA87C", None, False),
        ("4CA87C", 0, False),
        ("4CA87C", 1, True),
        ("4CA87C", 10, False),
        ("AE1234", None, True),
        ("AE1234", 0, True),
    ],
)
def test_military_by_database_or_by_block(tracker: Tracker, hex_: str, flags: int | None, military: bool) -> None:
    fields = {} if flags is None else {"dbFlags": flags}
    tracker.apply(heard(T0, hex_=hex_, gs=1.0, **fields), T0)
    assert shown(tracker, T0, hex_)["military"] is military


def test_military_follows_the_database_flag(tracker: Tracker) -> None:
    tracker.apply(heard(T0, dbFlags=1), T0)
    assert shown(tracker, T0)["military"] is True
    tracker.apply(heard(T0 + 1, dbFlags=2), T0 + 1)
    assert shown(tracker, T0 + 1)["military"] is False
    tracker.apply(heard(T0 + 2, dbFlags=1), T0 + 2)
    assert shown(tracker, T0 + 2)["military"] is True
    tracker.apply(heard(T0 + 50, gs=1.0), T0 + 50)
    assert shown(tracker, T0 + 62)["military"] is False


def test_ground_is_an_altitude(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=100), T0)
    tracker.take_delta(T0)
    tracker.apply(heard(T0 + 1, alt_baro="ground"), T0 + 1)
    assert shown(tracker, T0 + 1)["alt_baro"] == "ground"


# -- totals ------------------------------------------------------------------------------------


def test_totals_sum_up_the_listed_aircraft(tracker: Tracker) -> None:
    tracker.apply(heard(T0, hex_="4CA001", alt_baro=10000, lat=47.0, lon=8.0, emergency="general"), T0)
    tracker.apply(heard(T0, "mlat", hex_="4CA002", alt_baro=20000, lat=48.0, lon=8.0), T0)
    tracker.apply(heard(T0, "mode_s", hex_="AE0001", alt_baro="ground", emergency="none"), T0)
    tracker.apply(heard(T0, hex_="4CA003", messages=1), T0)
    assert tracker.totals() == Totals(0, 0, 0, 0, {}, None, None)
    tracker.take_delta(T0)
    assert tracker.totals() == Totals(3, 2, 1, 1, {"adsb": 1, "mlat": 1, "mode_s": 1}, 15000, None)
    assert tracker.totals((47.0, 8.0)).max_distance_nm == 60.0
    assert tracker.totals((47.0, 8.0)) is tracker.totals((47.0, 8.0))


def test_position_fields_come_and_go_with_their_position(tracker: Tracker) -> None:
    assert not tracker.apply(heard(T0, nic=8, rc=186), T0)
    assert not tracker.apply(heard(T0, lat=47.0), T0)
    assert not set(shown(tracker, T0)) & set(POSITION)
    tracker.apply(heard(T0 + 1, lat=47.0, lon=8.0, nic=8, rc=186), T0 + 1)
    tracker.apply(heard(T0 + 2, nic=1, rc=9, gs=100.0), T0 + 2)
    aircraft = shown(tracker, T0 + 2)
    assert (aircraft["nic"], aircraft["rc"], aircraft["gs"]) == (8, 186, 100.0)
    tracker.apply(heard(T0 + 3, lat=47.001, lon=8.0, nic=7), T0 + 3)
    aircraft = shown(tracker, T0 + 3)
    assert (aircraft["nic"], "rc" in aircraft) == (7, False)
    tracker.apply(heard(T0 + 50, gs=101.0), T0 + 50)
    aircraft = shown(tracker, T0 + 63)
    assert not set(aircraft) & {*POSITION, "seen_pos"}
    assert aircraft["gs"] == 101.0

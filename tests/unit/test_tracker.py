"""The tracker: listing and removal, what makes a change, and totals."""

from __future__ import annotations

import pytest

from skyspy.aircraft import FIELDS, POSITION, WITHOUT_POSITION
from skyspy.tracker import VOLATILE, Totals, Tracker, totals
from tests.support.tracker import HEX, T0, heard, shown

HERE, MANY = (47.0, 8.0), totals.LARGE + 400

# listing and removal


def test_an_aircraft_is_listed_with_its_second_message(tracker: Tracker) -> None:
    tracker.apply(heard(T0, messages=1, alt_baro=30000), T0)
    assert tracker.take_delta(T0) is None
    assert (len(tracker), tracker.held, tracker.aircraft(HEX, T0)) == (0, 1, None)
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


# what makes a change


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
    for given in (*delta.new, *tracker.snapshot(T0), tracker.aircraft(HEX, T0)):
        assert given is not None
        given.clear()
    assert shown(tracker, T0)["alt_baro"] == 30000


def test_whole_and_trail_ignore_case(tracker: Tracker) -> None:
    tracker.apply(heard(T0, lat=47.0, lon=8.0), T0)
    tracker.take_delta(T0)
    assert tracker.aircraft("4ca87c", T0) == tracker.aircraft("4CA87C", T0) is not None
    assert len(tracker.trail("4ca87C")) == 1
    assert (tracker.aircraft("000001", T0), tracker.trail("000001")) == (None, [])


def test_an_object_holds_only_known_names(tracker: Tracker) -> None:
    tracker.apply(heard(T0, **dict.fromkeys(FIELDS, 1)), T0)
    assert set(shown(tracker, T0)) == set(FIELDS) - set(WITHOUT_POSITION) | {
        "hex",
        "type",
        "source",
        "military",
        "messages",
        "seen",
        "seen_pos",
    }


# totals


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
    tracker.apply(heard(T0, "adsc", hex_="4CA004", lat=50.0, lon=-30.0), T0)
    tracker.take_delta(T0)
    found = tracker.totals((47.0, 8.0))
    assert (found.with_position, found.max_distance_nm) == (3, 60.0), "what was sent over a data link is no range of a receiver"


@pytest.fixture
def crowded(tracker: Tracker) -> Tracker:
    """More aircraft than are counted at once, whose totals were asked for from two points."""
    for number in range(MANY):
        tracker.apply(heard(T0, hex_=f"{0x400000 + number:06X}", lat=47.0, lon=8.0), T0)
    tracker.take_delta(T0)
    for observer in (HERE, None):
        assert tracker.totals(observer, T0).total == MANY
    return tracker


def test_many_aircraft_are_counted_anew_a_few_at_a_time_for_every_point_that_was_asked_for(crowded: Tracker) -> None:
    later = T0 + totals.HOLD_SECONDS
    crowded.apply(heard(later, hex_="4CA001", lat=48.0, lon=8.0), later)
    crowded.take_delta(later)
    counting = crowded.recount(later)
    for step, _ in enumerate(counting):
        # Others may ask, and the aircraft may change, between two steps.
        assert crowded.totals(HERE, later).total == MANY
        crowded.apply(heard(later, hex_=f"{0x500000 + step:06X}", lat=47.0, lon=8.0), later)
        crowded.take_delta(later)
    assert step >= MANY // totals.PIECE - 1
    counted = {observer: crowded.totals(observer, later) for observer in (HERE, None)}
    assert {one.total for one in counted.values()} == {MANY + 1}
    assert [one.max_distance_nm for one in counted.values()] == [60.0, None]


def test_what_was_counted_lately_is_not_counted_again_nor_what_nobody_asks_for(crowded: Tracker) -> None:
    assert list(crowded.recount(T0 + totals.HOLD_SECONDS))
    assert list(crowded.recount(T0 + totals.HOLD_SECONDS * 1.5)) == []
    assert list(crowded.recount(T0 + totals.HOLD_SECONDS * 2))
    assert list(crowded.recount(T0 + totals.ASKED_SECONDS)) == [], "nobody has asked for long"


def test_totals_that_nobody_counted_anew_are_counted_when_they_are_too_old(crowded: Tracker) -> None:
    crowded.apply(heard(T0, hex_="4CA001", lat=48.0, lon=8.0), T0)
    crowded.take_delta(T0)
    assert crowded.totals(HERE, T0 + totals.PATIENCE_SECONDS * 0.9).total == MANY
    assert crowded.totals(HERE, T0 + totals.PATIENCE_SECONDS * 1.1).total == MANY + 1


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


def test_the_listed_aircraft_can_be_read_without_copies_and_not_be_changed(tracker: Tracker) -> None:
    tracker.apply(heard(T0, gs=250.0), T0)
    assert list(tracker.listed()) == [], "listed as of the last delta"
    tracker.take_delta(T0)
    [aircraft] = tracker.listed()
    assert {"seen": 0.0, **aircraft} == tracker.aircraft(HEX, T0)
    with pytest.raises(TypeError):
        aircraft["gs"] = 1.0  # type: ignore[index]
    tracker.apply(heard(T0 + 1, gs=260.0), T0 + 1)
    tracker.take_delta(T0 + 1)
    assert aircraft["gs"] == 260.0, "it is the tracker's own, not a copy"

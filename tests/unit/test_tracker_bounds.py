"""The tracker's size and pace: caps, churn, many aircraft."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import pytest

from skyspy.aircraft import Observation
from skyspy.tracker import Limits, Tracker
from tests.support.costs import lines_run

FIELDS: dict[str, Any] = {
    "flight": "DLH1",
    "alt_baro": 30000,
    "gs": 400.0,
    "track": 90.0,
    "lat": 47.0,
    "lon": 8.0,
    "nic": 8,
    "rc": 186,
}


def hex_of(number: int) -> str:
    return f"{0x400001 + number:06X}"


def heard(number: int, at: float, messages: int = 2, **more: Any) -> Observation:
    return Observation(hex_of(number), at, "adsb_icao", {**FIELDS, **more}, None, messages)


# -- the cap -----------------------------------------------------------------------------------


def test_beyond_the_cap_the_longest_unheard_is_evicted() -> None:
    tracker = Tracker(Limits(max_aircraft=3), None, "e")
    for number in range(3):
        tracker.apply(heard(number, number), 3)
    tracker.take_delta(3)
    tracker.apply(heard(0, 4), 4)  # so number 1 is the longest unheard
    tracker.apply(heard(3, 5), 5)
    assert {aircraft["hex"] for aircraft in tracker.snapshot(5)} == {hex_of(n) for n in (0, 1, 2)}, "until the books are closed"
    delta = tracker.take_delta(5)
    assert delta is not None
    assert delta.removed == ((hex_of(1), "evicted"),)
    assert [new["hex"] for new in delta.new] == [hex_of(3)]
    assert {aircraft["hex"] for aircraft in tracker.snapshot(5)} == {hex_of(n) for n in (0, 2, 3)}


def test_an_aircraft_evicted_and_heard_again_between_two_deltas_is_one_that_changed() -> None:
    tracker = Tracker(Limits(max_aircraft=1), None, "e")
    tracker.apply(heard(0, 0, squawk="2000"), 0)
    tracker.take_delta(0)
    tracker.apply(heard(1, 1, messages=1), 1)
    tracker.apply(heard(0, 2, messages=1, alt_baro=31000), 2)
    delta = tracker.take_delta(2)
    assert delta is not None
    assert (delta.new, delta.removed) == ((), ())
    assert delta.changed == ({"hex": hex_of(0), "alt_baro": 31000, "squawk": None},)


def test_an_aircraft_evicted_and_heard_again_shows_its_old_position_with_its_age_until_the_delta() -> None:
    tracker = Tracker(Limits(max_aircraft=1), None, "e")
    tracker.apply(heard(0, 0), 0)
    tracker.take_delta(0)
    tracker.apply(heard(1, 1, messages=1), 1)
    tracker.apply(Observation(hex_of(0), 2, "adsb_icao", {"gs": 300.0}), 2)
    aircraft = tracker.aircraft(hex_of(0), 2)
    assert aircraft is not None
    assert (aircraft["lat"], aircraft["seen"], aircraft["seen_pos"]) == (47.0, 0.0, 2.0)
    tracker.take_delta(2)
    aircraft = tracker.aircraft(hex_of(0), 2)
    assert aircraft is not None
    assert not {"lat", "lon", "seen_pos"} & set(aircraft)


def test_an_aircraft_evicted_before_it_was_listed_is_not_spoken_of() -> None:
    tracker = Tracker(Limits(max_aircraft=1), None, "e")
    for number in range(5):
        tracker.apply(heard(number, number), number)
    delta = tracker.take_delta(5)
    assert delta is not None
    assert ([new["hex"] for new in delta.new], delta.removed) == ([hex_of(4)], ())


def test_a_smaller_cap_is_kept_to_with_the_next_newcomer() -> None:
    tracker = Tracker(Limits(max_aircraft=100), None, "e")
    for number in range(100):
        tracker.apply(heard(number, number / 100), 1)
    tracker.take_delta(1)
    tracker.limits = Limits(max_aircraft=10)
    tracker.apply(heard(200, 2), 2)
    delta = tracker.take_delta(2)
    assert delta is not None
    assert tracker.held == len(tracker) == 10
    assert len(delta.removed) == 91


@pytest.mark.parametrize("cap", [0, -5, 1])
def test_there_is_always_room_for_one(cap: int) -> None:
    tracker = Tracker(Limits(max_aircraft=cap), None, "e")
    for number in range(3):
        tracker.apply(heard(number, number), number)
        tracker.take_delta(number)
    assert tracker.held == len(tracker) == 1


# -- churn -------------------------------------------------------------------------------------


def inside(tracker: Tracker) -> dict[str, int]:
    """How many things each container of the tracker holds."""
    return {name: len(part) for name, part in vars(tracker).items() if isinstance(part, dict | list | set)}


def test_addresses_that_come_and_go_leave_nothing_behind() -> None:
    tracker = Tracker(Limits(), None, "e")
    for number in range(10_000):
        now = number / 50
        tracker.apply(heard(number, now, messages=1 + number % 2), now)
        if number % 5 == 0:
            tracker.take_delta(now)
            assert tracker.held <= 60 * 50 + 5
    tracker.take_delta(10_000 / 50 + 100)
    assert tracker.held == len(tracker) == 0
    assert {name: size for name, size in inside(tracker).items() if size} == {}


@pytest.mark.parametrize("ticks", [True, False])
def test_a_flood_of_invented_addresses_stays_within_bounds(ticks: bool) -> None:
    tracker = Tracker(Limits(max_aircraft=200), None, "e")
    for number in range(3000):
        tracker.apply(heard(number, number / 1000), number / 1000)
        if ticks and number % 100 == 0:
            tracker.take_delta(number / 1000)
    assert tracker.held <= 200
    assert max(inside(tracker).values()) < 1000, inside(tracker)


def test_memory_is_flat_under_churn() -> None:
    tracker = Tracker(Limits(timeout_s=2, expire_s=2, max_aircraft=150), None, "e")

    def churn(first: int) -> None:
        for number in range(first, first + 500):
            now = number / 33
            tracker.apply(heard(number % (1 << 20), now), now)
            if number % 10 == 0:
                tracker.take_delta(now)

    churn(0)
    gc.collect()
    tracemalloc.start()
    churn(500)
    gc.collect()
    early = tracemalloc.get_traced_memory()[0]
    churn(1000)
    churn(1500)
    gc.collect()
    late = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert late < early * 1.2 + 20_000


def test_an_aircraft_of_a_rare_source_that_leaves_does_not_linger_among_the_plans() -> None:
    tracker = Tracker(Limits(max_aircraft=10), None, "e")
    for number in range(5000):
        tracker.apply(Observation(hex_of(number), 0.0, "adsc", {"lat": 1.0, "lon": 1.0}, None, 2), 0.0)
        tracker.take_delta(0.0)
    assert max(inside(tracker).values()) < 2000


# -- many --------------------------------------------------------------------------------------


def test_two_thousand_aircraft_cost_each_what_one_in_a_hundred_costs() -> None:
    costs = {}
    for count in (100, 2000):
        tracker = Tracker(Limits(), (47.0, 8.0), "e")
        for second in range(3):
            for number in range(count):
                tracker.apply(heard(number, second, lat=47 + number / 1e4 + second / 1e3, alt_baro=30000 + second), second)
            deltas = []
            lines = lines_run("tracker", lambda told=deltas, at=second, tracker=tracker: told.append(tracker.take_delta(at)))
            assert deltas[0] is not None
            assert len(deltas[0].new if second == 0 else deltas[0].changed) == count
            costs.setdefault(second, []).append(lines / count)
        assert len(tracker.snapshot(3)) == tracker.totals().with_position == count
        delta = tracker.take_delta(62)
        assert delta is not None
        assert len(delta.removed) == count
        assert tracker.held == 0
    for few, many in costs.values():
        assert many <= few * 1.1


def test_a_delta_costs_what_changed_and_not_how_many_there_are() -> None:
    costs = []
    for count in (100, 2000):
        tracker = Tracker(Limits(), None, "e")
        for second in range(3):
            for number in range(count):
                tracker.apply(heard(number, second), second)
            tracker.take_delta(second)
        for number in range(10):
            tracker.apply(heard(number, 3, alt_baro=31000), 3)
        costs.append(
            (
                lines_run("tracker", lambda tracker=tracker: tracker.take_delta(3)),
                lines_run("tracker", lambda tracker=tracker: tracker.take_delta(3.1)),
            )
        )
    (few, few_quiet), (many, many_quiet) = costs
    assert many == few
    assert many_quiet == few_quiet < 40


def test_aircraft_that_appear_at_once_are_not_looked_at_at_once() -> None:
    tracker, count, costs = Tracker(Limits(), None, "e"), 300, []
    for tenth in range(1300):
        now = tenth / 10
        if tenth % 10 == 0:
            for number in range(count):
                tracker.apply(heard(number, now), now)
            tracker.take_delta(now)
        elif tenth > 10:
            costs.append(lines_run("tracker", lambda now=now: tracker.take_delta(now)))
    assert max(costs) < 30 * count * 0.1, "a tenth of them, at a handful of lines each"

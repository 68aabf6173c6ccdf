"""Claims about freezing tracked aircraft into states for rules (skyspy/tracker/freezing.py)."""

from __future__ import annotations

from skyspy.tracker import Tracker
from skyspy.tracker.freezing import Freezer
from tests.support.tracker import HEX, T0, heard


def test_a_value_goes_with_the_time_of_its_own_reception_before_the_next_delta_too(tracker: Tracker) -> None:
    tracker.apply(heard(T0, squawk="7700", lat=47.0, lon=8.0, baro_rate=640), T0)
    tracker.take_delta(T0)
    freezer = Freezer(tracker)
    first = freezer.freeze(T0)[HEX]
    assert (first.squawk, first.squawk_at, first.point, first.pos_at, first.rate) == ("7700", T0, (47.0, 8.0), T0, 640)
    tracker.apply(heard(T0 + 4, squawk="7701", lat=47.002, lon=8.002, geom_rate=1280), T0 + 4)
    state = freezer.freeze(T0 + 4)[HEX]
    assert (state.squawk, state.squawk_at) == ("7701", T0 + 4)
    assert (state.point, state.pos_at) == ((47.002, 8.002), T0 + 4)
    assert (state.rate, state.rate_at) == (640, T0)


def test_a_value_that_has_expired_is_not_known(tracker: Tracker) -> None:
    tracker.apply(heard(T0, squawk="7700", acas_ra={"advisory": "Climb"}), T0)
    tracker.take_delta(T0)
    state = Freezer(tracker).freeze(T0)[HEX]
    assert (state.acas_ra, state.acas_ra_at) == ({"advisory": "Climb"}, T0)
    tracker.apply(heard(T0 + 16, alt_baro=9000), T0 + 16)
    tracker.take_delta(T0 + 16)
    state = Freezer(tracker).freeze(T0 + 16)[HEX]
    assert (state.acas_ra, state.acas_ra_at, state.squawk, state.alt_baro) == (None, None, "7700", 9000)


def test_an_aircraft_that_was_not_heard_again_is_frozen_once(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=9000), T0)
    tracker.take_delta(T0)
    freezer = Freezer(tracker)
    first = freezer.freeze(T0)[HEX]
    assert freezer.freeze(T0 + 1)[HEX] is first
    tracker.apply(heard(T0 + 2, alt_baro=9000), T0 + 2)
    assert freezer.freeze(T0 + 2)[HEX].alt_at == T0 + 2

"""When a visit begins and ends, what is recorded of it, and how it goes on after a restart."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.visits import MAX_VALUES, Sample, Visit, adopt, continued, is_same
from skyspy.visits.visit import ADSC_GAP_S

HEX = "4B1805"
T0 = 1_764_203_575.4
HOME: dict[str, Any] = {"flight": "SWR1", "alt_baro": 3000, "gs": 200.0, "lat": 47.5, "lon": 8.5, "source": "adsb"}


def sample(seconds: float, messages: int = 0, distance: float | None = 10.0, demo: bool = False, **fields: Any) -> Sample:
    """What is known so many seconds after T0: HOME with some fields changed, all heard at that moment."""
    known = {name: value for name, value in {**HOME, **fields}.items() if value is not None}
    at = T0 + seconds
    position = (known["lat"], known["lon"]) if "lat" in known else None
    return Sample(at, known, messages, position, at, at, at, at, distance, ("beast-roof",), demo)


def flown(*samples: Sample) -> list[Visit]:
    """The visits that these samples make, in order."""
    visits: list[Visit] = []
    for one in samples:
        if not visits or not visits[-1].goes_on(one):
            visits.append(Visit.begun(HEX, one, visits[-1] if visits else None))
        else:
            visits[-1].note(one)
    return visits


def callsigns(*samples: Sample) -> list[tuple[str, ...]]:
    return [visit.state.callsigns for visit in flown(*samples)]


def test_a_visit_ends_when_the_aircraft_was_not_heard_for_ten_minutes() -> None:
    assert len(flown(sample(0), sample(599), sample(1198))) == 1
    assert len(flown(sample(0), sample(600))) == 2


def test_a_visit_with_ads_c_reports_lasts_over_their_interval() -> None:
    assert len(flown(sample(0, source="adsc"), sample(1200), sample(1200 + ADSC_GAP_S))) == 2


def test_a_new_callsign_after_forty_seconds_on_the_ground_begins_another_visit() -> None:
    ground: dict[str, Any] = {"alt_baro": "ground", "gs": 5.0}
    landed = [sample(0), sample(10, **ground), sample(30, **ground)]
    assert callsigns(*landed, sample(50, flight="SWR2", **ground)) == [("SWR1",), ("SWR2",)]
    assert callsigns(*landed, sample(49, flight="SWR2", **ground)) == [("SWR1", "SWR2")]


def test_a_callsign_that_changes_in_the_air_goes_on_with_the_visit() -> None:
    assert callsigns(sample(0), sample(100), sample(200, flight="SWR2")) == [("SWR1", "SWR2")]


def test_each_callsign_on_the_ground_has_forty_seconds_of_its_own() -> None:
    ground: dict[str, Any] = {"alt_baro": "ground"}
    noted = [sample(0, flight=None, **ground), sample(60, **ground), sample(65, flight="SWR2", **ground)]
    assert callsigns(*noted) == [("SWR1", "SWR2")]
    assert callsigns(*noted, sample(105, flight="SWR3", **ground)) == [("SWR1", "SWR2"), ("SWR3",)]


def test_a_callsign_first_heard_in_the_air_ends_the_visit_whose_callsign_was_last_heard_on_the_ground() -> None:
    landed = [sample(0), sample(10, alt_baro="ground"), sample(60, alt_baro="ground")]
    assert callsigns(*landed, sample(300, flight=None), sample(305, flight="SWR2")) == [("SWR1",), ("SWR2",)]
    assert callsigns(*landed, sample(300), sample(305, flight="SWR2")) == [("SWR1", "SWR2")], "it took off as SWR1"


def test_a_silence_on_the_ground_counts_as_time_on_the_ground() -> None:
    assert callsigns(sample(0, alt_baro="ground"), sample(300, alt_baro="ground", flight="SWR2")) == [("SWR1",), ("SWR2",)]


def test_a_wall_clock_that_is_set_back_begins_another_visit() -> None:
    assert [visit.state.start for visit in flown(sample(0), sample(-30), sample(-3600))] == [int(T0), int(T0 - 3600)]


def test_simulated_and_real_traffic_are_never_one_visit() -> None:
    first, second = flown(sample(0, demo=True), sample(0.2))
    assert (first.state.demo, second.state.demo) == (True, False)
    assert second.state.start == first.state.start + 1, "no two visits of an aircraft have one beginning"


def test_the_beginning_of_a_visit_is_a_whole_second_and_never_changes() -> None:
    (visit,) = flown(sample(0), sample(60))
    assert (visit.state.start, visit.state.first, visit.state.last) == (int(T0), T0, T0 + 60)


def test_lists_hold_the_first_sixteen_values_and_the_callsign_is_the_last_one() -> None:
    (visit,) = flown(*(sample(n, flight=f"SWR{n}", squawk=f"{1000 + n}") for n in range(20)))
    assert visit.state.callsigns == tuple(f"SWR{n}" for n in range(MAX_VALUES))
    assert len(visit.state.squawks) == MAX_VALUES
    assert visit.state.flight == "SWR19"


def test_messages_are_counted_over_an_aircraft_that_the_tracker_took_in_again() -> None:
    (visit,) = flown(sample(0, messages=10), sample(1, messages=25), sample(200, messages=3))
    assert visit.state.messages == 28


def test_the_next_visit_counts_only_its_own_messages() -> None:
    ground: dict[str, Any] = {"alt_baro": "ground"}
    both = flown(sample(0, messages=100, **ground), sample(60, messages=110, flight="SWR2", **ground))
    assert [visit.state.messages for visit in both] == [100, 10]


def test_extremes_and_the_ends_of_the_track() -> None:
    (visit,) = flown(
        sample(0, distance=12.0, alt_baro=3000, gs=200.0),
        sample(5, distance=11.5, alt_baro=3200, gs=210.0, lat=47.6),
        sample(10, distance=11.8, alt_baro=3100, gs=205.0, lon=8.6),
    )
    state = visit.state
    assert (state.closest_nm, state.closest_at, state.farthest_nm, state.farthest_at) == (11.5, T0 + 5, 12.0, T0)
    assert (state.alt_min, state.alt_max, state.gs_max) == (3000, 3200, 210.0)
    assert (state.first_lat, state.first_lon, state.last_lat, state.last_lon, state.positions) == (47.5, 8.5, 47.5, 8.6, 3)


@pytest.mark.parametrize("wrong", [0, 1, 3, 6])
def test_a_single_wrong_altitude_speed_or_position_changes_no_extreme(wrong: int) -> None:
    good: dict[str, Any] = {"alt_baro": 3000, "gs": 200.0, "distance": 10.0}
    bad: dict[str, Any] = {"alt_baro": 90_000, "gs": 1900.0, "distance": 400.0}
    (visit,) = flown(*(sample(n, **(bad if n == wrong else good)) for n in range(7)))
    state = visit.state
    assert (state.alt_min, state.alt_max, state.gs_max, state.farthest_nm) == (3000, 3000, 200.0, 10.0)


def test_a_value_that_is_shown_again_is_not_heard_twice() -> None:
    wrong = sample(1, alt_baro=90_000)
    (visit,) = flown(sample(0), wrong, wrong._replace(at=T0 + 2), sample(3))
    assert visit.state.alt_max == 3000


def test_the_only_altitude_is_both_lowest_and_highest() -> None:
    (visit,) = flown(sample(0, alt_baro=7000))
    assert (visit.state.alt_min, visit.state.alt_max) == (7000, 7000)


def test_reports_of_ground_count_in_no_altitude() -> None:
    (visit,) = flown(sample(0, alt_baro="ground"), sample(5, alt_baro="ground"))
    assert (visit.state.alt_min, visit.state.on_ground) == (None, True)


def test_a_snapshot_does_not_change_with_the_visit() -> None:
    (visit,) = flown(sample(0))
    kept = visit.snapshot()
    visit.note(sample(5, squawk="7700", emergency="general"))
    assert (kept.last, kept.squawks, kept.emergency) == (T0, (), None)


# -- restart and takeover ---------------------------------------------------------------------------


def test_after_a_restart_the_stored_visit_goes_on() -> None:
    (before,) = flown(sample(0, messages=50, alt_baro=9000), sample(5, messages=60, alt_baro=9000))
    visit = continued(before.snapshot())
    assert visit.goes_on(sample(300, messages=4))
    visit.note(sample(300, messages=4, squawk="2000"))
    state = visit.state
    assert (state.start, state.first, state.messages, state.positions) == (int(T0), T0, 64, 3)
    assert (state.alt_max, state.squawks) == (9000, ("2000",))


def test_after_a_restart_a_turnaround_still_ends_the_stored_visit() -> None:
    (before,) = flown(sample(0, alt_baro="ground"))
    assert not continued(before.snapshot()).goes_on(sample(60, alt_baro="ground", flight="SWR2"))


def test_two_processes_that_follow_an_aircraft_make_one_visit_with_what_either_has() -> None:
    (stored,) = flown(sample(0, messages=10, squawk="1000", distance=30.0), sample(20, messages=50, distance=31.0))
    (own,) = flown(sample(2, messages=10, squawk="2000", distance=29.0), sample(25, messages=55, distance=30.0))
    assert is_same(own, stored.state)
    state = adopt(own, stored.snapshot()).state
    assert (state.start, state.first, state.last, state.messages) == (int(T0), T0, T0 + 25, 55)
    assert (state.squawks, state.closest_nm, state.farthest_nm) == (("1000", "2000"), 29.0, 31.0)


def test_a_visit_that_began_after_the_last_of_the_stored_one_adds_to_it() -> None:
    (stored,) = flown(sample(0, messages=10), sample(20, messages=50))
    (own,) = flown(sample(40, messages=5))
    assert adopt(own, stored.snapshot()).state.messages == 55


def test_a_visit_that_began_with_a_turnaround_is_not_the_stored_one_before_it() -> None:
    ground: dict[str, Any] = {"alt_baro": "ground"}
    _, second = flown(sample(0, **ground), sample(100, flight="SWR2", **ground))
    (stored,) = flown(sample(0, **ground), sample(90, **ground))
    assert not is_same(second, stored.state)
    (noticed,) = flown(sample(101, flight="SWR2", **ground))
    assert is_same(second, noticed.state)


def test_a_turnaround_that_this_process_missed_is_taken_over() -> None:
    (own,) = flown(sample(0, alt_baro=30_000), sample(5, alt_baro=30_000), sample(300, messages=500), sample(400, messages=510))
    (stored,) = flown(sample(300, messages=5, flight="SWR2"), sample(390, messages=15, flight="SWR2"))
    visit = adopt(own, stored.snapshot())
    visit.note(sample(401, messages=512))
    assert (visit.state.start, visit.state.callsigns, visit.state.messages) == (int(T0) + 300, ("SWR2", "SWR1"), 17)
    assert visit.state.alt_max == 3000


def test_a_stored_visit_that_ended_by_silence_is_not_gone_on_with() -> None:
    (stored,) = flown(sample(0))
    (own,) = flown(sample(600))
    assert not is_same(own, stored.state)

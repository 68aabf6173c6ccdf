"""Which positions the tracker accepts: range, jumps, late receivers, shared addresses; and the trail they leave."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.aircraft import Observation
from skyspy.geo import destination, distance_nm
from skyspy.tracker import Limits, Tracker
from skyspy.tracker.position import Area
from skyspy.tracker.trail import MAX_SECONDS, MIN_SECONDS, Trail

HEX = "4CA87C"
T0 = 5000.0
HOME = (47.0, 8.0)


class Flight:
    """An aircraft flying straight on from a point, as receivers hear it."""

    def __init__(self, start: tuple[float, float] = HOME, gs: float = 450.0, track: float = 90.0, tells: bool = True) -> None:
        self.start, self.gs, self.track, self.tells = start, gs, track, tells

    def place(self, at: float) -> tuple[float, float]:
        lat, lon = destination(self.start, self.track, self.gs * (at - T0) / 3600)
        return round(lat, 6), round(lon, 6)

    def heard(self, at: float, source: str = "adsb_icao", of: float | None = None, **more: Any) -> Observation:
        """What is heard at `at` of where it was at the moment `of`."""
        lat, lon = self.place(at if of is None else of)
        motion = {"gs": self.gs, "track": self.track} if self.tells else {}
        return Observation(HEX, at, source, {"lat": lat, "lon": lon, **motion, **more}, None, 2)


def place(tracker: Tracker, now: float) -> tuple[float, float]:
    tracker.take_delta(now)
    aircraft = tracker.aircraft(HEX, now)
    assert aircraft is not None
    return aircraft["lat"], aircraft["lon"]


# -- range -------------------------------------------------------------------------------------


def test_a_position_out_of_range_is_refused_and_the_rest_kept() -> None:
    tracker = Tracker(Limits(max_range_nm=100), HOME, "e")
    far = Flight(destination(HOME, 45, 101))
    assert tracker.apply(far.heard(T0, alt_baro=30000), T0)
    tracker.take_delta(T0)
    aircraft = tracker.aircraft(HEX, T0)
    assert aircraft is not None
    assert ("lat" in aircraft, aircraft["alt_baro"]) == (False, 30000)
    assert tracker.refused["far"] == 1
    near = Flight(destination(HOME, 45, 99))
    tracker.apply(near.heard(T0 + 1), T0 + 1)
    assert place(tracker, T0 + 1) == near.place(T0 + 1)


def test_a_position_of_adsc_may_be_anywhere() -> None:
    tracker = Tracker(Limits(max_range_nm=100), HOME, "e")
    where = destination(HOME, 270, 2500)
    fields = {"lat": where[0], "lon": where[1]}
    tracker.apply(Observation(HEX, T0, "adsc", fields, None, 2), T0)
    assert place(tracker, T0 + 32 * 60) == where
    tracker.apply(Observation("4CA87D", T0 + 1, "mlat", fields, None, 2), T0 + 1)
    assert tracker.refused["far"] == 1


@pytest.mark.parametrize(("reference", "range_nm"), [(None, 100.0), (HOME, 0.0)])
def test_without_a_reference_or_a_range_every_place_is_near(reference: tuple[float, float] | None, range_nm: float) -> None:
    tracker = Tracker(Limits(max_range_nm=range_nm), reference, "e")
    tracker.apply(Flight((-60.0, -170.0)).heard(T0), T0)
    assert place(tracker, T0) == (-60.0, -170.0)


def test_a_reference_learnt_later_counts_from_then_on() -> None:
    tracker = Tracker(Limits(max_range_nm=100), None, "e")
    tracker.reference = HOME
    assert tracker.reference == HOME
    assert tracker.apply(Flight((0.0, 0.0)).heard(T0), T0)
    tracker.take_delta(T0)
    assert "lat" not in (tracker.aircraft(HEX, T0) or {})


@given(
    st.tuples(st.floats(-89.9, 89.9), st.floats(-180, 180)),
    st.floats(1, 2000),
    st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
)
def test_the_short_cut_of_the_range_check_never_disagrees_with_the_distance(
    centre: tuple[float, float], range_nm: float, point: tuple[float, float]
) -> None:
    assert Area(centre, range_nm).contains(*point) is (distance_nm(centre, point) <= range_nm)


@given(
    st.tuples(st.floats(-89.9, 89.9), st.floats(-180, 180)),
    st.floats(1, 2000),
    st.floats(0, 360),
    st.floats(0.0, 1.5),
)
def test_nor_does_it_near_the_edge(centre: tuple[float, float], range_nm: float, bearing: float, share: float) -> None:
    point = destination(centre, bearing, range_nm * share)
    assert Area(centre, range_nm).contains(*point) is (distance_nm(centre, point) <= range_nm)


# -- jumps -------------------------------------------------------------------------------------


@pytest.mark.parametrize("gs", [0.0, 60.0, 140.0, 450.0, 1200.0])
@pytest.mark.parametrize("track", [0.0, 90.0, 200.0, 315.0])
@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("seconds", [0.1, 1.0, 8.0, 30.0])
def test_every_real_flight_is_believed(gs: float, track: float, tells: bool, seconds: float) -> None:
    tracker, flight = Tracker(Limits(), HOME, "e"), Flight(gs=gs, track=track, tells=tells)
    for step in range(30):
        now = T0 + step * seconds
        assert tracker.apply(flight.heard(now), now)
        assert place(tracker, now) == flight.place(now)
    assert not tracker.refused


def test_a_turning_aircraft_is_believed() -> None:
    tracker, where, track = Tracker(Limits(), HOME, "e"), HOME, 0.0
    for step in range(240):
        now = T0 + step * 0.5
        track = (track + 1.5) % 360
        where = destination(where, track, 250 / 7200)
        # The track it tells is the one of a second ago.
        fields = {"lat": where[0], "lon": where[1], "gs": 250.0, "track": (track - 3) % 360}
        assert tracker.apply(Observation(HEX, now, "adsb_icao", fields, None, 2), now)
    assert not tracker.refused


@pytest.mark.parametrize("gs", [120.0, 450.0])
@pytest.mark.parametrize("seconds", [0.5, 1.0, 5.0])
def test_an_aircraft_that_tells_a_wrong_track_is_believed_where_it_is(gs: float, seconds: float) -> None:
    tracker, flight = Tracker(Limits(), HOME, "e"), Flight(gs=gs, track=90.0)
    for step in range(40):
        now = T0 + step * seconds
        tracker.apply(flight.heard(now, track=270.0), now)
    assert tracker.refused["jump"] <= 4
    assert place(tracker, now) == flight.place(now)


def test_an_impossible_jump_is_refused_with_the_motion_that_came_with_it() -> None:
    tracker, flight = Tracker(Limits(), HOME, "e"), Flight()
    tracker.apply(flight.heard(T0, alt_baro=30000), T0)
    elsewhere = Flight((48.0, 9.0), gs=120.0)
    assert tracker.apply(elsewhere.heard(T0 + 1, alt_baro=2000, squawk="2000"), T0 + 1)
    assert place(tracker, T0 + 1) == flight.place(T0)
    aircraft = tracker.aircraft(HEX, T0 + 1)
    assert aircraft is not None
    assert (aircraft["alt_baro"], aircraft["gs"], aircraft["squawk"]) == (30000, 450.0, "2000")
    assert tracker.refused["jump"] == 1


def test_an_aircraft_without_speed_may_not_be_faster_than_any() -> None:
    tracker = Tracker(Limits(), None, "e")
    tracker.apply(Flight(tells=False).heard(T0), T0)
    far, near = destination(HOME, 90, 15.0), destination(HOME, 90, 4.0)
    assert not tracker.apply(Flight(far, tells=False).heard(T0 + 10, of=T0), T0 + 10)
    assert tracker.apply(Flight(near, tells=False).heard(T0 + 10, of=T0), T0 + 10)


def test_the_longer_the_silence_the_farther_it_may_have_gone() -> None:
    tracker, flight = Tracker(Limits(), None, "e"), Flight()
    tracker.apply(flight.heard(T0), T0)
    tracker.take_delta(T0)
    assert tracker.apply(flight.heard(T0 + 55), T0 + 55)
    assert place(tracker, T0 + 55) == flight.place(T0 + 55)


def test_a_position_that_expired_binds_nobody() -> None:
    tracker = Tracker(Limits(timeout_s=1000), None, "e")
    tracker.apply(Flight((30.0, 100.0)).heard(T0), T0)
    tracker.take_delta(T0)
    tracker.take_delta(T0 + 61)
    assert tracker.apply(Flight().heard(T0 + 62, of=T0), T0 + 62)
    assert place(tracker, T0 + 62) == HOME


def test_the_date_line_is_no_jump() -> None:
    tracker, flight = Tracker(Limits(), None, "e"), Flight((10.0, 179.999), track=90.0)
    for step in range(5):
        assert tracker.apply(flight.heard(T0 + step), T0 + step)
    assert place(tracker, T0 + 4)[1] < -179.9
    assert not tracker.refused


def test_several_agreeing_positions_in_a_row_replace_a_wrong_one() -> None:
    tracker, flight = Tracker(Limits(), None, "e"), Flight(tells=False)
    tracker.apply(Flight((30.0, 100.0), tells=False).heard(T0), T0)
    verdicts = [tracker.apply(flight.heard(T0 + step), T0 + step) for step in range(1, 6)]
    assert verdicts == [False, False, False, True, True]
    assert place(tracker, T0 + 5) == flight.place(T0 + 5)


@pytest.mark.parametrize(("seconds", "refused"), [(2.0, 3), (0.5, 5)])
def test_it_takes_four_that_agree_over_two_and_a_half_seconds(seconds: float, refused: int) -> None:
    tracker, flight = Tracker(Limits(), None, "e"), Flight(tells=False)
    tracker.apply(Flight((30.0, 100.0), tells=False).heard(T0), T0)
    moments = [T0 + seconds * step for step in range(1, refused + 2)]
    assert [tracker.apply(flight.heard(at), at) for at in moments] == [False] * refused + [True]


def test_positions_that_disagree_among_themselves_replace_nothing() -> None:
    tracker, flight = Tracker(Limits(), None, "e"), Flight()
    tracker.apply(flight.heard(T0), T0)
    for step in range(1, 13):
        tracker.apply(Flight((-40.0 + 7 * step, 100.0)).heard(T0 + step), T0 + step)
    assert place(tracker, T0 + 13) == flight.place(T0)


def test_one_wrong_position_repeated_by_a_poll_counts_once() -> None:
    tracker, flight = Tracker(Limits(), None, "e"), Flight()
    tracker.apply(flight.heard(T0), T0)
    wrong = Observation(HEX, T0 + 1, "adsb_icao", {"lat": 10.0, "lon": 10.0}, None, 2)
    for step in range(10):
        assert not tracker.apply(wrong, T0 + 1 + step)


def test_two_aircraft_with_one_address_do_not_flap() -> None:
    tracker, one, two = Tracker(Limits(), None, "e"), Flight(HOME), Flight((50.0, 3.0), track=10.0)
    for step in range(60):
        now = T0 + step
        tracker.apply(one.heard(now), now)
        tracker.apply(two.heard(now + 0.5), now + 0.5)
        assert place(tracker, now + 0.5) == one.place(now)
    # The first lands; the second takes the address over within seconds.
    for step in range(60, 66):
        tracker.apply(two.heard(T0 + step), T0 + step)
    assert place(tracker, T0 + 66) == two.place(T0 + 65)


# -- late receivers ----------------------------------------------------------------------------


@pytest.mark.parametrize("gs", [0.0, 90.0, 450.0])
def test_a_receiver_that_says_how_late_it_is_never_overwrites(gs: float) -> None:
    tracker, flight = Tracker(Limits(), HOME, "e"), Flight(gs=gs)
    for step in range(60):
        now = T0 + step
        tracker.apply(flight.heard(now), now)
        late = flight.heard(now - 10)
        tracker.apply(late, now + 0.5)
        assert place(tracker, now + 0.5) == flight.place(now)


@pytest.mark.parametrize("gs", [60.0, 110.0, 450.0])
@pytest.mark.parametrize("track", [0.0, 135.0, 270.0])
@pytest.mark.parametrize("per_second", [1, 3])
def test_a_receiver_ten_seconds_late_that_does_not_know_it_makes_nothing_flap(gs: float, track: float, per_second: int) -> None:
    tracker, flight = Tracker(Limits(), HOME, "e"), Flight(gs=gs, track=track)
    tracker.apply(flight.heard(T0 - 1), T0 - 1)
    for step in range(60):
        now = T0 + step
        tracker.apply(flight.heard(now), now)
        for part in range(per_second):
            arrival = now + (part + 1) / (per_second + 1)
            tracker.apply(flight.heard(arrival, of=arrival - 10), arrival)
            assert place(tracker, arrival) == flight.place(now)


@pytest.mark.parametrize(("gs", "seconds", "back_nm"), [(420.0, 15.5, 0.65), (520.0, 15.5, 1.32), (420.0, 12.0, 1.2)])
def test_a_jet_that_turned_around_in_a_silence_is_no_delayed_receiver(gs: float, seconds: float, back_nm: float) -> None:
    tracker, flight = Tracker(Limits(), None, "e"), Flight(gs=gs)
    for step in (-2, -1, 0):
        tracker.apply(flight.heard(T0 + step), T0 + step)
    back = Flight(destination(HOME, 270.0, back_nm), gs, 270.0)
    for step in range(5):
        now = T0 + seconds + step
        lat, lon = back.place(T0 + step)
        tracker.apply(Observation(HEX, now, "adsb_icao", {"lat": lat, "lon": lon}, None, 2), now)
        assert place(tracker, now) == (lat, lon)
        tracker.apply(Observation(HEX, now, "adsb_icao", {"gs": gs, "track": 270.0}, None, 2), now)


def test_a_position_older_than_the_one_held_is_refused_within_a_newer_message() -> None:
    tracker = Tracker(Limits(), None, "e")
    tracker.apply(Observation(HEX, T0, "adsb_icao", {"lat": 47.0, "lon": 8.0, "nic": 8}, T0 - 1, 2), T0)
    tracker.apply(Observation(HEX, T0 + 1, "adsb_icao", {"lat": 46.999, "lon": 8.0, "nic": 7, "gs": 90.0}, T0 - 2, 2), T0 + 1)
    assert place(tracker, T0 + 1) == (47.0, 8.0)
    aircraft = tracker.aircraft(HEX, T0 + 1)
    assert aircraft is not None
    assert (aircraft["nic"], aircraft["gs"], aircraft["seen"], aircraft["seen_pos"]) == (8, 90.0, 0.0, 2.0)


def test_a_parked_aircraft_heard_again_keeps_its_position_young() -> None:
    tracker, parked = Tracker(Limits(), None, "e"), Flight(gs=0.0)
    for step in range(100):
        tracker.apply(parked.heard(T0 + step), T0 + step)
        tracker.take_delta(T0 + step)
    aircraft = tracker.aircraft(HEX, T0 + 99)
    assert aircraft is not None
    assert aircraft["seen_pos"] == 0.0


def test_a_better_source_corrects_a_worse_position_at_once() -> None:
    tracker, flight = Tracker(Limits(), None, "e"), Flight()
    tracker.apply(Flight((47.5, 8.5)).heard(T0, "mlat"), T0)
    assert tracker.apply(flight.heard(T0 + 1), T0 + 1)
    assert place(tracker, T0 + 1) == flight.place(T0 + 1)


def test_a_rough_source_may_scatter() -> None:
    tracker, flight = Tracker(Limits(), None, "e"), Flight(gs=200.0)
    for step in range(20):
        now = T0 + step
        lat, lon = destination(flight.place(now), 137.0 * step, 0.8)
        assert tracker.apply(Observation(HEX, now, "mlat", {"lat": lat, "lon": lon, "gs": 200.0, "track": 90.0}, None, 2), now)


# -- trail -------------------------------------------------------------------------------------


def fly(tracker: Tracker, seconds: int, track_rate: float = 0.0, climb: float = 0.0, gs: float = 480.0) -> None:
    where, track = HOME, 90.0
    for step in range(seconds):
        track = (track + track_rate) % 360
        where = destination(where, track, gs / 3600)
        fields = {"lat": where[0], "lon": where[1], "gs": gs, "track": track, "alt_baro": round(10000 + climb * step)}
        tracker.apply(Observation(HEX, T0 + step, "adsb_icao", fields, None, 2), T0 + step)
        tracker.take_delta(T0 + step)


def test_a_straight_flight_leaves_few_points_and_a_curved_one_more() -> None:
    counts = []
    for track_rate, climb in ((0.0, 0.0), (3.0, 0.0), (0.0, 50.0)):
        tracker = Tracker(Limits(max_range_nm=0), None, "e")
        fly(tracker, 160, track_rate, climb)
        counts.append(len(tracker.trail(HEX)))
    assert counts == [10, 40, 20]


def test_a_trail_point_says_when_where_and_how() -> None:
    tracker = Tracker(Limits(), None, "e")
    tracker.apply(Observation(HEX, T0, "adsb_icao", {"lat": 47.0, "lon": 8.0, "alt_baro": "ground", "gs": 3.0}, T0 - 1, 2), T0)
    assert tracker.trail(HEX) == []
    tracker.take_delta(T0)
    (point,) = tracker.trail(HEX)
    assert point == (T0 - 1, 47.0, 8.0, "ground", 3.0, None)


def test_a_trail_is_bounded_and_keeps_its_beginning_and_its_end() -> None:
    trail = Trail()
    for step in range(5000):
        trail.offer(step * MAX_SECONDS, {"lat": 0.0, "lon": step / 100}, 600)
        assert len(trail) <= 600
    points = trail.points()
    assert (points[0].lon, points[-1].lon) == (0.0, 49.99)
    assert len(points) > 400
    assert points == sorted(points)
    assert all(late.at - early.at >= MIN_SECONDS for early, late in pairwise(points))


def test_trails_share_the_room_there_is() -> None:
    tracker = Tracker(Limits(trail_points=600, trail_total=40, max_range_nm=0), None, "e")
    fly(tracker, 1200)
    assert len(tracker.trail(HEX)) <= 40


def test_a_trail_goes_with_its_aircraft() -> None:
    tracker = Tracker(Limits(), None, "e")
    fly(tracker, 60)
    assert tracker.trail(HEX)
    tracker.take_delta(T0 + 200)
    assert tracker.trail(HEX) == []


def test_a_trail_never_draws_a_line_that_was_not_flown() -> None:
    tracker, flight = Tracker(Limits(), None, "e"), Flight()
    tracker.apply(Flight((30.0, 100.0)).heard(T0), T0)
    tracker.take_delta(T0)
    for step in range(1, 10):
        tracker.apply(flight.heard(T0 + step), T0 + step)
        tracker.take_delta(T0 + step)
    assert tracker.trail(HEX)
    assert all(point.lon < 10 for point in tracker.trail(HEX))

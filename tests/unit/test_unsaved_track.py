"""The points of a track in memory: by slots, bounded, and joined with what is stored."""

from __future__ import annotations

from itertools import pairwise

from skyspy.sky.unsaved_track import MIN_SECONDS, Budget, UnsavedTrack
from skyspy.tracks.point import TrackPoint
from skyspy.tracks.segment import pack

T0 = 600.0 * 3_000_000
PRESENT = 3_000_000


def point(seconds: float) -> TrackPoint:
    """A point of a track that climbs so fast that each is kept."""
    return TrackPoint(T0 + seconds, 47.0, 8.0, 1000 + int(seconds) * 100, False, 200.0, 0.0)


def offered(track: UnsavedTrack, *seconds: float) -> None:
    for at in seconds:
        track.offer(point(at))


def taken(track: UnsavedTrack, present: int = PRESENT) -> dict[int, list[float]]:
    """The times of the points that are taken, by slot, in seconds from T0."""
    return {slot - PRESENT: [round(one.at - T0, 2) for one in points] for slot, points in track.take_changed(present)}


def test_a_slot_is_taken_whole_whenever_it_has_grown_and_leaves_memory_when_it_has_passed() -> None:
    budget = Budget()
    track = UnsavedTrack(budget)
    offered(track, 1, 2)
    assert taken(track) == {0: [1, 2]}
    assert taken(track) == {}
    offered(track, 3, 601)
    assert taken(track, PRESENT + 1) == {0: [1, 2, 3], 1: [601]}
    assert budget.points == 1
    offered(track, 4)
    assert taken(track, PRESENT + 1) == {}, "too late: the slot is stored as a whole"


def test_stored_points_fill_the_holes_of_the_track_and_nothing_else() -> None:
    budget = Budget()
    track = UnsavedTrack(budget)
    offered(track, 10, 11, 12, 30, 31)
    track.adopt({PRESENT: [pack([point(at) for at in (2, 5, 10.5, 11.5)]), pack([point(at) for at in (20, 25, 40)])]})
    assert taken(track) == {0: [2, 5, 10, 11, 12, 20, 25, 30, 31, 40]}
    assert budget.points == 10


def test_a_stored_slot_is_not_written_again_before_it_grows() -> None:
    track = UnsavedTrack(Budget())
    track.adopt({PRESENT: [pack([point(2)])]})
    assert taken(track) == {}
    offered(track, 40)
    assert taken(track) == {0: [2, 40]}


def test_a_stored_segment_that_cannot_be_read_is_replaced() -> None:
    track = UnsavedTrack(Budget())
    offered(track, 1)
    track.adopt({PRESENT: [b"no segment"]})
    assert taken(track) == {0: [1]}


def test_while_there_are_too_many_points_a_track_takes_one_each_half_minute_and_keeps_two_slots() -> None:
    budget = Budget(most=3)
    track = UnsavedTrack(budget)
    offered(track, *range(1, 3000))
    found = taken(track, PRESENT + 4)
    assert len(found) == 2
    times = found[max(found)]
    assert all(later - earlier >= MIN_SECONDS for earlier, later in pairwise(times))
    assert budget.dropped > 0


def test_a_track_that_is_dropped_gives_its_points_back() -> None:
    budget = Budget()
    track = UnsavedTrack(budget)
    offered(track, 1, 601)
    track.forget_before(PRESENT + 1)
    assert budget.points == 1
    track.clear()
    assert budget.points == 0

"""Claims about the points that the history has not got yet: what another process stored meanwhile is kept."""

from __future__ import annotations

from skyspy.sky.unsaved_track import Budget, UnsavedTrack
from skyspy.tracks.point import SLOT_S, TrackPoint
from skyspy.tracks.segment import pack

SLOT = 3_000_000
BEGAN = float(SLOT * SLOT_S)


def point(after: float) -> TrackPoint:
    """A point so many seconds after the slot began, each of another altitude, so that none is left out."""
    return TrackPoint(BEGAN + after, 47.0, 8.0, int(after) * 100, False, 250.0, 90.0)


def joined(own: list[float], stored: list[float]) -> tuple[list[float], int]:
    """When the points are, in seconds of the slot, and how many are counted, where both are joined."""
    budget = Budget()
    track = UnsavedTrack(budget)
    for after in own:
        assert track.offer(point(after))
    track.adopt({SLOT: [pack([point(after) for after in stored])]})
    ((_, points),) = track.take_changed(SLOT)
    return [round(one.at - BEGAN, 2) for one in points], budget.points


def test_what_another_process_stored_before_comes_first() -> None:
    assert joined([20, 25], [5, 10, 15, 20]) == ([5, 10, 15, 20, 25], 5)


def test_what_another_process_stored_while_this_one_was_stopped_fills_the_gap() -> None:
    assert joined([0, 5, 30, 35], [0.5, 5.5, 10, 15, 20, 25, 30.5]) == ([0, 5, 10, 15, 20, 25, 30, 35], 8)

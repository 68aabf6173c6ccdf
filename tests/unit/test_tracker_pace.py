"""A recording played fast: movement appears faster, and its positions are still plausible."""

from __future__ import annotations

import pytest

from skyspy.aircraft import Observation
from skyspy.geo import destination
from skyspy.tracker import Limits, Tracker

START = (47.0, 8.0)


def flown(pace: float, told: float) -> int:
    """How many of sixty positions, ten seconds of flight apart at 450 kt, are taken when they are played `pace` times as fast."""
    tracker = Tracker(Limits(), None, "epoch")
    taken = 0
    for number in range(60):
        flight_s = number * 10.0
        lat, lon = destination(START, 90.0, 450.0 * flight_s / 3600.0)
        now = 1000.0 + flight_s / pace
        fields = {"lat": lat, "lon": lon, "gs": 450.0, "track": 90.0}
        tracker.apply(Observation("4B1613", now, "adsb_icao", fields, pace=told), now)
        tracker.take_delta(now)
        whole = tracker.aircraft("4B1613", now) or {}
        taken += abs(whole.get("lon", 0.0) - lon) < 1e-9
    return taken


@pytest.mark.parametrize("pace", [1.0, 10.0, 1000.0])
def test_a_recording_that_says_its_pace_keeps_its_positions(pace: float) -> None:
    assert flown(pace, told=pace) >= 59


def test_the_same_flight_without_a_pace_is_impossible() -> None:
    assert flown(1000.0, told=1.0) < 20

"""Which positions of a sky count in its statistics."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.receivers.manager import Hearing
from skyspy.sky.readings import Counted, Readings
from skyspy.tracker import Limits, Tracker
from tests.support.tracker import HEX, T0, heard

HOME = (51.47, -0.46)


class Ears:
    """One receiver, which has just heard the aircraft."""

    stands_in = False

    def hearings(self) -> list[Hearing]:
        return [Hearing("beast", False, {HEX: T0 + 10_000.0})]

    def decoders(self) -> dict[int, str]:
        return {}


@pytest.mark.parametrize(("source", "counts"), [("adsb_icao", True), ("mlat", True), ("adsc", False)])
def test_a_position_of_a_data_link_does_not_count_for_what_a_receiver_hears(source: str, counts: bool) -> None:
    tracker = Tracker(Limits(), HOME, "e")
    ears: Any = Ears()
    readings, found = Readings(tracker, ears, lambda: T0), list[Counted]()
    for second in range(30):
        tracker.apply(heard(T0 + second, source, lat=51.0 + second / 450, lon=-2.0, gs=480.0, track=0.0), T0 + second)
        tracker.take_delta(T0 + second)
        readings.walk(HOME, found.append)
    assert bool(found) is counts

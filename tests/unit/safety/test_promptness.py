"""An event is published within a second and a half of the report that completes it, wherever between two rounds that report comes."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians
from typing import Any

import pytest

from skyspy.safety.all_rules import all_rules
from skyspy.sky.safety import LOOK_S
from tests.support.monitored_sky import MonitoredSky

MOST_S = 1.5
STEP_S = 0.05
A, B = "4CA87C", "3C6444"
Hear = Callable[[MonitoredSky, float], None]


def squawk(sky: MonitoredSky, seconds: float) -> None:
    sky.hear(A, squawk="1000" if seconds < 5 else "7700")


def word(sky: MonitoredSky, seconds: float) -> None:
    sky.hear(A, emergency="none" if seconds < 5 else "minfuel")


def advisory(sky: MonitoredSky, seconds: float) -> None:
    said: dict[str, Any] = {"acas_ra": {"df_type": 17, "ARA": "1100000", "RAT": "0", "MTE": "0", "advisory": "Climb"}}
    sky.hear(A, alt_baro=20_000, **(said if seconds >= 5 else {}))


def descent(sky: MonitoredSky, seconds: float) -> None:
    rate = -9000 if seconds >= 5 else 0
    sky.hear(A, alt_baro=round(39_000 + rate / 60 * max(0.0, seconds - 5)), baro_rate=rate)


def conflict(sky: MonitoredSky, seconds: float) -> None:
    """One flies past 4 miles beside the other, and turns towards it."""
    east, north = 450 / 3600 * seconds / 60 / cos(radians(47)), 450 / 3600 * max(0.0, seconds - 5) / 60
    sky.hear(A, lat=47.0, lon=8.0 + east, alt_baro=20_000, gs=450.0, track=90.0, baro_rate=0)
    fields = {"gs": 636.0, "track": 135.0} if seconds >= 5 else {"gs": 450.0, "track": 90.0}
    sky.hear(B, lat=47.0 + 4 / 60 - north, lon=8.0 + east, alt_baro=20_000, baro_rate=0, **fields)


def published_at(hear: Hear, every: float, round_s: float, phase: float) -> float:
    """When the first event is published, in seconds: the aircraft are heard each `every` seconds, a round follows each `round_s`, the
    first one at `phase`."""
    sky = MonitoredSky(all_rules())
    reports, rounds = 0, 0
    for step in range(int(30 / STEP_S)):
        seconds = step * STEP_S
        if seconds >= reports * every - 1e-6:
            reports += 1
            hear(sky, seconds)
        if seconds >= phase + rounds * round_s - 1e-6:
            rounds += 1
            if sky.look():
                return seconds
        sky.clock.pass_by(STEP_S)
    raise AssertionError("no event was published")


@pytest.mark.parametrize("hear", [squawk, word, advisory, descent, conflict])
@pytest.mark.parametrize("every", [0.5, 1.0])
def test_an_event_follows_within_a_second_and_a_half_of_the_report_that_completes_it(hear: Hear, every: float) -> None:
    completed = published_at(hear, every, STEP_S, 0.0)
    assert completed >= 5.0
    late = [published_at(hear, every, LOOK_S, phase) - completed for phase in (0.05, 0.3, 0.55, 0.95)]
    assert max(late) < MOST_S

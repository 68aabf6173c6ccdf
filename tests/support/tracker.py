"""One aircraft, one tracker, and what a receiver said of it."""

from __future__ import annotations

from typing import Any

from skyspy.aircraft import Observation
from skyspy.tracker import Tracker

HEX = "4CA87C"
T0 = 5000.0


def heard(
    at: float, source: str = "adsb_icao", hex_: str = HEX, pos_at: float | None = None, messages: int = 2, **fields: Any
) -> Observation:
    return Observation(hex_, at, source, fields, pos_at, messages)


def shown(tracker: Tracker, now: float, hex_: str = HEX) -> dict[str, Any]:
    tracker.take_delta(now)
    return tracker.aircraft(hex_, now) or {}

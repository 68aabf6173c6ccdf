"""One position of an aircraft with what was known then, and the time slots by which tracks are stored."""

from __future__ import annotations

from typing import NamedTuple

SLOT_S = 600
"""The length of a slot, in seconds. Slots are counted since 1970-01-01T00:00Z."""


class TrackPoint(NamedTuple):
    """One position: `at` in wall seconds, `lat` and `lon` in degrees (north and east positive), `alt_baro` in feet (None: unknown),
    `gs` in knots and `track` in degrees (None: unknown)."""

    at: float
    lat: float
    lon: float
    alt_baro: int | None
    on_ground: bool
    gs: float | None
    track: float | None


def slot_of(at: float) -> int:
    """The slot in which a moment (wall seconds) lies."""
    return int(at // SLOT_S)

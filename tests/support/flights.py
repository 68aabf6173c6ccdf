"""Positions of aircraft around a receiver, and wrong ones, for tests of statistics."""

from __future__ import annotations

from collections.abc import Iterable

from skyspy.geo import bearing_deg, destination, distance_nm
from skyspy.rollups.confirmed import Reading, Run

HERE = (47.46, 8.55)


def reading(at: float, bearing: float, nm: float, **more: object) -> Reading:
    """A position as seen from HERE."""
    lat, lon = destination(HERE, bearing, nm)
    return Reading(at, lat, lon, distance_nm(HERE, (lat, lon)), bearing_deg(HERE, (lat, lon)), **more)  # type: ignore[arg-type]


def outbound(
    bearing: float, first_nm: float, count: int, every_s: float = 2.0, kt: float = 450.0, **more: object
) -> list[Reading]:
    """A flight away from the receiver."""
    return [reading(n * every_s, bearing, first_nm + kt * n * every_s / 3600.0, **more) for n in range(count)]


def counted(readings: Iterable[Reading]) -> list[Reading]:
    """Those of one aircraft's positions that count."""
    run = Run()
    return [one for each in readings for one in run.offer(each)]

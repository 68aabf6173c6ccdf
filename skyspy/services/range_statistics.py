"""Application: range outline, coverage and signal strength of a sky's receivers, for REST and the panel.

Invariants: needs `stats.view`, and only for callers who may know where the receiver stands: each of these shows the place. Simulated
traffic is only in the answer where there is no other. What was measured from another place than the last one is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skyspy.clock import iso
from skyspy.cooperate import Yielder
from skyspy.geo import Point, destination
from skyspy.rollups.picture import ALL, BANDS, SECTOR_DEG, STEP_NM, STEPS, Band, Picture
from skyspy.server import Server
from skyspy.services.caller import Caller
from skyspy.services.statistics import Reader, reader
from skyspy.sky.audience import Payload
from skyspy.sky.range_pictures import merged_picture
from skyspy.store.history import ranges
from skyspy.store.history.periods import HOUR_S
from skyspy.store.history.ranges import RangeRow

DAY, ALL_TIME = "24h", "all"
MAX_HOURS = 2000
"""Rows of hours that one answer is made from."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture, what it is of, and how many stored ones it was made from."""

    picture: Picture
    place: Point | None
    about: Payload
    parts: int


def outline(server: Server, caller: Caller, period: str = DAY, receiver: str | None = None) -> tuple[Payload, int]:
    """The farthest confirmed distance by sector and band of altitudes, and how many rows were read for it. Yields. Raises Refused."""
    shown = _shown(server, caller, period, receiver)
    place = None if shown.place is None else {"lat": shown.place[0], "lon": shown.place[1]}
    bands = [_band(shown, band) for band in (ALL, *BANDS)]
    return shown.about | {"place": place, "sector_deg": SECTOR_DEG, "bands": bands}, shown.parts


def coverage(server: Server, caller: Caller, period: str = DAY, receiver: str | None = None) -> tuple[Payload, int]:
    """Positions by sector and step of distance, and how many rows were read for it. Yields. Raises Refused."""
    shown = _shown(server, caller, period, receiver)
    sizes = {"sector_deg": SECTOR_DEG, "step_nm": STEP_NM}
    return shown.about | sizes | {"positions": shown.picture.positions, "counts": shown.picture.coverage()}, shown.parts


def rssi(server: Server, caller: Caller, period: str = DAY, receiver: str | None = None) -> tuple[Payload, int]:
    """Signal strength by step of distance, and how many rows were read for it. Yields. Raises Refused."""
    shown = _shown(server, caller, period, receiver)
    signals = shown.picture.signals()
    values = {
        "distance_nm": [step * STEP_NM for step in range(STEPS)],
        "count": [0 if signal is None else signal.positions for signal in signals],
        "rssi_mean": [None if signal is None else round(signal.mean, 1) for signal in signals],
        "rssi_min": [None if signal is None else round(signal.least, 1) for signal in signals],
        "rssi_max": [None if signal is None else round(signal.greatest, 1) for signal in signals],
    }
    return shown.about | {"step_nm": STEP_NM, "values": values}, shown.parts


def _shown(server: Server, caller: Caller, period: str, receiver: str | None) -> Shown:
    asking = reader(server, caller)
    asking.require_location_access("The range of a receiver")
    present = int(server.clock.wall() // HOUR_S)
    rows = _rows(asking, period, asking.receiver(receiver), present)
    if not all(row.demo for row in rows):
        rows = [row for row in rows if not row.demo]
    latest = max((row for row in rows if row.unit == ranges.HOUR), key=lambda row: row.at, default=rows[-1] if rows else None)
    picture = Picture() if latest is None else merged_picture(rows, latest.place, Yielder(server.clock.steady))
    hours = [row.at for row in rows if row.unit == ranges.HOUR]
    begin = None if period == ALL_TIME or not hours else iso(min(hours) * HOUR_S)
    about: Payload = {"period": period, "receiver": receiver, "from": begin, "to": iso(server.clock.wall())}
    if latest is not None and latest.demo:
        about["demo"] = True
    return Shown(picture, None if latest is None else latest.place, about, len(rows))


def _rows(asking: Reader, period: str, receiver: str | None, present: int) -> list[RangeRow]:
    """The stored pictures that make the one of the period."""
    sky = asking.view.name
    if period == DAY:
        return asking.read(ranges.hours, sky, present - 23, present + 1, receiver, MAX_HOURS)
    totals = asking.read(ranges.of_all_time, sky, receiver)
    upto = {row.receiver: row.upto or 0 for row in totals}
    first = min(upto.values(), default=0)
    hours = asking.read(ranges.hours, sky, first, present + 1, receiver, MAX_HOURS)
    return [*totals, *(row for row in hours if row.at >= upto.get(row.receiver, 0))]


def _band(shown: Shown, band: Band) -> Payload:
    distances = shown.picture.distances(band)
    return {
        "name": band.name,
        "min_ft": band.low,
        "max_ft": band.high,
        "distances_nm": distances,
        "polygon": [] if shown.place is None else polygon(shown.place, distances),
    }


def polygon(place: Point, distances: Sequence[float | None]) -> list[list[float]]:
    """The outline as a closed ring of [longitude, latitude]: one point in the middle of each sector, and the place itself where sectors
    are not known; empty where none is."""
    if not any(distances):
        return []
    ring: list[list[float]] = []
    for sector, distance in enumerate(distances):
        lat, lon = place if distance is None else destination(place, (sector + 0.5) * SECTOR_DEG, distance)
        point = [round(lon, 5), round(lat, 5)]
        if not ring or ring[-1] != point:
            ring.append(point)
    if ring[-1] != ring[0]:
        ring.append(ring[0])
    return ring

"""Where a message says that its aircraft is: an ADS-C report that the decoder has read, or coordinates in the text. Pure.

`N51283W000123` may be degrees, minutes and tenths of minutes (51°28.3′), or degrees and thousandths (51.283°). Minutes of 60 and more exclude the first.
Where both are possible, the one near the live aircraft is right; without one the position is not known. So is that of several in one text, unless
`POS` stands before it. Coordinates in text to an aircraft are places, not its position.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any

from skyspy.datalink.message import DatalinkPosition
from skyspy.geo import Point, distance_nm

NEAR_NM = 30.0
"""Of several pairs of coordinates one is near the live aircraft within so much: what it flies in some minutes."""
FAR_NM = 500.0
"""What is farther from the live aircraft is a place on its route."""
CLEARLY = 1.5
"""The other reading is farther away by this factor, or neither is taken."""
SAME_NM = 1.0
"""Readings of one text that are not farther apart say the same."""
MAX_TEXT = 20_000
"""Characters that are searched."""
MAX_PAIRS = 64
"""Pairs of coordinates that are looked at in one text."""
HOUR_S = 3600.0
AHEAD_S = 60.0
"""A report's time may be so much after our clock."""

_BETWEEN = r"[ ,/]{0,2}"
_PACKED = rf"(?P<ns1>[NS])(?P<lat1>[0-9]{{5}}){_BETWEEN}(?P<ew1>[EW])(?P<lon1>[0-9]{{6}})"
_DEGREES = rf"(?P<ns2>[NS]) ?(?P<lat2>[0-9]{{1,2}}\.[0-9]{{2,6}}){_BETWEEN}(?P<ew2>[EW]) ?(?P<lon2>[0-9]{{1,3}}\.[0-9]{{2,6}})"
_MINUTES = (
    rf"(?P<ns3>[NS])(?P<lat3>[0-9]{{2}}) ?(?P<latm3>[0-9]{{2}}\.[0-9]{{1,3}}){_BETWEEN}"
    r"(?P<ew3>[EW])(?P<lon3>[0-9]{3}) ?(?P<lonm3>[0-9]{2}\.[0-9]{1,3})"
)
_PAIR = re.compile(rf"(?P<marked>POS[ /,:]?)?(?:{_PACKED}|{_DEGREES}|{_MINUTES})")

REPORTS = (
    "basic_report",
    "emergency_basic_report",
    "lateral_dev_change_event",
    "vert_rate_change_event",
    "alt_range_event",
    "waypoint_change_event",
)
"""The parts of an ADS-C message, as libacars names them, that begin with position, altitude and time."""


def is_place(lat: object, lon: object) -> bool:
    """Whether these are the latitude and longitude of a place, in degrees. 0 N 0 E is what avionics send without a position."""
    if isinstance(lat, bool) or isinstance(lon, bool) or not isinstance(lat, int | float) or not isinstance(lon, int | float):
        return False
    return isfinite(lat) and isfinite(lon) and abs(lat) <= 90.0 and abs(lon) <= 180.0 and (lat, lon) != (0, 0)


def of_libacars(libacars: Mapping[str, Any] | None, wall: float) -> DatalinkPosition | None:
    """The last position of an ADS-C message in the output of libacars; None: it has none, or its checksum is wrong. `wall`: when it was received, in
    seconds: the report says only the second of the hour."""
    found = None
    for report in _reports(libacars):
        lat, lon, alt, second = (report.get(name) for name in ("lat", "lon", "alt", "ts_sec"))
        if is_place(lat, lon):
            altitude = float(alt) if isinstance(alt, int | float) and isfinite(alt) else None
            found = DatalinkPosition(float(lat or 0), float(lon or 0), altitude, "adsc", _time_of(second, wall))
    return found


def of_text(text: str, near: Point | None = None) -> DatalinkPosition | None:
    """The position in the text of a downlink; None: there is none, or it cannot be decided. `near`: where the live aircraft is."""
    pairs = list(_pairs(text[:MAX_TEXT]))
    marked = [readings for is_marked, readings in pairs if is_marked]
    places = [place for readings in marked or [readings for _, readings in pairs] if (place := _decided(readings, near))]
    if near is not None:
        places = sorted(places, key=lambda place: distance_nm(place, near))[:1]
    if not places or any(distance_nm(place, places[0]) > SAME_NM for place in places):
        return None
    limit = FAR_NM if len(marked or pairs) == 1 else NEAR_NM
    if near is not None and distance_nm(places[0], near) > limit:
        return None
    return DatalinkPosition(*places[0], source="text")


def _decided(readings: list[Point], near: Point | None) -> Point | None:
    """One of the readings of one pair of coordinates; None where it cannot be decided."""
    if len(readings) < 2 or distance_nm(readings[0], readings[1]) <= SAME_NM:
        return readings[0] if readings else None
    if near is None:
        return None
    nearer, farther = sorted(readings, key=lambda place: distance_nm(place, near))
    away = distance_nm(nearer, near)
    return nearer if distance_nm(farther, near) >= CLEARLY * away else None


def _pairs(text: str) -> Iterator[tuple[bool, list[Point]]]:
    """Each pair of coordinates: whether `POS` stands before it, and its possible readings."""
    for count, match in enumerate(_PAIR.finditer(text)):
        if count == MAX_PAIRS:
            return
        if readings := [place for place in _readings(match) if is_place(*place)]:
            yield match["marked"] is not None, readings


def _readings(match: re.Match[str]) -> Iterator[Point]:
    if match["lat1"]:
        lat, lon = match["lat1"], match["lon1"]
        north, east = _sign(match["ns1"]), _sign(match["ew1"])
        if int(lat[2:4]) < 60 and int(lon[3:5]) < 60:
            yield north * _with_minutes(lat[:2], int(lat[2:]) / 10), east * _with_minutes(lon[:3], int(lon[3:]) / 10)
        yield north * int(lat) / 1000, east * int(lon) / 1000
    elif match["lat2"]:
        yield _sign(match["ns2"]) * float(match["lat2"]), _sign(match["ew2"]) * float(match["lon2"])
    elif float(match["latm3"]) < 60.0 and float(match["lonm3"]) < 60.0:
        north, east = _sign(match["ns3"]), _sign(match["ew3"])
        yield (
            north * _with_minutes(match["lat3"], float(match["latm3"])),
            east * _with_minutes(match["lon3"], float(match["lonm3"])),
        )


def _with_minutes(degrees: str, minutes: float) -> float:
    return round(int(degrees) + minutes / 60, 5)


def _sign(hemisphere: str) -> int:
    return -1 if hemisphere in "SW" else 1


def _reports(libacars: Mapping[str, Any] | None) -> Iterable[Mapping[str, Any]]:
    """The reports with a position in the output of libacars, in order."""
    envelope = libacars.get("arinc622", libacars) if isinstance(libacars, Mapping) else None
    if not isinstance(envelope, Mapping) or envelope.get("crc_ok") is False:
        return
    adsc = envelope.get("adsc")
    tags = adsc.get("tags") if isinstance(adsc, Mapping) and not adsc.get("err") else None
    for tag in tags if isinstance(tags, list) else ():
        for name in REPORTS:
            if isinstance(tag, Mapping) and isinstance(report := tag.get(name), Mapping):
                yield report


def _time_of(second: object, wall: float) -> float | None:
    """When a second of the hour was last, in wall seconds."""
    if isinstance(second, bool) or not isinstance(second, int | float) or not 0 <= second < HOUR_S:
        return None
    at = wall - wall % HOUR_S + second
    return at - HOUR_S if at > wall + AHEAD_S else at

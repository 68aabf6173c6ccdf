"""Application: sightings as files: CSV, and with their tracks GeoJSON (RFC 7946) and KML 2.2.

Invariants: a file is made in slices while it is sent, so that its size costs no memory. Texts that others wrote (callsigns,
registrations, names of receivers) are text in every format.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from skyspy import wirejson
from skyspy.clock import iso
from skyspy.cooperate import Yielder
from skyspy.services.csv_cells import escape_formula
from skyspy.tracks.lines import lines
from skyspy.tracks.point import TrackPoint

CSV_COLUMNS = (
    "id", "hex", "first", "last", "duration_s", "ended", "flight", "callsigns", "squawks", "receivers", "sources", "r", "t", "ownOp",
    "country", "category", "military", "emergency", "on_ground", "messages", "positions", "closest_nm", "closest_at", "farthest_nm",
    "farthest_at", "alt_min", "alt_max", "gs_max", "first_lat", "first_lon", "last_lat", "last_lon", "first_ever", "demo",
)  # fmt: skip
"""The fields of a sighting; its two positions have a column for each number."""
_PLACES = {f"{which}_{axis}": (f"{which}_position", axis) for which in ("first", "last") for axis in ("lat", "lon")}

METRES = 0.3048
"""Of a foot."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>SkySpy sightings</name>\n'
_KML_TAIL = "</Document></kml>\n"

Sightings = Iterable[list[dict[str, Any]]]
"""Sightings in slices, as services/history.py gives them."""
Tracked = Iterable[tuple[dict[str, Any], Sequence[TrackPoint]]]
"""Sightings, each with its track in order."""


def as_csv(slices: Sightings) -> Iterator[str]:
    """A CSV file with a line of names. Lists are joined with commas; what is not known is empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    yielder = Yielder()
    writer.writerow(CSV_COLUMNS)
    for sightings in slices:
        for sighting in sightings:
            writer.writerow([_cell(_value(sighting, name)) for name in CSV_COLUMNS])
            yielder.maybe_yield()
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _value(sighting: Mapping[str, Any], column: str) -> object:
    if column in _PLACES:
        name, axis = _PLACES[column]
        return sighting.get(name, {}).get(axis)
    return sighting.get(column)


def _cell(value: object) -> object:
    """A cell: numbers as they are, texts so that no spreadsheet runs them."""
    return escape_formula(_plain(value)) if isinstance(value, bool | list | str) else value


# -- with tracks ----------------------------------------------------------------------------------


def as_geojson(tracked: Tracked) -> Iterator[str]:
    """A FeatureCollection, one feature for each sighting: a line, several where it crosses the antimeridian, or the one known point.
    `coordTimes` and `coordAltitudes` (readsb's alt_baro, null where unknown) are the times and altitudes of its coordinates."""
    yielder = Yielder()
    separator = '{"type":"FeatureCollection","features":[\n'
    for sighting, track in tracked:
        yield separator + wirejson.dumps(_feature(sighting, track, yielder))
        separator = ",\n"
    yield ("" if separator == ",\n" else separator) + "\n]}\n"


def _feature(sighting: Mapping[str, Any], track: Sequence[TrackPoint], yielder: Yielder) -> dict[str, Any]:
    coordinates, times, altitudes = [], [], []
    for line in lines(track):
        coordinates.append([(point.lon, point.lat) for point in line])
        times.append([iso(point.at) for point in line])
        altitudes.append(["ground" if point.on_ground else point.alt_baro for point in line])
        yielder.maybe_yield()
    geometry: dict[str, Any] | None = None
    along: dict[str, Any] = {}
    if len(track) > 1:
        one = len(coordinates) == 1
        geometry = {"type": "LineString" if one else "MultiLineString", "coordinates": coordinates[0] if one else coordinates}
        along = {"coordTimes": times[0] if one else times, "coordAltitudes": altitudes[0] if one else altitudes}
    elif (place := _only_place(sighting, track)) is not None:
        geometry = {"type": "Point", "coordinates": place}
    return {"type": "Feature", "id": sighting["id"], "geometry": geometry, "properties": {**sighting, **along}}


def as_kml(tracked: Tracked) -> Iterator[str]:
    """A Document, one Placemark for each sighting, with its span of time. Altitudes are barometric, in metres, absolute; where a point
    has none, or is on the ground, that of the point before (or the first known one) stands for it."""
    yielder = Yielder()
    yield _KML_HEAD
    for sighting, track in tracked:
        yield _placemark(sighting, track, yielder)
    yield _KML_TAIL


def _placemark(sighting: Mapping[str, Any], track: Sequence[TrackPoint], yielder: Yielder) -> str:
    name = sighting.get("flight") or sighting.get("r") or sighting["hex"]
    span = f"<TimeSpan><begin>{sighting['first']}</begin><end>{sighting['last']}</end></TimeSpan>"
    data = "".join(
        f'<Data name="{key}"><value>{_xml(_plain(value))}</value></Data>'
        for key in CSV_COLUMNS
        if (value := _value(sighting, key)) is not None
    )
    geometry = ""
    if len(track) > 1:
        height = next((point.alt_baro for point in track if point.alt_baro is not None), 0) * METRES
        drawn = []
        for line in lines(track):
            text, height = _coordinates(line, height, yielder)
            drawn.append(f"<LineString><altitudeMode>absolute</altitudeMode><coordinates>{text}</coordinates></LineString>")
        geometry = drawn[0] if len(drawn) == 1 else f"<MultiGeometry>{''.join(drawn)}</MultiGeometry>"
    elif (place := _only_place(sighting, track)) is not None:
        geometry = f"<Point><coordinates>{place[0]},{place[1]}</coordinates></Point>"
    return f"<Placemark><name>{_xml(name)}</name>{span}<ExtendedData>{data}</ExtendedData>{geometry}</Placemark>\n"


def _coordinates(line: Sequence[TrackPoint], height: float, yielder: Yielder) -> tuple[str, float]:
    """A line as KML writes it, and its last height in metres; `height` is that before its first point."""
    found = []
    for point in line:
        if point.alt_baro is not None and not point.on_ground:
            height = point.alt_baro * METRES
        found.append(f"{point.lon},{point.lat},{height:.0f}")
        yielder.maybe_yield()
    return " ".join(found), height


def _only_place(sighting: Mapping[str, Any], track: Sequence[TrackPoint]) -> tuple[float, float] | None:
    """Longitude and latitude of the one place that is known of a sighting without a line."""
    if track:
        return track[0].lon, track[0].lat
    place = sighting.get("last_position")
    return None if place is None else (place["lon"], place["lat"])


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _xml(text: str) -> str:
    """Text in an XML document, without the characters that none can hold."""
    return escape(_NO_XML.sub("", text))

"""Values out of the JSON of weather services, which write numbers as texts, blanks for nothing, and lists for one.

Each reader returns None, or "" for texts, for what is not there and for what cannot be what it should be; it raises nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Generic, TypeVar

from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.polygons import no_pause
from skyspy.geo import Point

Item = Mapping[str, Any]
T = TypeVar("T")

MAX_ITEMS = 5000
"""Of one document; those after it are not read, and counted as bad."""
PAUSE_LISTED = 500
"""Records between two pauses where little is done with each."""
MAX_TEXT = 8000
MAX_CORNERS = 1000
PAUSE_CORNERS = 128
"""Corners that are read between two pauses."""
MAX_ERRORS = 20
"""So many bad items of a document are described, all are counted."""


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """What was read out of a document: `items` in its order, how many items were `bad`, and what was wrong with the first of those."""

    items: list[T] = field(default_factory=list)
    bad: int = 0
    errors: list[str] = field(default_factory=list)


def read_items(document: object, read: Callable[[Item], T], name: str, pause: Callable[[], None] = no_pause) -> Read[T]:
    """The records of a JSON document: a list of objects, or a FeatureCollection, whose features are given as their properties with their
    `geometry` (points: `lat` and `lon`). An empty document (None) has none. A bad item costs itself. `pause` is called before
    each item. Raises AirspaceError for what is no such document."""
    items: list[T] = []
    errors: list[str] = []
    bad = 0
    rows = _rows(document, name)
    for place, row in enumerate(rows[:MAX_ITEMS]):
        pause()
        try:
            items.append(read(_object(row)))
        except AirspaceError as error:
            bad += 1
            if len(errors) < MAX_ERRORS:
                errors.append(f"{name} {place}: {error}")
    return Read(items, bad + max(0, len(rows) - MAX_ITEMS), errors)


def _object(row: object) -> Item:
    if not isinstance(row, Mapping):
        raise AirspaceError("it is no object")
    return row


def _rows(document: object, name: str) -> list[Any]:
    if document is None:
        return []
    if isinstance(document, Mapping) and document.get("type") == "FeatureCollection":
        features = document.get("features")
        document = [_flat(one) for one in features] if isinstance(features, list) else None
    if not isinstance(document, list):
        raise AirspaceError(f"the document of {name} is no list of items")
    return document


def _flat(feature: object) -> object:
    if not isinstance(feature, Mapping) or not isinstance(feature.get("properties"), Mapping):
        return None
    geometry = feature.get("geometry")
    place = {"geometry": geometry} if isinstance(geometry, Mapping) else {}
    if isinstance(geometry, Mapping) and geometry.get("type") == "Point" and isinstance(at := geometry.get("coordinates"), list):
        place = {"lon": at[0], "lat": at[1]} if len(at) >= 2 else {}
    return {**feature["properties"], **place}


def text(item: Item, *names: str) -> str:
    """The first of these fields that is a text (or a whole number) and not blank, without blanks around it."""
    for name in names:
        value = item.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and value.strip():
            return value.strip()[:MAX_TEXT]
    return ""


def number(value: object) -> float | None:
    """A finite number; texts of numbers count."""
    if isinstance(value, str):
        try:
            value = float(value.strip()[:24])
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if isfinite(found) else None


def within(value: object, low: float, high: float) -> float | None:
    """A number from `low` to `high`."""
    found = number(value)
    return found if found is not None and low <= found <= high else None


def point(item: Item) -> Point:
    """The position of an item. Raises AirspaceError where it has none: 0 N 0 E is none."""
    lat, lon = within(item.get("lat"), -90, 90), within(item.get("lon"), -180, 180)
    if lat is None or lon is None or (lat, lon) == (0, 0):
        raise AirspaceError("it has no position")
    return lat, lon


def corners(value: object, pause: Callable[[], None] = no_pause) -> list[list[Point]]:
    """The rings of a field `coords`: a list of {lat, lon} (texts or numbers), or a list of such lists. Raises AirspaceError for a corner that
    is none, and for too many."""
    if not isinstance(value, list):
        return []
    nested = value and all(isinstance(one, list) for one in value) and all(isinstance(one[0], Mapping) for one in value if one)
    parts = value if nested else [value]
    if sum(len(part) for part in parts) > MAX_CORNERS or len(parts) > MAX_CORNERS:
        raise AirspaceError(f"it has more than {MAX_CORNERS} corners")
    rings = []
    for part in parts:
        ring = []
        for place in range(0, len(part), PAUSE_CORNERS):
            pause()
            ring += [_corner(one) for one in part[place : place + PAUSE_CORNERS]]
        rings.append(ring)
    return [ring for ring in rings if ring]


def _corner(value: object) -> Point:
    if isinstance(value, Mapping):
        lat, lon = within(value.get("lat"), -90, 90), within(value.get("lon"), -180, 180)
    elif isinstance(value, list) and len(value) >= 2:
        lon, lat = within(value[0], -180, 180), within(value[1], -90, 90)
    else:
        lat = lon = None
    if lat is None or lon is None:
        raise AirspaceError("a corner has no position")
    return lat, lon


def objects(value: object, limit: int) -> Iterator[Item]:
    """The objects of a list, at most `limit`; nothing for what is no list."""
    for one in value[:limit] if isinstance(value, list) else ():
        if isinstance(one, Mapping):
            yield one

"""Reads airspaces from GeoJSON (RFC 7946), and from the JSON of shapes with flight levels that `traffic` writes.

A Feature is an airspace; its properties are named in many ways, of which those of the FAA, of OpenAIP and plain ones (`name`, `lower`, `upper`,
`floor`, `ceiling` …) are known, whatever their case. A feature with an error is left out, and the others are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from skyspy.airspace.altitudes import NOT_GIVEN, Limit, band_of, limit_from, limit_of
from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.polygons import MAX_CORNERS, area_of, no_pause
from skyspy.airspace.reading import ICAO_CLASSES, Reading
from skyspy.airspace.records import Area, Band
from skyspy.geo import Point
from skyspy.wirejson import JSONDecodeError, loads

MAX_BYTES = 64 * 1024 * 1024
MAX_PARTS = 2_000
"""Polygons of a feature."""
MAX_NESTING = 3
"""Collections within each other."""
NO_VALUE = -9000.0
"""At most so many feet: the FAA writes -9998 where there is no number."""
CLASS_A_FLOOR = Limit(18_000.0, "AMSL")
"""Where a class of the FAA ends that reaches "up to, but not including" class A and gives no altitude."""

_LOWER = ("lower", "lowerlimit", "lowerceiling", "lowerft", "floor", "floorft", "base", "bottom", "lowerdesc")
_UPPER = ("upper", "upperlimit", "upperceiling", "upperft", "ceiling", "ceilingft", "top", "upperdesc")
_NAME = ("name", "title", "ident", "designator", "id")
_KIND = ("typecode", "localtype", "type", "kind", "category")
_CLASS = ("icaoclass", "class", "airspaceclass")
_ACTIVE = ("timesofuse", "wkhrrmk", "active", "schedule", "hoursofoperation")
_TEXT = ("remarks", "text", "description", "contagent", "frequency")
_KEY = ("globalid", "gid", "uid", "designatorid")

_OPENAIP_UNITS = {0: "M", 1: "FT", 6: "FL"}
_OPENAIP_REFERENCES = {0: "SFC", 1: "MSL", 2: "STD"}
_OPENAIP_CLASSES = dict(enumerate("ABCDEFG"))
_OPENAIP_KINDS = {
    1: "R", 2: "Q", 3: "P", 4: "CTR", 5: "TMZ", 6: "RMZ", 7: "TMA", 8: "TRA", 9: "TSA", 10: "FIR", 11: "UIR", 12: "ADIZ", 13: "ATZ", 14: "MATZ",
    15: "AWY", 16: "MTR", 17: "ALERT", 18: "WARNING", 19: "PROTECTED", 20: "HTZ", 21: "GSEC", 22: "TRP", 23: "TIZ", 24: "TIA", 25: "MTA", 26: "CTA",
    27: "ACCSEC", 28: "ASRA", 29: "OFR", 30: "MRT", 31: "TRAFR", 32: "VFRSEC", 33: "FIS", 34: "LTA", 35: "UTA", 36: "MCTR",
}  # fmt: skip
"""The numbers of OpenAIP's types."""
_FAA_KINDS = {"D": "Q", "W": "WARNING", "A": "ALERT"}
"""Special use airspaces of the FAA whose letter means something else among classes."""


def read_geojson(data: bytes, source: str, pause: Callable[[], None] = no_pause) -> Reading:
    """The airspaces of a document, with the number of the feature of each error. `source`: the name of the file. `pause` is called between
    pieces of work; decoding is one piece of some 10 ms for each MB. Raises AirspaceError for what is too large, no JSON or no GeoJSON."""
    if len(data) > MAX_BYTES:
        raise AirspaceError(f"The file has more than {MAX_BYTES // 1024 // 1024} MB.")
    try:
        document = loads(data)
    except JSONDecodeError as error:
        raise AirspaceError(f"The file is no JSON: {str(error)[:100]}.") from None
    pause()
    return read_document(document, source, pause)


def read_document(document: object, source: str, pause: Callable[[], None] = no_pause) -> Reading:
    """Like read_geojson, for JSON that was decoded."""
    reading = Reading(source)
    if isinstance(document, Mapping) and isinstance(document.get("shapes"), list):
        _add_shapes(document, reading, pause)
        return reading
    for number, feature in enumerate(_features(document, MAX_NESTING), 1):
        pause()
        try:
            _add_feature(feature, reading, pause)
        except AirspaceError as error:
            reading.drop(number, str(error))
    return reading


def _features(document: object, nesting: int) -> Iterator[object]:
    """The features of a document. Raises AirspaceError where it is no GeoJSON."""
    kind = document.get("type") if isinstance(document, Mapping) else None
    if isinstance(document, Mapping) and kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list) or not nesting:
            raise AirspaceError("The file is no GeoJSON: its features are no list, or nested too deep.")
        for feature in features:
            if isinstance(feature, Mapping) and feature.get("type") == "FeatureCollection":
                yield from _features(feature, nesting - 1)
            else:
                yield feature
    elif isinstance(document, Mapping) and kind == "Feature":
        yield document
    elif kind in ("Polygon", "MultiPolygon", "GeometryCollection"):
        yield {"type": "Feature", "geometry": document}
    else:
        raise AirspaceError("The file is no GeoJSON: its type is none of FeatureCollection, Feature, Polygon and MultiPolygon.")


def _add_feature(feature: object, reading: Reading, pause: Callable[[], None]) -> None:
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        raise AirspaceError("It is no Feature.")
    given = feature.get("properties")
    properties = _Properties(given if isinstance(given, Mapping) else {})
    area = area_of_geometry(feature.get("geometry"), pause)
    letter = _class_of(properties)
    one = properties.text(_KEY) or (_words(feature.get("id")) if isinstance(feature.get("id"), str | int) else "")
    texts = (properties.text((name,)) for name in _TEXT)
    reading.add(
        _kind_of(properties, letter),
        properties.text(_NAME) or "unnamed",
        letter,
        _band_of(properties),
        area,
        properties.text(_ACTIVE),
        "; ".join(text for text in texts if text),
        one,
    )


class _Properties:
    """The properties of a feature, found without regard to case, spaces, `_` and `-` in their names."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._values = {_plain(str(name)): value for name, value in given.items()}

    def first(self, names: Sequence[str]) -> Any:
        """The first value that is there, None where there is none. An empty text is none."""
        return next((self._values[name] for name in names if self._values.get(name) not in (None, "")), None)

    def text(self, names: Sequence[str]) -> str:
        """The first value that is a text or a number, as text."""
        return next((words for name in names if (words := _words(self._values.get(name)))), "")


def _plain(name: str) -> str:
    return name[:60].lower().replace("_", "").replace("-", "").replace(" ", "")


def _words(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()


def _class_of(properties: _Properties) -> str:
    """The ICAO class, "" where there is none."""
    value = properties.first(_CLASS)
    if isinstance(value, int) and not isinstance(value, bool):
        return _OPENAIP_CLASSES.get(value, "")
    # The FAA has E2 to E7 for kinds of class E.
    words = _words(value).upper().removeprefix("CLASS").strip(" _")
    return words[:1] if words[:1] in ICAO_CLASSES and (len(words) == 1 or words[1:].isdigit()) else ""


def _kind_of(properties: _Properties, letter: str) -> str:
    value = properties.first(_KIND)
    if isinstance(value, int) and not isinstance(value, bool):
        return _OPENAIP_KINDS.get(value) or letter or "OTHER"
    words = _words(value).upper()
    if not words or words.startswith("CLASS") or words == "FEATURE":
        return letter or words or "OTHER"
    return words if letter else _FAA_KINDS.get(words, words)


def _band_of(properties: _Properties) -> Band:
    return band_of(_limit(properties, "lower", _LOWER), _limit(properties, "upper", _UPPER))


def _limit(properties: _Properties, which: str, names: Sequence[str]) -> Limit:
    """The lower or upper limit of a feature. Raises AirspaceError where one is given that cannot be read."""
    code = properties.text((which + "code",)).upper()
    value = properties.first((which + "val", which + "value"))
    number = _number(value)
    if code or number is not None:
        if code in ("UNLTD", "UNL"):
            return Limit(None, "UNL")
        if number is None or number <= NO_VALUE:
            is_below_a = which == "upper" and properties.text(("upperdesc",)).upper() == "AA" and number is not None
            if is_below_a:
                return CLASS_A_FLOOR
            return Limit(0.0, "SFC") if code == "SFC" and number is None else NOT_GIVEN
        unit = properties.text((which + "uom", which + "unit"))
        known = code if code in ("MSL", "AMSL", "AGL", "SFC", "STD") else ""
        return limit_from(number, unit, known)
    value = properties.first(names)
    if isinstance(value, Mapping):
        return _limit_of_object(value)
    number = _number(value)
    if number is not None and not isinstance(value, str):
        unit = properties.text((which + "unit", which + "uom", which + "limitunit"))
        return limit_from(number, unit, properties.text((which + "reference", which + "ref", which + "datum")))
    return limit_of(value) if isinstance(value, str) and value.strip() else NOT_GIVEN


def _limit_of_object(value: Mapping[str, Any]) -> Limit:
    """`{value, unit, referenceDatum}`, in words or in the numbers of OpenAIP."""
    number = _number(value.get("value"))
    if number is None:
        return NOT_GIVEN
    unit, datum = value.get("unit"), value.get("referenceDatum")
    words = _OPENAIP_UNITS.get(unit, "?") if isinstance(unit, int) else _words(unit)
    reference = _OPENAIP_REFERENCES.get(datum, "?") if isinstance(datum, int) else _words(datum)
    return limit_from(number, words, reference)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def area_of_geometry(geometry: object, pause: Callable[[], None] = no_pause) -> Area:
    """The area of a Polygon, a MultiPolygon, or those of a GeometryCollection. Raises AirspaceError for anything else."""
    polygons: list[list[list[Point]]] = []
    _collect(geometry, polygons, MAX_NESTING, pause)
    return area_of(polygons, pause)


def _collect(geometry: object, polygons: list[list[list[Point]]], nesting: int, pause: Callable[[], None]) -> None:
    """Add the polygons of a geometry; lines and points of a collection have no inside."""
    if not isinstance(geometry, Mapping):
        raise AirspaceError("It has no geometry.")
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "GeometryCollection" and nesting:
        for part in _list(geometry.get("geometries"), MAX_PARTS):
            if isinstance(part, Mapping) and part.get("type") in ("Polygon", "MultiPolygon", "GeometryCollection"):
                _collect(part, polygons, nesting - 1, pause)
    elif kind in ("Polygon", "MultiPolygon"):
        parts = [coordinates] if kind == "Polygon" else _list(coordinates, MAX_PARTS)
        for part in parts:
            if len(polygons) >= MAX_PARTS:
                raise AirspaceError(f"It has more than {MAX_PARTS} polygons.")
            polygons.append([_ring(ring, pause) for ring in _list(part, MAX_PARTS)])
    else:
        raise AirspaceError("Its geometry is neither a Polygon nor a MultiPolygon.")


def _list(value: object, most: int) -> list[Any]:
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise AirspaceError(f"Its coordinates are no list of 1 to {most} parts.")
    return value


def _ring(ring: object, pause: Callable[[], None]) -> list[Point]:
    pause()
    found: list[Point] = []
    for corner in _list(ring, MAX_CORNERS):
        match corner:
            case [int() | float() as lon, int() | float() as lat, *_] if not isinstance(lon, bool) and not isinstance(lat, bool):
                found.append((float(lat), float(lon)))
            case _:
                raise AirspaceError("A corner is not [longitude, latitude] in degrees.")
    return found


def _add_shapes(document: Mapping[str, Any], reading: Reading, pause: Callable[[], None]) -> None:
    """`{name, type, shapes: [{lower, upper, polygon}, ...]}`, with limits in flight levels: an airspace for each shape. Infinity, which
    JSON does not have, is written as null."""
    properties = _Properties(document)
    name, kind = properties.text(_NAME) or "unnamed", properties.text(("type",)).upper()
    for number, shape in enumerate(document["shapes"], 1):
        pause()
        try:
            _add_shape(shape, name, kind, reading, pause)
        except AirspaceError as error:
            reading.drop(number, str(error))


def _add_shape(shape: object, name: str, kind: str, reading: Reading, pause: Callable[[], None]) -> None:
    if not isinstance(shape, Mapping):
        raise AirspaceError("It is no shape.")
    lower, upper = _number(shape.get("lower")), _number(shape.get("upper"))
    low = NOT_GIVEN if lower is None else limit_from(lower, "FL", "")
    high = NOT_GIVEN if upper is None else limit_from(upper, "FL", "")
    reading.add(
        kind,
        name,
        "",
        band_of(Limit(0.0, "SFC") if low.feet == 0.0 else low, high),
        area_of_geometry(shape.get("polygon"), pause),
    )

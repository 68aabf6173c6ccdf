"""The sources that can be polled. A row says how its document is asked for, how often, and how large it may be.

`build` makes the addresses from the operator's `Options`: one, or two where the area crosses the antimeridian. It raises NotConfigured, one
line that says what is missing. Of the place only whole degrees leave this machine, and tenths where NOTAMs are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import asin, ceil, cos, degrees, floor, radians, sin
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from skyspy.fetch.document import Request, TokenRequest

MIB = 1024 * 1024
MAX_RADIUS_NM = 500.0
MAX_NOTAM_RADIUS_NM = 100.0
"""The service takes no larger one."""
MAX_URL_CHARACTERS = 2000
NM_PER_DEGREE = 60.0
NO_PLACE = "the place of the receiver is needed: set it first"
JSON_TYPES = ("application/json", "application/geo+json", "application/vnd.geo+json", "text/json")
MAP_TYPES = (*JSON_TYPES, "application/octet-stream", "binary/octet-stream", "text/plain")
"""Where operators and web servers put GeoJSON, it is often served as a mere file."""
NMS_TYPES = (*JSON_TYPES, "application/gzip", "application/x-gzip", "application/octet-stream", "binary/octet-stream")
"""Long answers come as a packed file, by a redirect."""

_AWC = "https://aviationweather.gov/api/data/"
_TFR = "https://tfr.faa.gov/geoserver/TFR/ows?" + urlencode(
    {
        "service": "WFS",
        "version": "1.1.0",
        "request": "GetFeature",
        "typeName": "TFR:V_TFR_LOC",
        "outputFormat": "application/json",
        "srsname": "EPSG:4326",
    },
    safe=":/",
)
_TFR_LIST = "https://tfr.faa.gov/tfrapi/exportTfrList"
_NMS = "https://api-nms.aim.faa.gov"
_FNS = "https://external-api.faa.gov/notamapi/v1/notams?"


class NotConfigured(ValueError):
    """A source cannot be asked; the message is one line that says what is missing."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator has said: the place (degrees) and a radius (nautical miles) around it, credentials, and the URL or path of what has no
    address of its own."""

    lat: float | None = None
    lon: float | None = None
    radius_nm: float = 150.0
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    url: str = field(default="", repr=False)
    path: Path | None = None


Address = Request | Path
Build = Callable[[Options], tuple[Address, ...]]


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of source. `permission` is what somebody needs to see what came of it; `interval_s` and `longest_wait_s` are the seconds between
    two tries, and at most after one that failed; `max_bytes` bounds the document before and after unpacking; `media_types` are those that it may
    be sent as, in lower case; `needs_network`: it leaves this machine."""

    name: str
    title: str
    permission: str
    interval_s: float
    max_bytes: int
    build: Build
    media_types: tuple[str, ...] = JSON_TYPES
    needs_network: bool = True
    longest_wait_s: float = 900.0


def boxes(options: Options) -> tuple[tuple[int, int, int, int], ...]:
    """South, west, north, east of the area around the place, in whole degrees outwards; two where it crosses the antimeridian. Raises
    NotConfigured."""
    if options.lat is None or options.lon is None:
        raise NotConfigured(NO_PLACE)
    # In degrees of arc on the sphere.
    reach = min(max(options.radius_nm, 1.0), MAX_RADIUS_NM) / NM_PER_DEGREE
    south, north = max(-90, floor(options.lat - reach)), min(90, ceil(options.lat + reach))
    if abs(options.lat) + reach >= 90:
        return ((south, -180, north, 180),)
    wide = degrees(asin(sin(radians(reach)) / cos(radians(options.lat))))
    west, east = floor(options.lon - wide), ceil(options.lon + wide)
    if west < -180:
        return (south, west + 360, north, 180), (south, -180, north, east)
    if east > 180:
        return (south, west, north, 180), (south, -180, north, east - 360)
    return ((south, west, north, east),)


def _fixed(url: str) -> Build:
    """The same address, whatever the options."""

    def build(_options: Options) -> tuple[Address, ...]:
        return (Request(url),)

    return build


def _everywhere(product: str) -> Build:
    """A product of aviationweather.gov, whole."""
    return _fixed(f"{_AWC}{product}?format=json")


def _around(product: str, **more: str) -> Build:
    """A product of aviationweather.gov, around the place."""

    def build(options: Options) -> tuple[Address, ...]:
        queries = ({"format": "json", **more, "bbox": ",".join(map(str, box))} for box in boxes(options))
        return tuple(Request(_AWC + product + "?" + urlencode(query, safe=",")) for query in queries)

    return build


def _nms(options: Options) -> tuple[Address, ...]:
    """The NOTAM Management Service of the FAA, around the place."""
    _check_credentials(options)
    lat, lon, radius = _circle(options)
    token = TokenRequest(f"{_NMS}/v1/auth/token", options.client_id, options.client_secret)
    query = urlencode({"latitude": lat, "longitude": lon, "radius": radius})
    return (Request(f"{_NMS}/nmsapi/v1/notams?{query}", {"nmsResponseFormat": "GEOJSON"}, token),)


def _fns(options: Options) -> tuple[Address, ...]:
    """The service that the FAA had before, around the place."""
    _check_credentials(options)
    lat, lon, radius = _circle(options)
    query = {"locationLongitude": lon, "locationLatitude": lat, "locationRadius": radius, "pageSize": 1000}
    return (Request(_FNS + urlencode(query), {"client_id": options.client_id, "client_secret": options.client_secret}),)


def _check_credentials(options: Options) -> None:
    if not (options.client_id and options.client_secret):
        raise NotConfigured("the client id and the client secret of the FAA's NOTAM API are needed")
    if not (_is_token(options.client_id) and _is_token(options.client_secret)):
        raise NotConfigured("the client id or the client secret has characters that cannot be sent")


def _circle(options: Options) -> tuple[float, float, int]:
    """The place to a tenth of a degree, which is at most five nautical miles off, and a radius that is larger by as much, in nautical miles."""
    if options.lat is None or options.lon is None:
        raise NotConfigured(NO_PLACE)
    radius = min(max(options.radius_nm, 1.0) + 5.0, MAX_NOTAM_RADIUS_NM)
    return round(options.lat, 1), round(options.lon, 1), ceil(radius)


def _file(options: Options) -> tuple[Address, ...]:
    if options.path is None or not options.path.is_absolute():
        raise NotConfigured("the whole path of a file is needed")
    return (options.path,)


def _url(options: Options) -> tuple[Address, ...]:
    url = options.url.strip()
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or len(url) > MAX_URL_CHARACTERS or not url.isprintable() or " " in url:
        raise NotConfigured("an address such as https://host/airspace.geojson is needed")
    if parts.username is not None or parts.fragment:
        raise NotConfigured("an address without a user, a password and a fragment is needed")
    return (Request(url),)


def _is_token(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text and len(text) <= 500


_AIRSPACE, _NOTAMS = "airspace.view", "notams.view"

SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        Source("metar", "Weather reports (METAR)", _AIRSPACE, 300, 4 * MIB, _around("metar")),
        Source("taf", "Forecasts (TAF)", _AIRSPACE, 600, 8 * MIB, _around("taf")),
        Source("pirep", "Reports of pilots", _AIRSPACE, 300, 4 * MIB, _around("pirep", age="2")),
        Source("airsigmet", "SIGMETs of the United States", _AIRSPACE, 300, 4 * MIB, _everywhere("airsigmet")),
        Source("isigmet", "SIGMETs of other countries", _AIRSPACE, 300, 4 * MIB, _everywhere("isigmet")),
        Source("gairmet", "G-AIRMETs", _AIRSPACE, 600, 8 * MIB, _everywhere("gairmet")),
        Source("cwa", "Center weather advisories", _AIRSPACE, 300, 4 * MIB, _everywhere("cwa")),
        Source("tfr", "Flight restrictions of the FAA", _NOTAMS, 300, 16 * MIB, _fixed(_TFR)),
        Source("tfr-list", "List of the FAA's flight restrictions", _NOTAMS, 300, 4 * MIB, _fixed(_TFR_LIST)),
        Source("notam", "NOTAMs of the FAA", _NOTAMS, 600, 16 * MIB, _nms, NMS_TYPES),
        Source("notam-fns", "NOTAMs of the FAA's former service", _NOTAMS, 600, 16 * MIB, _fns),
        Source("geojson", "Boundaries as GeoJSON, polled", _AIRSPACE, 3600, 32 * MIB, _url, MAP_TYPES),
        Source("geojson-file", "Boundaries as GeoJSON, a file", _AIRSPACE, 2, 32 * MIB, _file, (), False, 30.0),
        Source("openair-file", "Boundaries as OpenAir, a file", _AIRSPACE, 2, 16 * MIB, _file, (), False, 30.0),
    )
}

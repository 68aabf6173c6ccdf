"""The rows of sources: which address is asked, and of how much of one's place it tells."""

from __future__ import annotations

from math import asin, cos, degrees, radians, sin, sqrt
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.fetch.document import Request, TokenRequest
from skyspy.fetch.sources import SOURCES, NotConfigured, Options, boxes
from skyspy.permissions import PERMISSION_NAMES

ZURICH = Options(47.4582, 8.5555, 100.0, "an-id", "a-canary")


def asked(name: str, options: Options = ZURICH) -> list[str]:
    found = SOURCES[name].build(options)
    assert all(isinstance(one, Request) for one in found)
    return [one.url for one in found if isinstance(one, Request)]


def test_the_addresses_are_those_that_the_providers_document() -> None:
    """aviationweather.gov/data/api, tfr.faa.gov and api.faa.gov; the box is minLat,minLon,maxLat,maxLon."""
    whole = {name: asked(name) for name, source in SOURCES.items() if source.needs_network and name != "geojson"}
    awc = "https://aviationweather.gov/api/data/"
    assert whole == {
        "metar": [awc + "metar?format=json&bbox=45,6,50,12"],
        "taf": [awc + "taf?format=json&bbox=45,6,50,12"],
        "pirep": [awc + "pirep?format=json&age=2&bbox=45,6,50,12"],
        "airsigmet": [awc + "airsigmet?format=json"],
        "isigmet": [awc + "isigmet?format=json"],
        "gairmet": [awc + "gairmet?format=json"],
        "cwa": [awc + "cwa?format=json"],
        "tfr": [
            "https://tfr.faa.gov/geoserver/TFR/ows?service=WFS&version=1.1.0&request=GetFeature&typeName=TFR:V_TFR_LOC&outputFormat=application/json&srsname=EPSG:4326"
        ],
        "tfr-list": ["https://tfr.faa.gov/tfrapi/exportTfrList"],
        "notam": ["https://api-nms.aim.faa.gov/nmsapi/v1/notams?latitude=47.5&longitude=8.6&radius=100"],
        "notam-fns": [
            "https://external-api.faa.gov/notamapi/v1/notams?locationLongitude=8.6&locationLatitude=47.5&locationRadius=100&pageSize=1000"
        ],
    }


def test_what_leaves_this_machine_is_told_apart_and_every_row_is_whole() -> None:
    assert {name for name, source in SOURCES.items() if not source.needs_network} == {"geojson-file", "openair-file"}
    for name, source in SOURCES.items():
        assert source.name == name
        assert source.permission in PERMISSION_NAMES
        assert source.max_bytes <= 32 * 1024 * 1024
        assert source.longest_wait_s <= 900
        # aviationweather.gov takes no more than 100 requests a minute.
        assert source.interval_s >= (300 if source.needs_network else 1)


def test_credentials_are_headers_and_stand_in_no_address_and_no_text() -> None:
    (request,) = SOURCES["notam-fns"].build(ZURICH)
    assert isinstance(request, Request)
    assert request.headers == {"client_id": "an-id", "client_secret": "a-canary"}
    (with_token,) = SOURCES["notam"].build(ZURICH)
    assert isinstance(with_token, Request)
    assert with_token.headers == {"nmsResponseFormat": "GEOJSON"}
    assert with_token.token == TokenRequest("https://api-nms.aim.faa.gov/v1/auth/token", "an-id", "a-canary")
    assert "canary" not in request.url + with_token.url + repr(request) + repr(with_token) + repr(ZURICH)


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("metar", Options(), "place"),
        ("notam", Options(47.0, 8.0), "client id"),
        ("notam", Options(47.0, 8.0, client_id="a", client_secret="b\r\nX-Evil: 1"), "characters"),
        ("notam", Options(client_id="a", client_secret="b"), "place"),
        ("geojson", Options(), "https://host"),
        ("geojson", Options(url="file:///etc/passwd"), "https://host"),
        ("geojson", Options(url="https://"), "https://host"),
        ("geojson", Options(url="https://[::1/x"), "https://host"),
        ("geojson", Options(url="https://host:99999/x"), "https://host"),
        ("geojson", Options(url="https://host/a\r\nb"), "https://host"),
        ("geojson", Options(url="https://user:canary@host/x"), "without a user"),
        ("geojson-file", Options(), "path"),
        ("openair-file", Options(path=Path("relative.txt")), "path"),
    ],
)
def test_what_is_missing_is_said_in_one_line_without_secrets(name: str, options: Options, says: str) -> None:
    with pytest.raises(NotConfigured) as said:
        SOURCES[name].build(options)
    assert says in str(said.value)
    assert "canary" not in str(said.value)
    assert str(said.value).isprintable()


def test_an_address_and_a_path_of_the_operator_are_asked_as_they_are() -> None:
    assert asked("geojson", Options(url=" http://map.lan:8080/a.geojson?key=1 ")) == ["http://map.lan:8080/a.geojson?key=1"]
    assert SOURCES["openair-file"].build(Options(path=Path("/data/swiss.txt"))) == (Path("/data/swiss.txt"),)


@pytest.mark.parametrize(
    ("lat", "lon", "expected"),
    [
        (-17.755, 177.443, ((-21, 174, -15, 180), (-21, -180, -15, -179))),  # Nadi, Fiji
        (51.878, -176.646, ((49, -180, 55, -172), (49, 179, 55, 180))),  # Adak, Alaska
        (89.0, 10.0, ((86, -180, 90, 180),)),
        (-90.0, 0.0, ((-90, -180, -87, 180),)),
    ],
)
def test_an_area_over_the_antimeridian_is_two_boxes_and_one_at_a_pole_is_a_cap(
    lat: float, lon: float, expected: tuple[tuple[int, ...], ...]
) -> None:
    assert sorted(boxes(Options(lat, lon, 150.0))) == sorted(expected)


@given(
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.floats(1, 500),
    st.floats(0, 360),
    st.floats(0, 1),
)
def test_whatever_is_within_the_radius_is_in_a_box(lat: float, lon: float, radius: float, bearing: float, share: float) -> None:
    arc, turn, phi = radians(radius * share / 60), radians(bearing), radians(lat)
    # The direct problem on the sphere, and the difference of longitude by the haversine.
    there = asin(max(-1.0, min(1.0, sin(phi) * cos(arc) + cos(phi) * sin(arc) * cos(turn))))
    half = sqrt(max(0.0, (sin(arc / 2) ** 2 - sin((there - phi) / 2) ** 2) / max(1e-12, cos(phi) * cos(there))))
    east = degrees(2 * asin(min(1.0, half))) * (1 if sin(turn) >= 0 else -1)
    found = boxes(Options(lat, lon, radius))
    point_lat, point_lon = degrees(there), (lon + east + 180) % 360 - 180
    slack = 1e-6
    assert (
        any(
            south - slack <= point_lat <= north + slack and west - slack <= point_lon <= east_end + slack
            for south, west, north, east_end in found
        )
        or abs(point_lat) > 90 - 1e-4
    )
    assert all(-90 <= s < n <= 90 and -180 <= w < e <= 180 for s, w, n, e in found)


def test_only_whole_degrees_of_the_place_are_told() -> None:
    for name in ("metar", "taf", "pirep"):
        (url,) = asked(name)
        assert all(number.lstrip("-").isdigit() for number in parse_qs(urlsplit(url).query)["bbox"][0].split(","))

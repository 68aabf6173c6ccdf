"""Claims about sightings with their tracks: one by one, as GeoJSON and as KML. Both are judged by what others say of the formats."""

from __future__ import annotations

from contextlib import closing
from typing import Any
from xml.etree import ElementTree

import geojson
import msgspec
import pytest

from skyspy.api.history_models import SightingWithTrack
from skyspy.services import history
from skyspy.store.history import segments
from skyspy.store.history.segments import SlotTrack, parts_of
from skyspy.tracks.point import TrackPoint, slot_of
from tests.support.api_client import error_of
from tests.support.visits import AT, a_visit, write_visits
from tests.support.world import World

NAMESPACE = "{http://www.opengis.net/kml/2.2}"
FEATURE_ORDER = (
    "name", "visibility", "open", "author", "link", "address", "phoneNumber", "Snippet", "description", "LookAt", "TimeSpan",
    "styleUrl", "Style", "Region", "ExtendedData", "Point", "LineString", "MultiGeometry",
)  # fmt: skip
"""The order of elements in a Placemark, by the schema ogckml22.xsd of the Open Geospatial Consortium."""
LINE_ORDER = ("extrude", "tessellate", "altitudeMode", "coordinates")
HOSTILE = "A<b>&\"'\x01]]>"


def track(first: float = AT, count: int = 130, lon: float = 8.25, east: float = 0.01) -> list[TrackPoint]:
    """Points each 10 s: on the ground, then of unknown altitude, then climbing."""
    found = []
    for n in range(count):
        altitude, ground = (None, True) if n < 2 else (None, False) if n == 2 else (1000 + 25 * n, False)
        found.append(
            TrackPoint(first + 10 * n, 47.5, round((lon + n * east + 180) % 360 - 180, 5), altitude, ground, 250.0, 90.0)
        )
    return found


def write(world: World, row: dict[str, Any], points: list[TrackPoint] = []) -> None:  # noqa: B006 - not changed
    """A visit and its track, by slots."""
    world.skyspy.history.commit_now(write_visits, row)
    slots = sorted({slot_of(point.at) for point in points})
    tracks = [
        SlotTrack(row["hex"], row["start"], slot, parts_of([point for point in points if slot_of(point.at) == slot]))
        for slot in slots
    ]
    world.skyspy.history.commit_now(segments.write_tracks, tracks)


def text_of(world: World, ending: str, query: str = "", key: str | None = None) -> str:
    with closing(world.get(f"/api/sightings/export.{ending}?{query}", key or world.key())) as answer:
        assert answer.status_code == 200, answer.text
        text: str = answer.text
        return text


def test_one_sighting_comes_with_its_track(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    write(world, a_visit(), track())
    shown = world.get("/api/sightings/4B1805-1764203575/", world.key()).json
    msgspec.convert(shown, SightingWithTrack)
    assert len(shown["track"]) == 130
    assert shown["track"][0] == {
        "timestamp": "2025-11-27T00:32:55.250Z", "lat": 47.5, "lon": 8.25, "alt_baro": "ground", "gs": 250.0, "track": 90.0,
    }  # fmt: skip
    assert [point["alt_baro"] for point in shown["track"][1:5]] == ["ground", None, 1075, 1100]
    monkeypatch.setattr(history, "ROWS_AT_ONCE", 2)
    assert world.get("/api/sightings/4B1805-1764203575/", world.key()).json == shown


def test_of_a_very_long_track_the_last_points_are_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    write(world, a_visit(), track())
    monkeypatch.setattr(history, "MAX_TRACK", 7)
    shown = world.get("/api/sightings/4B1805-1764203575/", world.key()).json["track"]
    assert [point["alt_baro"] for point in shown] == [1000 + 25 * n for n in range(123, 130)]


def test_a_damaged_piece_of_a_track_is_left_out(world: World) -> None:
    write(world, a_visit(), track())
    damage = "UPDATE segment SET data = x'01ff' WHERE slot = (SELECT min(slot) FROM segment)"
    world.skyspy.history.commit_now(lambda c: c.exec_driver_sql(damage))
    shown = world.get("/api/sightings/4B1805-1764203575/", world.key()).json["track"]
    assert 0 < len(shown) < 130


def test_the_geojson_is_valid_and_holds_every_sighting_with_its_times(world: World) -> None:
    write(world, a_visit(), track())
    write(world, a_visit(hex="4B0002", first=AT - 1, r=HOSTILE[:5]), track(AT - 1, count=1))
    write(world, a_visit(hex="4B0003", first=AT - 2))
    write(world, a_visit(hex="4B0004", first=AT - 3, last_lat=None, last_lon=None))
    write(world, a_visit(hex="4B0005", first=AT - 4), track(AT - 4, lon=179.5))
    found = geojson.loads(text_of(world, "geojson"))
    assert found.is_valid, found.errors()
    line, point, only, none, crossing = found.features
    assert line.id == "4B1805-1764203575"
    assert (line.geometry.type, len(line.geometry.coordinates)) == ("LineString", 130)
    assert line.geometry.coordinates[0] == [8.25, 47.5]
    assert line.properties["coordTimes"][0] == "2025-11-27T00:32:55.250Z"
    assert line.properties["coordAltitudes"][:4] == ["ground", "ground", None, 1075]
    assert (line.properties["closest_nm"], line.properties["r"], point.properties["r"]) == (4.12, "HB-IJU", HOSTILE[:5])
    assert (point.geometry.type, only.geometry, none.geometry) == ("Point", {"type": "Point", "coordinates": [9.25, 48.5]}, None)
    assert crossing.geometry.type == "MultiLineString"
    assert [(part[0][0], part[-1][0]) for part in crossing.geometry.coordinates] == [(179.5, 180.0), (-180.0, -179.21)]
    assert [len(part) for part in crossing.geometry.coordinates] == [len(part) for part in crossing.properties["coordTimes"]]


def test_a_file_without_sightings_is_valid(world: World) -> None:
    empty = geojson.loads(text_of(world, "geojson"))
    assert empty.is_valid
    assert empty.features == []
    assert len(ElementTree.fromstring(text_of(world, "kml"))[0]) == 1


def test_the_kml_has_its_elements_in_the_order_of_the_schema_and_heights_in_metres(world: World) -> None:
    write(world, a_visit(flight=None, callsigns=[], r=HOSTILE, own_op=HOSTILE, receivers=[HOSTILE]), track())
    write(world, a_visit(hex="4B0002", first=AT - 1), track(AT - 1, lon=-179.5, east=-0.01))
    write(world, a_visit(hex="4B0003", first=AT - 2))
    write(world, a_visit(hex="4B0004", first=AT - 3, last_lat=None, last_lon=None))
    root = ElementTree.fromstring(text_of(world, "kml"))
    assert root.tag == f"{NAMESPACE}kml"
    (document,) = root
    assert [element.tag for element in document] == [f"{NAMESPACE}name"] + 4 * [f"{NAMESPACE}Placemark"]
    for placemark in document[1:]:
        names = [element.tag.removeprefix(NAMESPACE) for element in placemark]
        assert names == sorted(names, key=FEATURE_ORDER.index)
    for line in root.iter(f"{NAMESPACE}LineString"):
        names = [element.tag.removeprefix(NAMESPACE) for element in line]
        assert names == sorted(names, key=LINE_ORDER.index)
        assert line.findtext(f"{NAMESPACE}altitudeMode") == "absolute"
    first, second, third, _ = document[1:]
    assert first.findtext(f"{NAMESPACE}name") == HOSTILE.replace("\x01", "")
    assert [element.text for element in first.find(f"{NAMESPACE}TimeSpan")] == [
        "2025-11-27T00:32:55.250Z",
        "2025-11-27T00:42:55.250Z",
    ]
    values = {data.get("name"): data.findtext(f"{NAMESPACE}value") for data in first.iter(f"{NAMESPACE}Data")}
    assert (values["ownOp"], values["closest_nm"], values["military"]) == (HOSTILE.replace("\x01", ""), "4.12", "false")
    coordinates = first.findtext(f"{NAMESPACE}LineString/{NAMESPACE}coordinates").split()
    assert [coordinates[n] for n in (0, 2, 3, 129)] == ["8.25,47.5,328", "8.27,47.5,328", "8.28,47.5,328", "9.54,47.5,1288"]
    parts = [line.findtext(f"{NAMESPACE}coordinates").split() for line in second.iter(f"{NAMESPACE}LineString")]
    assert [(part[0].split(",")[0], part[-1].split(",")[0]) for part in parts] == [("-179.5", "-180.0"), ("180.0", "179.21")]
    assert third.findtext(f"{NAMESPACE}Point/{NAMESPACE}coordinates") == "9.25,48.5"


@pytest.mark.parametrize(
    ("ending", "media"),
    [("geojson", "application/geo+json"), ("kml", "application/vnd.google-earth.kml+xml"), ("csv", "text/csv; charset=utf-8")],
)
def test_a_file_has_its_type_a_name_the_filters_and_a_limit(world: World, ending: str, media: str) -> None:
    for n in range(5):
        write(world, a_visit(hex=f"4B000{n}", first=AT + n, t="C172" if n % 2 else "A320"))
    key = world.key()
    with closing(world.get(f"/api/sightings/export.{ending}", key)) as answer:
        assert answer.headers["Content-Type"] == media
        assert answer.headers["Content-Disposition"].endswith(f"Z.{ending}")
        assert answer.text.count("4B000") >= 5
    found = text_of(world, ending, "t=c172&limit=1", key)
    assert ("4B0003-" in found, "4B0001-" in found, "4B0004-" in found) == (True, False, False)
    assert error_of(world.get(f"/api/sightings/export.{ending}?limit=50001", key)) == (400, "bad_request")
    assert world.get(f"/api/sightings/export.{ending}").status_code == 403
    world.choose(AUTH_MODE="public")
    assert error_of(world.get(f"/api/sightings/export.{ending}?max_closest_nm=1")) == (403, "permission_denied")
    with closing(world.get(f"/api/sightings/export.{ending}")) as public:
        assert "roof" not in public.text
        assert "120.5" not in public.text

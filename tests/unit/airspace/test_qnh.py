"""Claims about the QNH of a place from the METARs around it."""

from __future__ import annotations

import pytest

from skyspy.airspace.qnh import AHEAD_S, StationPressures
from skyspy.airspace.weather import Metar
from skyspy.geo import destination, distance_nm

NOW = 1_775_680_000.0
NEW_YORK = (40.6, -73.8)


def metar(station: str, lat: float, lon: float, hpa: float | None = 1000.0, age: float = 600.0) -> Metar:
    return Metar(station, NOW - age, lat, lon, qnh_hpa=hpa)


def station(*metars: Metar, point: tuple[float, float] = NEW_YORK, within_nm: float = 100.0) -> str | None:
    found = StationPressures(metars).nearest(point, NOW, within_nm)
    return None if found is None else found.station


def test_the_nearest_station_with_a_qnh_gives_it() -> None:
    found = StationPressures([metar("KJFK", 40.64, -73.76, 1036.7), metar("KLGA", 40.78, -73.87, 1030.0)]).nearest(NEW_YORK, NOW)
    assert found is not None
    assert (found.hpa, found.station, found.age_s) == (1036.7, "KJFK", 600.0)
    assert found.distance_nm == pytest.approx(distance_nm(NEW_YORK, (40.64, -73.76)))
    assert station(metar("KJFK", 40.64, -73.76, None), metar("KLGA", 40.78, -73.87)) == "KLGA"


def test_an_old_report_and_one_from_the_future_do_not_count() -> None:
    near, far = metar("KJFK", 40.64, -73.76, age=9001.0), metar("KLGA", 40.78, -73.87, age=9000.0)
    assert station(near, far) == "KLGA"
    assert station(metar("KJFK", 40.64, -73.76, age=-AHEAD_S - 1)) is None


def test_of_one_station_the_last_report_counts() -> None:
    found = StationPressures([metar("KJFK", 40.64, -73.76, 1000.0, 60.0), metar("KJFK", 40.64, -73.76, 990.0, 3600.0)]).nearest(
        NEW_YORK, NOW
    )
    assert found is not None
    assert found.hpa == 1000.0


def test_a_station_beyond_the_distance_does_not_count() -> None:
    for bearing in range(0, 360, 30):
        inside, outside = (destination(NEW_YORK, bearing, away) for away in (99.9, 100.1))
        assert station(metar("KAAA", *inside)) == "KAAA"
        assert station(metar("KAAA", *outside)) is None


@pytest.mark.parametrize(
    ("point", "other"),
    [((52.0, 179.9), (52.0, -179.9)), ((52.0, -179.9), (52.0, 180.0)), ((89.9, 10.0), (89.9, -170.0)), ((-89.99, 0.0), (-89.5, 120.0)), ((0.0, 0.0), (-0.5, -0.5))],
)  # fmt: skip
def test_over_the_antimeridian_and_at_the_poles(point: tuple[float, float], other: tuple[float, float]) -> None:
    assert station(metar("KAAA", *other), point=point) == "KAAA"


def test_of_two_stations_at_one_distance_the_lower_identifier_counts() -> None:
    assert station(metar("KBBB", 40.7, -73.8), metar("KAAA", 40.7, -73.8)) == "KAAA"
    assert station(metar("KAAA", 40.7, -73.8), metar("KBBB", 40.7, -73.8)) == "KAAA"


def test_the_nearest_is_that_of_the_great_circle_distance() -> None:
    # Seven stations in a ring of growing distance; the first is the nearest by haversine.
    places = [destination(NEW_YORK, 51.0 * number, 20.0 + 0.05 * number) for number in range(7)]
    metars = [metar(f"K00{number}", *place) for number, place in enumerate(places)]
    nearest = min(metars, key=lambda one: distance_nm(NEW_YORK, one.point))
    assert station(*metars[::-1]) == nearest.station == "K000"

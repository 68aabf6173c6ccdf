"""Recorded flights: of those en route none circles, loiters or flies back and forth; one that tours the country; one that calibrates."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from functools import cache
from itertools import pairwise
from typing import Any

from skyspy.aircraft_state import AircraftState
from skyspy.geo import bearing_deg, distance_nm
from skyspy.movements import CIRCLING, CIRCLING_ENDED, ENTERED_AIRPORT, LEFT_AIRPORT, Movement, Movements
from tests.support.airports import shipped
from tests.support.machine import CAPTURES, missing

FOLDER = CAPTURES / "traffic"


def rows(name: str) -> list[dict[str, Any]]:
    if not (FOLDER / name).exists():
        missing(f"needs the recorded data ../shared/data/traffic/{name}")
    found: list[dict[str, Any]] = json.loads(gzip.decompress((FOLDER / name).read_bytes()))
    return found


def state_of(row: dict[str, Any]) -> AircraftState:
    """A row as a state. The recordings say nothing of the ground."""
    at, altitude = row["timestamp"] / 1000, row.get("altitude")
    has_position = row.get("latitude") is not None and row.get("longitude") is not None
    return AircraftState(
        row["icao24"],
        at,
        lat=row["latitude"] if has_position else None,
        lon=row["longitude"] if has_position else None,
        pos_at=at if has_position else None,
        on_ground=None if altitude is None else False,
        alt_baro=None if altitude is None else int(altitude),
        alt_at=None if altitude is None else at,
        gs=row.get("groundspeed"),
        track=row.get("track"),
        flight=row.get("callsign"),
        source="adsb",
    )


@cache
def movements(name: str) -> list[Movement]:
    """What Movements says of a recording. An aircraft is listed for a minute after it was heard."""
    by_second: dict[int, dict[str, AircraftState]] = defaultdict(dict)
    for row in rows(name):
        by_second[row["timestamp"] // 1000][row["icao24"]] = state_of(row)
    said: list[Movement] = []
    watch, listed = Movements(), {}
    for second in sorted(by_second):
        listed.update(by_second[second])
        listed = {hex_: state for hex_, state in listed.items() if second - state.heard_at <= 60}
        said += watch.look(listed, float(second), shipped())
    return said


def net_turn(name: str, hex_: str, start: float, end: float) -> float:
    """The turn between two moments, from each recorded position to the next; its tracks go from 180 to -180 by way of 0."""
    points = [
        (row["latitude"], row["longitude"])
        for row in rows(name)
        if row["icao24"] == hex_ and start <= row["timestamp"] / 1000 <= end and row.get("latitude") is not None
    ]
    courses = [bearing_deg(a, b) for a, b in pairwise(points) if distance_nm(a, b) > 0.02]
    return sum((b - a + 540) % 360 - 180 for a, b in pairwise(courses))


def test_of_842_aircraft_en_route_none_circles_loiters_or_enters_an_airport() -> None:
    assert len({row["icao24"] for row in rows("switzerland.json.gz")}) == 842
    assert movements("switzerland.json.gz") == []


def test_a_tour_over_the_country_passes_airports_and_circles_nowhere() -> None:
    said = movements("belevingsvlucht.json.gz")
    assert [(movement.kind, movement.airport) for movement in said[:2]] == [(LEFT_AIRPORT, "EHAM"), (ENTERED_AIRPORT, "EHLE")]
    assert (said[-1].kind, said[-1].airport) == (ENTERED_AIRPORT, "EHAM"), "it landed there; nothing was received on the ground"
    assert {movement.kind for movement in said} == {LEFT_AIRPORT, ENTERED_AIRPORT}


def test_who_enters_leaves_before_entering_again() -> None:
    for name in ("belevingsvlucht.json.gz", "toulouse.json.gz"):
        moves = [move for move in movements(name) if move.kind in {ENTERED_AIRPORT, LEFT_AIRPORT}]
        assert len(moves) > 10
        for before, after in pairwise(moves):
            assert before.kind != after.kind
            assert before.kind == LEFT_AIRPORT or before.airport == after.airport


def test_a_calibration_flight_circles_three_times_as_its_recorded_positions_do() -> None:
    found = [movement for movement in movements("toulouse.json.gz") if movement.kind in {CIRCLING, CIRCLING_ENDED}]
    assert [movement.kind for movement in found] == [CIRCLING, CIRCLING_ENDED] * 3
    for movement in found[::2]:
        turn, seconds = movement.details["turn_deg"], movement.details["duration_s"]
        assert isinstance(turn, int)
        assert isinstance(seconds, int)
        assert abs(turn) >= 1080
        assert abs(net_turn("toulouse.json.gz", movement.hex, movement.at - seconds, movement.at) - turn) < 45

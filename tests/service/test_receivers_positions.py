"""Claims about positions that come by a real receiver: repeated ones, late ones, and those of receivers with two delays."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import gevent
import pytest

from skyspy.geo import destination, distance_nm
from tests.support.clock import StillClock
from tests.support.machine import ROOT
from tests.support.sources import IDENT, beast, running, wait_for
from tests.support.told import TrackedEar, telling

REPORTED = ROOT / "tests" / "data" / "reported"
HEX = "4B1C70"
HOME = (47.0, 8.0)
ROUNDING_NM = 0.02
"""Less than this is no step back: 37 m."""


def repeated_lines() -> list[tuple[float, bytes]]:
    """The recorded lines with their seconds: a position that is repeated for half a minute, then goes on."""
    rows = [line.split(b"\t") for line in (REPORTED / "sbs_repeated_position.sbs").read_bytes().splitlines()]
    return [(float(row[0]), row[1] + b"\r\n") for row in rows if len(row) == 2]


NEW = {0.10: 0.10, 3.02: 3.02, 31.65: 3.02, 33.49: 3.02, 34.54: 3.02, 37.81: 37.81, 38.86: 38.86, 41.94: 41.94, 47.19: 41.94}
"""By the time of a line, since when its position is known."""


# -- repeated positions (F53) --------------------------------------------------------------------


def test_a_receiver_that_repeats_its_last_position_is_shown_where_it_is_and_aged_rightly() -> None:
    ear = TrackedEar(StillClock())
    with telling(ear, "sbs") as (receiver,):
        began = ear.clock.steady()
        for at, line in repeated_lines():
            ear.clock.pass_by(began + at - ear.clock.steady())
            receiver.say(line)
            if at not in NEW:
                continue
            columns = line.decode().split(",")
            aircraft = ear.shown(HEX)
            if at > 0.10:  # an aircraft is listed from its second message
                assert (aircraft["lat"], aircraft["lon"]) == (float(columns[14]), float(columns[15])), at
                assert aircraft["seen_pos"] == pytest.approx(at - NEW[at], abs=0.11), at
            assert aircraft["alt_baro"] == int(columns[11]), at
    assert not ear.tracker.refused


def _dated(at: float, line: bytes) -> bytes:
    columns = line.decode().split(",")
    columns[6] = columns[8] = "2026/01/01"
    columns[7] = columns[9] = f"00:00:{at:06.3f}"
    return ",".join(columns).encode()


@pytest.mark.parametrize("speed", [0.5, 1, 40])
def test_the_same_holds_in_a_replay_at_any_speed(tmp_path: Path, speed: int) -> None:
    path, ear = tmp_path / "repeated.sbs", TrackedEar()
    path.write_bytes(b"".join(_dated(at, line) for at, line in repeated_lines()))
    with running(f"replay://{path}?speed={speed}", sink=ear, clock=ear.clock) as feeds:
        wait_for(lambda: "to its end" in (feeds.status()[0]["error"] or ""))
    assert not ear.tracker.refused
    aircraft = ear.shown(HEX)
    assert (aircraft["lat"], aircraft["lon"], aircraft["alt_baro"]) == (42.33563, -84.12369, 30600)
    assert aircraft["seen_pos"] == pytest.approx(5.25, abs=0.3)


def _json_line(lat: float, lon: float, altitude: int) -> bytes:
    return json.dumps({"hex": HEX, "lat": lat, "lon": lon, "alt_baro": altitude, "gs": 479, "track": 79}).encode() + b"\n"


def test_the_same_holds_for_json_lines_without_ages() -> None:
    ear = TrackedEar(StillClock())
    with telling(ear, "json") as (receiver,):
        began = ear.clock.steady()
        for at, line in repeated_lines()[1:]:
            ear.clock.pass_by(began + at - ear.clock.steady())
            columns = line.decode().split(",")
            receiver.say(_json_line(float(columns[14]), float(columns[15]), int(columns[11])))
        assert ear.shown(HEX)["seen_pos"] == pytest.approx(47.19 - 41.94, abs=0.11)
    assert not ear.tracker.refused


def test_the_same_holds_for_recorded_trajectories(tmp_path: Path) -> None:
    """State vectors: the last position is repeated in each row, for as long as no new one was heard."""
    rows = []
    for at, line in repeated_lines()[1:]:
        columns = line.decode().split(",")
        row = {
            "timestamp": 1_600_000_000 + at,
            "icao24": HEX.lower(),
            "latitude": float(columns[14]),
            "longitude": float(columns[15]),
        }
        rows.append({**row, "altitude": int(columns[11]), "groundspeed": 479, "track": 79})
    path, ear = tmp_path / "vectors.json", TrackedEar()
    path.write_text(json.dumps(rows))
    with running(f"replay://{path}", sink=ear, clock=ear.clock) as feeds:
        wait_for(lambda: "to its end" in (feeds.status()[0]["error"] or ""))
    assert not ear.tracker.refused
    assert ear.shown(HEX)["seen_pos"] == pytest.approx(47.19 - 41.94, abs=0.3)


def test_a_position_repeated_for_more_than_a_minute_leaves_the_map_until_there_is_a_new_one() -> None:
    ear = TrackedEar(StillClock())
    with telling(ear, "sbs") as (receiver,):
        receiver.say(_sbs(HOME, 31000, 480, 90))
        for _ in range(50):
            ear.clock.pass_by(2.0)
            receiver.say(_sbs(HOME, 31000, 480, 90))
        aircraft = ear.shown(HEX)
        assert ("lat" in aircraft, aircraft["alt_baro"], aircraft["seen"]) == (False, 31000, 0.0)
        there = _rounded(destination(HOME, 90, 480 * 100 / 3600))
        receiver.say(_sbs(there, 31000, 480, 90))
        assert (ear.shown(HEX)["lat"], ear.shown(HEX)["seen_pos"]) == (there[0], 0.0)
    assert not ear.tracker.refused


def test_a_parked_aircraft_that_says_its_place_again_is_where_it_says() -> None:
    ear = TrackedEar(StillClock())
    with telling(ear, "sbs") as (receiver,):
        for _ in range(60):
            ear.clock.pass_by(2.0)
            receiver.say(f"MSG,2,,,{HEX},,,,,,,,0,,{HOME[0]:.5f},{HOME[1]:.5f},,,,,,-1\r\n".encode())
        assert (ear.shown(HEX)["seen_pos"], ear.shown(HEX)["alt_baro"]) == (0.0, "ground")


def test_a_refused_position_does_not_take_altitude_and_speed_with_it() -> None:
    ear = TrackedEar(StillClock())
    with telling(ear, "sbs") as (receiver,):
        receiver.say(_sbs(HOME, 31000, 480, 90))
        ear.clock.pass_by(1.0)
        receiver.say(_sbs((49.0, 11.0), 30900, 470, 91))
        aircraft = ear.shown(HEX)
        assert (aircraft["lat"], aircraft["alt_baro"], aircraft["gs"], aircraft["track"]) == (HOME[0], 30900, 470, 91)
        ear.clock.pass_by(1.0)
        receiver.say(_sbs((49.0, 11.1), 2500, 110, 200))
        aircraft = ear.shown(HEX)
        assert (aircraft["lat"], aircraft["alt_baro"], aircraft["gs"], aircraft["track"]) == (HOME[0], 30900, 470, 91)


# -- receivers with two delays -------------------------------------------------------------------


def _rounded(point: tuple[float, float]) -> tuple[float, float]:
    return round(point[0], 5), round(point[1], 5)


def _sbs(point: tuple[float, float], altitude: int, gs: float, track: float) -> bytes:
    place = f"{point[0]:.5f},{point[1]:.5f}"
    return f"MSG,3,,,{HEX},,,,,,,{altitude},{gs},{track % 360:.1f},{place},,,,,,0\r\n".encode()


Flight = Callable[[float], tuple[tuple[float, float], float]]


def straight(gs: float, track: float) -> Flight:
    """By the second: place and track of a straight flight."""
    return lambda at: (_rounded(destination(HOME, track, gs * at / 3600)), track)


def turning(gs: float, rate: float) -> Flight:
    """The same for a turn of `rate` degrees per second."""
    points, where = [], HOME
    for second in range(400):
        points.append(where)
        where = destination(where, rate * second, gs / 3600)

    def at_second(at: float) -> tuple[tuple[float, float], float]:
        base = int(at + 50)
        part = destination(points[base], rate * base, gs * (at + 50 - base) / 3600)
        return _rounded(part), rate * base

    return at_second


@pytest.mark.parametrize("every", [1.0, 4.0])
@pytest.mark.parametrize("late", [3.0, 10.0, 15.0])
@pytest.mark.parametrize(
    ("flight", "gs"),
    [(straight(450, 90), 450), (straight(450, 215), 450), (straight(120, 300), 120), (turning(250, 1.5), 250)],
    ids=["east", "south-west", "slow", "turning"],
)
def test_of_two_receivers_the_fresher_one_holds_the_aircraft_and_nothing_goes_back(
    flight: Flight, gs: float, late: float, every: float
) -> None:
    ear = TrackedEar(StillClock())
    shown: list[tuple[float, float]] = []
    flown: dict[tuple[float, float], float] = {}
    errors: dict[str, list[float]] = {"both": [], "again": []}
    with telling(ear, "sbs", "sbs") as (on_time, delayed):
        for step in range(int(100 / every)):
            second = step * every
            here, track = flight(second)
            is_silent = 30 <= second < 60
            if not is_silent:
                flown[here] = second
                on_time.say(_sbs(here, 30000, gs, track))
                _note(ear, shown)
            ear.clock.pass_by(every / 2)
            was, was_track = flight(second + every / 2 - late)
            flown[was] = second + every / 2 - late
            delayed.say(_sbs(was, 30000, gs, was_track))
            _note(ear, shown)
            ear.clock.pass_by(every / 2)
            error = distance_nm(shown[-1], here)
            if 2 <= second < 30:
                errors["both"].append(error)
            elif second >= 60 + 5 * every:
                errors["again"].append(error)
    assert max(errors["both"]) <= ROUNDING_NM
    assert max(errors["again"]) <= ROUNDING_NM
    seconds = [flown[point] for point in shown]
    back = max(before - after for before, after in pairwise(seconds))
    assert back * gs / 3600 <= ROUNDING_NM


@pytest.mark.parametrize("scheme", ["beast", "avr"])
def test_a_receiver_with_gps_time_says_how_late_it_is(scheme: str) -> None:
    """An identification each second, four seconds late: `seen` is four seconds, once the timestamps are believed."""
    ear = TrackedEar(StillClock())
    with telling(ear, scheme) as (receiver,):
        for _ in range(12):
            ear.clock.pass_by(1.0)
            heard = round((ear.clock.wall() - 4.0) % 86_400 * 1e9)
            stamp = heard // 1_000_000_000 << 30 | heard % 1_000_000_000
            receiver.say(beast(IDENT, stamp) if scheme == "beast" else f"@{stamp:012X}{IDENT};\n".encode())
    assert ear.shown("4840D6")["seen"] == 4.0


def _note(ear: TrackedEar, shown: list[tuple[float, float]]) -> None:
    aircraft = ear.shown(HEX)
    if "lat" in aircraft:
        shown.append((aircraft["lat"], aircraft["lon"]))


# -- the clock of a capture ----------------------------------------------------------------------


def test_a_fast_replay_ages_by_the_clock_of_its_capture_beside_a_live_receiver(tmp_path: Path) -> None:
    """A leaves after ten seconds, B stays for ten minutes, at fifty times the speed; C is heard live once, at the beginning."""
    lines = []
    for second in range(600):
        for hex_ in ("4B1900", "4B1901") if second < 10 else ("4B1901",):
            lines.append(_dated_sbs(second, hex_))
    path, ear = tmp_path / "ten_minutes.sbs", TrackedEar()
    path.write_bytes(b"".join(lines))
    listed: list[tuple[float, set[str]]] = []
    with telling(ear, "sbs") as (live,):
        live.say(f"MSG,5,,,{HEX},,,,,,,3000,,,,,,,,,,0\r\nMSG,5,,,{HEX},,,,,,,3000,,,,,,,,,,0\r\n".encode(), 2)
        began = ear.clock.steady()
        with running(f"replay://{path}?speed=50", sink=ear, clock=ear.clock) as feeds:
            while "to its end" not in (feeds.status()[0]["error"] or ""):
                listed.append((ear.clock.steady() - began, {hex_ for hex_ in ("4B1900", "4B1901", HEX) if ear.shown(hex_)}))
                gevent.sleep(0)
        assert ear.clock.steady() - began == pytest.approx(12.0, abs=0.5)
        gone = min(at for at, hexes in listed if at > 0.5 and "4B1900" not in hexes)
        assert gone == pytest.approx((9 + 60) / 50, abs=0.1)
        assert all("4B1901" in hexes for at, hexes in listed if at > 0.5)
        assert all(HEX in hexes for _, hexes in listed)
        assert ear.shown("4B1901")["seen"] < 1.0
        ear.clock.pass_by(50.0)
        assert ear.shown("4B1901"), "after the end it is as any other"
        ear.clock.pass_by(15.0)
        assert not ear.shown("4B1901")


def _dated_sbs(second: float, hex_: str) -> bytes:
    stamp = f"2026/01/01,{int(second) // 3600:02d}:{int(second) // 60 % 60:02d}:{second % 60:06.3f}"
    return f"MSG,5,1,1,{hex_},1,{stamp},{stamp},,3000,,,,,,,,,,0\r\n".encode()


@pytest.mark.parametrize("way", ["stop", "pause"])
def test_a_replay_that_is_stopped_lets_its_aircraft_go(tmp_path: Path, way: str) -> None:
    path, ear = tmp_path / "a.sbs", TrackedEar(StillClock())
    path.write_bytes(_dated_sbs(0, "4B1900") * 2 + _dated_sbs(30, "4B1900"))
    with running(f"replay://{path}?speed=2", sink=ear, clock=ear.clock) as feeds:
        wait_for(lambda: len(ear.heard) == 2)
        if way == "pause":
            feeds.pause(feeds.status()[0]["name"])
    assert ear.shown("4B1900")
    ear.clock.pass_by(59.0)
    assert ear.shown("4B1900")["seen"] == 59.0
    ear.clock.pass_by(2.0)
    assert not ear.shown("4B1900")

"""The encoder of known truth (support/mode_s.py) beside rs1090, which shares no code with it: every disagreement is named.

Altitude and identity codes are compared in test_decode_codes.py.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import rs1090

from tests.support import mode_s

PLANE = "4B1234"
RANDOM = 300


def read(me: int) -> dict[str, Any]:
    decoded: dict[str, Any] = rs1090.decode(mode_s.squitter(PLANE, me))
    return decoded


def test_rs1090_reads_the_encoded_address_and_callsign() -> None:
    for callsign in ("SWR12A", "N12345", "A", "ZZ999ZZ9"):
        decoded = read(mode_s.identification(callsign))
        assert (decoded["icao24"], decoded["callsign"]) == (PLANE.lower(), callsign)


def test_rs1090_reads_the_encoded_positions() -> None:
    random = Random(1)
    for _ in range(RANDOM):
        lat, lon, feet = random.uniform(-86, 86), random.uniform(-179.9, 179.9), random.randrange(-1000, 50001, 25)
        pair = [mode_s.squitter(PLANE, mode_s.position(lat, lon, odd, feet)) for odd in (False, True)]
        decoded = rs1090.decode(pair, [1000.0, 1000.5])[1]
        assert decoded["altitude"] == feet
        assert decoded["latitude"] == pytest.approx(lat, abs=0.0001)
        assert decoded["longitude"] == pytest.approx(lon, abs=0.005 if abs(lat) > 80 else 0.0005)


def test_rs1090_reads_the_encoded_surface_positions() -> None:
    for movement, speed in ((2, 0.125), (13, 2.0), (30, 10.5), (39, 15.0), (94, 70.0), (109, 100.0)):
        decoded = read(mode_s.surface(47.1, 8.5, odd=True, movement=movement, track=32))
        assert (decoded["groundspeed"], decoded["track"]) == (speed, 90.0)
        assert (decoded["lat_cpr"], decoded["lon_cpr"]) == mode_s.cpr(47.1, 8.5, odd=True, surface=True)


def test_rs1090_reads_the_encoded_velocities_except_the_source_of_the_climb_rate() -> None:
    random = Random(2)
    for _ in range(RANDOM):
        gs, track = random.uniform(0, 900), random.uniform(0, 360)
        rate, difference = random.randrange(-6400, 6401, 64), random.randrange(-2500, 2501, 25)
        geometric = random.random() < 0.5
        decoded = read(mode_s.velocity(gs, track, rate, geometric=geometric, difference=difference))
        speed, heading = mode_s.speed_and_track(gs, track)
        assert decoded["groundspeed"] == pytest.approx(speed, abs=0.001)
        if speed:
            assert (decoded["track"] - heading + 180) % 360 - 180 == pytest.approx(0, abs=0.001)
        assert (decoded["vertical_rate"] or 0) == rate
        assert (decoded["geo_minus_baro"] or 0) == difference
        # DO-260B 2.2.3.2.6.1.10: 0 is geometric, 1 barometric. rs1090 0.7 has them the other way round.
        assert decoded["vrate_src"] == ("barometric" if geometric else "GNSS")


def test_rs1090_reads_supersonic_speeds_as_a_quarter() -> None:
    """DO-260B 2.2.3.2.6.2: sub-type 2 has steps of 4 kt, which rs1090 0.7 counts as steps of 1 kt."""
    for gs in (800, 1200, 2000):
        assert read(mode_s.velocity(gs, 0, subtype=2))["groundspeed"] * 4 == pytest.approx(gs, abs=4)


def test_rs1090_reads_the_encoded_target_states() -> None:
    for feet in range(3200, 65472, 3200):
        decoded = read(mode_s.target_state(mcp=feet, qnh=1013.6, heading=90.0))
        # The steps are 32 ft: rs1090 rounds to the nearest 100 ft, which our decoder does not.
        assert decoded["selected_altitude"] == pytest.approx(feet, abs=66)
        assert decoded["barometric_setting"] == pytest.approx(1013.6, abs=0.01)
        assert (decoded["selected_heading"], decoded["source"], decoded["NACp"]) == (90.0, "MCP/FCU", 10)
    assert read(mode_s.target_state(fms=32000))["source"] == "FMS"


@pytest.mark.parametrize("version", [0, 1, 2])
def test_rs1090_reads_the_encoded_operational_status(version: int) -> None:
    decoded = read(mode_s.operational_status(version=version))
    assert decoded["version"] == version
    if version:
        assert (decoded["NACp"], decoded["SIL"]) == (9, 3)

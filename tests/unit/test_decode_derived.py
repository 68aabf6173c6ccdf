"""Fields that follow from several messages: wind, temperature, true heading, computed track, geometric altitude."""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, radians, sin

import pytest

from skyspy.decode import Context
from skyspy.decode.airdata import calibrated_kt, outer_air, true_airspeed_kt, wind
from skyspy.decode.derived import magnetic_variation
from tests.support.comm_b import airspeed, turn
from tests.support.mode_s import all_call, altitude_code, position, reply, squawk_code, squitter, velocity
from tests.support.mode_s_receiver import PLANE, Receiver

LAT, LON, FEET = 47.5, 8.5, 35000
WALL = Context(wall_minus_steady=1.8e9)


def in_flight(roll: float = 0.0, gs: float = 480.0, mach: float = 0.8, tas: float = 460.0) -> dict[str, object]:
    """All fields of an aircraft heading 80 degrees magnetic with a ground speed due east."""
    receiver, fields = Receiver(WALL), {}
    for frame in (
        squitter(PLANE, position(LAT, LON, False, FEET)),
        squitter(PLANE, position(LAT, LON, True, FEET)),
        squitter(PLANE, velocity(gs, 90)),
        reply(21, PLANE, squawk_code("1000"), 0, turn(roll, 90.0, gs, 0.0, tas)),
        reply(20, PLANE, altitude_code(FEET), 0, airspeed(80.0, calibrated_kt(mach, FEET), mach, 0, 0)),
    ):
        heard = receiver.hear(frame)
        assert heard is not None
        fields.update(heard.fields)
    return fields


def test_the_true_heading_is_the_magnetic_one_and_the_variation_of_the_place() -> None:
    fields = in_flight()
    assert fields["true_heading"] == pytest.approx(80 + magnetic_variation(LAT, LON, 1.8e9), abs=0.1)
    # NOAA's calculator: 47.5 N 8.5 E at the beginning of 2027.
    assert magnetic_variation(LAT, LON, 1.8e9) == pytest.approx(3.6, abs=0.2)
    assert magnetic_variation(LAT, LON, None) == pytest.approx(3.6, abs=0.5)
    assert magnetic_variation(64.0, -21.5, 1.8e9) == pytest.approx(-10.5, abs=1.0)


def test_wind_is_the_ground_speed_less_the_airspeed() -> None:
    heading, direction, speed = 83.6, 280.0, 60.0
    east = 460 * sin(radians(heading)) - speed * sin(radians(direction))
    north = 460 * cos(radians(heading)) - speed * cos(radians(direction))
    found = wind(hypot(east, north), degrees(atan2(east, north)) % 360, 460, heading)
    assert found == (pytest.approx(direction), pytest.approx(speed))
    fields = in_flight()
    expected = wind(480, 90, 460, float(str(fields["true_heading"])))
    assert (fields["wd"], fields["ws"]) == (pytest.approx(expected[0], abs=2), pytest.approx(expected[1], abs=2))


def test_temperatures_follow_from_mach_number_and_true_airspeed() -> None:
    fields = in_flight(tas=true_airspeed_kt(0.8, FEET))
    assert fields["oat"] == pytest.approx(-54.3, abs=1.5)
    assert fields["tat"] == pytest.approx(-26.3, abs=1.5)
    # The atmosphere's tables: Mach 0.8 at 35,000 ft is 461.1 kt true and 272 kt indicated.
    assert true_airspeed_kt(0.8, FEET) == pytest.approx(461.1, abs=0.5)
    assert calibrated_kt(0.8, FEET) == pytest.approx(271.9, abs=0.5)
    assert outer_air(true_airspeed_kt(0.5, 0), 0.5)[0] == pytest.approx(15.0, abs=0.01)


def test_nothing_is_derived_of_a_turn_or_of_a_slow_aircraft() -> None:
    assert "wd" not in in_flight(roll=20.0)
    assert "oat" not in in_flight(mach=0.3, gs=180.0, tas=175.0)


def test_values_that_were_not_heard_together_are_not_combined() -> None:
    receiver = Receiver(WALL)
    receiver.hear(all_call(PLANE))
    receiver.hear(reply(20, PLANE, altitude_code(FEET), 0, turn(0.0, 90.0, 480, 0.0, 460)))
    receiver.now += 10
    heard = receiver.hear(reply(20, PLANE, altitude_code(FEET), 0, airspeed(80.0, calibrated_kt(0.8, FEET), 0.8, 0, 0)))
    assert heard is not None
    assert heard.fields["mach"] == 0.8
    assert {"oat", "wd", "true_heading"}.isdisjoint(heard.fields)


def test_an_aircraft_that_sends_no_track_has_a_computed_one() -> None:
    receiver, tracks = Receiver(), []
    for n in range(40):
        fields = receiver.fields(position(47.5, 8.5 + n * 0.001, n % 2 == 1, FEET))
        tracks += [fields["calc_track"]] if "calc_track" in fields else []
    assert len(tracks) >= 3
    assert all(track == pytest.approx(90, abs=1) for track in tracks)


def test_an_aircraft_that_sends_its_track_has_no_computed_one() -> None:
    receiver = Receiver()
    for n in range(40):
        fields = receiver.fields(position(47.5, 8.5 + n * 0.001, n % 2 == 1, FEET))
        receiver.fields(velocity(400, 90))
        assert "calc_track" not in fields


def test_in_a_climb_the_geometric_altitude_keeps_up_with_the_barometric_one() -> None:
    receiver = Receiver()
    shown: dict[str, object] = {}
    for n in range(60):
        feet = 10000 + n * 100
        shown.update(receiver.fields(position(47.5, 8.5, n % 2 == 1, feet)))
        if n > 4:
            assert shown["alt_geom"] == feet + 350
        if n % 4 == 3:
            shown.update(receiver.fields(velocity(400, 90, 6016, difference=350)))
            assert shown["alt_geom"] == feet + 350

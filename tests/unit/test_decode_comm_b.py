"""Comm-B: which register a reply holds is decided by its bits and by what is known of the aircraft."""

from __future__ import annotations

from random import Random

import pytest

from tests.support.comm_b import SAMPLES, Flight, airspeed, callsign, flight, registration, selected, turn
from tests.support.mode_s import (
    advisory,
    all_call,
    altitude_code,
    position,
    reply,
    squawk_code,
    squitter,
    target_state,
    velocity,
)
from tests.support.mode_s_receiver import PLANE, Receiver

MARKS = {
    "nav_altitude_mcp": "40",
    "nav_altitude_fms": "40",
    "nav_qnh": "40",
    "tas": "50",
    "ias": "60",
    "flight": "20",
    "acas_ra": "30",
}


def asked(f: Flight, comm_b: int, df: int = 20, squitters: bool = True) -> dict[str, object]:
    """The fields of a reply of this flight, whose squitters were heard before."""
    receiver = Receiver()
    receiver.hear(all_call(PLANE))
    if squitters:
        receiver.hear(squitter(PLANE, position(f.lat, f.lon, False, f.feet)))
        receiver.hear(squitter(PLANE, velocity(f.gs, f.track, f.climb // 64 * 64)))
    heard = receiver.hear(reply(df, PLANE, altitude_code(f.feet) if df == 20 else squawk_code("1000"), 0, comm_b))
    assert heard is not None
    return dict(heard.fields)


@pytest.mark.parametrize("name", sorted(SAMPLES))
@pytest.mark.parametrize("squitters", [True, False])
def test_a_reply_is_never_read_as_another_register(name: str, squitters: bool) -> None:
    chance = Random(f"{name}{squitters}")
    for n in range(200):
        f = flight(chance, steep=n % 4 == 0)
        fields = asked(f, SAMPLES[name](chance, f), 20 + n % 2, squitters)
        assert {MARKS[field] for field in fields if field in MARKS} <= {name}


@pytest.mark.parametrize("name", ["20", "40", "50", "60"])
def test_nearly_every_reply_of_a_supported_register_is_read(name: str) -> None:
    chance = Random(name)
    flights = [flight(chance, steep=n % 2 == 0) for n in range(400)]
    read = [f for f in flights if any(MARKS.get(field) == name for field in asked(f, SAMPLES[name](chance, f)))]
    assert len(read) >= 385


def test_selected_altitudes_come_in_steps_of_sixteen_feet() -> None:
    f = flight(Random(1))
    assert asked(f, selected(36992, 37008, 1013.2)) == {
        "alert": 0,
        "spi": 0,
        "alt_baro": f.feet,
        "nav_altitude_mcp": 36992,
        "nav_altitude_fms": 37008,
        "nav_qnh": 1013.2,
    }


def test_in_a_steep_turn_the_track_decides_between_turn_and_airspeed() -> None:
    chance = Random(5)
    for _ in range(200):
        f = flight(chance, steep=True)
        fields = asked(f, turn(f.roll, f.track, f.gs, f.rate, f.tas), 21)
        assert fields["roll"] == pytest.approx(f.roll, abs=0.1)
        assert fields["track"] == pytest.approx(f.track, abs=0.1)


def test_a_registration_that_looks_like_selected_altitudes_is_read_as_neither() -> None:
    assert set(asked(flight(Random(2)), registration("N12385"), 21)) == {"alert", "spi", "squawk"}


def test_a_selected_altitude_known_from_a_squitter_decides() -> None:
    """These bits are BDS 1,7 as well: 0,5 to 0,9, 2,0 and other registers."""
    bits = selected(mcp=5024)
    receiver = Receiver()
    receiver.hear(all_call(PLANE))
    frame = reply(21, PLANE, squawk_code("1000"), 0, bits)
    heard = receiver.hear(frame)
    assert heard is not None
    assert "nav_altitude_mcp" not in heard.fields
    receiver.hear(squitter(PLANE, target_state(5024)))
    heard = receiver.hear(frame)
    assert heard is not None
    assert heard.fields["nav_altitude_mcp"] == 5024


def test_a_reserved_bit_and_a_value_without_its_status_fit_no_register() -> None:
    f = flight(Random(3))
    for bits in (selected(f.mcp, None, f.qnh) | 1 << 12, selected(f.mcp, None, f.qnh) | 1 << 30):
        assert set(asked(f, bits)) == {"alert", "spi", "alt_baro"}


def test_an_aircraft_on_the_ground_says_its_heading() -> None:
    receiver = Receiver()
    receiver.hear(all_call(PLANE, ca=4))
    heard = receiver.hear(reply(21, PLANE, squawk_code("1000"), 1, airspeed(143.1, None, None, 0, 0)))
    assert heard is not None
    assert heard.fields["mag_heading"] == pytest.approx(143.1, abs=0.1)


@pytest.mark.parametrize("text", ["SWR12A", "N 12AB", "7"])
def test_a_callsign_keeps_its_inner_blank(text: str) -> None:
    assert asked(flight(Random(4)), callsign(text))["flight"] == text


def test_an_empty_callsign_and_an_empty_advisory_are_nothing() -> None:
    f = flight(Random(4))
    for bits in (callsign(""), 0x30 << 48, advisory("0000000")):
        assert set(asked(f, bits)) == {"alert", "spi", "alt_baro"}

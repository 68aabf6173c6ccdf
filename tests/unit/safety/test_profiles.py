"""Which thresholds apply to which aircraft."""

from __future__ import annotations

from itertools import product

import pytest

from skyspy.aircraft_state import AircraftState
from skyspy.safety.profiles import PROFILES, SMALL_SCALE, profile_of


def state(**fields: object) -> AircraftState:
    return AircraftState(hex="ABC123", heard_at=0.0)._replace(**fields)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("airliner", {}),
        ("airliner", {"category": "A0"}),
        ("airliner", {"category": "A3", "type_class": "L2J", "wtc": "M"}),
        ("airliner", {"category": "D7"}),
        ("light", {"category": "A1"}),
        ("light", {"type_class": "L1P", "wtc": "L"}),
        ("rotorcraft", {"category": "A7"}),
        ("rotorcraft", {"type_class": "H2T", "wtc": "M"}),
        ("rotorcraft", {"type_class": "G1P", "wtc": "L"}),
        ("rotorcraft", {"type_class": "H1T", "wtc": "L", "military": True}),
        ("glider", {"category": "B1"}),
        ("glider", {"category": "B1", "type_class": "L1P", "wtc": "L"}),
        ("glider", {"t": "GLID"}),
        ("balloon", {"category": "B2"}),
        ("parachutist", {"category": "B3"}),
        ("ultralight", {"category": "B4"}),
        ("uav", {"category": "B6"}),
        ("uav", {"t": "Q9", "type_class": "L1T", "wtc": "L", "military": True}),
        ("fighter", {"category": "A6"}),
        ("fighter", {"t": "F16", "type_class": "L1J", "wtc": "M", "military": True}),
        ("fighter", {"t": "SB39"}),
        ("military", {"military": True}),
        ("military", {"t": "K35R", "type_class": "L4J", "wtc": "H", "military": True}),
        ("military_light", {"t": "PC7", "type_class": "L1T", "wtc": "L", "military": True}),
        ("vehicle", {"category": "C2"}),
        ("vehicle", {"t": "GND"}),
    ],
)
def test_the_class_follows_from_type_and_category(name: str, fields: dict[str, object]) -> None:
    assert profile_of(state(**fields)).name == name


def test_a_register_takes_precedence_over_what_a_transponder_was_set_up_to_send() -> None:
    airliner = {"type_class": "L2J", "wtc": "M"}

    assert profile_of(state(category="A1", **airliner)).name == "airliner"
    assert profile_of(state(category="C2", **airliner)).name == "airliner"
    assert profile_of(state(category="B1", **airliner)).name == "airliner"


def test_a_light_jet_has_an_airliners_thresholds() -> None:
    assert profile_of(state(type_class="L2J", wtc="L", category="A1")).name == "airliner"


def test_only_small_and_slow_aircraft_have_smaller_distances() -> None:
    small = {profile.name for profile in PROFILES if profile.distance_scale == SMALL_SCALE}

    assert small == {"light", "rotorcraft", "glider", "balloon", "parachutist", "ultralight", "uav", "military_light"}
    assert all(profile.distance_scale == 1.0 for profile in PROFILES if profile.name not in small)


def test_names_are_unique_and_any_text_has_a_profile() -> None:
    assert len({profile.name for profile in PROFILES}) == len(PROFILES)
    texts = (None, "", "?", "A7", "C9", "ZZZZ", "L")
    for category, type_class, wtc, t, military in product(texts, texts, texts, texts, (False, True)):
        assert profile_of(state(category=category, type_class=type_class, wtc=wtc, t=t, military=military)) in PROFILES

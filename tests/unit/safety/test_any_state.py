"""No rule raises an exception on any states of aircraft, and none finds anything of an aircraft of which nothing is known."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from skyspy.aircraft import EMERGENCIES
from skyspy.aircraft_state import AircraftState
from skyspy.safety.all_rules import all_rules
from skyspy.safety.rules import EVENT_TYPES, SEVERITIES, Round
from skyspy.safety.thresholds import Thresholds
from tests.support.airports import shipped

T0 = 5000.0
HEXES = ("4CA87C", "4CA87D", "3C6444", "AE1234", "~4CA87C", "000000", "FFFFFF")
POINTS = (
    (47.0, 8.0), (47.01, 8.0), (47.4, 8.5), (52.3, 4.7), (0.0, 0.0), (90.0, 0.0), (-90.0, 180.0), (89.99, -180.0), (90.0, 179.99),
    (-17.0, 180.0), (-17.0, -180.0), (-17.0, 179.999), (64.0, -22.0), (30.0, -40.0),
)  # fmt: skip

VALUES: dict[str, tuple[Any, ...]] = {
    "alt_baro": (-2000, 0, 500, 4000, 4100, 33000, 126750),
    "alt_geom": (-2000, 0, 500, 126750),
    "gs": (0.0, 100.0, 450.0, 4096.0),
    "track": (0.0, 359.9, 360.0),
    "rate": (-65000, -6000, -1600, 0, 1600, 7000, 65000),
    "flight": ("", "SWR1"),
    "squawk": ("7500", "7600", "7700", "7000", "0000", "", "9999"),
    "emergency": (*sorted(EMERGENCIES), "new"),
    "category": ("A0", "A1", "A3", "A6", "A7", "B1", "C2", ""),
    "t": ("A320", "F16", ""),
    "type_class": ("L2J", "H1T", ""),
    "wtc": ("L", "M", ""),
    "version": (0, 2),
    "nic": (0, 8),
    "nac_p": (0, 9),
    "gps_ok_before": (0.0, T0),
    "nav_qnh": (700.0, 990.0, 1013.2, 1200.0),
}
"""Values at their limits and ordinary ones; None is added to each."""

ADVISORY: dict[str, tuple[Any, ...]] = {
    "df_type": (16, 17, 20, "17", 1.5),
    "ARA": ("1110000", "0000000", "1", "", 7, True),
    "RAT": ("0", "1", 0, 1),
    "MTE": ("0", "1"),
    "advisory": ("Climb", "Clear of Conflict", "", 3),
    "threat_id_hex": ("4ca87c", "3c6444", "", "zzzzzz", 5),
}


def any_state(random: Random, hex_: str, now: float) -> AircraftState:
    def any_time() -> float | None:
        return random.choice((None, now, now, now - 1, now - 4, now - 20, now - 1e6, now + 5, -1e9))

    values = {name: random.choice((None, *every)) for name, every in VALUES.items()}
    times = {name: any_time() for name in ("alt_at", "rate_at", "squawk_at", "emergency_at", "quality_at", "acas_ra_at")}
    point = random.choice((None, *POINTS))
    on_ground = random.choice((None, False, False, True))
    if on_ground is not False:
        values["alt_baro"] = None
    fields = {name: random.choice(every) for name, every in ADVISORY.items() if random.random() < 0.8}
    return AircraftState(
        hex_,
        now,
        *(point or (None, None)),
        pos_at=any_time() if point else None,
        on_ground=on_ground,
        acas_ra=random.choice((None, fields)),
        military=random.random() < 0.2,
        source=random.choice(("adsb", "adsb", "adsr", "tisb", "adsc", "mlat", "mode_s", "other")),
        **values,
        **times,
    )


@pytest.mark.parametrize("seed", range(8))
def test_no_rule_raises_an_exception_on_any_states(seed: int) -> None:
    random, every, types = Random(seed), all_rules(), set()
    for step in range(400):
        now = T0 + step
        airports = shipped() if step % 5 else None
        aircraft = {hex_: any_state(random, hex_, now) for hex_ in HEXES if random.random() < 0.8}
        look = Round(now, aircraft, Thresholds(), airports)
        for rule in every:
            found = list(rule.look(look))
            assert all(one.event_type in EVENT_TYPES and one.severity in SEVERITIES and one.message for one in found)
            assert len({(one.event_type, one.key) for one in found}) == len(found), "one finding for each situation"
            types |= {one.event_type for one in found}
    assert len(types) >= 3, "these states are not all ordinary"


def test_nothing_is_found_of_aircraft_of_which_nothing_is_known() -> None:
    every = all_rules()
    for step in range(60):
        now = T0 + step
        look = Round(now, {hex_: AircraftState(hex_, now) for hex_ in HEXES}, Thresholds(), shipped())
        assert [found for rule in every for found in rule.look(look)] == []

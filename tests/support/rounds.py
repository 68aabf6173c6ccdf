"""Rounds of safety rules over states of aircraft that a test writes down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airports
from skyspy.safety.rules import Finding, Round, Rule
from skyspy.safety.thresholds import Thresholds

T0 = 5000.0
HEX = "4CA87C"


def state_at(at: float, hex_: str = HEX, **fields: Any) -> AircraftState:
    """A state of which every value that `fields` has was received at `at`, unless it says otherwise."""
    times: dict[str, Any] = {}
    for names, time in (
        (("lat",), "pos_at"),
        (("alt_baro", "on_ground"), "alt_at"),
        (("rate",), "rate_at"),
        (("squawk",), "squawk_at"),
        (("emergency",), "emergency_at"),
        (("acas_ra",), "acas_ra_at"),
    ):
        if any(name in fields for name in names):
            times[time] = at
    if fields.get("alt_baro") is not None:
        times["on_ground"] = False
    return AircraftState(**{"hex": hex_, "heard_at": at, "source": "adsb", **times, **fields})


def look(
    rule: Rule,
    now: float,
    *states: AircraftState,
    thresholds: Thresholds | None = None,
    airports: Airports | None = None,
    collapsed: Iterable[str] = (),
) -> list[Finding]:
    """What the rule finds in one round over these states."""
    aircraft = {state.hex: state for state in states}
    return list(rule.look(Round(now, aircraft, thresholds or Thresholds(), airports, collapsed=set(collapsed))))

"""Aircraft for the tests of threats."""

from __future__ import annotations

from typing import Any

from skyspy.aircraft_state import AircraftState
from skyspy.threats import Threat, assess

HEX = "3DD2A0"


def aircraft(**fields: Any) -> AircraftState:
    """An aircraft in the air of which only these fields are known."""
    return AircraftState(**{"hex": HEX, "heard_at": 0.0, **fields})


def threat(*does: str, **fields: Any) -> Threat | None:
    """What is held against an aircraft with these fields that does this."""
    return assess(aircraft(**fields), frozenset(does))

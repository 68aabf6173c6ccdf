"""How an aircraft is called in the message of a safety event. Pure."""

from __future__ import annotations

from skyspy.aircraft_state import AircraftState


def name_of(state: AircraftState) -> str:
    """Its callsign, else its registration, else its address."""
    return state.flight or state.r or state.hex

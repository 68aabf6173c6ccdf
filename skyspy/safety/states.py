"""What several rules ask of the state of an aircraft. Pure."""

from __future__ import annotations

from skyspy.aircraft_state import AircraftState

MAX_AGE_S = 15.0
"""Positions and altitudes that are older do not show where an aircraft is."""

COMPUTED = frozenset({"mlat", "tisb", "adsc"})
"""Sources whose rates and positions the ground computes, or that are reports of data links: rare, rounded, and of minutes ago."""


def name_of(state: AircraftState) -> str:
    """How a message calls it: its callsign, else its registration, else its address."""
    return state.flight or state.r or state.hex


def is_located(state: AircraftState, now: float) -> bool:
    """Whether its position and its barometric altitude are recent, and it has measured them itself."""
    return (
        state.lat is not None
        and state.alt_baro is not None
        and state.pos_at is not None
        and state.alt_at is not None
        and now - state.pos_at <= MAX_AGE_S
        and now - state.alt_at <= MAX_AGE_S
        and state.source not in COMPUTED
    )


def one_bit_apart(a: str, b: str) -> bool:
    """Whether one damaged bit makes the one address of the other: then both may be the same aircraft."""
    try:
        return (int(a.lstrip("~"), 16) ^ int(b.lstrip("~"), 16)).bit_count() == 1
    except ValueError:
        return False

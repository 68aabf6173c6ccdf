"""What a safety rule is given, and what it gives.

A rule looks at all aircraft once a second and gives what it finds now: `Finding`s. It announces nothing: `events.py` makes events of
findings, each raised once, updated, escalated and resolved. Rules are pure: time is an argument, and a rule keeps only what it needs of
earlier rounds, of aircraft that are still there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from skyspy.aircraft import Scalar
from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airports
from skyspy.safety.thresholds import Thresholds

INFO, WARNING, CRITICAL = "info", "warning", "critical"
SEVERITIES = (INFO, WARNING, CRITICAL)
"""The severities, the least one first."""

SQUAWK_EMERGENCY, EMERGENCY, TCAS_RA = "squawk_emergency", "emergency", "tcas_ra"
EXTREME_VERTICAL_RATE, PROXIMITY, LOW_ALTITUDE = "extreme_vertical_rate", "proximity", "low_altitude"
GPS_INTERFERENCE, AIRSPACE_INCURSION = "gps_interference", "airspace_incursion"
EVENT_TYPES = (
    SQUAWK_EMERGENCY,
    EMERGENCY,
    TCAS_RA,
    EXTREME_VERTICAL_RATE,
    PROXIMITY,
    LOW_ALTITUDE,
    GPS_INTERFERENCE,
    AIRSPACE_INCURSION,
)
"""Every `event_type`; no rule makes the last one yet."""


@dataclass(frozen=True, slots=True)
class Round:
    """One look at one sky. `now`: steady seconds. `aircraft`: everyone listed, by hex. `pause`: a rule calls it between pieces of work
    of less than a millisecond. `airports`: None where the table cannot be read. `collapsed`: aircraft whose positions are unreliable
    now, filled by the rule for GPS interference, which looks first."""

    now: float
    aircraft: Mapping[str, AircraftState]
    thresholds: Thresholds = field(default_factory=Thresholds)
    airports: Airports | None = None
    pause: Callable[[], None] = lambda: None
    collapsed: set[str] = field(default_factory=set)

    @property
    def states(self) -> Sequence[AircraftState]:
        """The aircraft in a list."""
        return list(self.aircraft.values())


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule finds in one round. `event_type` and `key` say which situation it is: the same one in the next round has the same
    ones. `hex` and `hex_2`: the aircraft, the lower address first where there are two; None for an area. `lat` and `lon`: where it is.
    `message`: one sentence for people. `details`: figures with their units in the names, all of plain values."""

    event_type: str
    key: str
    severity: str
    message: str
    hex: str | None = None
    hex_2: str | None = None
    callsign: str | None = None
    callsign_2: str | None = None
    lat: float | None = None
    lon: float | None = None
    details: Mapping[str, Scalar | None] = field(default_factory=dict)


class Rule(Protocol):
    """One rule of one sky. It raises no exception on any state of aircraft."""

    def look(self, look: Round) -> Iterable[Finding]:
        """What is found now."""

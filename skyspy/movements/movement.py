"""What a movement is: one fact that follows from how an aircraft moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from skyspy.aircraft import Scalar

LANDED, DEPARTED = "landed", "departed"
ENTERED_AIRPORT, LEFT_AIRPORT = "entered_airport", "left_airport"
CIRCLING, LOITERING, BACK_AND_FORTH = "circling", "loitering", "back_and_forth"
CIRCLING_ENDED, LOITERING_ENDED, BACK_AND_FORTH_ENDED = "circling_ended", "loitering_ended", "back_and_forth_ended"

BEHAVIORS: Mapping[str, str] = {
    CIRCLING: CIRCLING_ENDED,
    LOITERING: LOITERING_ENDED,
    BACK_AND_FORTH: BACK_AND_FORTH_ENDED,
}
"""The kinds that begin a behavior, and the kind that ends each."""

KINDS = (LANDED, DEPARTED, ENTERED_AIRPORT, LEFT_AIRPORT, *BEHAVIORS, *BEHAVIORS.values())
"""Every kind."""

CHANGED, GROUND, LOST = "changed", "ground", "lost"
"""Why a behavior ended, `ended_by` in its details: it flies differently, it is on the ground, it is not listed any longer."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One fact. `at`: steady seconds; of a behavior that was lost, when the aircraft was heard last. `lat`, `lon`: where the aircraft
    was. `airport`: the ident of the airport; None for a behavior, and for a helicopter that landed or departed elsewhere. `runway`:
    the end that was used, such as 07L; None where not known. `details`: figures with their units in the names."""

    kind: str
    hex: str
    at: float
    lat: float
    lon: float
    airport: str | None = None
    runway: str | None = None
    details: Mapping[str, Scalar | None] = field(default_factory=dict)

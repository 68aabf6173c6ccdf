"""Safety events: what is stored and published of the situations that the rules find.

Times are wall seconds; they become ISO 8601 text where an event leaves the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from skyspy.aircraft import Scalar


@dataclass(frozen=True, slots=True)
class SafetyEvent:
    """One event as it is at one moment. `event_type` and `key` identify the situation (see rules.Finding). `severity` is the worst one
    so far. `started`: when the situation was found first; `updated`: when the event was last changed by what was found; `resolved`: when
    it ended, None while it is open. `acknowledged_by` is the name of a user, `acknowledged_at` the time; both None until then. `demo`:
    simulated traffic."""

    id: str
    event_type: str
    key: str
    severity: str
    message: str
    started: float
    updated: float
    resolved: float | None = None
    hex: str | None = None
    hex_2: str | None = None
    callsign: str | None = None
    callsign_2: str | None = None
    lat: float | None = None
    lon: float | None = None
    details: Mapping[str, Scalar | None] = field(default_factory=dict)
    acknowledged_by: str | None = None
    acknowledged_at: float | None = None
    demo: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the situation goes on."""
        return self.resolved is None

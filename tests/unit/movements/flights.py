"""Flights for tests: states of one aircraft that flies as it is steered, second by second, and what Movements makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airports
from skyspy.geo import Point, destination
from skyspy.movements import Movement, Movements
from tests.support.airports import airport, packed

HEX = "4b1234"
FAR = packed([airport("FAR", (-50.0, -100.0))])
"""A table whose airport is far from every test but its own."""


@dataclass
class Flight:
    """One aircraft. `lat`, `lon`, `track`, `gs`, `alt`: where it is and how it moves; `more`: other fields of its states."""

    lat: float = 47.0
    lon: float = 8.0
    track: float = 0.0
    gs: float = 120.0
    alt: int | None = 3000
    at: float = 1000.0
    source: str = "adsb"
    hex: str = HEX
    on_ground: bool | None = False
    more: dict[str, Any] = field(default_factory=dict)

    def state(self) -> AircraftState:
        values: dict[str, Any] = {
            "lat": self.lat,
            "lon": self.lon,
            "pos_at": self.at,
            "alt_at": self.at,
            "alt_baro": None if self.on_ground else self.alt,
            "on_ground": self.on_ground,
            "gs": self.gs,
            "track": self.track % 360.0,
            "source": self.source,
            **self.more,
        }
        return AircraftState(self.hex, self.at, **values)

    def fly(self, seconds: float, turn: float = 0.0, climb: float = 0.0, step: float = 1.0) -> Iterator[AircraftState]:
        """So many seconds, turning by `turn` degrees and climbing by `climb` feet a second; a state each `step` seconds."""
        for _ in range(round(seconds / step)):
            self.at += step
            self.track += turn * step
            if self.alt is not None:
                self.alt = round(self.alt + climb * step)
            self.lat, self.lon = destination((self.lat, self.lon), self.track, self.gs * step / 3600.0)
            yield self.state()

    def to(self, point: Point) -> Flight:
        self.lat, self.lon = point
        return self

    def circle(self, times: float, turn: float = 3.0) -> Iterator[AircraftState]:
        """So many circles, to the right where `turn` is positive."""
        yield from self.fly(times * 360.0 / abs(turn), turn)


@dataclass
class Log:
    """Movements of one sky, and everything that it said."""

    airports: Airports | None = FAR
    movements: Movements = field(default_factory=Movements)
    said: list[Movement] = field(default_factory=list)
    now: float = 0.0

    def see(self, states: Iterable[AircraftState]) -> list[Movement]:
        """Look at each state by itself; what was said."""
        before = len(self.said)
        for state in states:
            self.now = state.heard_at
            self.said += self.movements.look({state.hex: state}, self.now, self.airports)
        return self.said[before:]

    def nothing(self, seconds: float = 1.0) -> list[Movement]:
        """Look at an empty sky, so many seconds later."""
        self.now += seconds
        found = list(self.movements.look({}, self.now, self.airports))
        self.said += found
        return found

    @property
    def kinds(self) -> list[str]:
        return [movement.kind for movement in self.said]

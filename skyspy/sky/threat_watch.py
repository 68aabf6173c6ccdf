"""Application: which aircraft of a sky are threats, looked up once a second for all who drive: after each round of the safety monitor, so that
a new one is a candidate as soon as it is frozen.

Nothing is looked at while no session listens. Positions of drivers are not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from skyspy.aircraft_state import AircraftState
from skyspy.cooperate import Yielder
from skyspy.geo import Point
from skyspy.loop import Loop
from skyspy.sky.view import SkyView
from skyspy.threats import Threat, assess
from skyspy.threats.encounter import Motion, motion_of

EVERY_S = 2.0
"""Seconds between two looks where nothing wakes the loop: the safety monitor does so once a second while there are aircraft."""
MIN_S = 0.5
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An aircraft with a position that is a threat to those who are near. `at`: when it was at `point`, in steady seconds."""

    state: AircraftState
    threat: Threat
    point: Point
    at: float
    motion: Motion | None

    @property
    def altitude(self) -> int | None:
        """Its altitude in feet: barometric, else geometric; None where neither is known."""
        return self.state.alt_geom if self.state.alt_baro is None else self.state.alt_baro


class ThreatWatch:
    """The candidates of one sky. `is_needed` says whether any session listens. `aircraft` gives every aircraft by hex, frozen, and
    `behaviors_of` what the one with a hex does: the safety monitor has both (app.py). `on_refreshed` is called after each look."""

    def __init__(self, view: SkyView, is_needed: Callable[[], bool]) -> None:
        self.candidates: tuple[Candidate, ...] = ()
        self.demo = False
        """Whether simulated traffic is shown."""
        self.aircraft: Callable[[], Mapping[str, AircraftState]] = dict
        self.behaviors_of: Callable[[str], frozenset[str]] = lambda _hex: NOTHING
        self.on_refreshed: Callable[[], None] = lambda: None
        self.loop = Loop(f"the {view.name} sky's threats", self.run, view.clock, EVERY_S, lambda: MIN_S)
        self._view = view
        self._is_needed = is_needed
        self._positions: dict[str, AircraftState] = {}
        """The state with which each candidate of the last look had its position first."""

    def start(self) -> None:
        """Look from now on."""
        self.loop.start()

    def stop(self) -> None:
        """Look no more."""
        self.loop.stop()

    def wake(self) -> None:
        """Look now: somebody began to listen, or aircraft were frozen anew."""
        self.loop.wake()

    def run(self) -> None:
        """One look. Yields."""
        if not self._is_needed():
            self._forget()
            return
        self.refresh()
        self.on_refreshed()

    def refresh(self) -> None:
        """Make the list of candidates anew. Yields between pieces."""
        pause = Yielder().maybe_yield
        found, positions = [], {}
        for place, state in enumerate(self.aircraft().values()):
            if place % 64 == 63:
                pause()
            point, at = state.point, state.pos_at
            if point is None or at is None:
                continue
            threat = assess(state, self.behaviors_of(state.hex))
            if threat is not None:
                before = self._positions.get(state.hex)
                found.append(Candidate(state, threat, point, at, motion_of(state, before)))
                positions[state.hex] = before if before is not None and before.pos_at == at else state
        self.candidates, self._positions, self.demo = tuple(found), positions, self._view.demo

    def _forget(self) -> None:
        self.candidates, self._positions = (), {}

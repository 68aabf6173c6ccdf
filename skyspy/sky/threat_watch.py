"""Application: which aircraft of a sky are threats, looked up once a second for all who drive.

Nothing is looked at while no session listens. Positions of drivers are not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from skyspy.aircraft_state import AircraftState
from skyspy.cooperate import Yielder
from skyspy.geo import Point
from skyspy.loop import Loop
from skyspy.sky.view import SkyView
from skyspy.threats import Threat, assess
from skyspy.threats.encounter import Motion, motion_of
from skyspy.tracker.freezing import Freezer

EVERY_S = 1.0
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
    """The candidates of one sky. `is_needed` says whether any session listens; `behaviors_of` gives what the aircraft with a hex does.
    `on_refreshed` is called after each look."""

    def __init__(self, view: SkyView, is_needed: Callable[[], bool]) -> None:
        self.candidates: tuple[Candidate, ...] = ()
        self.demo = False
        """Whether simulated traffic is shown."""
        self.behaviors_of: Callable[[str], frozenset[str]] = lambda _hex: NOTHING
        self.on_refreshed: Callable[[], None] = lambda: None
        self.loop = Loop(f"the {view.name} sky's threats", self.run, view.clock, EVERY_S, lambda: EVERY_S / 2)
        self._view = view
        self._is_needed = is_needed
        self._freezer = Freezer(view.tracker)
        self._positions: dict[str, AircraftState] = {}
        """The state with which each candidate of the last look had its position first."""

    def start(self) -> None:
        """Look from now on."""
        self.loop.start()

    def stop(self) -> None:
        """Look no more."""
        self.loop.stop()

    def wake(self) -> None:
        """Look now: somebody began to listen."""
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
        states = self._freezer.freeze(self._view.clock.steady(), pause)
        found, positions = [], {}
        for place, state in enumerate(states.values()):
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
        if self.candidates or self._positions:
            self.candidates, self._positions = (), {}
            self._freezer = Freezer(self._view.tracker)

"""The movements of all aircraft of one sky, second by second.

What is kept of an aircraft is bounded, and small until it has a position. Of one that is not listed any longer the path is forgotten
at once, and where it was, on the ground or in an airport's vicinity, for as long as a visit goes on: an aircraft that is lost on its
approach and heard again on the ground has landed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airports
from skyspy.movements.behaviors import Behaviors
from skyspy.movements.ground import Ground
from skyspy.movements.movement import GROUND, LANDED, LOST, Movement
from skyspy.movements.pacing import next_turn
from skyspy.movements.vicinity import Vicinity
from skyspy.safety.profiles import profile_of
from skyspy.visits import VISIT_GAP_S

SAMPLE_S = 5.0
"""A position of an aircraft is taken so often."""
PIECE = 100
"""So many aircraft are looked at between two pauses."""
TOTAL_POINTS, MAX_POINTS = 1_000_000, 192
"""Of all paths together, about, and of one."""
MAX_REMEMBERED = 20_000
NOTHING: frozenset[str] = frozenset()


class _Memory:
    """What is kept of one aircraft."""

    __slots__ = ("behaviors", "ground", "next", "phase", "pos_at", "seen", "vicinity")

    def __init__(self, phase: float, next_: float) -> None:
        self.seen: AircraftState | None = None
        self.ground, self.vicinity = Ground(), Vicinity(phase)
        self.behaviors: Behaviors | None = None
        self.phase, self.next = phase, next_
        """When the next position is taken, and when its turns are (see pacing.py)."""
        self.pos_at: float | None = None


class Movements:
    """The movements of one sky. `look` once a second."""

    def __init__(self) -> None:
        self._known: dict[str, _Memory] = {}
        self._gone: dict[str, _Memory] = {}
        self._max_points = MAX_POINTS

    def __len__(self) -> int:
        """How many aircraft anything is kept of."""
        return len(self._known) + len(self._gone)

    def current(self, hex_: str) -> frozenset[str]:
        """The behaviors of an aircraft that are under way."""
        memory = self._known.get(hex_)
        return NOTHING if memory is None or memory.behaviors is None else frozenset(memory.behaviors.under_way)

    def look(
        self,
        aircraft: Mapping[str, AircraftState],
        now: float,
        airports: Airports | None = None,
        pause: Callable[[], None] = lambda: None,
    ) -> Iterable[Movement]:
        """What happened since the last look. `now`: steady seconds. `airports`: None where the table cannot be read; nothing then
        follows that needs it. `pause` is called between pieces of work."""
        found: list[Movement] = []
        known = self._known
        self._max_points = max(1, min(MAX_POINTS, TOTAL_POINTS // max(1, len(aircraft))))
        for place, (hex_, state) in enumerate(aircraft.items()):
            if place % PIECE == PIECE - 1:
                pause()
            memory = known.get(hex_)
            if memory is None:
                # Not all that are new at once, as at a start, have their turn in the same second.
                memory = known[hex_] = (
                    self._gone.pop(hex_) if hex_ in self._gone else _Memory(now + place, now + place % SAMPLE_S)
                )
            if memory.seen is state:
                continue
            memory.seen, flag, ground = state, state.on_ground, memory.ground
            if now >= memory.next or not (flag is None or (flag is ground.is_on_ground and ground.is_settled)):
                self._note(memory, state, now, airports, found)
        pause()
        if len(known) > len(aircraft):
            self._forget(aircraft, found)
        self._forget_remembered(now)
        return found

    def _note(self, memory: _Memory, state: AircraftState, now: float, airports: Airports | None, found: list[Movement]) -> None:
        """Take a state that is not the one of the last look."""
        if state.on_ground is not None and (movement := memory.ground.note(state, airports)) is not None:
            found.append(movement)
            place = memory.ground.place
            if movement.kind == LANDED and place is not None and place.airport is not None:
                found += memory.vicinity.settle(state, place.airport)
        if memory.behaviors is not None and memory.ground.is_on_ground:
            found += memory.behaviors.end(state, GROUND)
            memory.behaviors = None
        if now < memory.next or airports is None or state.lat is None or state.pos_at == memory.pos_at:
            return
        memory.next, memory.pos_at = next_turn(now, SAMPLE_S, memory.phase), state.pos_at
        if profile_of(state).is_vehicle:
            return
        if (movement := memory.vicinity.note(state, now, airports)) is not None:
            found.append(movement)
        if memory.ground.is_on_ground is not True and state.on_ground is not True:
            memory.behaviors = memory.behaviors or Behaviors(memory.phase)
            found += memory.behaviors.note(state, airports, self._max_points)

    def _forget(self, aircraft: Mapping[str, AircraftState], found: list[Movement]) -> None:
        """Forget the aircraft that are not listed any longer."""
        for hex_ in self._known.keys() - aircraft.keys():
            memory = self._known.pop(hex_)
            if memory.behaviors is not None and memory.seen is not None:
                found += memory.behaviors.end(memory.seen, LOST)
            memory.behaviors = None
            self._gone[hex_] = memory

    def _forget_remembered(self, now: float) -> None:
        while self._gone:
            hex_, memory = next(iter(self._gone.items()))
            is_old = memory.seen is None or now - memory.seen.heard_at > VISIT_GAP_S
            if not is_old and len(self._gone) <= MAX_REMEMBERED:
                return
            del self._gone[hex_]

"""Incidents of the simulation, flown through a tracker, the rules and what makes events of findings, second by second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from skyspy.aircraft import Observation
from skyspy.airports import Airports
from skyspy.geo import Point
from skyspy.movements import Movement, Movements
from skyspy.registration import describe
from skyspy.safety.all_rules import all_rules
from skyspy.safety.events import Action, Change, Now, OpenEvents
from skyspy.safety.rules import Round
from skyspy.simulate import DEFAULT_CENTRE, Incident, Programme, Requested, Simulation
from skyspy.threats import Threat, assess
from skyspy.tracker import Limits, Tracker
from skyspy.tracker.freezing import Freezer
from tests.support.airports import shipped

T0 = 1_700_000_000.0
WALL = 1_800_000_000.0
COOLDOWN_S = 60.0


@dataclass
class Flown:
    """What came of it: changes of events with the second in which each happened, movements, threats by the second in which each was
    seen first, and everything that was heard."""

    changes: list[tuple[float, Change]] = field(default_factory=list)
    moved: list[tuple[float, Movement]] = field(default_factory=list)
    threats: dict[str, tuple[float, Threat]] = field(default_factory=dict)
    heard: list[Observation] = field(default_factory=list)

    def types(self, action: Action = Action.OPENED) -> Counter[str]:
        return Counter(change.event.event_type for _, change in self.changes if change.action is action)

    def when(self, action: Action) -> list[float]:
        return [at for at, change in self.changes if change.action is action]

    def severities(self) -> list[str]:
        """The severities of the first event, each once, in order."""
        first = self.changes[0][1].event.id
        return list(dict.fromkeys(change.event.severity for _, change in self.changes if change.event.id == first))

    def kinds(self, hexes: Iterable[str]) -> list[str]:
        wanted = set(hexes)
        return [movement.kind for _, movement in self.moved if movement.hex in wanted]


class Sky:
    """A sky whose simulation goes on second by second, from T0."""

    def __init__(self, programme: Programme, traffic: Simulation | None, airports: Airports | None) -> None:
        self.flown = Flown()
        self._programme, self._traffic, self._airports = programme, traffic, airports
        self._tracker = Tracker(Limits(), None, "test", describe)
        self._freezer, self._rules = Freezer(self._tracker), all_rules()
        self._movements, self._events = Movements(), OpenEvents()
        self._second = 0

    def fly(self, seconds: int, step: int = 1) -> Flown:
        """Go on for so many seconds, with a look every `step` seconds."""
        for _ in range(0, seconds, step):
            self._second += step
            self._look(float(self._second), step)
        return self.flown

    def _look(self, second: float, step: int) -> None:
        now = T0 + second
        traffic = [] if self._traffic is None else self._traffic.observations(now - step, now, now)
        heard = self._programme.observations(traffic, now - step, now, now)
        self.flown.heard += heard
        for one in heard:
            self._tracker.apply(one, now)
        self._tracker.take_delta(now)
        aircraft = self._freezer.freeze(now)
        look = Round(now, aircraft, airports=self._airports)
        self.flown.moved += [(second, one) for one in self._movements.look(aircraft, now, self._airports)]
        found = [finding for rule in self._rules for finding in rule.look(look)]
        for change in self._events.look(Now(now, WALL + second), found, aircraft, COOLDOWN_S):
            self.flown.changes.append((second, change))
        for hex_, state in aircraft.items():
            threat = assess(state, self._movements.current(hex_))
            if threat is not None:
                first = self.flown.threats.get(hex_, (second, threat))[0]
                self.flown.threats[hex_] = first, threat


def sky_of(
    requests: Sequence[tuple[Incident, float]],
    *,
    seed: int = 4242,
    number: int = 1,
    centre: Point = DEFAULT_CENTRE,
    traffic: int = 0,
    airports: Airports | None = None,
) -> Sky:
    """A sky with these incidents, each so many seconds after T0; `number` is the first request's, `traffic` how many other aircraft there
    are. Without `airports` it has those that come with SkySpy."""
    asked = [Requested(number + place, incident, T0 + begins) for place, (incident, begins) in enumerate(requests)]
    table = shipped() if airports is None else airports
    programme = Programme(seed, centre, (), lambda: table, lambda: asked)
    return Sky(programme, Simulation(seed, traffic, centre, table) if traffic else None, table)

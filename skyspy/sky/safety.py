"""Application: looks at the aircraft of one sky once a second: freezes them, derives movements, runs the safety rules.

The rules run in every process, also where another one makes the events (event_log.py): what they remember, such as first looks
and pairs that fly in formation, is there when this process takes over.

Invariants: only the tracker's frozen records are looked at, in slices between which others run. A rule that fails costs its own findings
of one round.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airports
from skyspy.clock import Moment
from skyspy.cooperate import Yielder
from skyspy.loop import LOG_AGAIN_S, Loop
from skyspy.movements import Movement, Movements
from skyspy.safety.events import Change, SafetyEvent
from skyspy.safety.gps_interference import GpsInterference
from skyspy.safety.proximity import Proximity
from skyspy.safety.rules import Finding, Round, Rule
from skyspy.safety.thresholds import Thresholds
from skyspy.sky.event_log import EventLog, History
from skyspy.sky.sky import Sky
from skyspy.sky.streams.safety import SafetyStream
from skyspy.sky.thresholds import thresholds_of
from skyspy.tracker.freezing import Freezer

log = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_S = 1.0
SLOW_S = 0.5
"""A round that takes longer leaves the processor little time for others."""


class Looked(NamedTuple):
    """What one round of a SafetyMonitor looked at, and what it found: the aircraft by hex, movements and changes of safety events."""

    now: Moment
    aircraft: Mapping[str, AircraftState]
    moved: Sequence[Movement]
    changes: Sequence[Change]
    airports: Airports | None = None


class SafetyMonitor:
    """The safety rules of one sky. `airports` gives the table, None where it cannot be read; it is called once there are aircraft.

    `frozen`: the aircraft by hex, as of the last round; `movements` derives movements from them, and `moved` is what it found in that
    round. `took_s`: what the round took, pauses included. `failures` counts rules that failed, and movements. `on_looked`
    registers what is called after each round."""

    def __init__(
        self,
        sky: Sky,
        history: History,
        airports: Callable[[], Airports | None],
        rules: Sequence[Rule],
        movements: Movements | None = None,
    ) -> None:
        self._sky = sky
        self._view = sky.view
        self._clock = sky.view.clock
        self._airports = airports
        self._rules = rules
        self._freezer = Freezer(sky.tracker)
        self._thresholds, self._thresholds_of = Thresholds(), -1
        self._logged_at: float | None = None
        self.movements = Movements() if movements is None else movements
        self.frozen: Mapping[str, AircraftState] = {}
        self.moved: Sequence[Movement] = ()
        self.took_s: float | None = None
        self.failures = 0
        self._followers: list[Callable[[Looked], object]] = []
        self._changes: list[Change] = []
        """What was published of safety events in this round."""
        self.events = EventLog(history, self._announce, self._clock, sky.name)
        self.events.on_restored = self._resume
        self.loop = Loop(f"looking for dangers in the {sky.name} sky", self.run, self._clock, LOOK_S)

    def start(self) -> None:
        """Look from now on; what is stored is read at once."""
        self.loop.start()
        self.loop.wake()

    def stop(self) -> None:
        """Look no more."""
        self.loop.stop()

    def on_looked(self, follow: Callable[[Looked], object]) -> None:
        """Call `follow` after each round, also one that found nothing to do. It must not yield."""
        self._followers.append(follow)

    def run(self) -> None:
        """One round."""
        now = self._clock.moment()
        pause = Yielder(self._clock.steady).maybe_yield
        before, self.frozen = self.frozen, self._freezer.freeze(now.steady, pause)
        # A round follows after the last aircraft has left: what is remembered of it is forgotten.
        has_aircraft = bool(self.frozen or before)
        self.moved, self._changes = (), []
        if not has_aircraft and self.events.is_idle:
            self._hand_on(Looked(now, self.frozen, (), ()))
            return
        thresholds = self._current_thresholds()
        self.events.begin(now, thresholds.cooldown_s)
        airports = self._airports() if self.frozen else None
        look = Round(now.steady, self.frozen, thresholds, airports, pause)
        findings: list[Finding] = []
        if has_aircraft:
            self.moved = self._moved(look)
            for rule in self._rules:
                self._add(findings, type(rule).__name__, lambda rule=rule: rule.look(look))  # type: ignore[misc]
        self.events.take(now, findings, self.frozen, thresholds.cooldown_s, demo=self._view.demo)
        self.took_s = self._clock.steady() - now.steady
        self._hand_on(Looked(now, self.frozen, self.moved, self._changes, airports))

    def _hand_on(self, looked: Looked) -> None:
        for follow in self._followers:
            follow(looked)

    @property
    def crowded(self) -> int:
        """Aircraft of the last round for which not all conflicts were looked for: too many are in one place."""
        return sum(rule.crowded for rule in self._rules if isinstance(rule, Proximity))

    def _moved(self, look: Round) -> Sequence[Movement]:
        moved: list[Movement] = []
        self._add(moved, "movements", lambda: self.movements.look(look.aircraft, look.now, look.airports, look.pause))
        return moved

    def _add(self, found: list[T], name: str, look: Callable[[], Iterable[T]]) -> None:
        """Add what is found; of a rule that fails, what it found until then."""
        try:
            found.extend(look())
        except Exception:
            self.failures += 1
            now = self._clock.steady()
            if self._logged_at is None or now - self._logged_at >= LOG_AGAIN_S:
                self._logged_at = now
                log.exception("the safety rule %s failed (%d failures of rules since the start)", name, self.failures)

    def _current_thresholds(self) -> Thresholds:
        settings = self._view.settings()
        if settings.version != self._thresholds_of:
            self._thresholds, self._thresholds_of = thresholds_of(settings), settings.version
        return self._thresholds

    def _resume(self, events: Sequence[SafetyEvent]) -> None:
        """Let the rule for areas go on with those of these open events: what it calls an area must stay the same. What other rules find
        has the same key in every process."""
        for rule in self._rules:
            if isinstance(rule, GpsInterference):
                rule.resume(events, self._clock.steady())

    def _announce(self, changes: Iterable[Change]) -> None:
        changes = list(changes)
        self._changes += changes
        stream = self._sky.streams.get(SafetyStream.topic.name)
        if isinstance(stream, SafetyStream):
            self._sky.publish_from(stream.topic.name, stream.announce(changes))

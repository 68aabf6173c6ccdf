"""Application: looks at the aircraft of one sky once a second: freezes them, derives movements, runs the safety rules.

The rules run in every process, also where another one makes the events (event_log.py): what they remember, such as first looks
and pairs that fly in formation, is there when this process takes over.

Invariants: only the tracker's frozen records are looked at, in slices between which others run. A rule that fails costs its own findings
of one round.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airports
from skyspy.cooperate import Yielder
from skyspy.loop import LOG_AGAIN_S, Loop
from skyspy.safety.events import Change
from skyspy.safety.rules import Finding, Round, Rule
from skyspy.safety.thresholds import Thresholds
from skyspy.sky.event_log import EventLog, History
from skyspy.sky.sky import Sky
from skyspy.sky.streams.safety import SafetyStream
from skyspy.sky.thresholds import thresholds_of
from skyspy.tracker.freezing import Freezer

log = logging.getLogger(__name__)

LOOK_S = 1.0


class SafetyMonitor:
    """The safety rules of one sky. `airports` gives the table, None where it cannot be read; it is called once there are aircraft.

    `frozen`: the aircraft by hex, as of the last round. `took_s`: what that round took, pauses included, and `failures` counts rules that
    failed."""

    def __init__(self, sky: Sky, history: History, airports: Callable[[], Airports | None], rules: Sequence[Rule]) -> None:
        self._sky = sky
        self._view = sky.view
        self._clock = sky.view.clock
        self._airports = airports
        self._rules = rules
        self._freezer = Freezer(sky.tracker)
        self._thresholds, self._thresholds_of = Thresholds(), -1
        self._logged_at: float | None = None
        self.frozen: Mapping[str, AircraftState] = {}
        self.took_s: float | None = None
        self.failures = 0
        self.events = EventLog(history, self._announce, self._clock, sky.name)
        self.loop = Loop(f"looking for dangers in the {sky.name} sky", self.run, self._clock, LOOK_S)

    def start(self) -> None:
        """Look from now on; what is stored is read at once."""
        self.loop.start()
        self.loop.wake()

    def stop(self) -> None:
        """Look no more."""
        self.loop.stop()

    def run(self) -> None:
        """One round."""
        now = self._clock.moment()
        pause = Yielder(self._clock.steady).maybe_yield
        before, self.frozen = self.frozen, self._freezer.freeze(now.steady, pause)
        if not (self.frozen or before) and self.events.is_idle:
            return
        look = Round(now.steady, self.frozen, self._current_thresholds(), self._airports() if self.frozen else None, pause)
        # A round after the last aircraft has left: the rules forget it.
        findings = self._find(look) if self.frozen or before else []
        self.events.take(now, findings, self.frozen, look.thresholds.cooldown_s, demo=self._view.demo)
        self.took_s = self._clock.steady() - now.steady

    def _find(self, look: Round) -> list[Finding]:
        found: list[Finding] = []
        for rule in self._rules:
            try:
                found += rule.look(look)
            except Exception:
                self.failures += 1
                if self._logged_at is None or look.now - self._logged_at >= LOG_AGAIN_S:
                    self._logged_at = look.now
                    log.exception("the safety rule %s failed (%d failures since the start)", type(rule).__name__, self.failures)
            look.pause()
        return found

    def _current_thresholds(self) -> Thresholds:
        settings = self._view.settings()
        if settings.version != self._thresholds_of:
            self._thresholds, self._thresholds_of = thresholds_of(settings), settings.version
        return self._thresholds

    def _announce(self, changes: Iterable[Change]) -> None:
        stream = self._sky.streams.get(SafetyStream.topic.name)
        if isinstance(stream, SafetyStream):
            self._sky.publish_from(stream.topic.name, stream.announce(changes))

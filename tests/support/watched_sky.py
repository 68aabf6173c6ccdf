"""A sky with a real tracker and rules that look once a second, on a clock of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from skyspy.aircraft import Observation
from skyspy.airports import Airports
from skyspy.registration import describe
from skyspy.safety.rules import Finding, Round, Rule
from skyspy.safety.thresholds import Thresholds
from skyspy.tracker import Limits, Tracker
from skyspy.tracker.freezing import Freezer


class WatchedSky:
    """Observations in, findings out. `first`: when each situation was found first, by event_type and key; `counts`: how many
    situations of each type were found."""

    def __init__(self, rules: Sequence[Rule], thresholds: Thresholds | None = None, airports: Airports | None = None) -> None:
        self.tracker = Tracker(Limits(), None, "test", describe)
        self.first: dict[tuple[str, str], float] = {}
        self.findings: dict[tuple[str, str], Finding] = {}
        self._rules, self._airports = rules, airports
        self._thresholds = thresholds or Thresholds()
        self._freezer = Freezer(self.tracker)

    @property
    def counts(self) -> Counter[str]:
        return Counter(event_type for event_type, _ in self.first)

    def hear(self, observations: Iterable[Observation]) -> None:
        for one in observations:
            self.tracker.apply(one, one.at)

    def look(self, now: float) -> list[Finding]:
        """One round of all rules."""
        self.tracker.take_delta(now)
        look = Round(now, self._freezer.freeze(now), self._thresholds, self._airports)
        found = [finding for rule in self._rules for finding in rule.look(look)]
        for finding in found:
            self.first.setdefault((finding.event_type, finding.key), now)
            self.findings[finding.event_type, finding.key] = finding
        return found

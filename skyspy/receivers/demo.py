"""Tools: the feed that invents its traffic: it gives simulate.Simulation the time, nothing more.

Law: the simulation's time is the wall clock's as it stood when the feed began, so that several
processes show the same sky; from then on only the steady clock moves it. The link's state is "demo"
wherever it is shown, so that nobody takes invented traffic for real.
"""

from __future__ import annotations

from skyspy.clock import Clock
from skyspy.feedurl import FeedUrl
from skyspy.geo import Point
from skyspy.receivers.receiver import Receiver
from skyspy.simulate import DEFAULT_AIRCRAFT, DEFAULT_CENTRE, Simulation

DEFAULT_SEED = 1
LOOKS_PER_SECOND = 4.0
OBSERVATIONS_PER_LOOK = 50.0
"""A crowded sky is looked at more often, so that no look takes long."""


class DemoReader:
    """Plays `demo://?seed=1&aircraft=60` around the receiver, or around DEFAULT_CENTRE when that is unknown."""

    shows = "demo"

    def __init__(self, url: FeedUrl, clock: Clock, location: Point | None) -> None:
        self._clock = clock
        self._seed = int(float(url.options.get("seed", DEFAULT_SEED)))
        self._aircraft = int(float(url.options.get("aircraft", DEFAULT_AIRCRAFT)))
        self._centre = location or DEFAULT_CENTRE

    def read(self, receiver: Receiver) -> None:
        """Runs until it is stopped."""
        simulation = Simulation(self._seed, self._aircraft, self._centre)
        receiver.begin(None)
        pause = min(1 / LOOKS_PER_SECOND, max(0.02, OBSERVATIONS_PER_LOOK / self._aircraft))
        since = self._clock.steady()
        shift = self._clock.wall() - since
        while True:
            self._clock.sleep(pause)
            now = self._clock.steady()
            receiver.hear(simulation.observations(since + shift, now + shift, now))
            receiver.flows()
            since = now

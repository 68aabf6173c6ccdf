"""The demo receiver: steps simulate.Simulation in real time and delivers its observations.

Invariants: the simulation's time starts at the wall clock, so that several processes show the same sky; from then on only the
steady clock advances it. The receiver's state is "demo" wherever it is shown, so that simulated traffic is not taken for real.
"""

from __future__ import annotations

from collections.abc import Callable

from skyspy.clock import Clock
from skyspy.feedurl import FeedUrl
from skyspy.geo import Point
from skyspy.receivers.receiver import Receiver
from skyspy.simulate import DEFAULT_AIRCRAFT, DEFAULT_CENTRE, Simulation

DEFAULT_SEED = 1
STEPS_PER_SECOND = 4.0
OBSERVATIONS_PER_STEP = 50.0
"""With many aircraft the steps are shorter, so that no step blocks for long."""


class DemoReader:
    """Reads `demo://?seed=1&aircraft=60`: traffic around the receiver, or around DEFAULT_CENTRE where its location is unknown."""

    up_state = "demo"

    def __init__(self, url: FeedUrl, clock: Clock, place: Callable[[], Point | None]) -> None:
        self._clock = clock
        self._seed = int(float(url.options.get("seed", DEFAULT_SEED)))
        self._aircraft = int(float(url.options.get("aircraft", DEFAULT_AIRCRAFT)))
        self._place = place

    def read(self, receiver: Receiver) -> None:
        """Deliver simulated observations until the greenlet is killed."""
        simulation = Simulation(self._seed, self._aircraft, self._place() or DEFAULT_CENTRE)
        receiver.begin_session(None)
        pause = min(1 / STEPS_PER_SECOND, max(0.02, OBSERVATIONS_PER_STEP / self._aircraft))
        since = self._clock.steady()
        shift = self._clock.wall() - since
        while True:
            self._clock.sleep(pause)
            now = self._clock.steady()
            receiver.deliver(simulation.observations(since + shift, now + shift, now))
            receiver.mark_up()
            since = now

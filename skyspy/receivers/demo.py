"""The demo receiver: steps simulate.Simulation in real time and delivers its observations.

Invariants: the simulation's time starts at the wall clock, so that several processes show the same sky; from then on only the
steady clock advances it. The receiver's state is "demo" wherever it is shown, so that simulated traffic is not taken for real.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from skyspy.airports import Airports
from skyspy.clock import Clock
from skyspy.feedurl import FeedUrl
from skyspy.geo import Point
from skyspy.receivers.receiver import Receiver, always
from skyspy.simulate import DEFAULT_AIRCRAFT, DEFAULT_CENTRE, FEW, NONE, SCHEDULES, Programme, Requested, Simulation
from skyspy.simulate.datalink import EVERY_S, Datalink

DEFAULT_SEED = 1
STEPS_PER_SECOND = 4.0
OBSERVATIONS_PER_STEP = 50.0
"""With many aircraft the steps are shorter, so that no step blocks for long."""
MIN_AIRCRAFT = 12
"""A simulation of fewer aircraft has incidents only where its URL asks for them."""


def _no_airports() -> Airports | None:
    return None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the receivers of a sky use beside their place. `airports` gives the table, None where it cannot be read; it is called from the
    greenlet of simulated traffic, and may yield. `requested`: incidents that were requested and are not over. `may_listen`: whether this process brings
    the messages of data links, real and simulated."""

    airports: Callable[[], Airports | None] = _no_airports
    requested: Callable[[], Iterable[Requested]] = tuple
    may_listen: Callable[[], bool] = always


class DemoReader:
    """Reads `demo://?seed=1&aircraft=60&incidents=few&datalink=few`: traffic around the receiver, or around DEFAULT_CENTRE where its
    location is unknown. As many messages over data links as incidents, where the URL does not say it."""

    up_state = "demo"

    def __init__(
        self, url: FeedUrl, clock: Clock, place: Callable[[], Point | None], surroundings: Surroundings | None = None
    ) -> None:
        self._clock = clock
        self._seed = seed_of(url)
        self._aircraft = int(float(url.options.get("aircraft", DEFAULT_AIRCRAFT)))
        usual = FEW if self._aircraft >= MIN_AIRCRAFT else NONE
        incidents = url.options.get("incidents", usual)
        self._schedule = SCHEDULES[incidents]
        self._datalink_s = EVERY_S[url.options.get("datalink", incidents)]
        self._place = place
        self._surroundings = surroundings or Surroundings()

    def read(self, receiver: Receiver) -> None:
        """Deliver simulated observations until the greenlet is killed."""
        centre, around = self._place() or DEFAULT_CENTRE, self._surroundings
        simulation = Simulation(self._seed, self._aircraft, centre, around.airports())
        programme = Programme(self._seed, centre, self._schedule, around.airports, around.requested)
        datalink = Datalink(self._seed, centre, self._datalink_s, around.airports())
        receiver.begin_session(None)
        pause = min(1 / STEPS_PER_SECOND, max(0.02, OBSERVATIONS_PER_STEP / self._aircraft))
        since = self._clock.steady()
        shift = self._clock.wall() - since
        while True:
            self._clock.sleep(pause)
            now = self._clock.steady()
            span = since + shift, now + shift
            heard = simulation.observations(*span, now)
            receiver.deliver(programme.observations(heard, *span, now))
            blocks = [*datalink.blocks(heard, *span, now), *programme.blocks(*span, now)]
            receiver.deliver(blocks if around.may_listen() else ())
            receiver.mark_up()
            since = now


def seed_of(url: FeedUrl) -> int:
    """The seed of the traffic of this URL."""
    return int(float(url.options.get("seed", DEFAULT_SEED)))

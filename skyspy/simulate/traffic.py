"""Schedules simulated flights and gives the observations that a receiver would make of them.

There is a fixed number of slots. A slot belongs to one kind of flight and starts a new flight in every cycle (of the
kind's period). Seed, slot and time determine the flight and its position.
"""

from __future__ import annotations

from collections import Counter
from math import floor

from skyspy.aircraft import Observation
from skyspy.airports import Airports
from skyspy.geo import Point
from skyspy.simulate.flight import Flight, Weather
from skyspy.simulate.names import make_identity
from skyspy.simulate.places import Places
from skyspy.simulate.plans import KINDS, UNIQUE_KINDS, Kind, make_site
from skyspy.simulate.random_stream import RandomStream

DEFAULT_CENTRE: Point = (47.46, 8.55)
"""Centre of the simulated traffic if the receiver's location is not set: near Zurich airport."""
DEFAULT_AIRCRAFT = 60
MIN_GAP_SECONDS = 45.0
"""Time without a flight in a slot between two flights, at least."""


class _Slot:
    """One slot and its current flight. `period_offset`: start of its cycles in seconds; `second_offset`: the moment within
    each second at which it is heard; `cycle`: number of the current flight."""

    __slots__ = ("cycle", "flight", "kind", "number", "period_offset", "second_offset")

    def __init__(self, kind: Kind, number: int, period_offset: float, second_offset: float) -> None:
        self.kind, self.number = kind, number
        self.period_offset = period_offset
        self.second_offset = second_offset
        self.cycle: int | None = None
        self.flight: Flight | None = None


class Simulation:
    """About `aircraft` aircraft around `centre` (latitude, longitude). They use airports of `airports`; None: invented airfields."""

    def __init__(
        self, seed: int, aircraft: int = DEFAULT_AIRCRAFT, centre: Point = DEFAULT_CENTRE, airports: Airports | None = None
    ) -> None:
        self._seed = seed
        self._centre = centre
        self._site = make_site(seed, Places(airports, centre))
        self._weather = Weather(self._site.wind_from, self._site.wind_kt, self._site.qnh)
        self._slots = self._make_slots(aircraft)

    def _make_slots(self, aircraft: int) -> list[_Slot]:
        kinds = [kind for kind in UNIQUE_KINDS if aircraft >= 12]
        rest = aircraft - sum(kind.on_air for kind in kinds)
        owed = 0.0
        for kind in KINDS:
            # The rounding error of one kind is carried over to the next, so that the total is right.
            owed += rest * kind.weight / kind.on_air
            many = max(1 if kind is KINDS[0] else 0, round(owed))
            owed -= many
            kinds += [kind] * many
        random = RandomStream(self._seed, 1)
        slots_of, used = Counter(kind.name for kind in kinds), Counter[str]()
        first = {name: random.unit() for name in slots_of}
        slots = []
        for number, kind in enumerate(kinds):
            # Flights of one kind are spread evenly over the period, as arrivals and departures are on a runway.
            share = (first[kind.name] + used[kind.name] / slots_of[kind.name]) % 1.0
            used[kind.name] += 1
            slots.append(_Slot(kind, number, share * kind.period, random.unit()))
        return slots

    def observations(self, since: float, until: float, at: float) -> list[Observation]:
        """The observations made after `since` and until `until` (seconds on the caller's clock): each aircraft once a
        second, and only once if the interval is longer. `at` is the steady time of the observations."""
        result: list[Observation] = []
        for slot in self._slots:
            moment = floor(until - slot.second_offset) + slot.second_offset
            if moment <= since:
                continue
            flight, elapsed = self._flight(slot, moment)
            pose = flight.route.at(elapsed)
            if pose is not None:
                result += flight.observations(pose, elapsed, at, self._centre)
        return result

    def _flight(self, slot: _Slot, moment: float) -> tuple[Flight, float]:
        """The slot's flight at this moment, and the seconds since its start; negative or beyond the route's end while the
        slot is empty."""
        kind = slot.kind
        cycle = floor((moment - slot.period_offset) / kind.period)
        if slot.flight is None or slot.cycle != cycle:
            slot.flight, slot.cycle = self._new_flight(slot, cycle), cycle
        into = moment - slot.period_offset - cycle * kind.period
        elapsed = into - kind.anchor + slot.flight.route.anchor_at
        return slot.flight, elapsed if into < kind.period - MIN_GAP_SECONDS else -1.0

    def _new_flight(self, slot: _Slot, cycle: int) -> Flight:
        kind = slot.kind
        random = RandomStream(self._seed, 2 + slot.number, cycle)
        identity = make_identity(random, kind.fleet, slot.number, len(self._slots), cycle + self._seed)
        return Flight(random, kind.name, identity, kind.plan(random, self._site, identity.model), self._weather)

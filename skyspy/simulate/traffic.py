"""Pure: who is in the sky when, and what a receiver would hear of them.

Law: the sky is a fixed number of places. A place belongs to one kind of flight and is taken anew every
period: which flight has it at a moment, and where that flight is, follow from seed, place and time.
"""

from __future__ import annotations

from collections import Counter
from math import floor

from skyspy.aircraft import Observation
from skyspy.geo import Point
from skyspy.simulate.draw import Draw
from skyspy.simulate.flight import Flight, Weather
from skyspy.simulate.names import identity
from skyspy.simulate.plans import ALWAYS, KINDS, Kind, site

DEFAULT_PLACE: Point = (47.46, 8.55)
"""Where the demo flies when no receiver's location is known: around Zurich airport."""
DEFAULT_AIRCRAFT = 60
QUIET_SECONDS = 45.0
"""A place stays empty at least this long between two flights."""


class _Place:
    """One place in the sky and the flight that has it now."""

    __slots__ = ("beat", "flight", "kind", "number", "shift", "turn")

    def __init__(self, kind: Kind, number: int, shift: float, beat: float) -> None:
        self.kind, self.number = kind, number
        self.shift = shift
        self.beat = beat
        self.turn: int | None = None
        self.flight: Flight | None = None


class Simulation:
    """About `aircraft` aircraft around `centre` (latitude, longitude)."""

    def __init__(self, seed: int, aircraft: int = DEFAULT_AIRCRAFT, centre: Point = DEFAULT_PLACE) -> None:
        self._seed = seed
        self._centre = centre
        self._site = site(seed)
        self._weather = Weather(self._site.wind_from, self._site.wind_kt, self._site.qnh)
        self._places = self._shared_out(aircraft)

    def _shared_out(self, aircraft: int) -> list[_Place]:
        kinds = [kind for kind in ALWAYS if aircraft >= 12]
        rest = aircraft - sum(kind.seen for kind in kinds)
        owed = 0.0
        for kind in KINDS:
            # What rounding takes from one kind the next one gets, so that the sum comes out right.
            owed += rest * kind.weight / kind.seen
            many = max(1 if kind is KINDS[0] else 0, round(owed))
            owed -= many
            kinds += [kind] * many
        draw = Draw(self._seed, 1)
        many_of, place_of = Counter(kind.name for kind in kinds), Counter[str]()
        first = {name: draw.unit() for name in many_of}
        places = []
        for number, kind in enumerate(kinds):
            # Flights of one kind follow each other evenly, as if somebody kept them apart on the runway.
            share = (first[kind.name] + place_of[kind.name] / many_of[kind.name]) % 1.0
            place_of[kind.name] += 1
            places.append(_Place(kind, number, share * kind.period, draw.unit()))
        return places

    def observations(self, since: float, until: float, at: float) -> list[Observation]:
        """What is heard after `since` and not after `until` (seconds on the caller's clock): each
        aircraft once a second, and once at most when the two are further apart. `at` is the steady
        time the observations carry."""
        heard: list[Observation] = []
        for place in self._places:
            moment = floor(until - place.beat) + place.beat
            if moment <= since:
                continue
            flight, elapsed = self._flight(place, moment)
            pose = flight.route.at(elapsed)
            if pose is not None:
                heard += flight.heard(pose, elapsed, at, self._centre)
        return heard

    def _flight(self, place: _Place, moment: float) -> tuple[Flight, float]:
        """The flight that has the place at this moment, and how long it has been under way; outside its
        route's time when the place is empty."""
        kind = place.kind
        turn = floor((moment - place.shift) / kind.period)
        if place.flight is None or place.turn != turn:
            place.flight, place.turn = self._take_off(place, turn), turn
        into = moment - place.shift - turn * kind.period
        elapsed = into - kind.anchor + place.flight.route.anchor_at
        return place.flight, elapsed if into < kind.period - QUIET_SECONDS else -1.0

    def _take_off(self, place: _Place, turn: int) -> Flight:
        kind = place.kind
        draw = Draw(self._seed, 2 + place.number, turn)
        who = identity(draw, kind.people, place.number, len(self._places), turn + self._seed)
        return Flight(draw, kind, who, kind.plan(draw, self._site, who.model), self._weather)

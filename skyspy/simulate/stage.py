"""What an incident consists of: aircraft on their routes, and what they send differently for a while.

Times are seconds since the incident began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import floor

from skyspy.aircraft import Observation, Value
from skyspy.airports import Airports
from skyspy.airports.height import altitude_ft
from skyspy.geo import Point, distance_nm
from skyspy.simulate.datalink_exchanges import Said
from skyspy.simulate.flight import Flight, Weather
from skyspy.simulate.names import INCIDENT_COUNTRIES, Identity, make_identity
from skyspy.simulate.places import Places
from skyspy.simulate.plans import SimulatedSite, make_site
from skyspy.simulate.random_stream import RandomStream
from skyspy.simulate.route import Route

ALWAYS = float("inf")
APART = 3
"""The numbers of two aircraft of one incident differ by this: by two bits of the address, which is no damaged message then."""
NUMBERS_EACH = 4
"""How many numbers of aircraft each incident has."""
TOTAL = 128
"""How many aircraft of incidents there may be at once."""

LOST: Mapping[str, Value] = {"nic": 0, "nac_p": 0}
"""What an aircraft sends that has lost GPS and goes on by its own navigation."""
QUALITY = ("rc",)
"""Fields that it does not send then."""


@dataclass(frozen=True, slots=True)
class Cue:
    """From `begins` until before `ends` an aircraft sends these fields instead of those that it would send."""

    begins: float
    ends: float
    fields: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Actor:
    """One aircraft of an incident. It is heard once a second, `phase` (0 to 1) seconds after each full one."""

    flight: Flight
    cues: tuple[Cue, ...]
    phase: float

    def observations(self, elapsed: float, span: float, at: float, centre: Point) -> list[Observation]:
        """Those of the last `span` seconds before `elapsed`, one second's at most; `at` is their steady time."""
        moment = floor(elapsed - self.phase) + self.phase
        pose = self.flight.route.at(moment) if moment > elapsed - span else None
        if pose is None:
            return []
        changes: dict[str, Value] = {}
        for cue in self.cues:
            if cue.begins <= moment < cue.ends:
                changes |= cue.fields
        heard = self.flight.observations(pose, moment, at, centre)
        return [replace(one, fields={**one.fields, **changes}) for one in heard] if changes else heard


@dataclass(frozen=True, slots=True)
class Area:
    """A circle in which GPS is disturbed from `begins` until before `ends`."""

    centre: Point
    radius_nm: float
    begins: float
    ends: float

    def holds(self, point: Point) -> bool:
        """Whether a point is in the circle."""
        return distance_nm(self.centre, point) <= self.radius_nm


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part in an incident, and where it is. `area`: where the other traffic loses GPS; None: nowhere. `says`: the blocks that are sent over
    a data link from `says_at` on, with seconds from then, given the wall seconds of that moment; None: none."""

    point: Point
    actors: tuple[Actor, ...] = ()
    area: Area | None = None
    says: Callable[[float], Said] | None = None
    says_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What a plan makes an incident from. `number`: its aircraft have these numbers, up to NUMBERS_EACH more, in this `cycle`."""

    random: RandomStream
    site: SimulatedSite
    places: Places
    number: int
    cycle: int

    def identities(self, *fleets: str) -> list[Identity]:
        """An aircraft of each fleet, from different countries."""
        found: list[Identity] = []
        countries = INCIDENT_COUNTRIES
        first = self.random.whole(0, len(countries) - 1)
        for place, fleet in enumerate(fleets):
            country = countries[(first + place) % len(countries)]
            found.append(make_identity(self.random, fleet, self.number + APART * place, TOTAL, self.cycle, (country,)))
        return found

    def actor(self, identity: Identity, route: Route, *cues: Cue) -> Actor:
        """This aircraft on this route."""
        weather = Weather(self.site.wind_from, self.site.wind_kt, self.site.qnh)
        return Actor(Flight(self.random, "incident", identity, route, weather), cues, self.random.unit())

    def pressure_ft(self, true_ft: float) -> float:
        """The pressure altitude at this altitude above mean sea level."""
        return true_ft - altitude_ft(0.0, self.site.qnh)


def stage(seed: int, key: Iterable[int], airports: Airports | None, centre: Point, place: tuple[int, int]) -> Stage:
    """The stage of one incident. `key`: which one it is, among all of this seed; `place`: number and cycle of its aircraft."""
    places = Places(airports, centre)
    return Stage(RandomStream(seed, *key), make_site(seed, places), places, *place)


def without_gps(heard: Iterable[Observation], areas: Iterable[Area]) -> list[Observation]:
    """The observations, those of aircraft in one of these areas as of aircraft that have lost GPS."""
    circles = list(areas)
    return [
        _without_gps(one) if any(area.holds(point) for area in circles if (point := _gps_point(one))) else one for one in heard
    ]


def _gps_point(one: Observation) -> Point | None:
    """Where an aircraft that reports its own GPS position is, in the air."""
    lat, lon = one.fields.get("lat"), one.fields.get("lon")
    has_gps = one.source == "adsb_icao" and one.fields.get("alt_baro") != "ground"
    return (lat, lon) if has_gps and isinstance(lat, float) and isinstance(lon, float) else None


def _without_gps(one: Observation) -> Observation:
    return replace(one, fields={**{name: value for name, value in one.fields.items() if name not in QUALITY}, **LOST})

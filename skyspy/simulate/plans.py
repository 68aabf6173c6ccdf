"""Kinds of simulated flights: each is a row in KINDS and a function that makes its route.

Plans have no times; traffic.py decides when a flight takes place. The airfield, its two runways and the airways are the same for all
flights. They depend on the seed, and the airfields on the real airports around, where these are known: landings far from every
airport would be low flights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import cos, radians, sin

from skyspy.airports.height import altitude_ft
from skyspy.simulate.names import Model
from skyspy.simulate.places import MIN_RUNWAY_FT, Places
from skyspy.simulate.random_stream import RandomStream
from skyspy.simulate.route import Route, RouteBuilder, turn_radius_nm

GLIDE_FT_PER_NM = 318.0
"""Descent on a glide path of three degrees."""
SMALL_RUNWAY_FT, SMALL_AWAY_NM = 1500, 7.0
"""Of the small airfield: the shortest runway, and the least distance from the main one."""


@dataclass(frozen=True, slots=True)
class SimulatedSite:
    """The fixed surroundings: an airfield near the centre (`x`, `y` in nm), its runways' heading and elevation in feet, a
    small airfield further away, airways as (heading, offset in nm to the right of the centre), the wind at the ground
    (direction in degrees, knots) and the pressure in hPa. The elevation is a pressure altitude."""

    x: float
    y: float
    runway: float
    elevation: float
    small_x: float
    small_y: float
    small_runway: float
    airways: tuple[tuple[float, float], ...]
    wind_from: float
    wind_kt: float
    qnh: float


def make_site(seed: int, places: Places | None = None) -> SimulatedSite:
    """The site of a seed, at two airports of `places` where there are some."""
    site = _invented_site(seed)
    main = None if places is None else places.nearest_runway(MIN_RUNWAY_FT)
    if places is None or main is None:
        return site
    # The wind blows along the runway as before, and the altitude is one of the standard atmosphere.
    moved = replace(
        site,
        x=main.x,
        y=main.y,
        runway=main.heading,
        elevation=main.elevation_ft - altitude_ft(0.0, site.qnh),
        wind_from=(site.wind_from - site.runway + main.heading) % 360.0,
    )
    small = places.nearest_runway(SMALL_RUNWAY_FT, SMALL_AWAY_NM)
    return moved if small is None else replace(moved, small_x=small.x, small_y=small.y, small_runway=small.heading)


def _invented_site(seed: int) -> SimulatedSite:
    random = RandomStream(seed, 0)
    runway = random.whole(1, 36) * 10.0
    away, small = radians(random.between(0, 360)), radians(random.between(0, 360))
    distance, small_distance = random.between(2, 5), random.between(10, 15)
    first = random.between(0, 180)
    airways = tuple((first + n * 180 / 5 + random.between(-10, 10), random.between(-45, 45)) for n in range(5))
    return SimulatedSite(
        distance * sin(away),
        distance * cos(away),
        runway,
        random.whole(2, 24) * 25.0,
        small_distance * sin(small),
        small_distance * cos(small),
        random.whole(1, 36) * 10.0,
        airways,
        (runway + random.between(-30, 30)) % 360.0,
        random.between(4, 12),
        round(random.between(1004, 1026), 1),
    )


Planner = Callable[[RandomStream, SimulatedSite, Model], Route]


def overflight(random: RandomStream, site: SimulatedSite, model: Model) -> Route:
    """Along an airway at a cruising level, with one gentle turn, now and then a step climb."""
    heading, offset = random.pick(site.airways)
    back = random.chance(0.5)
    course, aside = (heading + 180, -offset) if back else (heading, offset)
    level = (30000 if back else 31000) + random.whole(0, 5) * 2000
    route = RouteBuilder(model.cruise, level).go("cruise", 118).turn("cruise", random.between(-18, 18))
    route.go("cruise", random.between(15, 40))
    if random.chance(0.15) and level < 38000:
        route.change("cruise", level + 2000, 900)
    route.go("cruise", 85)
    right = radians(course + 90)
    aside += random.between(-1.5, 1.5)
    return route.build(1, aside * sin(right), aside * cos(right), course)


def distress(random: RandomStream, site: SimulatedSite, model: Model) -> Route:
    """An overflight that diverts: it turns and descends to 10,000 ft."""
    heading, offset = random.pick(site.airways)
    route = RouteBuilder(model.cruise, 33000).go("cruise", 75).turn("cruise", random.sign() * random.between(40, 110))
    route.change("descent", 10000, 3200, 300).go("cruise", 45)
    right = radians(heading + 90)
    return route.build(1, offset * sin(right), offset * cos(right), heading)


def arrival(random: RandomStream, site: SimulatedSite, model: Model) -> Route:
    """From cruise to a landing on the left runway, and taxiing to a stand."""
    final_nm = random.between(8, 11)
    gate = site.elevation + final_nm * GLIDE_FT_PER_NM
    base = random.sign()
    route = RouteBuilder(model.cruise - 25, 25000).go("descent", random.between(6, 20))
    route.change("descent", 11000, random.between(1700, 2100), 300).go("descent", 5, 250)
    route.change("descent", gate + 2000, 1300, 215, turn=random.between(-35, 35))
    route.turn("approach", base * random.between(20, 80)).change("approach", gate, 900, 175)
    route.turn("approach", base * random.between(45, 85))
    route.go("approach", final_nm - 4, model.approach + 15, site.elevation + 4 * GLIDE_FT_PER_NM)
    route.go("approach", 4, model.approach, site.elevation)
    touchdown = len(route.legs)
    route.go("roll", 0.95, 30).turn("taxi", 90).go("taxi", 0.15, 15).turn("taxi", random.sign() * 90)
    route.go("taxi", random.between(0.2, 0.6)).turn("taxi", 90).go("taxi", 0.06, 0).wait("stand", random.between(30, 90))
    x, y = _on_runway(site, -0.7, -0.5)
    return route.build(touchdown, x, y, site.runway)


def departure(random: RandomStream, site: SimulatedSite, model: Model) -> Route:
    """Taxiing from a stand, take-off from the right runway, and climb to cruise."""
    route = RouteBuilder(0, site.elevation).wait("stand", random.between(20, 60)).go("taxi", 0.05, 15)
    route.go("taxi", random.between(0.3, 0.9)).turn("taxi", -90).go("taxi", 0.12, 0).wait("stand", random.between(20, 50))
    route.go("taxi", 0.03, 12).turn("taxi", -90)
    roll = len(route.legs)
    route.go("roll", 0.85, 150).change("climb", site.elevation + 2200, 2300, 180)
    route.change("climb", 10000, 2000, 250).turn("climb", random.between(-110, 110))
    route.change("climb", 11500, 1200, 300).change("climb", 25000, random.between(1700, 2200), model.cruise - 40)
    route.change("climb", 29000, 1300, model.cruise - 15).go("cruise", random.between(10, 30))
    x, y = _on_runway(site, -0.7, 0.5)
    return route.build(roll, x, y, site.runway)


def circuit(random: RandomStream, site: SimulatedSite, model: Model) -> Route:
    """Several traffic patterns at the small airfield, with a touchdown in each."""
    speed, height = 85.0, site.elevation + 1000
    corner = turn_radius_nm(speed)
    side, out = random.between(0.25, 0.5), random.between(0.5, 0.9)
    route = RouteBuilder(0, site.elevation).wait("stand", 20).go("taxi", 0.05, 10).go("taxi", 0.25).turn("taxi", -90)
    route.go("taxi", 0.04, 0).wait("stand", 30).go("taxi", 0.03, 8).turn("taxi", -90)
    first = len(route.legs)
    route.go("roll", 0.25, 60)
    for turn in range(random.whole(4, 6)):
        # The two long sides have the same length, so that each pattern ends where it began.
        if turn:
            route.go("roll", 0.25, 60)
        climb_out = out + 0.6
        route.go("climb", climb_out, speed, site.elevation + 650).turn("climb", -90)
        route.go("climb", side, speed, height).turn("cruise", -90).go("cruise", 0.25 + climb_out + out + 0.9)
        route.turn("approach", -90, height - 250).go("approach", side, speed, height - 400)
        route.turn("approach", -90, site.elevation + 450).go("approach", out + 0.9, model.approach, site.elevation)
    route.go("roll", 0.3, 12).turn("taxi", -90).go("taxi", 0.1, 0).wait("stand", 40)
    angle = radians(site.small_runway)
    shift = -0.3 - corner
    return route.build(first, site.small_x + shift * sin(angle), site.small_y + shift * cos(angle), site.small_runway)


def wander(random: RandomStream, site: SimulatedSite, model: Model) -> Route:
    """A cross-country flight of a light aircraft."""
    speed = model.cruise
    route = RouteBuilder(speed, random.whole(5, 10) * 500).go("cruise", random.between(8, 12))
    for _ in range(3):
        route.turn("cruise", random.between(-80, 80)).go("cruise", random.between(6, 12))
        wanted = random.whole(5, 11) * 500
        if wanted != route.alt_ft:
            route.change("climb" if wanted > route.alt_ft else "descent", wanted, 500)
    x, y = random.between(-22, 22), random.between(-22, 22)
    return route.go("cruise", 10).build(2, x + site.x / 2, y + site.y / 2, random.between(0, 360))


def hover(random: RandomStream, site: SimulatedSite, model: Model) -> Route:
    """A helicopter, low and slow: it circles a point twice on its way."""
    low = site.elevation + random.whole(20, 40) * 25
    speed = model.cruise - 15
    route = RouteBuilder(speed, low).go("cruise", random.between(4, 8)).turn("cruise", random.between(-90, 90))
    route.go("cruise", random.between(3, 6)).go("cruise", 0.8, 60)
    orbit = len(route.legs)
    route.turn("cruise", random.sign() * 720).go("cruise", 0.8, speed).change("climb", low + 400, 600)
    route.turn("cruise", random.between(-120, 120)).go("cruise", random.between(6, 12)).change("descent", low, 500)
    route.go("cruise", random.between(4, 8))
    return route.build(orbit, random.between(-12, 12), random.between(-12, 12), random.between(0, 360))


def racetrack(random: RandomStream, site: SimulatedSite, model: Model) -> Route:  # noqa: ARG001 - every plan takes the same
    """A military aircraft that flies a racetrack pattern twice."""
    hand = random.sign()
    route = RouteBuilder(model.cruise - 30, random.whole(20, 26) * 1000).go("cruise", 40).turn("cruise", 30)
    first = len(route.legs)
    for _ in range(2):
        route.go("cruise", 28).turn("cruise", hand * 180).go("cruise", 28).turn("cruise", hand * 180)
    route.go("cruise", 55)
    return route.build(first, random.between(-25, 25), random.between(-25, 25), random.between(0, 360))


def _on_runway(site: SimulatedSite, along: float, aside: float) -> tuple[float, float]:
    """The point `along` nm in the runways' direction and `aside` nm to its right, from the airfield's centre."""
    ahead, right = radians(site.runway), radians(site.runway + 90)
    return site.x + along * sin(ahead) + aside * sin(right), site.y + along * cos(ahead) + aside * cos(right)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of flight.

    `fleet`: key of names.MODELS; `plan`: makes the route; `weight`: its share of all aircraft. A slot starts a new flight
    every `period` seconds, and `anchor` seconds into it the route's anchor leg (touchdown, take-off) begins. `on_air` is
    the share of the period during which the aircraft transmits.
    """

    name: str
    fleet: str
    plan: Planner
    weight: float
    period: float
    anchor: float
    on_air: float


KINDS: tuple[Kind, ...] = (
    Kind("overflight", "airliner", overflight, 0.42, 2350, 930, 0.78),
    Kind("arrival", "airliner", arrival, 0.17, 1800, 1180, 0.83),
    Kind("departure", "airliner", departure, 0.17, 1800, 350, 0.86),
    Kind("circuit", "light", circuit, 0.07, 2500, 280, 0.89),
    Kind("wander", "light", wander, 0.09, 2200, 320, 0.84),
    Kind("hover", "helicopter", hover, 0.08, 1700, 400, 0.66),
)
UNIQUE_KINDS: tuple[Kind, ...] = (
    Kind("military", "military", racetrack, 0.0, 3000, 460, 0.90),
    Kind("distress", "airliner", distress, 0.0, 1800, 620, 0.90),
)
"""Kinds with exactly one aircraft in every simulation of 12 or more aircraft."""

"""Pure: the kinds of flights, each a row in KINDS and a function that draws its route.

Law: a plan knows its place and its numbers, no time: when a flight happens is traffic.py's business.
The airfield, its two runways and the airways come from the seed alone, so that they stay while
flights come and go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, radians, sin

from skyspy.simulate.draw import Draw
from skyspy.simulate.names import Model
from skyspy.simulate.route import Route, Sketch, turn_radius_nm

GLIDE_FT_PER_NM = 318.0
"""A three degree glide path."""


@dataclass(frozen=True, slots=True)
class Site:
    """What stays: an airfield near the centre (x, y), its runways' heading and elevation in feet, a
    small airfield further away, airways as (heading, offset nm to the right of the centre), the wind
    at the ground (from degrees, knots) and the pressure in hPa."""

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


def site(seed: int) -> Site:
    """The site of a seed."""
    draw = Draw(seed, 0)
    runway = draw.whole(1, 36) * 10.0
    away, small = radians(draw.between(0, 360)), radians(draw.between(0, 360))
    distance, small_distance = draw.between(2, 5), draw.between(10, 15)
    first = draw.between(0, 180)
    airways = tuple((first + n * 180 / 5 + draw.between(-10, 10), draw.between(-45, 45)) for n in range(5))
    return Site(
        distance * sin(away),
        distance * cos(away),
        runway,
        draw.whole(2, 24) * 25.0,
        small_distance * sin(small),
        small_distance * cos(small),
        draw.whole(1, 36) * 10.0,
        airways,
        (runway + draw.between(-30, 30)) % 360.0,
        draw.between(4, 12),
        round(draw.between(1004, 1026), 1),
    )


Planner = Callable[[Draw, Site, Model], Route]


def overflight(draw: Draw, place: Site, model: Model) -> Route:
    """Along an airway at a cruising level, with one gentle turn, now and then a step climb."""
    heading, offset = draw.pick(place.airways)
    back = draw.chance(0.5)
    course, aside = (heading + 180, -offset) if back else (heading, offset)
    level = (30000 if back else 31000) + draw.whole(0, 5) * 2000
    sketch = Sketch(model.cruise, level).go("cruise", 118).turn("cruise", draw.between(-18, 18))
    sketch.go("cruise", draw.between(15, 40))
    if draw.chance(0.15) and level < 38000:
        sketch.change("cruise", level + 2000, 900)
    sketch.go("cruise", 85)
    right = radians(course + 90)
    aside += draw.between(-1.5, 1.5)
    return sketch.laid(1, aside * sin(right), aside * cos(right), course)


def distress(draw: Draw, place: Site, model: Model) -> Route:
    """An overflight that breaks off, turns and comes down to ten thousand feet."""
    heading, offset = draw.pick(place.airways)
    sketch = Sketch(model.cruise, 33000).go("cruise", 75).turn("cruise", draw.sign() * draw.between(40, 110))
    sketch.change("descent", 10000, 3200, 300).go("cruise", 45)
    right = radians(heading + 90)
    return sketch.laid(1, offset * sin(right), offset * cos(right), heading)


def arrival(draw: Draw, place: Site, model: Model) -> Route:
    """From cruise down to the left runway, off it and to a stand."""
    final_nm = draw.between(8, 11)
    gate = place.elevation + final_nm * GLIDE_FT_PER_NM
    base = draw.sign()
    sketch = Sketch(model.cruise - 25, 25000).go("descent", draw.between(6, 20))
    sketch.change("descent", 11000, draw.between(1700, 2100), 300).go("descent", 5, 250)
    sketch.change("descent", gate + 2000, 1300, 215, turn=draw.between(-35, 35))
    sketch.turn("approach", base * draw.between(20, 80)).change("approach", gate, 900, 175)
    sketch.turn("approach", base * draw.between(45, 85))
    sketch.go("approach", final_nm - 4, model.approach + 15, place.elevation + 4 * GLIDE_FT_PER_NM)
    sketch.go("approach", 4, model.approach, place.elevation)
    touchdown = len(sketch.legs)
    sketch.go("roll", 0.95, 30).turn("taxi", 90).go("taxi", 0.15, 15).turn("taxi", draw.sign() * 90)
    sketch.go("taxi", draw.between(0.2, 0.6)).turn("taxi", 90).go("taxi", 0.06, 0).wait("stand", draw.between(30, 90))
    x, y = _on_runway(place, -0.7, -0.5)
    return sketch.laid(touchdown, x, y, place.runway)


def departure(draw: Draw, place: Site, model: Model) -> Route:
    """From a stand along the taxiway, off the right runway and climbing out."""
    sketch = Sketch(0, place.elevation).wait("stand", draw.between(20, 60)).go("taxi", 0.05, 15)
    sketch.go("taxi", draw.between(0.3, 0.9)).turn("taxi", -90).go("taxi", 0.12, 0).wait("stand", draw.between(20, 50))
    sketch.go("taxi", 0.03, 12).turn("taxi", -90)
    roll = len(sketch.legs)
    sketch.go("roll", 0.85, 150).change("climb", place.elevation + 2200, 2300, 180)
    sketch.change("climb", 10000, 2000, 250).turn("climb", draw.between(-110, 110))
    sketch.change("climb", 11500, 1200, 300).change("climb", 25000, draw.between(1700, 2200), model.cruise - 40)
    sketch.change("climb", 29000, 1300, model.cruise - 15).go("cruise", draw.between(10, 30))
    x, y = _on_runway(place, -0.7, 0.5)
    return sketch.laid(roll, x, y, place.runway)


def circuit(draw: Draw, place: Site, model: Model) -> Route:
    """Rounds of the small airfield's pattern, touching down each time."""
    speed, height = 85.0, place.elevation + 1000
    corner = turn_radius_nm(speed)
    side, out = draw.between(0.25, 0.5), draw.between(0.5, 0.9)
    sketch = Sketch(0, place.elevation).wait("stand", 20).go("taxi", 0.05, 10).go("taxi", 0.25).turn("taxi", -90)
    sketch.go("taxi", 0.04, 0).wait("stand", 30).go("taxi", 0.03, 8).turn("taxi", -90)
    first = len(sketch.legs)
    sketch.go("roll", 0.25, 60)
    for turn in range(draw.whole(4, 6)):
        # Up and down the long sides are as long as each other, so that each round ends where it began.
        if turn:
            sketch.go("roll", 0.25, 60)
        climb_out = out + 0.6
        sketch.go("climb", climb_out, speed, place.elevation + 650).turn("climb", -90)
        sketch.go("climb", side, speed, height).turn("cruise", -90).go("cruise", 0.25 + climb_out + out + 0.9)
        sketch.turn("approach", -90, height - 250).go("approach", side, speed, height - 400)
        sketch.turn("approach", -90, place.elevation + 450).go("approach", out + 0.9, model.approach, place.elevation)
    sketch.go("roll", 0.3, 12).turn("taxi", -90).go("taxi", 0.1, 0).wait("stand", 40)
    angle = radians(place.small_runway)
    shift = -0.3 - corner
    return sketch.laid(first, place.small_x + shift * sin(angle), place.small_y + shift * cos(angle), place.small_runway)


def wander(draw: Draw, place: Site, model: Model) -> Route:
    """A light aircraft across country."""
    speed = model.cruise
    sketch = Sketch(speed, draw.whole(5, 10) * 500).go("cruise", draw.between(8, 12))
    for _ in range(3):
        sketch.turn("cruise", draw.between(-80, 80)).go("cruise", draw.between(6, 12))
        wanted = draw.whole(5, 11) * 500
        if wanted != sketch.alt_ft:
            sketch.change("climb" if wanted > sketch.alt_ft else "descent", wanted, 500)
    x, y = draw.between(-22, 22), draw.between(-22, 22)
    return sketch.go("cruise", 10).laid(2, x + place.x / 2, y + place.y / 2, draw.between(0, 360))


def hover(draw: Draw, place: Site, model: Model) -> Route:
    """A helicopter, low and slow: out, two rounds over something of interest, and on."""
    low = place.elevation + draw.whole(20, 40) * 25
    speed = model.cruise - 15
    sketch = Sketch(speed, low).go("cruise", draw.between(4, 8)).turn("cruise", draw.between(-90, 90))
    sketch.go("cruise", draw.between(3, 6)).go("cruise", 0.8, 60)
    orbit = len(sketch.legs)
    sketch.turn("cruise", draw.sign() * 720).go("cruise", 0.8, speed).change("climb", low + 400, 600)
    sketch.turn("cruise", draw.between(-120, 120)).go("cruise", draw.between(6, 12)).change("descent", low, 500)
    sketch.go("cruise", draw.between(4, 8))
    return sketch.laid(orbit, draw.between(-12, 12), draw.between(-12, 12), draw.between(0, 360))


def racetrack(draw: Draw, place: Site, model: Model) -> Route:  # noqa: ARG001 - every plan takes the same
    """A military aircraft holding its racetrack."""
    hand = draw.sign()
    sketch = Sketch(model.cruise - 30, draw.whole(20, 26) * 1000).go("cruise", 40).turn("cruise", 30)
    first = len(sketch.legs)
    for _ in range(2):
        sketch.go("cruise", 28).turn("cruise", hand * 180).go("cruise", 28).turn("cruise", hand * 180)
    sketch.go("cruise", 55)
    return sketch.laid(first, draw.between(-25, 25), draw.between(-25, 25), draw.between(0, 360))


def _on_runway(place: Site, along: float, aside: float) -> tuple[float, float]:
    """A point `along` nm down the runways' direction and `aside` nm to its right, from the airfield's middle."""
    ahead, right = radians(place.runway), radians(place.runway + 90)
    return place.x + along * sin(ahead) + aside * sin(right), place.y + along * cos(ahead) + aside * cos(right)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of flight. `people` fly it (names.MODELS); `weight` is its share of the sky; every `period`
    seconds a place for one is taken anew, and `anchor` seconds into that period the route's anchor leg
    (touchdown, take-off) begins; `seen` is the share of the period in which it is on the air."""

    name: str
    people: str
    plan: Planner
    weight: float
    period: float
    anchor: float
    seen: float


KINDS: tuple[Kind, ...] = (
    Kind("overflight", "airliner", overflight, 0.42, 2350, 930, 0.78),
    Kind("arrival", "airliner", arrival, 0.17, 1800, 1180, 0.83),
    Kind("departure", "airliner", departure, 0.17, 1800, 350, 0.86),
    Kind("circuit", "light", circuit, 0.07, 2500, 280, 0.89),
    Kind("wander", "light", wander, 0.09, 2200, 320, 0.84),
    Kind("hover", "helicopter", hover, 0.08, 1700, 400, 0.66),
)
ALWAYS: tuple[Kind, ...] = (
    Kind("military", "military", racetrack, 0.0, 3000, 460, 0.90),
    Kind("distress", "airliner", distress, 0.0, 1800, 620, 0.90),
)
"""Kinds of which every sky big enough has exactly one."""

"""Incidents of simulated traffic: each is a row of INCIDENTS and a function that makes its aircraft.

An incident is aircraft that behave so that the rules find something: nothing here makes an event. Its times are seconds since it began.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import cos, radians, sin

from skyspy.aircraft import Value
from skyspy.movements.movement import DEPARTED, LANDED
from skyspy.safety.rules import (
    EMERGENCY,
    EXTREME_VERTICAL_RATE,
    GPS_INTERFERENCE,
    LOW_ALTITUDE,
    PROXIMITY,
    SQUAWK_EMERGENCY,
    TCAS_RA,
)
from skyspy.simulate.datalink_exchanges import Said, Talk, report_position
from skyspy.simulate.datalink_texts import AIRPORTS, UNKNOWN_AIRPORT, Plane
from skyspy.simulate.names import Identity
from skyspy.simulate.plans import GLIDE_FT_PER_NM
from skyspy.simulate.random_stream import RandomStream
from skyspy.simulate.route import Route, RouteBuilder, turn_radius_nm
from skyspy.simulate.stage import ALWAYS, NUMBERS_EACH, Area, Cast, Cue, Stage

THREAT = "threat"
"""The name of the incident in which police circle."""
MESSAGE = "acars"
"""The name of the incident in which an aircraft sends a message over a data link."""

CALM_S = 8.0
"""An aircraft is heard so long before anything happens to it."""

EMERGENCY_S = 100.0
MEANINGS = {"7500": "unlawful", "7600": "nordo", "7700": "general"}
"""What an aircraft with each squawk sends in its field `emergency`."""

MEET_S, MEETING_S = 50.0, 150.0
"""Two aircraft meet so many seconds after the beginning; both are heard until the second time."""
ADVISORY_AT_S, ADVISORY_S = 20.0, 25.0
"""When TCAS advises the first of two aircraft, and for how long; the other one follows in a few seconds."""

LOW_KT, LOW_NM, LOW_CLEAR_NM, LOW_FLOOR_NM = 170.0, 5.0, 5.3, 25.0
"""A low flight: its speed, and its stretch: the length, the distance from every airport, and that to the airport whose elevation counts."""
LOW_FT, VERY_LOW_FT = 350.0, 60.0
"""Feet above that elevation, at first and later."""

CIRCLE_KT, CIRCLES, CIRCLE_CLEAR_NM = 70.0, 9, 3.0
CIRCLE_FT = 1500.0

FINAL_NM = 2.2
GPS_RADIUS_NM, GPS_ENDS_S = 40.0, 180.0

MESSAGE_AT_S, MESSAGE_S = 6.0, 90.0
"""When an aircraft sends its message, and how long it is heard."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One kind of incident.

    `name` and `detail`: what a client asks for. `event`: the event on the wire that follows from it; `namespace`: where that is sent;
    `permission`: needed to see it. `due_s`: seconds until that event, at most. `seconds`: how long its aircraft are heard, or its area
    lasts. `resolves_s`: seconds until the event is resolved, at most; None: it has no end. `plan`: makes its aircraft; None where
    there is no place for it.
    """

    name: str
    detail: str
    description: str
    due_s: float
    seconds: float
    resolves_s: float | None
    plan: Callable[[Stage], Cast | None]
    event: str = "safety:event"
    namespace: str = "/"
    permission: str = "safety.view"


def _spot(stage: Stage) -> tuple[float, float]:
    """A place within reach of the receiver."""
    away, bearing = stage.random.between(18, 40), radians(stage.random.between(0, 360))
    return away * sin(bearing), away * cos(bearing)


def _cast_of_one(stage: Stage, identity: Identity, route: RouteBuilder, *cues: Cue) -> Cast:
    """One aircraft in cruise that begins its route somewhere, on any course."""
    x, y = _spot(stage)
    placed = route.build(0, x, y, stage.random.between(0, 360))
    return Cast(stage.places.point(x, y), (stage.actor(identity, placed, *cues),))


def _diversion(stage: Stage, speed: float) -> RouteBuilder:
    """Level flight, then a turn and a descent, to last for some three minutes. Incidents that follow each other are at different levels."""
    route = RouteBuilder(speed, 33000 + 1000 * (stage.number // NUMBERS_EACH % 4)).go("cruise", speed * (CALM_S + 12) / 3600)
    turn = stage.random.sign() * stage.random.between(40, 100)
    return route.turn("cruise", turn).change("descent", 28000, 2400).go("cruise", 20)


def _sends(fields: dict[str, Value], stage: Stage) -> Cast:
    """An airliner that sends these fields for EMERGENCY_S, and diverts."""
    [identity] = stage.identities("airliner")
    cue = Cue(CALM_S, CALM_S + EMERGENCY_S, fields)
    return _cast_of_one(stage, identity, _diversion(stage, identity.model.cruise - 10), cue)


def emergency_descent(stage: Stage) -> Cast:
    """An airliner descends at 7,000 ft/min, then at 9,600, and levels off."""
    [identity] = stage.identities("airliner")
    speed = identity.model.cruise - 20
    route = RouteBuilder(speed, 37000).go("cruise", speed * CALM_S / 3600).change("descent", 34000, 7000)
    return _cast_of_one(stage, identity, route.change("descent", 26000, 9600).change("descent", 24000, 2000).go("cruise", 15))


def _crossing(
    stage: Stage, first: RouteBuilder, second: RouteBuilder, aside_nm: float
) -> tuple[tuple[float, float], Route, Route]:
    """Both routes, placed so that their second legs begin MEET_S after the beginning, `aside_nm` from each other."""
    x, y = _spot(stage)
    heading = stage.random.between(0, 360)
    other = heading + stage.random.sign() * stage.random.between(70, 110)
    return (x, y), first.build(1, x, y, heading), second.build(1, x + aside_nm, y, other)


def _leg(speed: float, seconds: float) -> float:
    return speed * seconds / 3600


def conflict(stage: Stage) -> Cast:
    """Two airliners cross at about the same level."""
    identities = stage.identities("airliner", "airliner")
    speeds = [one.model.cruise - 15 for one in identities]
    first, second = (
        RouteBuilder(speed, level).go("cruise", _leg(speed, MEET_S)).go("cruise", _leg(speed, MEETING_S - MEET_S))
        for speed, level in zip(speeds, (27000, 27100), strict=True)
    )
    spot, *routes = _crossing(stage, first, second, 0.12)
    return Cast(stage.places.point(*spot), tuple(stage.actor(one, route) for one, route in zip(identities, routes, strict=True)))


def advisory(stage: Stage) -> Cast:
    """An airliner climbs fast to a level 1,000 ft below another one: both get an advisory, and the first one stops its climb."""
    climbing, above = stage.identities("airliner", "airliner")
    speed, other = climbing.model.cruise - 40, above.model.cruise
    climb = RouteBuilder(speed, 32600).change("climb", 33400, 2600).change("climb", 34000, 1000)
    seconds = sum(leg.seconds for leg in climb.legs)
    x, y = _spot(stage)
    heading = stage.random.between(0, 360)
    # They pass 1 nm beside each other when the climb ends.
    first = climb.go("cruise", _leg(speed, 90)).build(2, x + 1.0, y, heading)
    second = RouteBuilder(other, 35000).go("cruise", _leg(other, seconds)).go("cruise", _leg(other, 90))
    level = second.build(1, x, y, heading + 80)
    return Cast(
        stage.places.point(x, y),
        (
            stage.actor(climbing, first, *_advised(ADVISORY_AT_S, "1100000", "Level Off", above)),
            stage.actor(above, level, *_advised(ADVISORY_AT_S + 3, "1000000", "Monitor vertical Speed", climbing)),
        ),
    )


def _advised(begins: float, ara: str, text: str, threat: Identity) -> tuple[Cue, Cue]:
    """An advisory about another aircraft, and its end."""
    ends = begins + ADVISORY_S
    return (
        Cue(begins, ends, {"acas_ra": _advisory(ara, "0", text, threat)}),
        Cue(ends, ends + 5.0, {"acas_ra": _advisory(ara, "1", "Clear of Conflict", threat)}),
    )


def _advisory(ara: str, ended: str, text: str, threat: Identity) -> dict[str, int | float | str | bool]:
    """A resolution advisory as a squitter has it, in readsb's words."""
    return {
        "df_type": 17, "ARA": ara, "RAT": ended, "MTE": "0", "RAC": "0000", "advisory_complement": "", "advisory": text, "TTI": "01",
        "threat_id_hex": threat.hex.lower(),
    }  # fmt: skip


def low_flight(stage: Stage) -> Cast | None:
    """A business jet flies low far from every airport, then very low, and climbs away."""
    place = stage.places.stretch(stage.random, LOW_NM, LOW_CLEAR_NM, LOW_FLOOR_NM)
    if place is None:
        return None
    [identity] = stage.identities("business")
    low, very_low = (stage.pressure_ft(place.floor_ft + feet) for feet in (LOW_FT, VERY_LOW_FT))
    route = RouteBuilder(LOW_KT, low + 600).go("descent", _leg(LOW_KT, CALM_S)).change("descent", low, 2400)
    route.go("cruise", _leg(LOW_KT, 25)).change("descent", very_low, 1200).go("cruise", _leg(LOW_KT, 20))
    route.change("climb", low + 4000, 2500).go("cruise", 2)
    angle, back = radians(place.heading), LOW_NM / 2
    placed = route.build(0, place.x - back * sin(angle), place.y - back * cos(angle), place.heading)
    cue = Cue(0.0, ALWAYS, {"nav_qnh": stage.site.qnh})
    return Cast(stage.places.point(place.x, place.y), (stage.actor(identity, placed, cue),))


def police_circling(stage: Stage) -> Cast | None:
    """A police helicopter circles over one place, and leaves."""
    radius = turn_radius_nm(CIRCLE_KT)
    place = stage.places.stretch(stage.random, 2 * radius, CIRCLE_CLEAR_NM, LOW_FLOOR_NM)
    if place is None:
        return None
    [identity] = stage.identities("police")
    altitude = stage.pressure_ft(place.floor_ft + CIRCLE_FT)
    route = RouteBuilder(CIRCLE_KT + 30, altitude).go("cruise", 0.5).go("cruise", 0.4, CIRCLE_KT)
    route.turn("cruise", stage.random.sign() * CIRCLES * 360).go("cruise", 0.5, CIRCLE_KT + 30).go("cruise", 3)
    return Cast(stage.places.point(place.x, place.y), (stage.actor(identity, route.build(2, place.x, place.y, place.heading)),))


def landing(stage: Stage) -> Cast | None:
    """An airliner on its last two miles to a runway; it lands, and leaves the runway."""
    strip = stage.places.runway(stage.random)
    if strip is None:
        return None
    [identity] = stage.identities("airliner")
    ground = stage.pressure_ft(strip.elevation_ft)
    route = RouteBuilder(identity.model.approach + 5, ground + FINAL_NM * GLIDE_FT_PER_NM)
    route.go("approach", FINAL_NM, identity.model.approach, ground).go("roll", strip.nm * 0.6, 25)
    route.turn("taxi", 90).go("taxi", 0.12, 0).wait("stand", 45)
    # It touches down 0.1 nm behind the threshold.
    angle = radians(strip.heading)
    placed = route.build(1, strip.x + 0.1 * sin(angle), strip.y + 0.1 * cos(angle), strip.heading)
    return Cast(stage.places.point(strip.x, strip.y), (stage.actor(identity, placed),))


def taking_off(stage: Stage) -> Cast | None:
    """An airliner waits on a runway, takes off, and climbs away."""
    strip = stage.places.runway(stage.random)
    if strip is None:
        return None
    [identity] = stage.identities("airliner")
    ground = stage.pressure_ft(strip.elevation_ft)
    route = RouteBuilder(0, ground).wait("stand", CALM_S).go("roll", min(0.8, strip.nm * 0.75), 150)
    route.change("climb", ground + 2500, 2300, 190).change("climb", ground + 6000, 2000, 250)
    angle = radians(strip.heading)
    placed = route.build(0, strip.x + 0.05 * sin(angle), strip.y + 0.05 * cos(angle), strip.heading)
    return Cast(stage.places.point(strip.x, strip.y), (stage.actor(identity, placed),))


def interference(stage: Stage) -> Cast:
    """GPS is disturbed around the airfield: the traffic there loses it."""
    point = stage.places.point(stage.site.x, stage.site.y)
    return Cast(point, area=Area(point, GPS_RADIUS_NM, CALM_S, GPS_ENDS_S))


def message(stage: Stage) -> Cast:
    """An airliner in cruise that reports its position over VDL Mode 2; two stations hear it."""
    [identity] = stage.identities("airliner")
    speed, level = identity.model.cruise - 10, 35000
    cast = _cast_of_one(stage, identity, RouteBuilder(speed, level).go("cruise", 40))
    pose = cast.actors[0].flight.route.at(MESSAGE_AT_S)
    point = cast.point if pose is None else stage.places.point(pose.x, pose.y)
    here, there = UNKNOWN_AIRPORT, stage.random.pick(AIRPORTS)
    plane = Plane(identity.hex, identity.registration, identity.callsign, point, level, speed, 0.0, here, there)

    def says(wall: float) -> Said:
        return report_position(Talk(RandomStream(int(identity.hex, 16)), plane, point, here, wall))

    return replace(cast, says=says, says_at=MESSAGE_AT_S)


def _squawk(code: str, what: str) -> Incident:
    plan = partial(_sends, {"squawk": code, "emergency": MEANINGS[code]})
    return Incident(SQUAWK_EMERGENCY, code, f"An airliner squawks {code}: {what}", 20, 170, 130, plan)


INCIDENTS: tuple[Incident, ...] = (
    _squawk("7700", "an emergency"),
    _squawk("7600", "its radio has failed"),
    _squawk("7500", "unlawful interference"),
    Incident(EMERGENCY, "", "An airliner reports minimum fuel", 20, 170, 130, partial(_sends, {"emergency": "minfuel"})),
    Incident(TCAS_RA, "", "Two airliners get resolution advisories of TCAS", 28, 140, 70, advisory),
    Incident(EXTREME_VERTICAL_RATE, "", "An airliner makes an emergency descent", 20, 180, 150, emergency_descent),
    Incident(PROXIMITY, "", "Two airliners cross at the same level", 25, MEETING_S, 80, conflict),
    Incident(LOW_ALTITUDE, "", "A business jet flies low far from every airport", 30, 180, 160, low_flight),
    Incident(GPS_INTERFERENCE, "", "GPS is disturbed around the airfield", 35, GPS_ENDS_S, 840, interference),
    Incident(
        THREAT, "", "A police helicopter circles", 10, 560, None, police_circling,
        event="threats", namespace="/cannonball", permission="cannonball.view",
    ),
    Incident(LANDED, "", "An airliner lands", 75, 150, None, landing, event="aircraft:update", permission="aircraft.view"),
    Incident(DEPARTED, "", "An airliner takes off", 60, 150, None, taking_off, event="aircraft:update", permission="aircraft.view"),
    Incident(
        MESSAGE, "", "An airliner reports its position over a data link", MESSAGE_AT_S + 4, MESSAGE_S, None, message,
        event="acars:message", namespace="/acars", permission="acars.view",
    ),
)  # fmt: skip
"""Every incident. Where two have the same name, the first one is made for a client that gives no detail."""


def find(name: str, detail: str = "") -> Incident | None:
    """The incident of this name and detail; None where there is none."""
    return next((one for one in INCIDENTS if one.name == name and detail in ("", one.detail)), None)

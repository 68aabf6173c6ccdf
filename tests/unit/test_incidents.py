"""Claims about incidents: each raises exactly its event, by the rules, in time, and resolves; and without it nothing is raised."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from skyspy import feedurl
from skyspy.aircraft import SOURCES, clean_fields, clean_hex
from skyspy.geo import distance_nm
from skyspy.movements.movement import CIRCLING, CIRCLING_ENDED, DEPARTED, LANDED
from skyspy.safety.events import Action
from skyspy.safety.rules import AIRSPACE_INCURSION, EVENT_TYPES, GPS_INTERFERENCE, TCAS_RA
from skyspy.simulate import DEFAULT_CENTRE, INCIDENTS, SCHEDULES, Incident, Programme, Requested, Simulation, cast_of
from skyspy.simulate.incidents import MESSAGE, THREAT, find
from skyspy.simulate.names import COUNTRIES, INCIDENT_COUNTRIES
from skyspy.simulate.route import Route, RouteBuilder
from skyspy.simulate.stage import Cast, Stage
from tests.support.airports import FAR_AWAY, shipped
from tests.support.incidents import T0, Flown, sky_of

SAFETY = [one for one in INCIDENTS if one.event == "safety:event" and one.name != GPS_INTERFERENCE]
ESCALATES = {"extreme_vertical_rate", "proximity", "low_altitude"}
SENT = {"squawk_emergency", "emergency", "tcas_ra"}
NUMBERS = (1, 2)
SYDNEY, NORTH, ANTIMERIDIAN = (-33.9, 151.2), (78.2, 15.5), (-16.7, 179.9)
"""Centres in the south, near the pole, and at the antimeridian; each with airports around."""


def name(incident: Incident) -> str:
    return f"{incident.name} {incident.detail}".strip()


def one(wanted: str) -> Incident:
    found = find(wanted)
    assert found is not None
    return found


def flown(incident: Incident, number: int = 1, more_s: int = 0, **where: object) -> Flown:
    """What comes of one incident, from its beginning to the end of its event, and of its aircraft."""
    seconds = max(incident.seconds, incident.resolves_s or 0.0)
    return sky_of([(incident, 0.0)], number=number, **where).fly(round(seconds) + more_s)  # type: ignore[arg-type]


def test_every_type_of_event_that_a_rule_makes_has_an_incident() -> None:
    assert {one.name for one in INCIDENTS if one.event == "safety:event"} == {*EVENT_TYPES} - {AIRSPACE_INCURSION}
    assert {one.name for one in INCIDENTS} - {*EVENT_TYPES} == {THREAT, LANDED, DEPARTED, MESSAGE}


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("incident", SAFETY, ids=name)
def test_an_incident_raises_its_event_alone_in_time_and_it_resolves(incident: Incident, number: int) -> None:
    found = flown(incident, number, more_s=60)
    assert found.types() == {incident.name: 1}
    assert found.types(Action.RESOLVED) == {incident.name: 1}
    [opened], [resolved] = found.when(Action.OPENED), found.when(Action.RESOLVED)
    assert 8 < opened <= incident.due_s
    assert incident.resolves_s is not None and resolved <= incident.resolves_s
    assert (len(found.severities()) == 2) is (incident.name in ESCALATES)
    event = found.changes[0][1].event
    assert event.details.get("squawk") == incident.detail or not incident.detail
    assert event.callsign is not None


@pytest.mark.parametrize("incident", [*SAFETY, *(one(wanted) for wanted in (THREAT, LANDED, DEPARTED))], ids=name)
def test_without_what_happens_in_it_an_incident_raises_nothing(incident: Incident) -> None:
    calm = replace(incident, plan=lambda stage: _calm(incident, stage))
    found = sky_of([(calm, 0.0)]).fly(70)
    assert found.heard
    assert found.changes == []
    assert found.moved == []


def _calm(incident: Incident, stage: Stage) -> Cast:
    """Its aircraft as they fly, without what they send; where they raise something by how they fly, one of them, level."""
    cast = incident.plan(stage)
    assert cast is not None
    if incident.name in SENT:
        return replace(cast, actors=tuple(replace(actor, cues=()) for actor in cast.actors))
    return replace(cast, actors=(stage.actor(cast.actors[0].flight.identity, _level()),))


def _level() -> Route:
    return RouteBuilder(300, 20_000).go("cruise", 20).build(0, 30.0, 0.0, 10.0)


def test_both_aircraft_of_an_advisory_are_part_of_its_event() -> None:
    events = [change.event for _, change in flown(one(TCAS_RA)).changes]
    assert {"Level Off", "Monitor vertical Speed"} in [{one.details["advisory"], one.details["advisory_2"]} for one in events]
    assert None not in (events[-1].hex, events[-1].hex_2, events[-1].callsign, events[-1].callsign_2)


def test_traffic_in_an_area_of_interference_loses_gps_and_the_area_resolves() -> None:
    incident = one(GPS_INTERFERENCE)
    sky = sky_of([(incident, 30.0)], traffic=24)
    found = sky.fly(30 + round(incident.due_s))
    assert found.types() == {GPS_INTERFERENCE: 1}
    event = found.changes[0][1].event
    assert int(str(event.details["aircraft_affected"])) >= 5
    sky.fly(round(incident.resolves_s or 0), step=10)
    assert found.types(Action.RESOLVED)[GPS_INTERFERENCE] == 1


def test_traffic_without_interference_loses_no_gps() -> None:
    found = sky_of([], traffic=24).fly(65)
    assert found.types() == {}


@pytest.mark.parametrize("number", NUMBERS)
def test_a_police_helicopter_is_a_threat_at_once_and_a_surer_one_when_it_circles(number: int) -> None:
    incident = one(THREAT)
    found = flown(incident, number, more_s=100)
    assert found.types() == {}
    [(hex_, (first, threat))] = found.threats.items()
    assert first <= incident.due_s
    assert (threat.category, threat.confidence) == ("police", "high")
    assert found.kinds([hex_]) == [CIRCLING, CIRCLING_ENDED]


@pytest.mark.parametrize("kind", [LANDED, DEPARTED])
@pytest.mark.parametrize("number", NUMBERS)
def test_an_airliner_lands_on_a_runway_and_takes_off_from_one_in_time(kind: str, number: int) -> None:
    incident = one(kind)
    found = flown(incident, number)
    assert found.types() == {}
    [(at, movement)] = [(at, movement) for at, movement in found.moved if movement.kind == kind]
    assert at <= incident.due_s
    assert movement.airport and movement.runway


@pytest.mark.parametrize("centre", [SYDNEY, NORTH, ANTIMERIDIAN])
@pytest.mark.parametrize("wanted", ["proximity", "tcas_ra", "extreme_vertical_rate"])
def test_incidents_of_the_air_happen_everywhere(centre: tuple[float, float], wanted: str) -> None:
    assert flown(one(wanted), centre=centre).types() == {wanted: 1}


def test_an_airliner_sends_its_message_in_time_once_by_each_of_two_stations_and_raises_nothing() -> None:
    incident = one(MESSAGE)
    asked = Requested(3, incident, 1000.0)
    programme = Programme(4242, DEFAULT_CENTRE, (), lambda: None, lambda: [asked])
    steps = [1000.0 + 0.25 * step for step in range(round(incident.seconds) * 4)]
    sent = [block for at in steps for block in programme.blocks(T0 + at - 0.25, T0 + at, at)]
    assert [block.station for block in sent] == ["DEMO-VDL1", "DEMO-VDL2"]
    assert all(1000.0 < block.at <= 1000.0 + incident.due_s and block.demo for block in sent)
    assert all(block.time == pytest.approx(T0 + block.at) for block in sent)
    cast = cast_of(4242, asked, None, DEFAULT_CENTRE)
    assert cast is not None
    identity = cast.actors[0].flight.identity
    assert {(block.hex, block.tail, block.flight) for block in sent} == {
        (identity.hex, identity.registration, identity.callsign[:7])
    }
    found = flown(incident)
    assert (found.types(), found.moved) == ({}, [])
    assert len({heard.hex for heard in found.heard}) == 1


def test_without_airports_what_needs_them_does_not_happen() -> None:
    needing = [one(wanted) for wanted in ("low_altitude", THREAT, LANDED, DEPARTED)]
    assert [cast_of(1, Requested(1, incident, T0), None, DEFAULT_CENTRE) for incident in needing] == [None] * 4
    found = sky_of([(incident, 0.0) for incident in needing], airports=FAR_AWAY).fly(20)
    assert found.heard == []


def test_every_observation_is_clean_and_its_address_is_of_no_other_flight() -> None:
    found = sky_of([(incident, 0.0) for incident in INCIDENTS], traffic=12).fly(40)
    for heard in found.heard:
        assert clean_fields(heard.fields) == dict(heard.fields)
        assert clean_hex(heard.hex) == heard.hex
        assert heard.source in SOURCES
    blocks = [(country.first, country.last) for country in INCIDENT_COUNTRIES]
    others = [(country.first, country.last) for country in COUNTRIES]
    assert all(last < low or first > high for first, last in blocks for low, high in others)
    own = {heard.hex for heard in found.heard if any(first <= int(heard.hex, 16) <= last for first, last in blocks)}
    assert len(own) == 14, "one aircraft each, two in two of them, none in the area"


def test_the_url_of_simulated_traffic_names_the_schedules() -> None:
    assert set(feedurl.INCIDENTS) == set(SCHEDULES)


def test_two_programmes_of_one_seed_show_the_same_whatever_was_asked_before() -> None:
    def programme() -> Programme:
        asked = [Requested(7, one("proximity"), 100.0)]
        return Programme(4242, DEFAULT_CENTRE, SCHEDULES["all"], shipped, lambda: asked)

    before = programme()
    before.observations([], T0 - 1, T0, 20.0)
    before.observations([], T0 + 500, T0 + 501, 50.0)
    here, there = (made.observations([], T0 + 130, T0 + 131, 131.0) for made in (before, programme()))
    assert here == there
    assert here


def test_each_request_has_aircraft_of_its_own() -> None:
    casts = [cast_of(1, Requested(number, one("proximity"), T0), shipped(), DEFAULT_CENTRE) for number in range(40)]
    hexes = [actor.flight.identity.hex for cast in casts if cast is not None for actor in cast.actors]
    assert len(set(hexes)) == len(hexes) == 80


def test_in_the_sandbox_everything_happens_within_ten_minutes_and_interference_within_thirty() -> None:
    schedule = SCHEDULES["all"]
    assert {turn.incident for turn in schedule} == set(INCIDENTS) - {one(MESSAGE)}, "messages have turns of their own"
    assert all(turn.period == (1800 if turn.incident.name == GPS_INTERFERENCE else 600) for turn in schedule)
    assert all(turn.incident.seconds < turn.period for turn in schedule)


def test_the_demo_has_few_incidents_and_no_news_of_unlawful_interference() -> None:
    schedule = SCHEDULES["few"]
    offsets = sorted(turn.offset for turn in schedule)
    assert min(after - before for before, after in pairwise(offsets)) >= 300
    assert not {turn.incident.detail for turn in schedule} & {"7500"}
    assert GPS_INTERFERENCE not in {turn.incident.name for turn in schedule}
    assert all(turn.period >= 2400 for turn in schedule)


def test_the_traffic_uses_airports_that_are_known() -> None:
    placed = Simulation(1, airports=shipped())
    grounded = {
        heard.hex: (float(str(heard.fields["lat"])), float(str(heard.fields["lon"])))
        for second in range(0, 1800, 60)
        for heard in placed.observations(T0 + second - 1, T0 + second, 0.0)
        if heard.fields.get("alt_baro") == "ground"
    }
    assert len(grounded) >= 5
    for point in grounded.values():
        near = shipped().nearest(point, 5.0)
        assert near is not None and distance_nm(near.airport.point, point) < 3.0

"""Simulated traffic: movement matches the fields, and a seed always gives the same traffic."""

from __future__ import annotations

from collections import defaultdict

import pytest

from skyspy.aircraft import SOURCES, Observation, clean_fields, clean_hex
from skyspy.geo import Point, bearing_deg, distance_nm
from skyspy.military import is_military
from skyspy.simulate import DEFAULT_CENTRE, Simulation
from skyspy.simulate.names import AIRLINES, COUNTRIES, MILITARY
from skyspy.simulate.random_stream import RandomStream
from skyspy.simulate.route import RouteBuilder
from tests.support.costs import lines_run

T0 = 1_700_000_000.0


def second(sim: Simulation, moment: float) -> list[Observation]:
    return sim.observations(moment - 1, moment, at=moment)


def watch(sim: Simulation, seconds: int, step: int = 1, start: float = T0) -> list[list[Observation]]:
    return [second(sim, start + n) for n in range(0, seconds, step)]


def number(observation: Observation, name: str) -> float:
    value = observation.fields[name]
    assert isinstance(value, int | float)
    return value


def where(observation: Observation) -> Point:
    return number(observation, "lat"), number(observation, "lon")


Pairs = list[tuple[Observation, Observation]]


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    """Each aircraft's consecutive observations with a position, of one seed, over 100 seconds."""
    last: dict[str, Observation] = {}
    result = []
    for heard in watch(Simulation(3), 100):
        for observation in heard:
            if "lat" in observation.fields:
                before = last.get(observation.hex)
                if before is not None and observation.at - before.at < 1.5:
                    result.append((before, observation))
                last[observation.hex] = observation
    return result


@pytest.fixture(scope="module")
def hour() -> list[list[Observation]]:
    """What is heard in an hour of one seed, every fifteen seconds."""
    return watch(Simulation(1), 3600, step=15)


def test_the_same_seed_and_time_give_the_same_sky_whatever_was_asked_before() -> None:
    asked_before = Simulation(7)
    watch(asked_before, 600, step=60)
    assert second(asked_before, T0 + 5000) == second(Simulation(7), T0 + 5000)


def test_another_seed_gives_other_traffic() -> None:
    ours = {(o.hex, o.fields.get("flight")) for o in second(Simulation(1), T0)}
    theirs = {(o.hex, o.fields.get("flight")) for o in second(Simulation(2), T0)}
    assert not ours & theirs


def test_about_the_requested_number_of_aircraft_are_on_the_air() -> None:
    for asked in (5, 60, 250):
        counts = [len({o.hex for o in heard}) for heard in watch(Simulation(1, asked), 7200, step=900)]
        assert sum(counts) / len(counts) == pytest.approx(asked, rel=0.15, abs=1.5)


def test_each_aircraft_is_heard_once_a_second_at_any_call_rate() -> None:
    often, once = Simulation(5), Simulation(5)
    quarters = [often.observations(T0 + n / 4, T0 + (n + 1) / 4, at=0.0) for n in range(40)]
    heard = [o.hex for quarter in quarters for o in quarter if o.source != "mlat"]
    seconds = [o.hex for n in range(10) for o in once.observations(T0 + n, T0 + n + 1, at=0.0) if o.source != "mlat"]
    assert sorted(heard) == sorted(seconds)
    assert max(len(quarter) for quarter in quarters) < 40  # they are not all heard at the same moment


def test_after_a_long_pause_each_aircraft_is_heard_once() -> None:
    heard = [o.hex for o in Simulation(5).observations(T0, T0 + 3600, at=0.0) if o.source != "mlat"]
    assert len(heard) == len(set(heard))


def test_every_field_is_clean_and_every_address_too() -> None:
    for heard in watch(Simulation(4), 3600, step=60):
        for observation in heard:
            assert clean_fields(observation.fields) == dict(observation.fields)
            assert clean_hex(observation.hex) == observation.hex
            assert observation.source in SOURCES


def test_positions_move_as_track_and_ground_speed_say(pairs: Pairs) -> None:
    checked = 0
    for before, after in pairs:
        gone = distance_nm(where(before), where(after))
        assert gone == pytest.approx((number(before, "gs") + number(after, "gs")) / 2 / 3600, abs=0.0004)
        if number(after, "gs") > 40:
            middle = (number(after, "track") - number(before, "track") + 180) % 360 - 180
            off = bearing_deg(where(before), where(after)) - (number(before, "track") + middle / 2)
            assert abs((off + 180) % 360 - 180) < 1.5 + 60 / number(after, "gs")
            checked += 1
    assert checked > 4000


def test_altitude_changes_as_the_climb_rate_says(pairs: Pairs) -> None:
    climbs = 0
    started: dict[str, tuple[float, float, float]] = {}
    for _, after in pairs:
        altitude = after.fields.get("alt_baro")
        if not isinstance(altitude, int):
            continue
        rate = number(after, "baro_rate")
        since, was, steady = started.get(after.hex, (after.at, altitude, rate))
        if rate != steady:
            since, was, steady = after.at, altitude, rate
        started[after.hex] = since, was, steady
        if rate and after.at - since >= 10:
            assert (altitude - was) / (after.at - since) * 60 == pytest.approx(rate, abs=64 + 3000 / (after.at - since))
            climbs += 1
    assert climbs > 200


def test_nobody_jumps_or_swings(pairs: Pairs) -> None:
    for before, after in pairs:
        assert abs(number(after, "gs") - number(before, "gs")) < 6
        if number(after, "gs") > 40:
            assert abs((number(after, "track") - number(before, "track") + 180) % 360 - 180) < 10


def test_airspeed_mach_and_heading_agree_with_the_movement() -> None:
    for observation in second(Simulation(6), T0):
        if "tas" in observation.fields and number(observation, "gs") > 100:
            assert abs(number(observation, "tas") - number(observation, "gs")) < 50
            assert abs((number(observation, "true_heading") - number(observation, "track") + 180) % 360 - 180) < 25
            assert number(observation, "ias") <= number(observation, "tas") + 1
            if "mach" in observation.fields:
                assert number(observation, "mach") < 0.9


def test_the_sky_holds_every_kind_of_traffic_within_an_hour(hour: list[list[Observation]]) -> None:
    seen: dict[str, set[str]] = defaultdict(set)
    for heard in hour:
        for observation in heard:
            fields = observation.fields
            seen["source " + observation.source].add(observation.hex)
            if fields.get("dbFlags") == 1:
                seen["military"].add(observation.hex)
                assert MILITARY.first <= int(observation.hex, 16) <= MILITARY.last
            if fields.get("category") == "A7":
                seen["helicopter"].add(observation.hex)
                assert isinstance(fields["alt_baro"], str) or number(observation, "alt_baro") < 3000
                assert number(observation, "gs") < 150
            if fields.get("alt_baro") == "ground":
                seen["ground"].add(observation.hex)
            elif isinstance(fields.get("alt_baro"), int) and number(observation, "alt_baro") >= 29000:
                seen["cruise"].add(observation.hex)
            if fields.get("emergency", "none") != "none":
                seen["emergency"].add(observation.hex)
                assert fields["squawk"] in ("7700", "7600")
            if str(fields.get("flight", ""))[:3] in AIRLINES:
                seen["airline"].add(observation.hex)
    missing = {
        "military", "helicopter", "ground", "cruise", "emergency", "airline", "source adsb_icao", "source mlat",
        "source tisb_icao", "source adsr_icao", "source mode_s",
    } - set(seen)  # fmt: skip
    assert missing == set()


def test_civil_addresses_are_civil_and_military_ones_military() -> None:
    for country in COUNTRIES:
        assert not any(is_military(f"{address:06X}") for address in range(country.first, country.last + 1, 16))
    assert all(is_military(f"{address:06X}") for address in (MILITARY.first, MILITARY.last))


def test_an_emergency_lasts_minutes_and_ends(hour: list[list[Observation]]) -> None:
    lasted: dict[str, int] = defaultdict(int)
    for heard in hour:
        for observation in heard:
            if observation.fields.get("emergency", "none") != "none":
                lasted[observation.hex] += 15
    assert 1 <= len(lasted) <= 3
    assert all(60 <= seconds <= 400 for seconds in lasted.values())


def test_an_arrival_touches_down_and_a_departure_takes_off(hour: list[list[Observation]]) -> None:
    first: dict[str, Observation] = {}
    last: dict[str, Observation] = {}
    for heard in hour:
        for observation in heard:
            if "lat" in observation.fields:
                first.setdefault(observation.hex, observation)
                last[observation.hex] = observation
    landed = [h for h in last if last[h].fields.get("alt_baro") == "ground" and first[h].fields.get("alt_baro") != "ground"]
    took_off = [h for h in last if first[h].fields.get("alt_baro") == "ground" and last[h].fields.get("alt_baro") != "ground"]
    assert len(landed) >= 10
    assert len(took_off) >= 10


def test_aircraft_change_over_time_and_have_distinct_addresses() -> None:
    sim = Simulation(2)
    before, after = ({o.hex for o in second(sim, T0 + n)} for n in (0, 1800))
    assert len(before - after) > 15
    assert len(after - before) > 15
    for heard in watch(sim, 3600, step=60):
        addresses = [o.hex for o in heard if o.source != "mlat"]
        assert len(addresses) == len(set(addresses))


def test_traffic_is_around_the_given_centre() -> None:
    for centre in (DEFAULT_CENTRE, (-33.9, 179.9), (64.1, -21.9), (0.0, 0.0)):
        for observation in second(Simulation(1, centre=centre), T0):
            if "lat" in observation.fields:
                assert distance_nm(centre, where(observation)) < 220


def test_the_cost_per_aircraft_does_not_grow_with_their_number() -> None:
    costs = []
    for aircraft in (60, 240):
        sim = Simulation(1, aircraft)
        second(sim, T0)
        costs.append(lines_run("simulate", lambda sim=sim: watch(sim, 10, start=T0 + 1)) / 10 / aircraft)
    assert costs[1] < costs[0] * 1.1
    assert costs[0] < 150


def test_a_closed_chain_of_legs_ends_where_it_began() -> None:
    route = RouteBuilder(90, 1000)
    for _ in range(4):
        route.go("cruise", 2).turn("cruise", 90)
    route.go("cruise", 1)
    route = route.build(0, 5.0, -3.0, 30.0)
    start, end = route.at(0.0), route.at(route.seconds - 40.0)
    assert start is not None
    assert end is not None
    assert (end.x, end.y, end.heading) == pytest.approx((start.x, start.y, start.heading), abs=1e-3)


def test_a_random_stream_is_reproducible_and_uniform() -> None:
    assert [RandomStream(7, 3).whole(0, 999) for _ in range(1)] == [RandomStream(7, 3).whole(0, 999)]
    random = RandomStream(1, 2)
    drawn = [random.unit() for _ in range(10_000)]
    assert 0.49 < sum(drawn) / len(drawn) < 0.51
    assert 0.0 <= min(drawn) < max(drawn) < 1.0

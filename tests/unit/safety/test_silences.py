"""What looks like a conflict and is none is silent: each beside the same flights of which one thing differs, and which are a conflict."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians, sin
from typing import Any

import pytest

from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airports
from skyspy.geo import Point, destination
from skyspy.safety.events import Action, Change, Now, OpenEvents
from skyspy.safety.proximity import Proximity
from skyspy.safety.rules import CRITICAL, WARNING, Round
from tests.support.airports import packed, shipped
from tests.support.rounds import T0, state_at

HERE = (47.0, 8.0)
Fields = dict[str, Any]
A, B = "4CA87C", "3C6444"


class Plane:
    """An aircraft that flies straight on: `east` and `north` of a point, in nautical miles, at T0. `gs` in knots, `rate` in feet per
    minute. `fields`: what else its state has. `turns`: seconds after T0 with the ground speed and track from then on."""

    def __init__(
        self,
        hex_: str,
        east: float = 0.0,
        north: float = 0.0,
        gs: float = 450.0,
        track: float = 90.0,
        alt: float = 20_000,
        rate: int = 0,
        turns: tuple[float, float, float] | None = None,
        **fields: Any,
    ) -> None:
        self.hex, self.east, self.north = hex_, east, north
        self.gs, self.track, self.alt, self.rate, self.turns, self.fields = gs, track, alt, rate, turns, fields

    def state(self, seconds: float, at: Point) -> AircraftState:
        gs, track, straight = self.gs, self.track, seconds
        east, north = self.east, self.north
        if self.turns is not None and seconds > self.turns[0]:
            straight = self.turns[0]
            gs, track = self.turns[1:]
        for speed, way, flown in ((self.gs, self.track, straight), (gs, track, seconds - straight)):
            east += speed / 3600 * flown * sin(radians(way))
            north += speed / 3600 * flown * cos(radians(way))
        fields = {
            "lat": at[0] + north / 60,
            "lon": at[1] + east / 60 / cos(radians(at[0])),
            "alt_baro": round((self.alt + self.rate / 60 * seconds) / 25) * 25,
            "gs": gs,
            "track": track,
            "rate": self.rate,
            **self.fields,
        }
        return state_at(T0 + seconds, self.hex, **fields)


def conflicts(
    a: Plane, b: Plane, seconds: int = 90, at: Point = HERE, airports: Airports | None = None, rule: Proximity | None = None
) -> list[int]:
    """The seconds in which the two are a conflict."""
    rule, found = rule or Proximity(), []
    for second in range(seconds):
        states = {plane.hex: plane.state(second, at) for plane in (a, b)}
        if list(rule.look(Round(T0 + second, states, airports=airports))):
            found.append(second)
    return found


# -- tankers and formations --------------------------------------------------------------------------


def refuelling(tanker: Fields, receiver: Fields, track: float = 90.0) -> list[int]:
    """One comes up behind the other from 3 miles, 130 kt faster than it, and passes 0.1 nm beside it."""
    return conflicts(Plane(A, gs=320, **tanker), Plane(B, east=-3, north=0.1, gs=450, track=track, **receiver))


TANKER: Fields = {"t": "K35R", "category": "A5", "military": True}
RECEIVER: Fields = {"t": "F16", "category": "A6", "military": True}


def test_a_receiver_that_comes_up_to_its_tanker_is_silent() -> None:
    assert refuelling(TANKER, RECEIVER) == []


@pytest.mark.parametrize(
    ("why", "tanker", "receiver"),
    [
        ("an airline's aircraft of a type of which there are tankers", {"t": "A332"}, {"t": "B738"}),
        ("a tanker and an airliner", TANKER, {"t": "B738"}),
        ("two military aircraft, neither a tanker", {"t": "C17", "military": True}, {"t": "C17", "military": True}),
    ],
)
def test_who_comes_up_to_what_is_no_tanker_of_its_own_is_a_conflict(why: str, tanker: Fields, receiver: Fields) -> None:
    assert refuelling(tanker, receiver), why


def test_a_tanker_and_a_military_aircraft_head_on_are_a_conflict() -> None:
    assert conflicts(Plane(A, gs=320, **TANKER), Plane(B, east=8, track=270, **RECEIVER))


def together(seconds: float, gs: float, track: float, alt: float = 0.0) -> list[int]:
    """Two side by side, 0.6 nm apart; after so many seconds the one in the north takes another speed and track."""
    return conflicts(Plane(A, gs=140, t="C172"), Plane(B, north=0.6, gs=140, turns=(seconds, gs, track), alt=20_000 + alt))


def test_two_that_have_flown_in_formation_for_half_a_minute_may_move_within_it() -> None:
    assert together(35, 140, 108) == [], "44 kt relative to each other"


def test_before_half_a_minute_it_is_no_formation_and_the_same_turn_is_a_conflict() -> None:
    assert together(20, 140, 108)


def test_who_leaves_its_formation_fast_towards_the_other_is_a_conflict() -> None:
    assert together(35, 140, 150), "140 kt relative to each other"


def test_two_that_come_near_each_other_slowly_are_waited_for() -> None:
    slow = Plane(B, north=0.7, gs=140.5, track=95)
    assert conflicts(Plane(A, gs=140, t="C172"), slow, 150) == []


def test_two_military_aircraft_join_on_one_track_and_two_airliners_do_not() -> None:
    def joining(**fields: Any) -> list[int]:
        return conflicts(Plane(A, gs=300, **fields), Plane(B, north=0.7, gs=300, track=105, **fields))

    assert joining(**RECEIVER) == []
    assert joining(t="A320")


# -- airports ----------------------------------------------------------------------------------------


def departures(alt: float, track: float = 157.0) -> list[int]:
    """The second of two that took off from Zurich's runway 16 is 60 kt faster than the first, 0.55 nm before it."""
    first, second = destination((0, 0), 157, 3.0), destination((0, 0), 157, 2.45)
    return conflicts(
        Plane(A, first[1] * 60, first[0] * 60, gs=150, track=157, alt=alt),
        Plane(B, second[1] * 60, second[0] * 60, gs=210, track=track, alt=alt),
        40,
        (47.4647, 8.5492),
        shipped(),
    )


def test_departures_one_after_the_other_from_one_runway_are_silent() -> None:
    assert departures(3000) == []


@pytest.mark.parametrize(("why", "alt", "track"), [("high above the airport", 9000, 157.0), ("on another track", 3000, 175.0)])
def test_the_same_two_are_a_conflict_where_they_do_not_just_depart(why: str, alt: float, track: float) -> None:
    assert departures(alt, track), why


def approaches(nm: float, alt: float, turned: float = 0.0) -> list[int]:
    """Two on the approaches to the parallel runways 28L and 28R of San Francisco, which are 750 ft apart, so many miles before them. The
    one behind is 50 kt faster; `turned`: by how much its track differs."""
    airport = shipped().find("KSFO")
    assert airport is not None
    ends = {end.ident: end for runway in airport.runways for end in runway.ends}
    left, right = ends["28L"], ends["28R"]
    first = destination(left.threshold, left.heading + 180, nm)
    second = destination(right.threshold, right.heading + 180, nm + 0.6)
    east, north = (second[1] - first[1]) * 60 * cos(radians(first[0])), (second[0] - first[0]) * 60
    return conflicts(
        Plane(A, gs=140, track=left.heading, alt=alt, rate=-700),
        Plane(B, east, north, gs=190, track=right.heading + turned, alt=alt, rate=-700),
        40,
        first,
        packed([airport]),
    )


@pytest.mark.parametrize(("nm", "alt"), [(4.0, 1400), (9.0, 2900)])
def test_parallel_approaches_to_one_airport_are_silent(nm: float, alt: float) -> None:
    assert approaches(nm, alt) == []


@pytest.mark.parametrize(
    ("why", "nm", "alt", "turned"),
    [("not on final approach", 9.0, 9500, 0.0), ("across the other approach", 4.0, 1400, -20.0)],
)
def test_two_near_an_airport_that_do_not_approach_in_parallel_are_a_conflict(
    why: str, nm: float, alt: float, turned: float
) -> None:
    assert approaches(nm, alt, turned), why


def test_without_a_table_of_airports_nothing_is_silent_for_an_airport() -> None:
    first, second = Plane(A, gs=150, track=157, alt=3000), Plane(B, -0.27, 0.65, gs=210, track=157, alt=3000)
    assert conflicts(first, second, 40, (47.42, 8.57), shipped()) == []
    assert conflicts(first, second, 40, (47.42, 8.57), None)


# -- ground and vehicles -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"on_ground": True, "alt_baro": None},
        {"category": "C1"},
        {"category": "C2"},
        {"category": "C3"},
        {"t": "GND"},
        {"gs": 20.0},
        {"t": "R44", "type_class": "H1P", "wtc": "L", "gs": 2.0},
    ],
)
def test_what_is_on_the_ground_is_in_nobodys_way(fields: Fields) -> None:
    assert conflicts(Plane(A, gs=140, alt=1500), Plane(B, east=2, **{"gs": 60, "track": 270, "alt": 1500} | fields)) == []


def test_what_flies_there_is_and_a_hovering_helicopter_flies() -> None:
    assert conflicts(Plane(A, gs=140, alt=1500), Plane(B, east=2, gs=60, track=270, alt=1500))
    hovering = Plane(B, east=2, gs=8, track=270, alt=1500, t="R44", type_class="H1P", wtc="L")
    assert conflicts(Plane(A, gs=140, alt=1500), hovering)


# -- one aircraft heard twice ----------------------------------------------------------------------------


def beside(hex_: str, source: str = "adsb") -> list[int]:
    """A second record 0.2 nm beside a jet, which moves as it does, but for its track: 5 degrees of error at 450 kt are 39 kt."""
    return conflicts(Plane(A, source="adsb"), Plane(hex_, north=0.2, track=94.9, source=source), 20)


@pytest.mark.parametrize("source", ["tisb", "adsr", "mlat", "mode_s", "other"])
def test_one_aircraft_heard_twice_is_silent(source: str) -> None:
    assert beside(B, source) == []


def test_an_address_that_the_ground_made_up_is_silent() -> None:
    assert beside("~3C6444") == []


@pytest.mark.parametrize("bit", [1, 2, 0x80, 0x800000])
def test_addresses_one_bit_apart_are_one_aircraft(bit: int) -> None:
    assert beside(f"{int(A, 16) ^ bit:06X}") == []


def test_two_aircraft_of_their_own_so_near_each_other_are_a_conflict() -> None:
    assert beside(B)
    assert beside(f"{int(A, 16) ^ 3:06X}"), "two bits apart"


def test_two_that_move_differently_are_two_also_with_addresses_one_bit_apart() -> None:
    found = conflicts(Plane(A), Plane(f"{int(A, 16) ^ 1:06X}", east=8, track=270), 20)
    others = conflicts(Plane(A), Plane(B, east=8, track=270), 20)
    assert found
    assert found[0] == others[0] + 3, "after five looks instead of two"


def test_a_source_that_may_know_no_better_is_heard_where_the_two_move_differently() -> None:
    assert conflicts(Plane(A), Plane(B, east=8, track=270, source="other"), 20)


# -- multilateration, and values that are wrong or missing ------------------------------------------------


def jitter(source: str) -> list[int]:
    """One that flies a mile beside a jet; its places drift by 0.15 nm a second towards it, and jump back."""
    rule, found = Proximity(), []
    for second in range(60):
        drifts = 0.15 * (second % 6)
        other = Plane(B, north=1.0 - drifts, track=90).state(second, HERE)._replace(track=120.0, source=source)
        states = {A: Plane(A).state(second, HERE), B: other}
        if list(rule.look(Round(T0 + second, states))):
            found.append(second)
    return found


def test_places_that_drift_and_jump_are_no_conflict_where_multilateration_made_them() -> None:
    assert jitter("mlat") == []
    assert jitter("adsb"), "as they were sent, they are one"


@pytest.mark.parametrize("wrong", [20_000, 93_100, 19_975])
def test_one_bad_altitude_makes_no_conflict_and_a_true_one_does(wrong: int) -> None:
    def with_altitudes(altitude: Callable[[int], int]) -> list[int]:
        rule, found = Proximity(), []
        for second in range(20):
            other = Plane(B, east=5, track=270, alt=altitude(second)).state(second, HERE)
            if list(rule.look(Round(T0 + second, {A: Plane(A).state(second, HERE), B: other}))):
                found.append(second)
        return found

    assert with_altitudes(lambda second: wrong if second == 8 else 27_000) == []
    assert with_altitudes(lambda second: wrong if second in (8, 9) else 27_000) == [], "nor do two"
    assert with_altitudes(lambda second: wrong if second in (6, 10) else 27_000) == []
    assert with_altitudes(lambda second: 20_300)


@pytest.mark.parametrize("missing", ["gs", "track", "rate", "category"])
def test_who_sends_no_speed_stands_not_still_for_that_and_is_no_vehicle(missing: str) -> None:
    meets = Plane(B, east=2.5, track=270, **{"gs": 450} if missing != "gs" else {})
    meets.fields = {missing: None}
    assert conflicts(Plane(A), meets, 25), "it comes nearer"


@pytest.mark.parametrize(
    "fields", [{"alt_baro": None, "on_ground": None}, {"lat": None, "lon": None}, {"alt_at": None}, {"pos_at": None}]
)
def test_what_has_no_known_height_or_place_is_in_no_conflict(fields: Fields) -> None:
    assert conflicts(Plane(A), Plane(B, east=5, track=270, **fields), 25) == []


# -- how it goes on ----------------------------------------------------------------------------------------


def test_a_conflict_is_opened_once_escalates_at_once_and_is_resolved_after_the_two_have_passed() -> None:
    rule, events, changes = Proximity(), OpenEvents(), list[tuple[int, Change]]()
    a, b = Plane(A), Plane(B, east=8, track=270)
    for second in range(60):
        states = {plane.hex: plane.state(second, HERE) for plane in (a, b)}
        found = list(rule.look(Round(T0 + second, states)))
        changes += [(second, change) for change in events.look(Now(T0 + second, second), found, states, 60.0)]
    assert [change.action for _, change in changes].count(Action.OPENED) == 1
    first, last = changes[0], changes[-1]
    assert (first[1].action, first[1].event.severity) == (Action.OPENED, WARNING)
    worse = next(second for second, change in changes if change.event.severity == CRITICAL)
    assert worse == pytest.approx(32 - 15, abs=1), "15 s before they pass, which is after 32 s"
    assert all(change.event.severity == CRITICAL for second, change in changes if second >= worse)
    assert last[1].action is Action.RESOLVED
    assert 32 < last[0] < 45
    assert len({change.event.id for _, change in changes}) == 1


def test_two_that_stay_beyond_the_critical_distances_never_become_critical() -> None:
    rule, severities = Proximity(), set[str]()
    a, b = Plane(A), Plane(B, east=8, north=0.35, track=270)
    for second in range(60):
        found = rule.look(Round(T0 + second, {plane.hex: plane.state(second, HERE) for plane in (a, b)}))
        severities |= {finding.severity for finding in found}
    assert severities == {WARNING}

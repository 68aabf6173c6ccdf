"""All aircraft of a sky: whatever their states, no look fails; what is kept is bounded; little is done where nothing moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.aircraft_state import AircraftState
from skyspy.airports import Airports
from skyspy.movements import BEHAVIORS, ENTERED_AIRPORT, KINDS, LEFT_AIRPORT, Movement, Movements
from skyspy.movements.behaviors import Behaviors
from skyspy.movements.movements import MAX_POINTS
from skyspy.movements.path import Path
from tests.support.airports import shipped
from tests.support.examples import at_most
from tests.unit.movements.flights import FAR, Flight, Log

HEXES = ("4b1234", "~2a0001", "000000")

latitudes = st.sampled_from([-90.0, -89.9999, 0.0, 47.45, 89.9999, 90.0]) | st.floats(-90, 90)
longitudes = st.sampled_from([-180.0, -179.9999, 0.0, 8.55, 179.9999, 180.0]) | st.floats(-180, 180)
times = st.floats(0, 4000) | st.sampled_from([0.0, 1000.0, 1004.0])
places = st.none() | st.tuples(latitudes, longitudes, st.none() | times)


@st.composite
def states(draw: st.DrawFn) -> AircraftState:
    """Any state that the frame allows, and some that it does not: times in any order."""
    ground = draw(st.none() | st.booleans())
    lat, lon, pos_at = draw(places) or (None, None, None)
    return AircraftState(
        draw(st.sampled_from(HEXES)),
        draw(times),
        lat=lat,
        lon=lon,
        pos_at=pos_at,
        on_ground=ground,
        alt_baro=None if ground is not False else draw(st.integers(-2000, 60_000)),
        alt_geom=draw(st.none() | st.integers(-2000, 60_000)),
        alt_at=draw(st.none() | times),
        gs=draw(st.none() | st.floats(0, 2000)),
        track=draw(st.none() | st.floats(0, 360)),
        category=draw(st.none() | st.sampled_from(["A0", "A1", "A7", "B1", "B2", "C2", "D7"])),
        type_class=draw(st.none() | st.sampled_from(["L2J", "H2T", "G1P"])),
        source=draw(st.sampled_from(["adsb", "mlat", "tisb", "mode_s", "other", "adsc"])),
        nav_qnh=draw(st.none() | st.floats(0, 2000)),
    )


rounds = st.lists(st.lists(states(), max_size=3), max_size=30)
tables = st.sampled_from([None, FAR, shipped()])


@at_most(60)
@given(rounds, tables, st.booleans())
def test_no_look_fails_whatever_the_states_and_everything_said_is_whole(
    looks: list[list[AircraftState]], airports: Airports | None, backwards: bool
) -> None:
    movements, said = Movements(), []
    for second, seen in enumerate(looks):
        now = (2000.0 - second * 5) if backwards else second * 5.0
        said += movements.look({state.hex: state for state in seen}, now, airports)
    for movement in said:
        assert movement.kind in KINDS
        assert movement.hex in HEXES
        assert -90 <= movement.lat <= 90
        assert -180 <= movement.lon <= 180
    said += movements.look({}, 4000.0, airports)
    assert_pairs(said)
    assert all(movements.current(hex_) == frozenset() for hex_ in HEXES)


def assert_pairs(said: list[Movement]) -> None:
    """What begins ends before it begins again, and nothing ends that has not begun."""
    under_way: set[tuple[str, str]] = set()
    for movement in said:
        for begun, ended in BEHAVIORS.items():
            if movement.kind == begun:
                assert (movement.hex, begun) not in under_way
                under_way.add((movement.hex, begun))
            elif movement.kind == ended:
                under_way.remove((movement.hex, begun))
    assert under_way == set()


@at_most(30)
@given(st.lists(st.tuples(st.floats(-12, 12), st.floats(1, 90), st.floats(-50, 50)), min_size=1, max_size=40))
def test_however_an_aircraft_turns_what_begins_ends(pieces: list[tuple[float, float, float]]) -> None:
    log, flight = Log(), Flight(lat=89.0, lon=179.9)
    for turn, seconds, climb in pieces:
        log.see(flight.fly(seconds * 10, turn, climb, step=5.0))
    log.nothing(1)
    assert_pairs([said for said in log.said if said.kind not in {ENTERED_AIRPORT, LEFT_AIRPORT}])


def test_a_path_keeps_a_bounded_number_of_points_and_the_right_turn() -> None:
    flight = Flight()
    path = Path(flight.lat, flight.lon, flight.at)
    for count, state in enumerate(flight.fly(1500, 5.0, step=4.0)):
        assert state.lat is not None
        assert state.lon is not None
        path.offer(state.lat, state.lon, flight.at, 0.05)
        path.keep(60)
        assert len(path) <= 60
        if count > 2:
            assert abs(path.turn_since(0.0) - 20.0 * (count - 1)) < 25
    assert abs(path.turn - 7500) < 60
    assert abs(path.turn_since(flight.at - 600) - 3000) < 130


def test_a_path_forgets_what_is_older_than_its_window() -> None:
    flight = Flight()
    path = Path(flight.lat, flight.lon, flight.at)
    for state in flight.fly(40_000, step=20.0):
        assert state.lat is not None
        assert state.lon is not None
        path.offer(state.lat, state.lon, flight.at, 0.05)
        path.keep(MAX_POINTS)
    assert len(path) <= 1500 / 30 + 10
    assert path.time_of(0) > flight.at - 1900


def test_among_very_many_aircraft_a_path_of_few_points_still_shows_circles() -> None:
    behaviors, said = Behaviors(), []
    flight = Flight()
    for state in flight.fly(700, 2.0, step=4.0):
        said += behaviors.note(state, FAR, 1)
    assert [movement.kind for movement in said] == ["circling"]


def test_what_is_kept_of_lost_aircraft_is_forgotten_after_ten_minutes() -> None:
    movements = Movements()
    crowd = {f"{n:06x}": Flight(hex=f"{n:06x}").state() for n in range(50)}
    movements.look(crowd, 1000.0, FAR)
    movements.look({}, 1060.0, FAR)
    assert len(movements) == 50
    movements.look({}, 1601.0, FAR)
    assert len(movements) == 0


def test_of_lost_aircraft_a_bounded_number_is_kept() -> None:
    movements = Movements()
    for n in range(45):
        crowd = {f"{k:06x}": AircraftState(f"{k:06x}", 1000.0) for k in range(n * 1000, (n + 1) * 1000)}
        movements.look(crowd, 1000.0 + n, FAR)
    assert len(movements) <= 21_000


class _Counting:
    """A table of airports that counts the questions."""

    def __init__(self, table: Airports) -> None:
        self._table, self.asked = table, 0

    def __getattr__(self, name: str) -> Any:
        self.asked += 1
        return getattr(self._table, name)


def test_airports_are_looked_up_seldom_and_never_for_what_is_high_or_has_no_new_position() -> None:
    table = _Counting(shipped())
    log = Log(table)  # type: ignore[arg-type]
    log.see(Flight(alt=36000, gs=450).fly(600))
    assert table.asked == 0
    log.see(Flight(hex="4b0001", alt=9000, gs=250, lat=46.9, lon=9.9).fly(600))
    assert 0 < table.asked <= 61
    before = table.asked
    state = Flight(hex="4b0002", alt=9000).state()
    for _ in range(100):
        log.now += 1
        log.movements.look({state.hex: state}, log.now, table)  # type: ignore[arg-type]
    assert table.asked - before == 1


def test_in_no_second_are_airports_looked_up_or_points_kept_for_far_more_aircraft_than_in_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count, kept, table = 300, [0], _Counting(shipped())
    keep = Path._keep

    def counted(path: Path) -> None:
        kept[0] += 1
        keep(path)

    monkeypatch.setattr(Path, "_keep", counted)
    flights = [
        Flight(hex=f"{0x400000 + number:06x}", alt=9000, gs=250, lat=46.0 + number / 300, lon=9.9) for number in range(count)
    ]
    movements, now = Movements(), 1000.0

    def each_second(seconds: int) -> list[tuple[int, int]]:
        nonlocal now
        done = []
        for _ in range(seconds):
            now += 1
            before = table.asked, kept[0]
            aircraft = {flight.hex: next(iter(flight.fly(1))) for flight in flights}
            movements.look(aircraft, now, table)  # type: ignore[arg-type]
            done.append((table.asked - before[0], kept[0] - before[1]))
        return done

    def is_even(done: list[tuple[int, int]]) -> bool:
        return all(max(every) <= 1.5 * sum(every) / len(every) for every in zip(*done, strict=True))

    each_second(40)
    assert is_even(each_second(60))
    now += 50
    for flight in flights:
        flight.at += 50
    each_second(1)
    assert is_even(each_second(60)), "nor after all were silent at once"


def test_it_pauses_between_pieces_and_a_look_may_be_answered_while_it_pauses() -> None:
    movements, answers = Movements(), []
    crowd = {f"{n:06x}": Flight(hex=f"{n:06x}").state() for n in range(1000)}
    movements.look(crowd, 1000.0, FAR, lambda: answers.append(movements.current("000001")))
    assert len(answers) >= 10
    assert set(answers) == {frozenset()}


def turning(log: Log, flights: list[Flight]) -> Iterator[Movement]:
    """Several aircraft in one look."""
    for several in zip(*(flight.circle(4) for flight in flights), strict=True):
        log.now = several[0].heard_at
        yield from log.movements.look({state.hex: state for state in several}, log.now, log.airports)


def test_each_aircraft_has_facts_of_its_own() -> None:
    log = Log()
    said = list(turning(log, [Flight(hex="000001"), Flight(hex="000002", alt=200), Flight(hex="000003", lon=-120.0)]))
    assert [movement.hex for movement in said] == ["000001", "000003"]
    assert log.movements.current("000002") == frozenset()
    assert log.movements.current("ffffff") == frozenset()

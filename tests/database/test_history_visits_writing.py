"""Claims about stored visits: one row for each, however often it is written, and one count for each in `aircraft_seen`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from skyspy.store.history import visits
from skyspy.store.history.schema import AIRCRAFT_SEEN, VISIT
from skyspy.store.history.segments import SlotTrack, of_visit, parts_of
from skyspy.tracks.point import TrackPoint, slot_of
from skyspy.tracks.segment import unpack
from skyspy.visits import VisitState
from skyspy.visits.visit import ADSC_GAP_S
from tests.support.history import Stores

T0 = 1_764_203_575.25


def a_state(first: float = T0, hex_: str = "4B1805", **more: Any) -> VisitState:
    values: dict[str, Any] = {
        "last": first + 100,
        "flight": "SWR12",
        "callsigns": ("SWR12", "SWR13"),
        "squawks": ("1000",),
        "receivers": ("beast-roof-30005",),
        "sources": ("adsb",),
        "r": "HB-IJU",
        "t": "A320",
        "own_op": "Swiss",
        "country": "Switzerland",
        "category": "A3",
        "military": True,
        "emergency": "general",
        "messages": 10**10,
        "positions": 30,
        "closest_nm": 4.125,
        "closest_at": first + 1,
        "farthest_nm": 120.5,
        "farthest_at": first,
        "alt_min": -500,
        "alt_max": 36_000,
        "gs_max": 451.5,
        "on_ground": True,
        "first_lat": 47.5,
        "first_lon": 8.25,
        "last_lat": 48.5,
        "last_lon": -179.5,
        "demo": False,
        **more,
    }
    return VisitState(hex=hex_, start=int(first), first=first, **values)


def write(stores: Stores, *states: VisitState) -> set[tuple[str, int]]:
    return stores.history.commit_now(visits.write_visits, states)


def ids(stores: Stores) -> set[int]:
    return set(stores.history.read(lambda c: c.execute(select(VISIT.c.id)).scalars()))


def seen(stores: Stores) -> dict[str, tuple[float, float, int]]:
    rows = stores.history.read(lambda c: c.execute(select(AIRCRAFT_SEEN)).all())
    return {row.hex: (row.first, row.last, row.visits) for row in rows}


def stored(stores: Stores, now: float = T0 + 100) -> list[VisitState]:
    return stores.history.read(visits.recent, now)


def test_a_visit_is_read_as_it_was_written(stores: Stores) -> None:
    whole, bare = a_state(), VisitState("~000001", int(T0), T0, T0 + 5, demo=True)
    write(stores, whole, bare)
    assert stored(stores) == [whole, bare]


def test_a_visit_that_is_written_again_keeps_its_row_and_is_as_the_last_one(stores: Stores) -> None:
    write(stores, a_state())
    first, later = ids(stores), a_state(last=T0 + 200, messages=9, ended=True, callsigns=())
    write(stores, a_state(last=T0 + 150), later)
    assert ids(stores) == first
    assert stored(stores, T0 + 200) == [later]


def test_a_state_older_than_the_stored_one_is_not_written_and_neither_is_its_track(stores: Stores) -> None:
    later, old = a_state(last=T0 + 300, ended=True), a_state()
    track = SlotTrack(old.hex, old.start, slot_of(T0), parts_of([TrackPoint(T0, 47.5, 8.5, 3000, False, 200.0, 90.0)]))
    write(stores, later)
    stores.history.commit_now(visits.write_recorded, [visits.Recorded(old, (track,))])
    assert stored(stores, T0 + 300) == [later]
    assert stores.history.read(of_visit, (old.hex, old.start)) == []


def test_a_visit_and_its_track_are_written_together(stores: Stores) -> None:
    state, points = a_state(), [TrackPoint(T0, 47.5, 8.5, 3000, False, 200.0, 90.0)]
    track = SlotTrack(state.hex, state.start, slot_of(T0), parts_of(points))
    for _ in range(2):
        stores.history.enqueue(visits.write_recorded, visits.Recorded(state, (track,)))
        stores.history.flush()
    (segment,) = stores.history.read(of_visit, (state.hex, state.start))
    assert unpack(segment.data) == points


def test_a_visit_counts_once_for_its_aircraft_however_often_it_is_written(stores: Stores) -> None:
    again = a_state(T0 + 5000)
    for states in ([a_state()], [a_state(last=T0 + 150)], [again, again], [a_state(last=T0 + 90), again]):
        write(stores, *states)
    assert seen(stores) == {"4B1805": (T0, T0 + 5100, 2)}


def test_simulated_traffic_was_never_seen(stores: Stores) -> None:
    write(stores, a_state(demo=True), a_state(hex_="AAAAAA"))
    assert list(seen(stores)) == ["AAAAAA"]


def test_an_aircraft_stays_seen_when_its_visits_are_deleted(stores: Stores) -> None:
    write(stores, a_state())
    stores.history.commit_now(lambda c: c.execute(VISIT.delete()))
    write(stores, a_state(T0 + 9000))
    assert seen(stores) == {"4B1805": (T0, T0 + 9100, 2)}


def test_recent_visits_are_those_that_can_still_go_on_and_those_that_ended_as_lately(stores: Stores) -> None:
    states = {
        "going on": a_state(hex_="000001"),
        "ended": a_state(hex_="000002", ended=True),
        "silent": a_state(hex_="000003", last=T0 + 50),
        "adsc": a_state(hex_="000004", last=T0 + 50, sources=("adsb", "adsc")),
        "of tomorrow": a_state(hex_="000005", last=T0 + 86_400),
    }
    write(stores, *states.values())
    found = stored(stores, T0 + 50 + 600)
    assert [name for name, state in states.items() if state in found] == ["going on", "ended", "adsc"]


def test_a_visit_whose_aircraft_fell_silent_while_nothing_ran_is_ended(stores: Stores) -> None:
    write(stores, a_state(), a_state(hex_="000001", sources=("adsc",)), a_state(hex_="000002", last=T0 + 101))
    for seconds, ended in ((600, ["4B1805"]), (601, ["4B1805", "000002"]), (ADSC_GAP_S, ["4B1805", "000002", "000001"])):
        stores.history.commit_now(visits.end_silent, [T0 + 100, T0 + 100 + seconds])
        rows = stores.history.read(lambda c: c.execute(select(VISIT.c.hex).where(VISIT.c.ended)).scalars().all())
        assert set(rows) == set(ended)


def test_more_visits_than_one_statement_finds_are_written_and_found(stores: Stores) -> None:
    many = [replace(a_state(), hex=f"{number:06X}") for number in range(1000)]
    for _ in range(2):
        assert len(write(stores, *many)) == 1000
    assert len(ids(stores)) == 1000


def test_a_stored_list_that_cannot_be_read_is_empty(stores: Stores) -> None:
    write(stores, a_state())
    stores.history.commit_now(lambda c: c.execute(VISIT.update().values(callsigns="[", squawks='{"a":1}', sources='["adsb",1]')))
    (state,) = stored(stores)
    assert (state.callsigns, state.squawks, state.sources) == ((), (), ("adsb",))


def test_what_was_heard_before_the_present_visit_is_known_whether_or_not_that_is_stored_yet(stores: Stores) -> None:
    now, day = T0 + 100, 86_400.0
    before, earlier = a_state(T0 - 2 * day, "4B1801"), a_state(T0 - 9 * day, "4B1802")
    write(stores, before, earlier, a_state(T0, "4B1802"), a_state(T0, "4B1803"), a_state(T0, "4B1804", demo=True))
    write(stores, a_state(T0 - 5 * day, "4B1805"), a_state(T0, "4B1805"))
    stores.history.commit_now(lambda c: c.exec_driver_sql("DELETE FROM visit WHERE hex = '4B1805' AND start < 1764000000"))
    hexes = [f"4B180{number}" for number in range(7)]
    found = stores.history.read(visits.seen_before, hexes, now)
    assert found == {
        "4B1800": visits.Seen(False, None),
        "4B1801": visits.Seen(True, before.last),
        "4B1802": visits.Seen(True, earlier.last),
        "4B1803": visits.Seen(False, None),
        "4B1804": visits.Seen(False, None),
        "4B1805": visits.Seen(True, None),
        "4B1806": visits.Seen(False, None),
    }

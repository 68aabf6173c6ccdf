"""Tracks in the history: one visit's ten minutes are one state, and a box and a time find them."""

from __future__ import annotations

import pytest

from skyspy.store.history import segments
from skyspy.store.history.segments import SlotTrack, parts_of
from skyspy.tracks.point import TrackPoint
from skyspy.tracks.segment import Box, unpack
from tests.support.history import Stores
from tests.support.tracks import AT, SLOT, add_visit, flight, keep

START = int(AT)


def read_back(stores: Stores, hex_: str = "4B1805", start: int = START) -> list[TrackPoint]:
    rows = stores.history.read(segments.of_visit, (hex_, start))
    return [point for row in rows for point in unpack(row.data)]


def test_a_slot_that_is_written_again_replaces_all_its_parts(stores: Stores) -> None:
    stores.history.commit_now(add_visit, "4B1805", START)
    over = SlotTrack("4B1805", START, SLOT, parts_of(flight(lon=179.95)))
    assert len(over.parts) == 2
    one = SlotTrack("4B1805", START, SLOT, parts_of(flight(count=20)))
    for _ in range(2):
        stores.history.commit_now(segments.write_tracks, [one, over])
        assert read_back(stores) == flight(lon=179.95)
    for _ in range(2):
        stores.history.commit_now(segments.write_tracks, [over, one])
        assert read_back(stores) == flight(count=20)


def test_a_track_without_its_visit_is_not_stored_and_is_counted(stores: Stores) -> None:
    stores.history.commit_now(add_visit, "4B1805", START)
    known, unknown = (SlotTrack(hex_, START, SLOT, parts_of(flight())) for hex_ in ("4B1805", "ABCDEF"))
    assert stores.history.commit_now(segments.write_tracks, [unknown, known]) == 1
    assert stores.history.commit_now(segments.write_tracks, [unknown]) == 1
    assert read_back(stores) == flight()
    assert read_back(stores, "ABCDEF") == []


def test_a_visit_is_read_in_order_over_its_slots(stores: Stores) -> None:
    stores.history.commit_now(add_visit, "4B1805", START)
    later = flight(AT + 600)
    stores.history.commit_now(segments.write_tracks, [SlotTrack("4B1805", START, SLOT + 1, parts_of(later))])
    stores.history.commit_now(segments.write_tracks, [SlotTrack("4B1805", START, SLOT, parts_of(flight()))])
    assert read_back(stores) == flight() + later
    rows = stores.history.read(segments.of_visit, ("4B1805", START), SLOT + 1)
    assert [row.slot for row in rows] == [SLOT + 1]


def test_the_slot_under_way_is_found_for_many_visits_at_once(stores: Stores) -> None:
    for number in range(3):
        keep(stores.history, f"00000{number}", flight(lat=40.0 + number))
    found = stores.history.read(segments.of_visits, [(f"00000{number}", START) for number in range(1, 1000)], SLOT)
    assert {key: unpack(rows[0].data)[0].lat for key, rows in found.items()} == {("000001", START): 41.0, ("000002", START): 42.0}


@pytest.mark.parametrize(
    ("box", "found"),
    [
        (None, {"EUROPE", "FIJI"}),
        (Box(46, 48, 7, 9), {"EUROPE"}),
        (Box(46, 48, 8.095, 9), set()),
        (Box(-20, -10, 170, -170), {"FIJI"}),
        (Box(-20, -10, -179.97, -170), {"FIJI"}),
        (Box(-20, -10, 170, 179.96), {"FIJI"}),
        (Box(-20, -10, -178, 178), set()),
        (Box(-90, 90, -180, 180), {"EUROPE", "FIJI"}),
    ],
)
def test_a_box_finds_the_tracks_that_meet_it(sqlite_stores: Stores, box: Box | None, found: set[str]) -> None:
    keep(sqlite_stores.history, "EUROPE", flight())
    keep(sqlite_stores.history, "FIJI", flight(lat=-15.0, lon=179.95))
    rows = sqlite_stores.history.read(segments.within, AT, AT + 600, box)
    assert {row.hex for row in rows} == found


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [(0, 600, 2), (0, 1200, 3), (600, 1200, 1), (46, 600, 1), (45, 600, 2), (0, 100, 1), (0, 100.5, 2), (700, 9000, 0)],
)
def test_a_time_finds_the_tracks_that_reach_into_it(stores: Stores, since: float, until: float, found: int) -> None:
    keep(stores.history, "4B1805", flight())
    keep(stores.history, "4B1806", flight(AT + 100))
    keep(stores.history, "4B1807", flight(AT + 600), SLOT + 1)
    assert len(stores.history.read(segments.within, AT + since, AT + until)) == found


def test_pages_show_every_segment_once(stores: Stores) -> None:
    for number in range(7):
        keep(stores.history, f"00000{number}", flight(AT + 600 * (number % 2)), SLOT + number % 2)
    seen, after = [], None
    while page := stores.history.read(segments.within, AT, AT + 1200, None, after, 3):
        assert len(page) <= 3
        seen += [(row.slot, row.hex) for row in page]
        after = page[-1]
    assert sorted(seen) == seen
    assert len(set(seen)) == 7


def test_slots_are_counted(stores: Stores) -> None:
    keep(stores.history, "4B1805", flight())
    assert stores.history.read(segments.counts, [SLOT - 1, SLOT]) == {SLOT: (1, 10, False)}
    keep(stores.history, "4B1806", flight(lon=179.95), demo=True)
    assert stores.history.read(segments.counts, [SLOT - 1, SLOT]) == {SLOT: (3, 20, True)}

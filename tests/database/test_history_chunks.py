"""Chunks: made once for each slot that has tracks, by the process that writes, and never changed."""

from __future__ import annotations

import gzip
from typing import Any

import gevent
import pytest
from sqlalchemy import Connection, update

from skyspy.sky.chunk_maker import KEEP_OPEN_S, MAKE_AFTER_S, MAX_BACKLOG, MAX_QUEUED, ROWS_AT_ONCE, ChunkMaker, newest_due
from skyspy.store.history import chunks, segments
from skyspy.store.history.chunks import Chunk
from skyspy.store.history.schema import SEGMENT
from skyspy.store.history.segments import SlotTrack, parts_of
from skyspy.tracks.segment import Box
from tests.support.chunks import read_chunk
from tests.support.history import Stores
from tests.support.hub import Rounds
from tests.support.tracks import AT, SLOT, add_visit, flight, keep


def maker_of(stores: Stores, held: bool = True) -> ChunkMaker:
    return ChunkMaker("live", stores.history, stores.clock, lambda: held)


def slots(stores: Stores) -> list[int]:
    return [chunk.slot for chunk in stores.history.read(chunks.listed, SLOT - 1000, SLOT + 1000)]


def content(stores: Stores, slot: int = SLOT) -> dict[str, Any]:
    chunk = stores.history.read(chunks.read, slot)
    assert chunk is not None
    return read_chunk(gzip.decompress(chunk.data))


def test_a_chunk_is_stored_once_and_never_changed(stores: Stores) -> None:
    first = Chunk(SLOT, 1, 10, False, 5.0, b"first")
    assert stores.history.commit_now(chunks.write, first)
    assert not stores.history.commit_now(chunks.write, first._replace(data=b"second"))
    assert stores.history.read(chunks.read, SLOT) == first
    assert stores.history.read(chunks.read, SLOT + 1) is None
    assert stores.history.read(chunks.listed, SLOT, SLOT + 1) == [(SLOT, 1, 10, False, 5.0, 5)]
    assert stores.history.read(chunks.listed, SLOT + 1, SLOT + 9) == []


def test_a_slot_is_made_two_minutes_after_its_end(stores: Stores) -> None:
    keep(stores.history, "4B1805", flight(), flight="SWR12A", t="BCS3")
    keep(stores.history, "DEM000", flight(lon=179.95), demo=True)
    maker = maker_of(stores)
    stores.clock.wall_now = AT + 600 + MAKE_AFTER_S - 1
    maker.run()
    assert slots(stores) == []
    stores.clock.pass_by(1)
    maker.run()
    found = content(stores)
    assert found["demo"] is True
    assert [(track["hex"], track["points"]) for track in found["tracks"]] == [("4B1805", 10), ("DEM000", 5), ("DEM000", 5)]
    assert found["tracks"][0]["flight"] == "SWR12A"
    row = stores.history.read(chunks.listed, SLOT, SLOT + 1)[0]
    assert (row.tracks, row.points, row.demo, row.made) == (3, 20, True, stores.clock.wall_now)


def test_slots_of_the_last_day_that_have_none_are_made_and_empty_ones_get_none(stores: Stores) -> None:
    for back in (0, 3, MAX_BACKLOG - 1, MAX_BACKLOG):
        keep(stores.history, "4B1805", flight(AT - 600 * back), SLOT - back)
    stores.clock.wall_now = AT + 600 + MAKE_AFTER_S
    maker = maker_of(stores)
    maker.run()
    assert slots(stores) == [SLOT - MAX_BACKLOG + 1, SLOT - 3, SLOT]
    assert maker.made == 3


def test_the_newest_slot_is_made_first(sqlite_stores: Stores) -> None:
    for back in (0, 1, 2):
        keep(sqlite_stores.history, "4B1805", flight(AT - 600 * back), SLOT - back)
    sqlite_stores.clock.wall_now = AT + 600 + MAKE_AFTER_S
    answers = iter([True, True, True, False])
    maker = ChunkMaker("live", sqlite_stores.history, sqlite_stores.clock, lambda: next(answers))
    maker.run()
    assert slots(sqlite_stores) == [SLOT - 1, SLOT]


def test_only_the_process_that_writes_makes_chunks_and_a_later_one_makes_the_rest(stores: Stores) -> None:
    keep(stores.history, "4B1805", flight())
    stores.clock.wall_now = AT + 600 + MAKE_AFTER_S
    maker_of(stores, held=False).run()
    assert slots(stores) == []
    maker_of(stores).run()
    assert slots(stores) == [SLOT]


def test_a_round_with_nothing_due_reads_nothing(sqlite_stores: Stores) -> None:
    keep(sqlite_stores.history, "4B1805", flight())
    sqlite_stores.clock.wall_now = AT + 600 + MAKE_AFTER_S
    maker = maker_of(sqlite_stores)
    maker.run()
    sqlite_stores.history.read = None  # type: ignore[assignment, method-assign]
    maker.run()


def test_a_slot_waits_while_many_rows_are_not_written_yet(sqlite_stores: Stores) -> None:
    history = sqlite_stores.history
    keep(history, "4B1805", flight())
    sqlite_stores.clock.wall_now = AT + 600 + MAKE_AFTER_S
    for _ in range(MAX_QUEUED + 1):
        history.enqueue(lambda connection, rows: None, None)
    maker = maker_of(sqlite_stores)
    maker.run()
    assert slots(sqlite_stores) == []
    history.flush()
    maker.run()
    assert slots(sqlite_stores) == [SLOT]


def test_a_damaged_segment_costs_only_itself(stores: Stores) -> None:
    keep(stores.history, "4B1805", flight())
    keep(stores.history, "BAD000", flight())

    def damage(connection: Connection) -> None:
        connection.execute(update(SEGMENT).where(SEGMENT.c.id == 2).values(data=b"\x01nonsense"))

    stores.history.commit_now(damage)
    stores.clock.wall_now = AT + 600 + MAKE_AFTER_S
    maker = maker_of(stores)
    maker.run()
    assert [track["hex"] for track in content(stores)["tracks"]] == ["4B1805"]
    assert maker.damaged == 1


def test_a_clock_that_is_set_back_or_forth_skips_no_slot(sqlite_stores: Stores) -> None:
    maker = maker_of(sqlite_stores)
    sqlite_stores.clock.wall_now = AT + 1e8
    maker.run()
    keep(sqlite_stores.history, "4B1805", flight())
    sqlite_stores.clock.wall_now = AT + 600 + MAKE_AFTER_S
    maker.run()
    assert slots(sqlite_stores) == [SLOT]


@pytest.mark.parametrize(("wall", "slot"), [(AT + 719.9, SLOT - 1), (AT + 720, SLOT), (AT + 1319, SLOT), (AT + 1320, SLOT + 1)])
def test_the_newest_slot_that_is_due_ended_two_minutes_ago(wall: float, slot: int) -> None:
    assert newest_due(wall) == slot


def test_the_slot_under_way_is_made_of_what_is_stored_and_again_after_a_while(stores: Stores) -> None:
    maker = maker_of(stores)
    assert maker.on_request(SLOT) == (None, 0)
    keep(stores.history, "4B1805", flight())
    assert maker.on_request(SLOT).data is None
    stores.clock.pass_by(KEEP_OPEN_S)
    made, again = maker.on_request(SLOT), maker.on_request(SLOT)
    assert made.data is not None
    assert read_chunk(made.data)["points"] == 10
    assert again == (made.data, 0)
    assert slots(stores) == []


def test_a_box_has_the_tracks_with_a_point_in_it(stores: Stores) -> None:
    keep(stores.history, "4B1805", flight())
    keep(stores.history, "TURNED", [*flight(count=2, lat=45.0), *flight(AT + 30, count=2, lat=50.0, lon=10.0)])
    maker = maker_of(stores)
    made = maker.on_request(SLOT, Box(46, 48, 7, 9))
    assert made.data is not None
    assert made.looked_at == 2
    assert [track["hex"] for track in read_chunk(made.data)["tracks"]] == ["4B1805"]
    assert maker.on_request(SLOT, Box(0, 1, 0, 1)) == (None, 0)


def test_a_track_that_is_written_anew_while_its_slot_is_read_is_in_the_answer_once(stores: Stores) -> None:
    hexes = [f"{number:06X}" for number in range(ROWS_AT_ONCE + 1)]
    stores.history.commit_now(lambda c: [add_visit(c, hex_, int(AT)) for hex_ in hexes])
    tracks = [SlotTrack(hex_, int(AT), SLOT, parts_of(flight())) for hex_ in hexes]
    stores.history.commit_now(segments.write_tracks, tracks)

    class Growing:
        """The history, in which the first track is written anew before each read."""

        def read(self, fn: Any, *args: Any) -> Any:
            stores.history.commit_now(segments.write_tracks, tracks[:1])
            return stores.history.read(fn, *args)

    made = ChunkMaker("live", Growing(), stores.clock, lambda: True).on_request(SLOT)  # type: ignore[arg-type]
    assert made.data is not None
    assert sorted(track["hex"] for track in read_chunk(made.data)["tracks"]) == hexes


def test_a_large_slot_is_made_in_pieces_between_which_the_hub_goes_round(sqlite_stores: Stores) -> None:
    parts = parts_of(flight(count=100, east=0.0001))
    sqlite_stores.history.commit_now(lambda c: [add_visit(c, f"{number:06X}", int(AT)) for number in range(300)])
    tracks = [SlotTrack(f"{number:06X}", int(AT), SLOT, parts) for number in range(300)]
    sqlite_stores.history.commit_now(segments.write_tracks, tracks)
    sqlite_stores.clock.wall_now = AT + 600 + MAKE_AFTER_S
    rounds = Rounds()
    gevent.sleep(0.001)
    before = rounds.count
    maker_of(sqlite_stores).run()
    assert rounds.count - before >= 2
    row = sqlite_stores.history.read(chunks.listed, SLOT, SLOT + 1)[0]
    assert (row.tracks, row.points) == (300, 30_000)

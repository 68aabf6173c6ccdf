"""Application: the tracks of the history by slots of ten minutes, for the replay.

Invariants: needs `history.view`. All callers get the same: there is nothing of the receivers in it. A caller reads the history of the sky
that it sees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

from skyspy.clock import iso
from skyspy.cooperate import Yielder
from skyspy.server import Server
from skyspy.services import own_history
from skyspy.services.caller import Caller, Refused
from skyspy.sky.audience import Payload
from skyspy.sky.chunk_maker import newest_due
from skyspy.store.errors import StoreError
from skyspy.store.history import HistoryStore, chunks
from skyspy.store.history.segments import SlotCount
from skyspy.store.history.statistics import minutes
from skyspy.tracks.point import SLOT_S, slot_of
from skyspy.tracks.segment import Box

PERMISSION = "history.view"
DEFAULT_S = 86_400.0
MAX_S = 7 * 86_400.0
"""The longest time of one list."""
MINUTES_AT_ONCE = 360
SEGMENTS_PER_COST = 100
"""Unpacking so many takes as long as a request."""
NOTHING = SlotCount(0, 0, False)

_START = re.compile(r"\d{8}T\d{4}Z")
_FORM = "%Y%m%dT%H%MZ"
_MAX_SLOT = slot_of(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class TrackChunk:
    """The answer for one slot. `tag` is None where the answer may change; where it is not, `data` is compressed by gzip. `cost`: what
    making it cost, in requests."""

    data: bytes
    tag: str | None
    cost: float = 0.0


def listed(server: Server, caller: Caller, since: float | None, until: float | None) -> Payload:
    """The slots from `since` to `until` (wall seconds; None: the last day), each with what there is, and how many aircraft there were in
    each minute. Slots of the future are left out. Yields. Raises Refused."""
    caller.require(server, PERMISSION)
    now = server.clock.wall()
    until = min(now, until) if until is not None else now if since is None else min(now, since + MAX_S)
    since = until - DEFAULT_S if since is None else since
    if until - since > MAX_S:
        message = f"must be at most {MAX_S / 86_400:g} days before to; ask for several lists"
        raise Refused("invalid", f"from {message}", {"from": message})
    first, end = max(0, slot_of(since)), ceil(until / SLOT_S)
    store = _store(server, caller)
    try:
        made = {chunk.slot: chunk for chunk in store.read(chunks.listed, first, end)}
        unmade = store.read(chunks.unmade, first, end)
        aircraft = _aircraft(server, caller, first, max(first, end))
    except StoreError as error:
        raise own_history.unreadable() from error
    due = newest_due(now)
    rows: list[Payload] = []
    for slot in range(first, end):
        chunk, stored = made.get(slot), unmade.get(slot, NOTHING)
        row: Payload = {"start": iso(slot * SLOT_S), "href": f"/api/history/tracks/{name_of(slot)}/"}
        if chunk is not None:
            row |= {"tracks": chunk.tracks, "points": chunk.points, "bytes": chunk.bytes, "closed": True}
        elif stored.segments or slot > due:
            row |= {"tracks": stored.segments, "points": stored.points, "bytes": None, "closed": False}
        else:
            row |= {"tracks": 0, "points": 0, "bytes": 0, "closed": True, "href": None}
        rows.append(row | ({"demo": True} if stored.demo or (chunk is not None and chunk.demo) else {}))
    answer: Payload = {"chunks": rows, "count": len(rows), "seconds": SLOT_S, "aircraft": aircraft, "timestamp": iso(now)}
    return answer | ({"demo": True} if any("demo" in row for row in rows) else {})


def chunk(server: Server, caller: Caller, name: str, box: Box | None) -> TrackChunk:
    """The tracks of the slot that `name` names, of the whole map or of a box. Yields. Raises Refused."""
    caller.require(server, PERMISSION)
    slot = slot_named(name)
    try:
        if box is None and (stored := _store(server, caller).read(chunks.read, slot)) is not None:
            return TrackChunk(stored.data, f"{slot:x}-{round(stored.made * 1000):x}-{stored.points:x}")
        made = server.chunk_makers[caller.principal.sky].on_request(slot, box)
    except StoreError as error:
        raise own_history.unreadable() from error
    if made.data is None:
        where = "" if box is None else " in this box"
        raise Refused("not_found", f"No tracks of {name}{where} are kept; /api/history/tracks/ lists what is")
    return TrackChunk(made.data, None, made.looked_at / SEGMENTS_PER_COST)


def name_of(slot: int) -> str:
    """The name of a slot: its start, such as 20261126T1710Z."""
    return datetime.fromtimestamp(slot * SLOT_S, UTC).strftime(_FORM)


def slot_named(name: str) -> int:
    """The slot of that name. Raises Refused."""
    message = "must be the start of ten minutes, in UTC, such as 20261126T1710Z: the last digit of the minutes is 0"
    try:
        start = datetime.strptime(name, _FORM).replace(tzinfo=UTC).timestamp() if _START.fullmatch(name) else -1.0
    except ValueError:
        start = -1.0
    if start < 0 or start % SLOT_S or start > _MAX_SLOT * SLOT_S:
        raise Refused("invalid", f"start {message}", {"start": message})
    return slot_of(start)


def _aircraft(server: Server, caller: Caller, first: int, end: int) -> list[int | None]:
    """The most aircraft at once in each minute of these slots, None where none was counted."""
    store, sky, per_slot = _store(server, caller), caller.principal.sky, SLOT_S // 60
    begin, stop = first * per_slot, end * per_slot
    counted: list[int | None] = [None] * (stop - begin)
    yielder = Yielder()
    for part in range(begin, stop, MINUTES_AT_ONCE):
        for row in store.read(minutes, part, min(stop, part + MINUTES_AT_ONCE), sky):
            counted[row.minute - begin] = row.aircraft_max
        yielder.maybe_yield()
    return counted


def _store(server: Server, caller: Caller) -> HistoryStore:
    return server.histories[caller.principal.sky]

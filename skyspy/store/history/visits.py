"""Writing visits, and reading those that are under way.

A visit is written as a whole each time: its row is found by hex and start. `aircraft_seen` has a row for each aircraft ever heard,
which stays when its visits are deleted; simulated traffic is not in it.

Invariants: writing a visit again changes nothing, and it counts once in `aircraft_seen`: when its row is made. A state that is older
than the stored one, from a process that was stopped for a while, is not written. The functions that write run in one process at a time
(see HistoryStore).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, case, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from skyspy import wirejson
from skyspy.store.history.lease import fence_of
from skyspy.store.history.schema import AIRCRAFT_SEEN, VISIT
from skyspy.store.history.segments import Key, SlotTrack, write_tracks
from skyspy.visits import VISIT_GAP_S, VisitState
from skyspy.visits.visit import ADSC_GAP_S

MAX_UNDER_WAY = 50_000
"""Visits that `recent` reads at most, the latest ones."""
MAX_AHEAD_S = 60.0
"""A visit that was last heard later than this from now is of another setting of the clock."""
KEYS_AT_ONCE = 400

_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_LISTS = ("callsigns", "squawks", "receivers", "sources")
_NAMES = tuple(field.name for field in fields(VisitState))
_COLUMNS = tuple(VISIT.c[name] for name in _NAMES)
_HAS_ADSC = VISIT.c.sources.contains('"adsc"')


class Recorded(NamedTuple):
    """A visit as it is now, and the slots of its track that changed since it was last written. `fence`: that of the lease when it was
    handed over."""

    state: VisitState
    tracks: tuple[SlotTrack, ...] = ()
    fence: int = 0


class Seen(NamedTuple):
    """Whether an aircraft was heard before its present visit, and when last (wall seconds); None where that is not known, or it was
    not."""

    before: bool
    last: float | None


def write_recorded(connection: Connection, rows: Sequence[Recorded]) -> None:
    """Write visits with their tracks. Of two rows of one visit the later one in the list is kept, and the tracks of both."""
    fence = fence_of(connection)
    others = _of_others(connection, [row for row in rows if row.fence < fence])
    rows = [row for row in rows if key_of(row.state) not in others]
    written = write_visits(connection, [row.state for row in rows], fence)
    write_tracks(connection, [track for row in rows if key_of(row.state) in written for track in row.tracks], fence)


def _of_others(connection: Connection, rows: Sequence[Recorded]) -> set[Key]:
    """Visits among these that another process, which has written since they were handed over, has stored with a beginning of its own."""
    found: set[Key] = set()
    remaining = iter(rows)
    while some := list(islice(remaining, KEYS_AT_ONCE)):
        columns = (VISIT.c.hex, VISIT.c.start, VISIT.c.first, VISIT.c.last, VISIT.c.ended, VISIT.c.fence)
        hexes, first = [row.state.hex for row in some], min(row.state.first for row in some)
        stored = connection.execute(select(*columns).where(VISIT.c.hex.in_(hexes), VISIT.c.last > first - VISIT_GAP_S)).all()
        for state, _, fence in some:
            same = [
                one for one in stored if one.hex == state.hex and one.fence > fence and _meet(state, one) and _meet(one, state)
            ]
            if same and not any(one.start == state.start for one in same):
                found.add(key_of(state))
    return found


def _meet(before: Any, after: Any) -> bool:
    """Whether one visit of an aircraft, by its times, goes on to when the other one begins."""
    return bool(after.first < before.last + (0.0 if before.ended else VISIT_GAP_S))


def write_visits(connection: Connection, states: Iterable[VisitState], fence: int = 0) -> set[Key]:
    """Write these visits, except those that are stored as they were later; returns the keys of those that are written. Of two
    states of one visit the later one in the list is kept."""
    latest = {key_of(state): state for state in states}
    known = _stored(connection, latest)
    latest = {key: state for key, state in latest.items() if state.last >= known.get(key, state.last)}
    if not latest:
        return set()
    statement = _INSERT[connection.dialect.name](VISIT)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["hex", "start"],
        set_={column.name: new[column.name] for column in VISIT.c if column.name not in ("id", "hex", "start")},
    )
    connection.execute(statement, [_row(state) | {"fence": fence} for state in latest.values()])
    _note_seen(connection, [(state, key not in known) for key, state in latest.items() if not state.demo])
    return set(latest)


def _stored(connection: Connection, keys: Iterable[Key]) -> dict[Key, float]:
    """When the aircraft was last heard in each of these visits that is stored."""
    found: dict[Key, float] = {}
    remaining = iter(keys)
    while some := list(islice(remaining, KEYS_AT_ONCE)):
        these = tuple_(VISIT.c.hex, VISIT.c.start).in_(some)
        rows = connection.execute(select(VISIT.c.hex, VISIT.c.start, VISIT.c.last).where(these))
        found |= {(row.hex, row.start): row.last for row in rows}
    return found


def recent(connection: Connection, now: float) -> list[VisitState]:
    """The visits that can still go on at `now` (wall seconds), and those that ended as lately; the latest first."""
    lately = (VISIT.c.last > now - VISIT_GAP_S) | ((VISIT.c.last > now - ADSC_GAP_S) & _HAS_ADSC)
    rows = connection.execute(
        select(*_COLUMNS)
        .where(VISIT.c.last > now - ADSC_GAP_S, VISIT.c.last < now + MAX_AHEAD_S, lately)
        .order_by(VISIT.c.last.desc())
        .limit(MAX_UNDER_WAY)
    )
    return [_state(row) for row in rows]


def end_silent(connection: Connection, nows: Sequence[float]) -> None:
    """End the visits whose aircraft was not heard for longer than a visit's gap, at the latest of `nows` (wall seconds)."""
    now = max(nows)
    silent = (VISIT.c.last <= now - ADSC_GAP_S) | ((VISIT.c.last <= now - VISIT_GAP_S) & ~_HAS_ADSC)
    connection.execute(update(VISIT).where(VISIT.c.ended.is_(False), silent).values(ended=True))


def seen_before(connection: Connection, hexes: Iterable[str], now: float) -> dict[str, Seen]:
    """When these aircraft, which are heard at `now` (wall seconds), were heard before their present visit, by hex. Simulated traffic does
    not count."""
    found: dict[str, Seen] = {}
    remaining = iter(hexes)
    while some := list(islice(remaining, KEYS_AT_ONCE)):
        known = AIRCRAFT_SEEN.c.hex.in_(some)
        rows = connection.execute(select(AIRCRAFT_SEEN.c.hex, AIRCRAFT_SEEN.c.last, AIRCRAFT_SEEN.c.visits).where(known))
        seen = {row.hex: row for row in rows}
        # The present visit may be stored already.
        present = [hex_ for hex_, row in seen.items() if row.last > now - VISIT_GAP_S and row.visits > 1]
        earlier = _last_before_present(connection, present)
        for hex_ in some:
            row = seen.get(hex_)
            if row is None or (row.visits <= 1 and row.last > now - VISIT_GAP_S):
                found[hex_] = Seen(False, None)
            else:
                found[hex_] = Seen(True, earlier.get(hex_) if hex_ in present else row.last)
    return found


def _last_before_present(connection: Connection, hexes: Sequence[str]) -> dict[str, float]:
    """When these aircraft were last heard in the visit before their latest one; without those whose visit is deleted."""
    place = func.row_number().over(partition_by=VISIT.c.hex, order_by=VISIT.c.start.desc()).label("place")
    ranked = select(VISIT.c.hex, VISIT.c.last, place).where(VISIT.c.hex.in_(hexes), VISIT.c.demo.is_(False)).subquery()
    rows = connection.execute(select(ranked.c.hex, ranked.c.last).where(ranked.c.place == 2))
    return {row.hex: row.last for row in rows}


def key_of(state: VisitState) -> Key:
    """What identifies the visit."""
    return state.hex, state.start


def _note_seen(connection: Connection, visits: Sequence[tuple[VisitState, bool]]) -> None:
    """Note the aircraft of these visits; True: the visit was not stored before."""
    if not visits:
        return
    table = AIRCRAFT_SEEN
    statement = _INSERT[connection.dialect.name](table)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["hex"],
        set_={
            "first": case((new.first < table.c.first, new.first), else_=table.c.first),
            "last": case((new.last > table.c.last, new.last), else_=table.c.last),
            "visits": table.c.visits + new.visits,
        },
    )
    connection.execute(
        statement,
        [{"hex": state.hex, "first": state.first, "last": state.last, "visits": int(is_new)} for state, is_new in visits],
    )


def _row(state: VisitState) -> dict[str, Any]:
    row = {name: getattr(state, name) for name in _NAMES}
    return row | {name: wirejson.dumps(row[name]) for name in _LISTS}


def _state(row: Row[Any]) -> VisitState:
    found: dict[str, Any] = {column.name: row._mapping[column] for column in _COLUMNS}
    return VisitState(**found | {name: tuple(_texts(found[name])) for name in _LISTS})


def _texts(stored: str) -> Iterator[str]:
    """The texts of a stored list; none where it cannot be read."""
    try:
        found = wirejson.loads(stored)
    except ValueError:
        return
    yield from (text for text in found if isinstance(text, str)) if isinstance(found, list) else ()

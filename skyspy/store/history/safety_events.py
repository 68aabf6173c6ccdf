"""Safety events: writing what the safety rules found, acknowledging, and reading lists, changes and statistics.

Each change of a row, by whichever process, gets the next number in `change` (numbers.py), so a process that has read up to one number
misses none.

Invariants: an acknowledgement is made once, and writing an event again leaves it as it is. Lists are ordered by the beginning of an
event, which never changes, the newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, case, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from skyspy import wirejson
from skyspy.aircraft import Scalar
from skyspy.safety.events import SafetyEvent
from skyspy.store.history.lease import fence_of
from skyspy.store.history.numbers import last_number, next_number
from skyspy.store.history.schema import SAFETY_EVENT

MAX_OPEN = 2000
"""Open events that `open_events` reads at most, the newest ones."""
MAX_CHANGES = 2000
"""Changed events that `changed_since` reads at most."""
DAY_S = 86_400

_LOCK = 0x5B75_7006
_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_E = SAFETY_EVENT.c
_NAMES = tuple(SafetyEvent.__dataclass_fields__)
_COLUMNS = tuple(_E[name] for name in _NAMES)
_KEPT = frozenset({"id", "started", "acknowledged_by", "acknowledged_at"})
"""Columns that are not changed when an event is written again."""


class Key(NamedTuple):
    """The place of an event in a list: its beginning in wall seconds, and its id."""

    started: float
    id: str


class Changes(NamedTuple):
    """Events that changed, the earliest change first, and the number up to which changes are known then."""

    events: list[SafetyEvent]
    upto: int


@dataclass(frozen=True, slots=True)
class EventSearch:
    """Which events; None is no filter. `since` and `until` are wall seconds: the event began at `since` or later, and before `until`.
    `event_types` and `severities`: one of these. `hex`: either of the two aircraft; `callsign`: how one of either begins, in any case.
    `is_open`: whether the situation goes on; `acknowledged`: whether it is; `demo`: whether the traffic is simulated."""

    since: float | None = None
    until: float | None = None
    event_types: Collection[str] | None = None
    severities: Collection[str] | None = None
    hex: str | None = None
    callsign: str | None = None
    is_open: bool | None = None
    acknowledged: bool | None = None
    demo: bool | None = None


class TypeCount(NamedTuple):
    """How many events there were of one type and severity."""

    event_type: str
    severity: str
    events: int
    acknowledged: int


class DayCount(NamedTuple):
    """How many events began on one day (days since 1970-01-01, UTC)."""

    day: int
    events: int


@dataclass(frozen=True, slots=True)
class EventStatistics:
    """The events that began in some time. `open`: those of them that go on. `longest_s` and `mean_s`: how long those lasted that are
    resolved, None without any. `by_type`: the types in alphabetical order; `by_day`: days with events, in order. `aircraft`: different
    ones."""

    events: int
    open: int
    acknowledged: int
    aircraft: int
    mean_s: float | None
    longest_s: float | None
    by_type: tuple[TypeCount, ...]
    by_day: tuple[DayCount, ...]


# -- writing ---------------------------------------------------------------------------------------


def write_events(connection: Connection, events: Sequence[SafetyEvent]) -> None:
    """Write events as they are now; of two states of one event the later one in the list is kept. Acknowledgements stay as they are
    stored."""
    latest = {event.id: event for event in events}
    if not latest:
        return
    change, fence = (
        next_number(connection, _E.change, _LOCK, max(event.updated for event in latest.values())),
        fence_of(connection),
    )
    statement = _INSERT[connection.dialect.name](SAFETY_EVENT)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["id"], set_={column.name: new[column.name] for column in SAFETY_EVENT.c if column.name not in _KEPT}
    )
    rows = [_row(event) | {"change": change + place, "fence": fence} for place, event in enumerate(latest.values())]
    connection.execute(statement, rows)


def acknowledge(connection: Connection, event_id: str, by: str, at: float) -> SafetyEvent | None:
    """Note that this user has acknowledged the event at `at` (wall seconds), unless somebody has before; returns the event as it is then,
    None where there is none of that id."""
    change = next_number(connection, _E.change, _LOCK, at)
    first = update(SAFETY_EVENT).where(_E.id == event_id, _E.acknowledged_by.is_(None))
    connection.execute(first.values(acknowledged_by=by, acknowledged_at=at, change=change))
    return one(connection, event_id)


# -- reading ---------------------------------------------------------------------------------------


def last_change(connection: Connection) -> int:
    """The number of the latest change; 0 before any."""
    return last_number(connection, _E.change)


def open_events(connection: Connection, limit: int = MAX_OPEN) -> list[SafetyEvent]:
    """The events whose situation goes on, the newest first."""
    rows = connection.execute(_events().where(_E.resolved.is_(None)).order_by(_E.started.desc()).limit(limit))
    return [_event(row) for row in rows]


def count_open(connection: Connection, *, count_demo: bool = False) -> int:
    """How many events go on. `count_demo`: those of simulated traffic too."""
    wanted = _conditions(EventSearch(is_open=True, demo=None if count_demo else False))
    return connection.execute(select(func.count()).select_from(SAFETY_EVENT).where(*wanted)).scalar_one()


def changed_since(connection: Connection, change: int, limit: int = MAX_CHANGES) -> Changes:
    """The events that were changed after that number, and the number with which the next call goes on."""
    newer = _events().add_columns(_E.change).where(_E.change > change).order_by(_E.change).limit(limit)
    rows = list(connection.execute(newer))
    return Changes([_event(row) for row in rows], rows[-1].change if rows else change)


def present(connection: Connection, since: float) -> Changes:
    """The open events, and those that were changed at `since` (wall seconds) or later; with the number of the latest change."""
    upto = last_change(connection)
    lately = changed_since(connection, int(since * 1000) - 1).events
    found = {event.id: event for event in (*lately, *open_events(connection))}
    return Changes(list(found.values()), upto)


def page(connection: Connection, search: EventSearch, after: Key | None, limit: int) -> list[SafetyEvent]:
    """The next events that match, after that place in the list (None: from its beginning)."""
    wanted = _conditions(search)
    if after is not None:
        # The first condition alone lets both databases begin at the right place of the index.
        wanted.append(
            and_(
                _E.started <= after.started, or_(_E.started < after.started, and_(_E.started == after.started, _E.id < after.id))
            )
        )
    rows = connection.execute(_events().where(*wanted).order_by(_E.started.desc(), _E.id.desc()).limit(limit))
    return [_event(row) for row in rows]


def key_of(event: SafetyEvent) -> Key:
    """The place of the event in a list."""
    return Key(event.started, event.id)


def one(connection: Connection, event_id: str) -> SafetyEvent | None:
    """The event of that id."""
    row = connection.execute(_events().where(_E.id == event_id)).one_or_none()
    return None if row is None else _event(row)


def statistics(connection: Connection, since: float, until: float, *, count_demo: bool = False) -> EventStatistics:
    """The numbers of the events that began between `since` and `until` (wall seconds). `count_demo`: those of simulated traffic too."""
    wanted = _conditions(EventSearch(since, until, demo=None if count_demo else False))
    acknowledged = func.count(_E.acknowledged_at)
    lasted = case((_E.resolved.is_not(None), _E.resolved - _E.started))
    numbers = (func.count(), func.count(_E.resolved), acknowledged, func.avg(lasted), func.max(lasted))
    events, resolved, noted, mean_s, longest_s = connection.execute(select(*numbers).where(*wanted)).one()
    hexes = select(_E.hex).where(*wanted, _E.hex.is_not(None)).union(select(_E.hex_2).where(*wanted, _E.hex_2.is_not(None)))
    aircraft = connection.execute(select(func.count()).select_from(hexes.subquery())).scalar_one()
    kinds = select(_E.event_type, _E.severity, func.count(), acknowledged).where(*wanted)
    by_type = connection.execute(kinds.group_by(_E.event_type, _E.severity).order_by(_E.event_type, _E.severity))
    day = func.floor(_E.started / DAY_S)
    by_day = connection.execute(select(day, func.count()).where(*wanted).group_by(day).order_by(day))
    return EventStatistics(
        events=events,
        open=events - resolved,
        acknowledged=noted,
        aircraft=aircraft,
        mean_s=mean_s,
        longest_s=longest_s,
        by_type=tuple(TypeCount(*row) for row in by_type),
        by_day=tuple(DayCount(int(found), count) for found, count in by_day),
    )


def _events() -> Any:
    return select(*_COLUMNS)


def _conditions(search: EventSearch) -> list[ColumnElement[bool]]:
    return [test(value) for name, test in _TESTS.items() if (value := getattr(search, name)) is not None]


def _begins(column: ColumnElement[Any], beginning: str) -> ColumnElement[bool]:
    return column.istartswith(beginning, autoescape=True)


_TESTS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "since": lambda at: _E.started >= at,
    "until": lambda at: _E.started < at,
    "event_types": _E.event_type.in_,
    "severities": _E.severity.in_,
    "hex": lambda hex_: or_(_E.hex == hex_, _E.hex_2 == hex_),
    "callsign": lambda begins: or_(_begins(_E.callsign, begins), _begins(_E.callsign_2, begins)),
    "is_open": lambda chosen: _E.resolved.is_(None) if chosen else _E.resolved.is_not(None),
    "acknowledged": lambda chosen: _E.acknowledged_at.is_not(None) if chosen else _E.acknowledged_at.is_(None),
    "demo": _E.demo.is_,
}
"""The condition of each filter."""


def _row(event: SafetyEvent) -> dict[str, Any]:
    row = {name: getattr(event, name) for name in _NAMES}
    return row | {"details": wirejson.dumps(dict(event.details))}


def _event(row: Row[Any]) -> SafetyEvent:
    found: dict[str, Any] = {column.name: row._mapping[column] for column in _COLUMNS}
    return SafetyEvent(**found | {"details": _details(found["details"])})


def _details(stored: str) -> Mapping[str, Scalar | None]:
    """The stored details; none where they cannot be read."""
    try:
        found = wirejson.loads(stored)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

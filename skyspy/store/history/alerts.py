"""Alerts: writing what users' rules triggered, and reading it.

An alert and its deliveries are written in one transaction, by the process that writes the history: what is stored is delivered, and what is
not stored was neither published nor sent. Each new alert gets the next number in `change` (numbers.py), by which the other processes
read what is new. An alert belongs to one user: what reads for people takes the `owner_id` always.

Invariants: an alert is written once, and writing it again changes nothing. What changes later is only until when its match went on. Lists
are ordered by the time of the alert, the newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from skyspy import wirejson
from skyspy.store.history import outbox
from skyspy.store.history.lease import fence_of
from skyspy.store.history.numbers import last_number, next_number
from skyspy.store.history.outbox import Delivery
from skyspy.store.history.schema import ALERT

MAX_CHANGES = 2000
"""New alerts that `changed_since` reads at most."""
MAX_ACTIVE = 20_000
"""Matches that `active` reads at most, the newest ones."""
IDS_AT_ONCE = 400

_LOCK = 0x5B75_7007
_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_A = ALERT.c


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. Times are wall seconds. `matched`: what matched, for people; `aircraft`: what was known of the aircraft, None where the
    alert is not about one. `notify`: open pages of the owner show a notification. `held_until`: the end of the quiet hours in which it
    was made. `matched_until`: the match went on at least until then; `ended_at`: when it ended, None while it goes on.
    `suppressed`: how many alerts this one sums up because there were too many. `demo`: simulated traffic."""

    id: str
    owner_id: int
    rule_id: int
    rule_version: int
    rule_name: str
    message: str
    triggered_at: float
    matched_until: float
    hex: str | None = None
    callsign: str | None = None
    matched: Sequence[object] = ()
    aircraft: Mapping[str, Any] | None = None
    notify: bool = False
    held_until: float | None = None
    ended_at: float | None = None
    suppressed: int = 0
    demo: bool = False


def ended(alert: Alert, at: float) -> Alert:
    """The alert, whose match ended at `at` (wall seconds)."""
    return replace(alert, matched_until=at, ended_at=at)


class Ended(NamedTuple):
    """The match of the alert with this id ended at `at` (wall seconds)."""

    id: str
    at: float


class Changes(NamedTuple):
    """New alerts, the earliest first, and the number up to which alerts are known then."""

    alerts: list[Alert]
    upto: int


class Key(NamedTuple):
    """The place of an alert in a list: its time in wall seconds, and its id."""

    triggered_at: float
    id: str


class OwnerCount(NamedTuple):
    """How many alerts a user had, and the time of the latest one."""

    owner_id: int
    alerts: int
    latest: float


@dataclass(frozen=True, slots=True)
class AlertSearch:
    """Which alerts of a user; None is no filter. `since` and `until` are wall seconds: triggered at `since` or later, and before `until`.
    `hex` as stored; `callsign`: how it begins, in any case; `demo`: whether the traffic is simulated."""

    since: float | None = None
    until: float | None = None
    rule_id: int | None = None
    hex: str | None = None
    callsign: str | None = None
    demo: bool | None = None


_NAMES = tuple(Alert.__dataclass_fields__)
_COLUMNS = tuple(_A[name] for name in _NAMES)


# -- writing ---------------------------------------------------------------------------------------


def write_triggers(
    connection: Connection,
    alerts: Sequence[Alert],
    deliveries: Sequence[Delivery],
    ended: Sequence[Ended] = (),
    going_on: Collection[str] = (),
    now: float = 0.0,
) -> int:
    """Write new alerts with what is to be sent of them; note which matches ended, and those of which alerts, by id, go on at `now` (wall
    seconds). An alert that is stored already is left as it is, and so is what is to be sent of it. Returns the number of the newest
    alert."""
    if alerts:
        change, fence = (
            next_number(connection, _A.change, _LOCK, max(alert.triggered_at for alert in alerts)),
            fence_of(connection),
        )
        rows = [_row(alert) | {"change": change + place, "fence": fence} for place, alert in enumerate(alerts)]
        statement = _INSERT[connection.dialect.name](ALERT).on_conflict_do_nothing().returning(_A.id)
        written = {found.id for row in rows for found in connection.execute(statement, row)}
        outbox.add(connection, [delivery for delivery in deliveries if delivery.alert_id in written])
    note_matched(connection, going_on, now)
    end_matches(connection, ended)
    return last_change(connection)


def end_matches(connection: Connection, ended: Sequence[Ended]) -> None:
    """Note when matches ended; the first end counts."""
    if ended:
        statement = update(ALERT).where(_A.id == bindparam("of"), _A.ended_at.is_(None))
        statement = statement.values(ended_at=bindparam("at"), matched_until=bindparam("at"))
        connection.execute(statement, [{"of": one.id, "at": one.at} for one in ended])


def note_matched(connection: Connection, ids: Collection[str], at: float) -> None:
    """Note that the matches of these alerts go on at `at` (wall seconds)."""
    ordered = list(ids)
    for start in range(0, len(ordered), IDS_AT_ONCE):
        these = _A.id.in_(ordered[start : start + IDS_AT_ONCE])
        connection.execute(update(ALERT).where(these, _A.ended_at.is_(None)).values(matched_until=at))


# -- reading, for the sky --------------------------------------------------------------------------


def last_change(connection: Connection) -> int:
    """The number of the newest alert; 0 before any."""
    return last_number(connection, _A.change)


def changed_since(connection: Connection, change: int, limit: int = MAX_CHANGES) -> Changes:
    """The alerts that were written after that number, and the number with which the next call goes on."""
    newer = select(*_COLUMNS, _A.change).where(_A.change > change).order_by(_A.change).limit(limit)
    rows = list(connection.execute(newer))
    return Changes([_alert(row) for row in rows], rows[-1].change if rows else change)


def latest(connection: Connection, since: float, of_each: int, limit: int) -> Changes:
    """The newest alerts of each user, `of_each` at most, triggered at `since` (wall seconds) or later, and `limit` of all; with the
    number of the newest alert."""
    upto = last_change(connection)
    place = func.row_number().over(partition_by=_A.owner_id, order_by=(_A.triggered_at.desc(), _A.id.desc())).label("place")
    ranked = select(*_COLUMNS, place).where(_A.triggered_at >= since, _A.change <= upto).subquery()
    rows = select(ranked).where(ranked.c.place <= of_each).order_by(ranked.c.triggered_at.desc(), ranked.c.id.desc()).limit(limit)
    return Changes([_alert(row) for row in reversed(list(connection.execute(rows)))], upto)


def active(connection: Connection, since: float, limit: int = MAX_ACTIVE) -> list[Alert]:
    """The alerts whose match goes on, and those whose match ended at `since` (wall seconds) or later; the newest first."""
    rows = select(*_COLUMNS).where(or_(_A.ended_at.is_(None), _A.ended_at >= since))
    return [_alert(row) for row in connection.execute(rows.order_by(_A.triggered_at.desc()).limit(limit))]


# -- reading, for people ---------------------------------------------------------------------------


def page(connection: Connection, owner_id: int, search: AlertSearch, after: Key | None, limit: int) -> list[Alert]:
    """The user's next alerts that match, after that place in the list (None: from its beginning)."""
    wanted = [_A.owner_id == owner_id, *_conditions(search)]
    if after is not None:
        earlier = or_(_A.triggered_at < after.triggered_at, and_(_A.triggered_at == after.triggered_at, _A.id < after.id))
        wanted.append(and_(_A.triggered_at <= after.triggered_at, earlier))
    rows = select(*_COLUMNS).where(*wanted).order_by(_A.triggered_at.desc(), _A.id.desc()).limit(limit)
    return [_alert(row) for row in connection.execute(rows)]


def key_of(alert: Alert) -> Key:
    """The place of the alert in a list."""
    return Key(alert.triggered_at, alert.id)


def one(connection: Connection, owner_id: int, alert_id: str) -> Alert | None:
    """The user's alert of that id; None where there is none, or it is another user's."""
    row = connection.execute(select(*_COLUMNS).where(_A.id == alert_id, _A.owner_id == owner_id)).one_or_none()
    return None if row is None else _alert(row)


def latest_of(connection: Connection, owner_id: int, rule_ids: Collection[int]) -> list[Alert]:
    """The user's latest alert of each of these rules that has one."""
    place = func.row_number().over(partition_by=_A.rule_id, order_by=(_A.triggered_at.desc(), _A.id.desc())).label("place")
    own = (_A.owner_id == owner_id, _A.rule_id.in_(rule_ids))
    ranked = select(*_COLUMNS, place).where(*own).subquery()
    return [_alert(row) for row in connection.execute(select(ranked).where(ranked.c.place == 1))]


def count_of(connection: Connection, owner_id: int, since: float) -> int:
    """How many alerts the user had since then (wall seconds)."""
    wanted = (_A.owner_id == owner_id, _A.triggered_at >= since)
    return connection.execute(select(func.count()).select_from(ALERT).where(*wanted)).scalar_one()


def counts_by_owner(connection: Connection, since: float) -> list[OwnerCount]:
    """How many alerts each user had since then (wall seconds), for operators: nothing else of them."""
    rows = select(_A.owner_id, func.count(), func.max(_A.triggered_at)).where(_A.triggered_at >= since).group_by(_A.owner_id)
    return [OwnerCount(*row) for row in connection.execute(rows.order_by(_A.owner_id))]


def _conditions(search: AlertSearch) -> list[ColumnElement[bool]]:
    return [test(value) for name, test in _TESTS.items() if (value := getattr(search, name)) is not None]


_TESTS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "since": lambda at: _A.triggered_at >= at,
    "until": lambda at: _A.triggered_at < at,
    "rule_id": lambda rule: _A.rule_id == rule,
    "hex": lambda hex_: _A.hex == hex_,
    "callsign": lambda begins: _A.callsign.istartswith(begins, autoescape=True),
    "demo": _A.demo.is_,
}
"""The condition of each filter."""


def _row(alert: Alert) -> dict[str, Any]:
    row = {name: getattr(alert, name) for name in _NAMES}
    return row | {"matched": wirejson.dumps(list(alert.matched)), "aircraft": wirejson.dumps(alert.aircraft)}


def _alert(row: Any) -> Alert:
    found: dict[str, Any] = {name: row._mapping[name] for name in _NAMES}
    matched, aircraft = _loaded(found["matched"]), _loaded(found["aircraft"])
    matched = tuple(matched) if isinstance(matched, list) else ()
    return Alert(**found | {"matched": matched, "aircraft": aircraft if isinstance(aircraft, dict) else None})


def _loaded(stored: str) -> object:
    """The stored JSON; None where it cannot be read."""
    try:
        return wirejson.loads(stored)
    except ValueError:
        return None

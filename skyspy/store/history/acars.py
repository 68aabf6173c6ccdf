"""Datalink messages: writing what was assembled, and reading lists, changes and statistics.

Messages are listed in the order of their time, the newest first. `number` is that time in microseconds, made unique: the key of the table, so
that a search for words finds rows in the order of the list. Each change of a row gets the next number in `change` (numbers.py), by
which the other processes read what is new.

Invariants: writing a message again leaves its id, its time and its place in lists as they are. Text from the air is never part of a
statement. Texts are cut at the width of their column, and NUL is left out: no message can make a batch fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from skyspy import wirejson
from skyspy.datalink.message import DatalinkPosition, Message, Station
from skyspy.store.history import words
from skyspy.store.history.acars_counts import Frames, count_heard, count_messages, one_line
from skyspy.store.history.lease import fence_of
from skyspy.store.history.numbers import last_number, next_number
from skyspy.store.history.schema import ACARS_MESSAGE
from skyspy.store.history.words import Words

MAX_CHANGES = 2000
"""Changed messages that `changed_since` reads at most."""
MAX_LATELY = 20_000
"""Messages that `lately` reads at most, the newest ones."""

EXAMINED = 2000
"""Messages that one step of a search looks at, where it must look at each."""
IDS_AT_ONCE = 400
MAX_TIME = 253_402_300_799.0
"""The last second of the year 9999."""
MAX_INTEGER, MAX_NUMBER = 2**31 - 1, 2**63 - 1

_LOCK = 0x5B75_7008
_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_M = ACARS_MESSAGE.c
_SAME = (
    *(
        "id",
        "time",
        "link",
        "label",
        "label_name",
        "sublabel",
        "mode",
        "tail",
        "flight",
        "callsign",
        "ground",
        "downlink",
        "msgno",
    ),
    *("complete", "text", "on_ground", "origin", "destination", "out", "off", "on", "in_", "eta", "app", "demo"),
)
"""Fields of a Message that are columns of the same name."""
_OTHERS = ("hex", "sent_hex", "matched", "blocks", "lat", "lon", "position", "libacars", "errors", "stations")
_COLUMNS = tuple(_M[name] for name in (*_SAME, *_OTHERS))
_KEPT = frozenset({"number", "id", "time"})
"""Columns that are not changed when a message is written again."""


class Key(NamedTuple):
    """The place of a message in a list: its time in wall seconds, and its id."""

    time: float
    id: str


class Changes(NamedTuple):
    """Messages that changed, the earliest change first, and the number up to which changes are known then."""

    messages: list[Message]
    upto: int


@dataclass(frozen=True, slots=True)
class MessageSearch:
    """Which messages; None is no filter. `words`: each begins a word of the text or of tail, flight, callsign or addresses, in any
    case. `since` and `until` are wall seconds: received at `since` or later, and before `until`. `hex` as stored: the aircraft that sent it
    or that it belongs to; `tail` as sent, with or without hyphen, and `flight` as sent; `callsign`: how it begins, in any case. `station`: the name of one that heard it,
    in any case. `has_position`: whether it says where the aircraft is."""

    words: Words = ()
    since: float | None = None
    until: float | None = None
    hex: str | None = None
    tail: str | None = None
    flight: str | None = None
    callsign: str | None = None
    label: str | None = None
    link: str | None = None
    station: str | None = None
    downlink: bool | None = None
    has_position: bool | None = None
    complete: bool | None = None
    demo: bool | None = None


class Step(NamedTuple):
    """What a step of a search found, and the place where the next one goes on; None at the end of the list."""

    messages: list[Message]
    following: Key | None


# -- writing ---------------------------------------------------------------------------------------


def write_messages(connection: Connection, messages: Sequence[Message], frames: Sequence[Frames] = ()) -> None:
    """Write messages as they are now; of two states of one message the later one in the list is kept. Messages that were not stored
    before, and stations that were not stored with them, are counted on their day, and `frames` are added (acars_counts.py)."""
    latest = {message.id: _dated(message) for message in messages}
    stored: dict[str, _Stored] = {}
    if latest:
        change = next_number(connection, _M.change, _LOCK, max(_heard_last(message) for message in latest.values()))
        fence = fence_of(connection)
        stored = _stored(connection, list(latest))
        new = [message for name, message in latest.items() if name not in stored]
        numbers = dict(zip((message.id for message in new), _free_numbers(connection, new), strict=True))
        numbers |= {name: one.number for name, one in stored.items()}
        rows = [
            _row(message) | {"number": numbers[name], "change": change + place, "fence": fence}
            for place, (name, message) in enumerate(latest.items())
        ]
        statement = _INSERT[connection.dialect.name](ACARS_MESSAGE)
        changed = {column.name: statement.excluded[column.name] for column in ACARS_MESSAGE.c if column.name not in _KEPT}
        connection.execute(statement.on_conflict_do_update(index_elements=["number"], set_=changed), rows)
        count_messages(connection, new)
    heard = [
        (message, station, (message.errors or 0) if name not in stored and place == 0 else 0)
        for name, message in latest.items()
        for place, station in enumerate(message.stations)
        if name not in stored or (station.name, station.receiver) not in stored[name].stations
    ]
    count_heard(connection, heard, frames)


class _Stored(NamedTuple):
    """What is stored of a message already: its number, and the names of its stations with those of their receivers."""

    number: int
    stations: frozenset[tuple[str | None, str | None]]


def _stored(connection: Connection, ids: Sequence[str]) -> dict[str, _Stored]:
    found = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        these = select(_M.id, _M.number, _M.stations).where(_M.id.in_(ids[start : start + IDS_AT_ONCE]))
        for name, number, stations in connection.execute(these):
            found[name] = _Stored(number, frozenset((station.name, station.receiver) for station in _stations(stations)))
    return found


def _free_numbers(connection: Connection, messages: Sequence[Message]) -> list[int]:
    """A number for each of these new messages: its time in microseconds, or the next one that no other message has."""
    wanted = [_number_at(message.time) for message in messages]
    taken = set()
    for start in range(0, len(wanted), IDS_AT_ONCE):
        taken |= set(connection.execute(select(_M.number).where(_M.number.in_(wanted[start : start + IDS_AT_ONCE]))).scalars())
    asked, given = set(wanted), []
    for number in wanted:
        free = number
        while free in taken or (free not in asked and _is_taken(connection, free)):
            taken.add(free)
            free += 1
        taken.add(free)
        given.append(free)
    return given


def _is_taken(connection: Connection, number: int) -> bool:
    return connection.execute(select(_M.number).where(_M.number == number)).first() is not None


def _dated(message: Message) -> Message:
    """The message with times that can be written."""
    times = (message.time, *(station.time for station in message.stations))
    if all(time == _sane(time) for time in times):
        return message
    stations = tuple(replace(station, time=_sane(station.time)) for station in message.stations)
    return replace(message, time=_sane(message.time), stations=stations)


def _number_at(time: float) -> int:
    return round(_sane(time) * 1_000_000)


def _sane(time: float) -> float:
    """The time, within what can be written as a date; 0 for what is no number."""
    return min(max(time, 0.0), MAX_TIME) if time == time else 0.0  # noqa: PLR0124 - NaN


def _heard_last(message: Message) -> float:
    return max(message.time, *(station.time for station in message.stations), 0.0)


def _row(message: Message) -> dict[str, Any]:
    names = dict.fromkeys(station.name.lower().replace("\n", " ") for station in message.stations if station.name)
    place = message.position
    row = {name: getattr(message, name) for name in _SAME} | {
        "hex": message.matched or message.hex,
        "sent_hex": message.hex,
        "matched": message.matched is not None,
        "blocks": _json(message.blocks) or "[]",
        "lat": None if place is None else place.lat,
        "lon": None if place is None else place.lon,
        "position": None if place is None else _json((place.altitude, place.source, place.at)),
        "libacars": None if message.libacars is None else _json(dict(message.libacars)),
        "errors": None if message.errors is None else max(0, min(message.errors, MAX_INTEGER)),
        "stations": _json([(one.name, one.receiver, one.freq, one.level, one.time) for one in message.stations]) or "[]",
        "station_names": "\n".join(("", *names, "")),
    }
    return {name: one_line(value, ACARS_MESSAGE, name) if isinstance(value, str) else value for name, value in row.items()}


def _json(value: object) -> str | None:
    """The value as JSON; None for what cannot be written so, such as half of a character."""
    try:
        return wirejson.dumps(value)
    except TypeError:
        return None


# -- reading, for the sky --------------------------------------------------------------------------


def last_change(connection: Connection) -> int:
    """The number of the latest change; 0 before any."""
    return last_number(connection, _M.change)


def changed_since(connection: Connection, change: int, limit: int = MAX_CHANGES) -> Changes:
    """The messages that were changed after that number, and the number with which the next call goes on."""
    newer = select(*_COLUMNS, _M.change).where(_M.change > change).order_by(_M.change).limit(limit)
    rows = list(connection.execute(newer))
    return Changes([_message(row) for row in rows], rows[-1].change if rows else change)


def lately(connection: Connection, since: float, limit: int = MAX_LATELY) -> Changes:
    """The messages that were changed at `since` (wall seconds) or later, the `limit` newest of them by their time, the oldest first; with
    the number of the latest change."""
    upto = last_change(connection)
    rows = select(*_COLUMNS).where(_M.change >= int(since * 1000), _M.change <= upto).order_by(_M.number.desc()).limit(limit)
    return Changes([_message(row) for row in reversed(list(connection.execute(rows)))], upto)


# -- reading, for people ---------------------------------------------------------------------------


def page(connection: Connection, search: MessageSearch, after: Key | None, limit: int) -> list[Message]:
    """The next messages that match, the newest first, after that place in the list (None: from its beginning). Looks at all messages if
    it must: what people ask for goes in steps."""
    found: list[Message] = []
    while len(found) < limit:
        more, after = step(connection, search, after, limit - len(found))
        found += more
        if after is None:
            break
    return found


def step(connection: Connection, search: MessageSearch, after: Key | None, limit: int) -> Step:
    """The next messages that match, `limit` at most, after that place in the list; and where the next step goes on. A step may find
    none and still not be the last one: it looks at EXAMINED messages, where no index leads to those that match."""
    low = 0 if search.since is None else _number_at(search.since)
    high = MAX_NUMBER if search.until is None else _number_at(search.until)
    if after is not None:
        high = min(high, _number_of(connection, after))
    numbers, others = _found_by(connection, search, low, high, limit)
    number = numbers.selected_columns[0]
    examined = EXAMINED if others else limit
    some = numbers.where(number >= low, number < high).order_by(number.desc()).limit(examined).subquery()
    rows = select(*_COLUMNS).select_from(some).join(ACARS_MESSAGE, _M.number == some.c.number)
    rows = rows.where(*others).order_by(some.c.number.desc()).limit(limit)
    found = [_message(row) for row in connection.execute(rows)]
    if len(found) == limit:
        return Step(found, key_of(found[-1]))
    looked_at, last = connection.execute(select(func.count(), func.min(some.c.number))).one()
    if looked_at < examined:
        return Step(found, None)
    return Step(found, Key(*connection.execute(select(_M.time, _M.id).where(_M.number == last)).one()))


def key_of(message: Message) -> Key:
    """The place of the message in a list."""
    return Key(message.time, message.id)


def one(connection: Connection, message_id: str) -> Message | None:
    """The message of that id."""
    row = connection.execute(select(*_COLUMNS).where(_M.id == message_id)).one_or_none()
    return None if row is None else _message(row)


def _number_of(connection: Connection, after: Key) -> int:
    """The number of a message by its place; of one that was deleted meanwhile, by its time."""
    found = connection.execute(select(_M.number).where(_M.id == after.id)).scalar()
    return _number_at(after.time) if found is None else found


def _found_by(
    connection: Connection, search: MessageSearch, low: int, high: int, limit: int
) -> tuple[Select[Any], list[ColumnElement[bool]]]:
    """The numbers of the messages that an index gives for one of the filters, and the conditions of the others. `low`, `high` and `limit`:
    what is asked of the numbers."""
    given = {name: value for name in _TESTS if (value := getattr(search, name)) is not None}
    if search.words and words.found_by_index(connection):
        return words.numbers(search.words), [_TESTS[name](value) for name, value in given.items()]
    numbers: Select[Any] = select(_M.number)
    others = []
    leading = next((name for name in _INDEXED if name in given), None)
    if leading is not None:
        numbers = numbers.where(_TESTS[leading](given.pop(leading)))
    few = words.few(connection, search.words) if search.words and leading is None else None
    if few is not None:
        within = islice((number for number in few if low <= number < high), EXAMINED if given else limit)
        numbers = numbers.where(_M.number.in_(list(within)))
    elif search.words:
        others.append(words.condition(connection, search.words))
    return numbers, [*others, *(_TESTS[name](value) for name, value in given.items())]


def _spellings(tail: str) -> list[str]:
    """A registration with a hyphen at each place and without one: some decoders write it and some do not."""
    bare = tail.replace("-", "")
    return [bare, *(f"{bare[:place]}-{bare[place:]}" for place in range(1, len(bare)))]


_INDEXED = ("hex", "tail", "flight", "label")
"""Filters with an index, the most selective first."""

_TESTS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "hex": lambda hex_: _M.hex == hex_,
    "tail": lambda tail: _M.tail.in_(_spellings(tail.upper())),
    "flight": lambda flight: _M.flight == flight.upper(),
    "callsign": lambda begins: _M.callsign.istartswith(begins, autoescape=True),
    "label": lambda label: _M.label == label,
    "link": lambda link: _M.link == link,
    "station": lambda name: _M.station_names.contains(f"\n{name.lower()}\n", autoescape=True),
    "downlink": _M.downlink.is_,
    "has_position": lambda chosen: _M.lat.is_not(None) if chosen else _M.lat.is_(None),
    "complete": _M.complete.is_,
    "demo": _M.demo.is_,
}
"""The condition of each filter that is one comparison."""


# -- rows as messages ------------------------------------------------------------------------------


def _message(row: Sequence[Any]) -> Message:
    """The message of a row that begins with _COLUMNS."""
    # By place: looking for each value by its name takes longer than reading the row.
    same = dict(zip(_SAME, row, strict=False))
    hex_, sent_hex, matched, blocks, lat, lon, position, libacars, errors, stations = row[len(_SAME) : len(_COLUMNS)]
    place = _loaded(position)
    said, listed = _loaded(libacars), _loaded(blocks)
    return Message(
        **same,
        hex=sent_hex,
        matched=hex_ if matched else None,
        blocks=tuple(listed) if isinstance(listed, list) else (),
        position=DatalinkPosition(lat, lon, *place) if isinstance(place, list) and len(place) == 3 else None,
        libacars=said if isinstance(said, dict) else None,
        errors=errors,
        stations=_stations(stations),
    )


def _stations(stored: str) -> tuple[Station, ...]:
    found = _loaded(stored)
    return tuple(Station(*values) for values in found) if isinstance(found, list) else ()


def _loaded(stored: str | None) -> object:
    """The stored JSON; None where it cannot be read."""
    try:
        return None if stored is None else wirejson.loads(stored)
    except ValueError:
        return None

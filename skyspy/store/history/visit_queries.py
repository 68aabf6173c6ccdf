"""Reading visits, and the aircraft that made them.

Lists are ordered by the beginning of a visit, the newest first: a visit's beginning never changes, so that a client that pages
misses none while visits go on. A search whose filters have no index looks at EXAMINED rows in one step, which is a transaction of
its own, so that it holds the reading connection only for a moment.

Invariants: `callsigns`, `squawks`, `receivers` and `sources` are JSON lists; an item of such a list is found as its JSON text. Every
text of a search is a bound value, and no character of it is a pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, and_, exists, func, literal_column, or_, select, union

from skyspy import wirejson
from skyspy.store.history.schema import AIRCRAFT_SEEN, SEVERAL_CALLSIGNS, VISIT

EXAMINED = 20_000
"""Visits that one step of a search without an index looks at."""
DAY_S = 86_400.0

_V = VISIT.c


class Key(NamedTuple):
    """The place of a visit in the list: its beginning in wall seconds, and its row."""

    first: float
    id: int


@dataclass(frozen=True, slots=True)
class VisitSearch:
    """Which visits; None is no filter. `since` and `until` are wall seconds: the visit was under way at some moment from `since` on and
    before `until`. `flight` is any of its callsigns, or how one begins where `flight_begins`; `r`, `t`, `country`, `receiver` and
    `source` are exact, `operator` a part, all in any case. `emergency`: whether it had an emergency status. It was at `min_altitude` ft or
    above, and at `max_altitude` ft or below, at some moment. `first_ever`: whether it was the first one of its aircraft;
    `absent_days`: it is not the first one, and no other visit of its aircraft ended less than so many days before it began. `begun_since`: it
    began then or later, which is not looked for further back."""

    since: float | None = None
    until: float | None = None
    hex: str | None = None
    flight: str | None = None
    flight_begins: bool = False
    r: str | None = None
    t: str | None = None
    operator: str | None = None
    country: str | None = None
    squawk: str | None = None
    military: bool | None = None
    emergency: bool | None = None
    min_altitude: float | None = None
    max_altitude: float | None = None
    closest_within_nm: float | None = None
    receiver: str | None = None
    source: str | None = None
    demo: bool | None = None
    first_ever: bool | None = None
    absent_days: float | None = None
    begun_since: float | None = None

    @property
    def is_indexed(self) -> bool:
        """Whether the visits that match are found without looking at many others."""
        loose = (name for name in self.__slots__ if name not in ("hex", "until", "demo", "flight_begins"))
        by_flight = self.flight is not None and not self.flight_begins
        return self.hex is not None or by_flight or all(getattr(self, name) is None for name in loose)


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit, as schema.VISIT has it. `first_ever`: it is the first one of its aircraft, demo traffic left out."""

    id: int
    hex: str
    start: int
    first: float
    last: float
    ended: bool
    flight: str | None
    callsigns: str
    squawks: str
    receivers: str
    sources: str
    r: str | None
    t: str | None
    own_op: str | None
    country: str | None
    category: str | None
    military: bool
    emergency: str | None
    demo: bool
    messages: int
    positions: int
    closest_nm: float | None
    closest_at: float | None
    farthest_nm: float | None
    farthest_at: float | None
    alt_min: int | None
    alt_max: int | None
    gs_max: float | None
    on_ground: bool
    first_lat: float | None
    first_lon: float | None
    last_lat: float | None
    last_lon: float | None
    first_ever: bool

    @property
    def key(self) -> Key:
        """Its place in the list."""
        return Key(self.first, self.id)


@dataclass(frozen=True, slots=True)
class Seen:
    """One aircraft that was ever heard: when first and last (wall seconds), and on how many visits."""

    hex: str
    first: float
    last: float
    visits: int


def step(connection: Connection, search: VisitSearch, limit: int, after: Key | None) -> tuple[list[Visit], Key | None]:
    """The next visits that match, `limit` at most, after that place in the list; and the place where the next step goes on, None at
    the end of the list. A step may find none and still not be the last one."""
    low = None if search.is_indexed else _floor(connection, search, after)
    wanted = [*_conditions(search), *([] if after is None else [_is_after(after)]), *([] if low is None else [_V.first >= low])]
    rows = connection.execute(_visits().where(*wanted).order_by(_V.first.desc(), _V.id.desc()).limit(limit))
    found = [Visit(*row) for row in rows]
    if len(found) == limit:
        return found, found[-1].key
    return found, None if low is None else Key(low, 0)


def _floor(connection: Connection, search: VisitSearch, after: Key | None) -> float | None:
    """When the visit began that stands EXAMINED places further in the list, whether or not it matches; None: the list ends before."""
    wanted = [] if after is None else [_is_after(after)]
    wanted += [_TESTS[name](at) for name in ("until", "begun_since") if (at := getattr(search, name)) is not None]
    found = select(_V.first).where(*wanted).order_by(_V.first.desc()).limit(1).offset(EXAMINED)
    return connection.execute(found).scalar()


def begun(connection: Connection, since: float, after: Key | None, limit: int) -> list[Visit]:
    """The next visits that began at `since` (wall seconds) or later, `limit` at most, after that place in the list."""
    wanted = [_V.first >= since, *([] if after is None else [_is_after(after)])]
    rows = connection.execute(_visits().where(*wanted).order_by(_V.first.desc(), _V.id.desc()).limit(limit))
    return [Visit(*row) for row in rows]


def earliest_start_of_visits_heard_since(connection: Connection, since: float) -> float | None:
    """When the first one of the visits began that were under way at `since` or later; None where there is none. Looks at all of them."""
    return connection.execute(select(func.min(_V.first)).where(_V.last >= since)).scalar()


def one(connection: Connection, hex_: str, start: int) -> Visit | None:
    """The visit of that name."""
    row = connection.execute(_visits().where(_V.hex == hex_, _V.start == start)).one_or_none()
    return None if row is None else Visit(*row)


def of_aircraft(connection: Connection, hex_: str, limit: int, *, demo: bool) -> list[Visit]:
    """The newest visits of one aircraft; `demo`: simulated ones too."""
    return step(connection, VisitSearch(hex=hex_, demo=None if demo else False), limit, None)[0]


def latest(connection: Connection, hexes: Collection[str], *, demo: bool) -> list[Visit]:
    """The visit heard last of each of these aircraft that has one; `demo`: simulated ones too."""
    other = VISIT.alias()
    last = select(func.max(other.c.last)).where(other.c.hex == _V.hex)
    these = _visits().where(_V.hex.in_(hexes))
    if not demo:
        last, these = last.where(other.c.demo.is_(False)), these.where(_V.demo.is_(False))
    return [Visit(*row) for row in connection.execute(these.where(_V.last == last.scalar_subquery()))]


def seen(connection: Connection, hexes: Collection[str]) -> list[Seen]:
    """Those of these aircraft that were ever heard, simulated ones left out."""
    return [Seen(*row) for row in connection.execute(select(AIRCRAFT_SEEN).where(AIRCRAFT_SEEN.c.hex.in_(hexes)))]


def kept(connection: Connection, hexes: Collection[str]) -> list[Seen]:
    """As `seen`, by the visits that are kept, simulated ones too."""
    numbers = (func.min(_V.first), func.max(_V.last), func.count())
    return [Seen(*row) for row in connection.execute(select(_V.hex, *numbers).where(_V.hex.in_(hexes)).group_by(_V.hex))]


def _visits() -> Select[Any]:
    columns = [column for column in VISIT.c if column.name != "fence"]
    first_ever = and_(_V.demo.is_(False), AIRCRAFT_SEEN.c.first.is_not(None), _V.start <= AIRCRAFT_SEEN.c.first)
    return select(*columns, first_ever).select_from(VISIT.outerjoin(AIRCRAFT_SEEN, AIRCRAFT_SEEN.c.hex == _V.hex))


def _is_after(after: Key) -> ColumnElement[bool]:
    # The first condition alone lets both databases begin at the right place of the index.
    return and_(_V.first <= after.first, or_(_V.first < after.first, _V.id < after.id))


def _conditions(search: VisitSearch) -> list[ColumnElement[bool]]:
    given = {name: getattr(search, name) for name in _TESTS}
    found = [_TESTS[name](value) for name, value in given.items() if value is not None]
    if search.flight is not None:
        found.append(
            _has_item(_V.callsigns, search.flight, begins=True)
            if search.flight_begins
            else _V.id.in_(_with_callsign(search.flight))
        )
    is_first = exists(select(1).where(AIRCRAFT_SEEN.c.hex == _V.hex, AIRCRAFT_SEEN.c.first >= _V.start).correlate(VISIT))
    if search.first_ever is not None:
        found += [_V.demo.is_(False), is_first if search.first_ever else ~is_first]
    if search.absent_days is not None:
        earlier = VISIT.alias()
        lately = select(1).where(
            earlier.c.hex == _V.hex,
            earlier.c.demo.is_(False),
            earlier.c.start < _V.start,
            earlier.c.last > _V.first - search.absent_days * DAY_S,
        )
        was_seen = exists(select(1).where(AIRCRAFT_SEEN.c.hex == _V.hex, AIRCRAFT_SEEN.c.first < _V.start).correlate(VISIT))
        found += [_V.demo.is_(False), was_seen, ~exists(lately.correlate(VISIT))]
    return found


def _has_item(column: ColumnElement[Any], text: str, *, begins: bool = False) -> ColumnElement[bool]:
    """Whether a JSON list of texts has this item, or one that begins so, in any case."""
    item = wirejson.dumps(text)
    return column.icontains(item[:-1] if begins else item, autoescape=True)


def _with_callsign(callsign: str) -> CompoundSelect[Any]:
    """The rows of the visits with this callsign: transponders send capitals. The only one of most is in an index, and of those with
    several the lists are."""
    only = select(_V.id).where(_V.flight.in_({callsign, callsign.upper()}))
    several = select(_V.id).where(literal_column(SEVERAL_CALLSIGNS), _has_item(_V.callsigns, callsign))
    return union(only, several)


def _is(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    return func.lower(column) == func.lower(text)


_TESTS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "since": lambda at: _V.last >= at,
    "until": lambda at: _V.first < at,
    "begun_since": lambda at: _V.first >= at,
    "hex": lambda hex_: _V.hex == hex_,
    "r": lambda text: _is(_V.r, text),
    "t": lambda text: _is(_V.t, text),
    "country": lambda text: _is(_V.country, text),
    "operator": lambda text: _V.own_op.icontains(text, autoescape=True),
    "squawk": lambda code: _has_item(_V.squawks, code),
    "receiver": lambda name: _has_item(_V.receivers, name),
    "source": lambda name: _has_item(_V.sources, name),
    "military": _V.military.is_,
    "emergency": lambda chosen: _V.emergency.is_not(None) if chosen else _V.emergency.is_(None),
    "demo": _V.demo.is_,
    "min_altitude": lambda feet: _V.alt_max >= feet,
    "max_altitude": lambda feet: _V.alt_min <= feet,
    "closest_within_nm": lambda nm: _V.closest_nm <= nm,
}
"""The condition of each filter that is one comparison."""

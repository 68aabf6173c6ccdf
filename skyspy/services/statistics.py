"""Application: statistics of a sky over time, for REST, the panel and requests of Socket.IO.

Invariants: needs `stats.view`. A caller reads the statistics of the sky that it sees. Distances here were measured from the exact
place of the receiver, and what a single receiver hears tells where it stands: both are only for callers whose audience is EXACT.
Others get no distance at all: the farthest distances of many days, even from a rounded point, would narrow down the place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from skyspy import topics
from skyspy.auth.policy import may
from skyspy.clock import iso
from skyspy.registration.airlines import AIRLINES
from skyspy.rollups.records import BUSIEST_HOUR, BUSIEST_MINUTE, FARTHEST, Record
from skyspy.rollups.records import UNITS as RECORD_UNITS
from skyspy.server import Server
from skyspy.services.caller import Caller, Refused
from skyspy.services.filter_checks import refuse
from skyspy.services.receiver_names import listed_names
from skyspy.sky import SkyView
from skyspy.sky.audience import Payload
from skyspy.store.errors import StoreError
from skyspy.store.history import HistoryStore, periods, records, top
from skyspy.store.history.periods import DAY, HOUR, UNITS, Steps
from skyspy.store.history.top import TopRow

P = ParamSpec("P")
T = TypeVar("T")

PERMISSION = "stats.view"
DEFAULT_SPAN_S = {"minute": 86_400.0, "hour": 7 * 86_400.0, "day": 90 * 86_400.0}
"""What is shown where no `from` is given, by period."""
MAX_STEPS = 3000
TOP_SPAN_S, MAX_TOP_SPAN_S = 7 * 86_400.0, 92 * 86_400.0
MAX_WALL_S = 1e11

_ROUNDED = {"aircraft_avg": 2, "rssi_mean": 1, "max_distance_nm": 1}
_HIDDEN = ("demo", "rssi_count")
_PERIODS = {BUSIEST_MINUTE: 60, BUSIEST_HOUR: 3600}


@dataclass(frozen=True, slots=True)
class Reader:
    """A caller that may read the statistics of its sky. `exact`: it may know where the receivers stand; `operates`: it may know how
    they are reached."""

    view: SkyView
    store: HistoryStore
    exact: bool
    operates: bool

    def read(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `fn(connection, ..)`, read from the history. Raises Refused where it cannot be read."""
        with _readable():
            return self.store.read(fn, *args, **kwargs)

    def require_location_access(self, what: str) -> None:
        """Raise Refused unless the caller may know where the receivers stand."""
        if not self.exact:
            message = f"{what} is for those who may know where the receiver stands: sign in, or send a key"
            raise Refused("permission_denied", message)

    def names(self) -> dict[str, str]:
        """The listed receivers: the name by which the statistics know each, by the name that this caller reads."""
        return listed_names(self.view, operates=self.operates)

    def receiver(self, shown: str | None) -> str | None:
        """The name by which the statistics know the receiver that this caller calls so; None: all. Raises Refused."""
        if shown is None:
            return None
        self.require_location_access("What one receiver hears")
        name = self.names().get(shown)
        if name is None and self.operates and shown in {row[0] for row in self.read(periods.receivers, self.view.name)}:
            name = shown
        if name is None:
            raise Refused("not_found", f"There is no receiver {shown[:80]!r}; /api/stats/receivers/ lists them")
        return name


def reader(server: Server, caller: Caller) -> Reader:
    """The caller as a reader of statistics. Raises Refused."""
    caller.require(server, PERMISSION)
    principal = caller.principal
    view = server.skies[principal.sky].view
    exact = view.audience(principal) == topics.EXACT
    return Reader(view, server.histories[principal.sky], exact, may(principal, "settings.manage", server.settings.current))


# -- by minute, hour and day -----------------------------------------------------------------------


def history(
    server: Server,
    caller: Caller,
    period: str = "hour",
    since: float | None = None,
    until: float | None = None,
    receiver: str | None = None,
    limit: int = 1500,
) -> Payload:
    """The steps of a period (minute, hour or day) from `since` to `until` (wall seconds), at most `limit` of them: columns of the sky,
    or of one receiver. Raises Refused."""
    asking = reader(server, caller)
    unit = UNITS[period]
    since, until = span(server, since, until, DEFAULT_SPAN_S[period])
    name = asking.receiver(receiver)
    first, end = int(since // unit.seconds), int(-(-until // unit.seconds))
    found = asking.read(periods.steps, unit, asking.view.name, first, end, limit + 1, name)
    following = found.at[limit] if len(found.at) > limit else None
    columns = _columns(found, limit, exact=asking.exact)
    demo = any(columns.pop("demo"))
    time, columns = _with_gaps(found.at[:limit], columns)
    return {
        "period": period,
        "step_s": unit.seconds,
        "from": iso(first * unit.seconds),
        "to": iso(end * unit.seconds),
        "receiver": receiver,
        "count": len(time),
        "next": None if following is None else iso(following * unit.seconds),
        "time": [at * unit.seconds for at in time],
        "values": {name: column for name, column in columns.items() if name not in _HIDDEN},
        **({"demo": True} if demo else {}),
    }


def receivers(server: Server, caller: Caller) -> list[Payload]:
    """The receivers of which statistics are kept, the listed ones first. Raises Refused."""
    asking = reader(server, caller)
    asking.require_location_access("What one receiver hears")
    kept = {name: (is_demo, first, last) for name, is_demo, first, last in asking.read(periods.receivers, asking.view.name)}
    rows = []
    status = {row["name"]: row for row in asking.view.receivers.status()}
    for shown, name in asking.names().items():
        row = status[name]
        rows.append(_receiver(shown, row["label"], kept.pop(name, (row["is_demo"], None, None)), listed=True))
    if asking.operates:
        rows += [_receiver(name, "", row, listed=False) for name, row in sorted(kept.items())]
    return rows


def _receiver(shown: str, label: str, kept: tuple[bool, int | None, int | None], *, listed: bool) -> Payload:
    is_demo, first, last = kept
    return {
        "name": shown,
        "label": label,
        "is_demo": is_demo,
        "listed": listed,
        "first": None if first is None else iso(first * HOUR.seconds),
        "last": None if last is None else iso((last + 1) * HOUR.seconds),
    }


# -- today, records, top lists ---------------------------------------------------------------------


def today(server: Server, caller: Caller) -> Payload | None:
    """The totals of the present day of UTC; None where they are not known. Raises Refused."""
    asking = reader(server, caller)
    day = asking.view.today()
    if day is None:
        return None
    far = day.max_distance_nm if asking.exact else None
    return {**day._asdict(), "since": iso(day.since), "max_distance_nm": None if far is None else round(far, 1)}


def record_list(server: Server, caller: Caller) -> list[Payload]:
    """The records, in the order of their kinds. Raises Refused."""
    asking = reader(server, caller)
    known = asking.read(records.stored, asking.view.name)
    return [_record(known[kind]) for kind in RECORD_UNITS if kind in known and (asking.exact or kind != FARTHEST)]


def _record(record: Record) -> Payload:
    fields = {
        "kind": record.kind,
        "value": record.value,
        "unit": RECORD_UNITS[record.kind],
        "timestamp": iso(record.at),
        "hex": record.hex,
        "flight": record.flight,
        "period_s": _PERIODS.get(record.kind),
    }
    return {name: value for name, value in fields.items() if value is not None}


def top_list(
    server: Server, caller: Caller, kind: str, since: float | None = None, until: float | None = None, limit: int = 10
) -> tuple[Payload, float]:
    """The most frequent of a kind (top.KINDS) among the visits of a time, and how many days that is. Raises Refused."""
    asking = reader(server, caller)
    since, until = span(server, since, until, TOP_SPAN_S)
    if until - since > MAX_TOP_SPAN_S:
        message = f"may be {MAX_TOP_SPAN_S // DAY.seconds:.0f} days before `to` at most"
        raise Refused("invalid", f"from {message}", {"from": message})
    count_demo = asking.view.name == "sandbox"
    rows = asking.read(top.top, kind, since, until, limit, count_demo=count_demo)
    items = [_top(kind, row) for row in rows]
    return {"kind": kind, "from": iso(since), "to": iso(until), "items": items, "count": len(items)}, (
        until - since
    ) / DAY.seconds


def _top(kind: str, row: TopRow) -> Payload:
    airline = AIRLINES.get(row.name) if kind == top.AIRLINES else None
    label = row.r if airline is None else airline.name
    item = {"name": row.name, "visits": row.visits, "aircraft": row.aircraft}
    return item if label is None else {**item, "label": label}


def span(server: Server, since: float | None, until: float | None, usual_s: float) -> tuple[float, float]:
    """A range of time in wall seconds: until now, and for `usual_s`, where it is not given. Raises Refused for an empty one."""
    until = server.clock.wall() if until is None else until
    since = until - usual_s if since is None else since
    wrong = {name: "is no usable time" for name, at in (("from", since), ("to", until)) if not 0 <= at <= MAX_WALL_S}
    if not wrong and since >= until:
        wrong["to"] = "must be later than from"
    refuse(wrong)
    return since, until


def _columns(found: Steps, limit: int, *, exact: bool) -> dict[str, list[Any]]:
    """The values by column, as this caller may see them."""
    columns: dict[str, list[Any]] = {}
    for place, name in enumerate(found.names):
        column = [row[place] for row in found.values[:limit]]
        if name in _ROUNDED:
            column = [None if value is None else round(value, _ROUNDED[name]) for value in column]
        if name == "max_distance_nm" and not exact:
            column = [None] * len(column)
        columns[name] = column
    return columns


def _with_gaps(at: Sequence[int], columns: Mapping[str, list[Any]]) -> tuple[list[int], dict[str, list[Any]]]:
    """The steps with one of null values at the beginning of each gap, so that a plot draws no line across it."""
    gaps = [place for place in range(1, len(at)) if at[place] != at[place - 1] + 1]
    if not gaps:
        return list(at), dict(columns)
    time, filled = list(at), {name: list(column) for name, column in columns.items()}
    for place in reversed(gaps):
        time.insert(place, at[place - 1] + 1)
        for column in filled.values():
            column.insert(place, None)
    return time, filled


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise Refused("overloaded", "Statistics cannot be read now: try again in a few seconds. Live data goes on") from error

"""Top lists: what the visits of a time were most often, by number of visits."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, distinct, func, null, select

from skyspy.store.history.schema import VISIT

TYPES, OPERATORS, COUNTRIES, AIRLINES, CALLSIGNS, AIRCRAFT = (
    "types",
    "operators",
    "countries",
    "airlines",
    "callsigns",
    "aircraft",
)
KINDS = (TYPES, OPERATORS, COUNTRIES, AIRLINES, CALLSIGNS, AIRCRAFT)

_COLUMNS: dict[str, ColumnElement[Any]] = {
    TYPES: VISIT.c.t,
    OPERATORS: VISIT.c.own_op,
    COUNTRIES: VISIT.c.country,
    AIRLINES: func.substr(VISIT.c.flight, 1, 3),
    CALLSIGNS: VISIT.c.flight,
    AIRCRAFT: VISIT.c.hex,
}


class TopRow(NamedTuple):
    """One of the most frequent: how many visits it made, and by how many different aircraft; `r`: the registration of an aircraft."""

    name: str
    visits: int
    aircraft: int
    r: str | None


def top(connection: Connection, kind: str, since: float, until: float, limit: int, *, count_demo: bool = False) -> list[TopRow]:
    """The most frequent among the visits that were under way between `since` and `until` (wall seconds), the first one first.
    `count_demo`: simulated traffic counts."""
    column = _COLUMNS[kind]
    these = (VISIT.c.first < until) & (VISIT.c.last >= since) & column.is_not(None)
    if not count_demo:
        these &= VISIT.c.demo.is_(False)
    if kind == AIRLINES:
        # Three letters and a number: other callsigns are registrations, or names of their own.
        letter, digit = func.substr(VISIT.c.flight, 3, 1), func.substr(VISIT.c.flight, 4, 1)
        these &= (digit >= "0") & (digit <= "9") & (letter >= "A") & (letter <= "Z")
    visits = func.count()
    registration = func.max(VISIT.c.r) if kind == AIRCRAFT else null()
    query = select(column, visits, func.count(distinct(VISIT.c.hex)), registration).where(these).group_by(column)
    return [TopRow(*row) for row in connection.execute(query.order_by(visits.desc(), column).limit(limit))]

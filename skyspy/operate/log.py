"""Heart: reading the audit log.

Law: `audit.view`. Nothing here can change a row. What leaves as CSV cannot be run by a spreadsheet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from skyspy import wirejson
from skyspy.clock import iso
from skyspy.house import House
from skyspy.operate.who import Who
from skyspy.store.audit import AuditLog, Entry

NEEDS = "audit.view"
COLUMNS = ("id", "time", "actor_kind", "actor", "address", "action", "object", "before", "after")
MOST_ROWS = 50_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Search:
    """Which rows; empty texts mean any. `action` may end in a dot to mean its whole noun (`user.`)."""

    actor: str = ""
    action: str = ""
    about: str = ""
    address: str = ""


def page(house: House, who: Who, search: Search, limit: int = 100, before_id: int | None = None) -> list[Entry]:
    """The newest rows first; `before_id` continues a page."""
    who.needs(house, NEEDS)
    return AuditLog(house.store, house.clock).page(
        limit,
        before_id,
        actor=search.actor or None,
        action=search.action or None,
        about=search.about or None,
        address=search.address or None,
    )


def as_csv(house: House, who: Who, search: Search) -> str:
    """The matching rows as CSV, the newest first, at most MOST_ROWS."""
    rows: list[Entry] = []
    before: int | None = None
    while len(rows) < MOST_ROWS:
        more = page(house, who, search, 1000, before)
        rows += more
        if len(more) < 1000:
            break
        before = more[-1].id
    return _written(rows)


def _written(rows: Iterable[Entry]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        values = (
            row.id,
            iso(row.at),
            row.actor_kind,
            row.actor,
            row.address,
            row.action,
            row.object,
            _json(row.before),
            _json(row.after),
        )
        writer.writerow([_inert(str(value)) for value in values])
    return out.getvalue()


def _json(value: object) -> str:
    return "" if value is None else wirejson.dumps(value)


def _inert(text: str) -> str:
    """A cell that a spreadsheet shows and never runs."""
    return f"'{text}" if text.startswith(_FORMULA) else text

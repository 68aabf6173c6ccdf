"""Incidents that were requested of the sandbox's simulated traffic.

Invariants: a request is written once and read by every process. It does not raise the version: no session has other rights by it. Rows
are ordered by their ids, which the database assigns; those that ended are removed with the next request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from skyspy.store.schema import SANDBOX_EVENTS

KEPT_S = 60.0
"""A row stays for so long after its end, for processes whose clocks are late."""


@dataclass(frozen=True, slots=True)
class SandboxEvent:
    """One request. `name` and `detail` say which incident; its aircraft are there from `begins` until `ends`, in wall seconds."""

    id: int
    name: str
    detail: str
    begins: float
    ends: float


def after(connection: Connection, last_id: int, at: float) -> Sequence[SandboxEvent]:
    """The requests with a higher id that have not ended at `at`, in the order of their ids."""
    table = SANDBOX_EVENTS
    rows = connection.execute(select(table).where(table.c.id > last_id, table.c.ends > at).order_by(table.c.id))
    return [SandboxEvent(*row) for row in rows]


def add(connection: Connection, name: str, detail: str, begins: float, ends: float) -> SandboxEvent:
    """Write a request. The caller holds the lock on the version (state.lock), so that ids are committed in their order."""
    table = SANDBOX_EVENTS
    connection.execute(delete(table).where(table.c.ends < begins - KEPT_S))
    connection.execute(insert(table).values(name=name, detail=detail, begins=begins, ends=ends))
    return SandboxEvent(int(connection.execute(select(func.max(table.c.id))).scalar_one()), name, detail, begins, ends)

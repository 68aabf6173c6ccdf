"""Application: how large the history is, how it grows, and deleting old rows by hand.

Invariants: needs `settings.manage`. A deletion is one row in the audit log, written when it has ended or was interrupted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from skyspy.server import Context
from skyspy.services.caller import Caller, Refused
from skyspy.services.setting_changes import MANAGE
from skyspy.store import audit, sqlite_space
from skyspy.store.history import HistoryStore
from skyspy.store.history.kinds import BUDGETS, DAY_S, GROUPS, KINDS, MB, WHOLE, HistoryLimits, Kind, kinds_of
from skyspy.store.history.retention import Deletion, deleted_until
from skyspy.store.history.sizes import Sizes, TableSize, count, growth, measure, recorded_sizes, span

GROWTH_DAYS = 7
SHOWN_DAYS = 366
LONG_GROUPS = ("hours", "days", "safety")
"""What is small and kept for years: deleted by hand only when it is named."""


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """The size of the history. Sizes are bytes, times wall seconds.

    `used` holds rows, `free` is room of deleted rows within the database; `shrinks`: it is given back to the disk. `disk_free` is
    None where the disk is not known (Postgres). `limit` is HISTORY_MAX_MB in bytes, None without one. `grows_a_day` is None until
    there are sizes of two days; `days_left` until the limit is reached, None where it never is. `days` are (days since 1970-01-01,
    bytes), in order. `kept_days` has the days for which each table's rows are kept. `paused` is a sentence while nothing is
    recorded for want of room.
    """

    at: float
    where: str
    tables: tuple[TableSize, ...]
    kept_days: Mapping[str, float]
    used: int
    free: int
    shrinks: bool
    disk_free: int | None
    limit: int | None
    grows_a_day: float | None
    days_left: float | None
    days: tuple[tuple[int, int], ...]
    paused: str | None


@dataclass(frozen=True, slots=True)
class Pruning:
    """What to delete by hand. `older_than_s`: what is older than so many seconds (None: what the settings say); `groups`: only
    of these (none: all, but with `older_than_s` not LONG_GROUPS); `compact`: write an SQLite file anew afterwards; `dry_run`:
    only count."""

    older_than_s: float | None = None
    groups: tuple[str, ...] = ()
    compact: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Pruned:
    """Rows by the name of their kind, the bytes in use before and after, and the bytes given back to the disk. Of a dry run `after` is
    an estimate, and `beyond` has the bytes by which a limit in MB is exceeded after that."""

    rows: Mapping[str, int]
    before: int
    after: int
    given_back: int
    beyond: Mapping[str, int]


def report(context: Context, caller: Caller, history: HistoryStore, sizes: Sizes | None = None) -> HistoryReport:
    """The report; `sizes` were measured before (None: measure now, some tenths of a second). Raises Refused, StoreError."""
    caller.require(context, MANAGE)
    settings, now = context.settings.fresh(), context.clock.wall()
    sizes = sizes or measure(history.read)
    today = int(now // DAY_S)
    days = [*history.read(recorded_sizes, today - SHOWN_DAYS)]
    days = [*(one for one in days if one[0] < today), (today, sizes.used)]
    grows = growth([one for one in days if one[0] >= today - GROWTH_DAYS])
    limit = settings.HISTORY_MAX_MB * MB or None
    left = None if limit is None or grows is None or grows <= 0 else max(0.0, (limit - sizes.used) / grows)
    limits, status = HistoryLimits.of(settings), history.status()
    history.condition.room.check()
    return HistoryReport(
        at=now,
        where=history.where,
        tables=sizes.tables,
        kept_days={kind.table.name: limits.days_of(kind) for kind in KINDS},
        used=sizes.used,
        free=sizes.free,
        shrinks=sizes.shrinks,
        disk_free=history.condition.room.free,
        limit=limit,
        grows_a_day=grows,
        days_left=left,
        days=tuple(days),
        paused=history.condition.room.low or status.full,
    )


def prune(
    context: Context, caller: Caller, history: HistoryStore, wanted: Pruning, go_on: Callable[[], bool] = lambda: True
) -> Pruned:
    """Delete in slices, beside a running server. Raises Refused, StoreError; what was deleted until then stays deleted."""
    caller.require(context, MANAGE)
    if unknown := set(wanted.groups) - set(GROUPS):
        raise Refused("invalid", f"There is no kind {min(unknown)!r}: write one of {', '.join(GROUPS)}")
    if wanted.compact and not history.is_file:
        raise Refused("conflict", "Only an SQLite file is compacted; on PostgreSQL an administrator runs VACUUM FULL")
    now, limits = context.clock.wall(), HistoryLimits.of(context.settings.fresh())
    ends = _ends(wanted, limits, now)
    sizes = measure(history.read)
    if wanted.dry_run:
        return _counted(history, ends, limits if wanted.older_than_s is None else None, sizes)
    deletion = Deletion(history, context.clock, go_on)
    given_back = 0
    try:
        for kind, before in ends:
            deletion.older(kind, before)
        if wanted.older_than_s is None and not wanted.groups:
            deletion.demo(0.0, now)
            deletion.delete_over_budget(limits, measure(history.read), now)
        given_back = deletion.shrink(0)
    finally:
        _audit(context, caller, deletion.done.rows)
    if wanted.compact:
        sqlite_space.compact(history.url, history.where)
    after = measure(history.read)
    given_back = max(given_back, sizes.used + sizes.free - after.used - after.free)
    return Pruned(dict(deletion.done.rows), sizes.used, after.used, given_back, {})


def _ends(wanted: Pruning, limits: HistoryLimits, now: float) -> list[tuple[Kind, float]]:
    """Up to which wall time each kind is deleted."""
    default = [group for group in GROUPS if wanted.older_than_s is None or group not in LONG_GROUPS]
    named = {kind.name for group in wanted.groups or default for kind in kinds_of(group)}

    def age(kind: Kind) -> float:
        return limits.days_of(kind) * DAY_S if wanted.older_than_s is None else wanted.older_than_s

    return [(kind, now - age(kind)) for kind in KINDS if kind.name in named]


def _counted(history: HistoryStore, ends: list[tuple[Kind, float]], limits: HistoryLimits | None, sizes: Sizes) -> Pruned:
    tables = {table.name: table for table in sizes.tables}
    rows: dict[str, int] = {}
    saved: Counter[str] = Counter()
    for kind, before in ends:
        times = history.read(span, kind)
        end = deleted_until(history, kind, before)
        rows[kind.name] = 0 if times is None else count(history.read, kind, times[0], end)
        saved[kind.group] += round(rows[kind.name] * tables[kind.table.name].row_bytes)
    after = sizes.used - saved.total()
    beyond = {}
    for name, limit in ({} if limits is None else limits.bytes).items():
        left = after if name == WHOLE else sizes.of_groups(BUDGETS[name]) - sum(saved[group] for group in BUDGETS[name])
        if left > limit:
            beyond[name] = left - limit
    return Pruned(rows, sizes.used, after, 0, beyond)


def _audit(context: Context, caller: Caller, rows: Counter[str]) -> None:
    if rows.total():
        what = {name: number for name, number in rows.items() if number}
        context.store.write(audit.record, caller.actor, "history.prune", "history", context.clock.wall(), None, what)

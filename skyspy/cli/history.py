"""Commands for the history: `skyspy history stats` and `history prune`."""

from __future__ import annotations

import click

from skyspy.cli.context import CliContext, Group, format_time, parse_duration, print_table
from skyspy.services import history_size
from skyspy.services.history_size import Pruning
from skyspy.store.history.kinds import GROUPS

history_commands = Group("history", help="The size of the history, and deleting old rows.")


@history_commands.command("stats")
def history_stats(context: CliContext) -> None:
    """Show rows, times and bytes of each table, how the history grows, and when it reaches HISTORY_MAX_MB."""
    context.history.upgrade()
    found = context.call(history_size.report, context.history)
    rows = [
        (
            table.name,
            f"{table.rows}",
            format_time(table.oldest),
            format_time(table.newest),
            _mb(table.bytes),
            f"{found.kept_days[table.name]:g} d" if table.name in found.kept_days else "-",
        )
        for table in found.tables
    ]
    print_table(("TABLE", "ROWS", "OLDEST", "NEWEST", "SIZE", "KEPT FOR"), rows)
    of_limit = "" if found.limit is None else f" of at most {_mb(found.limit)}"
    print(f"{found.where}: {_mb(found.used)} in use{of_limit}, {_mb(found.free)} free for new rows")
    print(f"growth: {_growth(found)}")
    if found.disk_free is not None:
        print(f"free on the disk: {_mb(found.disk_free)}")
    if not found.shrinks:
        print("the file does not give freed space back to the disk: skyspy history prune --compact changes that")
    if found.paused:
        print(found.paused)


@history_commands.command("prune")
@click.option("--older-than", metavar="AGE", help="Delete what is older than this, such as 7d. Default: what the settings say.")
@click.option(
    "--kind",
    "groups",
    type=click.Choice(GROUPS),
    multiple=True,
    help="Only this; repeatable. Hours, days and safety events only go when named.",
)
@click.option(
    "--compact", is_flag=True, help="SQLite: write the file anew without free space; the server's writes wait meanwhile."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
def history_prune(context: CliContext, older_than: str | None, groups: tuple[str, ...], compact: bool, dry_run: bool) -> None:
    """Delete old rows now, beside a running server, in small steps. What is deleted is gone for good."""
    age = None if older_than is None else parse_duration(older_than)
    context.history.upgrade()
    done = context.call(history_size.prune, context.history, Pruning(age, groups, compact, dry_run))
    for name, rows in done.rows.items():
        print(f"{name}: {rows} {'would be ' if dry_run else ''}deleted")
    for name, size in done.beyond.items():
        print(f"{name}: the oldest {_mb(size)} more would be deleted")
    print(f"in use: {_mb(done.before)} before, {_mb(done.after)} after; given back to the disk: {_mb(done.given_back)}")


def _growth(found: history_size.HistoryReport) -> str:
    if found.grows_a_day is None:
        return "not known before there are sizes of two days"
    left = "" if found.days_left is None else f"; HISTORY_MAX_MB is reached in {found.days_left:.0f} days"
    return f"{_mb(found.grows_a_day)} a day over the last week{left}"


def _mb(size: float) -> str:
    return f"{size / 1e6:.1f} MB"

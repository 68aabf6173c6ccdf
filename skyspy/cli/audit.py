"""The command for the audit log: `skyspy audit`."""

from __future__ import annotations

import sys

import click

from skyspy import wirejson
from skyspy.cli.context import CliContext, format_time, print_table
from skyspy.services import audit_log
from skyspy.store.audit import Entry


@click.command("audit")
@click.option("--actor", default="", help="Only what this user, key or program did.")
@click.option("--action", default="", help="Only this action, such as user.create, or all that begin so, such as user.")
@click.option("--about", default="", help="Only what was done to this: part of the object's name.")
@click.option("--address", default="", help="Only from this address.")
@click.option("--since", default="", metavar="DAY", help="From this day of UTC on, such as 2026-03-05.")
@click.option("--until", default="", metavar="DAY", help="Up to this day of UTC, and with it.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, help="How many rows, the newest first. Default: 50.")
@click.option("--csv", "as_csv", is_flag=True, help="All matching rows as CSV, as the panel exports them.")
@click.pass_obj
def audit_command(
    context: CliContext, actor: str, action: str, about: str, address: str, since: str, until: str, limit: int, as_csv: bool
) -> None:
    """Show the audit log, the newest first."""
    for name, text in (("--since", since), ("--until", until)):
        if text and audit_log.day(text) is None:
            raise click.ClickException(f"{name} is a day such as 2026-03-05")
    search = audit_log.search_by_days(since, until, actor=actor, action=action, about=about, address=address)
    if as_csv:
        sys.stdout.write(context.call(audit_log.as_csv, search))
        return
    rows = [_cells(entry) for entry in context.call(audit_log.page, search, limit)]
    print_table(("ID", "TIME", "ACTOR", "FROM", "ACTION", "OBJECT", "BEFORE -> AFTER"), rows)


def _cells(entry: Entry) -> tuple[str, ...]:
    change = " -> ".join("-" if value is None else wirejson.dumps(value) for value in (entry.before, entry.after))
    actor = f"{entry.actor_kind} {entry.actor}"
    return str(entry.id), format_time(entry.at), actor, entry.address or "-", entry.action, entry.object, change

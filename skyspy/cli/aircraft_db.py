"""Commands for the aircraft database: `skyspy aircraft-db import` and `aircraft-db info`."""

from __future__ import annotations

import sys

import click

from skyspy.cli.context import CliContext, Group, format_time, print_table
from skyspy.services.aircraft_lists import ListError, import_list, pieces_of
from skyspy.store import aircraft_file

aircraft_db_commands = Group("aircraft-db", help="Manage the aircraft database: who an aircraft is.")


@aircraft_db_commands.command("import")
@click.argument("place", metavar="FILE|FOLDER|URL")
@click.option("--name", help="The name of the source; by default its format. Rows of the same name are replaced.")
def aircraft_db_import(context: CliContext, place: str, name: str | None) -> None:
    """Import a list of aircraft. tar1090-db, Mictronics, BaseStation.sqb, OpenSky, the FAA registry, VRS standing-data and CSV with named
    columns are recognized by their content. A running server uses the new file within seconds."""
    path = context.config.instance / aircraft_file.FILE
    if name is not None and not (name.isprintable() and 0 < len(name.strip()) <= 60):
        raise click.ClickException("--name: a name has 1 to 60 printable characters")
    is_quiet = not sys.stderr.isatty()
    try:
        with (
            click.progressbar(length=0, label="fetching", file=sys.stderr, hidden=is_quiet or "://" not in place) as fetching,
            pieces_of(place, fetching.update) as pieces,
            click.progressbar(length=sum(p.size for p in pieces), label="reading", file=sys.stderr, hidden=is_quiet) as bar,
        ):
            done = import_list(path, place, pieces, name and name.strip(), context.clock.wall(), bar.update)
    except ListError as error:
        raise click.ClickException(str(error)) from None
    tally = done.tally
    files = sum(tally.formats.values())
    print(f"{done.name}: {done.aircraft} aircraft taken, {tally.refused} rows refused; format {done.format}, files read: {files}")
    if tally.ignored:
        print(f"files that are no lists of aircraft: {tally.ignored}")
    if tally.refused:
        print("the first refused rows:")
        for reason in tally.reasons:
            print(f"  {reason}")
    print(f"{path} holds {aircraft_file.count(path)} aircraft; running servers use it within seconds")


@aircraft_db_commands.command("info")
def aircraft_db_info(context: CliContext) -> None:
    """List what was imported, the newest first: its values win."""
    path = context.config.instance / aircraft_file.FILE
    if aircraft_file.signature(path) is None:
        raise click.ClickException(f"there is no aircraft database {path}: make one with skyspy aircraft-db import")
    rows = [
        (row.name, row.format, row.origin, format_time(row.imported_at), f"{row.aircraft}", f"{row.refused}")
        for row in aircraft_file.sources(path)
    ]
    print_table(("NAME", "FORMAT", "FROM", "IMPORTED", "AIRCRAFT", "REFUSED"), rows)
    print(f"{path}: {aircraft_file.count(path)} aircraft, {path.stat().st_size / 1e6:.1f} MB")

"""Commands about the server: `skyspy settings ..`, `db ..`, `feed ..`, and the first administrator's link."""

from __future__ import annotations

import click

from skyspy import feedurl
from skyspy.cli.office import Office, table
from skyspy.receivers import manager
from skyspy.services import invitations
from skyspy.store import users
from skyspy.store.settings import row_of, to_text

CHECK_SECONDS = 3.0


@click.group()
def settings() -> None:
    """The settings table."""


@settings.command("list")
@click.pass_obj
def settings_list(office: Office) -> None:
    """Show every setting, and who chose it."""
    rows = [(s.row.name, s.row.title, to_text(s.value) or "-", s.changed_by or "(default)") for s in office.settings.rows()]
    table(("NAME", "IN THE PANEL", "VALUE", "CHOSEN BY"), rows)


@settings.command("get")
@click.argument("name")
@click.pass_obj
def settings_get(office: Office, name: str) -> None:
    """Print the value of NAME."""
    print(to_text(getattr(office.settings.fresh(0), row_of(name).name)))


@settings.command("set")
@click.argument("name")
@click.argument("value")
@click.pass_obj
def settings_set(office: Office, name: str, value: str) -> None:
    """Give NAME the VALUE. FEATURE_ACCESS takes feature=level, and keeps what is not named."""
    row = row_of(name)
    print(f"{row.name} = {to_text(getattr(office.settings.set(row.name, value, office.actor), row.name))}")


@click.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@click.pass_obj
def db_upgrade(office: Office) -> None:
    """Bring the schemas of the database and of its history up to date. The server does this by itself when it starts."""
    print(f"the database {office.store.where} is at schema {office.store.upgrade()}")
    print(f"the history {office.history.where} is at schema {office.history.upgrade()}")


@click.command("admin-link")
@click.option("--address", default="http://127.0.0.1:8000", help="Where this server is reached.")
@click.option("--if-empty", is_flag=True, help="Print nothing when there are users already.")
@click.pass_obj
def admin_link(office: Office, address: str, if_empty: bool) -> None:
    """Print a link that makes the first administrator: good once, for 30 minutes."""
    if if_empty and office.store.read(users.count):
        return
    token = invitations.first_admin(office, office.actor)
    click.echo(f"{address.rstrip('/')}/admin/first/{token}")


@click.group()
def feed() -> None:
    """Receivers."""


@feed.command("check")
@click.argument("url")
def feed_check(url: str) -> None:
    """Listen to the receiver at URL for a few seconds."""
    heard = manager.check(feedurl.parse(url), CHECK_SECONDS)
    if heard.error is not None:
        raise click.ClickException(f"{feedurl.parse(url).shown}: {heard.error}")
    print(f"received {heard.aircraft} aircraft in {CHECK_SECONDS:g} s ({heard.messages} messages)")

"""Commands about the server: `skyspy settings ..`, `db ..`, `feed ..`, and the first administrator's link."""

from __future__ import annotations

import click

from skyspy import feedurl
from skyspy.cli.context import CliContext, table
from skyspy.receivers import manager
from skyspy.services import access, invitations
from skyspy.services.feeds import CHECK_SECONDS
from skyspy.store import users
from skyspy.store.settings import row_of, to_text


@click.group()
def settings() -> None:
    """The settings table."""


@settings.command("list")
@click.pass_obj
def settings_list(context: CliContext) -> None:
    """Show every setting, and who chose it."""
    rows = [
        (s.row.name, s.row.title, to_text(s.value) or "-", s.changed_by or "(default)")
        for s in access.rows(context, context.caller)
    ]
    table(("NAME", "IN THE PANEL", "VALUE", "CHOSEN BY"), rows)


@settings.command("get")
@click.argument("name")
@click.pass_obj
def settings_get(context: CliContext, name: str) -> None:
    """Print the value of NAME."""
    print(to_text(access.value(context, context.caller, name)))


@settings.command("set")
@click.argument("name")
@click.argument("value")
@click.pass_obj
def settings_set(context: CliContext, name: str, value: str) -> None:
    """Give NAME the VALUE. FEATURE_ACCESS takes feature=level, and keeps what is not named."""
    changed = access.change(context, context.caller, {name: value})
    name = row_of(name).name
    print(f"{name} = {to_text(getattr(changed, name))}")


@click.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@click.pass_obj
def db_upgrade(context: CliContext) -> None:
    """Bring the schemas of the database and of its history up to date. The server does this by itself when it starts."""
    print(f"the database {context.store.where} is at schema {context.store.upgrade()}")
    print(f"the history {context.history.where} is at schema {context.history.upgrade()}")


@click.command("admin-link")
@click.option("--address", default="http://127.0.0.1:8000", help="Where this server is reached.")
@click.option("--if-empty", is_flag=True, help="Print nothing when there are users already.")
@click.pass_obj
def admin_link(context: CliContext, address: str, if_empty: bool) -> None:
    """Print a link that makes the first administrator: good once, for 30 minutes."""
    if if_empty and context.store.read(users.count):
        return
    token = invitations.first_admin(context, context.caller.actor)
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

"""Commands for the server: `skyspy settings ..`, `db ..` and `admin-link`."""

from __future__ import annotations

import click

from skyspy.cli.context import CliContext, Group, print_table
from skyspy.services import invitations, setting_changes
from skyspy.store import users
from skyspy.store.installation import Installation
from skyspy.store.registry import row_of, to_text

settings_commands = Group("settings", help="Show and change settings.")


@settings_commands.command("list")
def settings_list(context: CliContext) -> None:
    """List all settings with their values and who changed them."""
    rows = [
        (s.row.name, s.row.title, to_text(s.value) or "-", s.changed_by or "(default)")
        for s in context.call(setting_changes.rows)
    ]
    print_table(("NAME", "IN THE PANEL", "VALUE", "CHOSEN BY"), rows)


@settings_commands.command("get")
@click.argument("name")
def settings_get(context: CliContext, name: str) -> None:
    """Print the value of the setting NAME."""
    print(to_text(context.call(setting_changes.value, name)))


@settings_commands.command("set")
@click.argument("name")
@click.argument("value")
def settings_set(context: CliContext, name: str, value: str) -> None:
    """Set NAME to VALUE. FEATURE_ACCESS takes feature=level; features that are not given stay as they are."""
    changed = context.call(setting_changes.change, {name: value})
    name = row_of(name).name
    print(f"{name} = {to_text(getattr(changed, name))}")


db_commands = Group("db", help="Manage the database.")


@db_commands.command("upgrade")
def db_upgrade(context: CliContext) -> None:
    """Upgrade the schemas of the database and its history. The server also does this when it starts."""
    print(f"the database {context.store.where} is at schema {context.store.upgrade()}")
    print(f"the history {context.history.where} is at schema {context.history.upgrade()}")


@db_commands.command("adopt")
def db_adopt(context: CliContext) -> None:
    """Accept the database as this installation's own, after it was lost or exchanged. A server that is private for that reason
    is as its settings say within two seconds."""
    installation = Installation(context.store, context.config.instance)
    if installation.adopt(context.caller.actor, context.clock.wall()):
        print(f"the database {context.store.where} is this installation's own now")
    else:
        print(f"the database {context.store.where} was this installation's own already; nothing changed")


@click.command("admin-link")
@click.option("--address", default="http://127.0.0.1:8000", help="The URL of this server.")
@click.option("--if-empty", is_flag=True, help="Print nothing if there are users already.")
@click.pass_obj
def admin_link(context: CliContext, address: str, if_empty: bool) -> None:
    """Print a link to create the first administrator. It works once and for 30 minutes."""
    if if_empty and context.store.read(users.count):
        return
    token = invitations.first_admin_link(context.services, context.caller.actor)
    click.echo(f"{address.rstrip('/')}/admin/first/{token}")

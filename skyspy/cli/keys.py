"""Commands for API keys: `skyspy key ..`."""

from __future__ import annotations

import sys

import click

from skyspy.auth.apikeys import MadeKey
from skyspy.cli.context import CliContext, Group, format_permissions, format_time, parse_duration, parse_time, print_table
from skyspy.services import keys
from skyspy.store.keys import Key

key_commands = Group("key", help="Manage API keys.")


@key_commands.command("create")
@click.option("--user", "owner", required=True, help="The key's owner. A key never has more permissions than its owner.")
@click.option(
    "--kind",
    type=click.Choice(["live", "test"]),
    required=True,
    help="live: real data; test: the sandbox, with simulated traffic.",
)
@click.option("--name", "label", required=True, help="What the key is for.")
@click.option("--scope", "scopes", multiple=True, help="A permission of the key; repeatable. Default: all of its owner's.")
@click.option("--expires", help="When the key expires: 30d, 12h, or a date such as 2027-01-31. Default: never.")
def key_create(context: CliContext, owner: str, kind: str, label: str, scopes: tuple[str, ...], expires: str | None) -> None:
    """Create a key and print it, alone on standard output. It cannot be shown again."""
    ends = None if expires is None else parse_time(expires, context.clock.wall())
    made = context.call(keys.create, context.user_id(owner), kind, label, scopes or None, ends)
    _show_key(made)


@key_commands.command("list")
@click.option("--user", "owner", help="Only the keys of this user.")
def key_list(context: CliContext, owner: str | None) -> None:
    """List keys with their state. The secret part of a key is not shown."""
    found = context.call(keys.every, None if owner is None else context.user_id(owner))
    now = context.clock.wall()
    rows = [_cells(key, now) for key in found]
    print_table(("ID", "KEY", "USER", "NAME", "STATE", "LAST USED", "SCOPES"), rows)


@key_commands.command("revoke")
@click.argument("key_id", metavar="ID", type=int)
def key_revoke(context: CliContext, key_id: int) -> None:
    """Revoke the key ID now, and every key that it made. Clients connected with them are disconnected."""
    revoked = context.call(keys.revoke, key_id)
    print(f"revoked key {revoked.id} {revoked.name} of {revoked.user.name}")


@key_commands.command("rotate")
@click.argument("key_id", metavar="ID", type=int)
@click.option("--overlap", default="0s", help="How long the old key still works, such as 24h.")
def key_rotate(context: CliContext, key_id: int, overlap: str) -> None:
    """Create a new key like ID, print it, and revoke ID after the overlap."""
    _show_key(context.call(keys.rotate, key_id, parse_duration(overlap)))


def _show_key(made: MadeKey) -> None:
    print(made.text)
    print(f"this is key {made.key.id} of {made.key.user.name}; it is not shown again", file=sys.stderr)


def _cells(found: Key, now: float) -> tuple[str, ...]:
    used, may = format_time(found.last_used_at), format_permissions(found.scopes)
    name = found.name if found.maker_key_id is None else f"{found.name} (made by key {found.maker_key_id})"
    return str(found.id), f"{found.hint}...", found.user.name, name, _state(found, now), used, may


def _state(found: Key, now: float) -> str:
    if found.revoked_at is not None:
        return "revoked"
    if found.expires_at is not None:
        return "expired" if now >= found.expires_at else f"until {format_time(found.expires_at)}"
    return "resting" if found.user.disabled else "good"

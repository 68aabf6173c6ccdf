"""Commands about API keys: `skyspy key ..`."""

from __future__ import annotations

import sys

import click

from skyspy.auth.apikeys import MadeKey
from skyspy.cli.context import CliContext, moment, moment_in, seconds, table, words_of
from skyspy.services import keys
from skyspy.store.keys import Key


@click.group()
def key() -> None:
    """API keys."""


@key.command("create")
@click.option("--user", "owner", required=True, help="The user who owns it; it never holds more than its owner.")
@click.option("--kind", type=click.Choice(["live", "test"]), required=True, help="test keys see the sandbox sky.")
@click.option("--name", "label", required=True, help="What it is for.")
@click.option("--scope", "scopes", multiple=True, help="A permission it holds; may be repeated. None: all of its owner's.")
@click.option("--expires", help="When it ends: 30d, 12h, or a date such as 2027-01-31. None: never.")
@click.pass_obj
def key_create(context: CliContext, owner: str, kind: str, label: str, scopes: tuple[str, ...], expires: str | None) -> None:
    """Create a key and print it, alone on standard output. It is not shown again."""
    ends = None if expires is None else moment_in(expires, context.clock.wall())
    made = keys.create(context, context.caller, context.user_id(owner), kind, label, scopes or None, ends)
    _show_key(made)


@key.command("list")
@click.option("--user", "owner", help="Only this user's.")
@click.pass_obj
def key_list(context: CliContext, owner: str | None) -> None:
    """Show all keys; their secret text is never shown."""
    found = keys.every(context, context.caller, None if owner is None else context.user_id(owner))
    now = context.clock.wall()
    rows = [
        (str(k.id), f"{k.hint}...", k.user.name, k.name, _state(k, now), moment(k.last_used_at), words_of(k.scopes))
        for k in found
    ]
    table(("ID", "KEY", "USER", "NAME", "STATE", "LAST USED", "SCOPES"), rows)


@key.command("revoke")
@click.argument("key_id", metavar="ID", type=int)
@click.pass_obj
def key_revoke(context: CliContext, key_id: int) -> None:
    """End the key ID now; connections made with it end too."""
    revoked = keys.revoke(context, context.caller, key_id)
    print(f"revoked key {revoked.id} {revoked.name} of {revoked.user.name}")


@key.command("rotate")
@click.argument("key_id", metavar="ID", type=int)
@click.option("--overlap", default="0s", help="How long the old key goes on working, such as 24h.")
@click.pass_obj
def key_rotate(context: CliContext, key_id: int, overlap: str) -> None:
    """Create a key like ID, print it, and end ID."""
    _show_key(keys.rotate(context, context.caller, key_id, seconds(overlap)))


def _show_key(made: MadeKey) -> None:
    print(made.text)
    print(f"this is key {made.key.id} of {made.key.user.name}; it is not shown again", file=sys.stderr)


def _state(found: Key, now: float) -> str:
    if found.revoked_at is not None:
        return "revoked"
    if found.expires_at is not None:
        return "expired" if now >= found.expires_at else f"until {moment(found.expires_at)}"
    return "resting" if found.user.disabled else "good"

"""The command for the installation's secret key: `skyspy secret rotate`. Keys are never printed."""

from __future__ import annotations

import os

import click

from skyspy import config
from skyspy.auth.secret import secret_of
from skyspy.cli.context import CliContext, Group, format_time, parse_duration
from skyspy.services import destination_secrets
from skyspy.services.destination_secrets import Resealed
from skyspy.store import Connection, audit

MAX_OVERLAP_S = 365 * 86400.0
LEAST_OVERLAP_S = 600.0
"""For so long the old key is kept at least, if the command is interrupted before all is encrypted under the new one."""


secret_commands = Group("secret", help="Manage the key that signs tokens and cookies.")


@secret_commands.command("rotate")
@click.option("--overlap", default="7d", help="How long what the old key signed still works: 7d, 12h. 0s: not at all.")
@click.option("--force", is_flag=True, help="Rotate even if the former key of an earlier rotation still works; it stops working.")
def secret_rotate(context: CliContext, overlap: str, force: bool) -> None:
    """Replace the generated secret key by a new one.

    Takes effect when the server is restarted. Sign-ins and keys that are used before the end of the overlap move to the new
    key.
    """
    now, lasts = context.clock.wall(), parse_duration(overlap)
    if lasts > MAX_OVERLAP_S:
        raise click.ClickException("the overlap may be at most 365d, because the old key is accepted until its end")
    former = context.config.former_key
    if former is not None and now < former.until and lasts and not force:
        raise click.ClickException(
            f"the former key still works until {format_time(former.until)}; another rotation ends what it signed and what was not used since"
            " (--force rotates anyway)"
        )
    # Open the database first: if that fails, the key is not changed.
    store = context.store
    until, old = now + lasts if lasts else None, context.services.secret
    path = config.rotate_secret_key(os.environ, until or now + LEAST_OVERLAP_S)
    new = secret_of(config.load(os.environ), context.clock)

    def encrypt_again(connection: Connection) -> Resealed:
        audit.record(connection, context.caller.actor, "secret.rotate", "secret key", now, None, {"former_until": until})
        return destination_secrets.seal_under(connection, old, new)

    sealed = store.write(encrypt_again)
    if until is None:
        config.forget_former_key(os.environ)
    print(f"{path} holds a new secret key. Restart every process of this installation now: the key is used from then on.")
    if sealed.done:
        print(f"The secrets of {sealed.done} alert destinations are under the new key; alerts to them wait for the restart.")
    if sealed.unreadable:
        print(f"Those of {sealed.unreadable} cannot be read, also not with the old key: they have to be entered again.")
    if until is None:
        print("Then every sign-in, token, link and API key of the old key ends.")
    else:
        print(
            f"Sign-ins, tokens, links and API keys of the old key work until {format_time(until)}; those used before then keep working."
        )

"""The command for the installation's secret key: `skyspy secret rotate`. Keys are never printed."""

from __future__ import annotations

import os

import click

from skyspy import config
from skyspy.cli.context import CliContext, Group, format_time, parse_duration
from skyspy.store import audit

MAX_OVERLAP_S = 365 * 86400.0


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
    until = now + lasts if lasts else None
    path = config.rotate_secret_key(os.environ, until)
    store.write(audit.record, context.caller.actor, "secret.rotate", "secret key", now, None, {"former_until": until})
    print(f"{path} holds a new secret key. Restart every process of this installation now: the key is used from then on.")
    if until is None:
        print("Then every sign-in, token, link and API key of the old key ends.")
    else:
        print(
            f"Sign-ins, tokens, links and API keys of the old key work until {format_time(until)}; those used before then keep working."
        )

"""The command about the installation's secret key: `skyspy secret rotate`. No key is ever printed."""

from __future__ import annotations

import os

import click

from skyspy import config
from skyspy.cli.context import CliContext, moment, seconds
from skyspy.store import audit

MAX_OVERLAP_S = 365 * 86400.0


@click.group()
def secret() -> None:
    """The key that signs tokens and cookies."""


@secret.command("rotate")
@click.option("--overlap", default="7d", help="How long what the old key made goes on working: 7d, 12h; 0s ends all of it.")
@click.option("--force", is_flag=True, help="Even while the key before the present one still works; that one then ends.")
@click.pass_obj
def secret_rotate(context: CliContext, overlap: str, force: bool) -> None:
    """Make a new secret key in the place of the generated one.

    In force when the server is started again. Whatever is used until the end of the overlap moves to the new key by itself.
    """
    now, lasts = context.clock.wall(), seconds(overlap)
    if lasts > MAX_OVERLAP_S:
        raise click.ClickException("an overlap is at most 365d: until its end the old key is as good as the new one")
    former = context.config.former_key
    if former is not None and now < former.until and lasts and not force:
        raise click.ClickException(
            f"the key before the present one works until {moment(former.until)}: what it made and nobody used since would end now"
            " (--force does it)"
        )
    # Opened first: where the database cannot be opened, no key is changed.
    store = context.store
    until = now + lasts if lasts else None
    path = config.rotate_secret_key(os.environ, until)
    store.write(audit.record, context.caller.actor, "secret.rotate", "secret key", now, None, {"former_until": until})
    print(f"{path} holds a new secret key. Restart every process of this installation now: it is in force from then on.")
    if until is None:
        print("Then every sign-in, token, link and API key of the old one ends.")
    else:
        print(f"Sign-ins, tokens, links and API keys of the old one work until {moment(until)}; what is used until then goes on.")

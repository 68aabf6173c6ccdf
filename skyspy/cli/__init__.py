"""The command line: `skyspy user ..`, `role ..`, `key ..`, `secret ..`, `settings ..`, `db ..`, `feed ..`, `admin-link`.

RootGroup call the same services as the panel and the API, with the same rules, errors and audit rows. A running server
applies changes within two seconds.
"""

from __future__ import annotations

import click

from skyspy import __version__
from skyspy.cli import keys, secret_key, server, users_and_roles
from skyspy.cli.context import CliContext, RootGroup

__all__ = ["main"]


@click.group(cls=RootGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Operate a SkySpy server. A running server applies changes within two seconds."""
    context.obj = CliContext()


for command in (
    users_and_roles.user_commands,
    users_and_roles.role_commands,
    keys.key_commands,
    secret_key.secret_commands,
    server.settings_commands,
    server.db_commands,
    server.feed_commands,
    server.admin_link,
):
    main.add_command(command)

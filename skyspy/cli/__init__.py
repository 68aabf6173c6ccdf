"""The command line: `skyspy user ..`, `role ..`, `key ..`, `secret ..`, `settings ..`, `db ..`, `aircraft-db ..`, `feed ..`,
`history ..`, `audit`, `admin-link`.

RootGroup call the same services as the panel and the API, with the same rules, errors and audit rows. A running server
applies changes within two seconds.
"""

from __future__ import annotations

import click

from skyspy import __version__
from skyspy.cli.aircraft_db import aircraft_db_commands
from skyspy.cli.audit import audit_command
from skyspy.cli.context import CliContext, RootGroup
from skyspy.cli.feeds import feed_commands
from skyspy.cli.history import history_commands
from skyspy.cli.keys import key_commands
from skyspy.cli.secret_key import secret_commands
from skyspy.cli.server import admin_link, db_commands, settings_commands
from skyspy.cli.users_and_roles import role_commands, user_commands

__all__ = ["main"]


@click.group(cls=RootGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Operate a SkySpy server. A running server applies changes within two seconds."""
    context.obj = CliContext()


for group in (user_commands, role_commands, key_commands, secret_commands, settings_commands, db_commands, feed_commands):
    main.add_command(group)
main.add_command(aircraft_db_commands)
main.add_command(history_commands)
main.add_command(audit_command)
main.add_command(admin_link)

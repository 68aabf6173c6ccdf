"""The command line: `skyspy user ..`, `role ..`, `key ..`, `secret ..`, `settings ..`, `db ..`, `feed ..`, `admin-link`.

RootGroup call the same services as the panel and the API, with the same rules, errors and audit rows. A running server
applies changes within two seconds.
"""

from __future__ import annotations

import click

from skyspy import __version__
from skyspy.cli import keys, people, secret, server
from skyspy.cli.context import CliContext, RootGroup

__all__ = ["main"]


@click.group(cls=RootGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Operate a SkySpy server. A running server applies changes within two seconds."""
    context.obj = CliContext()


for command in (people.user, people.role, keys.key, secret.secret, server.settings, server.db, server.feed, server.admin_link):
    main.add_command(command)

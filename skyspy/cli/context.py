"""What the commands work with: the parts of an installation that services need, questions, answers and errors.

Invariants: an answer goes to standard output; an error is one line on standard error and exit code 2. A secret is read
from a terminal or standard input, never from an argument, where every process could see it.
"""

from __future__ import annotations

import getpass
import logging
import os
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NoReturn

import click

from skyspy import config
from skyspy.auth.apikeys import ApiKeys
from skyspy.auth.passwords import Passwords
from skyspy.auth.refusals import Refusals
from skyspy.auth.secret import Secret, secret_of
from skyspy.clock import Clock, iso
from skyspy.config import Config, ConfigError
from skyspy.feedurl import FeedUrlError
from skyspy.services import Caller, Refused, users
from skyspy.services.caller import command_line
from skyspy.store import Store, StoreError
from skyspy.store.history import HistoryStore
from skyspy.store.settings import NAMES, SettingsTable

_DURATION = re.compile(r"(\d{1,6})([smhdw])\Z")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_ERRORS = (ConfigError, StoreError, FeedUrlError)


class CliContext:
    """The parts of an installation, each made when first asked for: `feed check` needs no database. See services.caller.Context."""

    clock = Clock()

    @cached_property
    def config(self) -> Config:
        """The environment. Raises ConfigError."""
        return config.load(os.environ, NAMES)

    @cached_property
    def store(self) -> Store:
        """The database, upgraded; closed when the command ends. Raises StoreError."""
        store = Store(self.config.database_url)
        store.upgrade()
        click.get_current_context().find_root().call_on_close(store.close)
        return store

    @cached_property
    def history(self) -> HistoryStore:
        """The history store, as it is: only `db upgrade` upgrades it."""
        history = HistoryStore(self.config.history_url, self.store, self.clock)
        click.get_current_context().find_root().call_on_close(history.close)
        return history

    @cached_property
    def settings(self) -> SettingsTable:
        """The settings table."""
        return SettingsTable(self.store, self.config.first_settings, self.clock)

    @cached_property
    def secret(self) -> Secret:
        """The installation's secret key."""
        return secret_of(self.config, self.clock)

    @cached_property
    def passwords(self) -> Passwords:
        """Hashes passwords."""
        return Passwords()

    @cached_property
    def api_keys(self) -> ApiKeys:
        """Makes and rotates API keys."""
        return ApiKeys(self.store, self.secret, self.clock)

    @cached_property
    def refusals(self) -> Refusals:
        """Writes refused attempts into the audit log."""
        return Refusals(self.store, self.clock)

    @cached_property
    def caller(self) -> Caller:
        """The operating system's user, as services and the audit log know it."""
        try:
            return command_line(getpass.getuser())
        except (KeyError, OSError):
            # A container may run as a number that has no name.
            return command_line(f"uid {os.getuid()}")

    def user_id(self, name: str) -> int:
        """The id of the user of that name. Raises Refused."""
        return users.named(self, self.caller, name).id


def ask_password(from_stdin: bool) -> str:
    """A new password: the first line of standard input, or typed twice at a terminal."""
    if from_stdin:
        return sys.stdin.readline(8192).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.ClickException("there is no terminal to ask for the password: pipe it in with --password-stdin")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True))


class Commands(click.Group):
    """The root of all commands: turns every mistake into one line and exit code 2."""

    def main(self, args: Sequence[str] | None = None, **_: Any) -> NoReturn:  # type: ignore[override]
        """Run the command of these arguments (None: the process's own), and exit."""
        logging.getLogger("skyspy").addHandler(logging.NullHandler())
        try:
            super().main(args, prog_name="skyspy", standalone_mode=False)
        except click.exceptions.NoArgsIsHelpError as error:
            group = error.ctx.command if error.ctx else self
            _fail(f"name a command: {', '.join(sorted(getattr(group, 'commands', {})))} (--help tells more)")
        except click.ClickException as error:
            _fail(error.format_message())
        except (click.Abort, KeyboardInterrupt):
            _fail("aborted")
        except _ERRORS as error:
            _fail(str(error))
        except Refused as refused:
            _fail(refused.message)
        except BrokenPipeError:
            # Whoever read our answer has seen enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except Exception as error:  # noqa: BLE001 - an operator is never shown a traceback
            _fail(f"internal error ({type(error).__name__}: {error})")
        sys.exit(0)


def _fail(message: str) -> NoReturn:
    print("skyspy: " + " ".join(message.split()), file=sys.stderr)
    sys.exit(2)


def seconds(text: str) -> float:
    """A time such as 30d, 12h, 90m or 45s, in seconds."""
    match = _DURATION.match(text.strip().lower())
    if match is None:
        raise click.ClickException(f"{text!r} is not a time such as 30d, 12h, 90m or 45s")
    return int(match.group(1)) * float(_UNITS[match.group(2)])


def moment_in(text: str, now: float) -> float:
    """The moment (wall seconds) that a date, or a time from now, means."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return now + seconds(text)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def words_of(words: Iterable[str] | None) -> str:
    """A set of permissions on one line; None: it narrows nothing."""
    return "all" if words is None else " ".join(sorted(words)) or "none"


def moment(wall: float | None) -> str:
    """A moment (wall seconds) as it is printed."""
    return "-" if wall is None else iso(wall)[:19] + "Z"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a head, in columns."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

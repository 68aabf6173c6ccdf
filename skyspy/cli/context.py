"""What the commands share: the parts of an installation that services need, input, output and error handling.

Invariants: results go to standard output; an error is one line on standard error and exit code 2. Secrets are read from a
terminal or standard input, never from arguments, which other processes can see.
"""

from __future__ import annotations

import getpass
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

import click

from skyspy import config
from skyspy.auth.apikeys import ApiKeys
from skyspy.auth.passwords import Passwords
from skyspy.auth.refusals import RefusalLog
from skyspy.auth.secret import secret_of
from skyspy.clock import Clock, iso
from skyspy.config import Config, ConfigError
from skyspy.feedurl import FeedUrlError
from skyspy.server import Context
from skyspy.services import Caller, Refused, users
from skyspy.services.caller import command_line_caller
from skyspy.store import Store, StoreError
from skyspy.store.history import HistoryStore
from skyspy.store.registry import NAMES
from skyspy.store.settings import SettingsTable

P = ParamSpec("P")
T = TypeVar("T")

_DURATION = re.compile(r"(\d{1,6})([smhdw])\Z")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_EXPECTED_ERRORS = (ConfigError, StoreError, FeedUrlError)


class CliContext:
    """The parts of an installation, each created on first use: not every command needs a database."""

    clock = Clock()

    @cached_property
    def config(self) -> Config:
        """The environment. Raises ConfigError."""
        return config.load(os.environ, NAMES)

    @cached_property
    def store(self) -> Store:
        """The database with an upgraded schema; closed when the command ends. Raises StoreError."""
        store = Store(self.config.database_url)
        store.upgrade()
        click.get_current_context().find_root().call_on_close(store.close)
        return store

    @cached_property
    def history(self) -> HistoryStore:
        """The history store; a command upgrades it before it uses it."""
        history = HistoryStore(self.config.history_url, self.store, self.clock)
        click.get_current_context().find_root().call_on_close(history.close)
        return history

    @cached_property
    def services(self) -> Context:
        """What services need. Raises ConfigError, StoreError."""
        secret = secret_of(self.config, self.clock)
        return Context(
            config=self.config,
            clock=self.clock,
            store=self.store,
            settings=SettingsTable(self.store, self.config.first_settings, self.clock),
            secret=secret,
            passwords=Passwords(),
            api_keys=ApiKeys(self.store, secret, self.clock),
            refusals=RefusalLog(self.store, self.clock),
        )

    @cached_property
    def caller(self) -> Caller:
        """The operating system's user as a Caller, for services and the audit log."""
        try:
            return command_line_caller(getpass.getuser())
        except (KeyError, OSError):
            # In a container the user id may have no name.
            return command_line_caller(f"uid {os.getuid()}")

    def call(self, service: Callable[Concatenate[Context, Caller, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a service for the operating system's user. Raises as the service does."""
        return service(self.services, self.caller, *args, **kwargs)

    def user_id(self, name: str) -> int:
        """The id of the user of that name. Raises Refused."""
        return self.call(users.named, name).id


def ask_password(from_stdin: bool) -> str:
    """A new password: the first line of standard input, or typed twice at a terminal."""
    if from_stdin:
        return sys.stdin.readline(8192).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.ClickException("there is no terminal to ask for the password: pipe it in with --password-stdin")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True))


class Group(click.Group):
    """A group of commands. Each is called with the CliContext first."""

    def command(self, *args: Any, **kwargs: Any) -> Callable[[Callable[..., None]], click.Command]:  # type: ignore[override]
        """A decorator: the function is the command of that name."""
        make = super().command(*args, **kwargs)
        return lambda function: make(click.pass_obj(function))


class RootGroup(click.Group):
    """The root command group; prints every error as one line and exits with code 2."""

    def main(self, args: Sequence[str] | None = None, **_: Any) -> NoReturn:  # type: ignore[override]
        """Run a command and exit. `args` defaults to the arguments of the process."""
        logging.getLogger("skyspy").addHandler(logging.NullHandler())
        try:
            super().main(args, prog_name="skyspy", standalone_mode=False)
        except click.exceptions.NoArgsIsHelpError as error:
            group = error.ctx.command if error.ctx else self
            _exit_with_error(f"name a command: {', '.join(sorted(getattr(group, 'commands', {})))} (see --help)")
        except click.ClickException as error:
            _exit_with_error(error.format_message())
        except (click.Abort, KeyboardInterrupt):
            _exit_with_error("aborted")
        except _EXPECTED_ERRORS as error:
            _exit_with_error(str(error))
        except Refused as refused:
            _exit_with_error(refused.message)
        except Exception as error:  # noqa: BLE001 - the operator gets one line instead of a traceback
            _exit_with_error(f"internal error ({type(error).__name__}: {error})")
        finally:
            _flush_output()
        sys.exit(0)


def _flush_output() -> None:
    """Write what is buffered: at the exit of the interpreter an error of it could not be handled. The reader of standard output, such
    as `head`, may have closed it; click ends a command whose write failed so with exit code 1."""
    try:
        sys.stdout.flush()
        sys.__stdout__.flush()  # type: ignore[union-attr]
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _exit_with_error(message: str) -> NoReturn:
    print("skyspy: " + " ".join(message.split()), file=sys.stderr)
    sys.exit(2)


def parse_duration(text: str) -> float:
    """A duration such as 30d, 12h, 90m or 45s, in seconds; raises ClickException."""
    match = _DURATION.match(text.strip().lower())
    if match is None:
        raise click.ClickException(f"{text!r} is not a time such as 30d, 12h, 90m or 45s")
    return int(match.group(1)) * float(_UNITS[match.group(2)])


def parse_time(text: str, now: float) -> float:
    """Parse an ISO 8601 time (UTC without an offset), or a duration from `now`, as wall seconds; raises ClickException."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return now + parse_duration(text)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def format_permissions(words: Iterable[str] | None) -> str:
    """Permissions on one line; "all" for None (no restriction)."""
    return "all" if words is None else " ".join(sorted(words)) or "none"


def format_time(wall: float | None) -> str:
    """A time (wall seconds) as it is printed: ISO 8601 in UTC, to the second; "-" for None."""
    return "-" if wall is None else iso(wall)[:19] + "Z"


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a header and rows in aligned columns."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

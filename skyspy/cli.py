"""The operator's commands: `skyspy user ..`, `key ..`, `settings ..`, `db ..`, `feed ..`.

Law: each does what the panel does, through the same accounts and settings, with the same rows in the log; a running
server notices within two seconds. An answer goes to standard output; a mistake is one line on standard
error and exit code 2. A secret is read from a terminal or standard input, never from an argument, where
every process could see it.
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

from skyspy import __version__, config, feedurl
from skyspy.auth.apikeys import ApiKeys, MadeKey
from skyspy.auth.passwords import PasswordError, Passwords
from skyspy.auth.secret import Secret
from skyspy.clock import Clock, iso
from skyspy.config import Config, ConfigError
from skyspy.feed import manager
from skyspy.feedurl import FeedUrlError
from skyspy.operate import Refused, links
from skyspy.store import Store, StoreError
from skyspy.store.accounts import AccountError, Accounts, Actor, Key
from skyspy.store.settings import NAMES, SettingError, SettingsTable, row_of, to_text

CHECK_SECONDS = 3.0
_DURATION = re.compile(r"(\d{1,6})([smhdw])\Z")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_MISTAKES = (ConfigError, StoreError, AccountError, SettingError, PasswordError, FeedUrlError)


class Office:
    """What the commands work with, made when first asked for: `feed check` needs no database."""

    clock = Clock()

    @cached_property
    def config(self) -> Config:
        return config.load(os.environ, NAMES)

    @cached_property
    def store(self) -> Store:
        store = Store(self.config.database_url)
        store.upgrade()
        click.get_current_context().find_root().call_on_close(store.close)
        return store

    @cached_property
    def settings(self) -> SettingsTable:
        return SettingsTable(self.store, self.config.first_settings, self.clock)

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self.store, self.clock)

    @cached_property
    def keys(self) -> ApiKeys:
        return ApiKeys(self.accounts, Secret(self.config.secret_key), self.clock)

    @cached_property
    def actor(self) -> Actor:
        try:
            return Actor("cli", getpass.getuser())
        except (KeyError, OSError):
            # A container may run as a number that has no name.
            return Actor("cli", f"uid {os.getuid()}")

    def user_id(self, name: str) -> int:
        user = self.accounts.user_by_name(name)
        if user is None:
            raise AccountError(f"there is no user {name!r}: see `skyspy user list`")
        return user.id

    def hashed(self, name: str, from_stdin: bool) -> str:
        """The hash of a password that is asked for here."""
        return Passwords().hash(_ask_password(from_stdin), self.settings.current.PASSWORD_MIN_LENGTH, name)


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
        except _MISTAKES as error:
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


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Operate a SkySpy server. It may be running: changes reach it within two seconds."""
    context.obj = Office()


# Users


@main.group()
def user() -> None:
    """Who may sign in."""


_password_option = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")


@user.command("create")
@click.argument("name")
@click.option("--role", required=True, help="viewer, operator, admin, or a role of your own.")
@_password_option
@click.pass_obj
def user_create(office: Office, name: str, role: str, password_stdin: bool) -> None:
    """Make a user NAME."""
    if office.accounts.user_by_name(name):
        raise AccountError(f"there is a user {name!r} already")
    office.accounts.role_by_name(role)
    made = office.accounts.create_user(name, role, office.hashed(name, password_stdin), office.actor)
    print(f"created user {made.name} with role {made.role}")


@user.command("list")
@click.pass_obj
def user_list(office: Office) -> None:
    """Show all users."""
    rows = [
        (u.name, u.role, "disabled" if u.disabled else "enabled", _moment(u.last_login_at), u.last_login_from or "-")
        for u in office.accounts.users()
    ]
    _table(("NAME", "ROLE", "STATE", "LAST SIGN-IN", "FROM"), rows)


@user.command("disable")
@click.argument("name")
@click.pass_obj
def user_disable(office: Office, name: str) -> None:
    """Disable NAME: his sign-ins end now, his keys rest."""
    print(f"disabled user {office.accounts.set_disabled(office.user_id(name), True, office.actor).name}")


@user.command("enable")
@click.argument("name")
@click.pass_obj
def user_enable(office: Office, name: str) -> None:
    """Enable NAME again; his keys work again too."""
    print(f"enabled user {office.accounts.set_disabled(office.user_id(name), False, office.actor).name}")


@user.command("set-role")
@click.argument("name")
@click.argument("role")
@click.pass_obj
def user_set_role(office: Office, name: str, role: str) -> None:
    """Give NAME the role ROLE."""
    changed = office.accounts.set_role(office.user_id(name), role, office.actor)
    print(f"user {changed.name} has the role {changed.role}")


@user.command("set-password")
@click.argument("name")
@_password_option
@click.pass_obj
def user_set_password(office: Office, name: str, password_stdin: bool) -> None:
    """Give NAME another password; his sign-ins end now."""
    user_id = office.user_id(name)
    changed = office.accounts.set_password_hash(user_id, office.hashed(name, password_stdin), office.actor)
    print(f"changed the password of user {changed.name}")


# Keys


@main.group()
def key() -> None:
    """API keys."""


@key.command("create")
@click.option("--user", "owner", required=True, help="Whose key it is; it never holds more than he does.")
@click.option("--kind", type=click.Choice(["live", "test"]), required=True, help="test keys see the sandbox sky.")
@click.option("--name", "label", required=True, help="What it is for.")
@click.option("--scope", "scopes", multiple=True, help="A permission it holds; may be repeated. None: all of its owner's.")
@click.option("--expires", help="When it ends: 30d, 12h, or a date such as 2027-01-31. None: never.")
@click.pass_obj
def key_create(office: Office, owner: str, kind: str, label: str, scopes: tuple[str, ...], expires: str | None) -> None:
    """Make a key, and print it: this once, alone on standard output."""
    ends = None if expires is None else _end(expires, office.clock.wall())
    made = office.keys.create(office.user_id(owner), kind, label, office.actor, scopes or None, ends)
    _show_key(made)


@key.command("list")
@click.option("--user", "owner", help="Only this user's.")
@click.pass_obj
def key_list(office: Office, owner: str | None) -> None:
    """Show keys; never the keys themselves."""
    found = office.accounts.keys() if owner is None else office.accounts.keys_of(office.user_id(owner))
    now = office.clock.wall()
    rows = [
        (str(k.id), f"{k.hint}...", k.user.name, k.name, _state(k, now), _moment(k.last_used_at), _list(k.scopes)) for k in found
    ]
    _table(("ID", "KEY", "USER", "NAME", "STATE", "LAST USED", "SCOPES"), rows)


@key.command("revoke")
@click.argument("key_id", metavar="ID", type=int)
@click.pass_obj
def key_revoke(office: Office, key_id: int) -> None:
    """End the key ID now; whoever is connected with it is disconnected."""
    revoked = office.accounts.revoke_key(key_id, office.actor)
    print(f"revoked key {revoked.id} {revoked.name} of {revoked.user.name}")


@key.command("rotate")
@click.argument("key_id", metavar="ID", type=int)
@click.option("--overlap", default="0s", help="How long the old key goes on working, such as 24h.")
@click.pass_obj
def key_rotate(office: Office, key_id: int, overlap: str) -> None:
    """Make a key like ID, print it, and end ID."""
    _show_key(office.keys.rotate(key_id, office.actor, _seconds(overlap)))


# Settings


@main.group()
def settings() -> None:
    """The settings table."""


@settings.command("list")
@click.pass_obj
def settings_list(office: Office) -> None:
    """Show every setting, and who chose it."""
    rows = [(s.row.name, to_text(s.value) or "-", s.changed_by or "(default)") for s in office.settings.rows()]
    _table(("NAME", "VALUE", "CHOSEN BY"), rows)


@settings.command("get")
@click.argument("name")
@click.pass_obj
def settings_get(office: Office, name: str) -> None:
    """Print the value of NAME."""
    print(to_text(getattr(office.settings.fresh(0), row_of(name).name)))


@settings.command("set")
@click.argument("name")
@click.argument("value")
@click.pass_obj
def settings_set(office: Office, name: str, value: str) -> None:
    """Give NAME the VALUE. FEATURE_ACCESS takes feature=level, and keeps what is not named."""
    row = row_of(name)
    print(f"{row.name} = {to_text(getattr(office.settings.set(row.name, value, office.actor), row.name))}")


# Database and feeds


@main.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@click.pass_obj
def db_upgrade(office: Office) -> None:
    """Bring the schema up to date. The server does this by itself when it starts."""
    print(f"the database {office.store.where} is at schema {office.store.upgrade()}")


@main.command("admin-link")
@click.option("--address", default="http://127.0.0.1:8000", help="Where this server is reached.")
@click.option("--if-empty", is_flag=True, help="Print nothing when there are users already.")
@click.pass_obj
def admin_link(office: Office, address: str, if_empty: bool) -> None:
    """Print a link that makes the first administrator: good once, for 30 minutes."""
    if if_empty and office.accounts.count_users():
        return
    token = links.first_admin(office, office.actor)
    click.echo(f"{address.rstrip('/')}/admin/first/{token}")


@main.group()
def feed() -> None:
    """Receivers."""


@feed.command("check")
@click.argument("url")
def feed_check(url: str) -> None:
    """Listen to the receiver at URL for a few seconds."""
    heard = manager.check(feedurl.parse(url), CHECK_SECONDS)
    if heard.error is not None:
        raise click.ClickException(f"{feedurl.parse(url).shown}: {heard.error}")
    print(f"received {heard.aircraft} aircraft in {CHECK_SECONDS:g} s ({heard.messages} messages)")


# What they share


def _ask_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline(8192).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.ClickException("there is no terminal to ask for the password: pipe it in with --password-stdin")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True))


def _show_key(made: MadeKey) -> None:
    print(made.text)
    print(f"this is key {made.key.id} of {made.key.user.name}; it is not shown again", file=sys.stderr)


def _seconds(text: str) -> float:
    match = _DURATION.match(text.strip().lower())
    if match is None:
        raise click.ClickException(f"{text!r} is not a time such as 30d, 12h, 90m or 45s")
    return int(match.group(1)) * float(_UNITS[match.group(2)])


def _end(text: str, now: float) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return now + _seconds(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _state(found: Key, now: float) -> str:
    if found.revoked_at is not None:
        return "revoked"
    if found.expires_at is not None:
        return "expired" if now >= found.expires_at else f"until {_moment(found.expires_at)}"
    return "resting" if found.user.disabled else "good"


def _list(words: Iterable[str] | None) -> str:
    return "all" if words is None else " ".join(sorted(words)) or "none"


def _moment(wall: float | None) -> str:
    return "-" if wall is None else iso(wall)[:19] + "Z"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

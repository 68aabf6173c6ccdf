"""Configuration from the environment, read once at start into a frozen Config.

An invalid value raises ConfigError, whose one-line message names the variable and the expected value. What an operator can
change while the server runs is in the settings table (store/settings.py).

Invariant: every variable has a row in VARIABLES.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from skyspy import feedurl, hosts
from skyspy.feedurl import FeedUrl, FeedUrlError
from skyspy.files import SecretFileError, read_secret, write_atomically, write_temporary

ROOT = Path(__file__).resolve().parent.parent
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigError(ValueError):
    """The environment is invalid. The message is one line for the operator."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: name, default as written in the docs, description, aliases."""

    name: str
    default: str
    description: str
    aliases: tuple[str, ...] = ()


VARIABLES: tuple[Variable, ...] = (
    Variable("SKYSPY_INSTANCE", "instance/ in the project", "Folder for the database and the generated secret key"),
    Variable("SKYSPY_DATABASE_URL", "SQLite file in the instance folder", "sqlite:///path or postgresql://user@host/name"),
    Variable(
        "SKYSPY_REDIS_URL",
        "unset",
        "Reserved for a bus between processes; this version warns and lets each process read the feeds itself",
    ),
    Variable(
        "SKYSPY_SECRET_KEY",
        "generated, kept in the instance folder with mode 0600",
        "Signs tokens and cookies; at least 32 characters",
    ),
    Variable(
        "SKYSPY_SECRET_KEY_FORMER",
        "unset",
        "The secret key that was in force before; what was made under it works until SKYSPY_SECRET_KEY_FORMER_UNTIL",
    ),
    Variable(
        "SKYSPY_SECRET_KEY_FORMER_UNTIL",
        "unset",
        "When the former secret key ends: an ISO 8601 time such as 2027-01-31T12:00:00Z; without an offset it is UTC",
    ),
    Variable("SKYSPY_FEEDS", "demo://", "Receivers, comma- or space-separated URLs"),
    Variable(
        "SKYSPY_REPLAY_DIR",
        "unset",
        "The folder replay:// may read. Unset: SKYSPY_FEEDS may name any regular file or folder, and receivers added in the "
        "panel or by the API those below replay/ in the instance folder",
    ),
    Variable("SKYSPY_LAT", "unset", "Receiver latitude in degrees, -90 to 90: the first value of RECEIVER_LATITUDE", ("LAT",)),
    Variable(
        "SKYSPY_LON",
        "unset",
        "Receiver longitude in degrees, -180 to 180: the first value of RECEIVER_LONGITUDE",
        ("LON", "LONG"),
    ),
    Variable(
        "SKYSPY_ALT", "0m", "Receiver altitude with its unit, 120m or 400ft: the first value of RECEIVER_ALTITUDE_M", ("ALT",)
    ),
    Variable("SKYSPY_SOCKETIO_PATH", "/socket.io", "Path of the Socket.IO endpoint"),
    Variable("SKYSPY_TRUSTED_PROXIES", "unset", "Addresses or networks whose X-Forwarded-* headers are believed"),
    Variable(
        "SKYSPY_HOSTS",
        "unset",
        "Host names that the server answers to, without ports; unset: every one. This machine's own names and health checks are "
        "always answered",
    ),
    Variable("SKYSPY_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR"),
    Variable("TZ", "the machine's", "Time zone of printed local times; the wire is always UTC"),
)

BUILT_IN_FEED = "demo://"
"""What runs where SKYSPY_FEEDS names no receiver."""
HISTORY_FILE = "history.sqlite3"
_SQLITE = "sqlite:///"
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_PATH = re.compile(r"(/(?!\.{1,2}(/|\Z))[A-Za-z0-9._~-]+)+/?\Z")
"""Segments that are neither empty nor `.` nor `..`: clients resolve those."""
_ALTITUDE = re.compile(r"(-?[0-9.]+)\s*(m|ft)?\Z", re.IGNORECASE)


_MIN_SECRET_LENGTH = 32
_FORMER, _UNTIL = "SKYSPY_SECRET_KEY_FORMER", "SKYSPY_SECRET_KEY_FORMER_UNTIL"
_KEY_FILE, _FORMER_KEY_FILE = "secret_key", "secret_key.former"
"""Files of the instance folder: the generated key, and the former key with its end time on a second line."""


@dataclass(frozen=True, slots=True)
class FormerKey:
    """The previous secret key, and the time until which it is still accepted (wall seconds)."""

    text: str = field(repr=False)
    until: float


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration. `location`: the receiver's (lat, lon) or None; `altitude_m`: its altitude in metres or None.
    `first_settings`: values of variables that are named like a setting, and the receiver's place; each applies where the
    settings table has none yet.
    `history_url`: derived from `database_url` (see `history_url_of`)."""

    instance: Path
    database_url: str
    history_url: str
    redis_url: str | None
    secret_key: str
    former_key: FormerKey | None
    feeds: tuple[FeedUrl, ...]
    replay_dir: Path | None
    location: tuple[float, float] | None
    altitude_m: float | None
    socketio_path: str
    trusted_proxies: tuple[Network, ...]
    hosts: frozenset[str]
    log_level: str
    first_settings: Mapping[str, str]

    @property
    def added_replay_dir(self) -> Path:
        """Where `replay://` of receivers that are added or checked by operators may open files."""
        return self.replay_dir or self.instance / "replay"

    def __repr__(self) -> str:
        # The database URL and the key are secrets; they must not appear in a traceback.
        return f"Config(instance={self.instance}, feeds={[feed.shown for feed in self.feeds]})"


def load(environ: Mapping[str, str], setting_names: frozenset[str] = frozenset()) -> Config:
    """Read the environment; raises ConfigError. Creates the instance folder and the secret key if they do not exist."""
    instance = Path(environ.get("SKYSPY_INSTANCE") or ROOT / "instance").absolute()
    try:
        instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"SKYSPY_INSTANCE: cannot make {instance}: {error.strerror}") from None
    try:
        feeds = feedurl.parse_list(environ.get("SKYSPY_FEEDS", "")) or (feedurl.parse(BUILT_IN_FEED),)
    except FeedUrlError as error:
        raise ConfigError(f"SKYSPY_FEEDS: {error}") from None
    lat = _degrees(environ, "SKYSPY_LAT", ("LAT",), 90)
    lon = _degrees(environ, "SKYSPY_LON", ("LON", "LONG"), 180)
    if (lat is None) != (lon is None):
        raise ConfigError("SKYSPY_LAT and SKYSPY_LON must both be set, or neither")
    altitude = _altitude(environ)
    path = environ.get("SKYSPY_SOCKETIO_PATH") or "/socket.io"
    if not _PATH.match(path):
        raise ConfigError(f"SKYSPY_SOCKETIO_PATH: {path!r} is not a path such as /socket.io")
    level = (environ.get("SKYSPY_LOG_LEVEL") or "INFO").upper()
    if level not in _LOG_LEVELS:
        raise ConfigError(f"SKYSPY_LOG_LEVEL: {level!r} is none of {', '.join(_LOG_LEVELS)}")
    secret_key = _secret_key(environ.get("SKYSPY_SECRET_KEY"), instance)
    database_url = _database_url(environ.get("SKYSPY_DATABASE_URL"), instance)
    return Config(
        instance=instance,
        database_url=database_url,
        history_url=history_url_of(database_url),
        redis_url=environ.get("SKYSPY_REDIS_URL") or None,
        secret_key=secret_key,
        former_key=_former_key(environ, instance, secret_key),
        feeds=feeds,
        replay_dir=_replay_dir(environ.get("SKYSPY_REPLAY_DIR")),
        location=None if lat is None or lon is None else (lat, lon),
        altitude_m=altitude,
        socketio_path=path,
        trusted_proxies=_networks(environ.get("SKYSPY_TRUSTED_PROXIES", "")),
        hosts=_hosts(environ.get("SKYSPY_HOSTS", "")),
        log_level=level,
        first_settings=_first_settings(environ, setting_names, lat, lon, altitude),
    )


def rotate_secret_key(environ: Mapping[str, str], until: float | None) -> Path:
    """Replace the generated secret key by a new one. The old key is kept until `until` (wall seconds; None: not kept).

    A running server uses the new key only after a restart. Returns the path of the key file; raises ConfigError.
    """
    for name in ("SKYSPY_SECRET_KEY", _FORMER):
        if environ.get(name):
            raise ConfigError(
                f"{name} is set, so the key is not kept in a file: change SKYSPY_SECRET_KEY yourself, and name the old one in {_FORMER}"
            )
    boot = load(environ)
    path, former = boot.instance / _KEY_FILE, boot.instance / _FORMER_KEY_FILE
    try:
        # The old key is written first: a power failure between the two writes leaves it in both files, and it stays in use.
        if until is None:
            former.unlink(missing_ok=True)
        else:
            write_atomically(former, f"{boot.secret_key}\n{datetime.fromtimestamp(until, UTC).isoformat()}\n")
        write_atomically(path, secrets.token_urlsafe(48))
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from None
    return path


def forget_former_key(environ: Mapping[str, str]) -> None:
    """Remove the former key that `rotate_secret_key` kept. Raises ConfigError."""
    path = load(environ).instance / _FORMER_KEY_FILE
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot remove {path}: {error.strerror}") from None


def _first_set(environ: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str] | None:
    return next(((name, environ[name]) for name in names if environ.get(name)), None)


def _degrees(environ: Mapping[str, str], name: str, aliases: tuple[str, ...], limit: float) -> float | None:
    found = _first_set(environ, (name, *aliases))
    if found is None:
        return None
    try:
        value = float(found[1])
    except ValueError:
        value = float("nan")
    if not -limit <= value <= limit:
        raise ConfigError(f"{found[0]}: {found[1]!r} is not a number from -{limit:g} to {limit:g}")
    return value


def _replay_dir(text: str | None) -> Path | None:
    if not text:
        return None
    path = Path(text).absolute()
    if not path.is_dir():
        raise ConfigError(f"SKYSPY_REPLAY_DIR: {text!r} is not a folder")
    return path


def _first_settings(
    environ: Mapping[str, str], names: frozenset[str], lat: float | None, lon: float | None, altitude: float | None
) -> Mapping[str, str]:
    place = {"RECEIVER_LATITUDE": lat, "RECEIVER_LONGITUDE": lon, "RECEIVER_ALTITUDE_M": altitude}
    found = {name: repr(value) for name, value in place.items() if value is not None}
    return {name: environ[name] if name in environ else found[name] for name in sorted(names & (set(environ) | set(found)))}


def _altitude(environ: Mapping[str, str]) -> float | None:
    found = _first_set(environ, ("SKYSPY_ALT", "ALT"))
    if found is None:
        return None
    match = _ALTITUDE.match(found[1].strip())
    try:
        number = float(match.group(1)) if match else float("nan")
    except ValueError:
        number = float("nan")
    metres = number * 0.3048 if match and (match.group(2) or "m").lower() == "ft" else number
    if not -500 <= metres <= 9000:
        raise ConfigError(f"{found[0]}: {found[1]!r} is not an altitude such as 120m or 400ft")
    return metres


def _database_url(text: str | None, instance: Path) -> str:
    if not text:
        return f"sqlite:///{instance / 'skyspy.db'}"
    for plain in ("postgresql://", "postgres://"):
        if text.startswith(plain):
            return "postgresql+psycopg://" + text[len(plain) :]
    if text.startswith(("sqlite:///", "postgresql+psycopg://")):
        return text
    raise ConfigError("SKYSPY_DATABASE_URL: write sqlite:///path or postgresql://user@host/name")


def history_url_of(database_url: str) -> str:
    """The URL of the history database that belongs to a database; raises ConfigError.

    SQLite: a separate file in the same folder, or in memory if the database is. Postgres: the same URL; history has its own
    schema there.
    """
    if not database_url.startswith(_SQLITE):
        return database_url
    path, mark, query = database_url.removeprefix(_SQLITE).partition("?")
    if path.removeprefix("file:") in ("", ":memory:") or "mode=memory" in query:
        return f"{_SQLITE}:memory:"
    folder, slash, name = path.rpartition("/")
    if not slash and name.startswith("file:"):
        folder, name = "file:", name.removeprefix("file:")
    if name == HISTORY_FILE:
        raise ConfigError(f"SKYSPY_DATABASE_URL: {HISTORY_FILE} is the name of the history's own file, choose another one")
    return f"{_SQLITE}{folder}{slash}{HISTORY_FILE}{mark}{query}"


def _networks(text: str) -> tuple[Network, ...]:
    result = []
    for word in text.replace(",", " ").split():
        try:
            result.append(ipaddress.ip_network(word, strict=False))
        except ValueError:
            raise ConfigError(f"SKYSPY_TRUSTED_PROXIES: {word!r} is not an address or network") from None
    return tuple(result)


def _hosts(text: str) -> frozenset[str]:
    try:
        return hosts.parse_list(text)
    except hosts.HostError as error:
        raise ConfigError(f"SKYSPY_HOSTS: {error}") from None


def _secret_key(text: str | None, instance: Path) -> str:
    if text:
        if len(text) < _MIN_SECRET_LENGTH:
            raise ConfigError("SKYSPY_SECRET_KEY: needs at least 32 characters (unset it to have one generated)")
        return text
    path = instance / _KEY_FILE
    if not path.exists():
        try:
            temporary = write_temporary(path, secrets.token_urlsafe(48))
            # Creating a hard link is atomic: two processes that start at the same time use the same key.
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
            temporary.unlink()
        except OSError as error:
            raise ConfigError(f"SKYSPY_SECRET_KEY: cannot write {path}: {error.strerror}") from None
    key = _read_secret(path, "SKYSPY_SECRET_KEY: ").strip()
    if len(key) < _MIN_SECRET_LENGTH:
        raise ConfigError(f"SKYSPY_SECRET_KEY: {path} is damaged; delete it to have a new key generated")
    return key


def _read_secret(path: Path, prefix: str = "") -> str:
    try:
        return read_secret(path)
    except SecretFileError as error:
        raise ConfigError(f"{prefix}{error}") from None


def _former_key(environ: Mapping[str, str], instance: Path, secret_key: str) -> FormerKey | None:
    text, until = environ.get(_FORMER), environ.get(_UNTIL)
    if bool(text) != bool(until):
        raise ConfigError(f"{_FORMER} and {_UNTIL} must both be set, or neither")
    if text and until:
        if len(text) < _MIN_SECRET_LENGTH:
            raise ConfigError(f"{_FORMER}: needs at least {_MIN_SECRET_LENGTH} characters, as every secret key")
        if text == secret_key:
            raise ConfigError(f"{_FORMER}: is the key that is in force now; give SKYSPY_SECRET_KEY a new value")
        ends = _timestamp(until)
        if ends is None:
            raise ConfigError(f"{_UNTIL}: {until!r} is not a time such as 2027-01-31T12:00:00Z")
        return FormerKey(text, ends)
    # The file belongs to the generated key; it does not apply if SKYSPY_SECRET_KEY is set.
    return None if environ.get("SKYSPY_SECRET_KEY") else _former_key_from_file(instance / _FORMER_KEY_FILE, secret_key)


def _former_key_from_file(path: Path, secret_key: str) -> FormerKey | None:
    try:
        text, _, until = _read_secret(path).partition("\n")
    except FileNotFoundError:
        return None
    ends = _timestamp(until.strip())
    if len(text) < _MIN_SECRET_LENGTH or ends is None:
        raise ConfigError(f"{path} is damaged; without it, what was made under the former secret key and not used since ends")
    return None if text == secret_key else FormerKey(text, ends)


def _timestamp(text: str) -> float | None:
    """An ISO 8601 time as wall seconds, UTC if it has no offset; None if it is not a time."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return None

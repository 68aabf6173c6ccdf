"""The registry of settings: one row per setting, and the frozen object that the house reads.

Law: a setting is one line of the class Settings; forms, docs, checks and the command line are made from
its row (ROWS). A text or value becomes a setting only through `parse`, and settings become a Settings
only whole, through `build`. Nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from skyspy.permissions import FEATURES


class SettingError(ValueError):
    """A value does not fit its setting; the message is one line that says what does."""


@dataclass(frozen=True, slots=True)
class Row:
    """One setting: `kind` is choice, bool, int, float, features or origins; `low`..`high` bound a number,
    `choices` are a choice's words; `group` is the heading it stands under; `safe` is what a damaged row
    in the database reads as (the default, but for the auth mode)."""

    name: str
    kind: str
    default: Any
    group: str
    says: str
    unit: str = ""
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    safe: Any = None


def _row(kind: str, default: Any, group: str, says: str, **more: Any) -> Any:
    more.setdefault("safe", default)
    made = {"kind": kind, "default": default, "group": group, "says": says, **more}
    return field(default_factory=lambda: default, metadata=made)


def _number(default: float, low: float, high: float, unit: str, group: str, says: str) -> Any:
    kind = "int" if isinstance(default, int) else "float"
    return _row(kind, default, group, says, unit=unit, low=low, high=high)


_OPEN_FEATURES: Mapping[str, str] = MappingProxyType(
    {f: {"alerts": "authenticated", "audio": "permission"}.get(f, "public") for f in FEATURES}
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting as it is in force, with the `version` of the table it was read at and `problems`:
    one line for each row that could not be believed."""

    AUTH_MODE: str = _row(
        "choice",
        "hybrid",
        "Access",
        "Who may connect: public (anyone sees everything), hybrid (anyone sees what is called public), private (identities only)",
        choices=("public", "hybrid", "private"),
        safe="private",
    )
    WS_REJECT_INVALID_TOKENS: bool = _row(
        "bool", False, "Access", "Refuse a bad token, rather than treat its bearer as anonymous"
    )
    FEATURE_ACCESS: Mapping[str, str] = _row(
        "features", _OPEN_FEATURES, "Access", "Who may see each feature: public, authenticated, or holders of its permission"
    )
    RECEIVER_LOCATION_PUBLIC: str = _row(
        "choice",
        "rounded",
        "Access",
        "How exactly the anonymous may know where the receiver stands; rounded is to 0.1 degree",
        choices=("exact", "rounded", "hidden"),
    )
    CORS_ORIGINS: tuple[str, ...] = _row(
        "origins", (), "Access", "Other web origins whose pages may use this server, such as https://map.example"
    )
    JWT_ACCESS_SECONDS: int = _number(3600, 5, 86400, "s", "Sign-in", "How long an access token lives")
    JWT_REFRESH_SECONDS: int = _number(1209600, 60, 31536000, "s", "Sign-in", "How long an unused refresh token lives")
    PASSWORD_MIN_LENGTH: int = _number(10, 8, 128, "characters", "Sign-in", "Shortest password that may be set")
    LOGIN_WINDOW_SECONDS: int = _number(300, 10, 86400, "s", "Sign-in", "The time over which attempts are counted")
    LOGIN_ATTEMPTS_PER_ACCOUNT: int = _number(10, 1, 1000, "", "Sign-in", "Failed sign-ins for one account in that time")
    LOGIN_ATTEMPTS_PER_ADDRESS: int = _number(20, 1, 10000, "", "Sign-in", "Failed sign-ins from one address in that time")
    LOGIN_ATTEMPTS_TOTAL: int = _number(1000, 10, 1000000, "", "Sign-in", "Failed sign-ins from anywhere in that time")
    TOKEN_ATTEMPTS_PER_ADDRESS: int = _number(300, 1, 1000000, "", "Sign-in", "Bad tokens from one address in that time")
    AIRCRAFT_TIMEOUT_SECONDS: int = _number(60, 10, 3600, "s", "Sky", "An aircraft not heard for this long is removed")
    MAX_RANGE_NM: int = _number(450, 10, 2000, "nm", "Sky", "A position farther from the receiver is not believed")
    BROADCAST_HZ: float = _number(10.0, 0.2, 10, "Hz", "Sky", "How often changes are sent, at most")
    SOCKET_EVENTS_PER_SECOND: float = _number(20.0, 1, 1000, "per s", "Limits", "Events one socket may send, in the long run")
    SOCKET_EVENTS_BURST: int = _number(60, 1, 10000, "", "Limits", "Events one socket may send at once")
    REQUESTS_PER_MINUTE: int = _number(600, 10, 1000000, "per min", "Limits", "HTTP requests from one address")
    CONNECTIONS_PER_ADDRESS: int = _number(100, 1, 100000, "", "Limits", "Sockets open from one address; loopback is not counted")
    MAX_CONNECTIONS: int = _number(5000, 10, 100000, "", "Limits", "Sockets open on one process")
    AUDIT_RETENTION_DAYS: int = _number(365, 7, 36500, "days", "Retention", "How long the audit log is kept")
    SIGHTING_RETENTION_DAYS: int = _number(30, 1, 36500, "days", "Retention", "How long past sightings are kept")
    version: int = 0
    problems: tuple[str, ...] = ()


ROWS: dict[str, Row] = {f.name: Row(name=f.name, **f.metadata) for f in fields(Settings) if f.metadata}
"""One row per setting, in the order they are shown."""

NAMES: frozenset[str] = frozenset(ROWS)

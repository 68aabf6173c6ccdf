"""The registry of settings: one row per setting, and the frozen object that holds all values.

A setting is one field of the class Settings; forms, docs, checks and the command line use its row (ROWS).

Invariants: a text or JSON value becomes a setting's value only through `parse` (setting_values.py), and stored rows become a
Settings only through `settings_from_rows`. No I/O here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from types import MappingProxyType
from typing import Any

from skyspy.permissions import FEATURES
from skyspy.store import origins
from skyspy.store.setting_values import SettingError, SettingRow, parse, to_json, to_text
from skyspy.wirejson import loads

__all__ = [
    "NAMES",
    "ROWS",
    "SettingError",
    "SettingRow",
    "Settings",
    "check",
    "parse",
    "row_of",
    "settings_from_rows",
    "to_json",
    "to_text",
]


MAX_DAYS = 36500
MAX_MB = 10_000_000


def _row(group: str, kind: str, default: Any, title: str, description: str, **more: Any) -> Any:
    more.setdefault("safe", default)
    made = {"kind": kind, "default": default, "group": group, "title": title, "description": description, **more}
    return field(default_factory=lambda: default, metadata=made)


def _number(group: str, default: float, low: float, high: float, unit: str, title: str, description: str) -> Any:
    kind = "int" if isinstance(default, int) else "float"
    return _row(group, kind, default, title, description, unit=unit, low=low, high=high)


def _history_kept_for(days: int, low: int, title: str, description: str) -> Any:
    # A damaged row deletes nothing.
    more = {"unit": "days", "low": low, "high": MAX_DAYS, "safe": MAX_DAYS}
    return _row("Retention", "int", days, title, description, **more)


def _at_most_mb(default: int, title: str, description: str) -> Any:
    return _row("Retention", "int", default, title, description, unit="MB", low=0, high=MAX_MB, safe=0)


_access = partial(_row, "Access")
_sign_in = partial(_number, "Sign-in")
_sky = partial(_number, "Sky")
_limit = partial(_number, "Limits")
_kept_for = partial(_number, "Retention")
_receiver = partial(_row, "Receiver")
_safety = partial(_number, "Safety")


_OPEN_FEATURES: Mapping[str, str] = MappingProxyType(
    {f: {"alerts": "authenticated", "history": "authenticated", "audio": "permission"}.get(f, "public") for f in FEATURES}
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The value of every setting; `version` is that of the database at the time of reading, `problems` has one line for each
    invalid row."""

    AUTH_MODE: str = _access(
        "choice",
        "hybrid",
        "Auth mode",
        "Who may connect: public (anyone sees everything), hybrid (anyone sees what is called public), private (identities only)",
        choices=("public", "hybrid", "private"),
        safe="private",
    )
    WS_REJECT_INVALID_TOKENS: bool = _access(
        "bool", False, "Refuse bad tokens", "Refuse a bad token, rather than treat its bearer as anonymous", safe=True
    )
    FEATURE_ACCESS: Mapping[str, str] = _access(
        "features",
        _OPEN_FEATURES,
        "Who may see what",
        "Who may see each feature: public, authenticated, or holders of its permission",
        safe=MappingProxyType(dict.fromkeys(FEATURES, "permission")),
    )
    RECEIVER_LOCATION_PUBLIC: str = _access(
        "choice",
        "rounded",
        "Receiver's place",
        "How exactly the anonymous may know where the receiver stands; rounded is to 0.1 degree",
        choices=("exact", "rounded", "hidden"),
        safe="hidden",
    )
    RECEIVER_NAME: str = _receiver("text", "", "Name of the place", "For the panel, such as Roof", high=64)
    RECEIVER_PLACE_SOURCE: str = _receiver(
        "choice",
        "settings",
        "Where the place comes from",
        "The coordinates below, or the receiver.json beside an aircraft.json; where that says none, the coordinates",
        choices=("settings", "receiver"),
    )
    RECEIVER_LATITUDE: float | None = _receiver(
        "degrees", None, "Latitude", "Degrees, north is positive, such as 47.4583; empty: unknown", unit="°", low=-90, high=90
    )
    RECEIVER_LONGITUDE: float | None = _receiver(
        "degrees", None, "Longitude", "Degrees, east is positive, such as 8.5480; empty: unknown", unit="°", low=-180, high=180
    )
    RECEIVER_ALTITUDE_M: float = _number(
        "Receiver", 0.0, -500, 9000, "m", "Altitude", "Of the antenna above sea level, in metres"
    )
    CORS_ORIGINS: tuple[str, ...] = _access(
        "origins",
        (),
        "Pages of other sites",
        "Origins of pages and apps that may use this server, such as https://map.example or capacitor://localhost; no wildcards",
    )
    METRICS_PUBLIC: bool = _access(
        "bool", False, "Metrics for anyone", "Let anyone read /metrics without a token or key, in every auth mode"
    )
    ACARS_NAMESPACE: bool = _access(
        "bool",
        True,
        "Datalink messages on /acars",
        "Let clients connect to the namespace /acars; the topic acars is sent on / in any case",
        safe=False,
    )
    JWT_ACCESS_SECONDS: int = _sign_in(
        3600, 5, 86400, "s", "Access token lifetime", "A live connection ends with its token, unless it renews it"
    )
    JWT_REFRESH_SECONDS: int = _sign_in(
        1209600, 60, 31536000, "s", "Refresh token lifetime", "How long a refresh token that is not used stays good"
    )
    PASSWORD_MIN_LENGTH: int = _sign_in(
        10, 8, 128, "characters", "Shortest password", "For passwords set from now on; those in use stay good"
    )
    LOGIN_WINDOW_SECONDS: int = _sign_in(300, 10, 86400, "s", "Tries are counted over", "What failed longer ago is forgotten")
    LOGIN_ATTEMPTS_PER_ACCOUNT: int = _sign_in(
        10, 1, 1000, "", "Failed sign-ins per account", "How many may fail for one account in that time"
    )
    LOGIN_ATTEMPTS_PER_ADDRESS: int = _sign_in(
        20, 1, 10000, "", "Failed sign-ins per address", "How many may fail from one address in that time"
    )
    LOGIN_ATTEMPTS_TOTAL: int = _sign_in(
        1000, 10, 1000000, "", "Failed sign-ins in all", "How many may fail from anywhere in that time"
    )
    TOKEN_ATTEMPTS_PER_ADDRESS: int = _sign_in(
        300, 1, 1000000, "", "Bad tokens per address", "How many bad tokens and keys one address may show in that time"
    )
    PANEL_IDLE_SECONDS: int = _sign_in(
        1800, 60, 86400, "s", "Panel signs out when idle for", "A page of the panel that is not used for this long is signed out"
    )
    PANEL_ABSOLUTE_SECONDS: int = _sign_in(
        43200, 300, 604800, "s", "Panel signs out after", "A sign-in to the panel ends after this long, used or not"
    )
    PANEL_KEEP_SECONDS: int = _sign_in(
        1209600, 0, 7776000, "s", "“Keep me signed in” lasts", "How long a browser may be kept signed in on request; 0: never"
    )
    AIRCRAFT_TIMEOUT_SECONDS: int = _sky(
        60, 10, 3600, "s", "Aircraft leaves when silent for", "An aircraft not heard for this long is removed"
    )
    MAX_RANGE_NM: int = _sky(
        450, 10, 2000, "nm", "Farthest position believed", "A position farther from the receiver is not believed"
    )
    BROADCAST_HZ: float = _sky(10.0, 0.2, 10, "Hz", "Updates per second", "How often changes are sent, at most")
    SOCKET_EVENTS_PER_SECOND: float = _limit(
        20.0, 1, 1000, "per s", "Events per connection", "Events that one socket may send, in the long run"
    )
    SOCKET_EVENTS_BURST: int = _limit(
        60, 1, 10000, "", "Events per connection at once", "Events that one socket may send in one go"
    )
    REQUESTS_PER_MINUTE: int = _limit(
        600, 10, 1000000, "per min", "Requests per address", "HTTP requests that one address may make"
    )
    CONNECTIONS_PER_ADDRESS: int = _limit(
        100, 1, 100000, "", "Connections per address", "Sockets open from one address; loopback is not counted"
    )
    MAX_CONNECTIONS: int = _limit(
        5000,
        10,
        100000,
        "",
        "Connections per process",
        "Sockets open on one process; whoever comes next is told that the server is busy",
    )
    SAFETY_VERTICAL_RATE_FT_MIN: int = _safety(
        6000, 2000, 30000, "ft/min", "Extreme vertical rate", "A climb or descent of this rate or more is an event"
    )
    SAFETY_PROXIMITY_NM: float = _safety(
        0.5, 0.1, 5, "nm", "Proximity: distance", "Two aircraft are too near where they are closer than this, and vertically too"
    )
    SAFETY_PROXIMITY_CRITICAL_NM: float = _safety(
        0.25, 0.05, 5, "nm", "Proximity: critical distance", "Closer than this, and vertically too, the event is critical"
    )
    SAFETY_PROXIMITY_FT: int = _safety(
        600, 100, 850, "ft", "Proximity: vertical distance", "Below FL290; a legal separation of 1,000 ft may show as 925 ft"
    )
    SAFETY_PROXIMITY_HIGH_FT: int = _safety(700, 100, 850, "ft", "Proximity: vertical distance, high", "The same from FL290 on")
    SAFETY_PROXIMITY_CRITICAL_FT: int = _safety(
        300,
        50,
        850,
        "ft",
        "Proximity: critical vertical distance",
        "Closer than this, and in distance too, the event is critical",
    )
    SAFETY_PROXIMITY_AHEAD_S: float = _safety(
        35.0, 0, 60, "s", "Proximity: time ahead", "How far ahead the closest approach may be; 0: only what is too near now"
    )
    SAFETY_LOW_ALTITUDE_FT: int = _safety(
        500, 100, 2000, "ft", "Low altitude", "An aircraft in flight below this height, far from every airport, is an event"
    )
    SAFETY_LOW_ALTITUDE_AIRPORT_NM: float = _safety(
        5.0, 1, 50, "nm", "Low altitude: distance to airports", "An aircraft closer than this to an airport may be low"
    )
    SAFETY_LOW_ALTITUDE_HELICOPTERS: bool = _row(
        "Safety", "bool", False, "Low altitude: helicopters", "Whether helicopters that fly low are events too"
    )
    SAFETY_GPS_AIRCRAFT: int = _safety(
        3, 2, 100, "aircraft", "GPS interference: aircraft", "How many aircraft of one area must have lost GPS"
    )
    SAFETY_GPS_PERCENT: int = _safety(20, 1, 100, "%", "GPS interference: share", "And what share of all aircraft of that area")
    SAFETY_GPS_RADIUS_NM: float = _safety(60.0, 10, 250, "nm", "GPS interference: radius", "How large an area is")
    SAFETY_GPS_MINUTES: float = _safety(
        10.0, 1, 60, "min", "GPS interference: time", "Over which aircraft that lost GPS are counted"
    )
    SAFETY_COOLDOWN_S: float = _safety(
        60.0, 0, 3600, "s", "Cooldown", "What returns sooner than this after its end goes on as the same event"
    )
    AUDIT_RETENTION_DAYS: int = _kept_for(365, 7, 36500, "days", "Audit log is kept for", "Older entries are removed for good")
    SIGHTING_RETENTION_DAYS: int = _history_kept_for(30, 1, "Sightings are kept for", "Older past sightings are removed for good")
    TRACK_RETENTION_DAYS: int = _history_kept_for(
        14, 1, "Tracks are kept for", "Older tracks are removed for good; never kept longer than sightings"
    )
    SAFETY_RETENTION_DAYS: int = _history_kept_for(365, 7, "Safety events are kept for", "Older events are removed for good")
    ALERT_RETENTION_DAYS: int = _history_kept_for(90, 1, "Alerts are kept for", "Older alerts are removed for good")
    DELIVERY_RETENTION_DAYS: int = _history_kept_for(
        30,
        1,
        "Deliveries of alerts are kept for",
        "Older ones are removed for good from the delivery log; what waits to be sent stays",
    )
    ACARS_RETENTION_DAYS: int = _history_kept_for(
        30, 1, "Datalink messages are kept for", "Older messages are removed for good, with what was counted of them"
    )
    MINUTE_RETENTION_DAYS: int = _history_kept_for(
        30, 1, "Statistics by minute are kept for", "Older minutes are removed for good; hours and days stay"
    )
    HOUR_RETENTION_DAYS: int = _history_kept_for(
        730, 7, "Statistics by hour are kept for", "Older hours are removed for good; days stay"
    )
    DAY_RETENTION_DAYS: int = _history_kept_for(36500, 30, "Statistics by day are kept for", "Older days are removed for good")
    HISTORY_MAX_MB: int = _at_most_mb(
        4000,
        "Largest history",
        "Beyond this size the oldest tracks are removed, then datalink messages, minutes, sightings, hours, safety events and alerts, but never the last day; 0: no limit",
    )
    TRACK_MAX_MB: int = _at_most_mb(
        0, "Largest size of tracks", "Beyond it the oldest tracks are removed; 0: no limit of their own"
    )
    SIGHTING_MAX_MB: int = _at_most_mb(
        0, "Largest size of sightings", "Beyond it the oldest sightings are removed, with their tracks; 0: no limit of their own"
    )
    STATISTICS_MAX_MB: int = _at_most_mb(
        0, "Largest size of statistics", "Beyond it the oldest minutes are removed, then hours; 0: no limit of their own"
    )
    SAFETY_MAX_MB: int = _at_most_mb(
        0, "Largest size of safety events", "Beyond it the oldest safety events are removed; 0: no limit of their own"
    )
    ALERT_MAX_MB: int = _at_most_mb(
        0, "Largest size of alerts", "Beyond it the oldest alerts and deliveries are removed; 0: no limit of their own"
    )
    ACARS_MAX_MB: int = _at_most_mb(
        0, "Largest size of datalink messages", "Beyond it the oldest messages are removed; 0: no limit of their own"
    )
    version: int = 0
    problems: tuple[str, ...] = ()

    @property
    def receiver_place(self) -> tuple[float, float] | None:
        """The coordinates of the settings, (latitude, longitude); None: unknown."""
        if self.RECEIVER_LATITUDE is None or self.RECEIVER_LONGITUDE is None:
            return None
        return self.RECEIVER_LATITUDE, self.RECEIVER_LONGITUDE


ROWS: dict[str, SettingRow] = {f.name: SettingRow(name=f.name, **f.metadata) for f in fields(Settings) if f.metadata}
"""One row per setting, in the order of display."""

NAMES: frozenset[str] = frozenset(ROWS)


def row_of(name: str) -> SettingRow:
    """The row of a setting, by its name in any case; raises SettingError."""
    row = ROWS.get(name.upper().replace("-", "_"))
    if row is None:
        raise SettingError(f"{name!r} is no setting: see `skyspy settings list`")
    return row


# Settings none of which may be larger than the last one, and the error message.
_CONSTRAINTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("JWT_ACCESS_SECONDS", "JWT_REFRESH_SECONDS"), "JWT_ACCESS_SECONDS cannot be longer than JWT_REFRESH_SECONDS"),
    (("PANEL_IDLE_SECONDS", "PANEL_ABSOLUTE_SECONDS"), "PANEL_IDLE_SECONDS cannot be longer than PANEL_ABSOLUTE_SECONDS"),
    (("SOCKET_EVENTS_PER_SECOND", "SOCKET_EVENTS_BURST"), "SOCKET_EVENTS_BURST cannot be less than SOCKET_EVENTS_PER_SECOND"),
    (("CONNECTIONS_PER_ADDRESS", "MAX_CONNECTIONS"), "CONNECTIONS_PER_ADDRESS cannot be more than MAX_CONNECTIONS"),
    (
        ("LOGIN_ATTEMPTS_PER_ACCOUNT", "LOGIN_ATTEMPTS_PER_ADDRESS", "LOGIN_ATTEMPTS_TOTAL"),
        "LOGIN_ATTEMPTS_TOTAL cannot be less than the attempts for one account or address",
    ),
    (
        ("SAFETY_PROXIMITY_CRITICAL_NM", "SAFETY_PROXIMITY_NM"),
        "SAFETY_PROXIMITY_CRITICAL_NM cannot be more than SAFETY_PROXIMITY_NM",
    ),
    (
        ("SAFETY_PROXIMITY_CRITICAL_FT", "SAFETY_PROXIMITY_FT"),
        "SAFETY_PROXIMITY_CRITICAL_FT cannot be more than SAFETY_PROXIMITY_FT",
    ),
    (
        ("SAFETY_PROXIMITY_CRITICAL_FT", "SAFETY_PROXIMITY_HIGH_FT"),
        "SAFETY_PROXIMITY_CRITICAL_FT cannot be more than SAFETY_PROXIMITY_HIGH_FT",
    ),
)


HALF_A_PLACE = "RECEIVER_LATITUDE and RECEIVER_LONGITUDE are both set, or neither"


def _is_whole_place(settings: Settings) -> bool:
    return (settings.RECEIVER_LATITUDE is None) == (settings.RECEIVER_LONGITUDE is None)


def _fits(settings: Settings, names: tuple[str, ...]) -> bool:
    values: list[float] = [getattr(settings, name) for name in names]
    return max(values) == values[-1]


def check(settings: Settings) -> None:
    """Raise SettingError for the first constraint between settings that is violated."""
    for names, problem in _CONSTRAINTS:
        if not _fits(settings, names):
            raise SettingError(problem)
    if not _is_whole_place(settings):
        raise SettingError(HALF_A_PLACE)


def settings_from_rows(rows: Mapping[str, str | None], version: int) -> Settings:
    """The settings in force, from the table's rows (JSON text, or None for the default).

    Never raises: an invalid row reads as the setting's `safe` value, and `problems` names it. The first migration writes the
    row of AUTH_MODE: where it is missing, the table was tampered with, and the mode is private.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, text in {"AUTH_MODE": "", **rows}.items():
        row = ROWS.get(name)
        if row is None or text is None:
            continue
        try:
            values[name] = parse(row, loads(text))
        except SettingError as error:
            problem = str(error)
        except ValueError:
            problem = f"{name}: its row in the database is damaged or missing"
        else:
            continue
        values[name] = origins.valid(text) if row.kind == "origins" else row.safe
        problems.append(f"{problem}; {to_text(values[name]) or 'none'} is in force instead")
    settings = Settings(**values, version=version)
    for names, problem in _CONSTRAINTS:
        if not _fits(settings, names):
            problems.append(f"{problem}; their defaults are in force instead")
            settings = replace(settings, **{name: ROWS[name].default for name in names})
    if not _is_whole_place(settings):
        problems.append(f"{HALF_A_PLACE}; the place is unknown")
        settings = replace(settings, RECEIVER_LATITUDE=None, RECEIVER_LONGITUDE=None)
    return replace(settings, problems=tuple(problems))

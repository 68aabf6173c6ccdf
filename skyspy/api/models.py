"""Interfaces: the bodies of requests and answers about aircraft, statistics, receivers and errors.

Invariants: the fields of an aircraft come from aircraft.FIELDS. Requests are parsed by these models and the OpenAPI document
is made from them; a test checks every answer of the API against its model.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct

from skyspy.aircraft import FIELDS, SOURCES, Field
from skyspy.filters import AircraftFilter
from skyspy.registration import FIELDS as COMPUTED

PLAIN = {"int": int, "float": float, "text": str, "words": list[str], "object": dict[str, int | float | str | bool]}


def _field_type(row: Field) -> Any:
    unit = f", {row.unit}" if row.unit else ""
    description = f"{row.description}{unit}"
    if row.kind == "altitude":
        return Annotated[int | str, Meta(description=description)]
    if row.kind in ("int", "float"):
        return Annotated[PLAIN[row.kind], Meta(description=description, ge=row.low, le=row.high)]
    if row.words:
        description += f" ({', '.join(sorted(row.words))})"
    return Annotated[PLAIN[row.kind], Meta(description=description)]


def _optional(rows: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(name, kind | UnsetType, UNSET) for name, kind in rows.items()]


def _text(description: str, **more: Any) -> Any:
    return Annotated[str, Meta(description=description, **more)]


def _number(description: str, **more: Any) -> Any:
    return Annotated[float, Meta(description=description, **more)]


def _count(description: str, **more: Any) -> Any:
    return Annotated[int, Meta(description=description, ge=0, **more)]


_SENT = {name: _field_type(row) for name, row in FIELDS.items()}
_SEEN = _number("Seconds since it was last heard", ge=0)
_SEEN_POS = _number("Seconds since its position was heard", ge=0)
_TYPE = _text(f"The best source of its data ({', '.join(SOURCES)})")
_MESSAGES = _count("Messages received from it")

Aircraft: type[Struct] = defstruct(
    "Aircraft",
    [
        ("hex", _text("ICAO address in upper case; a leading ~ marks an address that is not an ICAO one")),
        *_optional(
            {
                "type": _TYPE,
                "source": _text("The same, coarser (adsb, adsr, tisb, adsc, mlat, mode_s, other)"),
                **_SENT,
                **{name: _field_type(row) for name, row in COMPUTED.items()},
                "military": Annotated[bool, Meta(description="Whether its database entry or its address is military")],
                "distance_nm": _number("Distance from the receiver, nm", ge=0),
                "bearing": _number("Bearing from the receiver, deg", ge=0, le=360),
                "messages": _MESSAGES,
                "seen": _SEEN,
                "seen_pos": _SEEN_POS,
                "demo": Annotated[bool, Meta(description="Of one aircraft alone: true while any simulated traffic is shown")],
            }
        ),
    ],
    module=__name__,
    forbid_unknown_fields=True,
)

_FIELD_NAMES = Annotated[list[str], Meta(description="Names of the fields that came this way")]
ReadsbAircraft: type[Struct] = defstruct(
    "ReadsbAircraft",
    [
        ("hex", _text("ICAO address in lower case; a leading ~ marks an address that is not an ICAO one")),
        *_optional(
            {
                "type": _TYPE,
                **_SENT,
                "seen_pos": _SEEN_POS,
                "r_dst": _number("Distance from the receiver, nm", ge=0),
                "r_dir": _number("Bearing from the receiver, deg", ge=0, le=360),
                "dst": _number("Distance from the point asked for, nm", ge=0),
                "dir": _number("Bearing from the point asked for, deg", ge=0, le=360),
                "mlat": _FIELD_NAMES,
                "tisb": _FIELD_NAMES,
                "messages": _MESSAGES,
                "seen": _SEEN,
            }
        ),
    ],
    module=__name__,
    forbid_unknown_fields=True,
)

NextCursor = Annotated[str | None, Meta(description="Give this as `cursor` for the next page; null: this was the last")]
Cursor = Annotated[str, Meta(max_length=200)]
Timestamp = Annotated[str, Meta(description="ISO 8601 UTC")]
Count = Annotated[int, Meta(description="How many are on this page")]
Demo = Annotated[bool | UnsetType, Meta(description="true while any simulated traffic is shown; absent otherwise")]
Total = Annotated[int, Meta(description="How many match in all")]


class AircraftPage(Struct, forbid_unknown_fields=True):
    """A page of aircraft, ordered by hex."""

    aircraft: list[Aircraft]  # type: ignore[valid-type]
    count: Annotated[int, Meta(description="How many are on this page", ge=0)]
    total: Annotated[int, Meta(description="How many match in all", ge=0)]
    next_cursor: NextCursor
    timestamp: Timestamp
    demo: Demo = UNSET


class AircraftQuery(AircraftFilter, frozen=True, kw_only=True):
    """Which aircraft to list. Here the cursor is opaque, as in every list over HTTP."""

    cursor: Annotated[Cursor | None, Meta(description="`next_cursor` of the page before")] = None


class TrailPoint(Struct, forbid_unknown_fields=True):
    """Where an aircraft was at one moment."""

    timestamp: Timestamp
    lat: Annotated[float, Meta(description="Latitude, deg", ge=-90, le=90)]
    lon: Annotated[float, Meta(description="Longitude, deg", ge=-180, le=180)]
    alt_baro: Annotated[int | str | None, Meta(description="Barometric altitude, ft, or the word ground")]
    gs: Annotated[float | None, Meta(description="Ground speed, kt")]
    track: Annotated[float | None, Meta(description="True track, deg")]


class Trail(Struct, forbid_unknown_fields=True):
    """Where an aircraft has been in its present visit, oldest first."""

    hex: str
    trail: list[TrailPoint]
    count: int
    demo: Demo = UNSET


class SilentFeed(Struct, forbid_unknown_fields=True):
    """A real receiver that sends nothing."""

    name: str
    state: Annotated[str, Meta(description="connecting, stale or down")]
    since: Annotated[str, Meta(description="Since when it is silent, ISO 8601 UTC")]
    last_seen: Annotated[str | None, Meta(description="When it last sent something, ISO 8601 UTC; null: never")]


class Stats(Struct, forbid_unknown_fields=True):
    """The sky in numbers, as `stats:update` has them."""

    total_aircraft: int
    with_position: int
    military_count: int
    emergency_count: int
    avg_altitude: Annotated[float | None, Meta(description="Mean barometric altitude of those that sent one, ft")]
    max_distance_nm: Annotated[
        float | None, Meta(description="The farthest one's distance; null without a known receiver position")
    ]
    sources: Annotated[dict[str, int], Meta(description="How many aircraft by source")]
    messages_per_second: float
    feeds_up: int
    feeds_total: Annotated[int, Meta(description="Real receivers; where there are none, those of the demo")]
    feeds_silent: list[SilentFeed]
    aircraft_today: Annotated[
        int | None, Meta(description="Different aircraft since midnight UTC, a minute old at most; null: not known")
    ]
    receiver_location: Annotated[str, Meta(description="What distances are measured from: exact, rounded, hidden or unknown")]
    demo: Annotated[bool, Meta(description="Whether simulated traffic is among them")]
    timestamp: Timestamp


class Feed(Struct, forbid_unknown_fields=True):
    """One receiver and how it is doing. `url`, `error` and `since` are only there for those who hold settings.manage."""

    name: Annotated[str, Meta(description="Its name; without settings.manage one that says no host, such as beast-1")]
    format: str
    state: Annotated[str, Meta(description="connecting, up, stale, down, paused, demo or standby")]
    messages: int
    messages_per_second: float
    bad: Annotated[int, Meta(description="Records that could not be used")]
    reconnects: int
    last_seen: Annotated[str | None, Meta(description="When it last sent something, ISO 8601 UTC")]
    aircraft: Annotated[int | UnsetType | None, Meta(description="Aircraft in its last snapshot")] = UNSET
    since: Annotated[str | UnsetType | None, Meta(description="How long it has been in this state")] = UNSET
    url: str | UnsetType = UNSET
    error: Annotated[str | UnsetType | None, Meta(description="Why it is not up")] = UNSET


class Receivers(Struct, forbid_unknown_fields=True):
    """The receivers of this sky."""

    feeds: list[Feed]
    count: int
    timestamp: Timestamp


class Check(Struct, forbid_unknown_fields=True):
    """One thing the server needs in order to be useful."""

    name: str
    ready: bool
    says: str


class Readiness(Struct, forbid_unknown_fields=True):
    """Whether the server can do its work now, and what keeps it from it."""

    ready: bool
    checks: list[Check]


class Liveness(Struct, forbid_unknown_fields=True):
    """The process answers."""

    status: Annotated[str, Meta(description="ok")]


class ReadsbList(Struct, forbid_unknown_fields=True):
    """readsb's aircraft.json."""

    now: Annotated[float, Meta(description="Seconds since 1970")]
    messages: Annotated[int, Meta(description="Messages received since the start")]
    aircraft: list[ReadsbAircraft]  # type: ignore[valid-type]
    demo: Demo = UNSET


class ReadsbReceiver(Struct, forbid_unknown_fields=True):
    """readsb's receiver.json. Without `lat` and `lon` the position is unknown, or none of the caller's business."""

    version: str
    refresh: Annotated[int, Meta(description="How often to ask for aircraft.json, ms")]
    history: Annotated[int, Meta(description="How many history files there are: none")]
    readsb: bool
    lat: float | UnsetType = UNSET
    lon: float | UnsetType = UNSET


class ExchangeList(Struct, forbid_unknown_fields=True):
    """The envelope of the ADS-B Exchange API, version 2."""

    ac: list[ReadsbAircraft]  # type: ignore[valid-type]
    msg: Annotated[str, Meta(description="No error")]
    now: Annotated[int, Meta(description="Milliseconds since 1970")]
    total: int
    ctime: Annotated[int, Meta(description="When the list was made, milliseconds since 1970")]
    ptime: Annotated[float, Meta(description="How long it took, ms")]
    demo: Demo = UNSET


class Error(Struct, forbid_unknown_fields=True):
    """What went wrong and what to do."""

    code: Annotated[str, Meta(description="A word for programs, such as token_expired")]
    message: Annotated[str, Meta(description="A sentence for people")]
    fields: Annotated[dict[str, str] | UnsetType, Meta(description="What is wrong with each field")] = UNSET


class ErrorAnswer(Struct, forbid_unknown_fields=True):
    """Every error has this shape."""

    error: Error

"""Application: the filters of the list of sightings, the same over HTTP and Socket.IO.

Invariants: each filter is bounded in length or range. An unknown value never matches a filter on it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct, field

from skyspy.clock import wall_of
from skyspy.services.caller import Refused
from skyspy.services.filter_checks import bad_cursor, check_period, checked_hex, refuse
from skyspy.store.history.visit_queries import Key, VisitSearch
from skyspy.store.schema import MAX_ID

Moment = Annotated[datetime, Meta(tz=True)]
Feet = Annotated[float, Meta(ge=-2000, le=150_000)]
Nm = Annotated[float, Meta(ge=0, le=1000)]
Word = Annotated[str, Meta(min_length=1, max_length=64)]
Hex = Annotated[str, Meta(max_length=7)]
Callsign = Annotated[str, Meta(min_length=1, max_length=9)]
Squawk = Annotated[str, Meta(pattern="^[0-7]{4}$")]
Days = Annotated[int, Meta(ge=1, le=3650)]

MAX_PAGE = 500
_UNUSABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MAX_WALL_S = 1e12


class SightingFilter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which sightings: all that match every filter that is set."""

    since: Annotated[Moment | None, Meta(description="In the sky at this moment or later, such as 2026-11-26T14:00:00Z")] = field(
        name="from", default=None
    )
    until: Annotated[Moment | None, Meta(description="In the sky before this moment")] = field(name="to", default=None)
    hex: Annotated[Hex | None, Meta(description="ICAO address, six hexadecimal digits in any case")] = None
    flight: Annotated[
        Callsign | None, Meta(description="One of its callsigns, in any case; with * at its end, how one begins: SWR*")
    ] = None
    r: Annotated[Word | None, Meta(description="Registration, in any case")] = None
    t: Annotated[Word | None, Meta(description="ICAO type designator, in any case")] = None
    operator: Annotated[Word | None, Meta(description="Part of the owner's or operator's name, in any case")] = field(
        name="ownOp", default=None
    )
    country: Annotated[Word | None, Meta(description="State to which its address was allotted, in any case")] = None
    squawk: Annotated[Squawk | None, Meta(description="One of its squawks, four octal digits")] = None
    military: Annotated[bool | None, Meta(description="Only military ones (true) or only others (false)")] = None
    emergency: Annotated[bool | None, Meta(description="Only those with an emergency (true) or only others (false)")] = None
    min_altitude: Annotated[Feet | None, Meta(description="Was at this barometric altitude or above, ft")] = None
    max_altitude: Annotated[Feet | None, Meta(description="Was at this barometric altitude or below, ft")] = None
    max_closest_nm: Annotated[
        Nm | None, Meta(description="Came as near to the receiver as this, nm; for those who may know where the receiver stands")
    ] = None
    receiver: Annotated[
        Word | None, Meta(description="One of the receivers that heard it; for those who may know where they stand")
    ] = None
    source: Annotated[Word | None, Meta(description="One of the sources of its data, such as adsb or mlat")] = None
    demo: Annotated[bool | None, Meta(description="Only simulated traffic (true) or only real traffic (false)")] = None
    first_ever: Annotated[
        bool | None, Meta(description="Only the first sighting of each aircraft (true) or only later ones (false)")
    ] = None
    not_seen_for_days: Annotated[
        Days | None, Meta(description="The aircraft was seen before, but not in so many days before this, as far as is kept")
    ] = None


class SightingRequest(SightingFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which sightings to list, and which page of them; `cursor` is the `next_cursor` of the page before."""

    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=MAX_PAGE)] = 100
    cursor: Annotated[str, Meta(max_length=64)] | None = None


def check_text(name: str, text: str | None, wrong: dict[str, str]) -> None:
    """Note a text that holds what no database takes, or no text of an aircraft has."""
    if text is not None and _UNUSABLE.search(text) is not None:
        wrong[name] = "holds a control character"


def search_of(query: SightingFilter, *, exact: bool) -> VisitSearch:
    """The search of these filters. `exact`: the caller may know where the receiver stands. Raises Refused."""
    hidden = [name for name in ("max_closest_nm", "receiver") if getattr(query, name) is not None]
    if hidden and not exact:
        message = f"{' and '.join(hidden)} is for those who may know where the receiver stands: sign in, or leave it out"
        raise Refused("permission_denied", message)
    texts = {"flight": query.flight, "r": query.r, "t": query.t, "ownOp": query.operator, "country": query.country}
    texts |= {"receiver": query.receiver, "source": query.source}
    wrong: dict[str, str] = {}
    for name, text in texts.items():
        check_text(name, text, wrong)
    hex_ = checked_hex(query.hex, wrong)
    check_period(query.since, query.until, wrong)
    refuse(wrong)
    flight = query.flight
    return VisitSearch(
        since=wall_of(query.since),
        until=wall_of(query.until),
        hex=hex_,
        flight=None if flight is None else flight.removesuffix("*").strip(),
        flight_begins=flight is not None and flight.endswith("*"),
        r=query.r,
        t=query.t,
        operator=query.operator,
        country=query.country,
        squawk=query.squawk,
        military=query.military,
        emergency=query.emergency,
        min_altitude=query.min_altitude,
        max_altitude=query.max_altitude,
        closest_within_nm=query.max_closest_nm,
        receiver=query.receiver,
        source=query.source,
        demo=query.demo,
        first_ever=query.first_ever,
        absent_days=query.not_seen_for_days,
    )


def cursor_of(key: Key) -> str:
    """The cursor for the visits after this place."""
    return f"{key.first!r}-{key.id}"


def key_of(cursor: str | None) -> Key | None:
    """The place after which the next page begins; None: this is the first page. Raises Refused."""
    if cursor is None:
        return None
    first, _, row = cursor.rpartition("-")
    try:
        key = Key(float(first), int(row))
    except ValueError:
        key = Key(-1.0, -1)
    if not (0 <= key.first <= _MAX_WALL_S and 0 <= key.id <= MAX_ID):
        raise bad_cursor()
    return key

"""Application: the filters of the lists of alerts and of deliveries, the same over HTTP and Socket.IO and in the panel.

Invariants: each filter is bounded in length or range. An id that is nobody's, or somebody else's, matches nothing.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct, field

from skyspy.services.filter_checks import bad_cursor, check_period, checked_hex, refuse
from skyspy.services.sighting_filters import MAX_PAGE, Callsign, Hex, Moment, has_control_character
from skyspy.store.history.alerts import AlertSearch
from skyspy.store.history.outbox import DeliverySearch
from skyspy.store.rows import parse_row_id

MAX_ID_LENGTH = 64
"""Characters of the id of an alert or of a delivery."""
NO_ROW = -1
"""The id of no row."""

RowId = Annotated[str, Meta(min_length=1, max_length=20)]
TextId = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH)]
DeliveryState = Literal["pending", "held", "summarized", "sent", "dead"]


class Place(NamedTuple):
    """A place in a list that is ordered by a time (wall seconds) and an id."""

    at: float
    id: str


class AlertFilter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which alerts of the caller: all that match every filter that is set."""

    since: Annotated[Moment | None, Meta(description="At this moment or later, such as 2026-11-26T14:00:00Z")] = field(
        name="from", default=None
    )
    until: Annotated[Moment | None, Meta(description="Before this moment")] = field(name="to", default=None)
    rule_id: Annotated[RowId | None, Meta(description="Of this rule")] = None
    hex: Annotated[Hex | None, Meta(description="ICAO address of its aircraft, six hexadecimal digits in any case")] = None
    callsign: Annotated[Callsign | None, Meta(description="How the callsign of its aircraft begins, in any case")] = None
    demo: Annotated[bool | None, Meta(description="Only simulated traffic (true) or only real traffic (false)")] = None


class AlertRequest(AlertFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which alerts to list, and which page of them; `cursor` is the `next_cursor` of the page before."""

    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=MAX_PAGE)] = 100
    cursor: Annotated[str, Meta(max_length=128)] | None = None


class DeliveryFilter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which deliveries of the caller: all that match every filter that is set."""

    state: Annotated[
        DeliveryState | None,
        Meta(description="Waiting, held in quiet hours, summed up in another one, sent, or given up (dead)"),
    ] = None
    destination_id: Annotated[RowId | None, Meta(description="To this destination")] = None
    alert_id: Annotated[TextId | None, Meta(description="Of this alert")] = None
    since: Annotated[Moment | None, Meta(description="Made at this moment or later")] = field(name="from", default=None)
    until: Annotated[Moment | None, Meta(description="Made before this moment")] = field(name="to", default=None)


class DeliveryRequest(DeliveryFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which deliveries to list, and which page of them; `cursor` is the `next_cursor` of the page before."""

    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=MAX_PAGE)] = 100
    cursor: Annotated[str, Meta(max_length=128)] | None = None


def alert_search(query: AlertFilter) -> AlertSearch:
    """The search of these filters. Raises Refused."""
    wrong: dict[str, str] = {}
    if query.callsign is not None and has_control_character(query.callsign):
        wrong["callsign"] = "holds a control character"
    hex_ = checked_hex(query.hex, wrong)
    check_period(query.since, query.until, wrong)
    refuse(wrong)
    return AlertSearch(
        since=_seconds(query.since),
        until=_seconds(query.until),
        rule_id=_row(query.rule_id),
        hex=hex_,
        callsign=query.callsign,
        demo=query.demo,
    )


def delivery_search(query: DeliveryFilter) -> DeliverySearch:
    """The search of these filters. Raises Refused."""
    wrong: dict[str, str] = {}
    check_period(query.since, query.until, wrong)
    refuse(wrong)
    alert_id = query.alert_id if query.alert_id is None or is_id(query.alert_id) else ""
    return DeliverySearch(
        state=query.state,
        destination_id=_row(query.destination_id),
        alert_id=alert_id,
        since=_seconds(query.since),
        until=_seconds(query.until),
    )


def cursor_of(at: float, name: str) -> str:
    """The cursor for what comes after this place in a list that is ordered by a time and an id."""
    return f"{at!r} {name}"


def place_of(cursor: str | None) -> Place | None:
    """The place after which the next page begins; None: this is the first page. Raises Refused."""
    if cursor is None:
        return None
    at, _, name = cursor.partition(" ")
    try:
        place = Place(float(at), name)
    except ValueError:
        place = Place(math.nan, "")
    if not math.isfinite(place.at) or not is_id(place.id):
        raise bad_cursor()
    return place


def is_id(text: str) -> bool:
    """Whether this can be the id of an alert or a delivery."""
    return 0 < len(text) <= MAX_ID_LENGTH and text.isascii() and text.isprintable()


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _row(text: str | None) -> int | None:
    if text is None:
        return None
    number = parse_row_id(text)
    return NO_ROW if number is None else number

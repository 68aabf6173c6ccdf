"""Application: the filters of the lists of alerts and of deliveries, the same over HTTP and Socket.IO and in the panel.

Invariants: each filter is bounded in length or range. An id that is nobody's, or somebody else's, matches nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from skyspy.clock import wall_of
from skyspy.services.filter_checks import check_period, checked_hex, refuse
from skyspy.services.list_places import MAX_ID_LENGTH, is_id
from skyspy.services.sighting_filters import MAX_PAGE, Callsign, Hex, Moment, check_text
from skyspy.store.history.alerts import AlertSearch
from skyspy.store.history.outbox import DeliverySearch
from skyspy.store.rows import parse_row_id

NO_ROW = -1
"""The id of no row."""

RowId = Annotated[str, Meta(min_length=1, max_length=20)]
TextId = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH)]
DeliveryState = Literal["pending", "held", "summarized", "sent", "dead"]


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
    check_text("callsign", query.callsign, wrong)
    hex_ = checked_hex(query.hex, wrong)
    check_period(query.since, query.until, wrong)
    refuse(wrong)
    return AlertSearch(
        since=wall_of(query.since),
        until=wall_of(query.until),
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
        since=wall_of(query.since),
        until=wall_of(query.until),
    )


def _row(text: str | None) -> int | None:
    if text is None:
        return None
    number = parse_row_id(text)
    return NO_ROW if number is None else number

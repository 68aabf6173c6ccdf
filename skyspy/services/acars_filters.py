"""Application: the filters of the list of datalink messages, the same over HTTP and Socket.IO and in the panel.

Invariants: each filter is bounded in length or range. A message without a value never matches a filter on it. Only those who may know where
the receiver stands search by stations.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from skyspy.clock import wall_of
from skyspy.services.caller import Refused
from skyspy.services.filter_checks import check_period, checked_hex, refuse
from skyspy.services.sighting_filters import MAX_PAGE, Callsign, Hex, Moment, Word, check_text
from skyspy.store.history.acars import MessageSearch
from skyspy.store.history.words import MAX_LENGTH, words_of

Link = Literal["acars", "vdl2", "hfdl", "imsl", "irdm"]
Label = Annotated[str, Meta(min_length=1, max_length=8)]

MAX_WORDS = 10


class MessageFilter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages: all that match every filter that is set."""

    q: Annotated[
        Annotated[str, Meta(max_length=MAX_LENGTH)] | None,
        Meta(
            description="Words, of which each begins a word of the text or of tail, flight, callsign or hex, in any case; one of a single "
            "character is a whole word. G-ABCD is found as G and ABCD one after the other"
        ),
    ] = None
    since: Annotated[Moment | None, Meta(description="Received at this moment or later, such as 2026-11-26T14:00:00Z")] = field(
        name="from", default=None
    )
    until: Annotated[Moment | None, Meta(description="Received before this moment")] = field(name="to", default=None)
    hex: Annotated[Hex | None, Meta(description="ICAO address of the aircraft, six hexadecimal digits in any case")] = None
    tail: Annotated[Word | None, Meta(description="Registration, in any case, with or without hyphen")] = None
    flight: Annotated[Word | None, Meta(description="Flight as it was sent, such as LX0123, in any case")] = None
    callsign: Annotated[Callsign | None, Meta(description="How the callsign of the aircraft begins, in any case")] = None
    label: Annotated[Label | None, Meta(description="The label, such as H1")] = None
    link: Annotated[Link | None, Meta(description="The data link")] = None
    station: Annotated[
        Word | None, Meta(description="A station that heard it, in any case; for those who may know where the receiver stands")
    ] = None
    downlink: Annotated[
        bool | None, Meta(description="Only those that aircraft sent (true) or that ground stations sent (false)")
    ] = None
    has_position: Annotated[bool | None, Meta(description="Only those that say where the aircraft is (true) or only others")] = (
        None
    )
    complete: Annotated[bool | None, Meta(description="Only whole ones (true) or only those of which parts are missing")] = None
    demo: Annotated[bool | None, Meta(description="Only simulated traffic (true) or only real traffic (false)")] = None


class MessageRequest(MessageFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages to list, and which page of them; `cursor` is the `next_cursor` of the page before."""

    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=MAX_PAGE)] = 100
    cursor: Annotated[str, Meta(max_length=128)] | None = None


class DaysRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which days to count messages: whole days of UTC."""

    since: Annotated[
        Moment | None, Meta(description="From the day of this moment on; where it is not given, the last 30 days before the end")
    ] = field(name="from", default=None)
    until: Annotated[
        Moment | None, Meta(description="Up to the day of this moment, which is counted; where it is not given, today")
    ] = field(name="to", default=None)


def search_of(query: MessageFilter, *, exact: bool) -> MessageSearch:
    """The search of these filters. `exact`: the caller may know where the receiver stands. Raises Refused."""
    if query.station is not None and not exact:
        message = "station is for those who may know where the receiver stands: sign in, or leave it out"
        raise Refused("permission_denied", message)
    wrong: dict[str, str] = {}
    for name in ("tail", "flight", "callsign", "label", "station"):
        check_text(name, getattr(query, name), wrong)
    hex_ = checked_hex(query.hex, wrong)
    check_period(query.since, query.until, wrong)
    words = words_of(query.q or "")
    if query.q is not None and not words:
        wrong["q"] = "holds no letter and no digit"
    if len(words) > MAX_WORDS:
        wrong["q"] = f"may have {MAX_WORDS} words at most"
    refuse(wrong)
    return MessageSearch(
        words=words,
        since=wall_of(query.since),
        until=wall_of(query.until),
        hex=hex_,
        tail=query.tail,
        flight=query.flight,
        callsign=query.callsign,
        label=query.label,
        link=query.link,
        station=query.station,
        downlink=query.downlink,
        has_position=query.has_position,
        complete=query.complete,
        demo=query.demo,
    )

"""Interfaces: the bodies of requests and answers about datalink messages.

Invariants: the fields of a message are those that sky/shown_messages.py makes; what is not known is absent.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

from skyspy.api.models import Cursor, Demo, NextCursor, Timestamp
from skyspy.services.acars_filters import DaysRequest, Link, MessageFilter, MessageRequest

Count = Annotated[int, Meta(ge=0)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Text = str | UnsetType
MAX_CSV_ROWS = 50_000


class MessageQuery(MessageRequest, frozen=True, kw_only=True):
    """Which messages to list. Here the cursor is opaque, as in every list over HTTP."""

    cursor: Annotated[Cursor | None, Meta(description="`next_cursor` of the page before")] = None


class ExportQuery(MessageFilter, frozen=True, kw_only=True):
    """Which messages to write to a CSV file."""

    limit: Annotated[int, Meta(description="How many rows at most, the newest ones", ge=1, le=MAX_CSV_ROWS)] = MAX_CSV_ROWS


class DaysQuery(DaysRequest, frozen=True, kw_only=True):
    """Of which days to count messages."""


class Hearing(Struct, forbid_unknown_fields=True, kw_only=True):
    """One station that heard a message."""

    station: Annotated[Text, Meta(description="The name that its decoder sends")] = UNSET
    receiver: Annotated[Text, Meta(description="The receiver of the list that read it")] = UNSET
    freq: Annotated[float | UnsetType, Meta(description="Frequency, MHz")] = UNSET
    level: Annotated[float | UnsetType, Meta(description="Signal level, dB")] = UNSET
    timestamp: Annotated[str, Meta(description="When it heard it, ISO 8601 UTC")]


class DatalinkMessage(Struct, forbid_unknown_fields=True, kw_only=True):
    """One message of a data link, whole, however many parts it was sent in and however many stations heard it."""

    id: str
    timestamp: Annotated[str, Meta(description="When its first part was received, ISO 8601 UTC")]
    link: Link
    link_name: Annotated[str, Meta(description="The data link in words")]
    label: Annotated[Text, Meta(description="The label, such as H1")] = UNSET
    label_name: Annotated[Text, Meta(description="The label in words")] = UNSET
    sublabel: Text = UNSET
    hex: Annotated[Text, Meta(description="ICAO address of the aircraft in upper case")] = UNSET
    tail: Annotated[Text, Meta(description="Registration as it was sent")] = UNSET
    flight: Annotated[Text, Meta(description="Flight as it was sent")] = UNSET
    callsign: Annotated[Text, Meta(description="Callsign of the aircraft in the sky that it belongs to")] = UNSET
    matched: Annotated[bool, Meta(description="Whether it belongs to an aircraft that was in the sky")]
    ground: Annotated[Text, Meta(description="Address or name of the ground station")] = UNSET
    downlink: Annotated[bool | UnsetType, Meta(description="Whether the aircraft sent it; absent where that is not known")] = (
        UNSET
    )
    mode: Text = UNSET
    msgno: Annotated[Text, Meta(description="Message number and sequence letter")] = UNSET
    blocks: Annotated[list[str] | UnsetType, Meta(description="The ids of its blocks in order")] = UNSET
    complete: Annotated[bool, Meta(description="Whether no part of it is missing")]
    text: Annotated[Text, Meta(description="What it says, as it was sent")] = UNSET
    origin: Annotated[Text, Meta(description="ICAO code of the airport of departure")] = UNSET
    destination: Annotated[Text, Meta(description="ICAO code of the airport of arrival")] = UNSET
    out: Annotated[Text, Meta(description="Left the gate, HHMM UTC")] = UNSET
    off: Annotated[Text, Meta(description="Took off, HHMM UTC")] = UNSET
    on: Annotated[Text, Meta(description="Landed, HHMM UTC")] = UNSET
    in_: Annotated[Text, Meta(description="Reached the gate, HHMM UTC")] = field(name="in", default=UNSET)
    eta: Annotated[Text, Meta(description="Expected to arrive, HHMM UTC")] = UNSET
    lat: Annotated[Latitude | UnsetType, Meta(description="Where it says the aircraft is: latitude, deg")] = UNSET
    lon: Annotated[Longitude | UnsetType, Meta(description="Longitude, deg")] = UNSET
    altitude: Annotated[float | str | UnsetType, Meta(description="Altitude of that position, ft, or the word ground")] = UNSET
    position_source: Annotated[Text, Meta(description="Where the position was: xid, adsc, hfdl, decoder or text")] = UNSET
    on_ground: Annotated[bool | UnsetType, Meta(description="Whether the aircraft says that it is on the ground")] = UNSET
    libacars: Annotated[dict[str, Any] | UnsetType, Meta(description="What the decoder's libacars made of the text")] = UNSET
    app: Annotated[Text, Meta(description="The decoder")] = UNSET
    errors: Annotated[Count | UnsetType, Meta(description="Corrected errors")] = UNSET
    station_count: Annotated[int, Meta(description="How many stations heard it", ge=0)]
    stations: Annotated[
        list[Hearing] | UnsetType, Meta(description="Who heard it; for those who may know where the receiver stands")
    ] = UNSET
    freq: Annotated[float | UnsetType, Meta(description="Frequency, MHz")] = UNSET
    demo: Annotated[bool | UnsetType, Meta(description="true for simulated traffic; absent otherwise")] = UNSET


class MessagePage(Struct, forbid_unknown_fields=True):
    """A page of messages, the newest first."""

    messages: list[DatalinkMessage]
    count: Annotated[int, Meta(description="How many are on this page", ge=0)]
    next_cursor: NextCursor
    timestamp: Timestamp
    demo: Annotated[bool | UnsetType, Meta(description="true where simulated traffic is listed; absent otherwise")] = UNSET


class LinkMessages(Struct, forbid_unknown_fields=True):
    """How many messages came over one data link."""

    link: Link
    link_name: Annotated[str, Meta(description="The data link in words")]
    messages: Count


class LabelMessages(Struct, forbid_unknown_fields=True):
    """How many messages of one label came over one data link."""

    link: Link
    label: Annotated[str, Meta(description="The label; empty for messages without one")]
    messages: Count


class DayMessages(Struct, forbid_unknown_fields=True):
    """How many messages there were on one day."""

    day: Annotated[str, Meta(description="A day of UTC, such as 2026-11-26")]
    messages: Count


class AcarsStatistics(Struct, forbid_unknown_fields=True, kw_only=True):
    """The messages of some days of UTC, in numbers."""

    since: Annotated[Timestamp, Meta(description="The beginning of the first day")] = field(name="from")
    until: Annotated[Timestamp, Meta(description="The end of the last day")] = field(name="to")
    messages: Count
    downlinks: Annotated[int, Meta(description="How many were sent by aircraft", ge=0)]
    with_position: Annotated[int, Meta(description="How many say where the aircraft is", ge=0)]
    incomplete: Annotated[int, Meta(description="Of how many parts are missing", ge=0)]
    matched: Annotated[int, Meta(description="How many belong to an aircraft that was in the sky", ge=0)]
    by_link: list[LinkMessages]
    by_label: Annotated[list[LabelMessages], Meta(description="The 30 most frequent labels")]
    by_day: Annotated[list[DayMessages], Meta(description="Every day of the time, also those without a message")]
    timestamp: Timestamp
    demo: Demo = UNSET


class StationNumbers(Struct, forbid_unknown_fields=True, kw_only=True):
    """What one station received over one data link."""

    station: Annotated[Text, Meta(description="Its name; for those who may know where the receiver stands")] = UNSET
    receiver: Annotated[Text, Meta(description="The receiver of the list that read it; for the same")] = UNSET
    link: Link
    link_name: Annotated[str, Meta(description="The data link in words")]
    messages: Annotated[int, Meta(description="Messages that it heard, whether or not others did", ge=0)]
    frames: Annotated[int, Meta(description="Frames without text", ge=0)]
    errors: Annotated[int, Meta(description="Corrected errors", ge=0)]
    level: Annotated[float | UnsetType, Meta(description="The best signal level, dB")] = UNSET
    first: Annotated[str, Meta(description="When it was first heard, ISO 8601 UTC")]
    last: Annotated[str, Meta(description="When it was last heard, ISO 8601 UTC")]
    demo: Annotated[bool | UnsetType, Meta(description="true for a simulated one; absent otherwise")] = UNSET


class AcarsStations(Struct, forbid_unknown_fields=True, kw_only=True):
    """What each station received in some days of UTC."""

    since: Annotated[Timestamp, Meta(description="The beginning of the first day")] = field(name="from")
    until: Annotated[Timestamp, Meta(description="The end of the last day")] = field(name="to")
    stations: list[StationNumbers]
    count: Count
    timestamp: Timestamp
    demo: Demo = UNSET

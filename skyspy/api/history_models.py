"""Interfaces: the bodies of requests and answers about what was seen.

Invariants: the fields of a sighting are those that services/history.py makes; what is not known is absent.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from skyspy.api.models import Cursor, Demo, NextCursor, Timestamp, TrailPoint
from skyspy.services.sighting_filters import SightingFilter, SightingRequest


class SightingQuery(SightingRequest, frozen=True, kw_only=True):
    """Which sightings to list. Here the cursor is opaque, as in every list over HTTP."""

    cursor: Annotated[Cursor | None, Meta(description="`next_cursor` of the page before")] = None


MAX_CSV_ROWS = 50_000


class CsvQuery(SightingFilter, frozen=True, kw_only=True):
    """Which sightings to write to a CSV file."""

    limit: Annotated[int, Meta(description="How many rows at most, the newest ones", ge=1, le=MAX_CSV_ROWS)] = MAX_CSV_ROWS


MAX_TRACKS = 5_000


class TracksQuery(SightingFilter, frozen=True, kw_only=True):
    """Which sightings to write to a file with their tracks."""

    limit: Annotated[int, Meta(description="How many sightings at most, the newest ones", ge=1, le=MAX_TRACKS)] = MAX_TRACKS


class Position(Struct, forbid_unknown_fields=True):
    """Where an aircraft was."""

    lat: Annotated[float, Meta(description="Latitude, deg", ge=-90, le=90)]
    lon: Annotated[float, Meta(description="Longitude, deg", ge=-180, le=180)]


class Sighting(Struct, forbid_unknown_fields=True, kw_only=True):
    """One visit of one aircraft: from when it was first heard until it was heard no more."""

    id: Annotated[str, Meta(description="Its name: the address and the second in which it began, such as 4B1805-1764203575")]
    hex: Annotated[str, Meta(description="ICAO address in upper case; a leading ~ marks an address that is not an ICAO one")]
    first: Annotated[str, Meta(description="When it was first heard, ISO 8601 UTC")]
    last: Annotated[str, Meta(description="When it was last heard, ISO 8601 UTC")]
    duration_s: Annotated[float, Meta(description="Seconds from first to last", ge=0)]
    ended: Annotated[bool, Meta(description="Whether it is over; false while the aircraft is in the sky")]
    flight: Annotated[str | UnsetType, Meta(description="Its callsign: the last one")] = UNSET
    callsigns: Annotated[list[str], Meta(description="Its callsigns in the order in which they were heard")]
    squawks: Annotated[list[str], Meta(description="Its squawks in the order in which they were heard")]
    receivers: Annotated[
        list[str] | UnsetType, Meta(description="The receivers that heard it; for those who may know where they stand")
    ] = UNSET
    sources: Annotated[list[str], Meta(description="The sources of its data")]
    r: Annotated[str | UnsetType, Meta(description="Registration")] = UNSET
    t: Annotated[str | UnsetType, Meta(description="ICAO type designator")] = UNSET
    ownOp: Annotated[str | UnsetType, Meta(description="Owner or operator")] = UNSET  # noqa: N815 - readsb's name
    country: Annotated[str | UnsetType, Meta(description="State to which its address was allotted")] = UNSET
    category: Annotated[str | UnsetType, Meta(description="ADS-B emitter category, A0 to D7")] = UNSET
    military: Annotated[bool, Meta(description="Whether its database entry or its address is military")]
    emergency: Annotated[str | UnsetType, Meta(description="The emergency or priority status that it had")] = UNSET
    on_ground: Annotated[bool, Meta(description="Whether it was on the ground when it was last heard")]
    messages: Annotated[int, Meta(description="Messages received from it", ge=0)]
    positions: Annotated[int, Meta(description="Positions received from it", ge=0)]
    closest_nm: Annotated[
        float | UnsetType,
        Meta(description="How near it came to the receiver, nm; for those who may know where the receiver stands"),
    ] = UNSET
    closest_at: Annotated[str | UnsetType, Meta(description="When it was there, ISO 8601 UTC")] = UNSET
    farthest_nm: Annotated[
        float | UnsetType, Meta(description="How far away it was heard, nm; for those who may know where the receiver stands")
    ] = UNSET
    farthest_at: Annotated[str | UnsetType, Meta(description="When it was there, ISO 8601 UTC")] = UNSET
    alt_min: Annotated[int | UnsetType, Meta(description="Lowest barometric altitude in the air, ft")] = UNSET
    alt_max: Annotated[int | UnsetType, Meta(description="Highest barometric altitude, ft")] = UNSET
    gs_max: Annotated[float | UnsetType, Meta(description="Highest ground speed, kt")] = UNSET
    first_position: Position | UnsetType = UNSET
    last_position: Position | UnsetType = UNSET
    first_ever: Annotated[bool, Meta(description="Whether this was the first time that the aircraft was ever heard")]
    demo: Annotated[bool | UnsetType, Meta(description="true for simulated traffic; absent otherwise")] = UNSET


class SightingWithTrack(Sighting, forbid_unknown_fields=True, kw_only=True):
    """One visit of one aircraft, with where it was."""

    track: Annotated[list[TrailPoint], Meta(description="Where it was, oldest first")]


class SightingPage(Struct, forbid_unknown_fields=True):
    """A page of sightings by their beginning, the newest first."""

    sightings: list[Sighting]
    count: Annotated[int, Meta(description="How many are on this page: none does not mean that this was the last", ge=0)]
    next_cursor: NextCursor
    timestamp: Timestamp
    demo: Annotated[bool | UnsetType, Meta(description="true where simulated traffic is listed; absent otherwise")] = UNSET


class AircraftInfo(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is known of one aircraft."""

    hex: Annotated[str, Meta(description="ICAO address in upper case")]
    r: Annotated[str | UnsetType, Meta(description="Registration")] = UNSET
    t: Annotated[str | UnsetType, Meta(description="ICAO type designator")] = UNSET
    desc: Annotated[str | UnsetType, Meta(description="Type in words")] = UNSET
    ownOp: Annotated[str | UnsetType, Meta(description="Owner or operator")] = UNSET  # noqa: N815 - readsb's name
    year: Annotated[str | UnsetType, Meta(description="Year of manufacture")] = UNSET
    dbFlags: Annotated[int | UnsetType, Meta(description="Bits: 1 military, 2 interesting, 4 PIA, 8 LADD")] = UNSET  # noqa: N815 - readsb's name
    category: Annotated[str | UnsetType, Meta(description="ADS-B emitter category, A0 to D7")] = UNSET
    country: Annotated[str | UnsetType, Meta(description="State to which its address was allotted")] = UNSET
    country_code: Annotated[str | UnsetType, Meta(description="That state's ISO 3166 code, two letters")] = UNSET
    type_class: Annotated[str | UnsetType, Meta(description="ICAO's description of its type, such as L2J")] = UNSET
    wtc: Annotated[str | UnsetType, Meta(description="Wake turbulence category of its type: L, M, H or J")] = UNSET
    military: Annotated[bool, Meta(description="Whether its database entry or its address is military")]
    in_sky: Annotated[bool, Meta(description="Whether it is in the sky now")]
    first_seen: Annotated[str | UnsetType, Meta(description="When it was first heard, ISO 8601 UTC; absent: never")] = UNSET
    last_seen: Annotated[str | UnsetType, Meta(description="When it was last heard, ISO 8601 UTC; absent: never")] = UNSET
    visits: Annotated[int, Meta(description="How often it was seen", ge=0)]
    sightings: Annotated[list[Sighting], Meta(description="The latest ones, at most ten")]
    demo: Demo = UNSET

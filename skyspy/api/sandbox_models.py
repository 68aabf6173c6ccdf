"""Interfaces: the bodies of requests and answers about events of the sandbox."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from skyspy.api.models import Timestamp

Squawk = Literal["7500", "7600", "7700"]
Event = Annotated[str, Meta(description="The Socket.IO event that follows")]
Namespace = Annotated[str, Meta(description="Where that is sent")]
Within = Annotated[float, Meta(ge=0, description="Seconds until that event, at most")]
Resolved = Annotated[float | None, Meta(description="Seconds until it is resolved, at most; null: it has no end")]


class NewSandboxEvent(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which event to make."""

    type: Annotated[str, Meta(max_length=64, description="One of those that GET lists")]
    squawk: Annotated[Squawk | None, Meta(description="Of squawk_emergency: which one (7700)")] = None


class SandboxType(Struct, forbid_unknown_fields=True, kw_only=True):
    """One type of event that can be made."""

    type: str
    squawks: Annotated[list[Squawk], Meta(description="What `squawk` may be; empty: it is left out")]
    description: Annotated[str, Meta(description="What happens, for people")]
    event: Event
    namespace: Namespace
    permission: Annotated[str, Meta(description="What the key must hold")]
    expected_within_s: Within
    resolved_within_s: Resolved


class SandboxTypes(Struct, forbid_unknown_fields=True, kw_only=True):
    """What can be made."""

    types: list[SandboxType]
    count: int
    timestamp: Timestamp


class SandboxAircraft(Struct, forbid_unknown_fields=True, kw_only=True):
    """An aircraft to which it happens."""

    hex: Annotated[str, Meta(description="Its address in upper case")]
    callsign: str | None


class MadeSandboxEvent(Struct, forbid_unknown_fields=True, kw_only=True):
    """An event that was made: what to expect, where and when."""

    id: Annotated[str, Meta(description="The number of the request; the event has an id of its own")]
    type: str
    squawk: Squawk | None
    description: str
    event: Event
    namespace: Namespace
    aircraft: Annotated[
        list[SandboxAircraft], Meta(description="Those to which it happens; of an area, at most 50 that are in it now")
    ]
    lat: Annotated[float, Meta(ge=-90, le=90, description="About where it happens: latitude, deg")]
    lon: Annotated[float, Meta(ge=-180, le=180, description="Longitude, deg")]
    begins: Annotated[str, Meta(description="When its aircraft appear, ISO 8601 UTC")]
    expected_within_s: Within
    resolved_within_s: Resolved
    timestamp: Timestamp

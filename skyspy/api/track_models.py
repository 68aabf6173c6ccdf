"""Interfaces: the queries and answers about the tracks of the history."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from skyspy.api.models import Demo, Timestamp

Moment = Annotated[datetime, Meta(tz=True)]


class ChunksQuery(Struct, frozen=True, kw_only=True):
    """Which ten minutes to list."""

    since: Annotated[Moment | None, Meta(description="From the ten minutes of this moment on; without it, a day before `to`")] = (
        field(name="from", default=None)
    )
    until: Annotated[Moment | None, Meta(description="Up to this moment, at most 7 days after `from`; without it, up to now")] = (
        field(name="to", default=None)
    )


class ChunkQuery(Struct, frozen=True, kw_only=True):
    """Which part of the map."""

    bbox: Annotated[
        Annotated[str, Meta(max_length=100)] | None,
        Meta(
            description="south,west,north,east in degrees: only tracks with a point in this box, which crosses the antimeridian "
            "where west > east",
            examples=["46.5,6.5,48.0,9.5"],
        ),
    ] = None


class ListedChunk(Struct, forbid_unknown_fields=True):
    """Ten minutes of the history."""

    start: Annotated[str, Meta(description="When they begin, ISO 8601 UTC")]
    tracks: Annotated[int, Meta(description="Tracks so far; one that crosses the antimeridian counts for each side", ge=0)]
    points: Annotated[int, Meta(description="Points so far", ge=0)]
    bytes: Annotated[int | None, Meta(description="Its size, compressed by gzip; null while it is not closed")]
    closed: Annotated[bool, Meta(description="Whether it is complete and never changes any more")]
    href: Annotated[str | None, Meta(description="Where the tracks are; null where there are none")]
    demo: Annotated[bool | UnsetType, Meta(description="true where it holds simulated traffic; absent otherwise")] = UNSET


class ChunkList(Struct, forbid_unknown_fields=True):
    """What there is of the history, by ten minutes."""

    chunks: list[ListedChunk]
    count: Annotated[int, Meta(description="How many chunks are listed", ge=0)]
    seconds: Annotated[int, Meta(description="The length of each: 600")]
    aircraft: Annotated[
        list[int | None],
        Meta(description="The most aircraft at once in each minute, from the start of the first chunk on; null: not counted"),
    ]
    timestamp: Timestamp
    demo: Demo = UNSET

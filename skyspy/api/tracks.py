"""Interfaces: REST: the tracks of the history, in chunks of ten minutes."""

from __future__ import annotations

from math import isfinite

from flask import Response

from skyspy.api.answers import Charged, immutable
from skyspy.api.errors import bad_fields
from skyspy.api.routes import RequestContext, Resource
from skyspy.api.track_models import ChunkList, ChunkQuery, ChunksQuery
from skyspy.clock import wall_of
from skyspy.server import rooted
from skyspy.services import tracks
from skyspy.tracks.chunk import MEDIA
from skyspy.tracks.segment import Box

resource = Resource("Tracks", "Where the aircraft of the past flew, by ten minutes.")


@resource.get("/api/history/tracks/", permission=tracks.PERMISSION, query=ChunksQuery, answer=ChunkList, is_search=True)
def tracks_list(context: RequestContext) -> object:
    """List the tracks of the past by ten minutes.

    The last day, without `from` and `to`. Ten minutes without any aircraft are in the list too, with no tracks and no `href`.
    """
    query: ChunksQuery = context.query
    if query.since is not None and query.until is not None and query.since >= query.until:
        raise bad_fields({"to": "must be later than from"})
    since, until = wall_of(query.since), wall_of(query.until)
    found = context.call(tracks.listed, since, until)
    for chunk in found["chunks"]:
        if chunk["href"] is not None:
            chunk["href"] = rooted(chunk["href"])
    return found


@resource.get(
    "/api/history/tracks/<start>/",
    permission=tracks.PERMISSION,
    query=ChunkQuery,
    answer=bytes,
    media=MEDIA,
    errors=(400, 404),
    revalidate=True,
    is_search=True,
)
def tracks_chunk(context: RequestContext) -> object:
    """Read the tracks of ten minutes.

    In columns for typed arrays; docs/protocol.md has the form. Once the ten minutes are closed (two minutes after their end) the answer never
    changes and may be kept for ever. Until then, and with `bbox`, it holds what is stored so far, and may not be kept.
    """
    found = context.call(tracks.chunk, context.path["start"], box_in(context.query.bbox))
    if found.tag is not None:
        return immutable(found.data, found.tag, MEDIA)
    return Charged(Response(found.data, content_type=MEDIA), found.cost)


def box_in(text: str | None) -> Box | None:
    """The box that `bbox` names; None: the whole map. Raises ApiError 400."""
    if text is None:
        return None
    try:
        south, west, north, east = (float(word) for word in text.split(","))
    except ValueError:
        south = west = north = east = float("nan")
    if not all(map(isfinite, (south, west, north, east))):
        raise bad_fields({"bbox": "must be four numbers: south,west,north,east"})
    if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
        raise bad_fields({"bbox": "must be south,west,north,east in degrees, with south below north"})
    return Box(south, north, west, east)

"""Interfaces: REST: sightings, and what is known of an aircraft."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response
from msgspec import structs

from skyspy.api.aircraft import hex_in_path
from skyspy.api.answers import Charged, attachment
from skyspy.api.history_models import AircraftInfo, CsvQuery, SightingPage, SightingQuery, SightingWithTrack, TracksQuery
from skyspy.api.paging import decode_cursor, encode_cursor
from skyspy.api.routes import RequestContext, Resource
from skyspy.services import history, history_requests, sighting_files

CSV, GEOJSON, KML = "text/csv; charset=utf-8", "application/geo+json", "application/vnd.google-earth.kml+xml"
_EXPORT: dict[str, Any] = {"permission": history.PERMISSION, "is_search": True}

FILE_COST = 60.0
"""What a file costs beside its request, in requests: the most that one is charged (api/gate.py) by most settings."""

resource = Resource("Sightings", "What was seen: visits of aircraft, the newest first.")


@resource.get("/api/sightings/", permission=history.PERMISSION, query=SightingQuery, answer=SightingPage, is_search=True)
def sightings_list(context: RequestContext) -> object:
    """List sightings.

    By their beginning, the newest first. What is not known of a sighting never matches a filter on it. A search among very many
    sightings may end a page early: go on while there is a `next_cursor`.
    """
    query: SightingQuery = structs.replace(context.query, cursor=decode_cursor(context.query.cursor))
    found = context.call(history.search_sightings, query)
    following = None if found.next_cursor is None else encode_cursor(found.next_cursor)
    page = history_requests.sightings_page(context.server, found, following)
    return Charged(page, history_requests.cost_of(0, found.steps))


@resource.get("/api/sightings/export.csv", answer=str, media=CSV, query=CsvQuery, **_EXPORT)
def sightings_csv(context: RequestContext) -> object:
    """Export sightings as CSV.

    The newest ones that match, at most 50,000: narrow `from` and `to` for others. A file that cannot be finished ends without its
    last chunk, which clients report as an error.
    """
    query: CsvQuery = context.query
    text = sighting_files.as_csv(context.call(history.export, query, query.limit))
    return Charged(_file(context, CSV, "csv", text), FILE_COST)


@resource.get("/api/sightings/export.geojson", answer=str, media=GEOJSON, query=TracksQuery, **_EXPORT)
def sightings_geojson(context: RequestContext) -> object:
    """Export sightings with their tracks as GeoJSON.

    The newest ones that match, at most 5,000: narrow `from` and `to` for others. `coordTimes` and `coordAltitudes` are the times and
    altitudes (ft) of the coordinates.
    """
    query: TracksQuery = context.query
    text = sighting_files.as_geojson(context.call(history.export_tracks, query, query.limit))
    return Charged(_file(context, GEOJSON, "geojson", text), FILE_COST)


@resource.get("/api/sightings/export.kml", answer=str, media=KML, query=TracksQuery, **_EXPORT)
def sightings_kml(context: RequestContext) -> object:
    """Export sightings with their tracks as KML.

    The newest ones that match, at most 5,000: narrow `from` and `to` for others. Altitudes are barometric, in metres.
    """
    query: TracksQuery = context.query
    text = sighting_files.as_kml(context.call(history.export_tracks, query, query.limit))
    return Charged(_file(context, KML, "kml", text), FILE_COST)


def _file(context: RequestContext, media: str, ending: str, text: Iterator[str]) -> Response:
    return attachment("sightings", context.server.clock.wall(), media, ending, text)


@resource.get("/api/sightings/<sighting_id>/", permission=history.PERMISSION, answer=SightingWithTrack, errors=(404,))
def sightings_one(context: RequestContext) -> object:
    """Show one sighting with its track.

    The track as it is stored: it follows the aircraft by up to a minute. Of a very long one the last 20,000 points.
    """
    return context.call(history.one, context.path["sighting_id"])


@resource.get("/api/aircraft/<hex>/info/", permission=history.PERMISSION, answer=AircraftInfo, errors=(400,))
def aircraft_info(context: RequestContext) -> object:
    """Show what is known of one aircraft.

    Who it is, when it was first and last seen, how often, and its latest sightings. Of an aircraft that was never seen too.
    """
    return context.sky.labelled(context.call(history.aircraft_info, hex_in_path(context)))

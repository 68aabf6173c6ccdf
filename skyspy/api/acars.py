"""Interfaces: REST: datalink messages: list, one, export, statistics, stations."""

from __future__ import annotations

from msgspec import structs

from skyspy.api.acars_models import (
    AcarsStations,
    AcarsStatistics,
    DatalinkMessage,
    DaysQuery,
    ExportQuery,
    MessagePage,
    MessageQuery,
)
from skyspy.api.answers import Charged, attachment
from skyspy.api.paging import decode_cursor, encode_cursor
from skyspy.api.routes import RequestContext, Resource
from skyspy.services import acars, acars_files

CSV = "text/csv; charset=utf-8"
FILE_COST = 60.0
"""What a file costs beside its request, in requests."""

resource = Resource("Datalink", "ACARS, VDL2, HFDL and satellite messages, now and past.")


@resource.get("/api/acars/messages/", permission=acars.PERMISSION, query=MessageQuery, answer=MessagePage, is_search=True)
def acars_messages(context: RequestContext) -> object:
    """List datalink messages.

    The newest first. What is not known of a message never matches a filter on it. A search among very many messages may end a page early, and
    so may large messages: go on while there is a `next_cursor`.
    """
    query: MessageQuery = structs.replace(context.query, cursor=decode_cursor(context.query.cursor))
    found = context.call(acars.page, query)
    following = None if found.next_cursor is None else encode_cursor(found.next_cursor)
    return Charged(acars.page_payload(context.server, context.caller, found, following), found.steps - 1)


@resource.get(
    "/api/acars/messages/export.csv", permission=acars.PERMISSION, query=ExportQuery, answer=str, media=CSV, is_search=True
)
def acars_csv(context: RequestContext) -> object:
    """Export datalink messages as CSV.

    The newest ones that match, at most 50,000: narrow `from` and `to` for others. A file that cannot be finished ends without its
    last chunk, which clients report as an error.
    """
    query: ExportQuery = context.query
    text = acars_files.as_csv(context.call(acars.export, query, query.limit))
    return Charged(attachment("datalink", context.server.clock.wall(), CSV, "csv", text), FILE_COST)


@resource.get("/api/acars/messages/<message_id>/", permission=acars.PERMISSION, answer=DatalinkMessage, errors=(404,))
def acars_message(context: RequestContext) -> object:
    """Show one datalink message."""
    found = context.call(acars.one, context.path["message_id"])
    return acars.payloads(context.server, context.caller, [found])[0]


@resource.get("/api/acars/stats/", permission=acars.PERMISSION, query=DaysQuery, answer=AcarsStatistics, is_search=True)
def acars_statistics(context: RequestContext) -> object:
    """Count datalink messages.

    Those of at most 366 whole days of UTC, by data link, label and day.
    """
    return context.call(acars.statistics, context.query)


@resource.get("/api/acars/stations/", permission=acars.PERMISSION, query=DaysQuery, answer=AcarsStations, is_search=True)
def acars_stations(context: RequestContext) -> object:
    """Show what each station heard.

    In at most 366 whole days of UTC, the station that heard most first. Names are for those who may know where the receiver stands.
    """
    return context.call(acars.station_list, context.query)

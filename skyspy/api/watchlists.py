"""Interfaces: REST: the caller's own watchlists."""

from __future__ import annotations

from typing import Any

from skyspy.api.account_models import PageQuery
from skyspy.api.alert_models import (
    CsvImport,
    EntryPage,
    Imported,
    NewEntries,
    NewWatchlist,
    Watchlist,
    WatchlistChange,
    WatchlistPage,
)
from skyspy.api.alert_pages import page_of
from skyspy.api.routes import IDENTIFIED, RequestContext, Resource
from skyspy.services import alert_payloads, watchlists
from skyspy.services.alert_owner import EDIT, VIEW

_READ: dict[str, Any] = {"access": IDENTIFIED, "permission": VIEW}
_WRITE: dict[str, Any] = {"access": IDENTIFIED, "permission": EDIT}

resource = Resource("Watchlists", "The caller's own lists of aircraft, which alert rules share.")


@resource.get("/api/alerts/watchlists/", query=PageQuery, answer=WatchlistPage, **_READ)
def watchlists_list(context: RequestContext) -> object:
    """List own watchlists."""
    found, following = page_of(context, watchlists.page)
    listed = [alert_payloads.watchlist(view) for view in found.watchlists]
    return alert_payloads.listed("watchlists", listed, found.total, following)


@resource.post("/api/alerts/watchlists/", body=NewWatchlist, answer=Watchlist, status=201, errors=(409,), **_WRITE)
def watchlists_create(context: RequestContext) -> object:
    """Make a watchlist."""
    body: NewWatchlist = context.body
    entries = [entry.document() for entry in body.entries]
    return alert_payloads.watchlist(context.call(watchlists.create, body.name, entries))


@resource.get("/api/alerts/watchlists/<list_id>/", answer=Watchlist, errors=(404,), **_READ)
def watchlists_one(context: RequestContext) -> object:
    """Show one own watchlist."""
    return alert_payloads.watchlist(context.call(watchlists.one, context.path["list_id"]))


@resource.post("/api/alerts/watchlists/<list_id>/", body=WatchlistChange, answer=Watchlist, errors=(404,), **_WRITE)
def watchlists_rename(context: RequestContext) -> object:
    """Rename a watchlist."""
    return alert_payloads.watchlist(context.call(watchlists.rename, context.path["list_id"], context.body.name))


@resource.delete("/api/alerts/watchlists/<list_id>/", status=204, errors=(404, 409), **_WRITE)
def watchlists_delete(context: RequestContext) -> None:
    """Delete a watchlist that no rule uses."""
    context.call(watchlists.delete, context.path["list_id"])


@resource.get("/api/alerts/watchlists/<list_id>/entries/", query=PageQuery, answer=EntryPage, errors=(404,), **_READ)
def entries_list(context: RequestContext) -> object:
    """List what is on a watchlist."""
    found, following = page_of(context, watchlists.entries, context.path["list_id"])
    return alert_payloads.listed("entries", [alert_payloads.entry(view) for view in found.entries], found.total, following)


@resource.post("/api/alerts/watchlists/<list_id>/entries/", body=NewEntries, answer=Imported, errors=(404, 409), **_WRITE)
def entries_add(context: RequestContext) -> object:
    """Add entries to a watchlist.

    All, or none where one of them cannot be used; one that is on the list stays as it is.
    """
    documents = [entry.document() for entry in context.body.entries]
    return alert_payloads.imported(context.call(watchlists.add, context.path["list_id"], documents))


@resource.delete("/api/alerts/watchlists/<list_id>/entries/<entry_id>/", status=204, errors=(404,), **_WRITE)
def entries_delete(context: RequestContext) -> None:
    """Take an entry off a watchlist."""
    context.call(watchlists.remove, context.path["list_id"], context.path["entry_id"])


@resource.post("/api/alerts/watchlists/<list_id>/import/", body=CsvImport, answer=Imported, errors=(404, 409), **_WRITE)
def entries_import(context: RequestContext) -> object:
    """Add entries to a watchlist from CSV.

    Lines that cannot be used are left out, and named in the answer. A request holds at most 64 KiB: divide a longer file.
    """
    body: CsvImport = context.body
    return alert_payloads.imported(context.call(watchlists.import_csv, context.path["list_id"], body.csv, replace=body.replace))

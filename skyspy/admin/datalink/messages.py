"""Interfaces: lists of datalink messages: the latest ones, which refresh themselves, and the stored ones with all filters and paging."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from skyspy.admin.datalink.filters import AIRCRAFT, DIRECTIONS, LIVE, MAX_CURSOR, STORED, bad_day, chosen, request_of
from skyspy.admin.datalink.page import page, tried
from skyspy.admin.datalink.texts import Row, row_of
from skyspy.admin.forms import clean_parameter
from skyspy.admin.routes import RequestContext
from skyspy.datalink.message import LINKS
from skyspy.services import acars
from skyspy.services.acars_files import as_csv

ROWS = 50
MAX_EXPORT = 50_000
SEARCH = "/datalink/search/"


@page.get()
def show(context: RequestContext) -> ResponseReturnValue:
    """The latest messages that match the filters, the newest first."""
    return render_template("admin/datalink/live.html", part=tried(context, _latest), **_words(LIVE))


@page.get("/datalink/part/", quiet=True)
def part(context: RequestContext) -> ResponseReturnValue:
    """The list of the latest ones alone, for the page's script."""
    return render_template("admin/datalink/_live.html", part=tried(context, _latest), **_words(LIVE))


@page.get(SEARCH)
def search(context: RequestContext) -> ResponseReturnValue:
    """The stored messages that match the filters, by pages."""
    return render_template("admin/datalink/search.html", part=tried(context, _found), directions=DIRECTIONS, **_words(STORED))


@page.get(f"{SEARCH}messages.csv")
def file(context: RequestContext) -> ResponseReturnValue:
    """The stored messages that match the filters, as CSV."""
    found = context.call(acars.export, request_of(chosen(STORED), ROWS), MAX_EXPORT)
    answer = Response(as_csv(found), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="messages.csv"'
    return answer


def rows_of(
    context: RequestContext, words: dict[str, Any], limit: int, cursor: str | None = None
) -> tuple[list[Row], str | None]:
    """A page of messages for a template, and the cursor of the next one. Raises Refused."""
    found = context.call(acars.page, request_of(words, limit, cursor))
    return [row_of(message) for message in found.messages], found.next_cursor


def _words(names: tuple[str, ...]) -> dict[str, Any]:
    """What the forms of both pages need."""
    words = chosen(names)
    return {"chosen": words, "picked": next((words[name] for name in AIRCRAFT if name in words), ""), "link_names": LINKS}


def _latest(context: RequestContext) -> dict[str, Any]:
    rows, following = rows_of(context, chosen(LIVE), ROWS)
    return {"rows": rows, "more": following is not None}


def _found(context: RequestContext) -> dict[str, Any]:
    words = chosen(STORED)
    cursor = clean_parameter(request.args, "after", MAX_CURSOR) or None
    rows, following = rows_of(context, words, ROWS, cursor)
    return {
        "rows": rows,
        "older": None if following is None else url_for("admin.datalink_search", after=following, **words),
        "newest": url_for("admin.datalink_search", **words) if cursor else None,
        "bad_day": bad_day(words),
    }

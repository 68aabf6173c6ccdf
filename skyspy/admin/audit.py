"""Interfaces: the audit log page, also as CSV.

Invariants: read only. Days are days of UTC, like every time in the log.
"""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from skyspy.admin.audit_changes import describe_changes
from skyspy.admin.forms import clean_parameter
from skyspy.admin.routes import Page, RequestContext
from skyspy.services import audit_log
from skyspy.store.schema import MAX_ID

page = Page("audit", "/audit/", "Audit log", (audit_log.PERMISSION,), "Overview")
LIMIT = 50
WORDS = ("actor", "action", "about", "address")
DAYS = ("since", "until")


@page.get()
def show(context: RequestContext) -> ResponseReturnValue:
    """The matching rows, newest first."""
    search, text = _search(), clean_parameter(request.args, "before", 15)
    before = min(int(text), MAX_ID) if text.isascii() and text.isdecimal() else None
    rows = context.call(audit_log.page, search, LIMIT, before)
    chosen: dict[str, Any] = {name: word for name in (*WORDS, *DAYS) if (word := clean_parameter(request.args, name, 128))}
    subjects = context.call(audit_log.visible_subjects, rows)
    actions = context.call(audit_log.actions)
    return render_template(
        "admin/audit.html",
        rows=[(row, describe_changes(row), subjects.get(row.id)) for row in rows],
        chosen=chosen,
        bad_day=next((name for name in DAYS if name in chosen and audit_log.day(chosen[name]) is None), ""),
        # A prefix such as `user.` matches all of its actions.
        actions=sorted({f"{action.partition('.')[0]}." for action in actions} | set(actions)),
        older=url_for("admin.audit_show", before=rows[-1].id, **chosen) if len(rows) == LIMIT else None,
        paged=before is not None,
    )


@page.get("/audit/log.csv")
def as_csv(context: RequestContext) -> ResponseReturnValue:
    """The matching rows as a CSV file."""
    text = context.call(audit_log.as_csv, _search())
    headers = {"Content-Disposition": "attachment; filename=skyspy-audit.csv"}
    return Response(text, content_type="text/csv; charset=utf-8", headers=headers)


def _search() -> audit_log.Search:
    since, until = (clean_parameter(request.args, name, 10) for name in DAYS)
    return audit_log.search_by_days(since, until, **{name: clean_parameter(request.args, name, 128) for name in WORDS})

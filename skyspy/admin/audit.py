"""The audit log: who did what to what, when and from where; as CSV too.

Law: reading only. Thin over operate/log.
"""

from __future__ import annotations

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from skyspy import wirejson
from skyspy.admin.forms import one_line
from skyspy.admin.table import Asked, Page
from skyspy.operate import log

page = Page("audit", "/audit/", "Audit log", (log.NEEDS,), "Overview")
LIMIT = 50
NAMES = ("actor", "action", "about", "address")


@page.get()
def show(asked: Asked) -> ResponseReturnValue:
    """The newest rows first, or those that match."""
    search, text = _search(), one_line(request.args, "before", 15)
    before = int(text) if text.isdecimal() else None
    rows = log.page(asked.house, asked.who, search, LIMIT, before)
    words = {name: getattr(search, name) for name in NAMES if getattr(search, name)}
    older = url_for("admin.audit_show", before=rows[-1].id, **words) if len(rows) == LIMIT else None
    return render_template(
        "admin/audit.html", rows=rows, search=search, words=words, older=older, paged=before is not None, plain=_plain
    )


@page.get("/audit/log.csv")
def as_csv(asked: Asked) -> ResponseReturnValue:
    """The matching rows as a file."""
    text = log.as_csv(asked.house, asked.who, _search())
    headers = {"Content-Disposition": "attachment; filename=skyspy-audit.csv"}
    return Response(text, content_type="text/csv; charset=utf-8", headers=headers)


def _search() -> log.Search:
    return log.Search(**{name: one_line(request.args, name, 128) for name in NAMES})


def _plain(value: object) -> str:
    """A before or after as text."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {wirejson.dumps(item)}" for key, item in value.items())
    return "" if value is None else wirejson.dumps(value)

"""Interfaces: the page about this process: what needs attention, its numbers, and the end of its log.

Invariants: everything shown comes from services/health; the log is shown as text. The page's script refreshes it.
"""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from skyspy.admin.formatting import UNKNOWN, number, rough_duration, size
from skyspy.admin.routes import Page, RequestContext
from skyspy.services import health
from skyspy.services.health_report import HealthPart, Value

page = Page("health", "/health/", "Health", (health.MANAGE,), "Server")


@page.get()
def show(context: RequestContext) -> ResponseReturnValue:
    """The page."""
    return render_template("admin/health.html", **_parts(context))


@page.get("/health/parts/", quiet=True)
def parts(context: RequestContext) -> ResponseReturnValue:
    """The part that changes, for the page's script."""
    return render_template("admin/_health.html", **_parts(context))


def format_value(value: Value) -> str:
    """A value with its unit: 1,204, 12 MB, 3.5 ms, 4 h, up, or a dash where it is not known."""
    if value.value is None:
        return UNKNOWN
    if isinstance(value.value, str):
        return value.value or UNKNOWN
    if value.unit == "s":
        return rough_duration(value.value) if value.value >= 1 else f"{value.value * 1000:.1f} ms"
    return size(value.value) if value.unit == "bytes" else number(value.value)


def headings(part: HealthPart) -> list[tuple[str, str]]:
    """The columns of a part's table, as (heading, CSS class) for the table macro. A column with a number in it is right-aligned."""
    texts = [all(isinstance(line.values[at].value, str) for line in part.lines) for at in range(len(part.columns))]
    return [(part.rows, ""), *((name, "" if text else "number") for name, text in zip(part.columns, texts, strict=True))]


def _parts(context: RequestContext) -> dict[str, Any]:
    report = context.call(health.report)
    return {
        "report": report,
        "facts": [part for part in report.parts if len(part.columns) == 1],
        "tables": [part for part in report.parts if len(part.columns) > 1],
        "format_value": format_value,
        "headings": headings,
        "started_at": report.at - report.uptime_s,
    }

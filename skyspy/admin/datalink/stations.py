"""Interfaces: the stations that hear datalink messages: how many each has heard, how well, and when the last one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from skyspy.admin.datalink.page import page, tried
from skyspy.admin.routes import RequestContext
from skyspy.services import acars
from skyspy.services.acars_filters import DaysRequest

PATH = "/datalink/stations/"


@page.get(PATH)
def stations(context: RequestContext) -> ResponseReturnValue:
    """The stations, with what they heard in the last 30 days."""
    return render_template("admin/datalink/stations.html", part=tried(context, _stations), days=acars.DEFAULT_DAYS)


@page.get(f"{PATH}part/", quiet=True)
def stations_part(context: RequestContext) -> ResponseReturnValue:
    """The list alone, for the page's script."""
    return render_template("admin/datalink/_stations.html", part=tried(context, _stations))


def _stations(context: RequestContext) -> dict[str, Any]:
    found = context.call(acars.station_list, DaysRequest())["stations"]
    return {"rows": [row | {"last_at": datetime.fromisoformat(row["last"]).timestamp()} for row in found]}

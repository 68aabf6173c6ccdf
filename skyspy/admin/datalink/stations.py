"""Interfaces: the stations that hear datalink messages: how many each has heard, how well, and when the last one."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from skyspy.admin.datalink.page import page, tried
from skyspy.admin.routes import RequestContext
from skyspy.datalink.message import LINKS
from skyspy.services import acars

PATH = "/datalink/stations/"


@page.get(PATH)
def stations(context: RequestContext) -> ResponseReturnValue:
    """The stations."""
    return render_template("admin/datalink/stations.html", part=tried(context, _stations), link_names=LINKS)


@page.get(f"{PATH}part/", quiet=True)
def stations_part(context: RequestContext) -> ResponseReturnValue:
    """The list alone, for the page's script."""
    return render_template("admin/datalink/_stations.html", part=tried(context, _stations), link_names=LINKS)


def _stations(context: RequestContext) -> dict[str, Any]:
    return {"rows": context.call(acars.stations)}

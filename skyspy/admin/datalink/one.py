"""Interfaces: the page of one datalink message, with the latest others of its aircraft."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from skyspy.admin.datalink.messages import rows_of
from skyspy.admin.datalink.page import page, tried
from skyspy.admin.datalink.texts import decode_of, direction_of, indented, names_of, pick_of, place_of, times_of, title_of
from skyspy.admin.routes import RequestContext
from skyspy.datalink.message import LINKS
from skyspy.services import acars
from skyspy.services.receiver_names import ReceiverNames

OTHERS = 10


@page.get("/datalink/message/<message_id>/")
def one(context: RequestContext, message_id: str) -> ResponseReturnValue:
    """All that is known of one message."""
    message = context.call(acars.one, message_id)
    pick = pick_of(message)

    def others(context: RequestContext) -> dict[str, Any]:
        rows = [] if pick is None else rows_of(context, dict(pick), OTHERS + 1)[0]
        return {"rows": [row for row in rows if row.message.id != message.id][:OTHERS]}

    receivers = ReceiverNames(context.server, context.principal)
    return render_template(
        "admin/datalink/message.html",
        message=message,
        title=title_of(message),
        names=names_of(message),
        pick=pick,
        link=LINKS.get(message.link, message.link),
        direction=direction_of(message),
        place=None if message.position is None else place_of(message.position),
        times=times_of(message),
        decode=decode_of(message),
        libacars=None if not message.libacars else indented(message.libacars),
        stations=[
            (station, " ".join(receivers.shown([station.receiver] if station.receiver else []))) for station in message.stations
        ],
        others=tried(context, others),
    )

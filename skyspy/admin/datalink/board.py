"""Interfaces: the board: the latest ATIS of each airport, and the latest clearances, of the last day.

Invariants: datalink/board.py reads them from texts; a text that it cannot read is no part of the board.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from skyspy.admin.datalink.page import page, tried
from skyspy.admin.datalink.texts import names_of
from skyspy.admin.routes import RequestContext
from skyspy.datalink import board as reading
from skyspy.datalink.board import Atis, Clearance
from skyspy.datalink.message import Message
from skyspy.services import acars
from skyspy.services.acars_filters import MessageRequest

DAY_S = 86_400.0
ROWS = 100
"""Messages that are looked at for each label and each word."""
CLEARANCES = 50
PATH = "/datalink/board/"


@dataclass(frozen=True, slots=True)
class Shown:
    """An ATIS or a clearance on the board: `place` is the name of its airport, `who` that of its aircraft ("": not known)."""

    message: Message
    says: Atis | Clearance
    place: str
    who: str


@page.get(PATH)
def board(context: RequestContext) -> ResponseReturnValue:
    """The board."""
    return render_template("admin/datalink/board.html", part=tried(context, _board))


@page.get(f"{PATH}part/", quiet=True)
def board_part(context: RequestContext) -> ResponseReturnValue:
    """What is on the board alone, for the page's script."""
    return render_template("admin/datalink/_board.html", part=tried(context, _board))


def _board(context: RequestContext) -> dict[str, Any]:
    since = datetime.fromtimestamp(context.server.clock.wall() - DAY_S, UTC)
    labels = [MessageRequest(since=since, label=label, limit=ROWS) for label in (*reading.ATIS_LABELS, *reading.CLEARANCE_LABELS)]
    words = [MessageRequest(since=since, q=word, downlink=False, limit=ROWS) for word in reading.WORDS]
    found = {message.id: message for request in (*labels, *words) for message in context.call(acars.page, request).messages}
    newest_first = sorted(found.values(), key=lambda message: message.time, reverse=True)
    atis: dict[tuple[str, str], Shown] = {}
    clearances: list[Shown] = []
    for message in newest_first:
        says = reading.read(message)
        if isinstance(says, Atis):
            atis.setdefault((says.airport, says.kind), Shown(message, says, _name(context, says.airport), ""))
        elif isinstance(says, Clearance) and len(clearances) < CLEARANCES:
            who = next(iter(names_of(message)), "")
            clearances.append(Shown(message, says, _name(context, says.origin), says.flight or who))
    return {"atis": [atis[place] for place in sorted(atis)], "clearances": clearances}


def _name(context: RequestContext, icao: str) -> str:
    """The name of the airport with this ICAO code; "" where it is not known."""
    airports = context.server.airports.get()
    airport = airports.find(icao) if airports is not None and icao else None
    return "" if airport is None else airport.name

"""Interfaces: the filters of the lists of datalink messages: from the address of a page to a request of services/acars.py.

Invariants: a filter that cannot be used is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import request

from skyspy.admin.forms import clean_parameter
from skyspy.aircraft import clean_hex
from skyspy.datalink.message import LINKS
from skyspy.services.acars_filters import MessageRequest
from skyspy.services.audit_log import day

AIRCRAFT = ("hex", "tail", "flight")
"""By which an aircraft is picked; at most one is in an address."""
LIVE = ("q", *AIRCRAFT, "label", "link")
"""The filters of the live list."""
STORED = (*LIVE, "station", "direction", "position", "since", "until")
"""The filters of the search."""
DAYS = ("since", "until")
DIRECTIONS = {"down": "from aircraft", "up": "to aircraft"}
MAX_CURSOR = 128
_LENGTHS = {"q": 128, "station": 64, "tail": 16, "flight": 16, "label": 8}
_YES_NO = {"yes": True, "no": False}


def chosen(names: tuple[str, ...]) -> dict[str, Any]:
    """The filters of these names in the address of the page, as typed."""
    return {name: word for name in names if (word := clean_parameter(request.args, name, _LENGTHS.get(name, 32)))}


def bad_day(words: Mapping[str, str]) -> str:
    """The name of the filter that should be a day and is none; "": all are."""
    return next((name for name in DAYS if name in words and day(words[name]) is None), "")


def request_of(words: Mapping[str, Any], limit: int, cursor: str | None = None) -> MessageRequest:
    """The page of messages with these filters."""
    since, until = (day(words.get(name, "")) for name in DAYS)
    if since is not None and until is not None and until < since:
        # The days of a period, in whichever order they were given.
        since, until = until, since
    link = words.get("link")
    return MessageRequest(
        q=_short(words, "q"),
        hex=clean_hex(words.get("hex", "")),
        tail=_short(words, "tail"),
        flight=_short(words, "flight"),
        label=_short(words, "label"),
        link=link if link in LINKS else None,
        station=_short(words, "station"),
        downlink={"down": True, "up": False}.get(words.get("direction", "")),
        has_position=_YES_NO.get(words.get("position", "")),
        since=since,
        until=None if until is None else until + timedelta(days=1),
        limit=limit,
        cursor=cursor,
    )


def _short(words: Mapping[str, Any], name: str) -> str | None:
    return words.get(name, "")[: _LENGTHS[name]] or None

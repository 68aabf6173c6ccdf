"""Application: cursors of lists that are ordered by a time and an id: safety events, alerts, deliveries."""

from __future__ import annotations

import math
from typing import NamedTuple

from skyspy.services.filter_checks import bad_cursor

MAX_ID_LENGTH = 64
"""Characters of the id of an event, an alert or a delivery."""


class Place(NamedTuple):
    """A place in a list that is ordered by a time (wall seconds) and an id."""

    at: float
    id: str


def cursor_of(at: float, name: str) -> str:
    """The cursor for what comes after this place."""
    return f"{at!r} {name}"


def place_of(cursor: str | None) -> Place | None:
    """The place after which the next page begins; None: this is the first page. Raises Refused."""
    if cursor is None:
        return None
    at, _, name = cursor.partition(" ")
    try:
        place = Place(float(at), name)
    except ValueError:
        place = Place(math.nan, "")
    if not math.isfinite(place.at) or not is_id(place.id):
        raise bad_cursor()
    return place


def is_id(text: str) -> bool:
    """Whether this can be the id of an event, an alert or a delivery."""
    return 0 < len(text) <= MAX_ID_LENGTH and text.isascii() and text.isprintable()

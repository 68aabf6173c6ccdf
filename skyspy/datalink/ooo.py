"""The times and airports of a flight in the text of a downlink: out of the gate, off the ground, on the ground, in at the gate. Pure.

A text has them at fixed places, which depend on its label: a row of TABLE. The places are facts of the messages. Invariants: an airport is four
letters, a time 0000 to 2359; what is anything else is not taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

ORIGIN, DESTINATION, OUT, OFF, ON, IN, ETA = "origin", "destination", "out", "off", "on", "in_", "eta"
NAMES = (ORIGIN, DESTINATION, OUT, OFF, ON, IN, ETA)
"""The names of the fields, as a Block's `times` and a Message have them."""

_AIRPORT = re.compile(r"[A-Z]{4}\Z")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9]\Z")
_SCHEDULE = re.compile(r"^SCH/[^/\r\n]*/([A-Z]{4})[^A-Z0-9\r\n]([A-Z]{4})\b", re.MULTILINE)
_ESTIMATE = re.compile(r"^ETA/([0-9]{4})\b", re.MULTILINE)


class Layout(NamedTuple):
    """Where fields stand in a text. `begin`: how the text begins; `comma`: the place of a comma; None: anything. `places`: the first character of
    each field, which has four."""

    places: Mapping[str, int]
    begin: str = ""
    comma: int | None = None

    def fits(self, text: str) -> bool:
        """Whether a text is of this layout."""
        return text.startswith(self.begin) and (self.comma is None or text[self.comma : self.comma + 1] == ",")


TABLE: Mapping[str, Layout] = {
    "QA": Layout({ORIGIN: 0, OUT: 4}),
    "QB": Layout({ORIGIN: 0, OFF: 4}),
    "QC": Layout({ORIGIN: 0, ON: 4}),
    "QD": Layout({ORIGIN: 0, IN: 4}),
    "Q1": Layout({ORIGIN: 0, OUT: 4, OFF: 8, ON: 12, IN: 16, DESTINATION: 24}),
    "Q2": Layout({ORIGIN: 0, ETA: 4}),
    "QE": Layout({ORIGIN: 0, OUT: 4, DESTINATION: 8}),
    "QF": Layout({ORIGIN: 0, OFF: 4, DESTINATION: 8}),
    "QK": Layout({ORIGIN: 0, ON: 4, DESTINATION: 8}),
    "QG": Layout({ORIGIN: 0, OUT: 4, IN: 8}),
    "QH": Layout({ORIGIN: 0, OUT: 4}),
    "QL": Layout({DESTINATION: 0, IN: 8, ORIGIN: 13}),
    "QM": Layout({DESTINATION: 0, ORIGIN: 8}),
    "QN": Layout({DESTINATION: 4, ETA: 8}),
    "QP": Layout({ORIGIN: 0, DESTINATION: 4, OUT: 8}),
    "QQ": Layout({ORIGIN: 0, DESTINATION: 4, OFF: 8}),
    "QR": Layout({ORIGIN: 0, DESTINATION: 4, ON: 8}),
    "QS": Layout({ORIGIN: 0, DESTINATION: 4, IN: 8}),
    "QT": Layout({ORIGIN: 0, DESTINATION: 4, OUT: 8, IN: 12}),
    "10": Layout({DESTINATION: 12, ETA: 16}, "ARR01"),
    "12": Layout({ORIGIN: 0, DESTINATION: 5}, comma=4),
    "15": Layout({ORIGIN: 5, DESTINATION: 9}, "FST01"),
    "17": Layout({ETA: 4, ORIGIN: 9, DESTINATION: 14}, "ETA "),
    "1G": Layout({ORIGIN: 0, DESTINATION: 5}, comma=4),
    "2Z": Layout({DESTINATION: 0}),
    "44": Layout({DESTINATION: 24, ETA: 29}, "POS02"),
    "45": Layout({DESTINATION: 1}, "A"),
    "83": Layout({ORIGIN: 0, DESTINATION: 5}, comma=4),
    "8E": Layout({DESTINATION: 0, ETA: 5}, comma=4),
    "8S": Layout({DESTINATION: 0, ETA: 5}, comma=4),
}
"""Labels whose text has fields at fixed places. Label 26 has them in lines, see `of_text`."""


def of_text(label: str | None, text: str) -> dict[str, str]:
    """The fields in the text of a downlink with this label, by NAMES; what is not there, or no airport or time, is left out."""
    if label == "26":
        return checked(_of_lines(text))
    layout = TABLE.get(label or "")
    if layout is None or not layout.fits(text):
        return {}
    fields = {name: text[place : place + 4] for name, place in layout.places.items()}
    if label == "44" and _AIRPORT.match(fields[ETA]):
        # Two airports one after the other are where the flight began and where it goes.
        fields = {ORIGIN: fields[DESTINATION], DESTINATION: fields[ETA]}
    return checked(fields)


def checked(fields: Mapping[str, str]) -> dict[str, str]:
    """Those of these fields, by NAMES, that are an airport or a time."""
    return {name: text for name in NAMES if (text := fields.get(name)) and _CHECKS[name](text)}


def _of_lines(text: str) -> dict[str, str]:
    """Label 26: `VER/077` and below it `SCH/flight/origin destination` and `ETA/hhmm`."""
    if not text.startswith("VER/077"):
        return {}
    schedule, estimate = _SCHEDULE.search(text), _ESTIMATE.search(text)
    fields = {} if schedule is None else {ORIGIN: schedule.group(1), DESTINATION: schedule.group(2)}
    return fields if estimate is None else {**fields, ETA: estimate.group(1)}


def _is_airport(text: str) -> bool:
    return _AIRPORT.match(text) is not None


def _is_time(text: str) -> bool:
    return _TIME.match(text) is not None


_CHECKS: Mapping[str, Callable[[str], bool]] = {
    name: _is_airport if name in (ORIGIN, DESTINATION) else _is_time for name in NAMES
}

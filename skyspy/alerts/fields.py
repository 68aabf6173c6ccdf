"""The fields that conditions compare, and the operators of each kind. Documents, pages and the engine go by these rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from skyspy import aircraft, registration
from skyspy.safety.rules import EVENT_TYPES

TEXT, NUMBER, FLAG, PLACE, LIST, EVENT = "text", "number", "flag", "place", "list", "event"
ANY = "any"
"""In place of an airport's code or a type of event: whichever it is."""

OPS: Mapping[str, tuple[str, ...]] = {
    TEXT: ("is", "is_not", "contains", "not_contains", "starts", "not_starts", "matches", "not_matches", "in", "not_in"),
    NUMBER: ("is", "is_not", "lt", "le", "gt", "ge", "between"),
    FLAG: ("is", "is_not"),
    PLACE: ("inside", "outside"),
    LIST: ("in", "not_in"),
    EVENT: ("is", "in"),
}
"""The operators of each kind of field, the usual one first."""

NEGATED: Mapping[str, str] = {
    "is_not": "is",
    "not_contains": "contains",
    "not_starts": "starts",
    "not_matches": "matches",
    "not_in": "in",
    "outside": "inside",
}
"""Operators that are true where another one is false."""

OP_LABELS: Mapping[str, str] = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "not_contains": "does not contain",
    "starts": "starts with",
    "not_starts": "does not start with",
    "matches": "matches the pattern",
    "not_matches": "does not match the pattern",
    "in": "is one of",
    "not_in": "is none of",
    "lt": "is less than",
    "le": "is at most",
    "gt": "is more than",
    "ge": "is at least",
    "between": "is between",
    "inside": "is inside",
    "outside": "is outside",
}
"""The operators as a sentence has them."""

AIRCRAFT, SAFETY, HISTORY, ACARS = "aircraft.view", "safety.view", "history.view", "acars.view"


@dataclass(frozen=True, slots=True)
class AlertField:
    """One field. `unit` of its numbers. `label`: how people call it. `needs`: the permission without which it is unknown. `choices`: the
    only values, where there are few. `is_angle`: degrees, so that between 350 and 10 goes over north. `is_derived`: it is not
    a field of aircraft objects."""

    name: str
    kind: str
    unit: str
    label: str
    needs: str = AIRCRAFT
    choices: tuple[str, ...] = ()
    is_angle: bool = False
    is_derived: bool = False

    @property
    def ops(self) -> tuple[str, ...]:
        """Its operators."""
        return OPS[self.kind]


SOURCES = ("adsb", "adsr", "tisb", "adsc", "mlat", "mode_s", "other")

_OWN = (
    AlertField("hex", TEXT, "", "Address (hex)"),
    AlertField("flight", TEXT, "", "Callsign"),
    AlertField("r", TEXT, "", "Registration"),
    AlertField("t", TEXT, "", "Type, ICAO designator"),
    AlertField("own_op", TEXT, "", "Owner or operator"),
    AlertField("source", TEXT, "", "Source of the data", choices=SOURCES),
    AlertField("rate", NUMBER, "ft/min", "Vertical rate, barometric where known"),
    AlertField("military", FLAG, "", "Military", is_derived=True),
    AlertField("emergency", FLAG, "", "In an emergency", is_derived=True),
    AlertField("emergency_type", TEXT, "", "Kind of emergency", choices=tuple(sorted(aircraft.EMERGENCIES)), is_derived=True),
    AlertField("on_ground", FLAG, "", "On the ground", is_derived=True),
    AlertField("distance_nm", NUMBER, "nm", "Distance from the receiver", is_derived=True),
    AlertField("bearing", NUMBER, "deg", "Bearing from the receiver", is_angle=True, is_derived=True),
    AlertField("azimuth", NUMBER, "deg", "Direction in which to look from the receiver", is_angle=True, is_derived=True),
    AlertField("elevation", NUMBER, "deg", "Angle above the horizon, seen from the receiver", is_derived=True),
    AlertField("inside", PLACE, "", "Position", is_derived=True),
    AlertField("first_seen", FLAG, "", "Seen for the first time ever", HISTORY, is_derived=True),
    AlertField("not_seen_days", NUMBER, "d", "Days not seen before this visit", HISTORY, is_derived=True),
    AlertField("watchlist", LIST, "", "On a watchlist", is_derived=True),
    AlertField("landed", EVENT, "", "Has landed at", is_derived=True),
    AlertField("departed", EVENT, "", "Has departed from", is_derived=True),
    AlertField("entered", EVENT, "", "Has entered the vicinity of", is_derived=True),
    AlertField("left", EVENT, "", "Has left the vicinity of", is_derived=True),
    AlertField("circling", FLAG, "", "Circling", is_derived=True),
    AlertField("loitering", FLAG, "", "Loitering", is_derived=True),
    AlertField("back_and_forth", FLAG, "", "Flying back and forth", is_derived=True),
    AlertField("acars_text", TEXT, "", "Text of a data link message (ACARS)", ACARS, is_derived=True),
    AlertField("acars_label", TEXT, "", "Label of a data link message (ACARS)", ACARS, is_derived=True),
    AlertField("safety_event", EVENT, "", "Has a safety event", SAFETY, EVENT_TYPES, is_derived=True),
)
_ANGLES = frozenset({"track", "mag_heading", "true_heading", "nav_heading", "calc_track", "wd"})
_KINDS = {"int": NUMBER, "float": NUMBER, "altitude": NUMBER, "text": TEXT, "words": TEXT}
"""Kinds of aircraft.FIELDS; an object is not compared."""
_LEFT_OUT = frozenset({"ownOp", "emergency", "rr_lat", "rr_lon", "gpsOkBefore"})
"""Fields of aircraft objects that have another name here, that show where the receivers stand, or that are a time."""


MESSAGE_FIELDS = frozenset({"acars_text", "acars_label"})
"""Fields of the data link message of an aircraft in one round."""


def _table() -> dict[str, AlertField]:
    rows = {row.name: row for row in _OWN}
    for field in (*aircraft.FIELDS.values(), *registration.FIELDS.values()):
        kind = _KINDS.get(field.kind)
        if kind is not None and field.name not in rows and field.name not in _LEFT_OUT:
            choices = tuple(sorted(field.words)) if field.kind == "text" else ()
            rows[field.name] = AlertField(
                field.name, kind, field.unit, field.description, choices=choices, is_angle=field.name in _ANGLES
            )
    return rows


FIELDS: Mapping[str, AlertField] = _table()
"""Every field by name."""

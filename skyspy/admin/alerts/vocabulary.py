"""Interfaces: the words of a rule's sentence: fields in groups, operators, and the input that each pair of them needs.

Pure: the rows of skyspy/alerts/fields.py in, tables out. What has no text here has that of its row.
"""

from __future__ import annotations

from collections.abc import Mapping

from skyspy.admin.alerts import rule_tree
from skyspy.admin.safety_texts import title_of
from skyspy.alerts import template
from skyspy.alerts.fields import ANY, EVENT, FIELDS, FLAG, LIST, NUMBER, OP_LABELS, PLACE, TEXT, AlertField

_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Who it is",
        ("military", "watchlist", "flight", "hex", "r", "t", "desc", "own_op", "operator", "airline_icao", "country", "category"),
    ),
    ("Where it is", ("distance_nm", "alt_baro", "inside", "bearing", "elevation", "azimuth", "on_ground")),
    ("What it does", ("gs", "rate", "track", "landed", "departed", "entered", "left", "circling", "loitering", "back_and_forth")),
    ("Dangers", ("emergency", "emergency_type", "squawk", "safety_event")),
    ("What it sends", ("acars_text", "acars_label")),
    ("How often it is seen", ("first_seen", "not_seen_days")),
)
OTHERS = "Everything else that is received"

_LABELS: Mapping[str, str] = {
    "watchlist": "Listed (watchlist)",
    "landed": "Has landed",
    "departed": "Has departed",
    "entered": "Has entered the vicinity",
    "left": "Has left the vicinity",
    "safety_event": "Safety event",
    "not_seen_days": "Time not seen before this visit",
    "alt_baro": "Altitude (barometric)",
    "t": "Aircraft type",
    "desc": "Aircraft type in words",
    "squawk": "Squawk",
    "track": "Track over ground",
    "country": "Country of registration",
    "airline_icao": "Airline (ICAO designator)",
    "category": "Emitter category",
    "bearing": "Bearing from the receiver",
    "rate": "Vertical rate",
    "inside": "Position",
    "azimuth": "Direction to look in",
    "elevation": "Angle above the horizon",
}
_SPOKEN: Mapping[str, str] = {"watchlist": "listed", "alt_baro": "altitude", "airline_icao": "airline"}
"""Labels inside a sentence, where they are others."""
_UNITS: Mapping[str, str] = {"deg": "°", "d": "days"}
_OPS: Mapping[tuple[str, str], str] = {
    ("watchlist", "in"): "on",
    ("watchlist", "not_in"): "not on",
    ("landed", "is"): "at",
    ("landed", "in"): "at one of",
    ("departed", "is"): "from",
    ("departed", "in"): "from one of",
    ("entered", "is"): "of",
    ("entered", "in"): "of one of",
    ("left", "is"): "of",
    ("left", "in"): "of one of",
}
_CHOICES: Mapping[str, str] = {
    ANY: "any",
    "adsb": "ADS-B",
    "adsr": "ADS-R",
    "tisb": "TIS-B",
    "adsc": "ADS-C",
    "mlat": "MLAT",
    "mode_s": "Mode S",
}
FIRST = "military"
"""The field of a new condition."""


def _grouped() -> tuple[tuple[str, tuple[AlertField, ...]], ...]:
    named = [(title, tuple(FIELDS[name] for name in names if name in FIELDS)) for title, names in _GROUPS]
    placed = {row.name for _, rows in named for row in rows}
    others = sorted((row for row in FIELDS.values() if row.name not in placed), key=lambda row: label_of(row.name).lower())
    return (*named, (OTHERS, tuple(others)))


def label_of(name: str) -> str:
    """The label of a field in a list."""
    return _LABELS.get(name) or (FIELDS[name].label if name in FIELDS else name)


def spoken(name: str) -> str:
    """The label of a field inside a sentence."""
    label = _SPOKEN.get(name) or label_of(name)
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def unit_of(name: str) -> str:
    """The unit of a field's numbers, "" where they have none."""
    unit = FIELDS[name].unit if name in FIELDS else ""
    return _UNITS.get(unit, unit)


def ops_of(name: str) -> tuple[str, ...]:
    """The operators that a form offers for a field: yes or no says as much as “is not”."""
    row = FIELDS.get(name)
    return () if row is None else ("is",) if row.kind == FLAG else row.ops


def op_word(name: str, op: str) -> str:
    """An operator between this field and its value."""
    return _OPS.get((name, op)) or OP_LABELS.get(op, op)


def choices_of(name: str) -> tuple[tuple[str, str], ...]:
    """The only values of a field, each with its name; empty where there are many."""
    row = FIELDS.get(name)
    if row is None or not row.choices:
        return ()
    if name == "safety_event":
        return tuple((word, title_of(word)) for word in row.choices)
    return tuple((word, _CHOICES.get(word, word)) for word in row.choices)


def _input_of(row: AlertField, op: str) -> str:
    several = op in ("in", "not_in")
    if row.kind in (TEXT, EVENT):
        plain = op in ("is", "is_not") or several
        if row.choices and plain:
            return rule_tree.CHOICES if several else rule_tree.CHOICE
        return rule_tree.TEXTS if several else rule_tree.TEXT
    if row.kind == NUMBER:
        return rule_tree.RANGE if op == "between" else rule_tree.NUMBER
    return {FLAG: rule_tree.FLAG, PLACE: rule_tree.PLACE, LIST: rule_tree.CHOICE}[row.kind]


GROUPED: tuple[tuple[str, tuple[AlertField, ...]], ...] = _grouped()
"""Every field in the groups of the form."""

INPUTS: Mapping[tuple[str, str], str] = {(row.name, op): _input_of(row, op) for row in FIELDS.values() for op in row.ops}
"""The input of each field and operator (rule_tree.INPUTS)."""

_USUAL = (
    "name",
    "flight",
    "hex",
    "r",
    "t",
    "own_op",
    "alt_baro",
    "gs",
    "distance_nm",
    "bearing",
    "squawk",
    "airport",
    "event",
    "count",
    "rule",
)
INSERTED: tuple[tuple[str, str], ...] = tuple((name, template.OTHERS.get(name) or label_of(name)) for name in _USUAL)
"""Values that a message may hold, the usual ones, with their labels."""

"""Vertical limits as texts write them: `FL195`, `2100FT AMSL`, `1500M AGL`, `SFC`, `UNL`."""

from __future__ import annotations

import re
from typing import NamedTuple

from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.records import Band, LowerReference, UpperReference

FEET_PER_METRE = 3.28084
MAX_FEET = 1_000_000.0
"""A limit above this is taken as an error of the source."""
_GROUND = {"SFC", "GND", "SURFACE", "GROUND", "0"}
_UNLIMITED = {"UNL", "UNLTD", "UNLIM", "UNLIMITED"}
_LEVEL = re.compile(r"F(?:L)? ?([0-9]{1,4})\Z")
_HEIGHT = re.compile(
    r"([0-9]{1,7}(?:\.[0-9]{1,3})?) ?(FT|F|FEET|M|MTR|METRES|METERS)? ?(AMSL|MSL|ASL|ALT|AGL|AAL|ASFC|SFC|GND|STD)?\Z"
)
_REFERENCES: dict[str, LowerReference] = {"AGL": "AGL", "AAL": "AGL", "ASFC": "AGL", "SFC": "AGL", "GND": "AGL", "STD": "STD"}


class Limit(NamedTuple):
    """A limit in feet; None for UNL, and for one that is not given."""

    feet: float | None
    reference: UpperReference


def limit(text: str) -> Limit:
    """The limit that a text writes. A height without a unit is in feet, one without a reference above mean sea level. Raises AirspaceError."""
    words = " ".join(text.upper().replace("(", " ").replace(")", " ").split()).rstrip(".")
    if words in _GROUND:
        return Limit(0.0, "SFC")
    if words in _UNLIMITED:
        return Limit(None, "UNL")
    if found := _LEVEL.match(words):
        return Limit(float(found[1]) * 100, "STD")
    found = _HEIGHT.match(words)
    if found is None:
        raise AirspaceError(f"the altitude {text[:40]!r} cannot be read")
    feet = float(found[1]) * (FEET_PER_METRE if (found[2] or "F").startswith("M") else 1.0)
    if feet > MAX_FEET:
        raise AirspaceError(f"the altitude {text[:40]!r} is too high")
    return Limit(round(feet, 1), _REFERENCES.get(found[3] or "", "AMSL"))


def band_of(lower: str, upper: str) -> Band:
    """The band between two limits; one that cannot be read is not given."""
    low, high = _given(lower), _given(upper)
    if low.reference == "UNL":
        return Band(None, high.feet, upper_ref=high.reference)
    return Band(low.feet, high.feet, low.reference, high.reference)


def _given(text: str) -> Limit:
    try:
        return limit(text)
    except AirspaceError:
        return Limit(None, "UNL")

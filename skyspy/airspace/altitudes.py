"""Limits of airspaces as files write them, in words or as numbers with a unit: `FL65`, `2500 FT AMSL`, `300m AGL`, `GND`, `UNL`."""

from __future__ import annotations

import re
from math import isfinite
from typing import NamedTuple

from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.records import Band, LowerReference, UpperReference

FEET_PER_METRE = 1 / 0.3048
MIN_FT, MAX_FT = -2_000.0, 99_000.0
"""Above that, a number means that there is no limit."""
MAX_LENGTH = 60

GROUND = frozenset({"SFC", "GND", "GROUND", "SURFACE", "0"})
NO_LIMIT = frozenset({"UNL", "UNLTD", "UNLIM", "UNLIMITED"})
REFERENCES: dict[str, UpperReference] = {
    "": "AMSL", "AMSL": "AMSL", "MSL": "AMSL", "ASL": "AMSL", "ALT": "AMSL",
    "AGL": "AGL", "AAL": "AGL", "GND": "AGL", "SFC": "AGL", "ASFC": "AGL", "STD": "STD", "FL": "STD",
}  # fmt: skip
"""What an altitude is counted from, by the word beside it."""
FEET_PER_UNIT = {
    "": 1.0, "FT": 1.0, "F": 1.0, "FEET": 1.0, "'": 1.0, "M": FEET_PER_METRE, "METER": FEET_PER_METRE, "METERS": FEET_PER_METRE,
    "METRE": FEET_PER_METRE, "MTR": FEET_PER_METRE, "METRES": FEET_PER_METRE, "FL": 100.0,
}  # fmt: skip

_LEVEL = re.compile(r"FL? *([0-9]{1,3})(?: *STD)?")
_NUMBER = re.compile(
    r"(?P<before>AMSL|MSL|ASL|ALT|AGL|ASFC)? *(?P<number>[+-]?[0-9]{1,6}(?:\.[0-9]{1,6})?) *(?P<unit>FT|FEET|F|'|METERS?|METRES?|MTR|M)?"
    r" *(?P<after>AMSL|MSL|ASL|ALT|AGL|AAL|GND|SFC|ASFC|STD)?"
)


class Limit(NamedTuple):
    """An altitude in feet. `reference`: as in a Band. `feet` None: not given, or no limit (UNL)."""

    feet: float | None
    reference: UpperReference


NOT_GIVEN = Limit(None, "AMSL")


def limit_of(text: str) -> Limit:
    """The limit that a text says. Raises AirspaceError where it is none: more than one altitude, words, an unknown unit."""
    words = " ".join(text[: MAX_LENGTH + 1].upper().replace("(", " ").replace(")", " ").split()).rstrip(" .")
    if words in GROUND:
        return Limit(0.0, "SFC")
    if words in NO_LIMIT:
        return Limit(None, "UNL")
    level = _LEVEL.fullmatch(words)
    if level:
        return _bounded(float(level[1]), "FL", "STD")
    found = _NUMBER.fullmatch(words)
    if found is None or (found["before"] and found["after"]):
        raise AirspaceError(
            f"The altitude {text.strip()[:MAX_LENGTH]!r} cannot be read; write it like FL65, 2500 FT AMSL, GND or UNL."
        )
    return _bounded(float(found["number"]), found["unit"] or "", found["before"] or found["after"] or "")


def limit_from(number: float, unit: str, reference: str) -> Limit:
    """The limit of a number with its unit (feet where there is none) and reference (mean sea level, or STD for flight levels). Raises
    AirspaceError for a word that is neither."""
    unit, reference = unit.strip().upper(), reference.strip().upper()
    if reference in NO_LIMIT:
        return Limit(None, "UNL")
    if unit not in FEET_PER_UNIT:
        raise AirspaceError(f"The unit {unit[:MAX_LENGTH]!r} of an altitude is unknown; there are FT, FL and M.")
    if reference not in REFERENCES:
        raise AirspaceError(
            f"The reference {reference[:MAX_LENGTH]!r} of an altitude is unknown; there are MSL, AGL, SFC, STD and UNL."
        )
    return _bounded(number, unit, reference)


def _bounded(number: float, unit: str, reference: str) -> Limit:
    feet = number * FEET_PER_UNIT[unit]
    if not isfinite(feet) or feet < MIN_FT:
        raise AirspaceError(f"There is no altitude of {number:g} {unit or 'FT'}.")
    if feet > MAX_FT:
        return Limit(None, "UNL")
    meant: UpperReference = "STD" if unit == "FL" else REFERENCES[reference]
    return Limit(0.0, "SFC") if meant == "AGL" and feet == 0.0 else Limit(round(feet, 1), meant)


def band_of(lower: Limit, upper: Limit) -> Band:
    """The band between two limits. Raises AirspaceError where it has no lower limit on earth, or where the lower one is above the upper."""
    if lower.reference == "UNL":
        raise AirspaceError("The lower limit is UNL.")
    # Of altitudes with different references it is not known which is higher.
    same = lower.reference == upper.reference
    if same and lower.feet is not None and upper.feet is not None and lower.feet > upper.feet:
        raise AirspaceError(f"The lower limit, {lower.feet:g} ft, is above the upper one, {upper.feet:g} ft.")
    below: LowerReference = "SFC" if lower.feet is None else lower.reference
    return Band(lower.feet, upper.feet, below, "UNL" if upper.feet is None else upper.reference)


def band_of_texts(lower: str, upper: str) -> Band:
    """The band between two limits of free text. One that cannot be read is not given; neither is where the lower one is above the upper."""
    low, high = _given(lower), _given(upper)
    try:
        return band_of(NOT_GIVEN if low.reference == "UNL" else low, high)
    except AirspaceError:
        return Band()


def _given(text: str) -> Limit:
    try:
        return limit_of(text)
    except AirspaceError:
        return NOT_GIVEN

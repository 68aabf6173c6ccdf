"""Interfaces: display texts of safety events: their types, severities and figures.

Pure: values in, texts out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from skyspy.admin.formatting import number
from skyspy.aircraft import Scalar
from skyspy.safety import rules

SEVERITIES: Mapping[str, tuple[str, str]] = {
    rules.CRITICAL: ("danger", "Critical"),
    rules.WARNING: ("warn", "Warning"),
    rules.INFO: ("plain", "Info"),
}
"""The mark and the name of each severity, the worst one first."""


@dataclass(frozen=True, slots=True)
class TypeText:
    """A type of event: its title, what it means, and the settings with its thresholds."""

    title: str
    meaning: str
    settings: tuple[str, ...] = ()


TYPES: Mapping[str, TypeText] = {
    rules.SQUAWK_EMERGENCY: TypeText(
        "Emergency squawk",
        "The transponder sends 7500 (unlawful interference), 7600 (radio failure) or 7700 (emergency), and was received with it twice.",
    ),
    rules.EMERGENCY: TypeText(
        "Emergency",
        "The aircraft reports an emergency over ADS-B, such as minimum fuel or a medical emergency, without such a squawk.",
    ),
    rules.TCAS_RA: TypeText(
        "TCAS resolution advisory",
        "The collision avoidance system orders the crew to climb, descend or level off. Received from the transponder, or possible: the vertical rate was reversed beside another aircraft.",
    ),
    rules.PROXIMITY: TypeText(
        "Proximity",
        "Two aircraft are closer than the thresholds, horizontally and vertically, or will be at their closest approach. Smaller distances hold for light aircraft, gliders and helicopters. Formations and parallel approaches are left out.",
        (
            "SAFETY_PROXIMITY_NM",
            "SAFETY_PROXIMITY_FT",
            "SAFETY_PROXIMITY_HIGH_FT",
            "SAFETY_PROXIMITY_CRITICAL_NM",
            "SAFETY_PROXIMITY_CRITICAL_FT",
            "SAFETY_PROXIMITY_AHEAD_S",
        ),
    ),
    rules.EXTREME_VERTICAL_RATE: TypeText(
        "Extreme vertical rate",
        "The aircraft climbs or descends at the threshold or faster, and was received so twice.",
        ("SAFETY_VERTICAL_RATE_FT_MIN",),
    ),
    rules.LOW_ALTITUDE: TypeText(
        "Low altitude",
        "The aircraft flies below the threshold above the ground, as far as the elevation of the airports around tells, and far from all of them.",
        ("SAFETY_LOW_ALTITUDE_FT", "SAFETY_LOW_ALTITUDE_AIRPORT_NM", "SAFETY_LOW_ALTITUDE_HELICOPTERS"),
    ),
    rules.GPS_INTERFERENCE: TypeText(
        "Possible GPS interference",
        "Several aircraft of one area have lost GPS within a short time. Terrain and old avionics may look the same.",
        ("SAFETY_GPS_AIRCRAFT", "SAFETY_GPS_PERCENT", "SAFETY_GPS_RADIUS_NM", "SAFETY_GPS_MINUTES"),
    ),
    rules.AIRSPACE_INCURSION: TypeText("Airspace incursion", "Not watched yet: this version knows no airspaces."),
}
"""Every type of event, in the order of display."""

COMMON_SETTINGS = ("SAFETY_COOLDOWN_S", "SAFETY_RETENTION_DAYS")
"""Settings of all types."""

_UNITS = {"_ft_min": "ft/min", "_nm": "nm", "_ft": "ft", "_s": "s", "_kt": "kt", "_percent": "%", "_deg": "°", "_minutes": "min"}
_ABBREVIATIONS = {"cpa": "Closest approach", "ra": "RA", "gps": "GPS", "tcas": "TCAS", "nic": "NIC", "nac": "NAC"}
_NO_GROUPING = frozenset({"squawk"})


def title_of(event_type: str) -> str:
    """The title of a type; of one that this version does not know, its name in words."""
    text = TYPES.get(event_type)
    return _words(event_type) if text is None else text.title


def figure_of(name: str, value: Scalar | None) -> tuple[str, str]:
    """A figure of an event as its label and its value with the unit."""
    ending = next((ending for ending in _UNITS if name.endswith(ending)), "")
    unit = _UNITS.get(ending, "")
    if value is None:
        return _words(name.removesuffix(ending)), "–"
    if isinstance(value, bool):
        return _words(name), "yes" if value else "no"
    if isinstance(value, str) or name in _NO_GROUPING:
        return _words(name), str(value)
    shown = number(value) if isinstance(value, int) or value.is_integer() else f"{value:g}"
    return _words(name.removesuffix(ending)), f"{shown}{'' if unit in ('°', '%') else ' '}{unit}".strip()


def _words(name: str) -> str:
    first, *rest = name.split("_")
    return " ".join([_ABBREVIATIONS.get(first, first.capitalize()), *(_ABBREVIATIONS.get(word, word) for word in rest)])

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
        "The transponder sends 7500 (unlawful interference), 7600 (radio failure) or 7700 (emergency), received twice, three seconds apart, with no other code between. 7600 is a warning, the others are critical.",
    ),
    rules.EMERGENCY: TypeText(
        "Emergency",
        "The aircraft reports an emergency over ADS-B that its squawk does not report, such as minimum fuel or a medical flight. Received twice.",
    ),
    rules.TCAS_RA: TypeText(
        "TCAS resolution advisory",
        "The collision avoidance system orders the crew to climb, descend or level off, received from the transponder: critical. Or possible, as a warning: the vertical rate was reversed within 3 nm and 1,000 ft of another aircraft.",
    ),
    rules.PROXIMITY: TypeText(
        "Proximity",
        "Two aircraft come nearer each other, and are closer than the thresholds, horizontally and vertically, or will be at their closest approach. Both positions were received twice. Each light aircraft, glider or helicopter makes the distances smaller: two of them have 40 % of these. Formations, tankers, and parallel tracks at one airport are left out.",
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
        "The aircraft climbs or descends at the threshold or faster, received twice, and its altitude does not contradict that. Fighters: 2.5 times the threshold.",
        ("SAFETY_VERTICAL_RATE_FT_MIN",),
    ),
    rules.LOW_ALTITUDE: TypeText(
        "Low altitude",
        "The aircraft flies level or descends, far from every airport, and lower than the threshold above the lowest airport within 25 nm. Terrain is not known: low flight over hills is not found. Neither is it where the air pressure and the geometric altitude are unknown.",
        ("SAFETY_LOW_ALTITUDE_FT", "SAFETY_LOW_ALTITUDE_AIRPORT_NM", "SAFETY_LOW_ALTITUDE_HELICOPTERS"),
    ),
    rules.GPS_INTERFERENCE: TypeText(
        "Possible GPS interference",
        "So many aircraft of one area, and such a share of those around less one aircraft, have lost GPS within the time. It ends when hardly any has been without GPS for ten minutes. Terrain and old avionics may look the same.",
        ("SAFETY_GPS_AIRCRAFT", "SAFETY_GPS_PERCENT", "SAFETY_GPS_RADIUS_NM", "SAFETY_GPS_MINUTES"),
    ),
    rules.AIRSPACE_INCURSION: TypeText("Airspace incursion", "Not watched yet: this version knows no airspaces."),
}
"""Every type of event, in the order of display."""

COMMON_SETTINGS = ("SAFETY_COOLDOWN_S", "SAFETY_RETENTION_DAYS")
"""Settings of all types."""

_UNITS = {
    "_ft_min": "ft/min",
    "_nm": "nm",
    "_ft": "ft",
    "_s": "s",
    "_kt": "kt",
    "percent": "%",
    "_deg": "°",
    "_minutes": "min",
    "_hpa": "hPa",
}
_LABELS = {
    "vertical_ft": "Vertical distance",
    "closing_kt": "Closing speed",
    "cpa_s": "Closest approach in",
    "cpa_nm": "Distance then",
    "cpa_ft": "Vertical distance then",
    "limit_nm": "Limit of the distance",
    "limit_ft": "Limit of the vertical distance",
    "altitude_2_ft": "Altitude, second aircraft",
    "profile": "Class",
    "profile_2": "Class, second aircraft",
    "advisory_2": "Advisory, second aircraft",
    "inferred": "Inferred from a reversal",
    "height_error_ft": "Height may be wrong by",
    "aircraft_affected": "Aircraft without GPS",
    "aircraft_around": "Aircraft around",
    "percent": "Share without GPS",
    "qnh_hpa": "QNH",
}
"""Labels of figures whose names do not explain themselves."""
_ABBREVIATIONS = {"cpa": "Closest approach", "ra": "RA", "gps": "GPS", "tcas": "TCAS", "nic": "NIC", "nac": "NAC"}
_NO_GROUPING = frozenset({"squawk"})
_PLAIN_WORDS = frozenset({"profile", "profile_2"})
"""Figures whose values are names with underscores."""


def title_of(event_type: str) -> str:
    """The title of a type; of one that this version does not know, its name in words."""
    text = TYPES.get(event_type)
    return _words(event_type) if text is None else text.title


def figure_of(name: str, value: Scalar | None) -> tuple[str, str]:
    """A figure of an event as its label and its value with the unit."""
    ending = next((ending for ending in _UNITS if name.endswith(ending)), "")
    unit = _UNITS.get(ending, "")
    label = _LABELS.get(name) or _words(name.removesuffix(ending).rstrip("_"))
    if value is None:
        return label, "–"
    if isinstance(value, bool):
        return label, "yes" if value else "no"
    if isinstance(value, str) or name in _NO_GROUPING:
        return label, str(value).replace("_", " ") if name in _PLAIN_WORDS else str(value)
    shown = number(value) if isinstance(value, int) or value.is_integer() else f"{value:g}"
    return label, f"{shown}{'' if unit in ('°', '%') else ' '}{unit}".strip()


def _words(name: str) -> str:
    first, *rest = name.split("_")
    return " ".join([_ABBREVIATIONS.get(first, first.capitalize()), *(_ABBREVIATIONS.get(word, word) for word in rest)])

"""Interfaces: display texts of settings, auth modes and features.

Pure: rows, values and settings in, texts out. A setting without a text here has that of the registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyspy.admin.formatting import counted, exact_duration, number
from skyspy.permissions import ALWAYS_IDENTIFIED, FEATURES
from skyspy.store.registry import SettingRow, Settings, to_text

LEVELS: Mapping[str, str] = {"public": "Anyone", "authenticated": "Signed in", "permission": "With the permission"}

_FEATURES: Mapping[str, str] = {"stats": "Statistics", "acars": "ACARS", "notams": "NOTAMs"}
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "RECEIVER_LOCATION_PUBLIC": {"exact": "Exact", "rounded": "Rounded to 0.1°", "hidden": "Hidden"},
    "RECEIVER_PLACE_SOURCE": {"settings": "The coordinates below", "receiver": "What the receiver says"},
}
_UNITS: Mapping[str, str] = {"Hz": "times a second", "per s": "a second", "per min": "a minute"}
_BOOLS = {True: "Yes", False: "No"}


def feature_name(feature: str) -> str:
    """The display name of a feature."""
    return _FEATURES.get(feature, feature.capitalize())


def choice_name(row: SettingRow, word: str) -> str:
    """The display name of one of a setting's choices."""
    return _CHOICES.get(row.name, {}).get(word, word.capitalize())


def value_name(row: SettingRow, value: Any) -> str:
    """A setting's value as text: 1 hour (3600 s), 450 nm, Yes, Hybrid, none."""
    if row.kind == "bool":
        return _BOOLS[bool(value)]
    if row.kind == "choice":
        return choice_name(row, str(value))
    if row.kind == "features":
        return ", ".join(f"{feature_name(feature)}: {LEVELS[level].lower()}" for feature, level in value.items())
    if row.kind == "origins":
        return ", ".join(value) or "none"
    if value is None or value == "":
        return "unknown" if row.kind == "degrees" else "none"
    if row.kind == "degrees":
        return f"{value:.9g}°"
    if row.kind == "text":
        return str(value)
    if row.unit == "s":
        words = exact_duration(value)
        return words if words == counted(round(value), "second") else f"{words} ({to_text(value)} s)"
    if row.unit == "days":
        return counted(value, "day")
    shown = f"{value:g}" if isinstance(value, float) else number(value)
    return f"{shown} {_UNITS.get(row.unit, row.unit)}".strip()


def describe_difference(row: SettingRow, before: Any, after: Any) -> list[tuple[str, str, str]]:
    """A change as (name, before, after) rows; for the table of features, only those that change."""
    if row.kind != "features":
        return [(row.title, value_name(row, before), value_name(row, after))]
    return [
        (feature_name(feature), LEVELS[before[feature]], LEVELS[after[feature]])
        for feature in FEATURES
        # A change that an earlier version wrote names no later feature.
        if feature in before and feature in after and before[feature] != after[feature]
    ]


def features_at(settings: Settings, level: str) -> list[str]:
    """The names of the features of this access level, as they stand inside a sentence: lower case, except for abbreviations.
    What always needs a sign-in is not among those that are public."""
    listed = (f for f, given in settings.FEATURE_ACCESS.items() if given == level)
    names = [feature_name(f) for f in sorted(listed) if level != "public" or f not in ALWAYS_IDENTIFIED]
    return [name if name[1:2].isupper() else name.lower() for name in names]

"""Interfaces: display texts of settings, auth modes and features, and of the side effects of changing them.

Pure: rows, values and settings in, texts out. A setting without a text here has that of the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from skyspy.admin.formatting import counted, lasts, listed, number
from skyspy.permissions import ALWAYS_IDENTIFIED, FEATURES
from skyspy.store.registry import Row, Settings

MODES: Mapping[str, tuple[str, str]] = {
    "public": (
        "Public",
        "Anyone sees everything without signing in, audio too. Alerts and every change still need somebody who signed in.",
    ),
    "hybrid": ("Hybrid", "Anyone sees what is open to anyone in the table below. The rest needs a sign-in or an API key."),
    "private": (
        "Private",
        "Only who signs in or holds an API key sees anything. Strangers get the sign-in page and nothing else.",
    ),
}
"""Name and meaning of each auth mode."""

LEVELS: Mapping[str, str] = {"public": "Anyone", "authenticated": "Signed in", "permission": "With the permission"}

FEATURE_WORDS: Mapping[str, tuple[str, str]] = {
    "aircraft": ("Aircraft", "positions, trails and the live table"),
    "safety": ("Safety", "conflicts and emergencies"),
    "stats": ("Statistics", "of the sky and the receivers"),
    "acars": ("ACARS", "datalink messages, VDL2 and HFDL too"),
    "airspace": ("Airspace", "advisories"),
    "notams": ("NOTAMs", "and flight restrictions"),
    "cannonball": ("Cannonball", "the mobile threat display"),
    "alerts": ("Alerts", "one's own rules and what they triggered, never open to strangers"),
    "audio": ("Audio", "airband radio and its transcripts"),
}

_CHOICES: Mapping[str, Mapping[str, str]] = {
    "RECEIVER_LOCATION_PUBLIC": {"exact": "Exact", "rounded": "Rounded to 0.1°", "hidden": "Hidden"},
}
_UNITS: Mapping[str, str] = {"Hz": "times a second", "per s": "a second", "per min": "a minute"}
_BOOLS = {True: "Yes", False: "No"}


def feature_name(feature: str) -> str:
    """The display name of a feature."""
    return FEATURE_WORDS.get(feature, (feature.capitalize(), ""))[0]


def choice_name(row: Row, word: str) -> str:
    """The display name of one of a setting's choices."""
    if row.name == "AUTH_MODE":
        return MODES[word][0]
    return _CHOICES.get(row.name, {}).get(word, word.capitalize())


def value_name(row: Row, value: Any) -> str:
    """A setting's value as text: 1 hour (3600 s), 450 nm, Yes, Hybrid, none."""
    if row.kind == "bool":
        return _BOOLS[bool(value)]
    if row.kind == "choice":
        return choice_name(row, str(value))
    if row.kind == "features":
        return ", ".join(f"{feature_name(feature)}: {LEVELS[level].lower()}" for feature, level in value.items())
    if row.kind == "origins":
        return ", ".join(value) or "none"
    if row.unit == "s":
        return lasts(value) if lasts(value) == counted(round(value), "second") else f"{lasts(value)} ({value} s)"
    if row.unit == "days":
        return counted(value, "day")
    shown = f"{value:g}" if isinstance(value, float) else number(value)
    return f"{shown} {_UNITS.get(row.unit, row.unit)}".strip()


def difference(row: Row, before: Any, after: Any) -> list[tuple[str, str, str]]:
    """A change as (name, before, after) rows; for the table of features, only those that change."""
    if row.kind != "features":
        return [(row.title, value_name(row, before), value_name(row, after))]
    return [
        (feature_name(feature), LEVELS[before[feature]], LEVELS[after[feature]])
        for feature in FEATURES
        if before[feature] != after[feature]
    ]


def _open(settings: Settings) -> list[str]:
    return [feature_name(f) for f, level in settings.FEATURE_ACCESS.items() if level == "public" and f not in ALWAYS_IDENTIFIED]


def _mode(_before: Settings, after: Settings) -> list[str]:
    if after.AUTH_MODE == "private":
        return [
            "The live sky at / shows nothing to strangers: they are asked to sign in.",
            "/api/, /data/ and /v2/ answer only to a token or an API key; a map or logger that reads them without one stops.",
            "“Anyone” in the table of features means anyone who is signed in.",
        ]
    if after.AUTH_MODE == "public":
        return ["Strangers see every feature but alerts, whatever the table of features says."]
    return [f"Strangers see {listed(_open(after)) or 'nothing'}."]


def _bad_tokens(_before: Settings, after: Settings) -> list[str]:
    if after.WS_REJECT_INVALID_TOKENS:
        return ["A program whose token has ended or is mistyped is refused, where it saw what strangers see before."]
    return ["A program with a bad token sees what strangers see, except in private mode."]


def _place(_before: Settings, after: Settings) -> list[str]:
    return {
        "exact": ["Anyone who sees aircraft can tell exactly where the receiver stands."],
        "rounded": ["Strangers see distances from a point that may be some miles off."],
        "hidden": ["Strangers see no distance or bearing at all."],
    }.get(after.RECEIVER_LOCATION_PUBLIC, [])


def _audit(before: Settings, after: Settings) -> list[str]:
    if after.AUDIT_RETENTION_DAYS >= before.AUDIT_RETENTION_DAYS:
        return []
    return [f"Audit entries older than {counted(after.AUDIT_RETENTION_DAYS, 'day')} are removed for good."]


def _metrics(_before: Settings, after: Settings) -> list[str]:
    if after.METRICS_PUBLIC:
        return [
            "Strangers can read how many aircraft, messages, connections and failures this server counted; no names or addresses."
        ]
    return ["A Prometheus server that sends no API key is refused; the key needs stats.view."]


_CONSEQUENCES: Mapping[str, Callable[[Settings, Settings], list[str]]] = {
    "AUTH_MODE": _mode,
    "WS_REJECT_INVALID_TOKENS": _bad_tokens,
    "RECEIVER_LOCATION_PUBLIC": _place,
    "METRICS_PUBLIC": _metrics,
    "AUDIT_RETENTION_DAYS": _audit,
}
_ONLY_NEW = ["Who is connected already stays; the new limit holds for whoever comes next."]
_SIGNED_IN = ["Measures those who are signed in to this panel now too, you among them."]
_ALWAYS: Mapping[str, list[str]] = {
    "CONNECTIONS_PER_ADDRESS": _ONLY_NEW,
    "MAX_CONNECTIONS": _ONLY_NEW,
    "JWT_ACCESS_SECONDS": ["Tokens that were given out keep the lifetime they have."],
    "PANEL_IDLE_SECONDS": _SIGNED_IN,
    "PANEL_ABSOLUTE_SECONDS": _SIGNED_IN,
    "PANEL_KEEP_SECONDS": _SIGNED_IN,
}


def consequences(names: list[str], before: Settings, after: Settings) -> list[str]:
    """The side effects of changing these settings, as sentences."""
    found = [_CONSEQUENCES[name](before, after) if name in _CONSEQUENCES else _ALWAYS.get(name, []) for name in names]
    return list(dict.fromkeys(text for texts in found for text in texts))

"""The thresholds of the safety rules, from the settings: `SAFETY_` and the name of the threshold in upper case."""

from __future__ import annotations

from dataclasses import fields

from skyspy.safety.thresholds import Thresholds
from skyspy.store.registry import Settings

SETTING_NAMES: dict[str, str] = {threshold.name: f"SAFETY_{threshold.name.upper()}" for threshold in fields(Thresholds)}
"""The setting of each threshold."""


def thresholds_of(settings: Settings) -> Thresholds:
    """The thresholds that these settings put in force."""
    return Thresholds(**{name: getattr(settings, setting) for name, setting in SETTING_NAMES.items()})

"""The safety rules of one sky."""

from __future__ import annotations

from skyspy.safety.emergencies import Emergencies
from skyspy.safety.rules import Rule
from skyspy.safety.vertical_rate import ExtremeVerticalRate


def all_rules() -> tuple[Rule, ...]:
    """New rules, in the order in which they look."""
    return (Emergencies(), ExtremeVerticalRate())

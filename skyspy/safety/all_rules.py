"""The safety rules of one sky."""

from __future__ import annotations

from skyspy.safety.emergencies import Emergencies
from skyspy.safety.gps_interference import GpsInterference
from skyspy.safety.low_altitude import LowAltitude
from skyspy.safety.proximity import Proximity
from skyspy.safety.resolution_advisory import ResolutionAdvisories
from skyspy.safety.rules import Rule
from skyspy.safety.vertical_rate import ExtremeVerticalRate


def all_rules() -> tuple[Rule, ...]:
    """New rules, in the order in which they look: the first one fills `Round.collapsed` for those after it."""
    return GpsInterference(), Proximity(), Emergencies(), ResolutionAdvisories(), ExtremeVerticalRate(), LowAltitude()

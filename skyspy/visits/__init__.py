"""Visits of aircraft: what is recorded of one, when it begins and ends, and how it goes on after a restart. Pure: times are arguments."""

from skyspy.visits.adoption import adopt, continued, is_same
from skyspy.visits.extremes import Extremes
from skyspy.visits.visit import MAX_VALUES, MIN_TURNAROUND_S, VISIT_GAP_S, Sample, Visit, VisitState, gap_s

__all__ = [
    "MAX_VALUES",
    "MIN_TURNAROUND_S",
    "VISIT_GAP_S",
    "Extremes",
    "Sample",
    "Visit",
    "VisitState",
    "adopt",
    "continued",
    "gap_s",
    "is_same",
]

"""The current aircraft, merged from the observations of all receivers.

`Tracker` takes observations and gives deltas and snapshots. `gate` decides which fields are accepted, `position` which
positions are plausible; `tracked_aircraft` is one aircraft, `trail` its past positions, `totals` the sums over all.

No I/O and no clock: times are arguments.
"""

from skyspy.tracker.gate import EXPIRED, FRESH, STALE, freshness
from skyspy.tracker.limits import Limits
from skyspy.tracker.totals import Totals
from skyspy.tracker.tracked_aircraft import VOLATILE, TrackedAircraft, relayed_fields
from skyspy.tracker.tracker import Delta, Tracker
from skyspy.tracker.trail import TrailPoint

__all__ = [
    "EXPIRED",
    "FRESH",
    "STALE",
    "VOLATILE",
    "Delta",
    "Limits",
    "Totals",
    "TrackedAircraft",
    "Tracker",
    "TrailPoint",
    "freshness",
    "relayed_fields",
]

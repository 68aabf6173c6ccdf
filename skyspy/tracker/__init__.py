"""Pure floor: what the sky looks like, made of what receivers said.

`Tracker` is the room's face: observations in, deltas and whole aircraft out. `gate` decides which
field is believed, `position` which position can be true, `record` is one aircraft, `trail` its
past, `totals` the sums over all. Law: time is an argument; the room knows no clock, feed or socket.
"""

from skyspy.tracker.gate import EXPIRED, FRESH, STALE, freshness
from skyspy.tracker.limits import Limits
from skyspy.tracker.record import VOLATILE
from skyspy.tracker.totals import Totals
from skyspy.tracker.tracker import Delta, Tracker
from skyspy.tracker.trail import TrailPoint

__all__ = ["EXPIRED", "FRESH", "STALE", "VOLATILE", "Delta", "Limits", "Totals", "Tracker", "TrailPoint", "freshness"]

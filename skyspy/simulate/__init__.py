"""Simulated air traffic for demonstrations and the sandbox.

Invariants:
- The same seed and time always give the same observations, so two processes show the same traffic. The only state is a
  cache of the current flights and incidents, which can be computed again.
- Times are seconds on the caller's clock (the demo feed uses wall time). No clock is read, and there is no I/O.
"""

from skyspy.simulate.incidents import INCIDENTS, Incident
from skyspy.simulate.programme import ALL, FEW, NONE, SCHEDULES, Programme, Requested, cast_of
from skyspy.simulate.traffic import DEFAULT_AIRCRAFT, DEFAULT_CENTRE, Simulation

__all__ = [
    "ALL", "DEFAULT_AIRCRAFT", "DEFAULT_CENTRE", "FEW", "INCIDENTS", "NONE", "SCHEDULES", "Incident", "Programme", "Requested",
    "Simulation", "cast_of",
]  # fmt: skip

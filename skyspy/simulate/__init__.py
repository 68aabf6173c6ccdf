"""Simulated air traffic for demonstrations and the sandbox.

Invariants:
- The same seed and time always give the same observations, so two processes show the same traffic. The only state is a
  cache of the current flights, which can be computed again.
- Times are seconds on the caller's clock (the demo feed uses wall time). No clock is read, and there is no I/O.
"""

from skyspy.simulate.traffic import DEFAULT_AIRCRAFT, DEFAULT_CENTRE, Simulation

__all__ = ["DEFAULT_AIRCRAFT", "DEFAULT_CENTRE", "Simulation"]

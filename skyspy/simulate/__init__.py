"""Pure: an invented sky, moving as real traffic moves.

Law: a seed and a time go in, observations come out, and the same seed and time always give the same
ones: nothing is remembered but the plans of flights under way, and those can be made again. So two
processes that look at the same time see the same sky. Times are seconds on any clock the caller
keeps (the demo feed uses the wall clock's); no clock is read, nothing is opened, nothing is logged.
"""

from skyspy.simulate.traffic import DEFAULT_AIRCRAFT, DEFAULT_PLACE, Simulation

__all__ = ["DEFAULT_AIRCRAFT", "DEFAULT_PLACE", "Simulation"]

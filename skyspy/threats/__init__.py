"""Which aircraft are threats to a driver (Cannonball), why, and how near. Pure: tables of facts, and arithmetic.

`assessment.assess` decides whether an aircraft is a threat, by the rows of `table`; `encounter` says how near it is to a driver and whether
the two come nearer.
"""

from __future__ import annotations

from skyspy.threats.assessment import Threat, assess

__all__ = ["Threat", "assess"]

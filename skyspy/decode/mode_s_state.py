"""Decode: what must be remembered of an aircraft to understand its next Mode S message.

Law: only what a later message refers to (the other half of a position, the format version, the last altitude).
What is known *about* the aircraft is the tracker's.
"""

from __future__ import annotations

from math import inf

from skyspy.decode.cpr import Cpr

UNKNOWN_VERSION = -1


class ModeSState:
    """One address as one source speaks of it. `known_at`: when a message vouched for the address itself."""

    __slots__ = ("alt", "alt_at", "cpr", "heading_as_track", "heard_at", "known_at", "magnetic", "nic_a", "nic_c", "version")

    def __init__(self) -> None:
        self.cpr = Cpr()
        self.heard_at = -inf
        self.known_at = -inf
        self.alt = 0
        self.alt_at = -inf
        self.version = UNKNOWN_VERSION
        self.nic_a = 0
        self.nic_c = 0
        # Headings are magnetic and surface movement is a track until an operational status says otherwise.
        self.magnetic = True
        self.heading_as_track = False

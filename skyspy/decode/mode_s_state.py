"""State of one aircraft that is needed to decode its next Mode S message.

It holds only what later messages refer to (the other position message of a pair, the format version, the last
altitude). The aircraft's current data is in the tracker.
"""

from __future__ import annotations

from math import inf

from skyspy.decode.cpr import CprDecoder

UNKNOWN_VERSION = -1


class ModeSState:
    """Decoder state of one address from one source.

    `heard_at`: when the last message arrived; `known_at`: when the last message arrived whose checksum verifies the
    address; `alt`, `alt_at`: last barometric altitude in feet and its time (times in steady seconds).
    """

    __slots__ = ("alt", "alt_at", "cpr", "heading_as_track", "heard_at", "known_at", "magnetic", "nic_a", "nic_c", "version")

    def __init__(self) -> None:
        self.cpr = CprDecoder()
        self.heard_at = -inf
        self.known_at = -inf
        self.alt = 0
        self.alt_at = -inf
        self.version = UNKNOWN_VERSION
        self.nic_a = 0
        self.nic_c = 0
        # Until an operational status message says otherwise, headings are magnetic and surface messages carry a track.
        self.magnetic = True
        self.heading_as_track = False

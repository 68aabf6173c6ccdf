"""State of one aircraft that is needed to decode its next Mode S message.

It holds only what later messages refer to (the other position message of a pair, the format version, the last
altitude, what a reply's register is recognized by). The aircraft's current data is in the tracker.
"""

from __future__ import annotations

from math import inf

from skyspy.aircraft import MAX_GROUND_FT
from skyspy.decode.cpr import CprDecoder
from skyspy.geo import Point, bearing_deg, distance_nm

UNKNOWN_VERSION = -1

AIRBORNE_VALID_S = 30.0
"""Seconds for which a message that says "airborne" makes one ground bit in a reply doubtful."""

KNOWN_ALTITUDE_S = 60.0
"""Seconds for which an altitude says that an aircraft is not on the ground, and what an airspeed is compared with."""


JUMP_S, MAX_JUMP_FT = 10.0, 5000.0
"""Feet by which an altitude in a reply may differ from one heard in the last seconds; more is a damaged reply."""

KNOWN_TRACK_S, MAX_LEG_S, MIN_LEG_NM = 15.0, 60.0, 0.25
"""A track is computed from two positions this far apart in time and distance, where none was heard for so long."""


class Reading:
    """A value and when it was heard (steady seconds)."""

    __slots__ = ("at", "value")

    def __init__(self) -> None:
        self.value = 0.0
        self.at = -inf

    def set(self, value: float, now: float) -> None:
        self.value, self.at = value, now

    def within(self, seconds: float, now: float) -> bool:
        """Whether it was heard at most so many seconds ago."""
        return now - self.at <= seconds


READINGS = ("adsb_alt", "alt", "jumped_alt", "difference", "gs", "track", "rate", "heading", "roll", "mach", "tas", "mcp", "qnh")
"""alt: barometric altitude in feet, adsb_alt: the last one of a squitter, jumped_alt: one that is not believed yet; difference: geometric minus barometric; rate in ft/min, heading magnetic in degrees, mcp: selected altitude
in feet, qnh in hPa."""


class ModeSState:
    """Decoder state of one address from one source.

    `heard_at`: when the last message arrived; `known_at`: when the last message arrived whose checksum verifies the
    address; `airborne_at`: when it last said that it flies; `ground_bits`: replies since then that say otherwise; `place`,
    `place_at`: its last position; `derived_at`: when other fields were last derived (times in steady seconds).
    """

    __slots__ = (
        *READINGS, "airborne_at", "cpr", "derived_at", "ground_bits", "heading_as_track", "heard_at", "known_at", "magnetic", "nic_a", "nic_c",
        "place", "place_at", "version",
    )  # fmt: skip

    adsb_alt: Reading
    jumped_alt: Reading
    alt: Reading
    difference: Reading
    gs: Reading
    track: Reading
    rate: Reading
    heading: Reading
    roll: Reading
    mach: Reading
    tas: Reading
    mcp: Reading
    qnh: Reading
    cpr: CprDecoder

    def __init__(self) -> None:
        self.heard_at = self.known_at = self.airborne_at = self.place_at = self.derived_at = -inf
        self.ground_bits = 0
        self.place: Point | None = None
        self.version = UNKNOWN_VERSION
        self.nic_a = 0
        self.nic_c = 0
        # Until an operational status message says otherwise, headings are magnetic and surface messages carry a track.
        self.magnetic = True
        self.heading_as_track = False

    def __getattr__(self, name: str) -> Reading | CprDecoder:
        """Make a reading, or the position's decoder, when it is first asked for: of most addresses that exist only by mistake, and of
        invented ones, nothing but the address is ever said."""
        if name != "cpr" and name not in READINGS:
            raise AttributeError(name)
        made = CprDecoder() if name == "cpr" else Reading()
        setattr(self, name, made)
        return made

    def move(self, point: Point, now: float) -> float | None:
        """Take a new position; returns the track computed from the last ones if the aircraft sends none and has moved enough."""
        if self.place is not None and now - self.place_at <= MAX_LEG_S and not self.track.within(KNOWN_TRACK_S, now):
            if distance_nm(self.place, point) < MIN_LEG_NM:
                return None
            track = bearing_deg(self.place, point)
        else:
            track = None
        self.place, self.place_at = point, now
        return track

    def flies(self, now: float) -> None:
        """A message says that the aircraft is airborne."""
        self.airborne_at, self.ground_bits = now, 0

    def can_be_on_ground(self, altitude: int | None, now: float) -> bool:
        """Whether the altitude of a message, or else the last one, is one at which there are airports."""
        if altitude is None and self.alt.within(KNOWN_ALTITUDE_S, now):
            altitude = int(self.alt.value)
        return altitude is None or altitude <= MAX_GROUND_FT

    def believes_altitude(self, altitude: int, now: float) -> bool:
        """Whether the altitude of a reply is believed: one far from the last is, when the next one agrees with it."""
        if self.alt.within(JUMP_S, now) and abs(self.alt.value - altitude) > MAX_JUMP_FT:
            agrees = self.jumped_alt.within(JUMP_S, now) and abs(self.jumped_alt.value - altitude) <= MAX_JUMP_FT
            self.jumped_alt.set(altitude, now)
            return agrees
        return True

    def believes_ground(self, altitude: int | None, now: float) -> bool:
        """Whether the ground bit of a reply is believed. The parity of replies holds their address, so a damaged bit is not
        always noticed: of an aircraft that was airborne a moment ago, two in a row are needed."""
        if not self.can_be_on_ground(altitude, now):
            return False
        self.ground_bits += 1
        return self.ground_bits > 1 or now - self.airborne_at > AIRBORNE_VALID_S

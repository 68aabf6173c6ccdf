"""Fields of extended squitters (DF17, DF18: ADS-B, ADS-R, TIS-B), one function per BDS register, listed in READERS.

A function takes a Squitter and returns raw fields with readsb's names; the caller cleans them. Bits are numbered as in
the standard (DO-260B), 1 to 56 from the left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from skyspy.decode.acas import resolution_advisory
from skyspy.decode.codes import ALTITUDES_12, SQUAWKS, text_of
from skyspy.decode.cpr import SLOW_KT
from skyspy.decode.mode_s_state import ModeSState
from skyspy.decode.quality import nic_rc
from skyspy.geo import Point

Fields = dict[str, object]

MAX_ALTITUDE_AGE_S = 5.0
"""Seconds for which a barometric altitude may be combined with a later difference to the geometric altitude."""

MAX_DIFFERENCE_AGE_S = 30.0
"""Seconds for which that difference, which changes slowly, is added to later altitudes."""

EMERGENCIES = ("none", "general", "lifeguard", "minfuel", "nordo", "unlawful", "downed", "reserved")
"""readsb's value by emergency state."""

MODES = ((48, "autopilot"), (49, "vnav"), (50, "althold"), (52, "approach"), (54, "lnav"), (53, "tcas"))
"""Navigation modes: bit of type code 29, sub-type 1, and readsb's name, in readsb's order."""

SURFACE_CODES = range(5, 9)
"""Type codes of surface positions."""

NO_MESSAGE: Mapping[str, Any] = MappingProxyType({})
"""In place of rs1090's result where it is not asked, or has none."""


@dataclass(slots=True)
class Squitter:
    """One message to decode: rs1090's result `m` (of velocities), the 56 bits `me`, the aircraft's state,
    the time (steady seconds), the receiver's position, and whether it is TIS-B, whose status bits have other meanings."""

    m: Mapping[str, Any]
    me: int
    state: ModeSState
    now: float
    location: Point | None
    tisb: bool

    def bits(self, first: int, last: int) -> int:
        """The unsigned value of bits `first` to `last`."""
        return self.me >> (56 - last) & ((1 << (last - first + 1)) - 1)


def _cpr(me: int) -> tuple[tuple[int, int], bool]:
    """The encoded latitude and longitude, and whether the message is odd."""
    return (me >> 17 & 0x1FFFF, me & 0x1FFFF), me >> 34 & 1 == 1


def _position(s: Squitter, point: Point | None, quality: tuple[int, int | None]) -> Fields:
    if point is None:
        return {}
    fields: Fields = {"lat": point[0], "lon": point[1], "nic": quality[0], "rc": quality[1]}
    track = s.state.move(point, s.now)
    if track is not None:
        fields["calc_track"] = track
    return fields


def airborne_position(s: Squitter) -> Fields:
    """BDS 0,5: altitude and half a position."""
    me, state, now = s.me, s.state, s.now
    code = me >> 51
    half, odd = _cpr(me)
    nic_b = 0 if s.tisb else me >> 48 & 1
    point = state.cpr.add_airborne(half, odd, now)
    fields = _position(s, point, nic_rc(code, state.version, state.nic_a, nic_b, state.nic_c))
    altitude = ALTITUDES_12[me >> 36 & 0xFFF]
    if altitude is None:
        pass
    elif code >= 20:
        fields["alt_geom"] = altitude
    else:
        _barometric(s, altitude, fields)
    return _surveillance_status(s, fields)


def altitude_only(s: Squitter) -> Fields:
    """Type code 0: the aircraft does not know where it is; its barometric altitude may be there."""
    altitude = ALTITUDES_12[s.me >> 36 & 0xFFF]
    if altitude is None:
        return {}
    fields: Fields = {}
    _barometric(s, altitude, fields)
    return _surveillance_status(s, fields)


def _barometric(s: Squitter, altitude: int, fields: Fields) -> None:
    """The barometric altitude, and the geometric one that belongs to it if the difference is known."""
    state, now = s.state, s.now
    fields["alt_baro"] = altitude
    state.alt.set(altitude, now)
    state.adsb_alt.set(altitude, now)
    if state.difference.within(MAX_DIFFERENCE_AGE_S, now):
        fields["alt_geom"] = round(altitude + state.difference.value)


def _surveillance_status(s: Squitter, fields: Fields) -> Fields:
    """Adds `alert` and `spi`: 1 is a permanent alert, 2 a changed squawk, 3 ident."""
    if not s.tisb:
        status = s.me >> 49 & 3
        fields["alert"] = 1 if status in (1, 2) else 0
        fields["spi"] = 1 if status == 3 else 0
    return fields


# Movement on the ground: first code, speed at the lower end of its range, step in kt (DO-260B, 2.2.3.2.4.2).
_MOVEMENT = ((109, 100.0, 5.0), (94, 70.0, 2.0), (39, 15.0, 1.0), (13, 2.0, 0.5), (9, 1.0, 0.25))


def ground_speed(movement: int, version: int) -> float | None:
    """Knots by the movement code; None if it is not known. A code stands for a range of speeds: the lower end belongs to it before
    version 2, the upper end from then on. The end that belongs to it is given: whole knots come out as they were sent."""
    upper = 1 if version >= 2 else 0
    if movement in (0, 125, 126, 127):
        return None
    if movement == 1:
        return 0.0
    if movement == 124:
        return 175.0
    for first, low, step in _MOVEMENT:
        if movement >= first:
            return low + (movement - first + upper) * step
    return 0.125 + (movement - 2) * (0.875 / 6) if upper else (movement - 1) * 0.125


def surface_position(s: Squitter) -> Fields:
    """BDS 0,6: movement on the ground and half a position."""
    me, state = s.me, s.state
    speed = ground_speed(me >> 44 & 0x7F, state.version)
    half, odd = _cpr(me)
    slow = speed is not None and speed <= SLOW_KT
    point = state.cpr.add_surface(half, odd, s.now, s.location, slow)
    fields = _position(s, point, nic_rc(me >> 51, state.version, state.nic_a, 0, state.nic_c))
    fields["alt_baro"] = "ground"
    fields["gs"] = speed
    if me >> 43 & 1:
        fields[_heading(state) if state.heading_as_track else "track"] = (me >> 36 & 0x7F) * 360 / 128
    return fields


def _heading(state: ModeSState) -> str:
    return "mag_heading" if state.magnetic else "true_heading"


def identification(s: Squitter) -> Fields:
    """BDS 0,8: callsign and emitter category."""
    # A callsign with characters that do not exist is damaged. rs1090 0.7 drops the blanks inside.
    return {"category": f"{'DCBA'[s.bits(1, 5) - 1]}{s.bits(6, 8)}", "flight": text_of(s.me, 8)}


def velocity(s: Squitter) -> Fields:
    """BDS 0,9: ground speed and track, or airspeed and heading, and the rate of climb."""
    m, state = s.m, s.state
    if not m:
        return {}
    subtype = s.bits(6, 8)
    # Bit 36 set means a barometric rate; rs1090 0.7 has the two values swapped.
    rate = m.get("vertical_rate")
    fields: Fields = {"baro_rate" if s.bits(36, 36) else "geom_rate": rate}
    if rate is not None:
        state.rate.set(rate, s.now)
    # A component of 0 means unknown, which rs1090 decodes as a speed.
    if "groundspeed" in m and s.bits(15, 24) and s.bits(26, 35):
        # Subtype 2 has a resolution of 4 kt, which rs1090 ignores for ground speed.
        speed, track = m["groundspeed"] * (4 if subtype == 2 else 1), m["track"]
        fields["gs"] = speed
        state.gs.set(speed, s.now)
        if speed > 0:
            fields["track"] = track
            state.track.set(track, s.now)
    if "heading" in m:
        fields[_heading(state)] = m["heading"]
        if state.magnetic:
            state.heading.set(m["heading"], s.now)
    fields["ias"], fields["tas"] = m.get("IAS"), m.get("TAS")
    if not s.tisb:
        fields["nac_v"] = m["NACv"]
    difference = m["geo_minus_baro"]
    if difference is not None:
        state.difference.set(difference, s.now)
        if state.adsb_alt.within(MAX_ALTITUDE_AGE_S, s.now):
            fields["alt_geom"] = round(state.adsb_alt.value + difference)
    return fields


def status(s: Squitter) -> Fields:
    """BDS 6,1: emergency state and squawk, or a resolution advisory."""
    subtype = s.bits(6, 8)
    if subtype == 2:
        advisory = resolution_advisory(s.me)
        return {} if advisory is None else {"acas_ra": advisory}
    if subtype != 1:
        return {}
    fields: Fields = {"emergency": EMERGENCIES[s.bits(9, 11)]}
    # Before version 2 the squawk's bits are reserved and zero.
    squawk = SQUAWKS[s.bits(12, 24)]
    if squawk != "0000" or s.state.version >= 2:
        fields["squawk"] = squawk
    return fields


def target_state(s: Squitter) -> Fields:
    """BDS 6,2: the autopilot's selected values, in the layout of version 2 (sub-type 1) or of version 1 (sub-type 0)."""
    subtype = s.bits(6, 7)
    if subtype == 0:
        return _target_state_v1(s)
    if subtype != 1:
        return {}
    fields: Fields = {
        "nac_p": s.bits(40, 43),
        "nic_baro": s.bits(44, 44),
        "sil": s.bits(45, 46),
        "sil_type": "persample" if s.bits(8, 8) else "perhour",
    }
    # rs1090 0.7 rounds selected altitudes to 100 ft; their step is 32 ft.
    if altitude := s.bits(10, 20):
        feet = (altitude - 1) * 32
        fields["nav_altitude_fms" if s.bits(9, 9) else "nav_altitude_mcp"] = feet
        if not s.bits(9, 9):
            s.state.mcp.set(feet, s.now)
    if pressure := s.bits(21, 29):
        fields["nav_qnh"] = qnh = 800 + (pressure - 1) * 0.8
        s.state.qnh.set(qnh, s.now)
    if s.bits(30, 30):
        fields["nav_heading"] = s.bits(31, 39) * 180 / 256
    if s.bits(47, 47):
        fields["nav_modes"] = [name for bit, name in MODES if s.bits(bit, bit)]
    return fields


def _target_state_v1(s: Squitter) -> Fields:
    """The layout of version 1 (DO-260A, 2.2.3.2.7.1): target altitude and heading with where they come from."""
    fields: Fields = {"nac_p": s.bits(40, 43), "nic_baro": s.bits(44, 44), "sil": s.bits(45, 46), "sil_type": "unknown"}
    if s.bits(11, 11):
        # The backward compatibility flag: a layout that this one does not describe.
        return {}
    name = _ALTITUDE_SOURCES.get(s.bits(8, 9))
    feet = s.bits(16, 25) * 100 - 1000
    if name is not None and feet <= _HIGHEST_TARGET_FT:
        fields[name] = feet
    degrees = s.bits(28, 36)
    # An angle that is a track is no heading.
    if s.bits(26, 27) and degrees < 360 and not s.bits(37, 37):
        fields["nav_heading"] = degrees
    fields["emergency"] = EMERGENCIES[s.bits(54, 56)]
    return fields


# Vertical source of version 1: 1 the control panel, 2 the altitude held, 3 the flight management system.
_ALTITUDE_SOURCES: dict[int, str] = {1: "nav_altitude_mcp", 2: "nav_altitude_mcp", 3: "nav_altitude_fms"}
_HIGHEST_TARGET_FT = 100_000


def operational_status(s: Squitter) -> Fields:
    """BDS 6,5: the ADS-B version of the transponder, and the quality of its data."""
    state = s.state
    subtype, version = s.bits(6, 8), s.bits(41, 43)
    if subtype > 1:
        return {}
    state.version = version
    fields: Fields = {"version": version}
    if version not in (1, 2):
        # Version 0 has no more fields; the layout of versions above 2 is not decoded.
        return fields
    surface = subtype == 1
    state.nic_a = s.bits(44, 44)
    state.magnetic = s.bits(54, 54) == 1
    fields["nac_p"], fields["sil"] = s.bits(45, 48), s.bits(51, 52)
    if surface:
        state.heading_as_track = s.bits(53, 53) == 1
    else:
        fields["nic_baro"] = s.bits(53, 53)
    if version == 2:
        fields["sda"] = s.bits(31, 32)
        fields["sil_type"] = "persample" if s.bits(55, 55) else "perhour"
        if surface:
            fields["nac_v"], state.nic_c = s.bits(17, 19), s.bits(20, 20)
        else:
            fields["gva"] = s.bits(49, 50)
    else:
        fields["sil_type"] = "unknown"
    return fields


def _nothing(_: Squitter) -> Fields:
    return {}


_BY_CODE: dict[int, Callable[[Squitter], Fields]] = {
    0: altitude_only,
    **dict.fromkeys(range(1, 5), identification),
    **dict.fromkeys(SURFACE_CODES, surface_position),
    **dict.fromkeys((*range(9, 19), 20, 21, 22), airborne_position),
    19: velocity,
    28: status,
    29: target_state,
    31: operational_status,
}

READERS: tuple[Callable[[Squitter], Fields], ...] = tuple(_BY_CODE.get(code, _nothing) for code in range(32))
"""Decoding function by type code; other codes have no fields that are shown."""

# By type code, the number of the IMF bit: set in a DF18 message, it means that the address is not an ICAO address.
_IMF_BITS: dict[int, int] = {
    **dict.fromkeys((0, *range(9, 19), 20, 21, 22), 8),
    **dict.fromkeys(SURFACE_CODES, 21),
    19: 9,
    28: 56,
    29: 51,
    31: 56,
}


def has_non_icao_address(code: int, me: int) -> bool:
    """Whether the message's IMF bit is set; identification messages have none."""
    bit = _IMF_BITS.get(code)
    return bit is not None and me >> (56 - bit) & 1 == 1

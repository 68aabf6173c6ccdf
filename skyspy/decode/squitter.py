"""Fields of extended squitters (DF17, DF18: ADS-B, ADS-R, TIS-B), one function per BDS register, listed in REGISTERS.

A function takes a Squitter and returns raw fields with readsb's names; the caller cleans them. Bits are numbered as in
the standard (DO-260B), 1 to 56 from the left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from skyspy.decode.cpr import SLOW_KT
from skyspy.decode.mode_s_state import ModeSState
from skyspy.decode.quality import nic_rc
from skyspy.geo import Point

Fields = dict[str, object]

MAX_ALTITUDE_AGE_S = 5.0
"""Seconds for which a barometric altitude may be combined with a later difference to the geometric altitude."""

EMERGENCIES: dict[str, str] = {
    "none": "none",
    "general": "general",
    "medical": "lifeguard",
    "minimum_fuel": "minfuel",
    "no_communication": "nordo",
    "unlawful_interference": "unlawful",
    "downed_aircraft": "downed",
    "reserved": "reserved",
}
"""readsb's value by rs1090's emergency state."""

MODES: tuple[tuple[str, str], ...] = (
    ("autopilot", "autopilot"),
    ("vnav_mode", "vnav"),
    ("alt_hold", "althold"),
    ("approach_mode", "approach"),
    ("lnav_mode", "lnav"),
    ("tcas_operational", "tcas"),
)
"""Navigation modes: rs1090's name and readsb's."""


@dataclass(slots=True)
class Squitter:
    """One message to decode: rs1090's result `m`, the 56 bits `me` (for what rs1090 leaves out), the aircraft's state,
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


def _cpr(m: Mapping[str, Any]) -> tuple[tuple[int, int], bool]:
    """The encoded latitude and longitude, and whether the message is odd."""
    return (m["lat_cpr"], m["lon_cpr"]), m["parity"] == "odd"


def _position(point: Point | None, nic: int, rc: int | None) -> Fields:
    if point is None:
        return {}
    return {"lat": point[0], "lon": point[1], "nic": nic, "rc": rc}


def airborne_position(s: Squitter) -> Fields:
    """BDS 0,5: altitude and half a position."""
    m, state, now = s.m, s.state, s.now
    code, altitude = m["tc"], m["altitude"]
    half, odd = _cpr(m)
    nic_b = 0 if s.tisb else m.get("NICb", 0)
    point = state.cpr.add_airborne(half, odd, now)
    fields = _position(point, *nic_rc(code, state.version, state.nic_a, nic_b, state.nic_c))
    if code >= 20:
        fields["alt_geom"] = altitude
    elif altitude is not None:
        fields["alt_baro"] = state.alt = altitude
        state.alt_at = now
    if not s.tisb:
        # Surveillance status: 1 permanent alert, 2 changed squawk, 3 ident.
        status = s.bits(6, 7)
        fields["alert"] = 1 if status in (1, 2) else 0
        fields["spi"] = 1 if status == 3 else 0
    return fields


def surface_position(s: Squitter) -> Fields:
    """BDS 0,6: movement on the ground and half a position."""
    m, state = s.m, s.state
    speed, track = m["groundspeed"], m["track"]
    half, odd = _cpr(m)
    slow = speed is not None and speed <= SLOW_KT
    point = state.cpr.add_surface(half, odd, s.now, s.location, slow)
    fields = _position(point, *nic_rc(m["tc"], state.version, state.nic_a, 0, state.nic_c))
    fields["alt_baro"] = "ground"
    fields["gs"] = speed
    fields[_heading(state) if state.heading_as_track else "track"] = track
    return fields


def _heading(state: ModeSState) -> str:
    return "mag_heading" if state.magnetic else "true_heading"


def identification(s: Squitter) -> Fields:
    """BDS 0,8: callsign and emitter category."""
    callsign = s.m["callsign"]
    return {
        "category": f"{'DCBA'[s.bits(1, 5) - 1]}{s.bits(6, 8)}",
        # rs1090 writes `#` for unassigned character codes: the callsign is damaged.
        "flight": None if "#" in callsign else callsign,
    }


def velocity(s: Squitter) -> Fields:
    """BDS 0,9: ground speed and track, or airspeed and heading, and the rate of climb."""
    m, state = s.m, s.state
    subtype = s.bits(6, 8)
    # Bit 36 set means a barometric rate; rs1090 0.7 has the two values swapped.
    fields: Fields = {"baro_rate" if s.bits(36, 36) else "geom_rate": m.get("vertical_rate")}
    # A component of 0 means unknown, which rs1090 decodes as a speed.
    if "groundspeed" in m and s.bits(15, 24) and s.bits(26, 35):
        speed = m["groundspeed"]
        # Subtype 2 has a resolution of 4 kt, which rs1090 ignores for ground speed.
        fields["gs"] = speed * 4 if subtype == 2 else speed
        fields["track"] = m["track"] if speed > 0 else None
    if "heading" in m:
        fields[_heading(state)] = m["heading"]
    fields["ias"], fields["tas"] = m.get("IAS"), m.get("TAS")
    if not s.tisb:
        fields["nac_v"] = m["NACv"]
    difference = m["geo_minus_baro"]
    if difference is not None and s.now - state.alt_at <= MAX_ALTITUDE_AGE_S:
        fields["alt_geom"] = state.alt + difference
    return fields


def status(s: Squitter) -> Fields:
    """BDS 6,1: emergency state and squawk."""
    m = s.m
    if m["subtype"] != "emergency_priority":
        return {}
    fields: Fields = {"emergency": EMERGENCIES.get(m["emergency_state"])}
    # Before version 2 the squawk's bits are reserved and zero.
    if m["squawk"] != "0000" or s.state.version >= 2:
        fields["squawk"] = m["squawk"]
    return fields


def target_state(s: Squitter) -> Fields:
    """BDS 6,2 in the layout of version 2: the autopilot's selected values."""
    m = s.m
    if s.bits(6, 7) != 1:
        return {}
    chosen = "nav_altitude_mcp" if m["source"] == "MCP/FCU" else "nav_altitude_fms"
    fields: Fields = {
        chosen: m.get("selected_altitude"),
        "nav_qnh": m.get("barometric_setting"),
        "nav_heading": m.get("selected_heading"),
        "nac_p": m["NACp"],
        "nic_baro": int(m["nic_baro"]),
        "sil": s.bits(45, 46),
        "sil_type": "persample" if s.bits(8, 8) else "perhour",
    }
    if s.bits(47, 47):
        fields["nav_modes"] = [ours for theirs, ours in MODES if m.get(theirs)]
    return fields


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


REGISTERS: dict[str, Callable[[Squitter], Fields]] = {
    "05": airborne_position,
    "06": surface_position,
    "08": identification,
    "09": velocity,
    "61": status,
    "62": target_state,
    "65": operational_status,
}
"""Decoding function by rs1090's register name. Other registers have no fields that are shown."""

# By register, the number of the IMF bit: set in a DF18 message, it means that the address is not an ICAO address.
IMF_BITS: dict[str, int] = {"05": 8, "06": 21, "09": 9, "61": 56, "62": 51, "65": 56}


def has_non_icao_address(register: str, me: int) -> bool:
    """Whether the message's IMF bit is set; identification messages have none."""
    bit = IMF_BITS.get(register)
    return bit is not None and me >> (56 - bit) & 1 == 1

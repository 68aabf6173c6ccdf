"""Decode: the registers of ADS-B and its kin (DF17, DF18), one function each, listed in REGISTERS.

Law: a function takes a Squitter (the message as rs1090 reads it, its 56 bits for what rs1090 leaves out, and the
aircraft's Craft) and gives raw fields in readsb's names; cleaning is the caller's. Bits are numbered as in the
standard, 1 to 56 from the left.
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

ALTITUDE_GOOD_S = 5.0
"""How old a barometric altitude may be and still be the base of a difference sent by itself."""

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
"""rs1090's words for the emergency state, and readsb's."""

MODES: tuple[tuple[str, str], ...] = (
    ("autopilot", "autopilot"),
    ("vnav_mode", "vnav"),
    ("alt_hold", "althold"),
    ("approach_mode", "approach"),
    ("lnav_mode", "lnav"),
    ("tcas_operational", "tcas"),
)
"""rs1090's names of the navigation modes, and readsb's."""


@dataclass(slots=True)
class Squitter:
    """One message on the way to its register's reader: rs1090's reading `m`, the 56 bits `me`, when it came and from
    which aircraft, the receiver's position, and whether it is TIS-B, whose status bits mean other things."""

    m: Mapping[str, Any]
    me: int
    craft: ModeSState
    now: float
    location: Point | None
    tisb: bool

    def bits(self, first: int, last: int) -> int:
        """Bits `first` to `last` of the message as a number."""
        return self.me >> (56 - last) & ((1 << (last - first + 1)) - 1)


def _half(m: Mapping[str, Any]) -> tuple[tuple[int, int], bool]:
    return (m["lat_cpr"], m["lon_cpr"]), m["parity"] == "odd"


def _placed(point: Point | None, nic: int, rc: int | None) -> Fields:
    if point is None:
        return {}
    return {"lat": point[0], "lon": point[1], "nic": nic, "rc": rc}


def airborne_position(s: Squitter) -> Fields:
    """BDS 0,5: altitude and half a position."""
    m, craft, now = s.m, s.craft, s.now
    code, altitude = m["tc"], m["altitude"]
    half, odd = _half(m)
    nic_b = 0 if s.tisb else m.get("NICb", 0)
    point = craft.cpr.hear_airborne(half, odd, now)
    fields = _placed(point, *nic_rc(code, craft.version, craft.nic_a, nic_b, craft.nic_c))
    if code >= 20:
        fields["alt_geom"] = altitude
    elif altitude is not None:
        fields["alt_baro"] = craft.alt = altitude
        craft.alt_at = now
    if not s.tisb:
        # Surveillance status: 1 permanent alert, 2 changed squawk, 3 ident.
        status = s.bits(6, 7)
        fields["alert"] = 1 if status in (1, 2) else 0
        fields["spi"] = 1 if status == 3 else 0
    return fields


def surface_position(s: Squitter) -> Fields:
    """BDS 0,6: movement on the ground and half a position."""
    m, craft = s.m, s.craft
    speed, track = m["groundspeed"], m["track"]
    half, odd = _half(m)
    slow = speed is not None and speed <= SLOW_KT
    point = craft.cpr.hear_surface(half, odd, s.now, s.location, slow)
    fields = _placed(point, *nic_rc(m["tc"], craft.version, craft.nic_a, 0, craft.nic_c))
    fields["alt_baro"] = "ground"
    fields["gs"] = speed
    fields[_heading(craft) if craft.heading_as_track else "track"] = track
    return fields


def _heading(craft: ModeSState) -> str:
    return "mag_heading" if craft.magnetic else "true_heading"


def identification(s: Squitter) -> Fields:
    """BDS 0,8: callsign and emitter category."""
    callsign = s.m["callsign"]
    return {
        "category": f"{'DCBA'[s.bits(1, 5) - 1]}{s.bits(6, 8)}",
        # rs1090 writes `#` for codes that stand for no character: such a callsign was never sent.
        "flight": None if "#" in callsign else callsign,
    }


def velocity(s: Squitter) -> Fields:
    """BDS 0,9: ground speed and track, or airspeed and heading, and the rate of climb."""
    m, craft = s.m, s.craft
    subtype = s.bits(6, 8)
    # Bit 36 set means a barometric rate; rs1090 0.7 has the two words the wrong way round.
    fields: Fields = {"baro_rate" if s.bits(36, 36) else "geom_rate": m.get("vertical_rate")}
    # A component of 0 means that it is not known, which rs1090 takes for a speed.
    if "groundspeed" in m and s.bits(15, 24) and s.bits(26, 35):
        speed = m["groundspeed"]
        # Subtype 2 counts in fours of knots, which rs1090 leaves out for ground speed.
        fields["gs"] = speed * 4 if subtype == 2 else speed
        fields["track"] = m["track"] if speed > 0 else None
    if "heading" in m:
        fields[_heading(craft)] = m["heading"]
    fields["ias"], fields["tas"] = m.get("IAS"), m.get("TAS")
    if not s.tisb:
        fields["nac_v"] = m["NACv"]
    difference = m["geo_minus_baro"]
    if difference is not None and s.now - craft.alt_at <= ALTITUDE_GOOD_S:
        fields["alt_geom"] = craft.alt + difference
    return fields


def status(s: Squitter) -> Fields:
    """BDS 6,1: emergency state and squawk."""
    m = s.m
    if m["subtype"] != "emergency_priority":
        return {}
    fields: Fields = {"emergency": EMERGENCIES.get(m["emergency_state"])}
    # Before version 2 the code's bits are reserved, and zero.
    if m["squawk"] != "0000" or s.craft.version >= 2:
        fields["squawk"] = m["squawk"]
    return fields


def target_state(s: Squitter) -> Fields:
    """BDS 6,2, the form of version 2: what the autopilot is set to."""
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
    """BDS 6,5: which version of the standard the transponder speaks, and how good its data is."""
    craft = s.craft
    subtype, version = s.bits(6, 8), s.bits(41, 43)
    if subtype > 1:
        return {}
    craft.version = version
    fields: Fields = {"version": version}
    if version not in (1, 2):
        # Version 0 says no more, and what those above 2 say is not settled.
        return fields
    surface = subtype == 1
    craft.nic_a = s.bits(44, 44)
    craft.magnetic = s.bits(54, 54) == 1
    fields["nac_p"], fields["sil"] = s.bits(45, 48), s.bits(51, 52)
    if surface:
        craft.heading_as_track = s.bits(53, 53) == 1
    else:
        fields["nic_baro"] = s.bits(53, 53)
    if version == 2:
        fields["sda"] = s.bits(31, 32)
        fields["sil_type"] = "persample" if s.bits(55, 55) else "perhour"
        if surface:
            fields["nac_v"], craft.nic_c = s.bits(17, 19), s.bits(20, 20)
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
"""rs1090's name of a register, and who reads it. Registers not listed say nothing we show."""

# Where a DF18 message says that its address is not an ICAO one (the IMF bit), by register.
IMF_BITS: dict[str, int] = {"05": 8, "06": 21, "09": 9, "61": 56, "62": 51, "65": 56}


def anonymous(register: str, me: int) -> bool:
    """Whether the message's IMF bit is set; identification has none."""
    bit = IMF_BITS.get(register)
    return bit is not None and me >> (56 - bit) & 1 == 1

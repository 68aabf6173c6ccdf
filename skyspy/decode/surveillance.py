"""Decode: answers to a radar's questions (DF0, 4, 5, 16, 20, 21): altitude, squawk, and what Comm-B registers say.

Law: raw fields in readsb's names come out; cleaning is the caller's. A Comm-B answer does not say which register
it is: it is believed only where exactly one of all known registers fits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Message = Mapping[str, Any]
Fields = dict[str, object]

REGISTERS: dict[str, tuple[tuple[str, str], ...]] = {
    "bds20": (("callsign", "flight"),),
    "bds40": (("selected_mcp", "nav_altitude_mcp"), ("selected_fms", "nav_altitude_fms"), ("barometric_setting", "nav_qnh")),
    "bds50": (("roll", "roll"), ("track", "track"), ("groundspeed", "gs"), ("track_rate", "track_rate"), ("TAS", "tas")),
    "bds60": (
        ("heading", "mag_heading"),
        ("IAS", "ias"),
        ("Mach", "mach"),
        ("vrate_barometric", "baro_rate"),
        # What the inertial system measures is no pressure rate: readsb counts it as geometric, and so do we.
        ("vrate_inertial", "geom_rate"),
    ),
}
"""Comm-B registers that are read: rs1090's name, and for each of its values rs1090's name and ours."""

_GROUND = (1, 3)  # flight status: on the ground, without and with an alert
_ALERT = (2, 3, 4)
_SPI = (4, 5)


def air_to_air(m: Message, frame: str) -> Fields:
    """DF0 and DF16: altitude, and whether the aircraft is on the ground (its vertical status bit)."""
    return {"alt_baro": "ground" if int(frame[1], 16) & 4 else _altitude(m, frame)}


def altitude_reply(m: Message, frame: str) -> Fields:
    """DF4 and DF20: flight status and altitude."""
    fields = _flight_status(frame)
    fields.setdefault("alt_baro", _altitude(m, frame))
    return fields


def squawk_reply(m: Message, frame: str) -> Fields:
    """DF5 and DF21: flight status and squawk."""
    fields = _flight_status(frame)
    fields["squawk"] = m["squawk"]
    return fields


def comm_b(m: Message) -> Fields:
    """The register in a DF20 or DF21, where exactly one fits."""
    fitting = [name for name in m if name.startswith("bds")]
    if len(fitting) != 1 or (names := REGISTERS.get(fitting[0])) is None:
        return {}
    register = m[fitting[0]]
    fields: Fields = {ours: register.get(theirs) for theirs, ours in names}
    if "#" in str(fields.get("flight", "")):
        del fields["flight"]
    return fields


def _altitude(m: Message, frame: str) -> int | None:
    """Feet; None also for altitudes in metres (their bit is never set in earnest, and rs1090 reads them otherwise)."""
    return None if int(frame[6], 16) & 4 else m["altitude"]


def _flight_status(frame: str) -> Fields:
    status = int(frame[1], 16) & 7
    if status > 5:
        return {}
    fields: Fields = {"alert": 1 if status in _ALERT else 0, "spi": 1 if status in _SPI else 0}
    if status in _GROUND:
        fields["alt_baro"] = "ground"
    return fields

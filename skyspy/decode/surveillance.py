"""Fields of replies to interrogations (DF0, 4, 5, 16, 20, 21): altitude, squawk and Comm-B registers.

Functions return raw fields with readsb's names; the caller cleans them. A Comm-B reply does not name its register, so it
is used only if exactly one known register fits its bits.
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
        # An inertial rate is not a pressure rate; it counts as geometric, as in readsb.
        ("vrate_inertial", "geom_rate"),
    ),
}
"""Supported Comm-B registers by rs1090's name; for each value, rs1090's name and readsb's."""

# Flight status values (Annex 10, Volume IV).
_GROUND = (1, 3)  # on the ground, without and with an alert
_ALERT = (2, 3, 4)
_SPI = (4, 5)


def air_to_air(m: Message, frame: str) -> Fields:
    """DF0 and DF16: altitude, or "ground" if the vertical status bit is set."""
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
    """DF20 and DF21: the values of the Comm-B register, if exactly one known register fits; otherwise none."""
    fitting = [name for name in m if name.startswith("bds")]
    if len(fitting) != 1 or (names := REGISTERS.get(fitting[0])) is None:
        return {}
    register = m[fitting[0]]
    fields: Fields = {ours: register.get(theirs) for theirs, ours in names}
    if "#" in str(fields.get("flight", "")):
        del fields["flight"]
    return fields


def _altitude(m: Message, frame: str) -> int | None:
    """Feet; None if the M bit (metres) is set: transponders do not set it in practice, and rs1090 decodes it differently."""
    return None if int(frame[6], 16) & 4 else m["altitude"]


def _flight_status(frame: str) -> Fields:
    status = int(frame[1], 16) & 7
    if status > 5:
        return {}
    fields: Fields = {"alert": 1 if status in _ALERT else 0, "spi": 1 if status in _SPI else 0}
    if status in _GROUND:
        fields["alt_baro"] = "ground"
    return fields

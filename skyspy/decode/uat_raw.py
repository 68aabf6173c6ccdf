"""Decodes a raw UAT downlink (`-` and 18 or 34 bytes of hex) into the record that dump978 writes as JSON.

Bytes are numbered from 1, and bits within a byte from 1 (most significant) to 8, as in DO-282B. The receiver has done the
error correction. A value of all zero bits is unknown.
"""

from __future__ import annotations

from math import atan2, degrees, hypot

from skyspy.decode.base import DecodeError

_SHORT, _LONG = 18, 34
_QUALIFIERS = ("adsb_icao", "adsb_other", "tisb_icao", "tisb_trackfile", "vehicle", "fixed_beacon", "adsr_other", "reserved")
_EMERGENCIES = ("none", "general", "medical", "minfuel", "nordo", "unlawful", "downed", "reserved")
_HEADINGS = (None, "true_track", "magnetic_heading", "true_heading")
_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ ..."

# By payload type, the parts after the header: state vector, mode status, second altitude, and the number of the first
# byte of the target state (0: none).
_PARTS: dict[int, tuple[bool, bool, bool, int]] = {
    0: (True, False, False, 0),
    1: (True, True, True, 0),
    2: (True, False, True, 0),
    3: (True, True, False, 30),
    4: (True, False, False, 30),
    5: (True, False, True, 0),
    6: (True, False, True, 25),
    **dict.fromkeys((7, 8, 9, 10), (True, False, False, 0)),
}

Record = dict[str, object]


class _Payload:
    """The bytes of a downlink as one integer, addressed by byte and bit."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._size = len(data) * 8

    def bits(self, byte: int, bit: int, width: int) -> int:
        """The unsigned value of `width` bits that start at bit `bit` of byte `byte`."""
        return self._value >> (self._size - (byte - 1) * 8 - (bit - 1) - width) & ((1 << width) - 1)


def parse(line: bytes) -> Record:
    """Decode one `-...;` line with the metadata that dump978 writes after the `;`; raises DecodeError."""
    head, *rest = line.decode("ascii", "replace").split(";")
    try:
        data = bytes.fromhex(head[1:])
    except ValueError:
        raise DecodeError("UAT downlink is not hexadecimal") from None
    if len(data) not in (_SHORT, _LONG):
        raise DecodeError(f"UAT downlink of {len(data)} bytes")
    record = decode(data)
    metadata: Record = {}
    for key, _, value in (item.partition("=") for item in rest):
        name = {"rssi": "rssi", "t": "received_at"}.get(key)
        try:
            metadata.update({name: float(value)} if name else {})
        except ValueError:
            continue
    record["metadata"] = metadata
    return record


def decode(data: bytes) -> Record:
    """The record of a downlink of 18 or 34 bytes."""
    p = _Payload(data)
    record: Record = {"address_qualifier": _QUALIFIERS[p.bits(1, 6, 3)], "address": f"{p.bits(2, 1, 24):06x}"}
    state, mode, second, target = _PARTS.get(p.bits(1, 1, 5), (False, False, False, 0))
    if len(data) == _SHORT:
        mode, second, target = False, False, 0
    if state:
        _state_vector(p, record)
    if mode:
        _mode_status(p, record)
    if second:
        _altitude(p, record, 30, not p.bits(10, 8, 1))
    if target:
        _target_state(p, record, target)
    return record


def _altitude(p: _Payload, record: Record, byte: int, geometric: bool) -> None:
    code = p.bits(byte, 1, 12)
    if code:
        record["geometric_altitude" if geometric else "pressure_altitude"] = (code - 41) * 25


def _state_vector(p: _Payload, record: Record) -> None:
    _altitude(p, record, 11, bool(p.bits(10, 8, 1)))
    lat, lon, nic = p.bits(5, 1, 23), p.bits(7, 8, 24), p.bits(12, 5, 4)
    if lat or lon or nic:
        north, east = lat * 360.0 / 2**24, lon * 360.0 / 2**24
        record["position"] = {"lat": north - 180.0 if north > 90.0 else north, "lon": east - 360.0 if east > 180.0 else east}
        record["nic"] = nic
    state = p.bits(13, 1, 2)
    if state == 2:
        _on_ground(p, record)
    elif state < 2:
        _in_air(p, record, 4 if state == 1 else 1)


def _on_ground(p: _Payload, record: Record) -> None:
    record["airground_state"] = "ground"
    speed, kind = p.bits(13, 5, 10), _HEADINGS[p.bits(14, 7, 2)]
    if speed:
        record["ground_speed"] = speed - 1
    if kind:
        record[kind] = p.bits(15, 1, 9) * 360.0 / 512.0


def _in_air(p: _Payload, record: Record, unit: int) -> None:
    record["airground_state"] = "airborne"
    north, east, rate = p.bits(13, 5, 10), p.bits(14, 8, 10), p.bits(16, 4, 9)
    if north and east:
        y = (north - 1) * unit * (-1 if p.bits(13, 4, 1) else 1)
        x = (east - 1) * unit * (-1 if p.bits(14, 7, 1) else 1)
        record["ground_speed"] = hypot(x, y)
        if x or y:
            record["true_track"] = degrees(atan2(x, y)) % 360.0
    if rate:
        name = "vertical_velocity_barometric" if p.bits(16, 2, 1) else "vertical_velocity_geometric"
        record[name] = (rate - 1) * 64 * (-1 if p.bits(16, 3, 1) else 1)


def _mode_status(p: _Payload, record: Record) -> None:
    letters = []
    for byte in (18, 20, 22):
        code = p.bits(byte, 1, 16)
        letters += [code // 1600 % 40, code // 40 % 40, code % 40]
    category, text = letters[0], "".join(_CHARACTERS[letter] for letter in letters[1:]).strip(" .")
    record["emitter_category"] = f"{chr(ord('A') + (category >> 3))}{category & 7}"
    if text and "." not in text:
        record["callsign" if p.bits(27, 7, 1) else "flightplan_id"] = text
    record["emergency"] = _EMERGENCIES[p.bits(24, 1, 3)]
    record["mops_version"], record["sil"], record["sda"] = p.bits(24, 4, 3), p.bits(24, 7, 2), p.bits(25, 7, 2)
    record["nac_p"], record["nac_v"], record["nic_baro"] = p.bits(26, 1, 4), p.bits(26, 5, 3), p.bits(26, 8, 1)
    record["operational_modes"] = {"ident_active": bool(p.bits(27, 5, 1))}
    record["sil_supplement"] = "per_sample" if p.bits(27, 8, 1) else "per_hour"
    record["gva"] = p.bits(28, 1, 2)


def _target_state(p: _Payload, record: Record, byte: int) -> None:
    altitude, pressure = p.bits(byte, 2, 11), p.bits(byte + 1, 5, 9)
    if altitude:
        record["selected_altitude_fms" if p.bits(byte, 1, 1) else "selected_altitude_mcp"] = (altitude - 1) * 32
    if pressure:
        record["barometric_pressure_setting"] = 800.0 + (pressure - 1) * 0.8
    if p.bits(byte + 2, 6, 1):
        record["selected_heading"] = p.bits(byte + 2, 8, 8) * 180.0 / 256.0 * (-1 if p.bits(byte + 2, 7, 1) else 1)
    if p.bits(byte + 3, 8, 1):
        names = ("autopilot", "vnav", "altitude_hold", "approach", "lnav")
        record["mode_indicators"] = {name: bool(p.bits(byte + 4, 1 + i, 1)) for i, name in enumerate(names)}

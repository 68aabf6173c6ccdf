"""Encodes Mode S frames and Beast bytes for tests and benchmarks: the reverse of skyspy.decode.

rs1090 verifies the checksums of these frames with its own code, so an error in our checksum does not go unnoticed.
"""

from __future__ import annotations

from math import atan2, cos, degrees, floor, hypot, radians, sin

from skyspy.decode.cpr import zones_at
from skyspy.decode.modes import syndrome

_CALLSIGN = "#ABCDEFGHIJKLMNOPQRSTUVWXYZ##### ###############0123456789######"


def with_parity(head: str, overlay: int = 0) -> str:
    """A frame from its hex digits without parity; `overlay` is XORed into the parity (address or interrogator code)."""
    return f"{head}{syndrome(head + '000000') ^ overlay:06x}"


def squitter(address: str, me: int, ca: int = 5, df: int = 17) -> str:
    """DF17, or DF18 with `ca` as control field, with the 56 bits `me`."""
    return with_parity(f"{df << 3 | ca:02x}{address.lower()}{me:014x}")


def all_call(address: str, ca: int = 5, interrogator: int = 0) -> str:
    """DF11."""
    return with_parity(f"{11 << 3 | ca:02x}{address.lower()}", interrogator)


def altitude_code(feet: int) -> int:
    """The 13-bit altitude code, in steps of 25 ft."""
    n = (feet + 1000) // 25
    return (n & 0x7E0) << 2 | (n & 0x10) << 1 | 0x10 | n & 0xF


def squawk_code(squawk: str) -> int:
    """The 13-bit identity code, in the order C1 A1 C2 A2 C4 A4 x B1 D1 B2 D2 B4 D4."""
    a, b, c, d = (int(digit) for digit in squawk)
    order = (c & 1, a & 1, c >> 1 & 1, a >> 1 & 1, c >> 2, a >> 2, 0, b & 1, d & 1, b >> 1 & 1, d >> 1 & 1, b >> 2, d >> 2)
    return int("".join(map(str, order)), 2)


def reply(df: int, address: str, code: int, status: int = 0, comm_b: int | None = None) -> str:
    """DF0, 4, 5 (short), or DF20 and 21 with the 56 bits `comm_b`; `code` is the 13-bit altitude or identity code."""
    head = f"{df << 27 | status << 24 | code:08x}"
    return with_parity(head if comm_b is None else f"{head}{comm_b:014x}", int(address, 16))


def cpr(lat: float, lon: float, odd: bool, surface: bool = False) -> tuple[int, int]:
    """A position in CPR encoding: 17 bits of latitude and 17 of longitude."""
    turn = 90.0 if surface else 360.0
    step = turn / (60 - odd)
    y = floor(131072 * (lat % step) / step + 0.5)
    heard_lat = step * (y / 131072 + floor(lat / step))
    step = turn / max(zones_at(heard_lat) - odd, 1)
    x = floor(131072 * (lon % step) / step + 0.5)
    return y & 0x1FFFF, x & 0x1FFFF


def position(lat: float, lon: float, odd: bool, feet: int = 35000, code: int = 11, status: int = 0, nic_b: int = 0) -> int:
    """The 56 bits of an airborne position; `code` is the type code, `status` the surveillance status."""
    y, x = cpr(lat, lon, odd)
    thirteen = altitude_code(feet)
    twelve = (thirteen & 0x1F80) >> 1 | thirteen & 0x3F
    return code << 51 | status << 49 | nic_b << 48 | twelve << 36 | odd << 34 | y << 17 | x


def surface(lat: float, lon: float, odd: bool, movement: int = 13, track: int | None = 32, code: int = 7) -> int:
    """The 56 bits of a surface position; `movement` and `track` are encoded values, `code` is the type code."""
    y, x = cpr(lat, lon, odd, surface=True)
    heading = 0 if track is None else 1 << 43 | track << 36
    return code << 51 | movement << 44 | heading | odd << 34 | y << 17 | x


def identification(callsign: str, code: int = 4, category: int = 3) -> int:
    """The 56 bits of an identification; `code` is the type code."""
    me = code << 3 | category
    for character in callsign.ljust(8):
        me = me << 6 | _CALLSIGN.index(character)
    return me


def velocity(gs: float, track: float, rate: int = 0, *, geometric: bool = False, difference: int = 0, subtype: int = 1) -> int:
    """The 56 bits of a velocity: ground speed in knots, track in degrees, climb in ft/min; `difference` is alt_geom minus
    alt_baro in feet."""
    unit = 4 if subtype == 2 else 1
    east, north = gs * sin(radians(track)) / unit, gs * cos(radians(track)) / unit
    me = 19 << 3 | subtype
    me = me << 5 | 2
    me = me << 11 | (1 << 10 if east < 0 else 0) | (round(abs(east)) + 1)
    me = me << 11 | (1 << 10 if north < 0 else 0) | (round(abs(north)) + 1)
    me = me << 11 | (0 if geometric else 1 << 10) | (1 << 9 if rate < 0 else 0) | (abs(rate) // 64 + 1)
    return me << 10 | (1 << 7 if difference < 0 else 0) | ((abs(difference) // 25 + 1) if difference else 0)


def speed_and_track(gs: float, track: float) -> tuple[float, float]:
    """A ground speed and track after rounding the north and east components to whole knots."""
    east, north = round(gs * sin(radians(track))), round(gs * cos(radians(track)))
    return hypot(east, north), degrees(atan2(east, north)) % 360.0


def beast(frame: str, stamp: bytes = bytes(6), signal: int = 100) -> bytes:
    """A frame as Beast bytes, with every 0x1a doubled."""
    body = stamp + bytes([signal]) + bytes.fromhex(frame)
    return b"\x1a" + (b"2" if len(frame) == 14 else b"3") + body.replace(b"\x1a", b"\x1a\x1a")


def traffic(aircraft: int, seconds: float) -> list[tuple[float, str]]:
    """Reception times and frames of `aircraft` aircraft in straight flight: positions, velocities and identifications at
    the rates of real transponders, and replies to a radar."""
    heard: list[tuple[float, str]] = []
    for n in range(aircraft):
        address = f"{0x4B0000 + n * 7:06X}"
        lat, lon, track, gs = 45 + n * 0.37 % 5, 5 + n * 0.61 % 7, n * 47 % 360, 250 + n * 13 % 220
        at, tick = n * 0.037 % 0.5, 0
        while at < seconds:
            north = lat + gs * at / 3600 / 60 * cos(radians(track))
            east = lon + gs * at / 3600 / 60 * sin(radians(track)) / cos(radians(lat))
            heard.append((at, squitter(address, position(north, east, tick % 2 == 1, 30000 + n % 40 * 250))))
            heard.append((at + 0.11, squitter(address, velocity(gs, track, n % 9 * 128 - 512, difference=350))))
            heard.append((at + 0.17, reply(4, address, altitude_code(30000 + n % 40 * 250))))
            if tick % 2 == 0:
                heard.append((at + 0.21, all_call(address)))
                heard.append((at + 0.27, reply(5, address, squawk_code(f"{n % 4096:04o}"))))
            if tick % 10 == 0:
                heard.append((at + 0.31, squitter(address, identification(f"SKY{n:04d}"))))
            at, tick = at + 0.5, tick + 1
    heard.sort()
    return heard

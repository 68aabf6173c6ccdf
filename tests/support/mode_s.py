"""Encodes Mode S frames and Beast bytes for tests and benchmarks: the reverse of skyspy.decode.

rs1090 verifies the checksums of these frames with its own code, so an error in our checksum does not go unnoticed.
"""

from __future__ import annotations

from math import atan2, ceil, cos, degrees, floor, hypot, radians, sin

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
    """The 13-bit altitude code: steps of 25 ft up to 50,175 ft, above it steps of 100 ft."""
    if feet > 50175:
        return gillham_code(feet)
    n = (feet + 1000) // 25
    return (n & 0x7E0) << 2 | (n & 0x10) << 1 | 0x10 | n & 0xF


def gillham_code(feet: int) -> int:
    """The 13-bit altitude code in steps of 100 ft from -1,200 to 126,700 ft: a Gray code of eight bits for the 500 ft (D2 D4
    A1 A2 A4 B1 B2 B4) and a reflected one of three for the 100 ft (C1 C2 C4); Annex 10, Volume IV, 3.1.1.7.12.2.3."""
    hundreds = feet // 100 + 13
    five, one = divmod(hundreds - 1, 5)
    gray = five ^ five >> 1
    d2, d4, a1, a2, a4, b1, b2, b4 = (gray >> bit & 1 for bit in range(7, -1, -1))
    c1, c2, c4 = ((0, 0, 1), (0, 1, 1), (0, 1, 0), (1, 1, 0), (1, 0, 0))[4 - one if five & 1 else one]
    return int("".join(map(str, (c1, a1, c2, a2, c4, a4, 0, b1, 0, b2, d2, b4, d4))), 2)


def twelve_bits(code: int) -> int:
    """A 13-bit altitude code without its M bit, as in position squitters."""
    return (code & 0x1F80) >> 1 | code & 0x3F


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
    return code << 51 | status << 49 | nic_b << 48 | twelve_bits(altitude_code(feet)) << 36 | odd << 34 | y << 17 | x


def altitude_only(feet: int) -> int:
    """The 56 bits of a message with type code 0: an altitude without a position."""
    return twelve_bits(altitude_code(feet)) << 36


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


# Movement on the ground (DO-260B, 2.2.3.2.4.2): first code, speed at the lower end of its range, step; in kt.
_MOVEMENT: tuple[tuple[int, float, float], ...] = (
    (124, 175, 1000),
    (109, 100, 5),
    (94, 70, 2),
    (39, 15, 1),
    (13, 2, 0.5),
    (9, 1, 0.25),
)
_SLOW = {0: (2, 0.125, 0.125), 2: (3, 0.125, 0.875 / 6)}


def movement_code(speed: float, version: int) -> int:
    """The movement field of a surface position, version 0 or 2: to a range belongs its lower end before version 2, from then on
    its upper end."""
    for first, low, step in (*_MOVEMENT, _SLOW[version]):
        if version < 2 and speed >= low:
            return first + floor((speed - low) / step)
        if version >= 2 and speed > low:
            return first + ceil((speed - low) / step) - 1
    return 2 if version >= 2 and speed > 0 else 1


def target_state(
    mcp: int | None = None, fms: int | None = None, qnh: float | None = None, heading: float | None = None, nac_p: int = 10
) -> int:
    """The 56 bits of a target state (type code 29, sub-type 1): selected altitude in steps of 32 ft, altimeter setting in hPa,
    heading in degrees."""
    feet = mcp if fms is None else fms
    me = 29 << 51 | 1 << 49 | (fms is not None) << 47
    me |= (0 if feet is None else feet // 32 + 1) << 36 | (0 if qnh is None else round((qnh - 800) / 0.8) + 1) << 27
    me |= 0 if heading is None else 1 << 26 | round(heading * 256 / 180) % 512 << 17
    return me | nac_p << 13 | 1 << 12 | 3 << 10


def target_state_v1(
    feet: int | None = None, source: int = 1, heading: int | None = None, track: bool = False, nac_p: int = 9, emergency: int = 0
) -> int:
    """The 56 bits of a target state as version 1 sends it (type code 29, sub-type 0): `source` 1 is the control panel, 2 the
    present altitude, 3 the flight management system; steps of 100 ft and of one degree; `track`: the angle is a track."""
    me = 29 << 51
    me |= 0 if feet is None else source << 47 | ((feet + 1000) // 100) << 31
    me |= 0 if heading is None else 1 << 29 | heading << 20 | track << 19
    return me | nac_p << 13 | 1 << 12 | 2 << 10 | emergency


def operational_status(
    *, version: int = 2, nic_a: int = 0, magnetic: int = 1, on_ground: int = 0, heading: int = 0, nic_c: int = 0
) -> int:
    """The 56 bits of an operational status (type code 31)."""
    quality = version << 13 | nic_a << 12 | 9 << 8 | 2 << 6 | 3 << 4 | (heading if on_ground else 1) << 3 | magnetic << 2 | 1 << 1
    return 31 << 51 | on_ground << 48 | nic_c << 36 | 2 << 24 | quality


def advisory(
    ara: str, threat: str | None = None, *, rac: int = 0, ended: bool = False, multiple: bool = False, head: int = 0x30
) -> int:
    """The 56 bits of a resolution advisory: `ara` is its first seven bits, `threat` the address of the other aircraft; `head` is
    0x30 for BDS 3,0 and DF16, 0xE2 for a squitter with type code 28."""
    threat_bits = 0 if threat is None else 1 << 26 | int(threat, 16) << 2
    return head << 48 | int(ara, 2) << 41 | rac << 30 | ended << 29 | multiple << 28 | threat_bits


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

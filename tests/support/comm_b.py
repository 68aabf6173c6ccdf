"""Encodes Comm-B registers (Doc 9871), the 56 bits that DF20 and DF21 carry, for tests and benchmarks.

`SAMPLES` makes replies of every register that a ground station asks for, with values that belong together, as one aircraft in
`Flight` sends them: a decoder is told of the flight what its squitters said, and has to find the register by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import degrees, radians, sin, sqrt, tan
from random import Random

from tests.support.mode_s import _CALLSIGN, advisory, altitude_code, cpr, twelve_bits

LETTERS, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"


def signed(value: float, step: float, bits: int) -> int:
    """A two's complement field of sign and `bits` bits."""
    return round(value / step) & ((1 << bits + 1) - 1)


def field(value: int | None, bits: int) -> str:
    """A status bit and a value; all zero where there is no value."""
    return "0" * (bits + 1) if value is None else "1" + f"{value:0{bits}b}"[-bits:]


def register(text: str) -> int:
    """The 56 bits of a text of binary digits, filled with zeros."""
    assert len(text) <= 56
    return int(text.ljust(56, "0"), 2)


def text_bits(text: str) -> str:
    return "".join(f"{_CALLSIGN.index(character):06b}" for character in text)


def callsign(text: str) -> int:
    """BDS 2,0."""
    return register(f"{0x20:08b}" + text_bits(text.ljust(8)))


def registration(text: str, airline: str | None = None) -> int:
    """BDS 2,1."""
    return register("1" + text_bits(text.ljust(7)) + ("0" * 13 if airline is None else "1" + text_bits(airline)))


def selected(
    mcp: int | None = None, fms: int | None = None, qnh: float | None = None, modes: int | None = None, source: int | None = None
) -> int:
    """BDS 4,0: selected altitudes in steps of 16 ft, altimeter setting in hPa, the three mode bits, the source of the target."""
    pressure = None if qnh is None else round((qnh - 800) * 10)
    heights = "".join(field(None if feet is None else round(feet / 16), 12) for feet in (mcp, fms))
    return register(heights + field(pressure, 12) + "0" * 8 + field(modes, 3) + "00" + field(source, 2))


def turn(roll: float | None, track: float | None, gs: float | None, rate: float | None, tas: float | None) -> int:
    """BDS 5,0: roll and track in degrees, speeds in kt in steps of two, rate of turn in degrees a second."""
    return register(
        field(None if roll is None else signed(roll, 45 / 256, 9), 10)
        + field(None if track is None else signed(track if track < 180 else track - 360, 90 / 512, 10), 11)
        + field(None if gs is None else round(gs / 2), 10)
        + field(None if rate is None else signed(rate, 8 / 256, 9), 10)
        + field(None if tas is None else round(tas / 2), 10)
    )


def airspeed(
    heading: float | None, ias: float | None, mach: float | None, baro_rate: int | None, inertial_rate: int | None
) -> int:
    """BDS 6,0: magnetic heading, indicated airspeed, Mach number, and rates of climb in ft/min in steps of 32."""
    return register(
        field(None if heading is None else signed(heading if heading < 180 else heading - 360, 90 / 512, 10), 11)
        + field(None if ias is None else round(ias), 10)
        + field(None if mach is None else round(mach * 250), 10)
        + field(None if baro_rate is None else signed(baro_rate, 32, 9), 10)
        + field(None if inertial_rate is None else signed(inertial_rate, 32, 9), 10)
    )


@dataclass(frozen=True, slots=True)
class Flight:
    """What is true of an aircraft when it is asked: its place, altitude, speeds, and where it turns."""

    lat: float
    lon: float
    feet: int
    mach: float
    ias: float
    tas: float
    gs: float
    track: float
    heading: float
    roll: float
    rate: float
    climb: int
    mcp: int
    qnh: float


def standard_atmosphere(feet: float) -> tuple[float, float]:
    """Ratio of pressure to that at sea level, and temperature in kelvin."""
    metres = min(feet * 0.3048, 20000)
    if metres <= 11000:
        kelvin = 288.15 - 0.0065 * metres
        return (kelvin / 288.15) ** 5.25588, kelvin
    return 0.223361 * 2.718281828 ** (-(metres - 11000) / 6341.62), 216.65


def indicated(mach: float, feet: float) -> float:
    """Indicated (calibrated) airspeed in kt at a Mach number below 1."""
    ratio, _ = standard_atmosphere(feet)
    impact = ratio * ((1 + 0.2 * mach * mach) ** 3.5 - 1)
    return 661.47 * sqrt(5 * ((impact + 1) ** (2 / 7) - 1))


def flight(chance: Random, steep: bool = False) -> Flight:
    """An aircraft in flight; `steep`: in a turn with 25 to 50 degrees of roll."""
    feet = chance.randrange(2000, 43000, 25)
    mach = 0.25 + 0.55 * min(1.0, feet / 33000) + chance.uniform(-0.03, 0.03)
    tas = mach * 661.47 * sqrt(standard_atmosphere(feet)[1] / 288.15)
    roll = chance.choice((-1, 1)) * chance.uniform(25, 50) if steep else chance.gauss(0, 4)
    rate = degrees(9.80665 * tan(radians(roll)) / (tas * 0.514444))
    heading, wind, drift = chance.uniform(0, 360), chance.uniform(-90, 90), chance.uniform(0, 2 * 3.14159)
    drift_deg = degrees(sin(drift) * abs(wind) / tas)
    qnh = round(chance.uniform(985, 1040), 1)
    return Flight(
        chance.uniform(40, 55), chance.uniform(0, 20), feet, mach, indicated(mach, feet), tas, tas + wind,
        (heading + 2 + drift_deg) % 360, heading, roll, rate, round(chance.gauss(0, 1200) / 32) * 32,
        chance.randrange(1000, 43000, 100), qnh,
    )  # fmt: skip


def _bits(chance: Random, count: int) -> str:
    return f"{chance.getrandbits(count):0{count}b}"


def _capability(chance: Random, f: Flight) -> int:  # BDS 1,0
    return register(
        f"{0x10:08b}" + "0" + "00000" + _bits(chance, 1) + _bits(chance, 1) + f"{chance.randrange(1, 6):07b}" + _bits(chance, 17)
    )


def _common_usage(chance: Random, f: Flight) -> int:  # BDS 1,7: 0,5 to 0,A, 2,0, 2,1, 4,0 to 6,0; 2,0 is always there
    return register("".join(_bits(chance, 1) if bit != 7 else "1" for bit in range(1, 25)))


def _specific(first: int) -> Callable[[Random, Flight], int]:  # BDS 1,8 and 1,9: a bit for each of 56 registers, the last first
    usual = (0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x10, 0x17, 0x18, 0x19, 0x20, 0x21, 0x30, 0x40, 0x50, 0x5F, 0x60)

    def make(chance: Random, f: Flight) -> int:
        there = (first - place in usual or chance.random() < 0.1 for place in range(56))
        return register("".join("1" if bit else "0" for bit in there))

    return make


def _callsign(chance: Random, f: Flight) -> int:
    return callsign(
        "".join(chance.choice(LETTERS) for _ in range(3)) + "".join(chance.choice(DIGITS) for _ in range(chance.randrange(1, 5)))
    )


def _registration(chance: Random, f: Flight) -> int:
    kinds = (
        lambda: "N" + str(chance.randrange(1, 100000)),
        lambda: chance.choice(("D", "G", "F")) + "".join(chance.choice(LETTERS) for _ in range(4)),
        lambda: "".join(chance.choice(LETTERS) for _ in range(5)),
    )
    airline = "".join(chance.choice(LETTERS) for _ in range(2)) if chance.random() < 0.3 else None
    return registration(chance.choice(kinds)(), airline)


def _advisory(chance: Random, f: Flight) -> int:
    return advisory("1" + _bits(chance, 6), f"{chance.randrange(1, 1 << 24):06x}", rac=chance.getrandbits(4))


def _selected(chance: Random, f: Flight) -> int:
    fms = chance.choice((None, f.mcp, chance.randrange(1000, 43000, 100)))
    modes = chance.choice((None, None, chance.getrandbits(3)))
    return selected(f.mcp, fms, chance.choice((f.qnh, 1013.2)), modes, chance.choice((None, None, 0, 1, 2, 3)))


def _routine(chance: Random, f: Flight) -> int:  # BDS 4,4
    wind = field(round(chance.uniform(0, 120)) << 9 | round(chance.uniform(0, 360) * 256 / 180) & 0x1FF, 18)
    kelvin = standard_atmosphere(f.feet)[1] + chance.uniform(-8, 8)
    temperature = f"{signed(kelvin - 273.15, 0.25, 10):011b}"
    pressure = field(chance.choice((None, round(standard_atmosphere(f.feet)[0] * 1013.25))), 11)
    return register(
        f"{chance.randrange(1, 5):04b}" + wind + temperature + pressure + field(chance.choice((None, 0, 1)), 2) + field(None, 6)
    )


def _hazard(chance: Random, f: Flight) -> int:  # BDS 4,5
    hazards = "".join(field(chance.choice((None, 0, 1, 2)), 2) for _ in range(5))
    celsius = standard_atmosphere(f.feet)[1] - 273.15
    temperature = field(signed(celsius, 0.25, 9), 10)
    pressure = field(chance.choice((None, round(standard_atmosphere(f.feet)[0] * 1013.25))), 11)
    return register(hazards + temperature + pressure + field(None, 12))


def _turn(chance: Random, f: Flight) -> int:
    return turn(f.roll, f.track, f.gs, f.rate, f.tas)


def _airspeed(chance: Random, f: Flight) -> int:
    return airspeed(f.heading, f.ias, f.mach, f.climb, f.climb)


def _position(chance: Random, f: Flight) -> int:  # BDS 0,5
    odd = chance.random() < 0.5
    y, x = cpr(f.lat, f.lon, odd)
    return (
        chance.choice((9, 10, 11, 12, 13, 14, 15, 16, 17, 18)) << 51
        | twelve_bits(altitude_code(f.feet)) << 36
        | odd << 34
        | y << 17
        | x
    )


def _status(chance: Random, f: Flight) -> int:  # BDS 6,5
    return 31 << 51 | chance.getrandbits(32) << 16 | 2 << 13 | chance.getrandbits(13)


SAMPLES: dict[str, Callable[[Random, Flight], int]] = {
    "05": _position,
    "10": _capability,
    "17": _common_usage,
    "18": _specific(0x38),
    "19": _specific(0x70),
    "20": _callsign,
    "21": _registration,
    "30": _advisory,
    "40": _selected,
    "44": _routine,
    "45": _hazard,
    "50": _turn,
    "60": _airspeed,
    "65": _status,
}
"""By register, a maker of one of its replies."""

"""Altitude and identity codes of Mode S, as tables by code (Annex 10, Volume IV, 3.1.1.6 and 3.1.1.7.12; Doc 9871).

rs1090 0.7 does not know altitudes below 0 ft in steps of 100 ft, and refuses position squitters above 50,000 ft.
"""

from __future__ import annotations

_HUNDREDS = {0b001: 1, 0b011: 2, 0b010: 3, 0b110: 4, 0b100: 5}
"""Hundreds of feet by the bits C1 C2 C4; the other three values are not used."""

_M, _Q = 0x0040, 0x0010


def _bit(code: int, place: int) -> int:
    """A bit of a 13-bit code by its place, 1 to 13 from the left: C1 A1 C2 A2 C4 A4 M B1 Q(D1) B2 D2 B4 D4."""
    return code >> 13 - place & 1


def _number(code: int, *places: int) -> int:
    value = 0
    for place in places:
        value = value << 1 | _bit(code, place)
    return value


def _gillham(code: int) -> int | None:
    """Feet of a code in steps of 100 ft: a Gray code of 500 ft (D2 D4 A1 A2 A4 B1 B2 B4) and a reflected one of 100 ft."""
    hundreds = _HUNDREDS.get(_number(code, 1, 3, 5))
    if hundreds is None:
        return None
    five = _number(code, 11, 13, 2, 4, 6, 8, 10, 12)
    for shift in (4, 2, 1):
        five ^= five >> shift
    return five * 500 + (6 - hundreds if five & 1 else hundreds) * 100 - 1300


def _feet(code: int) -> int | None:
    if code == 0 or code & _M:
        # 0: not known. The M bit announces metres, which no transponder sends.
        return None
    if code & _Q:
        return ((code & 0x1F80) >> 2 | (code & 0x20) >> 1 | code & 0xF) * 25 - 1000
    return _gillham(code)


ALTITUDES: tuple[int | None, ...] = tuple(_feet(code) for code in range(1 << 13))
"""Feet by the 13-bit altitude code of a reply (DF0, 4, 16, 20); None: not known."""

ALTITUDES_12: tuple[int | None, ...] = tuple(ALTITUDES[(code & 0xFC0) << 1 | code & 0x3F] for code in range(1 << 12))
"""Feet by the 12-bit altitude code of a squitter, which has no M bit."""

SQUAWKS: tuple[str, ...] = tuple(
    f"{_number(code, 6, 4, 2)}{_number(code, 12, 10, 8)}{_number(code, 5, 3, 1)}{_number(code, 13, 11, 9)}"
    for code in range(1 << 13)
)
"""Four octal digits by the 13-bit identity code (DF5, 21, type code 28)."""

CHARACTERS = "#ABCDEFGHIJKLMNOPQRSTUVWXYZ##### ###############0123456789######"
"""Characters of callsigns by their six bits; `#` is not used."""


def text_of(bits: int, count: int) -> str | None:
    """`count` characters of six bits each, without blanks at the ends; None if one of them does not exist."""
    text = "".join([CHARACTERS[bits >> 6 * place & 0x3F] for place in range(count - 1, -1, -1)])
    return None if "#" in text else text.strip()

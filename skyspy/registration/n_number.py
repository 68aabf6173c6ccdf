"""Registrations of the United States (N-numbers) and their addresses. Pure.

The FAA numbers addresses from A00001 in the order of registrations: N1, N1A, N1AA, N1AB, ... N1AZ, N1B, ... N1ZZ, N10, N10A, ... N99999.
A number is one to five digits, the first not 0, with up to two letters at the end, five characters in all; the letters I and O are
not used. So 915,399 numbers end at ADF7C7.
"""

from __future__ import annotations

FIRST, LAST = 0xA00001, 0xADF7C7

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_PAIRS = 1 + len(_LETTERS)
_SUFFIXES = 1 + len(_LETTERS) * _PAIRS
"""What may follow a digit that has room for two letters: nothing, one of 24, or one of 24 times 24 pairs: 601."""
_ONE_LETTER = 1 + len(_LETTERS)
"""What may follow the fourth digit, but for a fifth digit."""
_BLOCKS = (101_711, 10_111, 951, 35)
"""How many numbers begin with the same one, two, three, four digits."""


def of_address(address: int) -> str | None:
    """The N-number of an address; None outside FIRST to LAST."""
    if not FIRST <= address <= LAST:
        return None
    digit, rest = divmod(address - FIRST, _BLOCKS[0])
    number = f"N{digit + 1}"
    for block in _BLOCKS[1:]:
        if rest < _SUFFIXES:
            return number + _suffix(rest)
        digit, rest = divmod(rest - _SUFFIXES, block)
        number += str(digit)
    if rest < _ONE_LETTER:
        return number + _letter(rest)
    return number + str(rest - _ONE_LETTER)


def address_of(number: str) -> int | None:
    """The address of an N-number, in capitals; None for a text that is none."""
    body = number[1:]
    digits = body.rstrip(_LETTERS)
    letters = body[len(digits) :]
    if (
        number[:1] != "N"
        or not (digits.isascii() and digits.isdecimal())
        or digits[0] == "0"
        or len(body) > 5
        or len(letters) > 2
    ):
        return None
    address = FIRST + (int(digits[0]) - 1) * _BLOCKS[0]
    for digit, block in zip(digits[1:4], _BLOCKS[1:], strict=False):
        address += _SUFFIXES + int(digit) * block
    if len(digits) == 5:
        return address + _ONE_LETTER + int(digits[4])
    if len(letters) == 2:
        return address + 1 + _LETTERS.index(letters[0]) * _PAIRS + 1 + _LETTERS.index(letters[1])
    if letters and len(digits) < 4:
        return address + 1 + _LETTERS.index(letters[0]) * _PAIRS
    return address + (1 + _LETTERS.index(letters) if letters else 0)


def _letter(place: int) -> str:
    return "" if place == 0 else _LETTERS[place - 1]


def _suffix(place: int) -> str:
    if place == 0:
        return ""
    first, second = divmod(place - 1, _PAIRS)
    return _LETTERS[first] + _letter(second)

"""To which state an address belongs, and the registrations that follow from it. Pure.

Source of `data/address_blocks.csv`: the allocation of 24-bit aircraft addresses to states, ICAO Annex 10 volume III, part I, chapter 9,
table 9-1, with the later extensions of Malta, San Marino and Mongolia. A block says which state assigned the address: aircraft
of Bermuda or Hong Kong have addresses of the United Kingdom and China.

Some states number their civil aircraft in the order of their registrations, so that one follows from the other. The rows of SERIES are
those where at least 95 of 100 published pairs agree; single aircraft keep an address that was given to them before. An address in a
military block has no computed registration.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from skyspy.military import is_military
from skyspy.registration import n_number
from skyspy.registration.tables import load_csv_rows

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Country:
    """A state: its ISO 3166 code of two letters and its name in English."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class RegistrationSeries:
    """Registrations `prefix` and three letters, from `first` to `last`, in the order of their addresses from `start` on. The first
    letter counts `step` addresses, the second one `row`, the third one 1."""

    prefix: str
    start: int
    step: int
    row: int
    first: str = "AAA"
    last: str = "ZZZ"

    def offset(self, letters: str) -> int:
        """The number of a triple of letters."""
        one, two, three = (LETTERS.index(letter) for letter in letters)
        return one * self.step + two * self.row + three

    @property
    def end(self) -> int:
        """The address of the last registration."""
        return self.start + self.offset(self.last) - self.offset(self.first)

    def registration(self, address: int) -> str | None:
        """The registration of an address; None where the address has none."""
        if not self.start <= address <= self.end:
            return None
        one, rest = divmod(address - self.start + self.offset(self.first), self.step)
        two, three = divmod(rest, self.row)
        if max(one, two, three) >= len(LETTERS):
            return None
        return f"{self.prefix}{LETTERS[one]}{LETTERS[two]}{LETTERS[three]}"


SERIES: tuple[RegistrationSeries, ...] = (
    RegistrationSeries("D-A", 0x3C0001, 676, 26, "PAA"),
    RegistrationSeries("D-B", 0x3C2001, 676, 26, "PAA"),
    RegistrationSeries("D-A", 0x3C4421, 1024, 32, "AAA", "OZZ"),
    RegistrationSeries("D-B", 0x3C8421, 1024, 32, "AAA", "OZZ"),
    RegistrationSeries("D-C", 0x3CC000, 676, 26),
    RegistrationSeries("D-E", 0x3D04A8, 676, 26),
    RegistrationSeries("D-F", 0x3D4950, 676, 26),
    RegistrationSeries("D-G", 0x3D8DF8, 676, 26),
    RegistrationSeries("D-H", 0x3DD2A0, 676, 26),
    RegistrationSeries("D-I", 0x3E1748, 676, 26),
    RegistrationSeries("OO-", 0x448421, 1024, 32),
    RegistrationSeries("OY-", 0x458421, 1024, 32),
    RegistrationSeries("OH-", 0x460000, 676, 26),
    RegistrationSeries("SX-", 0x468421, 1024, 32),
    RegistrationSeries("CS-", 0x490421, 1024, 32),
    RegistrationSeries("YR-", 0x4A0421, 1024, 32),
    RegistrationSeries("TC-", 0x4B8421, 1024, 32),
    RegistrationSeries("9V-", 0x768421, 1024, 32),
    RegistrationSeries("VH-", 0x7C0000, 1296, 36),
    RegistrationSeries("HS-", 0x880421, 1024, 32),
    RegistrationSeries("C-F", 0xC00001, 676, 26),
    RegistrationSeries("C-G", 0xC044A9, 676, 26),
)

_BLOCKS = [
    (int(first, 16), int(last, 16), Country(code, name)) for first, last, code, name in load_csv_rows("address_blocks.csv")
]
_FIRST = [first for first, _, _ in _BLOCKS]


def country_of(hex_: str) -> Country | None:
    """The state to which an address (six hexadecimal digits) was allotted; None for no ICAO address and for unallotted ones."""
    address = _number(hex_)
    if address is None:
        return None
    at = bisect_right(_FIRST, address) - 1
    return _BLOCKS[at][2] if at >= 0 and address <= _BLOCKS[at][1] else None


def registration_of(hex_: str) -> str | None:
    """The registration that follows from an address; None where none does."""
    address = _number(hex_)
    if address is None or is_military(hex_):
        return None
    if n_number.FIRST <= address <= n_number.LAST:
        return n_number.of_address(address)
    if 0x71BA00 <= address <= 0x71BF99:
        return _south_korean(address)
    return next((found for series in SERIES if (found := series.registration(address)) is not None), None)


def _south_korean(address: int) -> str | None:
    """HL7200 to HL7799: the last three digits stand in the address, decimal, the first of them raised by eight."""
    digits = f"{address & 0xFF:02X}"
    return f"HL7{(address >> 8 & 0xF) - 8}{digits}" if digits.isdecimal() else None


def _number(hex_: str) -> int | None:
    try:
        return int(hex_, 16) if len(hex_) == 6 and hex_.isalnum() and hex_.isascii() else None
    except ValueError:
        return None

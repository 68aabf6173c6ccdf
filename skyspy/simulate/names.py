"""Identities of simulated aircraft: types, registrations, callsigns, addresses.

Airline designators are not assigned to any airline. Registrations are made up in the format of their country, with an
address from that country's block. So demo traffic looks plausible and never claims to be an actual operator's flight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skyspy.simulate.random_stream import RandomStream

AIRLINES = ("VYN", "LQR", "ORQ", "TQA", "WXO", "KQV", "XVA", "KZO", "LYQ", "OZK", "WYV", "ZUV")
POLICE_CALLSIGN = "POLICE"
"""No agency's callsign: the word, and a number."""
MILITARY_CALLSIGNS = ("TALON", "ORCA", "KESTL", "ANVIL", "MARLN")


@dataclass(frozen=True, slots=True)
class Model:
    """An aircraft type: ICAO designator, name, ADS-B category, cruising speed and final approach speed (kt true)."""

    designator: str
    description: str
    category: str
    cruise: float
    approach: float


MODELS: dict[str, tuple[Model, ...]] = {
    "airliner": (
        Model("A20N", "Airbus A320neo", "A3", 450, 135),
        Model("A321", "Airbus A321", "A3", 450, 140),
        Model("B738", "Boeing 737-800", "A3", 452, 142),
        Model("B38M", "Boeing 737 MAX 8", "A3", 453, 142),
        Model("E195", "Embraer 195", "A3", 445, 130),
        Model("BCS3", "Airbus A220-300", "A3", 450, 131),
        Model("A359", "Airbus A350-900", "A5", 488, 140),
        Model("B789", "Boeing 787-9", "A5", 488, 144),
        Model("B77W", "Boeing 777-300ER", "A5", 490, 149),
        Model("C68A", "Cessna Citation Latitude", "A2", 430, 112),
    ),
    "light": (
        Model("C172", "Cessna 172 Skyhawk", "A1", 108, 65),
        Model("P28A", "Piper PA-28", "A1", 112, 68),
        Model("DR40", "Robin DR-400", "A1", 116, 66),
        Model("DA40", "Diamond DA40", "A1", 125, 70),
        Model("SR22", "Cirrus SR22", "A1", 158, 80),
    ),
    "helicopter": (
        Model("EC35", "Airbus H135", "A7", 122, 60),
        Model("H145", "Airbus H145", "A7", 128, 60),
        Model("R44", "Robinson R44", "A7", 100, 55),
        Model("A139", "Leonardo AW139", "A7", 140, 65),
    ),
    "business": (Model("C68A", "Cessna Citation Latitude", "A2", 430, 112),),
    "police": (
        Model("EC35", "Airbus H135", "A7", 122, 60),
        Model("H145", "Airbus H145", "A7", 128, 60),
    ),
    "military": (
        Model("C30J", "Lockheed Martin C-130J", "A4", 310, 120),
        Model("A400", "Airbus A400M", "A5", 350, 125),
        Model("K35R", "Boeing KC-135R", "A5", 430, 140),
    ),
}


@dataclass(frozen=True, slots=True)
class Country:
    """Registrations of one country: the prefix, the number of letters after it, and its civil addresses `first`..`last`."""

    prefix: str
    letters: int
    first: int
    last: int


COUNTRIES = (
    Country("G-", 4, 0x406100, 0x43BFFF),
    Country("PH-", 3, 0x481000, 0x487FFF),
    Country("HB-", 3, 0x4B0000, 0x4B6FFF),
    Country("OE-", 3, 0x440000, 0x443FFF),
    Country("SE-", 3, 0x4A8300, 0x4AFFFF),
    Country("LN-", 3, 0x478200, 0x47FFFF),
    Country("OY-", 3, 0x458000, 0x45F3FF),
    Country("EC-", 3, 0x343400, 0x34FFFF),
)
INCIDENT_COUNTRIES = (
    Country("D-", 4, 0x3C0000, 0x3CFFFF),
    Country("F-", 4, 0x380000, 0x39FFFF),
    Country("OO-", 3, 0x448000, 0x44EFFF),
    Country("EI-", 3, 0x4CA000, 0x4CAFFF),
)
"""Of the aircraft of incidents, so that their addresses are never those of other flights."""
MILITARY = Country("", 0, 0xAE2000, 0xAE7FFF)
"""A block of military addresses."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One aircraft: address, registration ("" for a military one), callsign, squawk and model."""

    hex: str
    registration: str
    callsign: str
    squawk: str
    model: Model


def make_identity(
    random: RandomStream, fleet: str, number: int, total: int, cycle: int, countries: Sequence[Country] = COUNTRIES
) -> Identity:
    """A random identity from `fleet` (a key of MODELS) and one of `countries`.

    Aircraft `number` of `total` that fly at the same time get different addresses; so do flights of the same `number`
    in successive `cycle`s.
    """
    model = random.pick(MODELS[fleet])
    country = MILITARY if fleet == "military" else random.pick(countries)
    size = country.last - country.first + 1
    address = country.first + ((cycle % max(1, size // total)) * total + number) % size
    letters = "".join(chr(ord("A") + random.whole(0, 25)) for _ in range(country.letters))
    registration = country.prefix + letters if letters else ""
    return Identity(f"{address:06X}", registration, _callsign(random, fleet, registration), _squawk(random, fleet), model)


def _callsign(random: RandomStream, fleet: str, registration: str) -> str:
    if fleet == "military":
        return f"{random.pick(MILITARY_CALLSIGNS)}{random.whole(11, 79)}"
    if fleet == "police":
        return f"{POLICE_CALLSIGN}{random.whole(1, 29)}"
    if fleet in ("airliner", "business"):
        tail = random.pick(("", "", "", "AB", "K", "TX"))
        return f"{random.pick(AIRLINES)}{random.whole(1, 99) if tail else random.whole(100, 9899)}{tail}"
    if fleet == "helicopter" and random.chance(0.3):
        return f"RESCU{random.whole(1, 9)}"
    return registration.replace("-", "")


def _squawk(random: RandomStream, fleet: str) -> str:
    if fleet == "light" and random.chance(0.7):
        return "7000"
    # The first digit is 1 to 6: never an emergency code or 7000. 1200, the VFR code of North America, is replaced.
    code = f"{random.whole(1, 6)}{random.whole(0, 7)}{random.whole(0, 7)}{random.whole(1, 7)}"
    return code if code != "1200" else "1201"

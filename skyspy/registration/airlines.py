"""The common airlines, by the three letters with which a callsign begins. Pure.

Source of `data/airlines.csv`: facts of ICAO Doc 8585, Designators for Aircraft Operating Agencies: the three-letter designator, the name in
common use, and the telephony designator, which is what is said on the radio.
Source of `data/airline_codes.csv`: VRS standing-data, airlines schema-01 (public domain, CC0): the two characters that IATA gave, with every
airline that has them or had them. They are not unique.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from skyspy.registration.tables import load_csv_rows

_FLIGHT = re.compile(r"([A-Z]{3})[0-9][0-9A-Z]{0,3}\Z")
"""A callsign of an airline's flight: three letters and a number. Registrations as callsigns (GABCD, N123AB) have no digit there."""


@dataclass(frozen=True, slots=True)
class Airline:
    """An airline: ICAO's three letters, its name and its telephony designator ("": not known)."""

    icao: str
    name: str
    callsign: str


AIRLINES: dict[str, Airline] = {icao: Airline(icao, name, callsign) for icao, name, callsign in load_csv_rows("airlines.csv")}


_CODES: dict[str, set[str]] = {}
for _code, _icao in load_csv_rows("airline_codes.csv"):
    _CODES.setdefault(_code, set()).add(_icao)
_OF_CODE: dict[str, str] = {code: next(iter(airlines)) for code, airlines in _CODES.items() if len(airlines) == 1}


def icao_of_code(code: str) -> str | None:
    """The three letters of the airline with this two-character code of IATA; None where none has it, or more than one."""
    return _OF_CODE.get(code)


def airline_of(callsign: str) -> Airline | None:
    """The airline whose flight has this callsign; None for other callsigns and unknown airlines."""
    match = _FLIGHT.match(callsign)
    return AIRLINES.get(match.group(1)) if match else None

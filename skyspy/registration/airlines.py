"""The common airlines, by the three letters with which a callsign begins. Pure.

Source of `data/airlines.csv`: facts of ICAO Doc 8585, Designators for Aircraft Operating Agencies: the three-letter designator, the name in
common use, and the telephony designator, which is what is said on the radio.
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


def airline_of(callsign: str) -> Airline | None:
    """The airline whose flight has this callsign; None for other callsigns and unknown airlines."""
    match = _FLIGHT.match(callsign)
    return AIRLINES.get(match.group(1)) if match else None

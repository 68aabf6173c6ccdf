"""Who an aircraft is, as far as it follows from its address, its callsign and its type. Pure: tables of facts and arithmetic.

`describe` gives the fields of an aircraft object that are computed: what a receiver or the aircraft database says about the same
fields is better, and replaces them (tracker/descriptions.py).
"""

from __future__ import annotations

from functools import lru_cache

from skyspy.aircraft import Field, Value
from skyspy.registration.addresses import country_of, registration_of
from skyspy.registration.airlines import airline_of
from skyspy.registration.types import TYPES

__all__ = ["FIELDS", "airline_of", "country_of", "describe", "registration_of"]

FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("country", "text", "", "State to which its address was allotted"),
        Field("country_code", "text", "", "That state's ISO 3166 code, two letters"),
        Field("type_class", "text", "", "ICAO's description of its type: kind, number of engines, kind of engine, such as L2J"),
        Field("wtc", "text", "", "Wake turbulence category of its type: L, M, H or J"),
        Field("airline", "text", "", "Airline whose callsign it uses"),
        Field("airline_icao", "text", "", "That airline's ICAO designator, three letters"),
        Field("airline_callsign", "text", "", "What that airline is called on the radio"),
    )
}
"""The fields that are always computed: no receiver sends them. Of readsb's own fields `r` and `desc` may be computed too."""


def describe(hex_: str, callsign: str | None, designator: str | None) -> dict[str, Value]:
    """The computed fields: `country`, `country_code` and `r` of the address, `desc`, `type_class` and `wtc` of the type designator,
    `airline`, `airline_icao` and `airline_callsign` of the callsign. What is not known is left out."""
    return {**_of_address(hex_), **_of_type(designator), **_of_callsign(callsign)}


@lru_cache(maxsize=8192)
def _of_address(hex_: str) -> dict[str, Value]:
    country = country_of(hex_)
    return _known(
        country=country.name if country else None,
        country_code=country.code if country else None,
        r=registration_of(hex_),
    )


def _of_type(designator: str | None) -> dict[str, Value]:
    found = TYPES.get(designator) if designator else None
    return {} if found is None else _known(desc=found.name, type_class=found.kind, wtc=found.wake)


def _of_callsign(callsign: str | None) -> dict[str, Value]:
    found = airline_of(callsign) if callsign else None
    return {} if found is None else _known(airline=found.name, airline_icao=found.icao, airline_callsign=found.callsign)


def _known(**fields: str | None) -> dict[str, Value]:
    return {name: value for name, value in fields.items() if value}

"""Which live aircraft a message belongs to: by its address, by its registration, by its flight. Pure.

Invariants: a message links to one aircraft or to none. Where two aircraft would do, or the two-letter code of an airline stands for more than
one airline, it links to none; so does what contradicts: a message with an address links by it alone, and one with a registration never to an aircraft that is known to
have another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from skyspy.aircraft_state import AircraftState
from skyspy.datalink.message import Message
from skyspy.geo import Point
from skyspy.registration.airlines import icao_of_code
from skyspy.registration.n_number import address_of

_FLIGHT = re.compile(r"([A-Z]{3}|[A-Z][0-9A-Z]|[0-9][A-Z])([0-9]{1,4})([A-Z]?)\Z")
"""An airline's code, three letters or two characters, and a number that a letter may follow."""


class Match(NamedTuple):
    """A live aircraft: its address, its callsign (None: not known) and where it is (None: not known)."""

    hex: str
    callsign: str | None = None
    point: Point | None = None


class Matcher:
    """The live aircraft of one moment, found by what messages say. `aircraft`: by address, as it is in the records. Tables by registration and by
    callsign are made when the first message needs them."""

    def __init__(self, aircraft: Mapping[str, AircraftState]) -> None:
        self._aircraft = aircraft
        self._registrations: dict[str, str | None] | None = None
        self._flights: dict[str, str | None] | None = None

    def find(self, message: Message) -> Match | None:
        """The aircraft that this message belongs to; None where it is not there, or cannot be told."""
        if message.hex:
            return self._match(message.hex)
        tail = _plain(message.tail)
        if tail and (found := self._by_tail(tail)) is not None:
            return found
        found = self._by_flight(message.flight)
        return None if found is None or (tail and self._contradicts(found, tail)) else found

    def _by_tail(self, tail: str) -> Match | None:
        if self._registrations is None:
            self._registrations = _unique((_plain(one.r), hex_) for hex_, one in self._aircraft.items())
        if tail in self._registrations:
            return self._match(self._registrations[tail])
        address = address_of(tail)
        return None if address is None else self._match(f"{address:06X}")

    def _by_flight(self, flight: str | None) -> Match | None:
        if self._flights is None:
            self._flights = _unique((callsign_of(one.flight), hex_) for hex_, one in self._aircraft.items())
        callsign = callsign_of(flight)
        return self._match(self._flights.get(callsign)) if callsign else None

    def _contradicts(self, found: Match, tail: str) -> bool:
        registration = _plain(self._aircraft[found.hex].r)
        return bool(registration) and registration != tail

    def _match(self, hex_: str | None) -> Match | None:
        one = self._aircraft.get(hex_) if hex_ else None
        return None if one is None else Match(one.hex, one.flight, one.point)


@lru_cache(maxsize=16_384)
def callsign_of(flight: str | None) -> str:
    """The callsign of a flight, as aircraft send it: `B60123` and `JBU0123` give `JBU123`. "": no flight of an airline, a flight without a number (`XX0000`), or
    the code of more than one airline."""
    match = _FLIGHT.match((flight or "").strip().upper())
    if match is None:
        return ""
    code, number, letter = match.groups()
    icao = code if len(code) == 3 else icao_of_code(code)
    return f"{icao}{int(number)}{letter}" if icao and int(number) else ""


@lru_cache(maxsize=16_384)
def _plain(registration: str | None) -> str:
    """A registration without what not everybody writes: dots and spaces before it, and hyphens."""
    return (registration or "").strip(" .").upper().replace("-", "")


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    """What each text stands for; None where it stands for two aircraft. Empty texts are left out."""
    found: dict[str, str | None] = {}
    for text, hex_ in pairs:
        if text:
            found[text] = None if text in found else hex_
    return found

"""Simulated messages over data links: each kind in turn, between the simulated aircraft and invented ground stations.

Every few seconds is a turn. Seed and number of the turn determine the kind and, among the aircraft that are heard, the one that speaks: two processes show
the same. Aircraft also report when they leave the gate, take off, land and arrive. Aircraft out of reach of ADS-B report by HF and satellite.

Invariants: no clock and no I/O, times are arguments. The state is the aircraft as they were last heard, and the rest of exchanges under way; both are
bounded. A Block has `demo` set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from math import floor
from types import MappingProxyType

from skyspy.aircraft import Observation
from skyspy.airports import Airports
from skyspy.datalink.message import Block
from skyspy.geo import Point
from skyspy.simulate.datalink_exchanges import EXCHANGES, IN, OFF, ON, OUT, Exchange, Talk, movement
from skyspy.simulate.datalink_texts import AIRPORTS, UNKNOWN_AIRPORT, Plane
from skyspy.simulate.names import Country, make_identity
from skyspy.simulate.places import Places
from skyspy.simulate.random_stream import RandomStream

EVERY_S: Mapping[str, float] = MappingProxyType({"none": 0.0, "few": 15.0, "all": 5.0})
"""Seconds from turn to turn, by the option `datalink` of `demo://`; 0: there is no message."""

MAX_PLANES = 2000
FORGET_S = 30.0
"""An aircraft that was not heard for so long sends nothing."""
REPORT_AFTER_S = 6.0
"""An aircraft reports a step of its flight so long after it: one that has just appeared is known by then."""
MAX_WAITING = 500
"""Blocks of exchanges under way."""
MAX_TURNS = 20
"""Turns of one call: after a long pause those before are left out."""
DISTANT = 2
DISTANT_COUNTRIES = (Country("CS-", 3, 0x490000, 0x497FFF), Country("TF-", 3, 0x4CC000, 0x4CCFFF))
"""Of the aircraft out of reach, so that their addresses are those of no other simulated flight."""
DISTANT_NM, DISTANT_HALF_NM = 200.0, 260.0
"""They pass the centre at this distance, and are heard on this length before and after."""

_OF_TURN, _OF_PLANE, _OF_DISTANT, _OF_MOVE = 3_000_000, 3_100_000, 3_200_000, 3_300_000
"""First parts of the keys of the random numbers; those of programme.py and traffic.py are lower."""
_AIRLINE = re.compile(r"[A-Z]{3}[0-9]")


@dataclass(slots=True)
class _Known:
    """An aircraft as it was last heard, at `seen`. `step`: of _step, None before the first one."""

    plane: Plane
    seen: float
    step: str | None = None


class Datalink:
    """The messages of one simulation around `centre`. `every_s`: of EVERY_S. `airports`: to name the airport here; None: it has no name."""

    def __init__(self, seed: int, centre: Point, every_s: float, airports: Airports | None = None) -> None:
        self._seed, self._centre, self._every_s = seed, centre, every_s
        near = airports.nearest(centre, 60.0, with_runways=True) if airports is not None else None
        self._home = near.airport.icao or UNKNOWN_AIRPORT if near is not None else UNKNOWN_AIRPORT
        self._places = Places(airports, centre)
        self._known: dict[str, _Known] = {}
        self._waiting: list[tuple[float, int, Block]] = []
        self._order = 0

    def blocks(self, heard: Iterable[Observation], since: float, until: float, at: float) -> list[Block]:
        """The blocks received after `since` and until `until` (wall seconds); `heard`: the simulated aircraft of this time; `at`: steady seconds at
        `until`, with which the blocks are dated."""
        if self._every_s <= 0:
            return []
        self._note(heard, until)
        last = floor(until / self._every_s)
        for turn in range(max(floor(since / self._every_s) + 1, last - MAX_TURNS + 1), last + 1):
            self._take_turn(turn, turn * self._every_s)
        found = []
        while self._waiting and self._waiting[0][0] <= until:
            due, _, block = heappop(self._waiting)
            found.append(replace(block, at=at - (until - due), time=due))
        return found

    # -- who is there ------------------------------------------------------------------------

    def _note(self, heard: Iterable[Observation], now: float) -> None:
        for one in heard:
            plane = self._plane(one)
            if plane is None:
                continue
            known = self._known.get(plane.hex)
            if known is None and len(self._known) >= MAX_PLANES:
                continue
            if known is None:
                known = self._known[plane.hex] = _Known(plane, now)
            known.plane, known.seen = plane, now
            self._follow(known, now)
        if any(now - known.seen > FORGET_S for known in self._known.values()):
            self._known = {hex_: known for hex_, known in self._known.items() if now - known.seen <= FORGET_S}

    def _plane(self, one: Observation) -> Plane | None:
        """The aircraft as a party of messages; None for one that sends none: of no airline, or without a position of its own."""
        fields = one.fields
        callsign, tail, lat, lon = (fields.get(name) for name in ("flight", "r", "lat", "lon"))
        if (
            one.source != "adsb_icao"
            or not isinstance(callsign, str)
            or not isinstance(tail, str)
            or not _AIRLINE.match(callsign)
        ):
            return None
        if not isinstance(lat, float) or not isinstance(lon, float):
            return None
        altitude = fields.get("alt_baro")
        return Plane(
            one.hex, tail, callsign, (lat, lon), altitude if isinstance(altitude, int) else None, _number(fields.get("gs")),
            _number(fields.get("track")), self._home, self._other(one.hex),
        )  # fmt: skip

    def _other(self, hex_: str) -> str:
        others = [code for code in AIRPORTS if code != self._home]
        return RandomStream(self._seed, _OF_PLANE, int(hex_, 16)).pick(others)

    def _distant(self, number: int, now: float) -> Plane:
        """An aircraft out of reach: it flies past on a straight line, again and again."""
        gs = 460.0 + 15 * number
        period = 2 * DISTANT_HALF_NM / gs * 3600
        cycle, into = divmod(now + number * period / DISTANT, period)
        random = RandomStream(self._seed, _OF_DISTANT, number, floor(cycle))
        country = DISTANT_COUNTRIES[number % len(DISTANT_COUNTRIES)]
        identity = make_identity(random, "airliner", number, DISTANT, floor(cycle) + self._seed, (country,))
        along = into / 3600 * gs - DISTANT_HALF_NM
        side = random.sign()
        point = self._places.point(side * along, side * (DISTANT_NM if number % 2 == 0 else -DISTANT_NM))
        level = 34000 + 2000 * random.whole(0, 2)
        track = 90.0 if side > 0 else 270.0
        origin, other = random.pick(AIRPORTS[:6]), random.pick(AIRPORTS[6:])
        return Plane(identity.hex, identity.registration, identity.callsign, point, level, gs, track, origin, other)

    # -- what is said ------------------------------------------------------------------------

    def _take_turn(self, number: int, now: float) -> None:
        exchange = EXCHANGES[number % len(EXCHANGES)]
        random = RandomStream(self._seed, _OF_TURN, number)
        plane = self._speaker(exchange, random, number, now)
        if plane is not None:
            self._begin(exchange.make(Talk(random, plane, self._centre, self._home, now)), now)

    def _speaker(self, exchange: Exchange, random: RandomStream, number: int, now: float) -> Plane | None:
        """Who speaks: of the aircraft that are in the right place, or else of all; None: nobody is there."""
        if exchange.is_distant:
            return self._distant(number // len(EXCHANGES) % DISTANT, now)
        planes = [self._known[hex_].plane for hex_ in sorted(self._known)]
        fitting = [plane for plane in planes if (plane.alt_ft is None) == exchange.is_on_ground]
        return random.pick(fitting or planes) if planes else None

    def _follow(self, known: _Known, now: float) -> None:
        """Begin the report of an aircraft that leaves the gate, takes off, lands or arrives."""
        before, known.step = known.step, _step(known)
        if known.step != before and (before is not None or known.step == OUT):
            random = RandomStream(self._seed, _OF_MOVE, int(known.plane.hex, 16), floor(now))
            report = movement(known.step, Talk(random, known.plane, self._centre, self._home, now))
            self._begin(report, now + REPORT_AFTER_S)

    def _begin(self, said: Iterable[tuple[float, Block]], now: float) -> None:
        for after, block in said:
            if len(self._waiting) < MAX_WAITING:
                self._order += 1
                heappush(self._waiting, (now + after, self._order, block))


def _step(known: _Known) -> str:
    """How far an aircraft has come: OUT (on the ground, before its take-off), OFF, ON, IN (it stands after its landing)."""
    plane, before = known.plane, known.step
    if plane.alt_ft is not None:
        return OFF
    if before in (None, OUT):
        return OUT
    return IN if before == IN or (before == ON and plane.gs < 1) else ON


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0

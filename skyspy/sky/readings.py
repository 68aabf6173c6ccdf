"""Application: the positions of a sky's aircraft that count in statistics, each with the receivers that heard it there.

Invariants: memory is bounded by the tracker's aircraft. A walk over all aircraft is made in slices, between which others run; an
aircraft whose position is the same costs one comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from skyspy.cooperate import Yielder
from skyspy.geo import Point, bearing_deg, distance_nm
from skyspy.receivers.manager import Hearing, Receivers
from skyspy.rollups.confirmed import Reading, Run
from skyspy.tracker import Tracker
from skyspy.tracker.gate import ADSC
from skyspy.tracker.tracked_aircraft import TrackedAircraft

FRESH_S = 3.0
"""A receiver heard an aircraft at a position if it heard the aircraft as late as this before it, or later."""


class Counted(NamedTuple):
    """Positions of one aircraft that count from now on, and its last three. `demo`: its traffic is simulated."""

    aircraft: TrackedAircraft
    readings: Sequence[Reading]
    recent: Sequence[Reading]
    demo: bool


class _Followed:
    __slots__ = ("aircraft", "at", "run")

    def __init__(self, aircraft: TrackedAircraft) -> None:
        self.aircraft = aircraft
        self.at = -inf
        self.run = Run()


class Readings:
    """Follows the positions of one sky."""

    def __init__(self, tracker: Tracker, receivers: Receivers, steady: Callable[[], float]) -> None:
        self._tracker = tracker
        self._receivers = receivers
        self._steady = steady
        self._followed: dict[str, _Followed] = {}

    def __len__(self) -> int:
        return len(self._followed)

    def walk(self, place: Point | None, take: Callable[[Counted], object]) -> None:
        """Call `take` for each aircraft with positions that count from now on. `place`: from where distances are measured; where it is
        None they are 0. Yields."""
        receivers = self._receivers
        hearings, decoders, stands_in = receivers.hearings(), receivers.decoders(), receivers.stands_in
        followed, yielder = self._followed, Yielder(self._steady)
        for aircraft in self._tracker.states():
            yielder.maybe_yield()
            position, one = aircraft.position, followed.get(aircraft.hex)
            if one is not None and one.at == position.at and one.aircraft is aircraft:
                continue
            # A position that was sent over a data link does not say how far a receiver hears.
            if position.at == -inf or position.rank == ADSC or "lat" not in aircraft.public or aircraft.gone:
                continue
            if one is None or one.aircraft is not aircraft:
                one = followed[aircraft.hex] = _Followed(aircraft)
            one.at = position.at
            heard = [hearing for hearing in hearings if hearing.addresses.get(aircraft.hex, -inf) >= position.at - FRESH_S]
            readings = one.run.offer(_reading(aircraft, place, heard, decoders))
            if readings:
                demo = all(hearing.is_demo for hearing in heard) if heard else stands_in
                take(Counted(aircraft, readings, one.run.recent, demo))

    def forget_gone(self) -> None:
        """Forget the aircraft that left the sky. Yields."""
        yielder = Yielder(self._steady)
        for hex_, one in list(self._followed.items()):
            yielder.maybe_yield()
            if one.aircraft.gone:
                del self._followed[hex_]

    def clear(self) -> None:
        """Begin anew: distances are measured from another place."""
        self._followed.clear()


def _reading(aircraft: TrackedAircraft, place: Point | None, heard: Sequence[Hearing], decoders: Mapping[int, str]) -> Reading:
    position, get = aircraft.position, aircraft.public.get
    where = (position.lat, position.lon)
    altitude: Any = get("alt_baro")
    geometric, gs = get("alt_geom"), get("gs")
    rssi_by = _signal_of(aircraft, heard, decoders)
    rssi: Any = aircraft.rssi
    return Reading(
        position.at,
        *where,
        0.0 if place is None else distance_nm(place, where),
        0.0 if place is None else bearing_deg(place, where),
        0 if altitude == "ground" else altitude,
        geometric if isinstance(geometric, int) else None,
        gs,
        None if rssi_by is None or rssi is None else float(rssi),
        rssi_by,
        tuple(hearing.receiver for hearing in heard),
    )


def _signal_of(aircraft: TrackedAircraft, heard: Sequence[Hearing], decoders: Mapping[int, str]) -> str | None:
    """The receiver that measured the signal strength of the aircraft; None where it may be one of several."""
    if len(heard) == 1:
        return heard[0].receiver
    stamp = aircraft.stamps.get("rssi")
    if stamp is None or stamp.at != aircraft.position.at:
        return None
    # Signal strength and position came in one message.
    return decoders.get(id(aircraft.position.holder))

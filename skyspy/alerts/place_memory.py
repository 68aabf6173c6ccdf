"""Which aircraft are inside which places, from round to round, with the band at their edges; and what looking costs each owner."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from skyspy.alerts.areas import Area, Position, area_of
from skyspy.alerts.places import Circle, Place

MAX_UNITS = 200_000
"""What an owner's places cost in one round at most: some 20 ms. Of what is left over, the answer of before holds until it is looked at."""
CIRCLE_UNITS = 6
"""A unit is an edge of a polygon that is looked at; a circle takes as long as so many."""
PIECE = 256
"""So many positions are looked at between two pauses."""


class Located(NamedTuple):
    """Aircraft with a position, the southernmost first; `bits` are their bits."""

    lats: Sequence[float]
    bits: Sequence[int]
    positions: Sequence[Position]


class Budget:
    """What each owner has left in this round."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left: dict[int, int] = {}

    def take(self, owner_id: int, units: int) -> bool:
        """Whether the owner has so many units left; they are gone then."""
        left = self._left.get(owner_id, MAX_UNITS)
        if left < units:
            return False
        self._left[owner_id] = left - units
        return True


class KnownPlace:
    """One place: whose bits are known to be inside, and outside."""

    __slots__ = ("_area", "_units", "inside", "outside")

    def __init__(self, place: Place) -> None:
        self._area: Area = area_of(place)
        self._units = CIRCLE_UNITS if isinstance(place.shape, Circle) else CIRCLE_UNITS + self._area.units
        self.inside = self.outside = 0

    def look(self, located: Located, among: int, take: Callable[[int], bool], pause: Callable[[], None]) -> int:
        """Look where those `among` the bits of `located` are. Gives the bits of those that could not be looked at, because `take` has
        refused what it costs; for them the answer of before stands, if there is one."""
        area, before, units = self._area, self.inside, self._units
        first, last = bisect_left(located.lats, area.south), bisect_right(located.lats, area.north)
        bits, positions = located.bits, located.positions
        inside = late = 0
        for n in range(first, last):
            bit = bits[n]
            if n % PIECE == 0:
                pause()
            if not bit & among:
                continue
            if not take(units):
                late |= bit
            elif area.is_inside(positions[n]) or (bit & before and area.is_in_band(positions[n])):
                inside |= bit
        looked = among & ~late
        self.inside = (self.inside & ~looked) | inside
        self.outside = (self.outside & ~looked) | (looked & ~inside)
        return late

    def forget(self, bits: int) -> None:
        """Forget the aircraft of these bits."""
        self.inside &= ~bits
        self.outside &= ~bits


class PlaceMemory:
    """The places of all rules."""

    def __init__(self) -> None:
        self._known: dict[Place, KnownPlace] = {}

    def __len__(self) -> int:
        return len(self._known)

    def known(self, place: Place) -> KnownPlace:
        """What is known of a place, from now on too."""
        found = self._known.get(place)
        if found is None:
            found = self._known[place] = KnownPlace(place)
        return found

    def keep(self, places: Collection[KnownPlace]) -> None:
        """Forget all other places."""
        self._known = {place: one for place, one in self._known.items() if one in places}

    def forget(self, bits: int) -> None:
        """Forget the aircraft of these bits."""
        for one in self._known.values():
            one.forget(bits)

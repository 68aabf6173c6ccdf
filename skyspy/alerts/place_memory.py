"""Which aircraft are inside which places, from round to round, with the band at their edges; and what looking costs each owner."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import chain
from typing import Protocol

from skyspy.alerts.areas import Area, Position, area_of
from skyspy.alerts.bits import bits_of
from skyspy.alerts.places import Circle, Place

MAX_UNITS = 200_000
"""What an owner's places cost in one round at most: some 20 ms. Of what is left over, the answer of before holds until it is looked at."""
CIRCLE_UNITS = 6
"""A unit is an edge of a polygon that is looked at; a circle takes as long as so many."""
PIECE = 64
"""So many positions are looked at between two pauses."""


class Budget:
    """What each owner has left in this round, of so many units."""

    __slots__ = ("_left", "_units")

    def __init__(self, units: int = MAX_UNITS) -> None:
        self._units = units
        self._left: dict[int, int] = {}

    def take(self, owner_id: int, units: int, most: int) -> int:
        """For how many things of so many units each there is enough left, at most `most`; it is gone then. Who needs more than what is
        left has half of it, so that something remains for the others."""
        left = self._left.get(owner_id, self._units)
        count = most if most * units <= left else left // 2 // units
        self._left[owner_id] = left - count * units
        return count


class Located(Protocol):
    """Aircraft with a position, each with a bit."""

    @property
    def latitudes(self) -> Ordered:
        """Their latitudes."""

    @property
    def longitudes(self) -> Ordered:
        """Their longitudes."""

    def position(self, place: int) -> Position:
        """Where the one of the bit of this place is."""


class Ordered(Protocol):
    """A number of each aircraft."""

    def between(self, low: float, high: float) -> int:
        """The bits of those from `low` to `high`."""


class KnownPlace:
    """One place: whose bits are known to be inside, and outside. `units`: what one look costs."""

    __slots__ = ("_area", "_next", "inside", "outside", "units")

    def __init__(self, place: Place) -> None:
        self._area: Area = area_of(place)
        self.units = CIRCLE_UNITS if isinstance(place.shape, Circle) else CIRCLE_UNITS + self._area.units
        self.inside = self.outside = 0
        self._next = 0
        """The place of the bit at which the last look came to its end: the next one begins there."""

    def look(self, located: Located, among: int, take: Callable[[int, int], int], pause: Callable[[], None]) -> int:
        """Look where those `among` the bits of `located` are. `take(units, most)` says how many may be looked at. Gives the bits of those
        that may not; for them the answer of before stands, if there is one."""
        area, near = self._area, 0
        for box in area.boxes:
            near |= located.latitudes.between(box.south, box.north) & located.longitudes.between(box.west, box.east)
        near &= among
        left = take(self.units, near.bit_count())
        first = near >> self._next << self._next
        inside, late = 0, near
        for n, place in enumerate(chain(bits_of(first), bits_of(near ^ first))):
            if n % PIECE == PIECE - 1:
                pause()
            if n >= left:
                self._next = place
                break
            late ^= 1 << place
            at = located.position(place)
            if area.is_inside(at) or (self.inside >> place & 1 and area.is_in_band(at)):
                inside |= 1 << place
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

"""The values of some aircraft in one round, field by field, and what conditions say of them all at once.

Each aircraft has a bit. What a condition says is two integers, a `Truth`: the bits of the aircraft for which it is true and of
those for which it is false; an aircraft in neither has no value. So a condition of a thousand aircraft costs little more than that
of one, and conditions are joined by `&` and `|`. A column is made when the first rule asks for it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import accumulate
from operator import itemgetter, or_

from skyspy.aircraft_state import AircraftState
from skyspy.alerts.areas import Position, position_of
from skyspy.alerts.patterns import PatternSet
from skyspy.alerts.rounds import AlertRound
from skyspy.alerts.values import OF_STATE, READ, RoundEvents, Seen
from skyspy.alerts.watchlist import Kind, WatchlistIndex, plain_registration

Truth = tuple[int, int]
UNKNOWN: Truth = (0, 0)
PIECE = 256
"""So many aircraft are read between two pauses."""

_FIELD_OF: dict[Kind, str] = {Kind.HEX: "hex", Kind.REGISTRATION: "r", Kind.CALLSIGN: "flight", Kind.TYPE: "t"}


class TextColumn:
    """A text of each aircraft. `masks`: the bits by text, `upper`: by text in upper case."""

    __slots__ = ("known", "late", "masks", "matched", "upper")

    def __init__(self, masks: dict[str, int]) -> None:
        self.masks = masks
        self.known = 0
        self.upper: dict[str, int] = {}
        for text, mask in masks.items():
            self.known |= mask
            key = text.upper()
            self.upper[key] = self.upper.get(key, 0) | mask
        self.matched: dict[int, dict[str, int]] = {}
        """By the identity of a PatternSet, the bits by pattern."""
        self.late: dict[int, int] = {}
        """By the identity of a PatternSet, the bits of texts that are not known yet."""


class NumberColumn:
    """A number of each aircraft: the known ones, in the order in which they are given, the lowest first, and the bits of the first n of them."""

    __slots__ = ("known", "masks", "values")

    def __init__(self, pairs: list[tuple[float, int]]) -> None:
        self.values = [value for value, _ in pairs]
        self.masks = list(accumulate((bit for _, bit in pairs), or_, initial=0))
        self.known = self.masks[-1]

    def _below(self, value: float) -> int:
        return self.masks[bisect_left(self.values, value)]

    def _up_to(self, value: float) -> int:
        return self.masks[bisect_right(self.values, value)]

    def between(self, low: float, high: float) -> int:
        """The bits of those from `low` to `high`; where `low` is the larger one, of those from `low` on and those up to `high`."""
        below, up_to = self._below(low), self._up_to(high)
        return up_to & ~below if low <= high else up_to | (self.known & ~below)

    def compare(self, op: str, low: float, high: float) -> Truth:
        """What `is`, `lt`, `le`, `gt` or `ge` with `low` says, or `between` `low` and `high`."""
        below, up_to = self._below(low), self._up_to(low)
        if op == "between":
            true = self.between(low, high)
        else:
            true = {
                "is": up_to & ~below,
                "lt": below,
                "le": up_to,
                "gt": self.known & ~up_to,
                "ge": self.known & ~below,
            }[op]
        return true, self.known & ~true


class Columns:
    """The columns of some aircraft. `rows`: each with the place of its bit. `states`: the same. `all`: the bits of them all. `late`: bits of those to look at again in the next round, because
    something could not be looked at in this one."""

    def __init__(self, look: AlertRound, events: RoundEvents, rows: Sequence[tuple[int, AircraftState]]) -> None:
        self.look, self.events = look, events
        self.states = dict(rows)
        self._bits = [1 << place for place in self.states]
        self.bit_of = {state.hex: bit for bit, (_, state) in zip(self._bits, rows, strict=True)}
        self.all = reduce(or_, self._bits, 0)
        self.late = 0
        self._seen = {exact: Seen(look, events, look.place_exact if exact else look.place_public) for exact in (False, True)}
        self._texts: dict[str, TextColumn] = {}
        self._numbers: dict[tuple[str, bool], NumberColumn] = {}
        self._flags: dict[str, Truth] = {}
        self._lists: dict[str, Truth] | None = None
        self._positions: dict[int, Position] = {}

    def seen(self, exact: bool) -> Seen:
        """By what values are read."""
        return self._seen[exact]

    def text(self, name: str) -> TextColumn:
        """The column of a text."""
        found = self._texts.get(name)
        if found is None:
            masks: dict[str, int] = {}
            for bit, value in self._read(name, False):
                if isinstance(value, str):
                    masks[value] = masks.get(value, 0) | bit
            self.look.pause()
            found = self._texts[name] = TextColumn(masks)
        return found

    def number(self, name: str, exact: bool) -> NumberColumn:
        """The column of a number; `exact`: from the exact place of the receiver."""
        found = self._numbers.get((name, exact))
        if found is None:
            pairs = [(value, bit) for bit, value in self._read(name, exact) if not isinstance(value, str | None)]
            pairs.sort(key=itemgetter(0))
            self.look.pause()
            found = self._numbers[name, exact] = NumberColumn(pairs)
            self.look.pause()
        return found

    def flag(self, name: str) -> Truth:
        """Where a flag is true and where it is false."""
        found = self._flags.get(name)
        if found is None:
            true = false = 0
            for bit, value in self._read(name, False):
                if value is True:
                    true |= bit
                elif value is False:
                    false |= bit
            found = self._flags[name] = true, false
        return found

    def matched(self, name: str, patterns: PatternSet, pattern: str) -> Truth:
        """Where a text matches a pattern of this Set."""
        column = self.text(name)
        found = column.matched.get(id(patterns))
        if found is None:
            found, late = {}, 0
            for n, (text, mask) in enumerate(column.masks.items()):
                if n % PIECE == PIECE - 1:
                    self.look.pause()
                matching = patterns.found_in(text, self.look.pause)
                if matching is None:
                    late |= mask
                    continue
                for one in matching:
                    found[one] = found.get(one, 0) | mask
            column.matched[id(patterns)], column.late[id(patterns)] = found, late
            self.late |= late
        true = found.get(pattern, 0)
        return true, column.known & ~true & ~column.late[id(patterns)]

    def happened(self, name: str, values: Sequence[str], *, whichever: bool) -> Truth:
        """The aircraft to which one of these events happened in this round, and those to which none did."""
        true = 0
        for hex_ in self.events.hexes(name):
            bit = self.bit_of.get(hex_, 0)
            if bit:
                happened = self.events.values(name, hex_)
                if happened and (whichever or not set(values).isdisjoint(happened)):
                    true |= bit
        return true, self.all & ~true

    def listed(self, list_id: str, index: WatchlistIndex) -> Truth:
        """Who is on a watchlist. Where a value is not known by which the list might name an aircraft, that is not known; an exclusion
        counts where its value is known."""
        if self._lists is None:
            self._lists = self._look_up(index)
        return self._lists.get(list_id, UNKNOWN)

    @property
    def latitudes(self) -> NumberColumn:
        """The latitudes of those with a position."""
        return self.number("lat", False)

    @property
    def longitudes(self) -> NumberColumn:
        """The longitudes of those with a position."""
        return self.number("lon", False)

    def position(self, place: int) -> Position:
        """Where the aircraft of the bit of this place is, which has a position."""
        found = self._positions.get(place)
        if found is None:
            state = self.states[place]
            found = self._positions[place] = position_of(state.lat or 0.0, state.lon or 0.0)
        return found

    def _read(self, name: str, exact: bool) -> Iterable[tuple[int, str | float | bool | None]]:
        """The value of each aircraft, with its bit."""
        states, pause = list(self.states.values()), self.look.pause
        values: list[str | float | bool | None] = []
        of_state, read, seen = OF_STATE.get(name), READ[name], self._seen[exact]
        for start in range(0, len(states), PIECE):
            piece = states[start : start + PIECE]
            values += map(of_state, piece) if of_state is not None else [read(state, seen) for state in piece]
            pause()
        return zip(self._bits, values, strict=True)

    def _look_up(self, index: WatchlistIndex) -> dict[str, Truth]:
        columns = {kind: self.text(name) for kind, name in _FIELD_OF.items()}
        on: dict[str, int] = dict.fromkeys(index.used, 0)
        off: dict[str, int] = dict.fromkeys(index.used, 0)
        for kind, column in columns.items():
            listed, excluded = index.listed[kind], index.excluded[kind]
            for n, (text, mask) in enumerate(column.upper.items()):
                if n % PIECE == PIECE - 1:
                    self.look.pause()
                value = plain_registration(text) if kind is Kind.REGISTRATION else text
                for one in listed.get(value, ()):
                    on[one] |= mask
                for one in excluded.get(value, ()):
                    off[one] |= mask
        result = {}
        for one, kinds in index.used.items():
            known = self.all
            for kind in kinds:
                known &= columns[kind].known
            true = on[one] & ~off[one]
            result[one] = true, (known | off[one]) & ~true
        return result

"""Application: which fields of which aircraft changed after a given delta, for clients that resume.

Instead of the deltas themselves it holds, for every field, the number of the delta that changed it last. So it never holds more than the
sky does, however long a client was away, and what a client missed is one delta with the present values.

Invariants: applied to the state at `prev`, or at any delta between `prev` and `seq`, the folded delta makes the state at `seq`, or there is
none. Memory is bounded by the listed aircraft and MAX_REMOVALS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from skyspy.tracker import Delta

MAX_REMOVALS = 5000
"""Removed aircraft that are remembered. Who was away for more of them needs a snapshot."""

MAX_FOLDED = 20_000
"""Values in a folded delta, ages included: to make so many takes some 10 ms. Who missed more gets the snapshot, which is made for all."""

_AGES = ("seen", "seen_pos")
_REMOVAL_SIZE = 2
"""Values in the entry of a removed aircraft."""


@dataclass(frozen=True, slots=True)
class Missed:
    """What changed after delta `prev`, up to `seq`: field names by hex (a name may be of a field that is gone), and hex and reason of
    the removed aircraft."""

    seq: int
    prev: int
    changed: Mapping[str, list[str]]
    removed: tuple[tuple[str, str], ...]
    size: int
    """How many values the folded delta has, ages included."""

    def folded(self, wholes: Mapping[str, Mapping[str, Any]]) -> Delta:
        """One delta with the present values; `wholes` are the aircraft as of `seq`, by hex."""
        return Delta(
            self.seq, self.prev, (), tuple(_patch(wholes[hex_], names) for hex_, names in self.changed.items()), self.removed
        )


@dataclass(frozen=True, slots=True)
class _Removal:
    seq: int
    reason: str
    names: tuple[str, ...]
    """The fields that a client may hold of it: if it comes back, those it has no more are null."""


class DeltaMemory:
    """The changes of one sky from its first delta on. Remembers at most `max_removals` removed aircraft."""

    def __init__(self, max_removals: int = MAX_REMOVALS) -> None:
        self._max_removals = max_removals
        self._seq = self._oldest = 0
        self._changed: dict[str, dict[str, int]] = {}  # by hex and field, the last delta that changed it
        self._removed: dict[str, _Removal] = {}  # by hex, the oldest first

    def add(self, delta: Delta) -> None:
        """Take the next delta."""
        seq = self._seq = delta.seq
        for aircraft in delta.new:
            hex_ = aircraft["hex"]
            left = self._removed.pop(hex_, None)
            self._changed[hex_] = dict.fromkeys((*(left.names if left else ()), *aircraft), seq)
        for patch in delta.changed:
            self._changed.setdefault(patch["hex"], {}).update(dict.fromkeys(patch, seq))
        for hex_, reason in delta.removed:
            self._removed[hex_] = _Removal(seq, reason, tuple(self._changed.pop(hex_, ())))
        while len(self._removed) > self._max_removals:
            self._oldest = self._removed.pop(next(iter(self._removed))).seq

    def since(self, seq: int) -> Missed | None:
        """What was missed by a client that holds the state at `seq`; None if that is not known any more, or never existed, or is
        more than MAX_FOLDED values."""
        if not self._oldest <= seq <= self._seq:
            return None
        removed = tuple(reversed(tuple(self._removed_after(seq))))
        size = _REMOVAL_SIZE * len(removed)
        changed: dict[str, list[str]] = {}
        for hex_, fields in self._changed.items():
            if fields["hex"] > seq:  # part of every change, so it has the newest number
                names = changed[hex_] = [name for name, at in fields.items() if at > seq]
                size += len(names) + len(_AGES)
                if size > MAX_FOLDED:
                    return None
        return Missed(self._seq, seq, changed, removed, size)

    def _removed_after(self, seq: int) -> Iterable[tuple[str, str]]:
        for hex_ in reversed(self._removed):
            removal = self._removed[hex_]
            if removal.seq <= seq:
                return
            yield hex_, removal.reason


def _patch(whole: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The present values of these fields, None for those that are gone, and the ages: other changes of a field came with them."""
    patch = {name: whole.get(name) for name in names}
    return patch | {name: whole[name] for name in _AGES if name in whole}

"""Pseudorandom numbers determined by a key.

Invariant: the same key gives the same numbers on every machine and in every version of Python, so that a seed always
gives the same traffic. Not suitable for secrets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15


def _mix(value: int) -> int:
    """The finalizer of splitmix64: each input bit affects about half of the output bits."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


class RandomStream:
    """A stream of numbers (splitmix64). The order of the key's parts matters: keys (7, 3) and (3, 7) differ."""

    __slots__ = ("_state",)

    def __init__(self, *key: int) -> None:
        state = 0
        for part in key:
            state = _mix((state + _STEP + part) & _MASK)
        self._state = state

    def unit(self) -> float:
        """The next number, 0 <= x < 1."""
        self._state = (self._state + _STEP) & _MASK
        return (_mix(self._state) >> 11) / (1 << 53)

    def between(self, low: float, high: float) -> float:
        """A number, low <= x < high."""
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """An integer, low <= x <= high."""
        return low + int(self.unit() * (high - low + 1))

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[int(self.unit() * len(choices))]

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.unit() < probability

    def sign(self) -> int:
        """-1 or 1."""
        return 1 if self.unit() < 0.5 else -1

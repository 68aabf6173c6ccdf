"""Receptions that confirm each other: a rule raises nothing on a single one. Pure.

A tracker's state is the same in many rounds; only a later time of reception makes a second look of it.
"""

from __future__ import annotations

from collections.abc import Hashable


class TwoLooks:
    """What was received of each aircraft at least twice, so many seconds apart, with no other value between. An aircraft that was not
    looked at in one round is forgotten: `begin` starts a round."""

    __slots__ = ("_apart_s", "_before", "_now")

    def __init__(self, apart_s: float) -> None:
        self._apart_s = apart_s
        self._before: dict[str, tuple[Hashable, float, bool]] = {}
        self._now: dict[str, tuple[Hashable, float, bool]] = {}

    def __len__(self) -> int:
        """How many aircraft are remembered."""
        return len(self._now)

    def begin(self) -> None:
        """Begin a round."""
        self._before, self._now = self._now, {}

    def confirms(self, hex_: str, value: Hashable, at: float | None, *, at_once: bool = False) -> bool:
        """Whether the value, received at `at` (seconds), is confirmed: now or in a round before. None: it was not received, and
        neither begins nor confirms anything. `at_once`: this reception needs no other one."""
        known = self._before.get(hex_)
        if known is not None and known[0] == value:
            _, first_at, is_confirmed = known
            is_confirmed = is_confirmed or (at is not None and (at_once or at - first_at >= self._apart_s))
        elif at is None:
            return False
        else:
            first_at, is_confirmed = at, at_once
        self._now[hex_] = value, first_at, is_confirmed
        return is_confirmed

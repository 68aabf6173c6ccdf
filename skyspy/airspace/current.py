"""What holds now of what several sources list, and what has changed since the last look.

A source's list replaces its last one. What cancels or replaces another item is remembered for a day beyond the list, so that an older copy
of a list (a cache, a file) does not bring back what was cancelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from skyspy.airspace.polygons import no_pause

REMEMBERED_S = 86_400.0
MAX_REMEMBERED = 2000
"""Cancelling items of all sources; the oldest is forgotten first."""
MAX_LISTED = 5000
"""Items of one source; those after it are left out."""


class HasId(Protocol):
    """Anything with an id that is unique in its source."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=HasId)


@dataclass(frozen=True, slots=True)
class Changes(Generic[T]):
    """What holds that did not before, what holds with other values, and what does not hold any more (as it was)."""

    appeared: list[T] = field(default_factory=list)
    changed: list[T] = field(default_factory=list)
    gone: list[T] = field(default_factory=list)


class Current(Generic[T]):
    """Items of several sources. `in_force(items, now, pause)`: which of them hold (`awc_advisories.in_force`, `notam.in_force`).
    `cancels(item)`: whether an item cancels or replaces another one. `pause` is called between pieces of work; whoever is let work then must
    not call `listed`, `drop` or `look`."""

    def __init__(
        self,
        in_force: Callable[[Iterable[T], float, Callable[[], None]], list[T]],
        cancels: Callable[[T], bool],
        pause: Callable[[], None] = no_pause,
    ) -> None:
        self._in_force, self._cancels, self._pause = in_force, cancels, pause
        self._listed: dict[str, list[T]] = {}
        self._cancelling: dict[tuple[str, str], tuple[float, T]] = {}
        self._holds: dict[tuple[str, str], T] = {}

    def items(self) -> list[T]:
        """What holds as of the last look, by source and in the order of its list."""
        return list(self._holds.values())

    def listed(self, source: str, items: Iterable[T], now: float) -> Changes[T]:
        """A source lists these now (`now`: wall seconds). Of several with one id the last counts."""
        self._listed[source] = list({one.id: one for one in items}.values())[:MAX_LISTED]
        for one in self._listed[source]:
            if self._cancels(one):
                self._cancelling.pop((source, one.id), None)
                self._cancelling[source, one.id] = now, one
        return self.look(now)

    def drop(self, source: str, now: float) -> Changes[T]:
        """A source was switched off: nothing of it holds any more."""
        self._listed.pop(source, None)
        self._cancelling = {key: value for key, value in self._cancelling.items() if key[0] != source}
        return self.look(now)

    def look(self, now: float) -> Changes[T]:
        """What has changed by `now`, such as what has ended."""
        kept = [(key, value) for key, value in self._cancelling.items() if now - value[0] <= REMEMBERED_S]
        self._cancelling = dict(kept[-MAX_REMEMBERED:])
        before, holds = self._holds, {}
        for source, items in self._listed.items():
            present = {one.id for one in items}
            past = [one for (of, name), (_, one) in self._cancelling.items() if of == source and name not in present]
            self._pause()
            for one in self._in_force([*items, *past], now, self._pause):
                if one.id in present:
                    holds[source, one.id] = one
        self._pause()
        self._holds = holds
        return Changes(
            appeared=[one for key, one in holds.items() if key not in before],
            changed=[one for key, one in holds.items() if before.get(key, one) is not one and before[key] != one],
            gone=[one for key, one in before.items() if key not in holds],
        )

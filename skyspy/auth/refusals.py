"""What somebody who is known was refused for want of a right, written into the audit log without letting him fill it.

Law: the first of its kind is written at once; what repeats it is counted, and its number is written with the next
batch. Nothing here refuses, and a log that cannot be written changes no answer: what it missed comes with a later batch.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from skyspy.clock import Clock
from skyspy.store import Store, StoreError, audit
from skyspy.store.audit import Actor, printable

log = logging.getLogger(__name__)

ACTION = "access.refused"
MOST_OF_ONE = 50
"""Different things that one may try, from one batch to the next, before they are counted together."""
MOST = 1000
"""The same for all together."""
OTHERS = "many other things"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Who was refused what, and which permissions he lacks for it."""

    actor: Actor
    about: str
    lacks: tuple[str, ...] = ()


class Refusals:
    """Counts refusals between two batches."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._times: dict[Refusal, int] = {}
        """How often each came again since it was last written."""

    def note(self, actor: Actor, about: str, lacks: Iterable[str]) -> None:
        """Write a refusal down, or count it where it is known already. Never raises for the database's sake."""
        refusal = self._folded(Refusal(actor, printable(about, 128), tuple(sorted(lacks))))
        if refusal in self._times:
            self._times[refusal] += 1
            return
        # Before the writing, which lets others run: they count.
        self._times[refusal] = 0
        try:
            after = {"lacks": refusal.lacks}
            self._store.write(audit.record, actor, ACTION, refusal.about, self._clock.wall(), None, after)
        except StoreError as error:
            log.warning("a refusal is written down later: %s", error)
            self._times[refusal] = self._times.get(refusal, 0) + 1

    def flush(self) -> None:
        """Write how often what was written came again. Raises StoreError, and keeps what was not written."""
        times, repeated = self._times, {refusal: times for refusal, times in self._times.items() if times}
        # What came again stays known for another round, so that a flood that goes on is not news each time.
        self._times = dict.fromkeys(repeated, 0)
        if not repeated:
            return
        rows = [(one.actor, ACTION, one.about, {"lacks": one.lacks, "times": again}) for one, again in repeated.items()]
        try:
            self._store.write(audit.record_all, rows, self._clock.wall())
        except StoreError:
            for refusal, again in times.items():
                self._times[refusal] = self._times.get(refusal, 0) + again
            raise

    def _folded(self, refusal: Refusal) -> Refusal:
        """The refusal, or what stands for it where there are too many different ones."""
        if refusal in self._times:
            return refusal
        actor = refusal.actor
        if len(self._times) >= MOST:
            return Refusal(Actor(actor.kind), OTHERS)
        own = sum((known.actor.kind, known.actor.name) == (actor.kind, actor.name) for known in self._times)
        return Refusal(Actor(actor.kind, actor.name), OTHERS) if own >= MOST_OF_ONE else refusal

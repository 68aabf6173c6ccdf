"""Audit rows for identified principals that were refused for a missing permission, without letting them fill the log.

Invariants: the first refusal of its kind is written at once; repetitions are counted, and their number is written with the next
batch. Nothing is refused here, and a log that cannot be written changes no answer: its rows come with a later batch.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from skyspy.clock import Clock
from skyspy.store import Store, StoreError, audit
from skyspy.store.audit import Actor, printable

log = logging.getLogger(__name__)

ACTION = "access.refused"
MAX_REFUSALS_PER_ACTOR = 50
"""How many different refusals of one actor are kept between two batches; any more are counted together."""
MAX_REFUSALS = 1000
"""The same for all actors together."""
OTHERS = "many other things"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused action (`about`) of an actor, and the permissions that are missing for it."""

    actor: Actor
    about: str
    lacks: tuple[str, ...] = ()


class RefusalLog:
    """Writes first refusals and counts repeated ones between two batches."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._times: Counter[Refusal] = Counter()
        """How often each was repeated since it was last written."""

    def note(self, actor: Actor, about: str, lacks: Iterable[str]) -> None:
        """Write a refusal to the audit log, or count it where it was written already. Does not raise StoreError."""
        refusal = self._grouped(Refusal(actor, printable(about, 128), tuple(sorted(lacks))))
        if refusal in self._times:
            self._times[refusal] += 1
            return
        # Before the write, which yields: other greenlets then count.
        self._times[refusal] = 0
        try:
            after = {"lacks": refusal.lacks}
            self._store.write(audit.record, actor, ACTION, refusal.about, self._clock.wall(), None, after)
        except StoreError as error:
            log.warning("a refusal is written down later: %s", error)
            self._times[refusal] += 1

    def flush(self) -> None:
        """Write how often refusals were repeated. Raises StoreError, and keeps what was not written."""
        times, repeated = self._times, {refusal: times for refusal, times in self._times.items() if times}
        # Repeated refusals stay known for another round, so that a continuing flood is not written as new each time.
        self._times = Counter(dict.fromkeys(repeated, 0))
        if not repeated:
            return
        rows = [(one.actor, ACTION, one.about, {"lacks": one.lacks, "times": again}) for one, again in repeated.items()]
        try:
            self._store.write(audit.record_all, rows, self._clock.wall())
        except StoreError:
            self._times.update(times)
            raise

    def _grouped(self, refusal: Refusal) -> Refusal:
        """The refusal, or the one it is counted with where there are too many different ones."""
        if refusal in self._times:
            return refusal
        actor = refusal.actor
        if len(self._times) >= MAX_REFUSALS:
            return Refusal(Actor(actor.kind), OTHERS)
        own = sum((known.actor.kind, known.actor.name) == (actor.kind, actor.name) for known in self._times)
        return Refusal(Actor(actor.kind, actor.name), OTHERS) if own >= MAX_REFUSALS_PER_ACTOR else refusal

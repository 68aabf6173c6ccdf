"""What is due in the outbox is sent, in the process that writes the history, and what became of it is noted.

Of each destination only the oldest delivery that waits is due, so its order is kept: the next one is due when that was sent or given up.
Each try is a greenlet of its own: at most MAX_AT_ONCE at once, MAX_PER_OWNER of one owner, one of a destination. A slow destination delays
its own deliveries and no other's.

Invariants: every delivery is sent, or noted as given up with the reason. A try that was answered but could not be noted is not repeated by this
process while it writes the history: its destination waits until it is noted. A process that dies between the answer and the note has it
repeated by the next one under the same id: receivers tell it by that.
"""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import gevent

from skyspy.clock import Clock
from skyspy.loop import Loop
from skyspy.notify import retries
from skyspy.notify.destination import Delivery, Destination, Message, Outcome
from skyspy.notify.send import Senders, where
from skyspy.notify.vault import VaultError
from skyspy.store.errors import StoreError
from skyspy.store.history.lease import Fenced

log = logging.getLogger(__name__)

EVERY_S = 1.0
MIN_PERIOD_S = 0.05
MAX_AT_ONCE = 32
MAX_PER_OWNER = 4
"""So that one owner's silent destinations leave room for those of others."""
MAX_DUE = 500
"""So many due deliveries are looked at in one round."""
STOP_S = 1.0
"""Tries that are under way when the server stops have so long to end."""
AFTER_CRASH_S = 60.0
"""So long a destination waits after an error of the server itself."""
NOT_THERE = "the destination was deleted or disabled, or its owner may not have alerts any longer"
GIVEN_UP = "nothing could be delivered for three days; the last reason: {}"

_jitter = secrets.SystemRandom().random

Note = Callable[[], object]
"""Writes what became of a delivery. Raises StoreError, Fenced."""


class Outbox(Protocol):
    """The outbox of the history (store/history/outbox.py), through which the holder of the lease writes. Times are wall seconds."""

    def due(self, now: float, limit: int) -> Sequence[Delivery]:
        """Of each destination its oldest pending delivery, if it is due."""

    def sent(self, delivery_id: str, at: float) -> object: ...
    def retry(self, delivery_id: str, next_try: float, error: str, status: int | None) -> object: ...
    def dead(self, delivery_id: str, at: float, error: str, status: int | None) -> object: ...


class Destinations(Protocol):
    """The destinations of the main store."""

    def get(self, destination_id: int) -> Destination | None:
        """With its secrets; None where nothing may be sent there. Raises StoreError, VaultError."""

    def disable(self, destination_id: int, reason: str) -> object:
        """Send nothing there any longer, and say why."""


class Deliverer:
    """The loop that sends. `is_holder`: whether this process writes the history. `jitter` gives numbers from 0 to 1.

    `sent`, `failed` and `dead` count tries and what was given up since the start."""

    def __init__(
        self,
        outbox: Outbox,
        destinations: Destinations,
        senders: Senders,
        clock: Clock,
        is_holder: Callable[[], bool],
        jitter: Callable[[], float] = _jitter,
    ) -> None:
        self.sent = self.failed = self.dead = 0
        self.loop = Loop("delivering alerts", self.round, clock, EVERY_S, lambda: MIN_PERIOD_S)
        self._outbox, self._destinations, self._senders = outbox, destinations, senders
        self._clock, self._is_holder, self._jitter = clock, is_holder, jitter
        self._owners: Counter[int] = Counter()
        """How many tries of each owner are under way."""
        self._tries: dict[int, gevent.Greenlet[[Delivery], None]] = {}
        """The try of each destination that is under way."""
        self._ended: set[int] = set()
        """The destinations of tries that ended since the outbox was asked: what it says of those may be of before."""
        self._unnoted: dict[int, Note] = {}
        """What could not be noted yet, by destination."""

    @property
    def under_way(self) -> int:
        """Tries that are under way."""
        return len(self._tries)

    @property
    def unnoted(self) -> int:
        """Deliveries of which it could not be noted yet what became of them."""
        return len(self._unnoted)

    def start(self) -> None:
        """Begin to send."""
        self.loop.start()

    def wake(self) -> None:
        """Look into the outbox now: something was added."""
        self.loop.wake()

    def stop(self) -> None:
        """Begin no further try, let those under way end for STOP_S, and note what became of them."""
        self.loop.stop()
        tries = list(self._tries.values())
        gevent.joinall(tries, timeout=STOP_S)
        gevent.killall(tries)
        self._note_again()
        self._senders.close()

    def round(self) -> None:
        """Begin a try of everything that is due and has room."""
        if not self._is_holder():
            # Another process goes on with what is stored.
            self._unnoted.clear()
            return
        self._note_again()
        self._ended.clear()
        for delivery in self._outbox.due(self._clock.wall(), MAX_DUE):
            if len(self._tries) >= MAX_AT_ONCE:
                return
            is_busy = any(delivery.destination_id in some for some in (self._tries, self._unnoted, self._ended))
            if not is_busy and self._owners[delivery.owner_id] < MAX_PER_OWNER:
                self._owners[delivery.owner_id] += 1
                self._tries[delivery.destination_id] = gevent.spawn(self._try, delivery)

    def _try(self, delivery: Delivery) -> None:
        try:
            self._deliver(delivery)
        except StoreError as error:
            log.warning("an alert waits: its destination cannot be read: %s", error)
            self._clock.sleep(EVERY_S)
        except Exception as error:  # noqa: BLE001 - our own bug; its destination waits, others go on
            log.error("delivering an alert failed (%s); its destination waits", where(error))  # noqa: TRY400
            self._clock.sleep(AFTER_CRASH_S)
        finally:
            self._ended.add(delivery.destination_id)
            self._tries.pop(delivery.destination_id, None)
            self._owners -= Counter((delivery.owner_id,))
            self.loop.wake()

    def _deliver(self, delivery: Delivery) -> None:
        try:
            destination = self._destinations.get(delivery.destination_id)
        except VaultError as error:
            self._failed(delivery, Outcome(ok=False, reason=str(error)))
            return
        if destination is None or destination.owner_id != delivery.owner_id:
            self._failed(delivery, Outcome(ok=False, reason=NOT_THERE, is_final=True))
            return
        kind = "alert.triggered" if delivery.alert_id is not None else "alert.summary"
        message = Message(delivery.id, delivery.title, delivery.body, delivery.data, delivery.created_at, kind)
        # This process may have been stopped since it read what is due.
        if not self._is_holder():
            return
        outcome = self._senders.send(destination, message)
        if outcome.ok:
            self.sent += 1
            self._note(delivery, partial(self._outbox.sent, delivery.id, self._clock.wall()))
        else:
            self._failed(delivery, outcome)

    def _failed(self, delivery: Delivery, outcome: Outcome) -> None:
        now = self._clock.wall()
        plan = retries.plan(outcome, delivery.attempts + 1, now, self._jitter)
        self.failed += 1
        if plan.next_try is not None:
            self._note(delivery, partial(self._outbox.retry, delivery.id, plan.next_try, outcome.reason, outcome.status))
            return
        self.dead += 1
        note: Note = partial(self._outbox.dead, delivery.id, now, outcome.reason, outcome.status)
        if outcome.is_gone or plan.is_exhausted:
            reason = outcome.reason if outcome.is_gone else GIVEN_UP.format(outcome.reason)
            note = partial(self._end, delivery, reason, note)
        self._note(delivery, note)

    def _end(self, delivery: Delivery, reason: str, note: Note) -> None:
        """Disable the destination and note that the delivery is given up; both may be repeated."""
        self._destinations.disable(delivery.destination_id, reason)
        note()

    def _note(self, delivery: Delivery, note: Note) -> None:
        """Write what became of a delivery, or keep it to be written."""
        try:
            note()
        except Fenced:
            # Another process writes the history, and goes on with this delivery.
            return
        except StoreError as error:
            log.warning("what became of an alert could not be noted, it is tried again: %s", error)
            self._unnoted[delivery.destination_id] = note

    def _note_again(self) -> None:
        for destination_id, note in list(self._unnoted.items()):
            try:
                note()
            except Fenced:
                pass
            except StoreError:
                return
            del self._unnoted[destination_id]

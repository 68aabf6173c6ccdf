"""Application: the datalink messages of one sky, stored, and the same for all processes.

The process that writes the history makes messages (datalink.py). It stores those of a round in one transaction and publishes them after
it. The others publish what they read: each looks once a second at what has changed in the store.

Where the history cannot be written, the process that made messages until then publishes all the same; what is not stored is kept, at most
MAX_UNSAVED messages, and stored when it can be.

Invariants: a message is published once in each process. A process that finds that another one writes drops what was not stored, and
publishes what the other one stores.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from math import inf
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from skyspy.clock import Clock, Moment
from skyspy.datalink.message import Message
from skyspy.sky.event_log import PATIENCE_S, RETRY_S, History
from skyspy.sky.shown_messages import SNAPSHOT_MESSAGES
from skyspy.store.errors import StoreError, UnstorableValue
from skyspy.store.history import acars
from skyspy.store.history.acars import Changes, MessageSearch
from skyspy.store.history.acars_counts import Frames
from skyspy.store.history.lease import Fenced

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

MAX_UNSAVED = 2000
MAX_KNOWN = 20_000
"""Ids of messages that are remembered, so that what was published is not published again when it is read: more than arrive in the
30 seconds in which a message may change."""
MAX_READS = 10
"""Pages of changed messages that one look reads."""
LATELY_S = 30.0
"""How far back a process that begins to make messages reads: copies of these may still arrive."""
FOLLOW_S = 1.0
"""How often another process's messages are read."""
FRAMES_S = 5.0
"""Counts of frames without a message to store wait so long."""


class Publish(Protocol):
    """Has messages in snapshots, and sends those that are `new` to the clients of this process; may yield between two of them. `own`:
    they were made here now."""

    def __call__(self, new: Sequence[Message], changed: Sequence[Message], *, own: bool) -> object: ...


class DatalinkLog:
    """The messages of one sky. `makes` is whether this process makes messages now, and does not only read them. `made` counts those made
    here, `lost` messages that could not be stored, `failed` the tries."""

    def __init__(self, history: History, publish: Publish, clock: Clock, name: str) -> None:
        self.made = self.lost = self.failed = 0
        self.makes = False
        self._history = history
        self._publish = publish
        self._clock = clock
        self._started = clock.wall()
        self._unsaved: dict[str, Message] = {}
        self._known: dict[str, None] = {}
        """The ids of messages that were published here."""
        self._upto: int | None = None
        """Changes of the store are known up to this number; None: it was not read yet."""
        self._restored = False
        self._restore_by = self._unknown_since = inf
        self._retry_at = self._followed_at = self._stored_at = -inf
        history.lease.on_gained(f"datalink messages of the {name} sky", self._gained)

    @property
    def unsaved(self) -> int:
        """Messages that wait to be stored."""
        return len(self._unsaved)

    @property
    def may_make(self) -> bool:
        """Whether this process listens to data links: it writes the history; or it did, or nobody is known to, and that cannot be read now,
        so that clients go on getting messages while the database is away."""
        lease = self._history.lease
        if lease.error is None:
            self._unknown_since = inf
            return lease.held
        self._unknown_since = min(self._unknown_since, self._clock.steady())
        return lease.held or self.makes or self._clock.steady() - self._unknown_since >= PATIENCE_S

    # -- what is stored ----------------------------------------------------------------------------

    def begin_round(self, now: Moment) -> list[Message] | None:
        """Publish what is new in the store, and say whether this process makes messages in this round: None where it does not. Else a list,
        which is empty but in the first round after a start or a takeover: the messages that were stored lately, the oldest first."""
        made_before, self.makes = self.makes, self.may_make
        if made_before and not self.makes:
            self._give_up()
        self.read_first()
        if not self.makes:
            self._follow(now)
            return None
        return [] if self._restored else self._restore(now)

    def read_first(self) -> None:
        """Let snapshots show the latest stored messages, if that was not done; those received since the start of this process are announced
        too. Where they cannot be read, it is tried again in the rounds."""
        if self._upto is not None:
            return
        found = self._read(_latest)
        if found is not None:
            self._tell([message for message in found.messages if message.time < self._started], is_old=True)
            self._tell(found.messages)
            self._upto = found.upto

    def _follow(self, now: Moment) -> None:
        """Publish what has changed in the store since the last look."""
        if self._upto is None or now.steady - self._followed_at < FOLLOW_S:
            return
        self._followed_at = now.steady
        for _ in range(MAX_READS):
            found = self._read(acars.changed_since, self._upto)
            if found is None or not found.messages:
                return
            self._tell(found.messages)
            self._upto = found.upto

    def _restore(self, now: Moment) -> list[Message] | None:
        """What was stored lately; None where it cannot be read, for PATIENCE_S at most."""
        self._restore_by = min(self._restore_by, now.steady + PATIENCE_S)
        found = self._read(acars.lately, now.wall - LATELY_S)
        if found is None and now.steady < self._restore_by:
            return None
        self._restored, self._restore_by = True, inf
        if found is None:
            return []
        # What the process before has stored, and this one has not read yet.
        self._tell([message for message in found.messages if message.time >= self._started])
        self._tell(found.messages, is_old=True)
        self._upto = max(self._upto or 0, found.upto)
        return found.messages

    def _gained(self, _fence: int) -> None:
        """This process writes from now on: it goes on with what is stored."""
        self._restored = False
        self._retry_at = -inf

    def _give_up(self) -> None:
        """Another process makes the messages now."""
        self.lost += len(self._unsaved)
        self._unsaved = {}
        self.makes = self._restored = False

    def _read(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What is read; None where it cannot be, which is tried again after RETRY_S."""
        if self._clock.steady() < self._retry_at:
            return None
        try:
            return self._history.read(fn, *args, **kwargs)
        except StoreError:
            self._retry_at = self._clock.steady() + RETRY_S
            return None

    # -- what is made here -------------------------------------------------------------------------

    def take(self, now: Moment, new: Sequence[Message], changed: Sequence[Message], frames: Sequence[Frames] = ()) -> bool:
        """Store the messages of one round: those that are new, and those that have changed, as they are now; then publish them. `frames`:
        counts that are stored with them. Returns whether the counts were stored."""
        for message in (*new, *changed):
            self._unsaved.pop(message.id, None)
            self._unsaved[message.id] = message
        self.made += len(new)
        stored = self._store(now, frames)
        surplus = len(self._unsaved) - MAX_UNSAVED
        if surplus > 0:
            self.lost += surplus
            for message_id in list(islice(self._unsaved, surplus)):
                del self._unsaved[message_id]
        if self.makes and (new or changed):
            self._note(new)
            self._publish(new, changed, own=True)
        return stored

    def _store(self, now: Moment, frames: Sequence[Frames]) -> bool:
        is_due = bool(self._unsaved) or (bool(frames) and now.steady - self._stored_at >= FRAMES_S)
        if not is_due or self._clock.steady() < self._retry_at or not self._history.lease.held:
            return False
        unsaved, self._unsaved = self._unsaved, {}
        try:
            upto = self._history.commit_now(_write, list(unsaved.values()), frames)
        except Fenced:
            self.lost += len(unsaved)
            self._give_up()
            return False
        except StoreError:
            self.failed += 1
            self._retry_at = self._clock.steady() + RETRY_S
            self._unsaved = unsaved
            return False
        except UnstorableValue:
            # No later try would store it.
            log.exception("%d datalink messages cannot be stored", len(unsaved))
            self.lost += len(unsaved)
            return True
        self._upto = max(self._upto or 0, upto)
        self._stored_at = now.steady
        return True

    def _tell(self, found: Iterable[Message], *, is_old: bool = False) -> None:
        """Publish stored messages: those that were not published here are new, the others have changed. `is_old`: none is announced."""
        found = list(found)
        new = [] if is_old else [message for message in found if message.id not in self._known]
        fresh = {message.id for message in new}
        changed = [message for message in found if message.id not in fresh]
        self._note(found if is_old else new)
        if found:
            self._publish(new, changed, own=False)

    def _note(self, messages: Iterable[Message]) -> None:
        self._known |= dict.fromkeys(message.id for message in messages)
        for message_id in list(islice(self._known, max(0, len(self._known) - MAX_KNOWN))):
            del self._known[message_id]


def _write(connection: Connection, messages: Sequence[Message], frames: Sequence[Frames]) -> int:
    """Write these, and say up to which number changes are known then: nobody else writes meanwhile."""
    acars.write_messages(connection, messages, frames)
    return acars.last_change(connection)


def _latest(connection: Connection) -> Changes:
    """The messages of a snapshot, the earliest first, and the number of the latest change before they were read."""
    upto = acars.last_change(connection)
    return Changes(acars.page(connection, MessageSearch(), None, SNAPSHOT_MESSAGES)[::-1], upto)

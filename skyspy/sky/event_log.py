"""Application: the safety events of one sky, stored, and the same for all processes.

The process that writes the history makes events of the findings, stores the changes of a round in one transaction and publishes them
after it. The others publish what they read: each process looks once a second at what was changed in the store. Acknowledgements, which any process
may make, are noticed in the same way, by the process that writes too.

Where the history cannot be written, a process that does not know of another writer publishes all the same; what is not stored is
kept, at most MAX_UNSAVED events, and stored when it can be.

Invariants: a process that finds that another one writes publishes nothing of its own from then on, and drops what was not stored. What was
read or stored is known here: no event is announced again by a process that goes on with it, after a start or a takeover.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from skyspy.aircraft_state import AircraftState
from skyspy.clock import Clock, Moment
from skyspy.safety.events import MAX_OPEN, Action, Change, Now, OpenEvents, SafetyEvent
from skyspy.safety.rules import Finding
from skyspy.store.errors import StoreError
from skyspy.store.history import safety_events
from skyspy.store.history.lease import Fenced

P = ParamSpec("P")
T = TypeVar("T")

MAX_UNSAVED = 2000
MAX_KNOWN = 3 * MAX_OPEN
"""Events that are remembered beside the open ones, to notice what changes about them."""
PATIENCE_S = 10.0
"""How long a process waits before it makes events, if it cannot read which process writes, or what is stored."""
RETRY_S = 5.0
"""After the history could not be written it is tried again so often: each try may take seconds."""
LATE_S = 5.0
"""An event that was opened and resolved since the last look is announced; one that was resolved longer ago before it is not."""


class Lease(Protocol):
    """Which process writes (store/history/writer.py)."""

    @property
    def held(self) -> bool: ...
    @property
    def fence(self) -> int | None: ...
    @property
    def error(self) -> str | None: ...
    def on_gained(self, name: str, run: Callable[[int], object]) -> None: ...


class History(Protocol):
    """The part of the history store that this module uses."""

    @property
    def lease(self) -> Lease: ...
    def read(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...
    def commit_now(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...


class EventLog:
    """The safety events of one sky. `publish(changes)` sends changes to the clients of this process; it does not yield. `lost` counts
    changed events that could not be stored, `failed` the tries; `makes` is whether this process makes events now, and does not only read them.
    `on_restored` is called with the open events when it goes on with them."""

    def __init__(self, history: History, publish: Callable[[Iterable[Change]], object], clock: Clock, name: str) -> None:
        self.lost = self.failed = 0
        self.makes = False
        self.on_restored: Callable[[Sequence[SafetyEvent]], None] = lambda _events: None
        self._history = history
        self._publish = publish
        self._clock = clock
        self._made = OpenEvents()
        self._unsaved: dict[str, SafetyEvent] = {}
        self._known: dict[str, SafetyEvent] = {}
        """What the clients of this process know, by id: the open events, and those that ended lately."""
        self._upto: int | None = None
        """Changes of the store are known up to this number; None: it was not read yet."""
        self._must_compare = False
        """Whether what clients know is to be compared with all that the store has."""
        self._looked_at = -inf
        self._restored = False
        self._is_ready = False
        """Whether events are made of the findings of this round."""
        self._restore_by = inf
        self._retry_at = -inf
        self._unknown_since = inf
        """Since when (steady seconds) it is not known which process writes; inf: it is."""
        history.lease.on_gained(f"safety events of the {name} sky", self._gained)

    @property
    def open(self) -> list[SafetyEvent]:
        """The open events, as clients know them."""
        return [event for event in self._known.values() if event.is_open]

    @property
    def unsaved(self) -> int:
        """Changed events that wait to be stored."""
        return len(self._unsaved)

    @property
    def left_out(self) -> int:
        """Situations that have no event because too many are open."""
        return self._made.left_out

    @property
    def is_idle(self) -> bool:
        """Whether a round without aircraft does nothing: no event is open or waits, and no other process has this history."""
        return self._restored and self._history.lease.fence == 0 and not (self._upto or self._made or self._unsaved)

    def begin(self, now: Moment, cooldown_s: float) -> None:
        """Begin a round, before the rules look: publish what has changed in the store and, where this process makes events from now on,
        go on with those that are stored. `cooldown_s`: see OpenEvents.look."""
        made_before, self.makes = self.makes, self._may_make(now.steady)
        if made_before and not self.makes:
            self._give_up()
        self._follow(now, cooldown_s)
        self._is_ready = self.makes and self._is_restored(now, cooldown_s)

    def take(
        self, now: Moment, findings: Iterable[Finding], aircraft: Mapping[str, AircraftState], cooldown_s: float, *, demo: bool
    ) -> None:
        """End a round: publish what the findings change if this process makes events. The arguments are those of OpenEvents.look."""
        if self._is_ready:
            changes = self._made.look(Now(now.steady, now.wall), findings, aircraft, cooldown_s, demo=demo)
            self._keep(changes)

    def _may_make(self, now: float) -> bool:
        """Whether this process writes, or cannot know which one does: each has clients of its own to inform. One that has read another's
        events until now waits for a while."""
        lease = self._history.lease
        self._unknown_since = inf if lease.error is None else min(self._unknown_since, now)
        return lease.held or (lease.error is not None and (self.makes or now - self._unknown_since >= PATIENCE_S))

    def _gained(self, _fence: int) -> None:
        """This process writes from now on: it goes on with what is stored, from the next round on."""
        self._restored = self._is_ready = False
        self._retry_at = -inf

    def _give_up(self) -> None:
        """Another process makes the events now."""
        self._made, self._unsaved = OpenEvents(), {}
        self._restored, self._must_compare = False, True

    # -- what is stored ----------------------------------------------------------------------------

    def _read(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What is read; None where it cannot be, which is tried again after RETRY_S."""
        if self._clock.steady() < self._retry_at:
            return None
        try:
            return self._history.read(fn, *args, **kwargs)
        except StoreError:
            self._wait()
            return None

    def _wait(self) -> None:
        self._retry_at = self._clock.steady() + RETRY_S

    def _follow(self, now: Moment, cooldown_s: float) -> None:
        """Publish what another process, or a user, has changed in the store since the last look."""
        is_first = self._upto is None
        if self._upto is None or self._must_compare:
            found = self._read(safety_events.present, now.wall - cooldown_s)
        else:
            found = self._read(safety_events.changed_since, self._upto)
        if found is None:
            return
        if is_first:
            # Who connected before this was read was shown none of them.
            self._known |= {event.id: event for event in found.events if not event.is_open}
            self._send([Change(Action.UPDATED, event) for event in found.events if event.is_open])
        else:
            self._send([*self._changes(found.events, now)])
        if self._must_compare:
            stored = {event.id for event in found.events}
            missing = [event for event in self.open if event.id not in stored]
            self._send([Change(Action.RESOLVED, replace(event, updated=now.wall, resolved=now.wall)) for event in missing])
        self._upto, self._must_compare, self._looked_at = found.upto, False, now.wall

    def _changes(self, events: Iterable[SafetyEvent], now: Moment) -> Iterator[Change]:
        """What stored events tell that clients do not know."""
        for event in events:
            before = self._known.get(event.id)
            if before is not None and self.makes:
                # Of an event that is made here, others change the acknowledgement only.
                noted = replace(before, acknowledged_by=event.acknowledged_by, acknowledged_at=event.acknowledged_at)
                if noted != before:
                    self._made.acknowledge(noted)
                    yield Change(Action.UPDATED, noted)
            elif before is not None:
                if event != before:
                    yield Change(Action.RESOLVED if before.is_open and not event.is_open else Action.UPDATED, event)
            elif event.resolved is None:
                yield Change(Action.OPENED, event)
            elif event.resolved < min(self._looked_at, now.wall) - LATE_S:
                yield Change(Action.UPDATED, event)
            else:
                yield Change(Action.OPENED, replace(event, resolved=None))
                yield Change(Action.RESOLVED, event)

    def _is_restored(self, now: Moment, cooldown_s: float) -> bool:
        """Whether events may be made: what is stored is known, or could not be read for a while."""
        if self._restored:
            return True
        pair = Now(now.steady, now.wall)
        self._restore_by = min(self._restore_by, now.steady + PATIENCE_S)
        stored = self._read(safety_events.present, now.wall - cooldown_s)
        if stored is None and self._upto is not None and not self._made:
            self._made.restore(pair, self._known.values())
            self.on_restored(self._made.events)
        if stored is None:
            return self._upto is not None or self._unknown_since < inf or now.steady >= self._restore_by
        self._restored, self._restore_by = True, inf
        changes = self._made.restore(pair, stored.events)
        self.on_restored(self._made.events)
        self._keep(changes)
        return self._restored

    # -- what is made here -------------------------------------------------------------------------

    def _keep(self, changes: Sequence[Change]) -> None:
        """Store the changes of one round, then publish them."""
        for change in changes:
            self._unsaved[change.event.id] = change.event
        while len(self._unsaved) > MAX_UNSAVED:
            self.lost += 1
            del self._unsaved[next(iter(self._unsaved))]
        if self._unsaved and self._clock.steady() >= self._retry_at and self._history.lease.held:
            try:
                self._history.commit_now(safety_events.write_events, list(self._unsaved.values()))
            except Fenced:
                self._give_up()
                return
            except StoreError:
                self.failed += 1
                self._wait()
            else:
                self._unsaved.clear()
        self._send(changes)

    def _send(self, changes: Sequence[Change]) -> None:
        """Publish changes, and remember what clients know then."""
        for _, event in changes:
            self._known.pop(event.id, None)
            self._known[event.id] = event
        surplus = len(self._known) - MAX_KNOWN
        if surplus > 0:
            for event in [event for event in self._known.values() if not event.is_open][:surplus]:
                del self._known[event.id]
        self._publish(changes)

"""Application: the alerts of one sky, stored with what is to be sent of them, and the same for all processes.

The process that writes the history makes alerts (alerts.py). It stores the alerts of a round with their deliveries in one transaction and
publishes them after it. The others publish what they read: each looks once a second at what is new in the store.

Where the history cannot be written, the process that made alerts until then publishes all the same; what is not stored is kept, at most
MAX_UNSAVED alerts, and stored, and so sent, when it can be. A process that has not made alerts before makes none then.

Invariants: an alert is published once in each process, and none that was stored is made again after a start or a takeover: the matches that
go on, and those whose cooldown does, are read before the first round. A process that finds that another one writes drops what was not
stored: the other one makes these alerts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from skyspy.clock import Clock, Moment
from skyspy.sky.event_log import RETRY_S, History
from skyspy.sky.streams.alerts import KEPT_OF_ALL, KEPT_OF_EACH, KEPT_S
from skyspy.store.errors import StoreError, UnstorableValue
from skyspy.store.history import alerts
from skyspy.store.history.alerts import Alert, Ended
from skyspy.store.history.lease import Fenced
from skyspy.store.history.outbox import Delivery

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

MAX_UNSAVED = 2000
MAX_KNOWN = 5000
"""Ids of alerts that are remembered, so that what was published is not published again when it is read."""
NOTE_S = 60.0
"""So often it is stored that the matches of alerts go on."""
LOST_S = 900.0
"""A match of which that was not stored for so long ended then: nothing looked, and the aircraft made another visit since."""
COOLDOWN_S = 86_400.0
"""The longest cooldown of a rule: matches that ended earlier count no more."""

Subject = tuple[int, str | None]
"""The id of a rule, and the hex of an aircraft, None where the alert is not about one."""


class End(NamedTuple):
    """The match of an alert ended at `at` (wall seconds). `triggered_at`: when the alert was made, None: whenever that was."""

    subject: Subject
    at: float
    triggered_at: float | None = None


class Active(NamedTuple):
    """An alert whose match goes on: its id, and when it was made (wall seconds)."""

    id: str
    triggered_at: float


class New(NamedTuple):
    """An alert, and what is to be sent of it."""

    alert: Alert
    deliveries: Sequence[Delivery]


class Publish(Protocol):
    """Has alerts, the earliest first, in snapshots, and sends those that are `new` to the clients of this process; does not yield."""

    def __call__(self, found: Iterable[Alert], *, new: bool) -> object: ...


class AlertLog:
    """The alerts of one sky. `lost` counts alerts that could not be stored, `failed` the tries, `made` the alerts that were made here;
    `makes` is whether this process makes alerts now, and does not only read them. `active`: the alerts whose match goes on, by what
    they are about."""

    def __init__(self, history: History, publish: Publish, clock: Clock, name: str) -> None:
        self.lost = self.failed = self.made = 0
        self.makes = False
        self.active: dict[Subject, Active] = {}
        self._history = history
        self._publish = publish
        self._clock = clock
        self._started = clock.wall()
        self._unsaved: dict[str, New] = {}
        self._ended: dict[str, Ended] = {}
        self._known: dict[str, None] = {}
        """The ids of alerts that were published here."""
        self._upto: int | None = None
        """Alerts of the store are known up to this number; None: it was not read yet."""
        self._restored = False
        self._retry_at = self._noted_at = -inf
        history.lease.on_gained(f"alerts of the {name} sky", self._gained)

    @property
    def unsaved(self) -> int:
        """Alerts that wait to be stored."""
        return len(self._unsaved)

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing to read for the first time, to store, or to note."""
        return self._upto is not None and not (self._unsaved or self._ended or self.active)

    # -- what is stored ----------------------------------------------------------------------------

    def read_first(self) -> None:
        """Read what snapshots show, if that was not done; where it cannot be read, it is tried again in the rounds."""
        if self._upto is None:
            self._follow()

    def look_who_makes(self) -> None:
        """Note whether this process makes alerts: the one that writes, also while the history cannot be reached."""
        lease = self._history.lease
        self.makes = lease.held or (self.makes and lease.error is not None)

    def begin_round(self, now: Moment) -> list[Alert] | None:
        """Publish what is new in the store, and say whether this process makes alerts in this round: None where it does not. Else a list,
        which is empty but in the first round after a start or a takeover: the stored alerts whose match goes on, or whose cooldown may."""
        made_before = self.makes
        self.look_who_makes()
        if made_before and not self.makes:
            self._give_up()
        stored: list[Alert] | None = []
        if self.makes and not self._restored:
            # Before what is new is read: what is known to go on is published then, too.
            stored = self._read(alerts.active, now.wall - COOLDOWN_S)
        self._follow()
        if not self.makes or stored is None or self._upto is None:
            return None
        return [] if self._restored else self._restore(stored, now)

    def _follow(self) -> None:
        """Publish what is new in the store since the last look. The first look only lets snapshots show the alerts of the last day; those
        that were made since the start of this process are published too."""
        if self._upto is None:
            since = self._clock.wall() - KEPT_S
            found = self._read(alerts.latest, since, KEPT_OF_EACH, KEPT_OF_ALL)
            if found is not None:
                self._tell([alert for alert in found.alerts if alert.triggered_at < self._started], new=False)
        elif self.makes and self._restored:
            # No other process makes alerts now.
            return
        else:
            found = self._read(alerts.changed_since, self._upto)
        if found is not None:
            self._tell(found.alerts)
            self._upto = found.upto

    def _restore(self, stored: Sequence[Alert], now: Moment) -> list[Alert]:
        found: list[Alert] = []
        self.active = {}
        for alert in stored:
            subject, is_over = (alert.rule_id, alert.hex), abs(now.wall - alert.matched_until) > LOST_S
            if alert.ended_at is not None:
                found.append(alert)
            elif is_over or subject in self.active:
                self._ended[alert.id] = Ended(alert.id, alert.matched_until)
                found.append(alerts.ended(alert, alert.matched_until))
            else:
                self.active[subject] = Active(alert.id, alert.triggered_at)
                found.append(alert)
        self._restored = True
        return found

    def _gained(self, _fence: int) -> None:
        """This process writes from now on: it goes on with what is stored."""
        self._restored = False
        self._retry_at = -inf

    def _give_up(self) -> None:
        """Another process makes the alerts now."""
        self.lost += len(self._unsaved)
        self._unsaved, self._ended, self.active = {}, {}, {}
        self._restored = False

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

    def take(self, now: Moment, made: Sequence[New], ends: Iterable[End]) -> bool:
        """Store the new alerts of one round with their deliveries, and the matches that ended; publish the alerts then. Returns whether
        deliveries were stored."""
        for new in made:
            self._unsaved[new.alert.id] = new
            if new.alert.ended_at is None:
                subject = new.alert.rule_id, new.alert.hex
                self._end(End(subject, new.alert.triggered_at))
                self.active[subject] = Active(new.alert.id, new.alert.triggered_at)
        for end in ends:
            self._end(end)
        self.made += len(made)
        while len(self._unsaved) > MAX_UNSAVED:
            self.lost += 1
            del self._unsaved[next(iter(self._unsaved))]
        stored = self._store(now)
        if self.makes:
            self._tell([new.alert for new in made])
        return stored

    def _end(self, end: End) -> None:
        active = self.active.get(end.subject)
        if active is not None and end.triggered_at in (None, active.triggered_at):
            del self.active[end.subject]
            self._ended[active.id] = Ended(active.id, end.at)

    def _store(self, now: Moment) -> bool:
        must_note = bool(self.active) and now.steady - self._noted_at >= NOTE_S
        if not (self._unsaved or self._ended or must_note) or now.steady < self._retry_at or not self._history.lease.held:
            return False
        unsaved, ended = list(self._unsaved.values()), list(self._ended.values())
        deliveries = [delivery for new in unsaved for delivery in new.deliveries]
        going_on = [active.id for active in self.active.values()] if must_note else []
        try:
            upto = self._history.commit_now(
                alerts.write_triggers, [new.alert for new in unsaved], deliveries, ended, going_on, now.wall
            )
        except Fenced:
            self.makes = False
            self._give_up()
            return False
        except StoreError:
            self.failed += 1
            self._retry_at = self._clock.steady() + RETRY_S
            return False
        except UnstorableValue:
            # No later try would store it.
            log.exception("%d alerts cannot be stored", len(unsaved))
            self.lost += len(unsaved)
            self._unsaved.clear()
            self._ended.clear()
            return False
        self._unsaved.clear()
        self._ended.clear()
        self._upto = max(self._upto or 0, upto)
        if must_note:
            self._noted_at = now.steady
        return bool(deliveries)

    def _tell(self, found: Iterable[Alert], *, new: bool = True) -> None:
        """Publish those that were not published here yet."""
        fresh = [alert for alert in found if alert.id not in self._known]
        if not fresh:
            return
        self._known |= dict.fromkeys(alert.id for alert in fresh)
        while len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]
        self._publish(fresh, new=new)

"""Safety events: each situation that the rules find is opened once, updated, escalated and resolved.

A situation is identified by `event_type` and `key` of its findings. The first finding opens an event; later ones update it. What is not
found any more is resolved after a hold, which depends on the type (LIVES): a finding may be missing for a second, and the emergency of
an aircraft that is not heard goes on. A situation that is found again within the cooldown goes on with the event of before.

Invariants: pure. Ages are counted on the steady clock, times of events are wall seconds. Severity and beginning of an event do not
fall and do not change. At most `most` events are open, and as many are remembered after their end: where there are more, the most
severe ones are opened, in place of less severe ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from skyspy.aircraft import Scalar
from skyspy.aircraft_state import AircraftState
from skyspy.safety.rules import (
    AIRSPACE_INCURSION,
    EMERGENCY,
    EXTREME_VERTICAL_RATE,
    GPS_INTERFERENCE,
    LOW_ALTITUDE,
    PROXIMITY,
    SEVERITIES,
    SQUAWK_EMERGENCY,
    TCAS_RA,
    Finding,
)

MAX_OPEN = 200
"""Events of one sky that are open at once: a snapshot of them all is about 120 kB."""
KEEP_ALIVE_S = 60.0
"""An event that goes on without any change is updated so often, so that `updated` tells when the situation was found last."""
GRACE_S = 20.0
"""What was restored is held longer by so much, until it is found again: receivers connect, and rules look twice."""
LATE_S = 2.0
"""What was received so long before a round may be missing in it."""
MAX_AHEAD_S = 60.0
"""An event that was updated later than this from now is of another setting of the clock."""


class Life(NamedTuple):
    """How long events of one type live, in seconds. `hold_s`: an event is resolved when it was not found for so long; `silent_s`: the
    same until the aircraft sends that it is over; `update_s`: changes other than of severity are
    published no more often."""

    hold_s: float
    silent_s: float
    update_s: float


LIVES: dict[str, Life] = {
    SQUAWK_EMERGENCY: Life(5.0, 300.0, 5.0),
    EMERGENCY: Life(5.0, 300.0, 5.0),
    TCAS_RA: Life(5.0, 5.0, 3.0),
    PROXIMITY: Life(5.0, 5.0, 3.0),
    EXTREME_VERTICAL_RATE: Life(45.0, 45.0, 5.0),
    LOW_ALTITUDE: Life(45.0, 45.0, 5.0),
    # This rule decides by itself when it ends.
    GPS_INTERFERENCE: Life(0.0, 0.0, 15.0),
    AIRSPACE_INCURSION: Life(45.0, 45.0, 5.0),
}


@dataclass(frozen=True, slots=True)
class SafetyEvent:
    """One event as it is at one moment. `event_type` and `key` identify the situation (see rules.Finding). `severity` is the worst one
    so far. `started`: when the situation was found first; `updated`: when the event was last changed by what was found; `resolved`: when
    it ended, None while it is open. `acknowledged_by` is the name of a user, `acknowledged_at` the time; both None until then. `demo`:
    simulated traffic."""

    id: str
    event_type: str
    key: str
    severity: str
    message: str
    started: float
    updated: float
    resolved: float | None = None
    hex: str | None = None
    hex_2: str | None = None
    callsign: str | None = None
    callsign_2: str | None = None
    lat: float | None = None
    lon: float | None = None
    details: Mapping[str, Scalar | None] = field(default_factory=dict)
    acknowledged_by: str | None = None
    acknowledged_at: float | None = None
    demo: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the situation goes on."""
        return self.resolved is None


class Action(StrEnum):
    """What happened to an event."""

    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"


class Change(NamedTuple):
    """Something that happened to an event, and the event after it."""

    action: Action
    event: SafetyEvent


Situation = tuple[str, str]
"""The event_type and the key."""


class Now(NamedTuple):
    """The time of one round: steady and wall seconds."""

    steady: float
    wall: float


@dataclass(slots=True)
class _Open:
    """An event that is open, as it was last published. `found_at`: steady seconds of the last round in which the situation was found;
    `published_at` those of the last change."""

    event: SafetyEvent
    found_at: float
    published_at: float


class OpenEvents:
    """The open events of one sky. `left_out`: situations of the last round without an event, because too many are open."""

    def __init__(self, most: int = MAX_OPEN) -> None:
        self.left_out = 0
        self._most = most
        self._open: dict[Situation, _Open] = {}
        self._ended: dict[Situation, tuple[SafetyEvent, float]] = {}
        """Resolved events with the steady time of it, the earliest first."""

    def __len__(self) -> int:
        return len(self._open)

    @property
    def events(self) -> list[SafetyEvent]:
        """The open events, as they were last published."""
        return [one.event for one in self._open.values()]

    def look(
        self,
        now: Now,
        findings: Iterable[Finding],
        aircraft: Mapping[str, AircraftState],
        cooldown_s: float,
        *,
        demo: bool = False,
    ) -> list[Change]:
        """What this round's findings change. `aircraft`: those that are listed now, by hex. `cooldown_s`: see above. `demo`: the
        traffic is simulated."""
        found = {(finding.event_type, finding.key): finding for finding in findings}
        changes = [change for situation, one in self._open.items() for change in self._go_on(one, found.get(situation), now)]
        changes += self._resolve(now, aircraft)
        self._forget(now.steady, cooldown_s)
        new = [finding for situation, finding in found.items() if situation not in self._open]
        changes += self._open_new(now, sorted(new, key=lambda finding: -_rank(finding.severity)), demo)
        return changes

    def acknowledge(self, event: SafetyEvent) -> None:
        """Take who has acknowledged this event, and when."""
        by, at = event.acknowledged_by, event.acknowledged_at
        situation = (event.event_type, event.key)
        if (one := self._open.get(situation)) is not None and one.event.id == event.id:
            one.event = replace(one.event, acknowledged_by=by, acknowledged_at=at)
        elif (ended := self._ended.get(situation)) is not None and ended[0].id == event.id:
            self._ended[situation] = (replace(ended[0], acknowledged_by=by, acknowledged_at=at), ended[1])

    def restore(self, now: Now, events: Iterable[SafetyEvent]) -> list[Change]:
        """Go on with stored events, open or resolved lately, beside those that are known here. Open ones that were found last so long
        ago that they would be over, or whose situation has another event here, are resolved at the time when they were found last."""
        known = {one.event.id for one in self._open.values()} | {event.id for event, _ in self._ended.values()}
        changes = []
        for stored in sorted(events, key=lambda event: event.started):
            if stored.id in known:
                continue
            event, situation = stored, (stored.event_type, stored.key)
            if stored.is_open and (_is_over(stored, now) or situation in self._open or len(self._open) >= self._most):
                event = replace(stored, resolved=max(stored.started, min(stored.updated, now.wall)))
                changes.append(Change(Action.RESOLVED, event))
            if event.resolved is None:
                self._open[situation] = _Open(event, now.steady + GRACE_S, now.steady)
            elif situation not in self._open:
                self._ended[situation] = (event, now.steady - max(0.0, now.wall - event.resolved))
        return changes

    # -- one round -------------------------------------------------------------------------------

    def _go_on(self, one: _Open, finding: Finding | None, now: Now) -> Iterable[Change]:
        """The update of an open event, if one is due."""
        if finding is None:
            return
        one.found_at = now.steady
        event, life = _updated(one.event, finding, now.wall), _life(one.event)
        waited = now.steady - one.published_at
        is_due = waited >= KEEP_ALIVE_S or (waited >= life.update_s and _shown(event) != _shown(one.event))
        if is_due or event.severity != one.event.severity:
            one.event, one.published_at = event, now.steady
            yield Change(Action.UPDATED, event)

    def _resolve(self, now: Now, aircraft: Mapping[str, AircraftState]) -> list[Change]:
        """Resolve what was not found for longer than its hold."""
        over = [situation for situation, one in self._open.items() if now.steady - one.found_at > _hold_s(one, aircraft)]
        return [self._end(situation, now) for situation in over]

    def _end(self, situation: Situation, now: Now) -> Change:
        event = self._open.pop(situation).event
        event = replace(event, updated=now.wall, resolved=max(now.wall, event.started))
        self._ended[situation] = (event, now.steady)
        return Change(Action.RESOLVED, event)

    def _forget(self, now: float, cooldown_s: float) -> None:
        """Forget resolved events after their cooldown, and the earliest ones where there are too many."""
        surplus = len(self._ended) - self._most
        old = [
            situation
            for place, (situation, (_, at)) in enumerate(self._ended.items())
            if place < surplus or now - at > cooldown_s
        ]
        for situation in old:
            del self._ended[situation]

    def _open_new(self, now: Now, findings: list[Finding], demo: bool) -> Iterable[Change]:
        """Open events for these, the most severe first, or go on with those that ended lately."""
        self.left_out = 0
        milder: list[tuple[int, float, Situation]] | None = None
        taken: set[str] = set()
        for finding in findings:
            if len(self._open) >= self._most:
                if milder is None:
                    candidates = ((_rank(one.event.severity), one.found_at, place) for place, one in self._open.items())
                    milder = sorted(candidates, reverse=True)
                if not milder or milder[-1][0] >= _rank(finding.severity):
                    self.left_out += 1
                    continue
                yield self._end(milder.pop()[2], now)
            yield self._begin(finding, now, demo, taken)

    def _begin(self, finding: Finding, now: Now, demo: bool, taken: set[str]) -> Change:
        """Open an event; `taken`: the ids given in this round."""
        situation = (finding.event_type, finding.key)
        before = self._ended.pop(situation, None)
        if before is None:
            change = Change(Action.OPENED, _new(finding, now.wall, demo, taken))
        else:
            change = Change(Action.UPDATED, _updated(replace(before[0], resolved=None), finding, now.wall))
        self._open[situation] = _Open(change.event, now.steady, now.steady)
        return change


def _new(finding: Finding, wall: float, demo: bool, taken: set[str]) -> SafetyEvent:
    parts = (str(int(wall * 1000)), finding.event_type, finding.hex, finding.hex_2)
    name = "-".join(part for part in parts if part is not None)
    if name in taken:
        name = f"{name}-{len(taken)}"
    taken.add(name)
    event = SafetyEvent(name, finding.event_type, finding.key, finding.severity, finding.message, wall, wall, demo=demo)
    return _updated(event, finding, wall)


def _life(event: SafetyEvent) -> Life:
    return LIVES.get(event.event_type, LIVES[LOW_ALTITUDE])


def _is_over(event: SafetyEvent, now: Now) -> bool:
    """Whether a stored event was found last so long ago that it would not be open now."""
    life = _life(event)
    return not -MAX_AHEAD_S <= now.wall - event.updated <= max(life.silent_s, life.hold_s) + KEEP_ALIVE_S + GRACE_S


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)


def _updated(event: SafetyEvent, finding: Finding, wall: float) -> SafetyEvent:
    """The event with what was found now; what is not known now stays as it was, and so does a worse severity."""
    return replace(
        event,
        severity=max(event.severity, finding.severity, key=_rank),
        message=finding.message,
        updated=max(wall, event.started),
        hex=finding.hex or event.hex,
        hex_2=finding.hex_2 or event.hex_2,
        callsign=finding.callsign or event.callsign,
        callsign_2=finding.callsign_2 or event.callsign_2,
        lat=event.lat if finding.lat is None or finding.lon is None else finding.lat,
        lon=event.lon if finding.lat is None or finding.lon is None else finding.lon,
        details=dict(finding.details),
    )


def _shown(event: SafetyEvent) -> SafetyEvent:
    """What is compared to see whether the event has changed."""
    return replace(event, updated=0.0)


def _hold_s(one: _Open, aircraft: Mapping[str, AircraftState]) -> float:
    """How long this event stays open when it is not found."""
    event = one.event
    life = _life(event)
    state = aircraft.get(event.hex or "")
    has_ended = _ENDS.get(event.event_type, _never)
    return life.hold_s if state is not None and has_ended(event, state, one.found_at - LATE_S) else life.silent_s


def _never(_event: SafetyEvent, _state: AircraftState, _since: float) -> bool:
    return False


def _squawk_ended(event: SafetyEvent, state: AircraftState, since: float) -> bool:
    return state.squawk_at is not None and state.squawk_at >= since and state.squawk not in (None, event.details.get("squawk"))


def _emergency_ended(event: SafetyEvent, state: AircraftState, since: float) -> bool:
    """A word that is absent says nothing by itself: the aircraft must have sent its squawk since."""
    if state.emergency is None:
        return state.squawk_at is not None and state.squawk_at >= since
    return state.emergency_at is not None and state.emergency_at >= since and state.emergency != event.details.get("emergency")


_ENDS: Mapping[str, Callable[[SafetyEvent, AircraftState, float], bool]] = {
    SQUAWK_EMERGENCY: _squawk_ended,
    EMERGENCY: _emergency_ended,
}
"""Whether an aircraft has sent, at that steady time or later, that its emergency is over."""

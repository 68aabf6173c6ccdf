"""What the engine is given in each round, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from skyspy.aircraft_state import AircraftState
from skyspy.datalink.message import Message
from skyspy.geo import Point
from skyspy.movements import Movement
from skyspy.safety.events import Change


class SeenBefore(NamedTuple):
    """What the history says of an aircraft. `first`: it was never seen before its present visit. `days`: for how many days it was not
    seen before that, None where it is its first one."""

    first: bool
    days: float | None = None


def _no_object(_hex: str) -> Mapping[str, Any] | None:
    return None


@dataclass(frozen=True, slots=True)
class AlertRound:
    """One look at one sky. `now`: steady seconds, `wall`: wall seconds. `aircraft`: everyone listed, by hex; `changed`: the hexes of
    those that have changed since the last round (the engine adds those with events, and those that are new to it). `place_exact`,
    `place_public`: where the receiver stands, None where not known or not shown. `movements`, `safety`: what happened since the last
    round. `behaviors`: the behaviors under way by hex (Movements.current); without an entry there is none. `facts`: by hex, as far
    as looked up; without an entry it is not known. `messages`: of data links, made since the last round; one
    without `matched` is looked at as that of an aircraft of which only the message is known. `objects`: gives the public fields of an aircraft, for those that AircraftState
    has not; called only where a rule asks for one. `pause` is called between pieces of work of less than a millisecond."""

    now: float
    wall: float
    aircraft: Mapping[str, AircraftState]
    changed: Collection[str]
    place_exact: Point | None = None
    place_public: Point | None = None
    movements: Sequence[Movement] = ()
    behaviors: Mapping[str, frozenset[str]] = field(default_factory=dict)
    safety: Sequence[Change] = ()
    facts: Mapping[str, SeenBefore] = field(default_factory=dict)
    messages: Sequence[Message] = ()
    objects: Callable[[str], Mapping[str, Any] | None] = _no_object
    pause: Callable[[], None] = lambda: None


class Trigger(NamedTuple):
    """One alert. `hex` and `callsign` are None for a count, for an event of an area, and where alerts are summed up. `matched`: what
    matched, of plain JSON values: for each condition `field`, `op`, `value` and `actual`; for a count the aircraft, `hex` and
    `flight`. `message`: one text for people. `aircraft`: its fields by name as it was then, of plain JSON values; empty without an
    aircraft. `at`: wall seconds. `held_until`: wall seconds at which quiet hours end, None outside of them. `suppressed`: so many
    alerts of the owner were left out and are summed up here."""

    rule_id: str
    owner_id: int
    rule_version: int
    rule_name: str
    hex: str | None
    callsign: str | None
    matched: tuple[Mapping[str, Any], ...]
    message: str
    aircraft: Mapping[str, Any]
    at: float
    held_until: float | None = None
    suppressed: int = 0


class ActiveMatch(NamedTuple):
    """A stored alert whose match may go on, or whose cooldown does. `hex` None: of a count. `triggered_at`, `ended_at`: wall seconds;
    None: it has not ended."""

    rule_id: str
    hex: str | None
    triggered_at: float
    ended_at: float | None = None


class MatchEnd(NamedTuple):
    """The match of an alert has ended. `triggered_at`: the `at` of its Trigger; `at`: wall seconds."""

    rule_id: str
    hex: str | None
    triggered_at: float
    at: float

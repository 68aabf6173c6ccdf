"""The value of each field for one aircraft in one round; None where it is not known."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from math import atan2, cos, degrees, isfinite, sin
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

from skyspy.aircraft_state import AircraftState
from skyspy.alerts.fields import EVENT, FIELDS, FLAG, NUMBER, TEXT
from skyspy.alerts.rounds import AlertRound
from skyspy.datalink.message import Message
from skyspy.geo import EARTH_RADIUS_NM, Point, bearing_deg, distance_nm
from skyspy.movements import (
    BACK_AND_FORTH,
    CIRCLING,
    DEPARTED,
    ENTERED_AIRPORT,
    LANDED,
    LEFT_AIRPORT,
    LOITERING,
    Movement,
)
from skyspy.safety.emergency import SQUAWKS, is_emergency
from skyspy.safety.events import Action, SafetyEvent

FT_PER_NM = 6076.12
NOTHING: frozenset[str] = frozenset()
MAX_TEXT = 2000
"""Characters of a message's text that rules look at: a pattern that is hard to find takes some 0.05 ms for each."""
MOVEMENT_FIELDS: Mapping[str, str] = {LANDED: "landed", DEPARTED: "departed", ENTERED_AIRPORT: "entered", LEFT_AIRPORT: "left"}
"""Kinds of movements, and the field that each is."""
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class RoundEvents:
    """What happens in one round, by hex: it is true in this round alone. `areas`: safety events of no aircraft. `messages`: the data link message of each
    aircraft that has one in this round."""

    __slots__ = ("areas", "messages", "moved", "safety")

    def __init__(self, look: AlertRound, messages: Mapping[str, Message] = MappingProxyType({})) -> None:
        self.messages = messages
        self.moved: dict[str, list[Movement]] = defaultdict(list)
        self.safety: dict[str, list[SafetyEvent]] = defaultdict(list)
        self.areas: list[SafetyEvent] = []
        for movement in look.movements:
            if movement.kind in MOVEMENT_FIELDS:
                self.moved[movement.hex].append(movement)
        for change in look.safety:
            if change.action is not Action.OPENED:
                continue
            event = change.event
            if event.hex is None:
                self.areas.append(event)
            for hex_ in {event.hex, event.hex_2} - {None}:
                self.safety[str(hex_)].append(event)

    def values(self, field: str, hex_: str) -> list[str]:
        """What happened to an aircraft: idents of airports, or types of safety events. A landing elsewhere is an empty text."""
        if field == "safety_event":
            return [event.event_type for event in self.safety.get(hex_, ())]
        return [one.airport or "" for one in self.moved.get(hex_, ()) if MOVEMENT_FIELDS[one.kind] == field]

    def hexes(self, field: str) -> list[str]:
        """The aircraft to which something happened."""
        return list(self.safety if field == "safety_event" else self.moved)


class Seen(NamedTuple):
    """By what values are found: the round, its events, and the place from which distances are counted."""

    look: AlertRound
    events: RoundEvents
    place: Point | None


Value = str | float | bool
Reader = Callable[[AircraftState, Seen], Value | None]


def _of_state(name: str) -> Reader:
    read = attrgetter(name)
    return lambda state, _seen: read(state)


def _number_of_object(name: str) -> Reader:
    def read(state: AircraftState, seen: Seen) -> Value | None:
        value = (seen.look.objects(state.hex) or {}).get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) else None

    return read


def _text_of_object(name: str) -> Reader:
    def read(state: AircraftState, seen: Seen) -> Value | None:
        value = (seen.look.objects(state.hex) or {}).get(name)
        if isinstance(value, tuple):
            return " ".join(map(str, value))
        return value if isinstance(value, str) else None

    return read


def _emergency(state: AircraftState, _seen: Seen) -> bool | None:
    if state.emergency is not None:
        return is_emergency(state.emergency)
    return None if state.squawk is None else state.squawk in SQUAWKS


def _distance(state: AircraftState, seen: Seen) -> float | None:
    point = state.point
    return None if point is None or seen.place is None else distance_nm(seen.place, point)


def _bearing(state: AircraftState, seen: Seen) -> float | None:
    point = state.point
    return None if point is None or seen.place is None else bearing_deg(seen.place, point)


def _elevation(state: AircraftState, seen: Seen) -> float | None:
    """The angle above the horizon of a place at sea level, on the spherical earth."""
    altitude = state.alt_baro if state.alt_geom is None else state.alt_geom
    distance = _distance(state, seen)
    if altitude is None or distance is None:
        return None
    angle, radius = distance / EARTH_RADIUS_NM, EARTH_RADIUS_NM + altitude / FT_PER_NM
    return degrees(atan2(radius * cos(angle) - EARTH_RADIUS_NM, radius * sin(angle)))


def _first_seen(state: AircraftState, seen: Seen) -> bool | None:
    fact = seen.look.facts.get(state.hex)
    return None if fact is None else fact.first


def _not_seen_days(state: AircraftState, seen: Seen) -> float | None:
    fact = seen.look.facts.get(state.hex)
    return None if fact is None else fact.days


def _message_text(state: AircraftState, seen: Seen) -> str | None:
    """The text of the message, in one line: lines and spaces are not the same from all decoders."""
    message = seen.events.messages.get(state.hex)
    return None if message is None else " ".join(_UNPRINTABLE.sub(" ", message.text[:MAX_TEXT]).split())


def _message_label(state: AircraftState, seen: Seen) -> str | None:
    message = seen.events.messages.get(state.hex)
    return None if message is None else message.label


def _behavior(kind: str) -> Reader:
    """A behavior is not known of an aircraft that has no position."""

    def read(state: AircraftState, seen: Seen) -> bool | None:
        return kind in seen.look.behaviors.get(state.hex, NOTHING) or (None if state.lat is None else False)

    return read


_DERIVED: Mapping[str, Reader] = {
    "emergency": _emergency,
    "emergency_type": _of_state("emergency"),
    "distance_nm": _distance,
    "bearing": _bearing,
    "azimuth": _bearing,
    "elevation": _elevation,
    "first_seen": _first_seen,
    "not_seen_days": _not_seen_days,
    "circling": _behavior(CIRCLING),
    "loitering": _behavior(LOITERING),
    "back_and_forth": _behavior(BACK_AND_FORTH),
    "acars_text": _message_text,
    "acars_label": _message_label,
}
FROM_PLACE = frozenset({"distance_nm", "bearing", "azimuth", "elevation"})
"""Fields that depend on where the receiver stands."""


def _reader(name: str, kind: str) -> Reader:
    if name in _DERIVED:
        return _DERIVED[name]
    if name in AircraftState._fields:
        return _of_state(name)
    return _number_of_object(name) if kind == NUMBER else _text_of_object(name)


OF_STATE: Mapping[str, Callable[[AircraftState], Value | None]] = {
    row.name: attrgetter("emergency" if row.name == "emergency_type" else row.name)
    for row in FIELDS.values()
    if row.name == "emergency_type" or (row.name in AircraftState._fields and row.name not in _DERIVED)
}
"""The fields that are those of the state: read by these alone, which is faster."""
READ: Mapping[str, Reader] = {
    row.name: _reader(row.name, row.kind) for row in FIELDS.values() if row.kind in (TEXT, NUMBER, FLAG)
}
"""How each text, number and flag is read."""
EVENT_FIELDS = frozenset(row.name for row in FIELDS.values() if row.kind == EVENT)

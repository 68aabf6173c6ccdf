"""Application: dangerous situations in a sky.

The events are found by a loop of their own (sky/safety.py), which publishes what `announce` makes.

Invariants: names of users who acknowledged an event are for identified sessions only; the rooms say who those are, also where
everybody may know the receiver's place. What the stream shows and what it has announced is the same: neither yields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from skyspy.presence.sessions import Session
from skyspy.safety.events import Action, Change, SafetyEvent
from skyspy.sky.audience import Payload
from skyspy.sky.shown_events import shown
from skyspy.sky.streams.base import Event, Stream, listing
from skyspy.sky.view import SkyView
from skyspy.topics import AUDIENCES, EXACT, PUBLIC, TOPICS, Room

NAMES: dict[Action, str] = {
    Action.OPENED: "safety:event",
    Action.UPDATED: "safety:event_updated",
    Action.RESOLVED: "safety:event_resolved",
}
"""How what happened to an event is named on the wire."""


class SafetyStream(Stream):
    """The safety events of one sky. `open` are those that a snapshot shows, by id."""

    topic = TOPICS["safety"]

    def __init__(self, view: SkyView) -> None:
        self._view = view
        self._rooms = tuple(Room(view.name, self.topic.name, audience=audience) for audience in AUDIENCES)
        self.open: dict[str, SafetyEvent] = {}

    def rooms(self, session: Session) -> frozenset[str]:
        """One room: that of the identified sessions, or that of the anonymous ones."""
        audience = EXACT if session.principal.identified else PUBLIC
        return frozenset({str(Room(session.sky, self.topic.name, audience=audience))})

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The events that are open, the latest first."""
        events = sorted(self.open.values(), key=lambda event: event.started, reverse=True)
        items = [shown(event, names=session.principal.identified) for event in events]
        return (listing(self.topic, items, self._view.clock.moment()),)

    def announce(self, changes: Iterable[Change]) -> Iterator[Event]:
        """The events of these changes, each of which is in a snapshot from then on."""
        for action, event in changes:
            if event.is_open:
                self.open[event.id] = event
            else:
                self.open.pop(event.id, None)
            yield Event(NAMES[action], partial(_payload, event), self._rooms, event)


def _payload(event: SafetyEvent, audience: str) -> Payload:
    return shown(event, names=audience == EXACT)

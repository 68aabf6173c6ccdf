"""Application: alerts that a user's own rules triggered, sent to that user only.

The alerts are made by a loop of their own (sky/alerts.py), which publishes what `announce` makes.

Invariants: the room of an alert is made of its owner's id, and a snapshot holds the alerts of the session's own user. What the stream shows
and what it has announced is the same: neither yields.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from skyspy.presence.sessions import Session
from skyspy.sky.shown_alerts import shown
from skyspy.sky.streams.base import Event, Stream, fixed, listing
from skyspy.sky.view import SkyView
from skyspy.store.history.alerts import Alert
from skyspy.topics import AUDIENCES, TOPICS, WHOLE, Room

KEPT_S = 86_400.0
"""How far back a snapshot goes."""
KEPT_OF_EACH = 50
"""Alerts of a user in a snapshot at most."""
KEPT_OF_ALL = 20_000
"""Alerts of all users that are in memory at most; of more, those of the user whose latest is the oldest go."""


class AlertsStream(Stream):
    """Each user's alerts, in one room per user."""

    topic = TOPICS["alerts"]

    def __init__(self, view: SkyView) -> None:
        self._view = view
        self._kept: dict[int, deque[Alert]] = {}
        """The latest alerts by owner; the owner with the latest one is last."""
        self._count = 0

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The user's latest alerts of the last day, the latest first."""
        now = self._view.clock.moment()
        owner = session.principal.user_id
        kept = () if owner is None else self._kept.get(owner, ())
        items = [shown(alert) for alert in reversed(kept) if alert.triggered_at > now.wall - KEPT_S]
        return (listing(self.topic, items, now),)

    def keep(self, alerts: Iterable[Alert]) -> None:
        """Have these alerts, the earliest first, in snapshots from now on, without an event."""
        for alert in alerts:
            own = self._kept.pop(alert.owner_id, None)
            own = deque[Alert](maxlen=KEPT_OF_EACH) if own is None else own
            self._kept[alert.owner_id] = own
            self._count += len(own) < KEPT_OF_EACH
            own.append(alert)
        while self._count > KEPT_OF_ALL:
            self._count -= len(self._kept.pop(next(iter(self._kept))))

    def announce(self, alerts: Iterable[Alert]) -> Iterator[Event]:
        """The events of these alerts, the earliest first; each is in a snapshot from then on."""
        for alert in alerts:
            self.keep((alert,))
            rooms = tuple(Room(self._view.name, self.topic.name, WHOLE, audience, str(alert.owner_id)) for audience in AUDIENCES)
            yield Event("alert:triggered", fixed(shown(alert)), rooms, alert)

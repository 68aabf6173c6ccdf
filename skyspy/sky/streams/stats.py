"""Application: the statistics of a sky and its receivers, every two seconds."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from skyspy.clock import Moment
from skyspy.presence.sessions import Session
from skyspy.sky.audience import Payload
from skyspy.sky.streams.base import Event, Params, Request, Stream
from skyspy.sky.view import SkyView
from skyspy.topics import AUDIENCES, TOPICS, Room
from skyspy.tracker import Delta

STATS_SECONDS = 2.0


class StatsStream(Stream):
    """The statistics of one sky."""

    topic = TOPICS["stats"]

    def __init__(self, view: SkyView) -> None:
        self._view = view
        self._last = view.clock.steady()
        self._rooms = tuple(Room(view.name, self.topic.name, audience=audience) for audience in AUDIENCES)
        self.requests = (
            Request("aircraft-stats", "stats.view", lambda session, _params: view.stats(session.audience)),
            Request("status", "stats.view", self._answer_status),
        )

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The present statistics: each update is the whole state."""
        return (self._update(self._view.clock.moment()),)

    def on_tick(self, delta: Delta | None, now: Moment) -> Iterable[Event]:
        """An update when it is due."""
        if now.steady - self._last < STATS_SECONDS:
            return ()
        self._last = now.steady
        return (self._update(now),)

    def _update(self, now: Moment) -> Event:
        return Event("stats:update", partial(self._view.stats, now=now), self._rooms)

    def _answer_status(self, _session: Session, _params: Params) -> Payload:
        return self._view.status()

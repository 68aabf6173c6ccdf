"""A complete new topic in one file: its rows, its stream, and a server with it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

from skyspy.app import Components, create_app, start
from skyspy.clock import Moment
from skyspy.presence.sessions import Session
from skyspy.sky import SkyView
from skyspy.sky.streams import STREAMS, Event, Request, Stream
from skyspy.sky.streams.base import fixed
from skyspy.topics import AUDIENCES, EVENTS, Room, Topic
from skyspy.topics import Event as Row
from skyspy.tracker import Delta

NAMES = ("toy:snapshot", "toy:tick", "toy:own", "toy:heard")


class ToyStream(Stream):
    """Counts ticks for every session, and in one room per user how many of the user's sessions listen."""

    topic = Topic("toy", "stats.view", "toy:snapshot", "counts")

    def __init__(self, view: SkyView) -> None:
        self._ticks = 0
        self._listening: dict[str, int | None] = {}
        self._shared = tuple(Room(view.name, "toy", audience=audience) for audience in AUDIENCES)
        self.requests = (Request("toy-state", "stats.view", lambda session, _: [dict(session.state), len(self._listening)]),)

    def rooms(self, session: Session) -> frozenset[str]:
        shared, owner = str(Room(session.sky, "toy", audience=session.audience)), session.principal.user_id
        return frozenset({shared} if owner is None else {shared, str(self._own(owner))})

    def joined(self, session: Session) -> None:
        session.state["toy"] = {"owner": session.principal.user_id, "since": self._ticks}
        self._listening[session.sid] = session.principal.user_id

    def left(self, session: Session) -> None:
        del self._listening[session.sid]

    def snapshot(self, session: Session) -> Iterable[Event]:
        return (Event("toy:snapshot", fixed({"counts": [self._ticks], "yours": session.state["toy"]})),)

    def on_tick(self, delta: Delta | None, now: Moment) -> Iterable[Event]:
        self._ticks += 1
        yield Event("toy:tick", fixed(self._ticks), self._shared)
        for owner, sessions in Counter(self._listening.values()).items():
            if owner is not None:
                yield Event("toy:own", fixed({"owner": owner, "sessions": sessions}), (self._own(owner),))

    def on_event(self, event: Event, now: Moment) -> Iterable[Event]:
        return (Event("toy:heard", fixed(event.name), self._shared),) if event.name == "stats:update" else ()

    def _own(self, owner: int) -> Room:
        return Room(self._shared[0].sky, "toy", owner=str(owner))


app = create_app(
    os.environ,
    components=Components((*STREAMS, ToyStream), (*EVENTS, *(Row(name, "/", "server", "{..}") for name in NAMES))),
)
start(app)

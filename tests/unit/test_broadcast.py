"""Claims about the one place from which events leave (skyspy/broadcast.py)."""

from __future__ import annotations

from typing import Any

import pytest
from flask_socketio import SocketIO

from skyspy.broadcast import Broadcast, UndeclaredEventError
from skyspy.topics import EVENTS, Event


class FakeSocketIO:
    """A Socket.IO server with one client, `sid`, in one room, and what was emitted through it."""

    def __init__(self) -> None:
        self.server = self.manager = self
        self.rooms = {"/": {"room": {"sid": "eio"}, "sid": {"sid": "eio"}}, "/acars": {"room": {"sid": "eio"}}}
        self.sent: list[tuple[str, object, str, str]] = []

    def emit(self, event: str, payload: object, to: str, namespace: str) -> None:
        self.sent.append((event, payload, to, namespace))


def broadcast_of(fake: Any, *events: Event) -> Broadcast:
    socketio: SocketIO = fake
    return Broadcast(socketio, events or EVENTS)


@pytest.mark.parametrize(
    ("event", "namespace"),
    [
        ("aircraft:nonsense", "/"),
        ("subscribe", "/"),  # a client's event
        ("aircraft:delta", "/acars"),  # another namespace's event
        ("session_started", "/"),
    ],
)
def test_an_event_without_a_row_is_refused_wherever_it_goes_and_whether_or_not_somebody_listens(
    event: str, namespace: str
) -> None:
    fake = FakeSocketIO()
    broadcast = broadcast_of(fake)
    for room in ("room", "empty"):
        with pytest.raises(UndeclaredEventError, match=event):
            broadcast.publish(room, event, {}, namespace)
        with pytest.raises(UndeclaredEventError, match=event):
            broadcast.send("sid", event, {}, namespace)
    assert fake.sent == []
    assert (broadcast.published, broadcast.delivered) == (0, 0)


@pytest.mark.parametrize("row", [row for row in EVENTS if row.sender == "server"], ids=lambda row: row.name)
def test_every_declared_event_may_be_sent_in_its_namespace(row: Event) -> None:
    fake = FakeSocketIO()
    namespace = "/" if row.namespace == "*" else row.namespace
    fake.rooms[namespace] = {"room": {"sid": "eio"}}
    broadcast_of(fake).publish("room", row.name, {}, namespace)
    assert fake.sent == [(row.name, {}, "room", namespace)]


def test_a_row_for_every_namespace_counts_in_each_and_more_rows_may_be_handed_in() -> None:
    fake = FakeSocketIO()
    broadcast = broadcast_of(fake, *EVENTS, Event("toy:tick", "/", "server", "{}"))
    broadcast.publish("room", "error", {}, "/acars")
    broadcast.publish("room", "toy:tick", {})
    assert [(event, namespace) for event, _, _, namespace in fake.sent] == [("error", "/acars"), ("toy:tick", "/")]

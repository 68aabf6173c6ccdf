"""Application: messages of data links: ACARS over VHF, VDL2, HFDL, Inmarsat and Iridium.

What receivers hear is handed to a loop of its own (sky/datalink.py), which publishes what `announce` makes.

Invariants: names of stations and receivers may tell where the receiver stands: they are for the exact audience only. What the stream shows
and what it has announced is the same: neither yields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from skyspy.aircraft import Record
from skyspy.clock import Moment
from skyspy.datalink.message import Block, Message
from skyspy.presence.sessions import Session
from skyspy.sky.audience import Payload
from skyspy.sky.shown_messages import SNAPSHOT_MESSAGES, shown, snapshot
from skyspy.sky.streams.base import Event, Stream, listing
from skyspy.sky.view import SkyView
from skyspy.topics import AUDIENCES, EXACT, TOPICS, Room


def _ignore(_block: Block) -> None:
    return None


class AcarsStream(Stream):
    """The datalink messages of one sky, to subscribers of `/` and to everyone in `/acars`. `receive` is called with each block that a
    receiver hears; it must not yield."""

    topic = TOPICS["acars"]

    def __init__(self, view: SkyView) -> None:
        self._view = view
        self._rooms = tuple(Room(view.name, self.topic.name, audience=audience) for audience in AUDIENCES)
        self._latest: dict[str, Message] = {}
        """The messages of a snapshot, by id."""
        self.receive: Callable[[Block], object] = _ignore

    @property
    def latest(self) -> list[Message]:
        """The latest messages, the newest first, as many as a snapshot shows; none of simulated traffic that has given way to real one."""
        shows_demo = self._view.demo
        found = [message for message in self._latest.values() if shows_demo or not message.demo]
        return sorted(found, key=lambda message: message.time, reverse=True)

    def snapshot(self, session: Session) -> Iterable[Event]:
        """The latest messages, the newest first."""
        items = snapshot(self.latest, exact=session.audience == EXACT)
        return (listing(self.topic, items, self._view.clock.moment()),)

    def on_record(self, record: Record, now: Moment) -> Iterable[Event]:
        """Hand a block on; its message is announced when it is whole and stored."""
        if isinstance(record, Block):
            self.receive(record)
        return ()

    def keep(self, messages: Iterable[Message]) -> None:
        """Have these messages as they are now in snapshots, without an event."""
        for message in messages:
            self._latest[message.id] = message
        surplus = len(self._latest) - SNAPSHOT_MESSAGES
        if surplus > 0:
            for message in sorted(self._latest.values(), key=lambda one: one.time)[:surplus]:
                del self._latest[message.id]

    def announce(self, messages: Iterable[Message]) -> Iterator[Event]:
        """The events of these messages, the earliest first; each is in a snapshot from then on."""
        for message in messages:
            self.keep((message,))
            yield Event("acars:message", partial(_payload, message), self._rooms, message)


def _payload(message: Message, audience: str) -> Payload:
    return shown(message, exact=audience == EXACT)

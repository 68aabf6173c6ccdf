"""Datalink messages: writing what was assembled, and reading lists, changes and statistics.

Messages are listed in the order of their time, the newest first. `number` is that time in microseconds, made unique: the key of the table, so
that a search for words finds rows in the order of the list. Each change of a row gets the next number in `change` (numbers.py), by
which the other processes read what is new.

Invariants: writing a message again leaves its id, its time and its place in lists as they are. Text from the air is never part of a
statement. Texts are cut at the width of their column, and NUL is left out: no message can make a batch fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from skyspy.datalink.message import Message

MAX_CHANGES = 2000
"""Changed messages that `changed_since` reads at most."""
MAX_LATELY = 20_000
"""Messages that `lately` reads at most, the newest ones."""


class Key(NamedTuple):
    """The place of a message in a list: its time in wall seconds, and its id."""

    time: float
    id: str


class Changes(NamedTuple):
    """Messages that changed, the earliest change first, and the number up to which changes are known then."""

    messages: list[Message]
    upto: int


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames without text that one station received: they are counted, and make no message. `time`: of the last one, in wall
    seconds; `level`: the best one, in dB; `errors`: corrected errors."""

    link: str
    station: str | None
    receiver: str | None
    time: float
    frames: int
    level: float | None = None
    errors: int = 0
    demo: bool = False


@dataclass(frozen=True, slots=True)
class MessageSearch:
    """Which messages; None is no filter. `words`: each begins a word of the text or of tail, flight, callsign or addresses, in any
    case. `since` and `until` are wall seconds: received at `since` or later, and before `until`. `hex` as stored: the aircraft that sent it
    or that it belongs to; `tail` and `flight` as sent; `callsign`: how it begins, in any case. `station`: the name of one that heard it,
    in any case. `has_position`: whether it says where the aircraft is."""

    words: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    hex: str | None = None
    tail: str | None = None
    flight: str | None = None
    callsign: str | None = None
    label: str | None = None
    link: str | None = None
    station: str | None = None
    downlink: bool | None = None
    has_position: bool | None = None
    complete: bool | None = None
    demo: bool | None = None


def write_messages(connection: Connection, messages: Sequence[Message], frames: Sequence[Frames] = ()) -> None:
    """Write messages as they are now; of two states of one message the later one in the list is kept. Stations that were not stored
    with a message before are counted in the statistics of their day, and `frames` are added to them."""
    raise NotImplementedError


def last_change(connection: Connection) -> int:
    """The number of the latest change; 0 before any."""
    raise NotImplementedError


def changed_since(connection: Connection, change: int, limit: int = MAX_CHANGES) -> Changes:
    """The messages that were changed after that number, and the number with which the next call goes on."""
    raise NotImplementedError


def lately(connection: Connection, since: float, limit: int = MAX_LATELY) -> Changes:
    """The messages that were changed at `since` (wall seconds) or later, the `limit` newest of them by their time, the oldest first; with
    the number of the latest change."""
    raise NotImplementedError


def page(connection: Connection, search: MessageSearch, after: Key | None, limit: int) -> list[Message]:
    """The next messages that match, the newest first, after that place in the list (None: from its beginning)."""
    raise NotImplementedError


def key_of(message: Message) -> Key:
    """The place of the message in a list."""
    return Key(message.time, message.id)


def one(connection: Connection, message_id: str) -> Message | None:
    """The message of that id."""
    raise NotImplementedError

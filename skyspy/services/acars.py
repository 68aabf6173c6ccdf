"""Application: datalink messages, for REST, requests of Socket.IO and the panel.

Invariants: reading needs `acars.view`. A caller reads the messages of the sky that it sees. Who may not know where the receiver stands reads no
names of stations and receivers, and does not search for them. A search goes in steps (store/history/acars.py), for MAX_SEARCH_S at
most, and says where the next page goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from math import inf

from skyspy import topics, wirejson
from skyspy.clock import iso, wall_of
from skyspy.cooperate import Yielder
from skyspy.datalink.message import LINKS, Message
from skyspy.server import Server
from skyspy.services import own_history
from skyspy.services.acars_filters import DaysRequest, MessageFilter, MessageRequest, search_of
from skyspy.services.caller import Caller, Refused
from skyspy.services.list_places import cursor_of, is_id, place_of
from skyspy.services.receiver_names import ReceiverNames
from skyspy.services.statistics import span
from skyspy.sky import shown_messages
from skyspy.sky.audience import Payload
from skyspy.store.history import acars, acars_counts
from skyspy.store.history.acars import Key, MessageSearch
from skyspy.store.history.acars_counts import DAY_S, StationCount

PERMISSION = "acars.view"
ROWS_AT_ONCE = 100
"""Messages that one transaction reads."""
MAX_SEARCH_S = 2.0
"""How long a page looks for messages that match."""
MAX_PAGE_BYTES = 2_000_000
"""A page ends early behind the message with which it is larger: texts may have 60,000 characters."""
DEFAULT_DAYS, MAX_DAYS = 30, 366
"""Days of statistics: where no beginning is given, and at most."""
LABELS = 30
"""Labels that statistics name: the most frequent ones."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of messages, the newest first. `next_cursor` is None at the end of the list; `steps` is how long it took, 1 where an index
    leads there."""

    messages: list[Message]
    next_cursor: str | None
    steps: int


# -- messages --------------------------------------------------------------------------------------


def page(server: Server, caller: Caller, query: MessageRequest) -> Found:
    """The messages that match, the newest first. A page may hold fewer than `limit`, or none, and still not be the last one. Yields.
    Raises Refused."""
    caller.require(server, PERMISSION)
    search, place = search_of(query, exact=_is_exact(server, caller)), place_of(query.cursor)
    key = None if place is None else Key(*place)
    found: list[Message] = []
    steps = size = 0
    # One more than fits is looked for, to know whether another page follows.
    for more, following in _steps(server, caller, search, query.limit + 1, key, MAX_SEARCH_S):
        steps, key = steps + 1, following
        for message in more:
            if len(found) == query.limit or size > MAX_PAGE_BYTES:
                return Found(found, cursor_of(*acars.key_of(found[-1])), steps)
            found.append(message)
            size += _size(message)
    return Found(found, None if key is None else cursor_of(*key), max(steps, 1))


def one(server: Server, caller: Caller, message_id: str) -> Message:
    """The message of that id. Raises Refused."""
    caller.require(server, PERMISSION)
    found = own_history.read(server, caller, acars.one, message_id) if is_id(message_id) else None
    if found is None:
        raise Refused("not_found", f"There is no message {message_id[:40]!r}; /api/acars/messages/ lists those that are kept")
    return found


def export(server: Server, caller: Caller, query: MessageFilter, limit: int) -> Iterator[list[Payload]]:
    """The messages that match as this caller may see them, `limit` at most, in slices. The first one is read before this returns: later
    ones raise Refused while they are iterated over. Yields."""
    caller.require(server, PERMISSION)
    search = search_of(query, exact=_is_exact(server, caller))
    slices = _steps(server, caller, search, limit, None, inf)
    first = next(slices, ([], None))
    return (payloads(server, caller, messages) for messages, _ in chain((first,), slices))


def snapshot(server: Server, caller: Caller) -> Payload:
    """The latest messages that are stored, as many as a snapshot holds. Raises Refused."""
    caller.require(server, PERMISSION)
    latest = own_history.read(server, caller, acars.page, MessageSearch(), None, shown_messages.SNAPSHOT_MESSAGES)
    listed = shown_messages.snapshot(latest, exact=_is_exact(server, caller), receiver_name=_receiver_name(server, caller))
    return {"messages": listed, "count": len(listed), "timestamp": iso(server.clock.wall())}


def payloads(server: Server, caller: Caller, messages: list[Message]) -> list[Payload]:
    """The messages as this caller may see them. Yields."""
    exact, receiver_name, yielder = _is_exact(server, caller), _receiver_name(server, caller), Yielder()
    listed = []
    for message in messages:
        listed.append(shown_messages.shown(message, exact=exact, receiver_name=receiver_name))
        yielder.maybe_yield()
    return listed


def page_payload(server: Server, caller: Caller, found: Found, next_cursor: str | None) -> Payload:
    """A page of messages as it is sent, with the cursor of its interface. Yields."""
    listed = payloads(server, caller, found.messages)
    answer = {"messages": listed, "count": len(listed), "next_cursor": next_cursor, "timestamp": iso(server.clock.wall())}
    return answer | {"demo": True} if any(message.demo for message in found.messages) else answer


def _steps(
    server: Server, caller: Caller, search: MessageSearch, limit: int, after: Key | None, seconds: float
) -> Iterator[tuple[list[Message], Key | None]]:
    """The messages that match, `limit` at most, in steps, for so many seconds: each with the place where the next one goes on, None at
    the end of the list."""
    ends = server.clock.steady() + seconds
    while limit > 0 and server.clock.steady() <= ends:
        found, after = own_history.read(server, caller, acars.step, search, after, min(limit, ROWS_AT_ONCE))
        yield found, after
        if after is None:
            return
        limit -= len(found)


def _size(message: Message) -> int:
    """About how many bytes it has as JSON."""
    return 500 + len(message.text) + (0 if message.libacars is None else len(wirejson.dump_bytes(dict(message.libacars))))


# -- numbers ---------------------------------------------------------------------------------------


def statistics(server: Server, caller: Caller, query: DaysRequest) -> Payload:
    """The numbers of the messages of some days of UTC: by link, label and day. Simulated traffic is counted while the sky shows it.
    Raises Refused."""
    caller.require(server, PERMISSION)
    first, last = _days(server, query)
    demo = _counts_demo(server, caller)
    found = own_history.read(server, caller, acars_counts.statistics, first, last, LABELS, count_demo=demo)
    known = dict(found.by_day)
    answer: Payload = {
        **_period(first, last),
        "messages": found.messages,
        "downlinks": found.downlinks,
        "with_position": found.with_position,
        "incomplete": found.incomplete,
        "matched": found.matched,
        "by_link": [{"link": link, "link_name": LINKS.get(link, link), "messages": count} for link, count in found.by_link],
        "by_label": [row._asdict() for row in found.by_label],
        "by_day": [{"day": _day(day), "messages": known.get(day, 0)} for day in range(first, last + 1)],
        "timestamp": iso(server.clock.wall()),
    }
    return answer | {"demo": True} if demo else answer


def station_list(server: Server, caller: Caller, query: DaysRequest) -> Payload:
    """What each station heard in some days of UTC, the one that heard most first; without their names for those who may not know where the
    receiver stands. Raises Refused."""
    caller.require(server, PERMISSION)
    first, last = _days(server, query)
    demo, exact = _counts_demo(server, caller), _is_exact(server, caller)
    found = own_history.read(server, caller, acars_counts.stations, first, last, count_demo=demo)
    receiver_name = _receiver_name(server, caller) if exact else None
    answer = {
        **_period(first, last),
        "stations": [_station(one, receiver_name) for one in found],
        "count": len(found),
        "timestamp": iso(server.clock.wall()),
    }
    return answer | {"demo": True} if demo else answer


def _station(one: StationCount, receiver_name: Callable[[str], str] | None) -> Payload:
    named: Payload = {}
    if receiver_name is not None:
        named = {"station": one.station or None, "receiver": receiver_name(one.receiver) if one.receiver else None}
    sent = named | {
        "link": one.link,
        "link_name": LINKS.get(one.link, one.link),
        "messages": one.messages,
        "frames": one.frames,
        "errors": one.errors,
        "level": one.level,
        "first": iso(one.first),
        "last": iso(one.last),
        "demo": one.demo or None,
    }
    return {name: value for name, value in sent.items() if value is not None}


def _days(server: Server, query: DaysRequest) -> tuple[int, int]:
    """The first and the last day of a request, in days since 1970-01-01. Raises Refused."""
    since, until = span(server, wall_of(query.since), wall_of(query.until), (DEFAULT_DAYS - 1) * DAY_S)
    first, last = int(since // DAY_S), int(until // DAY_S)
    if last - first >= MAX_DAYS:
        message = f"must be at most {MAX_DAYS} days before to"
        raise Refused("invalid", f"from {message}", {"from": message})
    return first, last


def _period(first: int, last: int) -> Payload:
    return {"from": iso(first * DAY_S), "to": iso((last + 1) * DAY_S)}


def _day(day: int) -> str:
    return f"{datetime.fromtimestamp(day * DAY_S, UTC):%Y-%m-%d}"


# -- who reads -------------------------------------------------------------------------------------


def _is_exact(server: Server, caller: Caller) -> bool:
    """Whether the caller may know where the receiver stands."""
    return server.skies[caller.principal.sky].view.audience(caller.principal) == topics.EXACT


def _counts_demo(server: Server, caller: Caller) -> bool:
    view = server.skies[caller.principal.sky].view
    # In the sandbox all is simulated, also before the first aircraft.
    return view.demo or view.name == "sandbox"


def _receiver_name(server: Server, caller: Caller) -> Callable[[str], str]:
    """What this caller calls a receiver, by the name under which it is stored."""
    names = ReceiverNames(server, caller.principal)
    return lambda stored: names.shown([stored])[0]

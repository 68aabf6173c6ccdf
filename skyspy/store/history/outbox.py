"""The outbox: what is to be sent of alerts, one row for each destination, and what became of it.

A row is made in the transaction of its alert and stays `pending` until it was sent or given up (`dead`). One that was made in quiet hours
is `held`; at their end those of one destination are `summarized` in one delivery, which is pending then.

Invariants: what is sent to one destination is sent in the order of `number`: while its oldest pending one waits for its next try, the
others wait behind it. The process that writes the history sends, and notes what became of it under its fence. `id` stays the same over all
tries and when a person has it sent again. At most MAX_WAITING wait for one destination; what is more is stored as dead.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, insert, or_, select, text, update

from skyspy import wirejson
from skyspy.store.history.lease import fence_of
from skyspy.store.history.numbers import next_number
from skyspy.store.history.schema import ALERT_DELIVERY, PENDING_ROWS

PENDING, HELD, SUMMARIZED, SENT, DEAD = "pending", "held", "summarized", "sent", "dead"
STATES = (PENDING, HELD, SUMMARIZED, SENT, DEAD)

MAX_WAITING = 1000
"""Deliveries that wait for one destination at most."""
MAX_RELEASED = 2000
"""Held deliveries that one call of `release_held` releases."""
MAX_ERROR = 300
TOO_MANY = "too many deliveries wait for this destination"

_LOCK = 0x5B75_7008
_D = ALERT_DELIVERY.c
_IS_PENDING = text(PENDING_ROWS)
"""Written like this, both databases use the index of pending rows."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be sent to one destination, or was. Times are wall seconds. `id` is the same in each try. `alert_id` is None for a
    summary. `title` and `body` are for people, `data` for programs: a JSON object. `next_try`: when it is tried next; while it is
    held, until when. `last_error` and `last_status` (of HTTP) are of the last try that failed. `summary_id`: the delivery that sums this
    one up."""

    id: str
    alert_id: str | None
    owner_id: int
    destination_id: int
    kind: str
    title: str
    body: str
    created_at: float
    attempts: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)
    state: str = PENDING
    next_try: float = 0.0
    sent_at: float | None = None
    dead_at: float | None = None
    last_error: str | None = None
    last_status: int | None = None
    summary_id: str | None = None


class Key(NamedTuple):
    """The place of a delivery in a list: when it was made, in wall seconds, and its id."""

    created_at: float
    id: str


@dataclass(frozen=True, slots=True)
class DeliverySearch:
    """Which deliveries of a user; None is no filter."""

    state: str | None = None
    destination_id: int | None = None
    alert_id: str | None = None
    since: float | None = None
    until: float | None = None


_NAMES = tuple(Delivery.__dataclass_fields__)
_COLUMNS = tuple(_D[name] for name in _NAMES)

Summarize = Callable[[Sequence[Delivery], float], Delivery]
"""One delivery that sums up those given, all to one destination, the oldest first, at a wall time."""


def new_id() -> str:
    """An id for a new delivery."""
    return f"msg_{secrets.token_hex(12)}"


# -- writing: the process that writes the history --------------------------------------------------


def add(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Store new deliveries, in the order in which they are to be sent."""
    if not deliveries:
        return
    waiting = _waiting(connection, {delivery.destination_id for delivery in deliveries})
    stored: list[Delivery] = []
    for delivery in deliveries:
        waiting[delivery.destination_id] += 1
        has_room = waiting[delivery.destination_id] <= MAX_WAITING
        stored.append(delivery if has_room else replace(delivery, state=DEAD, dead_at=delivery.created_at, last_error=TOO_MANY))
    number, fence = next_number(connection, _D.number, _LOCK, deliveries[0].created_at), fence_of(connection)
    rows = [_row(delivery) | {"number": number + place, "fence": fence} for place, delivery in enumerate(stored)]
    connection.execute(insert(ALERT_DELIVERY), rows)


def _waiting(connection: Connection, destinations: set[int]) -> Counter[int]:
    rows = select(_D.destination_id, func.count().label("waiting")).where(
        _D.state.in_((PENDING, HELD)), _D.destination_id.in_(destinations)
    )
    return Counter({row.destination_id: row.waiting for row in connection.execute(rows.group_by(_D.destination_id))})


def sent(connection: Connection, delivery_id: str, at: float) -> None:
    """Note that it was sent at `at`."""
    _note(connection, delivery_id, state=SENT, sent_at=at)


def retry(connection: Connection, delivery_id: str, next_try: float, error: str, status: int | None) -> None:
    """Note that a try failed, why, and when the next one is."""
    _note(connection, delivery_id, next_try=next_try, last_error=error[:MAX_ERROR], last_status=status)


def dead(connection: Connection, delivery_id: str, at: float, error: str, status: int | None) -> None:
    """Note that it is given up at `at`, and why."""
    _note(connection, delivery_id, state=DEAD, dead_at=at, last_error=error[:MAX_ERROR], last_status=status)


def _note(connection: Connection, delivery_id: str, **values: Any) -> None:
    statement = update(ALERT_DELIVERY).where(_D.id == delivery_id, _D.state == PENDING)
    connection.execute(statement.values(attempts=_D.attempts + 1, fence=fence_of(connection), **values))


def release_held(connection: Connection, now: float, summarize: Summarize) -> int:
    """Release the deliveries that were held until `now` (wall seconds) or earlier; returns how many. Several to one destination are summed
    up in one; a single one is sent as it is."""
    due_now = select(*_COLUMNS).where(_D.state == HELD, _D.next_try <= now).order_by(_D.destination_id, _D.number)
    found = [_delivery(row) for row in connection.execute(due_now.limit(MAX_RELEASED))]
    summaries: list[Delivery] = []
    released: list[dict[str, Any]] = []
    number = next_number(connection, _D.number, _LOCK, now)
    for _, together in groupby(found, key=lambda delivery: delivery.destination_id):
        held = list(together)
        values: dict[str, Any] = {"to": PENDING, "summary": None}
        if len(held) > 1:
            summaries.append(summarize(held, now))
            values = {"to": SUMMARIZED, "summary": summaries[-1].id}
        released += [{"of": delivery.id, "place": number + place} | values for place, delivery in enumerate(held)]
    if released:
        statement = (
            update(ALERT_DELIVERY)
            .where(_D.id == bindparam("of"), _D.state == HELD)
            .values(state=bindparam("to"), summary_id=bindparam("summary"), number=bindparam("place"), fence=fence_of(connection))
        )
        connection.execute(statement, released)
    add(connection, summaries)
    return len(found)


# -- writing: any process --------------------------------------------------------------------------


def resend(connection: Connection, owner_id: int, delivery_id: str, now: float) -> Delivery | None:
    """Have a dead delivery of this user sent again, behind what waits for its destination, with all tries from the beginning; returns it,
    None where the user has no dead one of that id."""
    number = next_number(connection, _D.number, _LOCK, now)
    own = (_D.id == delivery_id, _D.owner_id == owner_id, _D.state == DEAD)
    values = {"state": PENDING, "next_try": now, "attempts": 0, "dead_at": None, "number": number}
    changed = connection.execute(update(ALERT_DELIVERY).where(*own).values(values)).rowcount
    return one(connection, owner_id, delivery_id) if changed else None


def discard_for_destination(connection: Connection, owner_id: int, destination_id: int, at: float, reason: str) -> int:
    """Give up what waits for a destination of this user, such as one that was deleted; returns how many."""
    waiting = (_D.owner_id == owner_id, _D.destination_id == destination_id, _D.state.in_((PENDING, HELD)))
    values = {"state": DEAD, "dead_at": at, "last_error": reason[:MAX_ERROR]}
    return connection.execute(update(ALERT_DELIVERY).where(*waiting).values(values)).rowcount


# -- reading, for sending --------------------------------------------------------------------------


def _first_of_each() -> Any:
    """The number of the oldest pending delivery of each destination."""
    return select(func.min(_D.number).label("number")).where(_IS_PENDING).group_by(_D.destination_id).subquery()


def due(connection: Connection, now: float, limit: int) -> list[Delivery]:
    """What is to be sent at `now` (wall seconds): of each destination only its oldest pending delivery, if its next try is due; those
    that have waited longest first."""
    first = _first_of_each()
    rows = select(*_COLUMNS).join(first, _D.number == first.c.number).where(_IS_PENDING, _D.next_try <= now)
    return [_delivery(row) for row in connection.execute(rows.order_by(_D.next_try, _D.number).limit(limit))]


def next_due(connection: Connection) -> float | None:
    """When the next delivery is to be sent or released (wall seconds); None where nothing waits."""
    first = _first_of_each()
    pending = select(func.min(_D.next_try)).join(first, _D.number == first.c.number).where(_IS_PENDING)
    held = select(func.min(_D.next_try)).where(_D.state == HELD)
    times = [connection.execute(statement).scalar() for statement in (pending, held)]
    return min((time for time in times if time is not None), default=None)


def held_due(connection: Connection, now: float) -> bool:
    """Whether held deliveries are to be released at `now` (wall seconds)."""
    return connection.execute(select(_D.id).where(_D.state == HELD, _D.next_try <= now).limit(1)).first() is not None


# -- reading, for people ---------------------------------------------------------------------------


def page(connection: Connection, owner_id: int, search: DeliverySearch, after: Key | None, limit: int) -> list[Delivery]:
    """The user's next deliveries that match, after that place in the list (None: from its beginning), the newest first."""
    wanted = [_D.owner_id == owner_id, *_conditions(search)]
    if after is not None:
        earlier = or_(_D.created_at < after.created_at, and_(_D.created_at == after.created_at, _D.id < after.id))
        wanted.append(and_(_D.created_at <= after.created_at, earlier))
    rows = select(*_COLUMNS).where(*wanted).order_by(_D.created_at.desc(), _D.id.desc()).limit(limit)
    return [_delivery(row) for row in connection.execute(rows)]


def key_of(delivery: Delivery) -> Key:
    """The place of the delivery in a list."""
    return Key(delivery.created_at, delivery.id)


def one(connection: Connection, owner_id: int, delivery_id: str) -> Delivery | None:
    """The user's delivery of that id; None where there is none, or it is another user's."""
    row = connection.execute(select(*_COLUMNS).where(_D.id == delivery_id, _D.owner_id == owner_id)).one_or_none()
    return None if row is None else _delivery(row)


def counts(connection: Connection, owner_id: int | None = None) -> dict[str, int]:
    """How many deliveries are in each state: of this user, or of all."""
    wanted = () if owner_id is None else (_D.owner_id == owner_id,)
    rows = connection.execute(select(_D.state, func.count().label("rows")).where(*wanted).group_by(_D.state))
    return dict.fromkeys(STATES, 0) | {row.state: row.rows for row in rows}


def _conditions(search: DeliverySearch) -> list[ColumnElement[bool]]:
    return [test(value) for name, test in _TESTS.items() if (value := getattr(search, name)) is not None]


_TESTS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "state": lambda state: _D.state == state,
    "destination_id": lambda destination: _D.destination_id == destination,
    "alert_id": lambda alert: _D.alert_id == alert,
    "since": lambda at: _D.created_at >= at,
    "until": lambda at: _D.created_at < at,
}
"""The condition of each filter."""


def _row(delivery: Delivery) -> dict[str, Any]:
    return {name: getattr(delivery, name) for name in _NAMES} | {"data": wirejson.dumps(dict(delivery.data))}


def _delivery(row: Row[Any]) -> Delivery:
    found: dict[str, Any] = {name: row._mapping[name] for name in _NAMES}
    return Delivery(**found | {"data": _object(found["data"])})


def _object(stored: str) -> Mapping[str, Any]:
    """The stored object; empty where it cannot be read."""
    try:
        found = wirejson.loads(stored)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

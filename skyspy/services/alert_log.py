"""Application: what a user's rules triggered, and what became of its deliveries, for REST, requests of Socket.IO and the panel.

Invariants: reading needs `alerts.view`, having something sent again `alerts.edit` too. A caller sees its own alerts and deliveries in the
history of the sky that it sees, whatever id, cursor or filter it gives. Of other users an operator who may manage users sees how many
there are, and nothing else.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from skyspy.clock import iso
from skyspy.cooperate import Yielder
from skyspy.server import Server
from skyspy.services import alert_owner, own_history
from skyspy.services.alert_filters import (
    AlertFilter,
    AlertRequest,
    DeliveryRequest,
    alert_search,
    delivery_search,
)
from skyspy.services.alert_owner import EDIT, VIEW
from skyspy.services.caller import Caller, Refused, Transaction
from skyspy.services.csv_cells import escape_formula
from skyspy.services.list_places import cursor_of, is_id, place_of
from skyspy.sky import shown_alerts
from skyspy.sky.audience import Payload
from skyspy.store import Connection, audit, owned, users
from skyspy.store.history import alerts, outbox
from skyspy.store.history.alerts import Alert, AlertSearch
from skyspy.store.history.outbox import Delivery
from skyspy.store.rows import parse_row_id
from skyspy.store.schema import ALERT_DESTINATIONS, ALERT_RULES, WATCHLISTS
from skyspy.store.users import User

MANAGE_USERS = "users.manage"
DAY_S = 86_400.0
ROWS_AT_ONCE = 500
"""Alerts that one transaction of an export reads."""
MAX_EXPORT = 50_000
CSV_COLUMNS = (
    "id", "timestamp", "rule_id", "rule_name", "hex", "callsign", "message", "suppressed", "held_until", "ended", "demo",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlertsFound:
    """A page of alerts, the newest first. `next_cursor` is None at the end of the list."""

    alerts: list[Alert]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class DeliveriesFound:
    """A page of deliveries, the newest first. `next_cursor` is None at the end of the list."""

    deliveries: list[Delivery]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class UserCounts:
    """How much a user has, in numbers. `latest` is the time of the latest alert of the last day in wall seconds, None for none."""

    user_id: int
    user: str
    rules: int
    watchlists: int
    destinations: int
    alerts_last_day: int
    latest: float | None


# -- alerts ---------------------------------------------------------------------------------------


def page(server: Server, caller: Caller, query: AlertRequest) -> AlertsFound:
    """The caller's alerts that match, the newest first. Raises Refused."""
    owner_id = _reader(server, caller)
    search, place = alert_search(query), place_of(query.cursor)
    after = None if place is None else alerts.Key(*place)
    # One more than fits, to know whether another page follows.
    found = own_history.read(server, caller, alerts.page, owner_id, search, after, query.limit + 1)
    listed = found[: query.limit]
    return AlertsFound(listed, cursor_of(*alerts.key_of(listed[-1])) if len(found) > query.limit else None)


def one(server: Server, caller: Caller, alert_id: str) -> Alert:
    """The caller's alert of that id. Raises Refused."""
    owner_id = _reader(server, caller)
    found = own_history.read(server, caller, alerts.one, owner_id, alert_id) if is_id(alert_id) else None
    if found is None:
        raise Refused("not_found", "You have no alert with this id; /api/alerts/ lists those that are kept")
    return found


def latest(server: Server, caller: Caller, rule_ids: Sequence[str]) -> Mapping[str, Alert]:
    """The latest alert of each of these rules of the caller that has one, by the id of the rule. Raises Refused."""
    owner_id = _reader(server, caller)
    numbers = [number for name in rule_ids if (number := parse_row_id(name)) is not None]
    return {str(alert.rule_id): alert for alert in own_history.read(server, caller, alerts.latest_of, owner_id, numbers)}


def export(server: Server, caller: Caller, query: AlertFilter) -> Iterator[str]:
    """The caller's alerts that match as CSV with a line of names, MAX_EXPORT at most, the newest first, in slices. The first one is
    read before this returns: later ones raise Refused while they are iterated over. Yields."""
    owner_id, search = _reader(server, caller), alert_search(query)
    first = own_history.read(server, caller, alerts.page, owner_id, search, None, ROWS_AT_ONCE)
    return _as_csv(_slices(server, caller, owner_id, search, first))


def payload(alert: Alert) -> Payload:
    """An alert as its owner sees it."""
    return shown_alerts.shown(alert) | {"ended": None if alert.ended_at is None else iso(alert.ended_at)}


def page_payload(server: Server, found: AlertsFound, next_cursor: str | None) -> Payload:
    """A page of alerts as it is sent, with the cursor of its interface."""
    listed = [payload(alert) for alert in found.alerts]
    answer = {"alerts": listed, "count": len(listed), "next_cursor": next_cursor, "timestamp": iso(server.clock.wall())}
    return answer | {"demo": True} if any(alert.demo for alert in found.alerts) else answer


def _slices(server: Server, caller: Caller, owner_id: int, search: AlertSearch, first: list[Alert]) -> Iterator[list[Alert]]:
    found, left = first, MAX_EXPORT
    while True:
        yield found[:left]
        left -= len(found)
        if len(found) < ROWS_AT_ONCE or left <= 0:
            return
        found = own_history.read(server, caller, alerts.page, owner_id, search, alerts.key_of(found[-1]), ROWS_AT_ONCE)


def _as_csv(slices: Iterator[list[Alert]]) -> Iterator[str]:
    out, yielder = io.StringIO(), Yielder()
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for found in slices:
        for alert in found:
            shown = payload(alert)
            writer.writerow([_cell(shown.get(name)) for name in CSV_COLUMNS])
            yielder.maybe_yield()
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape_formula(value) if isinstance(value, str) else value


# -- deliveries -----------------------------------------------------------------------------------


def deliveries(server: Server, caller: Caller, query: DeliveryRequest) -> DeliveriesFound:
    """The caller's deliveries that match, the newest first. Raises Refused."""
    owner_id = _reader(server, caller)
    search, place = delivery_search(query), place_of(query.cursor)
    after = None if place is None else outbox.Key(*place)
    found = own_history.read(server, caller, outbox.page, owner_id, search, after, query.limit + 1)
    listed = found[: query.limit]
    return DeliveriesFound(listed, cursor_of(*outbox.key_of(listed[-1])) if len(found) > query.limit else None)


def resend(server: Server, caller: Caller, delivery_id: str) -> Delivery:
    """Have a delivery that was given up sent again, behind what waits for its destination; returns it. Raises Refused."""
    owner_id = _reader(server, caller)
    before = own_history.read(server, caller, outbox.one, owner_id, delivery_id) if is_id(delivery_id) else None
    if before is None:
        raise _unknown_delivery()
    if before.state != outbox.DEAD:
        raise Refused("conflict", f"This delivery is {before.state}: only one that was given up is sent again")

    def note(here: Transaction) -> None:
        audit.record(here.connection, here.actor, "delivery.resend", f"delivery {before.id}", here.at)

    # The row of the audit log is in the other database: written first, so that nothing is done without it.
    caller.act(server, EDIT, note)
    again = own_history.write(server, caller, outbox.resend, owner_id, delivery_id, server.clock.wall())
    if again is None:
        raise _unknown_delivery()
    return again


def _unknown_delivery() -> Refused:
    return Refused("not_found", "You have no delivery with this id; /api/alerts/deliveries/ lists those that are kept")


# -- for operators --------------------------------------------------------------------------------


def counts(server: Server, caller: Caller) -> list[UserCounts]:
    """How many rules, watchlists, destinations and alerts each user has who has any, by name: for who may manage users, and numbers only.
    Raises Refused."""
    found, lists = caller.read(server, MANAGE_USERS, _owned_by_each)
    rules, watchlists, destinations = lists
    since = server.clock.wall() - DAY_S
    rows = {row.owner_id: row for row in own_history.read(server, caller, alerts.counts_by_owner, since)}
    return [
        UserCounts(
            user.id,
            user.name,
            rules.get(user.id, 0),
            watchlists.get(user.id, 0),
            destinations.get(user.id, 0),
            rows[user.id].alerts if user.id in rows else 0,
            rows[user.id].latest if user.id in rows else None,
        )
        for user in found
        if user.id in rows or any(user.id in numbers for numbers in lists)
    ]


def _owned_by_each(connection: Connection) -> tuple[list[User], tuple[Mapping[int, int], ...]]:
    tables = (ALERT_RULES, WATCHLISTS, ALERT_DESTINATIONS)
    return users.every(connection), tuple(owned.users_with(connection, table) for table in tables)


def _reader(server: Server, caller: Caller) -> int:
    """The id of the user whose alerts the caller may read. Raises Refused."""
    owner = alert_owner.owner_of(caller)
    caller.require(server, VIEW)
    return owner.user_id

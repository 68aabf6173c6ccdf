"""Every route of the panel and the API with ids that exist, and a comparable dump of a server's state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from skyspy.admin.routes import Route
from skyspy.api import RESOURCES
from skyspy.store import roles
from skyspy.store.schema import (
    ALERT_DESTINATIONS,
    ALERT_RULES,
    API_KEYS,
    AUDIT,
    EVICTIONS,
    FEEDS,
    LINKS,
    ROLES,
    SETTINGS,
    USERS,
    WATCHLIST_ENTRIES,
    WATCHLISTS,
)
from tests.security.asking import Browser, ask
from tests.support import acars
from tests.support.browser_client import AGENT
from tests.support.databases import change
from tests.support.panel_routes import ROUTES
from tests.support.safety_events import AT, acknowledged, an_event, plant
from tests.wire.raw import Ws
from tests.wire.serving import OPERATOR, PASSWORD, Operator, Server

KEPT: tuple[Table, ...] = (
    *(SETTINGS, ROLES, USERS, API_KEYS, LINKS, FEEDS, EVICTIONS, AUDIT),
    *(ALERT_RULES, WATCHLISTS, WATCHLIST_ENTRIES, ALERT_DESTINATIONS),
)
"""The tables that only an operator's action may change."""
MOVES = ("last_used_at", "last_used_from", "last_login_at", "last_login_from")
"""Columns that record use."""
REFUSALS = ("access.refused", "token.refused")
"""Audit actions of refused attempts; the count of a flood is written up to half a minute later."""
_WORD = re.compile(r"<(?:[^:<>]*:)?([a-z_]+)>")


def kept(operator: Operator) -> dict[str, list[Any]]:
    """Everything that an operator's action could have changed."""

    def read(connection: Connection) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for table in KEPT:
            columns = [column for column in table.columns if column.name not in MOVES]
            query = select(*columns).order_by(*table.primary_key)
            query = query.where(AUDIT.c.action.not_in(REFUSALS)) if table is AUDIT else query
            found[table.name] = [tuple(row) for row in connection.execute(query)]
        return found

    return operator.store.read(read) | {"acknowledged": acknowledged(operator.folder / "instance")}


@dataclass(frozen=True, slots=True)
class Things:
    """The objects of a crawl: a user with a key, a link and a live connection, a role, an added receiver, a safety event, and the
    alert rule, watchlist and destination of `root`. Its alert and its delivery do not exist."""

    words: dict[str, str]
    client: Ws

    def path(self, pattern: str) -> str:
        """A route's path with its parameters replaced."""
        words = self.words | {"target": self.words["key_id" if "/live/key/" in pattern else "user_id"]}
        return _WORD.sub(lambda match: words[match[1]], pattern)


def things(server: Server, operator: Operator, name: str) -> Things:
    """Make the objects; `name` keeps them apart from other crawls'."""
    boss = operator.key("root")
    user_id = operator.user(name, "viewer")
    key = operator.made_key(name)
    change(operator, roles.create, name, frozenset({"aircraft.view"}), "", OPERATOR)
    client = Ws(server, User_Agent=AGENT)
    sid = client.join("/", {"token": key.text})[1]["sid"]
    # Simulated traffic like the server's own: a real receiver would pause that one.
    feed_id = ask(server, "/api/admin/feeds/", send={"url": f"demo://?seed={user_id}"}, token=boss).json()["id"]
    link = ask(server, f"/api/admin/users/{user_id}/reset-link/", method="POST", token=boss).json()["token"]
    rule = {"name": name, "match": {"all": [{"field": "military", "op": "is", "value": True}]}, "paused": True}
    list_id = _made(server, boss, "watchlists", {"name": name})
    entry = {"entries": [{"kind": "hex", "value": "4B1805"}]}
    ask(server, f"/api/alerts/watchlists/{list_id}/entries/", send=entry, token=boss)
    (listed,) = ask(server, f"/api/alerts/watchlists/{list_id}/entries/", token=boss).json()["entries"]
    words = {
        "rule_id": _made(server, boss, "rules", rule),
        "watchlist_id": list_id,
        "list_id": list_id,
        "entry_id": str(listed["id"]),
        "destination_id": _made(server, boss, "destinations", {"kind": "browser", "name": name}),
        "alert_id": "a-none",
        "delivery_id": "msg_none",
        "user_id": str(user_id),
        "key_id": str(key.key.id),
        "feed_id": str(feed_id),
        "name": name,
        "hex": "4B1805",
        "sighting_id": "4B1805-1764203575",
        "sid": sid,
        "token": link,
        "family": "a" * 32,
        "words": "x",
        "lat": "47",
        "lon": "8",
        "nm": "10",
        "start": "20261126T1710Z",
        "event_id": f"event-{name}",
        "message_id": f"message-{name}",
    }
    plant(server.folder / "instance", an_event(id=words["event_id"], resolved=AT + 60))
    acars.plant(server.folder / "instance", acars.a_message(id=words["message_id"]))
    return Things(words, client)


def _made(server: Server, token: str, what: str, document: dict[str, Any]) -> str:
    """The id of an alert rule, watchlist or destination that is made over the API."""
    answer = ask(server, f"/api/alerts/{what}/", send=document, token=token)
    assert answer.status == 201, answer.text
    return str(answer.json()["id"])


FORMS: dict[str, dict[str, str]] = {
    "session_sign_in": {"name": "root", "password": PASSWORD},
    "session_confirm": {"next": "/admin/"},
    "users_create": {"name": "newcomer", "role": "viewer", "way": "password", "password": PASSWORD},
    "users_set_role": {"role": "operator"},
    "roles_create": {"name": "newrole", "says": "", "permissions": "aircraft.view"},
    "roles_change": {"says": "changed", "permissions": "stats.view", "sure": "yes"},
    "keys_create": {"name": "made by a form", "kind": "live", "may": "all", "ends": "30"},
    "keys_rotate": {"overlap": "0"},
    "access_preview": {"BROADCAST_HZ": "5"},
    "access_keep": {"BROADCAST_HZ": "5"},
    "feeds_attempt": {"url": "demo://"},
    "feeds_add": {"url": "demo://?seed=77"},
    "feeds_keep": {"url": "demo://?seed=78", "label": "Roof"},
    "feeds_place": {"RECEIVER_LATITUDE": "47.5", "RECEIVER_LONGITUDE": "8.5"},
    "profile_password": {"current": PASSWORD, "password": PASSWORD + "!", "again": PASSWORD + "!"},
    "links_use": {"name": "first", "password": PASSWORD, "again": PASSWORD},
}
"""The fields of each form, by endpoint; the others send only `sure`. With a CSRF token each would be accepted."""


def panel(method: str) -> Iterator[tuple[Route, str]]:
    """Every route of the panel with this method, and its path with parameters."""
    for route in ROUTES:
        if route.method == method:
            yield route, f"/admin{route.path}"


def api(method: str) -> Iterator[str]:
    """Every path of the API with this method, with parameters."""
    for resource in RESOURCES:
        for route in resource.routes:
            if route.method == method:
                yield from route.paths


def form_of(route: Route) -> dict[str, str]:
    """The fields of this route's form."""
    return FORMS.get(route.endpoint, {"sure": "yes"})


def signed_in(server: Server, operator: Operator, name: str = "root", role: str = "admin") -> Browser:
    """A browser that is signed in."""
    operator.user(name, role)
    browser = Browser(server)
    assert browser.sign_in(name).status == 303
    return browser

"""Every field of the API and the panel with every value of one list: none is a fault of ours, on either database.

The fields are read from the API's document, the panel's routes and `tests.security.crawl.FORMS`: a new one is asked too.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from skyspy.api import document
from skyspy.clock import Clock
from skyspy.server import Server, server_of
from skyspy.store import audit
from skyspy.store.settings import ROWS
from tests.conftest import Records
from tests.database.test_races import PASSWORD, made
from tests.golden.openapi import resolved
from tests.security.conftest import GENEROUS
from tests.security.crawl import FORMS, panel
from tests.support.browser_client import Browser
from tests.support.databases import migrated_url
from tests.support.sites import release, serve
from tests.wire.serving import OPERATOR

VALUES: tuple[object, ...] = (
    *(None, True, 0, -1, 1.5, 2**31 - 1, 2**31, 10**15, 2**63, 10**400, 1e308, float("nan"), float("inf")),
    *("", " ", "\x00", "a\x00b", "a\r\nb", "\u202eabc", "\U0001f600", "\ud800", "٣", "x" * 10_000, "'\";--<svg onload=x>%00"),
    *([], {}, [["x"], {"x": [None]}]),
)
OF_DATABASES: tuple[object, ...] = (
    *(-1, 2**31, 10**15, 2**63, 10**400, float("nan"), "a\x00b", "\u202eabc", "\U0001f600", "\ud800", "x" * 10_000),
    *("'\";--<svg onload=x>%00", {}),
)
"""Those of them that databases store or refuse differently. Postgres is asked for these: what never reaches a database is asked once."""
WRITES_NOTHING = frozenset({"access_preview"})
"""Pages of many fields that take long to make, and from which no value reaches a database: asked for fewer values, once."""
FOUND_BEFORE = 1706
"""Requests of the search that found the first faults of this kind."""
BROKEN = 500

BODIES: dict[str, dict[str, Any]] = {
    "/api/auth/token/": {"username": "root", "password": PASSWORD},
    "/api/auth/keys/": {"name": "own"},
    "/api/admin/users/": {"name": "friend", "role": "viewer", "password": PASSWORD},
    "/api/admin/roles/": {"name": "fresh", "permissions": []},
    "/api/admin/roles/{name}/": {"permissions": []},
    "/api/admin/keys/": {"user_id": 2, "kind": "live", "name": "theirs"},
    "/api/admin/live/disconnect/": {"what": "user", "id": "999"},
    "/api/admin/feeds/{feed_id}/": {"paused": True},
}
"""Bodies that are right but for the field that is asked. Others have that field alone."""
PLACES = {"lat": "47", "lon": "8", "nm": "10"}
"""Words of a path that are right; another one is `2`, the id of a user who is not the one that asks."""

QUERIES: dict[str, tuple[str, ...]] = {
    "session_form": ("next", "name"),
    "live_show": ("search", "namespace", "kind"),
    "live_rows": ("search", "namespace", "kind"),
    "audit_show": ("actor", "action", "about", "address", "since", "until", "before"),
    "audit_as_csv": ("actor", "action", "about", "address", "since", "until"),
    "users_listing": ("q", "from"),
    "users_new": ("name",),
    "roles_new": ("like",),
    "keys_listing": ("whose", "ended", "q", "from"),
    "keys_new": ("owner",),
}
"""What pages of the panel read of their query string, by endpoint."""
WIDER: dict[str, dict[str, str]] = {
    "keys_create": {
        **FORMS["keys_create"],
        "owner": "2",
        "may": "some",
        "scopes": "aircraft.view",
        "networks": "10.0.0.0/8",
        "last_day": "",
    },
    "roles_create": {**FORMS["roles_create"], "like": "viewer"},
    "access_preview": dict.fromkeys(ROWS, "1"),
}
"""Forms with more fields than the crawl fills in."""


class Everything:
    """A server with an administrator and a user, and what is to be said about its answers."""

    def __init__(self, kind: str, server: Server, client: FlaskClient, browser: Browser) -> None:
        self.values = VALUES if kind == "sqlite" else OF_DATABASES
        self.left_out = frozenset() if kind == "sqlite" else WRITES_NOTHING
        self.at_least = FOUND_BEFORE * len(self.values) / len(VALUES) / PARTS
        self.server, self.client, self.browser = server, client, browser
        self.asked = 0
        self.faults: list[str] = []

    def judge(self, what: str, value: object, status: int) -> None:
        self.asked += 1
        if status >= BROKEN:
            self.faults.append(f"{status}: {what} with {str(value)[:30]!r}")

    def last_refusal(self) -> int:
        """The id of the newest row about a refused sign-in."""
        rows = self.server.store.read(audit.page, 1, action="login.failed")
        return rows[0].id if rows else 0


@pytest.fixture
def everything(kind: str, tmp_path: Path) -> Iterator[Everything]:
    log = Records()
    with migrated_url(kind, tmp_path) as url:
        app = serve({"SKYSPY_INSTANCE": str(tmp_path), "SKYSPY_DATABASE_URL": url}, Clock())
        server = server_of(app)
        made(server, "root", "admin")
        made(server, "other", "viewer")
        server.settings.change(GENEROUS, OPERATOR)
        logging.getLogger().addHandler(log)
        yield Everything(kind, server, app.test_client(), Browser(app, {}))
        logging.getLogger().removeHandler(log)
        release(app)
    assert [record.getMessage() for record in log.kept if record.exc_info] == [], "a value made a traceback"


def text_of(value: object) -> str:
    """A value as it is typed into a form or an address."""
    return value if isinstance(value, str) else json.dumps(value)


def escaped(value: object) -> str:
    """The same within an address: half a pair of surrogates becomes bytes that are no UTF-8."""
    return quote(text_of(value).encode("utf-8", "surrogatepass"), safe="")


def operations() -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Every operation of the API: method, path, its parameters (where they stand by name) and its body's fields."""
    whole = document()
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            parameters = {row["name"]: row["in"] for row in operation.get("parameters", ())}
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            fields = resolved(content["schema"], whole).get("properties", {}) if content else {}
            yield method.upper(), path, parameters, fields


def filled(pattern: str, name: str = "", value: str = "") -> str:
    """A path whose one word is this value, and whose others are right."""
    return re.sub(r"\{(\w+)\}", lambda word: value if word[1] == name else PLACES.get(word[1], "2"), pattern)


def bodies(path: str, field: str, value: object) -> Iterator[dict[str, Any]]:
    """Bodies with a value in one field; in that of the settings each setting once."""
    yield {**BODIES.get(path, {}), field: value}
    if field == "changes" and path.endswith("preview/"):
        yield from ({"changes": {name: value}} for name in ROWS)


PARTS = 6
"""The API is asked in so many tests: as one it takes minutes."""


@pytest.mark.parametrize("part", range(PARTS))
def test_no_value_in_a_field_of_the_api_is_a_fault_of_ours(everything: Everything, part: int) -> None:
    client = everything.client
    token = everything.server.tokens.login("root", PASSWORD, "127.0.0.1").access
    root = {"Authorization": f"Bearer {token}"}
    for method, path, parameters, fields in list(operations())[part::PARTS]:
        for name, place in parameters.items():
            for value in everything.values:
                address = filled(path, name, escaped(value)) if place == "path" else f"{filled(path)}?{name}={escaped(value)}"
                answer = client.open(address, method=method, headers=root, json=BODIES.get(path), buffered=True)
                everything.judge(f"{method} {path} {name}", value, answer.status_code)
        for field in fields:
            for value in everything.values:
                for body in bodies(path, field, value):
                    before = everything.last_refusal()
                    headers = {} if path == "/api/auth/token/" else root
                    answer = client.post(filled(path), data=json.dumps(body), headers=headers, content_type="application/json")
                    everything.judge(f"{method} {path} {field}", value, answer.status_code)
                    if path == "/api/auth/token/" and answer.status_code == 401 and everything.last_refusal() == before:
                        everything.faults.append(f"no row of the audit log: {field} {value!r}")
    assert everything.faults == []
    assert everything.asked > everything.at_least


def addresses(pattern: str) -> Iterator[tuple[str, Any]]:
    """For every word of a route of the panel: the word, and the address in which a value stands for it."""
    plain = re.sub(r"<(?:[^:<>]*:)?(\w+)>", r"{\1}", pattern)
    for name in re.findall(r"\{(\w+)\}", plain):
        yield name, lambda value, name=name: filled(plain, name, escaped(value))


@pytest.mark.parametrize("part", range(PARTS))
def test_no_value_in_a_field_of_the_panel_is_a_fault_of_ours(everything: Everything, part: int) -> None:
    browser = everything.browser
    assert browser.sign_in("root", PASSWORD).status_code == 303
    for method in ("GET", "POST"):
        for route, pattern in [row for row in panel(method) if row[0].endpoint not in everything.left_out][part::PARTS]:
            form = WIDER.get(route.endpoint, FORMS.get(route.endpoint, {}))
            plain = re.sub(r"<(?:[^:<>]*:)?\w+>", "2", pattern)
            for name, address in addresses(pattern):
                for value in everything.values:
                    answer = browser.get(address(value)) if method == "GET" else browser.post(address(value), form)
                    everything.judge(f"{method} {pattern} {name}", value, answer.status_code)
            for name in QUERIES.get(route.endpoint, ()) if method == "GET" else ():
                for value in everything.values:
                    answer = browser.get(f"{plain}?{name}={escaped(value)}")
                    everything.judge(f"{method} {pattern}?{name}", value, answer.status_code)
            for name in form if method == "POST" else ():
                for value in OF_DATABASES if route.endpoint in WRITES_NOTHING else everything.values:
                    before = everything.last_refusal()
                    typed = text_of(value).encode("utf-8", "surrogatepass")
                    answer = browser.post(plain, {**form, name: typed})
                    everything.judge(f"{method} {pattern} {name}", value, answer.status_code)
                    if route.endpoint == "session_sign_in" and answer.status_code == 401 and everything.last_refusal() == before:
                        everything.faults.append(f"no row of the audit log: {name} {value!r}")
    assert everything.faults == []
    assert everything.asked > everything.at_least / 2
    assert browser.is_in(), "whoever asked is signed in all the time"


def test_there_are_27_values_that_differ() -> None:
    assert len({repr(value) for value in VALUES}) == len(VALUES) == 27
    assert {repr(value) for value in OF_DATABASES} < {repr(value) for value in VALUES}

"""S22: each action of an operator writes one row with actor, address, before and after, in the same transaction; and the
server never changes a written row."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skyspy.store import audit, roles
from skyspy.store.audit import Entry
from tests.conftest import ROOT
from tests.security.asking import Answer, ask
from tests.security.conftest import operating
from tests.security.crawl import api, form_of, kept, panel, signed_in, things
from tests.support.databases import change
from tests.wire.serving import OPERATOR, PASSWORD, Operator, Server

TOUCHED = """
CREATE TABLE touched (what TEXT);
CREATE TRIGGER audit_changed AFTER UPDATE ON audit BEGIN INSERT INTO touched VALUES ('changed ' || old.id); END;
CREATE TRIGGER audit_removed AFTER DELETE ON audit BEGIN INSERT INTO touched VALUES ('removed ' || old.id); END;
"""
FULL = "CREATE TRIGGER no_more BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room for a row'); END"


class Shell:
    """The database itself."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "instance" / "skyspy.db", isolation_level=None, timeout=10)

    def do(self, statements: str) -> None:
        self._connection.executescript(statements)

    def rows(self, query: str) -> list[Any]:
        return self._connection.execute(query).fetchall()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("audited"))
    yield made
    # A database that takes no row of the log is our own trouble and loud: its tracebacks stay.
    made.stop()


@pytest.fixture(scope="module")
def operator(server: Server) -> Iterator[Operator]:
    with operating(server, "root") as made:
        yield made


@pytest.fixture(scope="module")
def shell(server: Server, operator: Operator) -> Iterator[Shell]:
    """Database triggers that record each change of an audit row."""
    made = Shell(server.folder)
    made.do(TOUCHED)
    yield made
    made.close()


def newest(operator: Operator, after: int = 0) -> list[Entry]:
    """The rows written after that one, oldest first, without counts of refusals, which are written later."""
    rows = reversed(operator.store.read(audit.page, 1000))
    return [row for row in rows if row.id > after and not row.action.endswith(".refused")]


def did(answer: Answer) -> None:
    assert answer.status in (200, 303), answer.text


def test_s22_each_act_in_the_panel_leaves_one_row_with_who_and_how_it_was(
    server: Server, operator: Operator, shell: Shell
) -> None:
    found, root = things(server, operator, "audited"), signed_in(server, operator)
    words = found.words
    change(operator, roles.create, "unused", frozenset({"stats.view"}), "", OPERATOR)
    user, key, feed = (f"/admin/{noun}/{words[f'{noun[:-1]}_id']}" for noun in ("users", "keys", "feeds"))
    sure = {"sure": "yes"}
    acts: list[tuple[str, dict[str, str], str, str, object, object]] = [
        (f"/admin/live/one/{words['sid']}/", sure, "live.disconnect", "", None, {"sockets": 1}),
        ("/admin/users/new/", {"name": "newcomer", "role": "viewer", "way": "password", "password": PASSWORD},
            "user.create", "user newcomer", None, {"role": "viewer"}),
        (f"{user}/role/", {"role": "operator"}, "user.set-role", "user audited", {"role": "viewer"}, {"role": "operator"}),
        (f"{user}/link/", {}, "link.create", "link reset", None, ...),
        (f"{user}/sign-out/", sure, "user.sign-out", "user audited", None, ...),
        (f"{user}/disable/", sure, "user.disable", "user audited", {"disabled": False}, {"disabled": True}),
        (f"{user}/enable/", {}, "user.enable", "user audited", {"disabled": True}, {"disabled": False}),
        ("/admin/roles/new/", {"name": "newrole", "says": "", "permissions": "aircraft.view"},
            "role.create", "role newrole", None, {"permissions": ["aircraft.view"]}),
        ("/admin/roles/role/newrole/", {"says": "", "permissions": "stats.view", **sure},
            "role.change", "role newrole", {"permissions": ["aircraft.view"]}, {"permissions": ["stats.view"]}),
        ("/admin/roles/role/newrole/delete/", sure, "role.delete", "role newrole", {"permissions": ["stats.view"]}, None),
        ("/admin/keys/new/", {"name": "of a form", "kind": "live", "may": "all", "ends": "30"}, "key.create", "key", None, ...),
        (f"{key}/rotate/", {"overlap": "3600"}, "key.rotate", "key", ..., ...),
        (f"{key}/revoke/", sure, "key.revoke", f"key {words['key_id']}", None, {"owner": "audited"}),
        ("/admin/access/keep/", {"BROADCAST_HZ": "5"}, "setting.set", "BROADCAST_HZ", ..., {"value": 5.0}),
        ("/admin/access/keep/", {"BROADCAST_HZ": "4"}, "setting.set", "BROADCAST_HZ", {"value": 5.0}, {"value": 4.0}),
        ("/admin/access/keep/", {"reset": "BROADCAST_HZ"}, "setting.reset", "BROADCAST_HZ", {"value": 4.0}, ...),
        ("/admin/feeds/add/", {"url": "demo://?seed=5"}, "feed.add", "feed demo://?seed=5", None, {"url": "demo://?seed=5"}),
        ("/admin/feeds/try/", {"url": "demo://?seed=6"}, "feed.check", "feed demo://?seed=6", None, None),
        (f"{feed}/pause/", {}, "feed.pause", "feed demo", {"paused": False}, {"paused": True}),
        (f"{feed}/resume/", {}, "feed.resume", "feed demo", {"paused": True}, {"paused": False}),
        (f"{feed}/remove/", sure, "feed.remove", "feed demo", ..., None),
        (f"{user}/delete/", sure, "user.delete", "user audited", {"role": "operator"}, None),
        ("/admin/sign-out/", {}, "logout", "user root", None, None),
    ]  # fmt: skip
    last, wrong = newest(operator)[-1].id, []
    for path, form, action, about, before, after in acts:
        did(root.post(path, form))
        rows = newest(operator, last)
        told = [(row.action, row.actor_kind, row.actor, row.address) for row in rows]
        if told != [(action, "user", "root", "127.0.0.1")]:
            wrong.append((path, told))
        else:
            (row,) = rows
            last = row.id
            assert row.object.startswith(about), row
            assert before in (..., row.before), row
            assert after in (..., row.after), row
        last = rows[-1].id if rows else last
    assert wrong == []
    found.client.close()


def test_s22_what_was_refused_or_failed_is_written_too_and_with_the_address(server: Server, operator: Operator) -> None:
    last = newest(operator)[-1].id
    ask(server, "/api/auth/token/", send={"username": "root", "password": "wrong"}, source="127.5.0.1")
    ask(server, "/api/auth/token/", send={"username": "root", "password": PASSWORD}, source="127.5.0.2")
    rows = {(row.action, row.address) for row in newest(operator, last)}
    assert {("login.failed", "127.5.0.1"), ("login.ok", "127.5.0.2")} <= rows


def test_s22_an_act_whose_row_cannot_be_written_is_not_done(server: Server, operator: Operator, shell: Shell) -> None:
    found, root = things(server, operator, "unwritten"), signed_in(server, operator)
    token, before = operator.key("root"), kept(operator)
    shell.do(FULL)
    try:
        for route, pattern in panel("POST"):
            if route.open or route.page.key == "session" or route.endpoint in ("access_preview", "profile_password"):
                continue
            answer = root.post(found.path(pattern), form_of(route))
            assert answer.status >= 400 or kept(operator) == before, route.endpoint
        user = f"/api/admin/users/{found.words['user_id']}/"
        for path, method, body in (
            ("/api/admin/users/", "POST", {"name": "ghost", "role": "viewer"}),
            (user, "POST", {"role": "operator"}),
            (user, "DELETE", None),
            ("/api/admin/settings/", "POST", {"changes": {"AUTH_MODE": "private"}}),
            (f"/api/admin/keys/{found.words['key_id']}/", "DELETE", None),
            (f"/api/admin/feeds/{found.words['feed_id']}/", "DELETE", None),
        ):
            assert ask(server, path, method=method, send=body, token=token).status >= 500, path
        assert kept(operator) == before
        assert found.client.alive()
    finally:
        shell.do("DROP TRIGGER no_more")
    assert ask(server, user, send={"role": "operator"}, token=token).status == 200
    found.client.close()


def test_s22_no_address_of_the_panel_or_the_api_changes_a_row(server: Server, operator: Operator, shell: Shell) -> None:
    token, root = operator.key("root"), signed_in(server, operator)
    row = newest(operator)[-1].id
    for path in ("/api/admin/audit/", f"/api/admin/audit/{row}/", f"/api/admin/audit/?id={row}"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert ask(server, path, method=method, send={"id": row, "actor": "nobody"}, token=token).status in (404, 405)
    for path in ("/admin/audit/", f"/admin/audit/{row}/", "/admin/audit/log.csv", f"/admin/audit/{row}/delete/"):
        assert root.post(path, {"sure": "yes"}).status in (404, 405)
    assert [path for _, path in panel("POST") if "audit" in path] == []
    assert [path for method in ("POST", "DELETE") for path in api(method) if "audit" in path] == []


def test_s22_in_all_that_no_row_was_changed_or_removed(shell: Shell) -> None:
    # The last test of this file: what came before did everything that can be done here.
    assert shell.rows("SELECT * FROM touched") == []
    ids = [row[0] for row in shell.rows("SELECT id FROM audit ORDER BY id")]
    assert len(ids) > 30
    assert ids == list(range(ids[0], ids[0] + len(ids)))


def test_s22_the_code_has_one_statement_that_removes_rows_and_none_that_changes_them() -> None:
    found = []
    for path in sorted((ROOT / "skyspy").rglob("*.py")):
        if "versions" not in path.parts:
            text = path.read_text()
            found += [(path.name, match) for match in re.findall(r"(?:update|delete)\(AUDIT\)", text)]
            assert not re.search(r"(?i)(?:update|delete from|drop table) +audit\b", text), path.name
    assert found == [("audit.py", "delete(AUDIT)")]

"""S22: refused attempts are audited too, with actor and address, and a flood of them in few rows."""

from __future__ import annotations

from typing import Any

from skyspy.store import audit, roles
from tests.security.asking import Browser, ask
from tests.support.databases import change
from tests.wire.serving import OPERATOR, PASSWORD, Operator, Server


def refused(operator: Operator, name: str) -> list[tuple[str, str, Any]]:
    """The audit rows of an actor's refusals, oldest first: (what, address, rest)."""
    rows = operator.store.read(audit.page, 1000, action="access.refused")
    return [(row.object, row.address, row.after) for row in reversed(rows) if row.actor.partition(" / ")[0] == name]


def test_s22_what_somebody_may_not_is_written_down_for_scripts_and_for_the_panel(
    server: Server, operator: Operator, address: str
) -> None:
    operator.user("peeker", "viewer")
    sent = {"username": "peeker", "password": PASSWORD}
    token = ask(server, "/api/auth/token/", send=sent, source=address).json()["access"]
    assert ask(server, "/api/admin/users/", token=token, source=address).status == 403
    assert (
        ask(server, "/api/admin/settings/", send={"changes": {"AUTH_MODE": "public"}}, token=token, source=address).status == 403
    )
    browser = Browser(server, address)
    browser.sign_in("peeker")
    assert browser.get("/admin/audit/").status == 403
    assert browser.post("/admin/users/new/", {"name": "friend", "role": "admin"}).status == 403
    assert refused(operator, "peeker") == [
        ("GET /api/admin/users/", address, {"lacks": ["users.manage"]}),
        ("POST /api/admin/settings/", address, {"lacks": ["settings.manage"]}),
        ("GET /admin/audit/", address, {"lacks": ["audit.view"]}),
        ("POST /admin/users/new/", address, {"lacks": ["users.manage"]}),
    ]


def test_s22_a_try_above_oneself_is_written_down(server: Server, operator: Operator) -> None:
    change(operator, roles.create, "climber", frozenset({"users.manage"}), "", OPERATOR)
    boss = operator.user("summit")
    operator.user("climb", "climber")
    token = ask(server, "/api/auth/token/", send={"username": "climb", "password": PASSWORD}).json()["access"]
    assert ask(server, f"/api/admin/users/{boss}/", send={"disabled": True}, token=token).status == 403
    assert ask(server, "/api/admin/users/", send={"name": "friend", "role": "admin"}, token=token).status == 403
    assert [about for about, _, _ in refused(operator, "climb")] == ["summit", "The role admin"]


def test_s22_a_flood_of_refusals_does_not_fill_the_log(server: Server, operator: Operator) -> None:
    operator.user("flooder", "viewer")
    token = ask(server, "/api/auth/token/", send={"username": "flooder", "password": PASSWORD}).json()["access"]
    for number in range(300):
        assert ask(server, f"/api/admin/users/{number}/", token=token).status == 403
    rows = refused(operator, "flooder")
    assert {about for about, _, _ in rows} == {"GET /api/admin/users/<user_id>/"}
    assert len(rows) < 10, "one at once, and one a round with how often it was"


def test_s22_a_refused_sign_in_is_written_down_without_what_was_typed(server: Server, operator: Operator, address: str) -> None:
    operator.user("victim", "viewer")
    sent = {"username": "victim", "password": "not the right one"}
    assert ask(server, "/api/auth/token/", send=sent, source=address).status == 401
    [row] = operator.store.read(audit.page, 100, address=address)
    assert (row.actor_kind, row.action, row.object) == ("anonymous", "login.failed", "user victim")
    assert "not the right one" not in repr(row)

"""S12: a link for choosing a password works once, until it expires, for its purpose, and unchanged."""

from __future__ import annotations

from skyspy.store import audit
from tests.security.asking import Answer, Browser, ask
from tests.wire.serving import PASSWORD, Operator, Server

NEW = {"password": PASSWORD + " of a link", "again": PASSWORD + " of a link"}


def invitation(server: Server, operator: Operator, name: str) -> str:
    """A new user's invitation."""
    made = ask(server, "/api/admin/users/", send={"name": name, "role": "viewer"}, token=operator.key("root"))
    return str(made.json()["invitation"])


def choose(server: Server, kind: str, token: str) -> Answer:
    browser = Browser(server)
    browser.get("/admin/sign-in/")
    browser.get(f"/admin/{kind}/{token}/")
    return browser.post(f"/admin/{kind}/{token}/", NEW)


def test_s12_an_invitation_works_once_and_looking_at_it_uses_nothing_up(server: Server, operator: Operator) -> None:
    operator.user("root")
    token = invitation(server, operator, "invited-once")
    for _ in range(3):
        assert Browser(server).get(f"/admin/invite/{token}/").status == 200
    assert choose(server, "invite", token).status == 303
    assert Browser(server).get(f"/admin/invite/{token}/").status == 410
    assert choose(server, "invite", token).status == 410
    assert Browser(server).sign_in("invited-once", NEW["password"]).status == 303


def test_s12_a_link_that_was_tampered_with_or_is_for_something_else_opens_nothing(server: Server, operator: Operator) -> None:
    operator.user("root")
    token = invitation(server, operator, "invited-two")
    half = len(token) // 2
    changed = token[:half] + ("A" if token[half] != "A" else "B") + token[half + 1 :]
    for kind, wrong in (
        ("invite", changed),
        ("invite", token[:-1]),
        ("invite", token[1:]),
        ("invite", token + "A"),
        ("invite", token.rpartition(".")[0] + "."),
        ("invite", "x"),
        ("reset", token),
        ("first", token),
    ):
        assert Browser(server).get(f"/admin/{kind}/{wrong}/").status == 410, (kind, wrong)
        assert choose(server, kind, wrong).status in (400, 410), (kind, wrong)
    assert Browser(server).sign_in("invited-two", NEW["password"]).status == 401
    assert choose(server, "invite", token).status == 303


def test_s12_a_password_that_was_chosen_ends_every_link_that_was_out(server: Server, operator: Operator) -> None:
    operator.user("root")
    user_id = operator.user("resetting", "viewer")
    boss, path = operator.key("root"), f"/api/admin/users/{user_id}/reset-link/"
    first, second = (ask(server, path, method="POST", token=boss).json()["token"] for _ in range(2))
    assert choose(server, "reset", first).status == 303
    assert choose(server, "reset", second).status == 410, "it was made for the password of before"
    third = ask(server, path, method="POST", token=boss).json()["token"]
    changed = ask(server, f"/api/admin/users/{user_id}/", send={"password": PASSWORD + " by hand"}, token=boss)
    assert changed.status == 200
    assert choose(server, "reset", third).status == 410
    assert Browser(server).sign_in("resetting", NEW["password"]).status == 401
    assert Browser(server).sign_in("resetting", PASSWORD + " by hand").status == 303


def test_s12_a_link_signs_nobody_in_and_a_reset_ends_what_stood_before(server: Server, operator: Operator) -> None:
    operator.user("root")
    user_id = operator.user("forgetful", "viewer")
    before = Browser(server)
    before.sign_in("forgetful")
    assert before.is_in()
    link = ask(server, f"/api/admin/users/{user_id}/reset-link/", method="POST", token=operator.key("root")).json()["token"]
    browser = Browser(server)
    browser.get(f"/admin/reset/{link}/")
    assert browser.post(f"/admin/reset/{link}/", NEW, token="").status == 400, "its form carries a token too"
    assert browser.post(f"/admin/reset/{link}/", NEW).status == 303
    assert not browser.is_in()
    assert not before.is_in()


def test_s22_a_link_that_is_used_again_or_was_never_one_is_written_down(server: Server, operator: Operator) -> None:
    operator.user("root")
    token = invitation(server, operator, "invited-again")
    user_id = ask(server, "/api/admin/users/?search=invited-again", token=operator.key("root")).json()["users"][0]["id"]
    assert choose(server, "invite", token).status == 303
    for wrong in (token, token[:-1]):
        assert choose(server, "invite", wrong).status == 410
    rows = operator.store.read(audit.page, 1000, action="access.refused")
    told = {(row.actor_kind, row.object, *row.after["lacks"]) for row in rows}
    assert told >= {
        ("anonymous", f"link invite {user_id}", "a link that was not used"),
        ("anonymous", "link invite", "a link of this server that is not too old"),
    }
    assert token not in repr(rows)

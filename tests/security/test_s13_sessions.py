"""S13: a sign-in to the panel is a session in the database: its cookie is protected, and useless after the session ended."""

from __future__ import annotations

from tests.security.asking import Browser
from tests.security.crawl import signed_in
from tests.wire.serving import PASSWORD, Operator, Server

SIGN_IN = "/admin/sign-in/"
NAME = "skyspy_panel"


def thief(server: Server, cookies: dict[str, str]) -> Browser:
    """Another browser of the same kind with stolen cookies."""
    browser = Browser(server)
    browser.cookies = dict(cookies)
    return browser


def test_s13_the_cookie_is_one_of_this_session_hidden_from_scripts_and_sent_to_the_panel_alone(
    server: Server, operator: Operator
) -> None:
    operator.user("root")
    browser = Browser(server)
    for answer in (browser.get(SIGN_IN), browser.post(SIGN_IN, {"name": "root", "password": PASSWORD})):
        (line,) = [line for line in answer.every("Set-Cookie") if not line.startswith("skyspy_device=")]
        assert line.startswith(f"{NAME}=")
        assert {"HttpOnly", "SameSite=Lax", "Path=/admin"} == set(line.split("; ")[1:])


def test_s13_a_cookie_copied_before_signing_out_is_refused_after(server: Server, operator: Operator) -> None:
    browser = signed_in(server, operator)
    copied = dict(browser.cookies)
    assert thief(server, copied).is_in()
    assert browser.post("/admin/sign-out/").status == 303
    assert not browser.is_in()
    assert not thief(server, copied).is_in()


def test_s13_a_cookie_planted_before_the_sign_in_is_never_signed_in(server: Server, operator: Operator) -> None:
    operator.user("root")
    planter = Browser(server)
    planter.get(SIGN_IN)
    planted = dict(planter.cookies)
    victim = thief(server, planted)
    assert victim.sign_in("root").status == 303
    assert victim.is_in()
    assert victim.cookies[NAME] != planted[NAME]
    assert not thief(server, planted).is_in()
    # Nor does a form that was loaded before the sign-in act for whoever is signed in now.
    assert victim.post("/admin/profile/sign-out-everywhere/", token=planter.token).status == 400
    assert victim.is_in()


def test_s13_signing_in_again_changes_the_cookie_and_ends_the_one_before(server: Server, operator: Operator) -> None:
    browser = signed_in(server, operator)
    before = dict(browser.cookies)
    assert browser.post(SIGN_IN, {"name": "root", "password": PASSWORD}).status == 303
    assert browser.is_in()
    assert not thief(server, before).is_in()


def test_s13_a_new_password_ends_every_other_session_and_the_cookie_of_before(server: Server, operator: Operator) -> None:
    here, there = signed_in(server, operator, "pat", "viewer"), signed_in(server, operator, "pat", "viewer")
    before = dict(here.cookies)
    new = PASSWORD + " indeed"
    assert here.post("/admin/profile/password/", {"current": PASSWORD, "password": new, "again": new}).status == 303
    assert here.is_in()
    assert not there.is_in()
    assert not thief(server, before).is_in()
    assert Browser(server).sign_in("pat").status == 401
    assert Browser(server).sign_in("pat", new).status == 303


def test_s13_signing_out_everywhere_and_being_disabled_end_it_at_the_next_click(server: Server, operator: Operator) -> None:
    here, there = signed_in(server, operator, "quin", "viewer"), signed_in(server, operator, "quin", "viewer")
    assert here.post("/admin/profile/sign-out-everywhere/").status == 303
    assert not here.is_in() and not there.is_in()
    again, root = signed_in(server, operator, "quin", "viewer"), signed_in(server, operator)
    assert root.post(f"/admin/users/{operator.user('quin')}/disable/", {"sure": "yes"}).status == 303
    assert not again.is_in()


def test_s13_no_cookie_that_the_server_did_not_make_is_anybody(server: Server, operator: Operator) -> None:
    good = signed_in(server, operator).cookies[NAME]
    half = len(good) // 2
    swapped = good[:half] + ("A" if good[half] != "A" else "B") + good[half + 1 :]
    for made_up in ("", "x", "." * 3000, good[:-1], good + "A", swapped, good.rpartition(".")[0]):
        assert not thief(server, {NAME: made_up}).is_in(), made_up
    assert thief(server, {NAME: good}).is_in()

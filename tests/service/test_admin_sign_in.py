"""The sign-in of the panel: guessing, the password asked again, redirects, and what is written to the log."""

from __future__ import annotations

import pytest

from skyspy.store import keys, users
from skyspy.store.settings import SettingsTable
from tests.support.browser_client import PASSWORD, Browser
from tests.support.databases import change
from tests.support.world import CLI, Panel

SIGN_IN = "/admin/sign-in/"


@pytest.fixture
def ann(panel: Panel) -> Browser:
    panel.user("ann")
    return panel.browser("ann")


def settings(panel: Panel) -> SettingsTable:
    return panel.skyspy.settings


# Recent proof of the password


def test_a_dangerous_page_wants_the_password_again_after_ten_minutes(panel: Panel, ann: Browser) -> None:
    before = ann.cookies()
    panel.clock.pass_by(601)
    form = {"name": "display", "kind": "live", "may": "all", "ends": "30"}
    ann.get("/admin/profile/")
    asked = ann.post("/admin/keys/new/", form)
    assert asked.status_code == 401 and "Confirm that it is you" in asked.text
    assert panel.skyspy.store.read(keys.every) == []
    wrong = ann.post("/admin/keys/new/", {**form, "proof_of_password": "wrong"})
    assert wrong.status_code == 401 and panel.skyspy.store.read(keys.every) == []
    good = ann.post("/admin/keys/new/", {**form, "proof_of_password": PASSWORD})
    assert good.status_code == 200 and len(panel.skyspy.store.read(keys.every)) == 1
    thief = panel.browser()
    thief.take(before)
    assert not thief.is_in()


def test_a_dangerous_page_wants_the_password_again_from_another_address(panel: Panel, ann: Browser) -> None:
    assert ann.get("/admin/keys/new/").status_code == 200
    ann.address = "198.51.100.7"
    assert ann.is_in()
    assert "Confirm that it is you" in ann.get("/admin/keys/new/").text


def test_after_the_password_one_is_where_one_wanted_to_go(panel: Panel, ann: Browser) -> None:
    panel.clock.pass_by(601)
    asked = ann.get("/admin/keys/new/?owner=1")
    assert asked.status_code == 401
    answer = ann.post("/admin/confirm/", {"next": "/admin/keys/new/?owner=1", "proof_of_password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/keys/new/?owner=1")


# S10, S11: guessing


def test_s10_too_many_tries_are_told_how_long_to_wait(panel: Panel) -> None:
    panel.user("ann")
    browser = panel.browser()
    answers = [browser.sign_in("ann", f"wrong {n}") for n in range(settings(panel).current.LOGIN_ATTEMPTS_PER_ACCOUNT + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {401}
    assert answers[-1].status_code == 429
    seconds = int(answers[-1].headers["Retry-After"])
    assert 0 < seconds <= settings(panel).current.LOGIN_WINDOW_SECONDS
    assert "Try again in" in answers[-1].text
    panel.clock.pass_by(seconds + 1)
    assert browser.sign_in("ann").status_code == 303


def test_s10_the_password_that_is_asked_once_more_cannot_be_guessed_either(panel: Panel, ann: Browser) -> None:
    panel.clock.pass_by(601)
    ann.get("/admin/keys/new/")
    tries = settings(panel).current.LOGIN_ATTEMPTS_PER_ACCOUNT + 1
    answers = [ann.post("/admin/confirm/", {"next": "/admin/", "proof_of_password": f"wrong {n}"}) for n in range(tries)]
    assert answers[-1].status_code == 429 and int(answers[-1].headers["Retry-After"]) > 0


def test_s11_unknown_wrong_and_disabled_read_the_same(panel: Panel) -> None:
    panel.user("root")
    panel.user("user-two")
    off = panel.account("user-three")
    change(panel.skyspy, users.set_disabled, off.id, True, CLI)
    seen = set()
    for name, password in (("user-one", PASSWORD), ("user-two", "not it, not at all"), ("user-three", PASSWORD)):
        browser = panel.browser()
        answer = browser.sign_in(name, password)
        seen.add((answer.status_code, answer.text.replace(name, "NAME").replace(browser.token, "TOKEN")))
    assert len(seen) == 1


# S23: redirects after a sign-in


@pytest.mark.parametrize(
    "hostile",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example/admin/",
        "/admin//evil.example",
        "/admin/../..//evil.example",
        "/%2f/evil.example",
        "javascript:alert(1)",
        " /admin/keys/",
        "/admin/\tkeys",
        "/admin/keys/\r\nSet-Cookie: a=b",
        "/",
        "",
    ],
)
def test_s23_a_sign_in_leads_to_the_panel_and_nowhere_else(panel: Panel, hostile: str) -> None:
    panel.user("ann")
    browser = panel.browser()
    browser.get(SIGN_IN)
    answer = browser.client.post(
        SIGN_IN, query_string={"next": hostile}, data={"name": "ann", "password": PASSWORD, "csrf_token": browser.token}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")


def test_s23_a_sign_in_goes_on_to_the_page_that_was_asked_for(panel: Panel) -> None:
    panel.user("ann")
    browser = panel.browser()
    sent = browser.get("/admin/keys/?q=a").headers["Location"]
    assert sent.startswith(SIGN_IN)
    browser.get(sent)
    assert browser.post(sent, {"name": "ann", "password": PASSWORD}).headers["Location"] == "/admin/keys/?q=a"


# S21, S22: logs


def test_s22_signing_in_and_out_and_failing_are_written_down_with_the_address(panel: Panel) -> None:
    panel.user("ann")
    browser = panel.browser()
    browser.sign_in("ann", "wrong password")
    browser.sign_in("ann")
    browser.post("/admin/sign-out/")
    for action in ("login.failed", "login.ok", "logout"):
        rows = panel.log(action)
        assert [row.address for row in rows] == ["192.0.2.1"], action


def test_s21_a_name_with_line_breaks_forges_no_line(panel: Panel, caplog: pytest.LogCaptureFixture) -> None:
    panel.browser().sign_in("a\n2026-01-01 INFO admin ok\x1b[2J", "wrong password")
    for text in (
        [row.object for row in panel.log()] + [row.actor for row in panel.log()] + [r.getMessage() for r in caplog.records]
    ):
        assert text.isprintable()

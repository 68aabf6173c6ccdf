"""The panel's sessions over HTTP: what opens and ends one, and what the cookie authenticates. S-numbers are rows of docs/security.md."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from skyspy.auth.panel_sessions import Browser as AskedFrom
from skyspy.auth.panel_sessions import PanelSessions
from skyspy.store import users
from skyspy.store.panel_sessions import PanelSession
from skyspy.store.settings import SettingsTable
from tests.support.browser_client import AGENT, PASSWORD, Browser
from tests.support.databases import change
from tests.support.world import CLI, Panel

OTHER = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Gecko/20100101 Firefox/140.0"
SIGN_IN = "/admin/sign-in/"


@pytest.fixture
def ann(panel: Panel) -> Browser:
    panel.user("ann")
    return panel.browser("ann")


def settings(panel: Panel) -> SettingsTable:
    return panel.skyspy.settings


# S13: the session


def test_s13_the_cookie_is_hidden_from_scripts_and_from_other_sites(panel: Panel) -> None:
    panel.user("ann")
    browser = panel.browser()
    browser.get(SIGN_IN)
    device, line = sorted(browser.post(SIGN_IN, {"name": "ann", "password": PASSWORD}).headers.getlist("Set-Cookie"))
    for each in (device, line):
        assert {"HttpOnly", "SameSite=Lax", "Path=/admin"} <= set(each.split("; "))
        assert "Domain" not in each
    assert "Expires" not in line
    assert re.fullmatch(r"skyspy_device=[0-9a-f]{32}\.[0-9a-f]{64}", device.partition(";")[0]), "a random id and its signature"
    assert f"Max-Age={30 * 86400}" in device


def test_s13_behind_tls_the_cookie_is_secure_and_of_this_host_alone(tmp_path: Path) -> None:
    panel = Panel(tmp_path, SKYSPY_TRUSTED_PROXIES="192.0.2.0/24")
    panel.user("ann")
    browser = panel.browser(**{"X-Forwarded-Proto": "https"})
    answer = browser.get(SIGN_IN)
    (line,) = answer.headers.getlist("Set-Cookie")
    assert line.startswith("__Host-") and {"Secure", "Path=/", "HttpOnly"} <= set(line.split("; "))
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    panel.skyspy.store.close()


def test_s13_behind_tls_the_device_cookie_is_of_this_host_alone_too(tmp_path: Path) -> None:
    panel = Panel(tmp_path, SKYSPY_TRUSTED_PROXIES="192.0.2.0/24")
    panel.user("ann")
    browser = panel.browser(**{"X-Forwarded-Proto": "https"})
    browser.get(SIGN_IN)
    lines = browser.post(SIGN_IN, {"name": "ann", "password": PASSWORD}, Origin="https://localhost").headers.getlist("Set-Cookie")
    (line,) = [line for line in lines if "skyspy_device=" in line]
    assert line.startswith("__Host-skyspy_device=") and {"Secure", "Path=/", "HttpOnly"} <= set(line.split("; "))
    panel.skyspy.store.close()


def test_s13_below_a_path_prefix_the_device_cookie_has_a_name_of_its_own(tmp_path: Path) -> None:
    panel = Panel(tmp_path, SKYSPY_TRUSTED_PROXIES="192.0.2.0/24")
    panel.user("ann")
    browser = panel.browser(**{"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/sky"})
    browser.get(SIGN_IN)
    lines = browser.post(SIGN_IN, {"name": "ann", "password": PASSWORD}, Origin="https://localhost").headers.getlist("Set-Cookie")
    (line,) = [line for line in lines if "skyspy_device" in line]
    assert re.match(r"__Host-skyspy_device_[0-9a-f]{8}=", line)
    panel.skyspy.store.close()


def test_s10_a_device_is_known_from_a_new_address_and_a_forged_cookie_is_not(panel: Panel) -> None:
    panel.user("ann")
    settings(panel).change({"LOGIN_ATTEMPTS_PER_ACCOUNT": 2, "LOGIN_ATTEMPTS_PER_ADDRESS": 1000}, CLI)
    known, forged, fresh = panel.browser(), panel.browser(), panel.browser()
    assert known.sign_in("ann").status_code == 303
    assert known.post("/admin/sign-out/").status_code == 303
    # It outlives the sign-out, and signs nobody in.
    assert not known.is_in()
    cookie = known.client.get_cookie("skyspy_device", path="/admin")
    assert cookie is not None
    forged.client.set_cookie("skyspy_device", cookie.value[:-1] + ("0" if cookie.value[-1] != "0" else "1"), path="/admin")
    stranger = panel.browser()
    stranger.address = "198.51.100.1"
    for _ in range(4):
        stranger.sign_in("ann", "wrong password")
    for browser in (known, forged, fresh):
        browser.address = "198.51.100.2"
    assert [browser.sign_in("ann").status_code for browser in (fresh, forged, known)] == [429, 429, 303]
    # A guess with a known device counts for the device alone.
    other = panel.browser()
    other.client.set_cookie("skyspy_device", cookie.value, path="/admin")
    assert [other.sign_in("ann", "wrong password").status_code for _ in range(3)] == [401, 401, 429]


def test_s13_a_stranger_cannot_claim_tls(panel: Panel) -> None:
    answer = panel.browser(**{"X-Forwarded-Proto": "https"}).get(SIGN_IN)
    assert "Secure" not in answer.headers["Set-Cookie"]


class Moving(PanelSessions):
    """PanelSessions with a change by an operator while a session is looked up."""

    def __init__(self, panel: Panel, meanwhile: Callable[[], object]) -> None:
        server = panel.skyspy
        super().__init__(
            server.store, server.settings, server.secret, server.passwords, server.sign_in, server.tokens, server.clock
        )
        panel.app.extensions["skyspy"] = replace(server, panel_sessions=self)
        self._meanwhile = meanwhile
        self.looked = 0

    def look_up(self, secret: str, browser: AskedFrom, *, used: bool = True) -> PanelSession | None:
        found = super().look_up(secret, browser, used=used)
        self.looked += 1
        self._meanwhile()
        return found


def test_s13_a_session_that_settings_end_while_it_is_looked_up_shows_no_page(panel: Panel, ann: Browser) -> None:
    panel.clock.pass_by(1000)
    changes = iter([{"PANEL_ABSOLUTE_SECONDS": 600, "PANEL_IDLE_SECONDS": 600}])
    moving = Moving(panel, lambda: [settings(panel).change(change, CLI) for change in changes])
    assert ann.get("/admin/users/").status_code == 303
    assert moving.looked == 2


def test_s13_settings_that_never_stand_still_show_no_page(panel: Panel, ann: Browser) -> None:
    limits = iter(range(100, 200))
    Moving(panel, lambda: settings(panel).change({"MAX_CONNECTIONS": next(limits)}, CLI))
    assert ann.get("/admin/users/").status_code == 503


def test_s13_a_cookie_copied_before_signing_out_is_worth_nothing_after(panel: Panel, ann: Browser) -> None:
    copied = ann.cookies()
    thief = panel.browser()
    thief.take(copied)
    assert thief.is_in()
    ann.post("/admin/sign-out/")
    assert not ann.is_in()
    thief.take(copied)
    assert not thief.is_in()


def test_s13_a_cookie_from_before_the_sign_in_never_becomes_one_of_a_sign_in(panel: Panel) -> None:
    panel.user("ann")
    planted = panel.browser()
    planted.get(SIGN_IN)
    before = planted.cookies()
    victim = panel.browser()
    victim.take(before)
    victim.sign_in("ann")
    assert victim.is_in()
    assert victim.cookies() != before
    planted.take(before)
    assert not planted.is_in()


def test_s13_signing_in_again_ends_the_sign_in_before(panel: Panel, ann: Browser) -> None:
    before = ann.cookies()
    ann.get("/admin/profile/")
    ann.post(SIGN_IN, {"name": "ann", "password": PASSWORD})
    thief = panel.browser()
    thief.take(before)
    assert not thief.is_in()


def test_s13_a_new_password_ends_every_other_session_and_not_this_one(panel: Panel, ann: Browser) -> None:
    elsewhere = panel.browser("ann")
    copied = ann.cookies()
    ann.get("/admin/profile/")
    new = "another horse entirely"
    answer = ann.post("/admin/profile/password/", {"current": PASSWORD, "password": new, "again": new})
    assert answer.status_code == 303
    assert ann.is_in()
    assert not elsewhere.is_in()
    thief = panel.browser()
    thief.take(copied)
    assert not thief.is_in()
    assert panel.browser().sign_in("ann", PASSWORD).status_code == 401
    assert panel.browser().sign_in("ann", new).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "again", "status"),
    [
        ("wrong", "a new long password", "a new long password", 401),
        (PASSWORD, "short", "short", 400),
        (PASSWORD, "a long one", "b long one", 400),
    ],
    ids=["wrong now", "too short", "not twice the same"],
)
def test_s13_a_password_that_was_not_changed_ends_nothing(
    panel: Panel, ann: Browser, current: str, new: str, again: str, status: int
) -> None:
    elsewhere = panel.browser("ann")
    answer = ann.post("/admin/profile/password/", {"current": current, "password": new, "again": again})
    assert answer.status_code == status
    assert new not in answer.text
    assert elsewhere.is_in() and ann.is_in()


ENDS: dict[str, Callable[[Panel, int], object]] = {
    "disabling": lambda panel, user_id: change(panel.skyspy, users.set_disabled, user_id, True, CLI),
    "deleting": lambda panel, user_id: change(panel.skyspy, users.remove, user_id, CLI),
    "signing out everywhere": lambda panel, user_id: change(panel.skyspy, users.sign_out_everywhere, user_id, CLI),
    "another password": lambda panel, user_id: change(panel.skyspy, users.set_password, user_id, "x", CLI),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_s13_what_ends_a_user_ends_his_session_at_the_next_click(panel: Panel, end: Callable[[Panel, int], object]) -> None:
    panel.user("root")
    user = panel.account("ann")
    browser = panel.browser("ann")
    end(panel, user.id)
    assert not browser.is_in()


def test_s13_enabling_again_wakes_no_old_session(panel: Panel) -> None:
    panel.user("root")
    user = panel.account("ann")
    browser = panel.browser("ann")
    copied = browser.cookies()
    change(panel.skyspy, users.set_disabled, user.id, True, CLI)
    change(panel.skyspy, users.set_disabled, user.id, False, CLI)
    browser.take(copied)
    assert not browser.is_in()


def test_s13_signing_out_everywhere_ends_this_browser_too(panel: Panel, ann: Browser) -> None:
    elsewhere = panel.browser("ann")
    assert ann.post("/admin/profile/sign-out-everywhere/").status_code == 303
    assert not ann.is_in() and not elsewhere.is_in()


def test_s13_a_session_that_is_not_used_ends(panel: Panel, ann: Browser) -> None:
    idle = settings(panel).current.PANEL_IDLE_SECONDS
    for _ in range(3):
        panel.clock.pass_by(idle - 10)
        assert ann.is_in()
    panel.clock.pass_by(idle + 1)
    assert not ann.is_in()


def test_s13_what_a_page_asks_by_itself_keeps_no_session_alive(panel: Panel, ann: Browser) -> None:
    step = settings(panel).current.PANEL_IDLE_SECONDS / 3
    answers = []
    for _ in range(4):
        panel.clock.pass_by(step)
        answers.append(ann.get("/admin/counts/").status_code)
    assert answers == [200, 200, 401, 401]
    assert not ann.is_in()


def test_s13_a_session_that_is_used_all_the_time_ends_too(panel: Panel, ann: Browser) -> None:
    now = settings(panel).current
    for _ in range(int(now.PANEL_ABSOLUTE_SECONDS / (now.PANEL_IDLE_SECONDS - 60)) + 1):
        panel.clock.pass_by(now.PANEL_IDLE_SECONDS - 60)
        signed_in = ann.is_in()
    assert not signed_in


def test_s13_a_shorter_lifetime_is_in_force_on_sessions_that_stand(panel: Panel, ann: Browser) -> None:
    panel.clock.pass_by(700)
    settings(panel).change({"PANEL_IDLE_SECONDS": 600}, CLI)
    panel.clock.pass_by(1)
    assert not ann.is_in()


def test_s13_a_browser_that_is_kept_signed_in_stays_longer_but_not_for_ever(panel: Panel) -> None:
    panel.user("ann")
    browser = panel.browser()
    browser.get(SIGN_IN)
    answer = browser.post(SIGN_IN, {"name": "ann", "password": PASSWORD, "keep": "yes"})
    assert "Expires=" in answer.headers["Set-Cookie"]
    panel.clock.pass_by(settings(panel).current.PANEL_ABSOLUTE_SECONDS + 60)
    assert browser.is_in()
    panel.clock.pass_by(settings(panel).current.PANEL_KEEP_SECONDS)
    assert not browser.is_in()


def test_s13_where_nobody_may_be_kept_the_wish_is_not_heard(panel: Panel) -> None:
    panel.user("ann")
    settings(panel).change({"PANEL_KEEP_SECONDS": 0}, CLI)
    browser = panel.browser()
    assert "Keep me signed in" not in browser.get(SIGN_IN).text
    lines = browser.post(SIGN_IN, {"name": "ann", "password": PASSWORD, "keep": "yes"}).headers.getlist("Set-Cookie")
    assert [line for line in lines if line.startswith("skyspy_panel=") and "Expires=" in line] == []


def test_s13_a_cookie_in_another_kind_of_browser_ends_the_session_for_both(panel: Panel, ann: Browser) -> None:
    thief = panel.browser(**{"User-Agent": OTHER})
    thief.take(ann.cookies())
    assert not thief.is_in()
    assert not ann.is_in()
    assert len(panel.log("login.foreign")) == 1


def test_s13_a_browser_that_was_brought_up_to_date_stays_signed_in(panel: Panel, ann: Browser) -> None:
    ann.headers["User-Agent"] = AGENT.replace("140.0.0.0", "141.0.7.1")
    assert ann.is_in()


@pytest.mark.parametrize(
    "value", ["", "x", "." * 3000, "eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbbbb"], ids=["empty", "short", "long", "forged"]
)
def test_s13_a_made_up_cookie_is_nobody(panel: Panel, ann: Browser, value: str) -> None:
    stranger = panel.browser()
    stranger.take({"skyspy_panel": value})
    assert not stranger.is_in()


# S15: the cookie authenticates nothing outside the panel


def test_s15_the_cookie_is_nobody_outside_the_panel(panel: Panel, ann: Browser) -> None:
    settings(panel).change({"AUTH_MODE": "private"}, CLI)
    ann.take(ann.cookies(), path="/")
    for path in ("/api/aircraft/", "/api/auth/keys/", "/api/admin/users/", "/data/aircraft.json"):
        assert ann.get(path).status_code == 401, path


def test_the_page_gets_a_short_token_for_its_live_connection(panel: Panel, ann: Browser) -> None:
    answer = ann.post("/admin/token/")
    assert answer.status_code == 200 and answer.json is not None
    assert 0 < answer.json["expires_in"] <= 300
    principal = panel.skyspy.tokens.identify(answer.json["token"])
    assert principal is not None and (principal.kind, principal.name) == ("user", "ann")
    ann.post("/admin/sign-out/")
    with pytest.raises(Exception, match="revoked"):
        panel.skyspy.tokens.identify(answer.json["token"])


def test_the_token_is_for_who_is_signed_in_and_sends_the_form_token(panel: Panel, ann: Browser) -> None:
    assert panel.browser().post("/admin/token/").status_code == 400
    assert ann.post("/admin/token/", token="").status_code == 400
    assert ann.get("/admin/token/").status_code == 405

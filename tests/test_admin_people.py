"""What the panel says of people and what they did: the audit log, one's own page, users, roles and keys."""

from __future__ import annotations

import csv
import io
import re

import pytest

from skyspy.admin import changes
from skyspy.admin.changes import Change
from skyspy.auth.principal import Principal
from skyspy.live import Session
from skyspy.store.audit import AuditLog, Entry
from tests.panel_world import CLI, Browser, Panel, panel

__all__ = ["panel"]

DAY_S = 86400


@pytest.fixture
def ann(panel: Panel) -> Browser:
    """An administrator's browser; there is one more user."""
    panel.user("ann")
    panel.user("bert", "viewer")
    return panel.browser("ann")


def said(page: str) -> str:
    """What a page says in its main part, on one line."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", "<main" + main).split())


def connected(panel: Panel, name: str, namespace: str = "/") -> None:
    user = next(user for user in panel.house.accounts.users() if user.name == name)
    principal = Principal("user", user.id, user.name, user.role, user.permissions)
    number = len(panel.house.live)
    panel.house.live.add(Session(f"sid{number}", f"eio{number}", namespace, principal, "192.0.2.7", 1.0))


# The audit log


def entry(action: str, about: str, before: object = None, after: object = None) -> Entry:
    return Entry(1, 0.0, "user", "ann", "192.0.2.1", action, about, before, after)


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (entry("user.set-role", "user b", {"role": "viewer"}, {"role": "operator"}), [Change("role", "viewer", "operator")]),
        (entry("user.disable", "user b", {"disabled": False}, {"disabled": True}), [Change("disabled", "no", "yes")]),
        (entry("user.delete", "user b", {"role": "viewer"}), [Change("role", "viewer", "")]),
        (
            entry("role.change", "role r", {"permissions": ["a", "b"]}, {"permissions": ["b", "c"]}),
            [Change("came", "", "c"), Change("went", "a", "")],
        ),
        (entry("setting.set", "AUTH_MODE", {"value": "hybrid"}, {"value": "private"}), [Change("", "Hybrid", "Private")]),
        (entry("setting.set", "JWT_ACCESS_SECONDS", None, {"value": 60}), [Change("", "", "1 minute (60 s)")]),
        (
            entry("key.create", "key 1 k", None, {"scopes": None, "expires_at": 86400, "networks": ["192.0.2.0/24"]}),
            [
                Change("may", "", "everything its owner may"),
                Change("ends", "", "1970-01-02 00:00 UTC"),
                Change("from", "", "192.0.2.0/24"),
            ],
        ),
        (entry("login.ok", "user b"), []),
        (entry("setting.set", "AUTH_MODE", {"value": 7}, {"value": ["x"]}), [Change("", "7", "['x']")]),
    ],
    ids=lambda one: one.action if isinstance(one, Entry) else "",
)
def test_only_what_differs_is_told_and_not_as_json(one: Entry, told: list[Change]) -> None:
    assert changes.told(one) == told


def test_a_table_of_features_tells_only_of_those_that_changed(panel: Panel, ann: Browser) -> None:
    panel.house.settings.change({"FEATURE_ACCESS": "audio=public"}, CLI)
    page = said(ann.get("/admin/audit/?action=setting.").text)
    assert "Audio With the permission → became Anyone" in page and "Aircraft" not in page


def test_the_log_is_filtered_by_days_of_utc_and_the_file_is_too(panel: Panel, ann: Browser) -> None:
    log, day = AuditLog(panel.house.store, panel.clock), int(panel.clock.wall() // DAY_S + 2)
    for offset, what in ((-1, "before"), (0, "first"), (DAY_S - 1, "last"), (DAY_S, "after")):
        panel.clock.pass_by(day * DAY_S + offset - panel.clock.wall())
        log.record(CLI, "test.done", what)
    ann = panel.browser("ann")
    word = f"{_date(day)}"
    path = f"?action=test.done&since={word}&until={word}"
    page = ann.get(f"/admin/audit/{path}")
    assert re.findall(r'data-label="Object">(\w+)<', page.text) == ["last", "first"]
    link = re.findall(r'href="(/admin/audit/log.csv[^"]*)"', page.text)[0].replace("&amp;", "&")
    assert [row["object"] for row in csv.DictReader(io.StringIO(ann.get(link).text))] == ["last", "first"]
    assert re.findall(r'data-label="Object">(\w+)<', ann.get(f"/admin/audit/?action=test.&since={word}").text) == [
        "after",
        "last",
        "first",
    ]


def _date(day: int) -> str:
    return changes.moment(day * DAY_S)[:10]


def test_a_day_that_is_none_is_said_and_left_out(ann: Browser) -> None:
    for wrong in ("yesterday", "2026-02-31", "0001-01-01"):
        answer = ann.get(f"/admin/audit/?since={wrong}")
        assert answer.status_code == 200 and f"“{wrong}” is no day" in answer.text


def test_actions_that_occur_are_offered_with_their_nouns(ann: Browser) -> None:
    offered = re.findall(r'<option value="([^"]*)">', ann.get("/admin/audit/").text)
    assert {"login.", "login.ok", "user.", "user.create"} <= set(offered)


def test_what_an_entry_is_about_is_linked_while_it_exists(panel: Panel, ann: Browser) -> None:
    house = panel.house
    house.accounts.create_role("listener", frozenset({"audio.view"}), CLI)
    house.tokens.keys.create(2, "live", "display", CLI)
    house.settings.change({"MAX_RANGE_NM": 300}, CLI)
    page = ann.get("/admin/audit/").text
    for address in ("/admin/users/2/", "/admin/keys/1/", "/admin/roles/role/listener/", "/admin/access/#s-MAX_RANGE_NM"):
        assert f'data-label="Object"><a href="{address}">' in page
    house.accounts.delete_user(2, CLI)
    house.accounts.delete_role("listener", CLI)
    page = ann.get("/admin/audit/").text
    assert "/admin/users/2/" not in page and "/admin/keys/1/" not in page and "/roles/role/listener/" not in page


def test_a_name_that_is_given_again_is_not_taken_for_the_one_before(panel: Panel, ann: Browser) -> None:
    panel.house.accounts.delete_user(2, CLI)
    panel.clock.pass_by(60)
    again = panel.house.accounts.create_user("bert", "viewer", None, CLI)
    page = ann.get("/admin/audit/?about=bert").text
    rows = re.findall(r"<code>(user\.\w+)</code></td>\s*<td data-label=\"Object\">(<a href=\"[^\"]*\">)?user bert", page)
    assert rows == [("user.create", f'<a href="/admin/users/{again.id}/">'), ("user.delete", ""), ("user.create", "")]


def test_who_may_only_read_the_log_gets_no_links_out_of_it(panel: Panel, ann: Browser) -> None:
    panel.house.accounts.create_role("auditor", frozenset({"audit.view"}), CLI)
    panel.user("aud", "auditor")
    page = panel.browser("aud").get("/admin/audit/").text
    assert "user bert" in page and "/admin/users/" not in page


def test_an_act_that_names_only_an_id_says_whose_it_is(panel: Panel, ann: Browser) -> None:
    connected(panel, "bert")
    ann.get("/admin/live/user/2/")
    ann.post("/admin/live/user/2/")
    assert "user 2 (bert)" in said(ann.get("/admin/audit/?action=live.").text)

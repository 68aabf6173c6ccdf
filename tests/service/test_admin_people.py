"""The panel's pages about users: the audit log, the profile, users, roles and keys."""

from __future__ import annotations

import csv
import io
import re

import pytest

from skyspy.address import Peer
from skyspy.admin import audit_changes
from skyspy.admin.audit_changes import Change
from skyspy.auth.principal import Principal
from skyspy.presence.sessions import Session
from skyspy.store import audit, roles, users
from skyspy.store.audit import Entry
from tests.support.browser_client import Browser
from tests.support.databases import change, create_key
from tests.support.world import CLI, Panel

DAY_S = 86400


@pytest.fixture
def ann(panel: Panel) -> Browser:
    """An administrator's browser; there is one more user."""
    panel.user("ann")
    panel.user("bert", "viewer")
    return panel.browser("ann")


def said(page: str) -> str:
    """The text of a page's main part, on one line."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", "<main" + main).split())


def connected(panel: Panel, name: str, namespace: str = "/") -> None:
    user = next(user for user in panel.skyspy.store.read(users.every) if user.name == name)
    principal = Principal("user", user.id, user.name, user.role, user.permissions)
    number = len(panel.skyspy.sessions)
    panel.skyspy.sessions.add(Session(f"sid{number}", f"eio{number}", namespace, principal, Peer("192.0.2.7"), 1.0))


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
            entry("role.change", "role r", {"permissions": ["a"], "says": "old"}, {"permissions": ["a"], "says": "new"}),
            [Change("what it is for", "old", "new")],
        ),
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
        (entry("login.ok", "user b", None, {"panel": True}), [Change("on the panel", "", "")]),
        (entry("setting.set", "AUTH_MODE", {"value": 7}, {"value": ["x"]}), [Change("", "7", "['x']")]),
    ],
    ids=lambda one: one.action if isinstance(one, Entry) else "",
)
def test_only_what_differs_is_told_and_not_as_json(one: Entry, told: list[Change]) -> None:
    assert audit_changes.describe_changes(one) == told


def test_a_table_of_features_tells_only_of_those_that_changed(panel: Panel, ann: Browser) -> None:
    panel.skyspy.settings.change({"FEATURE_ACCESS": "audio=public"}, CLI)
    page = said(ann.get("/admin/audit/?action=setting.").text)
    assert "Audio: With the permission → became Anyone" in page and "Aircraft" not in page


def test_the_log_is_filtered_by_days_of_utc_and_the_file_is_too(panel: Panel, ann: Browser) -> None:
    day = int(panel.clock.wall() // DAY_S + 2)
    for offset, what in ((-1, "before"), (0, "first"), (DAY_S - 1, "last"), (DAY_S, "after")):
        panel.clock.pass_by(day * DAY_S + offset - panel.clock.wall())
        change(panel.skyspy, audit.record, CLI, "test.done", what)
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
    return audit_changes.utc_time(day * DAY_S)[:10]


def test_a_day_that_is_none_is_said_and_left_out(ann: Browser) -> None:
    for wrong in ("yesterday", "2026-02-31", "0001-01-01"):
        answer = ann.get(f"/admin/audit/?since={wrong}")
        assert answer.status_code == 200 and f"“{wrong}” is no day" in answer.text


def test_actions_that_occur_are_offered_with_their_nouns(ann: Browser) -> None:
    offered = re.findall(r'<option value="([^"]*)">', ann.get("/admin/audit/").text)
    assert {"login.", "login.ok", "user.", "user.create"} <= set(offered)


def test_what_an_entry_is_about_is_linked_while_it_exists(panel: Panel, ann: Browser) -> None:
    server = panel.skyspy
    change(server, roles.create, "listener", frozenset({"audio.view"}), "", CLI)
    create_key(server, 2, "live", "display", CLI)
    server.settings.change({"MAX_RANGE_NM": 300}, CLI)
    page = ann.get("/admin/audit/").text
    for address in ("/admin/users/2/", "/admin/keys/1/", "/admin/roles/role/listener/", "/admin/access/#s-MAX_RANGE_NM"):
        assert f'data-label="Object"><a href="{address}">' in page
    change(server, users.remove, 2, CLI)
    change(server, roles.remove, "listener", CLI)
    page = ann.get("/admin/audit/").text
    assert "/admin/users/2/" not in page and "/admin/keys/1/" not in page and "/roles/role/listener/" not in page


def test_a_name_that_is_given_again_is_not_taken_for_the_one_before(panel: Panel, ann: Browser) -> None:
    change(panel.skyspy, users.remove, 2, CLI)
    panel.clock.pass_by(60)
    again = change(panel.skyspy, users.create, "bert", "viewer", None, CLI)
    page = ann.get("/admin/audit/?about=bert").text
    rows = re.findall(r"<code>(user\.\w+)</code></td>\s*<td data-label=\"Object\">(<a href=\"[^\"]*\">)?user bert", page)
    assert rows == [("user.create", f'<a href="/admin/users/{again.id}/">'), ("user.delete", ""), ("user.create", "")]


def test_audit_view_alone_gives_no_links_to_other_pages(panel: Panel, ann: Browser) -> None:
    change(panel.skyspy, roles.create, "auditor", frozenset({"audit.view"}), "", CLI)
    panel.user("aud", "auditor")
    page = panel.browser("aud").get("/admin/audit/").text
    assert "user bert" in page and "/admin/users/" not in page


def test_an_act_that_names_only_an_id_says_whose_it_is(panel: Panel, ann: Browser) -> None:
    connected(panel, "bert")
    ann.get("/admin/live/user/2/")
    ann.post("/admin/live/user/2/")
    assert "user 2 (bert)" in said(ann.get("/admin/audit/?action=live.").text)


# The profile


def test_signing_out_everywhere_says_first_what_it_ends_and_then_ends_it(panel: Panel, ann: Browser) -> None:
    other = panel.browser("ann")
    connected(panel, "ann")
    create_key(panel.skyspy, 1, "live", "display", CLI)
    asked = said(ann.get("/admin/profile/sign-out-everywhere/").text)
    assert "signed out in 2 browsers, this one included" in asked and "1 live connection is closed" in asked
    assert "1 API key works on" in asked
    assert other.is_in()
    ann.get("/admin/profile/sign-out-everywhere/")
    assert ann.post("/admin/profile/sign-out-everywhere/").status_code == 303
    assert not ann.is_in() and not other.is_in()


def test_one_of_ones_other_browsers_is_signed_out_and_the_rest_stay(panel: Panel, ann: Browser) -> None:
    phone, third = panel.browser("ann"), panel.browser("ann")
    page = ann.get("/admin/profile/").text
    assert page.count('/sign-out/"') - page.count('action="/admin/sign-out/"') == 2, (
        "every browser but this one can be signed out"
    )
    mine = {one.family.id for one in panel.skyspy.panel_sessions.sessions_of(1)}
    offered = re.findall(r'href="(/admin/profile/browsers/(\w+)/sign-out/)"', page)
    own = (mine - {family for _, family in offered}).pop()
    phone_path = next(path for path, _ in offered if _is(panel, phone, path))
    assert "Sign out Chrome on Linux?" in said(ann.get(phone_path).text)
    assert "Chrome on Linux is signed out" in said(ann.get(ann.post(phone_path).headers["Location"]).text)
    assert (ann.is_in(), phone.is_in(), third.is_in()) == (True, False, True)
    assert [(row.actor, row.object) for row in panel.log("logout.other")] == [("ann", "user ann")]
    # Repeating it is no error; the present browser has the sign-out button.
    assert "signed out already" in said(ann.get(phone_path).text)
    assert ann.post(phone_path).status_code == 303 and len(panel.log("logout.other")) == 1
    assert "the browser you use now" in said(ann.get(f"/admin/profile/browsers/{own}/sign-out/").text)
    assert ann.post(f"/admin/profile/browsers/{own}/sign-out/").status_code == 409 and ann.is_in()


def _is(panel: Panel, browser: Browser, path: str) -> bool:
    """Whether the address is that of this browser's own session, which the page does not offer to end."""
    return path not in browser.get("/admin/profile/").text


def test_another_users_browser_cannot_be_signed_out(panel: Panel, ann: Browser) -> None:
    bert = panel.browser("bert")
    family = panel.skyspy.panel_sessions.sessions_of(2)[0].family.id
    assert "signed out already" in said(ann.get(f"/admin/profile/browsers/{family}/sign-out/").text)
    ann.post(f"/admin/profile/browsers/{family}/sign-out/")
    assert bert.is_in()


# Users and roles


def test_deleting_and_disabling_say_how_many_keys_and_connections_die(panel: Panel, ann: Browser) -> None:
    create_key(panel.skyspy, 2, "live", "logger", CLI)
    connected(panel, "bert")
    connected(panel, "bert", "/audio")
    for act in ("delete", "disable"):
        asked = said(ann.get(f"/admin/users/2/{act}/").text)
        assert "1 API key stops working" in asked and "2 live connections are closed within 2 seconds" in asked


def test_a_users_page_says_what_each_act_does_and_leads_to_ending_the_connections(panel: Panel, ann: Browser) -> None:
    connected(panel, "bert")
    panel.browser("bert")
    page = ann.get("/admin/users/2/").text
    assert "Ends 1 browser on this panel and every token." in said(page)
    assert 'href="/admin/live/user/2/"' in page and "Disconnect all 1…" in page
    assert "bert has no API keys and 1 live connection." in said(page)
    assert "in 1 browser" in said(ann.get("/admin/users/2/sign-out/").text)


def test_taking_something_from_a_role_says_first_who_loses_what(panel: Panel, ann: Browser) -> None:
    change(panel.skyspy, roles.create, "listener", frozenset({"audio.view", "aircraft.view", "stats.view"}), "", CLI)
    panel.user("lea", "listener")
    panel.skyspy.settings.change({"FEATURE_ACCESS": "stats=permission"}, CLI)
    connected(panel, "lea", "/audio")
    connected(panel, "lea")
    panel.skyspy.sessions.all()[1].topics = {"aircraft", "stats"}
    form = {"says": "Listens", "permissions": ["aircraft.view"]}
    asked = ann.post("/admin/roles/role/listener/", form)
    told = said(asked.text)
    assert asked.status_code == 200 and "Take this away from listener?" in told
    assert "1 user with this role, and all their keys, can no longer: see statistics" in told and "(audio.view)" in told
    assert "2 live connections have this role now." in told
    assert "1 live connection in /audio is closed within 2 seconds" in told
    assert "1 live connection loses the topic stats." in told
    assert panel.skyspy.store.read(roles.by_name, "listener").permissions == {"audio.view", "aircraft.view", "stats.view"}
    carried: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.text.partition("<main")[2]):
        carried.setdefault(name, []).append(value)
    carried.pop("csrf_token")
    assert ann.post("/admin/roles/role/listener/", carried).status_code == 303
    role = panel.skyspy.store.read(roles.by_name, "listener")
    assert (role.permissions, role.description) == ({"aircraft.view"}, "Listens")


def test_giving_somebody_a_lesser_role_says_first_what_is_lost(panel: Panel, ann: Browser) -> None:
    otto = panel.account("otto", "operator")
    create_key(panel.skyspy, otto.id, "live", "scanner", CLI)
    connected(panel, "otto", "/audio")
    asked = ann.post(f"/admin/users/{otto.id}/role/", {"role": "viewer"})
    told = said(asked.text)
    assert asked.status_code == 200 and "Give otto the role viewer?" in told
    assert "otto has the role operator now." in told and "otto and all keys of otto can no longer:" in told
    assert "(audio.view)" in told and "(aircraft.view)" not in told
    assert "1 live connection of otto is open now." in told
    assert "1 live connection in /audio is closed within 2 seconds" in told
    assert panel.skyspy.store.read(users.by_id, otto.id).role == "operator"
    assert ann.post(f"/admin/users/{otto.id}/role/", {"role": "viewer", "sure": "yes"}).status_code == 303
    assert panel.skyspy.store.read(users.by_id, otto.id).role == "viewer"
    assert ann.post(f"/admin/users/{otto.id}/role/", {"role": "operator"}).status_code == 303, "more is not asked twice"
    assert ann.post(f"/admin/users/{otto.id}/role/", {"role": "nobody"}).status_code == 404


def test_demoting_the_last_administrator_is_refused_before_the_confirmation(panel: Panel, ann: Browser) -> None:
    refused = ann.post("/admin/users/1/role/", {"role": "viewer"})
    assert refused.status_code == 409 and "last administrator" in said(refused.text)


def test_adding_permissions_or_changing_an_unused_role_needs_no_confirmation(panel: Panel, ann: Browser) -> None:
    change(panel.skyspy, roles.create, "listener", frozenset({"audio.view"}), "", CLI)
    assert ann.post("/admin/roles/role/listener/", {"permissions": ["stats.view"]}).status_code == 303
    panel.user("lea", "listener")
    assert ann.post("/admin/roles/role/listener/", {"permissions": ["stats.view", "aircraft.view"]}).status_code == 303


def test_a_change_that_would_be_refused_is_refused_at_once(panel: Panel, ann: Browser) -> None:
    change(panel.skyspy, roles.create, "clerk", frozenset({"users.manage", "aircraft.view"}), "", CLI)
    panel.user("cora", "clerk")
    cora = panel.browser("cora")
    assert cora.post("/admin/roles/role/clerk/", {"permissions": ["settings.manage"]}).status_code == 403
    assert cora.post("/admin/roles/role/clerk/", {"permissions": ["no.such"]}).status_code == 400
    assert panel.skyspy.store.read(roles.by_name, "clerk").permissions == {"users.manage", "aircraft.view"}

"""The panel's pages over HTTP: what holds for every page and form, and attacks on each. S-numbers are rows of docs/security.md."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from skyspy.admin import PAGES
from skyspy.admin.routes import Route
from skyspy.permissions import PERMISSION_NAMES
from skyspy.services import Caller, invitations
from skyspy.store import keys, roles, users
from skyspy.store.keys import Key
from tests.support.browser_client import PASSWORD, Browser
from tests.support.databases import change, create_key
from tests.support.panel_routes import ROUTES
from tests.support.world import CLI, Panel

GETS = [route for route in ROUTES if route.method == "GET"]
POSTS = [route for route in ROUTES if route.method == "POST"]
KEY_FORM = {"name": "display", "kind": "live", "may": "some", "scopes": "aircraft.view", "ends": "30"}
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def address(route: Route) -> str:
    """The route's address with something in it that exists: the user 1, the key 1, the role viewer."""
    path = re.sub(r"<int[^>]*>", "1", route.path)
    return "/admin" + re.sub(r"<[^>]*>", "viewer", path)


@pytest.fixture
def ann(panel: Panel) -> Iterator[Browser]:
    """An administrator's browser; there is one key and one more user."""
    user = panel.account("ann")
    panel.user("bert", "viewer")
    create_key(panel.skyspy, user.id, "live", "display", CLI)
    yield panel.browser("ann")


def the_key(panel: Panel, name: str = "display") -> Key:
    return next(key for key in list(panel.skyspy.store.read(keys.every)) if key.name == name)


# Every route


@pytest.mark.parametrize("route", POSTS, ids=name_of)
def test_s14_no_form_is_taken_without_its_token(panel: Panel, ann: Browser, route: Route) -> None:
    before = len(panel.log())
    assert ann.post(address(route), KEY_FORM, token="").status_code == 400
    assert len(panel.log()) == before


@pytest.mark.parametrize("route", POSTS, ids=name_of)
def test_s14_no_form_is_taken_with_the_token_of_somebody_else(panel: Panel, ann: Browser, route: Route) -> None:
    foreign = panel.browser("bert").token
    before = len(panel.log())
    assert foreign and ann.post(address(route), KEY_FORM, token=foreign).status_code == 400
    assert len(panel.log()) == before


@pytest.mark.parametrize(
    "headers", [{"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Origin": "https://evil.example"}], ids=str
)
def test_s14_no_form_is_taken_from_another_sites_page_even_with_the_token(
    panel: Panel, ann: Browser, headers: dict[str, str]
) -> None:
    for route in POSTS:
        assert ann.post(address(route), KEY_FORM, **headers).status_code == 400, name_of(route)
    assert ann.is_in()


def test_s14_a_page_of_our_own_is_heard(ann: Browser) -> None:
    answer = ann.post("/admin/keys/new/", KEY_FORM, Origin="http://localhost", Sec_Fetch_Site="same-origin")
    assert answer.status_code == 200


def test_s14_a_stranger_cannot_say_under_which_name_we_are_reached(ann: Browser) -> None:
    answer = ann.post("/admin/keys/new/", KEY_FORM, Origin="https://evil.example", X_Forwarded_Host="evil.example")
    assert answer.status_code == 400


def test_s14_reading_changes_nothing(panel: Panel, ann: Browser) -> None:
    version, before = panel.skyspy.settings.fresh().version, len(panel.log())
    for route in GETS:
        ann.get(address(route))
    assert (panel.skyspy.settings.fresh().version, len(panel.log())) == (version, before)


def test_s17_every_answer_carries_the_headers_and_stays_in_no_cache(ann: Browser) -> None:
    for route in GETS:
        answer = ann.get(address(route))
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy and "object-src 'none'" in policy, name_of(route)
        assert answer.headers["Cache-Control"] == "no-store", name_of(route)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        if answer.mimetype == "text/html":
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", answer.text), name_of(route)


def test_s17_a_refusal_carries_them_too(panel: Panel) -> None:
    for answer in (panel.browser().get("/admin/nowhere/"), panel.browser().post("/admin/sign-in/", token="")):
        assert answer.status_code in (400, 404)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.open], ids=name_of)
def test_without_a_sign_in_every_page_and_form_is_refused(panel: Panel, route: Route) -> None:
    stranger = panel.browser()
    stranger.get("/admin/sign-in/")
    answer = stranger.get(address(route)) if route.method == "GET" else stranger.post(address(route), KEY_FORM)
    if route.quiet:
        assert answer.status_code == 401
    else:
        assert answer.status_code == 303 and answer.headers["Location"].startswith("/admin/sign-in/")


@pytest.mark.parametrize("route", [route for route in ROUTES if route.page.permissions], ids=name_of)
def test_without_the_permission_every_page_and_form_is_refused(panel: Panel, route: Route) -> None:
    panel.user("root")
    # What is public in this mode is so in the panel, too.
    levels = {"stats": "permission", "safety": "permission", "alerts": "permission", "acars": "permission"}
    panel.skyspy.settings.change({"FEATURE_ACCESS": levels}, CLI)
    rest = PERMISSION_NAMES - frozenset(route.page.permissions)
    change(panel.skyspy, roles.create, "all-but-it", rest, "", CLI)
    panel.user("carl", "all-but-it")
    browser = panel.browser("carl")
    before = len(panel.log())
    answer = browser.get(address(route)) if route.method == "GET" else browser.post(address(route), KEY_FORM)
    assert answer.status_code == 403
    written = panel.log()[: len(panel.log()) - before]
    # Requests of a page's script are not audited as attempts of the user.
    assert [(row.actor, row.action) for row in written] == ([] if route.quiet else [("carl", "access.refused")])


def test_the_navigation_shows_only_where_one_may_go(panel: Panel, ann: Browser) -> None:
    every = {f"/admin{page.path}" for page in PAGES if page.group}
    shown = re.compile(r'<li><a href="(/admin/[^"]*)"')
    assert set(shown.findall(ann.get("/admin/profile/").text)) == every
    for address_ in set(shown.findall(panel.browser("bert").get("/admin/profile/").text)):
        assert panel.browser("bert").get(address_).status_code == 200


# Keys


def secret_in(text: str) -> str:
    found: list[str] = re.findall(r"sk_(?:live|test)_[0-9A-Za-z]{38}", text)
    return found[0]


def test_a_key_is_shown_once_with_code_to_paste_and_never_again(panel: Panel, ann: Browser) -> None:
    answer = ann.post("/admin/keys/new/", KEY_FORM)
    secret = secret_in(answer.text)
    assert answer.text.count(secret) == 4
    assert panel.skyspy.tokens.identify(secret, "192.0.2.9") is not None
    for route in GETS:
        assert secret not in ann.get(address(route)).text, name_of(route)
    assert not any(secret in repr(row) for row in panel.log())


def test_a_key_is_made_as_it_was_wished(panel: Panel, ann: Browser) -> None:
    form = {
        **KEY_FORM,
        "name": "narrow",
        "scopes": ["aircraft.view", "stats.view"],
        "ends": "date",
        "last_day": "2030-01-31",
        "networks": "192.0.2.0/24\n2001:db8::7",
    }
    assert ann.post("/admin/keys/new/", form).status_code == 200
    key = the_key(panel, "narrow")
    assert key.scopes == frozenset({"aircraft.view", "stats.view"})
    assert key.networks == ("192.0.2.0/24", "2001:db8::7")
    assert key.expires_at is not None and 1896134399 <= key.expires_at <= 1896134400


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": ""}, "Give the key a name"),
        ({"scopes": []}, "Tick at least one"),
        ({"ends": "date", "last_day": "yesterday"}, "Choose a day"),
        ({"ends": "date", "last_day": "2001-01-01"}, "That day is over"),
        ({"ends": "whenever"}, "Choose one of the list"),
        ({"networks": "10.0.0.0/8, kitchen"}, "“kitchen” is no address"),
        ({"kind": "golden"}, "Choose what the key is for"),
        ({"scopes": "no.such"}, "no permission"),
    ],
    ids=str,
)
def test_a_form_says_what_is_wrong_and_keeps_what_was_typed(
    panel: Panel, ann: Browser, wrong: dict[str, object], says: str
) -> None:
    answer = ann.post("/admin/keys/new/", {**KEY_FORM, "name": "typed before", **wrong})
    assert answer.status_code == 400 and says in answer.text
    assert "typed before" in answer.text or wrong.get("name") == ""
    assert len(panel.skyspy.store.read(keys.every)) == 1


def test_a_key_for_a_user_with_more_permissions_or_beyond_the_owner_is_refused(panel: Panel, ann: Browser) -> None:
    change(panel.skyspy, roles.create, "keeper", frozenset({"keys.manage", "aircraft.view"}), "", CLI)
    panel.user("kim", "keeper")
    kim = panel.browser("kim")
    assert kim.post("/admin/keys/new/", {**KEY_FORM, "owner": "1"}).status_code == 403
    assert ann.post("/admin/keys/new/", {**KEY_FORM, "owner": "2", "scopes": "users.manage"}).status_code == 400
    assert kim.post("/admin/keys/1/rotate/", {"overlap": "0"}).status_code == 403
    assert kim.post("/admin/keys/1/revoke/").status_code == 403
    assert [key.revoked_at for key in list(panel.skyspy.store.read(keys.every))] == [None]


def test_without_keys_manage_a_user_sees_only_own_keys(panel: Panel, ann: Browser) -> None:
    bert = panel.browser("bert")
    assert bert.get("/admin/keys/1/").status_code == 403
    assert bert.post("/admin/keys/1/revoke/").status_code == 403
    assert bert.get("/admin/keys/new/?owner=1").status_code == 403
    assert bert.post("/admin/keys/new/", KEY_FORM).status_code == 200
    shown = bert.get("/admin/keys/?whose=all").text
    assert "/admin/keys/2/" in shown and "/admin/keys/1/" not in shown


def test_a_rotated_key_works_on_for_as_long_as_was_chosen(panel: Panel, ann: Browser) -> None:
    old = secret_in(ann.post("/admin/keys/new/", {**KEY_FORM, "name": "old"}).text)
    new = secret_in(ann.post(f"/admin/keys/{the_key(panel, 'old').id}/rotate/", {"overlap": "3600"}).text)
    identify = panel.skyspy.tokens.identify
    assert identify(old, "192.0.2.9") and identify(new, "192.0.2.9")
    panel.clock.pass_by(3601)
    assert identify(new, "192.0.2.9")
    with pytest.raises(Exception, match="Invalid token"):
        identify(old, "192.0.2.9")


def test_revoking_says_first_what_ends_and_then_ends_it(panel: Panel, ann: Browser) -> None:
    asked = ann.get("/admin/keys/1/revoke/")
    assert "stops working at once" in asked.text and "Nobody is connected now" in asked.text
    assert the_key(panel).revoked_at is None
    assert ann.post("/admin/keys/1/revoke/").status_code == 303
    assert the_key(panel).revoked_at is not None
    assert [row.actor for row in panel.log("key.revoke")] == ["ann"]


# Users, roles, links


def test_an_invitation_works_once(panel: Panel, ann: Browser) -> None:
    made = ann.post("/admin/users/new/", {"name": "olga", "role": "operator", "way": "link"})
    path = re.findall(r"http://localhost(/admin/invite/[^<\s]+)", made.text)[0]
    guest, late = panel.browser(), panel.browser()
    assert guest.get(path).status_code == 200
    late.get(path)
    assert guest.post(path, {"password": PASSWORD, "again": PASSWORD}).status_code == 303
    assert not guest.is_in()
    assert guest.sign_in("olga").status_code == 303
    for again in (late.get(path), late.post(path, {"password": "x" * 5 + "yz12345", "again": "x" * 5 + "yz12345"})):
        assert again.status_code == 410


@pytest.mark.parametrize("kind", [invitations.FIRST, invitations.INVITE, invitations.RESET])
def test_a_link_that_was_tampered_with_or_is_of_another_kind_opens_nothing(panel: Panel, ann: Browser, kind: str) -> None:
    admin = panel.skyspy.store.read(users.by_id, 1)
    caller = Caller(panel.skyspy.panel_sessions.principal(panel.skyspy.panel_sessions.sessions_of(admin.id)[0]))
    good = invitations.password_reset_link(panel.skyspy, caller, 2)
    tampered = good[:-1] + ("A" if good[-1] != "A" else "B")
    wrong = [tampered, good.swapcase(), "x", "." * 900] + ([good] if kind != invitations.RESET else [])
    for token in wrong:
        stranger = panel.browser()
        assert stranger.get(f"/admin/{kind}/{token}/").status_code == 410


def test_s12_the_first_administrator_is_made_once_and_by_link_only(panel: Panel) -> None:
    path = f"/admin/first/{invitations.first_admin_link(panel.skyspy, CLI)}/"
    first, second = panel.browser(), panel.browser()
    assert "Nobody can sign in yet" in first.get("/admin/sign-in/").text
    first.get(path)
    second.get(path)
    form = {"name": "root", "password": PASSWORD, "again": PASSWORD}
    assert first.post(path, form).status_code == 303
    assert second.post(path, {**form, "name": "evil"}).status_code in (404, 409, 410)
    assert [(user.name, user.role) for user in panel.skyspy.store.read(users.every)] == [("root", "admin")]


def test_a_role_with_permissions_the_caller_lacks_cannot_be_given(panel: Panel, ann: Browser) -> None:
    change(panel.skyspy, roles.create, "clerk", frozenset({"users.manage", "aircraft.view"}), "", CLI)
    panel.user("cora", "clerk")
    cora = panel.browser("cora")
    assert cora.post("/admin/users/new/", {"name": "evil", "role": "admin", "way": "link"}).status_code == 403
    assert cora.post("/admin/users/3/role/", {"role": "admin"}).status_code == 403
    for act in ("role/", "link/", "disable/", "delete/", "sign-out/"):
        assert cora.post(f"/admin/users/1/{act}", {"role": "viewer"}).status_code == 403, act
    assert cora.post("/admin/roles/new/", {"name": "more", "permissions": "settings.manage"}).status_code == 403
    assert (
        cora.post("/admin/roles/role/clerk/", {"permissions": ["users.manage", "keys.manage"], "sure": "yes"}).status_code == 403
    )
    assert panel.skyspy.store.read(roles.by_name, "clerk").permissions == {"users.manage", "aircraft.view"}
    assert {user.name: user.role for user in panel.skyspy.store.read(users.every)} == {
        "ann": "admin",
        "bert": "viewer",
        "cora": "clerk",
    }


def test_managing_users_is_not_managing_settings(panel: Panel, ann: Browser) -> None:
    change(panel.skyspy, roles.create, "clerk", frozenset({"users.manage"}), "", CLI)
    panel.user("cora", "clerk")
    cora = panel.browser("cora")
    assert cora.get("/admin/access/").status_code == 403
    assert cora.post("/admin/access/keep/", {"AUTH_MODE": "private"}).status_code == 403


def test_the_last_administrator_stays(panel: Panel, ann: Browser) -> None:
    assert ann.post("/admin/users/1/role/", {"role": "viewer"}).status_code == 409
    assert ann.post("/admin/users/1/disable/").status_code == 409
    assert ann.post("/admin/users/1/delete/").status_code == 409
    assert panel.skyspy.store.read(users.by_id, 1).role == "admin"


def test_deleting_says_first_what_ends_and_leaves_the_log(panel: Panel, ann: Browser) -> None:
    create_key(panel.skyspy, 2, "live", "logger", CLI)
    asked = ann.get("/admin/users/2/delete/")
    assert "1 API key stops working" in asked.text and "audit log keeps" in asked.text
    assert ann.post("/admin/users/2/delete/").status_code == 303
    assert [user.name for user in panel.skyspy.store.read(users.every)] == ["ann"]
    assert "bert" in panel.log("user.delete")[0].object


# S18: values are escaped


def test_s18_hostile_names_are_shown_and_not_run(panel: Panel, ann: Browser) -> None:
    create_key(panel.skyspy, 1, "live", HOSTILE, CLI)
    change(panel.skyspy, roles.create, "quaint", frozenset({"aircraft.view"}), HOSTILE, CLI)
    panel.browser().sign_in(HOSTILE, "wrong password")
    searched = [f"/admin/{page}/?q={HOSTILE}&search={HOSTILE}" for page in ("users", "keys", "live", "audit")]
    seen = 0
    for path in [
        *(address(route) for route in GETS),
        *searched,
        "/admin/keys/2/",
        "/admin/keys/2/revoke/",
        "/admin/roles/role/quaint/",
    ]:
        answer = ann.get(path)
        if answer.mimetype != "text/html":
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            continue
        text = answer.text
        assert "<script>alert" not in text and "<img" not in text, path
        seen += "&lt;script&gt;alert(1)" in text
    assert seen >= 3
    wrong = ann.post("/admin/sign-in/", {"name": HOSTILE, "password": HOSTILE})
    assert "<script>alert" not in wrong.text

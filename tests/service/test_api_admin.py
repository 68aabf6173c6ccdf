"""/api/admin: each route needs its own permission, makes its change, and writes one audit row without secrets."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from skyspy.address import Peer
from skyspy.api import RESOURCES
from skyspy.api.routes import Route, path_parameters
from skyspy.auth.principal import ANONYMOUS
from skyspy.permissions import PERMISSION_NAMES
from skyspy.presence.sessions import Session
from skyspy.services import feeds, invitations
from skyspy.store import audit, keys, roles, users
from tests.support.browser_client import PASSWORD
from tests.support.databases import change
from tests.support.world import OPERATOR, World

ROUTES = [route for resource in RESOURCES for route in resource.routes if route.path.startswith("/api/admin/")]
MANAGING = ("users.manage", "keys.manage", "settings.manage", "audit.view")


def asked(world: World, route: Route, token: str | None) -> Any:
    """Send a route ids that do not exist and an empty body."""
    path = route.path
    for word in path_parameters(path):
        path = path.replace(f"<{word}>", "999999")
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return world.client.open(path, method=route.method, headers=headers, json={} if route.body else None)


def delete(world: World, path: str, token: str) -> Any:
    return world.client.delete(path, headers={"Authorization": f"Bearer {token}"})


def connect(world: World, name: str = "", namespace: str = "/") -> Session:
    principal = ANONYMOUS if not name else world.skyspy.tokens.identify(world.key(name), "127.0.0.1") or ANONYMOUS
    session = Session(
        f"sid{len(world.skyspy.sessions)}", f"eio{len(world.skyspy.sessions)}", namespace, principal, Peer("192.0.2.7"), 1.0
    )
    world.skyspy.sessions.add(session)
    return session


def logged(world: World) -> list[tuple[str, str, str]]:
    return [(row.action, row.object, row.actor) for row in world.skyspy.store.read(audit.page, 1000)]


# -- permissions --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["public", "private"])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_refuses_anonymous_callers_and_those_without_its_permission(world: World, route: Route, mode: str) -> None:
    world.choose(AUTH_MODE=mode)
    assert route.permission in MANAGING
    change(world.skyspy, roles.create, "most", PERMISSION_NAMES - {route.permission}, "", OPERATOR)
    assert asked(world, route, None).status_code == 401
    assert asked(world, route, world.jwt("mona", "most")).status_code == 403
    assert asked(world, route, world.key("mona")).status_code == 403
    assert asked(world, route, world.key("root", scopes=PERMISSION_NAMES - {route.permission})).status_code == 403


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_admits_a_caller_with_only_its_permission(world: World, route: Route) -> None:
    assert route.permission is not None
    change(world.skyspy, roles.create, "only", frozenset({route.permission}), "", OPERATOR)
    for token in (world.jwt("olaf", "only"), world.key("olaf"), world.key("root", scopes=[route.permission])):
        assert asked(world, route, token).status_code in (200, 204, 400, 404)


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 400, "99999999999999999999", "%00", "1%2f2"])
@pytest.mark.parametrize("path", ["users", "keys", "feeds"])
def test_an_id_that_is_none_is_not_there(world: World, path: str, number: str) -> None:
    assert delete(world, f"/api/admin/{path}/{number}/", world.jwt()).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("keys", {"user_id": 2**63, "kind": "live", "name": "x"}),
        ("keys", {"user_id": -1, "kind": "live", "name": "x"}),
        ("keys", {"user_id": 1, "kind": "live", "name": "x", "scopes": ["fly"]}),
        ("keys", {"user_id": 1, "kind": "live", "name": "x", "networks": ["everywhere"]}),
        ("users", {"name": "a b", "role": "viewer", "password": PASSWORD}),
        ("users", {"name": "bob", "role": "viewer", "password": "short"}),
        ("users", {"name": "bob", "role": "pilot"}),
        ("users", {"name": "bob", "role": "viewer", "admin": True}),
        ("roles", {"name": "Boss"}),
        ("roles", {"name": "boss", "permissions": ["fly"]}),
        ("roles", {"name": "boss", "like": "pilot"}),
        ("settings", {"changes": {"AUTH_MODE": "open"}}),
        ("settings", {"changes": {"version": 3}}),
        ("settings", {"changes": {"AUTH_MODE": "private", "BROADCAST_HZ": 99}}),
        ("settings/preview", {"changes": {"JWT_ACCESS_SECONDS": 86400, "JWT_REFRESH_SECONDS": 60}}),
        ("feeds", {"url": "gopher://x"}),
        ("feeds", {"url": "beast://host:30005\nx"}),
        ("feeds/check", {"url": ""}),
        ("live/disconnect", {"what": "everybody"}),
        ("live/disconnect", {"what": "user", "id": "9" * 60}),
        ("live/disconnect", {"what": "session"}),
    ],
)
def test_what_cannot_be_is_refused_in_the_apis_words_and_changes_nothing(world: World, path: str, body: dict[str, Any]) -> None:
    token = world.jwt()
    before = logged(world)
    answer = world.post(f"/api/admin/{path}/", body, token)
    assert answer.status_code in (400, 403, 404, 409)
    assert answer.json["error"]["message"]
    assert logged(world) == before


# -- privileges ---------------------------------------------------------------------------------


def test_a_clerk_cannot_climb_by_any_route(world: World) -> None:
    change(world.skyspy, roles.create, "clerk", frozenset({"users.manage", "keys.manage", "aircraft.view"}), "", OPERATOR)
    boss, clerk = world.user("root"), world.user("carl", "clerk")
    token, theirs = world.jwt("carl"), world.made_key("root").key.id
    before = {user.name: (user.role, user.disabled, user.password_hash) for user in world.skyspy.store.read(users.every)}
    tries = [
        (f"users/{clerk}/", {"role": "admin"}),
        (f"users/{boss}/", {"password": "another long password"}),
        (f"users/{boss}/", {"disabled": True}),
        (f"users/{boss}/", {"role": "clerk"}),
        (f"users/{boss}/sign-out/", None),
        (f"users/{boss}/reset-link/", None),
        ("users/", {"name": "friend", "role": "admin"}),
        ("roles/", {"name": "boss", "permissions": ["settings.manage"]}),
        ("roles/", {"name": "boss", "like": "admin"}),
        ("roles/clerk/", {"permissions": ["users.manage", "audit.view"]}),
        ("keys/", {"user_id": boss, "kind": "live", "name": "mine"}),
        (f"keys/{theirs}/rotate/", {"overlap": 0}),
        ("live/disconnect/", {"what": "user", "id": str(boss)}),
        ("live/disconnect/", {"what": "key", "id": str(theirs)}),
        ("settings/", {"changes": {"AUTH_MODE": "public"}}),
        ("feeds/", {"url": "demo://?seed=9"}),
    ]
    for path, body in tries:
        answer = world.post(f"/api/admin/{path}", body, token)
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "permission_denied"), path
    for path in (f"users/{boss}/", f"keys/{theirs}/"):
        assert delete(world, f"/api/admin/{path}", token).status_code == 403
    assert {user.name: (user.role, user.disabled, user.password_hash) for user in world.skyspy.store.read(users.every)} == before
    said = [about for action, about, actor in logged(world) if (action, actor) == ("access.refused", "carl")]
    above = {"root", "The role boss", "The role clerk", "The role admin"}
    assert above | {"POST /api/admin/settings/", "POST /api/admin/feeds/"} == set(said), "each try is written down"


def test_the_last_administrator_cannot_be_removed(world: World) -> None:
    token, me = world.jwt(), world.user()
    for body in ({"role": "viewer"}, {"disabled": True}):
        assert world.post(f"/api/admin/users/{me}/", body, token).status_code == 409
    assert delete(world, f"/api/admin/users/{me}/", token).status_code == 409
    assert world.get("/api/auth/me/", token).json["role"] == "admin"


def test_several_changes_of_a_user_are_all_or_none(world: World) -> None:
    token, bob = world.jwt(), world.user("bob", "viewer")
    assert world.post(f"/api/admin/users/{bob}/", {"role": "operator", "password": "short"}, token).status_code == 400
    assert world.skyspy.store.read(users.by_id, bob).role == "viewer"
    changed = world.post(f"/api/admin/users/{bob}/", {"role": "operator", "password": PASSWORD * 2, "disabled": True}, token)
    assert (changed.json["role"], changed.json["disabled"]) == ("operator", True)


# -- effects ------------------------------------------------------------------------------------


def test_every_change_leaves_one_row_with_who_and_no_secret(world: World) -> None:
    token, made = world.jwt(), []
    start = len(logged(world))

    def does(answer: Any, *rows: str) -> Any:
        nonlocal start
        assert answer.status_code in (200, 201, 204), answer.text
        news = logged(world)[: len(logged(world)) - start]
        start += len(news)
        assert [(action, actor) for action, _, actor in reversed(news)] == [(row, "ann") for row in rows]
        return answer.json if answer.status_code != 204 else None

    bob = does(world.post("/api/admin/users/", {"name": "bob", "role": "viewer"}, token), "user.create", "link.create")
    made.append(bob["invitation"])
    path = f"/api/admin/users/{bob['user']['id']}/"
    does(world.post(path, {"role": "operator"}, token), "user.set-role")
    does(world.post(path, {"password": "a secret nobody logs"}, token), "user.set-password")
    made.append(does(world.post(path + "reset-link/", None, token), "link.create")["token"])
    key = does(world.post("/api/admin/keys/", {"user_id": bob["user"]["id"], "kind": "live", "name": "app"}, token), "key.create")
    made.append(key["key"])
    turned = does(world.post(f"/api/admin/keys/{key['info']['id']}/rotate/", {"overlap": 60}, token), "key.rotate")
    made.append(turned["key"])
    does(delete(world, f"/api/admin/keys/{turned['info']['id']}/", token), "key.revoke")
    does(world.post(path + "sign-out/", None, token), "user.sign-out")
    does(world.post("/api/admin/roles/", {"name": "mine", "like": "viewer", "permissions": ["audio.view"]}, token), "role.create")
    does(world.post("/api/admin/roles/mine/", {"permissions": ["audio.view"]}, token), "role.change")
    does(delete(world, "/api/admin/roles/mine/", token), "role.delete")
    does(world.post("/api/admin/settings/", {"changes": {"BROADCAST_HZ": 5}}, token), "setting.set")
    does(world.post("/api/admin/settings/", {"changes": {"BROADCAST_HZ": None}}, token), "setting.reset")
    feed = does(world.post("/api/admin/feeds/", {"url": "beast://op:hush@127.0.0.1:1"}, token), "feed.add")
    does(world.post(f"/api/admin/feeds/{feed['id']}/", {"paused": True}, token), "feed.pause")
    does(world.post(f"/api/admin/feeds/{feed['id']}/", {"paused": False}, token), "feed.resume")
    does(delete(world, f"/api/admin/feeds/{feed['id']}/", token), "feed.remove")
    connect(world)
    does(world.post("/api/admin/live/disconnect/", {"what": "anonymous"}, token), "live.disconnect")
    does(delete(world, path, token), "user.delete")
    told = world.get("/api/admin/audit/?limit=500", token).text
    assert not [secret for secret in (*made, "a secret nobody logs", "hush", PASSWORD) if secret in told]
    assert '"address": "127.0.0.1"' in told or '"address":"127.0.0.1"' in told


def test_a_role_like_another_goes_its_own_way(world: World) -> None:
    token = world.jwt()
    made = world.post("/api/admin/roles/", {"name": "watch", "like": "viewer", "permissions": ["audio.view"]}, token).json
    assert set(made["permissions"]) >= {"audio.view", "aircraft.view"}
    listed = {role["name"]: role for role in world.get("/api/admin/roles/", token).json["roles"]}
    assert (listed["admin"]["users"], listed["watch"]["users"], listed["watch"]["builtin"]) == (1, 0, False)
    assert world.post("/api/admin/roles/admin/", {"permissions": []}, token).status_code == 409


def test_a_list_of_users_is_searched_and_paged(world: World) -> None:
    token = world.jwt()
    for name in ("bob", "bert", "clara"):
        world.user(name, "viewer")
    found = world.get("/api/admin/users/?search=b&limit=1", token).json
    assert ([user["name"] for user in found["users"]], found["total"]) == (["bert"], 2)
    rest = world.get(f"/api/admin/users/?search=b&limit=1&cursor={found['next_cursor']}", token).json
    assert ([user["name"] for user in rest["users"]], rest["total"], rest["next_cursor"]) == (["bob"], 2, None)
    assert world.get("/api/admin/users/?search=operator", token).json["total"] == 0
    # Wildcards of SQL LIKE are ordinary characters here.
    assert world.get("/api/admin/users/?search=%25", token).json["total"] == 0


def test_a_list_of_keys_is_searched_and_paged_the_newest_first(world: World) -> None:
    token = world.jwt()
    made = [world.made_key() for _ in range(3)]
    change(world.skyspy, keys.revoke, made[1].key.id, OPERATOR)
    names = [key["id"] for key in world.get("/api/admin/keys/?limit=2", token).json["keys"]]
    assert names == [made[2].key.id, made[1].key.id]
    first = world.get("/api/admin/keys/?limit=1&ended=false", token).json
    rest = world.get(f"/api/admin/keys/?limit=1&ended=false&cursor={first['next_cursor']}", token).json
    assert [page["keys"][0]["id"] for page in (first, rest)] == [made[2].key.id, made[0].key.id]
    assert (first["total"], rest["total"], rest["next_cursor"]) == (2, 2, None)
    assert world.get(f"/api/admin/keys/?search={made[0].key.user.name.upper()}", token).json["total"] == 3
    assert world.get("/api/admin/keys/?search=nobody", token).json == {"keys": [], "count": 0, "total": 0, "next_cursor": None}
    users = world.get("/api/admin/users/", token).json
    assert [user["keys"] for user in users["users"]] == [2]
    # A cursor of another list is invalid here.
    other = world.get("/api/admin/users/?limit=1", token).json["next_cursor"] or "azpib2I"
    assert world.get(f"/api/admin/keys/?cursor={other}", token).status_code == 400


def test_what_is_shown_once_is_not_compressed_and_not_kept(world: World) -> None:
    token = world.jwt()
    for _ in range(20):
        world.made_key()
    answer = world.get("/api/admin/keys/", token, **{"Accept-Encoding": "gzip"})
    assert (answer.headers.get("Content-Encoding"), answer.headers["Cache-Control"]) == (None, "no-store")
    assert len(answer.data) > 2000
    for _ in range(30):
        world.choose(BROADCAST_HZ=5)
    packed = world.get("/api/admin/audit/", token, **{"Accept-Encoding": "gzip"})
    assert b"setting.set" in gzip.decompress(packed.data)


def test_live_connections_are_listed_with_what_they_cost(world: World) -> None:
    token = world.jwt()
    connect(world)
    connect(world, "bob", "/audio")
    listed = world.get("/api/admin/live/", token).json
    assert (listed["count"], listed["namespaces"]) == (2, {"/": 1, "/audio": 1})
    assert {"messages", "bytes", "lag_ms", "address", "topics", "since"} <= set(listed["connections"][0])
    [bob] = world.get("/api/admin/live/?search=bob&namespace=/audio", token).json["connections"]
    assert (bob["kind"], bob["name"]) == ("key", "bob")
    gone = world.post("/api/admin/live/disconnect/", {"what": "socket", "id": bob["sid"]}, token)
    assert gone.json == {"sockets": 1}
    assert world.post("/api/admin/live/disconnect/", {"what": "socket", "id": "nobody"}, token).status_code == 404


def everything(world: World, token: str, path: str, of: str, limit: int) -> list[Any]:
    """The items of a list, page by page."""
    gathered: list[Any] = []
    cursor = ""
    while True:
        page = world.get(f"{path}?limit={limit}{cursor}", token).json
        assert page["count"] == len(page[of]) <= limit
        gathered += page[of]
        if page["next_cursor"] is None:
            return gathered
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.parametrize(
    ("path", "of"), [("live/", "connections"), ("audit/", "entries"), ("users/", "users"), ("keys/", "keys")]
)
@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_a_list_read_page_by_page_is_the_whole_list(world: World, path: str, of: str, limit: int) -> None:
    token = world.jwt()
    for name in ("bob", "carl"):
        connect(world, name)
    whole = world.get(f"/api/admin/{path}?limit=500", token).json[of]
    assert len(whole) > 1
    assert everything(world, token, f"/api/admin/{path}", of, limit) == whole


def test_a_preview_says_kinds_namespaces_and_topics(world: World) -> None:
    token = world.jwt()
    connect(world).topics |= {"acars", "aircraft"}
    connect(world, namespace="/acars")
    told = world.post("/api/admin/settings/preview/", {"changes": {"FEATURE_ACCESS": {"acars": "authenticated"}}}, token).json
    assert told == {
        "disconnected": {"anonymous": 1},
        "namespaces": {"/acars": 1},
        "where": {"anonymous": {"/acars": 1}},
        "own": 0,
        "near": 0,
        "lost": {"acars": 1},
        "total": 1,
    }


def test_the_log_is_read_from_one_moment_to_another(world: World) -> None:
    token = world.jwt()
    world.choose(BROADCAST_HZ=5)
    [entry] = world.get("/api/admin/audit/?action=setting.set&limit=1", token).json["entries"]
    at = entry["at"]
    read = "/api/admin/audit/?action=setting.set&limit=1&"
    assert [one["id"] for one in world.get(f"{read}since={at}", token).json["entries"]] == [entry["id"]]
    assert world.get(f"{read}since=2999-01-01T00:00:00Z", token).json["count"] == 0
    assert world.get(f"{read}until=2001-01-01T00:00:00%2B02:00", token).json["count"] == 0
    for wrong in ("yesterday", "2026-03-05", "2026-03-05T14:00:00"):
        assert world.get(f"{read}since={wrong}", token).status_code == 400


# -- receivers ----------------------------------------------------------------------------------


def test_receivers_are_added_shown_paused_and_removed(world: World) -> None:
    token, sky = world.jwt(), world.skyspy.skies["live"]
    follower = feeds.ReceiverFollower(world.skyspy, sky)
    [own] = world.get("/api/admin/feeds/", token).json["feeds"]
    assert (own["id"], own["url"], own["added_by"]) == (None, "demo://", None)
    made = world.post("/api/admin/feeds/", {"url": "beast://op:hush@127.0.0.1:1"}, token).json
    assert (made["url"], made["state"], made["added_by"]) == ("beast://***@127.0.0.1:1", "connecting", "ann")
    assert world.post("/api/admin/feeds/", {"url": "beast://op:hush@127.0.0.1:1"}, token).status_code == 409
    assert world.post("/api/admin/feeds/", {"url": "demo://"}, token).status_code == 409, "the environment's own"
    follower.follow(world.skyspy.settings.fresh())
    assert sky.receivers.names() == ["demo", "beast-127.0.0.1-1"]
    world.clock.pass_by(20)
    assert [row["history"] for row in world.get("/api/admin/feeds/", token).json["feeds"]] == [[0.0] * 3] * 2
    path = f"/api/admin/feeds/{made['id']}/"
    named = world.post(path, {"label": "Roof", "url": "beast://***@127.0.0.1:1/"}, token).json
    assert (named["label"], named["url"], named["state"]) == ("Roof", "beast://***@127.0.0.1:1/", "connecting")
    assert world.post(path, {}, token).status_code == 400
    assert world.post(path, {"url": "beast://op:hush@127.0.0.1:1"}, token).json["label"] == "Roof", "what is absent stays"
    assert world.post(path, {"paused": True}, token).json["state"] == "paused"
    world.clock.pass_by(1)
    follower.follow(world.skyspy.settings.fresh())
    assert sky.receivers.status()[1]["state"] == "paused"
    assert delete(world, path, token).status_code == 204
    assert delete(world, path, token).status_code == 404
    world.clock.pass_by(1)
    follower.follow(world.skyspy.settings.fresh())
    assert sky.receivers.names() == ["demo"]


def test_a_check_says_what_is_wrong_and_adds_nothing(world: World) -> None:
    told = world.post("/api/admin/feeds/check/", {"url": "sbs://127.0.0.1:1"}, world.jwt()).json
    assert (told["aircraft"], told["messages"]) == (0, 0)
    assert "refused" in told["error"].lower()
    assert world.get("/api/admin/feeds/", world.jwt()).json["count"] == 1


def test_an_invitation_made_by_a_script_opens_the_account_once(world: World) -> None:
    answer = world.post("/api/admin/users/", {"name": "bob", "role": "viewer"}, world.key("root")).json
    invitations.choose_password(world.skyspy, answer["invitation"], invitations.INVITE, PASSWORD, "127.0.0.1")
    assert world.skyspy.tokens.login("bob", PASSWORD, "127.0.0.1").access

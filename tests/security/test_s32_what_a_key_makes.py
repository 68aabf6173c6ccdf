"""S32: what an API key makes neither outlives nor outreaches it: links end with their key, and a key with limits makes no sign-in."""

from __future__ import annotations

import time
from typing import Any

import pytest

from skyspy.permissions import BUILTIN_ROLES
from skyspy.store import keys, roles, users
from tests.security.asking import Answer, Browser, ask
from tests.support.databases import change
from tests.wire.serving import OPERATOR, PASSWORD, Operator, Server

USERS = "/api/admin/users/"
NEW = {"password": PASSWORD + " of a link", "again": PASSWORD + " of a link"}
LIMITS: dict[str, dict[str, Any]] = {
    "end": {"expires_at": time.time() + 86400},
    "networks": {"networks": ["127.0.0.0/8"]},
    "scopes": {"scopes": [*BUILTIN_ROLES["viewer"], "users.manage"]},
}


@pytest.fixture
def boss(operator: Operator) -> str:
    operator.user("s32-boss")
    return operator.key("s32-boss")


def reset(server: Server, user_id: int, key: str) -> Answer:
    return ask(server, f"{USERS}{user_id}/reset-link/", method="POST", token=key)


def choose(server: Server, token: str) -> Answer:
    browser = Browser(server)
    browser.get("/admin/sign-in/")
    browser.get(f"/admin/reset/{token}/")
    return browser.post(f"/admin/reset/{token}/", NEW)


def refused(server: Server, boss: str, **about: str) -> list[str]:
    """What the log says was refused, by its object."""
    asked = "&".join(f"{name}={value}" for name, value in about.items())
    log = ask(server, f"/api/admin/audit/?action=access.refused&limit=500&{asked}", token=boss).json()
    return [row["object"] for row in log["entries"]]


@pytest.mark.parametrize("limit", LIMITS)
def test_s32_a_key_with_limits_makes_no_user_no_password_and_no_link(
    server: Server, operator: Operator, boss: str, limit: str
) -> None:
    low = operator.user(f"s32-low-{limit}", "viewer")
    narrow = operator.key(f"s32-boss-{limit}", **LIMITS[limit])
    tried = [
        ask(server, USERS, send={"name": f"s32-new-{limit}", "role": "viewer", "password": NEW["password"]}, token=narrow),
        ask(server, USERS, send={"name": f"s32-new-{limit}", "role": "viewer"}, token=narrow),
        ask(server, f"{USERS}{low}/", send={"password": NEW["password"]}, token=narrow),
        reset(server, low, narrow),
    ]
    for answer in tried:
        assert (answer.status, answer.json()["error"]["code"]) == (403, "permission_denied")
        assert "sign in" in answer.json()["error"]["message"]
    assert ask(server, f"{USERS}?search=s32-new-{limit}", token=boss).json()["total"] == 0
    assert ask(server, "/api/auth/token/", send={"username": f"s32-low-{limit}", "password": PASSWORD}).status == 200
    assert set(refused(server, boss, actor=f"s32-boss-{limit}+/+test")) == {"users", "passwords", "links"}
    # What leaves no sign-in behind it may do as before.
    assert ask(server, f"{USERS}{low}/", send={"disabled": True}, token=narrow).status == 200


def test_s32_a_key_that_ends_gives_its_own_owner_no_password(server: Server, operator: Operator, boss: str) -> None:
    owner = operator.user("s32-boss")
    short = operator.key("s32-boss", expires_at=time.time() + 60)
    assert ask(server, f"{USERS}{owner}/", send={"password": NEW["password"]}, token=short).status == 403
    assert ask(server, "/api/auth/token/", send={"username": "s32-boss", "password": PASSWORD}).status == 200


@pytest.mark.parametrize("end", ["revoked", "rotated", "expired", "owner disabled"])
def test_s32_a_link_ends_with_the_key_that_made_it(server: Server, operator: Operator, boss: str, end: str) -> None:
    word = end.replace(" ", "-")
    low, maker = operator.user(f"s32-target-{word}", "viewer"), f"s32-maker-{word}"
    made = operator.made_key(maker)
    link = reset(server, low, made.text).json()["token"]
    assert Browser(server).get(f"/admin/reset/{link}/").status == 200
    if end == "revoked":
        change(operator, keys.revoke, made.key.id, OPERATOR)
    elif end == "owner disabled":
        change(operator, users.set_disabled, made.key.user.id, True, OPERATOR)
    else:
        overlap = 0.05 if end == "expired" else 0
        operator.store.write(operator.api_keys.rotate, made.key.id, OPERATOR, time.time(), overlap)
        time.sleep(0.1)
    assert Browser(server).get(f"/admin/reset/{link}/").status == 410
    assert choose(server, link).status == 410
    assert ask(server, "/api/auth/token/", send={"username": f"s32-target-{word}", "password": PASSWORD}).status == 200
    assert f"link reset {low}" in refused(server, boss, object=f"reset+{low}")


@pytest.mark.parametrize("end", ["revoked", "rotated", "owner disabled"])
def test_s32_a_key_ends_with_the_key_that_made_it(server: Server, operator: Operator, boss: str, end: str) -> None:
    word = end.replace(" ", "-")
    other, made = operator.user(f"s32-other-{word}"), operator.made_key(f"s32-key-maker-{word}")
    new = ask(server, "/api/admin/keys/", send={"user_id": other, "kind": "live", "name": "made"}, token=made.text)
    assert (new.status, new.json()["info"]["maker_key_id"]) == (201, made.key.id)
    derived = new.json()["key"]
    assert ask(server, "/api/auth/me/", token=derived).status == 200
    path = f"/api/admin/keys/{made.key.id}/"
    if end == "owner disabled":
        assert ask(server, f"{USERS}{made.key.user.id}/", send={"disabled": True}, token=boss).status == 200
    elif end == "revoked":
        assert ask(server, path, method="DELETE", token=boss).status == 204
    else:
        assert ask(server, f"{path}rotate/", send={}, token=boss).status == 201
    answer = ask(server, "/api/auth/me/", token=derived)
    assert (answer.status, answer.json()["error"]["code"]) == (401, "token_revoked")


def test_s32_a_link_does_not_open_somebody_who_holds_more_than_its_maker_held(
    server: Server, operator: Operator, boss: str
) -> None:
    # The help desk makes a link, and both are raised afterwards: what the maker holds now does not widen what was made before.
    change(operator, roles.create, "s32-desk", BUILTIN_ROLES["viewer"] | {"users.manage"}, "", OPERATOR)
    clerk, low = operator.user("s32-clerk", "s32-desk"), operator.user("s32-raised", "viewer")
    link = reset(server, low, operator.key("s32-clerk")).json()["token"]
    for user_id in (low, clerk):
        change(operator, users.set_role, user_id, "admin", OPERATOR)
    assert choose(server, link).status == 410
    assert ask(server, "/api/auth/token/", send={"username": "s32-raised", "password": NEW["password"]}).status == 401
    change(operator, users.set_role, low, "viewer", OPERATOR)
    assert choose(server, link).status == 303

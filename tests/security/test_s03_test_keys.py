"""S3: a test key is for the sandbox only: it manages nothing, whatever its owner may do."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.permissions import OPERATOR_PERMISSIONS
from tests.security.asking import ask
from tests.wire.serving import Operator, Server

ACTS: list[tuple[str, str, object]] = [
    ("GET", "/api/admin/users/", None),
    ("POST", "/api/admin/users/", {"name": "climber", "role": "admin", "password": "a long enough password"}),
    ("GET", "/api/admin/keys/", None),
    ("POST", "/api/admin/keys/", {"user_id": 1, "name": "wider", "kind": "live"}),
    ("GET", "/api/admin/settings/", None),
    ("POST", "/api/admin/settings/", {"changes": {"AUTH_MODE": "public"}}),
    ("POST", "/api/admin/feeds/", {"url": "beast://127.0.0.1:1"}),
    ("GET", "/api/admin/live/", None),
    ("GET", "/api/admin/audit/", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ACTS)
def test_s03_a_test_key_of_an_administrator_operates_nothing(
    server: Server, operator: Operator, method: str, path: str, body: object
) -> None:
    key = operator.key("tester", kind="test")
    answer = ask(server, path, method=method, send=body, token=key)
    assert (answer.status, answer.json()["error"]["code"]) == (403, "permission_denied")


def test_s03_a_test_key_says_of_itself_that_it_operates_nothing(server: Server, operator: Operator) -> None:
    me: dict[str, Any] = ask(server, "/api/auth/me/", token=operator.key(kind="test")).json()
    assert not set(me["permissions"]) & OPERATOR_PERMISSIONS
    assert "aircraft.view" in me["permissions"]


def test_s03_a_test_key_is_not_made_for_operating(server: Server, operator: Operator) -> None:
    user = operator.user("ann")
    for scope in sorted(OPERATOR_PERMISSIONS):
        asked = {"user_id": user, "name": "tries", "kind": "test", "scopes": ["aircraft.view", scope]}
        answer = ask(server, "/api/admin/keys/", send=asked, token=operator.key())
        assert (answer.status, scope in answer.json()["error"]["message"]) == (409, True), answer.text

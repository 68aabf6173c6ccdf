"""S3: a key made or rotated by a key is not valid from more networks, for longer, or for the live sky."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.security.asking import ask
from tests.wire.serving import Operator, Server

KEYS = "/api/admin/keys/"
HOME = ["127.0.0.0/8"]


@pytest.mark.parametrize(
    ("maker", "wider", "narrower", "field"),
    [
        ({"networks": HOME}, {}, {"networks": ["127.0.0.7"]}, "networks"),
        ({"networks": HOME}, {"networks": ["0.0.0.0/0"]}, {"networks": HOME}, "networks"),
        ({"expires_at": time.time() + 86400}, {}, {"expires_in": 3600}, "expires_in"),
        ({"expires_at": time.time() + 86400}, {"expires_in": 90000}, {"expires_in": 3600}, "expires_in"),
    ],
)
def test_s03_a_key_makes_no_key_that_is_wider_than_itself(
    server: Server, operator: Operator, maker: dict[str, Any], wider: dict[str, Any], narrower: dict[str, Any], field: str
) -> None:
    own = operator.made_key("maker", **maker)
    kind = maker.get("kind", "live")
    asked = {"user_id": own.key.user.id, "name": "made by a key", "kind": kind}
    refused = ask(server, KEYS, send={**asked, **wider}, token=own.text)
    assert (refused.status, refused.json()["error"]["code"]) == (403, "permission_denied")
    assert list(refused.json()["error"]["fields"]) == [field]
    assert ask(server, KEYS, send={**asked, **narrower}, token=own.text).status == 201
    free = operator.made_key("maker", kind=wider.get("kind", kind))
    assert ask(server, f"{KEYS}{free.key.id}/rotate/", send={"overlap": 0}, token=own.text).status == 403
    assert ask(server, f"{KEYS}{own.key.id}/rotate/", send={"overlap": 0}, token=own.text).status == 201


@pytest.mark.parametrize("path", ["/api/auth/keys/", "/api/auth/keys/1/rotate/"])
def test_s03_ones_own_keys_are_made_by_whoever_signed_in_and_by_no_key(server: Server, operator: Operator, path: str) -> None:
    answer = ask(server, path, send={"name": "another", "kind": "live"}, token=operator.key())
    assert (answer.status, answer.json()["error"]["code"]) == (403, "permission_denied")

"""The published API only grows: everything `/api/openapi.json` promised when the golden copy was made is still there.

See tests/golden/openapi.py, which is run at each release.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.golden.openapi import golden, operation_losses, present, resolved

GOLDEN = golden()
OPERATIONS = [(path, method) for path, methods in GOLDEN["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return present()


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda word: word)
def test_an_operation_keeps_what_it_once_promised(document: dict[str, Any], path: str, method: str) -> None:
    assert operation_losses(GOLDEN, document, path, method) == []


TRY = "/api/admin/users/"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda d: d["paths"].pop(TRY), "is gone"),
        (lambda d: d["paths"][TRY]["get"]["parameters"].remove(_parameter(d, "search")), "parameter search is gone"),
        (lambda d: _parameter(d, "search").update(required=True), "became required"),
        (lambda d: _parameter(d, "limit")["schema"].update(maximum=5), "maximum 500 became 5"),
        (lambda d: d["paths"][TRY]["get"]["responses"].pop("403"), "answer 403 is gone"),
        (lambda d: d["paths"][TRY]["get"].update(security=[]), "security"),
        (lambda d: _model(d, "sockets")["properties"].pop("sockets"), "users[].sockets is gone"),
        (lambda d: _model(d, "sockets")["properties"]["id"].update(type="string"), "type integer became string"),
        (lambda d: _model(d, "sockets")["required"].remove("name"), "users[].name is no longer always there"),
    ],
)
def test_a_loss_is_noticed(damage: Any, said: str) -> None:
    damaged = json.loads(json.dumps(GOLDEN))
    damage(damaged)
    assert said in " ".join(operation_losses(GOLDEN, damaged, TRY, "get"))


def test_a_request_that_asks_for_more_is_noticed() -> None:
    damaged = json.loads(json.dumps(GOLDEN))
    schema = damaged["paths"][TRY]["post"]["requestBody"]["content"]["application/json"]["schema"]
    resolved(schema, damaged)["required"].append("password")
    assert operation_losses(GOLDEN, damaged, TRY, "post") == ["body.password became required"]


def test_additions_and_other_words_are_no_loss(document: dict[str, Any]) -> None:
    grown = json.loads(json.dumps(GOLDEN))
    _model(grown, "sockets")["properties"]["nickname"] = {"type": "string"}
    _model(grown, "sockets")["required"].append("nickname")
    grown["paths"][TRY]["get"]["summary"] = "Other words"
    grown["paths"][TRY]["get"]["parameters"].append({"name": "more", "in": "query", "required": False, "schema": {}})
    assert operation_losses(GOLDEN, grown, TRY, "get") == []


def _parameter(document: dict[str, Any], name: str) -> dict[str, Any]:
    """A parameter of the list of users."""
    found: dict[str, Any] = next(row for row in document["paths"][TRY]["get"]["parameters"] if row["name"] == name)
    return found


def _model(document: dict[str, Any], field: str) -> dict[str, Any]:
    """The model of one user in a list of users."""
    schema = document["paths"][TRY]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    found: dict[str, Any] = resolved(resolved(schema, document)["properties"]["users"]["items"], document)
    assert field in found["properties"]
    return found

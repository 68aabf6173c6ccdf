"""The published API only grows: everything `/api/openapi.json` promised when the golden copy was made is still there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from skyspy.api import RESOURCES, openapi

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "golden" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = [(path, method) for path, methods in GOLDEN["paths"].items() for method in methods]

WORDS = frozenset({"description", "title", "example"})
"""Keywords for people, which may change."""
STRUCTURE = frozenset({"$ref", "properties", "required", "items", "anyOf", "additionalProperties"})
"""Keywords that `losses` walks into or compares by a rule of their own; all others must be equal."""

Document = Mapping[str, Any]


def losses(old: Any, new: Any, documents: tuple[Document, Document], *, is_request: bool, where: str = "") -> Iterator[str]:
    """What a client of the schema `old` misses in the schema `new`; `$ref` is resolved, so model names do not matter."""
    old, new = (_resolved(schema, document) for schema, document in zip((old, new), documents, strict=True))
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield f"{where}: {old} became {new}"
        return

    def inside(name: str, key: str) -> Iterator[str]:
        return losses(old.get(key), new.get(key), documents, is_request=is_request, where=f"{where}{name}")

    for keyword in (old.keys() | new.keys()) - STRUCTURE - WORDS:
        if old.get(keyword) != new.get(keyword):
            yield f"{where}: {keyword} {old.get(keyword)} became {new.get(keyword)}"
    yield from inside("[]", "items")
    yield from inside("{}", "additionalProperties")
    kinds, kinds_now = old.get("anyOf", []), new.get("anyOf", [])
    if len(kinds) != len(kinds_now):
        yield f"{where}: {len(kinds)} alternatives became {len(kinds_now)}"
    for number, (kind, kind_now) in enumerate(zip(kinds, kinds_now, strict=False)):
        yield from losses(kind, kind_now, documents, is_request=is_request, where=f"{where}|{number}")
    properties = new.get("properties", {})
    for name, schema in old.get("properties", {}).items():
        if name in properties:
            yield from losses(schema, properties[name], documents, is_request=is_request, where=f"{where}.{name}")
        else:
            yield f"{where}.{name} is gone"
    required, required_now = frozenset(old.get("required", ())), frozenset(new.get("required", ()))
    # A request may ask for less, an answer may promise more.
    for name in required_now - required if is_request else required - required_now:
        yield f"{where}.{name} {'became required' if is_request else 'is no longer always there'}"


def _resolved(schema: Any, document: Document) -> Any:
    while isinstance(schema, dict) and "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def operation_losses(old: Document, new: Document, path: str, method: str) -> list[str]:
    """What a client of one operation misses."""
    was, now = old["paths"][path][method], new["paths"].get(path, {}).get(method)
    if now is None:
        return [f"{method} {path} is gone"]
    documents = (old, new)
    found = [f"{name}: {was[name]} became {now[name]}" for name in ("operationId", "security") if was[name] != now[name]]
    parameters = {(row["name"], row["in"]): row for row in now["parameters"]}
    for row in was["parameters"]:
        other = parameters.pop((row["name"], row["in"]), None)
        if other is None:
            found.append(f"the parameter {row['name']} is gone")
            continue
        if other["required"] and not row["required"]:
            found.append(f"the parameter {row['name']} became required")
        found += losses(row["schema"], other["schema"], documents, is_request=True, where=row["name"])
    found += [f"the parameter {name} is new and required" for (name, _), row in parameters.items() if row["required"]]
    if now.get("requestBody", {}).get("required") and not was.get("requestBody", {}).get("required"):
        found.append("a body became required")
    found += _content_losses(was.get("requestBody", {}), now.get("requestBody", {}), documents, "body", is_request=True)
    for status, answer in was["responses"].items():
        if status not in now["responses"]:
            found.append(f"the answer {status} is gone")
        else:
            found += _content_losses(answer, now["responses"][status], documents, status, is_request=False)
            found += [f"{status}: the header {name} is gone" for name in answer.get("headers", {}) if name not in now["responses"][status].get("headers", {})]  # fmt: skip
    return found


def _content_losses(old: Document, new: Document, documents: tuple[Document, Document], where: str, *, is_request: bool) -> Iterator[str]:  # fmt: skip
    for media, content in old.get("content", {}).items():
        other = new.get("content", {}).get(media)
        if other is None:
            yield f"{where}: {media} is gone"
        else:
            yield from losses(content["schema"], other["schema"], documents, is_request=is_request, where=where)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    # As clients read it: through JSON.
    made: dict[str, Any] = json.loads(json.dumps(openapi.document(RESOURCES)))
    return made


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda word: word)
def test_an_operation_keeps_what_it_once_promised(document: dict[str, Any], path: str, method: str) -> None:
    assert operation_losses(GOLDEN, document, path, method) == []


TRY = "/api/admin/users/"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda d: d["paths"].pop(TRY), "is gone"),
        (lambda d: d["paths"][TRY]["get"]["parameters"].pop(0), "parameter search is gone"),
        (lambda d: d["paths"][TRY]["get"]["parameters"][0].update(required=True), "became required"),
        (lambda d: d["paths"][TRY]["get"]["parameters"][1]["schema"].update(maximum=5), "maximum 500 became 5"),
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
    _resolved(schema, damaged)["required"].append("password")
    assert operation_losses(GOLDEN, damaged, TRY, "post") == ["body.password became required"]


def test_additions_and_other_words_are_no_loss(document: dict[str, Any]) -> None:
    grown = json.loads(json.dumps(GOLDEN))
    _model(grown, "sockets")["properties"]["nickname"] = {"type": "string"}
    _model(grown, "sockets")["required"].append("nickname")
    grown["paths"][TRY]["get"]["summary"] = "Other words"
    grown["paths"][TRY]["get"]["parameters"].append({"name": "more", "in": "query", "required": False, "schema": {}})
    assert operation_losses(GOLDEN, grown, TRY, "get") == []


def _model(document: dict[str, Any], field: str) -> dict[str, Any]:
    """The model of one user in a list of users."""
    schema = document["paths"][TRY]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    found: dict[str, Any] = _resolved(_resolved(schema, document)["properties"]["users"]["items"], document)
    assert field in found["properties"]
    return found

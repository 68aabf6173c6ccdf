"""What a later OpenAPI document loses against the golden one.

.venv/bin/python -m tests.golden.openapi     at a release: takes what was added into openapi.json, if nothing is lost
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from skyspy.api import document

FILE = Path(__file__).parent / "openapi.json"

WORDS = frozenset({"description", "title", "example"})
"""Keywords for people, which may change."""
STRUCTURE = frozenset({"$ref", "properties", "required", "items", "anyOf", "additionalProperties"})
"""Keywords that `losses` walks into or compares by a rule of their own; all others must be equal."""

Document = Mapping[str, Any]


def losses(old: Any, new: Any, documents: tuple[Document, Document], *, is_request: bool, where: str = "") -> Iterator[str]:
    """What a client of the schema `old` misses in the schema `new`; `$ref` is resolved, so model names do not matter."""
    old, new = (resolved(schema, document) for schema, document in zip((old, new), documents, strict=True))
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


def resolved(schema: Any, document: Document) -> Any:
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


def golden() -> dict[str, Any]:
    """The golden document."""
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


def present() -> dict[str, Any]:
    """The present document as clients read it: through JSON."""
    return dict(json.loads(json.dumps(document())))


def all_losses(old: Document, new: Document) -> list[str]:
    """What a client of any operation misses."""
    operations = [(path, method) for path, methods in old["paths"].items() for method in methods]
    return [f"{method} {path}: {loss}" for path, method in operations for loss in operation_losses(old, new, path, method)]


def main() -> None:
    if found := all_losses(golden(), present()):
        sys.exit("a promise is broken:\n" + "\n".join(found))
    FILE.write_text(json.dumps(present(), indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

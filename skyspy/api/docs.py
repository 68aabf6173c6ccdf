"""Interfaces: the API's own description: the OpenAPI document for programs, a page for people.

Invariants: the page is rendered from the document, on this server, with this server's stylesheet. Access to both is as for
every other route.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template

from skyspy.api.routes import RequestContext, Resource
from skyspy.server import rooted

DOCUMENT = "skyspy.api.document"
"""The key of the finished document in `app.extensions`."""

resource = Resource("This document", "The API's own description.")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path, for the page."""

    anchor: str
    method: str
    path: str
    raw: Mapping[str, Any]

    @property
    def body(self) -> str | None:
        """The name of the request body's model."""
        return _named(self.raw.get("requestBody", {}))

    @property
    def answers(self) -> list[tuple[str, str, str | None]]:
        """Status, meaning and model of each answer."""
        return [(status, answer["description"], _named(answer)) for status, answer in self.raw["responses"].items()]

    @property
    def example(self) -> str:
        """An example curl command line."""
        path = self.path
        for parameter in self.raw["parameters"]:
            if parameter["in"] == "path":
                path = path.replace("{" + parameter["name"] + "}", parameter["example"])
        words = ["curl"] if self.method == "GET" else ["curl", "-X", self.method]
        if self.raw["security"]:
            words.append("-H 'Authorization: Bearer '\"$TOKEN\"")
        if self.body is not None:
            words.append("--json '{…}'")
        return " ".join((*words, f'"$SKYSPY{path}"'))


@resource.get("/api/openapi.json", answer=dict[str, Any])
def openapi_document(_: RequestContext) -> object:
    """Describe this API as an OpenAPI 3.1 document."""
    document = current_app.extensions[DOCUMENT]
    return {**document, "servers": [{"url": rooted("")}]} if rooted("") else document


@resource.get("/api/docs/", answer=str, media="text/html; charset=utf-8")
def docs_page(_: RequestContext) -> object:
    """Show this API to people, as a page."""
    document = current_app.extensions[DOCUMENT]
    groups = [(tag, [op for op in operations(document) if tag["name"] in op.raw["tags"]]) for tag in document["tags"]]
    return render_template("docs.html", document=document, groups=groups, models=models(document), kind=kind)


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation of the document, in its order."""
    for path, methods in document["paths"].items():
        for method, raw in methods.items():
            yield Operation(raw["operationId"].replace("_", "-"), method.upper(), path, raw)


def models(document: Mapping[str, Any]) -> list[tuple[str, str, list[tuple[str, str, bool, str]]]]:
    """Each model's name and meaning, and its fields: name, type in words, required, meaning."""
    shown = []
    for name, schema in document["components"]["schemas"].items():
        required = set(schema.get("required", ()))
        rows = [
            (field, kind(row), field in required, row.get("description", ""))
            for field, row in schema.get("properties", {}).items()
        ]
        shown.append((name, schema.get("description", ""), rows))
    return shown


def kind(schema: Mapping[str, Any]) -> str:
    """A schema in a few words: `number 0 to 360`, `list of Aircraft`, `text or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f'"{value}"' for value in schema["enum"])
    name = {"string": "text", "array": "list", "boolean": "true or false"}.get(
        schema.get("type", ""), schema.get("type", "anything")
    )
    if name == "list" and "items" in schema:
        name = f"list of {kind(schema['items'])}"
    if name == "object" and isinstance(schema.get("additionalProperties"), dict):
        name = f"object of {kind(schema['additionalProperties'])}"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{name}, {low} to {high}"
    return f"{name}, at least {low}" if low is not None else f"{name}, at most {high}" if high is not None else name


def _named(holder: Mapping[str, Any]) -> str | None:
    schema = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema["$ref"]).rpartition("/")[2] if "$ref" in schema else None

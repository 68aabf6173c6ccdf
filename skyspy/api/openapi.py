"""Interfaces: the OpenAPI document, made from the routes and their models.

Invariants: it describes exactly what is served, because both come from the same rows. OpenAPI 3.1, whose schemas are JSON Schema as
msgspec writes it. Pure: routes in, a document out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from skyspy import __version__
from skyspy.api.errors import WORDS
from skyspy.api.models import ErrorAnswer
from skyspy.api.routes import BY_AUTH_MODE, BY_PERMISSION, IDENTIFIED, OPEN, PROBE, SIGNED_IN, Resource, Route, path_parameters

Document = dict[str, Any]

REF = "#/components/schemas/{name}"

PATH_PARAMETERS: dict[str, tuple[str, str]] = {
    "hex": ("ICAO address, six hexadecimal digits in any case", "4B1805"),
    "words": ("One value, or several separated by commas; case does not matter", "4b1805,4b1806"),
    "lat": ("Latitude, degrees north", "47.46"),
    "lon": ("Longitude, degrees east", "8.55"),
    "nm": ("Radius in nautical miles, at most 250", "25"),
    "sighting_id": ("The sighting's `id` from the list", "4B1805-1764203575"),
    "event_id": ("The event's `id` from the list", "1764203575250-proximity-4B1805-4B1806"),
    "message_id": ("The message's `id` from the list", "1764203575250-acars-5f0c1e2a"),
    "key_id": ("The key's `id` from the list", "1"),
    "user_id": ("The user's `id` from the list", "1"),
    "name": ("The role's name", "watchers"),
    "start": ("Start of the ten minutes, in UTC", "20261126T1710Z"),
    "feed_id": ("The added receiver's `id` from the list", "1"),
    "rule_id": ("The alert rule's `id` from the list", "1"),
    "list_id": ("The watchlist's `id` from the list", "1"),
    "entry_id": ("The entry's `id` from the list", "1"),
    "destination_id": ("The destination's `id` from the list", "1"),
    "alert_id": ("The alert's `id` from the list", "a-5f0c6f3d6a2b4e1c9d8e"),
    "delivery_id": ("The delivery's `id` from the list", "msg_5f0c6f3d6a2b4e1c9d8e7f60"),
}
"""Description and example of each path parameter."""

STATUS_DESCRIPTIONS: dict[int, str] = {
    200: "OK",
    201: "Created",
    204: "No content",
    400: "Bad request: `fields` says what is wrong with which field",
    401: "Unauthorized: no credential where one is needed, or a bad one: `token_missing`, `token_invalid`, `token_expired`, `token_revoked`",
    403: "Forbidden: the permission is missing, `permission_denied`",
    404: "Not found",
    409: "Conflict: the present state does not allow it; `message` says why",
    413: "Payload too large: the body has more than 64 KiB",
    415: "Unsupported media type: the body is not JSON",
    429: "Too many requests: wait as long as `Retry-After` says",
    503: "Service unavailable: try again",
}

ACCESS_DESCRIPTIONS: dict[str, str] = {
    PROBE: "Open to anyone, in every auth mode; not counted by the rate limit.",
    OPEN: "Open to anyone, in every auth mode.",
    BY_AUTH_MODE: "Open to everyone that the auth mode admits.",
    BY_PERMISSION: "Needs an identity that holds the permission, in every auth mode.",
    IDENTIFIED: "Needs an identity: a signed-in user or an API key.",
    SIGNED_IN: "Needs a user who signed in with a password; an API key is refused.",
}

CREDENTIALS: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}]


def document(resources: Sequence[Resource]) -> Document:
    """Interfaces: the OpenAPI document for these resources."""
    routes = [route for resource in resources for route in resource.routes]
    schemas = Schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        for number, path in enumerate(route.paths):
            paths.setdefault(templated(path), {})[route.method.lower()] = _operation(route, path, number, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SkySpy",
            "version": __version__,
            "description": "The aircraft that your receivers hear, over HTTP. The same data is sent live over Socket.IO.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": resource.tag, "description": resource.description} for resource in resources],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An access token, or an API key"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key"},
            },
        },
    }


def templated(path: str) -> str:
    """A Flask path as OpenAPI writes it."""
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", path)


class Schemas:
    """The schemas of every model that the routes use. They are made in one call, because msgspec distinguishes models of
    the same name from different modules only then."""

    def __init__(self, routes: Iterable[Route]) -> None:
        used: dict[int, Any] = {id(ErrorAnswer): ErrorAnswer}
        for route in routes:
            used.update((id(model), model) for model in (route.body, route.answer) if model is not None)
        made, self.components = msgspec.json.schema_components(used.values(), ref_template=REF)
        self._of = dict(zip(used, made, strict=True))

    def of(self, model: Any) -> dict[str, Any]:
        """The schema of a model, or the reference to it."""
        return self._of[id(model)]

    def content(self, model: Any) -> dict[str, Any]:
        """A JSON body of that model."""
        return {"content": {"application/json": {"schema": self.of(model)}}}


def _operation(route: Route, path: str, number: int, schemas: Schemas) -> dict[str, Any]:
    caller = ACCESS_DESCRIPTIONS[route.access] + (f" Permission: `{route.permission}`." if route.permission else "")
    paragraphs = [route.description, caller]
    if number:
        paragraphs.insert(0, f"The same as `{route.path}`.")
    operation: dict[str, Any] = {
        "operationId": route.name.replace(".", "_") + (f"_{number}" if number else ""),
        "tags": [route.tag],
        "summary": route.summary,
        "description": "\n\n".join(text for text in paragraphs if text),
        "parameters": [*_path_parameters(path), *_query_parameters(route)],
        "responses": _responses(route, schemas),
        "security": security(route),
    }
    if route.body is not None:
        required = any(row.required for row in msgspec.structs.fields(route.body))
        operation["requestBody"] = {"required": required, **schemas.content(route.body)}
    return operation


def security(route: Route) -> list[dict[str, list[str]]]:
    """Which credentials the route takes; an empty one means that none is needed."""
    if route.access in (PROBE, OPEN):
        return []
    if route.access == SIGNED_IN:
        return [{"bearer": []}]
    return CREDENTIALS if route.access in (BY_PERMISSION, IDENTIFIED) else [{}, *CREDENTIALS]


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_PARAMETERS[name][0],
            "schema": {"type": "string"},
            "example": PATH_PARAMETERS[name][1],
        }
        for name in path_parameters(path)
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    shape = msgspec.json.schema(route.query)
    fields = shape["$defs"][route.query.__name__]["properties"] if "$defs" in shape else shape["properties"]
    rows = []
    for name, schema in fields.items():
        plain = _without_null(schema)
        description = plain.pop("description", "")
        rows.append({"name": name, "in": "query", "required": False, "description": description, "schema": plain})
    return rows


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without null: a query parameter is left out instead."""
    plain = {key: value for key, value in schema.items() if not (key == "default" and value is None)}
    kinds = [kind for kind in plain.pop("anyOf", []) if kind != {"type": "null"}]
    return {**kinds[0], **plain} if len(kinds) == 1 else plain


def statuses(route: Route) -> list[int]:
    """Every status the route may answer with."""
    found = {route.status if route.answer is not None or route.status != 200 else 204, *route.errors}
    if route.access != PROBE:
        found |= {429, 503}
    if route.access not in (PROBE, OPEN):
        found.add(401)
    if route.permission is not None or route.access == SIGNED_IN:
        found.add(403)
    if route.body is not None:
        found |= {400, 413, 415}
    if route.query is not None:
        found.add(400)
    return sorted(found)


def _responses(route: Route, schemas: Schemas) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status in statuses(route):
        if status < 300:
            answers[str(status)] = _good(route, status, schemas)
        elif status == 503 and route.path == "/readyz":
            answers["503"] = {"description": "Not ready; the body says why", **schemas.content(route.answer)}
        else:
            answers[str(status)] = {"description": STATUS_DESCRIPTIONS.get(status, WORDS[400][1]), **schemas.content(ErrorAnswer)}
            if status == 429:
                answers["429"]["headers"] = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}
    if route.revalidate:
        answers["304"] = {"description": "The answer whose ETag was sent as If-None-Match still holds"}
    return answers


def _good(route: Route, status: int, schemas: Schemas) -> dict[str, Any]:
    if route.answer is None:
        return {"description": STATUS_DESCRIPTIONS[204]}
    if route.media != "application/json":
        return {
            "description": STATUS_DESCRIPTIONS[status],
            "content": {route.media.partition(";")[0]: {"schema": {"type": "string"}}},
        }
    return {"description": STATUS_DESCRIPTIONS[status], **schemas.content(route.answer)}

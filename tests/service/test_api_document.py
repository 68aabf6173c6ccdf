"""The OpenAPI document: it has every served route, and no other."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from skyspy.api import RESOURCES, openapi
from skyspy.api import document as made
from skyspy.api.docs import DOCUMENT
from skyspy.api.errors import wants_json
from skyspy.api.routes import OPEN, PROBE, path_parameters
from tests.support.world import World

ROUTES = [route for resource in RESOURCES for route in resource.routes]


@pytest.fixture
def document(world: World) -> dict[str, Any]:
    answer = world.get("/api/openapi.json")
    shape: dict[str, Any] = answer.json
    return shape


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_document_holds_every_route_and_no_other(world: World, document: dict[str, Any]) -> None:
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in world.app.url_map.iter_rules()
        if wants_json(rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    assert described == served


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_route_says_what_it_does_takes_and_answers(route: Any, document: dict[str, Any]) -> None:
    for path in route.paths:
        operation = document["paths"][openapi.templated(path)][route.method.lower()]
        assert 3 <= len(operation["summary"]) <= 60
        assert operation["tags"]
        inside = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
        assert inside == set(path_parameters(path))
        assert all(parameter["description"] for parameter in operation["parameters"])
        assert ("requestBody" in operation) == (route.body is not None)
        statuses = set(operation["responses"])
        assert statuses & {"200", "201", "204"}
        if route.access not in (OPEN, PROBE):
            assert {"401", "429", "503"} <= statuses
            assert operation["security"]
        if route.permission is not None:
            assert "403" in statuses
            assert route.permission in operation["description"]
        if route.body is not None:
            assert {"400", "413", "415"} <= statuses


def test_every_field_of_every_model_of_a_request_is_explained(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            if "requestBody" in operation:
                ref = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                schema = document["components"]["schemas"][ref.rpartition("/")[2]]
                assert all(field.get("description") for field in schema["properties"].values()), ref


def test_no_path_is_documented_by_accident_twice(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_errors_have_the_shape_the_document_gives_them(world: World, document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["Error"]
    for answer in (
        world.get("/api/nothing/"),
        world.get("/api/auth/me/"),
        world.get("/api/aircraft/x/"),
        world.post("/api/auth/token/", []),
    ):
        error = answer.json["error"]
        assert set(answer.json) == {"error"}
        assert set(schema["required"]) <= set(error) <= set(schema["properties"])


def test_the_page_shows_every_operation_and_model_of_the_document(world: World, document: dict[str, Any]) -> None:
    page = world.get("/api/docs/").get_data(as_text=True)
    for path in document["paths"]:
        assert f"<code>{path}</code>" in page
    for name in document["components"]["schemas"]:
        assert f'id="model-{name}"' in page


def test_every_link_inside_the_page_leads_somewhere(world: World) -> None:
    page = world.get("/api/docs/").get_data(as_text=True)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_the_document_is_strict_json_and_names_no_machine(world: World) -> None:
    text = world.get("/api/openapi.json").get_data(as_text=True)
    json.loads(text, parse_constant=pytest.fail)
    assert "localhost" not in text


def test_the_document_is_made_once_for_all_applications(world: World) -> None:
    assert made() is made() is world.app.extensions[DOCUMENT]

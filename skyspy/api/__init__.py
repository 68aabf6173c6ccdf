"""Interfaces: the HTTP API: one file per resource, one row per route, one gate before all of them.

Invariants: a resource's file holds rows and a few lines each; access, parsing and errors are handled for all of them by
gate, read and errors. To add a resource: its file, and its name in RESOURCES.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue

from skyspy.api import (
    acars,
    aircraft,
    alert_destinations,
    alert_rules,
    alerts,
    answers,
    auth,
    compat,
    docs,
    errors,
    feeds,
    health,
    metrics,
    openapi,
    operators,
    operators_feeds,
    read,
    safety,
    sandbox,
    sightings,
    stats,
    tracks,
    watchlists,
)
from skyspy.api.gate import Gate
from skyspy.api.routes import RequestContext, Resource, Route
from skyspy.server import Server, server_of
from skyspy.sky.listing import cost

RESOURCES: tuple[Resource, ...] = (
    auth.resource,
    aircraft.resource,
    sightings.resource,
    safety.resource,
    acars.resource,
    alerts.resource,
    alert_rules.resource,
    watchlists.resource,
    alert_destinations.resource,
    sandbox.resource,
    stats.resource,
    tracks.resource,
    feeds.resource,
    operators.resource,
    operators_feeds.resource,
    compat.readsb,
    compat.exchange,
    health.resource,
    metrics.resource,
    docs.resource,
)

__all__ = ["RESOURCES", "bind_server", "document", "register"]

_GATE = "skyspy.api_gate"


@cache
def document() -> openapi.Document:
    """The OpenAPI document of this API, made once per process; nothing may change it."""
    return openapi.document(RESOURCES)


def register(app: Flask) -> None:
    """Serve every route of every resource on this application."""
    app.extensions[docs.DOCUMENT] = document()
    errors.register(app)
    answers.register(app)
    metrics.register(app)
    for resource in RESOURCES:
        for route in resource.routes:
            for number, path in enumerate(route.paths):
                # Clients may leave out the last slash; a redirect would drop the request body.
                app.add_url_rule(
                    path,
                    endpoint=f"api.{route.name}.{number}",
                    view_func=_served(route),
                    methods=[route.method],
                    strict_slashes=False,
                )


def bind_server(app: Flask, server: Server) -> None:
    """Serve the API of this server; requests per address are counted from zero."""
    app.extensions[_GATE] = Gate(server)


def _served(route: Route) -> Callable[..., ResponseReturnValue]:
    def view(**path: Any) -> ResponseReturnValue:
        gate: Gate = current_app.extensions[_GATE]
        server = server_of(current_app)
        admission, peer = gate.admit(request, route)
        query = None if route.query is None else read.parse_query(route.query, request)
        body = None if route.body is None else read.parse_body(route.body, request)
        context = RequestContext(server, admission.principal, admission.settings, peer, path, query, body)
        with ExitStack() as turn:
            if route.is_search:
                turn.enter_context(gate.turn(peer, f" {route.tag} {route.media}"))
            value = route.view(context)
            looked_at = value.looked_at if isinstance(value, answers.TaggedAnswer) else 0
            if looked_at:
                turn.enter_context(gate.turn(peer))
            response = answers.to_response(value, route.status, route.media, revalidate=route.revalidate)
            if route.is_search and response.is_streamed and request.method != "HEAD":
                # What is made while it is sent keeps its turn until then.
                response.call_on_close(turn.pop_all().close)
        if (route.revalidate or route.is_search) and response.status_code == 200:
            also = value.cost if isinstance(value, answers.Charged) else 0.0
            gate.charge(peer, cost(response.content_length or 0, looked_at) + also)
        return response

    return view

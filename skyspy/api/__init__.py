"""The HTTP API: one file per resource, one row per route, one door before all of them.

Law: a resource's file holds rows and a few lines each; who may ask, what a body looks like and how an
error reads is decided for all of them by door, read and errors. To add a resource: its file, and its
name in RESOURCES.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, request
from flask.typing import ResponseReturnValue

from skyspy.api import (
    aircraft,
    answer,
    auth,
    compat,
    docs,
    errors,
    feeds,
    health,
    openapi,
    operators,
    operators_feeds,
    read,
    stats,
)
from skyspy.api.door import Door
from skyspy.api.table import Asked, Resource, Route
from skyspy.house import house_of

RESOURCES: tuple[Resource, ...] = (
    auth.resource,
    aircraft.resource,
    stats.resource,
    feeds.resource,
    operators.resource,
    operators_feeds.resource,
    compat.readsb,
    compat.exchange,
    health.resource,
    docs.resource,
)

__all__ = ["RESOURCES", "register"]


def register(app: Flask) -> None:
    """Serve every route of every resource on this application."""
    app.extensions[docs.DOCUMENT] = openapi.document(RESOURCES)
    errors.register(app)
    answer.register(app)
    door = Door(house_of(app))
    for resource in RESOURCES:
        for route in resource.routes:
            for number, path in enumerate(route.paths):
                # Clients write the last slash or leave it out; neither is worth a redirect that drops their body.
                app.add_url_rule(
                    path,
                    endpoint=f"api.{route.name}.{number}",
                    view_func=_served(app, door, route),
                    methods=[route.method],
                    strict_slashes=False,
                )


def _served(app: Flask, door: Door, route: Route) -> Callable[..., ResponseReturnValue]:
    house = house_of(app)

    def view(**path: Any) -> ResponseReturnValue:
        principal, settings, client = door.admit(request, route)
        query = None if route.query is None else read.query(route.query, request)
        body = None if route.body is None else read.body(route.body, request)
        value = route.view(Asked(house, principal, settings, client, path, query, body))
        return answer.made(value, route.status, route.media)

    return view

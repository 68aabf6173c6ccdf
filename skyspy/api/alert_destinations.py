"""Interfaces: REST: where the caller's alerts go. A secret is in one answer only."""

from __future__ import annotations

from typing import Any

from skyspy.api.account_models import PageQuery
from skyspy.api.alert_models import Destination, DestinationBody, DestinationPage, MadeDestination, TestResult
from skyspy.api.alert_pages import page_of
from skyspy.api.answers import Charged
from skyspy.api.routes import IDENTIFIED, RequestContext, Resource
from skyspy.services import alert_destinations, alert_payloads
from skyspy.services.alert_owner import EDIT, VIEW

_READ: dict[str, Any] = {"access": IDENTIFIED, "permission": VIEW}
_WRITE: dict[str, Any] = {"access": IDENTIFIED, "permission": EDIT}
TEST_COST = 10.0
"""What a test costs beside its request, in requests."""

resource = Resource("Alert destinations", "Where the caller's alerts go. What is secret of a destination is never shown again.")


@resource.get("/api/alerts/destinations/", query=PageQuery, answer=DestinationPage, **_READ)
def destinations_list(context: RequestContext) -> object:
    """List own destinations."""
    found, following = page_of(context, alert_destinations.page)
    listed = [alert_payloads.destination(view) for view in found.destinations]
    return alert_payloads.listed("destinations", listed, found.total, following)


@resource.post("/api/alerts/destinations/", body=DestinationBody, answer=MadeDestination, status=201, errors=(409,), **_WRITE)
def destinations_create(context: RequestContext) -> object:
    """Make a destination.

    The answer holds the secret of a webhook, this once. Private networks are for callers who may manage settings. A destination that an
    API key has saved ends with the key.
    """
    return alert_payloads.made(context.call(alert_destinations.create, context.body.document()))


@resource.get("/api/alerts/destinations/<destination_id>/", answer=Destination, errors=(404,), **_READ)
def destinations_one(context: RequestContext) -> object:
    """Show one own destination."""
    return alert_payloads.destination(context.call(alert_destinations.one, context.path["destination_id"]))


@resource.post(
    "/api/alerts/destinations/<destination_id>/", body=DestinationBody, answer=MadeDestination, errors=(404,), **_WRITE
)
def destinations_change(context: RequestContext) -> object:
    """Change a destination, and turn it on.

    Its name and what is secret stay as they are where they are not sent; a password stays only for the same broker.
    """
    found = context.call(alert_destinations.update, context.path["destination_id"], context.body.document())
    return alert_payloads.made(found)


@resource.delete("/api/alerts/destinations/<destination_id>/", status=204, errors=(404,), **_WRITE)
def destinations_delete(context: RequestContext) -> None:
    """Delete a destination.

    Also from the rules that name it; what waits for it is given up.
    """
    context.call(alert_destinations.delete, context.path["destination_id"])


@resource.post("/api/alerts/destinations/<destination_id>/secret/", answer=MadeDestination, errors=(404, 409), **_WRITE)
def destinations_secret(context: RequestContext) -> object:
    """Make another secret for a webhook.

    The answer holds it, this once. The former one signs too for a day.
    """
    return alert_payloads.made(context.call(alert_destinations.renew_secret, context.path["destination_id"]))


@resource.post("/api/alerts/destinations/<destination_id>/enable/", answer=Destination, errors=(404,), **_WRITE)
def destinations_enable(context: RequestContext) -> object:
    """Turn a destination on."""
    return alert_payloads.destination(context.call(alert_destinations.enable, context.path["destination_id"]))


@resource.post("/api/alerts/destinations/<destination_id>/disable/", answer=Destination, errors=(404,), **_WRITE)
def destinations_disable(context: RequestContext) -> object:
    """Turn a destination off.

    What waits for it is given up.
    """
    return alert_payloads.destination(context.call(alert_destinations.disable, context.path["destination_id"]))


@resource.post("/api/alerts/destinations/<destination_id>/test/", answer=TestResult, errors=(404, 409), **_WRITE)
def destinations_test(context: RequestContext) -> object:
    """Send a test to a destination."""
    found = context.call(alert_destinations.test, context.path["destination_id"])
    return Charged(alert_payloads.test_result(found), TEST_COST)

"""Interfaces: REST for operators: receivers, those of the environment and those added while the server runs.

Invariants: services/feeds.py checks permissions and decides. No answer has a URL's password.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from msgspec import UNSET

from skyspy.api.convert import to_model
from skyspy.api.errors import bad_fields
from skyspy.api.operation_models import NewReceiver, Receiver, ReceiverChange, ReceiverCheck, ReceiverList
from skyspy.api.operators import id_in_path
from skyspy.api.routes import IDENTIFIED, RequestContext, Resource
from skyspy.services import feeds
from skyspy.services.feeds import CHECK_SECONDS, FeedView

resource = Resource("Receivers, operated", "Receivers added, checked, paused and removed while the server runs.")

_SETTINGS: dict[str, Any] = {"access": IDENTIFIED, "permission": feeds.MANAGE}

_NOTHING = ("id", "name", "format", "aircraft", "last_seen", "error", "added_by", "added_at")
_UNKNOWN: dict[str, Any] = {**dict.fromkeys(_NOTHING), "messages_per_second": 0.0}
"""Values of a receiver's fields that are in neither its status on this process nor its row."""


@resource.get("/api/admin/feeds/", answer=ReceiverList, **_SETTINGS)
def feeds_list(context: RequestContext) -> object:
    """List receivers with their URLs, state and rates."""
    listed = [_receiver(view) for view in context.call(feeds.listing)]
    return ReceiverList(listed, len(listed))


@resource.post("/api/admin/feeds/", body=NewReceiver, answer=Receiver, status=201, errors=(409,), **_SETTINGS)
def feeds_add(context: RequestContext) -> object:
    """Add a receiver to the live sky.

    Every process connects to it within a second. Its URL may point anywhere the server can reach.
    """
    return _one(context, context.call(feeds.add, context.body.url, context.body.label).id)


@resource.post("/api/admin/feeds/check/", body=NewReceiver, answer=ReceiverCheck, **_SETTINGS)
def feeds_check(context: RequestContext) -> object:
    """Listen to a receiver for a few seconds.

    Nothing of it reaches the sky, and nothing is kept but a line in the audit log.
    """
    heard = context.call(feeds.check, context.body.url)
    return ReceiverCheck(heard.aircraft, heard.messages, CHECK_SECONDS, heard.error)


@resource.post("/api/admin/feeds/<feed_id>/", body=ReceiverChange, answer=Receiver, errors=(404, 409), **_SETTINGS)
def feeds_change(context: RequestContext) -> object:
    """Pause, resume or rename an added receiver, or change its URL.

    What is absent stays as it is.
    """
    feed_id, body = id_in_path(context, "feed_id"), context.body
    url, label = (None if value is UNSET else value for value in (body.url, body.label))
    if body.paused is UNSET and url is None and label is None:
        raise bad_fields({"paused": "one of paused, url and label must be there"})
    if url is not None or label is not None:
        context.call(feeds.change, feed_id, url, label)
    if body.paused is not UNSET:
        context.call(feeds.set_paused, feed_id, body.paused)
    return _one(context, feed_id)


@resource.delete("/api/admin/feeds/<feed_id>/", status=204, errors=(404,), **_SETTINGS)
def feeds_remove(context: RequestContext) -> None:
    """Remove an added receiver."""
    context.call(feeds.remove, id_in_path(context, "feed_id"))


def _one(context: RequestContext, feed_id: int) -> Receiver:
    views = context.call(feeds.listing)
    return _receiver(next(view for view in views if view.added is not None and view.added.id == feed_id))


def _receiver(view: FeedView) -> Receiver:
    return to_model(Receiver, view, view.added, SimpleNamespace(**_UNKNOWN | dict(view.status or {})), history=view.rates)

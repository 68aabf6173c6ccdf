"""REST: receivers as operators manage them, those of the environment and those added while the server runs.

Law: thin over operate/feeds, which checks the right. A URL's password is never answered.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated, Any

from msgspec import Meta, Struct

from skyspy.api.convert import shown
from skyspy.api.operators import id_in
from skyspy.api.routes import IDENTIFIED, Asked, Resource
from skyspy.services import feeds
from skyspy.services.feeds import CHECK_SECONDS, FeedView

resource = Resource("Receivers, operated", "Receivers added, checked, paused and removed while the server runs.")

_SETTINGS: dict[str, Any] = {"access": IDENTIFIED, "needs": feeds.MANAGE}

Url = Annotated[str, Meta(description="The receiver as a URL, such as beast://host:30005", min_length=1, max_length=1000)]


class Receiver(Struct, forbid_unknown_fields=True):
    """A receiver as operators see it, and how it does on the process that answers."""

    id: Annotated[int | None, Meta(description="What the other routes know it by; null: it is the environment's and stays")]
    url: Annotated[str, Meta(description="Without a password")]
    state: Annotated[str, Meta(description="connecting, up, stale, down, paused or demo")]
    name: str | None
    format: str | None
    messages_per_second: float
    history: Annotated[
        list[float], Meta(description="Messages a second in steps of ten seconds, the oldest first, the last one now; 61 at most")
    ]
    aircraft: int | None
    last_seen: str | None
    error: Annotated[str | None, Meta(description="Why it is not up")]
    added_by: str | None
    added_at: str | None


class ReceiverList(Struct, forbid_unknown_fields=True):
    """The receivers of the live sky, the environment's first."""

    feeds: list[Receiver]
    count: int


class NewReceiver(Struct):
    """A receiver to add."""

    url: Url


class ReceiverChange(Struct):
    """What to change of an added receiver."""

    paused: Annotated[bool, Meta(description="true disconnects it until false")]


class Heard(Struct, forbid_unknown_fields=True):
    """What came in a few seconds."""

    aircraft: int
    messages: int
    seconds: float
    error: Annotated[str | None, Meta(description="What is wrong with it; null: nothing")]


_NOTHING = ("id", "name", "format", "aircraft", "last_seen", "error", "added_by", "added_at")
_UNKNOWN: dict[str, Any] = {**dict.fromkeys(_NOTHING), "messages_per_second": 0.0}
"""What is answered of a receiver where neither its state on this process nor its row says it."""


@resource.get("/api/admin/feeds/", answer=ReceiverList, **_SETTINGS)
def feeds_list(asked: Asked) -> object:
    """List receivers with their URLs, state and rates."""
    listed = [_receiver(view) for view in feeds.listing(asked.server, asked.caller)]
    return ReceiverList(listed, len(listed))


@resource.post("/api/admin/feeds/", body=NewReceiver, answer=Receiver, status=201, errors=(409,), **_SETTINGS)
def feeds_add(asked: Asked) -> object:
    """Add a receiver to the live sky.

    Every process connects to it within a second. Its URL may point anywhere the server can reach.
    """
    return _one(asked, feeds.add(asked.server, asked.caller, asked.body.url).id)


@resource.post("/api/admin/feeds/check/", body=NewReceiver, answer=Heard, **_SETTINGS)
def feeds_check(asked: Asked) -> object:
    """Listen to a receiver for a few seconds.

    Nothing of it reaches the sky, and nothing is kept but a line in the audit log.
    """
    heard = feeds.check(asked.server, asked.caller, asked.body.url)
    return Heard(heard.aircraft, heard.messages, CHECK_SECONDS, heard.error)


@resource.post("/api/admin/feeds/<feed_id>/", body=ReceiverChange, answer=Receiver, errors=(404,), **_SETTINGS)
def feeds_change(asked: Asked) -> object:
    """Pause an added receiver, or let it go on."""
    changed = feeds.set_paused(asked.server, asked.caller, id_in(asked, "feed_id"), asked.body.paused)
    return _one(asked, changed.id)


@resource.delete("/api/admin/feeds/<feed_id>/", status=204, errors=(404,), **_SETTINGS)
def feeds_remove(asked: Asked) -> object:
    """Remove an added receiver."""
    feeds.remove(asked.server, asked.caller, id_in(asked, "feed_id"))
    return None


def _one(asked: Asked, feed_id: int) -> Receiver:
    views = feeds.listing(asked.server, asked.caller)
    return _receiver(next(view for view in views if view.added is not None and view.added.id == feed_id))


def _receiver(view: FeedView) -> Receiver:
    return shown(Receiver, view, view.added, SimpleNamespace(**_UNKNOWN | dict(view.status or {})), history=view.rates)

"""A server in memory whose users have alert rules, watchlists, destinations and alerts, over HTTP."""

from __future__ import annotations

from typing import Any

from skyspy.store.history import alerts
from skyspy.store.history.alerts import Alert
from skyspy.store.history.outbox import Delivery
from tests.support import alerts as stand_ins
from tests.support.world import World

RULES, LISTS, DESTINATIONS = "/api/alerts/rules/", "/api/alerts/watchlists/", "/api/alerts/destinations/"
MILITARY: dict[str, Any] = {"all": [{"field": "military", "op": "is", "value": True}]}
HOOK: dict[str, Any] = {"name": "My hook", "kind": "webhook", "url": "https://hooks.example.com/hush?key=hush"}


def rule(name: str = "Military", match: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The document of a rule."""
    return {"name": name, "match": match or MILITARY, **more}


def watched(list_id: str) -> dict[str, Any]:
    """Conditions that name a watchlist."""
    return {"all": [{"field": "watchlist", "op": "in", "value": list_id}]}


def made(world: World, path: str, body: object, token: str) -> dict[str, Any]:
    """What was made by this request."""
    answer = world.post(path, body, token)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json
    return found


def delete(world: World, path: str, token: str) -> Any:
    """DELETE a path as the holder of a token."""
    return world.client.delete(path, headers={"Authorization": f"Bearer {token}"})


def keep(world: World, *found: Alert, to: tuple[Delivery, ...] = (), sky: str = "live") -> None:
    """Write alerts and deliveries into the history of a sky."""
    world.skyspy.histories[sky].commit_now(alerts.write_triggers, found, to)


def alert(owner: int, number: int = 1, **more: object) -> Alert:
    """An alert of this user."""
    return stand_ins.alert(number, owner_id=owner, **more)


def delivery(owner: int, number: int = 1, destination: int = 1, **more: object) -> Delivery:
    """A delivery of this user."""
    return stand_ins.delivery(number, destination, owner_id=owner, **more)

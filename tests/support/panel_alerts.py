"""Alerting in the panel: the forms as a browser sends them, and what a user has."""

from __future__ import annotations

import re
from typing import Any

from skyspy.auth.principal import Principal
from skyspy.services import Caller, alert_destinations, alert_rules, watchlists
from skyspy.store import users
from tests.support.browser_client import HERE
from tests.support.world import World

PAGE = "/admin/alerts/"
RULES, WATCHLISTS, DESTINATIONS = f"{PAGE}rules/", f"{PAGE}watchlists/", f"{PAGE}destinations/"
LOG, DELIVERIES, COUNTS = f"{PAGE}log/", f"{PAGE}deliveries/", f"{PAGE}users/"

MATCH: dict[str, Any] = {"all": [{"field": "military", "op": "is", "value": True}]}
WEBHOOK = {"kind": "webhook", "name": "My program", "url": "https://hooks.example.org/alerts?token=not-to-be-seen"}

RULE_FORM: dict[str, Any] = {
    "do": "save",
    "name": "Military, low",
    "m.join": "all",
    "m.0.field": "military",
    "m.0.op": "is",
    "m.0.value": "yes",
    "m.1.field": "alt_baro",
    "m.1.op": "lt",
    "m.1.value": "5000",
    "cooldown": "2.5",
    "zone": "Europe/Zurich",
}
"""A rule as a browser sends it."""


def caller_of(world: World, name: str = "ann") -> Caller:
    """A user as services take it, with the rights that it has now."""
    found = world.store.read(users.by_id, world.user(name))
    return Caller(Principal("user", found.id, found.name, found.role, found.permissions), HERE)


def a_rule(world: World, of: str = "ann", /, **more: Any) -> str:
    """The id of a new rule of this user."""
    return alert_rules.create(world.skyspy, caller_of(world, of), {"name": "Military", "match": MATCH, **more}).id


def a_watchlist(world: World, name: str = "ann", *values: str) -> str:
    """The id of a new watchlist of this user, with these registrations."""
    entries = [{"kind": "registration", "value": value} for value in values]
    return watchlists.create(world.skyspy, caller_of(world, name), "Police", entries).id


def a_destination(world: World, of: str = "ann", /, **more: Any) -> str:
    """The id of a new destination of this user: a webhook where nothing else is given."""
    return alert_destinations.create(world.skyspy, caller_of(world, of), WEBHOOK | more).view.id


def names_of(page: str) -> list[str]:
    """The headings of the rows of a page's lists."""
    return [
        re.sub(r"\s*<[^>]*>\s*", "", cell).strip() for cell in re.findall(r'<th scope="row">(.*?)(?:<small|</th>)', page, re.S)
    ]

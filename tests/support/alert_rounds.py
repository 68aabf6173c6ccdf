"""Rounds of the alert engine over states of aircraft that a test writes down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skyspy.aircraft_state import AircraftState
from skyspy.alerts import AlertRound, Engine, OwnedRule, Trigger, Watchlist, parse_rule
from skyspy.permissions import PERMISSION_NAMES

WALL = 1_700_000_000.0
"""2023-11-14T22:13:20Z, a Tuesday."""
RECEIVER = (47.0, 8.0)


def condition(field: str, op: str, value: object) -> dict[str, Any]:
    """A condition's document."""
    return {"field": field, "op": op, "value": value}


def rule(*conditions: dict[str, Any], id: str = "1", owner: int = 1, may: Iterable[str] = PERMISSION_NAMES, exact: bool = True, **more: Any) -> OwnedRule:  # fmt: skip
    """A rule of these conditions, all of which must be true; `more` are other fields of its document."""
    document = {"name": f"Rule {id}", "match": {"all": list(conditions)}, **more}
    return OwnedRule(id, owner, parse_rule(document), 1, exact, frozenset(may))


def state(hex_: str = "4B1815", **fields: Any) -> AircraftState:
    """An aircraft."""
    return AircraftState(**{"hex": hex_, "heard_at": 0.0, **fields})


class Rounds:
    """An engine, and its rounds one second after the other."""

    def __init__(
        self, *rules: OwnedRule, watchlists: Iterable[Watchlist] = (), wall: float = WALL, engine: Engine | None = None
    ) -> None:
        self.engine = engine or Engine()
        self.now, self.wall = 1000.0, wall
        self.seen: dict[str, AircraftState] = {}
        self.engine.set_rules(rules, watchlists)

    def round(self, *states: AircraftState, after: float = 1.0, **more: Any) -> AlertRound:
        """The next round, in which these aircraft are listed."""
        self.now += after
        self.wall += after
        before, self.seen = self.seen, {one.hex: one for one in states}
        changed = [hex_ for hex_, one in self.seen.items() if before.get(hex_) is not one]
        return AlertRound(self.now, self.wall, self.seen, changed, **{"place_exact": RECEIVER, "place_public": RECEIVER, **more})

    def look(self, *states: AircraftState, after: float = 1.0, **more: Any) -> list[Trigger]:
        """The alerts of the next round."""
        return self.engine.look(self.round(*states, after=after, **more))


def matches(owned: OwnedRule, one: AircraftState, watchlists: Iterable[Watchlist] = (), **more: Any) -> bool:
    """Whether a rule matches an aircraft."""
    return Engine().preview(owned, Rounds().round(one, **more), watchlists) == [one.hex]

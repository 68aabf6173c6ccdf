"""What an alert rule is: a tree of conditions, and when and how it alerts.

A rule is a value: `parse_rule` (parsing.py) makes it of a document, `Rule.document` gives the normalized document back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from skyspy.alerts.places import Place
from skyspy.alerts.schedule import Schedule
from skyspy.clock import iso

MAX_NAME = 100
MAX_DEPTH = 4
"""Groups within groups, the outermost one included."""
MAX_CONDITIONS = 30
MAX_TEXT = 64
"""Characters of a text that is compared."""
MAX_LIST = 100
"""Entries of a list of values."""
MAX_DESTINATIONS = 20
MAX_COUNT = 1000
MAX_COOLDOWN_S = 86_400
DEFAULT_COOLDOWN_S = 600

Value = bool | float | int | str | tuple[str, ...] | tuple[float, float] | Place
"""What a condition compares with: its type follows from the field and the operator (fields.py)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. `field`: a row of fields.FIELDS; `op`: one of its operators; `value`: what it is compared with."""

    field: str
    op: str
    value: Value

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        value = self.value
        if isinstance(value, Place):
            return {"field": self.field, "op": self.op, "value": value.document()}
        return {"field": self.field, "op": self.op, "value": list(value) if isinstance(value, tuple) else value}


class Join(StrEnum):
    """How a group joins its nodes."""

    ALL = "all"
    ANY = "any"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes that are joined; `not` has exactly one."""

    join: Join
    nodes: tuple[Node, ...]

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        if self.join is Join.NOT:
            return {Join.NOT.value: self.nodes[0].document()}
        return {self.join.value: [node.document() for node in self.nodes]}


Node = Condition | Group


def conditions_of(node: Node) -> Iterator[Condition]:
    """Every condition below a node, in order."""
    if isinstance(node, Condition):
        yield node
    else:
        for one in node.nodes:
            yield from conditions_of(one)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `count`: it alerts when so many aircraft match at once, None: for each aircraft. `during`: it matches in these windows
    alone. `quiet`: its alerts in these are held until the end. `cooldown_s`: after an alert there is no other one for the same aircraft
    for so long. `expires`: wall seconds from which on it does not match. `message`: a template (template.py), None: the usual
    sentence. `destinations`: their ids."""

    name: str
    match: Group
    count: int | None = None
    during: Schedule | None = None
    quiet: Schedule | None = None
    cooldown_s: int = DEFAULT_COOLDOWN_S
    expires: float | None = None
    paused: bool = False
    message: str | None = None
    destinations: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The normalized document: parsed again, it is an equal rule."""
        return {
            "name": self.name,
            "match": self.match.document(),
            "count": None if self.count is None else {"at_least": self.count},
            "during": None if self.during is None else self.during.document(),
            "quiet": None if self.quiet is None else self.quiet.document(),
            "cooldown_s": self.cooldown_s,
            "expires": None if self.expires is None else iso(self.expires),
            "paused": self.paused,
            "message": self.message,
            "destinations": list(self.destinations),
        }


@dataclass(frozen=True, slots=True)
class OwnedRule:
    """A rule that runs. `version` rises with each change. `exact_place`: whether its owner may know where the receiver stands; else
    distances and directions are those from the rounded place. `may`: the owner's permissions; a condition on a field that needs another
    one is unknown."""

    id: str
    owner_id: int
    rule: Rule
    version: int = 1
    exact_place: bool = False
    may: frozenset[str] = frozenset()

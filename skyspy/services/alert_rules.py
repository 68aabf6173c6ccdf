"""Application: alert rules, for REST, requests of Socket.IO and the panel.

Invariants: reading needs `alerts.view`, changing `alerts.edit` too. A caller works on its own rules in the sky that it sees, and they name
its own watchlists and destinations (alert_owner.py). What a rule is about is in no audit row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from skyspy.alerts.errors import RuleError
from skyspy.alerts.parsing import parse_rule
from skyspy.alerts.rule import Condition, Node, Rule
from skyspy.server import Context, Server
from skyspy.services import alert_destinations, alert_owner
from skyspy.services.alert_destinations import TestResult
from skyspy.services.alert_owner import EDIT, VIEW
from skyspy.services.caller import Caller, Refused, Transaction
from skyspy.store import alert_destinations as stored_destinations
from skyspy.store import alert_rules
from skyspy.store import watchlists as stored_watchlists
from skyspy.store.alert_rules import NOUN, NewRule, StoredRule
from skyspy.store.owned import Owner

__all__ = ["EDIT", "VIEW"]

WATCHLIST = "watchlist"
"""The field of conditions whose value is the id of a watchlist."""


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule. `document` is as alerts/rule.py makes it; times are wall seconds; `state`: on, paused, expired, or damaged for one that
    this version cannot read, which does not run."""

    id: str
    name: str
    document: Mapping[str, Any]
    paused: bool
    expires_at: float | None
    created_at: float
    updated_at: float
    version: int
    state: str


@dataclass(frozen=True, slots=True)
class RulesFound:
    """A page of rules, the oldest first, and how many there are. `next_cursor` is None at the end of the list."""

    rules: list[RuleView]
    next_cursor: str | None
    total: int


def page(server: Context, caller: Caller, cursor: str | None = None, limit: int = alert_owner.MAX_PAGE) -> RulesFound:
    """The caller's rules. Raises Refused."""
    after = alert_owner.after_of(cursor)
    # One more than fits, to know whether another page follows.
    found = alert_owner.read(server, caller, alert_rules.page, after, limit + 1)
    total = alert_owner.read(server, caller, alert_rules.count)
    now = server.clock.wall()
    listed = [_view(rule, now) for rule in found[:limit]]
    return RulesFound(listed, listed[-1].id if len(found) > limit else None, total)


def one(server: Context, caller: Caller, rule_id: str) -> RuleView:
    """The caller's rule of that id. Raises Refused."""
    found = alert_owner.read(server, caller, alert_rules.one, alert_owner.refused_id(NOUN, rule_id))
    return _view(found, server.clock.wall())


def create(server: Context, caller: Caller, document: Mapping[str, Any]) -> RuleView:
    """Make a rule. Raises Refused, with the message of each bad field by its path in the document."""
    rule = parsed(document)

    def work(here: Transaction, owner: Owner) -> StoredRule:
        _check_references(here, owner, rule)
        return alert_rules.create(here.connection, owner, _new(here, rule), here.actor, here.at)

    return _view(alert_owner.act(server, caller, work), server.clock.wall())


def update(server: Context, caller: Caller, rule_id: str, document: Mapping[str, Any], version: int | None = None) -> RuleView:
    """Give a rule another document. `version`: the one that the caller has read; the change is refused where there is a newer one.
    Raises Refused as `create`."""
    rule = parsed(document)

    def work(here: Transaction, owner: Owner) -> StoredRule:
        number = alert_owner.row_id(NOUN, rule_id)
        alert_rules.one(here.connection, owner, number)
        _check_references(here, owner, rule)
        return alert_rules.change(here.connection, owner, number, _new(here, rule), here.actor, here.at, version)

    return _view(alert_owner.act(server, caller, work), server.clock.wall())


def delete(server: Context, caller: Caller, rule_id: str) -> None:
    """Delete a rule. What it triggered stays in the list of alerts. Raises Refused."""

    def work(here: Transaction, owner: Owner) -> None:
        alert_rules.remove(here.connection, owner, alert_owner.row_id(NOUN, rule_id), here.actor, here.at)

    alert_owner.act(server, caller, work)


def pause(server: Context, caller: Caller, rule_id: str) -> RuleView:
    """Let a rule rest until it is resumed. Raises Refused."""
    return _set_paused(server, caller, rule_id, paused=True)


def resume(server: Context, caller: Caller, rule_id: str) -> RuleView:
    """Let a paused rule run again. Raises Refused."""
    return _set_paused(server, caller, rule_id, paused=False)


def test_now(server: Server, caller: Caller, rule_id: str) -> list[TestResult]:
    """Send a message that says it is a test to every destination of a rule. Yields. Raises Refused."""
    named = one(server, caller, rule_id).document.get("destinations") or []
    return [alert_destinations.test(server, caller, str(name)) for name in named]


def parsed(document: Mapping[str, Any]) -> Rule:
    """The rule of a document. Raises Refused."""
    try:
        return parse_rule(document)
    except RuleError as error:
        raise invalid(error.fields) from error


def invalid(fields: Mapping[str, str]) -> Refused:
    """The refusal of a document with these bad fields."""
    return Refused("invalid", f"These fields cannot be used: {', '.join(sorted(fields))}"[:300], dict(fields))


def wrong_references(rule: Rule, lists: frozenset[str], destinations: frozenset[str]) -> dict[str, str]:
    """What is wrong with the watchlists and destinations that a rule names, by path, where its owner has these."""
    wrong = {
        path: "you have no watchlist with this id"
        for path, condition in _conditions(rule.match, "match")
        if condition.field == WATCHLIST and not set(_ids(condition)) <= lists
    }
    for place, name in enumerate(rule.destinations):
        if name not in destinations:
            wrong[f"destinations[{place}]"] = "you have no destination with this id"
    return wrong


def watchlists_of(rule: Rule) -> frozenset[str]:
    """The ids of the watchlists that a rule names."""
    return frozenset(
        name for _, condition in _conditions(rule.match, "") if condition.field == WATCHLIST for name in _ids(condition)
    )


def _conditions(node: Node, path: str) -> Iterator[tuple[str, Condition]]:
    """Every condition with the path of its value in the document."""
    if isinstance(node, Condition):
        yield f"{path}.value", node
        return
    for place, inner in enumerate(node.nodes):
        yield from _conditions(inner, f"{path}.not" if node.join == "not" else f"{path}.{node.join}[{place}]")


def _ids(condition: Condition) -> tuple[str, ...]:
    value = condition.value
    return tuple(str(one) for one in value) if isinstance(value, tuple) else (str(value),)


def _check_references(here: Transaction, owner: Owner, rule: Rule) -> None:
    lists = frozenset(str(found.id) for found in stored_watchlists.page(here.connection, owner))
    destinations = frozenset(str(found.id) for found in stored_destinations.page(here.connection, owner))
    if wrong := wrong_references(rule, lists, destinations):
        raise invalid(wrong)


def _new(here: Transaction, rule: Rule) -> NewRule:
    return NewRule(rule.name, rule.document(), rule.paused, rule.expires, here.principal.scopes)


def _set_paused(server: Context, caller: Caller, rule_id: str, *, paused: bool) -> RuleView:
    def work(here: Transaction, owner: Owner) -> StoredRule:
        number = alert_owner.row_id(NOUN, rule_id)
        return alert_rules.set_paused(here.connection, owner, number, paused, here.actor, here.at)

    return _view(alert_owner.act(server, caller, work), server.clock.wall())


def _view(rule: StoredRule, now: float) -> RuleView:
    return RuleView(
        str(rule.id),
        rule.name,
        rule.document,
        rule.paused,
        rule.expires_at,
        rule.created_at,
        rule.updated_at,
        rule.version,
        _state(rule, now),
    )


def _state(rule: StoredRule, now: float) -> str:
    try:
        parse_rule(rule.document)
    except RuleError:
        return "damaged"
    if rule.paused:
        return "paused"
    return "expired" if rule.expires_at is not None and rule.expires_at <= now else "on"

"""Alert rules of users.

Invariants: a change raises the version, so that every process loads the rules again. What a rule is about stays out of the audit log:
only its owner may read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from skyspy import wirejson
from skyspy.store import audit, owned, state
from skyspy.store.audit import Actor
from skyspy.store.owned import Noun, Owner
from skyspy.store.roles import AccountError
from skyspy.store.rows import scopes_of, to_record
from skyspy.store.schema import ALERT_RULES

NOUN = Noun("rule", "alert rule", 200)


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule to store. `document` is the rule as plain JSON values, of which the other fields are a copy; `expires_at` wall seconds or
    None; `scopes` is what the key that saves it is narrowed to, None for no limit."""

    name: str
    document: Mapping[str, Any]
    paused: bool
    expires_at: float | None
    scopes: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class StoredRule(NewRule):
    """A rule as stored. `document` is empty where the row is damaged. Times are wall seconds; `version` rises with each change."""

    id: int
    owner_id: int
    sky: str
    created_at: float
    updated_at: float
    version: int


def page(connection: Connection, owner: Owner, after: int | None = None, limit: int | None = None) -> list[StoredRule]:
    """The owner's rules, the oldest first: those with an id above `after`, `limit` at most."""
    return [_rule(row) for row in owned.rows(connection, ALERT_RULES, owner, after, limit)]


def count(connection: Connection, owner: Owner) -> int:
    """How many rules the owner has."""
    return owned.count(connection, ALERT_RULES, owner)


def one(connection: Connection, owner: Owner, rule_id: int) -> StoredRule:
    """The owner's rule of that id; raises NotFound."""
    return _rule(owned.row(connection, ALERT_RULES, NOUN, owner, rule_id))


def running(connection: Connection, sky: str, at: float) -> list[StoredRule]:
    """The rules of all users in that sky that are neither paused nor expired at `at` (wall seconds)."""
    lasts = ALERT_RULES.c.expires_at.is_(None) | (ALERT_RULES.c.expires_at > at)
    query = select(ALERT_RULES).where(ALERT_RULES.c.sky == sky, ALERT_RULES.c.paused.is_(False), lasts)
    return [_rule(row) for row in connection.execute(query.order_by(ALERT_RULES.c.id))]


def create(connection: Connection, owner: Owner, new: NewRule, actor: Actor, at: float) -> StoredRule:
    """Store a new rule. Raises AccountError where the owner has too many."""
    state.bump(connection)
    owned.require_room(connection, ALERT_RULES, NOUN, owner)
    values = {"owner_id": owner.user_id, "sky": owner.sky, "created_at": at, "updated_at": at, "version": 1}
    made = one(connection, owner, owned.insert(connection, ALERT_RULES, _values(new) | values))
    audit.record(connection, actor, "rule.create", _about(made), at, None, _told(made))
    return made


def change(
    connection: Connection, owner: Owner, rule_id: int, new: NewRule, actor: Actor, at: float, version: int | None = None
) -> StoredRule:
    """Store a rule in the place of an old one. Raises NotFound, AccountError where `version` is given and not the stored one's."""
    state.bump(connection)
    old = one(connection, owner, rule_id)
    if version is not None and version != old.version:
        raise AccountError("this alert rule was changed meanwhile: load it again, then change it")
    values = {**_values(new), "updated_at": at, "version": old.version + 1}
    connection.execute(update(ALERT_RULES).where(ALERT_RULES.c.id == old.id).values(values))
    made = one(connection, owner, rule_id)
    audit.record(connection, actor, _action(old, made), _about(old), at, _told(old), _told(made))
    return made


def set_paused(connection: Connection, owner: Owner, rule_id: int, paused: bool, actor: Actor, at: float) -> StoredRule:
    """Pause or resume a rule. Raises NotFound."""
    old = one(connection, owner, rule_id)
    document = dict(old.document) | {"paused": paused} if old.document else old.document
    return change(connection, owner, rule_id, replace(old, document=document, paused=paused), actor, at)


def remove(connection: Connection, owner: Owner, rule_id: int, actor: Actor, at: float) -> None:
    """Delete a rule. Raises NotFound."""
    state.bump(connection)
    old = one(connection, owner, rule_id)
    connection.execute(delete(ALERT_RULES).where(ALERT_RULES.c.id == old.id))
    audit.record(connection, actor, "rule.delete", _about(old), at, _told(old), None)


def forget_destination(connection: Connection, owner: Owner, destination_id: int, at: float) -> None:
    """Take a destination out of every rule of the owner."""
    for rule in page(connection, owner):
        named = rule.document.get("destinations") or []
        if str(destination_id) in named:
            document = dict(rule.document) | {"destinations": [name for name in named if name != str(destination_id)]}
            values = {"document": wirejson.dumps(document), "updated_at": at, "version": rule.version + 1}
            connection.execute(update(ALERT_RULES).where(ALERT_RULES.c.id == rule.id).values(values))


def _values(new: NewRule) -> dict[str, Any]:
    return {
        "name": new.name,
        "document": wirejson.dumps(dict(new.document)),
        "paused": new.paused,
        "expires_at": new.expires_at,
        "scopes": None if new.scopes is None else wirejson.dumps(sorted(new.scopes)),
    }


def _action(old: StoredRule, new: StoredRule) -> str:
    if old.paused == new.paused:
        return "rule.change"
    return "rule.pause" if new.paused else "rule.resume"


def _about(rule: StoredRule) -> str:
    return f"alert rule {rule.id}"


def _told(rule: StoredRule) -> dict[str, object]:
    """What the audit log holds of a rule: nothing of what it is about."""
    return {"sky": rule.sky, "paused": rule.paused, "version": rule.version}


def _rule(row: Row[Any]) -> StoredRule:
    return to_record(StoredRule, row, document=_document(row.document), scopes=scopes_of(row.scopes))


def _document(text: str) -> Mapping[str, Any]:
    try:
        found = wirejson.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

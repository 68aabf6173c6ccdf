"""Where the alerts of users go: webhooks, MQTT brokers, services behind Apprise, open pages.

Invariants: a change raises the version. `secrets` are encrypted bytes here: what is secret of a destination is neither in another column
nor in the audit log, nor in a repr. The log has the kind of a destination alone, because only its owner may read where alerts go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from skyspy import wirejson
from skyspy.store import audit, owned, state
from skyspy.store.audit import Actor
from skyspy.store.owned import Noun, Owner
from skyspy.store.rows import for_ids, to_record
from skyspy.store.schema import ALERT_DESTINATIONS

NOUN = Noun("destination", "destination", 20)
KINDS = ("webhook", "mqtt", "apprise", "browser")
SYSTEM = Actor("system", "delivery")
_D = ALERT_DESTINATIONS.c


@dataclass(frozen=True, slots=True)
class NewDestination:
    """A destination to store. `settings` hold nothing secret; `secrets` are encrypted, None where there are none; `maker_key_id` is the
    key that saves it, None for a user."""

    name: str
    kind: str
    settings: Mapping[str, Any]
    secrets: bytes | None = field(repr=False)
    maker_key_id: int | None


@dataclass(frozen=True, slots=True)
class StoredDestination(NewDestination):
    """A destination as stored. `disabled_at` is None while it is on. Times are wall seconds; `version` rises with each change."""

    id: int
    owner_id: int
    sky: str
    disabled_at: float | None
    disabled_reason: str
    created_at: float
    updated_at: float
    version: int


def page(connection: Connection, owner: Owner, after: int | None = None, limit: int | None = None) -> list[StoredDestination]:
    """The owner's destinations, the oldest first: those with an id above `after`, `limit` at most."""
    return [_destination(row) for row in owned.rows(connection, ALERT_DESTINATIONS, owner, after, limit)]


def count(connection: Connection, owner: Owner) -> int:
    """How many destinations the owner has."""
    return owned.count(connection, ALERT_DESTINATIONS, owner)


def one(connection: Connection, owner: Owner, destination_id: int) -> StoredDestination:
    """The owner's destination of that id; raises NotFound."""
    return _destination(owned.row(connection, ALERT_DESTINATIONS, NOUN, owner, destination_id))


def in_sky(connection: Connection, sky: str) -> list[StoredDestination]:
    """The destinations of all users in that sky that are on."""
    query = select(ALERT_DESTINATIONS).where(_D.sky == sky, _D.disabled_at.is_(None)).order_by(_D.id)
    return [_destination(row) for row in connection.execute(query)]


def by_ids(connection: Connection, ids: Iterable[int]) -> dict[int, StoredDestination]:
    """The destinations that exist, of whichever user, by id: for delivery, never for an answer."""
    return {row.id: _destination(row) for row in for_ids(connection, select(ALERT_DESTINATIONS), _D.id, ids)}


def create(connection: Connection, owner: Owner, new: NewDestination, actor: Actor, at: float) -> StoredDestination:
    """Store a new destination. Raises AccountError where the owner has too many."""
    state.bump(connection)
    owned.require_room(connection, ALERT_DESTINATIONS, NOUN, owner)
    values = {"owner_id": owner.user_id, "sky": owner.sky, "created_at": at, "updated_at": at, "version": 1}
    made = one(connection, owner, owned.insert(connection, ALERT_DESTINATIONS, _values(new) | values))
    audit.record(connection, actor, "destination.create", _about(made), at, None, _told(made))
    return made


def change(
    connection: Connection, owner: Owner, destination_id: int, new: NewDestination, actor: Actor, at: float
) -> StoredDestination:
    """Store a destination in the place of an old one, and turn it on. Raises NotFound."""
    on = {"disabled_at": None, "disabled_reason": ""}
    return _update(connection, one(connection, owner, destination_id), _values(new) | on, "destination.change", actor, at)


def set_secrets(
    connection: Connection, owner: Owner, destination_id: int, secrets: bytes, actor: Actor, at: float
) -> StoredDestination:
    """Store other secrets of a destination. Raises NotFound."""
    old = one(connection, owner, destination_id)
    return _update(connection, old, {"secrets": secrets}, "destination.renew-secret", actor, at)


def set_enabled(
    connection: Connection, owner: Owner, destination_id: int, maker_key_id: int | None, actor: Actor, at: float
) -> StoredDestination:
    """Turn a destination on; from now on it ends with this key, None: with none. Raises NotFound."""
    values = {"disabled_at": None, "disabled_reason": "", "maker_key_id": maker_key_id}
    return _update(connection, one(connection, owner, destination_id), values, "destination.enable", actor, at)


def set_disabled(
    connection: Connection, owner: Owner, destination_id: int, reason: str, actor: Actor, at: float
) -> StoredDestination:
    """Turn a destination off, and say why. Raises NotFound."""
    values = {"disabled_at": at, "disabled_reason": audit.printable(reason, 200)}
    return _update(connection, one(connection, owner, destination_id), values, "destination.disable", actor, at)


def disable_for_delivery(connection: Connection, destination_id: int, reason: str, at: float) -> bool:
    """Turn a destination off because it cannot be delivered to; whether it was on."""
    state.lock(connection)
    found = by_ids(connection, [destination_id]).get(destination_id)
    if found is None or found.disabled_at is not None:
        return False
    set_disabled(connection, Owner(found.owner_id, found.sky), destination_id, reason, SYSTEM, at)
    return True


def remove(connection: Connection, owner: Owner, destination_id: int, actor: Actor, at: float) -> None:
    """Delete a destination. Raises NotFound."""
    state.bump(connection)
    old = one(connection, owner, destination_id)
    connection.execute(delete(ALERT_DESTINATIONS).where(_D.id == old.id))
    audit.record(connection, actor, "destination.delete", _about(old), at, _told(old), None)


def seal_again(connection: Connection, again: Callable[[int, bytes], bytes | None]) -> int:
    """Store `again(owner id, secrets)` in the place of each destination's encrypted secrets, but not where that is None; returns how
    many were."""
    done = 0
    for row in connection.execute(select(_D.id, _D.owner_id, _D.secrets).where(_D.secrets.is_not(None))).all():
        sealed = again(row.owner_id, bytes(row.secrets))
        if sealed is not None:
            same = (_D.id == row.id) & (_D.secrets == row.secrets)
            done += connection.execute(update(ALERT_DESTINATIONS).where(same).values(secrets=sealed)).rowcount
    return done


def _update(
    connection: Connection, old: StoredDestination, values: Mapping[str, Any], action: str, actor: Actor, at: float
) -> StoredDestination:
    state.bump(connection)
    changed = {**values, "updated_at": at, "version": old.version + 1}
    connection.execute(update(ALERT_DESTINATIONS).where(_D.id == old.id).values(changed))
    new = one(connection, Owner(old.owner_id, old.sky), old.id)
    audit.record(connection, actor, action, _about(old), at, _told(old), _told(new))
    return new


def _values(new: NewDestination) -> dict[str, Any]:
    settings = wirejson.dumps(dict(new.settings))
    return {
        "name": new.name,
        "kind": new.kind,
        "settings": settings,
        "secrets": new.secrets,
        "maker_key_id": new.maker_key_id,
    }


def _about(found: StoredDestination) -> str:
    return f"destination {found.id}"


def _told(found: StoredDestination) -> dict[str, object]:
    return {"sky": found.sky, "kind": found.kind, "on": found.disabled_at is None, "version": found.version}


def _destination(row: Row[Any]) -> StoredDestination:
    try:
        settings = wirejson.loads(row.settings)
    except ValueError:
        settings = {}
    secrets = None if row.secrets is None else bytes(row.secrets)
    return to_record(StoredDestination, row, settings=settings if isinstance(settings, dict) else {}, secrets=secrets)

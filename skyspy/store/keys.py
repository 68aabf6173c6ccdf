"""Stored API keys: digest, hint, owner and limits.

Invariants: the key itself is never stored. Its permissions are those its owner has at that moment, narrowed by its scopes. Last
uses are written in batches and do not raise the version. A key that was made by a key ends no later than that one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from skyspy import wirejson
from skyspy.permissions import OPERATOR_PERMISSIONS, PERMISSION_NAMES
from skyspy.store import audit, state, users
from skyspy.store.audit import DAY_S, Actor
from skyspy.store.roles import AccountError, NotFound
from skyspy.store.rows import for_ids, scopes_of, to_record, word_list
from skyspy.store.schema import API_KEYS, KEY_USES, ROLES, USERS
from skyspy.store.users import User

T = TypeVar("T")
KINDS = ("live", "test")


@dataclass(frozen=True, slots=True)
class Key:
    """A key; `scopes` and `networks` are None without a limit; times in wall seconds; `maker_key_id` is the key that made it."""

    id: int
    user: User
    kind: str
    name: str
    hint: str
    scopes: frozenset[str] | None
    networks: tuple[str, ...] | None
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    rotated_to: int | None
    last_used_at: float | None
    last_used_from: str | None
    maker_key_id: int | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to create. `scopes` None: all permissions of its owner; `networks` None: usable from any address; `expires_at` wall
    seconds, None: never; `maker_key_id` None: a user makes it."""

    kind: str
    name: str
    scopes: frozenset[str] | None = None
    networks: tuple[str, ...] | None = None
    expires_at: float | None = None
    maker_key_id: int | None = None


@dataclass(frozen=True, slots=True)
class KeyUse:
    """The last use of a key (wall seconds, address), and how often it was used since the last batch."""

    at: float
    address: str
    times: int = 1


_QUERY = (
    select(API_KEYS, *users.COLUMNS)
    .join_from(API_KEYS, USERS, API_KEYS.c.user_id == USERS.c.id)
    .join(ROLES, USERS.c.role_id == ROLES.c.id)
    .order_by(API_KEYS.c.id)
)


def _key(row: Row[*tuple[Any, ...]]) -> Key:
    return to_record(Key, row, user=users.user_of(row), scopes=scopes_of(row.scopes), networks=word_list(row.networks))


def by_digest(connection: Connection, digest: str) -> Key | None:
    """The key with that digest and its owner, or None."""
    row = connection.execute(_QUERY.where(API_KEYS.c.digest == digest)).one_or_none()
    return None if row is None else _key(row)


def by_id(connection: Connection, key_id: int) -> Key:
    """The key with that id; raises NotFound."""
    found = by_ids(connection, [key_id]).get(key_id)
    if found is None:
        raise NotFound(f"there is no key with the id {key_id}")
    return found


def by_ids(connection: Connection, ids: Iterable[int]) -> Mapping[int, Key]:
    """The keys that exist, by id."""
    return {row.id: _key(row) for row in for_ids(connection, _QUERY, API_KEYS.c.id, ids)}


def every(connection: Connection, user_id: int | None = None) -> list[Key]:
    """All keys, or one user's, oldest first."""
    query = _QUERY if user_id is None else _QUERY.where(API_KEYS.c.user_id == user_id)
    return [_key(row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class KeySearch:
    """Which keys to list, newest first: those of one user or (None) of all, with `text` in the key's name, its owner's name or
    its hint; revoked and expired ones only where `ended` is set; `before` is the last id of the page before."""

    user_id: int | None = None
    text: str = ""
    ended: bool = True
    limit: int = 50
    offset: int = 0
    before: int | None = None


@dataclass(frozen=True, slots=True)
class KeysFound(Generic[T]):
    """One page of keys; `total` is how many match, `left_out` how many more would without `ended` unset, `of` how many there
    are."""

    keys: list[T]
    total: int
    left_out: int
    of: int


def matching(connection: Connection, search: KeySearch, at: float) -> KeysFound[Key]:
    """One page of the keys that match, as of `at` (wall seconds)."""
    wanted = users.fold(search.text.strip())
    columns = (API_KEYS.c.id, API_KEYS.c.name, API_KEYS.c.hint, _works(at).label("works"), USERS.c.name.label("owner"))
    query = select(*columns).join_from(API_KEYS, USERS, API_KEYS.c.user_id == USERS.c.id)
    if search.user_id is not None:
        query = query.where(API_KEYS.c.user_id == search.user_id)
    # Key names are not stored folded, so they are compared here, on these few columns of all keys.
    rows = connection.execute(query.order_by(API_KEYS.c.id.desc())).all()
    matched = [row for row in rows if not wanted or wanted in users.fold(f"{row.name} {row.owner} {row.hint}")]
    shown = [row.id for row in matched if row.works or search.ended]
    paged = [key_id for key_id in shown if search.before is None or key_id < search.before]
    found = by_ids(connection, paged[search.offset : search.offset + search.limit])
    return KeysFound([found[key_id] for key_id in sorted(found, reverse=True)], len(shown), len(matched) - len(shown), len(rows))


def active_keys_per_user(connection: Connection, user_ids: Iterable[int], at: float) -> dict[int, int]:
    """How many valid keys each user has as of `at` (wall seconds); users without any are left out."""
    query = select(API_KEYS.c.user_id, func.count().label("keys")).where(_works(at)).group_by(API_KEYS.c.user_id)
    return {row.user_id: row.keys for row in for_ids(connection, query, API_KEYS.c.user_id, user_ids)}


def _works(at: float) -> ColumnElement[bool]:
    return API_KEYS.c.revoked_at.is_(None) & (API_KEYS.c.expires_at.is_(None) | (API_KEYS.c.expires_at > at))


def create(connection: Connection, user_id: int, new: NewKey, digest: str, hint: str, actor: Actor, at: float) -> Key:
    """Store a new key; its digest and hint are made by auth/apikeys.py. Raises AccountError, also for scopes that its owner does not have."""
    state.bump(connection)
    owner = users.by_id(connection, user_id)
    _check(owner, new, at)
    return _insert(connection, owner, new, digest, hint, actor, "key.create", at)


def rotate(
    connection: Connection,
    key_id: int,
    digest: str,
    hint: str,
    overlap_s: float,
    actor: Actor,
    at: float,
    maker_key_id: int | None = None,
) -> Key:
    """Store a new key with the limits of an old one, which ends after `overlap_s` seconds, and with it what it made. Raises
    AccountError. `maker_key_id`: as in NewKey; a key that rotates itself is no maker."""
    state.bump(connection)
    old = by_id(connection, key_id)
    if old.revoked_at is not None or (old.expires_at is not None and at >= old.expires_at):
        raise AccountError("that key has ended already: create a new one")
    if old.rotated_to is not None:
        raise AccountError(f"that key was rotated already: rotate the one that follows it ({old.rotated_to})")
    maker = old.maker_key_id if maker_key_id == key_id else maker_key_id
    like = NewKey(old.kind, old.name, old.scopes, old.networks, old.expires_at, maker)
    new = _insert(connection, old.user, like, digest, hint, actor, "key.rotate", at)
    ends = at + max(0.0, overlap_s)
    ends = ends if old.expires_at is None else min(ends, old.expires_at)
    values: dict[str, Any] = {"rotated_to": new.id, "expires_at": ends}
    if overlap_s <= 0:
        values["revoked_at"] = at
    connection.execute(update(API_KEYS).where(API_KEYS.c.id == old.id).values(values))
    _end(connection, made_by(connection, [old.id], at), ends, actor, at)
    return new


def revoke(connection: Connection, key_id: int, actor: Actor, at: float) -> Key:
    """End a key now, and with it every key that it made; no effect on one that was revoked. Raises NotFound."""
    state.bump(connection)
    key = by_id(connection, key_id)
    if key.revoked_at is None:
        connection.execute(update(API_KEYS).where(API_KEYS.c.id == key_id).values(revoked_at=at))
        audit.record(connection, actor, "key.revoke", _about(key), at, None, {"owner": key.user.name})
        _end(connection, made_by(connection, [key_id], at), at, actor, at)
    return by_id(connection, key_id)


def revoke_made_by_keys_of(connection: Connection, user_id: int, actor: Actor, at: float) -> None:
    """End the keys that `made_for_others` names."""
    _end(connection, made_for_others(connection, user_id, at), at, actor, at)


def made_for_others(connection: Connection, user_id: int, at: float) -> list[Key]:
    """The working keys of others that keys of this user made, however many steps away."""
    own = [key.id for key in every(connection, user_id)]
    return [key for key in made_by(connection, own, at) if key.user.id != user_id]


def made_by(connection: Connection, key_ids: Iterable[int], at: float) -> list[Key]:
    """The keys that work as of `at` (wall seconds) and were made by these, or by keys that these made, and so on; oldest first."""
    found: set[int] = set()
    makers = set(key_ids)
    while makers:
        query = select(API_KEYS.c.id)
        makers = {row.id for row in for_ids(connection, query, API_KEYS.c.maker_key_id, makers)} - found
        found |= makers
    return [key for _, key in sorted(by_ids(connection, found).items()) if is_active(key, at)]


def is_active(key: Key, at: float) -> bool:
    """Whether the key is neither revoked nor expired as of `at` (wall seconds)."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > at)


def _end(connection: Connection, ending: Iterable[Key], ends: float, actor: Actor, at: float) -> None:
    """End these keys at `ends` (wall seconds), each with its audit row."""
    for key in ending:
        if key.expires_at is None or key.expires_at > ends:
            values = {"revoked_at": at} if ends <= at else {"expires_at": ends}
            connection.execute(update(API_KEYS).where(API_KEYS.c.id == key.id).values(values))
            after = {"owner": key.user.name, "made_by": key.maker_key_id, **values}
            audit.record(connection, actor, "key.revoke", _about(key), at, None, after)


def record_uses(connection: Connection, uses: Mapping[int, KeyUse]) -> None:
    """Write a batch of last uses, by key id; ids of deleted keys are skipped."""
    alive = by_ids(connection, uses)
    for key_id in alive:
        use = uses[key_id]
        last = {"last_used_at": use.at, "last_used_from": audit.printable(use.address, 64)}
        connection.execute(update(API_KEYS).where(API_KEYS.c.id == key_id).values(last))
        day = int(use.at // DAY_S)
        same = (KEY_USES.c.key_id == key_id) & (KEY_USES.c.day == day)
        if not connection.execute(update(KEY_USES).where(same).values(uses=KEY_USES.c.uses + use.times)).rowcount:
            connection.execute(insert(KEY_USES).values(key_id=key_id, day=day, uses=use.times))


def uses_since(connection: Connection, ids: Iterable[int], first_day: int) -> Mapping[int, Mapping[int, int]]:
    """How often keys were used on each UTC day from `first_day` on, by key id and day (days since 1970)."""
    wanted = set(ids)
    found: dict[int, dict[int, int]] = {key_id: {} for key_id in wanted}
    for row in for_ids(connection, select(KEY_USES).where(KEY_USES.c.day >= first_day), KEY_USES.c.key_id, wanted):
        found[row.key_id][row.day] = row.uses
    return found


def _insert(
    connection: Connection, owner: User, new: NewKey, digest: str, hint: str, actor: Actor, action: str, at: float
) -> Key:
    limits = {
        "scopes": None if new.scopes is None else sorted(new.scopes),
        "networks": None if new.networks is None else list(new.networks),
    }
    stored = {name: None if words is None else wirejson.dumps(words) for name, words in limits.items()}
    values: dict[str, Any] = {
        "user_id": owner.id,
        "kind": new.kind,
        "name": new.name,
        "digest": digest,
        "hint": hint,
        "created_at": at,
    }
    values["maker_key_id"] = new.maker_key_id
    connection.execute(insert(API_KEYS).values(**values, **stored, expires_at=new.expires_at))
    made = by_digest(connection, digest)
    assert made is not None  # noqa: S101 - inserted two lines above
    after = {"owner": owner.name, "kind": new.kind, **limits, "expires_at": new.expires_at}
    audit.record(connection, actor, action, _about(made), at, None, after)
    return made


def _about(key: Key) -> str:
    return f"key {key.id} {key.name}"


def _check(owner: User, new: NewKey, at: float) -> None:
    if new.kind not in KINDS:
        raise AccountError("a key is live or test")
    if not 1 <= len(new.name.strip()) <= 64 or not new.name.isprintable():
        raise AccountError("a key's name is 1 to 64 printable characters")
    if new.expires_at is not None and new.expires_at <= at:
        raise AccountError("a key's end lies in the future")
    if owner.disabled:
        raise AccountError(f"{owner.name} is disabled: enable that user first")
    for scope in sorted(new.scopes or ()):
        if new.kind == "test" and scope in OPERATOR_PERMISSIONS:
            raise AccountError(f"a test key is of the sandbox and operates nothing: leave {scope} out, or make a live key")
        if scope not in PERMISSION_NAMES:
            raise AccountError(f"there is no permission {audit.printable(scope, 64)!r} to be a scope")
        if scope not in owner.permissions:
            raise AccountError(f"{owner.name} does not hold {scope}, so no key of theirs can")
    for network in new.networks or ():
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise AccountError(f"{audit.printable(network, 64)!r} is not a network such as 192.0.2.0/24") from None

"""Users: their names, roles, passwords and sign-ins.

Invariants: names are unique after case folding and NFKC normalisation. Once there is an enabled administrator with a password,
there always is one, also when two changes run at once (the version's lock, see state.py). A password hash is in no repr and no
log.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from skyspy.store import audit, deleted_owners, roles, state
from skyspy.store.audit import Actor
from skyspy.store.roles import ADMIN, AccountError, NotFound, permissions_of
from skyspy.store.rows import for_ids, labelled, to_record
from skyspy.store.schema import FAMILIES, ROLES, USERS


@dataclass(frozen=True, slots=True)
class User:
    """A user as stored; `permissions` are those of the role. Times in wall seconds."""

    id: int
    name: str
    role: str
    permissions: frozenset[str]
    disabled: bool
    session_epoch: int
    created_at: float
    last_login_at: float | None
    last_login_from: str | None
    password_hash: str | None = field(repr=False, default=None)


COLUMNS = (
    *labelled("u_", *(USERS.c[field.name] for field in fields(User) if field.name in USERS.c)),
    *labelled("role_", ROLES.c.name, ROLES.c.permissions),
)
"""The columns `user_of` needs; the query joins `USERS` and `ROLES`."""

_QUERY = select(*COLUMNS).join_from(USERS, ROLES, USERS.c.role_id == ROLES.c.id)
_NAME = re.compile(r"[\w.@+-]{1,64}\Z")


def user_of(row: Row[*tuple[Any, ...]]) -> User:
    """The user in a row that holds COLUMNS."""
    permissions = permissions_of(row.role_name, row.role_permissions)
    return to_record(User, row, "u_", role=row.role_name, permissions=permissions)


def fold(name: str) -> str:
    """The normalised form of a name (NFKC and case folding), for comparing. Never raises."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def by_name(connection: Connection, name: str) -> User | None:
    """The user with that name in any case, or None."""
    row = connection.execute(_QUERY.where(USERS.c.name_key == fold(name))).one_or_none()
    return None if row is None else user_of(row)


def by_id(connection: Connection, user_id: int) -> User:
    """The user with that id; raises NotFound."""
    row = connection.execute(_QUERY.where(USERS.c.id == user_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such user")
    return user_of(row)


def by_ids(connection: Connection, ids: Iterable[int]) -> Mapping[int, User]:
    """The users that exist, by id."""
    return {row.u_id: user_of(row) for row in for_ids(connection, _QUERY, USERS.c.id, ids)}


def every(connection: Connection) -> list[User]:
    """All users, by name."""
    return [user_of(row) for row in connection.execute(_QUERY.order_by(USERS.c.name_key))]


def matching(
    connection: Connection, search: str, limit: int, offset: int = 0, after: str | None = None
) -> tuple[list[User], int]:
    """One page of users in order of name, and how many match in all. `search` is part of a name or a role; `after` is the last
    name of the page before."""
    wanted = fold(search.strip())
    these = USERS.c.name_key.contains(wanted, autoescape=True) | ROLES.c.name.contains(wanted, autoescape=True)
    query = _QUERY.where(these).order_by(USERS.c.name_key).limit(limit).offset(offset)
    if after is not None:
        query = query.where(USERS.c.name_key > fold(after))
    together = USERS.join(ROLES, USERS.c.role_id == ROLES.c.id)
    total = connection.execute(select(func.count()).select_from(together).where(these)).scalar_one()
    return [user_of(row) for row in connection.execute(query)], int(total)


def count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(USERS)).scalar_one())


def create(connection: Connection, name: str, role: str, password_hash: str | None, actor: Actor, at: float) -> User:
    """Create a user; without a password hash the user cannot sign in yet. Raises AccountError."""
    state.bump(connection)
    name = unicodedata.normalize("NFKC", name)
    if not _NAME.match(name):
        raise AccountError("a user's name is 1 to 64 letters, digits and . _ - + @")
    key = fold(name)
    if connection.execute(select(USERS.c.id).where(USERS.c.name_key == key)).first():
        raise AccountError(f"there is a user {name!r} already")
    found = roles.by_name(connection, role)
    values = {"name": name, "name_key": key[:200], "role_id": found.id, "password_hash": password_hash, "created_at": at}
    connection.execute(insert(USERS).values(values).values(password_changed_at=None if password_hash is None else at))
    audit.record(connection, actor, "user.create", f"user {name}", at, None, {"role": found.name})
    return user_of(connection.execute(_QUERY.where(USERS.c.name_key == values["name_key"])).one())


def set_role(connection: Connection, user_id: int, role: str, actor: Actor, at: float) -> User:
    """Change a user's role. Raises AccountError for the last administrator."""
    state.bump(connection)
    user, found = by_id(connection, user_id), roles.by_name(connection, role)
    if found.name != ADMIN:
        require_another_admin(connection, user)
    connection.execute(update(USERS).where(USERS.c.id == user.id).values(role_id=found.id))
    audit.record(connection, actor, "user.set-role", f"user {user.name}", at, {"role": user.role}, {"role": found.name})
    return by_id(connection, user_id)


def set_disabled(connection: Connection, user_id: int, disabled: bool, actor: Actor, at: float) -> User:
    """Disable or enable a user. Disabling ends the user's families for good and suspends the keys until the user is enabled
    again. Raises AccountError for the last administrator."""
    state.bump(connection)
    user = by_id(connection, user_id)
    values: dict[str, Any] = {"disabled": disabled}
    if disabled:
        require_another_admin(connection, user)
        values["session_epoch"] = user.session_epoch + 1
    connection.execute(update(USERS).where(USERS.c.id == user.id).values(values))
    if disabled:
        _end_families(connection, user.id, "disabled", at)
    action = "user.disable" if disabled else "user.enable"
    audit.record(connection, actor, action, f"user {user.name}", at, {"disabled": user.disabled}, {"disabled": disabled})
    return by_id(connection, user_id)


def set_password(connection: Connection, user_id: int, password_hash: str, actor: Actor, at: float) -> User:
    """Set a user's password hash: every sign-in with the old password ends. Raises NotFound."""
    state.bump(connection)
    user = by_id(connection, user_id)
    values = {"password_hash": password_hash, "password_changed_at": at, "session_epoch": user.session_epoch + 1}
    connection.execute(update(USERS).where(USERS.c.id == user.id).values(values))
    _end_families(connection, user.id, "password changed", at)
    audit.record(connection, actor, "user.set-password", f"user {user.name}", at)
    return by_id(connection, user_id)


def change_password(connection: Connection, user: User, password_hash: str, actor: Actor, at: float) -> User | None:
    """As `set_password`, for a user whose present password was checked; None where the user changed since it was."""
    state.lock(connection)
    now = by_ids(connection, [user.id]).get(user.id)
    if now is None or now.disabled or (now.password_hash, now.session_epoch) != (user.password_hash, user.session_epoch):
        return None
    return set_password(connection, user.id, password_hash, actor, at)


def sign_out_everywhere(connection: Connection, user_id: int, actor: Actor, at: float) -> None:
    """End every panel session and token family of a user. Raises NotFound."""
    state.bump(connection)
    user = by_id(connection, user_id)
    connection.execute(update(USERS).where(USERS.c.id == user.id).values(session_epoch=user.session_epoch + 1))
    ended = _end_families(connection, user.id, "signed out everywhere", at)
    audit.record(connection, actor, "user.sign-out", f"user {user.name}", at, None, {"families": ended})


def remove(connection: Connection, user_id: int, actor: Actor, at: float) -> None:
    """Delete a user with all keys and families; the audit log stays, and other stores delete what belonged to the user
    (deleted_owners). Raises AccountError for the last administrator."""
    state.bump(connection)
    user = by_id(connection, user_id)
    require_another_admin(connection, user)
    connection.execute(delete(USERS).where(USERS.c.id == user.id))
    deleted_owners.add(connection, user.id, at)
    audit.record(connection, actor, "user.delete", f"user {user.name}", at, {"role": user.role}, None)


def record_sign_in(connection: Connection, user: User, address: str, new_hash: str | None, at: float) -> bool:
    """Record a sign-in; `new_hash` replaces a stored hash of outdated cost.

    False where the user was changed after the password was checked. The row stays locked until the transaction ends, so that a
    new password or a disabling comes either before or after the whole sign-in.
    """
    values: dict[str, Any] = {"last_login_at": at, "last_login_from": audit.printable(address, 64)}
    if new_hash is not None:
        values["password_hash"] = new_hash
    same = (USERS.c.id == user.id) & (USERS.c.password_hash == user.password_hash) & USERS.c.disabled.is_(False)
    return connection.execute(update(USERS).where(same).values(values)).rowcount == 1


def _end_families(connection: Connection, user_id: int, why: str, at: float) -> int:
    alive = (FAMILIES.c.user_id == user_id) & FAMILIES.c.revoked_at.is_(None)
    return connection.execute(update(FAMILIES).where(alive).values(revoked_at=at, revoked_why=why)).rowcount


def require_another_admin(connection: Connection, user: User) -> None:
    """Raise AccountError where `user` is the only administrator who can sign in. The caller holds the version's lock
    (state.bump)."""
    if user.role != ADMIN or user.disabled or user.password_hash is None:
        return
    able = USERS.c.disabled.is_(False) & USERS.c.password_hash.is_not(None) & (ROLES.c.name == ADMIN)
    others = select(func.count()).select_from(USERS.join(ROLES, USERS.c.role_id == ROLES.c.id)).where(able, USERS.c.id != user.id)
    if connection.execute(others).scalar_one() == 0:
        raise AccountError(f"{user.name} is the last administrator who can sign in: make another one first")

"""Roles: the built-in ones, whose permissions are in permissions.py, and custom ones.

Invariants: a role's permissions are read only here, and never cached. A stored permission that the code does not know is ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from skyspy import wirejson
from skyspy.permissions import BUILTIN_ROLES, PERMISSION_NAMES
from skyspy.store import audit, state
from skyspy.store.audit import Actor
from skyspy.store.schema import ROLES, USERS

ADMIN = "admin"


class AccountError(ValueError):
    """A change of an account is not possible; the message is one line for the operator."""


class NotFound(AccountError):
    """There is no such user, role, key or receiver."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role; `description` is for people, `users` is how many users have it."""

    id: int
    name: str
    permissions: frozenset[str]
    builtin: bool
    description: str = ""
    users: int = 0


_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")


def permissions_of(name: str, text: str | None) -> frozenset[str]:
    """The permissions in a role's row: `text` is a JSON list, not used for a built-in role."""
    if name in BUILTIN_ROLES:
        return BUILTIN_ROLES[name]
    try:
        listed = wirejson.loads(text or "[]")
    except ValueError:
        listed = []
    return frozenset(p for p in listed if isinstance(p, str)) & PERMISSION_NAMES if isinstance(listed, list) else frozenset()


def _role(row: Row[*tuple[Any, ...]]) -> Role:
    return Role(row.id, row.name, permissions_of(row.name, row.permissions), row.name in BUILTIN_ROLES, row.says, row.users)


_COUNTED = (
    select(ROLES, func.count(USERS.c.id).label("users"))
    .join(USERS, USERS.c.role_id == ROLES.c.id, isouter=True)
    .group_by(ROLES.c.id)
    .order_by(ROLES.c.id)
)


def every(connection: Connection) -> list[Role]:
    """All roles, built-in ones first."""
    return [_role(row) for row in connection.execute(_COUNTED)]


def by_name(connection: Connection, name: str) -> Role:
    """The role with that name; raises NotFound."""
    row = connection.execute(_COUNTED.where(ROLES.c.name == name)).one_or_none()
    if row is None:
        names = ", ".join(role.name for role in every(connection))
        raise NotFound(f"there is no role {audit.printable(name, 64)!r}: use one of {names}")
    return _role(row)


def create(connection: Connection, name: str, permissions: frozenset[str], description: str, actor: Actor, at: float) -> Role:
    """Create a custom role. Raises AccountError."""
    state.bump(connection)
    if not _NAME.match(name):
        raise AccountError("a role's name is 1 to 32 small letters, digits, - and _")
    if connection.execute(select(ROLES.c.id).where(ROLES.c.name == name)).first():
        raise AccountError(f"there is a role {name!r} already")
    listed = _listed(permissions)
    values = {"name": name, "says": audit.printable(description, 200), "permissions": wirejson.dumps(listed), "created_at": at}
    connection.execute(insert(ROLES).values(values))
    audit.record(connection, actor, "role.create", f"role {name}", at, None, {"permissions": listed})
    return by_name(connection, name)


def change(
    connection: Connection, name: str, permissions: frozenset[str], description: str | None, actor: Actor, at: float
) -> Role:
    """Set a custom role's permissions, and its description unless that is None. Raises AccountError."""
    state.bump(connection)
    old = _custom(connection, name)
    listed = _listed(permissions)
    new_description = old.description if description is None else audit.printable(description, 200)
    connection.execute(update(ROLES).where(ROLES.c.id == old.id).values(permissions=wirejson.dumps(listed), says=new_description))
    before: dict[str, object] = {"permissions": sorted(old.permissions)}
    after: dict[str, object] = {"permissions": listed}
    if new_description != old.description:
        before["says"], after["says"] = old.description, new_description
    audit.record(connection, actor, "role.change", f"role {name}", at, before, after)
    return by_name(connection, name)


def remove(connection: Connection, name: str, actor: Actor, at: float) -> None:
    """Remove a custom role that no user has. Raises AccountError."""
    state.bump(connection)
    old = _custom(connection, name)
    if old.users:
        raise AccountError(
            f"{old.users} {'user holds' if old.users == 1 else 'users hold'} the role {name!r}: give them another first"
        )
    connection.execute(delete(ROLES).where(ROLES.c.id == old.id))
    audit.record(connection, actor, "role.delete", f"role {name}", at, {"permissions": sorted(old.permissions)}, None)


def _custom(connection: Connection, name: str) -> Role:
    role = by_name(connection, name)
    if role.builtin:
        raise AccountError(f"{name!r} is built in and stays as it is: clone it to change it")
    return role


def _listed(permissions: frozenset[str]) -> list[str]:
    unknown = sorted(permissions - PERMISSION_NAMES)
    if unknown:
        raise AccountError(f"there is no permission {audit.printable(unknown[0], 64)!r}")
    return sorted(permissions)

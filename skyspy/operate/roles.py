"""Heart: roles of the operator's own, made of permissions.

Law: `users.manage`; nobody makes or changes a role to hold, or one that holds, what he lacks himself. The
built-in roles stay as they are. A change is in force on live sockets within two seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from skyspy.house import House
from skyspy.operate.users import MANAGE
from skyspy.operate.who import Who, told
from skyspy.store.accounts import Role


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role, and how many live sockets of this process stand in it (its users are in the role itself)."""

    role: Role
    sockets: int


def listing(house: House, who: Who) -> list[RoleView]:
    """Every role."""
    who.needs(house, MANAGE)
    return [RoleView(role, _sockets(house, role.name)) for role in house.accounts.roles()]


def one(house: House, who: Who, name: str) -> RoleView:
    """One role."""
    who.needs(house, MANAGE)
    with told():
        return RoleView(house.accounts.role_by_name(name), _sockets(house, name))


def create(house: House, who: Who, name: str, permissions: Iterable[str], says: str = "") -> Role:
    """Make a role."""
    who.needs(house, MANAGE)
    wanted = frozenset(permissions)
    who.stands_over(wanted, "The role")
    with told():
        return house.accounts.create_role(name, wanted, who.actor, says)


def clone(house: House, who: Who, name: str, new_name: str) -> Role:
    """Make a role like another one."""
    source = one(house, who, name).role
    return create(house, who, new_name, source.permissions, source.says or f"Like {name}")


def change(house: House, who: Who, name: str, permissions: Iterable[str], says: str | None = None) -> Role:
    """Give a role other permissions."""
    old = one(house, who, name).role
    wanted = frozenset(permissions)
    who.stands_over(old.permissions | wanted, f"The role {name}")
    with told():
        return house.accounts.change_role(name, wanted, who.actor, says)


def delete(house: House, who: Who, name: str) -> None:
    """Remove a role that nobody holds."""
    who.stands_over(one(house, who, name).role.permissions, f"The role {name}")
    with told():
        house.accounts.delete_role(name, who.actor)


def _sockets(house: House, name: str) -> int:
    return sum(session.principal.role == name for session in house.live)

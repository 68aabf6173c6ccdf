"""Heart: roles of the operator's own, made of permissions.

Law: `users.manage`; nobody makes or changes a role to hold, or one that holds, what he lacks himself. The
built-in roles stay as they are. A change is in force on live sockets within two seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from skyspy import topics
from skyspy.auth.policy import TokenOutcome, decide, may
from skyspy.house import House
from skyspy.operate import access, users
from skyspy.operate.present import settled, tally
from skyspy.operate.users import MANAGE
from skyspy.operate.who import Who, known, told
from skyspy.store.accounts import ADMIN, Role
from skyspy.store.presence import Row
from skyspy.store.users import keep_an_admin


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role, and how many live sockets stand in it (how many users do is in the role itself)."""

    role: Role
    sockets: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of a role would do now: permissions taken away, the users and sockets that have the role, how many of
    those sockets are closed in which namespace, and how many of those that stay lose which topic."""

    lost: frozenset[str]
    users: int
    sockets: int
    closed: Mapping[str, int]
    topics: Mapping[str, int]


def listing(house: House, who: Who) -> list[RoleView]:
    """Every role."""
    who.needs(house, MANAGE)
    sockets = tally(house).roles
    return [RoleView(role, sockets[role.name]) for role in house.accounts.roles()]


def one(house: House, who: Who, name: str) -> RoleView:
    """One role."""
    who.needs(house, MANAGE)
    with told():
        return RoleView(house.accounts.role_by_name(name), tally(house).roles[name])


def create(house: House, who: Who, name: str, permissions: Iterable[str], says: str = "") -> Role:
    """Make a role."""
    who.needs(house, MANAGE)
    wanted = known(permissions, "permissions")
    who.stands_over(house, wanted, f"The role {name[:64]}")
    with told():
        return house.accounts.create_role(name, wanted, who.actor, says)


def clone(house: House, who: Who, name: str, new_name: str) -> Role:
    """Make a role like another one."""
    source = one(house, who, name).role
    return create(house, who, new_name, source.permissions, source.says or f"Like {name}")


def change(house: House, who: Who, name: str, permissions: Iterable[str], says: str | None = None) -> Role:
    """Give a role other permissions."""
    old = one(house, who, name).role
    wanted = known(permissions, "permissions")
    who.stands_over(house, old.permissions | wanted, f"The role {name}")
    with told():
        return house.accounts.change_role(name, wanted, who.actor, says)


def effect(house: House, who: Who, name: str, permissions: Iterable[str]) -> Effect:
    """What giving a role these permissions would do; changes nothing. Refused as the change itself would be."""
    role, wanted = one(house, who, name).role, known(permissions, "permissions")
    who.stands_over(house, role.permissions | wanted, f"The role {name}")
    rows = [row for row in settled(house) if row.role == name and row.kind != "anonymous"]
    return _effect(house, rows, role.permissions, wanted, role.users)


def effect_of_giving(house: House, who: Who, user_id: int, name: str) -> Effect:
    """What giving a user another role would do; changes nothing. Refused as the change itself would be."""
    user, role = users.over(house, who, user_id), one(house, who, name).role
    who.stands_over(house, role.permissions, f"The role {name}")
    if role.name != ADMIN:
        with told():
            house.store.read(lambda connection: keep_an_admin(connection, user))
    rows = [row for row in settled(house) if row.user_id == user_id and row.kind != "anonymous"]
    return _effect(house, rows, user.permissions, role.permissions, 1)


def _effect(house: House, rows: list[Row], held: frozenset[str], wanted: frozenset[str], count: int) -> Effect:
    """What becomes of these sessions when whose they are holds `wanted` instead of `held`."""
    settings = house.settings.fresh()
    closed: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for row, token in zip(rows, access.tokens_of(house, rows), strict=True):
        if token is None or token.principal is None:
            continue
        after = replace(token.principal, permissions=token.principal.permissions & wanted)
        if decide(TokenOutcome(after), settings, topics.NAMESPACES[row.namespace].permission).principal is None:
            closed[row.namespace] += 1
            continue
        joined = [topic for topic in row.topics.split() if topic in topics.TOPICS]
        lost.update(topic for topic in joined if not may(after, topics.TOPICS[topic].permission, settings))
    return Effect(held - wanted, count, len(rows), closed, lost)


def delete(house: House, who: Who, name: str) -> None:
    """Remove a role that nobody holds."""
    who.stands_over(house, one(house, who, name).role.permissions, f"The role {name}")
    with told():
        house.accounts.delete_role(name, who.actor)

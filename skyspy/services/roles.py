"""Heart: roles of the operator's own, made of permissions.

Law: `users.manage`; nobody makes or changes a role to hold, or one that holds, what he lacks himself. The
built-in roles stay as they are. A change is in force on live sockets within two seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from skyspy.server import Server
from skyspy.services import users
from skyspy.services.caller import Caller, Context, as_refusals, known
from skyspy.services.impact import impacts
from skyspy.services.users import MANAGE
from skyspy.store import roles
from skyspy.store.presence import SessionRow
from skyspy.store.roles import ADMIN, Role
from skyspy.store.users import keep_an_admin


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role, and how many live sockets stand in it (how many users do is in the role itself)."""

    role: Role
    sockets: int


@dataclass(frozen=True, slots=True)
class RoleImpact:
    """What a change of a role would do now: permissions taken away, the users and sockets that have the role, how many of
    those sockets are closed in which namespace, and how many of those that stay lose which topic."""

    lost: frozenset[str]
    users: int
    sockets: int
    closed: Mapping[str, int]
    topics: Mapping[str, int]


def listing(server: Server, caller: Caller) -> list[RoleView]:
    """Every role."""
    caller.require(server, MANAGE)
    sockets = server.presence.tally().roles
    return [RoleView(role, sockets[role.name]) for role in server.store.read(roles.every)]


def one(server: Server, caller: Caller, name: str) -> RoleView:
    """One role."""
    caller.require(server, MANAGE)
    with as_refusals():
        return RoleView(server.store.read(roles.by_name, name), server.presence.tally().roles[name])


def create(context: Context, caller: Caller, name: str, permissions: Iterable[str], says: str = "") -> Role:
    """Make a role."""
    caller.require(context, MANAGE)
    wanted = known(permissions, "permissions")
    caller.require_outranks(context, wanted, f"The role {name[:64]}")
    with as_refusals():
        return context.store.write(roles.create, name, wanted, says, caller.actor, context.clock.wall())


def every(context: Context, caller: Caller) -> list[Role]:
    """All roles, the built-in ones first."""
    caller.require(context, MANAGE)
    return context.store.read(roles.every)


def named(context: Context, caller: Caller, name: str) -> Role:
    """The role of that name."""
    caller.require(context, MANAGE)
    with as_refusals():
        return context.store.read(roles.by_name, name)


def change(context: Context, caller: Caller, name: str, permissions: Iterable[str], says: str | None = None) -> Role:
    """Give a role other permissions."""
    old = named(context, caller, name)
    wanted = known(permissions, "permissions")
    caller.require_outranks(context, old.permissions | wanted, f"The role {name}")
    with as_refusals():
        return context.store.write(roles.change, name, wanted, says, caller.actor, context.clock.wall())


def effect(server: Server, caller: Caller, name: str, permissions: Iterable[str]) -> RoleImpact:
    """What giving a role these permissions would do; changes nothing. Refused as the change itself would be."""
    role, wanted = one(server, caller, name).role, known(permissions, "permissions")
    caller.require_outranks(server, role.permissions | wanted, f"The role {name}")
    rows = [row for row in server.presence.everybody() if row.role == name and row.kind != "anonymous"]
    return _effect(server, rows, role.permissions, wanted, role.users)


def effect_of_giving(server: Server, caller: Caller, user_id: int, name: str) -> RoleImpact:
    """What giving a user another role would do; changes nothing. Refused as the change itself would be."""
    user, role = users.outranked(server, caller, user_id), one(server, caller, name).role
    caller.require_outranks(server, role.permissions, f"The role {name}")
    if role.name != ADMIN:
        with as_refusals():
            server.store.read(keep_an_admin, user)
    rows = [row for row in server.presence.everybody() if row.user_id == user_id and row.kind != "anonymous"]
    return _effect(server, rows, user.permissions, role.permissions, 1)


def _effect(server: Server, rows: list[SessionRow], held: frozenset[str], wanted: frozenset[str], count: int) -> RoleImpact:
    """What becomes of these sessions when their user holds `wanted` instead of `held`."""
    closed: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for row, becomes in impacts(server, rows, server.settings.fresh(), wanted):
        lost.update(becomes.lost)
        closed[row.namespace] += becomes.principal is None
    return RoleImpact(held - wanted, count, len(rows), +closed, lost)


def delete(context: Context, caller: Caller, name: str) -> None:
    """Remove a role that nobody holds."""
    caller.require_outranks(context, named(context, caller, name).permissions, f"The role {name}")
    with as_refusals():
        context.store.write(roles.remove, name, caller.actor, context.clock.wall())

"""Application: roles that operators make, each a set of permissions.

Invariants: needs `users.manage`. A caller neither grants nor takes a permission that the caller lacks. The built-in roles cannot be
changed. A change is in force on live sessions within two seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from skyspy.server import Context, Server
from skyspy.services import users
from skyspy.services.caller import Caller, Transaction, validated_permissions
from skyspy.services.impact import impact_on_sessions
from skyspy.services.users import MANAGE
from skyspy.store import roles
from skyspy.store.presence import SessionRow
from skyspy.store.roles import ADMIN, Role
from skyspy.store.users import require_another_admin


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role, and how many live sessions belong to its users (the number of users is in the role itself)."""

    role: Role
    sockets: int


@dataclass(frozen=True, slots=True)
class RoleImpact:
    """What a change of a role would do now: the permissions taken away, the number of users and sessions concerned, how many of
    those sessions end by namespace, and how many that stay lose a topic, by topic."""

    lost: frozenset[str]
    users: int
    sockets: int
    closed: Mapping[str, int]
    topics: Mapping[str, int]


def listing(server: Server, caller: Caller) -> list[RoleView]:
    """Every role, the built-in ones first."""
    listed, sockets = every(server, caller), server.presence.session_counts().roles
    return [RoleView(role, sockets[role.name]) for role in listed]


def one(server: Server, caller: Caller, name: str) -> RoleView:
    """The role of that name. Raises Refused."""
    return RoleView(named(server, caller, name), server.presence.session_counts().roles[name])


def create(context: Context, caller: Caller, name: str, permissions: Iterable[str], says: str = "") -> Role:
    """Make a role. Raises Refused for a name in use, unknown permissions, or permissions that the caller lacks."""
    wanted = validated_permissions(permissions, "permissions")

    def work(here: Transaction) -> Role:
        here.require_holds_all(wanted, f"The role {name[:64]}")
        return roles.create(here.connection, name, wanted, says, here.actor, here.at)

    return caller.act(context, MANAGE, work)


def every(context: Context, caller: Caller) -> list[Role]:
    """All roles, the built-in ones first."""
    return caller.read(context, MANAGE, roles.every)


def named(context: Context, caller: Caller, name: str) -> Role:
    """The role of that name. Raises Refused."""
    return caller.read(context, MANAGE, roles.by_name, name)


def change(context: Context, caller: Caller, name: str, permissions: Iterable[str], says: str | None = None) -> Role:
    """Replace a role's permissions. Raises Refused."""
    wanted = validated_permissions(permissions, "permissions")

    def work(here: Transaction) -> Role:
        here.require_holds_all(roles.by_name(here.connection, name).permissions | wanted, f"The role {name}")
        return roles.change(here.connection, name, wanted, says, here.actor, here.at)

    return caller.act(context, MANAGE, work)


def preview_change(server: Server, caller: Caller, name: str, permissions: Iterable[str]) -> RoleImpact:
    """What `change` with these permissions would do; changes nothing. Raises Refused as `change` would."""
    role, wanted = one(server, caller, name).role, validated_permissions(permissions, "permissions")
    caller.require_holds_all(server, role.permissions | wanted, f"The role {name}")
    rows = [row for row in server.presence.all_sessions() if row.role == name and row.kind != "anonymous"]
    return _role_impact(server, rows, role.permissions, wanted, role.users)


def preview_assignment(server: Server, caller: Caller, user_id: int, name: str) -> RoleImpact:
    """What giving a user this role would do; changes nothing. Raises Refused as `users.change` would."""
    user, role = caller.read_as_admitted(server, MANAGE, users.require_manageable, user_id), one(server, caller, name).role
    caller.require_holds_all(server, role.permissions, f"The role {name}")
    if role.name != ADMIN:
        caller.read(server, MANAGE, require_another_admin, user)
    rows = [row for row in server.presence.all_sessions() if row.user_id == user_id and row.kind != "anonymous"]
    return _role_impact(server, rows, user.permissions, role.permissions, 1)


def _role_impact(server: Server, rows: list[SessionRow], held: frozenset[str], wanted: frozenset[str], count: int) -> RoleImpact:
    """The impact on these sessions when their user holds `wanted` instead of `held`."""
    closed: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for row, impact in impact_on_sessions(server, rows, server.settings.fresh(), wanted):
        lost.update(impact.lost)
        closed[row.namespace] += impact.principal is None
    return RoleImpact(held - wanted, count, len(rows), +closed, lost)


def delete(context: Context, caller: Caller, name: str) -> None:
    """Remove a role that no user holds."""

    def work(here: Transaction) -> None:
        here.require_holds_all(roles.by_name(here.connection, name).permissions, f"The role {name}")
        roles.remove(here.connection, name, here.actor, here.at)

    caller.act(context, MANAGE, work)

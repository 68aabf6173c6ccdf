"""Application: managing users.

Invariants: needs `users.manage`, and the caller holds every permission of the user it acts on. A deleted or disabled user loses panel
sessions, tokens, keys and sockets within two seconds. The audit log keeps the name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from skyspy.server import Context, Server
from skyspy.services.caller import Caller, Refused, Transaction, as_refusals
from skyspy.store import keys, panel_sessions, roles, users
from skyspy.store.panel_sessions import PanelSession
from skyspy.store.users import User

MANAGE = "users.manage"


@dataclass(frozen=True, slots=True)
class UserView:
    """A user, the number of the user's active keys, of the user's sessions on all processes, and of keys of others that end with
    the user because the user's keys made them."""

    user: User
    keys: int
    sockets: int
    made: int = 0


@dataclass(frozen=True, slots=True)
class UserPage:
    """One page of users, by name, and how many match in all."""

    users: list[UserView]
    total: int


def listing(
    server: Server, caller: Caller, search: str = "", limit: int = 50, offset: int = 0, after: str | None = None
) -> UserPage:
    """Users by name. `search` is part of the name or the role; `after` is the last name of the previous page."""
    shown, total = caller.read(server, MANAGE, users.matching, search, limit, offset, after)
    return UserPage(_views(server, shown), total)


def one(server: Server, caller: Caller, user_id: int) -> UserView:
    """The user with this id. Raises Refused."""
    view = _views(server, [caller.read(server, MANAGE, users.by_id, user_id)])[0]
    return replace(view, made=len(server.store.read(keys.made_for_others, user_id, server.clock.wall())))


def every(context: Context, caller: Caller) -> list[User]:
    """All users by name."""
    return caller.read(context, MANAGE, users.every)


def named(context: Context, caller: Caller, name: str) -> User:
    """The user of that name; upper and lower case are the same. Raises Refused."""
    user = caller.read(context, MANAGE, users.by_name, name)
    if user is None:
        raise Refused("not_found", f"There is no user {name!r}: see `skyspy user list`")
    return user


def require_creatable(context: Context, caller: Caller, name: str, role: str) -> None:
    """Raise Refused if `create` would for this name or role. The command line asks before a password is typed."""
    if caller.read(context, MANAGE, users.by_name, name) is not None:
        raise Refused("conflict", f"There is a user {name!r} already")
    caller.require_holds_all(context, caller.read(context, MANAGE, roles.by_name, role).permissions, f"The role {role}")


def create(context: Context, caller: Caller, name: str, role: str, password: str | None) -> User:
    """Create a user. Without a password the user needs an invitation to choose one. Raises Refused."""
    hashed = None
    if password is not None:
        caller.read_as_admitted(context, MANAGE, _may_create, role)
        hashed = _hashed(context, password, name)

    def work(here: Transaction) -> User:
        _may_create(here, role)
        return users.create(here.connection, name, role, hashed, here.actor, here.at)

    return caller.act(context, MANAGE, work)


def change(
    context: Context,
    caller: Caller,
    user_id: int,
    role: str | None = None,
    password: str | None = None,
    disabled: bool | None = None,
) -> User:
    """Change a user's role, password (sign-ins with the old one end) or disabled state, in one transaction. Raises Refused.

    None leaves a value as it is. In force on live sessions within two seconds.
    """

    def may_change(here: Transaction) -> User:
        user = require_manageable(here, user_id)
        if disabled:
            _not_self(caller, user, "disable")
        if role is not None:
            here.require_holds_all(roles.by_name(here.connection, role).permissions, f"The role {role}")
        if password is not None:
            here.require_unlimited_key("passwords")
        return user

    hashed = None if password is None else _hashed(context, password, caller.read_as_admitted(context, MANAGE, may_change).name)

    def work(here: Transaction) -> User:
        may_change(here)
        if role is not None:
            users.set_role(here.connection, user_id, role, here.actor, here.at)
        if hashed is not None:
            users.set_password(here.connection, user_id, hashed, here.actor, here.at)
        if disabled:
            keys.revoke_made_by_keys_of(here.connection, user_id, here.actor, here.at)
        if disabled is not None:
            users.set_disabled(here.connection, user_id, disabled, here.actor, here.at)
        return users.by_id(here.connection, user_id)

    return caller.act(context, MANAGE, work)


def sign_out(context: Context, caller: Caller, user_id: int) -> None:
    """End every panel session and token of a user; API keys stay. Every user may do this for itself."""

    def work(here: Transaction) -> None:
        if user_id != here.principal.user_id:
            here.require(MANAGE)
            require_manageable(here, user_id)
        users.sign_out_everywhere(here.connection, user_id, here.actor, here.at)

    caller.act(context, None, work)


def end_browser(context: Context, caller: Caller, family_id: str) -> PanelSession | None:
    """End one of the caller's own panel sessions with its tokens and sockets; None if it has ended already."""
    user_id = caller.principal.user_id
    if user_id is None or caller.principal.kind != "user":
        raise Refused("permission_denied", "Sign in to see where you are signed in")

    def work(here: Transaction) -> PanelSession | None:
        found = next((one for one in panel_sessions.of_user(here.connection, user_id) if one.family.id == family_id), None)
        if found is not None:
            panel_sessions.end(here.connection, found, "logout.other", here.actor, here.at)
        return found

    return caller.act(context, None, work)


def delete(context: Context, caller: Caller, user_id: int) -> None:
    """Delete a user and the user's keys; audit rows stay. Raises Refused."""

    def work(here: Transaction) -> None:
        _not_self(caller, require_manageable(here, user_id), "delete")
        keys.revoke_made_by_keys_of(here.connection, user_id, here.actor, here.at)
        users.remove(here.connection, user_id, here.actor, here.at)

    caller.act(context, MANAGE, work)


def require_manageable(here: Transaction, user_id: int) -> User:
    """The user, if the caller holds every permission of this one. Raises NotFound, Denied."""
    user = users.by_id(here.connection, user_id)
    here.require_holds_all(user.permissions, user.name)
    return user


def _may_create(here: Transaction, role: str) -> None:
    # With a password or with the link that follows: the user can sign in, for longer than a limited key lives.
    here.require_unlimited_key("users")
    here.require_holds_all(roles.by_name(here.connection, role).permissions, f"The role {role}")


def _not_self(caller: Caller, user: User, act: str) -> None:
    if user.id == caller.principal.user_id:
        raise Refused("conflict", f"You cannot {act} yourself: ask another administrator")


def _views(server: Server, shown: list[User]) -> list[UserView]:
    working = server.store.read(keys.active_keys_per_user, [user.id for user in shown], server.clock.wall())
    sockets = server.presence.session_counts().users
    return [UserView(user, working.get(user.id, 0), sockets[user.id]) for user in shown]


def _hashed(context: Context, password: str, name: str) -> str:
    with as_refusals():
        return context.passwords.hash(password, context.settings.current.PASSWORD_MIN_LENGTH, name)

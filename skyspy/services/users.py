"""Heart: users, as an operator manages them.

Law: `users.manage`, and on whom one acts one must stand over. Who is deleted or disabled loses pages,
tokens, keys and sockets within two seconds; the audit log keeps the name.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from skyspy.server import Server
from skyspy.services.caller import Caller, Refused, as_refusals
from skyspy.store import keys, panel, roles, users
from skyspy.store.keys import Key
from skyspy.store.panel import PanelSession
from skyspy.store.users import User

MANAGE = "users.manage"


@dataclass(frozen=True, slots=True)
class UserView:
    """A user with what hangs on him: his keys that still work and his sockets, whichever process serves them."""

    user: User
    keys: int
    sockets: int


@dataclass(frozen=True, slots=True)
class UserPage:
    """Some users by name, and how many match in all."""

    users: list[UserView]
    total: int


@dataclass(frozen=True, slots=True)
class Touches:
    """What an act on somebody or something ends: working keys and live sockets."""

    keys: int
    sockets: int


def listing(
    server: Server, caller: Caller, search: str = "", limit: int = 50, offset: int = 0, after: str | None = None
) -> UserPage:
    """Users by name; `search` is part of the name or the role, `after` the name the page before ended with."""
    caller.require(server, MANAGE)
    shown, total = server.store.read(users.matching, search, limit, offset, after)
    return UserPage(_views(server, shown), total)


def one(server: Server, caller: Caller, user_id: int) -> UserView:
    """One user."""
    caller.require(server, MANAGE)
    with as_refusals():
        return _views(server, [server.store.read(users.by_id, user_id)])[0]


def create(server: Server, caller: Caller, name: str, role: str, password: str | None) -> User:
    """Make a user; without a password he needs a link to choose one."""
    caller.require(server, MANAGE)
    with as_refusals():
        caller.require_outranks(server, server.store.read(roles.by_name, role).permissions, f"The role {role}")
        hashed = None if password is None else _hashed(server, password, name)
        return server.store.write(users.create, name, role, hashed, caller.actor, server.clock.wall())


def set_role(server: Server, caller: Caller, user_id: int, role: str) -> User:
    """Give a user another role; in force on his sockets within two seconds."""
    _over(server, caller, user_id)
    with as_refusals():
        caller.require_outranks(server, server.store.read(roles.by_name, role).permissions, f"The role {role}")
        return server.store.write(users.set_role, user_id, role, caller.actor, server.clock.wall())


def change(
    server: Server,
    caller: Caller,
    user_id: int,
    role: str | None = None,
    password: str | None = None,
    disabled: bool | None = None,
) -> User:
    """Several of these at once, all or none; None leaves it as it is."""
    user = _over(server, caller, user_id)
    if disabled:
        _not_himself(caller, user, "disable")
    with as_refusals():
        if role is not None:
            caller.require_outranks(server, server.store.read(roles.by_name, role).permissions, f"The role {role}")
        hashed = None if password is None else _hashed(server, password, user.name)
        at = server.clock.wall()

        def work(connection: Connection) -> User:
            if role is not None:
                users.set_role(connection, user_id, role, caller.actor, at)
            if hashed is not None:
                users.set_password(connection, user_id, hashed, caller.actor, at)
            if disabled is not None:
                users.set_disabled(connection, user_id, disabled, caller.actor, at)
            return users.by_id(connection, user_id)

        return server.store.write(work)


def set_disabled(server: Server, caller: Caller, user_id: int, disabled: bool) -> User:
    """Disable a user, or let him in again."""
    user = _over(server, caller, user_id)
    if disabled:
        _not_himself(caller, user, "disable")
    with as_refusals():
        return server.store.write(users.set_disabled, user_id, disabled, caller.actor, server.clock.wall())


def set_password(server: Server, caller: Caller, user_id: int, password: str) -> User:
    """Give a user another password; every sign-in with the old one ends."""
    user = _over(server, caller, user_id)
    with as_refusals():
        return server.store.write(
            users.set_password, user_id, _hashed(server, password, user.name), caller.actor, server.clock.wall()
        )


def sign_out(server: Server, caller: Caller, user_id: int) -> None:
    """End every page and token of a user; his keys stay. Everybody may do it to himself."""
    if user_id != caller.principal.user_id:
        _over(server, caller, user_id)
    with as_refusals():
        server.store.write(users.sign_out_everywhere, user_id, caller.actor, server.clock.wall())


def end_browser(server: Server, caller: Caller, family_id: str) -> PanelSession | None:
    """Sign one of one's own browsers out of the panel, and end its tokens and sockets; None where it is signed out already."""
    user_id, at = caller.principal.user_id, server.clock.wall()
    if user_id is None or caller.principal.kind != "user":
        raise Refused("permission_denied", "Sign in to see where you are signed in")

    def work(connection: Connection) -> PanelSession | None:
        found = next((one for one in panel.of_user(connection, user_id) if one.family.id == family_id), None)
        if found is not None:
            panel.end(connection, found, "logout.other", caller.actor, at)
        return found

    return server.store.write(work)


def delete(server: Server, caller: Caller, user_id: int) -> None:
    """Delete a user with his keys; the log stays."""
    user = _over(server, caller, user_id)
    _not_himself(caller, user, "delete")
    with as_refusals():
        server.store.write(users.remove, user_id, caller.actor, server.clock.wall())


def touches(server: Server, caller: Caller, user_id: int) -> Touches:
    """What disabling or deleting the user would end."""
    view = one(server, caller, user_id)
    return Touches(view.keys, sum(row.user_id == user_id for row in server.presence.everybody()))


def works(key: Key, now: float) -> bool:
    """Whether the key is neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def over(server: Server, caller: Caller, user_id: int) -> User:
    """The user, if `caller` may manage users and stands over this one."""
    return _over(server, caller, user_id)


def _over(server: Server, caller: Caller, user_id: int) -> User:
    caller.require(server, MANAGE)
    with as_refusals():
        user = server.store.read(users.by_id, user_id)
    caller.require_outranks(server, user.permissions, user.name)
    return user


def _not_himself(caller: Caller, user: User, act: str) -> None:
    if user.id == caller.principal.user_id:
        raise Refused("conflict", f"You cannot {act} yourself: ask another administrator")


def _views(server: Server, shown: list[User]) -> list[UserView]:
    working = server.store.read(keys.working_per_user, [user.id for user in shown], server.clock.wall())
    sockets = server.presence.tally().users
    return [UserView(user, working.get(user.id, 0), sockets[user.id]) for user in shown]


def _hashed(server: Server, password: str, name: str) -> str:
    shortest = server.settings.current.PASSWORD_MIN_LENGTH
    return server.passwords.hash(password, shortest, name)

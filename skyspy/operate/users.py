"""Heart: users, as an operator manages them.

Law: `users.manage`, and on whom one acts one must stand over. Who is deleted or disabled loses pages,
tokens, keys and sockets within two seconds; the audit log keeps the name.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from skyspy.house import House
from skyspy.operate.present import settled, tally
from skyspy.operate.who import Refused, Who, told
from skyspy.store import panel, users
from skyspy.store.accounts import Key, User
from skyspy.store.panel import PanelSession

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


def listing(house: House, who: Who, search: str = "", limit: int = 50, offset: int = 0, after: str | None = None) -> UserPage:
    """Users by name; `search` is part of the name or the role, `after` the name the page before ended with."""
    who.needs(house, MANAGE)
    shown, total = house.accounts.matching_users(search, limit, offset, after)
    return UserPage(_views(house, shown), total)


def one(house: House, who: Who, user_id: int) -> UserView:
    """One user."""
    who.needs(house, MANAGE)
    with told():
        return _views(house, [house.accounts.user_by_id(user_id)])[0]


def create(house: House, who: Who, name: str, role: str, password: str | None) -> User:
    """Make a user; without a password he needs a link to choose one."""
    who.needs(house, MANAGE)
    with told():
        who.stands_over(house, house.accounts.role_by_name(role).permissions, f"The role {role}")
        hashed = None if password is None else _hashed(house, password, name)
        return house.accounts.create_user(name, role, hashed, who.actor)


def set_role(house: House, who: Who, user_id: int, role: str) -> User:
    """Give a user another role; in force on his sockets within two seconds."""
    _over(house, who, user_id)
    with told():
        who.stands_over(house, house.accounts.role_by_name(role).permissions, f"The role {role}")
        return house.accounts.set_role(user_id, role, who.actor)


def change(
    house: House, who: Who, user_id: int, role: str | None = None, password: str | None = None, disabled: bool | None = None
) -> User:
    """Several of these at once, all or none; None leaves it as it is."""
    user = _over(house, who, user_id)
    if disabled:
        _not_himself(who, user, "disable")
    with told():
        if role is not None:
            who.stands_over(house, house.accounts.role_by_name(role).permissions, f"The role {role}")
        hashed = None if password is None else _hashed(house, password, user.name)
        at = house.clock.wall()

        def work(connection: Connection) -> User:
            if role is not None:
                users.set_role(connection, user_id, role, who.actor, at)
            if hashed is not None:
                users.set_password(connection, user_id, hashed, who.actor, at)
            if disabled is not None:
                users.set_disabled(connection, user_id, disabled, who.actor, at)
            return users.by_id(connection, user_id)

        return house.store.write(work)


def set_disabled(house: House, who: Who, user_id: int, disabled: bool) -> User:
    """Disable a user, or let him in again."""
    user = _over(house, who, user_id)
    if disabled:
        _not_himself(who, user, "disable")
    with told():
        return house.accounts.set_disabled(user_id, disabled, who.actor)


def set_password(house: House, who: Who, user_id: int, password: str) -> User:
    """Give a user another password; every sign-in with the old one ends."""
    user = _over(house, who, user_id)
    with told():
        return house.accounts.set_password_hash(user_id, _hashed(house, password, user.name), who.actor)


def sign_out(house: House, who: Who, user_id: int) -> None:
    """End every page and token of a user; his keys stay. Everybody may do it to himself."""
    if user_id != who.principal.user_id:
        _over(house, who, user_id)
    with told():
        house.accounts.sign_out_everywhere(user_id, who.actor)


def end_browser(house: House, who: Who, family_id: str) -> PanelSession | None:
    """Sign one of one's own browsers out of the panel, and end its tokens and sockets; None where it is signed out already."""
    user_id, at = who.principal.user_id, house.clock.wall()
    if user_id is None or who.principal.kind != "user":
        raise Refused("permission_denied", "Sign in to see where you are signed in")

    def work(connection: Connection) -> PanelSession | None:
        found = next((one for one in panel.of_user(connection, user_id) if one.family.id == family_id), None)
        if found is not None:
            panel.end(connection, found, "logout.other", who.actor, at)
        return found

    return house.store.write(work)


def delete(house: House, who: Who, user_id: int) -> None:
    """Delete a user with his keys; the log stays."""
    user = _over(house, who, user_id)
    _not_himself(who, user, "delete")
    with told():
        house.accounts.delete_user(user_id, who.actor)


def touches(house: House, who: Who, user_id: int) -> Touches:
    """What disabling or deleting the user would end."""
    view = one(house, who, user_id)
    return Touches(view.keys, sum(row.user_id == user_id for row in settled(house)))


def works(key: Key, now: float) -> bool:
    """Whether the key is neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def over(house: House, who: Who, user_id: int) -> User:
    """The user, if `who` may manage users and stands over this one."""
    return _over(house, who, user_id)


def _over(house: House, who: Who, user_id: int) -> User:
    who.needs(house, MANAGE)
    with told():
        user = house.accounts.user_by_id(user_id)
    who.stands_over(house, user.permissions, user.name)
    return user


def _not_himself(who: Who, user: User, act: str) -> None:
    if user.id == who.principal.user_id:
        raise Refused("conflict", f"You cannot {act} yourself: ask another administrator")


def _views(house: House, shown: list[User]) -> list[UserView]:
    keys, sockets = house.accounts.working_keys([user.id for user in shown]), tally(house).users
    return [UserView(user, keys.get(user.id, 0), sockets[user.id]) for user in shown]


def _hashed(house: House, password: str, name: str) -> str:
    shortest = house.settings.current.PASSWORD_MIN_LENGTH
    return house.tokens.sign_in.passwords.hash(password, shortest, name)

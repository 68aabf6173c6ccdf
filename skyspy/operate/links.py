"""Heart: links that work once: the first administrator's, invitations, password resets.

Law: a link is signed and dated (itsdangerous), kept only as a digest, and used up in the same transaction as
what it is used for. It is a secret: it is shown to whoever made it, and never written to a log.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Protocol

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Connection

from skyspy.clock import Clock
from skyspy.config import Config
from skyspy.house import House
from skyspy.operate.users import over
from skyspy.operate.who import Refused, Who, told
from skyspy.store import Store, links, users
from skyspy.store.accounts import Accounts, Actor, User

FIRST, INVITE, RESET = "first", "invite", "reset"
LIVES_S = {FIRST: 1800, INVITE: 7 * 86400, RESET: 86400}
"""How long each kind of link lives, in seconds."""

NO_LONGER = "This link is not good any more: it was used, it is too old, or it was not copied whole. Ask for a new one"


class Desk(Protocol):
    """Where a link is made: the running house, or the command line's office."""

    @property
    def config(self) -> Config: ...
    @property
    def store(self) -> Store: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def accounts(self) -> Accounts: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link is for; `user` is None for the first administrator."""

    kind: str
    user: User | None


def first_admin(house: Desk, actor: Actor) -> str:
    """A link that makes the first administrator. Refused as soon as there is a user."""
    if house.accounts.count_users():
        raise Refused("conflict", "There are users already: ask one of the administrators for an invitation")
    return _make(house, FIRST, "", actor)


def invite(house: House, who: Who, user_id: int) -> str:
    """A link by which a user without a password chooses his first one."""
    user = over(house, who, user_id)
    if user.password_hash is not None:
        raise Refused("conflict", f"{user.name} has a password already: make a reset link instead")
    return _make(house, INVITE, str(user.id), who.actor)


def reset(house: House, who: Who, user_id: int) -> str:
    """A link by which a user chooses another password."""
    return _make(house, RESET, str(over(house, who, user_id).id), who.actor)


def opened(house: House, token: str, kind: str) -> Opened:
    """What the link is for, without using it up. Raises Refused."""
    subject = _subject(house, token, kind)
    if kind == FIRST:
        if house.accounts.count_users():
            raise Refused("not_found", "There is an administrator already: this link has done its work")
        return Opened(kind, None)
    with told():
        return Opened(kind, house.accounts.user_by_id(int(subject)))


def make_first_admin(house: House, token: str, name: str, password: str, address: str) -> User:
    """Use the first administrator's link. Of two at once one succeeds. Raises Refused."""
    _subject(house, token, FIRST)
    actor = Actor("anonymous", "first administrator", address)
    with told():
        hashed = house.tokens.sign_in.passwords.hash(password, house.settings.current.PASSWORD_MIN_LENGTH, name)

        def work(connection: Connection) -> User:
            at = house.clock.wall()
            # Making the user takes the version's lock first, so that the count is still true when it is kept.
            user = users.create(connection, name, "admin", hashed, actor, at)
            if users.count(connection) != 1 or links.use(connection, _digest(token), FIRST, actor, at) is None:
                raise Refused("conflict", NO_LONGER)
            return user

        return house.store.write(work)


def choose_password(house: House, token: str, kind: str, password: str, address: str) -> User:
    """Use an invitation or a reset link to choose a password; every sign-in with the old one ends. Raises Refused."""
    subject = int(_subject(house, token, kind))
    with told():
        user = house.accounts.user_by_id(subject)
        actor = Actor("user", user.name, address)
        hashed = house.tokens.sign_in.passwords.hash(password, house.settings.current.PASSWORD_MIN_LENGTH, user.name)

        def work(connection: Connection) -> User:
            at = house.clock.wall()
            changed = users.set_password(connection, subject, hashed, actor, at)
            if changed.disabled or links.use(connection, _digest(token), kind, actor, at) is None:
                raise Refused("not_found", NO_LONGER)
            return changed

        return house.store.write(work)


def _make(house: Desk, kind: str, subject: str, actor: Actor) -> str:
    token = _signer(house, kind).dumps([subject, secrets.token_urlsafe(16)])
    at = house.clock.wall()
    house.store.write(lambda c: links.add(c, _digest(token), kind, subject, at + LIVES_S[kind], actor, at))
    return token


def _subject(house: House, token: str, kind: str) -> str:
    try:
        subject, _ = _signer(house, kind).loads(token[:1000], max_age=LIVES_S[kind])
    except (BadData, ValueError, TypeError):
        raise Refused("not_found", NO_LONGER) from None
    if not house.store.read(lambda c: links.is_good(c, _digest(token), kind, house.clock.wall())):
        raise Refused("not_found", NO_LONGER)
    return str(subject)


def _signer(house: Desk, kind: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(house.config.secret_key, salt=f"skyspy link {kind}")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

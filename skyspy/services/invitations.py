"""Application: one-time links: for the first administrator, invitations, password resets.

Invariants: a link is signed and dated (itsdangerous), stored only as a digest, and used up in the transaction that applies it. It is
shown once, to the caller that made it, and never logged. It opens no user who holds a permission that its maker lacks now or lacked
when it was made, nor one whose sign-ins were ended since; it ends with the user and the API key that made it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Connection

from skyspy.auth.apikeys import principal_of_key
from skyspy.auth.principal import TokenError
from skyspy.server import Context
from skyspy.services.caller import Caller, Denied, Refused, Transaction, as_refusals
from skyspy.services.users import MANAGE, require_manageable
from skyspy.store import invitations, keys, state, users
from skyspy.store.audit import Actor
from skyspy.store.invitations import Link
from skyspy.store.roles import NotFound
from skyspy.store.users import User

FIRST, INVITE, RESET = "first", "invite", "reset"
LIFETIME_S = {FIRST: 1800, INVITE: 7 * 86400, RESET: 86400}
"""How long each kind of link is valid, in seconds."""

NO_LONGER = "This link is not good any more: it was used, it is too old, or it was not copied whole. Ask for a new one"


def first_admin_link(context: Context, actor: Actor) -> str:
    """A link that creates the first administrator. Raises Refused if there is a user."""

    def work(connection: Connection) -> str:
        state.lock(connection)
        if users.count(connection):
            raise Refused("conflict", "There are users already: ask one of the administrators for an invitation")
        return _make(context, connection, Link(FIRST, ""), [0, 0, 0], actor, context.clock.wall())

    return context.store.write(work)


def invitation_link(context: Context, caller: Caller, user_id: int) -> str:
    """A link by which a user without a password chooses the first one. Raises Refused."""
    return caller.act(context, MANAGE, _make_for, context, INVITE, user_id)


def password_reset_link(context: Context, caller: Caller, user_id: int) -> str:
    """A link by which a user chooses another password. Raises Refused."""
    return caller.act(context, MANAGE, _make_for, context, RESET, user_id)


def user_of_link(context: Context, token: str, kind: str) -> User | None:
    """The user that a link is for (None: the first administrator), without using it up. Raises Refused."""
    claims, link = _read(context, token, kind)
    if kind == FIRST:
        if context.store.read(users.count):
            raise Refused("not_found", "There is an administrator already: this link has done its work")
        return None
    return context.store.read(_subject, claims, link, context.clock.wall())


def make_first_admin(context: Context, token: str, name: str, password: str, address: str) -> User:
    """Use the first administrator's link. Of two at once one succeeds. Raises Refused."""
    actor = Actor("anonymous", "first administrator", address)
    with _refusals_audited(context, address), as_refusals():
        _read(context, token, FIRST)
        hashed = context.passwords.hash(password, context.settings.current.PASSWORD_MIN_LENGTH, name)

        def work(connection: Connection) -> User:
            at = context.clock.wall()
            # Creating the user takes the lock on the version first, so the count stays true until the commit.
            user = users.create(connection, name, "admin", hashed, actor, at)
            if users.count(connection) != 1 or invitations.use(connection, _digest(token), FIRST, actor, at) is None:
                raise Denied("conflict", NO_LONGER, about=f"link {FIRST}", lacks=("an installation without users",))
            return user

        return context.store.write(work)


def choose_password(context: Context, token: str, kind: str, password: str, address: str) -> User:
    """Use an invitation or a reset link to choose a password; every sign-in with the old one ends. Raises Refused."""
    with _refusals_audited(context, address), as_refusals():
        claims, link = _read(context, token, kind)
        user = context.store.read(_subject, claims, link, context.clock.wall())
        actor = Actor("user", user.name, address)
        hashed = context.passwords.hash(password, context.settings.current.PASSWORD_MIN_LENGTH, user.name)

        def work(connection: Connection) -> User:
            at = context.clock.wall()
            # Take the lock on the version first, so the user is checked and changed without a write in between.
            state.lock(connection)
            _subject(connection, claims, link, at)
            if invitations.use(connection, _digest(token), kind, actor, at) is None:
                raise _used_up(claims, kind)
            return users.set_password(connection, user.id, hashed, actor, at)

        return context.store.write(work)


@dataclass(frozen=True, slots=True)
class _Claims:
    """The signed content of a link: the user's id, the user's session epoch when it was made (a change of password, disabling
    or signing out raises it), and the maker's id."""

    user_id: int
    epoch: int
    maker_id: int


def _make_for(here: Transaction, context: Context, kind: str, user_id: int) -> str:
    user, maker = require_manageable(here, user_id), here.principal
    here.require_unlimited_key("links")
    if kind == INVITE and user.password_hash is not None:
        raise Refused("conflict", f"{user.name} has a password already: make a reset link instead")
    link = Link(kind, str(user.id), maker.key_id, maker.permissions)
    return _make(context, here.connection, link, [user.id, user.session_epoch, maker.user_id or 0], here.actor, here.at)


def _make(context: Context, connection: Connection, link: Link, claims: list[int], actor: Actor, at: float) -> str:
    token = _signer(context, link.kind).dumps([*claims, secrets.token_urlsafe(16)])
    invitations.add(connection, _digest(token), link, at + LIFETIME_S[link.kind], actor, at)
    return token


def _read(context: Context, token: str, kind: str) -> tuple[_Claims, Link]:
    """The content of a link and its row. Raises Refused if its signature is invalid, or it is expired or used."""
    try:
        user_id, epoch, maker_id, _ = _signer(context, kind).loads(token[:1000], max_age=LIFETIME_S[kind])
        claims = _Claims(int(user_id), int(epoch), int(maker_id))
    except (BadData, ValueError, TypeError):
        lacks = ("a link of this server that is not too old",)
        raise Denied("not_found", NO_LONGER, about=f"link {kind}", lacks=lacks) from None
    link = context.store.read(invitations.usable, _digest(token), kind, context.clock.wall())
    if link is None:
        raise _used_up(claims, kind)
    return claims, link


def _used_up(claims: _Claims, kind: str) -> Denied:
    return Denied("not_found", NO_LONGER, about=_about(claims, kind), lacks=("a link that was not used",))


def _about(claims: _Claims, kind: str) -> str:
    """How the audit log names a link."""
    return f"link {kind}" if kind == FIRST else f"link {kind} {claims.user_id}"


def _subject(connection: Connection, claims: _Claims, link: Link, at: float) -> User:
    """The user of a link, if user and maker still permit it (see Invariants). Raises Refused."""
    found = users.by_ids(connection, [claims.user_id, claims.maker_id])
    user = found.get(claims.user_id)
    if user is None or user.disabled or user.session_epoch != claims.epoch:
        lacks = ("a user as the link was made for",)
        raise Denied("not_found", NO_LONGER, about=_about(claims, link.kind), lacks=lacks)
    above = {MANAGE, *user.permissions} - _maker_permissions(connection, found.get(claims.maker_id), link, at)
    if above:
        raise Denied("not_found", NO_LONGER, about=_about(claims, link.kind), lacks=tuple(sorted(above)))
    return user


def _maker_permissions(connection: Connection, maker: User | None, link: Link, at: float) -> frozenset[str]:
    """The permissions that a link's maker holds now and held when it was made; none if the maker or its key has ended."""
    if maker is None or maker.disabled:
        return frozenset()
    held = maker.permissions
    if link.maker_key_id is not None:
        try:
            held = principal_of_key(keys.by_id(connection, link.maker_key_id), at).permissions
        except (NotFound, TokenError):
            return frozenset()
    return held if link.maker_permissions is None else held & link.maker_permissions


@contextmanager
def _refusals_audited(context: Context, address: str) -> Iterator[None]:
    """Write an audit row about a refused use of a link, whether it was used up or never was one."""
    try:
        yield
    except Denied as denied:
        context.refusals.note(Actor("anonymous", "", address), denied.about, denied.lacks)
        raise


def _signer(context: Context, kind: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(context.secret, salt=f"skyspy link {kind}")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

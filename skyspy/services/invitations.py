"""Application: one-time links: for the first administrator, invitations, password resets.

Invariants: a link is signed and dated (itsdangerous), stored only as a digest, and used up in the transaction that applies it. It is
shown once, to the caller that made it, and never logged. It is valid only while its maker could still make it: if the maker was
deleted, disabled, or no longer holds all of the user's permissions, or if the user's sign-ins were ended since, it is refused.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Connection

from skyspy.services.caller import Caller, Context, Refused, as_refusals
from skyspy.services.users import MANAGE, outranked
from skyspy.store import invitations, state, users
from skyspy.store.audit import Actor
from skyspy.store.users import User

FIRST, INVITE, RESET = "first", "invite", "reset"
LIFETIME_S = {FIRST: 1800, INVITE: 7 * 86400, RESET: 86400}
"""How long each kind of link is valid, in seconds."""

NO_LONGER = "This link is not good any more: it was used, it is too old, or it was not copied whole. Ask for a new one"


@dataclass(frozen=True, slots=True)
class LinkSubject:
    """What a link is for; `user` is None for the first administrator."""

    kind: str
    user: User | None


def first_admin(context: Context, actor: Actor) -> str:
    """A link that creates the first administrator. Raises Refused if there is a user."""
    if context.store.read(users.count):
        raise Refused("conflict", "There are users already: ask one of the administrators for an invitation")
    return _make(context, FIRST, actor)


def invite(context: Context, caller: Caller, user_id: int) -> str:
    """A link by which a user without a password chooses the first one. Raises Refused."""
    user = outranked(context, caller, user_id)
    if user.password_hash is not None:
        raise Refused("conflict", f"{user.name} has a password already: make a reset link instead")
    return _make(context, INVITE, caller.actor, user, caller)


def reset(context: Context, caller: Caller, user_id: int) -> str:
    """A link by which a user chooses another password. Raises Refused."""
    return _make(context, RESET, caller.actor, outranked(context, caller, user_id), caller)


def link_subject(context: Context, token: str, kind: str) -> LinkSubject:
    """What the link is for, without using it up. Raises Refused."""
    claims = _read(context, token, kind)
    if kind == FIRST:
        if context.store.read(users.count):
            raise Refused("not_found", "There is an administrator already: this link has done its work")
        return LinkSubject(kind, None)
    return LinkSubject(kind, context.store.read(_subject, claims))


def make_first_admin(context: Context, token: str, name: str, password: str, address: str) -> User:
    """Use the first administrator's link. Of two at once one succeeds. Raises Refused."""
    _read(context, token, FIRST)
    actor = Actor("anonymous", "first administrator", address)
    with as_refusals():
        hashed = context.passwords.hash(password, context.settings.current.PASSWORD_MIN_LENGTH, name)

        def work(connection: Connection) -> User:
            at = context.clock.wall()
            # Creating the user takes the lock on the version first, so the count stays true until the commit.
            user = users.create(connection, name, "admin", hashed, actor, at)
            if users.count(connection) != 1 or invitations.use(connection, _digest(token), FIRST, actor, at) is None:
                raise Refused("conflict", NO_LONGER)
            return user

        return context.store.write(work)


def choose_password(context: Context, token: str, kind: str, password: str, address: str) -> User:
    """Use an invitation or a reset link to choose a password; every sign-in with the old one ends. Raises Refused."""
    claims = _read(context, token, kind)
    with as_refusals():
        user = context.store.read(_subject, claims)
        actor = Actor("user", user.name, address)
        hashed = context.passwords.hash(password, context.settings.current.PASSWORD_MIN_LENGTH, user.name)

        def work(connection: Connection) -> User:
            at = context.clock.wall()
            # Take the lock on the version first, so the user is checked and changed without a write in between.
            state.bump(connection)
            _subject(connection, claims)
            if invitations.use(connection, _digest(token), kind, actor, at) is None:
                raise Refused("not_found", NO_LONGER)
            return users.set_password(connection, user.id, hashed, actor, at)

        return context.store.write(work)


@dataclass(frozen=True, slots=True)
class _Claims:
    """The signed content of a link: the user's id, the user's session epoch when it was made (a change of password, disabling
    or signing out raises it), and the maker's id."""

    user_id: int
    epoch: int
    maker_id: int


def _make(context: Context, kind: str, actor: Actor, user: User | None = None, caller: Caller | None = None) -> str:
    user_id, epoch = (0, 0) if user is None else (user.id, user.session_epoch)
    maker_id = 0 if caller is None else caller.principal.user_id
    token = _signer(context, kind).dumps([user_id, epoch, maker_id, secrets.token_urlsafe(16)])
    at, subject = context.clock.wall(), str(user_id) if user_id else ""
    context.store.write(invitations.add, _digest(token), kind, subject, at + LIFETIME_S[kind], actor, at)
    return token


def _read(context: Context, token: str, kind: str) -> _Claims:
    """The content of a link. Raises Refused if its signature is invalid, or it is expired or used."""
    try:
        user_id, epoch, maker_id, _ = _signer(context, kind).loads(token[:1000], max_age=LIFETIME_S[kind])
        claims = _Claims(int(user_id), int(epoch), int(maker_id))
    except (BadData, ValueError, TypeError):
        raise Refused("not_found", NO_LONGER) from None
    if not context.store.read(invitations.is_good, _digest(token), kind, context.clock.wall()):
        raise Refused("not_found", NO_LONGER)
    return claims


def _subject(connection: Connection, claims: _Claims) -> User:
    """The user of a link, if user and maker still permit it (see Invariants). Raises Refused."""
    found = users.by_ids(connection, [claims.user_id, claims.maker_id])
    user, maker = found.get(claims.user_id), found.get(claims.maker_id)
    if user is None or user.disabled or user.session_epoch != claims.epoch:
        raise Refused("not_found", NO_LONGER)
    if maker is None or maker.disabled or not {MANAGE, *user.permissions} <= maker.permissions:
        raise Refused("not_found", NO_LONGER)
    return user


def _signer(context: Context, kind: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(context.secret, salt=f"skyspy link {kind}")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

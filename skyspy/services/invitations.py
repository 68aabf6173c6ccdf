"""Heart: links that work once: the first administrator's, invitations, password resets.

Law: a link is signed and dated (itsdangerous), kept only as a digest, and used up in the same transaction as
what it is used for. It is a secret: it is shown to whoever made it, and never written to a log. It gives what its
maker could give at the moment it is used: who was raised above its maker since, or got a password by
another way, is not opened by it, and the links of a maker who is gone or disabled are dead.
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
LIVES_S = {FIRST: 1800, INVITE: 7 * 86400, RESET: 86400}
"""How long each kind of link lives, in seconds."""

NO_LONGER = "This link is not good any more: it was used, it is too old, or it was not copied whole. Ask for a new one"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link is for; `user` is None for the first administrator."""

    kind: str
    user: User | None


def first_admin(context: Context, actor: Actor) -> str:
    """A link that makes the first administrator. Refused as soon as there is a user."""
    if context.store.read(users.count):
        raise Refused("conflict", "There are users already: ask one of the administrators for an invitation")
    return _make(context, FIRST, actor)


def invite(context: Context, caller: Caller, user_id: int) -> str:
    """A link by which a user without a password chooses his first one."""
    user = outranked(context, caller, user_id)
    if user.password_hash is not None:
        raise Refused("conflict", f"{user.name} has a password already: make a reset link instead")
    return _make(context, INVITE, caller.actor, user, caller)


def reset(context: Context, caller: Caller, user_id: int) -> str:
    """A link by which a user chooses another password."""
    return _make(context, RESET, caller.actor, outranked(context, caller, user_id), caller)


def opened(context: Context, token: str, kind: str) -> Opened:
    """What the link is for, without using it up. Raises Refused."""
    says = _read(context, token, kind)
    if kind == FIRST:
        if context.store.read(users.count):
            raise Refused("not_found", "There is an administrator already: this link has done its work")
        return Opened(kind, None)
    return Opened(kind, context.store.read(_subject, says))


def make_first_admin(context: Context, token: str, name: str, password: str, address: str) -> User:
    """Use the first administrator's link. Of two at once one succeeds. Raises Refused."""
    _read(context, token, FIRST)
    actor = Actor("anonymous", "first administrator", address)
    with as_refusals():
        hashed = context.passwords.hash(password, context.settings.current.PASSWORD_MIN_LENGTH, name)

        def work(connection: Connection) -> User:
            at = context.clock.wall()
            # Making the user takes the version's lock first, so that the count is still true when it is kept.
            user = users.create(connection, name, "admin", hashed, actor, at)
            if users.count(connection) != 1 or invitations.use(connection, _digest(token), FIRST, actor, at) is None:
                raise Refused("conflict", NO_LONGER)
            return user

        return context.store.write(work)


def choose_password(context: Context, token: str, kind: str, password: str, address: str) -> User:
    """Use an invitation or a reset link to choose a password; every sign-in with the old one ends. Raises Refused."""
    says = _read(context, token, kind)
    with as_refusals():
        user = context.store.read(_subject, says)
        actor = Actor("user", user.name, address)
        hashed = context.passwords.hash(password, context.settings.current.PASSWORD_MIN_LENGTH, user.name)

        def work(connection: Connection) -> User:
            at = context.clock.wall()
            # The version's lock first: what is found true of the user stays true until his password is kept.
            state.bump(connection)
            _subject(connection, says)
            if invitations.use(connection, _digest(token), kind, actor, at) is None:
                raise Refused("not_found", NO_LONGER)
            return users.set_password(connection, user.id, hashed, actor, at)

        return context.store.write(work)


@dataclass(frozen=True, slots=True)
class _Says:
    """What a link says, under its signature: for whom it is, his session epoch then (a change of password, a disabling or a
    signing out raises it), who made it."""

    user_id: int
    epoch: int
    maker_id: int


def _make(context: Context, kind: str, actor: Actor, user: User | None = None, caller: Caller | None = None) -> str:
    user_id, epoch = (0, 0) if user is None else (user.id, user.session_epoch)
    maker_id = 0 if caller is None else caller.principal.user_id
    token = _signer(context, kind).dumps([user_id, epoch, maker_id, secrets.token_urlsafe(16)])
    at, subject = context.clock.wall(), str(user_id) if user_id else ""
    context.store.write(invitations.add, _digest(token), kind, subject, at + LIVES_S[kind], actor, at)
    return token


def _read(context: Context, token: str, kind: str) -> _Says:
    """What a link says, if it is ours and could be used now."""
    try:
        user_id, epoch, maker_id, _ = _signer(context, kind).loads(token[:1000], max_age=LIVES_S[kind])
        says = _Says(int(user_id), int(epoch), int(maker_id))
    except (BadData, ValueError, TypeError):
        raise Refused("not_found", NO_LONGER) from None
    if not context.store.read(invitations.is_good, _digest(token), kind, context.clock.wall()):
        raise Refused("not_found", NO_LONGER)
    return says


def _subject(connection: Connection, says: _Says) -> User:
    """The user a link is for, if it may still open him. Raises Refused."""
    found = users.by_ids(connection, [says.user_id, says.maker_id])
    user, maker = found.get(says.user_id), found.get(says.maker_id)
    if user is None or user.disabled or user.session_epoch != says.epoch:
        raise Refused("not_found", NO_LONGER)
    if maker is None or maker.disabled or not {MANAGE, *user.permissions} <= maker.permissions:
        raise Refused("not_found", NO_LONGER)
    return user


def _signer(context: Context, kind: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(context.secret, salt=f"skyspy link {kind}")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

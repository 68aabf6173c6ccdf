"""Token families: a sign-in and all access and refresh tokens that were issued for it.

Invariants: a family ends as a whole. A refresh token works once; a second use proves that two parties hold it and ends the
family, whichever of them stole it. Only digests are stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from skyspy.store import audit, state, users
from skyspy.store.audit import Actor
from skyspy.store.rows import for_ids, labelled, to_record
from skyspy.store.schema import FAMILIES, REFRESH_TOKENS, ROLES, USERS
from skyspy.store.users import User


@dataclass(frozen=True, slots=True)
class Family:
    """One sign-in of `user`; times in wall seconds, `revoked_at` None while it is active."""

    id: str
    user: User
    created_at: float
    expires_at: float
    revoked_at: float | None


@dataclass(frozen=True, slots=True)
class TokenExchange:
    """The result of exchanging a refresh token: `outcome` is good, unknown, expired, revoked or reused."""

    outcome: str
    family: Family | None = None


COLUMNS = (*labelled("f_", *(FAMILIES.c[field.name] for field in fields(Family) if field.name in FAMILIES.c)), *users.COLUMNS)
"""The columns that `family_of` needs; the query joins `FAMILIES`, `USERS` and `ROLES`."""

_QUERY = select(*COLUMNS).join_from(FAMILIES, USERS, FAMILIES.c.user_id == USERS.c.id).join(ROLES, USERS.c.role_id == ROLES.c.id)


def family_of(row: Row[*tuple[Any, ...]]) -> Family:
    """The family in a row that holds COLUMNS."""
    return to_record(Family, row, "f_", user=users.user_of(row))


def by_ids(connection: Connection, ids: Iterable[str]) -> Mapping[str, Family]:
    """The families that exist, with their users, by id."""
    return {row.f_id: family_of(row) for row in for_ids(connection, _QUERY, FAMILIES.c.id, ids)}


def add(
    connection: Connection, family_id: str, user: User, expires_at: float, new_hash: str | None, actor: Actor, at: float
) -> bool:
    """Record a sign-in and store its family, as `start`, without a token and an audit row."""
    if not users.record_sign_in(connection, user, actor.address, new_hash, at):
        return False
    values = {"id": family_id, "user_id": user.id, "created_at": at, "expires_at": expires_at, "address": actor.address[:64]}
    connection.execute(insert(FAMILIES).values(values))
    return True


def start(
    connection: Connection,
    family_id: str,
    user: User,
    digest: str,
    expires_at: float,
    new_hash: str | None,
    actor: Actor,
    at: float,
) -> bool:
    """Open a family with its first refresh token, and record the sign-in; `new_hash` is the password hashed again where
    the stored hash has an outdated cost. False, with nothing written, where the user changed since it was read."""
    if not add(connection, family_id, user, expires_at, new_hash, actor, at):
        return False
    _add_token(connection, family_id, digest, expires_at, at)
    audit.record(connection, actor, "login.ok", f"user {user.name}", at)
    return True


def exchange(connection: Connection, old: str, new: str, lifetime_s: float, address: str, at: float) -> TokenExchange:
    """Exchange the refresh token with digest `old` for the one with digest `new`.

    A token that was used before ends its family, in the same transaction. Of two exchanges of one token at the same time the
    first succeeds and the second counts as reuse: clients must not refresh in parallel.
    """
    token = connection.execute(select(REFRESH_TOKENS).where(REFRESH_TOKENS.c.digest == old).with_for_update()).one_or_none()
    if token is None:
        return TokenExchange("unknown")
    family = by_ids(connection, [token.family_id])[token.family_id]
    actor = Actor("user", family.user.name, address)
    if family.revoked_at is not None or family.user.disabled:
        return TokenExchange("revoked", family)
    if token.used_at is not None:
        end(connection, family, "reused", actor, at)
        return TokenExchange("reused", family)
    if at >= token.expires_at:
        return TokenExchange("expired", family)
    connection.execute(update(REFRESH_TOKENS).where(REFRESH_TOKENS.c.digest == old).values(used_at=at))
    _add_token(connection, family.id, new, at + lifetime_s, at)
    connection.execute(update(FAMILIES).where(FAMILIES.c.id == family.id).values(expires_at=at + lifetime_s))
    audit.record(connection, actor, "token.refreshed", f"user {family.user.name}", at)
    return TokenExchange("good", family)


def by_refresh_digest(connection: Connection, digest: str) -> Family | None:
    """The family of a refresh token's digest, or None."""
    query = select(REFRESH_TOKENS.c.family_id).where(REFRESH_TOKENS.c.digest == digest)
    family_id = connection.execute(query).scalar_one_or_none()
    return None if family_id is None else by_ids(connection, [family_id]).get(family_id)


def end(connection: Connection, family: Family, why: str, actor: Actor, at: float) -> bool:
    """End a family and raise the version, which ends its sockets. False where it had ended already."""
    state.bump(connection)
    alive = (FAMILIES.c.id == family.id) & FAMILIES.c.revoked_at.is_(None)
    if not connection.execute(update(FAMILIES).where(alive).values(revoked_at=at, revoked_why=why)).rowcount:
        return False
    audit.record(connection, actor, f"token.{why}", f"user {family.user.name}", at, None, {"family": "ended"})
    return True


def prune(connection: Connection, at: float) -> int:
    """Remove expired families; returns how many. Their tokens are token_invalid from then on."""
    return connection.execute(delete(FAMILIES).where(FAMILIES.c.expires_at < at)).rowcount


def _add_token(connection: Connection, family_id: str, digest: str, expires_at: float, at: float) -> None:
    values = {"digest": digest, "family_id": family_id, "created_at": at, "expires_at": expires_at}
    connection.execute(insert(REFRESH_TOKENS).values(values))

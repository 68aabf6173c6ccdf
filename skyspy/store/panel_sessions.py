"""Stored panel sessions: browsers signed in to the operators' panel.

Invariants: a session belongs to a token family and ends with it: whatever ends the family (signing out, a new password,
disabling, "sign out everywhere", deleting the user) ends the session, its tokens and its sockets at once. The cookie holds a
secret; only its digest is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from skyspy.store import audit, families, state
from skyspy.store.audit import Actor
from skyspy.store.families import Family
from skyspy.store.rows import to_record
from skyspy.store.schema import FAMILIES, PANEL_SESSIONS, ROLES, USERS
from skyspy.store.users import User


@dataclass(frozen=True, slots=True)
class PanelSession:
    """One signed-in browser. Times in wall seconds; `proved_at` and `proved_from`: when and from which address the password was
    last given; `kept`: the user asked to stay signed in; `agent`: digest of the kind of browser; `browser`: its name for
    people."""

    digest: str
    family: Family
    created_at: float
    seen_at: float
    proved_at: float
    proved_from: str
    kept: bool
    agent: str
    browser: str


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be stored; `ends_at` is its end in wall seconds, used or not."""

    digest: str
    family_id: str
    ends_at: float
    kept: bool
    agent: str
    browser: str


_QUERY = (
    select(PANEL_SESSIONS, *families.COLUMNS)
    .join_from(PANEL_SESSIONS, FAMILIES, PANEL_SESSIONS.c.family_id == FAMILIES.c.id)
    .join(USERS, FAMILIES.c.user_id == USERS.c.id)
    .join(ROLES, USERS.c.role_id == ROLES.c.id)
)


def _session(row: Row[*tuple[Any, ...]]) -> PanelSession:
    return to_record(PanelSession, row, family=families.family_of(row))


def start(connection: Connection, new: NewSession, user: User, new_hash: str | None, actor: Actor, at: float) -> bool:
    """Open a session for a user whose password was just checked, and record the sign-in; `new_hash` is the password hashed
    again where the stored hash has an outdated cost. False, with nothing written, where the user changed since it was read."""
    if not families.add(connection, new.family_id, user, new.ends_at, new_hash, actor, at):
        return False
    browser = audit.printable(new.browser, 64)
    session = {"digest": new.digest, "family_id": new.family_id, "kept": new.kept, "agent": new.agent, "browser": browser}
    proof = {"created_at": at, "seen_at": at, "proved_at": at, "proved_from": actor.address[:64]}
    connection.execute(insert(PANEL_SESSIONS).values(session | proof))
    audit.record(connection, actor, "login.ok", f"user {user.name}", at, None, {"panel": True})
    return True


def by_digest(connection: Connection, digest: str) -> PanelSession | None:
    """The session with that digest and its user, or None."""
    row = connection.execute(_QUERY.where(PANEL_SESSIONS.c.digest == digest)).one_or_none()
    return None if row is None else _session(row)


def of_user(connection: Connection, user_id: int) -> list[PanelSession]:
    """A user's sessions whose family is active, most recently used first."""
    alive = (FAMILIES.c.user_id == user_id) & FAMILIES.c.revoked_at.is_(None)
    return [_session(row) for row in connection.execute(_QUERY.where(alive).order_by(PANEL_SESSIONS.c.seen_at.desc()))]


def touch(connection: Connection, digest: str, at: float) -> None:
    """Record a use of the session."""
    connection.execute(update(PANEL_SESSIONS).where(PANEL_SESSIONS.c.digest == digest).values(seen_at=at))


def confirm_password(connection: Connection, old: str, new: str, address: str, at: float) -> bool:
    """Record that the password was given again, and replace the session's digest. False where the session ended."""
    values = {"digest": new, "proved_at": at, "proved_from": address[:64], "seen_at": at}
    return connection.execute(update(PANEL_SESSIONS).where(PANEL_SESSIONS.c.digest == old).values(values)).rowcount == 1


def end(connection: Connection, session: PanelSession, action: str, actor: Actor, at: float) -> None:
    """End a session and its family, and raise the version, which ends its sockets. `action` is for the audit log. Ending it
    twice is no error."""
    state.bump(connection)
    connection.execute(delete(PANEL_SESSIONS).where(PANEL_SESSIONS.c.digest == session.digest))
    alive = (FAMILIES.c.id == session.family.id) & FAMILIES.c.revoked_at.is_(None)
    if connection.execute(update(FAMILIES).where(alive).values(revoked_at=at, revoked_why="signed out")).rowcount:
        audit.record(connection, actor, action, f"user {session.family.user.name}", at)

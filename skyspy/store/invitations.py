"""Links that work once: the first administrator's, invitations, password resets.

Invariants: of two concurrent uses of one link one succeeds. Only a digest is stored.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from skyspy.store import audit
from skyspy.store.audit import Actor
from skyspy.store.schema import LINKS


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was just used: its kind, and as `subject` a user's id or nothing."""

    kind: str
    subject: str


def add(connection: Connection, digest: str, kind: str, subject: str, expires_at: float, actor: Actor, at: float) -> None:
    """Store a new link."""
    values = {"digest": digest, "kind": kind, "subject": subject, "created_at": at, "expires_at": expires_at}
    connection.execute(insert(LINKS).values(values).values(created_by=audit.printable(actor.name, 64)))
    audit.record(connection, actor, "link.create", f"link {kind} {subject}".strip(), at, None, {"expires_at": expires_at})


def is_good(connection: Connection, digest: str, kind: str, at: float) -> bool:
    """Whether the link could be used now."""
    good = (LINKS.c.digest == digest) & (LINKS.c.kind == kind) & LINKS.c.used_at.is_(None) & (LINKS.c.expires_at > at)
    return connection.execute(select(LINKS.c.digest).where(good)).first() is not None


def use(connection: Connection, digest: str, kind: str, actor: Actor, at: float) -> Link | None:
    """Mark a link as used, in the transaction of what it is used for; None where it is unknown, used or expired."""
    good = (LINKS.c.digest == digest) & (LINKS.c.kind == kind) & LINKS.c.used_at.is_(None) & (LINKS.c.expires_at > at)
    if not connection.execute(update(LINKS).where(good).values(used_at=at)).rowcount:
        return None
    subject = connection.execute(select(LINKS.c.subject).where(LINKS.c.digest == digest)).scalar_one()
    audit.record(connection, actor, "link.use", f"link {kind} {subject}".strip(), at)
    return Link(kind, subject)


def prune(connection: Connection, before: float) -> int:
    """Remove links that expired before that moment (wall seconds); returns how many."""
    return connection.execute(delete(LINKS).where(LINKS.c.expires_at < before)).rowcount

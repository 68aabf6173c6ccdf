"""Links that work once: the first administrator's, invitations, password resets.

Invariants: of two concurrent uses of one link one succeeds. Only a digest is stored.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from skyspy import wirejson
from skyspy.store import audit
from skyspy.store.audit import Actor
from skyspy.store.schema import LINKS


@dataclass(frozen=True, slots=True)
class Link:
    """A link: `kind` says what for, `subject` for whom (a user's id, or empty), `maker_key_id` by which API key it was made,
    `maker_permissions` what its maker held then (None: that was not kept)."""

    kind: str
    subject: str
    maker_key_id: int | None = None
    maker_permissions: frozenset[str] | None = None


def add(connection: Connection, digest: str, link: Link, expires_at: float, actor: Actor, at: float) -> None:
    """Store a new link."""
    held = None if link.maker_permissions is None else wirejson.dumps(sorted(link.maker_permissions))
    maker = {"created_by": audit.printable(actor.name, 64), "maker_key_id": link.maker_key_id, "maker_permissions": held}
    times = {"created_at": at, "expires_at": expires_at}
    connection.execute(insert(LINKS).values(digest=digest, kind=link.kind, subject=link.subject, **maker, **times))
    audit.record(connection, actor, "link.create", _about(link), at, None, {"expires_at": expires_at})


def usable(connection: Connection, digest: str, kind: str, at: float) -> Link | None:
    """The link, if it could be used now."""
    row = connection.execute(select(LINKS).where(_is_good(digest, kind, at))).one_or_none()
    if row is None:
        return None
    held = None if row.maker_permissions is None else frozenset(wirejson.loads(row.maker_permissions))
    return Link(row.kind, row.subject, row.maker_key_id, held)


def use(connection: Connection, digest: str, kind: str, actor: Actor, at: float) -> Link | None:
    """Mark a link as used, in the transaction of what it is used for; None where it is unknown, used or expired."""
    link = usable(connection, digest, kind, at)
    if link is None or not connection.execute(update(LINKS).where(_is_good(digest, kind, at)).values(used_at=at)).rowcount:
        return None
    audit.record(connection, actor, "link.use", _about(link), at)
    return link


def _is_good(digest: str, kind: str, at: float) -> ColumnElement[bool]:
    return (LINKS.c.digest == digest) & (LINKS.c.kind == kind) & LINKS.c.used_at.is_(None) & (LINKS.c.expires_at > at)


def _about(link: Link) -> str:
    return f"link {link.kind} {link.subject}".strip()


def prune(connection: Connection, before: float) -> int:
    """Remove links that expired before that moment (wall seconds); returns how many."""
    return connection.execute(delete(LINKS).where(LINKS.c.expires_at < before)).rowcount

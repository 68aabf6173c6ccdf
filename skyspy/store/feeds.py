"""Receivers that an operator added while the server was running.

Invariants: a change raises the version, so that every process follows it. A URL may hold a password and is in no log: the
log has `shown`, the URL without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from skyspy import feedurl
from skyspy.feedurl import FeedUrl, FeedUrlError
from skyspy.store import audit, state
from skyspy.store.audit import Actor
from skyspy.store.roles import AccountError, NotFound
from skyspy.store.schema import FEEDS


@dataclass(frozen=True, slots=True)
class Feed:
    """An added receiver; `added_at` wall seconds, `label` the name that people gave it or ""."""

    id: int
    url: str = field(repr=False)
    paused: bool
    added_by: str
    added_at: float
    label: str = ""

    @property
    def parsed(self) -> FeedUrl | None:
        """The URL; None where the row is damaged."""
        try:
            return feedurl.parse(self.url)
        except FeedUrlError:
            return None

    @property
    def shown(self) -> str:
        """The URL without a password."""
        return "a damaged URL" if self.parsed is None else self.parsed.shown


def every(connection: Connection) -> list[Feed]:
    """All added receivers, oldest first."""
    return [Feed(*row) for row in connection.execute(select(FEEDS).order_by(FEEDS.c.id))]


def by_id(connection: Connection, feed_id: int) -> Feed:
    """The added receiver with that id; raises NotFound."""
    row = connection.execute(select(FEEDS).where(FEEDS.c.id == feed_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such added feed")
    return Feed(*row)


def add(connection: Connection, url: str, shown: str, actor: Actor, at: float, label: str = "") -> Feed:
    """Add a receiver. Raises AccountError for a URL that was added already."""
    state.bump(connection)
    if connection.execute(select(FEEDS.c.id).where(FEEDS.c.url == url)).first():
        raise AccountError(f"{shown} is a feed already")
    connection.execute(insert(FEEDS).values(url=url, added_by=audit.printable(actor.name, 64), added_at=at, label=label))
    audit.record(connection, actor, "feed.add", f"feed {shown}", at, None, {"url": shown} | ({"label": label} if label else {}))
    return Feed(*connection.execute(select(FEEDS).where(FEEDS.c.url == url)).one())


def set_paused(connection: Connection, feed_id: int, paused: bool, actor: Actor, at: float) -> Feed:
    """Pause or resume a receiver. Raises NotFound."""
    state.bump(connection)
    old = by_id(connection, feed_id)
    connection.execute(update(FEEDS).where(FEEDS.c.id == feed_id).values(paused=paused))
    action = "feed.pause" if paused else "feed.resume"
    audit.record(connection, actor, action, f"feed {old.shown}", at, {"paused": old.paused}, {"paused": paused})
    return by_id(connection, feed_id)


def change(connection: Connection, feed_id: int, url: FeedUrl, label: str, actor: Actor, at: float) -> Feed:
    """Give a receiver this URL and this name. Raises NotFound, AccountError for a URL that another one has."""
    state.bump(connection)
    old = by_id(connection, feed_id)
    if connection.execute(select(FEEDS.c.id).where(FEEDS.c.url == url.text, FEEDS.c.id != feed_id)).first():
        raise AccountError(f"{url.shown} is a feed already")
    connection.execute(update(FEEDS).where(FEEDS.c.id == feed_id).values(url=url.text, label=label))
    before, after = {"url": old.shown, "label": old.label}, {"url": url.shown, "label": label}
    if url.text != old.url and before == after:
        after["url"] = f"{url.shown} (another password)"
    audit.record(connection, actor, "feed.change", f"feed {old.shown}", at, before, after)
    return by_id(connection, feed_id)


def remove(connection: Connection, feed_id: int, actor: Actor, at: float) -> None:
    """Remove a receiver. Raises NotFound."""
    state.bump(connection)
    old = by_id(connection, feed_id)
    connection.execute(delete(FEEDS).where(FEEDS.c.id == feed_id))
    audit.record(connection, actor, "feed.remove", f"feed {old.shown}", at, {"url": old.shown}, None)

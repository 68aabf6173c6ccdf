"""Heart: who is connected, to this process or another on the same database, and seeing somebody out.

Law: `users.manage`. Whoever is sent away hears the reason and is gone within two seconds; nothing keeps him from
coming back, for that his key is revoked or his user disabled. This process's own part of the list is
always true; another's comes within a second of the first look and is then at most two seconds old.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from skyspy.house import House
from skyspy.live import Session
from skyspy.operate.users import MANAGE
from skyspy.operate.who import Refused, Who
from skyspy.store import presence
from skyspy.store.presence import Row

CODE, MESSAGE = "disconnected", "Disconnected by an operator"


def listing(house: House, who: Who, search: str = "", namespace: str = "") -> list[Row]:
    """The live sessions, the newest first; `search` is part of a name, key, address or kind."""
    who.needs(house, MANAGE)
    wanted = search.strip().lower()
    return [row for row in everybody(house) if (not namespace or row.namespace == namespace) and wanted in _text(row)]


def counts(house: House) -> Mapping[str, int]:
    """How many sessions each namespace has."""
    return dict(Counter(row.namespace for row in everybody(house)))


def everybody(house: House) -> list[Row]:
    """Everybody, the newest first; looking keeps the other processes' lists coming."""
    now = house.clock.wall()
    if house.store.read(presence.wanted_until) < now + presence.WANTED_S / 2:
        house.store.write(lambda connection: presence.want(connection, now))
    rows = house.store.read(lambda connection: presence.everybody(connection, now))
    published = {row.sid: row for row in rows if row.process == house.live.process}
    others = [row for row in rows if row.process != house.live.process]
    own = [_with_counts(row_of(house.live.process, session), published.get(session.sid)) for session in house.live]
    return sorted(own + others, key=lambda row: -row.since)


def disconnect(house: House, who: Who, sid: str) -> int:
    """Send one session away."""
    found = _send_away(house, who, "session", sid)
    if not found:
        raise Refused("not_found", "This connection is not there any more")
    return found


def disconnect_key(house: House, who: Who, key_id: int) -> int:
    """Send every session of a key away; returns how many."""
    return _send_away(house, who, "key", str(key_id))


def disconnect_user(house: House, who: Who, user_id: int) -> int:
    """Send every session of a user away, those of his keys too; returns how many."""
    return _send_away(house, who, "user", str(user_id))


def disconnect_anonymous(house: House, who: Who) -> int:
    """Send every anonymous session away; returns how many."""
    return _send_away(house, who, "anonymous", "")


def is_meant(row: Row, what: str, target: str) -> bool:
    """Whether an eviction (see presence.Eviction) means this session."""
    if what == "anonymous":
        return row.kind == "anonymous"
    known = {"session": row.sid, "key": row.key_id, "user": row.user_id}.get(what)
    return known is not None and str(known) == target


def row_of(process: str, session: Session, messages: int = 0, size: int = 0, lag_s: float = 0.0) -> Row:
    """A session of this process as the common list has it."""
    principal = session.principal
    return Row(
        process,
        session.sid,
        session.namespace,
        principal.kind,
        principal.user_id,
        principal.key_id,
        principal.name,
        principal.key_name,
        principal.role,
        session.address[:64],
        session.user_agent[:200],
        session.token_state,
        session.sky,
        " ".join(sorted(session.topics)),
        session.since,
        messages,
        size,
        round(lag_s * 1000),
    )


def _with_counts(row: Row, published: Row | None) -> Row:
    if published is None:
        return row
    return replace(row, messages=published.messages, bytes=published.bytes, lag_ms=published.lag_ms)


def _send_away(house: House, who: Who, what: str, target: str) -> int:
    who.needs(house, MANAGE)
    found = sum(is_meant(row, what, target) for row in everybody(house))
    if found or what in ("key", "user", "anonymous"):
        at = house.clock.wall()
        house.store.write(lambda connection: presence.evict(connection, what, target, found, who.actor, at))
    for session in house.live:
        # At once here; the other processes read it within half a second.
        if is_meant(row_of(house.live.process, session), what, target):
            house.live.send_away(session, CODE, MESSAGE)
    return found


def _text(row: Row) -> str:
    return f"{row.kind} {row.name} {row.key_name} {row.address}".lower()

"""Heart: who is connected, and seeing somebody out.

Law: `users.manage`. Whoever is sent away hears the reason and is gone within two seconds; nothing keeps him from
coming back, for that his key is revoked or his user disabled. The list is this process's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from skyspy.house import House
from skyspy.live import Session
from skyspy.operate.users import MANAGE
from skyspy.operate.who import Refused, Who
from skyspy.store import audit

CODE, MESSAGE = "disconnected", "Disconnected by an operator"


def listing(house: House, who: Who, search: str = "", namespace: str = "") -> list[Session]:
    """The live sessions, the newest first; `search` is part of a name, key, address or kind."""
    who.needs(house, MANAGE)
    wanted = search.strip().lower()
    found = [s for s in house.live if (not namespace or s.namespace == namespace) and wanted in _text(s)]
    return sorted(found, key=lambda session: -session.since)


def counts(house: House) -> Mapping[str, int]:
    """How many sessions each namespace has."""
    return dict(Counter(session.namespace for session in house.live))


def disconnect(house: House, who: Who, sid: str) -> int:
    """Send one session away."""
    found = _send_away(house, who, f"socket {sid}", lambda session: session.sid == sid)
    if not found:
        raise Refused("not_found", "This connection is not there any more")
    return found


def disconnect_key(house: House, who: Who, key_id: int) -> int:
    """Send every session of a key away; returns how many."""
    return _send_away(house, who, f"key {key_id}", lambda session: session.principal.key_id == key_id)


def disconnect_user(house: House, who: Who, user_id: int) -> int:
    """Send every session of a user away, those of his keys too; returns how many."""
    return _send_away(house, who, f"user {user_id}", lambda session: session.principal.user_id == user_id)


def disconnect_anonymous(house: House, who: Who) -> int:
    """Send every anonymous session away; returns how many."""
    return _send_away(house, who, "anonymous clients", lambda session: not session.principal.identified)


def _send_away(house: House, who: Who, about: str, chosen: Callable[[Session], bool]) -> int:
    who.needs(house, MANAGE)
    found = [session for session in house.live if chosen(session)]
    if found:
        house.store.write(
            lambda c: audit.record(c, who.actor, "live.disconnect", about, house.clock.wall(), None, {"sockets": len(found)})
        )
    for session in found:
        house.live.send_away(session, CODE, MESSAGE)
    return len(found)


def _text(session: Session) -> str:
    principal = session.principal
    return f"{principal.kind} {principal.name} {principal.key_name} {session.address}".lower()

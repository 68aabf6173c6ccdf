"""Heart: the live connections as an operator sees them, and seeing somebody out.

Law: `users.manage`, and whom one sends away one must stand over. Whoever is sent away hears the reason and is gone
within two seconds, on whichever process he is; nothing keeps him from coming back, for that his key is revoked or his
user disabled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from skyspy.house import House
from skyspy.operate.present import everybody, is_meant, row_of, settled
from skyspy.operate.users import MANAGE
from skyspy.operate.who import Refused, Who, told
from skyspy.store import presence
from skyspy.store.accounts import User
from skyspy.store.presence import Row

__all__ = [
    "CODE",
    "MESSAGE",
    "counts",
    "disconnect",
    "disconnect_anonymous",
    "disconnect_key",
    "disconnect_user",
    "everybody",
    "is_meant",
    "listing",
    "row_of",
]

CODE, MESSAGE = "disconnected", "Disconnected by an operator"


def listing(house: House, who: Who, search: str = "", namespace: str = "") -> list[Row]:
    """The live sessions, the newest first; `search` is part of a name, key, address or kind."""
    who.needs(house, MANAGE)
    wanted = search.strip().lower()
    return [row for row in everybody(house) if (not namespace or row.namespace == namespace) and wanted in _text(row)]


def counts(house: House) -> Mapping[str, int]:
    """How many sessions each namespace has."""
    return dict(Counter(row.namespace for row in everybody(house)))


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


def _send_away(house: House, who: Who, what: str, target: str) -> int:
    who.needs(house, MANAGE)
    meant = [row for row in settled(house) if is_meant(row, what, target)]
    for owner in _owners(house, what, target, meant):
        who.stands_over(house, owner.permissions, owner.name)
    if meant or what in ("key", "user", "anonymous"):
        at = house.clock.wall()
        house.store.write(lambda connection: presence.evict(connection, what, target, len(meant), who.actor, at))
    for session in house.live:
        # At once here; the other processes read it within half a second.
        if is_meant(row_of(house.live.process, session), what, target):
            house.live.send_away(session, CODE, MESSAGE)
    return len(meant)


def _owners(house: House, what: str, target: str, meant: list[Row]) -> Iterable[User]:
    """Whose sessions it is about, also where none of them is seen yet."""
    with told():
        if what == "user":
            return [house.accounts.user_by_id(int(target))]
        if what == "key":
            return [house.accounts.key_by_id(int(target)).user]
    return house.accounts.users_by_id({row.user_id for row in meant if row.user_id is not None}).values()


def _text(row: Row) -> str:
    return f"{row.kind} {row.name} {row.key_name} {row.address}".lower()

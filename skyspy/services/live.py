"""Heart: the live connections as an operator sees them, and seeing somebody out.

Law: `users.manage`, and whom one sends away one must stand over. Whoever is sent away hears the reason and is gone
within two seconds, on whichever process he is; nothing keeps him from coming back, for that his key is revoked or his
user disabled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from skyspy.server import Server
from skyspy.services.caller import Caller, Refused, as_refusals
from skyspy.services.present import everybody, is_meant, row_of, settled
from skyspy.services.users import MANAGE
from skyspy.store import keys, presence, users
from skyspy.store.presence import Row
from skyspy.store.users import User

__all__ = [
    "CODE",
    "MESSAGE",
    "Meant",
    "Row",
    "counts",
    "disconnect",
    "disconnect_anonymous",
    "disconnect_key",
    "disconnect_user",
    "everybody",
    "is_meant",
    "listing",
    "meant",
    "row_of",
]

CODE, MESSAGE = "disconnected", "Disconnected by an operator"


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom an act would send away: in words, the sessions, how many in which namespace, and how to keep them from coming
    back. `above`: whom of them `caller` does not stand over, so that the act will be refused ("": nobody)."""

    whom: str
    rows: list[Row]
    namespaces: Mapping[str, int]
    keep_out: str
    above: str = ""


def listing(
    server: Server, caller: Caller, search: str = "", namespace: str = "", kind: str = "", *, wait: bool = False
) -> list[Row]:
    """The live sessions, the newest first; `search` is part of a name, key, address or kind; `namespace` and `kind` (user,
    key, anonymous) are exact, "" is any. `wait`: rather wait a second at the first look than leave a process out."""
    caller.require(server, MANAGE)
    wanted = search.strip().lower()
    rows = settled(server) if wait else everybody(server)
    return [row for row in rows if namespace in ("", row.namespace) and kind in ("", row.kind) and wanted in _text(row)]


def meant(server: Server, caller: Caller, what: str, target: str) -> Meant:
    """Whom sending away would mean; `what` and `target` are an eviction's (presence.Eviction). Sends nobody away."""
    caller.require(server, MANAGE)
    rows = [row for row in settled(server) if is_meant(row, what, target)]
    above = next(
        (owner.name for owner in _owners(server, what, target, rows) if not owner.permissions <= caller.principal.permissions), ""
    )
    whom, keep_out = _words(server, what, target, rows)
    return Meant(whom, rows, Counter(row.namespace for row in rows), keep_out, above)


def counts(server: Server) -> Mapping[str, int]:
    """How many sessions each namespace has."""
    return dict(Counter(row.namespace for row in everybody(server)))


def disconnect(server: Server, caller: Caller, sid: str) -> int:
    """Send one session away."""
    found = _send_away(server, caller, "session", sid)
    if not found:
        raise Refused("not_found", "This connection is not there any more")
    return found


def disconnect_key(server: Server, caller: Caller, key_id: int) -> int:
    """Send every session of a key away; returns how many."""
    return _send_away(server, caller, "key", str(key_id))


def disconnect_user(server: Server, caller: Caller, user_id: int) -> int:
    """Send every session of a user away, those of his keys too; returns how many."""
    return _send_away(server, caller, "user", str(user_id))


def disconnect_anonymous(server: Server, caller: Caller) -> int:
    """Send every anonymous session away; returns how many."""
    return _send_away(server, caller, "anonymous", "")


def _send_away(server: Server, caller: Caller, what: str, target: str) -> int:
    caller.require(server, MANAGE)
    meant = [row for row in settled(server) if is_meant(row, what, target)]
    for owner in _owners(server, what, target, meant):
        caller.require_outranks(server, owner.permissions, owner.name)
    if not meant and what == "session":
        return 0
    written = server.store.write(presence.evict, what, target, len(meant), caller.actor, server.clock.wall())
    for session in server.sessions:
        # At once here; the other processes read it within half a second.
        if is_meant(row_of(server.sessions.process, session), what, target):
            server.sessions.send_away(session, CODE, MESSAGE)
    server.sessions.hear(written)
    return len(meant)


def _owners(server: Server, what: str, target: str, meant: list[Row]) -> Iterable[User]:
    """Whose sessions it is about, also where none of them is seen yet."""
    with as_refusals():
        if what == "user":
            return [server.store.read(users.by_id, int(target))]
        if what == "key":
            return [server.store.read(keys.by_id, int(target)).user]
    return server.store.read(users.by_ids, {row.user_id for row in meant if row.user_id is not None}).values()


def _words(server: Server, what: str, target: str, rows: list[Row]) -> tuple[str, str]:
    """Whom it is about, and what to do so that they stay away."""
    stay_away = {
        "anonymous": "To keep strangers out, choose the private auth mode.",
        "key": "To end the key for good, revoke it.",
        "user": "To keep the user out, disable the user.",
    }
    if what == "anonymous":
        return "all anonymous clients", stay_away["anonymous"]
    with as_refusals():
        if what == "user":
            return server.store.read(users.by_id, int(target)).name, stay_away["user"]
        if what == "key":
            key = server.store.read(keys.by_id, int(target))
            return f"the key “{key.name}” of {key.user.name}", stay_away["key"]
    return (_named(rows[0]), stay_away[rows[0].kind]) if rows else ("", "")


def _named(row: Row) -> str:
    if row.kind == "anonymous":
        return f"somebody anonymous at {row.address}"
    return f"{row.name} at {row.address}" if row.kind == "user" else f"the key “{row.key_name}” of {row.name} at {row.address}"


def _text(row: Row) -> str:
    return f"{row.kind} {row.name} {row.key_name} {row.address}".lower()

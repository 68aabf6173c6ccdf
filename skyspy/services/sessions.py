"""The live sessions as an operator sees them, and disconnecting them.

Invariants: `users.manage`, and who is disconnected holds nothing that the operator lacks. A session is told the reason and has
ended within two seconds, on whichever process it is. Its client may connect again: to prevent that, its key is revoked or its user
disabled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from skyspy.presence.presence import is_meant
from skyspy.server import Server
from skyspy.services.caller import Caller, Refused, as_refusals
from skyspy.services.users import MANAGE
from skyspy.store import keys, users
from skyspy.store.presence import SessionRow
from skyspy.store.users import User


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom a disconnect concerns: in words, the sessions, how many in which namespace, and how to prevent that they come back.
    `above`: the first of their users who holds what `caller` lacks, so that it will be refused ("": none)."""

    whom: str
    rows: list[SessionRow]
    namespaces: Mapping[str, int]
    keep_out: str
    above: str = ""


def listing(server: Server, caller: Caller, search: str = "", namespace: str = "", kind: str = "") -> list[SessionRow]:
    """The live sessions, the newest first; `search` is part of a name, key, address or kind; `namespace` and `kind` (user,
    key, anonymous) are exact, "" is any."""
    caller.require(server, MANAGE)
    wanted = search.strip().lower()
    rows = server.presence.everybody(traffic=True)
    return [row for row in rows if namespace in ("", row.namespace) and kind in ("", row.kind) and wanted in _text(row)]


def meant(server: Server, caller: Caller, what: str, target: str) -> Meant:
    """Whom a disconnect would concern; `what` and `target` are an eviction's (store.presence.Eviction). Disconnects nothing."""
    caller.require(server, MANAGE)
    rows = _rows(server, what, target)
    held = caller.principal.permissions
    above = next((owner.name for owner in _owners(server, what, target, rows) if not owner.permissions <= held), "")
    whom, keep_out = _words(server, what, target, rows)
    return Meant(whom, rows, Counter(row.namespace for row in rows), keep_out, above)


def counts(server: Server) -> Mapping[str, int]:
    """How many sessions each namespace has."""
    return dict(Counter(row.namespace for row in server.presence.everybody()))


def disconnect(server: Server, caller: Caller, sid: str) -> int:
    """Disconnect one session."""
    found = _disconnect(server, caller, "session", sid)
    if not found:
        raise Refused("not_found", "This connection is not there any more")
    return found


def disconnect_key(server: Server, caller: Caller, key_id: int) -> int:
    """Disconnect every session of a key; returns how many."""
    return _disconnect(server, caller, "key", str(key_id))


def disconnect_user(server: Server, caller: Caller, user_id: int) -> int:
    """Disconnect every session of a user, those of the user's keys too; returns how many."""
    return _disconnect(server, caller, "user", str(user_id))


def disconnect_anonymous(server: Server, caller: Caller) -> int:
    """Disconnect every anonymous session; returns how many."""
    return _disconnect(server, caller, "anonymous", "")


def _disconnect(server: Server, caller: Caller, what: str, target: str) -> int:
    caller.require(server, MANAGE)
    rows = _rows(server, what, target)
    for owner in _owners(server, what, target, rows):
        caller.require_outranks(server, owner.permissions, owner.name)
    if not rows and what == "session":
        return 0
    server.presence.evict(what, target, len(rows), caller.actor)
    return len(rows)


def _rows(server: Server, what: str, target: str) -> list[SessionRow]:
    return [row for row in server.presence.everybody() if is_meant(row.sid, row, what, target)]


def _owners(server: Server, what: str, target: str, rows: list[SessionRow]) -> Iterable[User]:
    """The users whom a disconnect concerns, also where they have no session now."""
    with as_refusals():
        if what == "user":
            return [server.store.read(users.by_id, int(target))]
        if what == "key":
            return [server.store.read(keys.by_id, int(target)).user]
    return server.store.read(users.by_ids, {row.user_id for row in rows if row.user_id is not None}).values()


def _words(server: Server, what: str, target: str, rows: list[SessionRow]) -> tuple[str, str]:
    """Whom a disconnect concerns, and how to prevent that they come back."""
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


def _named(row: SessionRow) -> str:
    if row.kind == "anonymous":
        return f"somebody anonymous at {row.address}"
    return f"{row.name} at {row.address}" if row.kind == "user" else f"the key “{row.key_name}” of {row.name} at {row.address}"


def _text(row: SessionRow) -> str:
    return f"{row.kind} {row.name} {row.key_name} {row.address}".lower()

"""The live sessions as an operator sees them, and disconnecting them.

Invariants: `users.manage`, and who is disconnected holds nothing that the operator lacks. A session is told the reason and has
ended within two seconds, on whichever process it is. Its client may connect again: to prevent that, its key is revoked or its user
disabled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from skyspy.presence.presence import is_meant
from skyspy.server import Server
from skyspy.services.caller import Caller, Refused, as_refusals
from skyspy.services.users import MANAGE
from skyspy.store import keys, users
from skyspy.store.presence import SessionRow
from skyspy.store.users import User

_KEEP_OUT = {
    "anonymous": "To keep strangers out, choose the private auth mode.",
    "key": "To end the key for good, revoke it.",
    "user": "To keep the user out, disable the user.",
}


@dataclass(frozen=True, slots=True)
class DisconnectImpact:
    """Whom a disconnect concerns: in words, the sessions, their users, how many in which namespace, and how to prevent that
    they come back."""

    whom: str
    rows: list[SessionRow]
    owners: list[User]
    namespaces: Mapping[str, int]
    keep_out: str


def listing(server: Server, caller: Caller, search: str = "", namespace: str = "", kind: str = "") -> list[SessionRow]:
    """The live sessions, the newest first; `search` is part of a name, key, address or kind; `namespace` and `kind` (user,
    key, anonymous) are exact, "" is any."""
    caller.require(server, MANAGE)
    wanted = search.strip().lower()
    rows = server.presence.everybody(traffic=True)
    return [row for row in rows if namespace in ("", row.namespace) and kind in ("", row.kind) and wanted in _text(row)]


def meant(server: Server, caller: Caller, what: str, target: str) -> DisconnectImpact:
    """Whom a disconnect would concern; `what` and `target` are an eviction's (store.presence.Eviction). Disconnects nothing."""
    caller.require(server, MANAGE)
    rows = [row for row in server.presence.everybody() if is_meant(row.sid, row, what, target)]
    whom, owners = _subject(server, what, target, rows)
    kind = rows[0].kind if what == "session" and rows else what
    return DisconnectImpact(whom, rows, owners, Counter(row.namespace for row in rows), _KEEP_OUT.get(kind, ""))


def counts(server: Server) -> Mapping[str, int]:
    """How many sessions each namespace has."""
    return dict(Counter(row.namespace for row in server.presence.everybody()))


def disconnect(server: Server, caller: Caller, what: str, target: str = "") -> int:
    """Disconnect one session, all of a key, all of a user (those of the user's keys too), or all anonymous ones, on every
    process; returns how many."""
    found = meant(server, caller, what, target)
    for owner in found.owners:
        caller.require_outranks(server, owner.permissions, owner.name)
    if what == "session" and not found.rows:
        raise Refused("not_found", "This connection is not there any more")
    server.presence.evict(what, target, len(found.rows), caller.actor)
    return len(found.rows)


def _subject(server: Server, what: str, target: str, rows: list[SessionRow]) -> tuple[str, list[User]]:
    """Whom a disconnect concerns, in words, and the users it concerns, also where they have no session now."""
    with as_refusals():
        if what == "user":
            user = server.store.read(users.by_id, int(target))
            return user.name, [user]
        if what == "key":
            key = server.store.read(keys.by_id, int(target))
            return f"the key “{key.name}” of {key.user.name}", [key.user]
    owners = server.store.read(users.by_ids, {row.user_id for row in rows if row.user_id is not None})
    return "all anonymous clients" if what == "anonymous" else _named(rows[0]) if rows else "", list(owners.values())


def _named(row: SessionRow) -> str:
    if row.kind == "anonymous":
        return f"somebody anonymous at {row.address}"
    return f"{row.name} at {row.address}" if row.kind == "user" else f"the key “{row.key_name}” of {row.name} at {row.address}"


def _text(row: SessionRow) -> str:
    return f"{row.kind} {row.name} {row.key_name} {row.address}".lower()

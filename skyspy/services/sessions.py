"""Application: listing the live sessions of all processes, and disconnecting them.

Invariants: needs `users.manage`. A caller disconnects no session of a user who holds a permission that the caller lacks. A session
receives the reason and ends within two seconds, on every process. Its client may connect again: revoke the key or disable the user to
prevent that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from skyspy.presence.presence import eviction_applies_to
from skyspy.server import Server
from skyspy.services.caller import Caller, Refused, Transaction, as_refusals
from skyspy.services.users import MANAGE
from skyspy.store import keys, presence, users
from skyspy.store.presence import Eviction, SessionRow
from skyspy.store.users import User

_ADVICE = {
    "anonymous": "To keep strangers out, choose the private auth mode.",
    "key": "To end the key for good, revoke it.",
    "user": "To keep the user out, disable the user.",
}


@dataclass(frozen=True, slots=True)
class DisconnectImpact:
    """What a disconnect would end: `subject` names it in words; `rows` are its sessions, `owners` their users, `namespaces` their
    number by namespace; `advice` says how to prevent that they connect again."""

    subject: str
    rows: list[SessionRow]
    owners: list[User]
    namespaces: Mapping[str, int]
    advice: str


def listing(server: Server, caller: Caller, search: str = "", namespace: str = "", kind: str = "") -> list[SessionRow]:
    """The live sessions, the newest first; `search` is part of a name, key, address or kind; `namespace` and `kind` (user,
    key, anonymous) are exact, "" is any."""
    caller.require(server, MANAGE)
    wanted = search.strip().lower()
    rows = server.presence.all_sessions(traffic=True)
    return [row for row in rows if namespace in ("", row.namespace) and kind in ("", row.kind) and wanted in _text(row)]


def preview_disconnect(server: Server, caller: Caller, what: str, target: str) -> DisconnectImpact:
    """What `disconnect` would end; ends nothing. `what` and `target` are as in store.presence.Eviction. Raises Refused."""
    caller.require(server, MANAGE)
    rows = [row for row in server.presence.all_sessions() if eviction_applies_to(row.sid, row, what, target)]
    subject, owners = _subject(server, what, target, rows)
    kind = rows[0].kind if what == "session" and rows else what
    return DisconnectImpact(subject, rows, owners, Counter(row.namespace for row in rows), _ADVICE.get(kind, ""))


def sessions_per_namespace(server: Server) -> Mapping[str, int]:
    """How many sessions each namespace has."""
    return dict(Counter(row.namespace for row in server.presence.all_sessions()))


def disconnect(server: Server, caller: Caller, what: str, target: str = "") -> int:
    """Disconnect one session, all of a key, all of a user (those of the user's keys too), or all anonymous ones, on every
    process. Returns how many. Raises Refused."""
    found = preview_disconnect(server, caller, what, target)

    def work(here: Transaction) -> Eviction:
        for owner in users.by_ids(here.connection, [owner.id for owner in found.owners]).values():
            here.require_holds_all(owner.permissions, owner.name)
        if what == "session" and not found.rows:
            raise Refused("not_found", "This connection is not there any more")
        return presence.evict(here.connection, what, target, len(found.rows), here.actor, here.at)

    server.presence.apply(caller.act(server, MANAGE, work))
    return len(found.rows)


def _subject(server: Server, what: str, target: str, rows: list[SessionRow]) -> tuple[str, list[User]]:
    """The subject of a disconnect in words, and the users it concerns, also those without a session now."""
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

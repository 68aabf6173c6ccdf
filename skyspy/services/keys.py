"""Heart: API keys, everybody's own and, with `keys.manage`, anybody's.

Law: a key never holds more than its owner, narrowed by its scopes, and nobody makes, rotates or ends a key whose
owner holds more than himself. A key that makes or rotates a key makes none that is wider than itself. The key's text is
given once, to whoever made it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from skyspy.auth.apikeys import MadeKey
from skyspy.clock import iso
from skyspy.server import Server
from skyspy.services.caller import Caller, Context, Refused, as_refusals, known
from skyspy.services.users import works
from skyspy.store import keys, users
from skyspy.store.keys import Key, KeySearch
from skyspy.store.users import User

MANAGE = "keys.manage"
DAY_S = 86400
DAYS_SHOWN = 14
EVERYBODYS = KeySearch()


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key, whether it works, how often it was used on each of the last days (the oldest first), and its sockets."""

    key: Key
    works: bool
    uses: tuple[int, ...]
    sockets: int


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Some keys, the newest first; how many match; how many more were left out because they ended; how many there are at all."""

    keys: list[KeyView]
    total: int
    left_out: int
    of: int


def listing(server: Server, caller: Caller, search: KeySearch = EVERYBODYS) -> KeyPage:
    """The keys of one user (his own without a right, others' with it), or of everybody, as the search says."""
    if search.user_id is None or search.user_id != caller.principal.user_id:
        caller.require(server, MANAGE)
    found = server.store.read(keys.matching, search, server.clock.wall())
    return KeyPage(_views(server, found.keys), found.total, found.left_out, found.of)


def one(server: Server, caller: Caller, key_id: int) -> KeyView:
    """One key."""
    return _views(server, [_his(server, caller, key_id)])[0]


def every(context: Context, caller: Caller, user_id: int | None = None) -> list[Key]:
    """All keys, or one user's, the newest first."""
    caller.require(context, MANAGE)
    return context.store.read(keys.every, user_id)


def owner(context: Context, caller: Caller, user_id: int) -> User:
    """The user for whom `caller` may make a key."""
    if not caller.principal.identified:
        raise Refused("permission_denied", "Sign in to make keys")
    with as_refusals():
        user = context.store.read(users.by_id, user_id)
    if not _own(caller, user):
        caller.require(context, MANAGE)
    if user.id != caller.principal.user_id:
        caller.require_outranks(context, user.permissions, user.name)
    return user


def create(
    context: Context,
    caller: Caller,
    user_id: int,
    kind: str,
    name: str,
    scopes: Iterable[str] | None = None,
    expires_at: float | None = None,
    networks: Iterable[str] | None = None,
) -> MadeKey:
    """Make a key; `scopes` None: everything its owner may; `expires_at` wall seconds; `networks` None: from anywhere."""
    user = owner(context, caller, user_id)
    narrowed = None if scopes is None else known(scopes, "scopes")
    # A caller never gives what the caller does not hold: neither a user nor a key that was given less than its owner.
    caller.require_outranks(context, user.permissions if narrowed is None else narrowed, "The key")
    if narrowed is not None and (above := sorted(narrowed - user.permissions)):
        raise Refused("invalid", f"{user.name} does not hold {above[0]}, so no key of theirs can", {"scopes": above[0]})
    places = None if networks is None else tuple(networks)
    _no_wider(context, caller, expires_at, places)
    with as_refusals():
        return context.api_keys.create(user.id, kind, name, caller.actor, narrowed, expires_at, places)


def rotate(context: Context, caller: Caller, key_id: int, overlap_s: float = 0.0) -> MadeKey:
    """Make the key's successor; the old one works on for `overlap_s` seconds."""
    old = _his(context, caller, key_id)
    _no_wider(context, caller, old.expires_at, old.networks)
    with as_refusals():
        return context.api_keys.rotate(key_id, caller.actor, overlap_s)


def revoke(context: Context, caller: Caller, key_id: int) -> Key:
    """End a key, and its sockets within two seconds."""
    _his(context, caller, key_id)
    with as_refusals():
        return context.store.write(keys.revoke, key_id, caller.actor, context.clock.wall())


def _his(context: Context, caller: Caller, key_id: int) -> Key:
    with as_refusals():
        key = context.store.read(keys.by_id, key_id)
    if not _own(caller, key.user):
        caller.require(context, MANAGE)
        caller.require_outranks(context, key.user.permissions, key.user.name)
    return key


def _no_wider(context: Context, caller: Caller, expires_at: float | None, networks: tuple[str, ...] | None) -> None:
    """Refuse a key that would be wider than the key that makes it: for longer, or from more places. (Permissions are
    compared before; a test key makes none.)"""
    maker = caller.principal
    if maker.kind != "key":
        return
    wider: dict[str, str] = {}
    if maker.expires_at is not None and (expires_at is None or expires_at > maker.expires_at):
        wider["expires_in"] = f"The key that asks ends on {iso(maker.expires_at)}: ask for an end not later than that"
    if maker.networks is not None and (networks is None or not all(_lies_in(network, maker.networks) for network in networks)):
        wider["networks"] = f"The key that asks works only from {', '.join(maker.networks)}: ask for networks within these"
    if wider:
        caller.audit_denial(context, "A wider key", wider)
        raise Refused("permission_denied", f"{next(iter(wider.values()))}, or sign in", wider)


def _lies_in(network: str, networks: Iterable[str]) -> bool:
    """Whether every address of a network is in one of the networks; so is what is no network, which the store refuses."""
    try:
        asked = ipaddress.ip_network(network)
    except ValueError:
        return True
    # Of two kinds none lies in the other, and ipaddress would rather raise than say so.
    held = [place for place in map(ipaddress.ip_network, networks) if place.version == asked.version]
    return any(asked.network_address in place and asked.broadcast_address in place for place in held)


def _own(caller: Caller, user: User) -> bool:
    """Whether he signed in himself and it is about him; a key acts for nobody by itself."""
    return caller.principal.kind == "user" and user.id == caller.principal.user_id


def _views(server: Server, found: Iterable[Key]) -> list[KeyView]:
    shown, now = list(found), server.clock.wall()
    today = int(now // DAY_S)
    days = range(today - DAYS_SHOWN + 1, today + 1)
    uses = server.store.read(keys.uses_since, [key.id for key in shown], days.start)
    sockets = server.presence.tally().keys
    return [KeyView(key, works(key, now), tuple(uses[key.id].get(day, 0) for day in days), sockets[key.id]) for key in shown]

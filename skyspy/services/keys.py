"""Application: API keys: the caller's own and, with `keys.manage`, those of other users.

Invariants: a key holds at most its owner's permissions, narrowed by its scopes. A caller makes, rotates or revokes no key whose owner
holds a permission that the caller lacks. A caller that is a key makes no key that lasts longer or is valid in more networks than
itself; what it makes ends with it: when it is revoked or rotated, and when its owner is disabled or deleted. The key's text is returned once, to the caller that made it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace

from skyspy.auth.apikeys import MadeKey
from skyspy.auth.principal import Principal
from skyspy.clock import iso
from skyspy.server import Context, Server
from skyspy.services.caller import Caller, Denied, Refused, Transaction, validated_permissions
from skyspy.store import keys, users
from skyspy.store.keys import Key, KeySearch, KeysFound, NewKey
from skyspy.store.users import User

MANAGE = "keys.manage"
DAY_S = 86400
DAYS_SHOWN = 14
EVERYBODYS = KeySearch()


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key, whether it is active, its uses on each of the last DAYS_SHOWN days (oldest first), the number of its sessions, and the
    number of working keys that end with it because it made them."""

    key: Key
    is_active: bool
    uses: tuple[int, ...]
    sockets: int
    made: int = 0


def listing(server: Server, caller: Caller, search: KeySearch = EVERYBODYS) -> KeysFound[KeyView]:
    """The keys of one user, or of all users, by the search. Other users' keys need `keys.manage`."""
    if search.user_id is None or search.user_id != caller.principal.user_id:
        caller.require(server, MANAGE)
    found = server.store.read(keys.matching, search, server.clock.wall())
    return KeysFound(_views(server, found.keys), found.total, found.left_out, found.of)


def one(server: Server, caller: Caller, key_id: int) -> KeyView:
    """One key."""
    view = _views(server, [caller.read_as_admitted(server, None, _within_reach, key_id)])[0]
    return replace(view, made=len(server.store.read(keys.made_by, [key_id], server.clock.wall())))


def every(context: Context, caller: Caller, user_id: int | None = None) -> list[Key]:
    """All keys, or one user's, the newest first."""
    return caller.read(context, MANAGE, keys.every, user_id)


def owner_for_new_key(context: Context, caller: Caller, user_id: int) -> User:
    """The user, if the caller may make a key for it. Raises Refused."""
    return caller.read_as_admitted(context, None, _owner, user_id)


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
    """Make a key. `scopes` None: all of its owner's permissions; `expires_at` wall seconds, None: never; `networks` None: anywhere."""
    limited_to = None if networks is None else tuple(networks)

    def work(here: Transaction) -> MadeKey:
        user = _owner(here, user_id)
        narrowed = None if scopes is None else validated_permissions(scopes, "scopes")
        # A caller never gives what the caller does not hold: neither a user nor a key that was given less than its owner.
        here.require_holds_all(user.permissions if narrowed is None else narrowed, "The key")
        if narrowed is not None and (above := sorted(narrowed - user.permissions)):
            raise Refused("invalid", f"{user.name} does not hold {above[0]}, so no key of theirs can", {"scopes": above[0]})
        _no_wider(here, expires_at, limited_to)
        new = NewKey(kind, name, narrowed, limited_to, expires_at, here.principal.key_id)
        return context.api_keys.create(here.connection, user.id, new, here.actor, here.at)

    return caller.act(context, None, work)


def rotate(context: Context, caller: Caller, key_id: int, overlap_s: float = 0.0) -> MadeKey:
    """Make the key's successor; the old key stays valid for `overlap_s` seconds, and so do keys that it made."""

    def work(here: Transaction) -> MadeKey:
        old = _within_reach(here, key_id)
        _no_wider(here, old.expires_at, old.networks)
        return context.api_keys.rotate(here.connection, key_id, here.actor, here.at, overlap_s, here.principal.key_id)

    return caller.act(context, None, work)


def revoke(context: Context, caller: Caller, key_id: int) -> Key:
    """Revoke a key; its sessions end within two seconds."""

    def work(here: Transaction) -> Key:
        _within_reach(here, key_id)
        return keys.revoke(here.connection, key_id, here.actor, here.at)

    return caller.act(context, None, work)


def _owner(here: Transaction, user_id: int) -> User:
    if not here.principal.identified:
        raise Refused("permission_denied", "Sign in to make keys")
    user = users.by_id(here.connection, user_id)
    if not _own(here.principal, user):
        here.require(MANAGE)
    if user.id != here.principal.user_id:
        here.require_holds_all(user.permissions, user.name)
    return user


def _within_reach(here: Transaction, key_id: int) -> Key:
    """The key, if it is the caller's own or the caller may manage the keys of its owner."""
    key = keys.by_id(here.connection, key_id)
    if not _own(here.principal, key.user):
        here.require(MANAGE)
        here.require_holds_all(key.user.permissions, key.user.name)
    return key


def _no_wider(here: Transaction, expires_at: float | None, networks: tuple[str, ...] | None) -> None:
    """Refuse a new key that would last longer, or be valid in more networks, than the key that makes it. Permissions are
    compared before; a test key makes none."""
    maker = here.principal
    if maker.kind != "key":
        return
    wider: dict[str, str] = {}
    if maker.expires_at is not None and (expires_at is None or expires_at > maker.expires_at):
        wider["expires_in"] = f"The key that asks ends on {iso(maker.expires_at)}: ask for an end not later than that"
    if maker.networks is not None and (networks is None or not all(_is_within(network, maker.networks) for network in networks)):
        wider["networks"] = f"The key that asks works only from {', '.join(maker.networks)}: ask for networks within these"
    if wider:
        message = f"{next(iter(wider.values()))}, or sign in"
        raise Denied("permission_denied", message, wider, about="A wider key", lacks=tuple(wider))


def _is_within(network: str, networks: Iterable[str]) -> bool:
    """Whether `network` is a subnet of one of `networks`. True for an invalid network, which the store refuses."""
    try:
        subnet = ipaddress.ip_network(network)
    except ValueError:
        return True
    # IPv4 and IPv6 networks never overlap; comparing addresses of both would raise.
    held = [other for other in map(ipaddress.ip_network, networks) if other.version == subnet.version]
    return any(subnet.network_address in other and subnet.broadcast_address in other for other in held)


def _own(principal: Principal, user: User) -> bool:
    """Whether the caller signed in as this user. A key does not count as its owner."""
    return principal.kind == "user" and user.id == principal.user_id


def _views(server: Server, found: Iterable[Key]) -> list[KeyView]:
    shown, now = list(found), server.clock.wall()
    today = int(now // DAY_S)
    days = range(today - DAYS_SHOWN + 1, today + 1)
    uses = server.store.read(keys.uses_since, [key.id for key in shown], days.start)
    sockets = server.presence.session_counts().keys
    return [
        KeyView(key, keys.is_active(key, now), tuple(uses[key.id].get(day, 0) for day in days), sockets[key.id]) for key in shown
    ]

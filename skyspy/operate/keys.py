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
from skyspy.house import House
from skyspy.operate.present import tally
from skyspy.operate.users import works
from skyspy.operate.who import Refused, Who, known, told
from skyspy.store.accounts import Key, User
from skyspy.store.keys import KeySearch

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


def listing(house: House, who: Who, search: KeySearch = EVERYBODYS) -> KeyPage:
    """The keys of one user (his own without a right, others' with it), or of everybody, as the search says."""
    if search.user_id is None or search.user_id != who.principal.user_id:
        who.needs(house, MANAGE)
    found = house.accounts.matching_keys(search)
    return KeyPage(_views(house, found.keys), found.total, found.left_out, found.of)


def one(house: House, who: Who, key_id: int) -> KeyView:
    """One key."""
    return _views(house, [_his(house, who, key_id)])[0]


def owner(house: House, who: Who, user_id: int) -> User:
    """The user for whom `who` may make a key."""
    if not who.principal.identified or who.principal.user_id is None:
        raise Refused("permission_denied", "Sign in to make keys")
    with told():
        user = house.accounts.user_by_id(user_id)
    if not _own(who, user):
        who.needs(house, MANAGE)
    if user.id != who.principal.user_id:
        who.stands_over(house, user.permissions, user.name)
    return user


def create(
    house: House,
    who: Who,
    user_id: int,
    kind: str,
    name: str,
    scopes: Iterable[str] | None = None,
    expires_at: float | None = None,
    networks: Iterable[str] | None = None,
) -> MadeKey:
    """Make a key; `scopes` None: everything its owner may; `expires_at` wall seconds; `networks` None: from anywhere."""
    user = owner(house, who, user_id)
    narrowed = None if scopes is None else known(scopes, "scopes")
    if narrowed is not None:
        above = sorted(narrowed - user.permissions)
        if above:
            raise Refused("invalid", f"{user.name} does not hold {above[0]}, so no key of theirs can", {"scopes": above[0]})
    # For whoever signed in this is settled; a key that was given less than its owner gives no more than it has.
    who.stands_over(house, user.permissions if narrowed is None else narrowed, "The key")
    places = None if networks is None else tuple(networks)
    _no_wider(house, who, expires_at, places)
    with told():
        return house.tokens.keys.create(user.id, kind, name, who.actor, narrowed, expires_at, places)


def rotate(house: House, who: Who, key_id: int, overlap_s: float = 0.0) -> MadeKey:
    """Make the key's successor; the old one works on for `overlap_s` seconds."""
    old = _his(house, who, key_id)
    _no_wider(house, who, old.expires_at, old.networks)
    with told():
        return house.tokens.keys.rotate(key_id, who.actor, overlap_s)


def revoke(house: House, who: Who, key_id: int) -> Key:
    """End a key, and its sockets within two seconds."""
    _his(house, who, key_id)
    with told():
        return house.accounts.revoke_key(key_id, who.actor)


def _his(house: House, who: Who, key_id: int) -> Key:
    with told():
        key = house.accounts.key_by_id(key_id)
    if not _own(who, key.user):
        who.needs(house, MANAGE)
        who.stands_over(house, key.user.permissions, key.user.name)
    return key


def _no_wider(house: House, who: Who, expires_at: float | None, networks: tuple[str, ...] | None) -> None:
    """Refuse a key that would be wider than the key that makes it: for longer, or from more places. (Permissions are
    compared before; a test key makes none.)"""
    maker = who.principal
    if maker.kind != "key":
        return
    wider: dict[str, str] = {}
    if maker.expires_at is not None and (expires_at is None or expires_at > maker.expires_at):
        wider["expires_in"] = f"The key that asks ends on {iso(maker.expires_at)}: ask for an end not later than that"
    if maker.networks is not None and (networks is None or not all(_lies_in(network, maker.networks) for network in networks)):
        wider["networks"] = f"The key that asks works only from {', '.join(maker.networks)}: ask for networks within these"
    if wider:
        who.was_refused(house, "A wider key", wider)
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


def _own(who: Who, user: User) -> bool:
    """Whether he signed in himself and it is about him; a key acts for nobody by itself."""
    return who.principal.kind == "user" and user.id == who.principal.user_id


def _views(house: House, keys: Iterable[Key]) -> list[KeyView]:
    shown, now = list(keys), house.clock.wall()
    today = int(now // DAY_S)
    days = range(today - DAYS_SHOWN + 1, today + 1)
    uses = house.accounts.key_uses_since([key.id for key in shown], days.start)
    sockets = tally(house).keys
    return [KeyView(key, works(key, now), tuple(uses[key.id].get(day, 0) for day in days), sockets[key.id]) for key in shown]

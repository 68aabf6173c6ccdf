"""Ground floor: which address a request really came from.

Law: a forwarding header is believed only as far as the chain of trusted proxies reaches. The
address is the rightmost one that no trusted proxy stands behind; everything left of it was
written by the client and proves nothing. Pure: values in, values out; no request object.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOCAL = "127.0.0.1"
"""What a peer on a Unix socket counts as: it can only be a process of this machine."""

_LONGEST_CHAIN = 32


def client_address(remote: str | None, forwarded_for: str | None, trusted: Iterable[Network]) -> str:
    """The client's address as text, without port.

    `remote` is the TCP peer (None or "" for a Unix socket), `forwarded_for` the X-Forwarded-For
    header as it came, `trusted` the networks whose header is believed. Never raises.
    """
    peer = parse(remote or LOCAL)
    if peer is None:
        return remote or LOCAL
    networks = tuple(trusted)
    if not forwarded_for or not _within(peer, networks):
        return str(peer)
    # A chain longer than any real one is hostile; its right end is all that is looked at anyway.
    for word in reversed(forwarded_for.rsplit(",", _LONGEST_CHAIN)[-_LONGEST_CHAIN:]):
        hop = parse(word)
        if hop is None:
            # "unknown", an obfuscated name or rubbish: the last address that is certain stands.
            return str(peer)
        peer = hop
        if not _within(peer, networks):
            break
    return str(peer)


def is_trusted(remote: str | None, trusted: Iterable[Network]) -> bool:
    """Whether the TCP peer is a proxy whose X-Forwarded-* headers are believed."""
    peer = parse(remote or LOCAL)
    return peer is not None and _within(peer, tuple(trusted))


def came_over_tls(remote: str | None, scheme: str, forwarded_proto: str | None, trusted: Iterable[Network]) -> bool:
    """Whether the client came over TLS: to us (`scheme` https), or to a trusted proxy that says so in X-Forwarded-Proto."""
    if forwarded_proto is not None and is_trusted(remote, trusted):
        # The nearest proxy wrote the last word; what stands before it came from outside.
        scheme = forwarded_proto.rpartition(",")[2].strip().lower()
    return scheme == "https"


def is_loopback(address: str) -> bool:
    """Whether the address is this machine itself, which per-address connection limits do not count."""
    parsed = parse(address)
    return parsed is not None and parsed.is_loopback


def limit_key(address: str) -> str:
    """What per-address limits count by: the address itself, but an IPv6 host's whole /64, because
    one subscriber owns 2**64 addresses and could take a fresh one for every attempt."""
    parsed = parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed) if parsed is not None else address[:64]


def parse(text: str) -> Address | None:
    """Read `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]` or `[::1]:80`; None when it is no address.
    An IPv4 address wrapped in IPv6 comes back as IPv4, so that one host has one name."""
    word = text.strip().strip('"')
    if word.startswith("["):
        word = word[1:].partition("]")[0]
    elif word.count(":") == 1:
        word = word.partition(":")[0]
    try:
        # A zone ("%eth0") belongs to this machine's view of the link, not to the client's name.
        address = ipaddress.ip_address(word.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)

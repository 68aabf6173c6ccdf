"""Which addresses are public, which are private, and which are no server's; and hosts as a person may write them.

Owners who hold settings.manage may use private networks and this machine. Some addresses are no server's, or give away a machine's
credentials: they are refused for everybody. Only the standard library is needed here: the process for Apprise imports it too.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from skyspy.outbound import OutboundError


class GuardError(OutboundError):
    """A host to which no connection may go; the message is one line for its owner, and says no address."""


class Reach(Enum):
    """Who may have a connection to an address."""

    PUBLIC = "public"
    PRIVATE = "private"
    NONE = "none"


class _Range(NamedTuple):
    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    reach: Reach
    name: str


def _range(network: str, reach: Reach, name: str) -> _Range:
    return _Range(ipaddress.ip_network(network), reach, name)


_RANGES = (
    _range("0.0.0.0/8", Reach.NONE, "no host's address"),
    _range("10.0.0.0/8", Reach.PRIVATE, "a private network"),
    _range("100.64.0.0/10", Reach.PRIVATE, "the network of a provider (CGNAT)"),
    _range("127.0.0.0/8", Reach.PRIVATE, "the server itself"),
    _range("169.254.0.0/16", Reach.NONE, "a link-local network"),
    _range("172.16.0.0/12", Reach.PRIVATE, "a private network"),
    _range("192.0.0.0/24", Reach.NONE, "a reserved network"),
    _range("192.0.2.0/24", Reach.NONE, "a network for documentation"),
    _range("192.88.99.0/24", Reach.NONE, "a tunnel (6to4)"),
    _range("192.168.0.0/16", Reach.PRIVATE, "a private network"),
    _range("198.18.0.0/15", Reach.NONE, "a network for measurements"),
    _range("198.51.100.0/24", Reach.NONE, "a network for documentation"),
    _range("203.0.113.0/24", Reach.NONE, "a network for documentation"),
    _range("224.0.0.0/4", Reach.NONE, "a multicast group"),
    _range("240.0.0.0/4", Reach.NONE, "a reserved network"),
    _range("::1/128", Reach.PRIVATE, "the server itself"),
    _range("fc00::/7", Reach.PRIVATE, "a private network (ULA)"),
    _range("fe80::/10", Reach.NONE, "a link-local network"),
    _range("ff00::/8", Reach.NONE, "a multicast group"),
    _range("2001::/23", Reach.NONE, "a reserved network or a tunnel (Teredo)"),
    _range("2001:db8::/32", Reach.NONE, "a network for documentation"),
    _range("2002::/16", Reach.NONE, "a tunnel (6to4)"),
    _range("3fff::/20", Reach.NONE, "a network for documentation"),
)
"""What is not public, after IANA's registries of special addresses. The first row that holds an address decides."""
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
"""Of IPv6 nothing else is public."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""Networks without IPv4 reach an IPv4 host by this: its address is in the last four bytes, and decides."""

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an address is public, and what it is, for people ("a private network")."""

    reach: Reach
    name: str


def judge(address: str) -> Verdict:
    """What an address is, written as the system writes it. Raises ValueError where it is none."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return judge(str(found.ipv4_mapped))
        if found in _NAT64:
            return judge(str(ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)))
    for row in _RANGES:
        if found.version == row.network.version and found in row.network:
            return Verdict(row.reach, row.name)
    if found.version == 6 and found not in _PUBLIC_IPV6:
        return Verdict(Reach.NONE, "a reserved network")
    return Verdict(Reach.PUBLIC, "the internet")


def refuse(address: str, *, may_private: bool) -> None:
    """Raise GuardError where no connection may go to this address."""
    verdict = judge(address)
    if verdict.reach is Reach.NONE:
        raise GuardError(f"the host is in {verdict.name}: no alert is sent there")
    if verdict.reach is Reach.PRIVATE and not may_private:
        raise GuardError(f"the host is in {verdict.name}: only who may manage settings can send alerts there")


def host_of(text: str) -> str:
    """A host as it is resolved: a name in lower case, or an address as the system writes it, without brackets. Raises GuardError for what is
    neither, and for addresses in other forms (decimal, octal, hexadecimal, shortened), by which programs disagree."""
    bare = text.strip().removeprefix("[").removesuffix("]").rstrip(".").lower()
    if ":" in bare:
        try:
            return str(ipaddress.IPv6Address(bare))
        except ValueError:
            raise GuardError("the host is no address that can be read") from None
    try:
        name = bare.encode("idna").decode("ascii").rstrip(".")
    except UnicodeError:
        name = ""
    labels = name.split(".")
    if not name or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise GuardError("the host is not a name such as hooks.example, or an address")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise GuardError("write an IPv4 address as four decimal numbers, such as 198.51.100.7") from None
    return name


def is_address(host: str) -> bool:
    """Whether a host is an address and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

"""Base: who a connection or request comes from, as far as trusted proxies vouch for it.

Invariants: a forwarding header counts only when the TCP peer is a trusted proxy. The client's address is the
rightmost one in X-Forwarded-For that is not a trusted proxy; everything left of it was written by the client
and proves nothing. Pure except for `peer_of` and `enter_prefix`, which keep their results in the WSGI environ.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOCAL = "127.0.0.1"
"""What a peer on a Unix socket counts as: it can only be a process of this machine."""

MAX_CHAIN = 32
"""Entries of X-Forwarded-For that are looked at, counted from the right."""

_KEY = "skyspy.peer"
"""Where the WSGI environ keeps its Peer. No client can write it: headers become HTTP_* keys."""

MAX_PREFIX = 128
"""Characters of X-Forwarded-Prefix; a longer one is ignored."""

_PREFIX = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+", re.ASCII)
"""Segments of unreserved characters (RFC 3986). None is empty or begins with a dot: browsers resolve those."""

OWN_PATHS = frozenset(
    {"admin", "api", "assets", "data", "favicon.ico", "healthz", "metrics", "readyz", "socket.io", "static", "v2"}
)
"""First segments of SkySpy's own paths. A prefix does not begin with one: whether the proxy left it there is not known."""

_ENTERED = "skyspy.prefix"
"""Whether `enter_prefix` has seen this WSGI environ."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of one connection or request.

    `address` is the client's address as text without port; `secure` is whether it came over TLS; `origin` is this
    server's origin as the client addressed it, e.g. `https://sky.example:8443` ("" when its Host is not a host).
    """

    address: str
    secure: bool = False
    origin: str = ""


def peer_of(environ: MutableMapping[str, Any], trusted: Iterable[Network]) -> Peer:
    """The Peer of a WSGI request: resolved by the first call and kept in the environ for all later ones."""
    kept = environ.get(_KEY)
    if isinstance(kept, Peer):
        return kept
    peer = environ[_KEY] = resolve_peer(environ, trusted)
    return peer


def resolve_peer(environ: Mapping[str, Any], trusted: Iterable[Network]) -> Peer:
    """The Peer that a WSGI environ describes; `trusted` are the proxies whose X-Forwarded-* headers count. Never raises."""
    networks = tuple(trusted)
    remote, scheme, host = environ.get("REMOTE_ADDR"), environ.get("wsgi.url_scheme", "http"), environ.get("HTTP_HOST", "")
    if is_trusted(remote, networks):
        scheme = _last_word(environ.get("HTTP_X_FORWARDED_PROTO", scheme)).lower()
        host = _last_word(environ.get("HTTP_X_FORWARDED_HOST", host))
    secure = scheme == "https"
    origin = canonical_origin(f"{'https' if secure else 'http'}://{host}")
    return Peer(client_address(remote, environ.get("HTTP_X_FORWARDED_FOR"), networks), secure, origin or "")


def enter_prefix(environ: MutableMapping[str, Any], trusted: Iterable[Network]) -> str:
    """Move the path prefix that a trusted proxy names in X-Forwarded-Prefix to SCRIPT_NAME, from which Flask makes addresses.

    The prefix is taken off PATH_INFO where the proxy left it there. Returns why the header is ignored, else "". Only the first
    call for a request does anything. Never raises.
    """
    given = environ.get("HTTP_X_FORWARDED_PREFIX", "").strip()
    if not given or environ.get(_ENTERED):
        return ""
    environ[_ENTERED] = True
    if not is_trusted(environ.get("REMOTE_ADDR"), trusted):
        return "name the proxy in SKYSPY_TRUSTED_PROXIES"
    prefix = canonical_prefix(_last_word(given))
    if prefix is None:
        return "write a path such as /skyspy"
    if (first := prefix[1:].partition("/")[0]) in OWN_PATHS:
        return f"/{first} is a path of SkySpy's own, choose another prefix"
    environ["SCRIPT_NAME"] = prefix + environ.get("SCRIPT_NAME", "")
    path = environ.get("PATH_INFO", "")
    if prefix and (path == prefix or path.startswith(prefix + "/")):
        environ["PATH_INFO"] = path.removeprefix(prefix) or "/"
    return ""


def canonical_prefix(text: str) -> str | None:
    """A path prefix without a slash at its end ("" for `/`); None for what is no path prefix."""
    prefix = text.removesuffix("/")
    if prefix == "":
        return "" if text else None
    return prefix if len(prefix) <= MAX_PREFIX and _PREFIX.fullmatch(prefix) else None


_NO_ORIGINS = frozenset({"about", "blob", "data", "file", "filesystem", "ftp", "ftps", "javascript", "ws", "wss"})
"""Schemes that are no origin of a page, or of one that has no host of its own."""


def canonical_origin(text: str) -> str | None:
    """An origin in lower case and without a default port: of a web page, or of an app shell such as capacitor://localhost. None for
    what is none (such as `null`)."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return None
    host, default = parts.hostname, _DEFAULT_PORTS.get(parts.scheme, 0)
    if (
        not parts.scheme
        or parts.scheme in _NO_ORIGINS
        or not host
        or "@" in parts.netloc
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
    ):
        return None
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" if port in (None, 0, default) else f"{parts.scheme}://{host}:{port}"


def client_address(remote: str | None, forwarded_for: str | None, trusted: Iterable[Network]) -> str:
    """The client's address as text, without port.

    `remote` is the TCP peer (None or "" for a Unix socket), `forwarded_for` the X-Forwarded-For
    header as it came, `trusted` the networks whose header counts. Never raises.
    """
    peer = parse(remote or LOCAL)
    if peer is None:
        return remote or LOCAL
    networks = tuple(trusted)
    if not forwarded_for or not _within(peer, networks):
        return str(peer)
    # Only the right end matters, and a chain longer than any real one is hostile.
    for word in reversed(forwarded_for.rsplit(",", MAX_CHAIN)[-MAX_CHAIN:]):
        hop = parse(word)
        if hop is None:
            # "unknown", an obfuscated name or garbage: the last certain address counts.
            return str(peer)
        peer = hop
        if not _within(peer, networks):
            break
    return str(peer)


def is_trusted(remote: str | None, trusted: Iterable[Network]) -> bool:
    """Whether the TCP peer is a trusted proxy."""
    peer = parse(remote or LOCAL)
    return peer is not None and _within(peer, tuple(trusted))


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


def _last_word(header: str) -> str:
    """The last entry of a forwarding header: the nearest proxy wrote it, all before it came from outside."""
    return header.rpartition(",")[2].strip()


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)

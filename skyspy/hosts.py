"""Base: the host names that the server answers to, where the operator lists them.

A page of another site can make its own name resolve to this server's address (DNS rebinding). The browser then takes the server for
that site, and lets the page read it. The `Host` header still has the page's name, so a list of one's own names ends it.
"""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from urllib.parse import urlsplit

from skyspy.address import canonical_origin


class HostError(ValueError):
    """A word is not a host name. The message is one line for the operator."""


def parse_list(text: str) -> frozenset[str]:
    """The host names of a list that is separated by commas or blanks; ports are ignored. Raises HostError."""
    return frozenset(_parse(word) for word in text.replace(",", " ").split())


def is_allowed_host(origin: str, hosts: frozenset[str]) -> bool:
    """Whether the server answers under this origin (as in `address.Peer`). Without a list it answers under every one. This
    machine's own names are always listed: no other site's page can have them."""
    if not hosts:
        return True
    name = (urlsplit(origin).hostname or "").rstrip(".")
    return name in hosts or name == "localhost" or _is_loopback(name)


def _is_loopback(name: str) -> bool:
    # Strictly: what reads client addresses passes over zones and quotes, behind which any name may stand.
    with suppress(ValueError):
        found = ipaddress.ip_address(name)
        mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
        return "%" not in name and (mapped or found).is_loopback
    return False


def _parse(word: str) -> str:
    # An IPv6 address may be written without its brackets.
    bare = f"[{word}]" if word.count(":") > 1 and not word.startswith("[") else word
    origin = canonical_origin(f"http://{bare}") if "/" not in word else None
    name = (urlsplit(origin or "").hostname or "").rstrip(".")
    try:
        # Browsers send international names in this form.
        name = name.encode("idna").decode()
    except UnicodeError:
        name = ""
    if not name or not all(letter.isalnum() or letter in ".-_:" for letter in name):
        raise HostError(f"{word!r} is not a host name such as sky.example")
    return name

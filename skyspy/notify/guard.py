"""To which hosts a connection for alerts may go.

A person writes the host, and the server connects to it: without a guard everybody could reach what only the server can reach (this machine,
its network, the metadata of a cloud). A name is resolved once, all its addresses are judged (ranges.py), and the connection goes to one of
those: a name that changes its answer afterwards changes nothing. Webhooks and MQTT use this; the process for Apprise judges each
address at the moment at which it connects (apprise_worker.py).
"""

from __future__ import annotations

from skyspy.notify.ranges import GuardError, host_of, is_address, refuse
from skyspy.outbound.resolver import Address, Resolver

__all__ = ["GuardError", "check", "check_host"]


def check_host(text: str, *, may_private: bool) -> str:
    """The host as it is resolved, when a destination is saved: a name is not resolved, an address is judged. Raises GuardError."""
    host = host_of(text)
    if is_address(host):
        refuse(host, may_private=may_private)
    elif not may_private and (host == "localhost" or host.endswith(".localhost")):
        refuse("127.0.0.1", may_private=False)
    return host


def check(host: str, port: int, resolver: Resolver, seconds: float, *, may_private: bool) -> list[Address]:
    """The addresses to connect to, resolved once within `seconds` and judged: where one is refused, none is used. Raises GuardError,
    OutboundError and socket.gaierror as the resolver."""
    name = host_of(host)
    found = resolver.addresses(name, port, seconds)
    for _, address in found:
        refuse(str(address[0]), may_private=may_private)
    return found

"""Name resolution on native threads of its own.

Invariants: a name server that does not answer delays nothing but those whose names it should resolve. A lookup that got no
answer in its time keeps its thread until the C library gives up, so that such names share a pool apart from the others, and a
name that was resolved before keeps its last addresses.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from gevent import monkey, socket

from skyspy.outbound import OutboundError
from skyspy.store.worker_pool import WorkerPool, WorkerPoolFull

Address = tuple[int, Any]
"""An address family, and the address as socket.connect takes it."""
Lookup = Callable[[str, int], list[Address]]
"""Resolves a host and a port. Runs on a native thread, may block, raises socket.gaierror."""

LOOKUP_THREADS, UNANSWERED_THREADS = 4, 2
MAX_WAITING = 128
"""Lookups that may wait for a thread."""
FRESH_SECONDS = 30.0
"""Addresses are used without a new lookup for so long."""
MAX_NAMES = 512
"""Names that are remembered."""

_native_getaddrinfo = monkey.get_original("socket", "getaddrinfo")
"""The blocking one: gevent's would make a hub on the native thread."""


def system_lookup(host: str, port: int, flags: int = 0) -> list[Address]:
    """Ask the operating system."""
    return [(int(row[0]), row[4]) for row in _native_getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, flags)]


@dataclass(frozen=True, slots=True)
class _Known:
    addresses: list[Address]
    at: float


class Resolver:
    """Resolves the names of hosts. `lookup` and `monotonic` are replaced in tests."""

    def __init__(self, lookup: Lookup = system_lookup, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lookup, self._monotonic = lookup, monotonic
        self._pool = WorkerPool(LOOKUP_THREADS, MAX_WAITING, native=True)
        self._unanswered_pool = WorkerPool(UNANSWERED_THREADS, MAX_WAITING, native=True)
        self._known: dict[tuple[str, int], _Known] = {}
        self._unanswered: dict[tuple[str, int], None] = {}

    def addresses(self, host: str, port: int, seconds: float) -> list[Address]:
        """The addresses of a host, within `seconds`. Raises OutboundError where no name server answered, socket.gaierror where
        the name does not exist."""
        try:
            return system_lookup(host, port, socket.AI_NUMERICHOST)
        except socket.gaierror:
            pass  # A name, and no address.
        except UnicodeError:
            raise OutboundError(f"{host} is not the name of a host") from None
        name = (host, port)
        known = self._known.get(name)
        if known is not None and self._monotonic() - known.at < FRESH_SECONDS:
            return known.addresses
        begun: list[bool] = []

        def job() -> list[Address]:
            begun.append(True)
            return self._lookup(host, port)

        pool = self._unanswered_pool if name in self._unanswered else self._pool
        try:
            with gevent.Timeout(seconds, TimeoutError()):
                found = pool.run(job)
        except (TimeoutError, WorkerPoolFull, socket.gaierror) as error:
            if isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN:
                raise
            if begun:
                _remember(self._unanswered, name, None)
            if known is not None:
                return known.addresses
            raise OutboundError(f"the name {host} does not resolve: no name server answered in {seconds:g} s") from None
        self._unanswered.pop(name, None)
        _remember(self._known, name, _Known(found, self._monotonic()))
        return found

    def close(self) -> None:
        """End the threads, as soon as their lookups have ended."""
        self._pool.close()
        self._unanswered_pool.close()


def connect(addresses: list[Address], seconds: float) -> socket.socket:
    """A TCP connection to the first of the addresses that takes one, trying each for `seconds`. Raises OSError."""
    failure: OSError = OSError("the name has no address")
    for family, address in addresses:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(seconds)
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


def _remember(names: dict[tuple[str, int], Any], name: tuple[str, int], value: object) -> None:
    """Put a name at the end of a dictionary, and drop the oldest beyond MAX_NAMES."""
    names.pop(name, None)
    names[name] = value
    if len(names) > MAX_NAMES:
        del names[next(iter(names))]

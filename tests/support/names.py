"""A name server for tests."""

from __future__ import annotations

import threading

from gevent import monkey, socket

from skyspy.outbound.resolver import Address


class NameServer:
    """A lookup by a table. A name that is not in it is never answered, until `release`."""

    def __init__(self, **known: str) -> None:
        self.known = known
        self.asked: list[str] = []
        self._released = (
            threading.Event() if not monkey.is_module_patched("threading") else monkey.get_original("threading", "Event")()
        )

    def __call__(self, host: str, port: int) -> list[Address]:
        self.asked.append(host)
        if host not in self.known:
            self._released.wait(60)
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        if not self.known[host]:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [(socket.AF_INET, (self.known[host], port))]

    def release(self) -> None:
        self._released.set()

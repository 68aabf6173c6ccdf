"""How many receivers are checked at once: each check opens a connection and decodes for some seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

MAX_CHECKS = 3
"""Checks at the same time in one process."""


class ChecksBusy(Exception):
    """A check was not begun; the message is one line for the person who asked."""


class ReceiverChecks:
    """The checks that run in this process, at most one for each person."""

    def __init__(self) -> None:
        self._running: set[object] = set()

    @contextmanager
    def one(self, person: object) -> Iterator[None]:
        """Hold one of the places while a check runs. Raises ChecksBusy at once where there is none."""
        if person in self._running:
            raise ChecksBusy("another check of yours is running: wait until it has ended")
        if len(self._running) >= MAX_CHECKS:
            raise ChecksBusy(f"{MAX_CHECKS} receivers are being checked already: try again in a few seconds")
        self._running.add(person)
        try:
            yield
        finally:
            self._running.discard(person)

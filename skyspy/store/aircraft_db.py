"""Looks aircraft up in the aircraft database, a file of its own that is only read (store/aircraft_file.py).

Invariants: SQLite runs on one native thread, so no look-up holds the hub; what was found, and what was not, is remembered for the last
MAX_REMEMBERED aircraft. A file that was replaced is opened again by `refresh`. A database that cannot be read is one that knows
nothing: it is logged once.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from skyspy.aircraft import Value
from skyspy.store import aircraft_file
from skyspy.store.errors import StoreError
from skyspy.store.worker_pool import WorkerPool, WorkerPoolFull

log = logging.getLogger(__name__)

MAX_REMEMBERED = 20_000
MAX_AT_ONCE = 2000
"""Aircraft in one look-up: some 20 ms on the native thread."""
_TIMEOUT_S = 10.0

_NOTHING: Mapping[str, Value] = {}


class AircraftDb:
    """The aircraft database at a path, where there may be none. `looked_up` counts aircraft that were looked up in the file,
    `known` those that were found there."""

    def __init__(self, path: Path, max_remembered: int = MAX_REMEMBERED) -> None:
        self.looked_up = self.known = 0
        self._path = path
        self._max_remembered = max_remembered
        self._remembered: OrderedDict[str, Mapping[str, Value]] = OrderedDict()
        self._pool = WorkerPool(timeout=_TIMEOUT_S)
        self._signature: tuple[int, int, int] | None = None
        # Touched on the native thread only.
        self._connection: sqlite3.Connection | None = None

    def refresh(self) -> bool:
        """Open the file, if it is another one than before. Returns whether it is: what was found before no longer holds."""
        try:
            current, why = self._pool.run(self._reopen)
        except WorkerPoolFull:
            return False
        if current == self._signature:
            return False
        self._signature = current
        self._remembered.clear()
        if why is None:
            log.info("%s", f"using the aircraft database {self._path}" if current else "there is no aircraft database any more")
        else:
            log.warning("%s", why)
        return True

    def find(self, hexes: Iterable[str]) -> dict[str, Mapping[str, Value]]:
        """What the database says of these aircraft (hex in upper case): fields by name, none for an unknown one. An aircraft is missing
        only if the look-up could not be made now. May yield."""
        remembered, result = self._remembered, {}
        missing: list[str] = []
        for hex_ in hexes:
            found = remembered.get(hex_)
            if found is None:
                missing.append(hex_)
            else:
                remembered.move_to_end(hex_)
                result[hex_] = found
        for start in range(0, len(missing), MAX_AT_ONCE):
            chunk, signature = missing[start : start + MAX_AT_ONCE], self._signature
            addresses = [int(hex_, 16) for hex_ in chunk if not hex_.startswith("~")]
            try:
                rows, why = self._pool.run(partial(self._look_up, addresses)) if signature else ({}, None)
            except WorkerPoolFull:
                return result
            if why is not None:
                log.warning("%s", why)
            if signature != self._signature:
                return result
            self.looked_up += len(addresses)
            self.known += len(rows)
            for hex_ in chunk:
                # An address with ~ is no ICAO address: no list has it.
                result[hex_] = remembered[hex_] = _NOTHING if hex_.startswith("~") else rows.get(int(hex_, 16), _NOTHING)
        while len(remembered) > self._max_remembered:
            remembered.popitem(last=False)
        return result

    def close(self) -> None:
        """Close the file; a later use opens it again."""
        try:
            self._pool.run(self._close)
        except WorkerPoolFull:
            log.warning("the aircraft database was not closed: its thread is busy")
        self._pool.close()
        self._signature = None
        self._remembered.clear()

    # -- on the native thread -------------------------------------------------------------------

    def _reopen(self) -> tuple[tuple[int, int, int] | None, str | None]:
        """The signature of the present file, open if it is a new one and can be opened; and why it cannot be."""
        current = aircraft_file.signature(self._path)
        if current == self._signature:
            return current, None
        self._close()
        if current is None:
            return None, None
        try:
            self._connection = aircraft_file.open_file(self._path)
        except StoreError as error:
            return current, str(error)
        return current, None

    def _look_up(self, addresses: list[int]) -> tuple[dict[int, dict[str, Value]], str | None]:
        """The rows that were found, and what is wrong with the file."""
        if self._connection is None or not addresses:
            return {}, None
        try:
            return aircraft_file.look_up(self._connection, addresses), None
        except sqlite3.Error as error:
            # Nothing is known until the file is replaced.
            self._close()
            return {}, f"the aircraft database {self._path} is damaged: {error}"

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

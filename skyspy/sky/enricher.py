"""Application: gives a sky's aircraft what the aircraft database says about them.

Each aircraft is looked up once when it is first heard, and all are looked up again when the database's file is replaced. Look-ups are
made in batches on a native thread. While the sky shows simulated traffic nothing is looked up: invented aircraft have addresses that real
ones may have too.
"""

from __future__ import annotations

from skyspy.loop import Loop
from skyspy.sky.sky import Sky
from skyspy.store.aircraft_db import AircraftDb

EVERY_S = 0.5
"""Seconds until a new aircraft is looked up and a new file is noticed."""
BATCH = 500


class Enricher:
    """The loop that looks up the aircraft of one sky."""

    def __init__(self, sky: Sky, database: AircraftDb) -> None:
        self._sky = sky
        self._database = database
        self._waiting: list[str] = []
        self._is_whole = False
        """Whether all aircraft have been noted since the last simulated traffic."""
        self.loop = Loop(f"looking up the {sky.name} sky's aircraft", self.run, sky.view.clock, EVERY_S)

    def start(self) -> None:
        """Look aircraft up from now on."""
        self._sky.tracker.descriptions.notes_newcomers = True
        self.loop.start()

    def stop(self) -> None:
        """Look no more aircraft up."""
        self.loop.stop()
        self._database.close()

    def run(self) -> None:
        """One round."""
        descriptions = self._sky.tracker.descriptions
        newcomers = descriptions.take_newcomers()
        is_new = self._database.refresh()
        if any(receiver["state"] == "demo" for receiver in self._sky.receivers.status()):
            self._is_whole = False
            return
        if is_new or not self._is_whole:
            self._is_whole = True
            self._waiting = descriptions.everyone()
        else:
            self._waiting += newcomers
        while self._waiting:
            batch = self._waiting[:BATCH]
            found = self._database.find(batch)
            self._sky.describe(found)
            if len(found) < len(set(batch)):
                return  # the rest at the next round
            del self._waiting[:BATCH]

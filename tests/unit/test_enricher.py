"""A sky's aircraft get what the aircraft database says: once each, again for a new file, and never simulated ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from skyspy import registration
from skyspy.aircraft import Value
from skyspy.sky.enricher import BATCH, Enricher
from skyspy.tracker import Limits, Tracker
from tests.support.tracker import T0, heard, shown


class Database:
    """Knows what a test says, and remembers what it was asked."""

    def __init__(self, known: dict[str, dict[str, Value]]) -> None:
        self.known = known
        self.asked: list[list[str]] = []
        self.is_new = self.is_busy = False

    def refresh(self) -> bool:
        is_new, self.is_new = self.is_new, False
        return is_new

    def find(self, hexes: Iterable[str]) -> dict[str, Mapping[str, Value]]:
        self.asked.append(list(hexes))
        return {} if self.is_busy else {hex_: self.known.get(hex_, {}) for hex_ in self.asked[-1]}

    def close(self) -> None:
        """Nothing is open."""


class Receivers:
    state = "up"

    def status(self) -> list[dict[str, Any]]:
        return [{"state": self.state}]


class View:
    clock = None


class Sky:
    name = "live"
    view = View()

    def __init__(self) -> None:
        self.tracker = Tracker(Limits(), None, "e", registration.describe)
        self.tracker.descriptions.notes_newcomers = True
        self.receivers = Receivers()

    def describe(self, found: Mapping[str, Mapping[str, Value]]) -> None:
        self.tracker.descriptions.put(found)


@pytest.fixture
def sky() -> Sky:
    return Sky()


@pytest.fixture
def database() -> Database:
    return Database({"4CA87C": {"r": "EI-ABC", "t": "A320"}})


@pytest.fixture
def enricher(sky: Sky, database: Database) -> Enricher:
    return Enricher(sky, database)  # type: ignore[arg-type]


def test_an_aircraft_is_looked_up_once(sky: Sky, database: Database, enricher: Enricher) -> None:
    sky.tracker.apply(heard(T0), T0)
    for _ in range(3):
        enricher.run()
        sky.tracker.apply(heard(T0 + 1), T0 + 1)
    assert database.asked == [["4CA87C"]]
    assert shown(sky.tracker, T0 + 1)["r"] == "EI-ABC"


def test_a_new_file_has_all_aircraft_looked_up_again(sky: Sky, database: Database, enricher: Enricher) -> None:
    sky.tracker.apply(heard(T0), T0)
    enricher.run()
    database.known = {"4CA87C": {"r": "EI-NEW"}}
    enricher.run()
    assert shown(sky.tracker, T0)["r"] == "EI-ABC"
    database.is_new = True
    enricher.run()
    aircraft = shown(sky.tracker, T0)
    assert aircraft["r"] == "EI-NEW"
    assert "t" not in aircraft


def test_many_are_looked_up_in_batches(sky: Sky, database: Database, enricher: Enricher) -> None:
    for number in range(BATCH * 2 + 1):
        sky.tracker.apply(heard(T0, hex_=f"{0x400000 + number:06X}"), T0)
    enricher.run()
    assert [len(asked) for asked in database.asked] == [BATCH, BATCH, 1]


def test_what_could_not_be_looked_up_is_tried_again(sky: Sky, database: Database, enricher: Enricher) -> None:
    sky.tracker.apply(heard(T0), T0)
    database.is_busy = True
    enricher.run()
    assert "r" not in shown(sky.tracker, T0)
    database.is_busy = False
    enricher.run()
    assert shown(sky.tracker, T0)["r"] == "EI-ABC"


def test_simulated_traffic_is_not_looked_up(sky: Sky, database: Database, enricher: Enricher) -> None:
    sky.receivers.state = "demo"
    sky.tracker.apply(heard(T0), T0)
    enricher.run()
    assert database.asked == []
    sky.receivers.state = "up"
    sky.tracker.apply(heard(T0, hex_="4CA87D"), T0)
    enricher.run()
    assert database.asked == [["4CA87C", "4CA87D"]]

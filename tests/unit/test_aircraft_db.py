"""Look-ups in the aircraft database: what is remembered, that a new file is noticed, and that a bad one is one that knows nothing."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from skyspy.aircraft import Value
from skyspy.store import aircraft_file
from skyspy.store.aircraft_db import AircraftDb


def write(path: Path, rows: Mapping[str, Mapping[str, Value]], name: str = "list", at: float = 1.0) -> None:
    with aircraft_file.replacing(path, name) as writer:
        writer.put((int(hex_, 16), fields) for hex_, fields in rows.items())
        writer.finish(name, "csv", "here", at, 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / aircraft_file.FILE


def test_aircraft_are_found_and_unknown_ones_have_nothing(path: Path) -> None:
    write(path, {"4CA87C": {"r": "EI-ABC", "dbFlags": 1}})
    database = AircraftDb(path)
    assert database.refresh()
    assert database.find(["4CA87C", "4CA87D", "~4CA87C"]) == {
        "4CA87C": {"r": "EI-ABC", "dbFlags": 1},
        "4CA87D": {},
        "~4CA87C": {},
    }
    assert (database.looked_up, database.known) == (2, 1)
    assert not database.refresh()
    database.close()


def test_what_was_looked_up_is_remembered_also_if_it_was_not_found(path: Path) -> None:
    write(path, {"4CA87C": {"r": "EI-ABC"}})
    database = AircraftDb(path, max_remembered=2)
    database.refresh()
    for _ in range(3):
        database.find(["4CA87C", "4CA87D"])
    assert database.looked_up == 2
    database.find(["4CA87C"])
    database.find(["4CA87E"])  # the one that was asked for longest ago is forgotten
    database.find(["4CA87C"])
    assert database.looked_up == 3
    database.find(["4CA87D"])
    assert database.looked_up == 4


def test_without_a_file_nothing_is_known_and_a_new_one_is_noticed(path: Path) -> None:
    database = AircraftDb(path)
    assert not database.refresh()
    assert database.find(["4CA87C"]) == {"4CA87C": {}}
    write(path, {"4CA87C": {"r": "EI-ABC"}})
    assert database.refresh()
    assert database.find(["4CA87C"]) == {"4CA87C": {"r": "EI-ABC"}}
    path.unlink()
    assert database.refresh()
    assert database.find(["4CA87C"]) == {"4CA87C": {}}


def test_a_reader_has_a_whole_file_while_it_is_replaced(path: Path) -> None:
    write(path, {f"{address:06X}": {"r": "OLD"} for address in range(0x400000, 0x401000)})
    database = AircraftDb(path)
    database.refresh()
    with aircraft_file.replacing(path, "list") as writer:
        writer.put((address, {"r": "NEW"}) for address in range(0x400000, 0x401000))
        assert not database.refresh(), "nothing has changed until the file is whole"
        assert database.find(["400000"]) == {"400000": {"r": "OLD"}}
        writer.finish("list", "csv", "here", 2.0, 0)
    # The old file is still open, and whole, until the new one is noticed.
    assert database.find(["400001"]) == {"400001": {"r": "OLD"}}
    assert database.refresh()
    assert database.find(["400000", "400001"]) == {"400000": {"r": "NEW"}, "400001": {"r": "NEW"}}


@pytest.mark.parametrize("text", [b"", b"not a database at all" * 100])
def test_a_file_that_is_no_database_is_logged_once_and_knows_nothing(
    path: Path, text: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(text)
    database = AircraftDb(path)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            database.refresh()
            assert database.find(["4CA87C"]) == {"4CA87C": {}}
    assert len(caplog.records) == 1
    path.unlink()
    write(path, {"4CA87C": {"r": "EI-ABC"}})
    assert database.refresh()
    assert database.find(["4CA87C"]) == {"4CA87C": {"r": "EI-ABC"}}


def test_a_damaged_page_is_logged_and_knows_nothing(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(path, {f"{address:06X}": {"r": "OLD"} for address in range(0x400000, 0x404000)})
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    database = AircraftDb(path)
    database.refresh()
    with caplog.at_level(logging.WARNING):
        assert database.find(["402000"]) == {"402000": {}}
    assert "is damaged" in caplog.text


def test_the_file_is_opened_to_read_only(path: Path) -> None:
    write(path, {"4CA87C": {"r": "EI-ABC"}})
    connection = aircraft_file.open_file(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM aircraft")
    connection.close()

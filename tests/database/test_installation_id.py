"""Claims about the id that a database shares with its instance folder: which start is normal, and which one is private."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from skyspy.server import Server, server_of
from skyspy.store import Store, audit, state
from skyspy.store.audit import Actor
from skyspy.store.installation import FILE, Installation
from skyspy.store.settings import SettingsTable
from tests.support.clock import StillClock
from tests.support.databases import migrated_url
from tests.support.sites import release, serve

SOMEBODY = Actor("operator", "somebody")


@contextmanager
def started(url: str, instance: Path, **environ: str) -> Iterator[Server]:
    """A server on this database."""
    app = serve({"SKYSPY_INSTANCE": str(instance), "SKYSPY_DATABASE_URL": url, **environ}, StillClock())
    try:
        yield server_of(app)
    finally:
        release(app)


def mode(server: Server) -> str:
    return server.settings.fresh(-1).AUTH_MODE


def id_of(server: Server) -> str | None:
    return server.store.read(state.version_and_installation)[1]


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    return tmp_path / "instance"


@pytest.fixture
def url(kind: str, tmp_path: Path) -> Iterator[str]:
    with migrated_url(kind, tmp_path) as made:
        yield made


@pytest.fixture
def another(kind: str, tmp_path: Path) -> Iterator[str]:
    """A second, empty database of the same kind."""
    (tmp_path / "another").mkdir()
    with migrated_url(kind, tmp_path / "another") as made:
        yield made


def test_a_first_start_gives_database_and_folder_one_id_and_stays_hybrid(url: str, instance: Path) -> None:
    with started(url, instance) as server:
        assert mode(server) == "hybrid"
        assert f"{id_of(server)}\n" == (instance / FILE).read_text()
    with started(url, instance) as server:
        assert (mode(server), server.settings.closed) == ("hybrid", "")


def test_a_migration_writes_no_id(url: str) -> None:
    store = Store(url)
    store.upgrade()
    assert store.read(state.version_and_installation)[1] is None
    store.close()


def test_a_lost_database_is_private_whatever_was_chosen_and_says_why_in_one_line(
    url: str, another: str, instance: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with started(url, instance):
        pass
    with caplog.at_level(logging.ERROR), started(another, instance, AUTH_MODE="public") as server:
        assert mode(server) == "private"
        server.settings.change({"AUTH_MODE": "public", "METRICS_PUBLIC": True}, SOMEBODY)
        assert mode(server) == "private"
        assert (server.settings.current.AUTH_MODE, server.settings.current.METRICS_PUBLIC) == ("private", False)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1
    assert "skyspy db adopt" in said[0]
    assert "\n" not in said[0]


def test_a_lost_database_gets_no_id_before_it_is_adopted(url: str, another: str, instance: Path) -> None:
    with started(url, instance) as server:
        first = id_of(server)
    for _ in range(2):
        with started(another, instance) as server:
            assert (id_of(server), mode(server)) == (None, "private")
    assert (instance / FILE).read_text() == f"{first}\n"


def test_adopting_opens_a_running_server_and_leaves_one_row(url: str, another: str, instance: Path) -> None:
    with started(url, instance):
        pass
    with started(another, instance) as server, started(another, instance) as beside:
        before = server.settings.fresh(-1).version
        assert Installation(server.store, instance).adopt(SOMEBODY, 1.0)
        assert not Installation(server.store, instance).adopt(SOMEBODY, 2.0)
        assert (mode(server), mode(beside)) == ("hybrid", "hybrid")
        assert server.settings.current.version > before
        rows = server.store.read(audit.page, action="database.adopt")
        assert [(row.actor, row.object) for row in rows] == [("somebody", "database")]
    with started(another, instance) as server:
        assert mode(server) == "hybrid"


def test_the_database_of_another_installation_is_foreign_until_it_is_adopted(url: str, another: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    with started(url, here):
        pass
    with started(another, there) as server:
        theirs = id_of(server)
    with started(another, here) as server:
        assert mode(server) == "private"
        Installation(server.store, here).adopt(SOMEBODY, 1.0)
        assert (mode(server), id_of(server)) == ("hybrid", theirs)
    with started(another, there) as server:
        assert mode(server) == "hybrid"


def test_a_move_to_another_machine_or_database_with_its_rows_is_a_normal_start(url: str, another: str, instance: Path) -> None:
    with started(url, instance) as server:
        name = id_of(server)
    # What a dump and its restoration do to this table.
    target = Store(another)
    target.upgrade()
    target.write(lambda connection: connection.exec_driver_sql(f"UPDATE state SET installation = '{name}'"))
    target.close()
    with started(another, instance) as server:
        assert mode(server) == "hybrid"


def test_a_database_without_its_folder_is_a_normal_start_with_its_own_id(url: str, instance: Path) -> None:
    with started(url, instance) as server:
        name = id_of(server)
    shutil.rmtree(instance)
    with started(url, instance) as server:
        assert (mode(server), id_of(server), (instance / FILE).read_text()) == ("hybrid", name, f"{name}\n")


def test_two_first_starts_at_once_agree_on_one_id(url: str, tmp_path: Path) -> None:
    with started(url, tmp_path / "a") as one, started(url, tmp_path / "b") as two:
        assert (mode(one), mode(two)) == ("hybrid", "hybrid")
        assert (tmp_path / "a" / FILE).read_text() == (tmp_path / "b" / FILE).read_text() == f"{id_of(one)}\n"


@pytest.mark.parametrize("text", [b"", b"\xff\xfe\x00", b"not an id\n", None])
def test_a_damaged_file_opens_nothing_and_adopting_repairs_it(url: str, instance: Path, text: bytes | None) -> None:
    with started(url, instance) as server:
        name = id_of(server)
    file = instance / FILE
    file.unlink()
    if text is None:
        file.mkdir()
    else:
        file.write_bytes(text)
    with started(url, instance) as server:
        assert mode(server) == "private"
        assert "damaged" in server.settings.closed
        if text is None:
            file.rmdir()
        assert Installation(server.store, instance).adopt(SOMEBODY, 1.0)
        assert (mode(server), file.read_text()) == ("hybrid", f"{name}\n")


def test_a_link_that_leads_nowhere_opens_nothing(url: str, another: str, instance: Path) -> None:
    with started(url, instance):
        (instance / FILE).rename(instance / "away")
    (instance / FILE).symlink_to(instance / "gone")
    with started(another, instance) as server:
        assert mode(server) == "private"


def test_a_database_exchanged_under_a_running_server_closes_it(url: str, instance: Path) -> None:
    with started(url, instance) as server:
        server.store.write(lambda connection: connection.exec_driver_sql("UPDATE state SET installation = NULL"))
        assert mode(server) == "private"


def test_a_folder_that_cannot_be_written_does_not_stop_the_start(
    url: str, instance: Path, caplog: pytest.LogCaptureFixture
) -> None:
    instance.mkdir()
    store = Store(url)
    (instance / f"{FILE}.{os.getpid()}").mkdir()
    installation = Installation(store, instance)
    with caplog.at_level(logging.WARNING):
        installation.settle()
    settings = SettingsTable(store)
    settings.close_while(installation.why_foreign)
    assert settings.current.AUTH_MODE == "hybrid"
    assert "will not be noticed" in caplog.text
    store.close()


def test_a_database_in_memory_is_new_at_every_start(instance: Path) -> None:
    instance.mkdir()
    for _ in range(2):
        with started("sqlite:///:memory:", instance) as server:
            assert mode(server) == "hybrid"
    assert not (instance / FILE).exists()

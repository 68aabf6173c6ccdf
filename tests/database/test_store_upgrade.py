"""Claims about migrations: their result, run concurrently, run twice, and killed in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, event, select, text

from skyspy.store import Store, StoreError
from skyspy.store.schema import METADATA, ROLES
from tests.conftest import ROOT
from tests.support.databases import database_url, forked, open_store
from tests.support.store_lock import version


def test_the_migrations_make_exactly_the_schema_that_the_code_names(store: Store) -> None:
    def compare(connection: object) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})  # type: ignore[arg-type]
        return [change for change in compare_metadata(context, METADATA) if "alembic_version" not in str(change)]

    assert store.write(compare) == []


def test_an_upgrade_of_the_newest_schema_changes_nothing(store: Store) -> None:
    before = version(store)
    assert store.upgrade() == store.upgrade()
    assert version(store) == before


def test_the_builtin_roles_are_there_from_the_start(store: Store) -> None:
    assert store.read(lambda c: set(c.execute(select(ROLES.c.name)).scalars())) == {"viewer", "operator", "admin"}


def test_a_newer_schema_stops_the_start_with_one_clear_line(kind: str, tmp_path: Path) -> None:
    with open_store(kind, tmp_path) as store:
        store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")).rowcount)
        with pytest.raises(StoreError, match=r"newer SkySpy \(schema 9999, this one knows up to \d+\)") as caught:
            store.upgrade()
        assert "\n" not in str(caught.value)


def test_processes_that_start_together_upgrade_once(kind: str, tmp_path: Path) -> None:
    code = "import sys; from skyspy.store import Store; print(Store(sys.argv[1]).upgrade())"
    with database_url(kind, tmp_path) as url:
        started = [
            subprocess.Popen(
                [sys.executable, "-c", code, url], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for _ in range(4)
        ]
        answers = [process.communicate(timeout=60) for process in started]
        assert [process.returncode for process in started] == [0] * 4, answers
        assert len({out for out, _ in answers}) == 1
        store = Store(url)
        assert store.read(lambda c: c.execute(select(ROLES.c.name).order_by(ROLES.c.id)).scalars().all()) == [
            "viewer",
            "operator",
            "admin",
        ]
        store.close()


def upgrade_until_killed(url: str, statements: int) -> None:
    """Upgrade, and be killed at the changing statement of that number."""
    left = statements

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal left
        if statement.lstrip().upper().startswith(("CREATE", "INSERT", "UPDATE")):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    Store(url).upgrade()


def test_an_upgrade_killed_at_any_statement_is_finished_by_the_next_start(kind: str, tmp_path: Path) -> None:
    ended = 0
    for nth in (1, 2, 5, 11, 17, 23, 26, 27, 28, 60):
        folder = tmp_path / str(nth)
        folder.mkdir()
        with database_url(kind, folder) as url:
            ended = forked(lambda url=url, nth=nth: upgrade_until_killed(url, nth))
            assert ended in (0, -signal.SIGKILL)
            store = Store(url)
            store.upgrade()
            assert version(store) == 1
            store.close()
    assert ended == 0, "the last number lies beyond the last statement, so every part of the upgrade was cut once"

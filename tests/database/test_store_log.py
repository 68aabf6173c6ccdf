"""Claims about stored one-time links, and about the audit log, which is only appended to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skyspy.store import audit, invitations
from skyspy.store.audit import Actor, Entry
from skyspy.store.invitations import Link
from tests.conftest import StillClock
from tests.support.accounts import ANNA, both_at_once
from tests.support.databases import Db, change


def test_a_link_works_once_and_only_for_its_purpose_and_time(db: Db) -> None:
    store = db.store
    link = Link("invite", "7", 3, frozenset({"users.manage"}))
    store.write(invitations.add, "d1", link, 100.0, ANNA, 0.0)
    assert store.write(invitations.use, "d1", "reset", ANNA, 1.0) is None
    assert store.write(invitations.use, "d1", "invite", ANNA, 100.0) is None
    used: list[object] = []
    both_at_once(
        lambda: used.append(store.write(invitations.use, "d1", "invite", ANNA, 1.0)),
        lambda: used.append(store.write(invitations.use, "d1", "invite", ANNA, 1.0)),
    )
    assert sorted(found is None for found in used) == [False, True]
    assert link in used
    assert store.write(invitations.prune, 101.0) == 1


def test_the_log_is_filtered_and_paged(db: Db, clock: StillClock) -> None:
    def page(*args: Any, **chosen: Any) -> list[Entry]:
        return db.store.read(audit.page, *args, **chosen)

    for number in range(5):
        change(db, audit.record, Actor("user", f"u{number % 2}", "192.0.2.1"), "login.failed", f"user x{number}%_")
        clock.pass_by(10)
    first = page(2)
    assert [row.object for row in first] == ["user x4%_", "user x3%_"]
    assert [row.object for row in page(2, first[-1].id)] == ["user x2%_", "user x1%_"]
    assert len(page(actor="u1")) == 2
    assert len(page(action="login.")) == len(page(action="login.failed")) == 5
    assert page(action="login") == []
    assert [row.object for row in page(about="3%")] == ["user x3%_"]
    assert len(page(since=clock.wall() - 20, until=clock.wall() - 10)) == 1
    assert page(address="192.0.2.2") == []


def test_a_row_cannot_forge_a_line_nor_a_flood_of_text(db: Db) -> None:
    actor = Actor("user", "a\n2026 INFO admin ok" + "x" * 500, "1.2.3.4\r\n")
    change(db, audit.record, actor, "login.failed", "user \x1b[31m\u202e" + "y" * 500)
    (row,) = db.store.read(audit.page)
    for cell in (row.actor, row.address, row.object):
        assert cell.isprintable()
        assert len(cell) <= 128


def test_old_rows_of_the_log_are_removed_by_age_only(db: Db, clock: StillClock) -> None:
    change(db, audit.record, ANNA, "a.b", "old")
    clock.pass_by(8 * 86400)
    change(db, audit.record, ANNA, "a.b", "new")
    assert db.store.write(audit.prune, clock.wall() - 7 * 86400) == 1
    assert [row.object for row in db.store.read(audit.page)] == ["new"]


def test_nothing_in_the_code_changes_a_row_of_the_log() -> None:
    package = Path(__file__).resolve().parents[2] / "skyspy"
    text = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    assert "update(AUDIT" not in text
    assert text.count("delete(AUDIT") == 1

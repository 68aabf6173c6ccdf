"""One-time links as they are kept, and the log, which only grows."""

from __future__ import annotations

from pathlib import Path

from skyspy.store import invitations
from skyspy.store.accounts import Accounts, Actor
from skyspy.store.audit import AuditLog
from tests.accounts_world import ANNA, accounts, both_at_once, store
from tests.conftest import StillClock

__all__ = ["accounts", "store"]


def test_a_link_works_once_and_only_for_its_purpose_and_time(accounts: Accounts) -> None:
    store = accounts.store
    store.write(lambda c: invitations.add(c, "d1", "invite", "7", 100.0, ANNA, 0.0))
    assert store.write(lambda c: invitations.use(c, "d1", "reset", ANNA, 1.0)) is None
    assert store.write(lambda c: invitations.use(c, "d1", "invite", ANNA, 100.0)) is None
    used: list[object] = []
    both_at_once(
        lambda: used.append(store.write(lambda c: invitations.use(c, "d1", "invite", ANNA, 1.0))),
        lambda: used.append(store.write(lambda c: invitations.use(c, "d1", "invite", ANNA, 1.0))),
    )
    assert sorted(link is None for link in used) == [False, True]
    assert store.write(lambda c: invitations.prune(c, 101.0)) == 1


def test_the_log_is_filtered_and_paged(accounts: Accounts, clock: StillClock) -> None:
    log = AuditLog(accounts.store, clock)
    for number in range(5):
        log.record(Actor("user", f"u{number % 2}", "192.0.2.1"), "login.failed", f"user x{number}%_")
        clock.pass_by(10)
    first = log.page(2)
    assert [row.object for row in first] == ["user x4%_", "user x3%_"]
    assert [row.object for row in log.page(2, first[-1].id)] == ["user x2%_", "user x1%_"]
    assert len(log.page(actor="u1")) == 2
    assert len(log.page(action="login.")) == len(log.page(action="login.failed")) == 5
    assert log.page(action="login") == []
    assert [row.object for row in log.page(about="3%")] == ["user x3%_"]
    assert len(log.page(since=clock.wall() - 20, until=clock.wall() - 10)) == 1
    assert log.page(address="192.0.2.2") == []


def test_a_row_cannot_forge_a_line_nor_a_flood_of_text(accounts: Accounts) -> None:
    log = AuditLog(accounts.store)
    log.record(
        Actor("user", "a\n2026 INFO admin ok" + "x" * 500, "1.2.3.4\r\n"), "login.failed", "user \x1b[31m\u202e" + "y" * 500
    )
    (row,) = log.page()
    for cell in (row.actor, row.address, row.object):
        assert cell.isprintable()
        assert len(cell) <= 128


def test_old_rows_of_the_log_are_removed_by_age_only(accounts: Accounts, clock: StillClock) -> None:
    log = AuditLog(accounts.store, clock)
    log.record(ANNA, "a.b", "old")
    clock.pass_by(8 * 86400)
    log.record(ANNA, "a.b", "new")
    assert log.prune(7) == 1
    assert [row.object for row in log.page()] == ["new"]


def test_nothing_in_the_code_changes_a_row_of_the_log() -> None:
    package = Path(__file__).resolve().parents[2] / "skyspy"
    text = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    assert "update(AUDIT" not in text
    assert text.count("delete(AUDIT") == 1

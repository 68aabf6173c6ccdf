"""Claims about rows of deleted users: history deletes them too, also where a process is killed in between."""

from __future__ import annotations

import os
import signal

import pytest
from sqlalchemy import Engine, event, select

from skyspy.store import Connection, Store, StoreError, deleted_owners, users
from skyspy.store.audit import Actor
from skyspy.store.history import erasure
from skyspy.store.history.schema import METADATA as HISTORY
from skyspy.store.history.store import DELETIONS_SECONDS
from skyspy.store.roles import AccountError
from skyspy.store.schema import DELETED_OWNERS, METADATA
from tests.support.databases import forked
from tests.support.history import Stores, note, notes

ACTOR = Actor("cli", "test")


def two_users(stores: Stores) -> tuple[int, int]:
    """Two users with a note each, and a note without an owner."""

    def make(connection: Connection) -> tuple[int, int]:
        at = stores.clock.wall()
        first, second = (users.create(connection, name, "viewer", None, ACTOR, at) for name in ("ann", "bob"))
        return first.id, second.id

    ids = stores.main.write(make)
    for text, owner in (("of ann", ids[0]), ("of bob", ids[1]), ("of nobody", None)):
        stores.history.commit_now(note, text, owner)
    return ids


def delete_user(stores: Stores, user_id: int) -> None:
    stores.main.write(users.remove, user_id, ACTOR, stores.clock.wall())


def test_rows_of_a_deleted_user_are_deleted_and_no_others(stores: Stores) -> None:
    ann, _ = two_users(stores)
    delete_user(stores, ann)
    assert notes(stores.history) == ["of ann", "of bob", "of nobody"]
    assert stores.history.apply_deletions() == 1
    assert notes(stores.history) == ["of bob", "of nobody"]


def test_a_deletion_that_is_refused_leaves_no_record(stores: Stores) -> None:
    admin = stores.main.write(users.create, "root", "admin", "hash", ACTOR, 0.0).id
    with pytest.raises(AccountError):
        delete_user(stores, admin)
    assert stores.main.read(deleted_owners.after, None) == []


def test_after_a_kill_between_the_two_stores_the_next_start_deletes_the_rows(stores: Stores) -> None:
    ann, _ = two_users(stores)
    stores.history.close()
    stores.main.close()

    def killed() -> None:
        main = Store(stores.url)
        main.write(users.remove, ann, ACTOR, stores.clock.wall())
        os.kill(os.getpid(), signal.SIGKILL)

    assert forked(killed) == -signal.SIGKILL
    history = stores.again()
    assert notes(history) == ["of ann", "of bob", "of nobody"], "the process was killed before history applied it"
    history.round()
    assert notes(history) == ["of bob", "of nobody"]


def test_after_a_kill_during_the_deletion_the_next_start_repeats_it(stores: Stores) -> None:
    ann, bob = two_users(stores)
    delete_user(stores, ann)
    delete_user(stores, bob)
    stores.clock.pass_by(erasure.RECHECK_S + 1)
    stores.history.close()
    stores.main.close()

    def killed() -> None:
        def kill(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith("INSERT INTO applied_deletion"):
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(Engine, "before_cursor_execute", kill)
        stores.again().apply_deletions()

    assert forked(killed) == -signal.SIGKILL
    history = stores.again()
    assert notes(history) == ["of ann", "of bob", "of nobody"]
    assert history.apply_deletions() == 2


def test_a_row_written_late_by_a_process_that_did_not_know_is_deleted_too(stores: Stores) -> None:
    ann, _ = two_users(stores)
    delete_user(stores, ann)
    stores.history.apply_deletions()
    stores.history.commit_now(note, "late", ann)
    stores.clock.pass_by(erasure.RECHECK_S - 1)
    assert stores.history.apply_deletions() == 1
    assert notes(stores.history) == ["of bob", "of nobody"]


def test_a_deletion_is_settled_after_ten_minutes_and_stays_so_after_a_restart(stores: Stores) -> None:
    ann, _ = two_users(stores)
    delete_user(stores, ann)
    assert stores.history.apply_deletions() == 1
    assert stores.history.read(erasure.last_applied) is None
    stores.clock.pass_by(erasure.RECHECK_S + 1)
    stores.history.apply_deletions()
    mark = stores.again().read(erasure.last_applied)
    assert mark is not None
    assert mark.user_id == ann
    assert stores.main.read(deleted_owners.after, mark) == []


def test_beside_another_main_database_every_deletion_of_that_one_is_applied(stores: Stores) -> None:
    ann, bob = two_users(stores)
    delete_user(stores, ann)
    stores.clock.pass_by(erasure.RECHECK_S + 1)
    stores.history.apply_deletions()
    # As after an older backup: the database knows nothing of that deletion, and another one has its id.
    stores.main.write(lambda c: c.execute(DELETED_OWNERS.update().values(user_id=bob, deleted_at=1.0)).rowcount)
    assert stores.history.apply_deletions() == 1
    assert notes(stores.history) == ["of nobody"]


def test_the_loop_applies_deletions_at_its_start_on_a_change_and_periodically(stores: Stores) -> None:
    ann, bob = two_users(stores)
    delete_user(stores, ann)
    history = stores.again()
    history.round()
    assert notes(history) == ["of bob", "of nobody"]
    delete_user(stores, bob)
    history.round()
    assert notes(history) == ["of bob", "of nobody"]
    history.follow_deletions()
    history.round()
    assert notes(history) == ["of nobody"]
    history.commit_now(note, "late", bob)
    stores.clock.pass_by(DELETIONS_SECONDS)
    history.round()
    assert notes(history) == ["of nobody"]


def test_an_unavailable_main_store_is_no_error_of_the_history(sqlite_stores: Stores) -> None:
    class Away(Store):
        def read(self, *_: object) -> object:  # type: ignore[override]
            raise StoreError("away")

    sqlite_stores.main = Away(sqlite_stores.url)
    history = sqlite_stores.again()
    assert (history.apply_deletions(), history.status().available) == (0, True)


def test_every_deleted_user_is_recorded_with_the_deletion(stores: Stores) -> None:
    ann, bob = two_users(stores)
    delete_user(stores, bob)
    delete_user(stores, ann)
    rows = stores.main.read(lambda c: c.execute(select(DELETED_OWNERS.c.user_id).order_by(DELETED_OWNERS.c.id)).scalars().all())
    assert rows == [bob, ann]


def test_owned_tables_are_those_with_an_owner() -> None:
    assert {table.name for table in erasure.owned_tables(HISTORY)} == {"alert", "alert_delivery"}
    owned = erasure.owned_tables(METADATA)
    assert {table.name for table in owned} == {"alert_rules", "watchlists", "alert_destinations"}
    ends = [key.ondelete for table in owned for key in table.c.owner_id.foreign_keys]
    assert ends == ["CASCADE"] * len(owned), "the main store deletes them with their owner"

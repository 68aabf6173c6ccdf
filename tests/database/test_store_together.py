"""Claims about data that processes on one database share, on every database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from skyspy.store import Store, audit, feeds, presence, state
from skyspy.store.audit import Actor
from skyspy.store.presence import SessionRow
from skyspy.store.roles import AccountError, NotFound
from tests.support.databases import migrated_url

BOSS = Actor("user", "boss", "192.0.2.1")


@pytest.fixture
def url(kind: str, tmp_path: Path) -> Iterator[str]:
    with migrated_url(kind, tmp_path) as found:
        yield found


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(url)
    yield made
    made.close()


def row(process: str, sid: str, since: float = 1.0, **more: int) -> SessionRow:
    spent = {"messages": 0, "bytes": 0, "lag_ms": 0, **more}
    return SessionRow(
        process, sid, "/", "key", 7, 9, "anna", "wall", "viewer", "2001:db8::1", "agent", "valid", "live", "a b", since, **spent
    )


def test_requesting_traffic_does_not_raise_the_version_and_an_eviction_does(store: Store) -> None:
    before = store.read(state.current_version)
    store.write(presence.request_traffic, 100.0)
    assert store.read(state.current_version) == before
    store.write(presence.evict, "user", "7", 3, BOSS, 100.0)
    assert store.read(state.current_version) == before + 1


def test_evictions_are_logged(store: Store) -> None:
    for what, target, sockets in (("key", "1", 2), ("key", "2", 2), ("anonymous", "", 0)):
        store.write(presence.evict, what, target, sockets, BOSS, 100.0)
    rows = store.read(audit.page)
    assert [(r.action, r.object, r.after) for r in rows] == [
        ("live.disconnect", "anonymous clients", {"sockets": 0}),
        ("live.disconnect", "key 2", {"sockets": 2}),
        ("live.disconnect", "key 1", {"sockets": 2}),
    ]


def test_the_oldest_evictions_are_removed_by_number_not_by_time(store: Store) -> None:
    def many(connection: Connection) -> None:
        for _ in range(presence.MAX_EVICTIONS + 5):
            presence.evict(connection, "key", "1", 0, BOSS, 100.0)

    store.write(many)
    kept = store.read(presence.poll, 0).evictions
    assert len(kept) == presence.MAX_EVICTIONS
    assert kept[-1].id == store.read(presence.poll, None).last_id


def test_rows_of_processes_that_died_long_ago_are_removed_by_the_next_that_publishes(store: Store) -> None:
    store.write(presence.publish, "dead", [row("dead", "b")], (), 100.0)
    store.write(presence.publish, "alive", [row("alive", "a")], (), 100.0)
    assert store.write(presence.publish, "alive", (), (), 100.0 + presence.GONE_S) == 1
    assert [r.process for r in store.read(presence.every, 0.0)] == ["alive", "dead"], "clocks of hosts differ: not yet"
    store.write(presence.publish, "alive", (), (), 100.0 + 2 * 86400)
    assert [r.process for r in store.read(presence.every, 0.0)] == ["alive"]


def test_an_eviction_that_is_kept_late_is_not_overtaken_by_a_later_one(url: str, store: Store) -> None:
    other, begun, go_on = Store(url), threading.Event(), threading.Event()
    done: list[str] = []

    def slow(connection: object) -> None:
        presence.evict(connection, "key", "slow", 1, BOSS, 100.0)  # type: ignore[arg-type]
        begun.set()
        go_on.wait(10)

    def first() -> None:
        store.write(slow)
        done.append("slow")

    def second() -> None:
        begun.wait(10)
        other.write(presence.evict, "key", "quick", 1, BOSS, 100.0)
        done.append("quick")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    for thread in threads:
        thread.start()
    begun.wait(10)
    threading.Timer(0.3, go_on.set).start()
    for thread in threads:
        thread.join()
    other.close()
    assert done == ["slow", "quick"]
    assert [e.target for e in store.read(presence.poll, 0).evictions] == ["slow", "quick"]


def test_an_added_receiver_is_stored_paused_and_removed_and_its_password_is_in_no_log(store: Store) -> None:
    shown, before = "beast://***@pi:30005", store.read(state.current_version)
    made = store.write(feeds.add, "beast://op:hush@pi:30005", shown, BOSS, 100.0)
    assert (made.paused, made.added_by, made.added_at) == (False, "boss", 100.0)
    with pytest.raises(AccountError, match="already"):
        store.write(feeds.add, "beast://op:hush@pi:30005", shown, BOSS, 101.0)
    assert store.write(feeds.set_paused, made.id, True, BOSS, 102.0).paused is True
    assert store.read(feeds.every) == [store.read(feeds.by_id, made.id)]
    store.write(feeds.remove, made.id, BOSS, 103.0)
    with pytest.raises(NotFound):
        store.read(feeds.by_id, made.id)
    assert store.read(state.current_version) == before + 3, "each change raises the version, a refused one does not"
    assert "hush" not in repr(store.read(audit.page)) + repr(made)

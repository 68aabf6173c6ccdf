"""Claims about what processes on one database keep of each other, on every database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from skyspy.store import Store, audit, feeds, presence, state
from skyspy.store.audit import Actor
from skyspy.store.presence import Row
from skyspy.store.roles import AccountError, NotFound
from tests.databases import KINDS, database_url

BOSS = Actor("user", "boss", "192.0.2.1")


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with database_url(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(url)
    made.upgrade()
    yield made
    made.close()


def row(process: str, sid: str, since: float = 1.0, **more: int) -> Row:
    spent = {"messages": 0, "bytes": 0, "lag_ms": 0, **more}
    return Row(
        process, sid, "/", "key", 7, 9, "anna", "wall", "viewer", "2001:db8::1", "agent", "valid", "live", "a b", since, **spent
    )


def test_a_processs_rows_are_replaced_whole_and_others_are_left(store: Store) -> None:
    big = row("one", "a", 1.0, bytes=2**40, messages=2**31 - 1)
    store.write(presence.publish, "one", [big, row("one", "b", 3.0)], 100.0)
    store.write(presence.publish, "two", [row("two", "a", 2.0)], 100.0)
    assert [(r.process, r.sid) for r in store.read(presence.everybody, 101.0)] == [
        ("one", "b"),
        ("two", "a"),
        ("one", "a"),
    ]
    assert store.read(presence.everybody, 101.0)[2] == big, "every column comes back as it was written"
    store.write(presence.publish, "one", [row("one", "c")], 102.0)
    assert {r.sid for r in store.read(presence.everybody, 102.0)} == {"a", "c"}
    store.write(presence.publish, "one", [], 103.0)
    assert [r.process for r in store.read(presence.everybody, 103.0)] == ["two"]


def test_many_rows_are_kept_at_once(store: Store) -> None:
    rows = [row("one", f"sid{number}", float(number)) for number in range(1001)]
    store.write(presence.publish, "one", rows, 100.0)
    assert store.read(presence.everybody, 100.0) == rows[::-1]


def test_rows_of_the_dead_are_hidden_and_swept_by_the_next_who_withdraws(store: Store) -> None:
    store.write(presence.publish, "dead", [row("dead", "a")], 100.0)
    store.write(presence.publish, "alive", [row("alive", "b")], 111.0)
    assert [r.process for r in store.read(presence.everybody, 111.0)] == ["alive"]
    store.write(presence.withdraw, "another", 111.0)
    assert [r.process for r in store.read(presence.everybody, 0.0)] == ["alive"]


def test_wanting_moves_no_version_and_an_eviction_does(store: Store) -> None:
    before = store.read(state.version)
    store.write(presence.want, 100.0)
    assert store.read(presence.wanted_until) == 100.0 + presence.WANTED_S
    assert store.read(state.version) == before
    store.write(presence.evict, "user", "7", 3, BOSS, 100.0)
    assert store.read(state.version) == before + 1


def test_evictions_are_told_once_in_order_and_logged(store: Store) -> None:
    for target in ("1", "2"):
        store.write(presence.evict, "key", target, 2, BOSS, 100.0)
    news = store.read(presence.news, 0)
    assert [(e.what, e.target, e.at) for e in news.evictions] == [("key", "1", 100.0), ("key", "2", 100.0)]
    last = store.read(presence.last_eviction)
    assert last == news.evictions[-1].id
    assert store.read(presence.news, last).evictions == ()
    assert store.write(presence.evict, "anonymous", "", 0, BOSS, 100.0) == last + 1
    assert [e.id for e in store.read(presence.news, last).evictions] == [last + 1]
    rows = store.read(audit.page)
    assert [(r.action, r.object, r.after) for r in rows] == [
        ("live.disconnect", "anonymous clients", {"sockets": 0}),
        ("live.disconnect", "key 2", {"sockets": 2}),
        ("live.disconnect", "key 1", {"sockets": 2}),
    ]


def test_the_oldest_evictions_are_forgotten_by_their_number_and_by_no_clock(store: Store) -> None:
    def many(connection: Connection) -> None:
        for _ in range(presence.KEPT + 5):
            presence.evict(connection, "key", "1", 0, BOSS, 100.0)

    store.write(many)
    kept = store.read(presence.news, 0).evictions
    assert len(kept) == presence.KEPT
    assert kept[-1].id == store.read(presence.last_eviction)


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
    assert [e.target for e in store.read(presence.news, 0).evictions] == ["slow", "quick"]


def test_an_added_receiver_is_kept_paused_and_removed_and_its_secret_stands_in_no_log(store: Store) -> None:
    shown, before = "beast://***@pi:30005", store.read(state.version)
    made = store.write(feeds.add, "beast://op:hush@pi:30005", shown, BOSS, 100.0)
    assert (made.paused, made.added_by, made.added_at) == (False, "boss", 100.0)
    with pytest.raises(AccountError, match="already"):
        store.write(feeds.add, "beast://op:hush@pi:30005", shown, BOSS, 101.0)
    assert store.write(feeds.set_paused, made.id, True, shown, BOSS, 102.0).paused is True
    assert store.read(feeds.every) == [store.read(feeds.by_id, made.id)]
    store.write(feeds.remove, made.id, shown, BOSS, 103.0)
    with pytest.raises(NotFound):
        store.read(feeds.by_id, made.id)
    assert store.read(state.version) == before + 3, "every process hears of each, and of what was refused nobody"
    assert "hush" not in repr(store.read(audit.page)) + repr(made)

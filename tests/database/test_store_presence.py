"""Claims about the exchange of connected sessions between processes, on every database."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from skyspy.store import Store, presence
from skyspy.store.audit import Actor
from skyspy.store.presence import GONE_S, WANTED_S, Eviction, PollResult, SessionRow
from tests.conftest import StillClock

BOSS = Actor("user", "boss", "192.0.2.1")


class Shared:
    """What processes say and read through one database."""

    def __init__(self, store: Store, clock: StillClock) -> None:
        self._store = store
        self._clock = clock

    def publish(self, process: str, rows: Sequence[SessionRow], gone: Collection[str] | None) -> int:
        return self._store.write(presence.publish, process, rows, gone, self._clock.wall())

    def all_sessions(self) -> list[SessionRow]:
        return self._store.read(presence.every, self._clock.wall())

    def request_traffic(self) -> None:
        self._store.write(presence.request_traffic, self._clock.wall())

    def poll(self, after: int | None) -> PollResult:
        return self._store.read(presence.poll, after, self._clock.wall())

    def evict(self, what: str, target: str, sockets: int, actor: Actor) -> Eviction:
        return self._store.write(presence.evict, what, target, sockets, actor, self._clock.wall())


@pytest.fixture
def shared(store: Store, clock: StillClock) -> Shared:
    return Shared(store, clock)


def row(process: str, sid: str, since: float = 1.0, **more: int) -> SessionRow:
    return SessionRow(
        process=process,
        sid=sid,
        namespace="/",
        kind="key",
        user_id=7,
        key_id=9,
        name="anna",
        key_name="wall",
        role="viewer",
        address="2001:db8::1",
        agent="agent",
        token_state="valid",
        sky="live",
        topics="a b",
        since=since,
        messages=more.get("messages", 0),
        bytes=more.get("bytes", 0),
        lag_ms=0,
        transport="t",
    )


def names(shared: Shared) -> list[tuple[str, str]]:
    return [(found.process, found.sid) for found in shared.all_sessions()]


def test_rows_come_back_as_they_were_published_the_newest_first(shared: Shared) -> None:
    big = row("one", "a", 1.0, bytes=2**40, messages=2**31 - 1)
    shared.publish("one", [big, row("one", "b", 3.0)], ())
    shared.publish("two", [row("two", "a", 2.0)], ())
    assert names(shared) == [("one", "b"), ("two", "a"), ("one", "a")]
    assert shared.all_sessions()[2] == big


def test_a_published_row_replaces_the_one_before_and_only_what_is_gone_goes(shared: Shared) -> None:
    shared.publish("one", [row("one", "a"), row("one", "b")], ())
    shared.publish("two", [row("two", "a")], ())
    shared.publish("one", [row("one", "a", 5.0), row("one", "c", 4.0)], {"b", "never there"})
    assert names(shared) == [("one", "a"), ("one", "c"), ("two", "a")]
    assert shared.publish("one", [row("one", "d")], None) == 1, "all others are replaced"
    assert sorted(names(shared)) == [("one", "d"), ("two", "a")]
    assert shared.publish("one", (), None) == 0
    assert names(shared) == [("two", "a")]


def test_many_rows_are_published_and_removed_at_once(shared: Shared) -> None:
    rows = [row("one", f"sid{number}", float(number)) for number in range(1001)]
    shared.publish("one", rows, ())
    assert shared.all_sessions() == rows[::-1]
    shared.publish("one", (), [each.sid for each in rows[1:]])
    assert shared.all_sessions() == rows[:1]


def test_rows_that_are_not_renewed_are_not_listed(shared: Shared, clock: StillClock) -> None:
    shared.publish("one", [row("one", "a"), row("one", "b")], ())
    shared.publish("two", [row("two", "a")], ())
    clock.pass_by(GONE_S)
    assert shared.publish("one", (), ()) == 2
    assert len(shared.all_sessions()) == 3
    clock.pass_by(1)
    assert {process for process, _ in names(shared)} == {"one"}
    assert shared.publish("nobody", (), ()) == 0


def test_traffic_is_wanted_for_some_seconds(shared: Shared, clock: StillClock) -> None:
    assert not shared.poll(None).wanted
    shared.request_traffic()
    clock.pass_by(WANTED_S - 1)
    assert shared.poll(None).wanted
    clock.pass_by(1)
    assert not shared.poll(None).wanted


def test_evictions_are_polled_once_in_order_and_a_new_process_gets_no_earlier_ones(shared: Shared) -> None:
    start = shared.poll(None)
    assert (start.last_id, start.evictions) == (0, ())
    ids = [shared.evict("key", target, 2, BOSS).id for target in ("1", "2")]
    polled = shared.poll(start.last_id)
    assert [(e.id, e.what, e.target) for e in polled.evictions] == [(ids[0], "key", "1"), (ids[1], "key", "2")]
    assert polled.last_id == ids[1] > ids[0]
    assert shared.poll(polled.last_id).evictions == ()
    assert shared.poll(None) == shared.poll(polled.last_id)
    third = shared.evict("anonymous", "", 0, BOSS)
    assert [e.id for e in shared.poll(polled.last_id).evictions] == [third.id]

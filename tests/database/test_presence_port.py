"""Claims about where processes exchange their sessions, for each adapter: memory, and the database on each of its kinds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from skyspy.presence.database import DatabasePresence
from skyspy.presence.memory import MemoryPresence
from skyspy.presence.port import PresencePort
from skyspy.store import Store, presence
from skyspy.store.audit import Actor
from skyspy.store.presence import GONE_S, WANTED_S, Eviction, SessionRow
from tests.conftest import StillClock
from tests.support.databases import KINDS, open_store

BOSS = Actor("user", "boss", "192.0.2.1")


@pytest.fixture(params=["memory", *KINDS])
def port(request: pytest.FixtureRequest, tmp_path: Path, clock: StillClock) -> Iterator[PresencePort]:
    if request.param == "memory":
        yield MemoryPresence(clock)
        return
    with open_store(request.param, tmp_path) as store:
        yield DatabasePresence(store, clock)


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


def names(port: PresencePort) -> list[tuple[str, str]]:
    return [(found.process, found.sid) for found in port.all_sessions()]


def test_rows_come_back_as_they_were_published_the_newest_first(port: PresencePort) -> None:
    big = row("one", "a", 1.0, bytes=2**40, messages=2**31 - 1)
    port.publish("one", [big, row("one", "b", 3.0)], ())
    port.publish("two", [row("two", "a", 2.0)], ())
    assert names(port) == [("one", "b"), ("two", "a"), ("one", "a")]
    assert port.all_sessions()[2] == big


def test_a_published_row_replaces_the_one_before_and_only_what_is_gone_goes(port: PresencePort) -> None:
    port.publish("one", [row("one", "a"), row("one", "b")], ())
    port.publish("two", [row("two", "a")], ())
    port.publish("one", [row("one", "a", 5.0), row("one", "c", 4.0)], {"b", "never there"})
    assert names(port) == [("one", "a"), ("one", "c"), ("two", "a")]
    assert port.publish("one", [row("one", "d")], None) == 1, "all others are replaced"
    assert sorted(names(port)) == [("one", "d"), ("two", "a")]
    assert port.publish("one", (), None) == 0
    assert names(port) == [("two", "a")]


def test_many_rows_are_published_and_removed_at_once(port: PresencePort) -> None:
    rows = [row("one", f"sid{number}", float(number)) for number in range(1001)]
    port.publish("one", rows, ())
    assert port.all_sessions() == rows[::-1]
    port.publish("one", (), [each.sid for each in rows[1:]])
    assert port.all_sessions() == rows[:1]


def test_rows_that_are_not_renewed_are_not_listed(port: PresencePort, clock: StillClock) -> None:
    port.publish("one", [row("one", "a"), row("one", "b")], ())
    port.publish("two", [row("two", "a")], ())
    clock.pass_by(GONE_S)
    assert port.publish("one", (), ()) == 2
    assert len(port.all_sessions()) == 3
    clock.pass_by(1)
    assert {process for process, _ in names(port)} == {"one"}
    assert port.publish("nobody", (), ()) == 0


def test_traffic_is_requested_for_some_seconds(port: PresencePort, clock: StillClock) -> None:
    assert not port.traffic_requested()
    port.request_traffic()
    clock.pass_by(WANTED_S - 1)
    assert port.traffic_requested()
    clock.pass_by(1)
    assert not port.traffic_requested()


def test_evictions_are_polled_once_in_order_and_a_new_process_gets_no_earlier_ones(store: Store, clock: StillClock) -> None:
    def evict(what: str, target: str) -> Eviction:
        return store.write(presence.evict, what, target, 2, BOSS, clock.wall())

    start = store.read(presence.poll, None)
    assert (start.last_id, start.evictions) == (0, ())
    ids = [evict("key", target).id for target in ("1", "2")]
    polled = store.read(presence.poll, start.last_id)
    assert [(e.id, e.what, e.target) for e in polled.evictions] == [(ids[0], "key", "1"), (ids[1], "key", "2")]
    assert polled.last_id == ids[1] > ids[0]
    assert store.read(presence.poll, polled.last_id).evictions == ()
    assert store.read(presence.poll, None) == store.read(presence.poll, polled.last_id)
    third = evict("anonymous", "")
    assert [e.id for e in store.read(presence.poll, polled.last_id).evictions] == [third.id]

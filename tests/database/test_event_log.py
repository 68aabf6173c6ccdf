"""Claims about safety events in several processes on one history: each client gets each event once, whichever process makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from skyspy.safety.events import Change, SafetyEvent
from skyspy.safety.rules import CRITICAL, PROXIMITY, SQUAWK_EMERGENCY, WARNING, Finding
from skyspy.sky.event_log import MAX_UNSAVED, PATIENCE_S, RETRY_S, EventLog
from skyspy.store import StoreError
from skyspy.store.history import safety_events
from skyspy.store.history.writer import LOST_S
from tests.support.history import Stores
from tests.support.history_processes import Process

COOLDOWN_S = 60.0
PAIR = Finding(PROXIMITY, "4B1800 4B1801", WARNING, "Two aircraft are close", hex="4B1800", hex_2="4B1801")
SQUAWK = Finding(SQUAWK_EMERGENCY, "4B1800:7700", CRITICAL, "An emergency", hex="4B1800", details={"squawk": "7700"})


class Announcer:
    """A process with the events of its live sky: `sent` is what its clients got."""

    def __init__(self, stores: Stores) -> None:
        self.process = Process(stores)
        self.clock, self.history = self.process.clock, self.process.history
        self.sent: list[tuple[str, str]] = []
        self.events: list[SafetyEvent] = []
        self.log = EventLog(self.history, self._tell, self.clock, "live")
        self.process.start()

    def _tell(self, changes: list[Change]) -> None:
        self.sent += [(change.action.value, change.event.id) for change in changes]
        self.events += [change.event for change in changes]

    def look(self, *findings: Finding, seconds: int = 1) -> list[str]:
        """So many rounds, one a second, with these findings in each; returns what was sent in them."""
        before = len(self.sent)
        for _ in range(seconds):
            self.process.run(1)
            self.round(*findings)
        return [action for action, _ in self.sent[before:]]

    def round(self, *findings: Finding) -> None:
        """One round at this moment."""
        self.log.begin(self.clock.moment(), COOLDOWN_S)
        self.log.take(self.clock.moment(), findings, {}, COOLDOWN_S, demo=False)

    @property
    def open(self) -> list[str]:
        return [event.id for event in self.log.open]

    def kill(self) -> None:
        self.process.kill()


@pytest.fixture
def start(stores: Stores) -> Iterator[Callable[[], Announcer]]:
    """Starts processes on one history."""
    made: list[Announcer] = []

    def begin() -> Announcer:
        made.append(Announcer(stores))
        return made[-1]

    yield begin
    for one in made:
        one.kill()


@pytest.fixture
def pair(start: Callable[[], Announcer]) -> tuple[Announcer, Announcer]:
    """The process that writes, and one that has seen it write."""
    both = start(), start()
    for _ in range(3):
        for one in both:
            one.look()
    assert [one.log.makes for one in both] == [True, False]
    return both


def stored(stores: Stores) -> dict[str, SafetyEvent]:
    found = stores.history.read(safety_events.page, safety_events.EventSearch(), None, 100)
    return {event.id: event for event in found}


def break_writes(one: Announcer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its history can be read, but not be written."""

    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(one.history, "commit_now", fail)


def test_an_event_is_stored_under_the_fence_before_it_is_sent(start: Callable[[], Announcer], stores: Stores) -> None:
    one = start()
    found: list[int] = []
    one.log._publish = lambda changes: found.extend(len(stored(stores)) for _ in changes)
    one.look(PAIR)
    assert found == [1]
    fences = stores.history.read(lambda c: list(c.exec_driver_sql("SELECT fence FROM safety_event").scalars()))
    assert fences == [1]


def test_another_process_tells_its_clients_what_the_writer_stored(pair: tuple[Announcer, Announcer], stores: Stores) -> None:
    writer, other = pair
    assert writer.look(PAIR) == ["opened"]
    assert other.look() == ["opened"]
    assert writer.look(replace(PAIR, severity=CRITICAL)) == ["updated"]
    assert other.look() == ["updated"]
    writer.look(seconds=6)
    assert other.look() == ["resolved"]
    assert other.events[-3:] == writer.events[-3:] == [*writer.events]
    assert list(stored(stores).values()) == writer.events[-1:]


def test_what_the_rules_find_in_a_process_that_does_not_write_is_not_sent(pair: tuple[Announcer, Announcer]) -> None:
    writer, other = pair
    for _ in range(20):
        assert writer.look() == other.look(PAIR) == []


def test_an_event_that_began_and_ended_between_two_looks_is_sent_whole(pair: tuple[Announcer, Announcer]) -> None:
    writer, other = pair
    writer.look(PAIR)
    writer.look(seconds=6)
    other.clock.pass_by(6)
    assert other.look() == ["opened", "resolved"]
    assert other.open == []


def test_an_acknowledgement_is_sent_in_every_process_and_stays(pair: tuple[Announcer, Announcer], stores: Stores) -> None:
    writer, other = pair
    writer.look(PAIR)
    other.look()
    [event_id] = writer.open
    other.history.commit_anywhere(safety_events.acknowledge, event_id, "anna", other.clock.wall())
    for one in pair:
        assert one.look(PAIR) == ["updated"]
        assert one.events[-1].acknowledged_by == "anna"
    writer.look(seconds=6)
    assert stored(stores)[event_id].acknowledged_by == writer.events[-1].acknowledged_by == "anna"


def test_the_acknowledgement_of_an_event_of_long_ago_is_an_update_and_no_new_event(
    pair: tuple[Announcer, Announcer], start: Callable[[], Announcer]
) -> None:
    writer, other = pair
    writer.look(PAIR)
    [event_id] = writer.open
    other.look()
    writer.look(seconds=100)
    other.clock.pass_by(99)
    other.look()
    late = start()
    late.clock.pass_by(110)
    late.look()
    assert late.sent == [], "it ended before this process began"
    writer.history.commit_anywhere(safety_events.acknowledge, event_id, "anna", writer.clock.wall())
    assert [one.look() for one in (writer, other, late)] == [["updated"]] * 3
    assert late.open == []


# Restart and takeover


def test_a_start_shows_the_open_events_and_announces_none_of_them_again(start: Callable[[], Announcer]) -> None:
    first = start()
    first.look(PAIR, SQUAWK, seconds=3)
    opened = first.open
    first.process.end()
    second = start()
    second.clock.pass_by(4)
    assert second.look() == ["updated", "updated"]
    assert sorted(second.open) == sorted(opened)
    assert set(second.look(PAIR, SQUAWK, seconds=70)) == {"updated"}
    assert sorted(second.open) == sorted(opened)
    assert second.look(SQUAWK, seconds=6) == ["resolved"]


def test_what_does_not_return_after_a_start_is_resolved_and_what_ended_meanwhile_is_too(start: Callable[[], Announcer]) -> None:
    first = start()
    first.look(PAIR, SQUAWK, seconds=3)
    first.process.end()
    second = start()
    second.clock.pass_by(100)
    sent = second.look()
    assert sorted(sent) == ["resolved", "updated", "updated"]
    assert [event.event_type for event in second.log.open] == [SQUAWK_EMERGENCY]
    assert second.look(seconds=330) == ["resolved"]


def test_the_cooldown_holds_over_a_restart(start: Callable[[], Announcer], stores: Stores) -> None:
    first = start()
    first.look(PAIR)
    first.look(seconds=6)
    first.process.end()
    second = start()
    second.clock.pass_by(20)
    assert second.look(PAIR) == ["updated"]
    assert len(stored(stores)) == 1


def test_after_the_writer_was_killed_another_goes_on_with_its_open_event_and_announces_it_to_nobody_again(
    pair: tuple[Announcer, Announcer], stores: Stores
) -> None:
    writer, other = pair
    writer.look(SQUAWK)
    other.look(SQUAWK)
    [event_id] = writer.open
    writer.kill()
    sent = other.look(SQUAWK, seconds=int(LOST_S) + 4)
    assert other.log.makes
    assert (sent, other.open) == ([], [event_id])
    assert other.look(SQUAWK, PAIR) == ["opened"]
    assert other.look(PAIR, seconds=310).count("resolved") == 1
    assert len(stored(stores)) == 2


def test_what_is_found_while_no_process_writes_is_sent_once_when_one_takes_over(
    pair: tuple[Announcer, Announcer], stores: Stores
) -> None:
    writer, other = pair
    writer.kill()
    assert other.look(PAIR, seconds=int(LOST_S) + 4) == ["opened"]
    assert len(stored(stores)) == 1


def test_a_process_that_was_frozen_tells_nothing_of_its_own_after_another_took_over(
    pair: tuple[Announcer, Announcer], stores: Stores
) -> None:
    writer, other = pair
    writer.look(SQUAWK)
    other.look(SQUAWK)
    other.look(SQUAWK, seconds=int(LOST_S) + 4)
    other.look(SQUAWK, PAIR)
    # It wakes in the middle of a round, and believes that it writes.
    before = len(writer.sent)
    writer.round(SQUAWK, replace(PAIR, key="another pair"))
    assert [action for action, _ in writer.sent[before:]] == ["opened"], "the event of the other process, and none of its own"
    assert writer.look(SQUAWK, replace(PAIR, key="another pair"), seconds=2) == []
    assert sorted(writer.open) == sorted(other.open)
    assert len(stored(stores)) == 2
    writer.clock.pass_by(10)
    other.look(SQUAWK, seconds=6)
    assert writer.look() == ["resolved"]


# A history that cannot be written


def test_events_that_cannot_be_stored_are_sent_all_the_same_and_stored_later(
    start: Callable[[], Announcer], stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = start()
    one.look()
    with monkeypatch.context() as patch:
        break_writes(one, patch)
        assert one.look(PAIR) == ["opened"]
        assert one.look(PAIR, SQUAWK) == ["opened"]
        assert (one.log.unsaved, one.log.failed, stored(stores)) == (2, 1, {})
        one.look(PAIR, SQUAWK, seconds=int(RETRY_S))
        assert one.log.failed == 2, "it is tried again only every few seconds"
    one.look(PAIR, SQUAWK, seconds=int(RETRY_S))
    assert (one.log.unsaved, one.log.lost) == (0, 0)
    assert set(stored(stores)) == set(one.open)
    assert len(one.sent) == len(set(one.sent)), "nothing is sent twice"


def test_what_waits_to_be_stored_is_bounded_and_the_oldest_is_counted_as_lost(
    start: Callable[[], Announcer], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = start()
    one.look()
    break_writes(one, monkeypatch)
    for number in range(MAX_UNSAVED // 100 + 2):
        one.look(*(replace(PAIR, key=f"{number} {place}") for place in range(100)))
        one.look(seconds=6)
    assert one.log.unsaved == MAX_UNSAVED
    assert one.log.lost >= 200


def test_a_history_that_cannot_be_read_at_the_start_delays_events_for_a_while_only(
    start: Callable[[], Announcer], stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start()
    first.look(SQUAWK)
    first.process.end()
    second = start()
    with monkeypatch.context() as patch:

        def fail(*_: object) -> None:
            raise StoreError("no answer")

        patch.setattr(second.history, "read", fail)
        break_writes(second, patch)
        assert second.look(PAIR, seconds=int(PATIENCE_S)) == []
        assert second.look(PAIR) == ["opened"]
    second.look(PAIR, seconds=int(RETRY_S) + 1)
    assert sorted(event.event_type for event in second.log.open) == [PROXIMITY, SQUAWK_EMERGENCY]
    assert len(stored(stores)) == 2
    assert second.log.unsaved == 0


def fail(*_: object) -> None:
    raise StoreError("no answer")


def test_a_process_that_cannot_read_the_lease_goes_on_with_the_events_it_knows_and_returns_to_those_of_the_writer(
    pair: tuple[Announcer, Announcer], stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, other = pair
    writer.look(SQUAWK)
    other.look(SQUAWK)

    def both(seconds: int) -> list[str]:
        sent: list[str] = []
        for _ in range(seconds):
            writer.look(SQUAWK)
            sent += other.look(SQUAWK, PAIR)
        return sent

    with monkeypatch.context() as patch:
        for name in ("read", "write"):
            patch.setattr(other.history._store, name, fail)
        assert both(int(PATIENCE_S) - 1) == []
        assert both(10) == ["opened"], "the pair, which the writer does not find, and not the squawk, which clients know"
        assert other.log.makes
    assert both(int(RETRY_S) + 3) == ["resolved"]
    assert not other.log.makes
    assert other.open == writer.open
    assert len(stored(stores)) == 1


def test_the_writer_goes_on_telling_while_the_database_is_away(
    start: Callable[[], Announcer], stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = start()
    one.look(SQUAWK)
    with monkeypatch.context() as patch:
        for name in ("read", "write"):
            patch.setattr(one.history._store, name, fail)
        sent = [action for _ in range(40) for action in one.look(SQUAWK)]
        assert sent == []
        assert one.look(SQUAWK, PAIR) == ["opened"]
    one.look(SQUAWK, PAIR, seconds=2 * int(RETRY_S))
    assert set(stored(stores)) == set(one.open)
    assert len(one.open) == 2

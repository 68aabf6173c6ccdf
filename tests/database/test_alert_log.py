"""Claims about alerts in several processes on one history: each is published once in each, and none is made or sent twice."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Callable, Iterable, Iterator

import pytest
from sqlalchemy import Engine, event

from skyspy.sky import alert_log
from skyspy.sky.alert_log import COOLDOWN_S, LOST_S, MAX_UNSAVED, NOTE_S, AlertLog, End, New, Subject
from skyspy.sky.alert_outbox import LOOK_S, AlertOutbox
from skyspy.sky.event_log import RETRY_S
from skyspy.store import Store, StoreError
from skyspy.store.errors import UnstorableValue
from skyspy.store.history import alerts, outbox
from skyspy.store.history.alerts import Alert, AlertSearch
from skyspy.store.history.lease import Fenced
from skyspy.store.history.outbox import HELD, SENT, SUMMARIZED
from skyspy.store.history.writer import LOST_S as LEASE_LOST_S
from tests.support.alerts import alert, deliveries_of, delivery
from tests.support.databases import forked
from tests.support.history import Stores
from tests.support.history_processes import Process


class Alerter:
    """A process with the alerts of its live sky: `sent` are the ids that its clients got, `kept` those in snapshots alone."""

    def __init__(self, stores: Stores) -> None:
        self.process = Process(stores)
        self.clock, self.history = self.process.clock, self.process.history
        self.sent: list[str] = []
        self.kept: list[str] = []
        self.log = AlertLog(self.history, self._tell, self.clock, "live")
        self.outbox = AlertOutbox(self.history, self.clock)
        self.restored: list[Alert] | None = None
        self.process.start()

    def _tell(self, found: Iterable[Alert], *, new: bool) -> None:
        (self.sent if new else self.kept).extend(one.id for one in found)

    def look(self, *made: New, ends: Iterable[Subject] = (), seconds: int = 1) -> list[str]:
        """So many rounds, one a second; the alerts are made in the first one. Returns what was sent in them."""
        before = len(self.sent)
        for second in range(seconds):
            self.process.run(1)
            now = self.clock.moment()
            self.restored = self.log.begin_round(now)
            if self.restored is not None:
                some = made if second == 0 else ()
                if self.log.take(now, some, [End(subject, now.wall) for subject in ends]):
                    self.outbox.look()
        return self.sent[before:]

    def new(self, number: int, destination: int = 1, **more: object) -> New:
        """An alert that is made now, with a delivery."""
        at = self.clock.wall()
        made = alert(number, triggered_at=at, matched_until=at, **more)
        return New(made, [delivery(number, destination, created_at=at, next_try=at)])

    @property
    def active(self) -> dict[Subject, str]:
        return {subject: found.id for subject, found in self.log.active.items()}

    def due(self) -> list[str]:
        return [one.id for one in self.outbox.due(self.clock.wall(), 10)]

    def kill(self) -> None:
        self.process.kill()


@pytest.fixture
def start(stores: Stores) -> Iterator[Callable[[], Alerter]]:
    """Starts processes on one history."""
    made: list[Alerter] = []

    def begin() -> Alerter:
        made.append(Alerter(stores))
        return made[-1]

    yield begin
    for one in made:
        one.kill()


@pytest.fixture
def pair(start: Callable[[], Alerter]) -> tuple[Alerter, Alerter]:
    """The process that writes, and one that has seen it write."""
    both = start(), start()
    for _ in range(3):
        for one in both:
            one.look()
    assert [one.log.makes for one in both] == [True, False]
    return both


def stored(stores: Stores) -> dict[str, Alert]:
    return {one.id: one for one in stores.history.read(alerts.page, 7, AlertSearch(), None, 5000)}


def break_writes(one: Alerter, monkeypatch: pytest.MonkeyPatch, error: type[Exception] = StoreError) -> None:
    """Its history can be read, but not be written."""

    def fail(*_: object) -> None:
        raise error() if error is UnstorableValue else error("the disk is full")

    monkeypatch.setattr(one.history, "commit_now", fail)


def test_an_alert_is_stored_under_the_fence_with_its_deliveries_before_it_is_sent(
    start: Callable[[], Alerter], stores: Stores
) -> None:
    one = start()
    found: list[tuple[list[str], list[str]]] = []
    one.log._publish = lambda _alerts, *, new: found.append((list(stored(stores)), list(deliveries_of(stores))))
    one.look(one.new(1))
    assert found == [(["a-0001"], ["msg_0001"])]
    for table in ("alert", "alert_delivery"):
        assert stores.history.read(lambda c, t=table: list(c.exec_driver_sql(f"SELECT fence FROM {t}").scalars())) == [1]


def test_another_process_publishes_what_the_writer_stored_once(pair: tuple[Alerter, Alerter]) -> None:
    writer, other = pair
    assert writer.look(writer.new(1), writer.new(2)) == ["a-0001", "a-0002"]
    assert other.look() == ["a-0001", "a-0002"]
    assert (writer.look(seconds=3), other.look(seconds=3)) == ([], [])
    assert other.due() == [], "it sends nothing"


def test_a_process_that_starts_shows_the_alerts_of_the_last_day_in_snapshots_and_sends_none_again(
    pair: tuple[Alerter, Alerter], start: Callable[[], Alerter]
) -> None:
    writer, _ = pair
    writer.look(writer.new(1))
    late = start()
    late.clock.pass_by(60)
    late.log._started = late.clock.wall()
    assert late.look(seconds=3) == []
    assert late.kept == ["a-0001"]


def test_after_a_takeover_the_matches_and_cooldowns_of_before_are_known_and_nothing_is_sent_again(
    pair: tuple[Alerter, Alerter], stores: Stores
) -> None:
    writer, other = pair
    writer.look(writer.new(1), writer.new(2))
    writer.look(ends=[(3, "4B0002")])
    other.look()
    assert writer.due() == ["msg_0001"]
    writer.outbox.sent("msg_0001", writer.clock.wall())
    writer.look(writer.new(3))
    writer.kill()
    restored: list[Alert] = []
    for _ in range(int(LEASE_LOST_S) + 3):
        other.look()
        restored += other.restored or []
    assert other.log.makes
    assert {one.id: one.ended_at is None for one in restored} == {"a-0001": True, "a-0002": False, "a-0003": True}
    assert other.active == {(3, "4B0001"): "a-0001", (3, "4B0003"): "a-0003"}
    assert sorted(other.sent) == ["a-0001", "a-0002", "a-0003"], "also the one of the last moment before the kill"
    assert other.due() == ["msg_0002"], "what was sent is not sent again, what was not is"
    other.look(ends=[(3, "4B0001")])
    assert {name: one.ended_at is None for name, one in stored(stores).items()} == {
        "a-0001": False,
        "a-0002": False,
        "a-0003": True,
    }


def test_what_the_holder_of_before_would_still_write_is_refused_and_dropped(
    pair: tuple[Alerter, Alerter], stores: Stores
) -> None:
    writer, other = pair
    # It does not run for a while.
    other.look(seconds=int(LEASE_LOST_S) + 3)
    assert other.log.makes
    late = writer.new(5)
    assert writer.log.begin_round(writer.clock.moment()) == [], "its own clock stood still: it does not know yet"
    assert not writer.log.take(writer.clock.moment(), [late], ())
    assert (writer.sent, writer.log.makes, writer.log.unsaved) == ([], False, 0)
    assert stored(stores) == deliveries_of(stores) == {}
    with pytest.raises(Fenced):
        writer.outbox.sent("msg_0001", 0.0)
    other.look(other.new(6))
    assert writer.look() == ["a-0006"]


def test_a_process_that_finds_that_another_one_writes_drops_what_it_could_not_store_and_sends_nothing_twice(
    pair: tuple[Alerter, Alerter], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, other = pair
    monkeypatch.setattr(alert_log, "MAX_KNOWN", 1)
    writer.look(*(writer.new(number) for number in (1, 2, 3)))
    with monkeypatch.context() as patched:
        break_writes(writer, patched)
        writer.look(writer.new(4))
        assert writer.log.unsaved == 1
        other.look(seconds=int(LEASE_LOST_S) + 3)
        assert other.log.makes
        before = len(writer.sent)
        for _ in range(int(RETRY_S) + 3):
            other.look()
            writer.look()
        assert writer.sent[before:] == []
    assert (writer.log.makes, writer.log.unsaved, writer.log.lost, writer.active) == (False, 0, 1, {})


def test_what_cannot_be_stored_is_published_and_stored_and_sent_later(
    pair: tuple[Alerter, Alerter], stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, other = pair
    with monkeypatch.context() as patched:
        break_writes(writer, patched)
        assert writer.look(writer.new(1)) == ["a-0001"]
        assert (writer.log.unsaved, writer.log.failed, writer.due()) == (1, 1, [])
    assert writer.look(seconds=int(RETRY_S) + 1) == []
    assert (writer.log.unsaved, list(stored(stores)), writer.due()) == (0, ["a-0001"], ["msg_0001"])
    assert other.look() == ["a-0001"]


def test_an_answer_that_is_lost_after_the_commit_makes_no_second_alert_and_no_second_delivery(
    start: Callable[[], Alerter], stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = start()
    commit = one.history.commit_now

    def commit_and_fail(*args: object) -> None:
        commit(*args)  # type: ignore[arg-type]
        raise StoreError("the connection was lost")

    with monkeypatch.context() as patched:
        patched.setattr(one.history, "commit_now", commit_and_fail)
        one.look(one.new(1))
    one.look(seconds=int(RETRY_S) + 1)
    assert (one.sent, list(stored(stores)), list(deliveries_of(stores))) == (["a-0001"], ["a-0001"], ["msg_0001"])


def test_a_value_that_no_database_takes_costs_the_alerts_of_its_round_alone(
    start: Callable[[], Alerter], stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = start()
    with monkeypatch.context() as patched:
        break_writes(one, patched, UnstorableValue)
        assert one.look(one.new(1)) == ["a-0001"], "it is published all the same"
    assert (one.log.lost, one.log.unsaved) == (1, 0)
    one.look(one.new(2))
    assert list(stored(stores)) == ["a-0002"]


def test_what_waits_to_be_stored_is_bounded(start: Callable[[], Alerter], monkeypatch: pytest.MonkeyPatch) -> None:
    one = start()
    one.look()
    break_writes(one, monkeypatch)
    one.look(*(New(alert(number), ()) for number in range(MAX_UNSAVED + 5)))
    assert (one.log.unsaved, one.log.lost) == (MAX_UNSAVED, 5)


def test_a_match_that_nobody_followed_for_long_ended_when_it_was_last_noted(start: Callable[[], Alerter], stores: Stores) -> None:
    first = start()
    first.look(first.new(1))
    first.look(seconds=int(NOTE_S) + 2)
    noted = stored(stores)["a-0001"].matched_until
    assert noted >= stored(stores)["a-0001"].triggered_at + NOTE_S
    first.process.end()
    soon = start()
    soon.clock.pass_by(noted + LOST_S - soon.clock.wall() - 5)
    soon.look()
    assert list(soon.active.values()) == ["a-0001"], "the aircraft is on the same visit"
    soon.process.end()
    noted = stored(stores)["a-0001"].matched_until
    later = start()
    later.clock.pass_by(noted + LOST_S + 5 - later.clock.wall())
    later.look()
    assert (later.log.active, stored(stores)["a-0001"].ended_at) == ({}, noted)


def test_a_second_alert_of_one_rule_and_aircraft_ends_the_match_of_the_first(
    start: Callable[[], Alerter], stores: Stores
) -> None:
    one = start()
    one.look(one.new(1))
    one.look(one.new(2, hex="4B0001"))
    found = stored(stores)
    assert (found["a-0001"].ended_at, found["a-0002"].ended_at) == (found["a-0002"].triggered_at, None)
    assert one.active == {(3, "4B0001"): "a-0002"}


def test_matches_that_ended_before_the_longest_cooldown_are_not_read(start: Callable[[], Alerter]) -> None:
    one = start()
    one.look(one.new(1))
    one.look(ends=[(3, "4B0001")])
    one.process.end()
    again = start()
    again.clock.pass_by(COOLDOWN_S + 10)
    again.look()
    assert again.restored == []


# What is to be sent


def test_quiet_hours_that_end_are_summed_up_by_the_process_that_writes(pair: tuple[Alerter, Alerter], stores: Stores) -> None:
    writer, other = pair
    until = writer.clock.wall() + 30
    for number in (1, 2):
        at = writer.clock.wall()
        held = delivery(number, created_at=at, next_try=until, state=HELD)
        writer.look(New(alert(number, triggered_at=at, matched_until=at, held_until=until), [held]))
    assert writer.due() == []
    writer.look(seconds=31)
    other.clock.pass_by(31)
    assert other.due() == []
    [summary] = writer.due()
    found = deliveries_of(stores)
    assert found[summary].title == "2 alerts in quiet hours"
    assert found[summary].body == "Low: SWR1 is low\nLow: SWR2 is low"
    assert {one.state for one in found.values() if one.summary_id == summary} == {SUMMARIZED}
    assert writer.outbox.released == 2


def test_what_another_process_has_sent_again_is_due_within_seconds(pair: tuple[Alerter, Alerter], stores: Stores) -> None:
    writer, other = pair
    writer.look(writer.new(1))
    assert writer.due() == ["msg_0001"]
    writer.outbox.dead("msg_0001", writer.clock.wall(), "gone", 410)
    assert writer.due() == []
    other.history.commit_anywhere(outbox.resend, 7, "msg_0001", writer.clock.wall())
    writer.look(seconds=int(LOOK_S))
    assert writer.due() == ["msg_0001"]
    writer.outbox.sent("msg_0001", writer.clock.wall())
    assert deliveries_of(stores)["msg_0001"].state == SENT


def test_an_outbox_in_which_nothing_waits_is_read_now_and_then_alone(
    start: Callable[[], Alerter], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = start()
    one.look()
    one.due()
    reads: list[object] = []
    read = one.history.read
    monkeypatch.setattr(one.history, "read", lambda fn, *args: reads.append(fn) or read(fn, *args))
    for _ in range(int(LOOK_S) - 1):
        one.clock.pass_by(1.0)
        one.due()
    assert reads == []


def test_an_outbox_that_cannot_be_read_gives_nothing_and_is_read_again(
    start: Callable[[], Alerter], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = start()
    one.look(one.new(1))

    def fail(*_: object) -> None:
        raise StoreError("away")

    with monkeypatch.context() as patched:
        patched.setattr(one.history, "read", fail)
        assert one.due() == []
    one.process.run(int(RETRY_S) + 1)
    assert one.due() == ["msg_0001"]


@pytest.mark.parametrize("is_committed", [False, True])
def test_what_was_stored_before_a_kill_is_sent_by_the_next_process_and_of_what_was_not_nothing_is_there(
    stores: Stores, is_committed: bool
) -> None:
    stores.history.close()
    stores.main.close()

    def killed() -> None:
        def kill(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if "INSERT INTO alert_delivery" in statement:
                os.kill(os.getpid(), signal.SIGKILL)

        if not is_committed:
            event.listen(Engine, "before_cursor_execute", kill)
        one = Alerter(dataclasses.replace(stores, main=Store(stores.url)))
        one.log._publish = lambda _alerts, *, new: os.kill(os.getpid(), signal.SIGKILL)
        one.look(one.new(1), one.new(2))

    assert forked(killed) == -signal.SIGKILL
    following = Alerter(stores)
    following.look(seconds=int(LEASE_LOST_S) + 3)
    assert following.log.makes
    if is_committed:
        assert sorted(following.kept + following.sent) == ["a-0001", "a-0002"]
        assert following.due() == ["msg_0001"]
        following.outbox.sent("msg_0001", following.clock.wall())
        assert following.due() == ["msg_0002"]
    else:
        assert stored(stores) == deliveries_of(stores) == {}
        assert following.restored == [], "its engine finds them again"
    following.kill()

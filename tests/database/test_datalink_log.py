"""Claims about datalink messages in several processes on one history: each client gets each message once, whichever process makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from skyspy.datalink.message import Message, Station
from skyspy.sky.datalink_log import LATELY_S, MAX_KNOWN, MAX_UNSAVED, DatalinkLog
from skyspy.sky.event_log import PATIENCE_S, RETRY_S
from skyspy.store import StoreError
from skyspy.store.history import acars
from skyspy.store.history.acars import MessageSearch
from skyspy.store.history.acars_counts import Frames
from skyspy.store.history.writer import LOST_S
from tests.support.datalink import a_message
from tests.support.history import Stores
from tests.support.history_processes import Process


class Announcer:
    """A process with the messages of its live sky: `sent` are the texts that its clients got as events, `shown` the messages of a
    snapshot by id."""

    def __init__(self, stores: Stores) -> None:
        self.process = Process(stores)
        self.clock, self.history = self.process.clock, self.process.history
        self.sent: list[str] = []
        self.shown: dict[str, Message] = {}
        self.own: list[str] = []
        self.changed: list[str] = []
        self.log = DatalinkLog(self.history, self._tell, self.clock, "live")
        self.process.start()

    def _tell(self, new: Sequence[Message], changed: Sequence[Message], *, own: bool) -> None:
        self.sent += [message.text for message in new]
        self.own += [message.text for message in new if own]
        self.changed += [message.text for message in changed]
        self.shown |= {message.id: message for message in (*new, *changed)}

    def said(self, number: int, text: str, **more: Any) -> Message:
        """A message that is received now."""
        return a_message(number, time=self.clock.wall(), text=text, **more)

    def round(self, *new: Message, changed: Sequence[Message] = (), frames: Sequence[Frames] = ()) -> list[str]:
        """One round at this moment, in which these are made; the events of it."""
        before = len(self.sent)
        if self.log.begin_round(self.clock.moment()) is not None:
            self.log.take(self.clock.moment(), new, changed, frames)
        return self.sent[before:]

    def look(self, *new: Message, seconds: int = 1) -> list[str]:
        """So many seconds with a round in each, the messages in the last one."""
        before = len(self.sent)
        for second in range(seconds):
            self.process.run(1)
            self.round(*(new if second == seconds - 1 else ()))
        return self.sent[before:]

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
    return both


def stored(one: Announcer) -> list[str]:
    """The texts of what is stored, the earliest first."""
    return [message.text for message in one.history.read(acars.page, MessageSearch(), None, 5000)][::-1]


def test_a_message_is_stored_and_sent_once_in_both_processes(pair: tuple[Announcer, Announcer]) -> None:
    writer, other = pair
    assert (writer.log.makes, other.log.makes) == (True, False)
    assert writer.look(writer.said(1, "ONE")) == ["ONE"]
    assert stored(writer) == ["ONE"]
    assert other.look() == ["ONE"]
    for one in pair:
        assert one.look(seconds=3) == []
    assert (writer.own, other.own) == (["ONE"], [])


def test_a_message_is_stored_before_it_is_sent(start: Callable[[], Announcer]) -> None:
    one = start()
    one.look()
    seen: list[list[str]] = []
    tell = one.log._publish

    def after(*args: Any, **more: Any) -> None:
        seen.append(stored(one))
        tell(*args, **more)

    one.log._publish = after  # type: ignore[assignment]
    one.look(one.said(1, "ONE"))
    assert seen == [["ONE"]]


def test_another_station_shows_in_both_processes_without_a_second_event(pair: tuple[Announcer, Announcer]) -> None:
    writer, other = pair
    message = writer.said(1, "ONE")
    writer.look(message)
    other.look()
    more = replace(message, stations=(*message.stations, Station("HUT", None, 131.55, -3.0, message.time)))
    writer.process.run(1)
    writer.round(changed=[more])
    assert other.look() == []
    for one in pair:
        assert one.sent == ["ONE"]
        assert len(one.shown[message.id].stations) == 2
    assert [len(one.stations) for one in writer.history.read(acars.page, MessageSearch(), None, 10)] == [2]


def test_what_is_made_and_changed_between_two_looks_of_another_process_is_one_event(pair: tuple[Announcer, Announcer]) -> None:
    writer, other = pair
    message = writer.said(1, "ONE")
    writer.look(message)
    writer.round(changed=[replace(message, stations=(*message.stations, Station("HUT", None, None, None, message.time)))])
    assert other.look() == ["ONE"]
    assert len(other.shown[message.id].stations) == 2


def test_more_than_a_page_of_changes_arrives_in_one_look(pair: tuple[Announcer, Announcer]) -> None:
    writer, other = pair
    many = [writer.said(number, f"{number}") for number in range(acars.MAX_CHANGES + 5)]
    writer.look(*many)
    assert len(other.look()) == len(many)
    assert other.look(seconds=2) == []


def test_a_process_that_starts_shows_what_is_stored_and_announces_none_of_it(start: Callable[[], Announcer]) -> None:
    writer = start()
    writer.look()
    long_ago = writer.clock.wall() - 3600
    writer.round(*(a_message(number, time=long_ago + number, text=f"{number}") for number in range(60)))
    other = start()
    assert other.look() == []
    assert len(other.shown) == 50
    assert "59" in {message.text for message in other.shown.values()}


def test_a_process_that_takes_over_is_given_what_was_stored_lately_and_sends_none_of_it_again(
    pair: tuple[Announcer, Announcer],
) -> None:
    writer, other = pair
    writer.look(writer.said(1, "OLD"))
    other.look()
    for _ in range(int(LATELY_S) + 5):
        for one in pair:
            one.process.run(1)
    writer.look(writer.said(2, "NEW"))
    other.look()
    # One that this process has not read before the other one is gone.
    writer.round(writer.said(3, "LAST"))
    writer.kill()
    other.process.run(int(LOST_S) + 2)
    found = other.log.begin_round(other.clock.moment())
    assert found is not None
    assert [message.text for message in found] == ["NEW", "LAST"]
    assert other.sent == ["OLD", "NEW", "LAST"]
    assert other.log.begin_round(other.clock.moment()) == []


def test_a_process_that_finds_that_another_one_writes_drops_what_it_had_not_stored(pair: tuple[Announcer, Announcer]) -> None:
    writer, other = pair
    # The writer is frozen while the other one takes over.
    other.look(seconds=int(LOST_S) + 3)
    assert other.log.makes
    assert writer.round(writer.said(1, "LATE")) == []
    assert (writer.log.makes, writer.log.lost) == (False, 1)
    assert other.look(other.said(2, "MINE")) == ["MINE"]
    writer.process.run(1)
    assert writer.look() == ["MINE"]
    assert stored(other) == ["MINE"]


def test_what_a_process_has_sent_is_not_sent_again_when_another_one_goes_on_with_it(pair: tuple[Announcer, Announcer]) -> None:
    writer, other = pair
    message = writer.said(1, "ONE")
    writer.look(message)
    other.look(seconds=int(LOST_S) + 3)
    assert other.log.makes
    writer.process.run(1)
    assert writer.look() == []
    assert writer.changed == [], "its own messages are not read again"
    more = replace(message, stations=(*message.stations, Station("HUT", None, None, None, message.time)))
    other.process.run(1)
    other.round(changed=[more])
    assert writer.look() == []
    assert (writer.sent, writer.changed) == (["ONE"], ["ONE"])


def broken(one: Announcer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its history cannot be read and written any more, and it knows that."""

    def refuse(*_args: Any, **_more: Any) -> Any:
        raise StoreError("the disk is gone")

    monkeypatch.setattr(one.history, "commit_now", refuse)
    monkeypatch.setattr(one.history, "read", refuse)


def test_while_the_history_cannot_be_written_messages_are_sent_and_stored_later(
    start: Callable[[], Announcer], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = start()
    one.look()
    with monkeypatch.context() as fault:
        broken(one, fault)
        assert one.look(one.said(1, "ONE")) == ["ONE"]
        assert (one.log.unsaved, one.log.failed) == (1, 1)
        one.look(one.said(2, "TWO"))
        assert one.log.failed == 1, "it is not tried again at once"
    one.look(seconds=int(RETRY_S) + 1)
    assert (one.log.unsaved, one.log.lost) == (0, 0)
    assert stored(one) == ["ONE", "TWO"]
    assert one.sent == ["ONE", "TWO"]


def test_of_what_cannot_be_stored_the_latest_are_kept(start: Callable[[], Announcer], monkeypatch: pytest.MonkeyPatch) -> None:
    one = start()
    one.look()
    with monkeypatch.context() as fault:
        broken(one, fault)
        one.look(*(one.said(number, f"{number}") for number in range(MAX_UNSAVED + 2)))
    assert (one.log.unsaved, one.log.lost) == (MAX_UNSAVED, 2)
    one.look(seconds=int(RETRY_S) + 1)
    assert stored(one)[0] == "2"


def test_a_process_that_cannot_read_what_is_stored_begins_after_a_while(
    start: Callable[[], Announcer], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = start()
    broken(one, monkeypatch)
    assert one.look(one.said(1, "ONE")) == []
    assert one.look(one.said(2, "TWO"), seconds=int(PATIENCE_S) + 1) == ["TWO"]


def test_a_process_that_writes_again_after_an_outage_never_stopped_listening(
    start: Callable[[], Announcer], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = start()
    one.look()
    lease = one.history.lease
    with monkeypatch.context() as fault:
        broken(one, fault)
        fault.setattr(type(lease), "held", property(lambda _self: False))
        fault.setattr(type(lease), "error", property(lambda _self: "the disk is gone"), raising=False)
        assert one.round(one.said(1, "ONE")) == ["ONE"]
        assert one.log.may_make
        stranger = DatalinkLog(one.history, one._tell, one.clock, "live")
        assert not stranger.may_make
        one.clock.pass_by(PATIENCE_S)
        assert stranger.may_make, "nobody is known to listen"
    one.look(seconds=int(RETRY_S) + 1)
    assert stored(one) == ["ONE"]


def test_counts_of_frames_are_stored_with_messages_or_after_a_while(start: Callable[[], Announcer]) -> None:
    one = start()
    one.look()
    counts = [Frames("vdl2", "HOME", None, one.clock.wall(), 3, -20.0)]
    assert one.log.take(one.clock.moment(), [one.said(1, "ONE")], [], counts)
    assert not one.log.take(one.clock.moment(), [], [], counts)
    one.process.run(6)
    assert one.log.take(one.clock.moment(), [], [], counts)


def test_ids_that_are_remembered_are_bounded(start: Callable[[], Announcer]) -> None:
    one = start()
    one.log._note(a_message(number) for number in range(MAX_KNOWN + 10))
    assert len(one.log._known) == MAX_KNOWN

"""Claims about receivers of data links: real sockets; a port in use is said in one line; who does not hold the lease stands by."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import gevent
import pytest
from gevent import socket

from skyspy import wirejson
from skyspy.aircraft import Record
from skyspy.clock import Clock
from skyspy.datalink.message import Block
from skyspy.feedurl import parse
from skyspy.receivers import udp
from skyspy.receivers.checks import check, watch
from skyspy.receivers.demo import Surroundings
from skyspy.receivers.manager import Receivers
from skyspy.receivers.timing import Timing
from tests.support.running_clock import RunningClock
from tests.support.sources import PATIENT, QUICK, FakeReceiver, keeps_saying, says, wait_for

LOOKING = replace(PATIENT, look_s=0.01, datalink_stale_s=30.0, datalink_silent_s=60.0)
BUSY = replace(LOOKING, first_wait_s=0.02, longest_wait_s=0.05)


def message(text: str = "DOOR", tail: str = ".N842UA") -> bytes:
    """A message as acarsdec writes it: its field names are those of its documented output."""
    return wirejson.dump_bytes(
        {
            "timestamp": 1641834946.1, "station_id": "roof", "channel": 1, "freq": 131.55, "level": -18.25, "error": 0, "mode": "2", "label": "H1",
            "block_id": "5", "ack": False, "tail": tail, "flight": "UA0123", "msgno": "M55A", "text": text, "app": {"name": "acarsdec", "ver": "3.7"},
        }
    )  # fmt: skip


class Listener:
    """Remembers the records that receivers deliver."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def __call__(self, record: Record) -> None:
        assert isinstance(record, Block)
        self.blocks.append(record)

    @property
    def texts(self) -> list[str]:
        return [block.text for block in self.blocks]


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Turn:
    """Whether this process may listen."""

    def __init__(self, held: bool = True) -> None:
        self.held = held

    def __call__(self) -> bool:
        return self.held


@contextmanager
def listening(*urls: str, timing: Timing = LOOKING, turn: Turn | None = None) -> Iterator[tuple[Receivers, Listener]]:
    heard = Listener()
    around = Surroundings(may_listen=turn or Turn())
    receivers = Receivers([parse(url) for url in urls], Clock(), None, timing=timing, surroundings=around)
    receivers.start(heard)
    try:
        yield receivers, heard
    finally:
        receivers.stop()


def is_listening(receivers: Receivers) -> bool:
    return "listening at" in (receivers.status()[0]["error"] or "")


@contextmanager
def sender(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        yield sock


def test_a_listener_hears_datagrams_and_says_so() -> None:
    port = free_port()
    with listening(f"acars+udp://127.0.0.1:{port}") as (receivers, heard), sender(port) as sock:
        wait_for(lambda: is_listening(receivers))
        row = receivers.status()[0]
        assert (row["state"], row["error"]) == ("connecting", f"listening at 127.0.0.1:{port}; nothing was heard yet")
        assert row["silent_since"] is None
        sock.send(message("DOOR"))
        wait_for(lambda: heard.blocks)
        row = receivers.status()[0]
        assert (row["name"], row["public_name"], row["state"], row["error"]) == (
            f"acars-udp-127.0.0.1-{port}",
            "acars-udp-1",
            "up",
            None,
        )
        assert (row["messages"], row["bad"], row["bytes"], row["aircraft"]) == (1, 0, len(message("DOOR")), 0)
        [block] = heard.blocks
        assert (block.tail, block.text, block.freq, block.station) == ("N842UA", "DOOR", 131.55, "roof")
        assert block.receiver == row["name"]
        sock.send(b"\xff\x00 nothing of ours")
        sock.send(b"")
        sock.send(message("CLOSED"))
        wait_for(lambda: heard.texts == ["DOOR", "CLOSED"])
        counts = receivers.counts()[row["name"]]
        assert (counts.bad, counts.datagrams, counts.lost) == (1, 4, 0)


def test_an_object_in_two_datagrams_is_one_message_and_peers_are_kept_apart() -> None:
    port, first, second = free_port(), message("ONE"), message("TWO")
    with listening(f"acars+udp://127.0.0.1:{port}") as (receivers, heard), sender(port) as one, sender(port) as two:
        wait_for(lambda: is_listening(receivers))
        for sock, part in ((one, first[:40]), (two, second[:60]), (one, first[40:]), (two, second[60:])):
            sock.send(part)
        wait_for(lambda: len(heard.blocks) == 2)
        assert heard.texts == ["ONE", "TWO"]
        assert receivers.status()[0]["bad"] == 0


def test_five_hundred_datagrams_at_once_are_all_read() -> None:
    port = free_port()
    with listening(f"vdl2+udp://127.0.0.1:{port}") as (receivers, heard), sender(port) as sock:
        wait_for(lambda: is_listening(receivers))
        for number in range(500):
            sock.send(message(str(number)))
            if number % 50 == 49:
                gevent.sleep(0.001)
        wait_for(lambda: len(heard.blocks) + receivers.counts()["vdlm2-udp-127.0.0.1-" + str(port)].lost >= 500)
        assert heard.texts == [str(number) for number in range(500)]


def test_what_the_system_drops_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "BUFFER_BYTES", 4096)
    port = free_port()
    with listening(f"acars+udp://127.0.0.1:{port}") as (receivers, heard), sender(port) as sock:
        wait_for(lambda: is_listening(receivers))
        for number in range(100):
            sock.send(message(str(number)))
        wait_for(lambda: heard.blocks)
        gevent.sleep(0.02)
        sock.send(message("last"))
        wait_for(lambda: "last" in heard.texts)
        [counts] = receivers.counts().values()
        assert counts.lost > 0
        assert counts.lost + counts.datagrams == 101


def test_a_port_in_use_is_one_line_and_is_taken_when_it_is_free(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("skyspy").propagate = True
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("127.0.0.1", 0))
    port = other.getsockname()[1]
    line = f"port {port} is in use: another program or another server listens at 127.0.0.1:{port}"
    logged, url = caplog.at_level(logging.INFO, logger="skyspy.receivers"), f"acars+udp://127.0.0.1:{port}"
    with logged, listening(url, timing=BUSY) as (receivers, heard), sender(port) as sock:
        wait_for(lambda: receivers.status()[0]["state"] == "down")
        assert receivers.status()[0]["error"] == line
        gevent.sleep(0.1)
        other.close()
        wait_for(lambda: is_listening(receivers))
        assert receivers.status()[0]["state"] == "connecting"
        sock.send(message())
        wait_for(lambda: heard.blocks)
    # However many handlers got the record, it was logged once.
    said = {(record.getMessage(), record.created) for record in caplog.records if "is down" in record.getMessage()}
    assert [text for text, _ in said] == [f"feed acars-udp-127.0.0.1-{port} is down: {line}"]
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    ("address", "why"),
    [("192.0.2.1", "192.0.2.1 is no address of this machine"), ("[2001:db8::1]", "2001:db8::1 is no address of this machine")],
)
def test_an_address_that_is_not_ours_is_said(address: str, why: str) -> None:
    found = check(parse(f"acars+udp://{address}:{free_port()}"), 2.0, timing=LOOKING)
    assert (found.messages, (found.error or "")[: len(why)]) == (0, why)


def test_a_listener_that_hears_another_format_says_so() -> None:
    port = free_port()
    with listening(f"hfdl+udp://127.0.0.1:{port}") as (receivers, heard), sender(port) as sock:
        wait_for(lambda: is_listening(receivers))
        for _ in range(10):
            sock.send(b"x" * 1000)
        wait_for(lambda: "nothing in it reads as hfdl" in (receivers.status()[0]["error"] or ""))
        assert receivers.status()[0]["state"] == "stale"
        assert heard.blocks == []


def test_a_quiet_listener_is_silent_after_a_while_and_goes_on() -> None:
    port = free_port()
    with (
        listening(f"acars+udp://127.0.0.1:{port}", timing=replace(LOOKING, datalink_stale_s=0.05)) as (receivers, heard),
        sender(port) as sock,
    ):
        wait_for(lambda: is_listening(receivers))
        sock.send(message("one"))
        wait_for(lambda: receivers.status()[0]["state"] == "stale")
        assert receivers.status()[0]["error"] == "nothing heard for 0.05 s"
        sock.send(message("two"))
        wait_for(lambda: heard.texts == ["one", "two"])
        assert receivers.status()[0]["reconnects"] == 0


def test_lines_over_tcp_are_messages_and_a_split_line_is_joined() -> None:
    line = message("DOOR") + b"\n"
    source = FakeReceiver(says(line[:30], line[30:], message("CLOSED") + b"\n", pause=0.01, then_hang=True))
    try:
        with listening(f"acars+tcp://127.0.0.1:{source.port}") as (receivers, heard):
            wait_for(lambda: heard.texts == ["DOOR", "CLOSED"])
            assert receivers.status()[0]["state"] == "up"
            assert {block.receiver for block in heard.blocks} == {f"acars-tcp-127.0.0.1-{source.port}"}
    finally:
        source.close()


def test_a_quiet_data_link_is_not_connected_again_as_a_silent_feed_is() -> None:
    timing = Timing().of(parse("acars+tcp://pi"))
    assert (timing.stale_s, timing.silent_s) == (600.0, 3600.0)
    assert (Timing().of(parse("beast://pi")).stale_s, Timing().silent_s) == (15.0, 75.0)


def test_who_may_not_listen_stands_by_and_opens_nothing() -> None:
    port, turn = free_port(), Turn(held=False)
    source = FakeReceiver(keeps_saying(message() + b"\n"))
    urls = (f"acars+udp://127.0.0.1:{port}", f"acars+tcp://127.0.0.1:{source.port}")
    try:
        with listening(*urls, turn=turn) as (receivers, heard), sender(port) as sock:
            wait_for(lambda: [row["state"] for row in receivers.status()] == ["standby", "standby"])
            assert [row["error"] for row in receivers.status()] == ["another process of this server listens"] * 2
            assert [row["silent_since"] for row in receivers.status()] == [None, None]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.1", port))
            assert (source.connections, heard.blocks) == (0, [])
            turn.held = True
            wait_for(lambda: is_listening(receivers) and receivers.status()[1]["state"] == "up")
            sock.send(message("mine"))
            wait_for(lambda: "mine" in heard.texts)
            turn.held = False
            wait_for(lambda: [row["state"] for row in receivers.status()] == ["standby", "standby"])
            before = len(heard.blocks)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.1", port))
            gevent.sleep(0.05)
            assert len(heard.blocks) == before
            assert [row["reconnects"] for row in receivers.status()] == [0, 0]
    finally:
        source.close()


def test_a_quiet_connection_is_closed_when_the_lease_is_lost() -> None:
    source, turn = FakeReceiver(says(message() + b"\n", then_hang=True)), Turn()
    try:
        with listening(f"acars+tcp://127.0.0.1:{source.port}", turn=turn) as (receivers, heard):
            wait_for(lambda: heard.blocks)
            turn.held = False
            wait_for(lambda: receivers.status()[0]["state"] == "standby", 5.0)
    finally:
        source.close()


def test_what_arrived_before_the_lease_was_lost_and_is_read_after_it_is_not_delivered() -> None:
    port, turn = free_port(), Turn()
    with (
        listening(f"acars+udp://127.0.0.1:{port}", turn=turn, timing=replace(LOOKING, look_s=5.0)) as (receivers, heard),
        sender(port) as sock,
    ):
        wait_for(lambda: is_listening(receivers))
        turn.held = False
        sock.send(message())
        wait_for(lambda: receivers.status()[0]["state"] == "standby")
        assert heard.blocks == []


def test_other_receivers_are_read_in_every_process() -> None:
    source = FakeReceiver(says(then_hang=True))
    try:
        with listening(f"beast://127.0.0.1:{source.port}", turn=Turn(held=False)) as (receivers, _):
            wait_for(lambda: source.connections == 1)
            assert receivers.status()[0]["state"] == "connecting"
    finally:
        source.close()


def test_a_listener_that_runs_is_watched_instead_of_opened_again() -> None:
    port = free_port()
    url = f"acars+udp://127.0.0.1:{port}"
    with listening(url, timing=BUSY) as (receivers, heard), sender(port) as sock:
        wait_for(lambda: is_listening(receivers))
        [name] = receivers.names()
        sock.send(message("before"))
        wait_for(lambda: heard.blocks)
        gevent.spawn_later(0.05, sock.send, message("during"))
        found = watch(receivers, name, 0.15)
        assert (found.messages, found.aircraft, found.error) == (1, 0, None)
        again = check(parse(url), 0.5, timing=QUICK)
        assert (again.messages, (again.error or "")[:20]) == (0, f"port {port} is in use"[:20])


def test_a_check_of_a_quiet_data_link_says_that_this_may_be() -> None:
    found = check(parse(f"acars+udp://127.0.0.1:{free_port()}"), 0.05, timing=LOOKING)
    assert found.error is not None and found.error.endswith("nothing was heard yet: a data link may be quiet for minutes")


@pytest.mark.parametrize(("held", "heard_blocks"), [(True, True), (False, False)])
def test_simulated_messages_come_where_this_process_may_listen(held: bool, heard_blocks: bool) -> None:
    clock = RunningClock()
    records: list[Record] = []
    around = Surroundings(may_listen=Turn(held))
    receivers = Receivers([parse("demo://?aircraft=30&datalink=all")], clock, None, surroundings=around)
    receivers.start(records.append)
    try:
        began = clock.steady()
        wait_for(lambda: clock.steady() - began > 16)
    finally:
        receivers.stop()
    blocks = [record for record in records if isinstance(record, Block)]
    assert bool(blocks) is heard_blocks
    assert len(records) - len(blocks) > 100, "aircraft are seen in every process"
    assert all(block.demo and block.receiver == "demo" for block in blocks)


def test_the_demo_rests_where_another_process_hears_a_real_receiver() -> None:
    around = Surroundings(may_listen=Turn(held=False))
    receivers = Receivers([parse("demo://?aircraft=5")], Clock(), None, timing=LOOKING, surroundings=around)
    receivers.add(parse(f"acars+udp://127.0.0.1:{free_port()}"))
    assert receivers.stands_in
    receivers.heard_elsewhere()
    assert not receivers.stands_in

"""Claims about TCP receivers: disconnects, silence, overload and invalid data do not end the receiver."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import gevent
import pytest
from gevent import socket

from skyspy.aircraft import Record
from skyspy.receivers.timing import Timing
from tests.support.hub import HastyClock, Meter, rounds_counted
from tests.support.sources import (
    IDENT,
    PATIENT,
    QUICK,
    Ear,
    FakeReceiver,
    beast,
    keeps_saying,
    running,
    says,
    sbs,
    wait_for,
    watched_states,
)


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def receivers() -> Iterator[list[FakeReceiver]]:
    made: list[FakeReceiver] = []
    yield made
    for receiver in made:
        receiver.close()


def test_what_the_receiver_sends_reaches_the_sink_and_is_counted(ear: Ear, receivers: list[FakeReceiver]) -> None:
    receivers.append(FakeReceiver(says(beast(IDENT), beast(IDENT), then_hang=True)))
    with running(f"beast://127.0.0.1:{receivers[0].port}", sink=ear, timing=PATIENT) as feeds:
        wait_for(lambda: "4840D6" in ear.hexes and feeds.status()[0]["state"] == "up")
        row = feeds.status()[0]
    assert row["name"] == f"beast-127.0.0.1-{receivers[0].port}"
    assert row["state"] == "up"
    assert row["messages"] >= 1
    assert row["aircraft"] == 1
    assert row["bytes"] == 2 * len(beast(IDENT))
    assert row["last_seen"].endswith("Z")
    assert row["error"] is None


def test_half_a_frame_before_a_disconnect_is_dropped_and_the_receiver_reconnects(ear: Ear, receivers: list[FakeReceiver]) -> None:
    half = sbs("AAAAAA")[:25]
    receivers.append(FakeReceiver(says(sbs("4B1900"), half, pause=0.05), says(sbs("4B1901"), then_hang=True)))
    url = f"sbs://127.0.0.1:{receivers[0].port}"
    with running(url, sink=ear, timing=PATIENT) as feeds, watched_states(feeds) as states:
        wait_for(lambda: "4B1901" in ear.hexes)
        wait_for(lambda: feeds.status()[0]["state"] == "up")
        row = feeds.status()[0]
        gevent.sleep(0.01)
    assert ear.hexes == ["4B1900", "4B1901"]
    assert row["reconnects"] == 1
    assert row["messages"] == 2
    assert states[:4] == ["connecting", "up", "stale", "up"]


def test_a_silent_receiver_is_shown_stale_and_connected_anew(ear: Ear, receivers: list[FakeReceiver]) -> None:
    receivers.append(FakeReceiver(says(sbs("4B1900"), then_hang=True), keeps_saying(sbs("4B1901"))))
    with running(f"sbs://127.0.0.1:{receivers[0].port}", sink=ear) as feeds:
        wait_for(lambda: feeds.status()[0]["state"] == "stale")
        assert receivers[0].connections == 1
        assert "nothing heard" in feeds.status()[0]["error"]
        wait_for(lambda: "4B1901" in ear.hexes)
        wait_for(lambda: feeds.status()[0]["state"] == "up")
    assert receivers[0].connections == 2


def test_a_receiver_that_goes_away_is_down_and_comes_back_by_itself(ear: Ear, receivers: list[FakeReceiver]) -> None:
    first = FakeReceiver(keeps_saying(sbs("4B1900")))
    with running(f"sbs://127.0.0.1:{first.port}", sink=ear) as feeds:
        wait_for(lambda: ear.heard)
        first.close()
        wait_for(lambda: feeds.status()[0]["state"] == "down")
        assert "Connection refused" in feeds.status()[0]["error"]
        gevent.sleep(0.3)
        receivers.append(FakeReceiver(keeps_saying(sbs("4B1901")), port=first.port))
        wait_for(lambda: "4B1901" in ear.hexes)
        wait_for(lambda: feeds.status()[0]["state"] == "up")
        assert feeds.status()[0]["error"] is None


def test_a_receiver_that_is_away_is_logged_once_not_per_attempt(caplog: pytest.LogCaptureFixture, ear: Ear) -> None:
    gone = FakeReceiver(says())
    gone.close()
    # The application's log does not pass records on; the test's does.
    logging.getLogger("skyspy").propagate = True
    with caplog.at_level(logging.INFO, logger="skyspy.receivers"), running(f"sbs://127.0.0.1:{gone.port}", sink=ear):
        gevent.sleep(0.6)
    said = [(r.message, r.created) for r in caplog.records if "down" in r.message]
    # However many handlers got the record, it was logged once.
    assert len(set(said)) == 1
    assert said[0][0] == f"feed sbs-127.0.0.1-{gone.port} is down: 127.0.0.1:{gone.port}: Connection refused"


def test_a_receiver_that_accepts_and_closes_is_retried_with_growing_waits(ear: Ear, receivers: list[FakeReceiver]) -> None:
    receivers.append(FakeReceiver(says()))
    patient, clock = Timing(first_wait_s=1.0, longest_wait_s=10), HastyClock()
    with running(f"sbs://127.0.0.1:{receivers[0].port}", sink=ear, timing=patient, clock=clock) as feeds:
        wait_for(lambda: receivers[0].connections >= 5)
        assert feeds.status()[0]["state"] == "down"
        assert feeds.status()[0]["reconnects"] == 0
        assert all(most / 2 <= wait <= most for most, wait in zip((1, 2, 4, 8), clock.waits, strict=False))


def test_data_in_another_format_is_reported(ear: Ear, receivers: list[FakeReceiver]) -> None:
    receivers.append(FakeReceiver(keeps_saying(b"GET OUT OF HERE\r\n" * 100)))
    with running(f"beast://127.0.0.1:{receivers[0].port}", sink=ear) as feeds:
        wait_for(lambda: "reads as beast" in (feeds.status()[0]["error"] or ""))
        assert feeds.status()[0]["state"] != "up"
    assert ear.heard == []


def flood(sock: socket.socket) -> None:
    """Real frames, as fast as the connection takes them."""
    frames = b"".join(beast(IDENT, ticks) for ticks in range(2000))
    while True:
        sock.sendall(frames)


def test_a_feed_at_a_hundred_times_its_rate_starves_no_other_greenlet(ear: Ear, receivers: list[FakeReceiver]) -> None:
    receivers.append(FakeReceiver(flood))
    clock = HastyClock()
    with rounds_counted() as rounds:
        meter = Meter(rounds, clock, per_kib=0.001)
        with running(f"beast://127.0.0.1:{receivers[0].port}", sink=ear, clock=clock, formats=meter.formats) as feeds:
            wait_for(lambda: feeds.status()[0]["messages"] > 20_000)
    assert sum(piece.size for piece in meter.pieces) > 256 * 1024
    assert meter.largest_turn <= 16 * 1024, "a hundredth of a second's work, then everybody else"


def test_two_feeds_fill_one_sink_and_each_counts_its_own_aircraft(ear: Ear, receivers: list[FakeReceiver]) -> None:
    receivers.append(FakeReceiver(keeps_saying(sbs("4B1900"))))
    receivers.append(FakeReceiver(keeps_saying(beast(IDENT))))
    urls = f"sbs://127.0.0.1:{receivers[0].port}", f"beast://127.0.0.1:{receivers[1].port}"
    with running(*urls, sink=ear) as feeds:
        wait_for(lambda: {"4B1900", "4840D6"} <= set(ear.hexes))
        wait_for(lambda: [row["state"] for row in feeds.status()] == ["up", "up"])
        assert [feeds.unique_aircraft(name) for name in feeds.names()] == [1, 1]
        assert [row["aircraft"] for row in feeds.status()] == [1, 1]


def test_stopping_ends_every_greenlet_and_socket_at_once(ear: Ear, receivers: list[FakeReceiver]) -> None:
    closed: list[bool] = []

    def stays(sock: socket.socket) -> None:
        sock.sendall(sbs("4B1900"))
        closed.append(sock.recv(1) == b"")

    receivers.append(FakeReceiver(stays))
    silent, gone = FakeReceiver(says(then_hang=True)), FakeReceiver(says())
    receivers.append(silent)
    gone.close()
    urls = [f"sbs://127.0.0.1:{port}" for port in (receivers[0].port, silent.port, gone.port)]
    with running(*urls, "demo://", sink=ear, timing=Timing()) as feeds:
        wait_for(lambda: ear.heard)
        greenlets = [feeds.receiver(name)._greenlet for name in feeds.names()]
        feeds.stop()
        assert all(greenlet is not None and greenlet.dead for greenlet in greenlets)
        heard = len(ear.heard)
        wait_for(lambda: closed == [True])
        gevent.sleep(0.3)
    assert len(ear.heard) == heard


def test_a_sink_that_raises_is_logged_and_the_receiver_goes_on(
    caplog: pytest.LogCaptureFixture, receivers: list[FakeReceiver]
) -> None:
    class Moody(Ear):
        def __call__(self, record: Record) -> None:
            super().__call__(record)
            if len(self.heard) == 1:
                raise RuntimeError("a bug")

    ear = Moody()
    receivers.append(FakeReceiver(keeps_saying(sbs("4B1900"))))
    logging.getLogger("skyspy").propagate = True
    with (
        caplog.at_level(logging.ERROR, logger="skyspy.receivers"),
        running(f"sbs://127.0.0.1:{receivers[0].port}", sink=ear) as feeds,
    ):
        wait_for(lambda: len(ear.heard) > 2)
        assert feeds.status()[0]["state"] == "up"
    assert "a bug" in caplog.text


def test_a_name_that_does_not_resolve_is_one_line(ear: Ear) -> None:
    with running("sbs://no-such-host.invalid:30003", sink=ear, timing=Timing(connect_s=3.0)) as feeds:
        wait_for(lambda: feeds.status()[0]["state"] == "down")
        error = feeds.status()[0]["error"]
    assert "no-such-host.invalid" in error
    assert "\n" not in error


def test_no_garbage_ends_the_receiver_or_grows_its_memory(ear: Ear, receivers: list[FakeReceiver]) -> None:
    rubbish = [b"\x1a" * 5000, b"\x1a3" * 3000, bytes(range(256)) * 40, b"x" * 100_000, beast(IDENT)]
    receivers.append(FakeReceiver(says(*rubbish, then_hang=True)))
    with running(f"beast://127.0.0.1:{receivers[0].port}", sink=ear, timing=QUICK) as feeds:
        wait_for(lambda: "4840D6" in ear.hexes)
        assert feeds.status()[0]["bad"] > 0
        assert feeds.receiver(feeds.names()[0]).crashes == 0

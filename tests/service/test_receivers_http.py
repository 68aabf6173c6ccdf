"""Claims about aircraft.json over HTTP: polling, bounds, invalid documents, and that the last good state stays."""

from __future__ import annotations

import base64
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import gevent
import pytest
from gevent import socket

from skyspy.receivers.timing import Timing
from tests.support.hub import HastyClock, Meter, rounds_counted
from tests.support.sources import QUICK, Ear, FakeReceiver, Web, document, http, running, says, wait_for

Serve = Callable[[Callable[[str], bytes | None]], Web]


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[Web] = []

    def start(reply: Callable[[str], bytes | None]) -> Web:
        made.append(Web(reply))
        return made[-1]

    yield start
    for web in made:
        web.close()


def ticking(*hexes: str) -> Callable[[str], bytes]:
    """A receiver whose `now` advances."""
    began = time.monotonic()
    return lambda _head: http(document(1000 + round(time.monotonic() - began, 3), *hexes))


def url(web: Web, rest: str = "/data/aircraft.json#interval=0.1") -> str:
    return f"http://127.0.0.1:{web.port}{rest}"


def test_documents_are_polled_over_one_kept_connection(ear: Ear, serve: Serve) -> None:
    web = serve(ticking("4b1900", "4b1901"))
    with running(url(web), sink=ear) as feeds:
        wait_for(lambda: len(web.requests) >= 4)
        row = feeds.status()[0]
    assert set(ear.hexes) == {"4B1900", "4B1901"}
    assert row["state"] == "up"
    assert row["messages"] > 0
    assert web.connections == 1
    assert web.requests[0].startswith("GET /data/aircraft.json HTTP/1.1\r\n")
    assert "Accept-Encoding: gzip" in web.requests[0]


def test_a_query_goes_to_the_server_and_our_own_options_do_not(ear: Ear, serve: Serve) -> None:
    web = serve(ticking("4b1900"))
    with running(url(web, "/a.json?box=1,2&k=%20#interval=0.1"), sink=ear):
        wait_for(lambda: web.requests)
    assert web.requests[0].startswith("GET /a.json?box=1,2&k=%20 HTTP/1.1\r\n")


def test_a_gzip_document_is_decompressed_with_or_without_its_header(ear: Ear, serve: Serve) -> None:
    answers = [http(document(1, "4b1900"), packed=True), http(gzip.compress(document(2, "4b1901")))]
    web = serve(lambda _head: answers[min(len(web.requests) - 1, 1)])
    with running(url(web), sink=ear):
        wait_for(lambda: {"4B1900", "4B1901"} <= set(ear.hexes))


def test_a_truncated_document_is_counted_and_the_last_good_state_kept(ear: Ear, serve: Serve) -> None:
    good = document(1, "4b1900", "4b1901")
    half = document(2, "4b1900", "4b1901")[:-40]
    short = http(document(3, "4b1900"), "200 OK", "Connection: close")[:-30]
    packed = http(gzip.compress(document(4, "4b1900"))[:-20], "200 OK", "Content-Encoding: gzip")
    script = [http(good), http(half), short, packed]

    def reply(_head: str) -> bytes | None:
        step = len(web.requests) - 1
        return script[step] if step < 4 else http(document(5 + step, "4b1902"))

    web = serve(reply)
    with running(url(web, "/#interval=0.1"), sink=ear) as feeds:
        wait_for(lambda: feeds.status()[0]["bad"] >= 1)
        assert feeds.status()[0]["state"] in ("up", "stale")
        assert set(ear.hexes) == {"4B1900", "4B1901"}
        assert feeds.status()[0]["error"] is not None
        wait_for(lambda: "4B1902" in ear.hexes)
        row = feeds.status()[0]
    assert row["bad"] == 3
    assert row["state"] == "up"
    assert row["error"] is None
    assert row["reconnects"] == 0


def test_a_receiver_whose_clock_stands_still_is_stale_however_well_it_answers(ear: Ear, serve: Serve) -> None:
    now = [1000.0]
    web = serve(lambda _head: http(document(now[0], "4b1900")))
    with running(url(web, "/#interval=0.1"), sink=ear) as feeds:
        wait_for(lambda: feeds.status()[0]["state"] == "up")
        wait_for(lambda: feeds.status()[0]["state"] == "stale")
        assert "stood still" in feeds.status()[0]["error"]
        assert len(ear.heard) == 1
        now[0] += 5
        wait_for(lambda: feeds.status()[0]["state"] == "up")
        assert feeds.status()[0]["error"] is None


def test_a_page_that_is_no_aircraft_json_never_shows_as_up(ear: Ear, serve: Serve) -> None:
    web = serve(lambda _head: http(b"<html>welcome</html>"))
    with running(url(web, "/#interval=0.1"), sink=ear) as feeds:
        wait_for(lambda: feeds.status()[0]["bad"] >= 3)
        gevent.sleep(0.3)
        assert feeds.status()[0]["state"] == "connecting"
        assert feeds.status()[0]["error"]


@pytest.mark.parametrize(
    ("status", "words"),
    [("404 Not Found", "404"), ("401 Unauthorized", "user and a password"), ("500 Oops\tyou", "500 Internal"), ("599 X", "599")],
)
def test_an_error_status_is_one_line_and_the_feed_is_down_until_it_is_over(
    ear: Ear, serve: Serve, status: str, words: str
) -> None:
    broken = [True]
    fine = ticking("4b1900")
    web = serve(lambda head: http(b"no", status) if broken[0] else fine(head))
    with running(url(web), sink=ear) as feeds:
        wait_for(lambda: feeds.status()[0]["state"] == "down")
        assert words in feeds.status()[0]["error"]
        assert feeds.status()[0]["error"].isprintable()
        broken[0] = False
        wait_for(lambda: feeds.status()[0]["state"] == "up")


def test_the_password_goes_to_the_server_and_nowhere_else(ear: Ear, serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    web = serve(lambda _head: http(b"", "401 Unauthorized"))
    with running(f"http://pi:h%40mster@127.0.0.1:{web.port}/a.json", sink=ear) as feeds:
        wait_for(lambda: feeds.status()[0]["state"] == "down")
        shown = str(feeds.status()) + caplog.text
    assert "Basic " + base64.b64encode(b"pi:h@mster").decode() in web.requests[0]
    assert "mster" not in shown
    assert "***@127.0.0.1" in shown


def test_a_redirect_is_followed_on_the_same_host_only(ear: Ear, serve: Serve) -> None:
    fine = ticking("4b1900")
    web = serve(lambda h: fine(h) if "GET /new" in h else http(b"", "302 Found", "Location: /new.json"))
    elsewhere = serve(lambda _head: http(b"", "301 Moved", "Location: http://localhost.invalid/steal"))
    with running(url(web), f"http://u:p@127.0.0.1:{elsewhere.port}/", sink=ear) as feeds:
        wait_for(lambda: feeds.status()[0]["state"] == "up")
        wait_for(lambda: feeds.status()[1]["state"] == "down")
        assert "redirects to http://localhost.invalid" in feeds.status()[1]["error"]


def test_a_circle_of_redirects_ends(ear: Ear, serve: Serve) -> None:
    web = serve(lambda _head: http(b"", "302 Found", "Location: /again"))
    with running(url(web), sink=ear) as feeds:
        wait_for(lambda: feeds.status()[0]["state"] == "down")
        assert "circle" in feeds.status()[0]["error"]


def test_a_compression_bomb_is_refused_before_it_is_decompressed(ear: Ear, serve: Serve) -> None:
    bomb = http(gzip.compress(b" " * (40 * 1024 * 1024), 9), "200 OK", "Content-Encoding: gzip")
    web = serve(lambda _head: bomb)
    with running(url(web), sink=ear) as feeds:
        wait_for(lambda: feeds.status()[0]["state"] == "down")
        assert "larger than 16 MiB" in feeds.status()[0]["error"]


def test_a_server_that_sends_too_slowly_or_never_is_dropped(ear: Ear) -> None:
    mute = FakeReceiver(says(then_hang=True))
    trickle = FakeReceiver(says(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n", *[b" "] * 90, pause=0.1))
    urls = [f"http://127.0.0.1:{receiver.port}/a.json" for receiver in (mute, trickle)]
    with running(*urls, sink=ear, timing=replace(QUICK, request_s=0.3)) as feeds:
        # The one would be silent for a minute, the other whole after nine seconds.
        wait_for(lambda: [row["state"] for row in feeds.status()] == ["down", "down"])
        assert all("no whole answer" in row["error"] for row in feeds.status())
    mute.close()
    trickle.close()


def test_a_server_that_does_not_speak_http_is_reported(ear: Ear) -> None:
    receiver = FakeReceiver(says(b"MSG,3,1,1,4B1900\r\n" * 10))
    with running(f"http://127.0.0.1:{receiver.port}/a.json", sink=ear) as feeds:
        wait_for(lambda: feeds.status()[0]["state"] == "down")
        assert "does not speak HTTP" in feeds.status()[0]["error"]
    receiver.close()


def test_a_kept_connection_that_the_server_closed_is_reopened_silently(ear: Ear) -> None:
    began = time.monotonic()

    def once(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(http(document(round(time.monotonic() - began, 3), "4b1900")))

    receiver = FakeReceiver(once)
    with running(f"http://127.0.0.1:{receiver.port}/#interval=0.1", sink=ear, timing=QUICK) as feeds:
        wait_for(lambda: receiver.connections >= 4)
        row = feeds.status()[0]
    receiver.close()
    assert row["state"] == "up"
    assert row["reconnects"] == 0
    assert row["bad"] == 0


def test_ten_thousand_aircraft_do_not_hold_the_hub(ear: Ear, serve: Serve) -> None:
    hexes = [f"{0x4B0000 + n:06x}" for n in range(10_000)]
    body = document(1.0, *hexes, lat=47.1, lon=8.2, alt_baro=30000, gs=440.1, track=12.3, squawk="1234", nic=8, rc=186)
    small = document(2.0, "4b1900")
    answers = [http(body), http(body[:-3]), http(small)]
    web = serve(lambda _head: answers[min(len(web.requests) - 1, 2)])
    clock = HastyClock()
    with rounds_counted() as rounds:
        meter = Meter(rounds, clock, per_kib=0.001)
        with running(url(web), sink=ear, timing=Timing(), clock=clock, formats=meter.formats) as feeds:
            wait_for(lambda: len(ear.heard) > 10_000)
            assert feeds.status()[0]["bad"] == 1
    sizes, here = [len(body), len(body) - 3, len(small)], threading.get_ident()
    assert [piece.size for piece in meter.pieces[:3]] == sizes
    assert [piece.thread == here for piece in meter.pieces[:3]] == [False, False, True], "the large ones beside the hub"
    assert len(ear.heard) > 10_000

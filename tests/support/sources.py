"""What the feed tests stand on: receivers on loopback that do as they are told, and a sink that remembers."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import gevent
from gevent import monkey, socket
from gevent.pool import Pool
from gevent.server import StreamServer

from skyspy import wirejson
from skyspy.aircraft import Observation, Record
from skyspy.clock import Clock
from skyspy.decode import FORMATS, Format
from skyspy.feedurl import parse
from skyspy.receivers.manager import Receivers
from skyspy.receivers.timing import Timing
from skyspy.receivers.workers import Workers

QUICK = Timing(
    connect_s=10.0,
    request_s=10.0,
    stale_s=0.2,
    silent_s=0.5,
    frozen_s=0.3,
    first_wait_s=0.02,
    longest_wait_s=0.1,
    good_s=0.3,
)
"""The receiver's timing, shortened for tests that wait until it ends."""
PATIENT = replace(QUICK, stale_s=30.0, silent_s=60.0, frozen_s=30.0)
"""For tests in which it must not end, however crowded the machine is."""

IDENT = "8D4840D6202CC371C32CE0576098"
"""A DF17 frame: 4840D6 says its callsign."""

Answer = Callable[[socket.socket], None]


class Ear:
    """A sink: remembers the observations it was handed."""

    def __init__(self) -> None:
        self.heard: list[Observation] = []

    def __call__(self, record: Record) -> None:
        assert isinstance(record, Observation)
        self.heard.append(record)

    @property
    def hexes(self) -> list[str]:
        return [observation.hex for observation in self.heard]


class FakeReceiver:
    """A TCP receiver. Each connection is given the next of `answers`, the last one again and again."""

    def __init__(self, *answers: Answer, port: int = 0) -> None:
        self.answers = list(answers)
        self.connections = 0
        self.server = StreamServer(("127.0.0.1", port), self._serve, spawn=Pool())
        self.server.start()
        self.port = int(self.server.server_port or 0)

    def _serve(self, sock: socket.socket, _address: object) -> None:
        answer = self.answers[min(self.connections, len(self.answers) - 1)]
        self.connections += 1
        try:
            answer(sock)
        except OSError:
            pass
        finally:
            sock.close()

    def close(self) -> None:
        self.server.stop(timeout=0)


def says(*pieces: bytes, then_hang: bool = False, pause: float = 0.0) -> Answer:
    """Sends the pieces; then closes, or stays silent for good."""

    def answer(sock: socket.socket) -> None:
        for piece in pieces:
            sock.sendall(piece)
            gevent.sleep(pause)
        if then_hang:
            gevent.sleep(60)

    return answer


def keeps_saying(line: bytes, every: float = 0.02) -> Answer:
    """Sends the same again and again."""

    def answer(sock: socket.socket) -> None:
        while True:
            sock.sendall(line)
            gevent.sleep(every)

    return answer


def sbs(hex_: str, callsign: str = "TEST1") -> bytes:
    """A BaseStation line that says a callsign."""
    return f"MSG,1,1,1,{hex_},1,2026/01/01,00:00:00.000,2026/01/01,00:00:00.000,{callsign},,,,,,,,,,,\r\n".encode()


def beast(frame: str, ticks: int = 0) -> bytes:
    """A Mode S frame as a Beast receiver sends it."""
    body = ticks.to_bytes(6, "big") + b"\x80" + bytes.fromhex(frame)
    return b"\x1a" + (b"3" if len(frame) == 28 else b"2") + body.replace(b"\x1a", b"\x1a\x1a")


def document(now: float | None, *hexes: str, **fields: object) -> bytes:
    """An aircraft.json."""
    whole: dict[str, object] = {} if now is None else {"now": now}
    whole["messages"] = 1000
    whole["aircraft"] = [{"hex": hex_, "flight": "ABC1", "seen": 0.1, "messages": 5, **fields} for hex_ in hexes]
    return wirejson.dump_bytes(whole)


class Web:
    """An HTTP server of one page. `reply` gets the request's head and gives the raw answer, or None to hang up."""

    def __init__(self, reply: Callable[[str], bytes | None], port: int = 0) -> None:
        self.reply = reply
        self.requests: list[str] = []
        self._receiver = FakeReceiver(self._serve, port=port)
        self.port = self._receiver.port

    @property
    def connections(self) -> int:
        return self._receiver.connections

    def _serve(self, sock: socket.socket) -> None:
        head = b""
        while chunk := sock.recv(4096):
            head += chunk
            if b"\r\n\r\n" in head:
                self.requests.append(head.decode())
                answer = self.reply(self.requests[-1])
                if answer is None:
                    return
                sock.sendall(answer)
                if b"Connection: close" in answer:
                    return
                head = b""

    def close(self) -> None:
        self._receiver.close()


class Flood:
    """An HTTP server on native threads, which is never short of bytes: `begins` once, and then `goes_on` again and again
    until the client hangs up or MAX_SENT is sent. `sent` is what the busiest connection was sent, in bytes."""

    MAX_SENT = 256 * 1024 * 1024
    """Where nothing stops it, a test fails by its claim and not by its time."""

    def __init__(self, begins: bytes, goes_on: bytes) -> None:
        self._begins, self._goes_on = begins, goes_on * max(1, 65536 // len(goes_on))
        self.sent = 0
        self._listener = monkey.get_original("socket", "socket")()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(8)
        self.port = int(self._listener.getsockname()[1])
        self._start_thread = monkey.get_original("_thread", "start_new_thread")
        self._start_thread(self._accept, ())

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._start_thread(self._serve, (sock,))

    def _serve(self, sock: Any) -> None:
        sent = 0
        with sock, suppress(OSError):
            sock.recv(65536)
            sock.sendall(self._begins)
            while sent < self.MAX_SENT:
                sock.sendall(self._goes_on)
                sent += len(self._goes_on)
                self.sent = max(self.sent, sent)

    def close(self) -> None:
        # A thread that waits in accept is woken by this, but not by close.
        with suppress(OSError):
            self._listener.shutdown(2)
        self._listener.close()


def http(body: bytes, status: str = "200 OK", *headers: str, packed: bool = False) -> bytes:
    """A whole HTTP answer."""
    body = gzip.compress(body) if packed else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, *(["Content-Encoding: gzip"] if packed else [])]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def wait_for(claim: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until the claim holds. The seconds are for a crowded machine, and say nothing about speed."""
    until = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < until, "it never came true"
        gevent.sleep(0.005)


@contextmanager
def running(
    *urls: str,
    sink: Ear,
    timing: Timing = QUICK,
    location: tuple[float, float] | None = None,
    clock: Clock | None = None,
    formats: Mapping[str, Format] = FORMATS,
    workers: Workers | None = None,
) -> Iterator[Receivers]:
    """Feeds that run, and are stopped whatever happens."""
    feeds = Receivers([parse(url) for url in urls], clock or Clock(), location, timing=timing, formats=formats, workers=workers)
    feeds.start(sink)
    try:
        yield feeds
    finally:
        feeds.stop()


@contextmanager
def watched_states(feeds: Receivers) -> Iterator[list[str]]:
    """Every state the first feed shows meanwhile, in order."""
    states: list[str] = [feeds.status()[0]["state"]]

    def watch() -> None:
        while True:
            state = feeds.status()[0]["state"]
            if state != states[-1]:
                states.append(state)
            gevent.sleep(0.001)

    greenlet = gevent.spawn(watch)
    try:
        yield states
    finally:
        greenlet.kill()

"""The attacks of hostile.py: each is bounded in time and in connections, goes to loopback only, and runs in a process of its own."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import http.server
import json
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.support.mode_s import all_call, beast
from tests.support.sources import Flood
from tests.wire.raw import Gone, Ws, mask

BURST = 60
"""SOCKET_EVENTS_BURST: what one client may ask at once."""
UNREAD, HELD, CALLERS = 100, 300, 16
"""Connections that do not read, connections that never finish a request, and callers at once."""
REQUESTS_PER_SECOND = 10
MEGABYTE = 1024 * 1024


class Target:
    """The server that is attacked. `key` is an administrator's, for those who stand in the place of a receiver."""

    def __init__(self, port: int, key: str, seconds: float, begun: Callable[[], None]) -> None:
        self.port, self.key, self.seconds = port, key, seconds
        self._begun, self._until = begun, 0.0

    def begin(self) -> None:
        """Say that all is prepared. The time runs from here."""
        self._until = time.monotonic() + self.seconds
        self._begun()

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self._until

    def post(self, path: str, body: object, token: str = "") -> int:
        """POST JSON; the status."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        try:
            line.request("POST", path, json.dumps(body), headers)
            return line.getresponse().status
        finally:
            line.close()

    def feed(self, url: str) -> None:
        """Add a receiver, as its administrator once did; hostile.py removes it again."""
        status = self.post("/api/admin/feeds/", {"url": url}, self.key)
        if status >= 300:
            raise RuntimeError(f"the receiver {url} was not taken: {status}")

    def wait(self) -> None:
        time.sleep(self.seconds)

    def client(self, **how: int) -> Ws:
        """An anonymous client that has joined and is sent nothing unasked."""
        made = Ws(self, **how)  # type: ignore[arg-type]
        made.socket.settimeout(5.0)
        made.join(auth={"greeting": False})
        return made


Attack = Callable[[Target], int]
"""Attacks until the target's time is over; how often it did what it does."""


def _read_until(client: Ws, target: Target, mark: bytes) -> None:
    """Read and drop until this comes."""
    end = data = b""
    while target.goes_on and mark not in end + data:
        end, data = data[-len(mark) :], client.socket.recv(MEGABYTE)
        if not data:
            return


def bursts(event: str, payload: object) -> Attack:
    """One client that asks BURST times in one go, reads, and comes again."""
    text = json.dumps([event, payload])
    packets = mask(f"42{text}".encode()) * (BURST - 1) + mask(f"427{text}".encode())

    def attack(target: Target) -> int:
        target.begin()
        asked = 0
        while target.goes_on:
            with contextlib.suppress(OSError, Gone), target.client() as client:
                client.socket.sendall(packets)
                asked += BURST
                _read_until(client, target, b"437[")
        return asked

    return attack


def request(kind: str, **params: object) -> Attack:
    return bursts("request", {"type": kind, "params": params})


def unread(target: Target) -> int:
    """Clients that join, subscribe to everything, and never read."""
    target.begin()
    clients = []
    with contextlib.suppress(OSError, Gone):
        while target.goes_on and len(clients) < UNREAD:
            client = Ws(target, receive_buffer=4096)  # type: ignore[arg-type]
            clients.append(client)
            client.send("40")
            client.send('42["subscribe",{"topics":"all"}]')
    while target.goes_on:
        time.sleep(0.1)
    for client in clients:
        client.close()
    return len(clients)


def paced(path: str) -> Attack:
    """GET a page REQUESTS_PER_SECOND times a second, however long each takes."""

    def get(port: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with contextlib.suppress(OSError, http.client.HTTPException):
            line.request("GET", path)
            line.getresponse().read()
        line.close()

    def attack(target: Target) -> int:
        target.begin()
        asked = 0
        with ThreadPoolExecutor(CALLERS) as pool:
            while target.goes_on:
                pool.submit(get, target.port)
                asked += 1
                time.sleep(1 / REQUESTS_PER_SECOND)
            pool.shutdown(cancel_futures=True)
        return asked

    return attack


def flood(begins: bytes, goes_on: bytes) -> Attack:
    """A receiver whose answer never ends."""

    def attack(target: Target) -> int:
        made = Flood(begins, goes_on)
        target.feed(f"http://127.0.0.1:{made.port}/aircraft.json")
        target.begin()
        target.wait()
        made.close()
        return made.sent

    return attack


class QuietServer(http.server.ThreadingHTTPServer):
    """Says nothing about a client that hangs up."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        return


class Page:
    """An HTTP server of one page, on native threads. `body` is asked for at each request."""

    def __init__(self, body: Callable[[], bytes], *headers: tuple[str, str]) -> None:
        page = self
        self.asked = 0

        class Answer(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                page.asked += 1
                data = body()
                self.send_response(200)
                for name, value in (*headers, ("Content-Length", str(len(data)))):
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                return

        self._server = QuietServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}/data/aircraft.json"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def document(make: Callable[[], bytes], *headers: tuple[str, str]) -> Attack:
    """A receiver whose document costs more than it says. It is asked each second."""

    def attack(target: Target) -> int:
        body = make()
        page = Page(lambda: body, *headers)
        target.feed(page.url)
        target.begin()
        target.wait()
        page.close()
        return page.asked

    return attack


def nested() -> bytes:
    depth = 5 * MEGABYTE // 2
    return b'{"now":1,"aircraft":' + b"[" * depth + b"]" * depth + b"}"


def many_keys() -> bytes:
    return b'{"now":1,"aircraft":[{"hex":"4b1800"' + b"".join(b',"k%07d":1' % number for number in range(1_500_000)) + b"}]}"


def bomb() -> bytes:
    return gzip.compress(b'{"now":1,"aircraft":[]}' + b" " * (31 * MEGABYTE))


def new_addresses(target: Target) -> int:
    """A Beast receiver that hears another aircraft with each message, as fast as it can say so."""
    sent = 0
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10.0)
    target.feed(f"beast://127.0.0.1:{listener.getsockname()[1]}")
    connection, _ = listener.accept()
    batches = _beast_batches()
    target.begin()
    with listener, connection, contextlib.suppress(OSError):
        connection.settimeout(5.0)
        while target.goes_on:
            connection.sendall(next(batches))
            sent += BURST
    return sent


def _beast_batches() -> Iterator[bytes]:
    number = 0x400000
    while True:
        yield b"".join(beast(all_call(f"{number + step & 0xFFFFFF:06x}")) for step in range(BURST))
        number += BURST


def held(begins: bytes, goes_on: bytes) -> Attack:
    """Connections whose request never ends: something more of each is sent every second."""

    def attack(target: Target) -> int:
        target.begin()
        sockets = []
        with contextlib.suppress(OSError):
            while target.goes_on and len(sockets) < HELD:
                sockets.append(made := socket.create_connection(("127.0.0.1", target.port), timeout=5.0))
                made.sendall(begins)
        while target.goes_on:
            for made in sockets:
                with contextlib.suppress(OSError):
                    made.sendall(goes_on)
            time.sleep(1.0)
        for made in sockets:
            made.close()
        return len(sockets)

    return attack


def callers(act: Callable[[Target, random.Random], None]) -> Attack:
    """CALLERS who do the same again and again, at once."""

    def attack(target: Target) -> int:
        done = [0] * CALLERS

        def caller(number: int) -> None:
            chance = random.Random(number)
            while target.goes_on:
                with contextlib.suppress(OSError, Gone, http.client.HTTPException, ValueError, IndexError):
                    act(target, chance)
                done[number] += 1

        target.begin()
        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(caller, range(CALLERS)))
        return sum(done)

    return attack


def _garbage(target: Target, chance: random.Random) -> None:
    with target.client() as client:
        for _ in range(BURST):
            client.socket.sendall(mask(chance.randbytes(chance.randrange(200)), chance.randrange(256)))


def _come_and_go(target: Target, _: random.Random) -> None:
    with Ws(target) as client:  # type: ignore[arg-type]
        client.join()


def _wrong_password(target: Target, _: random.Random) -> None:
    target.post("/api/auth/token/", {"username": "root", "password": os.urandom(8).hex()})


POST = b"POST /api/auth/token/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

ATTACKS: dict[str, Attack] = {
    "list": request("aircraft-list", limit=1000),
    "snapshot": request("aircraft-snapshot"),
    "search": request("aircraft-list", callsign="A"),
    "subscribe": bursts("subscribe", {"topics": "all", "delta": True}),
    "unread": unread,
    "all": paced("/v2/all"),
    "aircraft.json": paced("/data/aircraft.json"),
    "continue": flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "trailers": flood(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"),
    "extensions": flood(CHUNKED, b"1;" + b"x" * 60_000 + b"\r\n{\r\n"),
    "chunks": held(POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "slow-headers": held(POST, b"X: y\r\n"),
    "nested": document(nested),
    "keys": document(many_keys),
    "bomb": document(bomb, ("Content-Encoding", "gzip")),
    "new-addresses": new_addresses,
    "garbage": callers(_garbage),
    "reconnects": callers(_come_and_go),
    "sign-ins": callers(_wrong_password),
}

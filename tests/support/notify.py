"""What tests of deliveries stand on: receivers of webhooks on loopback, an outbox and destinations in memory, a broker of one's own."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import gevent
from gevent import socket, ssl
from gevent.pool import Pool
from gevent.server import StreamServer

from skyspy.notify import settings
from skyspy.notify.destination import Destination, Message
from skyspy.outbound.resolver import Address, Resolver, connect
from tests.support.machine import missing
from tests.support.sources import wait_for

NOW = 1_800_000_000.0
OK = b"HTTP/1.1 204 No Content\r\n\r\n"

Answer = bytes | Callable[[socket.socket], None]


def answers(status: str, *headers: str) -> bytes:
    """A whole answer without a body."""
    return "\r\n".join([f"HTTP/1.1 {status}", "Content-Length: 0", *headers, "", ""]).encode()


@dataclass(frozen=True, slots=True)
class Hook:
    """One request that came. Names of headers are in lower case."""

    line: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class HookServer:
    """An HTTP server that takes webhooks. Each request is given the next of `answers`, the last one again and again."""

    def __init__(self, *answers: Answer, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.answers: list[Answer] = list(answers) or [OK]
        self.received: list[Hook] = []
        self.open = self.most_open = 0
        options = {} if tls is None else {"ssl_context": tls}
        self._server = StreamServer(("127.0.0.1", port), self._serve, spawn=Pool(), **options)
        self._server.start()
        self.port = int(self._server.server_port or 0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=canary-in-a-query"

    @property
    def ids(self) -> list[str]:
        return [hook.id for hook in self.received]

    def close(self) -> None:
        self._server.stop(timeout=0)

    def _serve(self, sock: socket.socket, _address: object) -> None:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            hook = _read(sock)
            self.received.append(hook)
            answer = self.answers[min(len(self.received), len(self.answers)) - 1]
            if isinstance(answer, bytes):
                sock.sendall(answer)
            else:
                answer(sock)
        except OSError:
            pass
        finally:
            self.open -= 1
            sock.close()


def _read(sock: socket.socket) -> Hook:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += _more(sock)
    return Hook(first, headers, body)


def _more(sock: socket.socket) -> bytes:
    data = sock.recv(65536)
    if not data:
        raise ConnectionError
    return data


def silent(sock: socket.socket) -> None:
    """Takes the request and answers nothing, until the client hangs up."""
    sock.recv(1)


def trickling(sock: socket.socket) -> None:
    """Answers a byte at a time, without end."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        sock.sendall(b"y")
        gevent.sleep(0.01)


def endless(sock: socket.socket) -> None:
    """An answer whose body has no end."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        sock.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")


class PublicNames:
    """A resolver's lookup that gives public addresses for names, and a dial that leads connections to them to loopback: `dialed` are the addresses
    that were connected to. A name's answers are given one after the other, the last one again and again."""

    def __init__(self, **names: list[str]) -> None:
        self.lookups: list[str] = []
        self.dialed: list[str] = []
        self.port = 0
        self._names = names

    @property
    def resolver(self) -> Resolver:
        return Resolver(self._lookup)

    def dial(self, addresses: list[Address], seconds: float) -> socket.socket:
        self.dialed.append(addresses[0][1][0])
        return connect([(socket.AF_INET, ("127.0.0.1", self.port))], seconds)

    def _lookup(self, host: str, port: int) -> list[Address]:
        self.lookups.append(host)
        answers = self._names[host.partition(".")[0]]
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, (address, port))]


def destination(
    kind: str, document: Mapping[str, Any], *, id: int = 1, owner_id: int = 7, may_private: bool = True
) -> Destination:
    """A destination as it is after its document was checked and stored."""
    checked = settings.check(kind, document, may_private=may_private, now=NOW)
    return Destination(id, owner_id, kind, f"{kind} {id}", checked.settings, checked.secrets, may_private)


def message(id: str = "msg_1", body: str = "REGA1 is at 2500 ft", **data: Any) -> Message:
    """What is sent of one alert."""
    return Message(id, "Helicopter, low", body, {"id": "a-1", "rule_id": "3", "hex": "4b1234", "callsign": "REGA1", **data}, NOW)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the outbox."""

    id: str
    destination_id: int = 1
    owner_id: int = 7
    title: str = "Helicopter, low"
    body: str = "REGA1 is at 2500 ft"
    data: Mapping[str, Any] = field(default_factory=dict)
    created_at: float = NOW
    attempts: int = 0
    alert_id: str | None = "a-1"
    state: str = "pending"
    next_try: float = 0.0
    error: str | None = None
    status: int | None = None


class MemoryOutbox:
    """An outbox in memory, with the order of the real one. `failing` is raised by what writes, while it is set."""

    def __init__(self, *rows: Row) -> None:
        self.rows = {row.id: row for row in rows}
        self.failing: Exception | None = None

    def due(self, now: float, limit: int) -> list[Row]:
        first: dict[int, Row] = {}
        for row in self.rows.values():
            if row.state == "pending":
                first.setdefault(row.destination_id, row)
        return sorted((row for row in first.values() if row.next_try <= now), key=lambda row: row.next_try)[:limit]

    def sent(self, delivery_id: str, at: float) -> None:
        self._note(delivery_id, state="sent")

    def retry(self, delivery_id: str, next_try: float, error: str, status: int | None) -> None:
        self._note(delivery_id, next_try=next_try, error=error, status=status)

    def dead(self, delivery_id: str, at: float, error: str, status: int | None) -> None:
        self._note(delivery_id, state="dead", error=error, status=status)

    def _note(self, delivery_id: str, **values: Any) -> None:
        if self.failing is not None:
            raise self.failing
        row = self.rows[delivery_id]
        self.rows[delivery_id] = replace(row, attempts=row.attempts + 1, **values)

    def states(self) -> dict[str, str]:
        return {row.id: row.state for row in self.rows.values()}


class MemoryDestinations:
    """Destinations in memory. `failing` is raised by `get`, while it is set."""

    def __init__(self, *destinations: Destination) -> None:
        self.known = {one.id: one for one in destinations}
        self.disabled: dict[int, str] = {}
        self.failing: Exception | None = None

    def get(self, destination_id: int) -> Destination | None:
        if self.failing is not None:
            raise self.failing
        return None if destination_id in self.disabled else self.known.get(destination_id)

    def disable(self, destination_id: int, reason: str) -> None:
        self.disabled[destination_id] = reason


class Broker:
    """A Mosquitto of the test's own, on a port of loopback. `lines` are lines of its configuration."""

    def __init__(self, folder: Path, *lines: str) -> None:
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if program is None:
            missing("mosquitto is not installed")
        assert program is not None
        self.port = free_port()
        self._file = folder / f"mosquitto-{self.port}.conf"
        # Started by root it would become another user, who may not read the folder.
        whole = [f"listener {self.port} 127.0.0.1", "persistence false", f"user {getpass.getuser()}", *lines, ""]
        self._file.write_text("\n".join(whole), encoding="utf-8")
        self._command = [program, "-c", str(self._file)]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._is_up)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _is_up(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0


class Listener:
    """mosquitto_sub on a topic: `messages` are (topic, payload) of what came."""

    def __init__(self, broker: Broker, topic: str, folder: Path, *options: str) -> None:
        program = shutil.which("mosquitto_sub")
        if program is None:
            missing("mosquitto_sub is not installed")
        self._path = folder / f"heard-{time.monotonic_ns()}"
        self._errors = folder / f"log-{time.monotonic_ns()}"
        # By lines: into a file it would write by blocks.
        command = [
            "stdbuf",
            "-oL",
            "mosquitto_sub",
            "-h",
            "127.0.0.1",
            "-p",
            str(broker.port),
            "-t",
            topic,
            "-q",
            "1",
            "-v",
            "-d",
            *options,
        ]
        with self._path.open("wb") as out, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(command, stdout=out, stderr=errors)
        wait_for(lambda: b"received SUBACK" in self._path.read_bytes() + self._errors.read_bytes())

    @property
    def messages(self) -> list[tuple[str, str]]:
        lines = self._path.read_text(encoding="utf-8").splitlines()
        return [(topic, text) for topic, _, text in (line.partition(" ") for line in lines) if text.startswith("{")]

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Certificates:
    """An authority of the test's own, made at run time, and a server's certificate that it signed for 127.0.0.1 and localhost."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            missing("openssl is not installed")
        self.authority, self.key, self.certificate = folder / "ca.pem", folder / "key.pem", folder / "server.pem"
        authority_key = folder / "ca-key.pem"
        new_key = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        _run(
            [
                *new_key,
                "-x509",
                "-days",
                "2",
                "-subj",
                "/CN=an authority",
                "-keyout",
                str(authority_key),
                "-out",
                str(self.authority),
            ]
        )
        request, names = folder / "request.pem", folder / "names"
        _run([*new_key, "-subj", "/CN=server", "-keyout", str(self.key), "-out", str(request)])
        names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:hooks.example\n", encoding="ascii")
        signing = [
            "-CA",
            str(self.authority),
            "-CAkey",
            str(authority_key),
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            str(names),
        ]
        _run(["openssl", "x509", "-req", "-in", str(request), *signing, "-out", str(self.certificate)])

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)

"""Clients that write the protocols byte by byte, so that they can also violate them."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import socket
import struct
import time
from typing import Any

from skyspy.transport.frames import unmask
from tests.wire.serving import Server

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def mask(payload: bytes, first: int = 0x81, declared: int | None = None, masked: bool = True) -> bytes:
    """One client frame; `declared` replaces its length, `first` is its first byte."""
    size = len(payload) if declared is None else declared
    bit = 0x80 if masked else 0
    if size < 126:
        head = bytes((first, bit | size))
    elif size < 65536:
        head = bytes((first, bit | 126)) + struct.pack("!H", size)
    else:
        head = bytes((first, bit | 127)) + struct.pack("!Q", size)
    key = os.urandom(4)
    return head + (key + unmask(payload, key) if masked else payload)


class Gone(Exception):
    """The server ended the connection; `code` is the close frame's, None when there was none."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Ws:
    """A WebSocket to a server's Socket.IO. `status` is the answer to the handshake."""

    def __init__(
        self,
        server: Server,
        query: str = "EIO=4&transport=websocket",
        path: str = "/socket.io/",
        receive_buffer: int = 0,
        **headers: str,
    ) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(30)
        self.socket.connect(("127.0.0.1", server.port))
        sent = {
            "Host": f"127.0.0.1:{server.port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        version = sent.pop("version", "HTTP/1.1")
        lines = [f"GET {path}?{query} {version}", *(f"{name}: {value}" for name, value in sent.items() if value)]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._file = self.socket.makefile("rb")
        line = self._file.readline()
        self.status = int(line.split()[1]) if line else 0
        while line.strip():
            line = self._file.readline()
        self.inbox: list[tuple[str, Any]] = []
        self.namespace = "/"
        if self.status == 101 and "sid=" not in query:
            kind, self.opened = self.packet()
            assert kind == "open"

    def send(self, text: str) -> None:
        self.socket.sendall(mask(text.encode()))

    def frame(self, timeout: float = 20.0) -> tuple[int, bytes]:
        """The next frame; raises Gone, or TimeoutError when nothing comes."""
        self.socket.settimeout(timeout)
        try:
            head = self._file.read(2)
            if len(head) < 2:
                raise Gone(None)
            size = head[1]
            if size == 126:
                (size,) = struct.unpack("!H", self._file.read(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self._file.read(8))
            payload = self._file.read(size) if size else b""
        except ConnectionError:
            raise Gone(None) from None
        if head[0] & 0x0F == CLOSE:
            raise Gone(struct.unpack("!H", payload[:2])[0] if payload else None)
        return head[0] & 0x0F, payload

    def packet(self, timeout: float = 20.0) -> tuple[str, Any]:
        """The next Socket.IO packet as (kind, data); engine pings are answered on the way."""
        deadline = time.monotonic() + timeout
        while True:
            opcode, payload = self.frame(max(0.01, deadline - time.monotonic()))
            if opcode != TEXT:
                continue
            text = payload.decode()
            if text[0] == "2":
                self.send("3")
            elif text[0] == "0":
                return "open", json.loads(text[1:])
            elif text[0] == "4":
                return _parsed(text[1:])
            elif text[0] == "1":
                raise Gone(None)

    def join(self, namespace: str = "/", auth: object = None) -> tuple[str, Any]:
        """Ask for a namespace; the answer is ("connect", {sid}) or ("refused", {message, data})."""
        self.namespace = namespace
        prefix = "" if namespace == "/" else f"{namespace},"
        self.send("40" + prefix + ("" if auth is None else json.dumps(auth)))
        while True:
            kind, data = self.packet()
            if kind in ("connect", "refused"):
                return kind, data
            self.inbox.append((kind, data))

    def tell(self, event: str, *payload: object, namespace: str = "/", ack: int | None = None) -> None:
        prefix = "" if namespace == "/" else f"{namespace},"
        self.send("42" + prefix + ("" if ack is None else str(ack)) + json.dumps([event, *payload]))

    def until(self, wanted: str, timeout: float = 20.0) -> Any:
        """Read until an event (or "connect", "disconnect", "ack") comes; its payload."""
        deadline = time.monotonic() + timeout
        while True:
            kind, data = self.packet(max(0.01, deadline - time.monotonic()))
            if kind == wanted:
                return data
            self.inbox.append((kind, data))

    def ended(self, timeout: float = 20.0) -> int | None:
        """Read until the server ends the connection; the close code. Raises TimeoutError when it does not."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.packet(max(0.01, deadline - time.monotonic()))
            except Gone as gone:
                return gone.code

    def alive(self, namespace: str = "/") -> bool:
        """Whether a ping is answered."""
        self.tell("ping", namespace=namespace)
        return bool(self.until("pong")["timestamp"])

    def close(self) -> None:
        # First the connection: a thread may be reading, and the file is its until it has read the end.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self._file.close()
        self.socket.close()

    def __enter__(self) -> Ws:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _parsed(text: str) -> tuple[str, Any]:
    kind, rest = text[0], text[1:]
    if rest.startswith("/"):
        _, _, rest = rest.partition(",")
    body = rest.lstrip("0123456789")
    data = json.loads(body) if body else None
    if kind == "2":
        return data[0], data[1] if len(data) > 1 else None
    return {"0": "connect", "1": "disconnect", "3": "ack", "4": "refused"}[kind], data


class Poll:
    """A client that polls, one connection per request."""

    def __init__(self, server: Server) -> None:
        self.server = server
        status, body = self.get()
        assert status == 200
        self.opened = json.loads(body[1:])
        self.sid = self.opened["sid"]

    def request(self, method: str, body: bytes | None = None, timeout: float = 30.0, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=timeout)
        sid = f"&sid={self.sid}" if hasattr(self, "sid") else ""
        try:
            connection.request(method, f"/socket.io/?EIO=4&transport=polling{sid}", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def get(self, timeout: float = 30.0) -> tuple[int, bytes]:
        return self.request("GET", timeout=timeout)

    def until(self, part: bytes) -> bytes:
        """Poll until an answer holds this; that answer."""
        while part not in (body := self.get()[1]):
            pass
        return body

    def post(self, body: bytes) -> tuple[int, bytes]:
        return self.request("POST", body)

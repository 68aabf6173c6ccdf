"""Clients that get datalink messages, and the decoders that send them: over UDP to the server, and over TCP to whoever connects."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import socketio

from tests.wire.serving import Server, eventually

NAMESPACES = ("/", "/acars")
AGAIN_S = 0.3


def acarsdec(text: str, station: str = "HOME", **fields: object) -> bytes:
    """A downlink of G-ABCD, as acarsdec sends it."""
    sent = {
        "timestamp": time.time(),
        "station_id": station,
        "freq": 131.55,
        "level": -12.5,
        "error": 0,
        "mode": "2",
        "label": "H1",
        "block_id": "3",
        "ack": False,
        "tail": ".G-ABCD",
        "flight": "BA0123",
        "msgno": "M55A",
        "text": text,
    }
    return json.dumps(sent | fields).encode()


class Listener:
    """A client of both namespaces that notes each event of a data link, with the namespace. `token` None: anonymous."""

    def __init__(self, server: Server, token: str | None = None) -> None:
        self.heard: dict[str, list[tuple[str, Any]]] = {name: [] for name in NAMESPACES}
        self._io = socketio.Client(reconnection=False)
        for name in NAMESPACES:
            self._io.on("*", self._taking(name), namespace=name)
        auth = {"greeting": False} | ({} if token is None else {"token": token})
        self._io.connect(server.url, auth=auth, transports=["websocket"], namespaces=list(NAMESPACES), wait_timeout=30)
        self._io.call("subscribe", {"topics": ["acars"]}, timeout=30)

    def _taking(self, namespace: str) -> Callable[..., None]:
        return lambda event, payload=None: self.heard[namespace].append((event, payload))

    def messages(self, namespace: str) -> list[dict[str, Any]]:
        """The messages that arrived as events."""
        return [payload for event, payload in self.heard[namespace] if event == "acars:message"]

    def texts(self, namespace: str = "/") -> list[str]:
        """Their texts."""
        return [message.get("text", "") for message in self.messages(namespace)]

    @property
    def snapshot(self) -> list[dict[str, Any]]:
        """The messages of the snapshot that it got when it subscribed."""
        return next(payload["messages"] for event, payload in self.heard["/"] if event == "acars:snapshot")

    def close(self) -> None:
        self._io.disconnect()


class Udp:
    """A decoder that sends datagrams to a port on which nobody listened when it was chosen."""

    def __init__(self, scheme: str = "acars") -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as chosen:
            chosen.bind(("127.0.0.1", 0))
            self.port: int = chosen.getsockname()[1]
        self.url = f"{scheme}+udp://127.0.0.1:{self.port}"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, *datagrams: bytes) -> None:
        for datagram in datagrams:
            self._socket.sendto(datagram, ("127.0.0.1", self.port))

    def send_until(self, claim: Callable[[], object], *datagrams: bytes, seconds: float = 30.0) -> None:
        """Send these again and again, as a decoder does whose messages nobody hears yet, until the claim is true."""

        def holds() -> bool:
            self.send(*datagrams)
            return eventually(claim, AGAIN_S)

        assert eventually(holds, seconds)

    def close(self) -> None:
        self._socket.close()


class Tcp:
    """A decoder that sends lines to whoever connects; it sends everything to each."""

    def __init__(self, lines: Iterable[bytes], scheme: str = "acars") -> None:
        self._data = b"".join(line.rstrip(b"\n") + b"\n" for line in lines)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{scheme}+tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._connections: list[socket.socket] = []
        self.go = threading.Event()
        """Nothing is sent before it is set."""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self.go.wait(60)
            connection.sendall(self._data)

    def close(self) -> None:
        self.go.set()
        self._listener.close()
        for connection in self._connections:
            connection.close()

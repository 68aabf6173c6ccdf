"""A receiver of a few aircraft whose reports a test decides, and clients that note when a safety event arrives."""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import socketio

from tests.wire.serving import Server

REPORT_S = 0.5
KT_NM_S = 1 / 3600


class Arrived(NamedTuple):
    """An event that a client got: when (monotonic seconds), its name, and its payload."""

    at: float
    name: str
    payload: dict[str, Any]


class Client:
    """A client that subscribes to `safety`."""

    def __init__(self, server: Server, token: str | None = None) -> None:
        self.arrived: list[Arrived] = []
        self.snapshots: list[dict[str, Any]] = []
        self._io = socketio.Client(reconnection=False)
        self._io.on("*", self._take)
        auth = {"greeting": False} | ({} if token is None else {"token": token})
        self._io.connect(server.url, auth=auth, transports=["websocket"], wait_timeout=30)
        self._io.call("subscribe", {"topics": ["safety"]}, timeout=30)

    def _take(self, name: str, payload: Any = None) -> None:
        if name == "safety:snapshot":
            self.snapshots.append(payload)
        elif name.startswith("safety:"):
            self.arrived.append(Arrived(time.monotonic(), name, payload))

    def named(self, name: str, event_type: str) -> list[Arrived]:
        """What arrived under this name of events of this type."""
        return [
            arrived
            for arrived in self.arrived
            if arrived.name == f"safety:{name}" and arrived.payload["event_type"] == event_type
        ]

    def close(self) -> None:
        self._io.disconnect()


class Flight:
    """One aircraft that flies straight on from a place; `more` are fields of its reports."""

    def __init__(self, hex_: str, place: tuple[float, float], track: float, gs: float, altitude: int, **more: object) -> None:
        self.hex, self.place, self.track, self.gs, self.altitude = hex_, place, track, gs, altitude
        self.more = more
        self._began = time.monotonic()

    def report(self) -> dict[str, object]:
        """It as readsb's JSON port writes it."""
        flown = (time.monotonic() - self._began) * self.gs * KT_NM_S
        north, east = flown * math.cos(math.radians(self.track)), flown * math.sin(math.radians(self.track))
        lat = self.place[0] + north / 60
        lon = self.place[1] + east / 60 / math.cos(math.radians(lat))
        fixed = {
            "hex": self.hex.lower(),
            "type": "adsb_icao",
            "seen": 0.0,
            "seen_pos": 0.0,
            "category": "A3",
            "nic": 8,
            "nac_p": 9,
        }
        motion = {"lat": lat, "lon": lon, "gs": self.gs, "track": self.track, "alt_baro": self.altitude, "baro_rate": 0}
        return fixed | motion | self.more


class Reporter:
    """A receiver over TCP, in readsb's JSON lines. It reports the flights that it was given every REPORT_S. `url` is its feed."""

    def __init__(self) -> None:
        self.flights: dict[str, Flight] = {}
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self._connections: list[socket.socket] = []
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self.url = f"json://127.0.0.1:{self._listener.getsockname()[1]}"
        for run in (self._accept, self._report):
            threading.Thread(target=run, daemon=True).start()

    def fly(self, *flights: Flight) -> None:
        """Report these from now on."""
        self.flights = self.flights | {flight.hex: flight for flight in flights}

    def leave(self, *hexes: str) -> None:
        """Report these no more."""
        self.flights = {hex_: flight for hex_, flight in self.flights.items() if hex_ not in hexes}

    def report(self, *flights: Flight) -> float:
        """Report these now; returns when that was, in monotonic seconds."""
        lines = b"".join(json.dumps(flight.report()).encode() + b"\n" for flight in flights)
        with self._lock:
            for connection in list(self._connections):
                try:
                    connection.sendall(lines)
                except OSError:
                    self._connections.remove(connection)
            return time.monotonic()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections.append(connection)

    def _report(self) -> None:
        while not self._closed.wait(REPORT_S):
            self.report(*self.flights.values())

    def close(self) -> None:
        self._closed.set()
        self._listener.close()
        for connection in self._connections:
            connection.close()


def waited(claim: Callable[[], object], seconds: float) -> bool:
    """Whether the condition becomes true in time; looks every few milliseconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if claim():
            return True
        time.sleep(0.005)
    return bool(claim())

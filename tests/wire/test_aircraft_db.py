"""A receiver that sends addresses and callsigns only: clients see who the aircraft are, and a list that is imported meanwhile is used."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import socketio

from tests.wire.serving import Server, eventually

LISTS = Path(__file__).parents[1] / "data" / "aircraft_lists"
LINES = (
    b"MSG,1,1,1,4CA87C,1,2026/01/01,00:00:00.000,2026/01/01,00:00:00.000,EIN12X  ,,,,,,,,,,,\r\n"
    b"MSG,1,1,1,A061D9,1,2026/01/01,00:00:00.000,2026/01/01,00:00:00.000,N12345  ,,,,,,,,,,,\r\n"
)


@pytest.fixture
def receiver() -> Iterator[int]:
    """The port of an SBS receiver that says the same two callsigns again and again."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def talk() -> None:
        while not ended.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    while not ended.wait(0.2):
                        connection.sendall(LINES)

    thread = threading.Thread(target=talk)
    thread.start()
    yield listener.getsockname()[1]
    ended.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_clients_see_who_an_aircraft_is_and_what_is_imported_meanwhile(tmp_path: Path, receiver: int) -> None:
    server = Server(tmp_path, SKYSPY_FEEDS=f"sbs://127.0.0.1:{receiver}")
    seen: dict[str, dict[str, Any]] = {}

    def take(payload: dict[str, Any]) -> None:
        for aircraft in payload.get("changed", payload.get("aircraft", ())):
            seen.setdefault(aircraft["hex"], {}).update(aircraft)

    def get(path: str) -> Any:
        with urllib.request.urlopen(server.url + path, timeout=10) as answer:
            return json.load(answer)

    client = socketio.Client(reconnection=False)
    client.on("aircraft:delta", take)
    client.on("aircraft:snapshot", take)
    try:
        client.connect(server.url)
        client.emit("subscribe", {"topics": ["aircraft"], "delta": True})
        assert eventually(lambda: {"4CA87C", "A061D9"} <= set(seen))
        assert (seen["A061D9"]["r"], seen["A061D9"]["country"]) == ("N12345", "United States")
        assert (seen["4CA87C"]["country_code"], seen["4CA87C"]["airline"]) == ("IE", "Aer Lingus")
        assert "r" not in seen["4CA87C"]
        server.cli("aircraft-db", "import", str(LISTS / "tar1090"))
        assert eventually(lambda: seen["4CA87C"].get("r") == "EI-ABC")
        one = get("/api/aircraft/4CA87C/")
        assert (one["r"], one["t"], one["desc"], one["country"]) == ("EI-ABC", "A320", "AIRBUS A-320", "Ireland")
        assert (one["type_class"], one["wtc"]) == ("L2J", "M")
        (readsb,) = [aircraft for aircraft in get("/data/aircraft.json")["aircraft"] if aircraft["hex"] == "4ca87c"]
        assert (readsb["r"], readsb["t"]) == ("EI-ABC", "A320")
        assert "country" not in readsb
        server.cli("aircraft-db", "import", str(LISTS / "aircraft.csv"))
        assert eventually(lambda: seen["4CA87C"].get("r") is None)
    finally:
        client.disconnect()
        server.stop()
    assert "Traceback" not in server.log()

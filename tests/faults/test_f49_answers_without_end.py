"""F49: a receiver answers `100 Continue`, 103, trailers or chunk extensions without end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skyspy.receivers.timing import Timing
from tests.faults.conftest import watched_health
from tests.faults.well import Well
from tests.security.asking import ask
from tests.support.sources import Flood
from tests.wire.serving import Operator, Server, eventually

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
FLOODS = {
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"),
    "chunk extensions": (CHUNKED, b"1;" + b"x" * 60_000 + b"\r\n{\r\n"),
}
PATIENCE_S = 10.0
"""What the server must have answered within, beside floods on a crowded machine. It was a minute, and then never."""


def test_f49_answers_without_end_are_cut_off_in_their_time_and_nobody_notices(tmp_path: Path) -> None:
    floods = {name: Flood(*said) for name, said in FLOODS.items()}
    well = Well()
    healthy = f"http://127.0.0.1:{well.port}/data/aircraft.json"
    urls = [f"http://127.0.0.1:{flood.port}/a.json" for flood in floods.values()]
    server = Server(tmp_path, SKYSPY_FEEDS=",".join([healthy, *urls]))
    operator = Operator(tmp_path)
    operator.user("root")
    key, worker = operator.key("root"), server.worker

    def feeds() -> dict[str, Any]:
        return {row["url"]: row for row in ask(server, "/api/admin/feeds/", token=key).json()["feeds"]}

    with watched_health(server) as health:
        assert eventually(lambda: all(feeds()[url]["error"] for url in urls), Timing().request_s + 10)
        assert eventually(lambda: feeds()[healthy]["last_seen"])
        before = feeds()[healthy]["last_seen"]
        assert eventually(lambda: feeds()[healthy]["last_seen"] > before)
        rows = feeds()
    assert set(health.answers) == {200}
    assert health.longest_s < PATIENCE_S
    assert rows.pop(healthy)["state"] == "up"
    assert {row["state"] for row in rows.values()} <= {"down", "connecting"}
    for url, row in rows.items():
        name = next(name for name, flood in floods.items() if f":{flood.port}/" in url)
        assert ("interim answers" if FLOODS[name][0] == b"" else "status lines") in row["error"], name
    assert server.worker == worker
    for part in (*floods.values(), well, operator):
        part.close()
    server.stop()
    assert "Traceback" not in server.log()

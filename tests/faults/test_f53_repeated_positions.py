"""F53: receivers repeat the last position of an aircraft for a while, then catch up: one over TCP, one played from a file."""

from __future__ import annotations

import re
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from skyspy.geo import destination
from tests.conftest import ROOT
from tests.security.asking import ask
from tests.wire.serving import Operator, Server, eventually

RECORDED = ROOT / "tests" / "data" / "reported" / "sbs_repeated_position.sbs"
HOME = (42.3, -84.2)
LIVE, PLAYED = "4B1C71", "4B1C70"
KNOTS, SPEED = 480.0, 10
FIRST_S, FROZEN_S = 3.0, 12.0
"""Seconds of flight before, and seconds for which the position is repeated then."""


def line(at: float) -> bytes:
    """What the receiver says `at` seconds after its first word: each half a second, with the position of three seconds for twelve."""
    known = at if at < FIRST_S or at >= FIRST_S + FROZEN_S else FIRST_S
    lat, lon = destination(HOME, 90.0, KNOTS * known / 3600)
    return f"MSG,3,,,{LIVE},,,,,,,{31000 - round(at) * 25},{KNOTS:.0f},90,{lat:.5f},{lon:.5f},,,,,,0\r\n".encode()


class Repeater:
    """A receiver that says `line` each half a second, on a native thread. `began` is when it said the first one."""

    def __init__(self) -> None:
        self.began = 0.0
        self._done = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._say, daemon=True)
        self._thread.start()

    def _say(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            self.began = time.monotonic()
            while not self._done.wait(0.5 - (time.monotonic() - self.began) % 0.5):
                connection.sendall(line(time.monotonic() - self.began))

    def close(self) -> None:
        self._done.set()
        self._thread.join()
        self._listener.close()


def dated(path: Path) -> None:
    """The recorded lines with their times in the columns for them, for a replay."""
    lines = []
    for row in RECORDED.read_text().splitlines()[1:]:
        second, text = row.split("\t")
        columns = text.split(",")
        columns[6:10] = ["2026/01/01", f"00:00:{float(second):06.3f}"] * 2
        lines.append(",".join(columns) + "\r\n")
    path.write_text("".join(lines))


def test_f53_an_aircraft_whose_position_is_repeated_is_shown_where_it_is_and_nothing_is_refused(tmp_path: Path) -> None:
    dated(tmp_path / "repeated.sbs")
    repeater = Repeater()
    feeds = f"sbs://127.0.0.1:{repeater.port},replay://{tmp_path}/repeated.sbs?speed={SPEED}"
    server = Server(tmp_path, SKYSPY_FEEDS=feeds, SKYSPY_LAT=str(HOME[0]), SKYSPY_LON=str(HOME[1]))
    operator = Operator(tmp_path)
    operator.user("root")
    key = operator.key("root")

    def aircraft(hex_: str) -> dict[str, Any]:
        found: dict[str, Any] = ask(server, f"/api/aircraft/{hex_}/", token=key).json()
        return found

    assert eventually(lambda: aircraft(PLAYED).get("alt_baro") == 30600, 30), "the end of the recording"
    assert aircraft(PLAYED)["lon"] == -84.12369
    oldest = 0.0
    while time.monotonic() < repeater.began + FIRST_S + FROZEN_S - 0.5:
        oldest = max(oldest, aircraft(LIVE).get("seen_pos", 0.0))
        time.sleep(0.2)
    assert oldest == pytest.approx(FROZEN_S, abs=2.5), "it ages from the first time"
    caught_up = destination(HOME, 90.0, KNOTS * (FIRST_S + FROZEN_S) / 3600)[1]
    assert eventually(lambda: aircraft(LIVE)["lon"] >= caught_up - 0.001, 10)
    assert aircraft(LIVE)["seen_pos"] < 2.0
    refused = re.findall(r"^skyspy_tracker_refused_total\{.*\} (\S+)$", ask(server, "/metrics", token=key).text, re.M)
    assert not any(float(number) for number in refused)
    repeater.close()
    operator.close()
    server.stop()
    assert "Traceback" not in server.log()

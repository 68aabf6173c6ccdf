"""A receiver that a test controls: an aircraft.json whose aircraft move a little with every answer."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import cos, radians, sin
from typing import Any

Plain = dict[str, Any]


def aircraft(number: int, **more: object) -> Plain:
    """One generated aircraft, around 47.5 north 8.5 east; `more` replaces its fields."""
    angle = radians(number * 37 % 360)
    away = 0.05 + number % 90 / 60
    return {
        "hex": f"{0x4B0000 + number:06x}",
        "type": "adsb_icao",
        "flight": f"TST{number:<5}",
        "r": f"HB-{number:03}",
        "t": "A320",
        "desc": "Airbus A320",
        "alt_baro": 1000 + number * 50,
        "gs": 200.0 + number % 200,
        "track": float(number * 13 % 360),
        "baro_rate": (number % 5 - 2) * 512,
        "squawk": f"{1000 + number % 700:04}".replace("8", "1").replace("9", "2"),
        "lat": 47.5 + away * sin(angle),
        "lon": 8.5 + away * cos(angle),
        "rssi": -12.3,
        "seen": 0.1,
        "seen_pos": 0.2,
        "messages": 100,
        **more,
    }


class Receiver:
    """Serves `sky` as aircraft.json on a free port until stop()."""

    def __init__(self, sky: list[Plain]) -> None:
        self.sky = sky
        self.answers = 0
        receiver = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(receiver.document()).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/data/aircraft.json"

    def document(self) -> Plain:
        """The present answer: every aircraft has climbed by 25 ft since the last one."""
        self.answers += 1
        for one in self.sky:
            if isinstance(one.get("alt_baro"), int):
                one["alt_baro"] = 1000 + (one["alt_baro"] - 975) % 40_000
            one["messages"] += 7
        return {"now": time.time(), "messages": 1000 * self.answers, "aircraft": self.sky}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

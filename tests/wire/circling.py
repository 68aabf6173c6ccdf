"""A receiver of aircraft that fly in circles, so that no track of them can be told from its ends alone."""

from __future__ import annotations

import http.server
import json
import math
import threading
import time

AIRCRAFT = 8
CENTRE = (47.5, 8.5)
RADIUS_NM, SPEED_KT = 2.0, 250.0


def flown(number: int, at: float) -> dict[str, object]:
    """The aircraft of this number at a wall time, as readsb writes it."""
    angle = 2 * math.pi * number / AIRCRAFT + at * SPEED_KT / 3600 / RADIUS_NM
    north, east = RADIUS_NM * math.cos(angle), RADIUS_NM * math.sin(angle)
    return {
        "hex": f"{0x4B1800 + number:06x}",
        "type": "adsb_icao",
        "flight": f"CIRC{number}",
        "lat": CENTRE[0] + number + north / 60,
        "lon": CENTRE[1] + east / 60 / math.cos(math.radians(CENTRE[0] + number)),
        "alt_baro": 10_000,
        "gs": SPEED_KT,
        "track": (math.degrees(angle) + 90) % 360,
        "seen": 0.0,
        "seen_pos": 0.0,
        "messages": int(at),
    }


class Circling:
    """The receiver, on a native thread. `url` is its feed."""

    def __init__(self) -> None:
        class Page(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                now = time.time()
                aircraft = [flown(number, now) for number in range(AIRCRAFT)]
                body = json.dumps({"now": now, "messages": int(now), "aircraft": aircraft}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/data/aircraft.json"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

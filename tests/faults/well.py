"""A receiver that is well, on a native thread of the test's process."""

from __future__ import annotations

import http.server
import json
import threading
import time

AIRCRAFT = 2000
"""So many that the server decodes the document on a native thread."""


class Well:
    """A receiver of AIRCRAFT aircraft, and when it was asked."""

    def __init__(self) -> None:
        times: list[float] = []
        self.times = times
        aircraft = [
            {"hex": f"{0x400000 + number:06x}", "flight": "WELL1", "seen": 0.1, "messages": 9} for number in range(AIRCRAFT)
        ]

        class Page(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                times.append(time.monotonic())
                body = json.dumps({"now": time.time(), "messages": len(times), "aircraft": aircraft}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

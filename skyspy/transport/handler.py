"""Infrastructure: one TCP connection, as gunicorn's worker serves it.

Invariants: a request that is not read within READ_SECONDS is refused; a body's declared length is checked before a
byte of it is read; a WebSocket is opened only for an allowed origin, at the Socket.IO path, and only when Engine.IO
will accept it, so that a refused client gets a plain HTTP answer. No query string is ever logged. Every answer carries
the headers of `skyspy/headers.py`, also answers that do not come from Flask. Nothing here knows tokens, sessions or events.
"""

from __future__ import annotations

import io
import logging
from datetime import timedelta
from typing import Any

import gevent
from gevent.pywsgi import Input, WSGIHandler
from geventwebsocket.handler import WebSocketHandler

from skyspy import headers
from skyspy.transport.connection import ClientConnection, ConnectionRegistry
from skyspy.transport.frames import NORMAL, BoundedWebSocket
from skyspy.transport.http import Response, accept_key, are_packets, fields, linger, no_response, plain, redacted, wants_websocket
from skyspy.transport.rate_limit import RateLimitedLogger

log = RateLimitedLogger(logging.getLogger(__name__))

READ_SECONDS = 10.0
"""For a request line and its headers together, and again for a small body: also how long an idle connection is kept."""
STALL_SECONDS = 30.0
"""How long one read or write of a large body may make no progress."""

Answer = tuple[str, str]
"""A refusal: HTTP status and text."""
FULL: dict[str, Answer] = {
    "overloaded": ("503 Service Unavailable", "Server busy"),
    "rate_limited": ("429 Too Many Requests", "Rate limit exceeded"),
}
"""The answer to one connection too many, by the registry's code."""
TOO_SLOW: Answer = ("408 Request Timeout", "the body did not come")


class Handler(WebSocketHandler):  # type: ignore[misc]
    """Serves one connection. `registry`, `path`, `limit` and `idle_seconds` are set on a subclass by setup.configure_worker."""

    registry: ConnectionRegistry
    mount = "/socket.io/"
    limit = 64 * 1024
    idle_seconds = 20.0

    websocket: BoundedWebSocket | None = None
    wsgi_input: Any
    application: Any
    _patience: gevent.Timeout | None = None

    # -- reading a request ---------------------------------------------------------------------

    def handle_one_request(self) -> Any:
        """Read and serve one request; a client that is too slow gets 408."""
        self.socket.settimeout(STALL_SECONDS)
        self.requestline = None
        self._patience = gevent.Timeout.start_new(READ_SECONDS)
        try:
            return super().handle_one_request()
        except gevent.Timeout as timeout:
            if timeout is not self._patience:
                raise
            # An idle connection is closed without an answer: an answer without a request would confuse clients.
            return ("408", plain("408 Request Timeout", "too slow")) if self.requestline else None
        finally:
            self._patience.close()

    def read_request(self, raw_requestline: str) -> bool:
        """Read the headers; from here on the application sets the time-outs."""
        read: bool = super().read_request(raw_requestline)
        if self._patience is not None:
            self._patience.close()
        return read

    def _handle_client_error(self, ex: Exception) -> tuple[str, bytes]:
        log.warning("%s sent what is no HTTP request (%s)", _host_of(self.client_address), type(ex).__name__)
        return "400", plain("400 Bad Request", "not an HTTP request")

    # -- dispatching it --------------------------------------------------------------------

    def run_application(self) -> None:
        """Refuse, upgrade, or hand the request to the application."""
        refusal: Answer | None = None
        try:
            query = None
            if self.environ["PATH_INFO"].startswith(self.mount):
                query = fields(self.environ["QUERY_STRING"])
            refusal = self._refusal(query) or self._read_body(query)
            if refusal is not None:
                self._answer(refusal)
            elif self.websocket is not None:
                self._run_websocket(self.websocket)
            elif (connection := self._connection(query)) is not None:
                self._run_polling(connection)
            else:
                WSGIHandler.run_application(self)
        finally:
            unread = self._forget_body()
        if unread or refusal is not None:
            # Closed at once, the connection would be reset while the client still sends, and it could not read the answer.
            linger(self.socket)

    def start_response(self, status: str, given: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """Begin an answer: every answer passes here and gets the headers."""
        if not status.startswith("101"):
            names = [name for name, _ in given]
            given = [*given, *headers.missing(names, over_tls=self.registry.guard.peer(self.environ).secure)]
        return super().start_response(status, given, exc_info)

    def _run_polling(self, connection: ClientConnection) -> None:
        """Run one request of a session that polls, so that ending the session ends this request's connection."""
        application = self.application
        polls = int(self.command == "GET")

        def counted(environ: dict[str, Any], start_response: Any) -> Any:
            # Counts only while it waits: the client may poll again while the answer is still being written.
            connection.open_polls += polls
            try:
                return application(environ, start_response)
            finally:
                connection.open_polls -= polls

        self.application = counted
        connection.tcp_sockets.add(self.socket)
        try:
            WSGIHandler.run_application(self)
        finally:
            connection.tcp_sockets.discard(self.socket)

    def _connection(self, query: dict[str, list[str]] | None) -> ClientConnection | None:
        return self.registry.get(query.get("sid", [""])[0]) if query else None

    def _refusal(self, query: dict[str, list[str]] | None) -> Answer | None:
        upgrade = wants_websocket(self.environ)
        if query is None:
            return ("404 Not Found", "no WebSocket here") if upgrade else None
        if not query:
            return "400 Bad Request", "not an Engine.IO request"
        if not self.registry.guard(self.environ.get("HTTP_ORIGIN"), self.environ):
            self.registry.counts.refused += 1
            return "403 Forbidden", "this origin is not allowed"
        if "j" in query:
            return "400 Bad Request", "JSONP is not spoken here"
        if "sid" not in query:
            code = self.registry.refusal_to_open(self.registry.guard.peer(self.environ))
            if code:
                self.registry.counts.refused += 1
                return FULL[code]
        connection = self._connection(query)
        if upgrade:
            return self._upgrade(query, connection)
        if connection is not None and self.command == "GET" and connection.open_polls:
            # Two polls would share one queue; the protocol has the server end such a session.
            connection.close()
            return "400 Bad Request", "two polls at once"
        return None

    def _answer(self, refusal: Answer) -> None:
        status, text = refusal
        body = text.encode()
        given = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
        if status.startswith("426"):
            given += [("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket")]
        if status.startswith(("429", "503")):
            given.append(("Retry-After", "5"))
        self.result = [body]
        self.start_response(status, given)
        self.close_connection = True
        self.process_result()

    # -- bodies --------------------------------------------------------------------------------

    def _read_body(self, query: dict[str, list[str]] | None) -> Answer | None:
        """Read a small body now, within READ_SECONDS; leave a large one to the application if it may have one."""
        if self.websocket is not None or (query is None and (self.content_length or 0) > self.limit):
            return None
        if query is not None and self.command == "POST":
            return self._read_packets(query)
        if not self.content_length or self._connection_upgrade_requested():
            return None
        body = self._read_now(self.content_length)
        if body is None:
            return TOO_SLOW
        self.environ["wsgi.input"] = io.BytesIO(body)
        return None

    def _read_packets(self, query: dict[str, list[str]]) -> Answer | None:
        refusal: Answer | None = None
        body: bytes | None = None
        if self.content_length is None:
            refusal = "411 Length Required", "a length is needed"
        elif self.content_length > self.limit:
            refusal = "413 Content Too Large", f"at most {self.limit} bytes"
        else:
            body = self._read_now(self.content_length)
        if body is not None and not are_packets(body):
            refusal = "400 Bad Request", "not Engine.IO packets"
        if refusal is not None or body is None:
            self.registry.counts.broken += 1
            connection = self._connection(query)
            if connection is not None:
                connection.close_session("transport error")
            return refusal or TOO_SLOW
        # Attachments are dropped; the packet that announced them is answered by its namespace.
        body = b"\x1e".join(packet for packet in body.split(b"\x1e") if packet[:1] != b"b")
        self.environ["wsgi.input"] = io.BytesIO(body)
        self.environ["CONTENT_LENGTH"] = str(len(body))
        return None

    def _read_now(self, length: int) -> bytes | None:
        """The body; None when it does not come, or not in time."""
        try:
            with gevent.Timeout(READ_SECONDS, TimeoutError()):
                body: bytes = self.wsgi_input.read(length)
        except OSError:
            return None
        return body

    def _forget_body(self) -> bool:
        """Leave the rest of a large body unread, which the server would read, and close then; whether something was left."""
        body = self.wsgi_input
        unread = (self.content_length or 0) - body.position
        is_open_ended = bool(body.chunked_input and body.chunk_length != 0)
        left = is_open_ended or unread > self.limit or (unread > 0 and bool(self.close_connection))
        if left:
            self.close_connection = True
            self.wsgi_input = Input(self.rfile, 0)
        return left

    # -- WebSockets ----------------------------------------------------------------------------

    def _upgrade(self, query: dict[str, list[str]], connection: ClientConnection | None) -> Answer | None:
        """Open the WebSocket; returns the refusal when it is not opened."""
        if self.request_version != "HTTP/1.1":
            return "400 Bad Request", "WebSocket needs HTTP/1.1"
        if self.environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
            return "426 Upgrade Required", "WebSocket version 13"
        if query.get("transport") != ["websocket"]:
            return "400 Bad Request", "transport is not websocket"
        if "sid" not in query and query.get("EIO") != ["4"]:
            return "400 Bad Request", "Engine.IO version 4"
        if "sid" in query and (
            connection is None or not connection.engine.connected or connection.engine.upgraded or connection.engine.upgrading
        ):
            return "400 Bad Request", "no session to upgrade"
        accept = accept_key(self.environ.get("HTTP_SEC_WEBSOCKET_KEY", ""))
        if accept is None:
            return "400 Bad Request", "bad Sec-WebSocket-Key"
        self.websocket = BoundedWebSocket(self.environ, self, self.limit)
        self.environ |= {"wsgi.websocket": self.websocket, "wsgi.websocket_version": "13"}
        self.result = []
        self.start_response(
            "101 Switching Protocols",
            [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)],
        )
        self.write(b"")
        return None

    def _run_websocket(self, ws: BoundedWebSocket) -> None:
        # No data in either direction for longer than a ping and its answer take: the client has left.
        self.socket.settimeout(self.idle_seconds)
        try:
            list(self.application(self.environ, no_response))
        finally:
            ws.close()
            self.environ["wsgi.websocket"] = None
            if ws.code != NORMAL:
                linger(self.socket)

    # -- the log -------------------------------------------------------------------------------

    def log_request(self) -> None:
        """Write gunicorn's access line, if it is on, without query strings: one may hold a token."""
        access = getattr(self.server.log, "access", None)
        if access is None or not self.environ:
            return
        taken = timedelta(seconds=max(0.0, self.time_finish - self.time_start))
        access(Response(self), self.headers.items(), redacted(self.environ), taken)

    def log_error(self, msg: str, *args: object) -> None:
        """Log a bad request without the server's own message, which holds the request."""
        del args
        log.warning("%s: bad request (%s)", _host_of(self.client_address), msg.partition(":")[0][:40])


def _host_of(client_address: object) -> str:
    return str(client_address[0]) if isinstance(client_address, tuple) else "local"

"""Infrastructure: one TCP connection, as gunicorn's worker serves it.

Invariants: a WebSocket is opened only for an allowed origin, at the Socket.IO path, and only when Engine.IO will accept
it, so that a refused client gets a plain HTTP answer. One address has a limited number of connections. Every answer
carries the headers of `skyspy/headers.py`, also answers that do not come from Flask. Nothing here knows tokens, sessions or
events.
"""

from __future__ import annotations

import logging
from typing import Any

from gevent.pywsgi import WSGIHandler

from skyspy import headers, wirejson
from skyspy.address import LOCAL
from skyspy.transport.connection import ClientConnection, ConnectionRegistry
from skyspy.transport.frames import NORMAL, BoundedWebSocket
from skyspy.transport.http import (
    accept_key,
    fields,
    is_packet_list,
    linger,
    no_response,
    plain,
    refuse_connection,
    wants_websocket,
)
from skyspy.transport.rate_limit import RateLimitedLogger
from skyspy.transport.strict_handler import TOO_SLOW, Answer, StrictHandler

log = RateLimitedLogger(logging.getLogger(__name__))

FULL: dict[str, Answer] = {
    "overloaded": ("503 Service Unavailable", "Server busy"),
    "rate_limited": ("429 Too Many Requests", "Rate limit exceeded"),
}
"""The answer to one connection too many, by the registry's code."""
WRONG_HOST = wirejson.dump_bytes(
    {
        "error": {
            "code": "unknown_host",
            "message": "This server does not answer to that host name; SKYSPY_HOSTS lists those it does",
        }
    }
)
TRANSPORTS = (["polling"], ["websocket"])


class Handler(StrictHandler):
    """Serves one connection. `registry`, `path`, `limit` and `idle_seconds` are set on a subclass by setup.configure_worker."""

    registry: ConnectionRegistry
    mount = "/socket.io/"
    idle_seconds = 20.0

    websocket: BoundedWebSocket | None = None
    _posting: ClientConnection | None = None

    def handle(self) -> None:
        """Serve one connection, unless its address has too many."""
        address = self.peer_label() if isinstance(self.client_address, tuple) else LOCAL
        if not self.registry.accept(address):
            self.registry.counts.refused += 1
            log.warning("%s has too many connections: one more was refused", address)
            refuse_connection(self.socket, plain(*FULL["rate_limited"]))
            return
        try:
            super().handle()
        finally:
            self.registry.release_accepted(address)

    # -- dispatching it --------------------------------------------------------------------

    def run_application(self) -> None:
        """Refuse, upgrade, or hand the request to the application."""
        self.registry.guard.enter(self.environ)
        if not self.registry.guard.answers_to(self.environ):
            self._refuse_host()
            return
        refusal: Answer | None = None
        try:
            query = None
            if self.environ["PATH_INFO"].startswith(self.mount):
                query = fields(self.environ["QUERY_STRING"])
            refusal = self._refusal(query) or self._read_body(query)
            if refusal is None and (farewell := self._farewell(query)) is not None:
                self.respond("200 OK", farewell[0], farewell[1])
            elif refusal is not None:
                self._answer(refusal)
            elif self.websocket is not None:
                self._run_websocket(self.websocket)
            elif (connection := self._connection(query)) is not None:
                self._run_polling(connection)
            else:
                WSGIHandler.run_application(self)
        finally:
            self._end_post()
            unread = self.forget_body()
        if unread or refusal is not None:
            # Closed at once, the connection would be reset while the client still sends, and it could not read the answer.
            linger(self.socket)

    def _refuse_host(self) -> None:
        self.registry.counts.refused += 1
        log.warning("%s asked for a host name that is not in SKYSPY_HOSTS", self.peer_label())
        self.respond("421 Misdirected Request", WRONG_HOST, [("Connection", "close")], "application/json")
        self.close_connection = True
        if self.forget_body():
            linger(self.socket)

    def start_response(self, status: str, given: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """Begin an answer: every answer passes here and gets the headers."""
        if not status.startswith("101"):
            names = [name for name, _ in given]
            given = [*given, *headers.missing(names, over_tls=self.registry.guard.peer(self.environ).secure)]
            if self.close_connection and self.request_version == "HTTP/1.1" and "connection" not in map(str.lower, names):
                given.append(("Connection", "close"))
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
                self._end_post()

        self.application = counted
        connection.tcp_sockets.add(self.socket)
        try:
            WSGIHandler.run_application(self)
        finally:
            connection.tcp_sockets.discard(self.socket)
            self.application = application

    def _connection(self, query: dict[str, list[str]] | None) -> ClientConnection | None:
        return self.registry.get(query.get("sid", [""])[0]) if query else None

    def _farewell(self, query: dict[str, list[str]] | None) -> tuple[bytes, list[tuple[str, str]]] | None:
        if not query or self.command != "GET" or self._connection(query) is not None:
            return None
        return self.registry.farewell(query.get("sid", [""])[0], self.environ)

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
        if query.get("transport") not in TRANSPORTS:
            return "400 Bad Request", "transport is polling or websocket"
        if "sid" not in query:
            code = self.registry.refusal_to_open(self.registry.guard.peer(self.environ))
            if code:
                self.registry.counts.refused += 1
                return FULL[code]
        connection = self._connection(query)
        if upgrade:
            return self._upgrade(query, connection)
        if query["transport"] == ["websocket"]:
            # Engine.IO would take it for a poll and hand out the packets of a session that waits for them elsewhere.
            return "400 Bad Request", "not a WebSocket upgrade"
        if connection is not None and self.command == "GET" and connection.open_polls:
            # Two polls would share one queue; the protocol has the server end such a session.
            connection.finish()
            return "400 Bad Request", "two polls at once"
        if connection is not None and self.command == "POST":
            if connection.is_posting:
                # Their packets would be read in no particular order.
                connection.finish()
                return "400 Bad Request", "two POSTs at once"
            connection.is_posting, self._posting = True, connection
        return None

    def _end_post(self) -> None:
        """The session may POST again: called before the answer is written, because the client may do so as soon as it has read it."""
        if self._posting is not None:
            self._posting.is_posting, self._posting = False, None

    def _answer(self, refusal: Answer) -> None:
        status, text = refusal
        given = [("Connection", "close")]
        if status.startswith("426"):
            given += [("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket")]
        if status.startswith(("429", "503")):
            given.append(("Retry-After", "5"))
        self.respond(status, text.encode(), given)
        self.close_connection = True

    # -- bodies --------------------------------------------------------------------------------

    def _read_body(self, query: dict[str, list[str]] | None) -> Answer | None:
        """Read a body now; returns the refusal where it is not accepted."""
        if self.websocket is not None:
            return None
        return self._read_packets(query) if query is not None and self.command == "POST" else self.read_body()

    def _read_packets(self, query: dict[str, list[str]]) -> Answer | None:
        refusal: Answer | None = None
        body: bytes | None = None
        if self.content_length is None:
            refusal = "411 Length Required", "a length is needed"
        elif self.content_length > self.limit:
            refusal = "413 Content Too Large", f"at most {self.limit} bytes"
        else:
            body = self.read_declared(self.content_length)
        if body is not None and not is_packet_list(body):
            refusal = "400 Bad Request", "not Engine.IO packets"
        if refusal is not None or body is None:
            self.registry.counts.broken += 1
            connection = self._connection(query)
            if connection is not None:
                connection.close_session("transport error")
            return refusal or TOO_SLOW
        # Attachments are dropped; the packet that announced them is answered by its namespace.
        body = b"\x1e".join(packet for packet in body.split(b"\x1e") if packet[:1] != b"b")
        self.give_body(body, len(body))
        return None

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
            # Each would keep the other in memory until garbage is searched for.
            self.environ["wsgi.websocket"] = self.websocket = None
            if ws.code != NORMAL:
                linger(self.socket)

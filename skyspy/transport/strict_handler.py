"""Infrastructure: reads HTTP requests strictly and in time, for one TCP connection of gunicorn's worker.

Invariants: a request that is not read within READ_SECONDS of its first byte is refused, whatever frames its body; a body's
declared length is checked before a byte of it is read, and what is over the limit is never read. The log has no query string.
"""

from __future__ import annotations

import contextlib
import errno
import io
import logging
from datetime import timedelta
from time import monotonic
from typing import Any

import gevent
from gevent.pywsgi import Input
from geventwebsocket.handler import WebSocketHandler

from skyspy.transport.http import Response, has_begun, plain, redacted
from skyspy.transport.parsing import BadRequest, check_framing, check_request_line, read_chunks, read_head
from skyspy.transport.rate_limit import RateLimitedLogger

log = RateLimitedLogger(logging.getLogger(__name__))

READ_SECONDS = 10.0
"""For a request from its first byte to its last: also how long an idle connection is kept."""
STALL_SECONDS = 30.0
"""How long one write may make no progress."""

Answer = tuple[str, str]
"""A refusal: HTTP status and text."""
TOO_SLOW: Answer = ("408 Request Timeout", "the body did not come")
BAD_CHUNKS: Answer = ("400 Bad Request", "not a body in chunks")


class StrictHandler(WebSocketHandler):  # type: ignore[misc]
    """Reads the requests of one connection. Bodies have at most `limit` bytes."""

    limit = 64 * 1024
    # gevent's: errors of a write that end the connection without a report. A client that stopped reading is one: ETIMEDOUT.
    ignored_socket_errors = (*WebSocketHandler.ignored_socket_errors, errno.ETIMEDOUT)

    wsgi_input: Any
    application: Any
    _patience: gevent.Timeout | None = None
    _read_until = 0.0

    # -- the request -----------------------------------------------------------------------------

    def handle_one_request(self) -> Any:
        """Read and serve one request; too slow a client gets 408."""
        self.socket.settimeout(STALL_SECONDS)
        # An idle connection is closed without an answer: one to no request would confuse clients.
        if not has_begun(self.rfile, READ_SECONDS):
            return None
        self._read_until = monotonic() + READ_SECONDS
        self._patience = gevent.Timeout.start_new(READ_SECONDS)
        try:
            return super().handle_one_request()
        except gevent.Timeout as timeout:
            if timeout is not self._patience:
                raise
            return "408", plain("408 Request Timeout", "too slow")
        finally:
            self._patience.close()

    def read_request(self, raw_requestline: str) -> bool:
        """Read the request line and the headers. Raises BadRequest and whatever the parent raises."""
        check_request_line(raw_requestline)
        read: bool = super().read_request(raw_requestline)
        if "close" in self.headers.get("Connection", "").lower().replace(",", " ").split():
            self.close_connection = True
        if self._patience is not None:
            self._patience.close()
        return read

    def MessageClass(self, rfile: Any, *_: object) -> Any:  # noqa: N802 - the server's own name
        """Read the headers strictly. Raises BadRequest."""
        headers = super().MessageClass(io.BytesIO(read_head(rfile)))
        check_framing(headers, self.request_version)
        return headers

    def _handle_client_error(self, ex: Exception) -> tuple[str, bytes]:
        log.warning("%s sent what is no HTTP request (%s)", self.peer_label(), type(ex).__name__)
        return "400", plain("400 Bad Request", "not an HTTP request")

    # -- the body --------------------------------------------------------------------------------

    def read_body(self) -> Answer | None:
        """Read the body and hand it to the application; returns the refusal where it does not come or is none.

        One over the limit stays unread: the application gets its length and refuses that, and the connection ends.
        """
        length, body = self.content_length or 0, b""
        try:
            with self._deadline():
                if self.wsgi_input.chunked_input:
                    length, body = self._read_chunks()
                elif length <= self.limit:
                    body = self.wsgi_input.read(length)
        except BadRequest:
            return BAD_CHUNKS
        except OSError:
            return TOO_SLOW
        self.give_body(body, length)
        self.close_connection = self.close_connection or self._is_unread()
        return None

    def read_declared(self, length: int) -> bytes | None:
        """The body of this declared length; None where it does not come in time."""
        with contextlib.suppress(OSError), self._deadline():
            body: bytes = self.wsgi_input.read(length)
            return body
        return None

    def _read_chunks(self) -> tuple[int, bytes]:
        """Length and content of a chunked body; one over the limit stays unread and has the length limit + 1."""
        self.wsgi_input._send_100_continue()
        body = read_chunks(self.rfile, self.limit)
        if body is None:
            return self.limit + 1, b""
        self.wsgi_input.chunk_length = 0
        return len(body), body

    def _deadline(self) -> gevent.Timeout:
        """Raises TimeoutError, within a `with`, when the time for the request is over."""
        return gevent.Timeout(max(0.001, self._read_until - monotonic()), TimeoutError())

    def give_body(self, body: bytes, length: int) -> None:
        """Hand the application a body of this declared length."""
        self.environ |= {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True}
        self.environ.pop("HTTP_TRANSFER_ENCODING", None)
        if length or "CONTENT_LENGTH" in self.environ:
            self.environ["CONTENT_LENGTH"] = str(length)

    def _is_unread(self) -> bool:
        body = self.wsgi_input
        return bool(body.chunk_length if body.chunked_input else (self.content_length or 0) > body.position)

    def forget_body(self) -> bool:
        """Leave the rest of a body unread, which the server would read, and close then; whether something was left."""
        left = self._is_unread()
        if left:
            self.close_connection = True
            self.wsgi_input = Input(self.rfile, 0)
        return left

    def respond(self, status: str, body: bytes, given: list[tuple[str, str]], media: str = "text/plain; charset=UTF-8") -> None:
        """Send a whole response, of plain text unless it says otherwise."""
        self.result = [body]
        self.start_response(status, [("Content-Type", media), ("Content-Length", str(len(body))), *given])
        self.process_result()

    # -- the answer and the log ------------------------------------------------------------------

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
        log.warning("%s: bad request (%s)", self.peer_label(), msg.partition(":")[0][:40])

    def peer_label(self) -> str:
        return str(self.client_address[0]) if isinstance(self.client_address, tuple) else "local"

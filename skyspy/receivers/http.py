"""Polling a receiver's aircraft.json over HTTP.

Invariants: one kept-alive connection, one request at a time, each bounded in time and size. A truncated response changes
nothing: the last good state stays and the error is counted. A document whose `now` does not advance means a frozen receiver,
whatever its web server answers. The password in the URL is sent to that host only, and appears in no message.
"""

from __future__ import annotations

import base64
import http.client
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import gevent
from gevent import socket, ssl

from skyspy import __version__
from skyspy.clock import Clock
from skyspy.cooperate import Yielder
from skyspy.decode import Decoder, aircraft_json
from skyspy.feedurl import FeedUrl
from skyspy.outbound import OutboundError
from skyspy.outbound.answers import (
    MAX_REDIRECTS,
    REDIRECT_CODES,
    BrokenResponse,
    read_body,
    redirected,
    request_path,
    status_text,
)
from skyspy.outbound.http_bounds import BoundedResponse, Bounds
from skyspy.outbound.resolver import Resolver, connect
from skyspy.receivers.documents import decode_document
from skyspy.receivers.place import Place, parse_place, receiver_json
from skyspy.receivers.receiver import Receiver, ReceiverError
from skyspy.receivers.timing import Timing
from skyspy.receivers.workers import Workers

MAX_DOCUMENT_BYTES = aircraft_json.MAX_BYTES
"""What is larger than this is no aircraft.json."""
MAX_FRAMING_BYTES = 256 * 1024
"""A document of MAX_DOCUMENT_BYTES in chunks of 1 KiB has 80 KiB of chunk sizes."""
MAX_CA_BYTES = 1024 * 1024
TLS_ADVICE = "write ?ca=/file behind the URL to trust that certificate, or ?tls=insecure to trust any"
STATUS_MESSAGES = {
    401: "wants a user and a password: write http://user:password@host/...",
    403: "forbids it (403)",
    404: "has no such page (404)",
}


class Response(BoundedResponse):
    """One response of a receiver."""

    bounds = Bounds(MAX_FRAMING_BYTES, MAX_DOCUMENT_BYTES)


class Connection(http.client.HTTPConnection):
    """The standard library's client on gevent's sockets, whether or not the process is monkey-patched."""

    response_class = Response

    def __init__(self, host: str, port: int, seconds: float, tls: ssl.SSLContext | None, resolver: Resolver) -> None:
        super().__init__(host, port, timeout=seconds)
        self._seconds, self._tls, self._resolver = seconds, tls, resolver

    def connect(self) -> None:
        """Open the socket, with TLS where a context was given."""
        sock = connect(self._resolver.addresses(self.host, self.port, self._seconds), self._seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.sock = sock if self._tls is None else self._tls.wrap_socket(sock, server_hostname=self.host)
        except ssl.SSLCertVerificationError as error:
            sock.close()
            raise ReceiverError(f"its certificate is not trusted ({error.verify_message}): {TLS_ADVICE}") from None


class Client:
    """Fetches one URL repeatedly over one kept-alive connection."""

    def __init__(self, url: FeedUrl, timing: Timing, resolver: Resolver, yielder: Yielder | None = None) -> None:
        self._timing, self._resolver = timing, resolver
        self._target = urlsplit(url.text)._replace(query=url.query)
        self._options = url.options
        self._headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": f"SkySpy/{__version__}"}
        if self._target.username is not None:
            pair = f"{unquote(self._target.username)}:{unquote(self._target.password or '')}"
            self._headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        self._connection: Connection | None = None
        self._yielder = yielder or Yielder()

    def close(self) -> None:
        """Close the connection; the next get opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self) -> bytes:
        """Fetch the document. Raises OutboundError or OSError (no response), BrokenResponse (a truncated or damaged one)."""
        with gevent.Timeout(self._timing.request_s, ReceiverError(f"no whole answer in {self._timing.request_s:g} s")):
            for _ in range(MAX_REDIRECTS + 1):
                response = self._send()
                if response.status == 200:
                    return self._body(response)
                location = response.headers.get("Location")
                self.close()
                if response.status not in REDIRECT_CODES or not location:
                    raise ReceiverError(
                        f"the server {STATUS_MESSAGES.get(response.status, f'answers {status_text(response.status)}')}"
                    )
                self._target = redirected(self._target, location)
            raise ReceiverError("the server redirects in a circle")

    def _send(self) -> http.client.HTTPResponse:
        kept = self._connection is not None
        try:
            return self._request()
        except (http.client.HTTPException, ConnectionError) as error:
            self.close()
            # A server may close a kept-alive connection at any time: try once more on a new one before it counts as an error.
            if not kept:
                raise _to_receiver_error(error) from error
        try:
            return self._request()
        except http.client.HTTPException as error:
            self.close()
            raise _to_receiver_error(error) from error

    def _request(self) -> http.client.HTTPResponse:
        target = self._target
        if self._connection is None:
            tls = target.scheme == "https"
            port = target.port or (443 if tls else 80)
            context = _tls(self._options) if tls else None
            self._connection = Connection(target.hostname or "", port, self._timing.connect_s, context, self._resolver)
        self._connection.request("GET", request_path(target), headers=self._headers)
        return self._connection.getresponse()

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        try:
            body = read_body(response, MAX_DOCUMENT_BYTES, self._yielder)
        except BaseException:
            self.close()
            raise
        if response.will_close:
            self.close()
        return body


class HttpReader:
    """Polls the URL every `interval` seconds (an option in the fragment, default 1)."""

    up_state = "up"

    def __init__(
        self, url: FeedUrl, make: Callable[[], Decoder], clock: Clock, timing: Timing, workers: Workers, place: Place
    ) -> None:
        self._url, self._make, self._clock, self._timing, self._workers = url, make, clock, timing, workers
        self._place = place
        self._interval = float(url.options.get("interval", 1.0))

    def read(self, receiver: Receiver) -> None:
        """Poll until the server fails to answer. Raises OutboundError, OSError."""
        decoder = self._make()
        receiver.begin_session(decoder)
        client = Client(self._url, self._timing, self._workers.resolver)
        read_at = changed_at = self._clock.steady()
        source: float | None = None
        has_asked = False
        try:
            while True:
                began = self._clock.steady()
                if self._place.is_asked and not has_asked:
                    has_asked = True
                    self._ask_place()
                if self._poll(client, receiver, read_at):
                    read_at = self._clock.steady()
                    if decoder.source_now is None or decoder.source_now != source:
                        source, changed_at = decoder.source_now, read_at
                        receiver.mark_up()
                now = self._clock.steady()
                if now - changed_at >= self._timing.frozen_s and read_at > changed_at:
                    receiver.mark_stale(f"the receiver's clock has stood still for {self._timing.frozen_s:g} s")
                elif now - read_at >= self._timing.stale_s:
                    receiver.mark_stale(receiver.error or "no readable document")
                self._clock.sleep(max(0.02, self._interval - (now - began)))
        finally:
            client.close()

    def _ask_place(self) -> None:
        """Read the receiver.json beside the document. Many receivers have none: that is no fault."""
        client = Client(receiver_json(self._url), self._timing, self._workers.resolver)
        try:
            point = parse_place(client.get())
        except (OutboundError, BrokenResponse, OSError):
            return
        finally:
            client.close()
        if point is not None:
            self._place.tell(self._url, point)

    def _poll(self, client: Client, receiver: Receiver, read_at: float) -> bool:
        """Fetch and decode one document; False where it is broken. `read_at` is when the last one was decoded: the receiver
        shows as stale `stale_s` later, also while this document is waited for."""
        left = max(0.0, read_at + self._timing.stale_s - self._clock.steady())
        stale = gevent.spawn_later(left, receiver.mark_stale, f"no document for {self._timing.stale_s:g} s")
        try:
            return decode_document(receiver, client.get(), self._workers.decoding)
        except BrokenResponse as error:
            receiver.count_broken(str(error))
            return False
        finally:
            stale.kill(block=False)


def _tls(options: Mapping[str, str]) -> ssl.SSLContext:
    """How a server's certificate is checked: against the system's authorities, those of the file `ca`, or not at all. Raises
    ReceiverError, which says nothing of a file that holds no certificate: any file of the server may be named."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if "tls" in options:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    elif "ca" in options:
        path = Path(options["ca"])
        try:
            # An empty text is refused like one without certificates.
            is_readable = path.is_file() and path.stat().st_size <= MAX_CA_BYTES
            context.load_verify_locations(cadata=path.read_text("ascii") if is_readable else "")
        except (OSError, ValueError):
            raise ReceiverError("the file of ca= cannot be used: it must be a readable PEM file with certificates") from None
    else:
        context.load_default_certs()
    return context


def _to_receiver_error(error: Exception) -> Exception:
    """The error with a message for the operator where http.client raised it; any other error as it is."""
    if isinstance(error, http.client.RemoteDisconnected):
        return ReceiverError("the server closed the connection without an answer")
    if isinstance(error, http.client.HTTPException):
        return ReceiverError("what answers there does not speak HTTP")
    return error

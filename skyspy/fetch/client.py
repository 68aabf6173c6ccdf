"""Asking for a document over HTTP.

Invariants: one try is one connection (one more for each redirect), bounded in bytes and in seconds whatever the other side does, and
other greenlets run meanwhile. What the other side says never gets into an error but for its status and its media type. Secrets go to
the host of the URL only; no proxy of the environment is used; certificates are always checked.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

import gevent
from gevent import socket, ssl

from skyspy import __version__
from skyspy.clock import Clock
from skyspy.cooperate import Yielder
from skyspy.fetch.document import Document, FetchError, Request, TokenRequest, origin_of
from skyspy.fetch.timing import Timing
from skyspy.fetch.tokens import FORM, MAX_TOKEN_BYTES, Tokens, basic
from skyspy.outbound import OutboundError
from skyspy.outbound.answers import (
    MAX_REDIRECTS,
    REDIRECT_CODES,
    BrokenResponse,
    read_body,
    redirected,
    request_path,
    retry_after,
    status_text,
)
from skyspy.outbound.failures import describe, one_line
from skyspy.outbound.http_bounds import BoundedResponse, Bounds, too_large
from skyspy.outbound.resolver import Resolver, connect
from skyspy.outbound.tls import context_for, wrapped

PORTS = {"http": 80, "https": 443}
MAX_FRAMING_BYTES = 256 * 1024
"""A document of 16 MiB in chunks of 1 KiB has 80 KiB of chunk sizes."""
MAX_VALIDATOR_CHARACTERS = 200
"""A longer ETag or Last-Modified is taken for none."""
LIMITS = frozenset({429, 503})
"""Answers that mean: ask less, whatever the document (RFC 6585 4, RFC 9110 15.6.4)."""
STATUS_MESSAGES = {
    401: "does not accept the credentials (401)",
    403: "forbids it (403)",
    404: "has no such document (404)",
    429: "asks for fewer requests (429)",
}
PAGES = frozenset({"text/html", "application/xhtml+xml"})
_ALWAYS = {"Accept-Encoding": "gzip", "User-Agent": f"SkySpy/{__version__}", "Connection": "close"}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a document is like: at most `max_bytes` before and after unpacking, of one of the media types."""

    max_bytes: int
    media_types: tuple[str, ...]


class Client:
    """Asks for documents. `context` is for servers whose certificate the system does not trust."""

    def __init__(
        self,
        resolver: Resolver,
        clock: Clock,
        timing: Timing | None = None,
        context: ssl.SSLContext | None = None,
        make_yielder: Callable[[], Yielder] = Yielder,
    ) -> None:
        self._resolver, self._clock, self._timing = resolver, clock, timing or Timing()
        self._context, self._make_yielder = context, make_yielder
        self._tokens = Tokens(clock)

    def get(self, request: Request, expected: Expected, held: Document | None = None) -> Document | None:
        """The document, or None where the server says that `held`, which came from the same URL, still holds. Raises FetchError."""
        seconds = self._timing.total_s
        try:
            with gevent.Timeout(seconds, FetchError(f"no whole answer from {request.host} in {seconds:g} s")):
                return self._followed(request, expected, held)
        except FetchError:
            raise
        except (OutboundError, BrokenResponse) as error:
            raise FetchError(one_line(str(error))) from error
        except http.client.RemoteDisconnected as error:
            raise FetchError("the server closed the connection without an answer") from error
        except http.client.HTTPException as error:
            raise FetchError("what answers there does not speak HTTP") from error
        except ValueError:
            # http.client quotes what it refuses to send, and that may be a secret.
            raise FetchError("the request has characters that cannot be sent") from None
        except OSError as error:
            there = f"{request.host}:{_port_of(urlsplit(request.url))}"
            raise FetchError(one_line(describe(error, there, request.host))) from error

    def _followed(self, request: Request, expected: Expected, held: Document | None) -> Document | None:
        target, headers = urlsplit(request.url), _headers(request, expected, held)
        if request.token is not None:
            headers["Authorization"] = "Bearer " + self._tokens.get(request.token, self._ask_token)
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._ask(target, headers, request, expected, held)
            if not isinstance(answer, SplitResult):
                return answer
            target = answer
        raise FetchError("the server redirects in a circle")

    def _ask(
        self, target: SplitResult, headers: dict[str, str], request: Request, expected: Expected, held: Document | None
    ) -> Document | SplitResult | None:
        """One connection: the document, None where `held` still holds, or where it redirects."""
        connection = self._connected(target, expected.max_bytes)
        try:
            connection.request("GET", request_path(target), headers=headers)
            response = connection.getresponse()
            location = response.headers.get("Location")
            if response.status in REDIRECT_CODES and location:
                return redirected(target, location)
            return self._taken(response, request, expected, held)
        finally:
            connection.close()

    def _ask_token(self, request: TokenRequest) -> bytes:
        """The answer of a provider that was asked for a token. Raises FetchError and what `get` catches."""
        target = urlsplit(request.url)
        connection = self._connected(target, MAX_TOKEN_BYTES)
        headers = {**_ALWAYS, "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request("POST", request_path(target), FORM, headers | {"Authorization": basic(request)})
            response = connection.getresponse()
            if response.status != http.HTTPStatus.OK:
                raise self._refused(response)
            return read_body(response, MAX_TOKEN_BYTES, self._make_yielder())
        finally:
            connection.close()

    def _refused(self, response: http.client.HTTPResponse) -> FetchError:
        """The error of an answer that is none of 200, 204 and 304."""
        status = response.status
        said = STATUS_MESSAGES.get(status, f"answers {status_text(status)}")
        asked = retry_after(response.headers.get("Retry-After"), self._clock.wall())
        return FetchError(f"the server {said}", retry_after_s=asked, is_limit=status in LIMITS)

    def _connected(self, target: SplitResult, max_bytes: int) -> http.client.HTTPConnection:
        host, port, seconds = target.hostname or "", _port_of(target), self._timing.connect_s
        sock = connect(self._resolver.addresses(host, port, seconds), seconds)
        # The whole try is bounded, not each read.
        sock.settimeout(self._timing.total_s)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = http.client.HTTPConnection(host, port)
        connection.default_port = PORTS[target.scheme]
        connection.auto_open = 0
        connection.response_class = _bounded(max_bytes)
        connection.sock = sock if target.scheme == "http" else wrapped(sock, host, self._tls())
        return connection

    def _tls(self) -> ssl.SSLContext:
        # Made once: reading the system's authorities takes milliseconds.
        if self._context is None:
            self._context = context_for(None)
        return self._context

    def _taken(
        self, response: http.client.HTTPResponse, request: Request, expected: Expected, held: Document | None
    ) -> Document | None:
        """What an answer gives, None where `held` still holds. Raises FetchError."""
        status, now = response.status, self._clock.wall()
        if status == http.HTTPStatus.NOT_MODIFIED and held is not None and (held.etag or held.last_modified):
            return None
        origin = origin_of(request.url)
        if status == http.HTTPStatus.NO_CONTENT:
            return Document(b"", "", origin, now, now)
        if status != http.HTTPStatus.OK:
            if status == http.HTTPStatus.UNAUTHORIZED and request.token is not None:
                # It may have been withdrawn before its end: the next try asks for another.
                self._tokens.drop(request.token)
            raise self._refused(response)
        media_type = response.headers.get_content_type() if "Content-Type" in response.headers else ""
        if media_type and media_type not in expected.media_types:
            hint = ": a sign-in page of the network answers, perhaps" if media_type in PAGES else ""
            raise FetchError(one_line(f"the server sends {media_type[:60]}, not {expected.media_types[0]}{hint}"))
        if response.length is not None and response.length > expected.max_bytes:
            raise too_large(expected.max_bytes)
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "x-gzip", ""):
            raise FetchError("the server packs its answer in a way that was not asked for")
        body = read_body(response, expected.max_bytes, self._make_yielder())
        if not body:
            raise FetchError("the server sends an empty document")
        validators = (_validator(response.headers.get(name)) for name in ("ETag", "Last-Modified"))
        return Document(body, media_type, origin, now, self._clock.wall(), *validators)


class HttpFetcher:
    """Asks for the document of one request."""

    def __init__(self, request: Request, expected: Expected, client: Client) -> None:
        self.origin, self.host = origin_of(request.url), request.host
        self._request, self._expected, self._client = request, expected, client

    def fetch(self, held: Document | None) -> Document | None:
        """The document, or None where `held` still holds. Raises FetchError."""
        return self._client.get(self._request, self._expected, held)


def _headers(request: Request, expected: Expected, held: Document | None) -> dict[str, str]:
    headers = {**_ALWAYS, "Accept": ", ".join(expected.media_types)}
    if held is not None:
        # RFC 9110 13.1: the entity tag wins where a server knows both.
        named = {"If-None-Match": _validator(held.etag), "If-Modified-Since": _validator(held.last_modified)}
        headers |= {name: value for name, value in named.items() if value}
    return headers | dict(request.headers)


def _validator(text: str | None) -> str:
    """A validator that can be sent back as it is; "" for any other."""
    text = (text or "").strip()
    return text if text.isascii() and text.isprintable() and len(text) <= MAX_VALIDATOR_CHARACTERS else ""


def _port_of(target: SplitResult) -> int:
    return target.port or PORTS[target.scheme]


@lru_cache(maxsize=64)
def _bounded(max_bytes: int) -> type[BoundedResponse]:
    """The response of a document of at most so many bytes."""

    class Response(BoundedResponse):
        bounds = Bounds(MAX_FRAMING_BYTES, max_bytes)

    return Response

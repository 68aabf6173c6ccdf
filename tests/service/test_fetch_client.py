"""Asking for a document over HTTP, from real servers: conditional, bounded in bytes and seconds, and led nowhere by the other side."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import gevent
import pytest
from gevent import socket, ssl
from gevent.pool import Pool
from gevent.server import StreamServer

from skyspy import __version__
from skyspy.cooperate import MAX_BUSY_SECONDS, Yielder
from skyspy.fetch.client import MAX_FRAMING_BYTES, Client, Expected
from skyspy.fetch.document import Document, FetchError, Request, TokenRequest, origin_of
from skyspy.fetch.sources import JSON_TYPES, NMS_TYPES
from skyspy.fetch.timing import Timing
from skyspy.outbound.resolver import Resolver
from skyspy.outbound.tls import context_for
from tests.support.clock import StillClock
from tests.support.fetch import JSON, json_answer
from tests.support.hub import rounds_counted
from tests.support.machine import CAPTURES, missing
from tests.support.names import NameServer
from tests.support.notify import Certificates, free_port
from tests.support.sources import FakeReceiver, Flood, Web, http, keeps_saying, says

MOST = 1024 * 1024
EXPECTED = Expected(MOST, JSON_TYPES)
KERNEL_BYTES = 16 * 1024 * 1024
"""So much may lie in the buffers of two sockets when the client hangs up."""
NOW = 784_903_551.0
"""Tue, 15 Nov 1994 12:45:51 GMT: after the dates that RFC 9110 has in its examples."""

Serve = Callable[[Callable[[str], bytes | None]], Web]


@pytest.fixture
def serve() -> Iterator[Serve]:
    webs: list[Web] = []

    def made(reply: Callable[[str], bytes | None]) -> Web:
        webs.append(Web(reply))
        return webs[-1]

    yield made
    for web in webs:
        web.close()


def client(timing: Timing | None = None, resolver: Resolver | None = None, context: ssl.SSLContext | None = None) -> Client:
    return Client(resolver or Resolver(), StillClock(NOW), timing, context)


def at(port: int, path: str = "/api/data/metar?bbox=40,-90,45,-85&format=json") -> Request:
    return Request(f"http://127.0.0.1:{port}{path}")


def held(request: Request, **fields: str) -> Document:
    return Document(b"[1]", "application/json", origin_of(request.url), 1.0, 1.0, **fields)


def headers_of(head: str) -> dict[str, str]:
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])}


def failure(port: int, within: Client | None = None, expected: Expected = EXPECTED, old: Document | None = None) -> FetchError:
    with pytest.raises(FetchError) as said:
        (within or client()).get(at(port), expected, old)
    assert str(said.value).isprintable()
    assert len(str(said.value)) <= 200
    return said.value


@pytest.mark.parametrize("packed", [False, True])
def test_a_recorded_document_arrives_as_it_was_packed_or_not(serve: Serve, packed: bool) -> None:
    sample = CAPTURES / "aviationweather-samples" / "metar.json"
    if not sample.is_file():
        missing("the recordings are not here")
    web = serve(lambda _head: json_answer(sample.read_bytes(), packed=packed))
    request = at(web.port)
    document = client().get(request, EXPECTED, None)
    assert document is not None
    assert document.body == sample.read_bytes()
    assert (document.media_type, document.fetched_at, document.origin) == ("application/json", NOW, origin_of(request.url))


def test_the_server_is_told_who_asks_for_what(serve: Serve) -> None:
    web = serve(lambda _head: json_answer())
    request = replace(at(web.port), headers={"client_id": "an id", "client_secret": "canary"})
    client().get(request, EXPECTED, None)
    (head,) = web.requests
    assert head.startswith("GET /api/data/metar?bbox=40,-90,45,-85&format=json HTTP/1.1\r\n")
    sent = headers_of(head)
    assert sent["user-agent"] == f"SkySpy/{__version__}"
    assert sent["host"] == f"127.0.0.1:{web.port}"
    assert (sent["client_id"], sent["client_secret"]) == ("an id", "canary")
    assert "gzip" in sent["accept-encoding"]
    assert "application/json" in sent["accept"]
    assert not {"if-none-match", "if-modified-since", "cookie", "authorization"} & set(sent)
    assert "canary" not in repr(request)


@pytest.mark.parametrize("name", ["X-Key", "X Key"])
def test_a_header_that_cannot_be_sent_is_in_no_error(serve: Serve, name: str) -> None:
    request = replace(at(serve(lambda _head: json_answer()).port), headers={name: "canary\r\nX-Evil: 1"})
    with pytest.raises(FetchError, match="cannot be sent") as said:
        client().get(request, EXPECTED, None)
    assert "canary" not in str(said.value)


def test_what_is_held_is_asked_for_by_its_validators_and_304_says_that_it_holds(serve: Serve) -> None:
    """The values are the examples of RFC 9110, sections 8.8.2 and 8.8.3: sent back as they came."""
    tag, modified = '"xyzzy"', "Tue, 15 Nov 1994 12:45:26 GMT"

    def reply(head: str) -> bytes:
        if headers_of(head).get("if-none-match") == tag:
            return b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"
        return json_answer(b"[1]", f"ETag: {tag}", f"Last-Modified: {modified}")

    web = serve(reply)
    document = client().get(at(web.port), EXPECTED, None)
    assert document is not None
    assert (document.etag, document.last_modified) == (tag, modified)
    assert client().get(at(web.port), EXPECTED, document) is None
    assert headers_of(web.requests[1])["if-modified-since"] == modified


@pytest.mark.parametrize("etag", ['"' + "x" * 300 + '"', '"caf\xe9"', '"a\tb"'])
def test_a_validator_that_cannot_be_sent_back_is_left_out(serve: Serve, etag: str) -> None:
    web = serve(lambda _head: http(b"[]", "200 OK", JSON).replace(b"\r\n\r\n", f"\r\nETag: {etag}\r\n\r\n".encode("latin-1"), 1))
    document = client().get(at(web.port), EXPECTED, None)
    assert document is not None
    assert document.etag == ""
    client().get(at(web.port), EXPECTED, held(at(web.port), etag='"a"\r\nX-Evil: 1'))
    assert "Evil" not in web.requests[-1]


def test_304_without_having_asked_is_an_error(serve: Serve) -> None:
    web = serve(lambda _head: b"HTTP/1.1 304 Not Modified\r\n\r\n")
    assert "304" in str(failure(web.port))
    assert "304" in str(failure(web.port, old=held(at(web.port))))


def test_204_is_a_document_without_data(serve: Serve) -> None:
    """aviationweather.gov answers so where nothing is in force."""
    web = serve(lambda _head: b"HTTP/1.1 204 No Content\r\nContent-Type: text/html\r\n\r\n")
    document = client().get(at(web.port), EXPECTED, held(at(web.port), etag='"a"'))
    assert document is not None
    assert (document.body, document.etag) == (b"", "")


@pytest.mark.parametrize(
    ("status", "header", "seconds", "is_limit"),
    [
        ("429 Too Many Requests", "Retry-After: 3600", 3600.0, True),  # RFC 6585, section 4
        ("503 Service Unavailable", "Retry-After: 120", 120.0, True),  # RFC 9110, section 10.2.3
        ("429 Too Many Requests", "Retry-After: Tue, 15 Nov 1994 12:46:51 GMT", 60.0, True),
        ("429 Too Many Requests", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT", 0.0, True),
        ("429 Too Many Requests", "Retry-After: soon", None, True),
        ("500 Internal Server Error", "X-Other: 1", None, False),
        ("502 Bad Gateway", "Retry-After: 7", 7.0, False),
        ("404 Not Found", "X-Other: 1", None, False),
    ],
)
def test_an_error_says_how_long_to_wait_and_whether_that_is_for_the_whole_server(
    serve: Serve, status: str, header: str, seconds: float | None, is_limit: bool
) -> None:
    web = serve(lambda _head: http(b"<b>an error page</b>", status, header))
    error = failure(web.port)
    assert (error.retry_after_s, error.is_limit) == (seconds, is_limit)
    assert status[:3] in str(error)
    assert "page" not in str(error)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (http(b"<html>", "200 OK", "Content-Type: text/html; charset=utf-8"), "text/html, not application/json: a sign-in page"),
        (http(b"II*", "200 OK", "Content-Type: image/tiff"), "image/tiff"),
        (json_answer(b""), "empty document"),
        (http(b"x", "200 OK", JSON, "Content-Encoding: br"), "not asked for"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[]", "broke off (it ended early)"),
        (http(gzip.compress(b"[1,2,3]" * 999)[:-20], "200 OK", JSON, "Content-Encoding: gzip"), "broke off"),
        (http(b"not gzip", "200 OK", JSON, "Content-Encoding: gzip"), "broke off"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", "larger than 1 MiB"),
    ],
)
def test_an_answer_that_is_no_document_is_an_error_of_one_line(serve: Serve, answer: bytes, words: str) -> None:
    # The request is read before the connection ends: else the client would see a reset.
    web = serve(lambda _head: answer.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
    assert words in str(failure(web.port))


def test_a_server_that_hangs_up_is_an_error_of_one_line(serve: Serve) -> None:
    assert "closed the connection without an answer" in str(failure(serve(lambda _head: None).port))


@pytest.mark.parametrize("media", ["", "Content-Type: application/geo+json", "Content-Type: APPLICATION/JSON;charset=UTF-8"])
def test_json_by_another_name_and_a_document_without_a_type_are_taken(serve: Serve, media: str) -> None:
    web = serve(lambda _head: http(b"[]", "200 OK", *([media] if media else [])))
    document = client().get(at(web.port), EXPECTED, None)
    assert document is not None
    assert document.media_type == media.partition(": ")[2].partition(";")[0].lower()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(b" " * (40 * 1024 * 1024))


@pytest.mark.parametrize(
    ("begins", "goes_on", "most", "words"),
    [
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", MAX_FRAMING_BYTES, "interim", id="continue"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 8000 + b"\r\n", MAX_FRAMING_BYTES, "status lines", id="headers"),
        pytest.param(CHUNKED + b"2\r\n[]\r\n0\r\n", b"X: y\r\n", MAX_FRAMING_BYTES, "status lines", id="trailers"),
        pytest.param(CHUNKED, b"1\r\n[\r\n", MAX_FRAMING_BYTES * 8, "status lines", id="small chunks"),
        pytest.param(CHUNKED + b"f" * 100 + b"\r\n", b"[", MOST, "larger than 1 MiB", id="huge chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", b"[", MOST, "larger than 1 MiB", id="body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"[]"), b"[", MOST, "larger", id="after gzip"
        ),
        pytest.param(b"HTTP/1.1 429 Too Many Requests\r\n\r\n", b"[", 0, "429", id="body of an error"),
    ],
)
def test_s29_an_answer_without_an_end_is_cut_off(begins: bytes, goes_on: bytes, most: int, words: str) -> None:
    flood = Flood(begins, goes_on)
    assert words in str(failure(flood.port))
    assert flood.sent <= most + KERNEL_BYTES
    flood.close()


def test_s29_a_gzip_bomb_is_refused_before_it_is_unpacked(serve: Serve) -> None:
    assert len(BOMB) < MOST / 8
    web = serve(lambda _head: http(BOMB, "200 OK", JSON, "Content-Encoding: gzip"))
    assert "larger than 1 MiB" in str(failure(web.port))


def test_s29_between_two_pieces_of_a_document_the_hub_goes_round(serve: Serve) -> None:
    whole = b"[" + b" " * (MOST - 2) + b"]"
    web = serve(lambda _head: json_answer(whole, packed=True))
    ticks = count()
    due = Client(Resolver(), StillClock(), make_yielder=lambda: Yielder(lambda: next(ticks) * MAX_BUSY_SECONDS))
    with rounds_counted() as rounds:
        document = due.get(at(web.port), EXPECTED, None)
        assert rounds.count >= len(whole) // 65536 // 2
    assert document is not None
    assert document.body == whole


@pytest.mark.parametrize("pieces", [says(then_hang=True), keeps_saying(b"HTTP/1.1 100 Continue\r\n\r\n", 10.0)])
def test_s29_a_server_that_is_silent_or_slow_is_dropped_in_its_time(pieces: Callable[[socket.socket], None]) -> None:
    server = FakeReceiver(pieces)
    assert "no whole answer from 127.0.0.1 in 0.1 s" in str(failure(server.port, client(Timing(total_s=0.1))))
    server.close()


def test_s29_a_name_server_that_is_silent_is_waited_for_in_its_time_and_others_are_asked_meanwhile(serve: Serve) -> None:
    names = NameServer(good="127.0.0.1", missing="")
    web = serve(lambda _head: json_answer(b"[2]"))
    asking = client(Timing(connect_s=0.3), Resolver(names))
    waiting = gevent.spawn(lambda: asking.get(Request(f"http://silent:{web.port}/"), EXPECTED, None))
    document = asking.get(Request(f"http://good:{web.port}/"), EXPECTED, None)
    assert document is not None
    assert not waiting.ready(), "the one with the silent name server still waits"
    with pytest.raises(FetchError, match="the name silent does not resolve: no name server answered"):
        waiting.get()
    with pytest.raises(FetchError, match="the name missing does not resolve"):
        asking.get(Request(f"http://missing:{web.port}/"), EXPECTED, None)
    names.release()


def test_a_refused_connection_names_the_host_and_the_port() -> None:
    port = free_port()
    assert f"127.0.0.1:{port}" in str(failure(port))


def test_a_redirect_is_followed_on_the_same_host_only_and_not_for_ever(serve: Serve) -> None:
    web = serve(lambda head: json_answer(b"[3]") if "GET /new" in head else http(b"", "302 Found", "Location: /new?a=1"))
    document = client().get(at(web.port), EXPECTED, None)
    assert document is not None
    assert document.body == b"[3]"
    assert document.origin == origin_of(at(web.port).url)
    for location, words in (
        ("http://localhost.invalid/steal", "redirects to http://localhost.invalid"),
        ("file:///etc/passwd", "redirects to file://"),
        ("http://[::1/", "cannot be read"),
        ("/again", "circle"),
    ):
        away = serve(lambda _head, to=location: http(b"", "301 Moved Permanently", f"Location: {to}"))  # type: ignore[misc]
        assert words in str(failure(away.port))
        assert len(away.requests) <= 4


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(Path(tmp_path_factory.mktemp("tls")))


def test_a_certificate_is_checked_and_tls_is_not_left_by_a_redirect(certificates: Certificates) -> None:
    def answer(sock: socket.socket, _address: object) -> None:
        head = sock.recv(4096)
        sock.sendall(json_answer(b"[4]") if b"GET /fine" in head else http(b"", "302 Found", "Location: http://127.0.0.1/plain"))
        sock.close()

    server = StreamServer(("127.0.0.1", 0), answer, spawn=Pool(), ssl_context=certificates.context)
    server.start()
    url = f"https://127.0.0.1:{server.server_port}"
    with pytest.raises(FetchError, match="its certificate is not trusted"):
        client().get(Request(f"{url}/fine"), EXPECTED, None)
    trusting = context_for(certificates.authority.read_text(encoding="ascii"))
    document = client(context=trusting).get(Request(f"{url}/fine"), EXPECTED, None)
    assert document is not None
    assert document.body == b"[4]"
    with pytest.raises(FetchError, match="from https to http"):
        client(context=trusting).get(Request(f"{url}/away"), EXPECTED, None)
    server.stop(timeout=0)


# -- tokens -----------------------------------------------------------------------------------------

TOKEN = b'{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600}'
"""From the example of RFC 6749, section 4.4.3."""


class Provider:
    """A server of documents that wants a token, which it gives for the credentials of the example of RFC 7617."""

    def __init__(self, serve: Serve, token: bytes = TOKEN) -> None:
        self.token, self.accepts, self.asked = token, "2YotnFZFEjr1zCsicMWpAA", 0
        self.web = serve(self._reply)
        there = f"http://127.0.0.1:{self.web.port}"
        self.request = replace(at(self.web.port), token=TokenRequest(f"{there}/v1/auth/token", "Aladdin", "open sesame"))

    def _reply(self, head: str) -> bytes:
        if not head.startswith("POST "):
            fine = headers_of(head).get("authorization") == f"Bearer {self.accepts}"
            return json_answer(b"[6]") if fine else http(b"", "401 Unauthorized")
        self.asked += 1
        assert head.startswith("POST /v1/auth/token HTTP/1.1\r\n")
        assert head.endswith("\r\n\r\ngrant_type=client_credentials")
        fine = headers_of(head)["authorization"] == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        return json_answer(self.token) if fine else http(b"", "401 Unauthorized")


def test_a_token_is_asked_for_once_and_again_before_it_ends(serve: Serve) -> None:
    provider, clock = Provider(serve), StillClock(NOW)
    asking = Client(Resolver(), clock)
    for seconds, asked in ((0, 1), (3500, 1), (41, 2), (3500, 2)):
        clock.pass_by(seconds)
        document = asking.get(provider.request, EXPECTED, None)
        assert document is not None
        assert (document.body, provider.asked) == (b"[6]", asked)


def test_a_token_that_was_withdrawn_is_replaced_at_the_next_try(serve: Serve) -> None:
    provider, asking = Provider(serve), client()
    asking.get(provider.request, EXPECTED, None)
    provider.accepts, provider.token = "another", b'{"access_token":"another","expires_in":"1799"}'
    with pytest.raises(FetchError, match="does not accept the credentials"):
        asking.get(provider.request, EXPECTED, None)
    assert asking.get(provider.request, EXPECTED, None) is not None
    assert provider.asked == 2


@pytest.mark.parametrize(
    "answer",
    [b"[]", b"{}", b"<html>", b'{"access_token":""}', b'{"access_token":7}', b'{"access_token":"a b"}', b'{"access_token":"a\\nX:1"}',
     b'{"access_token":"a","expires_in":"soon"}', b'{"access_token":"a","expires_in":"nan"}', b'{"access_token":"' + b"a" * 9000 + b'"}'],
)  # fmt: skip
def test_an_answer_without_a_token_that_can_be_used_is_an_error_of_one_line(serve: Serve, answer: bytes) -> None:
    provider = Provider(serve, answer)
    with pytest.raises(FetchError, match="holds no token"):
        client().get(provider.request, EXPECTED, None)


def test_credentials_that_are_refused_are_in_no_error(serve: Serve) -> None:
    provider = Provider(serve)
    wrong = replace(provider.request, token=TokenRequest(provider.request.token.url, "Aladdin", "canary"))  # type: ignore[union-attr]
    with pytest.raises(FetchError, match=r"does not accept the credentials \(401\)") as said:
        client().get(wrong, EXPECTED, None)
    assert "canary" not in str(said.value) + repr(wrong)


def test_a_packed_file_behind_a_redirect_is_unpacked_and_the_token_goes_with_it(serve: Serve) -> None:
    """As the NOTAM Management Service answers a large query: 307, and a file of gzip without a Content-Encoding."""

    def reply(head: str) -> bytes:
        if "GET /content/" in head:
            assert headers_of(head)["authorization"] == "Bearer 2YotnFZFEjr1zCsicMWpAA"
            return http(gzip.compress(b"[7]"), "200 OK", "Content-Type: application/octet-stream")
        return json_answer(TOKEN) if head.startswith("POST") else http(b"", "307 Temporary Redirect", "Location: /content/abc")

    web = serve(reply)
    token = TokenRequest(f"http://127.0.0.1:{web.port}/token", "a", "b")
    document = client().get(replace(at(web.port), token=token), Expected(MOST, NMS_TYPES), None)
    assert document is not None
    assert document.body == b"[7]"

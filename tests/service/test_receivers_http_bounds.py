"""Whatever an HTTP server sends, one answer of it is bounded in bytes, and others go on meanwhile."""

from __future__ import annotations

import gzip
import io
import zlib
from itertools import count

import pytest

from skyspy.cooperate import MAX_BUSY_SECONDS, Yielder
from skyspy.feedurl import parse
from skyspy.outbound import OutboundError
from skyspy.outbound.http_bounds import (
    MAX_INTERIM,
    PIECE_BYTES,
    BoundedFile,
    decompressed,
)
from skyspy.outbound.resolver import Resolver
from skyspy.receivers.http import MAX_DOCUMENT_BYTES, MAX_FRAMING_BYTES, Client, Response
from skyspy.receivers.timing import Timing
from tests.support.hub import rounds_counted
from tests.support.sources import PATIENT, Ear, FakeReceiver, Flood, Web, http, keeps_saying, running, sbs, wait_for

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PLAIN = b"HTTP/1.1 200 OK\r\n\r\n"
FRAMING, BODY = MAX_FRAMING_BYTES, MAX_DOCUMENT_BYTES
KERNEL_BYTES = 16 * 1024 * 1024
"""So much may lie in the buffers of two sockets when the client hangs up."""

FLOODS = [
    pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", FRAMING, "interim", id="continue"),
    pytest.param(b"", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n", FRAMING, "interim", id="early hints"),
    pytest.param(b"HTTP/1.1 103 Early Hints\r\n", b"X: y\r\n", FRAMING, "does not speak HTTP", id="headers of early hints"),
    pytest.param(b"", b"HTTP/1.1 200 OK", FRAMING, "does not speak HTTP", id="status line"),
    pytest.param(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", FRAMING, "does not speak HTTP", id="headers"),
    pytest.param(b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 8000 + b"\r\n", FRAMING, "status lines", id="large headers"),
    pytest.param(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n", FRAMING, "status lines", id="trailers"),
    pytest.param(CHUNKED, b"1;" + b"x" * 60_000 + b"\r\n{\r\n", FRAMING, "status lines", id="chunk extensions"),
    pytest.param(CHUNKED, b"1\r\n{\r\n", FRAMING * 8, "status lines", id="small chunks"),
    pytest.param(CHUNKED + b"-1\r\n", b"{", FRAMING, "negative", id="negative chunk"),
    pytest.param(CHUNKED + b"f" * 100 + b"\r\n", b"{", BODY, "larger than 16 MiB", id="huge chunk"),
    pytest.param(PLAIN, b"{", BODY, "larger than 16 MiB", id="body"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}"),
        b"{",
        BODY,
        "larger than 16 MiB",
        id="after the end of gzip",
    ),
]


@pytest.mark.parametrize(("begins", "goes_on", "most", "words"), FLOODS)
def test_s29_an_answer_without_an_end_is_cut_off_and_another_receiver_goes_on(
    begins: bytes, goes_on: bytes, most: int, words: str
) -> None:
    flood, healthy, ear = Flood(begins, goes_on), FakeReceiver(keeps_saying(sbs("4B1900"))), Ear()
    urls = (f"http://127.0.0.1:{flood.port}/a.json", f"sbs://127.0.0.1:{healthy.port}")
    with running(*urls, sink=ear, timing=PATIENT) as feeds:
        wait_for(lambda: feeds.status()[0]["error"])
        row, heard = feeds.status()[0], len(ear.heard)
        assert words in row["error"]
        assert row["error"].isprintable()
        assert row["state"] in ("down", "connecting")
        assert flood.sent <= most + KERNEL_BYTES
        wait_for(lambda: len(ear.heard) > heard)
        assert feeds.status()[1]["state"] == "up"
    flood.close()
    healthy.close()


INTERIM = {
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "103": b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n",
    "102 and 199": b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 Miscellaneous\r\nX: y\r\n\r\n",
    "as many as may be": b"HTTP/1.1 103 Early Hints\r\n\r\n" * MAX_INTERIM,
}


@pytest.mark.parametrize("interim", INTERIM)
def test_interim_answers_of_a_proxy_are_read_past(interim: str) -> None:
    web = Web(lambda _: INTERIM[interim] + http(b'{"aircraft":[]}'))
    client = Client(parse(f"http://127.0.0.1:{web.port}/a.json"), Timing(), Resolver())
    assert [client.get() for _ in range(3)] == [b'{"aircraft":[]}'] * 3
    client.close()
    web.close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (INTERIM["as many as may be"] + INTERIM["103"] + http(b"{}"), "interim"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n" + http(b"{}"), "101"),
    ],
)
def test_more_of_them_are_refused_and_so_is_another_protocol(answer: bytes, words: str) -> None:
    web = Web(lambda _: answer)
    client = Client(parse(f"http://127.0.0.1:{web.port}/a.json"), Timing(), Resolver())
    with pytest.raises(OutboundError, match=words):
        client.get()
    client.close()
    web.close()


def always_due() -> Yielder:
    """A Yielder by whose clock it is time to yield at each call."""
    ticks = count()
    return Yielder(lambda: next(ticks) * MAX_BUSY_SECONDS)


def test_s29_between_two_lines_and_between_two_pieces_the_hub_goes_round() -> None:
    file = BoundedFile(io.BytesIO(b"X: y\r\n" * 100 + b"b" * PIECE_BYTES * 20), always_due(), Response.bounds)
    with rounds_counted() as rounds:
        assert [file.readline(65_537) for _ in range(100)] == [b"X: y\r\n"] * 100
        assert rounds.count >= 50
        assert file.read(PIECE_BYTES * 20) == b"b" * PIECE_BYTES * 20
        assert rounds.count >= 60


def test_lines_beyond_the_bound_and_chunks_of_a_negative_size_are_errors_of_one_line() -> None:
    file = BoundedFile(io.BytesIO(b"x" * MAX_FRAMING_BYTES * 2), always_due(), Response.bounds)
    file.readline()
    with pytest.raises(OutboundError, match="256 KiB of status lines"):
        file.readline(1)
    for size in (-1, -5):
        with pytest.raises(OutboundError, match="negative"):
            BoundedFile(io.BytesIO(b"x" * 10), always_due(), Response.bounds).read(size)


def test_s29_a_packed_body_is_unpacked_in_pieces_and_the_hub_goes_round_between_them() -> None:
    whole = b" " * (8 * 1024 * 1024)
    pieces = list(decompressed(zlib.decompressobj(47), gzip.compress(whole)))
    assert b"".join(pieces) == whole
    assert max(map(len, pieces)) <= PIECE_BYTES
    web = Web(lambda _head: http(whole, packed=True))
    client = Client(parse(f"http://127.0.0.1:{web.port}/a.json"), Timing(), Resolver(), always_due())
    with rounds_counted() as rounds:
        assert client.get() == whole
        assert rounds.count >= len(whole) // PIECE_BYTES // 2
    client.close()
    web.close()


@pytest.mark.parametrize("cut", [1, 7, 1000, 65_536])
def test_nothing_of_a_packed_body_is_lost_between_pieces(cut: int) -> None:
    whole = bytes(range(256)) * 3000 + b"\0" * 300_001 + b"end"
    packed, unpack = gzip.compress(whole) + b"what follows", zlib.decompressobj(47)
    parts = [part for at in range(0, len(packed), cut) for part in decompressed(unpack, packed[at : at + cut])]
    assert b"".join(parts) == whole

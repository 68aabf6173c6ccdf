"""Pollers in their greenlets, before real HTTP servers and files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
import pytest

from skyspy.clock import Clock
from skyspy.fetch.client import Client
from skyspy.fetch.last_good import LastGood, MemoryLastGood
from skyspy.fetch.pollers import MAX_POLLERS, OFF, Pollers, Wanted
from skyspy.fetch.sources import NO_PLACE, SOURCES, Options, Source
from skyspy.outbound.resolver import Resolver
from tests.support.clock import StillClock
from tests.support.fetch import AT_ONCE, Reader, always, json_answer, quick
from tests.support.names import NameServer
from tests.support.notify import free_port
from tests.support.sources import Flood, Web, http, wait_for

MAP = quick(SOURCES["geojson"])
FILE = quick(SOURCES["openair-file"])


def wanted(name: str, url: str, source: Source = MAP, *, is_on: bool = True) -> Wanted:
    return Wanted(name, source, Options(url=url), is_on)


def at(port: int, path: str = "/a.geojson", host: str = "127.0.0.1") -> str:
    return f"http://{host}:{port}{path}"


@contextmanager
def running(
    *sources: Wanted, reader: Reader, last_good: LastGood | None = None, resolver: Resolver | None = None
) -> Iterator[Pollers]:
    clock = Clock()
    client = Client(resolver or Resolver(), clock, AT_ONCE)
    pollers = Pollers(client, reader, last_good or MemoryLastGood(), clock, timing=AT_ONCE, jitter=always(0.0))
    pollers.apply(sources)
    try:
        yield pollers
    finally:
        pollers.stop()


def row(pollers: Pollers, name: str) -> dict[str, Any]:
    (found,) = [row for row in pollers.status() if row["name"] == name]
    return found


def comes_to(pollers: Pollers, name: str, state: str) -> None:
    wait_for(lambda: row(pollers, name)["state"] == state)


@pytest.fixture
def reader() -> Reader:
    return Reader()


def test_one_that_is_down_at_the_start_resumes_by_itself_and_one_that_goes_is_stale(reader: Reader) -> None:
    port = free_port()
    with running(wanted("map", at(port)), reader=reader) as pollers:
        wait_for(lambda: row(pollers, "map")["failures"] >= 2)
        assert (row(pollers, "map")["state"], row(pollers, "map")["last_good"]) == ("down", None)
        assert f"127.0.0.1:{port}" in row(pollers, "map")["error"]
        web = Web(lambda _head: json_answer(b"[1]"), port)
        comes_to(pollers, "map", "up")
        assert (row(pollers, "map")["error"], reader.read) == (None, [b"[1]"])
        web.close()
        comes_to(pollers, "map", "stale")
        assert pollers.documents()["map"].body == b"[1]"
        again = Web(lambda _head: json_answer(b"[2]"), port)
        comes_to(pollers, "map", "up")
        assert reader.read == [b"[1]", b"[2]"]
        again.close()


def test_a_server_that_started_anew_without_a_network_serves_what_was_kept(reader: Reader) -> None:
    kept = MemoryLastGood()
    web = Web(lambda _head: json_answer(b"[1]", 'ETag: "one"'))
    source = wanted("map", at(web.port), replace(MAP, interval_s=0.02))
    with running(source, reader=reader, last_good=kept):
        wait_for(lambda: kept.load("map"))
    web.close()
    later = Reader()
    with running(source, reader=later, last_good=kept) as pollers:
        comes_to(pollers, "map", "stale")
        wait_for(lambda: row(pollers, "map")["error"])
        assert later.read == [b"[1]"]
    with_another_address = Reader()
    with running(wanted("map", at(free_port())), reader=with_another_address, last_good=kept) as pollers:
        wait_for(lambda: row(pollers, "map")["error"])
        assert (row(pollers, "map")["state"], with_another_address.read) == ("down", [])


def test_an_unchanged_document_is_asked_for_by_its_tag(reader: Reader) -> None:
    web = Web(
        lambda head: (
            b"HTTP/1.1 304 Not Modified\r\n\r\n" if 'If-None-Match: "one"' in head else json_answer(b"[1]", 'ETag: "one"')
        )
    )
    with running(wanted("map", at(web.port)), reader=reader) as pollers:
        wait_for(lambda: len(web.requests) >= 4)
        assert reader.read == [b"[1]"]
        assert row(pollers, "map")["state"] == "up"
        assert row(pollers, "map")["bytes"] == 3
    web.close()


def test_a_host_that_asks_for_fewer_requests_is_left_alone_by_both_of_its_sources(reader: Reader) -> None:
    web = Web(lambda _head: http(b"", "429 Too Many Requests", "Retry-After: 3600"))
    other = Web(lambda _head: json_answer(b"[3]"))
    first = wanted("first", at(web.port))
    with running(first, wanted("other", at(other.port, host="localhost")), reader=reader) as pollers:
        wait_for(lambda: row(pollers, "first")["error"])
        pollers.apply([first, wanted("second", at(web.port, "/b")), wanted("other", at(other.port, host="localhost"))])
        assert pollers.wake("second")
        asked = len(other.requests)
        wait_for(lambda: len(other.requests) > asked + 3)
        assert len(web.requests) == 1
        assert row(pollers, "second")["tries"] == 0
    web.close()
    other.close()


def test_s29_sources_that_lie_harm_only_themselves(reader: Reader) -> None:
    bodies = Flood(b"HTTP/1.1 200 OK\r\n\r\n", b"[")
    interim = Flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n")
    page = Web(lambda _head: http(b"<html>", "200 OK", "Content-Type: text/html"))
    broken = Web(lambda _head: json_answer(b"[1,"))
    fine = Web(lambda _head: json_answer(b"[5]"))
    names = NameServer(good="127.0.0.1")
    sources = {
        "bodies": at(bodies.port),
        "interim": at(interim.port),
        "page": at(page.port),
        "broken": at(broken.port),
        "nameless": at(fine.port, host="silent"),
        "fine": at(fine.port, host="good"),
    }
    quickly = replace(MAP, max_bytes=1024 * 1024)
    with running(
        *(wanted(name, url, quickly) for name, url in sources.items()), reader=reader, resolver=Resolver(names)
    ) as pollers:
        comes_to(pollers, "fine", "up")
        wait_for(lambda: all(row(pollers, name)["error"] for name in ("bodies", "interim", "page", "broken")))
        assert {row["name"]: row["state"] for row in pollers.status()} == {**dict.fromkeys(sources, "down"), "fine": "up"}
        asked = len(fine.requests)
        wait_for(lambda: len(fine.requests) > asked)
        assert row(pollers, "broken")["refused"] >= 1
        assert reader.read == [b"[5]"]
        names.release()
    for server in (bodies, interim, page, broken, fine):
        server.close()


def test_what_is_wanted_is_followed_and_what_did_not_change_goes_on(reader: Reader) -> None:
    web = Web(lambda _head: json_answer(b"[1]"))
    kept, gone = wanted("kept", at(web.port, "/kept")), wanted("gone", at(web.port, "/gone"))
    with running(kept, gone, reader=reader) as pollers:
        comes_to(pollers, "kept", "up")
        comes_to(pollers, "gone", "up")
        since = row(pollers, "kept")["since"]
        assert pollers.apply([kept, replace(gone, is_on=False), wanted("bad", "file:///etc/passwd")]) == {"gone"}
        assert row(pollers, "kept")["since"] == since
        assert (row(pollers, "gone")["state"], row(pollers, "gone")["error"]) == ("off", OFF)
        assert row(pollers, "bad")["state"] == "off"
        assert "https://host" in row(pollers, "bad")["error"]
        asked = sum("GET /gone" in head for head in web.requests)
        before = len(web.requests)
        wait_for(lambda: len(web.requests) > before + 3)
        assert sum("GET /gone" in head for head in web.requests) == asked
        assert not pollers.wake("gone")
        assert pollers.apply([wanted("kept", at(web.port, "/moved"))]) == {"kept"}
        wait_for(lambda: any("GET /moved" in head for head in web.requests))
        assert [row["name"] for row in pollers.status()] == ["kept"]
        assert set(row(pollers, "kept")) == set(pollers.status()[0])
    web.close()


def test_of_two_who_change_what_is_wanted_at_once_the_last_wins(reader: Reader) -> None:
    web = Web(lambda _head: json_answer(b"[1]"))
    with running(wanted("first", at(web.port)), reader=reader) as pollers:
        comes_to(pollers, "first", "up")
        changes = [gevent.spawn(pollers.apply, [wanted(name, at(web.port))]) for name in ("second", "third")]
        gevent.joinall(changes, raise_error=True)
        assert [row["name"] for row in pollers.status()] == ["third"]
    assert pollers.status() == []
    web.close()


def test_rows_of_sources_that_are_off_have_the_fields_of_the_others_and_sources_are_bounded(reader: Reader) -> None:
    web = Web(lambda _head: json_answer(b"[1]"))
    many = [wanted(f"map{number:03}", at(web.port)) for number in range(MAX_POLLERS + 1)]
    with running(*many, reader=reader) as pollers:
        rows = pollers.status()
        assert [row["state"] == "off" for row in rows] == [False] * MAX_POLLERS + [True]
        assert set(rows[0]) == set(rows[-1])
        assert str(MAX_POLLERS) in rows[-1]["error"]
    web.close()


def test_one_that_is_off_says_since_when_it_is_for_this_reason(reader: Reader) -> None:
    clock = StillClock()
    pollers = Pollers(Client(Resolver(), clock), reader, MemoryLastGood(), clock)
    weather = Wanted("metar", SOURCES["metar"], Options())
    said = []
    for one in (weather, weather, replace(weather, is_on=False)):
        pollers.apply([one])
        said.append((row(pollers, "metar")["error"], row(pollers, "metar")["since"]))
        clock.pass_by(60)
    assert said == [
        (NO_PLACE, "2027-01-15T08:00:00.000Z"),
        (NO_PLACE, "2027-01-15T08:00:00.000Z"),
        (OFF, "2027-01-15T08:02:00.000Z"),
    ]
    pollers.stop()


def test_an_area_over_the_antimeridian_is_two_sources(reader: Reader) -> None:
    clock = Clock()
    pollers = Pollers(Client(Resolver(NameServer()), clock, AT_ONCE), reader, MemoryLastGood(), clock, may_poll=lambda: False)
    pollers.apply([Wanted("metar", SOURCES["metar"], Options(-17.755, 177.443))])
    assert [(row["name"], row["stands_by"], row["tries"]) for row in pollers.status()] == [
        ("metar", True, 0),
        ("metar/2", True, 0),
    ]
    pollers.stop()


def test_a_file_is_followed_and_a_process_that_stands_by_reads_it_too(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "airspace.json"
    clock = Clock()
    pollers = Pollers(
        Client(Resolver(), clock), reader, MemoryLastGood(), clock, timing=AT_ONCE, may_poll=lambda: False, jitter=always(0.0)
    )
    pollers.apply([Wanted("file", FILE, Options(path=path))])
    comes_to(pollers, "file", "down")
    wait_for(lambda: row(pollers, "file")["error"])
    path.write_bytes(b"[1]")
    wait_for(lambda: reader.read == [b"[1]"])
    path.write_bytes(b"[1, 2]")
    wait_for(lambda: reader.read == [b"[1]", b"[1, 2]"])
    path.write_bytes(b"[1,")
    wait_for(lambda: row(pollers, "file")["refused"])
    assert pollers.documents()["file"].body == b"[1, 2]"
    pollers.stop()

"""Name servers that do not answer, and crowded threads, harm the receivers that need them and no others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import gevent
import pytest
from gevent import socket

from skyspy.outbound import OutboundError
from skyspy.outbound.resolver import FRESH_SECONDS, LOOKUP_THREADS, Address, Resolver, connect
from skyspy.receivers.workers import DECODING_THREADS, Workers
from tests.support.hub import rounds_counted
from tests.support.names import NameServer
from tests.support.sources import PATIENT, QUICK, Ear, FakeReceiver, Web, document, http, running, wait_for

HEXES = [f"{0x4B0000 + n:06x}" for n in range(4000)]
"""So many aircraft are decoded on a thread."""


@pytest.fixture
def names() -> Iterator[NameServer]:
    server = NameServer(good="127.0.0.1", missing="")
    yield server
    server.release()


def test_a_name_that_is_not_answered_is_given_up_in_its_time_and_said_in_one_line(names: NameServer) -> None:
    resolver = Resolver(names)
    with (
        rounds_counted() as rounds,
        pytest.raises(OutboundError, match=r"the name dead does not resolve: no name server") as said,
    ):
        resolver.addresses("dead", 80, 0.1)
    assert rounds.count > 0
    assert str(said.value).isprintable()
    with pytest.raises(socket.gaierror):
        resolver.addresses("missing", 80, 5)
    with pytest.raises(OutboundError, match="is not the name of a host"):
        resolver.addresses("x" * 64 + ".example", 80, 5)


def test_addresses_need_no_thread_and_no_name_server(names: NameServer) -> None:
    resolver = Resolver(names)
    assert resolver.addresses("127.0.0.1", 80, 5) == [(socket.AF_INET, ("127.0.0.1", 80))]
    assert resolver.addresses("::1", 80, 5)[0][0] == socket.AF_INET6
    assert names.asked == []


def test_s29_names_that_were_not_answered_do_not_stand_in_the_way_of_others(names: NameServer) -> None:
    resolver = Resolver(names)
    dead = [f"dead{n}" for n in range(LOOKUP_THREADS - 1)]
    for name in dead:
        with pytest.raises(OutboundError):
            resolver.addresses(name, 80, 0.02)
    waiting = [gevent.spawn(resolver.addresses, name, 80, 60.0) for name in dead * 20]
    gevent.sleep(0.02)
    assert resolver.addresses("good", 80, 30) == [(socket.AF_INET, ("127.0.0.1", 80))]
    gevent.killall(waiting)


def test_a_name_that_was_answered_is_not_asked_for_at_each_connection_and_keeps_its_addresses(names: NameServer) -> None:
    now = count(step=FRESH_SECONDS / 4)
    resolver = Resolver(names, lambda: next(now))
    found = [resolver.addresses("good", 80, 5) for _ in range(3)]
    assert names.asked == ["good"]
    del names.known["good"]
    found += [resolver.addresses("good", 80, 0.05) for _ in range(4)]
    assert found == [found[0]] * 7
    assert len(names.asked) > 1


def test_a_connection_goes_to_the_first_address_that_takes_one() -> None:
    gone, there = FakeReceiver(lambda _sock: None), FakeReceiver(lambda _sock: None)
    gone.close()
    addresses: list[Address] = [(socket.AF_INET, ("127.0.0.1", port)) for port in (gone.port, there.port)]
    connect(addresses, 5).close()
    with pytest.raises(ConnectionRefusedError):
        connect(addresses[:1], 5)
    there.close()


def test_s29_a_crowded_receiver_is_heard_while_a_dead_name_server_holds_every_lookup(names: NameServer) -> None:
    ear, steps = Ear(), count(1)
    web = Web(lambda _head: http(document(float(next(steps)), *HEXES, lat=47.1, lon=8.2, alt_baro=30000)))
    dead = [f"http://dead{n}:{web.port}/a.json" for n in range(64)]
    with running(f"http://127.0.0.1:{web.port}/#interval=0.1", *dead, sink=ear, timing=PATIENT, workers=Workers(names)) as feeds:
        wait_for(lambda: len(names.asked) >= LOOKUP_THREADS)
        already = len(ear.heard)
        wait_for(lambda: len(ear.heard) >= already + 3 * len(HEXES))
        assert feeds.status()[0]["state"] == "up"
        assert "up" not in {row["state"] for row in feeds.status()[1:]}
    web.close()


def test_s29_a_receiver_whose_document_waits_to_be_decoded_does_not_say_up(names: NameServer) -> None:
    ear, steps, workers = Ear(), count(1), Workers(names)
    web = Web(lambda _head: http(document(float(next(steps)), *HEXES, lat=47.1, lon=8.2, alt_baro=30000)))
    timing = replace(QUICK, stale_s=1.0, frozen_s=60.0)
    with running(f"http://127.0.0.1:{web.port}/#interval=0.1", sink=ear, timing=timing, workers=workers) as feeds:
        wait_for(lambda: feeds.status()[0]["state"] == "up")
        holding = [gevent.spawn(workers.decoding.run, lambda: names("nobody", 0)) for _ in range(DECODING_THREADS + 1)]
        wait_for(lambda: feeds.status()[0]["state"] == "stale")
        assert feeds.status()[0]["error"] == "no document for 1 s"
        names.release()
        wait_for(lambda: feeds.status()[0]["state"] == "up")
        assert feeds.status()[0]["error"] is None
        gevent.joinall(holding, timeout=10)
    web.close()

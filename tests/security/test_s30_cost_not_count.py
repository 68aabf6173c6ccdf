"""S30: events and requests are charged by what they cost, and nothing is computed for a client that does not read.

What an attack does to the round trips of others is measured in `bench/`, beside the quiet of the same run. Here stands what makes
that so: how many large answers one client can cause, and that the same bytes serve all.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from skyspy.sockets.load import UNREAD_SECONDS
from tests.browser.receiver import Receiver, aircraft
from tests.security.asking import ask
from tests.wire.raw import Gone, Ws, mask
from tests.wire.serving import Server, eventually

AIRCRAFT = 3000
AT_ONCE, EACH_SECOND = 10.0, 2.5
"""So many lists of 3000 aircraft the default settings permit at most: 60 and 20 events, and a list costs more than 8."""
LARGE_REQUESTS = (
    b'42["request",{"type":"aircraft-snapshot","request_id":1}]',
    b'42["request",{"type":"aircraft-list","request_id":1,"params":{"limit":3000}}]',
    b'42["request",{"type":"aircraft-list","request_id":1,"params":{"min_altitude":0,"limit":3000}}]',
)
PATHS = ("/v2/all", "/data/aircraft.json", "/api/aircraft/", "/v2/mil")


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a large sky, on its own, whose aircraft all change every five seconds: what it does by itself leaves it time."""
    receiver = Receiver([aircraft(number) for number in range(AIRCRAFT)])
    made = Server(tmp_path_factory.mktemp("crowded"), SKYSPY_FEEDS=f"{receiver.url}#interval=5")
    assert eventually(lambda: ask(made, "/api/stats/").json()["total_aircraft"] > 0.9 * AIRCRAFT, 60)
    yield made
    made.stop()
    receiver.stop()
    assert "Traceback" not in made.log()


def said(client: Ws, seconds: float, enough: Callable[[Counter[str]], bool] = lambda _: False) -> Counter[str]:
    """What a client hears in so many seconds, or until that is enough: events, errors by their code. After a silence until the end it
    can be read no more."""
    found: Counter[str] = Counter()
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0 and not enough(found):
        try:
            event, payload = client.packet(left)
        except TimeoutError:
            break
        found[payload["code"] if event == "error" else event] += 1
    return found


@pytest.mark.parametrize("request_", LARGE_REQUESTS)
def test_s30_sixty_large_requests_at_once_are_not_sixty_answers(crowded: Server, request_: bytes) -> None:
    # Which of them are refused, and which only wait, depends on the machine: tests/service/test_heavy_answers.py has the refusal.
    with Ws(crowded) as greedy:
        greedy.join()
        greedy.until("aircraft:snapshot")
        began = time.monotonic()
        greedy.socket.sendall(mask(request_) * 60)
        heard = said(greedy, 8.0, lambda heard: heard["response"] >= 2 and time.monotonic() - began > 4.0)
        took = time.monotonic() - began
        assert 2 <= heard["response"] <= AT_ONCE + EACH_SECOND * took, (heard, took)
    with Ws(crowded) as modest:
        modest.join()
        modest.until("aircraft:snapshot")
        modest.socket.sendall(mask(b'42["ping"]') * 60)
        heard = said(modest, 20.0, lambda heard: heard["pong"] >= 60)
        assert heard["pong"] == 60, "what costs little is counted as before"


def test_s30_one_large_request_a_second_is_always_answered(crowded: Server) -> None:
    with Ws(crowded) as client:
        client.join()
        client.until("aircraft:snapshot")
        for _ in range(8):
            client.tell("request", {"type": "aircraft-snapshot"})
            assert len(client.until("response")["data"]["aircraft"]) > 0.9 * AIRCRAFT
            time.sleep(0.9)
        assert not [payload for event, payload in client.inbox if event == "error"]


def test_s30_for_a_client_that_does_not_read_nothing_is_computed_and_it_is_closed(crowded: Server) -> None:
    stuck = [Ws(crowded, receive_buffer=4096) for _ in range(20)]
    memory, files = crowded.rss_mb(), crowded.open_sockets()
    for client in stuck:
        client.join()
        client.socket.sendall(mask(LARGE_REQUESTS[0]) * 60)
    with Ws(crowded) as witness:
        witness.join()
        witness.until("aircraft:snapshot")
        assert witness.alive()
    assert crowded.rss_mb() - memory < 60, "the lists that wait for them are the same bytes"
    assert eventually(lambda: crowded.open_sockets() <= files - 20, 60), "each is closed without ever having read"
    for client in stuck:
        client.close()


def test_s30_who_reads_at_last_learns_why_most_was_not_answered(crowded: Server) -> None:
    client = Ws(crowded, receive_buffer=4096)
    client.join()
    client.socket.sendall(mask(LARGE_REQUESTS[0]) * 60)
    time.sleep(UNREAD_SECONDS + 2.0)
    heard: Counter[str] = Counter()
    try:
        heard = said(client, 20.0, lambda heard: bool(heard["overloaded"] or heard["rate_limited"]))
    except Gone:
        pytest.fail("closed although it reads again")
    assert heard["overloaded"] >= 1 or heard["rate_limited"] >= 1, heard
    assert heard["response"] < 25
    client.close()


@pytest.mark.parametrize("path", PATHS)
def test_s30_whoever_has_the_answer_is_told_that_it_still_holds(crowded: Server, path: str) -> None:
    unchanged = 0
    for _ in range(20):
        first = ask(crowded, path)
        assert (first.status, first.header("Cache-Control")) == (200, "private, no-cache")
        again = ask(crowded, path, headers={"If-None-Match": first.header("ETag") or ""})
        unchanged += (again.status, again.body) == (304, b"")
    assert unchanged, "a large sky is not encoded anew for each request"

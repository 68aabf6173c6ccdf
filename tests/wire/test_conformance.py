"""What the protocols' own suites ask: Autobahn's for WebSocket (cases 1 to 10), and those of Engine.IO v4 and Socket.IO v5.

Each case and each assertion is one row. Where SkySpy does something else, the row says why.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.wire.autobahn import ACK, CASES, LIVES, Case
from tests.wire.raw import BINARY, PONG, TEXT, Gone, Poll, Ws, mask
from tests.wire.serving import Operator, Server

PAUSE_SECONDS = 0.2
LAST = 999
"""The acknowledgement that a row asks for after its own frames: what is answered, is answered before it."""


@pytest.fixture(scope="module", autouse=True)
def eager(operator: Operator) -> Iterator[None]:
    """Raise the rate limits: some cases are a thousand messages."""
    operator.choose(SOCKET_EVENTS_PER_SECOND=1000, SOCKET_EVENTS_BURST=10_000)
    yield
    operator.choose(SOCKET_EVENTS_PER_SECOND=20, SOCKET_EVENTS_BURST=60)


# -- RFC 6455 ------------------------------------------------------------------------------------


def ask_for_the_last(client: Ws) -> None:
    client.socket.sendall(mask(b'42%d["e"]' % LAST))


def answer(client: Ws) -> str | bytes | None:
    """The next answer that a case counts; None when it is the last. Raises Gone."""
    while True:
        opcode, payload = client.frame()
        if opcode == PONG:
            return payload
        if opcode == TEXT and payload.startswith(b"43"):
            return None if payload.startswith(b"43%d[" % LAST) else ACK
        if opcode == TEXT and payload.startswith(b'42["error"'):
            return str(json.loads(payload[2:])[1]["code"])


def run(client: Ws, case: Case) -> tuple[list[str | bytes], int | None]:
    """Send what the case sends; the answers, and how the connection ended."""
    answers: list[str | bytes] = []
    try:
        for _ in range(case.rounds):
            with contextlib.suppress(OSError):  # the server may end the connection before all is sent
                for part in case.sends:
                    client.socket.sendall(part) if part else time.sleep(PAUSE_SECONDS)
            if case.rounds > 1 and case.answers:
                assert answer(client) in case.answers
        if case.ends == LIVES:
            ask_for_the_last(client)
        expected = answer(client)
        while expected is not None:
            answers.append(expected)
            expected = answer(client)
    except Gone as gone:
        return answers, gone.code
    return answers, LIVES


@pytest.mark.parametrize("number", CASES)
def test_a_websocket_case_of_autobahn_ends_as_it_must(server: Server, number: str) -> None:
    case = CASES[number]
    with Ws(server) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.join(auth={"greeting": False})
        answers, ended = run(client, case)
        assert (answers, ended) == (list(case.answers) if case.rounds == 1 else [], case.ends), case.why
        if ended != LIVES:
            with contextlib.suppress(ConnectionError):
                assert client.socket.recv(1) == b"", "after its close frame the server ends the connection"


def test_every_case_of_autobahns_sections_1_to_10_is_a_row() -> None:
    sections = Counter(int(number.partition(".")[0]) for number in CASES)
    assert sections == {1: 16, 2: 11, 3: 7, 4: 10, 5: 20, 6: 145, 7: 37, 9: 54, 10: 1}


# -- Engine.IO v4 and Socket.IO v5 ---------------------------------------------------------------

ELSEWHERE = {
    "a second poll at once is a 400, and the first one is answered with a close": (
        "test_s28_two_polls_at_once_end_the_session_and_the_first_is_answered"
    ),
    "a second POST at once is a 400 that ends the session": ("test_s28_two_posts_at_once_end_the_session"),
    "a body that is no packet list is a 400, and so is every poll after it": (
        "test_s28_a_hostile_polling_body_is_refused_and_its_session_ends"
    ),
    "a WebSocket message that is no packet ends the connection": (
        "test_s28_a_hostile_frame_ends_its_own_connection_and_no_other"
    ),
}
"""Assertions of Engine.IO's suite that tests of test_limits.py and test_polling.py hold."""


@pytest.mark.parametrize("assertion", ELSEWHERE)
def test_an_assertion_that_another_file_holds_is_there(assertion: str) -> None:
    files = [Path(__file__).parent / name for name in ("test_limits.py", "test_polling.py")]
    assert any(f"\ndef {ELSEWHERE[assertion]}(" in file.read_text(encoding="utf-8") for file in files)


def test_engine_io_opens_a_session_and_says_how(server: Server) -> None:
    with Ws(server) as client:
        for opened, upgrades in ((Poll(server).opened, ["websocket"]), (client.opened, [])):
            assert opened.keys() == {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}
            assert opened["upgrades"] == upgrades
            assert (opened["pingInterval"], opened["pingTimeout"], opened["maxPayload"]) == (10_000, 8_000, 65_536)


def ask(server: Server, query: str, method: str = "GET") -> int:
    """The status of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, f"/socket.io/?{query}", b"40" if method == "POST" else None)
    status = connection.getresponse().status
    connection.close()
    return status


def test_engine_io_refuses_a_method_that_opens_nothing(server: Server) -> None:
    assert ask(server, "EIO=4&transport=polling", "POST") == 400
    assert ask(server, "EIO=4&transport=polling", "PUT") == 405, "python-engineio's answer, where the suite has 400"


@pytest.mark.parametrize("version", ["", "EIO=&", "EIO=abc&", "EIO=3&"])
def test_engine_io_refuses_another_version(server: Server, version: str) -> None:
    assert ask(server, version + "transport=polling") == 400
    with Ws(server, version + "transport=websocket") as client:
        assert client.status == 400


@pytest.mark.parametrize(
    "transport", ["", "&transport=", "&transport=abc", "&transport=flash", "&transport=polling&transport=websocket"]
)
def test_engine_io_refuses_a_missing_or_unknown_transport(server: Server, transport: str) -> None:
    assert ask(server, "EIO=4" + transport) == 400
    assert ask(server, f"EIO=4&sid={Poll(server).sid}{transport}") == 400
    with Ws(server, "EIO=4" + transport) as client:
        assert client.status == 400


QUIET = b'40{"greeting":false}'


def quiet_poll(server: Server) -> Poll:
    """A client that polls, has joined `/` and has read all that it was sent."""
    client = Poll(server)
    client.post(QUIET)
    client.until(b"40{")
    return client


@pytest.mark.parametrize(
    ("body", "answers"),
    [
        (b'421["e"]', [b"431["]),
        (b'421["e"]\x1e422["e"]\x1e423["e"]', [b"431[", b"432[", b"433["]),
        # Binary is refused by contract: the attachment is dropped, what stands beside it is answered.
        (b'421["e"]\x1ebAQIDBA==', [b"431["]),
    ],
    ids=["one", "several", "with binary"],
)
def test_engine_io_takes_a_body_of_packets_and_answers_them_in_order(server: Server, body: bytes, answers: list[bytes]) -> None:
    client = quiet_poll(server)
    assert client.post(body) == (200, b"OK"), "python-engineio's answer, where the suite has ok"
    found = client.get()[1].split(b"\x1e")
    assert [packet[:4] for packet in found] == answers


def test_engine_io_ends_a_session_when_the_client_says_so(server: Server) -> None:
    client = quiet_poll(server)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.get)
        time.sleep(PAUSE_SECONDS)
        client.post(b"1")
        assert waiting.result() == (200, b""), "python-engineio's answer, where the suite has 6"
    assert client.get()[0] == 400
    with Ws(server) as socket_client:
        socket_client.send("1")
        socket_client.ended()


def upgraded(server: Server, client: Poll) -> Ws:
    """The WebSocket that a session goes on with; its last poll has been answered."""
    made = Ws(server, f"EIO=4&transport=websocket&sid={client.sid}")
    made.send("2probe")
    assert made.frame() == (TEXT, b"3probe")
    with ThreadPoolExecutor(1) as pool:
        last = pool.submit(client.get)
        time.sleep(PAUSE_SECONDS)
        made.send("5")
        assert last.result() == (200, b"6")
    return made


def test_engine_io_upgrades_a_session_once(server: Server) -> None:
    client = quiet_poll(server)
    with upgraded(server, client) as made:
        assert client.get()[0] == 400, "it polls no more"
        with Ws(server, f"EIO=4&transport=websocket&sid={client.sid}") as second:
            assert second.status == 400
        made.send('421["e"]')
        # python-engineio also sends the noop here with which it would have ended a poll.
        found = [made.frame()[1], made.frame()[1]]
        assert (found[0], found[1][:4]) == (b"6", b"431[")


SOCKET_IO: dict[str, tuple[list[str | bytes], list[bytes]]] = {
    "the main namespace": (["40"], [b'40{"sid":"', b'42["aircraft:snapshot"']),
    "the main namespace with a payload": (['40{"token":"123"}'], [b'40{"sid":"', b'42["aircraft:snapshot"', b'42["error"']),
    "another namespace": (["40/acars,"], [b'40/acars,{"sid":"']),
    "another namespace with a payload": (['40/acars,{"greeting":false}'], [b'40/acars,{"sid":"']),
    # The suite has no data; ours says in one word why.
    "an unknown namespace": (["40/random"], [b'44/random,{"message":"Invalid namespace","data":{"code":"unknown_namespace"}}']),
    # The suite has nothing about it. The session that is there stays.
    "a namespace twice": (
        ["40/acars,", "40/acars,", '42/acars,7["e"]'],
        [
            b'40/acars,{"sid":"',
            b'44/acars,{"message":"Already connected to this namespace","data":{"code":"already_connected"}}',
            b"43/acars,7[",
        ],
    ),
    "leaving the main namespace": (["40/acars,", "40", "41", '42/acars,7["e"]'], [b"40/acars,", b"40{", b"43/acars,7["]),
    "leaving another namespace": (["40", "40/acars,", "41/acars,", '427["e"]'], [b"40{", b"40/acars,", b"437["]),
    "an event": (["40", '42456["e",1,"2",{"3":[false]}]'], [b"40{", b"43456["]),
    # Binary is refused by contract.
    "binary": (
        ["40", '452-["e",{"_placeholder":true,"num":0}]', b"\1\2", b"\3"],
        [b"40{", b'42["error",{"code":"binary_refused"'],
    ),
    "binary with an acknowledgement": (
        ["40", '451-789["e",{"_placeholder":true,"num":0}]', b"\1\2"],
        [b"40{", b'42["error",{"code":"binary_refused"', b"43789["],
    ),
    # The suite has these end the connection. Here a client hears what is wrong and may go on; a flood is what ends it.
    "an unknown packet type": (["40", "4abc"], [b"40{", b'42["error",{"code":"bad_packet"']),
    "a payload that is no list": (["40", "42{}"], [b"40{", b'42["error",{"code":"bad_packet"']),
    "a number that is none": (["40", '42abc["e",1]'], [b"40{", b'42["error",{"code":"bad_packet"']),
    "an invalid packet instead of CONNECT": (["4abc", "40"], [b"40{"]),
}
"""What a client sends, by what it is about: text or binary messages. And how the packets begin that it gets, in their order."""


@pytest.mark.parametrize("about", SOCKET_IO)
def test_a_socket_io_client_is_answered_as_the_suite_asks(server: Server, about: str) -> None:
    sent, expected = SOCKET_IO[about]
    with Ws(server) as client:
        for message in sent:
            client.socket.sendall(mask(message, 0x80 | BINARY) if isinstance(message, bytes) else mask(message.encode()))
        for begins in expected:
            payload = client.frame()[1]
            while payload.startswith(b'42["aircraft:snapshot"') and begins[:10] != payload[:10]:
                payload = client.frame()[1]
            assert payload.startswith(begins)


# -- what takes its time -------------------------------------------------------------------------


def hears_pings(client: Ws) -> bool:
    """Two rounds, where the suite has three: one takes ten seconds."""
    for _ in range(2):
        assert client.frame(15.0) == (TEXT, b"2")
        client.send("3")
    return True


def polls_pings(client: Poll) -> bool:
    for _ in range(2):
        assert client.get() == (200, b"2")
        assert client.post(b"3")[0] == 200
    return True


def is_ended(client: Ws) -> bool:
    """Whether a client that answers no ping is sent away."""
    try:
        while client.frame(25.0):
            pass
    except Gone:
        return True


def polls_end(client: Poll) -> bool:
    while (found := client.get())[0] == 200 and found[1] != b"1":
        pass
    return True


SLOW = {
    "a WebSocket client hears pings": hears_pings,
    "a client that polls hears pings": polls_pings,
    "a WebSocket client that answers no ping is sent away": is_ended,
    "a client that polls and answers no ping is sent away": polls_end,
    "a client that never joins is sent away": is_ended,
}


@pytest.fixture(scope="module", autouse=True)
def slow(server: Server) -> Iterator[dict[str, Future[bool]]]:
    """The assertions that wait for the heartbeat, all begun before the first test."""
    begun: dict[str, Future[bool]] = {}
    clients: list[Ws] = []
    with ThreadPoolExecutor(len(SLOW)) as pool:
        for claim, judge in SLOW.items():
            if "polls" in claim:
                begun[claim] = pool.submit(judge, quiet_poll(server))
                continue
            clients.append(client := Ws(server))
            if "never joins" not in claim:
                client.join(auth={"greeting": False})
            begun[claim] = pool.submit(judge, client)
        yield begun
    for client in clients:
        client.close()


@pytest.mark.parametrize("claim", SLOW)
def test_the_heartbeat_and_its_timeouts(slow: dict[str, Future[bool]], claim: str) -> None:
    assert slow[claim].result(timeout=40)

"""S6 and S7: a socket lives no longer than its token, unless it renews it in place; a refresh token works once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import socketio

from tests.security.asking import Answer, ask
from tests.wire.raw import Ws
from tests.wire.serving import PASSWORD, Operator, Server, eventually

LIVES = 5
ME, REFRESH = "/api/auth/me/", "/api/auth/token/refresh/"


@pytest.fixture
def short(operator: Operator) -> Iterator[None]:
    """Access tokens live for five seconds."""
    operator.choose(JWT_ACCESS_SECONDS=LIVES)
    yield
    operator.choose(JWT_ACCESS_SECONDS=3600)


def login(server: Server, operator: Operator, name: str) -> Any:
    operator.user(name)
    return ask(server, "/api/auth/token/", send={"username": name, "password": PASSWORD}).json()


def refreshed(server: Server, token: str) -> Answer:
    return ask(server, REFRESH, send={"refresh": token})


def code(answer: Answer) -> str:
    return "" if answer.status == 200 else answer.json()["error"]["code"]


class Client:
    """A real client and the events it received."""

    def __init__(self, server: Server, token: str, namespace: str) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.namespace = namespace
        self.io = socketio.Client(reconnection=False)
        for event in ("error", "disconnect", "authenticated"):
            self.io.on(event, self._note(event), namespace=namespace)
        self.io.connect(server.url, auth={"token": token}, namespaces=[namespace])

    def _note(self, event: str) -> Any:
        return lambda said: self.heard.append((event, said["code"] if event == "error" else said))


def test_s06_a_socket_is_told_and_closed_with_its_token_unless_it_was_renewed(
    server: Server, operator: Operator, short: None
) -> None:
    began = time.time()
    pair = login(server, operator, "sue")
    assert pair["expires_in"] == LIVES
    ending = [Client(server, pair["access"], namespace) for namespace in ("/", "/audio", "/acars", "/cannonball")]
    staying = Client(server, pair["access"], "/")
    time.sleep(2.0)
    second = refreshed(server, pair["refresh"]).json()
    staying.io.emit("authenticate", {"token": second["access"]})
    assert eventually(lambda: [event for event, _ in staying.heard] == ["authenticated"])
    assert not any(client.heard for client in ending), "nobody is told before the time"
    assert eventually(lambda: all(not client.io.connected for client in ending), LIVES)
    assert began + LIVES - 1 <= time.time(), "a token's times are whole seconds"
    for client in ending:
        assert client.heard == [("error", "token_expired"), ("disconnect", "server disconnect")], client.namespace
    assert staying.io.connected
    assert code(ask(server, ME, token=pair["access"])) == "token_expired"
    # The renewed one ends with the second token, not with the first and not later.
    assert eventually(lambda: not staying.io.connected, LIVES + 2)
    assert staying.heard[1:] == [("error", "token_expired"), ("disconnect", "server disconnect")]


def test_s06_a_socket_is_not_renewed_by_a_bad_token(server: Server, operator: Operator, short: None) -> None:
    pair = login(server, operator, "tim")
    with Ws(server) as client:
        assert client.join("/", {"token": pair["access"]})[0] == "connect"
        for token in (pair["refresh"], pair["access"][:-4], None, ""):
            client.tell("authenticate", {"token": token})
            assert client.until("error")["code"] in ("token_invalid", "token_missing", "bad_payload")
        assert client.until("error", LIVES + 2)["code"] == "token_expired"


def test_s07_a_refresh_token_used_twice_ends_the_whole_sign_in(server: Server, operator: Operator) -> None:
    first = login(server, operator, "uma")
    other = login(server, operator, "uma")
    second = refreshed(server, first["refresh"]).json()
    with Ws(server) as client:
        assert client.join("/", {"token": second["access"]})[0] == "connect"
        assert code(refreshed(server, first["refresh"])) == "token_revoked"
        assert client.until("error", 2.0)["code"] == "token_revoked"
    assert code(refreshed(server, second["refresh"])) == "token_revoked"
    assert [code(ask(server, ME, token=token)) for token in (first["access"], second["access"])] == ["token_revoked"] * 2
    assert code(ask(server, ME, token=other["access"])) == "", "another sign-in of the same user is another family"
    assert code(refreshed(server, other["refresh"])) == ""


def test_s07_of_parallel_refreshes_one_succeeds_and_the_others_end_the_sign_in(server: Server, operator: Operator) -> None:
    pair = login(server, operator, "vic")
    began, answers = threading.Barrier(4), []

    def take() -> None:
        began.wait()
        answers.append(refreshed(server, pair["refresh"]))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(code(answer) for answer in answers) == ["", "token_revoked", "token_revoked", "token_revoked"]
    good = next(answer for answer in answers if answer.status == 200).json()
    assert code(refreshed(server, good["refresh"])) == "token_revoked"
    assert code(ask(server, ME, token=good["access"])) == "token_revoked"


def test_s07_no_refresh_token_is_kept_as_it_is(server: Server, operator: Operator) -> None:
    pair = login(server, operator, "wes")
    second = refreshed(server, pair["refresh"]).json()
    assert pair["refresh"] != second["refresh"]
    for path in server.folder.rglob("*"):
        if path.is_file():
            kept = path.read_bytes()
            assert pair["refresh"].encode() not in kept
            assert second["refresh"].encode() not in kept

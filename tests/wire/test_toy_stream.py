"""A new topic is one small file: a toy stream with everything a stream can have works over a real connection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import socketio

from tests.wire.serving import Operator, Server, eventually

TOY = Path(__file__).parent / "toy_stream.py"
MAX_LINES = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("toy"), app="tests.wire.toy_stream:app")
    yield made
    made.stop()
    assert "Traceback" not in made.log()


@pytest.fixture(scope="module")
def operator(server: Server) -> Iterator[Operator]:
    made = Operator(server.folder)
    yield made
    made.close()


class Client:
    """A real client; `told` are the payloads it received, by event."""

    def __init__(self, server: Server, token: str | None = None) -> None:
        self.told: defaultdict[str, list[Any]] = defaultdict(list)
        self._io = socketio.Client(reconnection=False)
        self._io.on("*", lambda event, payload=None: self.told[event].append(payload))
        self._io.connect(server.url, auth=None if token is None else {"token": token}, transports=["websocket"], wait_timeout=30)

    def ask(self, event: str, payload: object) -> Any:
        return self._io.call(event, payload, timeout=30)

    def state(self) -> Any:
        """The toy stream's state of this session, and how many sessions listen."""
        return self.ask("request", {"type": "toy-state"})["data"]

    def close(self) -> None:
        self._io.disconnect()


@pytest.fixture
def ann(server: Server, operator: Operator) -> Iterator[Client]:
    client = Client(server, operator.key("ann"))
    yield client
    client.close()


@pytest.fixture
def bob(server: Server, operator: Operator) -> Iterator[Client]:
    client = Client(server, operator.key("bob"))
    yield client
    client.close()


def test_a_topic_with_everything_a_stream_can_have_takes_less_than_sixty_lines() -> None:
    lines = TOY.read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) < MAX_LINES


def test_a_toy_stream_works_through_a_real_socket(server: Server, operator: Operator, ann: Client, bob: Client) -> None:
    owners = [operator.user(name) for name in ("ann", "bob")]
    for client, owner in zip((ann, bob), owners, strict=True):
        answer = client.ask("subscribe", {"topics": ["toy"]})
        assert answer == {"topics": ["toy"], "joined": ["toy"], "denied": []}
        assert eventually(lambda client=client: client.told["toy:snapshot"]), "its snapshot"
        assert client.told["toy:snapshot"][0]["yours"]["owner"] == owner
    # Two rooms for one session: everyone's, and its user's.
    assert eventually(lambda: all(client.told["toy:tick"] and client.told["toy:own"] for client in (ann, bob)))
    for client, owner in zip((ann, bob), owners, strict=True):
        assert {payload["owner"] for payload in client.told["toy:own"]} == {owner}, "a room per owner"
    assert eventually(lambda: ann.told["toy:heard"] == ["stats:update"] or len(ann.told["toy:heard"]) > 1)
    assert set(ann.told["toy:heard"]) == {"stats:update"}, "a reaction to another stream's event"
    stranger = Client(server)
    assert stranger.ask("subscribe", {"topics": ["toy"]})["joined"] == ["toy"]
    assert eventually(lambda: len(stranger.told["toy:tick"]) > 1)
    assert stranger.told["toy:own"] == [], "an anonymous session is in no owner's room"
    stranger.close()
    # Its own request, and its state, which is gone when it leaves.
    assert eventually(lambda: ann.state()[1] == 2), "two listen, the third is gone"
    assert ann.state()[0]["toy"]["owner"] == owners[0]
    ann.ask("unsubscribe", {"topics": ["toy"]})
    assert ann.state() == [{}, 1]
    bob.close()
    assert eventually(lambda: ann.state() == [{}, 0]), "nothing is left of who disconnected"
    told = len(ann.told["toy:tick"])
    assert eventually(lambda: ann.ask("ping", {}) and len(ann.told["pong"]) >= 3)
    assert len(ann.told["toy:tick"]) == told

"""S4: revoking a key at one process ends its sockets at every process, those of clients that do not read too."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import socketio

from tests.security.asking import ask
from tests.wire.raw import Ws, mask
from tests.wire.serving import Operator, Server, eventually
from tests.wire.test_eviction import WITHIN, Watched

REVOKED = ("token_revoked", "Invalid token: revoked")


@pytest.fixture(autouse=True)
def as_found(boss: Operator) -> Iterator[None]:
    """Clients may flood, so that the test can show that they do not read."""
    boss.choose(SOCKET_EVENTS_PER_SECOND=1000, SOCKET_EVENTS_BURST=10_000)
    yield
    boss.choose(SOCKET_EVENTS_PER_SECOND=20, SOCKET_EVENTS_BURST=60)


def revoke(server: Server, boss: Operator, key_id: int) -> float:
    """An administrator revokes a key at that server; returns when the answer came."""
    answer = ask(server, f"/api/admin/keys/{key_id}/", method="DELETE", token=boss.key("root"))
    assert answer.status in (200, 204), answer.text
    return time.time()


def test_s04_revoking_at_one_process_ends_the_keys_sockets_at_both(pair: tuple[Server, Server], boss: Operator) -> None:
    key, other = boss.made_key("kim"), boss.key("kim")
    watched, stay = [], []
    for server in pair:
        for namespace in ("/", "/audio", "/acars", "/cannonball"):
            for token, into in ((key.text, watched), (other, stay)):
                client = Ws(server)
                assert client.join(namespace, {"token": token})[0] == "connect"
                into.append(Watched(client))
    began = revoke(pair[0], boss, key.key.id)
    assert all(client.wait() for client in watched)
    assert {tuple(client.reasons) for client in watched} == {(REVOKED,)}
    assert max(client.ended_at for client in watched) - began < WITHIN
    assert not any(client.after for client in watched), "nothing comes after the disconnect"
    assert not any(client.ended_at or client.reasons for client in stay), "the owner's other key works on"
    for server in pair:
        assert ask(server, "/api/auth/me/", token=key.text).json()["error"]["code"] == "token_revoked"
        with Ws(server) as again:
            assert again.join("/audio", {"token": key.text})[0] == "refused"
    for client in stay:
        client.client.close()


def test_s04_who_does_not_read_or_said_goodbye_first_loses_his_connection_too(
    pair: tuple[Server, Server], boss: Operator
) -> None:
    key = boss.made_key("kim")
    open_before = [server.open_sockets() for server in pair]
    clients = []
    for server in pair:
        deaf = Ws(server, receive_buffer=4096)
        assert deaf.join("/", {"token": key.text})[0] == "connect"
        deaf.socket.sendall(mask(b'42["request",{"type":"aircraft-snapshot"}]') * 60)
        # An event of that name is refused, a real goodbye is one namespace's alone: neither keeps a connection.
        rude = Ws(server)
        assert rude.join("/", {"token": key.text})[0] == "connect"
        rude.send('42["disconnect"]')
        half = Ws(server)
        assert half.join("/acars", {"token": key.text})[0] == "connect"
        assert half.join("/", {"token": key.text})[0] == "connect"
        half.send("41/acars,")
        clients += [deaf, rude, half]
    time.sleep(0.5)
    held = [server.open_sockets() for server in pair]
    assert all(now >= before + 3 for before, now in zip(open_before, held, strict=True))
    began = revoke(pair[1], boss, key.key.id)
    for server, before in zip(pair, open_before, strict=True):
        assert eventually(lambda server=server, before=before: server.open_sockets() <= before, WITHIN - (time.time() - began))
    for client in clients:
        client.close()


def test_s04_a_real_client_hears_the_reason_and_does_not_come_back(pair: tuple[Server, Server], boss: Operator) -> None:
    key = boss.made_key("kim")
    heard: list[tuple[int, str, object]] = []
    clients = []
    for number, server in enumerate(pair):
        client = socketio.Client()
        for namespace in ("/", "/audio"):
            client.on("error", lambda said, n=number: heard.append((n, "error", said["code"])), namespace=namespace)
            client.on("disconnect", lambda why, n=number: heard.append((n, "disconnect", why)), namespace=namespace)
        client.connect(server.url, auth={"token": key.text}, namespaces=["/", "/audio"])
        clients.append(client)
    revoke(pair[0], boss, key.key.id)
    assert eventually(lambda: not any(client.connected for client in clients), WITHIN)
    for number in range(2):
        mine = [(what, why) for n, what, why in heard if n == number]
        assert [why for what, why in mine if what == "error"] == ["token_revoked"] * 2
        assert {why for what, why in mine if what == "disconnect"} == {"server disconnect"}
    time.sleep(1.5)
    assert not any(client.connected for client in clients)
    for client in clients:
        client.shutdown()

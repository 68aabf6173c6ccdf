"""An operator's action through one process applies to the clients of another, over real connections."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.wire.raw import Ws
from tests.wire.serving import Operator, Server, eventually
from tests.wire.test_eviction import Watched

WITHIN = 2.0


def ask(server: Server, token: str, path: str, body: object = None, method: str = "") -> tuple[int, Any]:
    """Ask a server's operators' API; the status and the answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(
        f"{server.url}/api/admin/{path}", data, headers, method=method or ("POST" if data else "GET")
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def joined(server: Server, namespace: str = "/", token: str = "") -> Ws:
    client = Ws(server)
    assert client.join(namespace, {"token": token} if token else None)[0] == "connect"
    return client


def left_in_time(clients: list[Watched], began: float) -> None:
    assert all(client.wait() for client in clients)
    assert max(client.ended_at for client in clients) - began < WITHIN + 1.0, "told within two seconds, closed one later"
    assert max(client.told_at for client in clients) - began < WITHIN


def test_the_first_preview_counts_the_clients_of_both_processes(pair: tuple[Server, Server], boss: Operator) -> None:
    clients = [joined(server) for server in pair for _ in range(5)] + [joined(pair[1], "/acars")]
    # A session is known to the other processes within two seconds, whether anybody asks or not.
    time.sleep(WITHIN + 0.5)
    status, told = ask(pair[0], boss.key(), "settings/preview/", {"changes": {"AUTH_MODE": "private"}})
    assert (status, told["disconnected"], told["namespaces"]) == (200, {"anonymous": 11}, {"/": 10, "/acars": 1})
    for client in clients:
        client.close()


def test_a_client_of_the_other_process_is_seen_with_its_traffic_and_sent_away(
    pair: tuple[Server, Server], boss: Operator
) -> None:
    token = boss.key()
    watched = [Watched(joined(server, "/", boss.key("bob"))) for server in pair]

    def bobs() -> list[Any]:
        return list(ask(pair[0], token, "live/?search=bob")[1]["connections"])

    assert eventually(lambda: len(bobs()) == 2)
    assert eventually(lambda: all(row["messages"] > 0 and row["bytes"] > 0 for row in bobs()), 6.0)
    began = time.time()
    assert ask(pair[0], token, "live/disconnect/", {"what": "user", "id": str(boss.user("bob"))}) == (200, {"sockets": 2})
    left_in_time(watched, began)
    assert [client.reasons for client in watched] == [[("disconnected", "Disconnected by an operator")]] * 2


@pytest.mark.parametrize("end", ["disable", "delete"])
def test_s24_who_is_disabled_or_deleted_loses_his_sockets_on_both(pair: tuple[Server, Server], boss: Operator, end: str) -> None:
    name = f"cora-{end}"
    key = boss.key(name)
    watched = [Watched(joined(server, namespace, key)) for server in pair for namespace in ("/", "/audio")]
    began, path = time.time(), f"users/{boss.user(name)}/"
    status, _ = (
        ask(pair[0], boss.key(), path, {"disabled": True})
        if end == "disable"
        else ask(pair[0], boss.key(), path, method="DELETE")
    )
    assert status in (200, 204)
    left_in_time(watched, began)
    assert {tuple(client.reasons) for client in watched} == {(("token_revoked", "Invalid token: revoked"),)}
    assert name in json.dumps(ask(pair[1], boss.key(), "audit/?action=user.")[1]), "the log keeps the name"


def test_a_receiver_added_on_one_process_runs_on_both(pair: tuple[Server, Server], boss: Operator) -> None:
    token = boss.key()
    status, made = ask(pair[0], token, "feeds/", {"url": "demo://?seed=31"})
    assert status == 201

    def states() -> list[str]:
        answers = [ask(server, token, "feeds/")[1]["feeds"] for server in pair]
        return [row["state"] for rows in answers for row in rows if row["id"] == made["id"]]

    assert eventually(lambda: states() == ["demo", "demo"])
    assert ask(pair[1], token, f"feeds/{made['id']}/", {"paused": True})[0] == 200
    assert eventually(lambda: states() == ["paused", "paused"])
    assert ask(pair[1], token, f"feeds/{made['id']}/", method="DELETE")[0] == 204
    assert eventually(lambda: [ask(server, token, "feeds/")[1]["count"] for server in pair] == [1, 1])


def test_the_link_that_make_run_prints_is_for_an_empty_database_only(pair: tuple[Server, Server], boss: Operator) -> None:
    assert pair[0].cli("admin-link", "--if-empty") == ""

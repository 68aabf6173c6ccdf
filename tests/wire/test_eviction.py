"""An operator's change applies to every live session of every process within two seconds."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import pytest

from skyspy.store import keys, roles, users
from tests.support.databases import change
from tests.wire.raw import Gone, Poll, Ws, mask
from tests.wire.serving import OPERATOR, Operator, Server, eventually

WITHIN = 2.0
EACH = 150


@pytest.fixture(autouse=True)
def as_found(boss: Operator) -> Iterator[None]:
    yield
    boss.choose(AUTH_MODE="hybrid")


class Watched:
    """A client that is read by a thread until its connection ends. Times are wall seconds."""

    def __init__(self, client: Ws) -> None:
        self.client = client
        self.reasons: list[tuple[str, str]] = []
        self.told_at = self.ended_at = 0.0
        self.after: list[str] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(Gone, TimeoutError, OSError, ValueError):
            while True:
                kind, data = self.client.packet(30)
                if self.told_at:
                    self.after.append(kind)
                if kind == "error":
                    self.reasons.append((data["code"], data["message"]))
                elif kind == "disconnect":
                    self.told_at = time.time()
        self.ended_at = time.time()

    def wait(self, seconds: float = 10.0) -> bool:
        self._thread.join(seconds)
        return bool(self.ended_at)


def anonymous(servers: tuple[Server, Server], each: int = EACH) -> list[Ws]:
    clients = []
    for server in servers:
        for _ in range(each):
            client = Ws(server)
            # Few of them receive aircraft: the time this test needs to read them would be counted too.
            client.join(("/", "/acars", "/cannonball", "/acars", "/cannonball", "/acars")[len(clients) % 6])
            clients.append(client)
    return clients


def changed_at(boss: Operator, name: str) -> float:
    """The wall time at which the database committed a setting."""
    at = next(setting.changed_at for setting in boss.settings.rows() if setting.row.name == name)
    assert at is not None
    return at


def test_s24_closing_the_mode_from_the_command_line_disconnects_three_hundred_anonymous_sockets_of_two_processes(
    pair: tuple[Server, Server], boss: Operator
) -> None:
    known = [Watched(client) for client in identified(pair, boss.key())]
    crowd = [Watched(client) for client in anonymous(pair)]
    assert len(crowd) == 2 * EACH
    pair[0].cli("settings", "set", "AUTH_MODE", "private")
    began = changed_at(boss, "AUTH_MODE")
    assert all(watched.wait() for watched in crowd)
    told, ended = max(w.told_at for w in crowd) - began, max(w.ended_at for w in crowd) - began
    print(f"told after {told:.2f} s, connections ended after {ended:.2f} s")
    assert {tuple(w.reasons) for w in crowd} == {(("token_missing", "Authentication required: no token"),)}
    assert 0 < told < WITHIN
    assert ended < WITHIN
    assert not any(w.after for w in crowd), "nothing comes after the disconnect"
    assert not any(w.ended_at for w in known)
    for w in known:
        w.client.close()


def identified(pair: tuple[Server, Server], token: str) -> list[Ws]:
    """One client in each namespace of each process."""
    clients = []
    for server in pair:
        for namespace in ("/", "/audio", "/acars", "/cannonball"):
            client = Ws(server)
            assert client.join(namespace, {"token": token})[0] == "connect"
            clients.append(client)
    return clients


def test_s24_nobody_slips_in_while_the_mode_is_closed(pair: tuple[Server, Server], boss: Operator) -> None:
    admitted: list[Watched] = []
    stop = threading.Event()

    def knock(server: Server) -> None:
        while not stop.is_set():
            client = Ws(server)
            if client.join("/acars")[0] == "connect":
                admitted.append(Watched(client))
            else:
                client.close()

    threads = [threading.Thread(target=knock, args=(server,), daemon=True) for server in pair for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    boss.settings.change({"AUTH_MODE": "private"}, OPERATOR)
    began = changed_at(boss, "AUTH_MODE")
    time.sleep(1.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert len(admitted) > 10
    assert all(watched.wait() for watched in admitted)
    assert max(w.ended_at for w in admitted) - began < WITHIN


@pytest.mark.parametrize("how", ["key revoked", "user disabled", "signed out", "role lowered"])
def test_s24_a_right_that_ends_ends_its_sockets_on_every_process(pair: tuple[Server, Server], boss: Operator, how: str) -> None:
    name = how.replace(" ", "-")
    key, jwt = boss.made_key(name), boss.jwt(name)
    by_key = [Watched(client) for client in identified(pair, key.text)]
    by_jwt = [Watched(client) for client in identified(pair, jwt)]
    others = [Watched(client) for client in identified(pair, boss.key("root"))]
    if how == "key revoked":
        change(boss, keys.revoke, key.key.id, OPERATOR)
        gone, code = by_key, "token_revoked"
    elif how == "user disabled":
        pair[0].cli("user", "disable", name)
        gone, code = by_key + by_jwt, "token_revoked"
    elif how == "signed out":
        boss.tokens.revoke(jwt)
        gone, code = by_jwt, "token_revoked"
    else:
        change(boss, users.set_role, boss.user(name), "viewer", OPERATOR)
        gone, code = [w for w in by_key + by_jwt if w.client.namespace == "/audio"], "permission_denied"
    began = time.time()
    assert all(watched.wait() for watched in gone)
    assert max(w.ended_at for w in gone) - began < WITHIN
    assert {reason for w in gone for reason, _ in w.reasons} == {code}
    time.sleep(0.3)
    stay = [w for w in by_key + by_jwt + others if w not in gone]
    assert not any(w.ended_at or w.reasons for w in stay)
    for w in stay:
        w.client.close()


def test_s06_a_jwt_ends_its_socket_when_it_expires(pair: tuple[Server, Server], boss: Operator) -> None:
    token = boss.jwt(ago=3597)
    watched = [Watched(client) for client in identified(pair, token)]
    assert all(w.wait(8) for w in watched)
    assert {tuple(w.reasons) for w in watched} == {(("token_expired", "Invalid token: expired"),)}


def test_s24_a_client_that_does_not_read_loses_its_connection_too(pair: tuple[Server, Server], boss: Operator) -> None:
    server = pair[0]
    boss.choose(SOCKET_EVENTS_PER_SECOND=1000, SOCKET_EVENTS_BURST=10_000)
    files = server.open_sockets()
    stuck = [Ws(server, receive_buffer=4096) for _ in range(5)]
    for client in stuck:
        client.join()
        client.socket.sendall(mask(b'42["request",{"type":"aircraft-snapshot"}]') * 60)
    left = Ws(server)
    left.join()
    left.send('42["disconnect"]')
    time.sleep(1.0)
    assert server.open_sockets() >= files + 6, "they are not slow enough to be closed for that"
    boss.settings.change({"AUTH_MODE": "private"}, OPERATOR)
    assert eventually(lambda: server.open_sockets() <= files, WITHIN)
    for client in (*stuck, left):
        client.close()
    boss.choose(SOCKET_EVENTS_PER_SECOND=20, SOCKET_EVENTS_BURST=60)


def test_s24_a_polling_client_is_evicted_like_any_other(pair: tuple[Server, Server], boss: Operator) -> None:
    client = Poll(pair[1])
    client.post(b"40")
    while b"aircraft:snapshot" not in client.get()[1]:
        pass
    boss.settings.change({"AUTH_MODE": "private"}, OPERATOR)
    began, body = time.time(), b""
    while b"\x1e41" not in body and body != b"41" and time.time() - began < 3:
        body += client.get()[1]
    assert b"token_missing" in body
    assert time.time() - began < WITHIN
    assert eventually(lambda: client.post(b'42["ping"]')[0] == 400, WITHIN)


def test_s24_a_topic_that_is_closed_is_taken_and_the_socket_stays(pair: tuple[Server, Server], boss: Operator) -> None:
    clients = [Ws(server) for server in pair]
    for client in clients:
        client.join()
        client.tell("subscribe", {"topics": ["aircraft", "stats"]})
        client.until("subscribed")
    boss.settings.change({"FEATURE_ACCESS": {"aircraft": "authenticated"}}, OPERATOR)
    for client in clients:
        lost = client.until("unsubscribed", WITHIN)
        assert lost == {"topics": ["aircraft"], "remaining": ["stats"], "reason": "Permission denied"}
        client.inbox.clear()
        client.until("stats:update")
        client.until("stats:update")
        assert [kind for kind, _ in client.inbox if kind.startswith("aircraft")] == []
        client.close()
    boss.choose(FEATURE_ACCESS={"aircraft": "public"})


def test_s24_who_is_lowered_loses_the_topic_the_next_event_and_the_next_push(pair: tuple[Server, Server], boss: Operator) -> None:
    change(boss, roles.create, "watcher", frozenset({"aircraft.view", "stats.view"}), "", OPERATOR)
    change(boss, roles.create, "counter", frozenset({"stats.view"}), "", OPERATOR)
    boss.choose(FEATURE_ACCESS={"aircraft": "permission", "stats": "permission"})
    user, token = boss.user("lowered", "watcher"), boss.jwt("lowered")
    clients = [Ws(server) for server in pair]
    for client in clients:
        assert client.join("/", {"token": token})[0] == "connect"
        client.tell("subscribe", {"topics": ["aircraft", "stats"]})
        assert client.until("subscribed")["topics"] == ["aircraft", "stats"]
        client.until("aircraft:update")
    change(boss, users.set_role, user, "counter", OPERATOR)
    for client in clients:
        assert client.until("unsubscribed", WITHIN)["topics"] == ["aircraft"]
        client.inbox.clear()
        client.tell("request", {"type": "aircraft-list", "request_id": "a"})
        assert client.until("error")["code"] == "permission_denied"
        client.tell("subscribe", {"topics": ["aircraft"]})
        assert client.until("subscribed")["denied"] == ["aircraft"]
        client.until("stats:update")
        client.until("stats:update")
        assert [kind for kind, _ in client.inbox if kind.startswith("aircraft")] == []
        client.close()
    boss.choose(FEATURE_ACCESS={"aircraft": "public", "stats": "public"})

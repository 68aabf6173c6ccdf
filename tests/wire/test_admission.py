"""The contract's table "token at connect", over a real connection, in all four namespaces."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.wire.raw import Gone, Ws
from tests.wire.serving import Operator, Server, eventually, mistyped, resigned, unsigned

NAMESPACES = ("/", "/audio", "/cannonball", "/acars")
GREETINGS = {"/": "aircraft:snapshot", "/audio": "audio:snapshot", "/cannonball": "session_started"}
GOOD = ("jwt", "live", "test")
REFUSALS = {
    "none": ("token_missing", "Authentication required: no token"),
    "expired jwt": ("token_expired", "Invalid token: expired"),
    "alg none": ("token_invalid", "Invalid token"),
    "other key": ("token_invalid", "Invalid token"),
    "revoked": ("token_revoked", "Invalid token: revoked"),
    "expired": ("token_expired", "Invalid token: expired"),
    "mistyped": ("token_invalid", "Invalid token"),
}


@pytest.fixture(scope="module")
def tokens(operator: Operator) -> dict[str, str | None]:
    """One token of every kind, by name."""
    end = time.time() + 2.0
    good, live, expired = operator.jwt(), operator.key(), operator.key(expires_at=end)
    made = {
        "none": None,
        "jwt": good,
        "expired jwt": operator.jwt(ago=7200),
        "alg none": unsigned(good),
        "other key": resigned(good),
        "live": live,
        "revoked": operator.revoked_key(),
        "expired": expired,
        "mistyped": mistyped(live),
        "test": operator.key(kind="test"),
    }
    time.sleep(max(0.0, end + 0.1 - time.time()))
    return made


@pytest.fixture(autouse=True)
def as_found(operator: Operator) -> Iterator[None]:
    yield
    operator.choose(AUTH_MODE="hybrid", WS_REJECT_INVALID_TOKENS=False, FEATURE_ACCESS={"audio": "permission"})


@pytest.mark.parametrize("reject", [False, True])
@pytest.mark.parametrize("mode", ["public", "hybrid", "private"])
def test_s05_the_table_of_tokens_at_connect(
    server: Server, operator: Operator, tokens: dict[str, str | None], mode: str, reject: bool
) -> None:
    operator.choose(AUTH_MODE=mode, WS_REJECT_INVALID_TOKENS=reject, FEATURE_ACCESS={"audio": "public"})
    for namespace in NAMESPACES:
        for name, token in tokens.items():
            case = (namespace, name)
            with Ws(server) as client:
                kind, answer = client.join(namespace, None if token is None else {"token": token})
                if name in GOOD or (mode != "private" and (name == "none" or not reject)):
                    assert kind == "connect", (case, answer)
                    assert client.inbox == [], case
                    if namespace in GREETINGS:
                        assert client.until(GREETINGS[namespace]), case
                    # Only an identity may subscribe to alerts: so much for who it was let in as.
                    if namespace == "/":
                        client.tell("subscribe", {"topics": ["alerts"]})
                        assert (client.until("subscribed")["joined"] == ["alerts"]) == (name in GOOD), case
                else:
                    code, message = REFUSALS[name]
                    assert (kind, answer) == ("refused", {"message": message, "data": {"code": code}}), case


def test_a_test_key_sees_the_sandbox_and_nothing_of_the_live_sky(server: Server, tokens: dict[str, str | None]) -> None:
    seen = {}
    for name in ("live", "test"):
        with Ws(server) as client:
            client.join("/", {"token": tokens[name]})
            seen[name] = client.until("aircraft:snapshot")
    assert seen["live"]["epoch"] != seen["test"]["epoch"]
    assert eventually(lambda: snapshot_of(server, tokens["test"])["count"] > 0, 30)


def snapshot_of(server: Server, token: str | None) -> dict[str, object]:
    with Ws(server) as client:
        client.join("/", {"token": token})
        shown: dict[str, object] = client.until("aircraft:snapshot")
        return shown


@pytest.mark.parametrize("auth", ["[1]", '"x"', "7", "true", "[]", '{"token":[1]}', '{"token":{}}', "{", '[{"token":"x"}]'])
def test_s25_credentials_that_are_no_object_admit_nobody_in_private_mode(server: Server, operator: Operator, auth: str) -> None:
    operator.choose(AUTH_MODE="private")
    with Ws(server) as client:
        for namespace in NAMESPACES:
            client.send("40" + ("" if namespace == "/" else namespace + ",") + auth)
            kind, answer = client.packet()
            assert kind == "refused"
            assert answer["data"]["code"] == "token_invalid"


def test_s25_a_forged_connect_event_admits_nobody(server: Server, operator: Operator) -> None:
    operator.choose(AUTH_MODE="private")
    with Ws(server) as client:
        assert client.join()[0] == "refused"
        for packet in (
            '42["connect",{}]',
            '42["connect",{},{"token":"x"}]',
            '420["connect"]',
            '42["subscribe",{"topics":"all"}]',
        ):
            client.send(packet)
        with pytest.raises(TimeoutError):
            client.packet(1.0)
    with Ws(server) as client:
        client.join("/", {"token": operator.key()})
        client.until("aircraft:snapshot")
        client.send('423["connect",{},{"token":"x"}]')
        assert client.until("error")["code"] == "reserved_event"
        client.send('42["disconnect","x"]')
        assert client.until("error")["code"] == "reserved_event"
        assert client.alive()


def test_a_refused_client_that_holds_on_is_disconnected(server: Server, operator: Operator) -> None:
    operator.choose(AUTH_MODE="private")
    files = server.open_sockets()
    silent, refused, two = Ws(server), Ws(server), Ws(server)
    refused.join()
    assert two.join("/acars", {"token": operator.key()})[0] == "connect"
    assert two.join("/")[0] == "refused"
    for client in (silent, refused):
        client.ended(40.0)
    assert eventually(lambda: server.open_sockets() <= files + 1)
    assert two.alive("/acars"), "it has a namespace to live for"
    two.close()


def test_s20_a_token_in_the_url_is_ignored(server: Server, operator: Operator) -> None:
    operator.choose(AUTH_MODE="private")
    key = operator.key()
    with Ws(server, f"EIO=4&transport=websocket&token={key}") as client:
        assert client.join()[1]["data"]["code"] == "token_missing"
    assert "put a token into the URL" in server.log()
    assert key not in server.log()


def test_authenticate_renews_in_place(server: Server, operator: Operator) -> None:
    with Ws(server) as client:
        client.join()
        client.tell("authenticate", {"token": "wrong"})
        assert client.until("error") == {"code": "token_invalid", "message": "Invalid token"}
        client.tell("authenticate", {"token": operator.jwt()}, ack=7)
        answer = client.until("authenticated")
        assert answer["user"]["name"] == "ann"
        assert answer["expires_at"].endswith("Z")
        assert client.until("ack") == [answer]


def test_an_answer_survives_json(server: Server) -> None:
    with Ws(server) as client:
        client.join()
        client.tell("request", {"type": "aircraft-list", "request_id": "ü" * 64, "params": {}})
        assert client.until("response")["request_id"] == "ü" * 64
        client.send('42["request",{"type":"status","request_id":NaN}]')
        assert client.until("error")["code"] == "bad_packet"
        assert json.dumps(client.opened)


def test_the_connection_ends_when_the_client_leaves(server: Server) -> None:
    client = Ws(server)
    client.join()
    client.send("1")
    with pytest.raises(Gone):
        while True:
            client.packet(3.0)
    client.close()

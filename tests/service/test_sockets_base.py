"""Claims about admission to the four namespaces: who is admitted, who is refused, and that it fails closed."""

from __future__ import annotations

import json
import logging
from typing import Any

import gevent
import pytest

from skyspy.auth.principal import MESSAGES, TokenError
from skyspy.permissions import BUILTIN_ROLES
from skyspy.store import StoreBusy, StoreError, keys
from tests.support.databases import change
from tests.support.peers import NAMESPACES, turn
from tests.support.world import OPERATOR, World, nothing_is_left, stamp

GREETINGS = {"/": "aircraft:snapshot", "/audio": "audio:snapshot", "/cannonball": "session_started", "/acars": None}


@pytest.fixture
def world(sockets: World) -> World:
    return sockets


def test_connect_comes_before_the_greeting(world: World) -> None:
    token = world.key(role="admin")
    for namespace in NAMESPACES:
        peer = world.peer().join(namespace, {"token": token})
        greeting = GREETINGS[namespace]
        assert peer.order == (["connect", greeting] if greeting else ["connect"])
    session = world.peer().join("/cannonball", {"token": token}).got("session_started", "/cannonball")[0]
    assert session["timestamp"] == stamp(world)
    assert set(session) == {"session_id", "default_radius_nm", "timestamp"}


TOKENS = ("none", "empty", "good", "bad", "mistyped", "revoked", "expired", "list", "object", "number")


def credentials(world: World) -> dict[str, Any]:
    """What a client may send as its credentials, by name."""
    good, revoked = world.key(role="admin"), world.made_key(role="admin")
    change(world, keys.revoke, revoked.key.id, OPERATOR)
    expired = world.key(role="admin", expires_at=world.clock.wall() + 1)
    world.clock.pass_by(2)
    return {
        "none": None,
        "empty": {"token": ""},
        "good": {"token": good},
        "bad": {"token": "eyJ.e30.x"},
        "mistyped": {"token": good[:-1] + ("a" if good[-1] != "a" else "b")},
        "revoked": {"token": revoked.text},
        "expired": {"token": expired},
        "list": [1],
        "object": {"token": {"a": 1}},
        "number": {"token": 7},
    }


@pytest.mark.parametrize("reject", [False, True])
@pytest.mark.parametrize("mode", ["public", "hybrid", "private"])
def test_the_table_of_tokens_at_connect(world: World, mode: str, reject: bool) -> None:
    world.choose(AUTH_MODE=mode, WS_REJECT_INVALID_TOKENS=reject, FEATURE_ACCESS={"audio": "public"})
    sent = credentials(world)
    for namespace in NAMESPACES:
        for token in TOKENS:
            missing, good = token in ("none", "empty"), token == "good"
            peer = world.peer().join(namespace, sent[token])
            if good or (mode != "private" and (missing or not reject)):
                assert not peer.refusals, (namespace, token)
                session = world.skyspy.sessions.get(peer.sids[namespace])
                assert session is not None
                assert session.principal.identified == good
                assert (session.token_error is None) == (good or missing)
            else:
                code = {"revoked": "token_revoked", "expired": "token_expired"}.get(
                    token, "token_missing" if missing else "token_invalid"
                )
                assert peer.refusals == {namespace: {"message": MESSAGES[code], "data": {"code": code}}}, (namespace, token)
                assert not peer.sids
            peer.leave()
    assert nothing_is_left(world)


def test_a_namespace_asks_for_its_permission(world: World) -> None:
    viewer, operator = world.key("vic"), world.key("oskar", "operator")
    assert world.peer().join("/audio").refusals["/audio"]["data"] == {"code": "permission_denied"}
    assert world.peer().join("/audio", {"token": viewer}).refusals["/audio"]["message"] == "Permission denied"
    assert world.peer().join("/audio", {"token": operator}).sids
    scoped = world.key("oskar", "operator", scopes=["aircraft.view"])
    assert world.peer().join("/audio", {"token": scoped}).refusals


class Bug(Exception):
    pass


@pytest.mark.parametrize(
    "how", [TypeError("bug"), Bug(), KeyError("x"), StoreBusy("locked"), gevent.Timeout(1), RecursionError()]
)
@pytest.mark.parametrize("auth", [None, {"token": "x"}, [1], {}])
@pytest.mark.parametrize("mode", ["public", "private"])
def test_a_crash_during_admission_refuses_the_client(world: World, how: BaseException, auth: object, mode: str) -> None:
    world.choose(AUTH_MODE=mode)
    world.tokens.fault = how
    for namespace in NAMESPACES:
        peer = world.peer().join(namespace, auth)
        assert peer.refusals[namespace] == {"message": "Server busy", "data": {"code": "overloaded"}}
        assert not peer.sids
        peer.leave()
    assert nothing_is_left(world)


def test_no_client_is_admitted_while_the_settings_cannot_be_read(world: World) -> None:
    stays = world.peer().join()
    world.break_settings()
    for auth in (None, {"token": "x"}):
        assert world.peer().join("/", auth).refusals["/"]["data"] == {"code": "overloaded"}
    assert stays.tell("ping", ack=1) == {"timestamp": stamp(world)}
    world.settings.fault = None
    assert world.peer().join().sids


def test_a_forged_connect_or_disconnect_changes_nothing(world: World) -> None:
    world.choose(AUTH_MODE="private")
    intruder = world.peer()
    intruder.say('2["connect",{}]')
    intruder.say('2["connect",{},{"token":"x"}]')
    assert not intruder.sids
    assert len(world.skyspy.sessions) == 0
    peer = world.peer().join("/", {"token": world.key()})
    for packet in ('2["connect",{},{}]', '2["disconnect","x"]', '2["connect"]', '2["disconnect"]', '2["disconnecting",1]'):
        peer.say(packet)
    assert {error["code"] for error in peer.got("error")} == {"reserved_event"}
    assert peer.session is not None
    door = world.server.namespace_handlers["/"]
    door.trigger_event("connect", peer.sids["/"], {}, {})
    door.trigger_event("disconnect", peer.sids["/"], "x")
    assert peer.session is not None
    assert peer.tell("ping", ack=9)


def test_settings_that_change_during_a_token_lookup_apply(world: World) -> None:
    def close(_token: object) -> None:
        if world.settings.current.AUTH_MODE != "private":
            world.choose(AUTH_MODE="private")

    world.tokens.while_identifying = close
    assert world.peer().join().refusals["/"]["data"] == {"code": "token_missing"}
    assert len(world.skyspy.sessions) == 0


def test_a_client_that_left_while_its_token_was_looked_up_is_not_kept(world: World) -> None:
    peer = world.peer()
    world.tokens.while_identifying = lambda _token: peer.leave()
    peer.join()
    assert not peer.sids
    assert nothing_is_left(world)


def test_no_token_is_looked_up_for_a_client_that_is_one_too_many(world: World) -> None:
    world.choose(CONNECTIONS_PER_ADDRESS=1)
    world.peer().join()
    world.tokens.fault = Bug()
    assert world.peer().join("/", {"token": "x"}).refusals["/"]["data"] == {"code": "rate_limited"}


def test_the_last_free_place_is_given_once_however_long_a_token_is_looked_up(world: World) -> None:
    world.choose(CONNECTIONS_PER_ADDRESS=1)
    key, first, second = world.key(), world.peer(), world.peer()
    # While the first one's token is looked up, the second one comes in.
    world.tokens.while_identifying = lambda token: second.join() if token == key else None
    first.join("/", {"token": key})
    assert second.sids
    assert first.refusals["/"]["data"] == {"code": "rate_limited"}
    assert world.registry.admitted.total == 1


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_session_evicted_before_the_greeting_is_not_greeted(world: World, namespace: str) -> None:
    peer, door = world.peer(), world.server.namespace_handlers[namespace]
    token = json.dumps({"token": world.key(role="admin")})
    # The eviction follows the admission without a greenlet switch: the greeting's greenlet has not run yet.
    prefix = "" if namespace == "/" else f"{namespace},"
    world.server.eio.handlers["message"](peer.eio_sid, f"0{prefix}{token}")
    (session,) = world.skyspy.sessions.all()
    door.evict(session, "disconnected")
    turn()
    assert peer.order == ["connect", "error", "disconnect"]
    assert door.crashes == 0
    peer.leave()
    assert nothing_is_left(world)


def test_a_token_in_the_url_is_ignored_and_said(world: World, caplog: pytest.LogCaptureFixture) -> None:
    key = world.key(role="admin")
    logging.getLogger("skyspy").propagate = True
    peer = world.peer(QUERY_STRING=f"EIO=4&transport=websocket&token={key}").join()
    assert not peer.session.principal.identified
    assert "put a token into the URL" in caplog.text
    assert key not in caplog.text


def test_the_number_of_connections_is_limited_by_process_and_address(world: World) -> None:
    world.choose(CONNECTIONS_PER_ADDRESS=2, MAX_CONNECTIONS=10)
    first = world.peer().join()
    world.peer().join()
    assert world.peer().join().refusals["/"]["data"] == {"code": "rate_limited"}
    assert first.join("/acars").sids, "another namespace is no other connection"
    assert world.peer(REMOTE_ADDR="203.0.113.1").join().sids
    # The client's address is neither the proxy's nor the one the client itself claims.
    assert world.peer(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.1.1.1, 198.51.100.7").join().refusals
    assert world.peer(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="198.51.100.8").join().sids
    for _ in range(6):
        assert world.peer(REMOTE_ADDR="127.0.0.1").join().sids, "loopback is not counted by address"
    assert world.peer(REMOTE_ADDR="127.0.0.1").join().refusals["/"] == {"message": "Server busy", "data": {"code": "overloaded"}}
    first.leave()
    assert world.peer().join().sids


def test_too_many_bad_tokens_are_refused_as_such_in_every_mode(world: World) -> None:
    world.choose(TOKEN_ATTEMPTS_PER_ADDRESS=3, AUTH_MODE="public")
    for _ in range(3):
        assert world.peer().join("/", {"token": "wrong"}).sids
    assert world.peer().join("/", {"token": "wrong"}).refusals["/"] == {
        "message": "Rate limit exceeded",
        "data": {"code": "rate_limited"},
    }
    assert world.peer(REMOTE_ADDR="203.0.113.1").join("/", {"token": "wrong"}).sids
    assert world.peer().join().sids


def test_authenticate_renews_in_place(world: World) -> None:
    peer = world.peer().join()
    assert peer.tell("subscribe", {"topics": ["aircraft", "alerts"]}, ack=1)["denied"] == ["alerts"]
    peer.forget()
    key = world.key("ann", "operator")
    answer = peer.tell("authenticate", {"token": key}, ack=2)
    user = {"name": "ann", "role": "operator", "permissions": sorted(BUILTIN_ROLES["operator"]), "kind": "key"}
    assert answer == {"user": user, "expires_at": None}
    assert peer.got("authenticated") == [answer]
    assert peer.session.principal.name == "ann"
    # It may now know the receiver's location: another room, and a new snapshot of the topic.
    assert peer.session.rooms == {"live.aircraft.whole.exact"}
    assert [shown["aircraft"][0]["distance_nm"] for shown in peer.got("aircraft:snapshot")] == [3.14]
    assert peer.tell("subscribe", {"topics": ["alerts"]}, ack=3)["joined"] == ["alerts"]


def test_a_bad_token_renews_nothing(world: World) -> None:
    peer = world.peer().join("/", {"token": world.key()})
    before = peer.session.principal
    for token, code in ((None, "token_missing"), ("", "token_missing"), ("wrong", "token_invalid"), ([1], "token_invalid")):
        assert peer.tell("authenticate", {"token": token}, ack=1)["code"] == code
    world.tokens.fault = StoreError("gone")
    assert peer.tell("authenticate", {"token": "x"}, ack=1)["code"] == "overloaded"
    assert peer.session.principal is before


def test_a_test_key_lives_in_the_sandbox(world: World) -> None:
    peer = world.peer().join("/", {"token": world.key(kind="test")})
    assert peer.got("aircraft:snapshot")[0]["epoch"] == world.skyspy.skies["sandbox"].tracker.epoch
    peer.tell("subscribe", {"topics": ["aircraft"]})
    assert peer.session.rooms == {"sandbox.aircraft.whole.exact"}
    peer.forget()
    peer.tell("authenticate", {"token": world.key(kind="live")})
    assert peer.got("aircraft:snapshot")[0]["epoch"] == world.skyspy.skies["live"].tracker.epoch
    assert peer.session.rooms == {"live.aircraft.whole.exact"}


def test_an_expired_token_is_noticed_at_the_next_event(world: World) -> None:
    peer = world.peer().join("/", {"token": world.key(expires_at=world.clock.wall() + 10)})
    world.clock.pass_by(11)
    assert peer.tell("subscribe", {"topics": "all"}, ack=1)["code"] == "token_expired"
    assert peer.got("error") == [{"code": "token_expired", "message": "Invalid token: expired"}]
    assert peer.gone == ["/"]
    turn()


def test_credentials_survive_every_json_type(world: World) -> None:
    world.choose(AUTH_MODE="private")
    for auth in (
        0,
        1,
        "x",
        "",
        [],
        [1],
        True,
        False,
        {"token": None},
        {"token": []},
        {"token": {}},
        {"tokens": "x"},
        {"token": "x" * 60_000},
    ):
        peer = world.peer()
        peer.say("0" + json.dumps(auth))
        assert peer.refusals["/"]["data"]["code"] in ("token_missing", "token_invalid")
        peer.leave()
    assert nothing_is_left(world)


def test_a_refusal_is_a_token_errors_word(world: World) -> None:
    world.tokens.fault = TokenError("permission_denied")
    world.choose(AUTH_MODE="public")
    assert world.peer().join("/", {"token": "x"}).refusals["/"]["data"] == {"code": "permission_denied"}


def test_a_second_connect_is_refused_with_message_and_code_and_the_first_session_stays(world: World) -> None:
    peer = world.peer()
    for namespace in ("/", "/acars"):
        peer.join(namespace).join(namespace)
        assert peer.refusals[namespace] == {
            "message": "Already connected to this namespace",
            "data": {"code": "already_connected"},
        }
        peer.tell("ping", namespace=namespace)
        assert len(peer.got("pong", namespace)) == 1
    assert len(world.skyspy.sessions) == 2
    peer.leave()
    assert nothing_is_left(world)


def test_an_unknown_namespace_is_refused_with_message_and_code_and_leaves_nothing(world: World) -> None:
    peer = world.peer()
    for namespace in ("/nosuch", "/audio/", "/*"):
        peer.join(namespace)
        assert peer.refusals[namespace] == {"message": "Invalid namespace", "data": {"code": "unknown_namespace"}}
        peer.tell("ping", namespace=namespace)
    assert peer.inbox == []
    peer.leave()
    assert nothing_is_left(world)


@pytest.mark.parametrize("mode", ["public", "hybrid"])
@pytest.mark.parametrize("namespace", NAMESPACES)
def test_who_is_let_in_with_a_bad_token_is_told_so_after_the_greeting(world: World, mode: str, namespace: str) -> None:
    world.choose(AUTH_MODE=mode, FEATURE_ACCESS={"audio": "public"})
    peer = world.peer().join(namespace, {"token": "wrong"})
    assert peer.order == ["connect", *filter(None, [GREETINGS[namespace]]), "error"]
    assert peer.got("error", namespace) == [{"code": "token_invalid", "message": "Invalid token. You are anonymous now"}]
    for auth in (None, {"token": world.key(role="admin")}):
        assert world.peer().join(namespace, auth).got("error", namespace) == []


def test_the_code_says_what_was_wrong_with_the_token(world: World) -> None:
    made = world.made_key()
    change(world, keys.revoke, made.key.id, OPERATOR)
    error = world.peer().join("/", {"token": made.text}).got("error")
    assert error == [{"code": "token_revoked", "message": "Invalid token: revoked. You are anonymous now"}]


def test_the_greeting_can_be_declined(world: World) -> None:
    assert world.peer().join("/", {"greeting": False}).order == ["connect"]
    assert world.peer().join("/", {"token": "wrong", "greeting": False}).order == ["connect", "error"]
    peer = world.peer().join("/", {"token": world.key(), "greeting": False})
    assert peer.order == ["connect"]
    peer.tell("subscribe", {"topics": ["aircraft"]})
    assert len(peer.got("aircraft:snapshot")) == 1, "only the greeting is declined"
    for greeting in (True, None, 0, "false"):
        assert world.peer().join("/", {"greeting": greeting}).order == ["connect", "aircraft:snapshot"]

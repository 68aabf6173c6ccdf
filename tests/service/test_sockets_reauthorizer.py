"""Claims about reauthorization: an operator's change applies to every live session."""

from __future__ import annotations

import gevent
import pytest
from sqlalchemy import update

from skyspy.sockets import base
from skyspy.store import StoreError, keys, roles, users
from skyspy.store.schema import API_KEYS
from tests.support.databases import change
from tests.support.peers import NAMESPACES, Peer, turn
from tests.support.world import OPERATOR, World


@pytest.fixture
def world(sockets: World) -> World:
    return sockets


def look(world: World) -> None:
    """One round of the reauthorizer, half a second after the last."""
    world.clock.pass_by(0.5)
    world.watcher.poll()
    turn()


def told(peer: Peer, namespace: str = "/") -> str | None:
    """The code with which a client was evicted; None if it was not."""
    errors = peer.got("error", namespace)
    return errors[-1]["code"] if namespace in peer.gone and errors else None


def test_a_closed_mode_sends_the_anonymous_away_from_every_namespace(world: World) -> None:
    key = world.key(role="admin")
    world.choose(FEATURE_ACCESS={"audio": "public"})
    look(world)
    strangers = [(world.peer().join(namespace), namespace) for namespace in NAMESPACES for _ in range(10)]
    known = [(world.peer().join(namespace, {"token": key}), namespace) for namespace in NAMESPACES]
    world.choose(AUTH_MODE="private")
    look(world)
    assert {told(peer, namespace) for peer, namespace in strangers} == {"token_missing"}
    assert all(world.skyspy.sessions.get(peer.sids[namespace]) for peer, namespace in known)
    assert len(world.skyspy.sessions) == 4
    assert set(world.server.manager.rooms["/"][None]) == {peer.sids["/"] for peer, namespace in known if namespace == "/"}


def test_the_evicted_hear_the_reason_before_the_disconnect_and_nothing_after(world: World) -> None:
    peer = world.peer().join()
    peer.tell("subscribe", {"topics": "all"})
    world.choose(AUTH_MODE="private")
    look(world)
    assert peer.order[-2:] == ["error", "disconnect"]
    assert peer.got("error")[-1] == {"code": "token_missing", "message": "Authentication required: no token"}
    for room in ("live.aircraft.whole.public", "live.stats.whole.public"):
        world.skyspy.broadcast.publish(room, "stats:update", {})
    assert peer.order[-1] == "disconnect"


def test_a_session_admitted_with_a_bad_token_is_evicted_when_those_are_refused(world: World) -> None:
    bad, none = world.peer().join("/", {"token": "wrong"}), world.peer().join()
    world.choose(WS_REJECT_INVALID_TOKENS=True)
    look(world)
    assert told(bad) == "token_invalid"
    assert none.session is not None


@pytest.mark.parametrize("mode", ["public", "hybrid", "private"])
def test_a_revoked_key_ends_its_sockets_in_every_mode(world: World, mode: str) -> None:
    world.choose(AUTH_MODE=mode)
    key, other = world.made_key(role="admin"), world.key("bob", "admin")
    peers = [(world.peer().join(namespace, {"token": key.text}), namespace) for namespace in NAMESPACES]
    stays = world.peer().join("/", {"token": other})
    change(world, keys.revoke, key.key.id, OPERATOR)
    look(world)
    assert {told(peer, namespace) for peer, namespace in peers} == {"token_revoked"}
    assert stays.session is not None


def test_a_key_that_is_no_longer_for_a_clients_network_ends_its_sockets(world: World) -> None:
    key = world.key(networks=["198.51.100.0/24", "203.0.113.0/24"])
    outside = world.peer().join("/", {"token": key})
    inside = world.peer(REMOTE_ADDR="203.0.113.1").join("/", {"token": key})
    world.store.write(lambda connection: connection.execute(update(API_KEYS).values(networks='["203.0.113.0/24"]')))
    world.choose(MAX_CONNECTIONS=100)
    look(world)
    assert told(outside) == "permission_denied"
    assert inside.session is not None


def test_disabling_a_user_ends_every_session_of_the_users_keys(world: World) -> None:
    one, two = world.key("ann"), world.key("ann", kind="test")
    peers = [world.peer().join("/", {"token": token}) for token in (one, two)]
    world.user("root", "admin")
    change(world, users.set_disabled, world.user("ann"), True, OPERATOR)
    look(world)
    assert [told(peer) for peer in peers] == ["token_revoked", "token_revoked"]


def test_an_expired_key_ends_within_a_round(world: World) -> None:
    peer = world.peer().join("/", {"token": world.key(expires_at=world.clock.wall() + 5)})
    look(world)
    assert peer.session is not None
    world.clock.pass_by(5)
    look(world)
    assert told(peer) == "token_expired"
    assert peer.got("error")[-1]["message"] == "Invalid token: expired"


def test_a_lowered_role_loses_topics_and_namespaces_but_not_the_connection(world: World) -> None:
    world.choose(FEATURE_ACCESS={"acars": "permission"})
    change(world, roles.create, "few", frozenset({"aircraft.view"}), "", OPERATOR)
    key = world.key("oskar", "operator")
    peer = world.peer().join("/", {"token": key}).join("/audio", {"token": key})
    peer.tell("subscribe", {"topics": ["aircraft", "acars", "alerts"]})
    change(world, users.set_role, world.user("oskar"), "few", OPERATOR)
    look(world)
    assert told(peer, "/audio") == "permission_denied"
    assert peer.got("unsubscribed") == [
        {"topics": ["acars"], "remaining": ["aircraft", "alerts"], "reason": "Permission denied"},
    ]
    assert peer.session.rooms == {"live.aircraft.whole.exact", f"live.alerts.whole.exact.{world.user('oskar')}"}
    assert peer.session.principal.role == "few"
    gevent.sleep(base.EVICTION_SECONDS + 0.1)
    assert not peer.engine.closed, "the transport serves another namespace"


def test_a_raised_role_may_more_at_once(world: World) -> None:
    world.choose(FEATURE_ACCESS={"acars": "permission"})
    change(world, roles.create, "few", frozenset({"aircraft.view"}), "", OPERATOR)
    peer = world.peer().join("/", {"token": world.key("ann", "few")})
    assert peer.tell("subscribe", {"topics": ["acars"]}, ack=1)["denied"] == ["acars"]
    change(world, users.set_role, world.user("ann"), "operator", OPERATOR)
    look(world)
    assert peer.tell("subscribe", {"topics": ["acars"]}, ack=2)["joined"] == ["acars"]


def test_closing_a_feature_unsubscribes_anonymous_sessions(world: World) -> None:
    peer, known = world.peer().join(), world.peer().join("/", {"token": world.key()})
    for each in (peer, known):
        each.tell("subscribe", {"topics": ["aircraft", "stats"]})
    world.choose(FEATURE_ACCESS={"aircraft": "authenticated"})
    look(world)
    assert peer.got("unsubscribed") == [{"topics": ["aircraft"], "remaining": ["stats"], "reason": "Permission denied"}]
    assert peer.session.rooms == {"live.stats.whole.public"}
    assert known.got("unsubscribed") == []


def test_while_accounts_cannot_be_read_only_anonymous_sessions_are_evicted(world: World) -> None:
    key = world.made_key()
    known, stranger = world.peer().join("/", {"token": key.text}), world.peer().join()
    world.tokens.reauthorize_fault = StoreError("gone")
    world.choose(AUTH_MODE="private")
    change(world, keys.revoke, key.key.id, OPERATOR)
    look(world)
    assert told(stranger) == "token_missing"
    assert known.session is not None
    world.tokens.reauthorize_fault = None
    look(world)
    assert told(known) == "token_revoked", "the verdict is made up for"


def test_while_settings_cannot_be_read_no_session_is_evicted(world: World) -> None:
    peer = world.peer().join("/", {"token": world.key()})
    world.choose(AUTH_MODE="private")
    look(world)
    world.break_settings()
    for _ in range(60):
        look(world)
    assert peer.session is not None
    assert world.peer().join("/", {"token": "x"}).refusals


def test_a_token_renewed_while_accounts_are_read_replaces_the_old_one(world: World) -> None:
    old, new = world.made_key("ann"), world.key("bob")
    peer = world.peer().join("/", {"token": old.text})
    change(world, keys.revoke, old.key.id, OPERATOR)
    world.tokens.while_reauthorizing = lambda: peer.tell("authenticate", {"token": new})
    look(world)
    assert peer.session.principal.name == "bob"


def test_a_round_without_a_change_reauthorizes_no_session(world: World) -> None:
    world.peer().join("/", {"token": world.key()})
    look(world)
    world.tokens.reauthorize_fault = AssertionError("judged without a change")
    for _ in range(5):
        look(world)


def test_connections_without_a_session_are_closed(world: World) -> None:
    world.choose(AUTH_MODE="private")
    key = world.key()
    silent, refused, left, stays = world.peer(), world.peer().join(), world.peer(), world.peer()
    left.join("/", {"token": key}).say("1")
    stays.join("/", {"token": key}).join("/audio")
    for _ in range(19):
        look(world)
        refused.join()
    assert not any(peer.engine.closed for peer in (silent, refused, left, stays))
    for _ in range(4):
        look(world)
    assert [peer.engine.closed for peer in (silent, refused, left, stays)] == [True, True, True, False]
    assert world.registry.open.at("198.51.100.7") == 1


def test_an_evicted_client_that_does_not_go_has_its_connection_ended(world: World) -> None:
    peer = world.peer().join()
    world.choose(AUTH_MODE="private")
    look(world)
    assert not peer.engine.closed, "it may first read why"
    gevent.sleep(base.EVICTION_SECONDS + 0.1)
    assert peer.engine.closed


def test_a_hundred_are_evicted_in_one_breath(world: World) -> None:
    world.choose(CONNECTIONS_PER_ADDRESS=200)
    peers = [world.peer().join() for _ in range(100)]
    world.choose(AUTH_MODE="private")
    look(world)
    assert {told(peer) for peer in peers} == {"token_missing"}
    assert world.skyspy.sessions.all() == []
    assert (world.registry.admitted.total, world.registry.open.total) == (0, 100), "they may still read why"
    assert world.rooms()["rooms"] == {}

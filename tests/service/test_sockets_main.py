"""Claims about namespace `/`: topics, snapshots, resuming, requests."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy import topics
from tests.support.peers import Peer
from tests.support.world import World, stamp

OPEN = [name for name in topics.TOPICS if name != "alerts"]


@pytest.fixture
def world(sockets: World) -> World:
    return sockets


@pytest.fixture
def peer(world: World) -> Peer:
    joined = world.peer().join()
    joined.forget()
    return joined


def test_subscribed_comes_first_and_then_one_snapshot_for_each_joined_topic(peer: Peer) -> None:
    answer = peer.tell("subscribe", {"topics": ["stats", "aircraft", "alerts", "nonsense", "aircraft"]}, ack=1)
    assert answer == {"topics": ["aircraft", "stats"], "joined": ["stats", "aircraft"], "denied": ["alerts", "nonsense"]}
    assert [event for _, event, _ in peer.inbox] == ["subscribed", "stats:update", "aircraft:snapshot"]
    assert peer.got("subscribed") == [answer]
    assert peer.session.rooms == {"live.aircraft.whole.public", "live.stats.whole.public"}
    assert set(peer.clients.server.rooms(peer.sids["/"])) == {*peer.session.rooms, peer.sids["/"]}


def test_subscribing_again_joins_nothing_and_shows_nothing(peer: Peer) -> None:
    peer.tell("subscribe", {"topics": ["aircraft"]})
    peer.forget()
    assert peer.tell("subscribe", {"topics": ["aircraft"]}, ack=1) == {"topics": ["aircraft"], "joined": [], "denied": []}
    assert [event for _, event, _ in peer.inbox] == ["subscribed"]


@pytest.mark.parametrize("asked", ["all", ["all"], ["all", "aircraft"]])
def test_all_is_every_topic_one_may_have(peer: Peer, asked: object) -> None:
    assert peer.tell("subscribe", {"topics": asked}, ack=1) == {"topics": OPEN, "joined": OPEN, "denied": ["alerts"]}
    assert peer.tell("unsubscribe", {"topics": "all"}, ack=2) == {"topics": OPEN, "remaining": []}
    assert peer.session.rooms == set()


def test_one_topic_may_be_named_without_a_list(peer: Peer) -> None:
    assert peer.tell("subscribe", {"topics": "safety"}, ack=1)["joined"] == ["safety"]
    assert peer.got("safety:snapshot")
    assert peer.tell("unsubscribe", {"topics": "safety"}, ack=2) == {"topics": ["safety"], "remaining": []}


@pytest.mark.parametrize("mode", ["public", "hybrid"])
def test_alerts_always_need_an_identity(world: World, mode: str) -> None:
    world.choose(AUTH_MODE=mode)
    assert world.peer().join().tell("subscribe", {"topics": ["alerts"]}, ack=1)["denied"] == ["alerts"]
    known = world.peer().join("/", {"token": world.key()})
    assert known.tell("subscribe", {"topics": ["alerts"]}, ack=1)["joined"] == ["alerts"]
    assert known.got("alert:snapshot")


def test_topics_follow_feature_access(world: World) -> None:
    world.choose(FEATURE_ACCESS={"aircraft": "authenticated", "stats": "permission"})
    stranger = world.peer().join()
    assert stranger.inbox == [], "no greeting for who may not see aircraft"
    assert stranger.tell("subscribe", {"topics": ["aircraft", "stats", "acars"]}, ack=1)["joined"] == ["acars"]
    known = world.peer().join("/", {"token": world.key(scopes=["aircraft.view"])})
    assert [event for _, event, _ in known.inbox] == ["aircraft:snapshot"]
    assert known.tell("subscribe", {"topics": ["aircraft", "stats"]}, ack=1)["denied"] == ["stats"]


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"topics": None},
        {"topics": 7},
        {"topics": {"aircraft": True}},
        {"topics": [1]},
        {"topics": [["aircraft"]]},
        {"topics": ["aircraft", None]},
        {"topics": ["a" * 65]},
        {"topics": "a" * 65},
        {"topics": ["aircraft"] * 65},
        {"topics": [f"t{n}" for n in range(5000)]},
        {"topics": ["aircraft"], "delta": "yes"},
        {"topics": ["aircraft"], "since": 5},
        {"topics": ["aircraft"], "since": {"epoch": 1, "seq": 1}},
        {"topics": ["aircraft"], "since": {"epoch": "e", "seq": "1"}},
        {"topics": ["aircraft"], "since": {"epoch": "e", "seq": True}},
    ],
)
def test_a_subscription_that_makes_no_sense_is_answered_and_changes_nothing(peer: Peer, payload: dict[str, Any]) -> None:
    assert peer.tell("subscribe", payload, ack=1)["code"] == "bad_payload"
    assert [event for _, event, _ in peer.inbox] == ["error"]
    assert peer.session.topics == set()
    assert peer.session.rooms == set()


def test_the_delta_flavour_is_another_room_and_can_be_turned(peer: Peer) -> None:
    peer.tell("subscribe", {"topics": ["aircraft", "stats"], "delta": True})
    assert peer.session.rooms == {"live.aircraft.delta.public", "live.stats.whole.public"}
    peer.forget()
    peer.tell("subscribe", {"topics": ["safety"]})
    assert "live.aircraft.delta.public" in peer.session.rooms, "what is not mentioned stays"
    peer.forget()
    peer.tell("subscribe", {"topics": ["aircraft"], "delta": False})
    assert "live.aircraft.whole.public" in peer.session.rooms
    assert "live.aircraft.delta.public" not in peer.session.rooms
    assert [event for _, event, _ in peer.inbox] == ["subscribed", "aircraft:snapshot"]


def test_recovery_is_whole_or_a_snapshot(world: World, peer: Peer) -> None:
    tracker = world.skyspy.skies["live"].tracker
    since = {"epoch": tracker.epoch, "seq": tracker.seq}
    for gs in (251.0, 252.0):
        world.hear_only("live", "4B1800", "adsb_icao", {"gs": gs})
    peer.tell("subscribe", {"topics": ["aircraft"], "delta": True, "since": since})
    assert [event for _, event, _ in peer.inbox] == ["subscribed", "aircraft:delta"]
    [missed] = peer.got("aircraft:delta")
    assert (missed["prev"], missed["seq"]) == (since["seq"], tracker.seq), "all that was missed is one delta"
    assert [patch["gs"] for patch in missed["changed"]] == [252.0]
    peer.forget()
    # A client that is subscribed already and found a gap resumes in the same way.
    peer.tell("subscribe", {"topics": ["aircraft"], "since": since})
    assert [event for _, event, _ in peer.inbox] == ["subscribed", "aircraft:delta"]
    peer.forget()
    peer.tell("subscribe", {"topics": ["aircraft"], "since": {"epoch": tracker.epoch, "seq": tracker.seq}})
    assert [event for _, event, _ in peer.inbox] == ["subscribed"], "nothing was missed"
    peer.forget()
    peer.tell("subscribe", {"topics": ["aircraft"], "since": {"epoch": "another life", "seq": since["seq"]}})
    assert [event for _, event, _ in peer.inbox] == ["subscribed", "aircraft:snapshot"]
    peer.forget()
    peer.tell("subscribe", {"topics": ["aircraft"], "delta": False, "since": since})
    assert [event for _, event, _ in peer.inbox] == ["subscribed", "aircraft:snapshot"], "deltas mean nothing to whole objects"


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["4B1800", "AE1234"]),
        ({"military": True}, ["AE1234"]),
        ({"callsign": "swr"}, ["4B1800"]),
        ({"max_distance_nm": 5}, ["4B1800"]),
        ({"min_altitude": 1000}, ["4B1800"]),
        ({"cursor": "4b1800"}, ["AE1234"]),
    ],
)
def test_aircraft_are_listed_by_filters(peer: Peer, params: dict[str, Any], found: list[str]) -> None:
    answer = peer.tell("request", {"type": "aircraft-list", "request_id": "r1", "params": params}, ack=1)
    assert (answer["type"], answer["request_id"], answer["request_type"]) == ("response", "r1", "aircraft-list")
    assert [aircraft["hex"] for aircraft in answer["data"]["aircraft"]] == found
    assert peer.got("response") == [answer]


def test_a_list_is_paged(peer: Peer) -> None:
    first = peer.tell("request", {"type": "aircraft-list", "params": {"limit": 1}}, ack=1)["data"]
    assert (first["count"], first["total"], first["next_cursor"]) == (1, 2, "4B1800")
    last = peer.tell("request", {"type": "aircraft-list", "params": {"limit": 1, "cursor": first["next_cursor"]}}, ack=2)["data"]
    assert ([a["hex"] for a in last["aircraft"]], last["next_cursor"]) == (["AE1234"], None)


def test_every_request_type_is_answered(peer: Peer) -> None:
    def ask(kind: str, **params: object) -> Any:
        return peer.tell("request", {"type": kind, "request_id": 7, "params": params}, ack=1)["data"]

    assert ask("aircraft", hex="4b1800")["flight"] == "SWR12"
    assert [aircraft["hex"] for aircraft in ask("aircraft-snapshot")["aircraft"]] == ["4B1800", "AE1234"]
    assert ask("aircraft-stats")["total_aircraft"] == 2
    assert ask("status")["sky"] == "live"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"type": "nonsense"}, "unknown_request"),
        ({}, "unknown_request"),
        ({"type": ["aircraft"]}, "unknown_request"),
        ({"type": "aircraft"}, "bad_payload"),
        ({"type": "aircraft", "params": []}, "bad_payload"),
        ({"type": "aircraft", "params": {"hex": "FFFFFF"}}, "not_found"),
        ({"type": "aircraft", "params": {"hex": 7}}, "bad_payload"),
        ({"type": "aircraft-list", "params": {"limit": 0}}, "bad_payload"),
        ({"type": "aircraft-list", "params": {"colour": "red"}}, "bad_payload"),
        ({"type": "aircraft-list", "params": {"military": "yes"}}, "bad_payload"),
        ({"type": "status", "request_id": {"a": 1}}, "bad_payload"),
        ({"type": "status", "request_id": "x" * 129}, "bad_payload"),
    ],
)
def test_a_request_that_cannot_be_answered_gets_an_error_with_its_number(peer: Peer, payload: dict[str, Any], code: str) -> None:
    assert peer.tell("request", payload, ack=1)["code"] == code
    error = peer.tell("request", {"request_id": 42, **payload}, ack=2)
    assert error["code"] == code
    if "request_id" not in payload:
        assert (error["type"], error["request_id"]) == ("error", 42)
    assert len(peer.got("error")) == 2


def test_requests_need_the_permission_of_what_they_show(world: World) -> None:
    world.choose(FEATURE_ACCESS={"aircraft": "authenticated", "stats": "authenticated"})
    peer = world.peer().join()
    for kind in ("aircraft", "aircraft-list", "aircraft-snapshot", "aircraft-stats", "status"):
        assert peer.tell("request", {"type": kind, "params": {}}, ack=1)["code"] == "permission_denied"


def test_ping_tells_the_time(world: World, peer: Peer) -> None:
    assert peer.tell("ping", ack=1) == {"timestamp": stamp(world)}

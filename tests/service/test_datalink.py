"""Claims about datalink messages in a whole server: what a receiver hears becomes one event, a stored row, a position and an alert."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from skyspy.alerts import parse_rule
from skyspy.alerts.rule import OwnedRule
from skyspy.datalink.message import Block, Message
from skyspy.permissions import PERMISSION_NAMES
from skyspy.sky.alerts import RunningRules
from skyspy.sky.datalink import MAX_BLOCKS, MAX_WAITING, DatalinkMonitor
from skyspy.store.history import acars
from skyspy.store.history.acars import MessageSearch
from tests.support.datalink import a_block, at_place
from tests.support.two_processes import Twice
from tests.support.world import World

HEX = "4CA87C"
"""An address of Ireland's."""


def monitor(world: World, sky: str = "live") -> DatalinkMonitor:
    return world.skyspy.datalink[sky]


def hear(world: World, *blocks: Block, sky: str = "live") -> None:
    """A sky hears these now, and makes messages of them."""
    for block in blocks:
        world.skyspy.skies[sky].ingest(replace(block, at=world.clock.steady()))
    monitor(world, sky).run()


def look(world: World, seconds: int = 1) -> None:
    """So many seconds with a round of the safety rules, of the data links and of the alert rules in each."""
    for _ in range(seconds):
        world.clock.pass_by(1.0)
        world.skyspy.safety["live"].run()
        monitor(world).run()
        world.skyspy.alerts["live"].run()


def stored(world: World, sky: str = "live") -> list[Message]:
    return world.skyspy.histories[sky].read(acars.page, MessageSearch(), None, 100)


def aircraft(world: World, hex_: str = HEX) -> dict[str, Any] | None:
    world.skyspy.skies["live"].tick()
    return world.skyspy.skies["live"].tracker.aircraft(hex_, world.clock.steady())


# events


def test_a_block_is_one_event_on_both_namespaces_and_one_stored_message(world: World) -> None:
    peer = world.peer().join().join("/acars")
    peer.tell("subscribe", {"topics": ["acars"]})
    assert peer.got("acars:snapshot")[0]["messages"] == []
    hear(world, a_block("POSITION REPORT", msgno="M55A"))
    [message] = peer.got("acars:message")
    assert peer.got("acars:message", "/acars") == [message]
    assert (message["text"], message["label"], message["tail"], message["link_name"]) == (
        "POSITION REPORT", "H1", "G-ABCD", "VHF ACARS",
    )  # fmt: skip
    [kept] = stored(world)
    assert (kept.id, kept.text) == (message["id"], "POSITION REPORT")
    look(world, 3)
    assert len(peer.got("acars:message")) == len(peer.got("acars:message", "/acars")) == 1


def test_the_namespace_has_no_greeting_and_who_is_not_subscribed_on_the_main_one_gets_nothing(world: World) -> None:
    peer = world.peer().join("/acars").join()
    peer.forget()
    hear(world, a_block())
    assert [(where, event) for where, event, _ in peer.inbox] == [("/acars", "acars:message")]


def test_two_stations_are_one_event_and_one_row_with_both(world: World) -> None:
    peer = world.peer().join("/acars", {"token": world.jwt()})
    hear(world, a_block(station="HOME", level=-20.0))
    world.clock.pass_by(1.5)
    hear(world, a_block(station="HUT", level=-8.0))
    assert len(peer.got("acars:message", "/acars")) == 1
    [kept] = stored(world)
    assert [station.name for station in kept.stations] == ["HOME", "HUT"]


def test_the_anonymous_get_no_names_of_stations(world: World) -> None:
    anonymous, ann = world.peer().join("/acars"), world.peer().join("/acars", {"token": world.jwt()})
    hear(world, a_block(station="HOME"))
    [message] = anonymous.got("acars:message", "/acars")
    assert "stations" not in message
    assert message["station_count"] == 1
    assert ann.got("acars:message", "/acars")[0]["stations"][0]["station"] == "HOME"


def test_a_message_of_the_sandbox_is_for_test_keys_alone(world: World) -> None:
    live, test = world.peer().join("/acars"), world.peer().join("/acars", {"token": world.key(kind="test")})
    hear(world, a_block(demo=True), sky="sandbox")
    assert (len(live.got("acars:message", "/acars")), len(test.got("acars:message", "/acars"))) == (0, 1)
    assert (len(stored(world)), len(stored(world, "sandbox"))) == (0, 1)


def test_a_message_is_matched_with_the_aircraft_of_its_registration(world: World) -> None:
    world.hear(HEX, r="EI-ABC", flight="EIN123")
    look(world)
    peer = world.peer().join("/acars")
    hear(world, a_block(tail="EI-ABC"))
    [message] = peer.got("acars:message", "/acars")
    assert (message["hex"], message["matched"], message["callsign"]) == (HEX, True, "EIN123")


# restart and takeover


def test_a_restart_announces_nothing_again_and_a_copy_that_arrives_after_it_makes_nothing_new(world: World) -> None:
    hear(world, a_block(station="HOME"))
    world.clock.pass_by(3)
    again = DatalinkMonitor(world.skyspy.skies["live"], world.skyspy.history, dict)
    peer = world.peer().join("/acars")
    again.run()
    hear_with(world, again, a_block(station="HUT"))
    assert peer.got("acars:message", "/acars") == []
    [kept] = stored(world)
    assert len(kept.stations) == 2


def hear_with(world: World, made: DatalinkMonitor, *blocks: Block) -> None:
    for block in blocks:
        made.take(replace(block, at=world.clock.steady()))
    made.run()


# the tracker


@pytest.mark.parametrize("source", ["adsc", "hfdl", "xid", "decoder"])
def test_a_reported_position_is_one_of_the_aircraft_for_33_minutes(world: World, source: str) -> None:
    # Beyond the range of every receiver here.
    hear(world, a_block(hex=HEX, link="hfdl", position=at_place(50.5, -30.25, source, altitude=34000)))
    found = aircraft(world)
    assert found is not None
    assert (found["lat"], found["lon"], found["alt_baro"], found["source"]) == (50.5, -30.25, 34000, "adsc")
    world.clock.pass_by(32 * 60)
    assert (aircraft(world) or {}).get("lat") == 50.5
    world.clock.pass_by(2 * 60)
    assert aircraft(world) is None


def test_a_position_in_free_text_and_one_of_an_uplink_are_not_the_aircrafts(world: World) -> None:
    hear(world, a_block("NEAR 5030N 03015W", hex=HEX, position=at_place(50.5, -30.25, "text")))
    [message] = stored(world)
    assert message.position == at_place(50.5, -30.25, "text")
    hear(world, a_block("X", hex=HEX, downlink=False, position=at_place(50.5, -30.25)))
    assert aircraft(world) is None


def test_a_frame_without_text_makes_no_message_and_its_position_counts(world: World) -> None:
    peer = world.peer().join("/acars")
    frame = Block(0.0, "vdl2", station="HOME", hex=HEX, position=at_place(47.5, 8.6, "xid"), level=-30.0)
    hear(world, frame)
    assert (peer.got("acars:message", "/acars"), stored(world)) == ([], [])
    assert (aircraft(world) or {})["lat"] == 47.5
    [(key, count)] = monitor(world).stations.items()
    assert (key.name, count.messages, count.frames) == ("HOME", 0, 1)


def test_a_rounded_position_is_of_no_use_for_an_aircraft_whose_position_is_received(world: World) -> None:
    world.hear(HEX, lat=47.61, lon=8.53)
    look(world)
    # Old enough that another source would replace it.
    world.clock.pass_by(20)
    hear(world, Block(0.0, "vdl2", hex=HEX, position=at_place(47.6, 8.5, "xid")))
    assert (aircraft(world) or {})["lat"] == 47.61


def test_a_frame_from_the_ground_says_so_of_an_aircraft_that_is_heard_and_lists_no_other(world: World) -> None:
    world.hear(HEX, alt_baro=None)
    look(world)
    frame = Block(0.0, "vdl2", hex=HEX, on_ground=True)
    hear(world, frame, *(replace(frame, hex="4CA87D") for _ in range(3)))
    assert (aircraft(world) or {})["alt_baro"] == "ground"
    assert aircraft(world, "4CA87D") is None


def test_an_old_measurement_is_as_old_as_it_says(world: World) -> None:
    at = world.clock.wall() - 20 * 60
    hear(world, a_block(hex=HEX, position=replace(at_place(50.5, -30.25), at=at)))
    assert (aircraft(world) or {})["seen_pos"] == 20 * 60


# alert rules


def test_a_rule_on_text_alerts_once_in_the_owners_room_alone(world: World) -> None:
    rule = parse_rule(
        {"name": "Medical", "cooldown_s": 0, "match": {"all": [{"field": "acars_text", "op": "contains", "value": "medical"}]}}
    )
    owned = OwnedRule("1", world.user("ann"), rule, 1, True, frozenset(PERMISSION_NAMES))
    alerts = world.skyspy.alerts["live"]
    alerts._load = lambda _settings: RunningRules((owned,))
    alerts.follow(world.settings.current)
    ann, ben = (world.peer().join("/", {"token": world.jwt(name)}) for name in ("ann", "ben"))
    for peer in (ann, ben):
        peer.tell("subscribe", {"topics": ["alerts"]})
    world.hear(HEX, r="EI-ABC", flight="EIN123")
    look(world)
    hear(
        world,
        a_block("MEDICAL ON BOARD", tail="EI-ABC", station="HOME"),
        a_block("MEDICAL ON BOARD", tail="EI-ABC", station="HUT"),
    )
    look(world, 3)
    [alert] = ann.got("alert:triggered")
    assert (alert["hex"], alert["rule_name"]) == (HEX, "Medical")
    assert "MEDICAL ON BOARD" in alert["message"]
    assert ben.got("alert:triggered") == []


# what is too much


def test_blocks_that_arrive_faster_than_they_are_looked_at_are_left_out_and_counted(world: World) -> None:
    made = monitor(world)
    for _ in range(MAX_WAITING + 5):
        made.take(a_block())
    assert (made.waiting, made.dropped) == (MAX_WAITING, 5)
    made.run()
    assert made.waiting == MAX_WAITING - MAX_BLOCKS


# two processes


def test_a_process_that_does_not_write_shows_what_the_other_one_has_heard(twice: Twice) -> None:
    here, there = twice.worlds
    for world in twice.worlds:
        history = world.skyspy.history
        history.start()
        history.lease.loop.round()
        # The test makes the rounds.
        history.loop.stop()
        history.lease.loop.stop()
    peers = [world.peer().join("/acars") for world in twice.worlds]
    for world in twice.worlds:
        monitor(world).run()
    hear(here, a_block("ONE", hex=HEX, position=at_place(50.5, -30.25)))
    for _ in range(3):
        there.clock.pass_by(1.0)
        monitor(there).run()
    assert [[one["text"] for one in peer.got("acars:message", "/acars")] for peer in peers] == [["ONE"], ["ONE"]]
    assert (aircraft(there) or {})["lat"] == 50.5


# the namespace's setting


def test_the_setting_closes_the_namespace_as_one_that_does_not_exist_and_leaves_the_topic(sockets: World) -> None:
    peer = sockets.peer().join().join("/acars")
    peer.tell("subscribe", {"topics": ["acars"]})
    sockets.choose(ACARS_NAMESPACE=False)
    sockets.watcher.poll()
    assert peer.got("error", "/acars") == [{"code": "unknown_namespace", "message": "Invalid namespace"}]
    assert peer.gone == ["/acars"]
    other = sockets.peer().join("/acars")
    assert other.refusals["/acars"] == {"message": "Invalid namespace", "data": {"code": "unknown_namespace"}}
    hear(sockets, a_block())
    assert len(peer.got("acars:message")) == 1
    assert peer.got("acars:message", "/acars") == []
    sockets.choose(ACARS_NAMESPACE=True)
    assert sockets.peer().join("/acars").sids


def test_a_namespace_that_closes_while_a_token_is_looked_up_is_refused(world: World) -> None:
    token = world.jwt()
    changes = [{"ACARS_NAMESPACE": False}]
    world.tokens.while_identifying = lambda _token: changes and world.choose(**changes.pop())
    assert world.peer().join("/acars", {"token": token}).refusals["/acars"]["data"] == {"code": "unknown_namespace"}


@pytest.mark.parametrize("token", ["none", "bad", "good"])
@pytest.mark.parametrize("mode", ["public", "hybrid", "private"])
def test_a_closed_namespace_is_refused_alike_whoever_asks(world: World, mode: str, token: str) -> None:
    world.choose(ACARS_NAMESPACE=False, AUTH_MODE=mode, WS_REJECT_INVALID_TOKENS=True)
    auth = {"none": None, "bad": {"token": "wrong"}, "good": {"token": world.jwt()}}[token]
    assert world.peer().join("/acars", auth).refusals["/acars"]["data"] == {"code": "unknown_namespace"}

"""/metrics: who may read it, that its numbers move, and that it names nobody."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask_socketio import ConnectionRefusedError as Refusal
from prometheus_client.parser import text_string_to_metric_families

from skyspy.address import Peer
from skyspy.aircraft import Observation
from skyspy.auth.principal import ANONYMOUS
from skyspy.decode import FORMATS, Context
from skyspy.feedurl import parse
from skyspy.metrics import METRICS
from skyspy.presence.sessions import Session
from skyspy.receivers.receiver import Receiver
from skyspy.services.health_parts import PARTS
from skyspy.store import roles
from skyspy.tracker.position import LATE
from skyspy.transport.connection import ClientConnection
from skyspy.transport.outbox import Outbox
from skyspy.transport.setup import registry_of
from tests.service.test_api_gate import BrokenSettings, served_with
from tests.support.world import OPERATOR, World

NOTHING_COUNTED_YET = {"skyspy_loop_rounds_total", "skyspy_loop_crashes_total", "skyspy_hub_lag_average_seconds",
    "skyspy_hub_lag_max_seconds", "skyspy_history_bytes", "skyspy_history_disk_free_bytes", "skyspy_safety_round_seconds",
    "skyspy_alert_round_seconds", "skyspy_datalink_round_seconds"}  # fmt: skip
"""Metrics without a sample while nothing is started."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, SKYSPY_FEEDS="sbs://op:canary@127.0.0.1:1 acars+udp://127.0.0.1:5550")
    yield made
    made.close()


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


def numbers(world: World, token: str | None = None) -> dict[tuple[str, ...], float]:
    """Every sample, by its name and the values of its labels in the order of its row."""
    answer = world.get("/metrics", token or world.key(name="prometheus", role="viewer"))
    assert answer.status_code == 200, answer.text
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    ours = [sample for sample in samples if sample.name.startswith("skyspy_")]
    return {(sample.name, *(sample.labels[label] for label in METRICS[sample.name].labels)): sample.value for sample in ours}


# -- who may ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["public", "hybrid", "private"])
def test_without_an_identity_it_is_refused_in_every_mode(world: World, mode: str) -> None:
    world.choose(AUTH_MODE=mode)
    answer = world.get("/metrics")
    assert code(answer) == (401, "token_missing")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert code(world.get("/metrics", "sk_live_nonsense")) == (401, "token_invalid")


@pytest.mark.parametrize("mode", ["public", "hybrid", "private"])
def test_an_identity_that_does_not_hold_stats_view_is_refused_in_every_mode(world: World, mode: str) -> None:
    world.choose(AUTH_MODE=mode, FEATURE_ACCESS="stats=public")
    world.skyspy.store.write(roles.create, "listeners", frozenset({"audio.view"}), "", OPERATOR, world.clock.wall())
    assert code(world.get("/metrics", world.key(name="lis", role="listeners"))) == (403, "permission_denied")
    assert code(world.get("/metrics", world.key(scopes=["aircraft.view"]))) == (403, "permission_denied")


@pytest.mark.parametrize("mode", ["public", "hybrid", "private"])
def test_a_key_or_user_with_stats_view_reads_it_in_every_mode(world: World, mode: str) -> None:
    world.choose(AUTH_MODE=mode, FEATURE_ACCESS="stats=permission")
    for token in (world.key(name="view", role="viewer", scopes=["stats.view"]), world.jwt("vic", "viewer")):
        answer = world.get("/metrics", token)
        assert (answer.status_code, answer.mimetype) == (200, "text/plain")
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_test_key_sees_the_sandbox_only_so_it_is_refused(world: World) -> None:
    assert code(world.get("/metrics", world.key(kind="test"))) == (403, "permission_denied")


@pytest.mark.parametrize("mode", ["public", "hybrid", "private"])
def test_with_metrics_public_anyone_reads_it_in_every_mode_and_nothing_else(world: World, mode: str) -> None:
    world.choose(AUTH_MODE=mode, METRICS_PUBLIC=True)
    assert world.get("/metrics").status_code == 200
    assert code(world.get("/api/auth/me/")) == (401, "token_missing")
    world.choose(METRICS_PUBLIC=False)
    assert code(world.get("/metrics")) == (401, "token_missing")


@pytest.mark.parametrize("public", [False, True])
def test_while_the_settings_cannot_be_read_nobody_is_let_in(world: World, public: bool) -> None:
    world.choose(METRICS_PUBLIC=public)
    token = world.key()
    client = served_with(world, settings=BrokenSettings(world.skyspy.settings.current))
    assert code(client.get("/metrics", headers={"X-API-Key": token})) == (503, "overloaded")


# -- what it says ----------------------------------------------------------------------------------


def test_every_metric_of_the_table_is_there_with_its_labels(world: World) -> None:
    world.get("/healthz")
    assert {name for name, *_ in numbers(world)} == set(METRICS) - NOTHING_COUNTED_YET


def test_no_metric_names_a_secret_an_address_a_user_or_a_host(world: World) -> None:
    key = world.key(name="secretive-user")
    world.skyspy.sessions.add(Session("s", "t", "/", ANONYMOUS, "198.51.100.77", 0.0))
    text = world.get("/metrics", key).text
    for word in ("canary", "198.51.100.77", "secretive-user", "127.0.0.1", key, str(world.skyspy.store.where)):
        assert word not in text
    assert 'receiver="sbs-1"' in text


def test_each_process_says_which_it_is(world: World, tmp_path: Path) -> None:
    other = World(tmp_path / "other")
    found = [[key for key in numbers(one) if key[0] == "skyspy_info"] for one in (world, other)]
    assert [len(keys) for keys in found] == [1, 1]
    assert found[0][0][2] == world.skyspy.sessions.process != found[1][0][2]
    other.close()


def test_a_client_that_is_refused_is_counted_by_namespace_and_code(world: World) -> None:
    world.choose(AUTH_MODE="private")
    namespace = world.skyspy.socketio.server.namespace_handlers["/"]
    server = world.skyspy.socketio.server
    engine = SimpleNamespace(sid="transport", queue=Outbox())
    registry_of(server).connections["transport"] = ClientConnection(registry_of(server), engine, Peer("198.51.100.7"))
    sid = server.manager.pre_connect("transport", "/")
    with pytest.raises(Refusal):
        namespace.trigger_event("connect", sid, {"REMOTE_ADDR": "198.51.100.7"}, None)
    found = numbers(world)
    assert found["skyspy_namespace_refused_total", "/", "token_missing"] == 1
    assert found["skyspy_namespace_refused_total", "/", "overloaded"] == 0


def test_a_connection_that_is_refused_before_it_opened_is_counted(world: World) -> None:
    counts = registry_of(world.skyspy.socketio.server).counts
    counts.refused, counts.slow, counts.binary = 3, 2, 1
    found = numbers(world)
    assert found["skyspy_connections_refused_total",] == 3
    assert found["skyspy_connections_closed_total", "slow"] == 2
    assert found["skyspy_packets_refused_total", "binary"] == 1


def test_a_crash_of_a_namespace_handler_is_counted(world: World) -> None:
    namespace = world.skyspy.socketio.server.namespace_handlers["/audio"]
    world.skyspy.sessions.add(Session("s", "t", "/audio", ANONYMOUS, "198.51.100.7", 0.0))
    namespace.trigger_event("ping", "s", None)  # It was never admitted, so it has no event rate: a bug of ours, made by hand.
    found = numbers(world)
    assert found["skyspy_namespace_crashes_total", "/audio"] == 1
    assert found["skyspy_sessions", "/audio", "anonymous"] == 1


def test_what_a_tracker_refuses_is_counted_by_reason(world: World) -> None:
    world.hear("4B1800")
    world.skyspy.skies["live"].ingest(Observation("4B1800", world.clock.steady() - 3600, "adsb_icao", {"gs": 1.0}))
    found = numbers(world)
    assert found["skyspy_tracker_refused_total", "live", LATE] == 1
    assert found["skyspy_tracker_refused_total", "sandbox", LATE] == 0
    assert found["skyspy_aircraft", "live"] == found["skyspy_aircraft_held", "live"] == 1


class Reads:
    """A way to a receiver that brings these bytes."""

    up_state = "up"

    def __init__(self, decoder: Any, data: bytes) -> None:
        self.decoder, self.data = decoder, data

    def read(self, receiver: Receiver) -> None:
        receiver.begin_session(self.decoder)
        receiver.decode_stream(self.data)


def test_a_receivers_bad_lines_messages_and_bytes_are_counted_and_kept_over_a_reconnect(world: World) -> None:
    receivers = world.skyspy.skies["live"].receivers
    receiver = receivers.receiver(receivers.names()[0])
    data = b"MSG,3,1,1,4B1800,1,,,,,,37000,,,47.5,8.5,,,,,,0\r\nthis is no SBS\r\nSTA,,,,,,,,,,RM\r\n"
    for round_ in (1, 2):
        Reads(FORMATS["sbs"].make(Context()), data).read(receiver)
        found = {name: value for (name, *labels), value in numbers(world).items() if labels == ["live", "sbs-1"]}
        assert found["skyspy_receiver_messages_total"] == round_
        assert found["skyspy_receiver_bad_total"] == round_
        assert found["skyspy_receiver_skipped_total"] == round_
        assert found["skyspy_receiver_bytes_total"] == round_ * len(data)
    assert found["skyspy_receiver_up"] == 1
    receiver.crashes += 1
    assert numbers(world)["skyspy_receiver_crashes_total", "live", "sbs-1"] == 1


def test_bad_tokens_failed_sign_ins_and_responses_are_counted(world: World) -> None:
    world.user("ann")
    world.get("/api/stats/", "sk_live_nonsense")
    for _ in range(2):
        world.post("/api/auth/token/", {"username": "ann", "password": "wrong"})
    world.choose(LOGIN_ATTEMPTS_PER_ADDRESS=1, LOGIN_ATTEMPTS_PER_ACCOUNT=1)
    assert world.post("/api/auth/token/", {"username": "ann", "password": "wrong"}).status_code == 429
    found = numbers(world)
    assert found["skyspy_tokens_refused_total", "token_invalid"] == 1
    assert found["skyspy_sign_ins_failed_total",] == 2
    assert found["skyspy_sign_ins_throttled_total",] == 1
    assert found["skyspy_http_responses_total", "401"] == 3
    assert found["skyspy_http_responses_total", "429"] == 1


def test_rounds_and_crashes_of_every_loop_and_the_hubs_lag_are_counted(world: World) -> None:
    stats = world.skyspy.stats
    stats.loops = [world.skyspy.skies["live"].loop, stats.lag.loop]
    stats.lag.loop.round()
    world.clock.pass_by(0.755)
    stats.lag.loop.round()
    world.skyspy.skies["live"].loop.crashes = 2
    found = numbers(world)
    assert found["skyspy_loop_rounds_total", "measuring the hub's lag"] == 2
    assert found["skyspy_loop_crashes_total", "the live sky's tick"] == 2
    assert found["skyspy_hub_lag_max_seconds",] == pytest.approx(0.5)


def test_what_waits_for_clients_and_what_was_sent_is_counted(world: World) -> None:
    world.skyspy.broadcast.published, world.skyspy.broadcast.delivered = 2, 7
    found = numbers(world)
    assert (found["skyspy_broadcast_published_total",], found["skyspy_broadcast_delivered_total",]) == (2, 7)
    assert (found["skyspy_connections",], found["skyspy_outbox_bytes",], found["skyspy_outbox_max_bytes",]) == (0, 0, 0)


def test_a_new_receiver_of_the_panel_is_counted_under_its_public_name(world: World) -> None:
    world.skyspy.skies["live"].receivers.add(parse("beast://secret-host:30005"))
    assert ("skyspy_receiver_up", "live", "beast-1") in numbers(world)


def test_reading_the_report_changes_nothing_and_logs_nothing(world: World) -> None:
    token = world.key(name="prometheus", role="viewer")
    first = numbers(world, token)
    lines = world.skyspy.stats.log.lines
    second = numbers(world, token)
    moved = {name for (name, *_), value in second.items() if first.get((name, *_)) != value}
    assert moved <= {"skyspy_http_responses_total"}
    assert world.skyspy.stats.log.lines == lines
    assert all(part(world.skyspy) is not None for part in PARTS)
    assert logging.getLogger("skyspy").handlers.count(world.skyspy.stats.log) == 1

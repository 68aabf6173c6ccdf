"""Publication to a real broker: acknowledged, over TLS, with a user, in both versions; and a broker that restarts, refuses or is none."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent import socket

from skyspy import wirejson
from skyspy.clock import Clock
from skyspy.notify.deliverer import Deliverer
from skyspy.notify.destination import Destination, Outcome, Timing
from skyspy.notify.mqtt import MAX_RECEIVED_BYTES, Brokers
from skyspy.notify.send import Senders
from skyspy.outbound.resolver import Resolver
from tests.support.clock import StillClock
from tests.support.machine import missing
from tests.support.notify import (
    NOW,
    Broker,
    Certificates,
    Listener,
    MemoryDestinations,
    MemoryOutbox,
    PublicNames,
    Row,
    destination,
    free_port,
    message,
)
from tests.support.sources import FakeReceiver, Flood, says, wait_for

ANYBODY = "allow_anonymous true"
QUICK = Timing(connect_s=5.0, total_s=0.5)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    made = Broker(tmp_path_factory.mktemp("broker"), ANYBODY)
    yield made
    made.stop()


@pytest.fixture
def heard(broker: Broker, tmp_path: Path) -> Iterator[Listener]:
    made = Listener(broker, "#", tmp_path, "-R")
    yield made
    made.close()


def to(port: int, *, may_private: bool = True, **document: Any) -> Destination:
    return destination("mqtt", {"host": "127.0.0.1", "port": port, "tls": False} | document, may_private=may_private)


def sent(there: Destination, timing: Timing | None = None, **of: Any) -> Outcome:
    senders = Senders({"mqtt": Brokers(Resolver(), timing)}, Clock())
    outcome = senders.send(there, message(**of))
    senders.close()
    return outcome


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_an_alert_is_published_and_acknowledged_in_both_versions(broker: Broker, heard: Listener, version: str) -> None:
    assert sent(to(broker.port, version=version)) == Outcome(ok=True)
    wait_for(lambda: heard.messages)
    topic, text = heard.messages[0]
    document = wirejson.loads(text)
    assert topic == "skyspy/alerts/7"
    assert (document["id"], document["data"]["hex"], document["data"]["text"]) == ("msg_1", "4b1234", "REGA1 is at 2500 ft")


def test_the_topic_is_the_owners_template(broker: Broker, heard: Listener) -> None:
    assert sent(to(broker.port, topic="home/{owner}/{rule}/{hex}/{callsign}"), callsign="A/+#B").ok
    wait_for(lambda: heard.messages)
    assert heard.messages[0][0] == "home/7/3/4b1234/AB"


def test_a_retained_alert_is_there_for_who_comes_later(broker: Broker, tmp_path: Path) -> None:
    topic = f"kept/{time.monotonic_ns()}"
    assert sent(to(broker.port, topic=topic, retain=True)).ok
    late = Listener(broker, topic, tmp_path)
    wait_for(lambda: late.messages)
    late.close()


def test_a_long_text_is_shortened_for_its_own_destination(broker: Broker, heard: Listener) -> None:
    assert sent(to(broker.port, max_characters=50), body="word " * 100_000).ok
    assert sent(to(broker.port), body="word " * 100_000).ok
    wait_for(lambda: len(heard.messages) == 2)
    texts = [wirejson.loads(text)["data"]["text"] for _, text in heard.messages]
    assert len(texts[0]) <= 50 and 60_000 < len(texts[1]) < 65_536


def test_what_a_broker_takes_at_most_shortens_the_text(tmp_path: Path) -> None:
    small = Broker(tmp_path, ANYBODY, "max_packet_size 3000")
    heard = Listener(small, "#", tmp_path, "-V", "mqttv5")
    assert sent(to(small.port, version="5"), body="word " * 10_000).ok
    wait_for(lambda: heard.messages)
    assert 2000 < len(heard.messages[0][1]) < 3000
    heard.close()
    small.stop()


# -- who may ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    folder = tmp_path_factory.mktemp("guarded")
    if shutil.which("mosquitto_passwd") is None:
        missing("mosquitto_passwd is not installed")
    passwords, rights = folder / "passwords", folder / "rights"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "sky", "canary-password"], check=True, capture_output=True)
    rights.write_text("user sky\ntopic readwrite own/#\n", encoding="ascii")
    made = Broker(folder, "allow_anonymous false", f"password_file {passwords}", f"acl_file {rights}")
    yield made
    made.stop()


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_user_and_a_password_are_taken_and_a_wrong_one_is_said(guarded: Broker, version: str) -> None:
    own = {"topic": "own/{owner}", "version": version}
    assert sent(to(guarded.port, username="sky", password="canary-password", **own)).ok
    for wrong in ({"username": "sky", "password": "canary-wrong"}, {"username": "sky"}, {}):
        outcome = sent(to(guarded.port, **wrong, **own))
        assert not outcome.ok and outcome.reason.startswith("the broker refused the connection (")
        assert "canary" not in outcome.reason


def test_a_topic_that_the_user_may_not_write_is_said(guarded: Broker) -> None:
    outcome = sent(to(guarded.port, username="sky", password="canary-password", topic="other/{owner}", version="5"))
    assert (outcome.ok, outcome.reason) == (False, "the broker refused the message (not authorized)")


def test_s20_a_password_goes_to_the_broker_for_which_it_was_entered_alone(guarded: Broker) -> None:
    right = to(guarded.port, username="sky", password="canary-password", topic="own/x")
    other = Destination(1, 7, "mqtt", "x", {**right.settings, "host": "localhost"}, right.secrets, may_private=True)
    assert sent(right).ok
    assert not sent(other).ok, "its row was changed by hand"


# -- TLS -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_over_tls_the_brokers_certificate_is_checked(tmp_path: Path, version: str) -> None:
    made = Certificates(tmp_path)
    broker = Broker(tmp_path, ANYBODY, f"cafile {made.authority}", f"certfile {made.certificate}", f"keyfile {made.key}")
    ca = made.authority.read_text(encoding="ascii")
    assert "its certificate is not trusted" in sent(to(broker.port, tls=True, version=version)).reason
    assert sent(to(broker.port, tls=True, ca=ca, version=version), body="word " * 5000).ok
    assert not sent(to(broker.port, version=version), QUICK).ok, "without TLS"
    broker.stop()


# -- what goes wrong -------------------------------------------------------------------------------


def test_a_broker_that_restarts_gets_every_alert_once_and_in_order(tmp_path: Path) -> None:
    broker, clock = Broker(tmp_path, ANYBODY), StillClock(NOW)
    outbox, there = MemoryOutbox(), to(broker.port)
    deliverer = Deliverer(
        outbox, MemoryDestinations(there), Senders({"mqtt": Brokers(Resolver())}, clock), clock, lambda: True, lambda: 0.0
    )

    def round() -> None:
        deliverer.round()
        wait_for(lambda: not deliverer.under_way)

    outbox.rows |= {"msg_0": Row("msg_0")}
    first = Listener(broker, "#", tmp_path)
    round()
    wait_for(lambda: first.messages)
    broker.stop()
    first.close()
    outbox.rows |= {f"msg_{number}": Row(f"msg_{number}") for number in (1, 2)}
    round()
    assert outbox.rows["msg_1"].error == "the connection failed: connection refused"
    broker.start()
    second = Listener(broker, "#", tmp_path)
    clock.pass_by(5)
    for _ in range(3):
        round()
    wait_for(lambda: len(second.messages) == 2)
    assert [wirejson.loads(text)["id"] for _, text in second.messages] == ["msg_1", "msg_2"]
    assert set(outbox.states().values()) == {"sent"}
    second.close()
    broker.stop()


CONNACK = b"\x20\x02\x00\x00"


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ((), "closed the connection"),
        ((CONNACK,), "closed the connection"),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), ""),
        ((b"\xff" * 50,), ""),
        ((b"\x20\x00",), ""),
        ((b"\x20\x7f" + b"\x00" * 127,), ""),
        ((CONNACK, b"\x40\x01\x00"), ""),
        ((CONNACK, b"\x40\x02\xff\xff"), "closed the connection"),
        ((CONNACK, b"\x30\xff\xff\xff\x7f"), ""),
        ((b"\x00" * 20,), ""),
    ],
)
@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_s29_what_is_no_broker_costs_one_try_and_is_said(pieces: tuple[bytes, ...], words: str, version: str) -> None:
    peer = FakeReceiver(says(*pieces))
    outcome = sent(to(peer.port, version=version), QUICK)
    assert not outcome.ok and words in outcome.reason
    assert "error of the server" not in outcome.reason, outcome.reason
    peer.close()


def test_s29_a_broker_that_answers_nothing_or_never_acknowledges_costs_a_bounded_try() -> None:
    for pieces in ((), (CONNACK,)):
        peer = FakeReceiver(says(*pieces, then_hang=True))
        assert sent(to(peer.port), QUICK).reason == "no answer in 0.5 s"
        peer.close()


@pytest.mark.parametrize("goes_on", [b"\xd0\x00", b"\x30\x05\x00\x01aXX", b"\x40\x02\x00\x07"])
def test_s29_a_broker_that_sends_without_an_end_is_cut_off_in_bytes(goes_on: bytes) -> None:
    flood = Flood(CONNACK, goes_on)
    outcome = sent(to(flood.port), Timing())
    assert outcome.reason == "the broker sends more than 64 KiB for one message"
    assert flood.sent <= MAX_RECEIVED_BYTES + 16 * 1024 * 1024
    flood.close()


def test_s29_while_a_broker_is_silent_other_greenlets_run() -> None:
    peer = FakeReceiver(says(then_hang=True))
    waiting = gevent.spawn(sent, to(peer.port), Timing())
    wait_for(lambda: peer.connections)
    assert sent(to(free_port())).reason == "the connection failed: connection refused"
    waiting.kill()
    peer.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:7f00:1"])
def test_s19_a_broker_inside_is_not_connected_to(address: str) -> None:
    names = PublicNames(broker=[address])
    there = destination("mqtt", {"host": "broker.example"}, may_private=False)
    outcome = Senders({"mqtt": Brokers(names.resolver)}, Clock()).send(there, message())
    assert not outcome.ok and "the host is in" in outcome.reason


def test_s19_a_brokers_name_is_resolved_once_and_its_certificate_is_checked_for_the_name(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    broker = Broker(tmp_path, ANYBODY, f"cafile {made.authority}", f"certfile {made.certificate}", f"keyfile {made.key}")
    lookups: list[str] = []

    def lookup(host: str, port: int) -> list[Any]:
        lookups.append(host)
        return [(socket.AF_INET, ("127.0.0.1", port))]

    ca = made.authority.read_text(encoding="ascii")
    for host, ok in (("hooks.example", True), ("other.example", False)):
        there = destination("mqtt", {"host": host, "port": broker.port, "ca": ca})
        outcome = Senders({"mqtt": Brokers(Resolver(lookup))}, Clock()).send(there, message())
        assert outcome.ok is ok, outcome.reason
    assert lookups == ["hooks.example", "other.example"]
    broker.stop()

"""Webhooks over real connections: signed, bounded in bytes and time, and led nowhere by the other side."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent import socket
from standardwebhooks import Webhook, WebhookVerificationError

from skyspy import wirejson
from skyspy.clock import Clock
from skyspy.notify.destination import Destination, Outcome, Timing
from skyspy.notify.send import Senders
from skyspy.notify.settings import check, new_secret
from skyspy.notify.webhook import MAX_HEAD_BYTES, Webhooks
from skyspy.outbound.resolver import Resolver
from tests.conftest import ROOT
from tests.support.clock import StillClock
from tests.support.hub import rounds_counted
from tests.support.notify import (
    NOW,
    OK,
    Broker,
    Certificates,
    HookServer,
    PublicNames,
    answers,
    destination,
    endless,
    free_port,
    message,
    silent,
    trickling,
)
from tests.support.sources import Flood, wait_for

QUICK = Timing(connect_s=5.0, total_s=0.4)
"""For what ends by its time."""


@pytest.fixture
def server() -> Iterator[HookServer]:
    made = HookServer()
    yield made
    made.close()


def sent(to: Destination, timing: Timing | None = None, names: PublicNames | None = None, **of: Any) -> Outcome:
    """One try, through what every kind of destination goes through."""
    webhooks = Webhooks(Resolver(), Clock(), timing) if names is None else Webhooks(names.resolver, Clock(), timing, names.dial)
    senders = Senders({"webhook": webhooks}, Clock())
    outcome = senders.send(to, message(**of))
    senders.close()
    return outcome


def to(server: HookServer, **document: Any) -> Destination:
    return destination("webhook", {"url": server.url} | document)


def test_the_signature_is_verified_by_another_implementation(server: HookServer) -> None:
    there = to(server)
    assert sent(there, body="Zürich ✈ 2500 ft") == Outcome(ok=True, status=204)
    (hook,) = server.received
    document = Webhook(there.secrets["secret"]).verify(hook.body, dict(hook.headers))
    assert document["data"]["text"] == "Zürich ✈ 2500 ft"
    assert document["id"] == hook.id == "msg_1"
    with pytest.raises(WebhookVerificationError):
        Webhook(there.secrets["secret"]).verify(hook.body + b" ", dict(hook.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(hook.body, dict(hook.headers))


def test_the_id_is_the_same_in_every_try_and_the_time_is_that_of_the_try() -> None:
    server, clock = HookServer(answers("503 Busy"), OK), StillClock()
    webhooks, there = Webhooks(Resolver(), clock), to(server)
    assert not webhooks.send(there, message()).ok
    clock.pass_by(300)
    assert webhooks.send(there, message()).ok
    first, second = server.received
    assert (first.id, first.body) == (second.id, second.body)
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 300
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    webhooks.close()
    server.close()


def test_while_a_secret_is_replaced_both_sign_and_afterwards_the_new_one_alone(server: HookServer) -> None:
    there = to(server)
    rotated = check("webhook", {"rotate": True}, may_private=True, now=time.time(), former=there.secrets)
    both = replace(there, secrets=rotated.secrets)
    assert sent(both).ok
    hook = server.received[-1]
    assert len(hook.headers["webhook-signature"].split(" ")) == 2
    for secret in (there.secrets["secret"], rotated.secrets["secret"]):
        Webhook(secret).verify(hook.body, dict(hook.headers))
    assert sent(replace(both, secrets={**rotated.secrets, "former_until": str(time.time() - 1)})).ok
    hook = server.received[-1]
    Webhook(rotated.secrets["secret"]).verify(hook.body, dict(hook.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(there.secrets["secret"]).verify(hook.body, dict(hook.headers))


def test_the_signature_is_over_the_exact_bytes_in_the_form_of_the_specification(server: HookServer) -> None:
    there = to(server)
    sent(there)
    (hook,) = server.received
    key = base64.b64decode(there.secrets["secret"].removeprefix("whsec_"))
    signed = f"{hook.id}.{hook.headers['webhook-timestamp']}.".encode() + hook.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert hook.headers["webhook-signature"] == f"v1,{expected}"


def test_a_request_says_what_it_is_and_nothing_of_the_receiver(server: HookServer) -> None:
    sent(to(server))
    (hook,) = server.received
    assert hook.line == "POST /hook?token=canary-in-a-query HTTP/1.1"
    assert hook.headers["content-type"] == "application/json"
    assert hook.headers["host"] == f"127.0.0.1:{server.port}"
    assert set(hook.headers) == {
        "host", "accept-encoding", "content-length", "content-type", "user-agent", "connection",
        "webhook-id", "webhook-timestamp", "webhook-signature",
    }  # fmt: skip


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "204 No Content", "299 Odd"])
def test_every_2xx_is_delivered(status: str) -> None:
    server = HookServer(answers(status))
    assert sent(to(server)).ok
    server.close()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("400 canary", "answered 400 Bad Request"),
        ("401 canary", "answered 401 Unauthorized"),
        ("404 canary", "answered 404 Not Found"),
        ("500 canary", "answered 500 Internal Server Error"),
        ("503 canary", "answered 503 Service Unavailable"),
        ("599 canary", "answered 599"),
    ],
)
def test_any_other_answer_is_a_failure_with_its_status_and_none_of_the_servers_words(status: str, words: str) -> None:
    server = HookServer(answers(status))
    outcome = sent(to(server))
    assert (outcome.ok, outcome.status, outcome.is_gone) == (False, int(status[:3]), False)
    assert outcome.reason.endswith(words)
    server.close()


def test_410_ends_the_destination() -> None:
    server = HookServer(answers("410 Gone"))
    assert sent(to(server)).is_gone
    server.close()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120.0), ("0", 0.0), ("Fri, 15 Jan 2027 08:01:00 GMT", 60.0), ("Fri, 15 Jan 2021 08:00:00 GMT", 0.0), ("canary", None), ("-3", None),
     ("9" * 40, None), ("", None), ("²", None), ("1.5", None)],
)  # fmt: skip
def test_what_a_server_asks_to_wait_is_read_in_both_forms(header: str, seconds: float | None) -> None:
    server = HookServer(b"HTTP/1.1 429 X\r\nRetry-After: " + header.encode("latin-1") + b"\r\nContent-Length: 0\r\n\r\n")
    webhooks = Webhooks(Resolver(), StillClock(NOW))
    assert webhooks.send(to(server), message()).retry_after_s == seconds
    webhooks.close()
    server.close()


# -- what the other side does ----------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_s19_a_redirect_to_loopback_is_not_followed(status: int) -> None:
    inner = HookServer()
    outer = HookServer(answers(f"{status} Moved", f"Location: {inner.url}"))
    outcome = sent(to(outer))
    assert (outcome.ok, outcome.status) == (False, status)
    assert "redirects are not followed" in outcome.reason
    assert (inner.received, len(outer.received)) == ([], 1)
    inner.close()
    outer.close()


def test_s19_a_name_that_changes_its_answer_is_connected_to_where_it_was_judged(server: HookServer) -> None:
    names = PublicNames(hooks=["93.184.216.34", "127.0.0.1"])
    names.port = server.port
    there = destination("webhook", {"url": "http://hooks.example/x"}, may_private=False)
    assert sent(there, names=names).ok
    assert (names.lookups, names.dialed) == (["hooks.example"], ["93.184.216.34"])
    assert server.received[0].headers["host"] == "hooks.example"


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1", "100.64.0.1"]
)
def test_s19_a_name_that_leads_inside_is_not_connected_to(server: HookServer, address: str) -> None:
    names = PublicNames(hooks=[address])
    names.port = server.port
    outcome = sent(destination("webhook", {"url": "http://hooks.example/x"}, may_private=False), names=names)
    assert not outcome.ok and "the host is in" in outcome.reason
    assert (server.received, names.dialed) == ([], [])


def test_s19_an_address_that_was_stored_before_is_judged_again(server: HookServer) -> None:
    # Its owner held settings.manage when it was saved.
    assert "only who may manage settings" in sent(replace(to(server), may_private=False)).reason
    assert server.received == []


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_s19_no_proxy_of_the_environment_is_used(server: HookServer, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert sent(to(server)).ok
    assert server.received[0].line.startswith("POST /hook")


def test_an_answer_may_take_longer_than_a_connection() -> None:
    server = HookServer(lambda sock: (gevent.sleep(0.4), sock.sendall(OK)))  # type: ignore[arg-type, return-value]
    assert sent(to(server), Timing(connect_s=0.2, total_s=30.0)).ok
    server.close()


@pytest.mark.parametrize("behavior", [silent, trickling])
def test_s29_a_server_that_does_not_come_to_an_end_costs_one_bounded_try(behavior: Any) -> None:
    server = HookServer(behavior)
    began = time.monotonic()
    assert sent(to(server), QUICK).reason == "no answer in 0.4 s"
    assert time.monotonic() - began < 30
    server.close()


def test_s29_of_a_body_without_an_end_nothing_is_read() -> None:
    server = HookServer(endless)
    assert sent(to(server)) == Outcome(ok=True, status=200)
    server.close()


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 8000 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 1000 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"", b"x"),
    ],
)
def test_s29_an_answer_without_an_end_is_cut_off_in_bytes_and_others_go_on(begins: bytes, goes_on: bytes) -> None:
    flood = Flood(begins, goes_on)
    with rounds_counted() as rounds:
        outcome = sent(destination("webhook", {"url": f"http://127.0.0.1:{flood.port}/"}), Timing())
        assert rounds.count > 0
    assert not outcome.ok and outcome.reason.isprintable()
    assert "more than 32 KiB" in outcome.reason or b"y" * 1000 not in goes_on
    assert flood.sent <= MAX_HEAD_BYTES + 16 * 1024 * 1024
    flood.close()


def test_what_is_not_reached_is_said_in_a_few_words() -> None:
    assert (
        sent(destination("webhook", {"url": f"http://127.0.0.1:{free_port()}/"})).reason
        == "the connection failed: connection refused"
    )
    hangs_up, other = HookServer(lambda sock: sock.close()), HookServer(b"220 mail.example ESMTP\r\n")
    assert sent(to(hangs_up)).reason == "the server closed the connection without an answer"
    assert sent(to(other)).reason == "what answers there does not speak HTTP"
    hangs_up.close()
    other.close()


def test_a_name_that_does_not_exist_is_said() -> None:
    def lookup(host: str, port: int) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "canary")

    webhooks = Webhooks(Resolver(lookup), Clock())
    senders = Senders({"webhook": webhooks}, Clock())
    outcome = senders.send(destination("webhook", {"url": "http://nothing.example/"}), message())
    assert outcome.reason == "the name of the host does not exist"
    senders.close()


# -- TLS -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def secure(certificates: Certificates) -> Iterator[HookServer]:
    made = HookServer(tls=certificates.context)
    yield made
    made.close()


def test_a_certificate_of_an_unknown_authority_is_not_trusted_and_nothing_is_sent(secure: HookServer) -> None:
    outcome = sent(destination("webhook", {"url": secure.url.replace("http:", "https:")}))
    assert not outcome.ok and "its certificate is not trusted" in outcome.reason
    assert secure.received == []


def test_an_authority_that_the_owner_names_is_trusted_for_the_right_name_only(
    secure: HookServer, certificates: Certificates
) -> None:
    ca = certificates.authority.read_text(encoding="ascii")
    names = PublicNames(hooks=["93.184.216.34"], other=["93.184.216.34"])
    names.port = secure.port
    right = destination("webhook", {"url": "https://hooks.example/x", "ca": ca}, may_private=False)
    assert sent(right, names=names).ok
    wrong = destination("webhook", {"url": "https://other.example/x", "ca": ca}, may_private=False)
    assert "its certificate is not trusted" in sent(wrong, names=names).reason
    assert len(secure.received) == 1


def test_a_server_without_tls_is_said() -> None:
    server = HookServer(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    outcome = sent(destination("webhook", {"url": server.url.replace("http:", "https:")}), QUICK)
    assert not outcome.ok and outcome.status is None
    server.close()


# -- secrets, and tests of a destination -----------------------------------------------------------


def test_s20_no_secret_of_a_destination_is_in_a_reason_or_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("skyspy")
    logger.addHandler(caplog.handler)
    caplog.set_level(logging.DEBUG)
    canary = "canary-9f3b"
    behaviors: list[Any] = [
        silent,
        trickling,
        answers("500 X"),
        answers("302 X", f"Location: http://{canary}/"),
        b"garbage\r\n",
        OK,
    ]
    outcomes = []
    for behavior in behaviors:
        server = HookServer(behavior)
        outcomes.append(sent(destination("webhook", {"url": f"http://127.0.0.1:{server.port}/{canary}?{canary}"}), QUICK))
        server.close()
    there = destination("webhook", {"url": f"http://127.0.0.1:{free_port()}/{canary}"})
    outcomes += [
        sent(there),
        sent(replace(there, may_private=False)),
        sent(replace(there, secrets={"url": canary, "secret": canary})),
    ]
    assert "an error of the server" in outcomes[-1].reason
    assert canary not in str(outcomes) + caplog.text + repr(there)
    assert there.secrets["secret"] not in caplog.text
    logger.removeHandler(caplog.handler)


def test_a_test_is_sent_at_once_and_says_that_it_is_one(server: HookServer) -> None:
    senders = Senders({"webhook": Webhooks(Resolver(), Clock())}, Clock())
    there = to(server)
    assert senders.send_test(there).ok
    (hook,) = server.received
    document = Webhook(there.secrets["secret"]).verify(hook.body, dict(hook.headers))
    assert (document["type"], document["data"]["test"]) == ("alert.test", True)
    assert senders.send_test(replace(there, kind="browser")).reason == "nothing is sent to a destination of the kind browser"
    assert senders.counts == {("webhook", "sent"): 1, ("browser", "failed"): 1}
    senders.close()


def test_an_owner_has_one_test_under_way_and_others_are_not_kept_waiting(server: HookServer) -> None:
    stuck = HookServer(silent)
    senders = Senders({"webhook": Webhooks(Resolver(), Clock())}, Clock())
    waiting = gevent.spawn(senders.send_test, to(stuck))
    wait_for(lambda: stuck.open)
    assert senders.send_test(to(server)).reason == "another test is under way: try again when it has ended"
    assert senders.send_test(replace(to(server), owner_id=8)).ok
    waiting.kill()
    assert senders.send_test(to(server)).ok
    senders.close()
    stuck.close()


# -- the process of the server ---------------------------------------------------------------------

PATCHED = """
import sys
from gevent import monkey
monkey.patch_all()
import gevent, threading
from skyspy.auth.secret import Secret
from skyspy.clock import Clock
from skyspy.notify import build, vault
from tests.support.notify import HookServer, destination, message, silent, answers
from tests.support.sources import wait_for
stuck, well = HookServer(silent), HookServer()
senders = build.senders(Clock())
waiting = gevent.spawn(senders.send, destination("webhook", {"url": stuck.url}), message())
wait_for(lambda: stuck.received)
assert senders.send(destination("webhook", {"url": well.url}), message()).ok
broker = destination("mqtt", {"host": "127.0.0.1", "port": int(sys.argv[1]), "tls": False})
assert senders.send(broker, message()).ok
assert not waiting.dead, "the silent one was not waited for"
secret = Secret("a secret key of the test, long enough")
assert vault.unseal(secret, 7, vault.seal(secret, 7, {"a": "b"})) == {"a": "b"}
assert "apprise" not in sys.modules
waiting.kill()
print("well")
"""


def test_all_of_it_works_in_a_monkey_patched_process_while_another_destination_is_silent(tmp_path: Path) -> None:
    broker = Broker(tmp_path, "allow_anonymous true")
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PATCHED, str(broker.port)]
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    broker.stop()
    assert ran.stdout == "well\n", ran.stderr


def test_a_try_that_is_killed_leaves_no_connection(server: HookServer) -> None:
    stuck = HookServer(silent)
    webhooks = Webhooks(Resolver(), Clock())
    greenlet = gevent.spawn(webhooks.send, to(stuck), message())
    wait_for(lambda: stuck.open)
    greenlet.kill()
    wait_for(lambda: not stuck.open)
    webhooks.close()
    stuck.close()


def test_a_long_text_is_shortened_for_the_destination_that_wants_it_short(server: HookServer) -> None:
    short = to(server, max_characters=60)
    sent(short, body="word " * 1000)
    sent(to(server), body="word " * 1000)
    texts = [wirejson.loads(hook.body)["data"]["text"] for hook in server.received]
    assert [len(text) <= 60 for text in texts] == [True, False]
    assert len(texts[1]) == 5000

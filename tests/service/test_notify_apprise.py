"""Apprise in a process of its own: it delivers, it is held to what its owner may do, and it is replaced when it is stuck."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
import pytest

from skyspy import wirejson
from skyspy.clock import Clock
from skyspy.notify import apprise_child
from skyspy.notify.apprise_child import INSTALL, AppriseServices, is_installed
from skyspy.notify.destination import Destination, Outcome
from skyspy.notify.schemes import SCHEMES
from skyspy.notify.send import Senders
from tests.conftest import ROOT
from tests.support.machine import missing
from tests.support.notify import HookServer, answers, destination, free_port, message, silent
from tests.support.sources import wait_for

CANARY = "canary-4d1e"


@pytest.fixture(scope="module")
def services() -> Iterator[AppriseServices]:
    if not is_installed():
        missing("apprise is not installed: make notify")
    made = AppriseServices()
    yield made
    made.close()


@pytest.fixture
def server() -> Iterator[HookServer]:
    made = HookServer(answers("200 OK"))
    yield made
    made.close()


def to(url: str, *, may_private: bool = True, **document: Any) -> Destination:
    return destination("apprise", {"url": url} | document, may_private=may_private)


def stored(url: str, *, may_private: bool = False) -> Destination:
    """A destination whose address was not checked when it was saved."""
    return Destination(1, 7, "apprise", "x", {}, {"url": url}, may_private)


def sent(services: AppriseServices, there: Destination, **of: Any) -> Outcome:
    return Senders({"apprise": services}, Clock()).send(there, message(**of))


def test_an_alert_is_delivered_by_a_service_of_apprise(services: AppriseServices, server: HookServer) -> None:
    assert sent(services, to(f"json://127.0.0.1:{server.port}/{CANARY}")) == Outcome(ok=True)
    (hook,) = server.received
    document = wirejson.loads(hook.body)
    assert (document["title"], document["message"]) == ("Helicopter, low", "REGA1 is at 2500 ft")


def test_one_process_serves_many_alerts_and_the_server_imports_no_apprise(services: AppriseServices, server: HookServer) -> None:
    there = to(f"json://127.0.0.1:{server.port}/")
    all(sent(services, there).ok for _ in range(5))
    assert (len(server.received), services.starts) == (5, 1)
    assert "apprise" not in sys.modules


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_a_failure_is_said_with_the_status_and_none_of_the_services_words(services: AppriseServices, status: int) -> None:
    server = HookServer(answers(f"{status} {CANARY}"))
    outcome = sent(services, to(f"json://user:{CANARY}@127.0.0.1:{server.port}/{CANARY}"))
    assert outcome == Outcome(ok=False, status=status, reason=f"the service answered {status}")
    server.close()


def test_a_service_that_is_not_reached_is_said(services: AppriseServices) -> None:
    assert sent(services, to(f"json://127.0.0.1:{free_port()}/")).reason == "the service did not take it"
    assert "cannot read the address" in sent(services, to("discord://nothing")).reason


def test_a_service_shortens_its_own_text(services: AppriseServices, server: HookServer) -> None:
    there = to(f"ntfy://127.0.0.1:{server.port}/topic")
    assert sent(services, there, body="word " * 5000).ok
    assert sent(services, replace(there, settings={"max_characters": 50}), body="word " * 5000).ok
    texts = [wirejson.loads(hook.body)["message"] for hook in server.received]
    assert 7000 < len(texts[0]) <= 7800 and len(texts[1]) <= 50
    assert all(text.endswith("…") for text in texts)


# -- what an owner may do --------------------------------------------------------------------------


def test_s19_who_may_not_manage_settings_reaches_no_host_inside(services: AppriseServices, server: HookServer) -> None:
    for host in (
        "127.0.0.1",
        "localhost",
        "[::1]",
        "2130706433",
        "0x7f.1",
        "0",
        "127.1",
        "169.254.169.254",
        "[::ffff:127.0.0.1]",
    ):
        outcome = sent(services, stored(f"ntfy://{host}:{server.port}/topic"))
        assert not outcome.ok, host
    outcome = sent(services, stored(f"ntfy://127.0.0.1:{server.port}/topic"))
    assert outcome.reason == "the host is in the server itself: only who may manage settings can send alerts there"
    assert server.received == []


def test_s19_nobody_reaches_the_metadata_of_a_cloud(services: AppriseServices) -> None:
    assert "link-local" in sent(services, to("json://169.254.169.254/latest/")).reason


def test_s19_mail_is_not_handed_to_a_host_inside(services: AppriseServices) -> None:
    outcome = sent(services, stored(f"mailto://user:{CANARY}@example.com?smtp=127.0.0.1&port={free_port()}&to=a@example.com"))
    assert not outcome.ok and "the server itself" in outcome.reason


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1/",
        "syslog://",
        "dbus://",
        "gnome://",
        "windows://",
        "macosx://",
        "file:///etc/passwd",
        "JSON://127.0.0.1/",
    ],
)
def test_s19_a_service_that_its_owner_may_not_use_is_refused_when_it_sends_too(services: AppriseServices, url: str) -> None:
    outcome = sent(services, stored(url))
    assert (outcome.ok, outcome.is_final) == (False, True)


@pytest.mark.parametrize("url", ["syslog://", "json://127.0.0.1:{port}/"])
def test_s19_the_process_refuses_by_itself_what_its_owner_may_not_use(
    services: AppriseServices, server: HookServer, url: str
) -> None:
    request = {"url": url.format(port=server.port), "title": "t", "body": "b", "most_characters": None, "may_private": False}
    assert services._asked(request) == Outcome(ok=False, reason="this service of Apprise may not be used")


def test_s19_a_redirect_is_not_followed_whatever_the_address_says(services: AppriseServices, server: HookServer) -> None:
    outer = HookServer(answers("302 Found", f"Location: http://127.0.0.1:{server.port}/inner"))
    for more in ("", "?redirect=yes"):
        assert not sent(services, to(f"json://127.0.0.1:{outer.port}/{more}")).ok
    assert (len(outer.received), server.received) == (2, [])
    outer.close()


def test_s19_an_address_that_names_a_file_has_none_read(services: AppriseServices, server: HookServer, tmp_path: Path) -> None:
    (tmp_path / "template.json").write_text(f'{{"text": "{CANARY}"}}', encoding="ascii")
    names = [f"{tmp_path}/template.json", f"file://{tmp_path}/template.json", "/etc/passwd"]
    there = [stored(f"discord://4174216298/{'J' * 68}?template={name}") for name in names]
    there += [stored(f"workflows://hooks.invalid:443/{'a' * 32}/{'b' * 43}?template={name}") for name in names]
    reasons = [sent(services, one).reason for one in there]
    assert set(reasons) == {"the address names a file, and no file is read for an alert"}
    assert server.received == []


def test_s20_the_process_gets_no_secret_and_no_proxy_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SKYSPY_SECRET_KEY", "SKYSPY_DATABASE_URL", "http_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, CANARY)
    said = "import os, json; print(json.dumps({'ready': sorted(os.environ) + list(os.environ.values())}), flush=True); input()"
    worker = apprise_child.Worker([sys.executable, "-c", said])
    worker.wait_ready(30.0)
    ready = worker._ready.get()
    assert ready is not None and CANARY not in ready["ready"]
    assert "SKYSPY_SECRET_KEY" not in ready["ready"]
    worker.kill()


# -- its process -----------------------------------------------------------------------------------

ECHO = """
import json, sys, time
print(json.dumps({"ready": "x"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "STUCK" in request["url"]:
        continue
    if "DIES" in request["url"]:
        sys.exit(1)
    if "NOISE" in request["url"]:
        print("no json", flush=True)
    print(json.dumps({"id": request["id"], "ok": True, "status": None, "reason": ""}), flush=True)
"""


def childlike(total_s: float = 0.3, idle_s: float = 600.0, script: str = ECHO) -> AppriseServices:
    """Apprise's place taken by a process that does as it is told."""
    return AppriseServices([sys.executable, "-c", script], total_s, idle_s)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apprise_child, "is_installed", lambda: True)


@pytest.mark.usefixtures("installed")
def test_a_stuck_process_is_killed_and_another_one_serves_the_next() -> None:
    services = childlike()
    assert sent(services, to("ntfy://topic")).ok
    first = services._worker
    assert first is not None
    assert sent(services, to("ntfy://STUCK")).reason == "no answer in 0.3 s"
    assert sent(services, to("ntfy://topic")).ok
    assert services.starts == 2
    wait_for(lambda: first.has_ended)
    assert first._process.poll() is not None
    services.close()


@pytest.mark.usefixtures("installed")
def test_while_one_destination_is_stuck_others_are_served() -> None:
    services = childlike(total_s=30.0)
    assert sent(services, to("ntfy://topic")).ok
    stuck = gevent.spawn(sent, services, to("ntfy://STUCK"))
    wait_for(lambda: services._worker is not None and services._worker.waiting)
    assert all(sent(services, to("ntfy://topic")).ok for _ in range(20))
    assert (stuck.dead, services.starts) == (False, 1)
    services.close()
    assert stuck.get(timeout=30).reason == "the process for Apprise ended"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("how", ["DIES", "NOISE"])
def test_a_process_that_ends_or_talks_nonsense_costs_a_try_and_is_replaced(how: str) -> None:
    services = childlike(total_s=30.0)
    assert sent(services, to(f"ntfy://{how}")).reason == "the process for Apprise ended"
    assert sent(services, to("ntfy://topic")).ok
    assert services.starts == 2
    services.close()


@pytest.mark.usefixtures("installed")
def test_a_process_that_does_not_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = childlike(script="raise SystemExit(3)")
    assert sent(failing, to("ntfy://topic")).reason == "the process for Apprise ended"
    failing.close()
    monkeypatch.setattr(apprise_child, "START_S", 0.2)
    services = childlike(script="import time; time.sleep(60)")
    assert sent(services, to("ntfy://topic")).reason == "the process for Apprise did not start in 0.2 s"
    services.close()


@pytest.mark.usefixtures("installed")
def test_a_process_without_work_ends_and_comes_back() -> None:
    services = childlike(total_s=30.0, idle_s=0.05)
    assert sent(services, to("ntfy://topic")).ok
    wait_for(lambda: services._worker is None)
    assert sent(services, to("ntfy://topic")).ok
    assert services.starts == 2
    services.close()


def test_where_apprise_is_missing_a_try_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apprise_child, "is_installed", lambda: False)
    services = AppriseServices()
    assert sent(services, to("ntfy://topic")).reason == INSTALL
    assert "make notify" in INSTALL and services.starts == 0


def test_the_process_ends_with_the_server(services: AppriseServices) -> None:
    script = """
        import os, signal, sys, gevent
        from skyspy.notify.apprise_child import WORKER, Worker
        worker = Worker(WORKER)
        worker.wait_ready(60)
        print(worker._process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], env=environ, capture_output=True, text=True, check=False
    )
    process = Path(f"/proc/{int(ran.stdout)}")
    wait_for(lambda: not process.exists() or ") Z " in (process / "stat").read_text())


def test_s29_while_a_service_is_silent_others_are_served(services: AppriseServices, server: HookServer) -> None:
    stuck = HookServer(silent)
    waiting = gevent.spawn(sent, services, to(f"json://127.0.0.1:{stuck.port}/"))
    wait_for(lambda: stuck.open)
    assert sent(services, to(f"json://127.0.0.1:{server.port}/")).ok
    assert not waiting.dead
    waiting.kill()
    stuck.close()


def test_every_service_that_may_be_used_is_one_of_apprise(services: AppriseServices) -> None:
    script = """
        import apprise
        for row in apprise.Apprise().details()["schemas"]:
            print(*(row["protocols"] or ()), *(row["secure_protocols"] or ()))
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    known = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert set(SCHEMES) - set(known) == set()

"""Claims about receivers of data links in the panel, the health report, /readyz and the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from gevent import socket

from skyspy.admin.feeds import check_summary
from skyspy.receivers.checks import CheckResult
from skyspy.receivers.receiver import STANDS_BY
from skyspy.services import feeds
from tests.support.browser_client import Browser
from tests.support.world import Panel

LISTENER = "acars+udp://127.0.0.1:5550"
NAME = "acars-udp-127.0.0.1-5550"


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[Panel]:
    """A server that listens where nothing is started."""
    made = Panel(tmp_path, SKYSPY_FEEDS=LISTENER)
    yield made
    made.close()


@pytest.fixture
def ann(panel: Panel) -> Browser:
    panel.user("ann")
    return panel.browser("ann")


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_a_receiver_that_stands_by_says_why_and_shows_no_rate_and_no_aircraft(panel: Panel, ann: Browser) -> None:
    receiver = panel.skyspy.skies["live"].receivers.receiver(NAME)
    receiver.state, receiver.error = "standby", STANDS_BY
    page = ann.get("/admin/feeds/list/").text
    assert "Stands by another process of this server listens" in text_of(page)
    assert "Messages a second in the last 10 minutes" not in page
    assert '<td data-label="Aircraft" class="number">–</td>' in page
    assert f"The receiver {NAME} is standby" not in text_of(ann.get("/admin/health/").text), "nothing needs attention"
    assert panel.get("/readyz").json["checks"][1]["says"] == "1 of 1 receivers up"
    assert panel.get("/api/stats/").json["feeds_up"] == 1
    assert panel.get("/api/stats/").json["feeds_silent"] == []


def test_datagrams_and_lost_ones_stand_on_the_health_page_and_in_metrics(panel: Panel, ann: Browser) -> None:
    receiver = panel.skyspy.skies["live"].receivers.receiver(NAME)
    receiver.datagrams, receiver.lost = 2, 3
    receiver.count_bytes(300)
    page = text_of(ann.get("/admin/health/").text)
    assert "Datagrams of data links" in page
    assert re.search(rf"{NAME} 2 3 ", page)
    told = panel.get("/metrics", panel.key()).text
    assert 'skyspy_datalink_datagrams_total{receiver="acars-udp-1",sky="live"} 2.0' in told
    assert 'skyspy_datalink_datagrams_lost_total{receiver="acars-udp-1",sky="live"} 3.0' in told
    assert 'skyspy_receiver_bytes_total{receiver="acars-udp-1",sky="live"} 300.0' in told


def test_a_check_counts_messages_and_not_aircraft() -> None:
    assert check_summary(CheckResult(0, 12, None, is_datalink=True)) == "Received 12 messages in 3 s."


def test_the_page_says_what_may_be_written_for_data_links(ann: Browser) -> None:
    page = text_of(ann.get("/admin/feeds/").text)
    assert "acars+udp://0.0.0.0:5550 listens for JSON of VHF ACARS (acarsdec, acars_router)" in page
    assert "irdm+tcp://host:15558 JSON lines of Iridium (iridium-toolkit)" in page


@pytest.mark.parametrize("url", [LISTENER, "vdlm2+udp://127.0.0.1:5550", "acars+udp://:5550"])
def test_one_port_is_listened_at_once_whatever_the_scheme(panel: Panel, ann: Browser, url: str) -> None:
    ann.get("/admin/feeds/")
    answer = ann.post("/admin/feeds/add/", {"url": url})
    assert answer.status_code == 409
    assert f"{url} is a feed of the environment already." in answer.text
    assert ann.post("/admin/feeds/add/", {"url": "acars+udp://:5551"}).status_code == 303
    assert ann.post("/admin/feeds/add/", {"url": "hfdl+udp://127.0.0.1:5551"}).status_code == 409


def test_testing_a_listener_watches_it_and_opens_no_second_one(
    panel: Panel, ann: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "CHECK_SECONDS", 0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        ann.get("/admin/feeds/")
        tried = text_of(ann.post("/admin/feeds/try/", {"url": f"acars+udp://127.0.0.1:{port}"}).text)
        assert f"Port {port} is in use: another program or another server listens at 127.0.0.1:{port}." in tried
    receiver = panel.skyspy.skies["live"].receivers.receiver(NAME)
    receiver.state, receiver.error = "stale", "nothing heard for 600 s"
    ann.post(f"/admin/feeds/test/{NAME}/")
    tested = text_of(ann.get("/admin/feeds/").text)
    assert f"Tested {NAME}. Nothing heard for 600 s." in tested
    assert [entry.object for entry in panel.log("feed.check")] == [f"feed {LISTENER}", f"feed acars+udp://127.0.0.1:{port}"]

"""Claims about the receivers of one sky: names, adding, removing, pausing, checking, and the demo."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import gevent
import pytest

from skyspy.clock import Clock
from skyspy.feedurl import SCHEMES, parse
from skyspy.geo import distance_nm
from skyspy.receivers.checks import check
from skyspy.receivers.manager import READERS, ReceiverListError, Receivers, name_of
from skyspy.receivers.timing import Timing
from skyspy.simulate import DEFAULT_CENTRE
from tests.support.hub import HastyClock
from tests.support.sources import Ear, FakeReceiver, Web, document, http, keeps_saying, running, says, sbs, wait_for


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("beast://pi.local:30005", "beast-pi.local-30005"),
        ("sbs://PI", "sbs-pi-30003"),
        ("http://user:secret@10.0.0.1/data/aircraft.json", "http-10.0.0.1-80"),
        ("https://host/x", "https-host-443"),
        ("beast://[2001:db8::1]:30005", "beast-2001-db8-1-30005"),
        ("replay:///var/lib/My%20Capture.bin?speed=2", "replay-my-capture"),
        ("demo://", "demo"),
    ],
)
def test_a_name_comes_from_the_url_and_holds_no_secret(url: str, name: str) -> None:
    assert name_of(parse(url)) == name


def test_names_are_unique_and_do_not_change_when_others_go(ear: Ear) -> None:
    urls = ["http://h/data/aircraft.json", "http://h/skyaware978/data/aircraft.json", "demo://", "demo://?seed=2"]
    feeds = Receivers([parse(url) for url in urls], Clock(), None)
    names = feeds.names()
    assert len(set(names)) == 4
    feeds.remove(names[0])
    assert feeds.names() == names[1:]
    assert [row["name"] for row in feeds.status()] == names[1:]


def test_every_scheme_has_a_reader() -> None:
    assert {scheme.transport for scheme in SCHEMES.values()} == set(READERS)
    Receivers([parse(scheme.example) for scheme in SCHEMES.values()], Clock(), None)


def test_the_same_url_twice_and_unknown_names_are_refused_in_one_line(ear: Ear) -> None:
    feeds = Receivers([parse("demo://")], Clock(), None)
    with pytest.raises(ReceiverListError, match="a feed already"):
        feeds.add(parse("demo://"))
    for action in (feeds.remove, feeds.pause, feeds.resume):
        with pytest.raises(ReceiverListError, match="no feed 'x'"):
            action("x")


def test_a_feed_can_be_added_paused_resumed_and_removed_while_others_run(ear: Ear) -> None:
    receiver, other = FakeReceiver(keeps_saying(sbs("4B1900"))), FakeReceiver(keeps_saying(sbs("4B1901")))
    with running(f"sbs://127.0.0.1:{receiver.port}", sink=ear) as feeds:
        wait_for(lambda: "4B1900" in ear.hexes)
        name = feeds.add(parse(f"sbs://127.0.0.1:{other.port}"))
        wait_for(lambda: "4B1901" in ear.hexes)
        feeds.pause(name)
        count = ear.hexes.count("4B1901")
        gevent.sleep(0.1)
        assert ear.hexes.count("4B1901") == count
        assert feeds.status()[1]["state"] == "paused"
        feeds.resume(name)
        wait_for(lambda: ear.hexes.count("4B1901") > count)
        feeds.remove(name)
        assert len(feeds.status()) == 1
        count = ear.hexes.count("4B1901")
        gevent.sleep(0.1)
        assert ear.hexes.count("4B1901") == count
        assert feeds.status()[0]["state"] == "up"
    receiver.close()
    other.close()


def test_a_paused_feed_stays_paused_when_the_others_start(ear: Ear) -> None:
    feeds = Receivers([parse("demo://"), parse("demo://?seed=2")], Clock(), None)
    feeds.pause("demo")
    feeds.start(ear)
    wait_for(lambda: feeds.status()[1]["state"] == "demo")
    assert feeds.status()[0]["state"] == "paused"
    feeds.stop()


# -- the demo ------------------------------------------------------------------------------------


def test_the_demo_is_labelled_and_moves_around_the_receiver(ear: Ear) -> None:
    clock = HastyClock()
    with running("demo://?aircraft=60", sink=ear, location=(52.3, 4.76), clock=clock) as feeds:
        wait_for(lambda: len(set(ear.hexes)) > 45)
        row = feeds.status()[0]
    assert row["state"] == "demo"
    assert row["aircraft"] > 45
    places = [(o.fields["lat"], o.fields["lon"]) for o in ear.heard if "lat" in o.fields]
    assert all(distance_nm((52.3, 4.76), place) < 220 for place in places)  # type: ignore[arg-type]
    assert all(clock.steady() - 10 < o.at <= clock.steady() for o in ear.heard)


def test_without_a_location_the_demo_flies_at_its_default_place(ear: Ear) -> None:
    with running("demo://", sink=ear, clock=HastyClock()):
        wait_for(lambda: any("lat" in o.fields for o in ear.heard))
    place = next((o.fields["lat"], o.fields["lon"]) for o in ear.heard if "lat" in o.fields)
    assert distance_nm(DEFAULT_CENTRE, place) < 220  # type: ignore[arg-type]


def test_the_demo_follows_its_options(ear: Ear) -> None:
    clock = HastyClock()
    until = clock.steady() + 3.0
    with running("demo://?seed=7&aircraft=10", "demo://?seed=8&aircraft=200", sink=ear, clock=clock) as feeds:
        wait_for(lambda: clock.steady() > until)
        rows = feeds.status()
        alone = [feeds.unique_aircraft(name) for name in feeds.names()]
    assert 5 <= rows[0]["aircraft"] <= 15
    assert 160 <= rows[1]["aircraft"] <= 240
    assert alone == [row["aircraft"] for row in rows], "another seed, another traffic"


# -- the check -----------------------------------------------------------------------------------


def test_a_check_counts_what_came_in_its_time() -> None:
    receiver = FakeReceiver(keeps_saying(sbs("4B1900") + sbs("4B1901")))
    began = time.monotonic()
    result = check(parse(f"sbs://127.0.0.1:{receiver.port}"), 0.4)
    receiver.close()
    assert time.monotonic() - began >= 0.4
    assert result.aircraft == 2
    assert result.messages >= 4
    assert result.error is None


def test_a_check_of_a_web_page_and_of_the_demo_works_too() -> None:
    web = Web(lambda _head: http(document(time.time(), "4b1900", "4b1901", "4b1902")))
    assert check(parse(f"http://127.0.0.1:{web.port}/a.json"), 0.3).aircraft == 3
    web.close()
    clock = HastyClock()
    before = clock.steady()
    assert check(parse("demo://"), 3.0, clock=clock).aircraft > 40
    assert 3.0 <= clock.steady() - before < 4.0


def test_a_check_of_what_cannot_be_reached_answers_at_once() -> None:
    gone = FakeReceiver(says())
    gone.close()
    # Pytest would end a test that waits for an hour.
    result = check(parse(f"beast://127.0.0.1:{gone.port}"), 3600.0)
    assert result.aircraft == result.messages == 0
    assert "Connection refused" in (result.error or "")


def test_a_check_of_a_silent_receiver_reports_it() -> None:
    silent = FakeReceiver(says(then_hang=True))
    result = check(parse(f"beast://127.0.0.1:{silent.port}"), 0.3, timing=Timing())
    silent.close()
    assert result.error == "nothing was heard in 0.3 s"


def test_a_check_works_in_a_process_that_is_not_patched(tmp_path: Path) -> None:
    path = tmp_path / "a.sbs"
    path.write_bytes(sbs("4B1900") * 3)
    code = (
        "from skyspy.receivers.checks import check; from skyspy.feedurl import parse; "
        f"r = check(parse('replay://{path}?speed=100'), 0.5); assert r.messages == 3 and r.error is None, r"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr

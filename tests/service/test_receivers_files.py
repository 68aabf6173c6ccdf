"""`replay://` opens regular files and directories where it may, and a FIFO or a device nowhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from skyspy.aircraft import Record
from skyspy.config import ConfigError, load
from skyspy.feedurl import parse
from skyspy.receivers.checks import ChecksBusy, ReceiverChecks, check
from skyspy.receivers.replay_files import ReplayFileError, open_regular, permitted
from skyspy.services import Caller, Refused, feeds
from skyspy.store import audit
from skyspy.store import feeds as stored_feeds
from tests.support.hub import HastyClock
from tests.support.sources import FakeReceiver, document, says, sbs, wait_for
from tests.support.two_processes import Twice, admin
from tests.support.world import OPERATOR


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


@pytest.fixture
def folder(twice: Twice) -> Iterator[Path]:
    """The folder that added receivers may read, with a capture in it."""
    made = twice.here.skyspy.config.instance / "replay"
    made.mkdir()
    (made / "a.sbs").write_bytes(sbs("4B1900") * 3)
    yield made


def test_s29_a_fifo_and_a_device_are_refused_in_one_line_wherever_they_may_be_named(fifo: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(fifo)
    for path in (fifo, tmp_path / "link", Path("/dev/zero"), Path("/dev/tty")):
        with pytest.raises(ReplayFileError, match="neither a regular file nor a directory"):
            permitted(path, None)
        with pytest.raises(ReplayFileError, match="neither a regular file nor a directory"):
            open_regular(path)
        result = check(parse(f"replay://{path}"), 3600.0)
        assert "neither a regular file nor a directory" in (result.error or "")
    for path in (Path("/a\0b"), tmp_path / "loop"):
        (tmp_path / "loop").unlink(missing_ok=True)
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        with pytest.raises(ReplayFileError, match="is not the path of a file"):
            permitted(path, None)


def test_a_fifo_in_a_folder_of_documents_is_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "history_1.json")
    (tmp_path / "history_2.json").write_bytes(document(1.0, "4b1900"))
    assert check(parse(f"replay://{tmp_path}?speed=1000"), 1.0).aircraft == 1


def test_below_a_folder_means_after_links_are_resolved(tmp_path: Path) -> None:
    allowed, outside, door = tmp_path / "allowed", tmp_path / "outside", tmp_path / "door"
    (allowed / "day").mkdir(parents=True)
    outside.mkdir()
    (outside / "a.json").write_bytes(document(1.0, "4b1900"))
    (allowed / "b.json").write_bytes(document(1.0, "4b1900"))
    (allowed / "inner").symlink_to(allowed / "b.json")
    door.symlink_to(allowed)
    for good in (allowed, allowed / "day", allowed / "b.json", allowed / "inner", door / "b.json", allowed / "gone"):
        assert permitted(good, door) == permitted(good, allowed) == good.resolve()
    (allowed / "day" / "outer.json").symlink_to(outside / "a.json")
    (allowed / "folder").symlink_to(outside)
    for bad in ("../outside/a.json", "../outside/gone", "folder/a.json", "day/outer.json", "folder", "/etc/shadow", "/dev/zero"):
        with pytest.raises(ReplayFileError, match="replay:// may open only what is below"):
            permitted(allowed / bad, allowed)
    with pytest.raises(ReplayFileError, match=r"day/outer\.json is a link that leads out of"):
        permitted(allowed / "day", allowed)


def test_s29_operators_may_name_files_below_the_folder_only_and_are_told_the_same_of_all_others(
    twice: Twice, folder: Path
) -> None:
    caller, server = admin(twice.here), twice.here.skyspy
    (folder / "link").symlink_to("/etc/passwd")
    answers = set()
    for path in ("/etc/passwd", "/etc/no-such-file", "/dev/zero", f"{folder}/../skyspy.db", f"{folder}/link", "/a%00b"):
        for act in (feeds.add, feeds.check):
            with pytest.raises(Refused) as refused:
                act(server, caller, f"replay://{path}")
            assert refused.value.code == "invalid"
            assert set(refused.value.fields) == {"url"}
            answers.add(refused.value.message.replace("'a\\x00b' is not the path of a file", "no path"))
    assert answers == {f"Replay:// may open only what is below {folder}", "no path"}
    rows = twice.here.store.read(audit.page, 100, action="access.refused")
    assert "feed replay:///etc/passwd" in {row.object for row in rows}
    assert twice.here.store.read(audit.page, 100, action="feed.") == []
    assert feeds.check(server, caller, f"replay://{folder}/a.sbs?speed=1000").aircraft == 1
    assert feeds.add(server, caller, f"replay://{folder}/a.sbs").url == f"replay://{folder}/a.sbs"


def test_a_receiver_that_was_added_before_opens_nothing_outside_either(twice: Twice, folder: Path, tmp_path: Path) -> None:
    server, receivers = twice.here.skyspy, twice.here.skyspy.skies["live"].receivers
    (tmp_path / "b.sbs").write_bytes(sbs("4B1901") * 3)
    for path in (tmp_path / "b.sbs", folder / "a.sbs"):
        twice.here.store.write(stored_feeds.add, f"replay://{path}", f"replay://{path}", OPERATOR, 100.0)
    heard: list[Record] = []
    feeds.ReceiverFollower(server, server.skies["live"]).follow(twice.here.settings.fresh())
    receivers.start(heard.append)
    name = receivers.name_by_url(f"replay://{tmp_path}/b.sbs") or ""

    def shown() -> dict[str, Any]:
        return next(row for row in receivers.status() if row["name"] == name)

    wait_for(lambda: shown()["state"] == "down" and len(heard) == 3)
    assert f"only what is below {folder}" in shown()["error"]
    assert "only what is below" in (feeds.check_running_receiver(server, admin(twice.here), name).error or "")
    receivers.stop()


def test_the_folder_may_be_named_in_the_environment_which_is_then_held_to_it_too(tmp_path: Path) -> None:
    folder, environ = tmp_path / "captures", {"SKYSPY_INSTANCE": str(tmp_path / "instance")}
    folder.mkdir()
    for name in ("captures/a.sbs", "b.sbs"):
        (tmp_path / name).write_bytes(sbs("4B1900") * 3)
    free, held = load(environ), load({**environ, "SKYSPY_REPLAY_DIR": str(folder)})
    assert (free.replay_dir, free.added_replay_dir) == (None, tmp_path / "instance" / "replay")
    assert held.replay_dir == held.added_replay_dir == folder
    assert [
        check(parse(f"replay://{tmp_path}/{name}?speed=1000"), 0.3, replay_folder=held.replay_dir).aircraft
        for name in ("captures/a.sbs", "b.sbs")
    ] == [1, 0]
    with pytest.raises(ConfigError, match=r"SKYSPY_REPLAY_DIR: '.*gone' is not a folder"):
        load({**environ, "SKYSPY_REPLAY_DIR": str(tmp_path / "gone")})


# -- how many checks run at once ------------------------------------------------------------------


def test_s29_one_person_checks_one_receiver_at_a_time_and_three_are_checked_in_all(twice: Twice) -> None:
    server, silent = twice.here.skyspy, FakeReceiver(says(then_hang=True))
    url = f"beast://127.0.0.1:{silent.port}"
    people = [caller_of(twice, name) for name in ("root", "ann", "ben", "cyn")]
    running = [gevent.spawn(feeds.check, server, person, url) for person in people[:3]]
    wait_for(lambda: silent.connections == 3)
    for person, words in ((people[0], "Another check of yours"), (people[3], "3 receivers are being checked already")):
        with pytest.raises(Refused, match=words) as refused:
            feeds.check(server, person, url)
        assert (refused.value.code, refused.value.status) == ("overloaded", 503)
    gevent.killall(running)
    assert silent.connections == 3
    rows = twice.here.store.read(audit.page, 100)
    assert [row.action for row in rows if row.object.endswith(url)].count("feed.check") == 3
    refused_rows = [row for row in rows if row.action == "access.refused"]
    assert [row.object for row in refused_rows] == [f"too many checks: feed {url}"] * 2
    silent.close()
    assert "refused" in (feeds.check(server, people[0], url).error or ""), "a check that was broken off has given its place back"


def test_keys_of_one_person_count_as_that_person() -> None:
    checks = ReceiverChecks()
    with checks.one(7), pytest.raises(ChecksBusy, match="another check of yours"), checks.one(7):
        pass
    with checks.one(7), checks.one(8), checks.one(9), pytest.raises(ChecksBusy, match="try again"), checks.one(10):
        pass
    with checks.one(7):
        pass


def test_a_check_of_simulated_traffic_is_small_however_large_it_is_asked_for() -> None:
    small, large = (check(parse(f"demo://?aircraft={number}"), 3.0, clock=HastyClock()) for number in (50, 10_000))
    assert 30 <= small.aircraft <= 60
    assert 160 <= large.aircraft <= 240


def caller_of(twice: Twice, name: str) -> Caller:
    """An administrator by an API key."""
    principal = twice.here.skyspy.tokens.identify(twice.here.key(name, "admin"), "127.0.0.1")
    assert principal is not None
    return Caller(principal)

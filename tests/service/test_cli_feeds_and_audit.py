"""The commands for receivers and for the audit log."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from skyspy.cli import main
from tests.support.shell import PASSWORD, Shell

ADDED = "http://192.0.2.1/data/aircraft.json"
SECRET_URL = "http://ann:wherever@192.0.2.2/data/aircraft.json"


# receivers


def test_receivers_are_added_listed_and_removed(shell: Shell) -> None:
    assert shell.good("feed", "add", ADDED, "--name", "roof") == f"added receiver 1: {ADDED}\n"
    assert "is a feed already" in shell.bad("feed", "add", ADDED)
    listed = shell.good("feed", "list").splitlines()
    assert listed[0].split() == ["ID", "NAME", "STATE", "ADDED", "BY", "SINCE", "URL"]
    assert listed[-1].split()[:3] == ["1", "roof", "reads"]
    assert listed[-1].endswith(ADDED)
    assert shell.good("feed", "remove", "1") == f"removed receiver 1: {ADDED}\n"
    assert "no such added feed" in shell.bad("feed", "remove", "1")
    assert ADDED not in shell.good("feed", "list")
    log = shell.good("audit", "--action", "feed.")
    assert [line.split()[5] for line in log.splitlines()[1:]] == ["feed.remove", "feed.add"]


def test_those_of_the_environment_are_listed_and_are_no_additions(shell: Shell) -> None:
    environ = {"SKYSPY_FEEDS": ADDED}
    listed = shell.run("feed", "list", environ=environ).stdout.splitlines()
    assert listed[1].split() == ["-", "-", "reads", "environment", "-", ADDED]
    assert "feed of the environment" in shell.run("feed", "add", ADDED, environ=environ).stderr


def test_a_password_in_a_url_is_read_from_standard_input_and_never_shown(shell: Shell) -> None:
    said = shell.good("feed", "add", "-", stdin=SECRET_URL + "\n") + shell.good("feed", "list") + shell.good("audit")
    assert "192.0.2.2" in said
    assert "wherever" not in said


@pytest.mark.parametrize("url", ["ftp://192.0.2.1/x", "replay:///etc/passwd", ""])
def test_what_is_no_receiver_is_not_added(shell: Shell, url: str) -> None:
    assert shell.bad("feed", "add", url)
    assert shell.good("audit", "--action", "feed.add").count("\n") == 1


def test_a_checked_file_lies_where_replays_may_open_files(shell: Shell, tmp_path: Path) -> None:
    capture, folder = tmp_path / "a.sbs", tmp_path / "replay"
    folder.mkdir()
    line = b"MSG,3,1,1,4B1900,1,2026/01/01,00:00:00.000,2026/01/01,00:00:00.000,,12000,,,47.5,8.5,,,0,0,0,0\n"
    for path in (capture, folder / "b.sbs"):
        path.write_bytes(line * 3)
    assert "received 1 aircraft" in shell.good("feed", "check", f"replay://{capture}")
    environ = {"SKYSPY_REPLAY_DIR": str(folder)}
    refused = shell.run("feed", "check", f"replay://{capture}", environ=environ)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert str(folder) in refused.stderr
    assert "received 1 aircraft" in shell.run("feed", "check", f"replay://{folder / 'b.sbs'}", environ=environ).stdout


# the audit log


def test_the_log_is_shown_the_newest_first_with_the_panels_filters(shell: Shell) -> None:
    shell.good("user", "create", "anna", "--role", "viewer", "--password-stdin", stdin=PASSWORD)
    shell.good("settings", "set", "AUTH_MODE", "private")
    lines = shell.good("audit").splitlines()
    assert lines[0].split()[:3] == ["ID", "TIME", "ACTOR"]
    assert ["setting.set" in lines[1], "user.create" in lines[2]] == [True, True]
    assert '"private"' in lines[1]
    for chosen, found in (
        (["--action", "user."], 1),
        (["--action", "setting.set"], 1),
        (["--about", "anna"], 1),
        (["--actor", "nobody"], 0),
        (["--address", "192.0.2.9"], 0),
        (["--since", "2999-01-01"], 0),
        (["--until", "2000-01-01"], 0),
        (["--since", "2000-01-01", "--until", "2999-01-01", "--limit", "1"], 1),
    ):
        assert len(shell.good("audit", *chosen).splitlines()) == 1 + found, chosen
    assert "--since is a day" in shell.bad("audit", "--since", "yesterday")


def test_the_log_comes_as_csv(shell: Shell) -> None:
    shell.good("settings", "set", "AUTH_MODE", "private")
    rows = list(csv.DictReader(io.StringIO(shell.good("audit", "--csv", "--action", "setting."))))
    assert [(row["action"], row["object"]) for row in rows] == [("setting.set", "AUTH_MODE")]


def test_the_filters_are_those_of_the_panel() -> None:
    options = {option for parameter in main.commands["audit"].params for option in parameter.opts}
    assert options == {"--actor", "--action", "--about", "--address", "--since", "--until", "--limit", "--csv"}

"""The commands: what they print, that a mistake is one line, and what they do to a server's settings and receivers."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from skyspy.cli import main
from skyspy.store import Store
from skyspy.store.registry import ROWS
from skyspy.store.settings import SettingsTable
from tests.support.shell import PASSWORD, Shell

# The command


def test_the_commands_are_the_contracts() -> None:
    found = {f"{group} {name}" for group, command in main.commands.items() for name in getattr(command, "commands", {})}
    assert found == {
        *(f"user {verb}" for verb in ("create", "list", "disable", "enable", "set-role", "set-password", "delete")),
        *(f"role {verb}" for verb in ("list", "create", "clone", "change", "delete")),
        *(f"key {verb}" for verb in ("create", "list", "revoke", "rotate")),
        "secret rotate",
        *(f"settings {verb}" for verb in ("list", "get", "set")),
        "db upgrade",
        "db adopt",
        *(f"feed {verb}" for verb in ("add", "list", "remove", "check")),
        "aircraft-db import",
        "aircraft-db info",
        "history prune",
        "history stats",
    }


@pytest.mark.parametrize(
    "words",
    [
        [group, *name]
        for group, command in main.commands.items()
        for name in ([], *([n] for n in getattr(command, "commands", {})))
    ],
)
def test_every_command_has_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*words, "--help"])
    assert left.value.code == 0
    assert "Usage: skyspy" in capsys.readouterr().out


def test_the_module_is_the_command_and_a_mistake_in_a_process_is_one_line_too(shell: Shell) -> None:
    good = shell.process(sys.executable, "-m", "skyspy", "settings", "get", "AUTH_MODE")
    assert (good.returncode, good.stdout, good.stderr) == (0, "hybrid\n", "")
    bad = shell.process(sys.executable, "-m", "skyspy", "settings", "set", "AUTH_MODE", "open")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == "skyspy: AUTH_MODE: write one of public, hybrid, private\n"


# Settings, database, feeds


def test_adopting_accepts_the_database_once_and_says_what_it_did(shell: Shell) -> None:
    assert "own now" in shell.good("db", "adopt")
    assert "nothing changed" in shell.good("db", "adopt")
    folder = Path(shell.environ["SKYSPY_INSTANCE"])
    (folder / "installation").unlink()
    (folder / "installation").mkdir()
    assert "cannot write" in shell.bad("db", "adopt")


def test_settings_are_listed_read_and_set(shell: Shell) -> None:
    listed = shell.good("settings", "list")
    assert [line.split()[0] for line in listed.splitlines()[1:]] == list(ROWS)
    assert shell.good("settings", "get", "AUTH_MODE") == "hybrid\n"
    assert shell.good("settings", "set", "auth_mode", "Private") == "AUTH_MODE = private\n"
    assert shell.good("settings", "get", "AUTH_MODE") == "private\n"
    shell.good("settings", "set", "FEATURE_ACCESS", "audio=authenticated")
    assert "aircraft=public" in shell.good("settings", "get", "FEATURE_ACCESS")
    assert SettingsTable(Store(shell.url)).current.FEATURE_ACCESS["audio"] == "authenticated"


def test_what_get_prints_set_takes_again(shell: Shell) -> None:
    for name in ("FEATURE_ACCESS", "CORS_ORIGINS", "WS_REJECT_INVALID_TOKENS", "BROADCAST_HZ"):
        shell.good("settings", "set", name, shell.good("settings", "get", name).strip())


def test_upgrade_says_where_the_database_stands_and_may_be_repeated(bare: Shell) -> None:
    said = bare.good("db", "upgrade")
    assert re.search(r"skyspy\.db is at schema \d{4}\n", said)
    assert bare.good("db", "upgrade") == said


def test_a_feed_is_checked_without_any_database(bare: Shell, tmp_path: Path) -> None:
    said = bare.good("feed", "check", "demo://?seed=1")
    assert re.fullmatch(r"received [1-9]\d* aircraft in 3 s \(\d+ messages\)\n", said)
    assert not (tmp_path / "instance").exists()


def test_whoever_reads_only_the_first_line_causes_no_error(shell: Shell) -> None:
    done = shell.process("bash", "-o", "pipefail", "-c", f"{sys.executable} -m skyspy settings list | head -n 1")
    assert done.stdout.startswith("NAME")
    assert done.stderr == ""


def test_no_command_takes_a_password_as_an_argument(shell: Shell) -> None:
    shell.bad("user", "create", "anna", "--role", "admin", "--password", PASSWORD)
    shell.bad("user", "set-password", "anna", PASSWORD)

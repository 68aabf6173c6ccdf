"""The commands about people: users, roles, and the first administrator."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from skyspy.auth.principal import TokenError
from skyspy.auth.tokens import InvalidCredentials
from skyspy.store import Store, audit
from tests.conftest import ROOT
from tests.support.shell import PASSWORD, Shell, tokens_of

# Users


def test_a_created_user_can_sign_in(shell: Shell) -> None:
    shell.create("anna")
    assert tokens_of(shell).login("anna", PASSWORD, "192.0.2.1").user.role == "admin"
    listed = shell.good("user", "list").splitlines()
    assert re.fullmatch(r"NAME +ROLE +STATE +LAST SIGN-IN +FROM", listed[0])
    assert re.match(r"anna +admin +enabled +\d{4}-.*Z +192\.0\.2\.1", listed[1])


def test_users_are_disabled_enabled_and_given_roles_and_passwords(shell: Shell) -> None:
    shell.create("anna")
    shell.create("ben", "viewer")
    shell.good("user", "set-role", "BEN", "operator")
    shell.good("user", "disable", "ben")
    assert re.search(r"ben +operator +disabled", shell.good("user", "list"))
    shell.good("user", "enable", "ben")
    shell.good("user", "set-password", "ben", "--password-stdin", stdin="another good one\r\n")
    tokens = tokens_of(shell)
    assert tokens.login("ben", "another good one", "").user.name == "ben"
    with pytest.raises(InvalidCredentials):
        tokens.login("ben", PASSWORD, "")


def test_every_change_is_in_the_log_under_the_operators_name(shell: Shell) -> None:
    shell.create("anna")
    shell.good("settings", "set", "AUTH_MODE", "private")
    rows = Store(shell.url).read(audit.page)
    assert [(row.actor_kind, row.action) for row in rows] == [("cli", "setting.set"), ("cli", "user.create")]
    assert all(row.actor for row in rows)


def test_the_password_is_asked_twice_and_never_shown_on_a_terminal(shell: Shell) -> None:
    def ask(*answers: str) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "skyspy", "user", "create", "anna", "--role", "admin"]
        process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=shell.environ, start_new_session=True
        )
        os.close(theirs)
        shown, left, until = "", list(answers), time.monotonic() + 30
        while time.monotonic() < until:
            if not select.select([ours], [], [], 0.5)[0]:
                if process.poll() is not None:
                    break
                continue
            try:
                piece = os.read(ours, 4096).decode()
            except OSError:
                break
            shown += piece
            if left and shown.rstrip(" ").endswith(":"):
                # The terminal's echo is switched off a moment after the question is written.
                time.sleep(0.2)
                os.write(ours, (left.pop(0) + "\n").encode())
                shown += "\n"
        os.close(ours)
        return process.wait(10), shown

    status, shown = ask(PASSWORD, "something else", PASSWORD, PASSWORD)
    assert status == 0, shown
    assert PASSWORD not in shown
    assert shown.count("Password") >= 2
    assert tokens_of(shell).login("anna", PASSWORD, "").user.name == "anna"


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        (["user", "create", "anna", "--role", "admin"], "", "--password-stdin"),
        (["user", "create", "anna", "--role", "pilot", "--password-stdin"], PASSWORD, "no role 'pilot'"),
        (["user", "create", "anna", "--role", "admin", "--password-stdin"], "short", "at least 10"),
        (["user", "create", "a b", "--role", "admin", "--password-stdin"], PASSWORD, "name is 1 to 64"),
        (["user", "create", "anna"], "", "--role"),
        (["user", "create"], "", "NAME"),
        (["user", "disable", "nobody"], "", "no user 'nobody'"),
        (["user", "set-password", "nobody", "--password-stdin"], PASSWORD, "no user 'nobody'"),
        (["user", "remove", "anna"], "", "No such command"),
        (["user"], "", "create, delete, disable, enable, list"),
        ([], "", "admin-link, aircraft-db, audit, db, feed, history, key, role, secret, settings, user"),
        (["role", "create", "Boss"], "", "small letters"),
        (["role", "create", "boss", "--permission", "fly"], "", "no permission 'fly'"),
        (["role", "create", "admin"], "", "already"),
        (["role", "change", "viewer", "--add", "audio.view"], "", "built in"),
        (["role", "change", "nobodys", "--add", "audio.view"], "", "no role 'nobodys'"),
        (["role", "change", "viewer", "--remove", "audio.view"], "", "does not hold 'audio.view'"),
        (["role", "change", "viewer"], "", "say what to change"),
        (["role", "clone", "nobodys", "mine"], "", "no role 'nobodys'"),
        (["role", "delete", "viewer"], "", "built in"),
        (["key", "create", "--user", "nobody", "--kind", "live", "--name", "x"], "", "no user"),
        (["key", "create", "--user", "nobody", "--kind", "prod", "--name", "x"], "", "'live', 'test'"),
        (["key", "revoke", "99"], "", "no key with the id 99"),
        (["key", "revoke", "x"], "", "integer"),
        (["key", "list", "--user", "nobody"], "", "no user"),
        (["settings", "get", "SONAR"], "", "no setting"),
        (["settings", "set", "AUTH_MODE", "open"], "", "public, hybrid, private"),
        (["settings", "set", "JWT_REFRESH_SECONDS", "60"], "", "JWT_ACCESS_SECONDS"),
        (["feed", "check", "nonsense"], "", "is not a feed"),
        (["feed", "check", "beast://user:s3kret@127.0.0.1:1"], "", "Connection refused"),
        (["--bogus"], "", "--bogus"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(shell: Shell, words: list[str], stdin: str, says: str) -> None:
    line = shell.bad(*words, stdin=stdin)
    assert says in line
    assert "s3kret" not in line


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"SKYSPY_DATABASE_URL": "sqlite:////nowhere/at/all.db"}, "unable to open database file"),
        ({"SKYSPY_DATABASE_URL": "mysql://x"}, "SKYSPY_DATABASE_URL"),
        ({"SKYSPY_DATABASE_URL": "postgresql://u:s3kret@127.0.0.1:1/x"}, "refused"),
        ({"SKYSPY_SECRET_KEY": "short"}, "SKYSPY_SECRET_KEY"),
        ({"AUTH_MODE": "open"}, "AUTH_MODE"),
    ],
)
def test_an_environment_that_cannot_be_used_is_one_line(shell: Shell, environ: dict[str, str], says: str) -> None:
    line = shell.bad("settings", "list", environ=environ)
    assert says in line
    assert "s3kret" not in line


def test_a_damaged_database_is_one_line(bare: Shell, tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "skyspy.db").write_bytes(b"no database" * 1000)
    assert "file is not a database" in bare.bad("user", "list")


def test_a_second_user_of_one_name_is_refused(shell: Shell) -> None:
    shell.create("anna")
    assert "already" in shell.bad("user", "create", "Anna", "--role", "viewer", "--password-stdin", stdin=PASSWORD)


def test_the_last_administrator_stays(shell: Shell) -> None:
    shell.create("anna")
    assert "last administrator" in shell.bad("user", "disable", "anna")
    assert "last administrator" in shell.bad("user", "set-role", "anna", "viewer")


# Roles


def held(shell: Shell, name: str) -> list[str]:
    """What `role list` says of a role: kind, users, and what it holds."""
    return next(line.split() for line in shell.good("role", "list").splitlines() if line.split()[0] == name)[1:]


def test_a_role_is_made_cloned_changed_and_deleted(shell: Shell) -> None:
    made = shell.good("role", "create", "watch", "--permission", "audio.view", "--permission", "aircraft.view", "--says", "Tower")
    assert made == "created role watch with aircraft.view audio.view (0 users hold it)\n"
    assert held(shell, "watch") == ["own", "0", "aircraft.view", "audio.view"]
    shell.good("role", "clone", "watch", "copy")
    shell.good("role", "change", "watch", "--add", "stats.view", "--remove", "audio.view")
    assert held(shell, "watch") == ["own", "0", "aircraft.view", "stats.view"]
    assert held(shell, "copy") == ["own", "0", "aircraft.view", "audio.view"], "a clone goes its own way"
    shell.good("role", "change", "copy", "--permission", "acars.view")
    assert held(shell, "copy") == ["own", "0", "acars.view"]
    shell.create("anna", "copy")
    assert "1 user holds it" in shell.good("role", "change", "copy", "--says", "For anna")
    assert "give them another first" in shell.bad("role", "delete", "copy")
    assert shell.good("role", "delete", "watch") == "deleted role watch\n"
    assert "watch" not in shell.good("role", "list")


def test_built_in_roles_are_listed_with_who_holds_them(shell: Shell) -> None:
    shell.create("anna")
    assert held(shell, "admin")[:2] == ["built", "in"]
    assert held(shell, "admin")[2] == "1"


# The first administrator


def test_the_first_link_is_printed_alone_and_only_while_there_is_nobody(shell: Shell) -> None:
    link = shell.good("admin-link", "--address", "https://sky.example/")
    assert re.fullmatch(r"https://sky\.example/admin/first/[\w.-]+\n", link)
    assert "https://sky.example/skyspy/admin/first/" in shell.good("admin-link", "--address", "https://sky.example/skyspy/")
    assert shell.good("admin-link", "--if-empty") != link, "each is another one"
    shell.create("anna")
    assert shell.good("admin-link", "--if-empty") == ""
    assert "There are users already" in shell.bad("admin-link")


def test_a_deleted_user_and_its_keys_are_gone_and_the_log_says_who_did_it(shell: Shell) -> None:
    shell.create("anna")
    shell.create("ben", "operator")
    key = shell.good("key", "create", "--user", "ben", "--kind", "live", "--name", "my app").strip()
    assert shell.run("user", "delete", "ben", stdin="n\n").returncode == 2
    assert shell.good("user", "delete", "ben", "--yes") == "deleted user ben\n"
    assert "ben" not in shell.good("user", "list")
    with pytest.raises(TokenError):
        tokens_of(shell).identify(key)
    assert "last administrator" in shell.bad("user", "delete", "anna", "--yes")
    rows = Store(shell.url).read(audit.page, 1, action="user.delete")
    assert [(row.actor_kind, row.object) for row in rows] == [("cli", "user ben")]

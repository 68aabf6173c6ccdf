"""The commands: what they print, that a mistake is one line, and that a secret comes and goes the right way."""

from __future__ import annotations

import os
import pty
import re
import select
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from skyspy.auth.apikeys import well_formed
from skyspy.auth.passwords import Passwords
from skyspy.auth.tokens import LoginError, Tokens
from skyspy.cli import main
from skyspy.config import load
from skyspy.store import Store
from skyspy.store.accounts import Accounts
from skyspy.store.audit import AuditLog
from skyspy.store.settings import ROWS, SettingsTable
from tests.conftest import ROOT

PASSWORD = "correct horse battery staple"
SECRET = "s" * 40


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


class Shell:
    """Runs commands on one installation."""

    def __init__(self, instance: Path, patch: pytest.MonkeyPatch) -> None:
        self.environ = {"PATH": os.environ["PATH"], "SKYSPY_INSTANCE": str(instance), "SKYSPY_SECRET_KEY": SECRET}
        self.url = f"sqlite:///{instance / 'skyspy.db'}"
        self._patch = patch

    def run(self, *words: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Done:
        """Run a command in this process, as `skyspy` would; what needs a process of its own uses `process`."""
        out, err = StringIO(), StringIO()
        with self._patch.context() as patch, redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as left:
            for name, value in {**self.environ, **(environ or {})}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", StringIO(stdin))
            main(words)
        return Done(int(left.value.code or 0), out.getvalue(), err.getvalue())

    def process(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, env=self.environ, check=False)

    def good(self, *words: str, stdin: str = "") -> str:
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def bad(self, *words: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> str:
        """The one line that a mistake is."""
        done = self.run(*words, stdin=stdin, environ=environ)
        assert done.returncode == 2, done.stdout + done.stderr
        assert done.stdout == ""
        assert re.fullmatch(r"skyspy: [^\n]+\n", done.stderr), done.stderr
        return done.stderr

    def create(self, name: str, role: str = "admin") -> None:
        self.good("user", "create", name, "--role", role, "--password-stdin", stdin=PASSWORD + "\n")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path / "instance", monkeypatch)


def tokens_of(shell: Shell) -> Tokens:
    store = Store(shell.url)
    return Tokens(Accounts(store), SettingsTable(store), SECRET, passwords=Passwords())


def test_the_commands_are_the_contracts() -> None:
    found = {f"{group} {name}" for group, command in main.commands.items() for name in getattr(command, "commands", {})}
    assert found == {
        *(f"user {verb}" for verb in ("create", "list", "disable", "enable", "set-role", "set-password")),
        *(f"role {verb}" for verb in ("list", "create", "clone", "change", "delete")),
        *(f"key {verb}" for verb in ("create", "list", "revoke", "rotate")),
        "secret rotate",
        *(f"settings {verb}" for verb in ("list", "get", "set")),
        "db upgrade",
        "feed check",
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
    with pytest.raises(LoginError):
        tokens.login("ben", PASSWORD, "")


def test_every_change_is_in_the_log_under_the_operators_name(shell: Shell) -> None:
    shell.create("anna")
    shell.good("settings", "set", "AUTH_MODE", "private")
    rows = AuditLog(Store(shell.url)).page()
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
        (["user", "delete", "anna"], "", "No such command"),
        (["user"], "", "create, disable, enable, list"),
        ([], "", "admin-link, db, feed, key, role, secret, settings, user"),
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


def test_a_damaged_database_is_one_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "skyspy.db").write_bytes(b"no database" * 1000)
    assert "file is not a database" in shell.bad("user", "list")


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
    assert shell.good("admin-link", "--if-empty") != link, "each is another one"
    shell.create("anna")
    assert shell.good("admin-link", "--if-empty") == ""
    assert "There are users already" in shell.bad("admin-link")


# Keys


def test_a_key_is_printed_once_alone_and_works(shell: Shell) -> None:
    shell.create("anna")
    printed = shell.good(
        "key",
        "create",
        "--user",
        "anna",
        "--kind",
        "live",
        "--name",
        "my app",
        "--scope",
        "stats.view",
        "--scope",
        "audio.view",
        "--expires",
        "30d",
    )
    key = printed.removesuffix("\n")
    assert well_formed(key) and key.startswith("sk_live_")
    found = tokens_of(shell).identify(key)
    assert found is not None and found.permissions == {"stats.view", "audio.view"}
    assert found.expires_at is not None and 29.9 < (found.expires_at - time.time()) / 86400 < 30.1
    listed = shell.good("key", "list")
    assert key[12:] not in listed
    assert re.search(r"1 +sk_live_....\.\.\. +anna +my app +until \S+ +- +audio\.view stats\.view", listed)


def test_a_key_is_revoked_and_rotated(shell: Shell) -> None:
    shell.create("anna")
    first = shell.good("key", "create", "--user", "anna", "--kind", "test", "--name", "x").strip()
    second = shell.good("key", "rotate", "1", "--overlap", "1h").strip()
    tokens = tokens_of(shell)
    assert all(tokens.identify(key) for key in (first, second))
    third = shell.good("key", "rotate", "2").strip()
    assert well_formed(third)
    assert "revoked key 3" in shell.good("key", "revoke", "3")
    states = [re.split(r"  +", line)[4] for line in shell.good("key", "list", "--user", "anna").splitlines()[1:]]
    assert [state.split(" ")[0] for state in states] == ["until", "revoked", "revoked"]


@pytest.mark.parametrize("expires", ["30", "d", "-1d", "30y", "soon", "2001-01-01", "9999999d", "1e3d"])
def test_an_end_that_cannot_be_is_refused(shell: Shell, expires: str) -> None:
    shell.create("anna")
    shell.bad("key", "create", "--user", "anna", "--kind", "live", "--name", "x", f"--expires={expires}")
    assert "sk_" not in shell.good("key", "list")


def test_an_end_may_be_a_date(shell: Shell) -> None:
    shell.create("anna")
    shell.good("key", "create", "--user", "anna", "--kind", "live", "--name", "x", "--expires", "2099-01-31")
    assert "until 2099-01-31T00:00:00Z" in shell.good("key", "list")


def test_a_scope_above_the_owner_is_refused(shell: Shell) -> None:
    shell.create("anna")
    shell.create("ben", "viewer")
    words = ["key", "create", "--user", "ben", "--kind", "live", "--name", "x", "--scope"]
    assert "does not hold" in shell.bad(*words, "settings.manage")
    assert "no permission" in shell.bad(*words, "sonar.view")


# The secret key


def test_the_secret_key_is_changed_with_an_overlap_and_written_down(shell: Shell) -> None:
    shell.create("anna")
    shell.environ["SKYSPY_SECRET_KEY"] = ""
    key = shell.good("key", "create", "--user", "anna", "--kind", "live", "--name", "x").strip()
    instance = Path(shell.environ["SKYSPY_INSTANCE"])
    old = (instance / "secret_key").read_text()
    said = shell.good("secret", "rotate", "--overlap", "2d")
    new = (instance / "secret_key").read_text()
    assert new != old
    assert not [secret for secret in (old, new) if secret in said]
    assert "Restart" in said
    assert [(stat.S_IMODE(path.stat().st_mode), path.name) for path in sorted(instance.glob("secret*"))] == [
        (0o600, "secret_key"),
        (0o600, "secret_key.former"),
    ]
    boot = load(shell.environ)
    assert boot.former_key is not None
    assert boot.former_key.text == old
    assert time.time() + 2 * 86400 - 60 < boot.former_key.until <= time.time() + 2 * 86400
    store = Store(shell.url)
    (row,) = AuditLog(store).page(action="secret.rotate")
    assert (row.actor_kind, row.object, row.after) == (
        "cli",
        "secret key",
        {"former_until": pytest.approx(boot.former_key.until)},
    )
    tokens = Tokens(Accounts(store), SettingsTable(store), boot.secret_key, former=boot.former_key)
    assert tokens.identify(key) is not None
    store.close()


def test_a_second_change_waits_for_the_first_or_is_forced(shell: Shell) -> None:
    shell.environ["SKYSPY_SECRET_KEY"] = ""
    shell.good("secret", "rotate")
    assert "--force" in shell.bad("secret", "rotate")
    shell.good("secret", "rotate", "--force")
    shell.good("secret", "rotate", "--overlap", "0s")
    assert load(shell.environ).former_key is None
    assert not (Path(shell.environ["SKYSPY_INSTANCE"]) / "secret_key.former").exists()
    shell.good("secret", "rotate")


def test_a_key_that_is_in_the_environment_is_not_changed_in_a_file(shell: Shell) -> None:
    assert "SKYSPY_SECRET_KEY is set" in shell.bad("secret", "rotate")
    former = {"SKYSPY_SECRET_KEY": "", "SKYSPY_SECRET_KEY_FORMER": "f" * 40, "SKYSPY_SECRET_KEY_FORMER_UNTIL": "2001-01-01"}
    assert "SKYSPY_SECRET_KEY_FORMER is set" in shell.bad("secret", "rotate", environ=former)
    for overlap, says in (("soon", "is not a time"), ("999999w", "at most 365d")):
        assert says in shell.bad("secret", "rotate", "--overlap", overlap, environ={"SKYSPY_SECRET_KEY": ""})
    assert not list(Path(shell.environ["SKYSPY_INSTANCE"]).glob("secret_key.former"))


# Settings, database, feeds


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


def test_upgrade_says_where_the_database_stands_and_may_be_repeated(shell: Shell) -> None:
    said = shell.good("db", "upgrade")
    assert re.search(r"skyspy\.db is at schema \d{4}\n", said)
    assert shell.good("db", "upgrade") == said


def test_a_feed_is_checked_without_any_database(shell: Shell, tmp_path: Path) -> None:
    said = shell.good("feed", "check", "demo://?seed=1")
    assert re.fullmatch(r"received [1-9]\d* aircraft in 3 s \(\d+ messages\)\n", said)
    assert not (tmp_path / "instance").exists()


def test_whoever_reads_only_the_first_line_causes_no_error(shell: Shell) -> None:
    done = shell.process("bash", "-o", "pipefail", "-c", f"{sys.executable} -m skyspy settings list | head -n 1")
    assert done.stdout.startswith("NAME")
    assert done.stderr == ""


def test_no_command_takes_a_password_as_an_argument(shell: Shell) -> None:
    shell.bad("user", "create", "anna", "--role", "admin", "--password", PASSWORD)
    shell.bad("user", "set-password", "anna", PASSWORD)

"""The commands about keys: a secret comes and goes the right way."""

from __future__ import annotations

import re
import stat
import time
from pathlib import Path

import pytest

from skyspy.auth.apikeys import is_well_formed_key
from skyspy.clock import Clock
from skyspy.config import load
from skyspy.store import Store, audit
from skyspy.store.settings import SettingsTable
from tests.support.shell import Shell, tokens_of
from tests.support.tokens import parts

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
    assert is_well_formed_key(key) and key.startswith("sk_live_")
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
    assert is_well_formed_key(third)
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
    (row,) = store.read(audit.page, action="secret.rotate")
    assert (row.actor_kind, row.object, row.after) == (
        "cli",
        "secret key",
        {"former_until": pytest.approx(boot.former_key.until)},
    )
    tokens = parts(store, SettingsTable(store), boot.secret_key, Clock(), former=boot.former_key).tokens
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

"""The environment: what is right becomes a Config, what is wrong stops the start with one clear line."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from skyspy.config import ConfigError, FormerKey, history_url_of, load, rotate_secret_key


def environ(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"SKYSPY_INSTANCE": str(tmp_path / "instance"), **more}


def test_an_empty_environment_gives_a_demo_on_sqlite(tmp_path: Path) -> None:
    config = load(environ(tmp_path))
    assert [feed.text for feed in config.feeds] == ["demo://"]
    assert config.database_url == f"sqlite:///{tmp_path}/instance/skyspy.db"
    assert (config.location, config.socketio_path, config.redis_url) == (None, "/socket.io", None)


@pytest.mark.parametrize(
    ("database", "history"),
    [
        ("sqlite:////data/skyspy.db", "sqlite:////data/history.sqlite3"),
        ("sqlite:///skyspy.db", "sqlite:///history.sqlite3"),
        ("sqlite:///file:/data/a.db?mode=ro&uri=true", "sqlite:///file:/data/history.sqlite3?mode=ro&uri=true"),
        ("sqlite:///file:a.db?uri=true", "sqlite:///file:history.sqlite3?uri=true"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite:///", "sqlite:///:memory:"),
        ("sqlite:///file:x?mode=memory&uri=true", "sqlite:///:memory:"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_the_history_is_kept_beside_the_database(database: str, history: str) -> None:
    assert history_url_of(database) == history


def test_the_database_may_not_take_the_history_s_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"SKYSPY_DATABASE_URL: history\.sqlite3"):
        load(environ(tmp_path, SKYSPY_DATABASE_URL=f"sqlite:///{tmp_path}/history.sqlite3"))


def test_the_secret_key_is_generated_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first, second = load(environ(tmp_path)), load(environ(tmp_path))
    path = tmp_path / "instance" / "secret_key"
    assert first.secret_key == second.secret_key == path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["secret_key"]


def test_a_config_shows_no_secret(tmp_path: Path) -> None:
    config = load(environ(tmp_path, SKYSPY_DATABASE_URL="postgresql://u:hunter2@h/d", SKYSPY_FEEDS="http://me:hunter2@h/x.json"))
    assert "hunter2" not in repr(config)
    assert config.secret_key not in repr(config)


@pytest.mark.parametrize(
    ("more", "place", "altitude"),
    [
        ({"LAT": "47.5", "LONG": "8.5", "ALT": "400ft"}, (47.5, 8.5), 121.92),
        ({"SKYSPY_LAT": "-1", "LAT": "47", "SKYSPY_LON": "180", "SKYSPY_ALT": "120"}, (-1.0, 180.0), 120.0),
        ({"LAT": "0", "LON": "0", "ALT": "15m"}, (0.0, 0.0), 15.0),
    ],
)
def test_the_receivers_place_is_read_from_the_fields_usual_names(
    tmp_path: Path, more: dict[str, str], place: tuple[float, float], altitude: float
) -> None:
    config = load(environ(tmp_path, **more))
    assert config.location == place
    assert config.altitude_m == pytest.approx(altitude)


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"SKYSPY_LAT": "91", "SKYSPY_LON": "0"}, "SKYSPY_LAT"),
        ({"LAT": "nan", "LON": "0"}, "LAT"),
        ({"LAT": "47"}, "SKYSPY_LON"),
        ({"ALT": "high"}, "ALT"),
        ({"SKYSPY_FEEDS": "ftp://host/x"}, "SKYSPY_FEEDS"),
        ({"SKYSPY_DATABASE_URL": "mysql://x"}, "SKYSPY_DATABASE_URL"),
        ({"SKYSPY_SECRET_KEY": "short"}, "SKYSPY_SECRET_KEY"),
        *(
            ({"SKYSPY_SOCKETIO_PATH": path}, "SKYSPY_SOCKETIO_PATH")
            for path in ("socket io", "/", "//", "/a//b", "/..", "/a/../b", "/./a")
        ),
        ({"SKYSPY_TRUSTED_PROXIES": "10.0.0.0/33"}, "SKYSPY_TRUSTED_PROXIES"),
        ({"SKYSPY_LOG_LEVEL": "LOUD"}, "SKYSPY_LOG_LEVEL"),
        ({"SKYSPY_INSTANCE": "/proc/skyspy"}, "SKYSPY_INSTANCE"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, more: dict[str, str], names: str) -> None:
    with pytest.raises(ConfigError, match=names) as caught:
        load(environ(tmp_path, **more))
    assert "\n" not in str(caught.value)


# The former secret key

NOW, BEFORE = "n" * 40, "b" * 40


def test_a_former_secret_key_is_read_with_its_end(tmp_path: Path) -> None:
    for until in ("2027-01-31T12:00:00Z", "2027-01-31T13:00:00+01:00", "2027-01-31T12:00", "2027-01-31 12:00"):
        more = {"SKYSPY_SECRET_KEY_FORMER": BEFORE, "SKYSPY_SECRET_KEY_FORMER_UNTIL": until}
        assert load(environ(tmp_path, SKYSPY_SECRET_KEY=NOW, **more)).former_key == FormerKey(BEFORE, 1801396800.0)
    assert load(environ(tmp_path, SKYSPY_SECRET_KEY=NOW)).former_key is None


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"SKYSPY_SECRET_KEY_FORMER": BEFORE}, "both be set"),
        ({"SKYSPY_SECRET_KEY_FORMER_UNTIL": "2027-01-31"}, "both be set"),
        (
            {"SKYSPY_SECRET_KEY_FORMER": BEFORE, "SKYSPY_SECRET_KEY_FORMER_UNTIL": "in a week"},
            "SKYSPY_SECRET_KEY_FORMER_UNTIL: 'in",
        ),
        ({"SKYSPY_SECRET_KEY_FORMER": BEFORE, "SKYSPY_SECRET_KEY_FORMER_UNTIL": "0001-01-01T00:00+23:59"}, "is not a time"),
        ({"SKYSPY_SECRET_KEY_FORMER": "short", "SKYSPY_SECRET_KEY_FORMER_UNTIL": "2027-01-31"}, "at least 32"),
        ({"SKYSPY_SECRET_KEY_FORMER": NOW, "SKYSPY_SECRET_KEY_FORMER_UNTIL": "2027-01-31"}, "in force now"),
    ],
)
def test_a_former_secret_key_that_cannot_be_is_named_in_one_line(tmp_path: Path, more: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)) as caught:
        load(environ(tmp_path, SKYSPY_SECRET_KEY=NOW, **more))
    assert "\n" not in str(caught.value)
    assert BEFORE not in str(caught.value)
    assert NOW not in str(caught.value)


def test_a_generated_key_is_rotated_whole_or_not_at_all(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    old = load(environ(tmp_path)).secret_key
    assert rotate_secret_key(environ(tmp_path), 2e9) == instance / "secret_key"
    config = load(environ(tmp_path))
    assert (config.former_key, config.secret_key != old) == (FormerKey(old, 2e9), True)
    assert sorted(path.name for path in instance.iterdir()) == ["secret_key", "secret_key.former"]
    # Cut short between its two steps: the key that is in force stands in both files.
    (instance / "secret_key").write_text(old)
    config = load(environ(tmp_path))
    assert (config.secret_key, config.former_key) == (old, None)


def test_the_file_of_the_former_key_tells_nothing_of_a_key_in_the_environment(tmp_path: Path) -> None:
    rotate_secret_key(environ(tmp_path), 2e9)
    assert load(environ(tmp_path, SKYSPY_SECRET_KEY=NOW)).former_key is None
    more = {"SKYSPY_SECRET_KEY_FORMER": BEFORE, "SKYSPY_SECRET_KEY_FORMER_UNTIL": "2027-01-31T12:00:00Z"}
    assert load(environ(tmp_path, **more)).former_key == FormerKey(BEFORE, 1801396800.0)


@pytest.mark.parametrize("text", ["", "short\n2027-01-31\n", "x" * 40, "x" * 40 + "\nsoon\n"])
def test_a_damaged_file_of_the_former_key_stops_the_start(tmp_path: Path, text: str) -> None:
    load(environ(tmp_path))
    path = tmp_path / "instance" / "secret_key.former"
    path.touch(0o600)
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"secret_key\.former is damaged"):
        load(environ(tmp_path))


@pytest.mark.parametrize("name", ["secret_key", "secret_key.former"])
@pytest.mark.parametrize("damage", ["binary", "empty", "folder", "pipe", "loop"])
def test_a_damaged_secret_file_is_one_line(tmp_path: Path, name: str, damage: str) -> None:
    load(environ(tmp_path))
    rotate_secret_key(environ(tmp_path), 2e9)
    path = tmp_path / "instance" / name
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage == "pipe":
        os.mkfifo(path, 0o600)
    elif damage == "loop":
        path.symlink_to(path)
    else:
        path.write_bytes(b"" if damage == "empty" else b"\xff\xfe\x00" * 20)
        path.chmod(0o600)
    with pytest.raises(ConfigError, match=re.escape(str(path))) as caught:
        load(environ(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["secret_key", "secret_key.former"])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o602, 0o666])
def test_a_secret_file_that_others_can_read_stops_the_start_and_says_what_to_do(tmp_path: Path, name: str, mode: int) -> None:
    load(environ(tmp_path))
    rotate_secret_key(environ(tmp_path), 2e9)
    path = tmp_path / "instance" / name
    path.chmod(mode)
    with pytest.raises(ConfigError, match=rf"\A[^\n]+chmod 600 {re.escape(str(path))}[^\n]+\Z"):
        load(environ(tmp_path))
    path.chmod(0o600)
    load(environ(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_secret_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    load(environ(tmp_path))
    path = tmp_path / "instance" / "secret_key"
    path.chmod(0)
    with pytest.raises(ConfigError, match=rf"\A[^\n]*cannot read {re.escape(str(path))}[^\n]+\Z"):
        load(environ(tmp_path))


def test_a_variable_named_like_a_setting_is_kept_for_its_first_value(tmp_path: Path) -> None:
    config = load(environ(tmp_path, AUTH_MODE="private", OTHER="x"), frozenset({"AUTH_MODE"}))
    assert config.first_settings == {"AUTH_MODE": "private"}

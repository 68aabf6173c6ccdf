"""The environment: what is right becomes a Config, what is wrong stops the start with one clear line."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from skyspy.config import ConfigError, load


def environ(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"SKYSPY_INSTANCE": str(tmp_path / "instance"), **more}


def test_an_empty_environment_gives_a_demo_on_sqlite(tmp_path: Path) -> None:
    config = load(environ(tmp_path))
    assert [feed.text for feed in config.feeds] == ["demo://"]
    assert config.database_url == f"sqlite:///{tmp_path}/instance/skyspy.db"
    assert (config.location, config.socketio_path, config.redis_url) == (None, "/socket.io", None)


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
        ({"SKYSPY_SOCKETIO_PATH": "socket io"}, "SKYSPY_SOCKETIO_PATH"),
        ({"SKYSPY_TRUSTED_PROXIES": "10.0.0.0/33"}, "SKYSPY_TRUSTED_PROXIES"),
        ({"SKYSPY_LOG_LEVEL": "LOUD"}, "SKYSPY_LOG_LEVEL"),
        ({"SKYSPY_INSTANCE": "/proc/skyspy"}, "SKYSPY_INSTANCE"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, more: dict[str, str], names: str) -> None:
    with pytest.raises(ConfigError, match=names) as caught:
        load(environ(tmp_path, **more))
    assert "\n" not in str(caught.value)


def test_a_variable_named_like_a_setting_is_kept_for_its_first_value(tmp_path: Path) -> None:
    config = load(environ(tmp_path, AUTH_MODE="private", OTHER="x"), frozenset({"AUTH_MODE"}))
    assert config.first_settings == {"AUTH_MODE": "private"}

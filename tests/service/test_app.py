"""A site and the servers behind it: what one server gave is worth nothing to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import gevent
import pytest

from skyspy.address import OWN_PATHS
from skyspy.app import Components, build_site, create_app, start, stop
from skyspy.config import ConfigError
from skyspy.server import server_of
from skyspy.store import Store, presence, users
from skyspy.store.audit import Actor
from skyspy.store.history.writer import LeaseTimes
from skyspy.store.settings import SettingsTable
from tests.support.clock import EventClock, StillClock
from tests.support.databases import change, create_key
from tests.support.sites import QUICK, release, serve
from tests.support.world import World, socket_world

CLI = Actor("cli", "test")
PASSWORD = "correct horse battery staple"


def test_a_site_answers_for_the_server_attached_last_and_keeps_nothing_of_the_one_before(tmp_path: Path) -> None:
    app = serve({"SKYSPY_INSTANCE": str(tmp_path / "first")}, StillClock())
    first = server_of(app)
    user = change(first, users.create, "ann", "admin", QUICK.hash(PASSWORD, 8), CLI)
    key = create_key(first, user.id, "live", "test", CLI).text
    first.settings.change({"REQUESTS_PER_MINUTE": 10}, CLI)
    client = app.test_client()
    stranger = {"REMOTE_ADDR": "198.51.100.7"}

    def me() -> int:
        return client.get("/api/auth/me/", headers={"X-API-Key": key}, environ_base=stranger).status_code

    assert [me() for _ in range(11)] == [200] * 10 + [429]
    page = client.get("/admin/sign-in/")
    form = {
        "name": "ann",
        "password": PASSWORD,
        "csrf_token": page.text.partition('name="csrf_token" value="')[2].partition('"')[0],
    }
    assert client.post("/admin/sign-in/", data=form).status_code == 303
    assert client.get("/admin/profile/").status_code == 200
    release(app)

    second = serve({"SKYSPY_INSTANCE": str(tmp_path / "second")}, StillClock())
    assert second is app, "the site is used again"
    assert server_of(second) is not first
    assert me() == 401, "neither the key nor the spent requests are known"
    assert client.get("/admin/profile/").status_code == 303
    assert server_of(second).socketio is second.extensions["socketio"]
    release(second)


@contextmanager
def started(world: World) -> Iterator[None]:
    start(world.app)
    try:
        yield
    finally:
        stop(world.app)
        world.close()


def soon(world: World, condition: Callable[[], object]) -> None:
    with gevent.Timeout(20):
        while not condition():
            world.clock.pass_by(0.005)
            gevent.sleep(0.005)


def test_a_started_server_disconnects_whom_a_change_of_another_process_shuts_out(tmp_path: Path) -> None:
    world = socket_world(tmp_path)
    peer = world.peer().join()
    with started(world):
        SettingsTable(Store(world.skyspy.config.database_url), {}).change({"AUTH_MODE": "private"}, CLI)
        soon(world, lambda: peer.gone)
        assert peer.got("error")[-1]["code"] == "token_missing"


def test_a_started_server_acts_on_its_own_changes_at_once(tmp_path: Path) -> None:
    world = socket_world(tmp_path, EventClock())
    peer = world.peer().join()
    with started(world):
        (watcher,) = [loop for loop in world.skyspy.stats.loops if loop.name == "watching for changes"]
        soon(world, lambda: watcher.rounds)
        world.choose(AUTH_MODE="private")
        soon(world, lambda: peer.gone)
        assert peer.got("error")[-1]["code"] == "token_missing"


def test_a_started_server_follows_an_eviction_that_another_process_wrote(tmp_path: Path) -> None:
    world = socket_world(tmp_path)
    peer = world.peer().join()
    with started(world):
        soon(world, lambda: world.store.read(presence.every, world.clock.wall()))
        Store(world.skyspy.config.database_url).write(presence.evict, "session", peer.sids["/"], 1, CLI, world.clock.wall())
        soon(world, lambda: peer.gone)


def test_a_copied_database_is_what_a_first_start_makes(tmp_path: Path) -> None:
    made = create_app({"SKYSPY_INSTANCE": str(tmp_path / "made")}, StillClock(), components=Components(passwords=lambda: QUICK))
    copied = serve({"SKYSPY_INSTANCE": str(tmp_path / "copied")}, StillClock())
    tables = "SELECT type, name, sql FROM sqlite_master ORDER BY name"

    def schema(folder: str) -> list[tuple[str, ...]]:
        store = server_of(made if folder == "made" else copied).store
        return [tuple(row) for row in store.read(lambda connection: connection.exec_driver_sql(tables).all())]

    assert schema("made") == schema("copied") != []
    server_of(made).store.close()
    release(copied)


def test_the_lease_of_a_server_has_the_times_of_its_components(tmp_path: Path) -> None:
    times = LeaseTimes(look=0.5, renew=1.0, lost=3.0)
    made = serve({"SKYSPY_INSTANCE": str(tmp_path)}, StillClock(), Components(passwords=lambda: QUICK, lease=times))
    assert server_of(made).history.lease.times == times
    release(made)


@pytest.mark.parametrize("path", ["/api", "/admin/", "/data", "/healthz", "/api/aircraft", "/static"])
def test_a_socket_io_path_that_would_hide_a_page_stops_the_start_with_one_line(tmp_path: Path, path: str) -> None:
    with pytest.raises(ConfigError, match=r"SKYSPY_SOCKETIO_PATH: .* would hide /") as caught:
        create_app({"SKYSPY_INSTANCE": str(tmp_path), "SKYSPY_SOCKETIO_PATH": path}, site=build_site())
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("*.db")), "nothing was made"


def test_the_first_segments_of_all_paths_are_listed() -> None:
    assert {rule.rule.split("/")[1] for rule in build_site().url_map.iter_rules()} - {""} == OWN_PATHS - {"socket.io"}

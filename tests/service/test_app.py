"""A site and the servers behind it: what one server gave is worth nothing to the next."""

from __future__ import annotations

from pathlib import Path

from skyspy.app import Components, create_app
from skyspy.server import server_of
from skyspy.store import users
from skyspy.store.audit import Actor
from tests.support.clock import StillClock
from tests.support.databases import change
from tests.support.sites import QUICK, release, serve

CLI = Actor("cli", "test")
PASSWORD = "correct horse battery staple"


def test_a_site_answers_for_the_server_attached_last_and_keeps_nothing_of_the_one_before(tmp_path: Path) -> None:
    app = serve({"SKYSPY_INSTANCE": str(tmp_path / "first")}, StillClock())
    first = server_of(app)
    user = change(first, users.create, "ann", "admin", QUICK.hash(PASSWORD, 8), CLI)
    key = first.api_keys.create(user.id, "live", "test", CLI).text
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

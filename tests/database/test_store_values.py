"""What no column takes: refused alike on every database, and never a crash; and a Postgres that answers no more is busy."""

from __future__ import annotations

import textwrap
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from flask.testing import FlaskClient
from sqlalchemy import select, text

from skyspy.clock import Clock
from skyspy.server import Server, server_of
from skyspy.store import Store, audit, upgrade
from skyspy.store import users as stored_users
from skyspy.store.errors import UnstorableValue
from skyspy.store.schema import LINKS, MAX_ID, USERS
from tests.database.test_races import PASSWORD, made
from tests.support.databases import database_url, migrated_url, python
from tests.support.sites import release, serve

IDS = (MAX_ID, MAX_ID + 1, 10**15, 10**18, 10**30)
TEXTS = ("\x00", "a\x00b", "\x01", "\x7f", "\u0085")


@pytest.fixture
def server(kind: str, tmp_path: Path) -> Iterator[tuple[Server, FlaskClient, dict[str, str]]]:
    """A server, a client, and the headers of an administrator."""
    with migrated_url(kind, tmp_path) as url:
        app = serve({"SKYSPY_INSTANCE": str(tmp_path), "SKYSPY_DATABASE_URL": url}, Clock())
        made(server_of(app), "root", "admin")
        token = server_of(app).tokens.login("root", PASSWORD, "127.0.0.1").access
        yield server_of(app), app.test_client(), {"Authorization": f"Bearer {token}"}
        release(app)


def test_a_value_that_no_column_takes_is_the_senders_fault(store: Store) -> None:
    if not store.is_sqlite:
        with pytest.raises(UnstorableValue):
            store.read(stored_users.by_name, "\x00")
        with pytest.raises(UnstorableValue):
            store.read(stored_users.by_id, MAX_ID + 1)
    for column, value in ((USERS.c.name, "\ud800"), (USERS.c.id, 2**64)):
        query = select(USERS.c.id).where(column == value)
        with pytest.raises(UnstorableValue):
            store.read(lambda c, query=query: c.execute(query).all())  # type: ignore[misc]
    # The connection is as good as before.
    assert store.read(stored_users.count) == 0


@pytest.mark.parametrize("number", IDS)
def test_an_id_that_no_row_can_have_is_not_there(server: tuple[Server, FlaskClient, dict[str, str]], number: int) -> None:
    _, client, root = server
    asked: dict[str, list[tuple[str, dict[str, Any] | None]]] = {
        "GET": [("users/{}/", None)],
        "POST": [
            ("users/{}/", {"disabled": True}),
            ("users/{}/sign-out/", None),
            ("users/{}/reset-link/", None),
            ("keys/{}/rotate/", {"overlap": 0}),
            ("feeds/{}/", {"paused": True}),
            ("live/disconnect/", {"what": "user", "id": str(number)}),
            ("live/disconnect/", {"what": "key", "id": str(number)}),
        ],
        "DELETE": [("users/{}/", None), ("keys/{}/", None), ("feeds/{}/", None)],
    }
    for method, paths in asked.items():
        for path, body in paths:
            answer = client.open(f"/api/admin/{path.format(number)}", method=method, json=body, headers=root)
            assert answer.status_code == 404, (method, path, answer.text)
    key = {"user_id": number, "kind": "live", "name": "x"}
    # The document says that ids have at most 15 digits.
    assert client.post("/api/admin/keys/", json=key, headers=root).status_code == (404 if number <= 10**15 else 400)
    for path in ("users/{}/", "keys/{}/", "live/user/{}/"):
        assert client.get(f"/admin/{path.format(number)}").status_code in (303, 404)


@pytest.mark.parametrize("number", [MAX_ID + 1, 10**15])
@pytest.mark.parametrize("path", ["keys/", "audit/"])
def test_a_cursor_beyond_every_id_is_none(server: tuple[Server, FlaskClient, dict[str, str]], path: str, number: int) -> None:
    _, client, root = server
    cursor = urlsafe_b64encode(f"k:{number}".encode()).decode().rstrip("=")
    assert client.get(f"/api/admin/{path}?cursor={cursor}", headers=root).status_code == 400


@pytest.mark.parametrize("strange", TEXTS)
def test_a_control_character_is_refused_wherever_a_text_is_looked_for(
    server: tuple[Server, FlaskClient, dict[str, str]], strange: str
) -> None:
    _, client, root = server
    cursor = urlsafe_b64encode(f"k:{strange}".encode()).decode().rstrip("=")
    asked = [
        ("users/", {"search": strange}),
        ("keys/", {"search": strange}),
        ("live/", {"search": strange}),
        *(("audit/", {name: strange}) for name in ("actor", "action", "object", "address")),
    ]
    for path, query in asked:
        assert client.get(f"/api/admin/{path}", query_string=query, headers=root).status_code == 400, (path, query)
    assert client.get("/api/admin/users/", query_string={"cursor": cursor}, headers=root).status_code in (200, 400)
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("users/", {"name": strange, "role": "viewer"}),
        ("users/", {"name": "friend", "role": strange}),
        ("users/1/", {"role": strange}),
        ("roles/", {"name": strange, "permissions": []}),
        ("roles/", {"name": "new", "like": strange}),
        ("keys/", {"user_id": 1, "kind": "live", "name": strange}),
        ("keys/", {"user_id": 1, "kind": "live", "name": "x", "networks": [strange]}),
        ("feeds/", {"url": f"demo://{strange}"}),
        ("settings/", {"changes": {"CORS_ORIGINS": [strange]}}),
        ("live/disconnect/", {"what": "socket", "id": strange}),
    ]
    for path, body in bodies:
        answer = client.post(f"/api/admin/{path}", json=body, headers=root)
        assert answer.status_code in (400, 404, 409), (path, body, answer.text)
    for method in ("POST", "DELETE"):
        answer = client.open(f"/api/admin/roles/{strange}/", method=method, json={"permissions": []}, headers=root)
        assert answer.status_code in (400, 404), answer.text


@pytest.mark.parametrize("strange", TEXTS)
def test_a_refused_sign_in_with_a_strange_name_is_in_the_log(
    server: tuple[Server, FlaskClient, dict[str, str]], strange: str
) -> None:
    made_by, client, _ = server
    for name in (strange, f"root{strange}"):
        answer = client.post("/api/auth/token/", json={"username": name, "password": PASSWORD})
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "invalid_credentials")
    page = client.get("/admin/sign-in/").text
    form = {"csrf_token": page.split('name="csrf_token" value="')[1].split('"')[0], "name": strange, "password": PASSWORD}
    assert client.post("/admin/sign-in/", data=form).status_code == 401
    failed = made_by.store.read(audit.page, action="login.failed")
    assert [row.object for row in failed] == ["unknown user"] * 3


def test_the_panel_takes_no_character_that_cannot_be_printed(server: tuple[Server, FlaskClient, dict[str, str]]) -> None:
    _, client, _ = server
    page = client.get("/admin/sign-in/").text
    form = {"csrf_token": page.split('name="csrf_token" value="')[1].split('"')[0], "name": "root", "password": PASSWORD}
    assert client.post("/admin/sign-in/", data=form).status_code == 303
    for path in ("users/?q=%00", "keys/?whose=all&q=a%00", "live/?q=%00", "audit/?actor=%00", "audit/?about=%01"):
        assert client.get(f"/admin/{path}").status_code == 200, path
    assert client.get("/admin/audit/?before=999999999999999").status_code == 200
    assert client.get("/admin/roles/%00/").status_code in (400, 404)


# -- Links of before revision 0006 ------------------------------------------------------------------


def test_links_of_users_work_on_and_links_of_keys_open_nothing_after_the_upgrade(kind: str, tmp_path: Path) -> None:
    makers = {"anna": None, "anna / script": [], "a" * 64: [], "pi": None}
    with database_url(kind, tmp_path) as url:
        store = Store(url)

        def before(connection: Any) -> None:
            command.upgrade(upgrade._config(upgrade.MAIN, connection), "0005")
            for number, name in enumerate(makers):
                link = "first" if name == "pi" else "reset"
                connection.execute(
                    text("INSERT INTO links (digest, kind, created_by, created_at, expires_at) VALUES (:d, :k, :n, 1, 2)"),
                    {"d": f"d{number}", "k": link, "n": name},
                )

        store.write(before)
        store.upgrade()
        held = {row.created_by: row.maker_permissions for row in store.read(lambda c: c.execute(select(LINKS)).all())}
        store.close()
    assert held == {name: None if kept is None else "[]" for name, kept in makers.items()}


# -- A Postgres that answers no more ----------------------------------------------------------------

INTERRUPTED = textwrap.dedent("""
    from gevent import monkey
    monkey.patch_all()
    import gevent, psycopg
    from contextlib import contextmanager
    from sqlalchemy import exc, make_url
    from skyspy.store.errors import StoreBusy
    from skyspy.store.postgres import Postgres

    class Frozen:
        '''An engine whose database never answers, and whose driver fails when it cleans up, in one of several ways.'''

        def __init__(self, fails):
            self.fails = fails

        @contextmanager
        def connect(self):
            try:
                gevent.sleep(30)
                yield
            except BaseException:
                self.fails()
            raise RuntimeError("the driver forgot what came before")

    def plain():
        raise psycopg.ProgrammingError("can't change 'autocommit' now")

    def wrapped():
        raise exc.ProgrammingError("SELECT 1", {}, psycopg.ProgrammingError("can't change 'autocommit' now"))

    def forgets():
        pass

    def once(fails, patience=0.05, act="write"):
        backend = Postgres(make_url("postgresql+psycopg://x@127.0.0.1:1/x"), "x", patience, Frozen(fails))
        return getattr(backend, act)(lambda connection: None)

    def said(work):
        try:
            work()
        except BaseException as error:
            return type(error).__name__
        return "nothing"

    print(*[said(lambda: once(fails, act=act)) for fails in (plain, wrapped, forgets) for act in ("read", "write")])

    def killed(fails):
        job = gevent.spawn(said, lambda: once(fails, 30))
        gevent.sleep(0.05)
        job.kill()
        return job.value

    print(*[killed(fails) for fails in (plain, wrapped)])

    def others_limit():
        with gevent.Timeout(0.05):
            once(plain, 30)

    print(said(others_limit))

    # An error of its own stays what it is, also where the caller is handling an end already.
    def own():
        try:
            raise gevent.GreenletExit
        except gevent.GreenletExit:
            class Broken(Frozen):
                @contextmanager
                def connect(self):
                    raise RuntimeError("a fault of ours")
                    yield
            Postgres(make_url("postgresql+psycopg://x@127.0.0.1:1/x"), "x", 30, Broken(plain)).write(lambda c: None)

    print(said(own))
""")


def test_whatever_an_interrupted_driver_raises_is_what_interrupted_it() -> None:
    done = python(INTERRUPTED, seconds=30)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [" ".join(["StoreBusy"] * 6), "GreenletExit GreenletExit", "Timeout", "RuntimeError"]

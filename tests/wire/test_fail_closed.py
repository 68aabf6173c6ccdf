"""While the settings cannot be read or are invalid, no new client is admitted, and no access widens."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.asking import Browser, ask
from tests.wire.raw import Ws
from tests.wire.serving import PASSWORD, Operator, Server, eventually


class Vandal:
    """An operator with a database shell."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "instance" / "skyspy.db", isolation_level=None, timeout=5)

    def do(self, statement: str) -> None:
        self._connection.execute(statement)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def vandal(server: Server) -> Iterator[Vandal]:
    made = Vandal(server.folder)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def as_found(operator: Operator) -> Iterator[None]:
    yield
    operator.choose(AUTH_MODE="hybrid")


@pytest.mark.parametrize("mode", ["private", "hybrid"])
def test_s25_without_settings_nobody_new_is_admitted_and_who_is_in_stays(
    server: Server, operator: Operator, vandal: Vandal, mode: str
) -> None:
    key = operator.key()
    operator.choose(AUTH_MODE=mode)
    inside = Ws(server)
    inside.join("/", {"token": key})
    vandal.do("ALTER TABLE settings RENAME TO stolen")
    try:
        time.sleep(1.2)
        for auth in (None, {"token": key}, {"token": "wrong"}):
            for namespace in ("/", "/audio", "/cannonball", "/acars"):
                with Ws(server) as client:
                    assert client.join(namespace, auth) == ("refused", {"message": "Server busy", "data": {"code": "overloaded"}})
        assert inside.alive()
    finally:
        vandal.do("ALTER TABLE stolen RENAME TO settings")
    with Ws(server) as client:
        assert client.join("/", {"token": key})[0] == "connect"
    inside.close()


@pytest.mark.parametrize("table", ["settings", "users", "api_keys", "roles", "families"])
def test_s25_while_a_table_cannot_be_read_neither_the_api_nor_the_panel_nor_a_socket_believes_anybody(
    server: Server, operator: Operator, vandal: Vandal, table: str
) -> None:
    key, jwt = operator.key(), operator.jwt()
    browser = Browser(server)
    assert browser.sign_in("ann").status == 303
    operator.choose(AUTH_MODE="private")
    vandal.do(f"ALTER TABLE {table} RENAME TO stolen")
    try:
        time.sleep(1.2)
        for path in ("/api/aircraft/", "/api/auth/me/", "/api/admin/users/", "/data/aircraft.json", "/api/openapi.json"):
            for token in (None, key, jwt):
                answer = ask(server, path, token=token)
                served = answer.status == 200
                # A key is read without the table of sign-ins, and the other way round.
                beside = (table, token) in (("families", key), ("api_keys", jwt))
                assert not served or beside, (path, token and token[:8], answer.text[:100])
                assert served or "error" in answer.json()
        if table != "api_keys":
            assert ask(server, "/api/auth/token/", send={"username": "ann", "password": PASSWORD}).status >= 500
            page = browser.get("/admin/users/")
            assert (page.status, "The server is busy" in page.text) == (503, True)
        with Ws(server) as client:
            assert client.join("/", {"token": jwt if table == "families" else key})[0] == "refused"
    finally:
        vandal.do(f"ALTER TABLE stolen RENAME TO {table}")
    assert ask(server, "/api/auth/me/", token=key).status == 200


def test_s25_a_mode_that_does_not_exist_is_private(server: Server, operator: Operator, vandal: Vandal) -> None:
    operator.choose(AUTH_MODE="public")
    stranger = Ws(server)
    assert stranger.join("/acars")[0] == "connect"
    vandal.do("UPDATE settings SET value = '\"sesame\"' WHERE name = 'AUTH_MODE'")
    assert stranger.until("error")["code"] == "token_missing"
    stranger.ended()
    with Ws(server) as client:
        assert client.join()[1]["data"]["code"] == "token_missing"


def test_s25_a_writer_that_never_ends_stalls_nobody(server: Server, operator: Operator, vandal: Vandal) -> None:
    inside = Ws(server)
    inside.join()
    vandal.do("BEGIN IMMEDIATE")
    try:
        for _ in range(10):
            with Ws(server) as client:
                # If admission waited for the writer, the database would be busy and the client refused.
                assert client.join("/", {"token": "wrong"})[0] == "connect"
            assert inside.alive()
    finally:
        vandal.do("ROLLBACK")
    assert eventually(inside.alive)
    inside.close()

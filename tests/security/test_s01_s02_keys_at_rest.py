"""S1 and S2: the format of an API key, by which a mistyped one is refused without the database, and its storage as a digest only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from skyspy.auth.apikeys import PREFIXES, checksum, new_key_text
from tests.security.asking import Answer, Browser, ask
from tests.support.world import World
from tests.wire.raw import Ws
from tests.wire.serving import PASSWORD, Operator, Server

ME = "/api/auth/me/"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A server in this process, whose database statements can be recorded."""
    made = World(tmp_path)
    yield made
    made.close()


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement sent to any database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def flipped(text: str) -> Iterator[str]:
    """The key with one character changed, at each position."""
    for place, letter in enumerate(text):
        yield text[:place] + ("x" if letter != "x" else "y") + text[place + 1 :]


def like(text: str) -> str:
    """Another well-formed key with the same beginning as far as operators can see it."""
    body = text[:12] + new_key_text("live")[12:40]
    return body + checksum(body)


def test_s01_a_key_with_any_one_character_changed_is_401(server: Server, operator: Operator, address: str) -> None:
    key = operator.key()
    assert ask(server, ME, token=key, source=address).status == 200
    answers = {(a.status, a.json()["error"]["code"]) for a in (ask(server, ME, token=t, source=address) for t in flipped(key))}
    assert answers == {(401, "token_invalid")}


def test_s01_a_mistyped_key_asks_the_database_nothing(world: World) -> None:
    key = world.key()
    with statements() as seen:
        for mistyped in flipped(key):
            if mistyped.startswith(tuple(PREFIXES.values())):
                assert world.get(ME, mistyped).status_code == 401
        assert seen == []
        assert world.get(ME, key).status_code == 200
        assert len(seen) > 0, "the watch does see statements"


def test_s02_a_wrong_key_costs_the_same_look_whatever_it_resembles(world: World) -> None:
    key = world.key()
    asked, answers = [], []
    for wrong in (new_key_text("live"), like(key), new_key_text("test")):
        with statements() as seen:
            answer = world.get(ME, wrong)
        asked.append(seen)
        answers.append((answer.status_code, answer.get_data(), sorted(answer.headers)))
    assert asked[0] == asked[1] == asked[2]
    assert answers[0] == answers[1] == answers[2]


def same(answer: Answer) -> tuple[object, ...]:
    return answer.status, answer.body, [header for header in answer.headers if header[0] != "Date"]


def test_s02_wrong_keys_are_answered_alike_whatever_they_resemble(server: Server, operator: Operator, address: str) -> None:
    key = operator.key()
    answers = [same(ask(server, ME, token=t, source=address)) for t in (like(key), new_key_text("live"), key[:-1], key + "0")]
    assert answers[0] == answers[1] == answers[2] == answers[3]


def test_s02_no_file_of_the_server_holds_a_key_that_was_made_used_and_ended(server: Server, operator: Operator) -> None:
    operator.user("keymaker")
    browser = Browser(server)
    assert browser.sign_in("keymaker").status == 303
    token = ask(server, "/api/auth/token/", send={"username": "keymaker", "password": PASSWORD}).json()["access"]
    made = ask(server, "/api/auth/keys/", send={"name": "canary", "kind": "live"}, token=token).json()
    text, key_id = made["key"], made["details"]["id"]
    assert ask(server, ME, token=text).status == 200
    with Ws(server) as client:
        assert client.join("/", {"token": text})[0] == "connect"
    for wrong in (text[:-1], text + "x", text.swapcase()):
        ask(server, ME, token=wrong)
        ask(server, f"/api/aircraft/?token={text}", token=wrong)
        with Ws(server) as client:
            client.join("/", {"token": wrong})
    assert ask(server, f"/api/auth/keys/{key_id}/", method="DELETE", token=token).status == 204
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    assert {"skyspy.db", "skyspy.db-wal"} <= {path.name for path in files}
    # Not even what stands behind the part that operators are shown.
    for secret in (text, text[12:40]):
        assert [path.name for path in files if secret.encode() in path.read_bytes()] == []

"""S3: a key is shown once, its uses are counted without a write for each, and it ends to the second; a rotated one overlaps."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from skyspy.store.schema import API_KEYS, KEY_USES
from tests.security.asking import Browser, ask
from tests.wire.raw import Ws
from tests.wire.serving import PASSWORD, Operator, Server

ME = "/api/auth/me/"


def signed_in(server: Server, operator: Operator, name: str) -> str:
    """An access token of a user's own sign-in."""
    operator.user(name)
    token: str = ask(server, "/api/auth/token/", send={"username": name, "password": PASSWORD}).json()["access"]
    return token


def code(server: Server, token: str) -> str:
    """Why a token is refused over HTTP; empty where it is not."""
    answer = ask(server, ME, token=token)
    assert answer.status in (200, 401)
    return "" if answer.status == 200 else answer.json()["error"]["code"]


def test_s03_a_key_is_shown_once_and_by_nothing_after(server: Server, operator: Operator) -> None:
    token = signed_in(server, operator, "once")
    made = ask(server, "/api/auth/keys/", send={"name": "shown", "kind": "live"}, token=token).json()
    text, key_id = made["key"], made["details"]["id"]
    browser = Browser(server)
    browser.sign_in("once")
    pages = ["/admin/", "/admin/keys/", f"/admin/keys/{key_id}/", "/admin/profile/", "/admin/audit/", "/admin/audit/log.csv"]
    seen = [browser.get(path) for path in pages]
    seen += [ask(server, path, token=token) for path in ("/api/auth/keys/", "/api/admin/keys/", "/api/admin/audit/", ME)]
    seen += [ask(server, ME, token=text)]
    assert any("shown" in answer.text for answer in seen), "it is listed"
    assert not [answer for answer in seen if text in answer.text or text[12:] in answer.text]


def test_s03_a_key_made_in_the_panel_is_on_the_page_that_made_it_only(server: Server, operator: Operator) -> None:
    operator.user("panelist")
    browser = Browser(server)
    browser.sign_in("panelist")
    browser.get("/admin/keys/new/")
    made = browser.post("/admin/keys/new/", {"name": "by hand", "kind": "test", "may": "all", "ends": "never"})
    assert made.status == 200, made.text
    assert "no-store" in (made.header("Cache-Control") or "")
    prefix = "sk_" + "test_"
    text = prefix + made.text.split(prefix, 1)[1][:38]
    assert code(server, text) == ""
    assert text not in browser.get("/admin/keys/").text


def test_s03_uses_are_counted_without_a_write_for_each_and_written_at_the_end(tmp_path: Path) -> None:
    server = Server(tmp_path)
    operator = Operator(tmp_path)
    key = operator.made_key()
    began = time.time()

    def kept() -> tuple[Any, int]:
        """When the key was last used, and how often, as the database knows."""
        return operator.store.read(
            lambda c: (
                c.execute(select(API_KEYS.c.last_used_at).where(API_KEYS.c.id == key.key.id)).scalar_one(),
                sum(c.execute(select(KEY_USES.c.uses).where(KEY_USES.c.key_id == key.key.id)).scalars()),
            )
        )

    for _ in range(40):
        assert code(server, key.text) == ""
    assert kept() == (None, 0)
    server.stop()
    last, uses = kept()
    assert uses == 40
    assert began <= last <= time.time()
    operator.close()


def test_s03_a_key_ends_at_its_second_and_its_socket_with_it(server: Server, operator: Operator) -> None:
    ends = time.time() + 2.0
    key = operator.key(expires_at=ends)
    assert code(server, key) == ""
    with Ws(server) as client:
        assert client.join("/", {"token": key})[0] == "connect"
        assert client.until("error", 6.0)["code"] == "token_expired"
        assert time.time() >= ends
    time.sleep(max(0.0, ends + 0.05 - time.time()))
    assert code(server, key) == "token_expired"


def test_s03_a_key_without_audio_is_refused_on_audio_whoever_owns_it(server: Server, operator: Operator) -> None:
    with Ws(server) as client:
        assert client.join("/audio", {"token": operator.key()})[0] == "connect"
    narrow = operator.key(scopes={"aircraft.view"})
    with Ws(server) as client:
        assert client.join("/", {"token": narrow})[0] == "connect"
        answer, why = client.join("/audio", {"token": narrow})
        assert (answer, why["data"]["code"]) == ("refused", "permission_denied")


def test_s03_a_rotated_key_works_beside_its_successor_until_its_time_and_not_after(server: Server, operator: Operator) -> None:
    token = signed_in(server, operator, "rotator")
    old = ask(server, "/api/auth/keys/", send={"name": "turning", "kind": "live"}, token=token).json()
    path = f"/api/auth/keys/{old['details']['id']}/rotate/"
    ends = time.time() + 2.0
    new = ask(server, path, send={"overlap": 2}, token=token).json()
    client = Ws(server)
    assert client.join("/", {"token": old["key"]})[0] == "connect"
    assert [code(server, key["key"]) for key in (old, new)] == ["", ""]
    assert client.until("error", 6.0)["code"] == "token_expired"
    client.close()
    time.sleep(max(0.0, ends + 1.0 - time.time()))
    assert [code(server, key["key"]) for key in (old, new)] == ["token_expired", ""]
    assert ask(server, path, send={"overlap": 2}, token=token).status == 409


@pytest.mark.parametrize("way", ["Authorization", "X-API-Key", "socket"])
def test_s03_a_test_key_never_sees_the_live_sky(server: Server, operator: Operator, way: str) -> None:
    live, test = operator.key(), operator.key(kind="test")
    if way == "socket":
        seen = []
        for key in (live, test):
            with Ws(server) as client:
                client.join("/", {"token": key})
                seen.append({plane["hex"] for plane in client.until("aircraft:snapshot")["aircraft"]})
    else:
        worth = {"Authorization": "Bearer {}", "X-API-Key": "{}"}[way]
        answers = [ask(server, "/api/aircraft/?limit=500", headers={way: worth.format(key)}).json() for key in (live, test)]
        seen = [{plane["hex"] for plane in answer["aircraft"]} for answer in answers]
    assert all(seen)
    assert not seen[0] & seen[1]

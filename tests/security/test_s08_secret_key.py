"""S8: the secret key is changed as an operator does it, by a command and a restart: nobody notices who comes back in time."""

from __future__ import annotations

import http.client
import stat
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
import pytest

from skyspy.auth.secret import Secret
from skyspy.config import load
from tests.security.asking import Browser, ask
from tests.wire.raw import Ws
from tests.wire.serving import PASSWORD, Operator, Server, eventually

OVERLAP_S = 12
ME, REFRESH = "/api/auth/me/", "/api/auth/token/refresh/"


def login(server: Server, name: str) -> Any:
    return ask(server, "/api/auth/token/", send={"username": name, "password": PASSWORD}).json()


def code(server: Server, token: str) -> str:
    answer = ask(server, ME, token=token)
    assert answer.status in (200, 401), answer.text
    return "" if answer.status == 200 else answer.json()["error"]["code"]


def refresh(server: Server, token: str) -> Any:
    return ask(server, REFRESH, send={"refresh": token})


class Load:
    """Asks with one token without a pause, whichever process serves, and keeps every answer: when it was asked for, when it
    came, and its status."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.server: Server | None = None
        self.seen: list[tuple[float, float, int]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.005):
            try:
                if self.server is not None:
                    asked, status = time.time(), ask(self.server, ME, token=self.token).status
                    self.seen.append((asked, time.time(), status))
            except (OSError, http.client.HTTPException):
                # Between two processes nobody answers; whoever does answers rightly.
                continue

    def end(self) -> list[tuple[float, float, int]]:
        self._stop.set()
        self._thread.join()
        return self.seen


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    """Every server that was started here, one after another."""
    made: list[Server] = []
    yield made
    for server in made:
        server.stop()
        assert "Traceback" not in server.log()


def until_of(tmp_path: Path) -> float:
    """When the former key ends, as its file says."""
    return datetime.fromisoformat((tmp_path / "instance" / "secret_key.former").read_text().split("\n")[1]).timestamp()


def test_s08_what_the_former_key_made_works_until_its_end_and_moves_as_it_is_used(tmp_path: Path, servers: list[Server]) -> None:
    servers.append(Server(tmp_path))
    operator = Operator(tmp_path)
    operator.user("ann")
    operator.choose(LOGIN_ATTEMPTS_PER_ADDRESS=1000, TOKEN_ATTEMPTS_PER_ADDRESS=100_000)
    pair, idle = login(servers[0], "ann"), login(servers[0], "ann")
    kept, forgotten = operator.key(), operator.key()
    here, there = Browser(servers[0]), Browser(servers[0])
    assert here.sign_in("ann").status == there.sign_in("ann").status == 303
    form = here.token
    load = [Load(pair["access"]), Load(kept)]
    for one in load:
        one.server = servers[0]
    assert eventually(lambda: all(len(one.seen) > 20 for one in load))

    old = (tmp_path / "instance" / "secret_key").read_text()
    said = servers[0].cli("secret", "rotate", "--overlap", f"{OVERLAP_S}s")
    ends, new = until_of(tmp_path), (tmp_path / "instance" / "secret_key").read_text()
    assert "Restart" in said
    assert not [secret for secret in (old, new) if secret in said]
    assert code(servers[0], pair["access"]) == "", "until it is started again the server knows nothing of it"
    servers[0].stop()
    server = Server(tmp_path)
    servers.append(server)
    for browser in (here, there):
        browser.server = server
    for one in load:
        one.server = server

    # In the overlap: all of it works, and what is used moves.
    assert time.time() < ends - 2, "this machine was too slow for the overlap"
    assert [code(server, token) for token in (pair["access"], idle["access"], kept)] == ["", "", ""]
    fresh = refresh(server, pair["refresh"]).json()
    kids = [jwt.get_unverified_header(token["access"])["kid"] for token in (pair, fresh)]
    assert kids[0] != kids[1]
    # A form that stood open meanwhile is taken.
    assert here.post("/admin/confirm/", {"next": "/admin/"}, token=form).status == 303
    assert here.is_in()
    live = Ws(server)
    assert live.join("/", {"token": pair["access"]})[0] == "connect"

    # At the end, without a restart: only what moved is believed.
    time.sleep(max(0.0, ends + 0.1 - time.time()))
    assert [code(server, token) for token in (pair["access"], idle["access"], forgotten)] == ["token_invalid"] * 3
    assert refresh(server, idle["refresh"]).status == 401
    assert [code(server, token) for token in (fresh["access"], kept)] == ["", ""]
    assert refresh(server, fresh["refresh"]).status == 200
    assert (here.is_in(), there.is_in()) == (True, False)
    time.sleep(1.0)
    assert live.alive(), "who was let in while the key was believed stays until his own token ends"
    live.close()

    seen = [one.end() for one in load]
    assert {status for _, came, status in seen[0] if came < ends} == {200}
    assert {status for asked, _, status in seen[0] if asked > ends} == {401}
    assert {status for _, _, status in seen[1]} == {200}
    operator.close()
    for made in servers:
        assert not [secret for secret in (old, new) if secret in made.log()]


def test_s08_a_key_that_leaked_is_given_no_time(tmp_path: Path, servers: list[Server]) -> None:
    servers.append(Server(tmp_path))
    operator = Operator(tmp_path)
    key = operator.key("ann")
    grant = login(servers[0], "ann")
    browser = Browser(servers[0])
    browser.sign_in("ann")
    said = servers[0].cli("secret", "rotate", "--overlap", "0s")
    assert "ends" in said
    servers[0].stop()
    server = browser.server = Server(tmp_path)
    servers.append(server)
    assert [code(server, token) for token in (grant["access"], key)] == ["token_invalid"] * 2
    assert refresh(server, grant["refresh"]).status == 401
    assert not browser.is_in()
    assert code(server, login(server, "ann")["access"]) == "", "the password is nobody's key"
    kept = sorted(path.name for path in (tmp_path / "instance").glob("secret*"))
    assert kept == ["secret_key"]
    assert stat.S_IMODE((tmp_path / "instance" / "secret_key").stat().st_mode) == 0o600
    operator.close()


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"SKYSPY_SECRET_KEY": "short"}, "SKYSPY_SECRET_KEY: needs at least 32 characters"),
        ({"SKYSPY_SECRET_KEY": "x" * 31}, "SKYSPY_SECRET_KEY: needs at least 32 characters"),
        ({"SKYSPY_SECRET_KEY_FORMER": "f" * 40}, "must both be set, or neither"),
        (
            {"SKYSPY_SECRET_KEY": "f" * 40, "SKYSPY_SECRET_KEY_FORMER": "f" * 40, "SKYSPY_SECRET_KEY_FORMER_UNTIL": "2100-01-01"},
            "is the key that is in force now",
        ),
    ],
)
def test_s08_a_key_that_cannot_be_stops_the_start_with_one_line(tmp_path: Path, environ: dict[str, str], says: str) -> None:
    with pytest.raises(AssertionError, match="the server ended") as caught:
        Server(tmp_path, **environ)
    lines = [line for line in str(caught.value).splitlines() if "skyspy: " in line]
    assert len(lines) == 1
    assert says in lines[0]
    assert "f" * 40 not in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_s08_no_two_installations_have_one_key_and_none_is_a_default(server: Server, operator: Operator, tmp_path: Path) -> None:
    mine = (server.folder / "instance" / "secret_key").read_text()
    assert load({"SKYSPY_INSTANCE": str(tmp_path)}).secret_key != mine
    assert len(set(mine)) > 16
    assert stat.S_IMODE((server.folder / "instance" / "secret_key").stat().st_mode) == 0o600
    claims = jwt.decode(operator.jwt(), options={"verify_signature": False})
    for guess in ("", "secret", "dev", "changeme", "skyspy", "secret" * 8, "\0" * 32):
        for key in (guess.encode(), Secret(guess).key("access token")):
            # The library refuses to sign with a shorter key; to HMAC a key is the same with zeros behind it.
            assert code(server, jwt.encode(claims, key.ljust(32, b"\0"), "HS256")) == "token_invalid"

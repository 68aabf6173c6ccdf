"""S8: the secret key is changed by a command and a restart; clients that return in time are not affected."""

from __future__ import annotations

import http.client
import stat
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest

from skyspy.auth.secret import Secret
from skyspy.config import load
from tests.security.asking import Browser, ask
from tests.wire.raw import Ws
from tests.wire.serving import PASSWORD, Operator, Server, eventually
from tests.wire.test_eviction import Watched

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
        while not self._stop.wait(0.03):
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


class Installation:
    """A server that is restarted on one folder, its users and their browsers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers = [Server(folder)]
        self.operator = Operator(folder)
        self.operator.user("ann")
        self.operator.choose(LOGIN_ATTEMPTS_PER_ADDRESS=1000, TOKEN_ATTEMPTS_PER_ADDRESS=100_000)
        self.browsers: list[Browser] = []
        self.load: list[Load] = []
        self.restart_s = 0.0

    @property
    def server(self) -> Server:
        return self.servers[-1]

    def browser(self) -> Browser:
        made = Browser(self.server)
        assert made.sign_in("ann").status == 303
        self.browsers.append(made)
        return made

    def asked_for(self, *tokens: str) -> None:
        """Send requests with these tokens from now on, across restarts."""
        self.load = [Load(token) for token in tokens]
        for one in self.load:
            one.server = self.server
        assert eventually(lambda: all(len(one.seen) > 10 for one in self.load))

    def restart(self) -> Server:
        began = time.monotonic()
        self.server.stop()
        self.servers.append(Server(self.folder))
        self.restart_s = time.monotonic() - began
        for one in (*self.browsers, *self.load):
            one.server = self.server
        return self.server

    def secret(self) -> str:
        return (self.folder / "instance" / "secret_key").read_text()

    def ends_at(self, moment: float) -> None:
        """The operator gives the former key another end."""
        path = self.folder / "instance" / "secret_key.former"
        key, _ = path.read_text().split("\n", 1)
        path.write_text(f"{key}\n{datetime.fromtimestamp(moment, UTC).isoformat()}\n")

    def close(self) -> None:
        for one in self.load:
            one.end()
        self.operator.close()
        for server in self.servers:
            server.stop()
            assert "Traceback" not in server.log()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    made.close()


def test_s08_what_the_former_key_made_works_until_its_end_and_moves_as_it_is_used(here: Installation) -> None:
    pair, idle = login(here.server, "ann"), login(here.server, "ann")
    kept, forgotten = here.operator.key(), here.operator.key()
    used, unused = here.browser(), here.browser()
    form, old = used.token, here.secret()
    here.asked_for(pair["access"], kept)

    said = here.server.cli("secret", "rotate", "--overlap", "1h")
    assert "Restart" in said
    assert not [secret for secret in (old, here.secret()) if secret in said]
    assert code(here.server, pair["access"]) == "", "until it is started again the server knows nothing of it"
    server = here.restart()
    # In the overlap all of it works, and what is used moves; a form that stood open meanwhile is taken.
    assert [code(server, token) for token in (pair["access"], idle["access"], kept)] == ["", "", ""]
    fresh = refresh(server, pair["refresh"]).json()
    kids = [jwt.get_unverified_header(token["access"])["kid"] for token in (pair, fresh)]
    assert kids[0] != kids[1]
    assert used.post("/admin/confirm/", {"next": "/admin/"}, token=form).status == 303
    assert used.is_in()

    # Its end comes while the server runs: no restart is needed, and no socket is closed for it.
    ends = time.time() + 4.0 + 1.5 * here.restart_s
    here.ends_at(ends)
    server = here.restart()
    live = Ws(server)
    is_live = live.join("/audio", {"token": idle["access"]})[0] == "connect"
    watched = Watched(live)
    time.sleep(max(0.0, ends + 0.1 - time.time()))
    assert [code(server, token) for token in (pair["access"], idle["access"], forgotten)] == ["token_invalid"] * 3
    assert refresh(server, idle["refresh"]).status == 401
    assert [code(server, token) for token in (fresh["access"], kept)] == ["", ""]
    assert refresh(server, fresh["refresh"]).status == 200
    assert (used.is_in(), unused.is_in()) == (True, False)
    assert not (is_live and watched.ended_at), "who was let in while the key was believed stays until his own token ends"
    live.close()

    by_token, by_key = (one.end() for one in here.load)
    assert {status for _, came, status in by_token if came < ends} == {200}
    assert {status for asked, _, status in by_token if asked > ends} == {401}
    assert {status for _, _, status in by_key} == {200}
    assert not [secret for secret in (old, here.secret()) for made in here.servers if secret in made.log()]


def test_s08_a_key_that_leaked_is_given_no_time(here: Installation) -> None:
    key, grant, browser = here.operator.key("ann"), login(here.server, "ann"), here.browser()
    assert "ends" in here.server.cli("secret", "rotate", "--overlap", "0s")
    server = here.restart()
    assert [code(server, token) for token in (grant["access"], key)] == ["token_invalid"] * 2
    assert refresh(server, grant["refresh"]).status == 401
    assert not browser.is_in()
    assert code(server, login(server, "ann")["access"]) == "", "the password is nobody's key"
    kept = list((here.folder / "instance").glob("secret*"))
    assert [(path.name, stat.S_IMODE(path.stat().st_mode)) for path in kept] == [("secret_key", 0o600)]


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

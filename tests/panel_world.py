"""A panel without a network: one whole server with nothing started, and browsers that keep cookies and fill in forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from skyspy.server import Server, server_of
from skyspy.store import audit, users
from skyspy.store.audit import Actor, Entry
from skyspy.store.users import User
from tests.databases import change
from tests.support.clock import StillClock
from tests.support.sites import release, serve

CLI = Actor("cli", "test")
PASSWORD = "correct horse battery staple"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
HERE = "192.0.2.1"
_TOKEN = re.compile(r'(?:name="csrf_token" value|name="csrf-token" content)="([^"]+)"')


class Panel:
    """The server, its people, and its browsers."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.clock = StillClock()
        self.app: Flask = serve({"SKYSPY_INSTANCE": str(folder / "instance"), **environ}, self.clock)
        self.skyspy: Server = server_of(self.app)
        self._hash: str | None = None

    def user(self, name: str, role: str = "admin") -> User:
        """A user whose password is PASSWORD."""
        self._hash = self._hash or self.skyspy.passwords.hash(PASSWORD, 8)
        return change(self.skyspy, users.create, name, role, self._hash, CLI)

    def browser(self, name: str | None = None, **headers: str) -> Browser:
        """A new browser, signed in where a name is given."""
        made = Browser(self, headers)
        if name is not None:
            answer = made.sign_in(name)
            assert answer.status_code == 303, answer.text
        return made

    def log(self, action: str = "") -> list[Entry]:
        """The audit log, the newest first, or what of it has this action."""
        return [row for row in self.skyspy.store.read(audit.page, 200) if action in ("", row.action)]

    def close(self) -> None:
        release(self.app)


class Browser:
    """A browser: cookies, a User-Agent, and the form token of the page it saw last."""

    def __init__(self, panel: Panel, headers: dict[str, str]) -> None:
        self.client = panel.app.test_client()
        self.headers = {"User-Agent": AGENT, **headers}
        self.address = HERE
        self.token = ""

    def get(self, path: str, **headers: str) -> TestResponse:
        return self._seen(self.client.get(path, headers=self.headers | headers, environ_base={"REMOTE_ADDR": self.address}))

    def post(self, path: str, data: dict[str, Any] | None = None, *, token: str | None = None, **headers: str) -> TestResponse:
        """Send a form with the token of the last page, or with another one; "" sends none."""
        carried = self.token if token is None else token
        form = {**(data or {}), **({"csrf_token": carried} if carried else {})}
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self._seen(self.client.post(path, data=form, headers=sent, environ_base={"REMOTE_ADDR": self.address}))

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> TestResponse:
        self.get("/admin/sign-in/")
        answer = self.post("/admin/sign-in/", {"name": name, "password": password, **more})
        if answer.status_code == 303:
            self.get("/admin/profile/")
        return answer

    def is_in(self) -> bool:
        """Whether this browser is signed in."""
        return self.get("/admin/profile/").status_code == 200

    def cookies(self) -> dict[str, str]:
        """The panel's cookies as they are now."""
        return {cookie.key: cookie.value for cookie in (self.client._cookies or {}).values()}

    def take(self, cookies: dict[str, str], path: str = "/admin") -> None:
        """Put cookies into this browser, as a thief or a planter would."""
        for name, value in cookies.items():
            self.client.set_cookie(name, value, path=path)

    def _seen(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and (found := _TOKEN.search(answer.text)):
            self.token = unescape(found[1])
        return answer


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[Panel]:
    made = Panel(tmp_path)
    yield made
    made.close()

"""A browser without scripts, for the panel: in memory, or over HTTP (tests/security/asking.py)."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from html import unescape
from typing import Any, Generic, TypeVar

from flask import Flask
from werkzeug.test import TestResponse

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
PASSWORD = "correct horse battery staple"
HERE = "192.0.2.1"
"""The address of a browser that is in memory."""
_TOKEN = re.compile(r'(?:name="csrf_token" value|name="csrf-token" content)="([^"]+)"')

A = TypeVar("A")


class BrowserClient(ABC, Generic[A]):
    """Sends the form token of the page it saw last. What it is answered is of type A."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = {"User-Agent": AGENT, **headers}
        self.token = ""

    @abstractmethod
    def send(self, path: str, form: Mapping[str, Any] | None, headers: Mapping[str, str]) -> A:
        """POST a form, or GET where there is none, with the cookies kept so far."""

    @abstractmethod
    def status(self, answer: A) -> int:
        """The HTTP status of an answer."""

    @abstractmethod
    def page(self, answer: A) -> str:
        """The text of an answer that is HTML, "" of any other."""

    def get(self, path: str, **headers: str) -> A:
        return self._seen(self.send(path, None, self.headers | _dashed(headers)))

    def post(self, path: str, form: Mapping[str, Any] | None = None, *, token: str | None = None, **headers: str) -> A:
        """Send a form with the token of the last page, or with another one; "" sends none."""
        carried = self.token if token is None else token
        filled = {**(form or {}), **({"csrf_token": carried} if carried else {})}
        return self._seen(self.send(path, filled, self.headers | _dashed(headers)))

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> A:
        self.get("/admin/sign-in/")
        answer = self.post("/admin/sign-in/", {"name": name, "password": password, **more})
        if self.status(answer) == 303:
            self.get("/admin/profile/")
        return answer

    def is_in(self) -> bool:
        """Whether this browser is signed in."""
        return self.status(self.get("/admin/profile/")) == 200

    def _seen(self, answer: A) -> A:
        if found := _TOKEN.search(self.page(answer)):
            self.token = unescape(found[1])
        return answer


class Browser(BrowserClient[TestResponse]):
    """A browser on an application's own test client."""

    def __init__(self, app: Flask, headers: Mapping[str, str]) -> None:
        super().__init__(headers)
        self.client = app.test_client()
        self.address = HERE

    def send(self, path: str, form: Mapping[str, Any] | None, headers: Mapping[str, str]) -> TestResponse:
        environ = {"REMOTE_ADDR": self.address}
        if form is None:
            return self.client.get(path, headers=headers, environ_base=environ)
        return self.client.post(path, data=form, headers=headers, environ_base=environ)

    def status(self, answer: TestResponse) -> int:
        return answer.status_code

    def page(self, answer: TestResponse) -> str:
        return answer.text if answer.mimetype == "text/html" else ""

    def cookies(self) -> dict[str, str]:
        """The panel's cookies as they are now."""
        return {cookie.key: cookie.value for cookie in (self.client._cookies or {}).values()}

    def take(self, cookies: Mapping[str, str], path: str = "/admin") -> None:
        """Put cookies into this browser, as a thief or a planter would."""
        for name, value in cookies.items():
            self.client.set_cookie(name, value, path=path)


def _dashed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}

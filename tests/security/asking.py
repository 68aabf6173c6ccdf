"""One HTTP request over a new socket, from a source address that the test chooses, and the unprocessed answer."""

from __future__ import annotations

import http.client
import json
import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

from tests.wire.serving import PASSWORD, Server

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
_TOKEN = re.compile(r'(?:name="csrf_token" value|name="csrf-token" content)="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer. `headers` are in their order, repeated ones included."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """A header's value; the last one where it was repeated."""
        return {key.lower(): value for key, value in self.headers}.get(name.lower())

    def every(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


def ask(
    server: Server,
    path: str,
    *,
    method: str = "",
    body: bytes | str | None = None,
    send: object = None,
    form: dict[str, str] | None = None,
    token: str | None = None,
    source: str = "127.0.0.1",
    headers: dict[str, str] | None = None,
) -> Answer:
    """Send a request: `send` as JSON, `form` as a form, `body` unchanged; `token` as a Bearer token."""
    sent = dict(headers or {})
    if send is not None:
        body, sent["Content-Type"] = json.dumps(send), "application/json"
    if form is not None:
        body, sent["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30, source_address=(source, 0))
    try:
        line.request(method or ("GET" if body is None else "POST"), path, body, sent)
        answer = line.getresponse()
        return Answer(answer.status, tuple(answer.getheaders()), answer.read())
    finally:
        line.close()


class Browser:
    """A browser without scripts: keeps the panel's cookies, and sends the form token of the page it saw last."""

    def __init__(self, server: Server, source: str = "127.0.0.1", **headers: str) -> None:
        self.server = server
        self.source = source
        self.headers = {"User-Agent": AGENT, **headers}
        self.cookies: dict[str, str] = {}
        self.token = ""

    def get(self, path: str, **headers: str) -> Answer:
        return self._seen(ask(self.server, path, source=self.source, headers=self._sent(headers)))

    def post(self, path: str, form: dict[str, str] | None = None, *, token: str | None = None, **headers: str) -> Answer:
        """Send a form with the token of the last page, or with another one; "" sends none."""
        carried = self.token if token is None else token
        filled = {**(form or {}), **({"csrf_token": carried} if carried else {})}
        return self._seen(ask(self.server, path, form=filled, source=self.source, headers=self._sent(headers)))

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> Answer:
        self.get("/admin/sign-in/")
        answer = self.post("/admin/sign-in/", {"name": name, "password": password, **more})
        if answer.status == 303:
            self.get("/admin/profile/")
        return answer

    def is_in(self) -> bool:
        """Whether this browser is signed in."""
        return self.get("/admin/profile/").status == 200

    def _sent(self, headers: dict[str, str]) -> dict[str, str]:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return sent

    def _seen(self, answer: Answer) -> Answer:
        for line in answer.every("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if value and "Max-Age=0" not in line and "1970" not in line:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        if "text/html" in (answer.header("Content-Type") or "") and (found := _TOKEN.search(answer.text)):
            self.token = unescape(found[1])
        return answer

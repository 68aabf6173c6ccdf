"""One HTTP request over a new socket, from a source address that the test chooses, and the unprocessed answer."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.support.browser_client import BrowserClient
from tests.wire.serving import Server


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
    form: Mapping[str, str] | None = None,
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


class Browser(BrowserClient[Answer]):
    """A browser before a real server: each request comes over a connection of its own."""

    def __init__(self, server: Server, source: str = "127.0.0.1", **headers: str) -> None:
        super().__init__(headers)
        self.server = server
        self.source = source
        self.cookies: dict[str, str] = {}

    def send(self, path: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> Answer:
        sent = dict(headers)
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = ask(self.server, path, form=form, source=self.source, headers=sent)
        for line in answer.every("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if value and "Max-Age=0" not in line and "1970" not in line:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer

    def status(self, answer: Answer) -> int:
        return answer.status

    def page(self, answer: Answer) -> str:
        return answer.text if "text/html" in (answer.header("Content-Type") or "") else ""

"""Servers on one database with a receiver whose reports a test decides, owners of alert rules, and a peer that gets webhooks."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import socketio

from skyspy.clock import Clock
from skyspy.config import history_url_of
from skyspy.store import Store
from skyspy.store.history import HistoryStore, outbox
from skyspy.store.history.outbox import Delivery, DeliverySearch
from tests.security.asking import ask
from tests.support.databases import database_url
from tests.wire.conflict import Flight, Reporter
from tests.wire.serving import Operator, Server

HERE = (47.5, 8.5)


def squawking(number: int, code: str = "7700") -> Flight:
    """The aircraft with this number, with that squawk."""
    return Flight(f"4B18{number:02}", HERE, 90, 300, 20_000, flight=f"SWR{number}", squawk=code)


def emergencies(*destinations: str, **more: object) -> dict[str, object]:
    """A rule that alerts of a squawk 7700, without a cooldown."""
    match = {"all": [{"field": "squawk", "op": "is", "value": "7700"}]}
    return {"name": "Emergencies", "match": match, "cooldown_s": 0, "destinations": list(destinations), **more}


class Ear:
    """A client that subscribes to everything it may, and notes all that it gets. `token` None: anonymous."""

    def __init__(self, server: Server, token: str | None) -> None:
        self.heard: list[tuple[str, Any]] = []
        self._io = socketio.Client(reconnection=False)
        self._io.on("*", lambda name, payload=None: self.heard.append((name, payload)))
        auth = {"greeting": False} | ({} if token is None else {"token": token})
        self._io.connect(server.url, auth=auth, transports=["websocket"], wait_timeout=30)
        self.call("subscribe", {"topics": "all"})

    def call(self, event: str, payload: object) -> Any:
        return self._io.call(event, payload, timeout=30)

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that were sent to it."""
        return [payload for name, payload in self.heard if name == "alert:triggered"]

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The alerts of the snapshots that it got."""
        return [alert for name, payload in self.heard if name == "alert:snapshot" for alert in payload["alerts"]]

    def close(self) -> None:
        self._io.disconnect()


class Got(NamedTuple):
    """One webhook: when (monotonic seconds), its id, and its body."""

    at: float
    id: str
    body: dict[str, Any]


class Hook:
    """A peer that gets webhooks. It answers with `status`."""

    def __init__(self) -> None:
        self.status = 204
        self.got: list[Got] = []
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append(Got(time.monotonic(), self.headers["webhook-id"], json.loads(body)))
                self.send_response(hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is written."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.got]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Site:
    """Servers on one database. `ann` is an administrator, who may send to this machine; `bob` an operator."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.reporter, self.hook = Reporter(), Hook()
        self.servers: list[Server] = []
        self.ears: list[Ear] = []
        self._url = url
        self._environ = {"SKYSPY_DATABASE_URL": url, "SKYSPY_FEEDS": self.reporter.url}
        self._operator: Operator | None = None
        self._tokens: dict[str, str] = {}

    def start(self) -> Server:
        self.servers.append(Server(self.folder, **self._environ))
        return self.servers[-1]

    def token(self, name: str, **more: Any) -> str:
        """A key of the user."""
        if self._operator is None:
            self._operator = Operator(self.folder, SKYSPY_DATABASE_URL=self._url)
            self._operator.user("ann", "admin")
            self._operator.user("bob", "operator")
        if name not in self._tokens or more:
            self._tokens[name] = self._operator.key(name, **more)
        return self._tokens[name]

    @property
    def operator(self) -> Operator:
        self.token("ann")
        assert self._operator is not None
        return self._operator

    def listen(self, server: Server, name: str | None) -> Ear:
        self.ears.append(Ear(server, None if name is None else self.token(name)))
        return self.ears[-1]

    def send(self, server: Server, name: str, path: str, body: object = None, method: str | None = None) -> Any:
        """What a user's request is answered: the status, and the JSON."""
        answer = ask(server, path, method=method or ("GET" if body is None else "POST"), send=body, token=self.token(name))
        return answer.status, answer.json() if answer.body else None

    def make(self, server: Server, name: str, path: str, body: object) -> dict[str, Any]:
        """Make something of this user."""
        status, made = self.send(server, name, path, body)
        assert status == 201, made
        return made  # type: ignore[no-any-return]

    def webhook(self, server: Server, name: str = "ann") -> str:
        """The id of a new destination of this user that is `hook`."""
        body = {"name": "Hook", "kind": "webhook", "url": self.hook.url}
        return str(self.make(server, name, "/api/alerts/destinations/", body)["id"])

    @contextmanager
    def history(self) -> Iterator[HistoryStore]:
        """The history of the site."""
        main = Store(self._url)
        history = HistoryStore(history_url_of(self._url), main, Clock())
        history.open()
        try:
            yield history
        finally:
            history.close()
            main.close()

    def deliveries(self, name: str = "ann") -> list[Delivery]:
        """The stored deliveries of a user, the newest first."""
        with self.history() as history:
            return history.read(outbox.page, self.operator.user(name), DeliverySearch(), None, 500)

    def close(self) -> None:
        for ear in self.ears:
            ear.close()
        for server in self.servers:
            server.end()
        for server in self.servers:
            server.stop()
        if self._operator is not None:
            self._operator.close()
        self.reporter.close()
        self.hook.close()


@contextmanager
def site_on(kind: str, folder: Path) -> Iterator[Site]:
    with database_url(kind, folder) as url:
        made = Site(folder, url)
        try:
            yield made
        finally:
            made.close()

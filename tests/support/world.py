"""A whole server on a clock that stands still, its people, its browsers and its clients, and what a test does to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, session
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from skyspy.admin import gate
from skyspy.aircraft import Observation
from skyspy.app import Components
from skyspy.clock import iso
from skyspy.server import Server, server_of
from skyspy.sockets.reauthorizer import Reauthorizer
from skyspy.store import StoreError, audit, users
from skyspy.store.audit import Actor, Entry
from skyspy.store.users import User
from skyspy.transport.setup import registry_of
from skyspy.watcher import Watcher
from tests.support.breakable import BreakableSettings, BreakableTokens
from tests.support.browser_client import PASSWORD, Browser
from tests.support.clock import StillClock
from tests.support.databases import change, create_key
from tests.support.peers import Clients, Peer
from tests.support.sites import QUICK, release, serve

OPERATOR = Actor("system", "test")
CLI = Actor("cli", "test")
BREAKABLE = Components(passwords=lambda: QUICK, settings=BreakableSettings, tokens=BreakableTokens)
PLANE: dict[str, Any] = {
    "flight": "SWR123",
    "r": "HB-IJU",
    "t": "A320",
    "category": "A3",
    "alt_baro": 12000,
    "gs": 300.0,
    "track": 90.0,
    "squawk": "1000",
    "lat": 47.6,
    "lon": 8.5,
    "rssi": -12.5,
}


class World:
    """A server with nothing started whose receiver stands at 47.46 north 8.55 east.

    `role` is what a user gets for whom a test names none. Its watcher polls when a test says so.
    """

    def __init__(self, folder: Path, role: str = "admin", clock: StillClock | None = None, **environ: str) -> None:
        self.clock = clock or StillClock()
        boot = {"SKYSPY_INSTANCE": str(folder / "instance"), "SKYSPY_LAT": "47.46", "SKYSPY_LON": "8.55", **environ}
        self.app: Flask = serve(boot, self.clock, BREAKABLE)
        self.skyspy: Server = server_of(self.app)
        settings, tokens = self.skyspy.settings, self.skyspy.tokens
        assert isinstance(settings, BreakableSettings)
        assert isinstance(tokens, BreakableTokens)
        self.settings, self.tokens = settings, tokens
        self.store, self.api_keys, self.socketio = self.skyspy.store, self.skyspy.api_keys, self.skyspy.socketio
        self.server: Any = self.socketio.server
        self.registry = registry_of(self.server)
        self.client: FlaskClient = self.app.test_client()
        self.clients = Clients(self.skyspy)
        self.watcher = Watcher(self.settings, self.clock)
        self.reauthorizer = Reauthorizer(self.skyspy)
        self.reauthorizer.subscribe(self.watcher)
        self._role = role
        self._accounts: dict[str, User] = {}

    # -- what an operator does -----------------------------------------------------------------

    def choose(self, **settings: object) -> None:
        """The operator changes settings."""
        self.settings.change(settings, OPERATOR)

    def break_settings(self, fault: BaseException | None = None) -> None:
        self.settings.fault = fault or StoreError("the disk is gone")

    def account(self, name: str = "ann", role: str | None = None) -> User:
        """A user whose password is PASSWORD, made once."""
        if name not in self._accounts:
            hashed = QUICK.hash(PASSWORD, 8)
            self._accounts[name] = change(self.skyspy, users.create, name, role or self._role, hashed, OPERATOR)
        return self._accounts[name]

    def user(self, name: str = "ann", role: str | None = None) -> int:
        """The number of a user, made once."""
        return self.account(name, role).id

    def jwt(self, name: str = "ann", role: str | None = None) -> str:
        self.user(name, role)
        return self.tokens.login(name, PASSWORD, "127.0.0.1").access

    def key(self, name: str = "ann", role: str | None = None, kind: str = "live", **more: Any) -> str:
        """An API key of a user's."""
        text: str = self.made_key(name, role, kind, **more).text
        return text

    def made_key(self, name: str = "ann", role: str | None = None, kind: str = "live", **more: Any) -> Any:
        return create_key(self, self.user(name, role), kind, "test", OPERATOR, **more)

    def log(self, action: str = "") -> list[Entry]:
        """The audit log, the newest first, or what of it has this action."""
        return [row for row in self.store.read(audit.page, 200) if action in ("", row.action)]

    # -- what receivers hear -------------------------------------------------------------------

    def hear(self, hex_: str, sky: str = "live", source: str = "adsb_icao", **fields: Any) -> None:
        """Let a sky hear PLANE with some fields changed, often enough to be listed and its squawk to be believed."""
        self.hear_only(sky, hex_, source, {name: value for name, value in {**PLANE, **fields}.items() if value is not None})

    def hear_only(self, sky: str, hex_: str, source: str, fields: Mapping[str, Any]) -> None:
        """Let a sky hear these fields of an aircraft three times, and tick."""
        for _ in range(3):
            self.clock.pass_by(0.5)
            self.skyspy.skies[sky].ingest(Observation(hex_, self.clock.steady(), source, dict(fields)))
        self.skyspy.skies[sky].tick()

    # -- those who ask -------------------------------------------------------------------------

    def get(self, path: str, token: str | None = None, **headers: str) -> Any:
        """GET a path as the holder of a token."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.client.get(path, headers=headers)

    def post(self, path: str, body: object = None, token: str | None = None, **headers: str) -> Any:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.client.post(path, json=body, headers=headers)

    def browser(self, name: str | None = None, **headers: str) -> Browser:
        """A new browser, signed in where a name is given: its cookie and form token are made here, no form is filled in."""
        made = Browser(self.app, headers)
        if name is not None:
            with self.app.test_request_context("/admin/", headers=made.headers, environ_base={"REMOTE_ADDR": made.address}):
                gate.start_session(self.skyspy.panel_sessions.sign_in(name, PASSWORD, gate.browser()))
                made.token = generate_csrf()
                answer = self.app.make_response("")
                self.app.session_interface.save_session(self.app, session, answer)
            for line in answer.headers.getlist("Set-Cookie"):
                cookie, _, value = line.partition(";")[0].partition("=")
                made.take({cookie: value})
        return made

    def peer(self, **environ: str) -> Peer:
        """A new client of Socket.IO on a transport of its own."""
        return Peer(self.clients, environ)

    def rooms(self) -> dict[str, Any]:
        """What the library remembers of its clients."""
        manager = self.server.manager
        return {
            "rooms": manager.rooms,
            "pending": {**manager.pending_connect, **manager.pending_disconnect},
            "callbacks": manager.callbacks,
            "environ": self.server.environ,
        }

    def close(self) -> None:
        release(self.app)


class Panel(World):
    """A server whose receiver's place is not known, for the panel."""

    def __init__(self, folder: Path, **environ: str) -> None:
        super().__init__(folder, **{"SKYSPY_LAT": "", "SKYSPY_LON": "", **environ})


def socket_world(folder: Path, clock: StillClock | None = None, **environ: str) -> World:
    """A server behind proxies of 10.0.0.0/8, whose users are viewers, with two aircraft in each sky."""
    world = World(folder, "viewer", clock, **{"SKYSPY_TRUSTED_PROXIES": "10.0.0.0/8", **environ})
    for sky in ("live", "sandbox"):
        world.hear_only(sky, "4B1800", "adsb_icao", {"flight": "SWR12", "alt_baro": 30_000, "lat": 47.5, "lon": 8.6})
        world.hear_only(sky, "AE1234", "adsb_icao", {"flight": "RCH1", "alt_baro": "ground"})
    return world


def stamp(world: World) -> str:
    return iso(world.clock.wall())


def nothing_is_left(world: World) -> bool:
    """Whether no session, no admitted connection and nobody in a room is known."""
    forgotten = len(world.skyspy.sessions) == world.registry.admitted.total == 0
    return forgotten and all(not kept for kept in world.rooms().values())

"""What the tests of the HTTP API stand on: a whole server on a clock that stands still, with people, keys and aircraft."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from skyspy.aircraft import Observation
from skyspy.server import Server, server_of
from skyspy.store import users
from skyspy.store.audit import Actor
from tests.databases import change
from tests.support.clock import StillClock
from tests.support.sites import release, serve

OPERATOR = Actor("system", "test")
PASSWORD = "a long enough password"
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
    """A server whose receiver stands at 47.46 north 8.55 east, and what a test does to it."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.clock = StillClock()
        boot = {"SKYSPY_INSTANCE": str(folder / "instance"), "SKYSPY_LAT": "47.46", "SKYSPY_LON": "8.55", **environ}
        self.app: Flask = serve(boot, self.clock)
        self.skyspy: Server = server_of(self.app)
        self.client: FlaskClient = self.app.test_client()
        self._users: dict[str, int] = {}

    def choose(self, **settings: object) -> None:
        self.skyspy.settings.change(settings, OPERATOR)

    def user(self, name: str = "ann", role: str = "admin") -> int:
        if name not in self._users:
            hashed = self.skyspy.passwords.hash(PASSWORD, 10)
            self._users[name] = change(self.skyspy, users.create, name, role, hashed, OPERATOR).id
        return self._users[name]

    def jwt(self, name: str = "ann", role: str = "admin") -> str:
        self.user(name, role)
        return self.skyspy.tokens.login(name, PASSWORD, "127.0.0.1").access

    def key(self, name: str = "ann", kind: str = "live", role: str = "admin", **more: Any) -> str:
        return self.made_key(name, kind, role, **more).text

    def made_key(self, name: str = "ann", kind: str = "live", role: str = "admin", **more: Any) -> Any:
        return self.skyspy.api_keys.create(self.user(name, role), kind, "test", OPERATOR, **more)

    def hear(self, hex_: str, sky: str = "live", source: str = "adsb_icao", **fields: Any) -> None:
        """Let a sky hear an aircraft, often enough to be listed and its squawk to be believed."""
        whole = {name: value for name, value in {**PLANE, **fields}.items() if value is not None}
        for _ in range(3):
            self.clock.pass_by(0.5)
            self.skyspy.skies[sky].ingest(Observation(hex_, self.clock.steady(), source, whole))
        self.skyspy.skies[sky].tick()

    def get(self, path: str, token: str | None = None, **headers: str) -> Any:
        """GET a path as whoever holds the token."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.client.get(path, headers=headers)

    def post(self, path: str, body: object = None, token: str | None = None, **headers: str) -> Any:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.client.post(path, json=body, headers=headers)

    def close(self) -> None:
        release(self.app)

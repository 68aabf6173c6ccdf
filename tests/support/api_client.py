"""Requests over HTTP in memory, and a sky of three aircraft to ask for."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from skyspy.aircraft import Observation
from skyspy.server import Server
from skyspy.store import users
from skyspy.store.audit import Actor
from tests.support.browser_client import PASSWORD
from tests.support.databases import change

SELF = Actor("cli", "test", "")
PLACE = {"lat": 47.6, "lon": 8.6}


def three_aircraft(server: Server) -> None:
    """Three aircraft in the live sky, one in the sandbox."""
    swiss = {"flight": "SWR12A", "category": "A3", "alt_baro": 36000, "gs": 450.0, "t": "A320", "squawk": "1000", **PLACE}
    fill(server, "live", {"4B1613": swiss})
    more = {
        "AE1234": {"flight": "RCH1", "alt_baro": "ground", "gs": 4.0},
        "3C6444": {"alt_baro": 2000, "r": "D-AIBL", "lat": 48.0, "lon": 9.0},
    }
    fill(server, "live", more)
    fill(server, "sandbox", {"ABCDEF": {"flight": "TEST1", "gs": 100.0}})


def fill(server: Server, sky: str, heard: dict[str, dict[str, Any]]) -> None:
    chosen = server.skies[sky]
    for hex_, fields in heard.items():
        now = server.clock.steady()
        for _ in range(2):
            chosen.tracker.apply(Observation(hex_, now, "adsb_icao", fields), now)
    chosen.tracker.take_delta(server.clock.steady())


def make_user(server: Server, name: str = "alice", role: str = "viewer") -> int:
    return change(server, users.create, name, role, server.passwords.hash(PASSWORD, 8), SELF).id


def signed_in(client: FlaskClient, name: str = "alice") -> dict[str, Any]:
    answer = client.post("/api/auth/token/", json={"username": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def error_of(answer: TestResponse) -> tuple[int, str]:
    body = answer.get_json()["error"]
    assert body["message"]
    return answer.status_code, body["code"]

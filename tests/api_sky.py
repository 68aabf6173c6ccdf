"""A sky of three aircraft behind the whole server, and people who ask for it over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from skyspy.aircraft import Observation
from skyspy.house import House, house_of
from skyspy.store.audit import Actor

SELF = Actor("cli", "test", "")
PASSWORD = "correct horse battery staple"
PLACE = {"lat": 47.6, "lon": 8.6}


@pytest.fixture
def house(app: Flask) -> House:
    return house_of(app)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sky(house: House) -> Iterator[None]:
    """Three aircraft in the live sky, one in the sandbox."""
    fill(
        house,
        "live",
        {
            "4B1613": {
                "flight": "SWR12A",
                "category": "A3",
                "alt_baro": 36000,
                "gs": 450.0,
                "t": "A320",
                "squawk": "1000",
                **PLACE,
            }
        },
    )
    fill(
        house,
        "live",
        {
            "AE1234": {"flight": "RCH1", "alt_baro": "ground", "gs": 4.0},
            "3C6444": {"alt_baro": 2000, "r": "D-AIBL", "lat": 48.0, "lon": 9.0},
        },
    )
    fill(house, "sandbox", {"ABCDEF": {"flight": "TEST1", "gs": 100.0}})
    return iter(())


def fill(house: House, sky: str, heard: dict[str, dict[str, Any]]) -> None:
    chosen = house.skies[sky]
    for hex_, fields in heard.items():
        now = house.clock.steady()
        for _ in range(2):
            chosen.tracker.apply(Observation(hex_, now, "adsb_icao", fields), now)
    chosen.tracker.take_delta(house.clock.steady())


def make_user(house: House, name: str = "alice", role: str = "viewer") -> int:
    return house.accounts.create_user(name, role, house.tokens.sign_in.passwords.hash(PASSWORD, 8), SELF).id


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

"""Claims about what clients without permission learn of receivers: their state, never a host or a port."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skyspy.address import Peer
from skyspy.auth.principal import ANONYMOUS
from skyspy.feedurl import parse
from skyspy.presence.sessions import Session
from tests.support.world import World

HOST, PORT = "192.0.2.77", "31337"
FEEDS = f"beast://{HOST}:{PORT} http://{HOST}:{PORT}/data/aircraft.json beast://other.example:{PORT} demo://"
TELLING = (HOST, PORT, "other.example")
PUBLIC = ("/api/feeds/", "/api/stats/", "/readyz", "/data/receiver.json", "/data/aircraft.json", "/v2/all")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, SKYSPY_FEEDS=FEEDS)
    yield made
    made.close()


def names(world: World, token: str | None = None) -> list[str]:
    return [feed["name"] for feed in json.loads(world.get("/api/feeds/", token).data)["feeds"]]


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("role", [None, "viewer", "operator"])
def test_only_an_administrator_reads_where_a_receiver_is(world: World, path: str, role: str | None) -> None:
    text = world.get(path, None if role is None else world.jwt(role, role)).get_data(as_text=True)
    assert text
    assert [word for word in TELLING if word in text] == []


def test_a_status_asked_over_a_socket_says_no_host_either(world: World) -> None:
    session = Session("sid", "eio", "/", ANONYMOUS, Peer("192.0.2.1"), 0.0)
    answered: Any = world.skyspy.skies["live"].requests["status"].answer(session, {})
    assert [feed["name"] for feed in answered["feeds"]] == ["beast-1", "http-1", "beast-2", "demo-1"]
    assert [word for word in TELLING if word in json.dumps(answered)] == []


def test_a_public_name_is_how_it_is_reached_and_a_number(world: World) -> None:
    assert names(world) == ["beast-1", "http-1", "beast-2", "demo-1"]
    assert names(world, world.jwt())[0] == f"beast-{HOST}-{PORT}"


def test_a_public_name_stays_while_the_receiver_does(world: World) -> None:
    feeds = world.skyspy.skies["live"].receivers
    feeds.add(parse("beast://third.example:30005"))
    assert names(world) == ["beast-1", "http-1", "beast-2", "demo-1", "beast-3"]
    feeds.remove(f"beast-{HOST}-{PORT}")
    assert names(world) == ["http-1", "beast-2", "demo-1", "beast-3"]
    feeds.add(parse("beast://fourth.example:30005"))
    assert names(world)[-1] == "beast-1", "the lowest number that is free"

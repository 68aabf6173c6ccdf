"""S15: with SKYSPY_HOSTS a page that made its own name resolve to this server (DNS rebinding) reads nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.security.asking import Answer, ask
from tests.wire.raw import Ws
from tests.wire.serving import Server

ENGINE = "/socket.io/?EIO=4&transport=polling"
PATHS = ("/", "/admin/", "/admin/sign-in/", "/api/aircraft/", "/api/nothing", "/api/openapi.json", "/data/aircraft.json", "/v2/all",
    "/favicon.ico", "/metrics", ENGINE)  # fmt: skip
EVIL = ("rebound.example", "sky.example.rebound.example", "192.0.2.7", "", "a b", "sky.example@rebound.example")


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that answers to sky.example, and believes a proxy at 127.0.0.9."""
    made = Server(
        tmp_path_factory.mktemp("hosts"), SKYSPY_HOSTS="Sky.Example:443, other.example", SKYSPY_TRUSTED_PROXIES="127.0.0.9"
    )
    yield made
    made.stop()
    assert "Traceback" not in made.log()


def at(server: Server, path: str, host: str, source: str = "127.0.0.1", **headers: str) -> Answer:
    sent = {"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return ask(server, path, headers=sent, source=source)


@pytest.mark.parametrize("host", EVIL)
def test_s15_a_rebound_name_gets_nothing_over_http_panel_and_sockets(listing: Server, host: str) -> None:
    for path in PATHS:
        answer = at(listing, path, host, Origin=f"http://{host}")
        assert (answer.status, answer.json()["error"]["code"]) == (421, "unknown_host"), path
        assert answer.header("Content-Security-Policy")
        assert "rebound" not in answer.text
    posted = ask(listing, "/api/auth/token/", send={"username": "ann", "password": "x"}, headers={"Host": host})
    assert posted.status == 421
    if host:
        with Ws(listing, Host=host, Origin=f"http://{host}") as client:
            assert client.status == 421


def test_s15_listed_names_and_this_machines_own_are_answered_with_their_pages(listing: Server) -> None:
    for host in ("sky.example", "SKY.EXAMPLE:1234", "other.example", f"127.0.0.1:{listing.port}", "localhost", "[::1]:8000"):
        assert at(listing, "/api/aircraft/", host).status == 200
        assert at(listing, "/admin/sign-in/", host).status == 200
        with Ws(listing, Host=host, Origin=f"http://{host}") as client:
            assert client.join()[0] == "connect"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/healthz/"])
def test_s15_health_checks_are_answered_under_every_name(listing: Server, path: str) -> None:
    assert at(listing, path, "10.1.2.3:8000").status != 421


def test_s15_the_name_is_the_one_that_a_trusted_proxy_forwards(listing: Server) -> None:
    forwarded = {"X_Forwarded_Host": "rebound.example"}
    assert at(listing, "/api/aircraft/", "sky.example", "127.0.0.9", **forwarded).status == 421
    assert at(listing, "/api/aircraft/", "upstream", "127.0.0.9", X_Forwarded_Host="sky.example").status == 200
    # From anybody else the header says nothing.
    assert at(listing, "/api/aircraft/", "sky.example", "127.0.0.8", **forwarded).status == 200
    assert at(listing, "/api/aircraft/", "rebound.example", "127.0.0.8", X_Forwarded_Host="sky.example").status == 421


def test_s15_without_a_list_every_name_is_answered(server: Server) -> None:
    assert at(server, "/api/aircraft/", "whatever.example").status == 200

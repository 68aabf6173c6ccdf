"""S27: forwarding headers are used only from a proxy that the operator configured: for limits, the log and TLS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from skyspy.store import audit
from tests.security.asking import Answer, Browser, ask
from tests.security.conftest import GENEROUS, operating
from tests.security.crawl import signed_in
from tests.support.browser_client import AGENT
from tests.wire.raw import Ws
from tests.wire.serving import PASSWORD, Operator, Server, eventually

PROXY = "127.0.0.50"
SAYS = (
    "X-Forwarded-For",
    "X-Real-IP",
    "Forwarded",
    "X-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-Forwarded",
    "Client-IP",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with one trusted proxy."""
    made = Server(tmp_path_factory.mktemp("proxied"), SKYSPY_TRUSTED_PROXIES=PROXY)
    yield made
    made.stop()
    assert "Traceback" not in made.log()


@pytest.fixture(scope="module")
def operator(server: Server) -> Iterator[Operator]:
    with operating(server, "root") as made:
        yield made


def claims(address: str) -> dict[str, str]:
    """Every header by which a client could claim another address."""
    return {name: f"for={address}" if name == "Forwarded" else address for name in SAYS}


def fails(server: Server, source: str, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(server, "/api/auth/token/", send={"username": "nobody", "password": "x"}, source=source, headers=sent)


def newest_from(operator: Operator) -> str:
    return operator.store.read(audit.page, 1, action="login.failed")[0].address


def test_s27_a_stranger_changes_no_address_in_the_log(server: Server, operator: Operator) -> None:
    fails(server, "127.6.0.1", **claims("203.0.113.9"))
    assert newest_from(operator) == "127.6.0.1"
    Browser(server, "127.6.0.2", **claims("203.0.113.9")).sign_in("root", "wrong")
    assert newest_from(operator) == "127.6.0.2"
    assert "203.0.113.9" not in ask(server, "/api/admin/audit/?limit=200", token=operator.key("root")).text


def test_s27_a_stranger_gets_no_new_tries_by_calling_himself_another(server: Server, operator: Operator) -> None:
    operator.choose(LOGIN_ATTEMPTS_PER_ADDRESS=5)
    try:
        statuses = [fails(server, "127.6.0.3", **claims(f"203.0.113.{number}")).status for number in range(8)]
        assert statuses == [401] * 5 + [429] * 3
        # Nor are the tries of somebody else used up in his name.
        assert fails(server, "127.6.0.4").status == 401
        through = [fails(server, PROXY, X_Forwarded_For=f"203.0.113.{number}").status for number in range(8)]
        assert through == [401] * 8, "a proxy's clients are counted one by one"
        chained = [fails(server, PROXY, X_Forwarded_For=f"198.51.100.{number}, 203.0.113.77").status for number in range(8)]
        assert chained == [401] * 5 + [429] * 3, "what the client wrote into the header himself counts for nothing"
    finally:
        operator.choose(**GENEROUS)


def test_s27_what_the_proxy_says_is_what_the_log_says(server: Server, operator: Operator) -> None:
    for header, written in (
        ("198.51.100.1, 203.0.113.5", "203.0.113.5"),
        ("203.0.113.6:4711", "203.0.113.6"),
        ("2001:db8::7", "2001:db8::7"),
        ("198.51.100.1, rubbish", PROXY),
        (f"203.0.113.8, {PROXY}", "203.0.113.8"),
    ):
        fails(server, PROXY, X_Forwarded_For=header)
        assert newest_from(operator) == written, header


def test_s27_the_live_list_shows_where_a_connection_really_comes_from(server: Server, operator: Operator) -> None:
    key = operator.key("root", networks=["203.0.113.0/24"])
    with Ws(server, **{name.replace("-", "_"): text for name, text in claims("203.0.113.9").items()}) as client:
        assert client.join("/acars")[0] == "connect"
        assert client.join("/", {"token": key})[1]["data"]["code"] == "permission_denied"

        def rows() -> list[str]:
            found = ask(server, "/api/admin/live/", token=operator.key("root")).json()["connections"]
            return [row["address"] for row in found]

        assert eventually(lambda: len(rows()) == 1)
        assert set(rows()) == {"127.0.0.1"}
    for source, status in (("127.6.0.5", 403), (PROXY, 200)):
        answer = ask(server, "/api/auth/me/", token=key, source=source, headers=claims("203.0.113.9"))
        assert answer.status == status, "a key that is for some networks only is not helped by a header"


def test_s13_behind_tls_the_cookie_is_for_this_host_and_tls_alone(server: Server, operator: Operator) -> None:
    behind = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.20"}
    browser = Browser(server, PROXY, **behind)
    browser.get("/admin/sign-in/")
    answer = browser.post("/admin/sign-in/", {"name": "root", "password": PASSWORD})
    lines = answer.every("Set-Cookie")
    assert {line.split("=")[0] for line in lines} == {"__Host-skyspy_panel", "__Host-skyspy_device"}
    for line in lines:
        attributes = {attribute for attribute in line.split("; ")[1:] if not attribute.startswith(("Expires=", "Max-Age="))}
        assert attributes == {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"}
        assert ("Expires=" in line) == line.startswith("__Host-skyspy_device="), "a session's cookie ends with the browser"
    assert browser.is_in()
    # Over TLS the cookie of the other name is not read: a neighbour without TLS could have set that one.
    value = browser.cookies["__Host-skyspy_panel"]
    for name, headers in (("skyspy_panel", behind), ("__Host-skyspy_panel", {})):
        other = Browser(server, PROXY, **headers)
        other.cookies = {name: value}
        assert not other.is_in(), name


def test_s27_a_stranger_cannot_claim_tls_or_another_host(server: Server, operator: Operator) -> None:
    claim = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    answer = Browser(server, "127.6.0.6", **claim).get("/admin/sign-in/")
    assert answer.header("Strict-Transport-Security") is None
    assert "Secure" not in "".join(answer.every("Set-Cookie"))
    browser = signed_in(server, operator)
    copied = {**browser.cookies}
    other = Browser(server, "127.0.0.1", **claim)
    other.cookies, other.token = copied, browser.token
    assert other.post("/admin/sign-out/", Origin="https://evil.example").status == 400
    made = other.get("/admin/keys/new/").text
    assert "evil.example" not in made
    assert browser.is_in()
    with Ws(
        server, Origin="https://evil.example", X_Forwarded_Proto="https", X_Forwarded_Host="evil.example", User_Agent=AGENT
    ) as ws:
        assert ws.status == 403

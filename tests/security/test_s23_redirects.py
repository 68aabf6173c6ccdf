"""S23: signing in, confirming and mistyped addresses redirect to pages of this server only."""

from __future__ import annotations

import http.client
from urllib.parse import quote

import pytest

from tests.security.asking import Browser
from tests.security.crawl import signed_in
from tests.wire.serving import PASSWORD, Operator, Server

HOSTILE = (
    "//evil.example", "///evil.example", "////evil.example/", "/\\evil.example", "\\\\evil.example", "/\\/evil.example", "https:evil.example",
    "https:/evil.example", "https://evil.example/admin/", "http://127.0.0.1@evil.example/admin/", "/admin//evil.example",
    "/admin/..//evil.example", "/admin/../../evil.example", "/admin/./../x", "/admin/\\evil.example", "/admin/@evil.example/../..",
    "javascript:alert(1)", "data:text/html,x", " /admin/keys/", "\t//evil.example", "/\t/evil.example", "/admin/\tkeys",
    "/admin/keys/\r\nSet-Cookie: a=b", "/admin/keys/\nLocation: //evil.example", "/admin/\x00", "/admin/\u202e", "//evil%2eexample",
    "%2f%2fevil.example", "/%2fevil.example", "/%5cevil.example", "%68ttps://evil.example", "/admin/#//evil.example", "?next=//evil.example",
    "/adminevil", "/", "", "/api/docs/", "/admin/" + "x" * 600,
)  # fmt: skip


def here(location: str | None) -> bool:
    """Whether a Location leads to a page of the panel."""
    return location is not None and location.startswith("/admin/") and "//" not in location and "\\" not in location


@pytest.mark.parametrize("encoded", [1, 2], ids=["encoded", "encoded twice"])
def test_s23_no_next_leads_a_sign_in_away(server: Server, operator: Operator, encoded: int) -> None:
    operator.user("root")
    for hostile in HOSTILE:
        word = quote(hostile, safe="")
        word = quote(word, safe="") if encoded == 2 else word
        browser = Browser(server)
        path = f"/admin/sign-in/?next={word}"
        browser.get(path)
        answer = browser.post(path, {"name": "root", "password": PASSWORD})
        assert (answer.status, answer.header("Location")) == (303, "/admin/"), hostile
        assert "a=b" not in "".join(answer.every("Set-Cookie"))


def test_s23_no_next_leads_who_is_signed_in_or_confirms_away(server: Server, operator: Operator) -> None:
    browser = signed_in(server, operator)
    for hostile in HOSTILE:
        answer = browser.get(f"/admin/sign-in/?next={quote(hostile, safe='')}")
        assert (answer.status, answer.header("Location")) == (303, "/admin/"), hostile
        answer = browser.post("/admin/confirm/", {"next": hostile})
        assert (answer.status, answer.header("Location")) == (303, "/admin/"), hostile
    good = "/admin/keys/?whose=all"
    assert browser.post("/admin/confirm/", {"next": good}).header("Location") == good


PATHS = (
    "//evil.example/admin", "//evil.example/..", "//evil.example/%2e%2e", "/\\evil.example/", "/%5cevil.example/", "/%2f/evil.example/admin",
    "//evil.example/api/aircraft", "/api//evil.example/aircraft", "/admin//evil.example", "/.//evil.example", "/admin/..//evil.example/",
    "///evil.example", "/admin/users", "/admin", "/api/aircraft", "/api/docs", "/admin/%0d%0aLocation:%20//evil.example/",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["own", "evil.example", "evil.example:80@own"])
def test_s23_no_address_and_no_host_name_makes_an_answer_lead_away(server: Server, path: str, host: str) -> None:
    own = f"127.0.0.1:{server.port}"
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    line.putrequest("GET", path, skip_host=True)
    line.putheader("Host", host.replace("own", own))
    line.putheader("X-Forwarded-Host", "evil.example")
    line.endheaders()
    answer = line.getresponse()
    body, location = answer.read().decode("utf-8", "replace"), answer.getheader("Location")
    line.close()
    assert location is None or location.startswith(("/admin/", "/api/", f"http://{own}/")), location
    assert 'href="//evil' not in body and 'href="http://evil' not in body

"""Below a path prefix: every address that the server gives away has the prefix that a trusted proxy names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.browser_client import PASSWORD, Browser
from tests.support.world import Panel

AT = {"X-Forwarded-Prefix": "/skyspy"}
TLS = {**AT, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "sky.example"}
ADDRESS = re.compile(r'(?:href|src|action|formaction|data-part|data-renew|data-socketio-path)="([^"#]+)')


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[Panel]:
    """A server behind the proxies of 192.0.2.0/24, where the browsers of the tests are."""
    made = Panel(tmp_path, SKYSPY_TRUSTED_PROXIES="192.0.2.0/24")
    made.user("ann")
    yield made
    made.close()


def signed_in(panel: Panel) -> Browser:
    browser = panel.browser(**TLS)
    answer = browser.sign_in("ann")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/skyspy/admin/")
    return browser


PAGES = ("/", "/api/docs/", "/nowhere", "/admin/", "/admin/sign-in/", "/admin/users/", "/admin/users/1/", "/admin/users/1/disable/",
         "/admin/keys/", "/admin/keys/new/", "/admin/roles/", "/admin/roles/new/", "/admin/access/", "/admin/feeds/", "/admin/live/",
         "/admin/audit/", "/admin/health/", "/admin/profile/", "/admin/dashboard/", "/admin/nowhere/")  # fmt: skip


def test_every_address_of_every_page_is_below_the_prefix(panel: Panel) -> None:
    browser = signed_in(panel)
    for path in PAGES:
        answer = browser.get(path)
        addresses = ADDRESS.findall(answer.text) if answer.status_code != 303 else [answer.headers["Location"]]
        assert addresses, path
        assert [address for address in addresses if not address.startswith("/skyspy/")] == [], path


@pytest.mark.parametrize("path", ["/", "/skyspy/", "/skyspy"])
def test_a_proxy_may_take_the_prefix_off_or_leave_it(panel: Panel, path: str) -> None:
    answer = panel.browser(**AT).get(path)
    assert answer.status_code == 200
    assert 'data-root="/skyspy" data-socketio-path="/skyspy/socket.io"' in answer.text
    assert panel.browser(**AT).get("/skyspyglass/").status_code == 404


def test_a_sign_in_leads_back_to_the_page_below_the_prefix(panel: Panel) -> None:
    browser = panel.browser(**TLS)
    asked = browser.get("/admin/users/?q=b").headers["Location"]
    assert asked == "/skyspy/admin/sign-in/?next=%2Fadmin%2Fusers%2F%3Fq%3Db"
    path = asked.removeprefix("/skyspy")
    browser.get(path)
    answer = browser.post(path, {"name": "ann", "password": PASSWORD})
    assert answer.headers["Location"] == "/skyspy/admin/users/?q=b"
    assert browser.get(path).headers["Location"] == "/skyspy/admin/users/?q=b"


def test_over_tls_the_cookie_is_named_after_the_prefix(panel: Panel) -> None:
    browser = signed_in(panel)
    panel_name, device_name = sorted(browser.cookies(), key=lambda name: "device" in name)
    assert re.fullmatch(r"__Host-skyspy_panel_[0-9a-f]{8}", panel_name)
    assert re.fullmatch(r"__Host-skyspy_device_[0-9a-f]{8}", device_name)
    (line,) = panel.browser(**TLS).get("/admin/sign-in/").headers.getlist("Set-Cookie")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(line.split("; "))
    # The cookie of a server at another prefix of this host, or at its root, is none here.
    for prefix in ("/other", "/", ""):
        browser.headers["X-Forwarded-Prefix"] = prefix
        assert not browser.is_in(), prefix
    (line,) = panel.browser(**{**TLS, "X-Forwarded-Prefix": ""}).get("/admin/sign-in/").headers.getlist("Set-Cookie")
    assert line.startswith("__Host-skyspy_panel="), "without a prefix the name stays: those who are signed in stay so"


def test_without_tls_the_cookie_has_the_path_below_the_prefix(panel: Panel) -> None:
    (line,) = panel.browser(**AT).get("/admin/sign-in/").headers.getlist("Set-Cookie")
    assert line.startswith("skyspy_panel=") and "Path=/skyspy/admin" in line.split("; ")


def test_links_and_examples_that_are_copied_have_the_prefix(panel: Panel) -> None:
    browser = signed_in(panel)
    browser.get("/admin/users/new/")
    made = browser.post("/admin/users/new/", {"name": "bob", "role": "viewer", "way": "link"})
    assert re.search(r"https://sky\.example/skyspy/admin/invite/[^\s<]{20,}", made.text)
    browser.get("/admin/keys/new/")
    key = browser.post("/admin/keys/new/", {"name": "map", "kind": "live", "may": "all", "ends": "30"}).text
    key = key.replace("&#34;", '"')
    assert 'io("https://sky.example", { auth: { token }, transports: ["websocket"], path: "/skyspy/socket.io" })' in key
    assert 'socketio_path="skyspy/socket.io"' in key
    assert "https://sky.example/skyspy/api/aircraft/" in key


def test_the_api_says_where_it_is(panel: Panel) -> None:
    browser = panel.browser(**AT)
    assert browser.get("/api/openapi.json").json["servers"] == [{"url": "/skyspy"}]
    assert panel.browser().get("/api/openapi.json").json["servers"] == [{"url": "/"}]
    assert "; /skyspy/api/docs/ lists" in browser.get("/api/nowhere").json["error"]["message"]
    assert "POST /skyspy/api/auth/token/" in browser.get("/api/auth/me/").json["error"]["message"]
    assert browser.get("/skyspy/v2/all").status_code == browser.get("/skyspy/data/aircraft.json").status_code == 200


def test_a_mistyped_address_is_corrected_below_the_prefix_without_leaving_tls(panel: Panel) -> None:
    answer = panel.browser(**TLS).get("/admin//users/?q=b")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/skyspy/admin/users/?q=b")
    assert panel.browser().get("/api//aircraft/").headers["Location"] == "/api/aircraft/"


def test_no_template_writes_an_address_that_has_no_prefix() -> None:
    """What `rooted` and `url_for` are for: an address written out leads out of the prefix."""
    written = re.compile(r'(?:href|src|action)="/|(?<!rooted\()request\.(?:path|full_path)(?! ==|\.startswith)')
    found = {
        path.name: match.group()
        for path in (ROOT / "templates").rglob("*.html")
        if (match := written.search(path.read_text(encoding="utf-8")))
    }
    assert found == {}
    script = re.compile(r"fetch\((?!(?:part|form)\.dataset|(?:ROOT|document\.body\.dataset\.root) \+)")
    assert [path.name for path in (ROOT / "static" / "js").rglob("*.js") if script.search(path.read_text(encoding="utf-8"))] == []


def test_s27_a_prefix_that_is_none_is_ignored(panel: Panel) -> None:
    for prefix in ("skyspy", "//evil.example", "/..", '/"><script>'):
        assert 'data-root=""' in panel.browser(**{"X-Forwarded-Prefix": prefix}).get("/").text, prefix


def test_s27_a_stranger_sets_no_prefix(panel: Panel) -> None:
    browser = panel.browser(**AT)
    browser.address = "203.0.113.5"
    assert 'data-root=""' in browser.get("/").text
    assert browser.get("/skyspy/").status_code == 404

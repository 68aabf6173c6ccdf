"""A real browser before a real nginx with the project's deploy/nginx.conf: TLS, a path prefix, two processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Complaints
from tests.browser.receiver import Receiver
from tests.wire.nginx import PREFIX, Nginx
from tests.wire.serving import PASSWORD, Operator, Server

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
Page, expect = playwright.Page, playwright.expect


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Nginx]:
    """nginx before two processes on one database, with a user."""
    folder = tmp_path_factory.mktemp("proxied")
    environ = {"SKYSPY_FEEDS": f"{receiver.url}#interval=0.5", "SKYSPY_TRUSTED_PROXIES": "127.0.0.1"}
    both = [Server(folder, wait=False, **environ) for _ in range(2)]
    for server in both:
        server.wait()
    operator = Operator(folder)
    operator.user("root")
    operator.close()
    made = Nginx(tmp_path_factory.mktemp("nginx"), both)
    yield made
    made.stop()
    for server in both:
        server.end()
    for server in both:
        server.stop()
        assert "Traceback" not in server.log()


@pytest.fixture
def visit(chromium: playwright.Browser, nginx: Nginx, complaints: Complaints) -> Iterator[Page]:
    """An empty page; it must end without an error, a request outside the prefix or an answer that is an error."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, base_url=nginx.origin, ignore_https_errors=True)
    context.set_default_timeout(15_000)
    made, lost = context.new_page(), []
    made.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on("request", lambda sent: None if sent.url.startswith(f"{nginx.origin}{PREFIX}/") else lost.append(sent.url))
    made.on("response", lambda answer: lost.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    wanted = f"wss{nginx.origin.removeprefix('https')}{PREFIX}/socket.io/"
    made.on("websocket", lambda opened: None if opened.url.startswith(wanted) else lost.append(opened.url))
    yield made
    context.close()
    assert lost == []
    assert complaints == []


def moves(page: Page) -> None:
    altitude = page.locator('tr[data-hex="4B0001"] .c-alt')
    before = altitude.inner_text()
    expect(altitude).not_to_have_text(before)


def test_the_sky_moves_below_a_prefix_for_who_is_signed_in_too(visit: Page) -> None:
    visit.goto(f"{PREFIX}/")
    expect(visit.locator("tbody tr")).to_have_count(40)
    expect(visit.locator(".state")).to_have_text("Connected")
    moves(visit)
    visit.locator("[data-sign]").click()
    visit.fill('[name="username"]', "root")
    visit.fill('[name="password"]', PASSWORD)
    visit.locator('[data-sign-in] [type="submit"]').click()
    expect(visit.locator("[data-who]")).to_contain_text("root")
    expect(visit.locator(".state")).to_have_text("Connected")
    moves(visit)
    keys = visit.evaluate("Object.keys(sessionStorage)")
    assert keys == [f"skyspy.session{PREFIX}"], "another server of this host has its own sign-in"


def test_every_page_of_the_panel_works_below_a_prefix(visit: Page, nginx: Nginx) -> None:
    visit.goto(f"{PREFIX}/")
    visit.locator(".nav").get_by_text("API").click()
    expect(visit.locator("h1")).to_contain_text("over HTTP")
    visit.locator(".nav").get_by_text("Panel").click()
    assert visit.url == f"{nginx.origin}{PREFIX}/admin/sign-in/"
    visit.fill('[name="name"]', "root")
    visit.fill('[name="password"]', PASSWORD)
    visit.locator('main [type="submit"]').click()
    assert visit.url == f"{nginx.origin}{PREFIX}/admin/dashboard/"
    titles = visit.locator(".rail a").all_inner_texts()
    assert len(titles) >= 9
    for title in titles:
        visit.locator(".rail").get_by_role("link", name=title, exact=True).click()
        expect(visit.locator('.rail [aria-current="page"]')).to_have_text(title)
        # The panel's live connection: the token, the socket and its events came through.
        expect(visit.locator("[data-live]")).to_have_text("Connected")
    cookies = visit.context.cookies()
    assert sorted(cookie["name"].rsplit("_", 1)[0] for cookie in cookies) == ["__Host-skyspy_device", "__Host-skyspy_panel"]
    assert {(cookie["path"], cookie["secure"]) for cookie in cookies} == {("/", True)}
    visit.get_by_role("button", name="Sign out").click()
    assert visit.url == f"{nginx.origin}{PREFIX}/admin/sign-in/"

"""The panel in a real browser, from the first start to a revoked key, and a change of mode with live clients."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import socketio

from tests.conftest import ROOT, missing
from tests.wire.node import node
from tests.wire.serving import PASSWORD, Operator, Server, eventually

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
Browser, BrowserContext, Page, expect = (
    playwright.Browser,
    playwright.BrowserContext,
    playwright.Page,
    playwright.expect,
)

JAVASCRIPT = """
import { io } from 'socket.io-client';
const [url, token] = process.argv.slice(2);
const say = (what, more = {}) => console.log(JSON.stringify({ what, at: Date.now() / 1000, ...more }));
const socket = io(url + '/audio', { path: '/socket.io', auth: { token }, transports: ['websocket'] });
socket.on('connect', () => say('connect'));
socket.on('error', (error) => say('error', error));
socket.on('connect_error', (error) => say('connect_error', { message: error.message }));
socket.on('disconnect', (reason) => {
  say('disconnect', { reason });
  process.exit(0);
});
setTimeout(() => process.exit(1), 60000);
"""
"""A client as the document writes them, with the library from npm."""

GONE_SECONDS = 2.0
"""Seconds within which an operator's change is in force on live sockets."""


class Client:
    """A real Socket.IO client in one namespace; `told` are its `error` events, `gone_at` when it was disconnected (steady)."""

    def __init__(self, url: str, namespace: str, token: str | None = None) -> None:
        self.told: list[dict[str, Any]] = []
        self.gone_at: float | None = None
        self.refused: object = None
        self.sio = socketio.Client(reconnection=False)
        self.sio.on("error", self.told.append, namespace=namespace)
        self.sio.on("disconnect", self._gone, namespace=namespace)
        self.sio.on("connect_error", self._refused, namespace=namespace)
        self.sio.connect(
            url, namespaces=[namespace], auth={"token": token} if token else None, transports=["websocket"], wait_timeout=5
        )

    def _gone(self, *_: object) -> None:
        self.gone_at = time.monotonic()

    def _refused(self, why: object = None) -> None:
        self.refused = why

    def left_within(self, since: float, seconds: float = GONE_SECONDS) -> bool:
        """Whether it was disconnected in so many seconds from then on."""
        return eventually(lambda: self.gone_at is not None, seconds + 1) and (self.gone_at or 0) - since <= seconds

    def close(self) -> None:
        self.sio.disconnect()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A server on an empty database."""
    if not (ROOT / "static" / "vendor" / "socket.io.esm.min.js").exists():
        missing("static/vendor is empty: `make browser` (needs npm) fills it")
    made = Server(tmp_path, SKYSPY_FEEDS="demo://?aircraft=5")
    yield made
    made.stop()


def opened(chromium: Browser, server: Server) -> Page:
    """A page in a new browser context, as another user would have it."""
    context: BrowserContext = chromium.new_context(viewport={"width": 1280, "height": 900}, base_url=server.url)
    context.set_default_timeout(10_000)
    return context.new_page()


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.goto("/admin/sign-in/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()


def choose_password(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password again").fill(password)
    page.get_by_role("main").get_by_role("button").click()
    expect(page).to_have_url(re.compile("/admin/sign-in/"))


def first_administrator(page: Page, server: Server, name: str = "anna") -> None:
    page.goto(server.cli("admin-link", "--address", server.url))
    page.get_by_label("User name").fill(name)
    choose_password(page)
    sign_in(page, name)


def test_from_the_first_start_to_a_revoked_key_that_ends_its_client_within_two_seconds(chromium: Browser, fresh: Server) -> None:
    admin = opened(chromium, fresh)
    link = fresh.cli("admin-link", "--address", fresh.url)
    admin.goto(link)
    admin.get_by_label("User name").fill("anna")
    choose_password(admin)
    sign_in(admin, "anna")
    expect(admin).to_have_url(re.compile("/admin/dashboard/"))
    # The link is used.
    stranger = opened(chromium, fresh)
    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="not good any more")).to_be_visible()

    # An operator is invited; the link is shown once, to be handed on.
    admin.goto("/admin/users/new/")
    admin.get_by_label("User name").fill("otto")
    admin.get_by_label("Role").select_option("operator")
    admin.get_by_role("main").locator('button[type="submit"]').click()
    invitation = admin.locator("#link").inner_text()
    assert invitation.startswith(f"{fresh.url}/admin/invite/")

    operator = opened(chromium, fresh)
    operator.goto(invitation)
    choose_password(operator)
    sign_in(operator, "otto")
    # The operator manages only their own keys.
    rail = operator.get_by_role("navigation", name="Panel")
    expect(rail.get_by_role("link", name="API keys")).to_be_visible()
    expect(rail.get_by_role("link", name="Users")).to_have_count(0)
    stranger.goto(invitation)
    expect(stranger.get_by_role("heading", name="not good any more")).to_be_visible()

    # The operator makes a live key with audio.view.
    operator.goto("/admin/keys/new/")
    operator.get_by_label("Name").fill("Scanner in the shed")
    operator.get_by_label("Listen to airband").check()
    operator.get_by_role("button", name="Make the key").click()
    key = operator.locator("#key").inner_text()
    assert key.startswith("sk_live_")
    operator.get_by_role("link", name="I have copied it").click()
    assert key not in operator.content()

    client, script = Client(fresh.url, "/audio", key), node(fresh.folder, JAVASCRIPT, fresh.url, key)
    try:
        assert script.until("connect")
        # The administrator sees it live, and revokes the key.
        admin.goto("/admin/keys/?whose=all")
        admin.get_by_role("link", name="Scanner in the shed").click()
        expect(admin.get_by_text("2 live connections").first).to_be_visible()
        admin.get_by_role("link", name=re.compile("Revoke")).click()
        expect(admin.get_by_role("listitem").filter(has_text="2 live connections")).to_be_visible()
        since, at = time.monotonic(), time.time()
        admin.get_by_role("button", name=re.compile("Revoke")).click()
        assert client.left_within(since)
        assert [told["code"] for told in client.told] == ["token_revoked"]
        gone = script.until("disconnect")
        assert gone["reason"] == "io server disconnect" and gone["at"] - at <= GONE_SECONDS
        assert [line["code"] for line in script.lines if line["what"] == "error"] == ["token_revoked"]
    finally:
        client.close()
        script.process.kill()
        script.process.communicate()

    # The audit log has every step, newest first.
    admin.goto("/admin/audit/")
    actions = admin.locator("table td[data-label=Action]").all_inner_texts()
    story = ["user.create", "login.ok", "link.create", "link.use", "login.ok", "key.create", "key.revoke"]
    told = iter(reversed(actions))
    assert all(step in told for step in story), actions
    assert key not in fresh.log() + admin.content()


def test_private_mode_is_shown_before_it_is_kept_and_ends_every_anonymous_client_of_two_processes(
    chromium: Browser, fresh: Server
) -> None:
    second = Server(fresh.folder, SKYSPY_FEEDS="demo://?aircraft=5")
    clients: list[Client] = []
    try:
        page = opened(chromium, fresh)
        first_administrator(page, fresh)
        clients = [Client(server.url, "/") for server in (fresh, fresh, second)]
        operator = Operator(fresh.folder)
        operator.user("anna2")
        known = Client(second.url, "/", operator.key("anna2"))
        operator.close()
        # The other process's list is refreshed while it is viewed.
        assert eventually(lambda: "3" in preview(page), 8)
        expect(page.get_by_text(re.compile(r"3\s+anonymous connections"))).to_be_visible()
        assert all(client.gone_at is None for client in clients)
        since = time.monotonic()
        page.get_by_role("button", name="Keep it").click()
        assert all(client.left_within(since) for client in clients)
        assert {client.told[-1]["code"] for client in clients} == {"token_missing"}
        assert known.gone_at is None
        known.close()
        with pytest.raises(socketio.exceptions.ConnectionError):
            Client(second.url, "/")
        # The page itself, whose live connection has an identity, stays live.
        page.goto("/admin/dashboard/")
        expect(page.locator("[data-live]")).to_have_text("Connected")
        expect(page.get_by_text("Private").first).to_be_visible()
    finally:
        for client in clients:
            client.close()
        second.stop()


def preview(page: Page) -> str:
    """The page's preview of private mode."""
    page.goto("/admin/access/")
    page.get_by_label("Private").check()
    page.locator("form").filter(has=page.get_by_label("Private")).get_by_role("button", name="See what it would do").click()
    text: str = page.locator("form.ends").inner_text()
    return next((line for line in text.splitlines() if "anonymous" in line), "")

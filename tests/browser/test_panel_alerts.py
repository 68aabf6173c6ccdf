"""The panel's pages of alerts in a real browser, by keyboard and at 390 px: a rule, destinations, a test, an alert that arrives at a real
HTTP peer and at a real broker, a notification, and an aircraft of the sky that is put on a watchlist."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from skyspy import wirejson
from tests.browser.looking import check, sign_in
from tests.browser.receiver import Receiver, aircraft
from tests.support.notify import Broker, Listener
from tests.wire.serving import Operator, Server, eventually

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
Browser, Locator, Page, expect = playwright.Browser, playwright.Locator, playwright.Page, playwright.expect

WITHIN = 40_000
"""Milliseconds until an alert has arrived: a round of the rules, the outbox, then one refresh."""
MAX_TABS = 120


class HookPeer:
    """A web server that takes webhooks and answers each with `status`; `came` are (headers, body)."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        peer = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                peer.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(peer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/alerts"

    def verified(self, secret: str) -> list[dict[str, Any]]:
        """What came, each with a signature that this secret verifies."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.came]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def five() -> Iterator[Receiver]:
    """Five aircraft."""
    made = Receiver([aircraft(number) for number in range(1, 6)])
    yield made
    made.stop()


@pytest.fixture(scope="module")
def alerting(tmp_path_factory: pytest.TempPathFactory, five: Receiver) -> Iterator[Server]:
    """A server with that receiver, and two people."""
    made = Server(tmp_path_factory.mktemp("alerts"), SKYSPY_FEEDS=f"{five.url}#interval=0.5")
    operator = Operator(made.folder)
    operator.choose(LOGIN_ATTEMPTS_PER_ADDRESS=1000, LOGIN_ATTEMPTS_PER_ACCOUNT=100)
    operator.user("ann")
    operator.user("bert", "operator")
    operator.close()
    yield made
    made.stop()


@pytest.fixture
def peer() -> Iterator[HookPeer]:
    made = HookPeer()
    yield made
    made.stop()


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[tuple[Broker, Listener]]:
    """A broker, and what is published on it."""
    broker = Broker(tmp_path, "allow_anonymous true")
    listener = Listener(broker, "home/#", tmp_path)
    yield broker, listener
    listener.close()
    broker.stop()


def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until this control has the focus: it is reached without a mouse."""
    for _ in range(MAX_TABS):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {wanted}")


def type_into(page: Page, name: str, text: str) -> None:
    """Reach a field, and type in place of what is in it."""
    reach(page, page.locator(f"[name='{name}']"))
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def choose(page: Page, name: str, label: str) -> None:
    """Reach a select, and choose by typing the beginning of an option."""
    reach(page, page.locator(f"select[name='{name}']"))
    page.keyboard.type(label)
    expect(page.locator(f"select[name='{name}'] option:checked")).to_have_text(label)


def press(page: Page, name: str, role: str = "button") -> None:
    """Reach a button or link, and press Enter."""
    reach(page, page.locator("main").get_by_role(role, name=name, exact=True))
    page.keyboard.press("Enter")


def told(page: Page) -> Locator:
    return page.locator("main .told")


def test_by_keyboard_a_rule_sends_an_alert_to_a_signed_webhook_and_to_a_broker(
    chromium: Browser, alerting: Server, peer: HookPeer, heard: tuple[Broker, Listener]
) -> None:
    broker, listener = heard
    name = f"Program at {peer.url.rpartition(':')[2].partition('/')[0]}"
    page = sign_in(chromium, alerting)
    page.goto("/admin/alerts/destinations/")
    press(page, "Webhook", "link")
    type_into(page, "name", name)
    type_into(page, "url", peer.url)
    page.keyboard.press("Enter")
    secret = page.locator("#secret").inner_text()
    check(page)
    press(page, "I have copied it", "link")
    press(page, f"Test {name}")
    expect(told(page)).to_contain_text(f"“{name}” took the test")
    assert [event["type"] for event in peer.verified(secret)] == ["alert.test"]
    with pytest.raises(WebhookVerificationError):
        peer.verified(f"whsec_{'A' * 43}=")
    peer.status = 503
    press(page, f"Test {name}")
    expect(told(page)).to_contain_text("503")
    peer.status = 204
    peer.came.clear()

    press(page, "MQTT", "link")
    type_into(page, "host", "127.0.0.1")
    type_into(page, "port", str(broker.port))
    choose(page, "tls", "Not encrypted")
    type_into(page, "topic", "home/{callsign}")
    page.keyboard.press("Enter")
    expect(told(page)).to_contain_text("is made")

    page.goto("/admin/alerts/")
    press(page, "Make a rule", "link")
    type_into(page, "name", "Test flight one")
    # A browser searches the list by each letter that is typed: the form waits for the last one.
    choose(page, "m.0.field", "Callsign")
    expect(page.locator("input[name='m.0.value']")).to_be_visible()
    expect(page.locator("[name='m.0.field']")).to_be_focused()
    choose(page, "m.0.op", "starts with")
    # Leaving a list is a choice, too; the focus stays where it went.
    page.keyboard.press("Tab")
    expect(page.locator("input[name='m.0.kind'] + input")).to_be_visible()
    type_into(page, "m.0.value", "TST1")
    press(page, "Add a condition")
    expect(page.locator("[name='m.1.field']")).to_be_focused()
    expect(page.locator("[data-rule-says]")).to_have_text("Added. The rule has 2 conditions.")
    press(page, "Remove condition 2: military")
    expect(page.locator("button[value='remove:m.0']")).to_be_focused()
    expect(page.locator("[data-rule-says]")).to_have_text("Removed. The rule has 1 condition.")
    expect(page.locator("[data-preview]")).to_contain_text("would match 1 aircraft now", timeout=WITHIN)
    for box in page.locator("[name=destinations]").all():
        reach(page, box)
        page.keyboard.press("Space")
    press(page, "Save the rule")
    expect(told(page)).to_contain_text("“Test flight one” is saved")

    assert eventually(lambda: len(peer.came) == 1 and len(listener.messages) == 1)
    (event,) = peer.verified(secret)
    assert (event["type"], event["data"]["callsign"], event["data"]["rule_name"]) == (
        "alert.triggered",
        "TST1",
        "Test flight one",
    )
    topic, text = listener.messages[0]
    assert topic == "home/TST1" and "TST1" in text and wirejson.loads(text)
    page.goto("/admin/alerts/log/")
    expect(page.locator("tbody tr")).to_have_count(1)
    press(page, "Test flight one", "link")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody .status.ok")).to_have_count(2)
    page.goto("/admin/alerts/deliveries/")
    expect(page.locator("tbody .status.ok")).to_have_count(2)
    page.context.close()


def test_at_390_px_an_aircraft_of_the_sky_is_watched_and_shows_a_notification(
    chromium: Browser, alerting: Server, five: Receiver
) -> None:
    page = sign_in(chromium, alerting, "bert")
    page.set_viewport_size({"width": 390, "height": 844})
    page.add_init_script(
        "window.shown = []; window.Notification = class extends EventTarget {"
        " constructor(title, { body, tag }) { super(); window.shown.push([title, body, tag]); }"
        " static permission = sessionStorage.asked ? 'granted' : 'default';"
        " static async requestPermission() { sessionStorage.asked = 'yes'; return (this.permission = 'granted'); } }"
    )
    page.goto("/")
    page.locator("tbody th button", has_text="TST2").click()
    page.get_by_role("link", name="Add to a watchlist…").click()
    expect(page.locator("h1")).to_have_text("Add TST2 to a watchlist")
    page.get_by_label("Name of the new list").fill("Mine")
    page.get_by_role("button", name="Add it").click()
    expect(told(page)).to_contain_text("is on “Mine”")

    page.goto("/admin/alerts/destinations/")
    assert page.evaluate("sessionStorage.asked") is None, "nobody is asked before a click"
    page.get_by_role("button", name="Allow notifications").click()
    expect(page.locator("[data-notify-says]")).to_contain_text("On:")
    page.get_by_role("link", name="Browser notification").click()
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("button", name="Test My browser").click()
    assert page.evaluate("shown")[0][0] == "SkySpy"

    page.goto("/admin/alerts/rules/new/")
    page.get_by_label("Name", exact=True).fill("One of mine")
    page.get_by_label("Field of condition 1").select_option("watchlist")
    expect(page.locator("select[name='m.0.value'] option:checked")).to_have_text("Mine")
    page.get_by_label("My browser").check()
    page.get_by_text("Values that a message may hold").click()
    page.locator("[data-insert='{flight}']").click()
    page.keyboard.type(" is here")
    expect(page.get_by_label("Message")).to_have_value("{flight} is here")
    expect(page.locator("[data-preview]")).to_contain_text("would match 1 aircraft now", timeout=WITHIN)
    check(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Save the rule").click()
    expect(told(page)).to_contain_text("is saved")
    page.wait_for_function("shown.length === 1", timeout=WITHIN)
    title, body, tag = page.evaluate("shown")[0]
    assert (title, body) == ("One of mine", "TST2 is here") and tag.startswith("skyspy-a-")
    page.reload()
    expect(page.locator("section:has(#s-latest) tbody tr")).to_contain_text("TST2 is here")
    expect(page.locator(".state")).to_have_attribute("data-state", "live")
    assert page.evaluate("shown") == [], "not twice"
    page.context.close()


def test_what_was_given_up_says_why_and_is_sent_again(
    chromium: Browser, alerting: Server, peer: HookPeer, five: Receiver
) -> None:
    page = sign_in(chromium, alerting, "bert")
    page.goto("/admin/alerts/destinations/new/webhook/")
    page.get_by_label("Address").fill(peer.url)
    page.get_by_role("button", name="Make it").click()
    # An operator who may not manage settings sends to no private address.
    expect(page.locator("#f-url-error")).to_be_visible()
    page.context.close()

    page = sign_in(chromium, alerting)
    peer.status = 410
    page.goto("/admin/alerts/destinations/new/webhook/")
    page.get_by_label("Name", exact=True).fill("Gone")
    page.get_by_label("Address").fill(peer.url)
    page.get_by_role("button", name="Make it").click()
    page.goto("/admin/alerts/rules/new/")
    page.get_by_label("Name", exact=True).fill("Third")
    page.get_by_label("Field of condition 1").select_option("flight")
    page.locator("input[name='m.0.value']").fill("TST3")
    page.get_by_label("Gone").check()
    page.get_by_role("button", name="Save the rule").click()
    expect(told(page)).to_contain_text("is saved")
    page.goto("/admin/alerts/deliveries/?state=dead")
    row = page.locator("tbody tr").filter(has_text="Third")
    expect(row).to_contain_text("410", timeout=WITHIN)
    page.goto("/admin/alerts/destinations/")
    expect(page.locator("tbody tr").filter(has_text="Gone")).to_contain_text("Disabled")
    page.get_by_role("button", name="Enable Gone").click()
    peer.status = 204
    page.goto("/admin/alerts/deliveries/?state=dead")
    row.get_by_role("button", name="Send again").click()
    page.goto("/admin/alerts/deliveries/?state=sent")
    expect(row).to_contain_text("Sent", timeout=WITHIN)
    assert len({headers["webhook-id"] for headers, _ in peer.came}) == 1, "its id stays the same"
    page.context.close()

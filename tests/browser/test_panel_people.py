"""Live connections, settings, the log and the profile in a real browser: refreshed parts, and confirmations."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import socketio

from skyspy.store import roles
from tests.browser.looking import check, sign_in
from tests.browser.receiver import Receiver
from tests.support.databases import change
from tests.wire.serving import OPERATOR, Operator, Server, eventually

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
Page, expect = playwright.Page, playwright.expect


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[tuple[Server, Operator]]:
    """A server with an administrator and an operator."""
    made = Server(tmp_path_factory.mktemp("people"), SKYSPY_FEEDS=f"{receiver.url}#interval=0.5")
    operator = Operator(made.folder)
    operator.choose(LOGIN_ATTEMPTS_PER_ADDRESS=1000, LOGIN_ATTEMPTS_PER_ACCOUNT=100)
    operator.user("ann")
    operator.user("otto", "operator")
    yield made, operator
    operator.close()
    made.stop()


@pytest.fixture(scope="module")
def ann(chromium: playwright.Browser, peopled: tuple[Server, Operator]) -> Iterator[Page]:
    """An administrator's page; its policy permits the script of axe."""
    page = sign_in(chromium, peopled[0])
    yield page
    page.context.close()


@pytest.fixture
def clients(peopled: tuple[Server, Operator]) -> Iterator[list[socketio.Client]]:
    """Clients that a test connects, disconnected after it."""
    made: list[socketio.Client] = []
    yield made
    for client in made:
        client.disconnect()


def connect(server: Server, clients: list[socketio.Client], token: str | None = None, namespace: str = "/") -> socketio.Client:
    client = socketio.Client(reconnection=False)
    client.connect(server.url, namespaces=[namespace], auth={"token": token} if token else None, transports=["websocket"])
    clients.append(client)
    return client


def test_the_list_renews_itself_and_keeps_filter_focus_and_scroll(
    ann: Page, peopled: tuple[Server, Operator], clients: list[socketio.Client]
) -> None:
    server, _ = peopled
    for _ in range(12):
        connect(server, clients)
    ann.goto("/admin/live/?kind=anonymous")
    rows = ann.locator("#live-list tbody tr")
    expect(rows).to_have_count(12)
    last = rows.last.get_by_role("link", name="Disconnect")
    last.focus()
    # Where the row stands on the screen is what must not move: a row above it pushes the page, and the browser follows.
    place = "[document.activeElement.href, Math.round(document.activeElement.getBoundingClientRect().top)]"
    held = ann.evaluate(place)
    assert ann.evaluate("scrollY") > 0
    connect(server, clients)
    expect(rows).to_have_count(13)
    assert ann.evaluate(place) == held
    assert ann.url.endswith("?kind=anonymous") and ann.locator("[name=kind]").input_value() == "anonymous"
    # A row that goes takes none of the others with it.
    clients.pop().disconnect()
    expect(rows).to_have_count(12)
    assert ann.evaluate("document.activeElement.href") == held[0]
    ann.get_by_role("button", name="Hold still").click()
    connect(server, clients)
    ann.wait_for_timeout(200)
    expect(ann.locator("[data-renew-says]")).to_have_text("Holds still")
    expect(rows).to_have_count(12)
    ann.get_by_role("button", name="Hold still").click()
    expect(rows).to_have_count(13)


def test_a_hidden_page_asks_for_nothing(ann: Page) -> None:
    ann.goto("/admin/live/")
    asked: list[str] = []
    ann.on("request", lambda request: asked.append(request.url) if "/live/list/" in request.url else None)
    ann.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true}); document.dispatchEvent(new Event('visibilitychange'))"
    )
    ann.wait_for_timeout(300)
    assert asked == []
    ann.reload()
    ann.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert eventually(lambda: ann.wait_for_timeout(50) or asked != [])


def test_all_of_a_key_are_sent_away_after_it_was_said_how_many(
    ann: Page, peopled: tuple[Server, Operator], clients: list[socketio.Client]
) -> None:
    server, operator = peopled
    key = operator.key("otto")
    gone = [connect(server, clients, key), connect(server, clients, key, "/audio")]
    stays = connect(server, clients, operator.jwt("otto"))
    ann.goto("/admin/live/?search=otto")
    ann.locator("tr", has_text="/audio").get_by_role("link", name="Disconnect").click()
    check(ann)
    ann.get_by_role("link", name="All 2 of the key").click()
    expect(ann.get_by_role("listitem").filter(has_text="1 in / and 1 in /audio")).to_be_visible()
    check(ann)
    ann.get_by_role("button", name="Disconnect 2 connections").click()
    expect(ann.get_by_role("status").filter(has_text="2 connections were told to go")).to_be_visible()
    assert eventually(lambda: not any(client.connected for client in gone))
    assert stays.connected


def test_a_setting_says_while_it_is_typed_how_long_that_is_and_before_it_is_kept_from_what_to_what(ann: Page) -> None:
    ann.goto("/admin/access/")
    ann.get_by_label("Tries are counted over").fill("5400")
    expect(ann.locator("[data-means=f-LOGIN_WINDOW_SECONDS]")).to_have_text("1 hour 30 minutes")
    form = ann.locator("form", has=ann.get_by_label("Tries are counted over"))
    # The Enter key looks ahead; it resets nothing.
    ann.get_by_label("Tries are counted over").press("Enter")
    expect(ann.locator(".changes")).to_contain_text("5 minutes (300 s) →becomes 1 hour 30 minutes (5400 s)")
    check(ann)
    ann.get_by_role("button", name="Keep it").click()
    expect(ann.get_by_role("status").filter(has_text="Tries are counted over")).to_be_visible()
    check(ann)
    form.get_by_role("button", name="Reset Tries are counted over").click()
    ann.get_by_role("button", name="Keep it").click()
    expect(ann.get_by_role("button", name="Reset Tries are counted over")).to_have_count(0)


def test_what_is_wrong_is_shown_where_it_is(ann: Page) -> None:
    ann.goto("/admin/access/")
    ann.get_by_label("Updates per second").fill("99")
    ann.evaluate("for (const form of document.forms) form.noValidate = true")
    ann.get_by_label("Updates per second").press("Enter")
    field = ann.get_by_label("Updates per second")
    expect(field).to_have_value("99")
    expect(field).to_have_attribute("aria-invalid", "true")
    check(ann)


def test_one_other_browser_is_signed_out_from_ones_own_page(
    chromium: playwright.Browser, ann: Page, peopled: tuple[Server, Operator]
) -> None:
    other = sign_in(chromium, peopled[0])
    ann.goto("/admin/profile/")
    ann.get_by_role("link", name=re.compile("Sign out Chrome")).first.click()
    check(ann)
    ann.get_by_role("button", name="Sign this browser out").click()
    expect(ann.get_by_role("status").filter(has_text="is signed out")).to_be_visible()
    other.goto("/admin/profile/")
    expect(other).to_have_url(re.compile("/admin/sign-in/"))
    other.context.close()


def test_taking_from_a_role_is_asked_first(ann: Page, peopled: tuple[Server, Operator]) -> None:
    _, operator = peopled
    change(operator, roles.create, "listener", frozenset({"audio.view", "aircraft.view"}), "Listens", OPERATOR)
    operator.user("lea", "listener")
    ann.goto("/admin/roles/role/listener/")
    ann.get_by_label("Listen to airband").uncheck()
    ann.get_by_role("button", name="Change the role").click()
    expect(ann.get_by_role("heading", name="Take this away from listener?")).to_be_visible()
    check(ann)
    ann.get_by_role("button", name="Change the role").click()
    expect(ann.get_by_role("status").filter(has_text="is changed")).to_be_visible()
    ann.goto("/admin/audit/?action=role.change")
    expect(ann.locator("table")).to_contain_text("went: audio.view")


def test_these_pages_work_without_javascript(
    chromium: playwright.Browser, peopled: tuple[Server, Operator], clients: list[socketio.Client]
) -> None:
    connect(peopled[0], clients)
    page = sign_in(chromium, peopled[0], java_script_enabled=False)
    page.goto("/admin/live/?kind=anonymous")
    expect(page.locator("[data-renew-hold]")).to_be_hidden()
    page.get_by_role("link", name="Disconnect anonymous").first.click()
    page.get_by_role("button", name="Disconnect this one").click()
    expect(page.get_by_role("status")).to_contain_text("told to go")
    page.goto("/admin/audit/?action=live.")
    expect(page.locator("tbody tr").first).to_contain_text("live.disconnect")
    page.context.close()

"""Every page of the panel in a real browser: axe finds nothing serious, nothing is wider than the screen, no script fails."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from skyspy.store import alert_destinations, alert_rules, feeds, keys, roles, users, watchlists
from skyspy.store.alert_destinations import NewDestination
from skyspy.store.alert_rules import NewRule
from skyspy.store.owned import Owner
from skyspy.store.schema import PANEL_SESSIONS
from skyspy.store.watchlists import EntryRow
from tests.browser.looking import check, opened, sign_in
from tests.browser.receiver import Receiver
from tests.support.alerts import alert, delivery, plant_alerts
from tests.support.databases import change, create_key
from tests.support.panel_datalink import a_report
from tests.support.panel_datalink import plant as plant_messages
from tests.support.panel_routes import ROUTES
from tests.support.safety_events import an_event, plant
from tests.support.sites import provide_database
from tests.wire.serving import OPERATOR, PASSWORD, Operator, Server

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
Page, expect = playwright.Page, playwright.expect

LONG = "a-name-of-sixty-four-letters-that-nobody-would-choose-but-may.xx"
SHOWN = [route for route in ROUTES if route.method == "GET" and not route.open and not route.quiet]
ADDRESSES = sorted({"/admin" + re.sub(r"<[^>]*>", "own", re.sub(r"<int[^>]*>", "2", route.path)) for route in SHOWN})
MORE = [
    "/admin/keys/?whose=all&ended=yes",
    "/admin/keys/?q=zzz",
    "/admin/users/?q=zzz",
    "/admin/roles/role/viewer/",
    "/admin/keys/new/?owner=2",
]
PAGES_SHOWN = [address for address in ADDRESSES if not address.endswith(".csv")] + MORE


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    """A server with a few users, keys in every state and a custom role."""
    folder = tmp_path_factory.mktemp("panel")
    provide_database(folder / "instance")
    now = time.time()
    plant(folder / "instance", an_event(id="own", started=now - 90, updated=now - 60, resolved=now - 60, message=LONG))
    plant_messages(folder / "instance", a_report(id="own", time=now, label_name=LONG, text=LONG * 20, tail=LONG[:16]))
    mine = {"owner_id": 1, "message": LONG, "rule_name": LONG}
    gone = delivery(
        1, 2, id="own", alert_id="own", owner_id=1, title=LONG, body=LONG, state="dead", last_error=LONG, created_at=now
    )
    plant_alerts(folder / "instance", alert(id="own", triggered_at=now, matched_until=now, **mine), to=(gone,))
    made = Server(folder, SKYSPY_FEEDS=f"{receiver.url}#interval=0.5")
    operator = Operator(made.folder)
    # Every look at the pages of this file is one sign-in's.
    operator.choose(LOGIN_ATTEMPTS_PER_ADDRESS=1000, LOGIN_ATTEMPTS_PER_ACCOUNT=100)
    for number, name in enumerate(("ann", LONG)):
        for key in (f"display {number}", f"{LONG[:58]} {number}"):
            create_key(operator, operator.user(name), "live", key, OPERATOR, networks=["192.0.2.0/24"])
    change(operator, keys.revoke, 3, OPERATOR)
    change(operator, users.set_disabled, operator.user("off", "viewer"), True, OPERATOR)
    change(operator, users.create, "invited", "viewer", None, OPERATOR)
    change(operator, roles.create, "own", frozenset({"audio.view"}), "Listens", OPERATOR)
    for url in ("sbs://127.0.0.1:1", f"beast://{LONG}:30005"):
        operator.store.write(feeds.add, url, url, OPERATOR, time.time())
    operator.store.write(feeds.set_paused, 2, True, OPERATOR, time.time())
    owner = Owner(1, "live")
    entries = [EntryRow("registration", "HBZRV", True, LONG), EntryRow("hex", "4B1805", False, "")]
    for name in ("short", LONG):
        operator.store.write(alert_rules.create, owner, NewRule(name, rule_named(name), False, None, None), OPERATOR, time.time())
        operator.store.write(watchlists.create, owner, name, entries, OPERATOR, time.time())
        shown = NewDestination(name, "webhook", {"shown": f"https://{LONG}/…"}, None, None)
        operator.store.write(alert_destinations.create, owner, shown, OPERATOR, time.time())
    operator.close()
    yield made
    made.stop()


def rule_named(name: str) -> dict[str, object]:
    """A rule with every kind of input, to both destinations."""
    place = {"circle": {"lat": 47.5, "lon": 8.5, "radius_nm": 10}}
    conditions = [
        {"field": "flight", "op": "contains", "value": LONG},
        {"field": "alt_baro", "op": "between", "value": [1000, 5000]},
        {"field": "watchlist", "op": "in", "value": "2"},
        {
            "not": {
                "any": [
                    {"field": "safety_event", "op": "in", "value": ["proximity"]},
                    {"field": "inside", "op": "inside", "value": place},
                ]
            }
        },
    ]
    times = {"zone": "Europe/Zurich", "windows": [{"days": ["mon"], "from": "22:00", "to": "07:00"}]}
    return {"name": name, "match": {"all": conditions}, "during": times, "quiet": times, "destinations": ["1", "2"]}


@pytest.fixture(scope="module")
def ann(chromium: playwright.Browser, peopled: Server) -> Iterator[Page]:
    """An administrator's page."""
    page = sign_in(chromium, peopled)
    yield page
    page.context.close()


@pytest.mark.parametrize("address", PAGES_SHOWN)
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(ann: Page, address: str) -> None:
    complaints: list[str] = []
    ann.on("pageerror", lambda error: complaints.append(str(error)))
    answer = ann.goto(address)
    assert answer is not None and answer.status == 200, address
    expect(ann.locator("h1")).to_have_count(1)
    check(ann)
    assert complaints == []


@pytest.mark.parametrize("address", ["/admin/sign-in/", "/admin/invite/no-such-link/", "/admin/nowhere/"])
def test_pages_before_the_sign_in_are_as_good(chromium: playwright.Browser, peopled: Server, address: str) -> None:
    page = opened(chromium, peopled)
    page.goto(address)
    check(page)
    page.context.close()


def test_pages_that_are_shown_once_or_in_between_are_as_good(ann: Page, chromium: playwright.Browser, peopled: Server) -> None:
    ann.goto("/admin/users/new/")
    ann.fill("[name=name]", "ned")
    ann.click("main button[type=submit]")
    link = ann.locator("#link").inner_text()
    check(ann)
    guest = opened(chromium, peopled)
    guest.goto(link)
    check(guest)
    guest.fill("[name=password]", PASSWORD)
    guest.fill("[name=again]", "another one than that")
    guest.click("main button[type=submit]")
    expect(guest.locator(".error")).to_be_visible()
    check(guest)
    guest.goto("/admin/sign-in/")
    guest.fill("[name=name]", "ned")
    guest.fill("[name=password]", "a guess")
    guest.click("main button[type=submit]")
    expect(guest.get_by_role("alert")).to_be_visible()
    check(guest)
    guest.context.close()
    # The password is asked once more where it was given a while ago.
    operator = Operator(peopled.folder)
    operator.store.write(lambda c: c.execute(update(PANEL_SESSIONS).values(proved_at=0.0)))
    operator.close()
    ann.goto("/admin/keys/new/")
    check(ann)
    ann.fill("[type=password]", PASSWORD)
    ann.click("main button[type=submit]")
    expect(ann).to_have_url(re.compile("/admin/keys/new/"))


def test_the_first_page_of_a_new_server_is_as_good(chromium: playwright.Browser, tmp_path: Path) -> None:
    server = Server(tmp_path, SKYSPY_FEEDS="demo://?aircraft=5")
    try:
        page = opened(chromium, server)
        page.goto(server.cli("admin-link", "--address", server.url))
        expect(page.get_by_role("heading", name="Make the first administrator")).to_be_visible()
        check(page)
        page.goto("/admin/sign-in/")
        check(page)
        page.context.close()
    finally:
        server.stop()


def test_the_code_beside_a_new_key_works_when_it_is_pasted(ann: Page, tmp_path: Path) -> None:
    ann.goto("/admin/keys/new/")
    ann.fill("[name=name]", "pasted")
    ann.check("[name=scopes][value='aircraft.view']")
    ann.click("main button[type=submit]")
    check(ann)
    program = tmp_path / "pasted.py"
    program.write_text(
        (ann.locator("#snippet-python").text_content() or "").replace("client.wait()", "client.sleep(2)\nclient.disconnect()")
    )
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=30, check=True)
    assert "40 aircraft" in done.stdout
    key = ann.locator("#key").text_content() or ""
    assert f'curl -H "X-API-Key: {key}" ' in (ann.locator("#snippet-curl").text_content() or "")
    assert f'const token = "{key}";' in (ann.locator("#snippet-js").text_content() or "")


def test_what_a_choice_makes_needless_is_not_shown(ann: Page) -> None:
    ann.goto("/admin/keys/new/")
    expect(ann.locator("#f-scopes")).to_be_visible()
    expect(ann.locator("#f-last_day")).to_be_hidden()
    ann.check("[name=may][value=all]")
    ann.select_option("[name=ends]", "date")
    expect(ann.locator("#f-scopes")).to_be_hidden()
    expect(ann.locator("#f-last_day")).to_be_visible()


def test_every_page_works_without_javascript(chromium: playwright.Browser, peopled: Server) -> None:
    context = chromium.new_context(base_url=peopled.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/admin/keys/new/")
    page.fill("[name=name]", "ann")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.fill("[name=name]", "by hand")
    page.check("[name=scopes][value='aircraft.view']")
    page.click("main button[type=submit]")
    expect(page.locator("#key")).to_have_text(re.compile("sk_live_"))
    page.click("text=I have copied it")
    page.click("text=Revoke…")
    page.click("button:has-text('Revoke the key')")
    expect(page.locator("main")).to_contain_text("is revoked")
    context.close()

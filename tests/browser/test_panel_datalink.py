"""The panel's pages of datalink messages in a real browser: what comes appears, a list is paused, texts are decoded and never run."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator

import pytest

from skyspy.datalink.message import DatalinkPosition, Message, Station
from tests.browser.conftest import Complaints
from tests.browser.looking import check, sign_in
from tests.browser.receiver import Receiver, aircraft
from tests.support.panel_datalink import HOSTILE, a_report, plant
from tests.support.sites import provide_database
from tests.unit.test_datalink_board import HONG_KONG, LONDON
from tests.wire.serving import PASSWORD, Operator, Server

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
Browser, Locator, Page, expect = playwright.Browser, playwright.Locator, playwright.Page, playwright.expect

PAGE = "/admin/datalink/"
LONG = "a-station-of-sixty-four-letters-that-nobody-would-choose-but-mayb"
THROWS = {"label": "14", "text": "/H1//"}
"""A message on which the bundled version of the decoder throws."""
STUB = """
export class MessageDecoder {
  decode({ text }) {
    while (text === "HANG") {}
    return { decoded: true, formatted: { description: `Read ${text}`, items: [] }, decoder: { decodeLevel: "full" } };
  }
}
"""


@pytest.fixture(scope="module")
def one_aircraft() -> Iterator[Receiver]:
    """One aircraft, that of the first messages."""
    made = Receiver([aircraft(1, hex="4b1805", r="HB-JCA", flight="SWR123")])
    yield made
    made.stop()


@pytest.fixture(scope="module")
def decoder() -> Iterator[socket.socket]:
    """Where the server connects to for messages, as to acarsdec."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        yield listener


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, one_aircraft: Receiver, decoder: socket.socket) -> Iterator[Server]:
    """A server with that aircraft, an administrator, and some stored messages."""
    folder = tmp_path_factory.mktemp("datalink")
    provide_database(folder / "instance")
    plant(folder / "instance", *stored(time.time()))
    feeds = f"{one_aircraft.url}#interval=0.5,acars+tcp://127.0.0.1:{decoder.getsockname()[1]}"
    made = Server(folder, SKYSPY_FEEDS=feeds)
    operator = Operator(made.folder)
    operator.choose(LOGIN_ATTEMPTS_PER_ADDRESS=1000, LOGIN_ATTEMPTS_PER_ACCOUNT=100)
    operator.user("ann")
    operator.close()
    yield made
    made.stop()


def stored(now: float) -> list[Message]:
    """Messages of every kind, the first one the oldest."""
    up = {"downlink": False, "link": "vdl2"}
    long_names = {"tail": "HB-JCAHB-JCA", "flight": "LX0123456789", "callsign": "SWR12345", "label_name": LONG}
    kinds: list[dict[str, object]] = [
        {"label": "C1", "text": "WEATHER LSZH " * 150, "stations": (Station(LONG, None, 131.725, -12.3, now),), **long_names},
        {"label": "A9", "text": HONG_KONG, **up},
        {"label": "A3", "text": LONDON, **up},
        {"label": "H1", "text": HOSTILE, "tail": HOSTILE[:16], "hex": None, "flight": None},
        {**THROWS, "tail": "HB-THR", "hex": None, "flight": None},
        {"label": "SQ", "text": "02XSPERYPPH03155S11557EV136975/", "downlink": False, "tail": None, "hex": None, "flight": None},
        {"position": DatalinkPosition(38.285, -77.845, 31900), "libacars": {"adsc": {"err": False}}, "matched": "4B1805"},
    ]
    last = a_report(7, time=now - 90, tail="HB-LST", hex=None)
    return [last, *(a_report(number, time=now - 60 + number, **more) for number, more in enumerate(kinds))]


@pytest.fixture(scope="module")
def ann(chromium: Browser, heard: Server) -> Iterator[Page]:
    """An administrator's page, whose policy permits the script of axe."""
    page = sign_in(chromium, heard)
    yield page
    page.context.close()


@pytest.fixture
def strict(chromium: Browser, heard: Server, complaints: Complaints) -> Iterator[Page]:
    """An administrator's page under the policy as it is; it must end without errors."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, base_url=heard.url)
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/admin/sign-in/")
    page.fill("[name=name]", "ann")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "sign-in" not in url)
    yield page
    context.close()
    assert complaints == []


def row(page: Page, number: int) -> Locator:
    return page.locator(f'tr[data-key="message-{number}"]')


def renew(page: Page) -> None:
    """Have the page renew its list now, as it does when it becomes visible again."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@pytest.mark.parametrize("address", ["", "?hex=4B1805", "search/?q=zzz", "message/message-6/", "board/", "stations/"])
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(ann: Page, address: str) -> None:
    ann.goto(PAGE + address)
    expect(ann.locator("h1")).to_have_count(1)
    for place in ann.locator("[data-decode]").all():
        expect(place).to_have_attribute("data-own", "done")
    check(ann)


def test_texts_are_decoded_and_one_that_the_decoder_throws_on_harms_no_neighbor(strict: Page) -> None:
    strict.goto(PAGE)
    expect(row(strict, 6).locator(".decoded")).to_contain_text("Position Report")
    expect(row(strict, 6).locator(".decoded")).to_contain_text("Aircraft Position: 38.285 N, 77.845 W")
    expect(row(strict, 5).locator(".decoded")).to_contain_text("ICAO: YPPH")
    expect(row(strict, 4).locator(".air")).to_have_text(THROWS["text"])
    expect(row(strict, 4).locator(".decoded")).to_be_hidden()
    expect(row(strict, 7).locator(".decoded")).to_contain_text("Position Report")
    strict.goto(f"{PAGE}message/message-4/")
    expect(strict.locator(".decoded")).to_contain_text("cannot read this text")
    strict.goto(f"{PAGE}message/message-6/")
    expect(strict.locator(".decoded dd").first).to_have_text("38.285 N, 77.845 W")


def test_s18_text_from_the_air_is_shown_and_not_run(strict: Page) -> None:
    for address in (PAGE, f"{PAGE}search/", f"{PAGE}message/message-3/"):
        strict.goto(address)
        shown = strict.locator(".air", has_text="window.pwned")
        assert shown.first.text_content() == HOSTILE
        assert strict.locator("main img, main script").count() == 0
    assert strict.evaluate("window.pwned") is None


def test_a_text_on_which_the_decoder_never_ends_holds_up_no_other(ann: Page, heard: Server) -> None:
    ann.route("**/vendor/acars-decoder.min.js", lambda route: route.fulfill(body=STUB, content_type="text/javascript"))
    now = time.time()
    texts = ("FIRST", "HANG", "THIRD")
    plant(
        heard.folder / "instance",
        *(a_report(20 + n, time=now - 200 + n, tail="HB-HNG", hex=None, text=text) for n, text in enumerate(texts)),
    )
    ann.goto(f"{PAGE}?tail=HB-HNG")
    expect(row(ann, 20).locator(".decoded")).to_have_text("Read FIRST")
    expect(row(ann, 22).locator(".decoded")).to_have_text("Read THIRD")
    expect(row(ann, 21).locator(".decoded")).to_be_hidden()
    expect(row(ann, 21).locator(".air")).to_have_text("HANG")
    ann.unroute("**/vendor/acars-decoder.min.js")


def test_a_message_appears_by_itself_and_waits_while_the_list_is_paused(ann: Page, heard: Server) -> None:
    ann.goto(f"{PAGE}?tail=HB-NEW")
    main = ann.locator("main")
    expect(main).to_contain_text("Nothing matches")
    new = {"tail": "HB-NEW", "hex": None}
    plant(heard.folder / "instance", a_report(30, time=time.time(), **new))
    renew(ann)
    expect(row(ann, 30).locator(".decoded")).to_contain_text("Position Report")
    row(ann, 30).locator(".decoded strong").evaluate("one => { one.mark = 'the same' }")
    pause = ann.get_by_role("button", name="Pause")
    pause.focus()
    ann.keyboard.press("Enter")
    expect(pause).to_have_attribute("aria-pressed", "true")
    plant(heard.folder / "instance", a_report(31, time=time.time(), **new))
    renew(ann)
    expect(ann.locator("[data-renew-says]")).to_have_text("Holds still")
    expect(row(ann, 31)).to_have_count(0)
    ann.keyboard.press("Enter")
    expect(row(ann, 31)).to_be_visible()
    # What was decoded before is still there, and was not made anew.
    assert row(ann, 30).locator(".decoded strong").evaluate("one => one.mark") == "the same"
    expect(pause).to_be_focused()


def test_a_received_message_is_told_of_by_the_live_connection(ann: Page, decoder: socket.socket) -> None:
    # Without its interval the page looks only when the connection reports a message.
    page = ann.context.new_page()
    page.add_init_script("window.setInterval = () => 0")
    page.goto(f"{PAGE}?tail=HB-AIR")
    expect(page.locator(".state")).to_have_text("Connected")
    expect(page.locator("main")).to_contain_text("Nothing matches")
    received = {"timestamp": time.time(), "station_id": "ROOF-2", "freq": 131.55, "level": -9.5, "label": "14", "tail": ".HB-AIR"}
    with decoder.accept()[0] as line:
        line.sendall(
            json.dumps(received | {"mode": "2", "block_id": "1", "msgno": "M01A", "text": THROWS["text"]}).encode() + b"\n"
        )
        shown = page.locator("tbody tr")
        expect(shown).to_contain_text("ROOF-2")
        expect(shown.locator(".air")).to_have_text(THROWS["text"])
    page.close()


def test_the_search_leads_to_a_message_and_its_aircraft_by_keyboard(ann: Page) -> None:
    ann.set_viewport_size({"width": 390, "height": 844})
    ann.goto(f"{PAGE}search/")
    ann.get_by_label("Text or aircraft").focus()
    ann.keyboard.type("QTR58U")
    ann.keyboard.press("Enter")
    expect(ann.locator("tbody tr")).to_have_count(1)
    link = row(ann, 2).get_by_role("link", name="Position report")
    link.focus()
    ann.keyboard.press("Enter")
    expect(ann.locator(".air").first).to_contain_text("QTR58U CLRD TO OTHH")
    ann.get_by_role("link", name="all its messages").click()
    expect(ann).to_have_url(re.compile(r"/admin/datalink/\?hex=4B1805"))
    expect(ann.locator(".told")).to_contain_text("Only messages of the aircraft 4B1805")


def test_the_board_shows_atis_and_clearances(ann: Page) -> None:
    ann.goto(f"{PAGE}board/")
    expect(ann.locator(".atis li")).to_contain_text("Hong Kong")
    expect(ann.locator(".atis .letter")).to_contain_text("G")
    expect(row(ann, 2)).to_contain_text("EGLL to OTHH, runway 09R, via DET1J")


def test_the_details_of_an_aircraft_lead_to_its_messages(ann: Page) -> None:
    ann.goto("/")
    ann.locator('tr[data-hex="4B1805"] button').click()
    ann.locator("#detail").get_by_role("link", name="Datalink messages").click()
    expect(ann.locator(".told")).to_contain_text("4B1805")
    expect(row(ann, 6)).to_be_visible()


def test_the_lists_work_without_javascript(chromium: Browser, heard: Server) -> None:
    page = sign_in(chromium, heard, java_script_enabled=False)
    page.goto(f"{PAGE}search/")
    page.fill("[name=label]", "A9")
    page.click("main button[type=submit]")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator(".air")).to_contain_text("VHHH ARR ATIS G")
    page.context.close()

"""The dashboard: what it shows, and that each part needs its permission."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from skyspy.address import Peer
from skyspy.aircraft import EMERGENCIES, Observation
from skyspy.auth.principal import ANONYMOUS
from skyspy.presence.sessions import Session
from skyspy.safety.emergency import DESCRIPTIONS, NO_EMERGENCY
from skyspy.store import roles
from tests.service.test_admin_feeds import text_of
from tests.support.browser_client import Browser
from tests.support.databases import change
from tests.support.world import CLI, Panel

PARTS = {
    "mode": "Who may watch",
    "clients": "Connected",
    "feeds": "Receivers</h2>",
    "log": "Done lately",
}
"""A heading of each part."""


@pytest.fixture
def ann(panel: Panel) -> Browser:
    panel.user("ann")
    return panel.browser("ann")


def fly(panel: Panel, hex_: str, times: int = 2, **fields: object) -> None:
    """An aircraft that was received now, often enough to be confirmed."""
    sky = panel.skyspy.skies["live"]
    for _ in range(times):
        panel.clock.pass_by(1)
        sky.tracker.apply(Observation(hex_, panel.clock.steady(), "adsb_icao", fields), panel.clock.steady())  # type: ignore[arg-type]
    sky.tracker.take_delta(panel.clock.steady())


def connected(panel: Panel, transport: str, *namespaces: str) -> None:
    """A client on this process."""
    for namespace in namespaces:
        sid = f"{transport}{namespace}"
        panel.skyspy.sessions.add(Session(sid, transport, namespace, ANONYMOUS, Peer("192.0.2.7"), panel.clock.wall()))


def only(panel: Panel, name: str, permissions: Iterable[str]) -> Browser:
    """The browser of a user with exactly these permissions."""
    change(panel.skyspy, roles.create, name, frozenset(permissions), "", CLI)
    panel.user(f"{name}-user", name)
    return panel.browser(f"{name}-user")


def test_without_an_emergency_it_says_so_calmly(panel: Panel, ann: Browser) -> None:
    fly(panel, "4B1900", squawk="1000")
    assert "None. Whoever squawks 7500, 7600 or 7700" in ann.get("/admin/dashboard/").text


def test_an_emergency_is_told_in_words_with_height_and_when_it_was_heard(panel: Panel, ann: Browser) -> None:
    fly(panel, "4B1900", times=3, squawk="7600", flight="SWR12", alt_baro=12000)
    fly(panel, "4B1901", emergency="lifeguard", alt_baro="ground")
    panel.clock.pass_by(20)
    page = text_of(ann.get("/admin/dashboard/").text)
    assert "SWR12 4B1900" in page and "Radio failure 7600 12,000 ft" in page
    assert "4B1901 Medical emergency – on the ground 20 s ago" in page


def test_every_emergency_that_an_aircraft_can_tell_has_words() -> None:
    assert set(DESCRIPTIONS) == EMERGENCIES - NO_EMERGENCY


def test_a_wicked_callsign_is_shown_and_not_run(panel: Panel, ann: Browser) -> None:
    fly(panel, "4B1900", emergency="general", flight="<b>x</b>")
    page = ann.get("/admin/dashboard/").text
    assert "<b>x" not in page and "&lt;b&gt;x" in page


def test_the_dashboard_and_the_bar_count_the_same_clients(panel: Panel, ann: Browser) -> None:
    connected(panel, "one", "/", "/acars", "/cannonball")
    connected(panel, "two", "/")
    page = ann.get("/admin/dashboard/").text
    assert page.count('data-count="clients">2<') == 2
    assert "2 in / , 1 in /acars , 1 in /cannonball ." in text_of(page)
    assert ann.get("/admin/counts/").json["clients"] == 2  # type: ignore[index]


def test_receivers_stand_there_in_words_and_lead_to_their_page(panel: Panel, ann: Browser) -> None:
    page = ann.get("/admin/dashboard/").text
    assert 'href="/admin/feeds/#feed-demo"' in page
    assert "Only the demo runs" in page
    assert "Messages a second in the last 10 minutes" in page
    assert "T00:" not in text_of(page), "no moment as machines write it"


def test_what_was_done_leads_to_who_did_it(panel: Panel, ann: Browser) -> None:
    page = ann.get("/admin/dashboard/").text
    assert 'href="/admin/audit/?actor=ann"' in page and "login.ok" in page
    assert re.search(r'href="/admin/users/\d+/">user ann</a>', page)
    reader = only(panel, "reader", {"audit.view"}).get("/admin/dashboard/").text
    assert "user ann" in reader and "/admin/users/" not in reader, "who may not look at users is led to none"


@pytest.mark.parametrize(
    ("name", "permissions", "sees"),
    [
        ("reader", {"audit.view"}, {"log"}),
        ("clerk", {"users.manage"}, {"clients"}),
        ("keeper", {"keys.manage"}, set()),
        ("mender", {"settings.manage"}, {"mode", "feeds"}),
    ],
)
def test_each_part_needs_its_permission(panel: Panel, name: str, permissions: set[str], sees: set[str]) -> None:
    panel.skyspy.settings.change({"FEATURE_ACCESS": {"aircraft": "permission", "stats": "permission"}}, CLI)
    fly(panel, "4B1900", emergency="general", flight="SECRET1")
    connected(panel, "one", "/cannonball")
    browser = only(panel, name, permissions)
    for path in ("", "parts/"):
        page = browser.get(f"/admin/dashboard/{path}").text
        assert {part for part, heading in PARTS.items() if heading in page} == sees
        told = page.partition("<main")[2] or page
        for part, word in (("feeds", "demo"), ("clients", "/cannonball"), ("log", "login.ok"), ("mode", "Hybrid")):
            assert part in sees or word not in told
        assert "Sky now" not in page and "Emergencies" not in page and "SECRET1" not in page


def test_aircraft_view_shows_the_sky_and_its_emergencies(panel: Panel) -> None:
    panel.skyspy.settings.change({"FEATURE_ACCESS": {"aircraft": "permission", "stats": "permission"}}, CLI)
    fly(panel, "4B1900", emergency="general", flight="SWR12")
    page = only(panel, "watcher", {"audit.view", "aircraft.view", "stats.view"}).get("/admin/dashboard/").text
    assert "Sky now" in page and "SWR12" in page


def test_the_parts_are_for_operators_and_do_not_count_as_use(panel: Panel, ann: Browser) -> None:
    assert panel.browser().get("/admin/dashboard/parts/").status_code == 401
    panel.user("vera", "viewer")
    assert panel.browser("vera").get("/admin/dashboard/parts/").status_code == 403
    idle = panel.skyspy.settings.current.PANEL_IDLE_SECONDS
    for _ in range(3):
        panel.clock.pass_by(idle / 3 + 1)
        last = ann.get("/admin/dashboard/parts/").status_code
    assert last == 401, "asking by itself keeps nobody signed in"


def test_the_parts_are_what_the_page_shows(panel: Panel, ann: Browser) -> None:
    whole, parts = ann.get("/admin/dashboard/").text, ann.get("/admin/dashboard/parts/").text
    assert "<html" not in parts and parts.strip() in whole


def test_the_mode_is_told_in_plain_words(panel: Panel) -> None:
    panel.user("ann")
    ann = panel.browser("ann")

    def says(**settings: object) -> str:
        panel.skyspy.settings.change(settings, CLI)
        return text_of(ann.get("/admin/dashboard/").text)

    assert (
        "Anyone may watch what is open to the public. To see alerts and history one must sign in. To see or hear audio one needs a permission."
        in says()
    )
    assert "To see ACARS, alerts, history and NOTAMs one must sign in." in says(
        FEATURE_ACCESS={"acars": "authenticated", "alerts": "authenticated", "notams": "authenticated"}
    )
    assert "Anyone may watch everything, without signing in. Change access" in says(AUTH_MODE="public")
    assert "Only those who sign in or hold an API key may watch. To see or hear" in says(AUTH_MODE="private")

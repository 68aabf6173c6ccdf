"""The receivers page: what it shows of each, and adding, testing, pausing and removing one."""

from __future__ import annotations

import re

import pytest

from skyspy.admin.feeds import check_summary
from skyspy.aircraft import Observation
from skyspy.receivers.checks import CheckResult
from skyspy.services.feeds import MAX_ADDED_FEEDS, ReceiverFollower
from skyspy.store import feeds as table
from skyspy.store import roles
from tests.support.browser_client import PASSWORD, Browser
from tests.support.databases import change
from tests.support.world import CLI, Panel

NOBODY = "sbs://127.0.0.1:1"
"""Nothing listens there."""
HUSHED = "beast://op:hush@127.0.0.1:1"


@pytest.fixture
def ann(panel: Panel) -> Browser:
    panel.user("ann")
    return panel.browser("ann")


@pytest.fixture
def follower(panel: Panel) -> ReceiverFollower:
    """Follows the table of added receivers when called."""
    return ReceiverFollower(panel.skyspy, panel.skyspy.skies["live"])


def text_of(page: str) -> str:
    """A page's text without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def put(panel: Panel, url: str, by: str = "ann") -> int:
    """An added receiver."""
    at = panel.clock.wall()
    actor = CLI if not by else type(CLI)("user", by)
    return panel.skyspy.store.write(table.add, url, url, actor, at).id


def hear(panel: Panel, name: str, *hexes: str) -> None:
    """Make the receiver of this name receive these aircraft now."""
    link = panel.skyspy.skies["live"].receivers.receiver(name)
    link.begin_session(None)
    link.deliver([Observation(hex_, panel.clock.steady(), "adsb_icao", {}) for hex_ in hexes])


# -- what is shown --------------------------------------------------------------------------------


def test_where_only_the_demo_runs_the_page_says_so_and_what_to_do(ann: Browser) -> None:
    page = text_of(ann.get("/admin/feeds/").text)
    assert "Only the demo runs: every aircraft is invented. Add your receiver" in page
    assert "built in" in page and "SKYSPY_FEEDS" not in page


def test_an_added_receiver_says_who_added_it_and_when_and_keeps_its_password(
    panel: Panel, ann: Browser, follower: ReceiverFollower
) -> None:
    put(panel, HUSHED)
    panel.clock.pass_by(300)
    follower.follow(panel.skyspy.settings.fresh())
    page = ann.get("/admin/feeds/").text
    assert "added by ann 5 min ago" in text_of(page)
    assert "beast://***@127.0.0.1:1" in page and "hush" not in page
    assert "Only the demo runs" not in page
    assert "Rests" not in page, "nothing is heard of it yet, so the demo goes on"
    hear(panel, "beast-127.0.0.1-1", "4B1900")
    assert "Rests: a real receiver was heard" in ann.get("/admin/feeds/").text


def test_what_the_environment_names_cannot_be_paused_or_removed(panel: Panel, ann: Browser) -> None:
    page = ann.get("/admin/feeds/").text
    assert "/admin/feeds/test/demo/" in page
    assert "Pause" not in page and "Remove…" not in page
    for path in ("pause", "resume", "remove"):
        assert ann.post(f"/admin/feeds/1/{path}/").status_code == 404


def test_every_state_of_a_link_has_a_word(panel: Panel, ann: Browser, follower: ReceiverFollower) -> None:
    put(panel, NOBODY)
    follower.follow(panel.skyspy.settings.fresh())
    link = panel.skyspy.skies["live"].receivers.receiver("sbs-127.0.0.1-1")
    for state, word in (("connecting", "Connecting"), ("up", "Up"), ("stale", "Silent"), ("down", "Not reachable")):
        link.state = state
        assert f"</span>{word}</span>" in ann.get("/admin/feeds/list/").text


def test_when_it_was_last_heard_is_told_as_people_say_it(panel: Panel, ann: Browser, follower: ReceiverFollower) -> None:
    put(panel, NOBODY)
    follower.follow(panel.skyspy.settings.fresh())
    hear(panel, "sbs-127.0.0.1-1", "4B1900", "4B1901")
    panel.clock.pass_by(40)
    page = ann.get("/admin/feeds/").text
    assert "40 s ago</time>" in page
    assert "Messages a second in the last 10 minutes: 0 now, 0 at most, 0 at least" in page


def test_a_receiver_that_this_process_has_not_taken_over_yet_is_shown_all_the_same(panel: Panel, ann: Browser) -> None:
    put(panel, NOBODY)
    page = ann.get("/admin/feeds/").text
    assert NOBODY in page and "Connecting" in page
    assert "/admin/feeds/test/sbs" not in page, "there is nothing to test yet"


# -- trying and adding ----------------------------------------------------------------------------


def test_what_was_heard_is_told_in_words() -> None:
    assert check_summary(CheckResult(41, 900, None)) == "Received 41 aircraft in 3 s."
    assert check_summary(CheckResult(0, 1, None)) == "Received 1 message in 3 s, of no aircraft yet."
    assert check_summary(CheckResult(0, 0, "nothing was heard in 3 s")) == "Nothing was heard in 3 s."


def test_trying_says_what_is_wrong_keeps_what_was_typed_and_adds_nothing(panel: Panel, ann: Browser) -> None:
    ann.get("/admin/feeds/")
    answer = ann.post("/admin/feeds/try/", {"url": NOBODY})
    page = answer.text
    assert answer.status_code == 200
    assert "Connection refused. It can be added all the same: the server goes on trying." in text_of(page)
    assert f'value="{NOBODY}"' in page
    assert panel.skyspy.store.read(table.every) == []
    assert [entry.object for entry in panel.log("feed.check")] == [f"feed {NOBODY}"]


@pytest.mark.parametrize("path", ["try", "add"])
@pytest.mark.parametrize(
    "url", ["gopher://x", "", "beast://", "not a url", "beast://h:99999", "file:///etc/passwd", "http://h/" + "x" * 1000]
)
def test_a_url_that_is_none_is_refused_beside_its_field_and_stays(panel: Panel, ann: Browser, path: str, url: str) -> None:
    ann.get("/admin/feeds/")
    answer = ann.post(f"/admin/feeds/{path}/", {"url": url})
    assert answer.status_code == 400
    assert 'id="f-url-error"' in answer.text and 'aria-describedby="f-url-error"' in answer.text
    assert f'value="{url[:1001]}"' in answer.text
    assert panel.skyspy.store.read(table.every) == []


def test_a_receiver_is_added_and_stands_in_the_log_without_its_password(panel: Panel, ann: Browser) -> None:
    ann.get("/admin/feeds/")
    assert ann.post("/admin/feeds/add/", {"url": HUSHED}).status_code == 303
    page = ann.get("/admin/feeds/").text
    assert "beast://***@127.0.0.1:1 is added." in page
    [feed] = panel.skyspy.store.read(table.every)
    assert (feed.url, feed.added_by) == (HUSHED, "ann")
    [entry] = panel.log("feed.add")
    assert (entry.actor, entry.object) == ("ann", "feed beast://***@127.0.0.1:1")
    assert "hush" not in repr(panel.log()) + page


@pytest.mark.parametrize(
    "url", [NOBODY, "SBS://127.0.0.1:1/", "beast://pi", "http://pi:80/data/aircraft.json#interval=5", "demo://"]
)
def test_a_receiver_that_is_there_is_not_added_twice_however_it_is_written(panel: Panel, ann: Browser, url: str) -> None:
    for there in (NOBODY, "beast://pi:30005", "http://op:hush@PI/data/aircraft.json"):
        put(panel, there)
    ann.get("/admin/feeds/")
    answer = ann.post("/admin/feeds/add/", {"url": url})
    assert answer.status_code == 409
    assert "already" in text_of(answer.text) and f'value="{url}"' in answer.text
    assert len(panel.skyspy.store.read(table.every)) == 3


def test_two_receivers_of_one_host_are_two(panel: Panel, ann: Browser) -> None:
    put(panel, "http://pi/data/aircraft.json")
    ann.get("/admin/feeds/")
    for url in ("http://pi/978/aircraft.json", "http://pi/data/aircraft.json?of=2", "beast://pi", "demo://?seed=2"):
        assert ann.post("/admin/feeds/add/", {"url": url}).status_code == 303


def test_when_as_many_are_added_as_can_be_the_page_says_so_and_refuses_one_more(panel: Panel, ann: Browser) -> None:
    for number in range(MAX_ADDED_FEEDS):
        put(panel, f"sbs://127.0.0.1:{number + 1}")
    page = ann.get("/admin/feeds/").text
    assert f"{MAX_ADDED_FEEDS} receivers are added, and there can be no more" in page
    assert "Add it" not in page
    answer = ann.post("/admin/feeds/add/", {"url": "sbs://127.0.0.1:999"})
    assert answer.status_code == 409
    assert "remove one first" in answer.text


def test_adding_and_removing_ask_for_the_password_and_lose_nothing(panel: Panel, ann: Browser) -> None:
    panel.clock.pass_by(1200)
    ann.get("/admin/feeds/")
    asked = ann.post("/admin/feeds/add/", {"url": NOBODY})
    assert asked.status_code == 401 and NOBODY in asked.text
    assert panel.skyspy.store.read(table.every) == []
    assert ann.post("/admin/feeds/add/", {"url": NOBODY, "proof_of_password": PASSWORD}).status_code == 303
    [feed] = panel.skyspy.store.read(table.every)
    panel.clock.pass_by(1200)
    ann.get(f"/admin/feeds/{feed.id}/remove/")
    assert ann.post(f"/admin/feeds/{feed.id}/remove/", {"sure": "yes"}).status_code == 401
    assert len(panel.skyspy.store.read(table.every)) == 1


def test_without_settings_manage_nothing_is_permitted_here(panel: Panel) -> None:
    change(panel.skyspy, roles.create, "clerk", frozenset({"users.manage", "audit.view"}), "", CLI)
    panel.user("carl", "clerk")
    carl, feed_id = panel.browser("carl"), put(panel, NOBODY)
    for path in ("", "list/", f"{feed_id}/remove/"):
        assert carl.get(f"/admin/feeds/{path}").status_code == 403
    carl.get("/admin/profile/")
    for path in ("try/", "add/", "test/demo/", f"{feed_id}/pause/", f"{feed_id}/resume/", f"{feed_id}/remove/"):
        assert carl.post(f"/admin/feeds/{path}", {"url": NOBODY}).status_code == 403
    assert [feed.paused for feed in panel.skyspy.store.read(table.every)] == [False]


# -- those that are there -------------------------------------------------------------------------


def test_a_listed_receiver_is_tested_with_its_hidden_password(panel: Panel, ann: Browser, follower: ReceiverFollower) -> None:
    put(panel, HUSHED)
    follower.follow(panel.skyspy.settings.fresh())
    ann.get("/admin/feeds/")
    assert ann.post("/admin/feeds/test/beast-127.0.0.1-1/").status_code == 303
    page = ann.get("/admin/feeds/").text
    assert "Tested beast-127.0.0.1-1. 127.0.0.1:1: Connection refused." in page and "hush" not in page
    assert [entry.object for entry in panel.log("feed.check")] == ["feed beast://***@127.0.0.1:1"]
    assert ann.post("/admin/feeds/test/no-such/").status_code == 404


def test_a_pause_is_shown_at_once_and_can_be_ended(panel: Panel, ann: Browser, follower: ReceiverFollower) -> None:
    feed_id = put(panel, NOBODY)
    follower.follow(panel.skyspy.settings.fresh())
    ann.get("/admin/feeds/")
    assert ann.post(f"/admin/feeds/{feed_id}/pause/").status_code == 303
    page = ann.get("/admin/feeds/").text
    assert "Paused" in page and "Go on</button>" in page
    assert ann.post(f"/admin/feeds/{feed_id}/resume/").status_code == 303
    assert "Pause</button>" in ann.get("/admin/feeds/").text
    assert [entry.action for entry in panel.log() if entry.action.startswith("feed.")] == [
        "feed.resume",
        "feed.pause",
        "feed.add",
    ]


def test_a_removal_says_first_how_many_aircraft_leave_who_added_it_and_what_comes_back(
    panel: Panel, ann: Browser, follower: ReceiverFollower
) -> None:
    feed_id, other = put(panel, HUSHED), put(panel, NOBODY, by="bob")
    follower.follow(panel.skyspy.settings.fresh())
    hear(panel, "beast-127.0.0.1-1", "4B1900", "4B1901", "4B1902")
    hear(panel, "sbs-127.0.0.1-1", "4B1902")
    panel.clock.pass_by(30)
    page = text_of(ann.get(f"/admin/feeds/{feed_id}/remove/").text)
    assert "2 aircraft that only it hears leave the sky within 1 minute." in page
    assert "ann added it 30 s ago." in page
    assert "beast://***@127.0.0.1:1" in page
    assert "invented traffic" not in page, "another real one is there"
    page = text_of(ann.get(f"/admin/feeds/{other}/remove/").text)
    assert "No aircraft leaves the sky" in page and "bob added it" in page
    assert ann.post(f"/admin/feeds/{other}/remove/", {"sure": "yes"}).status_code == 303
    assert "invented traffic comes back" in text_of(ann.get(f"/admin/feeds/{feed_id}/remove/").text)
    assert [feed.id for feed in panel.skyspy.store.read(table.every)] == [feed_id]


def test_a_removal_of_what_is_gone_says_so(ann: Browser) -> None:
    assert ann.get("/admin/feeds/7/remove/").status_code == 404


def test_what_a_receiver_says_of_itself_cannot_run(panel: Panel, ann: Browser, follower: ReceiverFollower) -> None:
    put(panel, NOBODY, by="<b>ann</b>")
    follower.follow(panel.skyspy.settings.fresh())
    panel.skyspy.skies["live"].receivers.receiver("sbs-127.0.0.1-1").error = "<script>x</script>"
    page = ann.get("/admin/feeds/").text
    assert "<script>x" not in page and "&lt;script&gt;x" in page
    assert "<b>ann" not in page


# -- names and other URLs -------------------------------------------------------------------------


def test_a_receiver_has_the_name_that_was_chosen_and_may_get_another(
    panel: Panel, ann: Browser, follower: ReceiverFollower
) -> None:
    ann.get("/admin/feeds/")
    assert ann.post("/admin/feeds/add/", {"url": NOBODY, "label": "Roof"}).status_code == 303
    follower.follow(panel.skyspy.settings.fresh())
    page = ann.get("/admin/feeds/").text
    assert "Roof" in page and "/admin/feeds/test/sbs-127.0.0.1-1/" in page
    [feed] = panel.skyspy.store.read(table.every)
    ann.get(f"/admin/feeds/{feed.id}/edit/")
    assert ann.post(f"/admin/feeds/{feed.id}/edit/", {"url": NOBODY, "label": "Mast"}).status_code == 303
    assert "Mast is changed." in text_of(ann.get("/admin/feeds/").text)
    [entry] = panel.log("feed.change")
    assert (entry.actor, entry.object) == ("ann", f"feed {NOBODY}")
    answer = ann.post(f"/admin/feeds/{feed.id}/edit/", {"url": NOBODY, "label": "x" * 65})
    assert answer.status_code == 400 and "at most 64 printable characters" in answer.text


def test_signed_in_users_read_the_chosen_name_and_strangers_how_it_is_reached(
    panel: Panel, ann: Browser, follower: ReceiverFollower
) -> None:
    ann.get("/admin/feeds/")
    ann.post("/admin/feeds/add/", {"url": NOBODY, "label": "Roof, Station Road 5"})
    follower.follow(panel.skyspy.settings.fresh())
    panel.clock.pass_by(60)
    view = panel.skyspy.skies["live"].view
    assert [one["name"] for one in view.stats("exact")["feeds_silent"]] == ["Roof, Station Road 5"]
    assert [one["name"] for one in view.stats("public")["feeds_silent"]] == ["sbs-1"]


def test_an_edited_url_is_followed_and_keeps_the_password_that_is_not_shown(
    panel: Panel, ann: Browser, follower: ReceiverFollower
) -> None:
    feed_id = put(panel, HUSHED)
    follower.follow(panel.skyspy.settings.fresh())
    page = ann.get(f"/admin/feeds/{feed_id}/edit/").text
    assert 'value="beast://***@127.0.0.1:1"' in page and "hush" not in page
    edit = f"/admin/feeds/{feed_id}/edit/"
    assert ann.post(edit, {"url": "beast://***@127.0.0.1:1", "label": "Roof"}).status_code == 303
    assert panel.skyspy.store.read(table.by_id, feed_id).url == HUSHED
    answer = ann.post(edit, {"url": "beast://***@127.0.0.2:1", "label": ""})
    assert answer.status_code == 400, "no other host gets the password"
    assert "names another host: write its user and password again" in text_of(answer.text)
    assert ann.post(edit, {"url": "beast://127.0.0.1:2", "label": ""}).status_code == 303
    follower.follow(panel.skyspy.settings.fresh())
    assert panel.skyspy.skies["live"].receivers.names() == ["demo", "beast-127.0.0.1-2"]
    assert len(panel.log("feed.change")) == 2 and "hush" not in repr(panel.log("feed.change"))


def test_an_edited_url_cannot_be_that_of_another_receiver_or_none(panel: Panel, ann: Browser) -> None:
    feed_id, _ = put(panel, NOBODY), put(panel, "sbs://127.0.0.1:2")
    ann.get(f"/admin/feeds/{feed_id}/edit/")
    for url, status in (
        ("sbs://127.0.0.1:2", 409),
        ("SBS://127.0.0.1:2/", 409),
        ("demo://", 409),
        ("gopher://x", 400),
        ("", 400),
    ):
        assert ann.post(f"/admin/feeds/{feed_id}/edit/", {"url": url, "label": ""}).status_code == status
    assert panel.skyspy.store.read(table.by_id, feed_id).url == NOBODY
    assert ann.get("/admin/feeds/99/edit/").status_code == 404


def test_a_removed_receiver_is_gone_from_the_list_at_once(panel: Panel, ann: Browser, follower: ReceiverFollower) -> None:
    feed_id = put(panel, NOBODY)
    follower.follow(panel.skyspy.settings.fresh())
    ann.get(f"/admin/feeds/{feed_id}/remove/")
    assert ann.post(f"/admin/feeds/{feed_id}/remove/", {"sure": "yes"}).status_code == 303
    assert "sbs-127.0.0.1-1" in panel.skyspy.skies["live"].receivers.names(), "this process has not followed yet"
    assert NOBODY not in ann.get("/admin/feeds/list/").text

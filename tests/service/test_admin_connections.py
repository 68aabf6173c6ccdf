"""The page of live connections: what it shows, and that a confirmation with its consequences comes before a disconnect."""

from __future__ import annotations

import re

import pytest

from skyspy.address import Peer
from skyspy.auth.principal import ANONYMOUS, Principal
from skyspy.presence.sessions import Session
from skyspy.store import presence, roles, users
from skyspy.store.presence import SessionRow
from tests.support.browser_client import Browser
from tests.support.databases import change, create_key
from tests.support.world import CLI, Panel

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def connected(panel: Panel, principal: Principal = ANONYMOUS, namespace: str = "/", agent: str = "", **more: object) -> Session:
    """A session on this process."""
    number = len(panel.skyspy.sessions)
    session = Session(f"sid{number}", f"eio{number}", namespace, principal, Peer("192.0.2.7"), panel.clock.wall(), agent)
    for name, value in more.items():
        setattr(session, name, value)
    panel.skyspy.sessions.add(session)
    return session


def person(panel: Panel, name: str) -> Principal:
    user = next(user for user in panel.skyspy.store.read(users.every) if user.name == name)
    return Principal("user", user.id, user.name, user.role, user.permissions)


def by_key(panel: Panel, name: str, key: str) -> Principal:
    owner = person(panel, name)
    made = create_key(panel.skyspy, owner.user_id or 0, "live", key, CLI)
    return Principal("key", owner.user_id, name, owner.role, owner.permissions, key_id=made.key.id, key_name=key)


def elsewhere(panel: Panel, sid: str, name: str = "", kind: str = "anonymous", **more: object) -> None:
    """A session on another process, as published there."""
    values = {"user_id": None, "key_id": None, "lag_ms": 0, "messages": 0, "bytes": 0, **more}
    row = SessionRow(
        "other", sid, "/audio", kind, values["user_id"], values["key_id"], name, "", "viewer", "198.51.100.9", "", "none", "live",
        "", 1.0, values["messages"], values["bytes"], values["lag_ms"],
    )  # fmt: skip  # type: ignore[arg-type]
    now = panel.clock.wall()
    panel.skyspy.store.write(presence.publish, "other", [row], (), now)


@pytest.fixture
def ann(panel: Panel) -> Browser:
    """An administrator's browser."""
    panel.user("ann")
    panel.user("bert", "viewer")
    return panel.browser("ann")


def told_to_go(panel: Panel) -> list[str]:
    return [sid for sid, _, _ in panel.skyspy.sessions.take_pending_disconnects()]


def test_a_row_says_who_by_what_from_where_with_which_program_and_since_when(panel: Panel, ann: Browser) -> None:
    connected(panel, by_key(panel, "bert", "kitchen display"), agent="python-requests/2.32", topics={"aircraft", "stats"})
    connected(panel, agent=BROWSER)
    panel.clock.pass_by(300)
    page = ann.get("/admin/live/").text
    assert ">bert</a>" in page and "kitchen display</a> · a Python program" in page
    assert "no token · Firefox on Linux" in page and "aircraft, stats" in page
    assert "5 min ago" in page and "192.0.2.7" in page
    assert "2 connections on 1 server process" in page


def test_a_client_that_keeps_things_waiting_is_called_slow_in_words(panel: Panel, ann: Browser) -> None:
    elsewhere(panel, "far", lag_ms=3200, messages=12345, bytes=3_400_000)
    page = ann.get("/admin/live/").text
    assert "3 s behind" in page and "12,345" in page and "3.4 MB" in page
    elsewhere(panel, "far", lag_ms=40)
    assert "40 ms" in ann.get("/admin/live/").text


def test_connections_of_all_processes_are_shown_and_counted(panel: Panel, ann: Browser) -> None:
    connected(panel)
    elsewhere(panel, "far")
    page = ann.get("/admin/live/").text
    assert "198.51.100.9" in page and "2 connections on 2 server processes" in page


def test_the_list_is_filtered_by_kind_and_namespace_and_name(panel: Panel, ann: Browser) -> None:
    connected(panel, person(panel, "bert"))
    connected(panel, namespace="/cannonball")
    assert "1 connection on" in ann.get("/admin/live/?kind=user").text
    assert "/live/one/sid1/" in ann.get("/admin/live/?namespace=/cannonball").text
    assert "/live/one/sid1/" not in ann.get("/admin/live/?search=BERT").text
    assert "Nobody matches" in ann.get("/admin/live/?search=nobody-here").text


def test_more_than_a_page_of_connections_is_paged_and_the_filter_goes_along(panel: Panel, ann: Browser) -> None:
    for _ in range(230):
        connected(panel)
    page = ann.get("/admin/live/?kind=anonymous").text
    assert "1 to 100 of 230 connections" in page
    following = re.findall(r'href="([^"]*)" rel="next"', page)[0].replace("&amp;", "&")
    assert following == "/admin/live/?kind=anonymous&from=100"
    assert "201 to 230 of 230" in ann.get("/admin/live/?from=200").text
    assert "201 to 230 of 230" in ann.get("/admin/live/?from=5000").text


def test_the_page_renews_itself_by_the_same_part_and_with_its_own_addresses(panel: Panel, ann: Browser) -> None:
    for _ in range(101):
        connected(panel)
    part = ann.get("/admin/live/list/?kind=anonymous")
    assert part.text.count("data-key=") == 100 and "<h1" not in part.text
    assert 'href="/admin/live/?kind=anonymous&amp;from=100"' in part.text
    assert part.text.strip() in ann.get("/admin/live/?kind=anonymous").text


def test_the_renewal_keeps_no_sign_in_alive(panel: Panel, ann: Browser) -> None:
    idle = panel.skyspy.settings.current.PANEL_IDLE_SECONDS
    for _ in range(3):
        panel.clock.pass_by(idle / 2)
        ann.get("/admin/live/list/")
    assert ann.get("/admin/live/list/").status_code == 401


# Disconnecting


def test_one_connection_is_ended_after_it_was_said_whose(panel: Panel, ann: Browser) -> None:
    connected(panel, person(panel, "bert"), namespace="/audio")
    asked = ann.get("/admin/live/one/sid0/")
    assert (
        "Disconnect bert at 192.0.2.7?" in asked.text and "The live connection of bert at 192.0.2.7 in /audio ends." in asked.text
    )
    assert told_to_go(panel) == []
    assert "1 connection was told to go" in ann.get(ann.post("/admin/live/one/sid0/").headers["Location"]).text
    assert told_to_go(panel) == ["sid0"]


def test_all_of_a_key_and_all_of_a_user_are_ended_after_it_was_said_how_many(panel: Panel, ann: Browser) -> None:
    key = by_key(panel, "bert", "shed")
    connected(panel, key)
    connected(panel, key, namespace="/audio")
    connected(panel, person(panel, "bert"))
    connected(panel)
    one = ann.get("/admin/live/one/sid0/").text
    assert "All 2 of the key “shed”…" in one and "All 3 of bert…" in one
    asked = ann.get(f"/admin/live/key/{key.key_id}/").text
    assert "2 live connections of the key “shed” of bert end: 1 in / and 1 in /audio." in asked
    assert "Disconnect 2 connections" in asked and "revoke it" in asked
    ann.post(f"/admin/live/key/{key.key_id}/")
    assert told_to_go(panel) == ["sid0", "sid1"]
    assert "3 live connections of bert end" in ann.get(f"/admin/live/user/{key.user_id}/").text
    ann.post(f"/admin/live/user/{key.user_id}/")
    assert told_to_go(panel) == ["sid0", "sid1", "sid2"]
    assert [row.object for row in panel.log("live.disconnect")] == [f"user {key.user_id}", f"key {key.key_id}"]


def test_a_search_that_finds_one_key_or_one_user_offers_to_end_all_of_it(panel: Panel, ann: Browser) -> None:
    connected(panel, by_key(panel, "bert", "shed"))
    connected(panel, person(panel, "bert"))
    connected(panel)
    assert "Disconnect all of the key “shed”…" in ann.get("/admin/live/?search=shed").text
    assert "Disconnect all of bert…" in ann.get("/admin/live/?search=bert").text
    assert "Disconnect all of" not in ann.get("/admin/live/").text


def test_all_anonymous_are_ended_after_it_was_said_how_many(panel: Panel, ann: Browser) -> None:
    connected(panel)
    elsewhere(panel, "far")
    assert "2 live connections of all anonymous clients end" in ann.get("/admin/live/anonymous/").text
    ann.post("/admin/live/anonymous/")
    assert told_to_go(panel) == ["sid0"]
    assert [row.after for row in panel.log("live.disconnect")] == [{"sockets": 2}]


def test_without_connections_there_is_no_disconnect_button(panel: Panel, ann: Browser) -> None:
    for path in ("one/gone/", "anonymous/", "user/2/"):
        answer = ann.get(f"/admin/live/{path}")
        assert answer.status_code == 200 and '<button type="submit" class="danger"' not in answer.text, path
    assert ann.post("/admin/live/one/gone/").status_code == 404
    assert ann.get("/admin/live/user/99/").status_code == 404


def test_connections_of_a_user_with_more_permissions_cannot_be_ended(panel: Panel, ann: Browser) -> None:
    change(panel.skyspy, roles.create, "clerk", frozenset({"users.manage"}), "", CLI)
    panel.user("cora", "clerk")
    connected(panel, person(panel, "ann"))
    cora = panel.browser("cora")
    for path in ("one/sid0/", "user/1/"):
        refused = cora.get(f"/admin/live/{path}")
        assert refused.status_code == 403 and "ann holds more than you do" in refused.text
        assert cora.post(f"/admin/live/{path}").status_code == 403
    assert told_to_go(panel) == []


def test_the_step_says_that_ones_own_page_may_be_among_them(panel: Panel, ann: Browser) -> None:
    connected(panel, person(panel, "ann"))
    assert "Your own page" in ann.get("/admin/live/user/1/").text

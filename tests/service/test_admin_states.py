"""Claims about what the panel says of states and counts: a state is what is so, zero is a sentence, and unknown is no zero."""

from __future__ import annotations

import re

import pytest

from skyspy.address import Peer
from skyspy.admin.formatting import holdings
from skyspy.auth.principal import Principal
from skyspy.presence.sessions import Session
from tests.support.browser_client import Browser
from tests.support.world import Panel


@pytest.fixture
def ann(panel: Panel) -> Browser:
    panel.user("ann")
    return panel.browser("ann")


def text_of(page: str) -> str:
    """A page's text without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def rotate_and_revoke(panel: Panel, ann: Browser, overlap: str) -> int:
    """A key that is rotated, and revoked an hour later where it has an overlap."""
    key_id: int = panel.made_key("ann").key.id
    ann.get(f"/admin/keys/{key_id}/")
    assert ann.post(f"/admin/keys/{key_id}/rotate/", {"overlap": overlap}).status_code == 200
    if overlap != "0":
        panel.clock.pass_by(600)
        ann.get(f"/admin/keys/{key_id}/revoke/")
        assert ann.post(f"/admin/keys/{key_id}/revoke/").status_code == 303
    panel.clock.pass_by(120)
    return key_id


def test_a_rotated_key_that_is_revoked_says_revoked_and_when(panel: Panel, ann: Browser) -> None:
    key_id = rotate_and_revoke(panel, ann, "86400")
    page = text_of(ann.get(f"/admin/keys/{key_id}/").text)
    assert "Revoked 2 min ago" in page and "Ended 2 min ago" in page
    assert "Rotated" not in page and "in 23 h" not in page
    listed = text_of(ann.get("/admin/keys/?ended=yes").text)
    assert "Revoked 2 min ago" in listed and "in 23 h" not in listed


def test_a_key_that_a_rotation_ended_says_rotated(panel: Panel, ann: Browser) -> None:
    key_id = rotate_and_revoke(panel, ann, "0")
    page = text_of(ann.get(f"/admin/keys/{key_id}/").text)
    assert "Rotated 2 min ago" in page and "Revoked" not in page


@pytest.mark.parametrize(
    ("keys", "sockets", "made", "said"),
    [
        (0, 0, 0, "oscar has no API keys and is not connected."),
        (0, 0, 2, "oscar has no working API keys and is not connected."),
        (1, 0, 1, "oscar has 1 working API key and is not connected."),
        (0, 1, 0, "oscar has no API keys and 1 live connection."),
        (2, 3, None, "oscar has 2 working API keys and 3 live connections."),
    ],
)
def test_what_somebody_holds_is_a_sentence(keys: int, sockets: int, made: int | None, said: str) -> None:
    assert holdings("oscar", keys, sockets, made) == said


def test_a_user_without_keys_and_connections_is_told_of_in_sentences(panel: Panel, ann: Browser) -> None:
    oscar = panel.user("oscar", "viewer")
    pages = [text_of(ann.get(f"/admin/users/{oscar}/{act}").text) for act in ("", "disable/", "delete/")]
    assert pages[0].count("oscar has no API keys and is not connected.") == 3
    for page in pages:
        assert "is not connected." in page
        assert not re.search(r"\bno (working keys|live connections)\b", page)


def test_a_role_that_nobody_holds_says_so(ann: Browser) -> None:
    assert "Nobody holds this role." in text_of(ann.get("/admin/roles/role/operator/").text)


def connect(panel: Panel, sid: str, user_id: int, address: str, agent: str) -> None:
    """A live connection of a user's."""
    who = Principal("user", user_id, "ann")
    panel.skyspy.sessions.add(Session(sid, f"eio{sid}", "/", who, Peer(address), panel.clock.wall(), user_agent=agent))


def test_ones_own_page_is_no_client_and_ones_program_is(panel: Panel) -> None:
    ann_id = panel.user("ann")
    ann = panel.browser("ann")
    agent = ann.headers.get("User-Agent", "")
    connect(panel, "page", ann_id, ann.address, agent)
    assert ann.get("/admin/counts/").json["clients"] == 0  # type: ignore[index]
    assert "Nobody is connected but you." in text_of(ann.get("/admin/dashboard/").text)
    connect(panel, "program", ann_id, ann.address, "python-socketio")
    connect(panel, "elsewhere", ann_id, "192.0.2.77", agent)
    assert ann.get("/admin/counts/").json["clients"] == 2  # type: ignore[index]


def test_what_is_not_known_yet_is_a_dash(panel: Panel, ann: Browser) -> None:
    counts = ann.get("/admin/counts/").json
    assert (counts["aircraft"], counts["messages"]) == (None, None)  # type: ignore[index]
    assert 'data-count="aircraft">–<' in ann.get("/admin/keys/").text
    panel.hear("4B1900")
    assert ann.get("/admin/counts/").json["aircraft"] == 1  # type: ignore[index]


def test_a_paused_receiver_shows_no_rate_and_no_aircraft(panel: Panel, ann: Browser) -> None:
    receivers = panel.skyspy.skies["live"].receivers
    receivers.receiver("demo").state = "demo"
    assert "Messages a second in the last 10 minutes" in ann.get("/admin/feeds/list/").text
    receivers.receiver("demo").state = "paused"
    page = ann.get("/admin/feeds/list/").text
    assert "Messages a second in the last 10 minutes" not in page
    assert '<td data-label="Aircraft" class="number">–</td>' in page

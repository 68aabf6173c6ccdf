"""The settings page: every setting in words, and the preview of a change with its consequences."""

from __future__ import annotations

import re

import pytest

from skyspy.address import Peer
from skyspy.admin import labels
from skyspy.auth.principal import ANONYMOUS, Principal
from skyspy.permissions import FEATURES
from skyspy.presence.sessions import Session
from skyspy.store import roles
from skyspy.store.registry import ROWS, Settings
from tests.support.browser_client import HERE, Browser
from tests.support.databases import change
from tests.support.world import CLI, Panel


@pytest.fixture
def ann(panel: Panel) -> Browser:
    """An administrator's browser."""
    panel.user("ann")
    return panel.browser("ann")


def connected(
    panel: Panel, principal: Principal = ANONYMOUS, namespace: str = "/", address: str = "192.0.2.7", topics: tuple[str, ...] = ()
) -> None:
    number = len(panel.skyspy.sessions)
    session = Session(f"sid{number}", f"eio{number}", namespace, principal, Peer(address), 1.0, topics=set(topics))
    panel.skyspy.sessions.add(session)


def text_of(page: str) -> str:
    """A page's text, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


# Display of values


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("JWT_ACCESS_SECONDS", 3600, "1 hour (3600 s)"),
        ("JWT_ACCESS_SECONDS", 30, "30 seconds"),
        ("LOGIN_WINDOW_SECONDS", 90, "1 minute 30 seconds (90 s)"),
        ("PANEL_KEEP_SECONDS", 0, "0 seconds (0 s)"),
        ("AUDIT_RETENTION_DAYS", 1, "1 day"),
        ("MAX_RANGE_NM", 450, "450 nm"),
        ("BROADCAST_HZ", 0.5, "0.5 times a second"),
        ("MAX_CONNECTIONS", 5000, "5,000"),
        ("WS_REJECT_INVALID_TOKENS", True, "Yes"),
        ("AUTH_MODE", "private", "Private"),
        ("RECEIVER_LOCATION_PUBLIC", "rounded", "Rounded to 0.1°"),
        ("CORS_ORIGINS", (), "none"),
    ],
)
def test_a_value_reads_as_a_person_says_it(name: str, value: object, says: str) -> None:
    assert labels.value_name(ROWS[name], value) == says


def test_every_mode_and_feature_is_explained(ann: Browser) -> None:
    page = ann.get("/admin/access/").text
    assert len(re.findall(r"<strong>(?:Public|Hybrid|Private)</strong>(?:.*?) <small>\w+", page)) == 3
    explained = re.findall(r'<th scope="row">(\w+) (?:<span.*?</span> )?<small>\w+', page)
    assert explained == [labels.feature_name(feature) for feature in FEATURES]


def test_every_choice_has_words() -> None:
    for row in ROWS.values():
        assert labels.value_name(row, row.default)
        assert [labels.choice_name(row, word) for word in row.choices if not labels.choice_name(row, word)] == []


# The page


def test_every_setting_stands_there_with_title_name_help_and_default(ann: Browser) -> None:
    page = ann.get("/admin/access/").text
    said = text_of(page).replace("&#39;", "'")
    for row in ROWS.values():
        assert row.name in said
        if row.name not in ("AUTH_MODE", "FEATURE_ACCESS"):
            assert row.title in said and row.description in said
            assert f"Default: {labels.value_name(row, row.default)}." in said
    assert "Every setting is as it was installed." in said


def test_what_differs_from_the_default_is_seen_at_a_glance_with_who_chose_it(panel: Panel, ann: Browser) -> None:
    panel.skyspy.settings.change({"MAX_RANGE_NM": 300, "FEATURE_ACCESS": "audio=public"}, CLI)
    page = ann.get("/admin/access/").text
    said = text_of(page)
    assert "2 settings differ from the default" in said and 'href="#s-MAX_RANGE_NM"' in page
    assert "Default: 450 nm. Chosen by test just now" in said
    assert "default: with the permission" in said
    assert page.count(">changed<") == 3


def test_the_mode_in_force_is_marked(panel: Panel, ann: Browser) -> None:
    assert "Hybrid now" in text_of(ann.get("/admin/access/").text)
    panel.skyspy.settings.change({"AUTH_MODE": "private"}, CLI)
    said = text_of(ann.get("/admin/access/").text)
    assert "Private now" in said and "Hybrid now" not in said


def test_what_is_wrong_stands_at_its_setting_and_what_was_typed_stays(panel: Panel, ann: Browser) -> None:
    form = {"MAX_RANGE_NM": "99999", "was.MAX_RANGE_NM": "450", "BROADCAST_HZ": "2", "was.BROADCAST_HZ": "10"}
    answer = ann.post("/admin/access/preview/", form)
    assert answer.status_code == 400
    assert 'value="99999"' in answer.text
    assert re.search(r'<input(?=[^>]* name="BROADCAST_HZ")(?=[^>]* type="number")[^>]* value="2"', answer.text)
    assert 'name="was.BROADCAST_HZ" value="10"' in answer.text, "what was typed is still a change"
    assert "Farthest position believed: write a whole number" in answer.text
    assert "Write a whole number from 10 to 2000." in answer.text and 'href="#f-MAX_RANGE_NM"' in answer.text
    assert panel.log("setting.set") == []


# The preview


def test_it_says_from_what_to_what(panel: Panel, ann: Browser) -> None:
    form = {"AUTH_MODE": "private", "was.AUTH_MODE": "hybrid"}
    said = text_of(ann.post("/admin/access/preview/", form).text)
    assert "Auth mode AUTH_MODE Hybrid → becomes Private" in said
    assert "Nobody who is connected now is disconnected." in said
    assert "The live sky at / shows nothing to strangers: they are asked to sign in." in said
    features = {f"feature.{name}": level for name, level in Settings().FEATURE_ACCESS.items()} | {"feature.audio": "public"}
    said = text_of(ann.post("/admin/access/preview/", features).text)
    assert "Audio With the permission → becomes Anyone" in said and "ACARS" not in said
    panel.skyspy.settings.change({"JWT_ACCESS_SECONDS": 60}, CLI)
    said = text_of(ann.post("/admin/access/preview/", {"reset": "JWT_ACCESS_SECONDS"}).text)
    assert "1 minute (60 s) → becomes 1 hour (3600 s)" in said


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("AUTH_MODE", "private", "hybrid", "Strangers see ACARS, aircraft, airspace, cannonball, NOTAMs, safety and statistics."),
        ("WS_REJECT_INVALID_TOKENS", "false", "true", "A program whose token has ended or is mistyped is refused,"),
        ("RECEIVER_LOCATION_PUBLIC", "rounded", "hidden", "Strangers see no distance or bearing at all."),
        ("METRICS_PUBLIC", "false", "true", "Strangers can read how many aircraft, messages, connections and failures"),
        ("AUDIT_RETENTION_DAYS", "365", "30", "Audit entries older than 30 days are removed for good."),
        ("TRACK_RETENTION_DAYS", "14", "3", "Tracks older than 3 days are removed for good."),
        ("HISTORY_MAX_MB", "0", "4000", "Where the history has more than 4,000 MB, the oldest rows are removed for good."),
        ("MAX_CONNECTIONS", "5000", "6000", "Who is connected already stays; the new limit holds for whoever comes next."),
        ("JWT_ACCESS_SECONDS", "3600", "60", "Tokens that were given out keep the lifetime they have."),
        ("PANEL_IDLE_SECONDS", "1800", "600", "Measures those who are signed in to this panel now too, you among them."),
        ("BROADCAST_HZ", "10", "2", ""),
    ],
)
def test_a_preview_says_what_else_a_change_does(
    panel: Panel, ann: Browser, name: str, before: str, after: str, told: str
) -> None:
    panel.skyspy.settings.change({name: before}, CLI)
    _, _, said = text_of(ann.post("/admin/access/preview/", {name: after, f"was.{name}": before}).text).partition(
        "What else it does"
    )
    assert said.strip().startswith(told) if told else not said


def test_a_preview_counts_disconnects_by_namespace(panel: Panel, ann: Browser) -> None:
    connected(panel)
    connected(panel, namespace="/cannonball")
    connected(panel, address=HERE)
    said = text_of(ann.post("/admin/access/preview/", {"AUTH_MODE": "private", "was.AUTH_MODE": "hybrid"}).text)
    assert "3 anonymous connections are disconnected and told why: 2 in / and 1 in /cannonball." in said
    assert "1 of them came from your own address" in said
    assert "Keep it and disconnect 3 connections" in said


def test_a_preview_counts_lost_topics_of_sessions_that_stay(panel: Panel, ann: Browser) -> None:
    connected(panel, topics=("aircraft", "stats"))
    form = {f"feature.{name}": level for name, level in Settings().FEATURE_ACCESS.items()} | {"feature.stats": "authenticated"}
    said = text_of(ann.post("/admin/access/preview/", form).text)
    assert "1 connection loses the topic stats and stays connected." in said


def test_a_preview_warns_a_user_whose_own_connection_would_end(panel: Panel, ann: Browser) -> None:
    change(panel.skyspy, roles.create, "tuner", frozenset({"settings.manage"}), "", CLI)
    tom = panel.account("tom", "tuner")
    connected(panel, Principal("user", tom.id, "tom", "tuner", tom.permissions), namespace="/cannonball")
    form = {f"feature.{name}": level for name, level in Settings().FEATURE_ACCESS.items()} | {"feature.cannonball": "permission"}
    answer = panel.browser("tom")
    said = text_of(answer.post("/admin/access/preview/", form).text)
    assert "This sends your own live connection away" in said and "1 connection of these is yours." in said
    said = text_of(ann.post("/admin/access/preview/", form).text)
    assert "your own live connection" not in said


def test_what_is_kept_is_what_was_shown(panel: Panel, ann: Browser) -> None:
    asked = ann.post("/admin/access/preview/", {"AUTH_MODE": "private", "was.AUTH_MODE": "hybrid"}).text
    hidden = dict(re.findall(r'<input type="hidden" name="([A-Z_]+)" value="([^"]*)">', asked))
    assert hidden == {"AUTH_MODE": "private"}
    kept = ann.get(ann.post("/admin/access/keep/", hidden).headers["Location"]).text
    assert "within 2 seconds: Auth mode." in kept
    assert panel.skyspy.settings.fresh(0).AUTH_MODE == "private"

"""The Health page: its permission, its values in words, and that its log is text without secrets."""

from __future__ import annotations

import logging
import secrets
from dataclasses import replace

import pytest

from skyspy.admin.health import format_value
from skyspy.aircraft import Observation
from skyspy.auth.principal import Principal
from skyspy.logs import HIDDEN
from skyspy.metrics import Sample
from skyspy.services import Caller, Refused, health
from skyspy.services.health_parts import PARTS
from skyspy.services.health_report import Value
from skyspy.store import StoreError
from skyspy.store.history import lease
from skyspy.store.history.writer import RENEW_S
from tests.service.test_admin_dashboard import connected, only
from tests.service.test_admin_feeds import text_of
from tests.support.browser_client import Browser
from tests.support.databases import create_key
from tests.support.world import CLI, Panel

ADDRESS = "/admin/health/"


@pytest.fixture
def ann(panel: Panel) -> Browser:
    panel.user("ann")
    return panel.browser("ann")


def shown(browser: Browser) -> str:
    answer = browser.get(ADDRESS)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


def test_the_page_needs_settings_manage(panel: Panel) -> None:
    others = only(panel, "others", {"users.manage", "keys.manage", "audit.view", "stats.view"})
    for path in (ADDRESS, "/admin/health/parts/"):
        assert others.get(path).status_code == 403
        assert panel.browser().get(path).status_code in (303, 401)
    assert f'href="{ADDRESS}"' not in others.get("/admin/dashboard/").text
    boss = only(panel, "bosses", {"settings.manage"})
    assert boss.get(ADDRESS).status_code == 200
    assert f'href="{ADDRESS}"' in boss.get("/admin/dashboard/").text


def test_the_service_checks_the_permission_itself(panel: Panel, ann: Browser) -> None:
    panel.user("vic", "viewer")
    key = create_key(panel.skyspy, 2, "live", "k", CLI).text
    principal = panel.skyspy.tokens.identify(key, "192.0.2.1")
    assert principal is not None
    with pytest.raises(Refused, match=r"settings\.manage"):
        health.report(panel.skyspy, Caller(principal))


def test_where_all_is_well_it_says_so(panel: Panel, ann: Browser) -> None:
    sky = panel.skyspy.skies["live"]
    sky.receivers.receiver(sky.receivers.names()[0]).state = "demo"
    panel.clock.pass_by(1500)
    page = shown(ann)
    assert "Needs attention Nothing. SkySpy 0.1.0 has been running since 2027-01-15 08:00 UTC." in page
    assert "Running for 25 min" in page
    assert "Every position was believed." in page
    assert "No client was refused." in page


def test_every_part_of_the_report_stands_on_the_page(panel: Panel, ann: Browser) -> None:
    page = shown(ann)
    for make in PARTS:
        part = make(panel.skyspy)
        assert part is not None and part.title in page
    for words in ("Version 0.1.0", "Kind SQLite", f"Where {panel.skyspy.store.where}", "Answers yes", "One read takes 0.0 ms"):
        assert words in page
    assert "Event loop late at most, last minute –" in page


def test_a_receiver_that_is_down_a_late_hub_and_a_crash_need_attention(panel: Panel, ann: Browser) -> None:
    sky = panel.skyspy.skies["live"]
    receiver = sky.receivers.receiver(sky.receivers.names()[0])
    receiver.state, receiver.error = "down", "pi.local:30005: Connection refused"
    lag = panel.skyspy.stats.lag
    lag.measure()
    panel.clock.pass_by(0.755)
    lag.measure()
    panel.skyspy.socketio.server.namespace_handlers["/acars"].crashes = 2
    page = shown(ann)
    assert "The receiver demo is down: pi.local:30005: Connection refused." in page
    assert "The event loop ran up to 500 ms late in the last minute" in page
    assert "2 failures of the server itself since the start" in page
    assert "Nothing. SkySpy" not in page


def test_what_was_refused_is_told_by_reason(panel: Panel, ann: Browser) -> None:
    sky = panel.skyspy.skies["live"]
    for _ in range(3):
        sky.tracker.apply(Observation("4B1800", panel.clock.steady() - 3600, "adsb_icao", {}), panel.clock.steady())
    panel.skyspy.socketio.server.namespace_handlers["/audio"].refused["permission_denied"] += 4
    connected(panel, "t1", "/", "/acars")
    page = shown(ann)
    assert "Too old 3 0" in page
    assert "Permission denied (permission_denied) 0 4 0 0" in page
    assert "/acars 0 0 1 0" in page
    assert "Beyond the farthest position believed" not in page


class GoneStore:
    """A database that does not answer."""

    is_sqlite, where = False, "db/sky"

    def read(self, _fn: object, *_args: object) -> object:
        raise StoreError("the disk is gone")


def test_a_database_that_does_not_answer_is_told(panel: Panel, ann: Browser) -> None:
    boss = Principal("user", 1, "ann", permissions=frozenset({health.MANAGE}))
    report = health.report(replace(panel.skyspy, store=GoneStore()), Caller(boss))  # type: ignore[arg-type]
    assert "The database does not answer: no new client is admitted until it does." in report.problems
    told = {line.title: format_value(line.values[0]) for line in report.part("database").lines}
    assert told == {"Answers": "no", "One read takes": "–", "Kind": "PostgreSQL", "Where": "db/sky"}
    assert Sample("skyspy_database_up", (), 0.0) in list(report.samples())


def test_the_log_is_shown_as_text_and_without_secrets(panel: Panel, ann: Browser) -> None:
    secret = secrets.token_hex(16)
    logging.getLogger("skyspy.test").error("<script>alert(1)</script> sk_live_%s http://op:%s@pi/ & more", secret, secret)
    answer = ann.get(ADDRESS)
    assert "<script>alert" not in answer.text and "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert secret not in answer.text
    assert f"{HIDDEN} http://{HIDDEN}@pi/ &amp; more" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_part_that_renews_itself_is_the_same_report(ann: Browser) -> None:
    answer = ann.get("/admin/health/parts/")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "Needs attention" in answer.text and "Last lines of the log" in answer.text
    assert 'data-part="/admin/health/parts/"' in ann.get(ADDRESS).text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Value(None), "–"),
        (Value(None, "s"), "–"),
        (Value(""), "–"),
        (Value(0), "0"),
        (Value(1234567), "1,234,567"),
        (Value(0, "bytes"), "0 B"),
        (Value(3_400_000, "bytes"), "3.4 MB"),
        (Value(0.0123, "s"), "12.3 ms"),
        (Value(90061.0, "s"), "1 day"),
        (Value("up", number=1), "up"),
    ],
)
def test_a_value_is_shown_with_its_unit_and_the_unknown_as_a_dash(value: Value, words: str) -> None:
    assert format_value(value) == words


def told_of_history(panel: Panel) -> dict[str, str]:
    boss = Principal("user", 1, "ann", permissions=frozenset({health.MANAGE}))
    return {line.title: format_value(line.values[0]) for line in health.report(panel.skyspy, Caller(boss)).part("history").lines}


def test_which_process_writes_the_history_is_told(panel: Panel, ann: Browser) -> None:
    history = panel.skyspy.history
    history.lease.start()
    history.lease.loop.stop()
    told = told_of_history(panel)
    assert (told["Can be used"], told["Written by"]) == ("yes", "this process")
    # Another process takes the lease.
    history.commit_anywhere(lambda connection: lease.take(connection, lease.look(connection), "pi 77 x"))
    panel.clock.pass_by(RENEW_S)
    history.lease.loop.round()
    told = told_of_history(panel)
    assert (told["Can be used"], told["Written by"]) == ("yes", "another one: process 77 on pi")
    assert "The history is not written" not in shown(ann)
    samples = {sample.metric: sample.value for sample in health.metrics(panel.skyspy, Principal("user", 1, "ann"))}
    assert (samples["skyspy_history_writer"], samples["skyspy_history_fence"], samples["skyspy_history_up"]) == (0, 2, 1)


def test_a_history_that_cannot_be_written_needs_attention(panel: Panel, ann: Browser) -> None:
    with pytest.raises(StoreError):
        panel.skyspy.history.commit_now(lambda connection: connection.exec_driver_sql("SELECT * FROM nothing_like_it"))
    page = shown(ann)
    assert "The history is not written (" in page
    assert "no such table: nothing_like_it): everything else goes on." in page


def test_visits_and_points_that_could_not_be_kept_are_counted(panel: Panel) -> None:
    recorder = panel.skyspy.recorders["live"]
    recorder.dropped, recorder.budget.dropped = 3, 4000
    told = told_of_history(panel)
    assert (told["Visits dropped"], told["Points of tracks dropped"]) == ("3", "4,000")
    samples = {sample.metric: sample.value for sample in health.metrics(panel.skyspy, Principal("user", 1, "ann"))}
    assert (samples["skyspy_history_visits_dropped_total"], samples["skyspy_history_points_dropped_total"]) == (3, 4000)

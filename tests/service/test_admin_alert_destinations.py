"""The panel's pages of destinations over HTTP: what is secret is shown once, tests name the reason of a failure, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest

from skyspy.admin.alerts.texts import DELIVERY_STATES, KINDS
from skyspy.notify.apprise_child import is_installed
from skyspy.notify.destination import KINDS as NOTIFY_KINDS
from skyspy.services import alert_destinations
from skyspy.services.alert_destinations import DestinationView
from skyspy.store.history.outbox import STATES
from tests.support.browser_client import Browser
from tests.support.panel_alerts import DESTINATIONS, WEBHOOK, a_destination, a_rule, caller_of, names_of
from tests.support.world import Panel

FORM = {name: value for name, value in WEBHOOK.items() if name != "kind"}
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


@pytest.fixture
def ann(panel: Panel) -> Iterator[Browser]:
    """An administrator's browser."""
    panel.account("ann")
    yield panel.browser("ann")


def stored(panel: Panel, name: str = "ann") -> list[DestinationView]:
    return alert_destinations.page(panel.skyspy, caller_of(panel, name)).destinations


def test_the_secret_of_a_webhook_is_shown_once_and_its_address_never(panel: Panel, ann: Browser) -> None:
    ann.get(f"{DESTINATIONS}new/webhook/")
    page = unescape(ann.post(f"{DESTINATIONS}new/webhook/", FORM).text)
    secret = SECRET.search(page)
    assert secret is not None and "only time" in page
    view = stored(panel)[0]
    for address in (DESTINATIONS, f"{DESTINATIONS}{view.id}/edit/", f"{DESTINATIONS}{view.id}/delete/", "/admin/audit/"):
        text = unescape(ann.get(address).text)
        assert "whsec_" not in text and "not-to-be-seen" not in text, address
    assert names_of(ann.get(DESTINATIONS).text) == ["My program"]


def test_a_new_secret_is_asked_for_first_and_shown_once(panel: Panel, ann: Browser) -> None:
    destination = a_destination(panel)
    page = ann.get(f"{DESTINATIONS}{destination}/secret/").text
    assert "For a day" in page and "whsec_" not in page
    assert SECRET.search(ann.post(f"{DESTINATIONS}{destination}/secret/").text)
    assert "whsec_" not in ann.get(DESTINATIONS).text


@pytest.mark.parametrize(
    ("kind", "form", "shown"),
    [
        (
            "mqtt",
            {"name": "Home", "host": "broker.example.org", "tls": "no", "topic": "", "retain": "no"},
            "broker.example.org:1883",
        ),
        ("mqtt", {"name": "Home", "host": "broker.example.org", "port": "8884", "tls": "yes", "retain": "yes"}, ":8884"),
        ("apprise", {"name": "Phone", "url": "ntfy://topic"}, "ntfy://…"),
        ("browser", {"name": "Mine"}, "pages that you have open"),
    ],
)
def test_each_kind_has_a_form(panel: Panel, ann: Browser, kind: str, form: dict[str, str], shown: str) -> None:
    assert KINDS[kind].title in ann.get(f"{DESTINATIONS}new/{kind}/").text
    answer = ann.post(f"{DESTINATIONS}new/{kind}/", form)
    assert answer.status_code == 303, answer.text
    page = ann.get(DESTINATIONS).text
    assert names_of(page) == [form["name"]] and shown in page


def test_errors_stand_beside_their_fields_and_what_was_typed_stays(panel: Panel, ann: Browser) -> None:
    ann.get(DESTINATIONS)
    wrong = {"name": "", "host": "no host at all", "port": "many", "topic": "a/#", "username": "", "password": "x"}
    answer = ann.post(f"{DESTINATIONS}new/mqtt/", wrong | {"name": "Home"})
    assert answer.status_code == 400 and stored(panel) == []
    for name in ("host", "port", "topic", "username"):
        assert f'id="f-{name}-error"' in answer.text, name
    assert 'value="no host at all"' in answer.text and 'value="x"' not in answer.text
    assert 'id="f-url-error"' in ann.post(f"{DESTINATIONS}new/webhook/", {"name": "x", "url": "ftp://x"}).text


def test_a_change_keeps_what_is_secret_where_nothing_is_typed(panel: Panel, ann: Browser) -> None:
    destination = a_destination(panel)
    page = ann.get(f"{DESTINATIONS}{destination}/edit/").text
    assert 'value="My program"' in page and "hooks.example.org" not in page and "stored and not shown" in page
    ann.post(f"{DESTINATIONS}{destination}/edit/", {"name": "Other", "url": ""})
    view = stored(panel)[0]
    assert (view.name, view.shown["shown"]) == ("Other", "https://hooks.example.org/…")


def test_a_test_that_fails_names_the_reason(panel: Panel, ann: Browser) -> None:
    # Nobody listens on the discard port.
    destination = a_destination(panel, url="http://127.0.0.1:9/")
    rule_id = a_rule(panel, destinations=[destination])
    ann.get(DESTINATIONS)
    ann.post(f"{DESTINATIONS}{destination}/test/")
    assert "did not take the test" in ann.get(DESTINATIONS).text
    ann.post(f"/admin/alerts/rules/{rule_id}/test/")
    assert "did not take the test" in ann.get("/admin/alerts/").text


def test_a_destination_is_disabled_enabled_and_deleted(panel: Panel, ann: Browser) -> None:
    destination = a_destination(panel)
    ann.get(DESTINATIONS)
    ann.post(f"{DESTINATIONS}{destination}/disable/")
    page = ann.get(DESTINATIONS).text
    assert "Disabled" in page and "Enable</button>" in page
    assert "gets nothing now" in ann.get("/admin/alerts/rules/new/").text
    ann.post(f"{DESTINATIONS}{destination}/enable/")
    assert stored(panel)[0].works
    assert "its secret is forgotten" in ann.get(f"{DESTINATIONS}{destination}/delete/").text and stored(panel)
    ann.post(f"{DESTINATIONS}{destination}/delete/")
    assert stored(panel) == []


def test_without_apprise_the_page_says_how_to_install_it(ann: Browser) -> None:
    page = ann.get(f"{DESTINATIONS}new/apprise/").text
    assert ("skyspy[notify]" in page) is not is_installed()


@pytest.mark.parametrize("deed", ["edit/", "test/", "disable/", "enable/", "secret/", "delete/"])
def test_a_destination_of_somebody_else_is_answered_as_none(panel: Panel, ann: Browser, deed: str) -> None:
    panel.user("bert", "operator")
    theirs = a_destination(panel, "bert", name="Bert's own")
    none = str(int(theirs) + 1000)
    ann.get(DESTINATIONS)
    answers = [ann.post(f"{DESTINATIONS}{one}/{deed}", FORM) for one in (theirs, none)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text.partition("<main")[2] == answers[1].text.partition("<main")[2]
    assert stored(panel, "bert")[0].works and stored(panel, "bert")[0].name == "Bert's own"
    assert "Bert" not in ann.get(DESTINATIONS).text


def test_who_may_only_read_makes_and_changes_nothing(panel: Panel, ann: Browser) -> None:
    panel.user("vera", "viewer")
    vera = panel.browser("vera")
    page = vera.get(DESTINATIONS)
    assert page.status_code == 200 and "Make a destination" not in page.text
    assert vera.get(f"{DESTINATIONS}new/webhook/").status_code == 403
    assert vera.post(f"{DESTINATIONS}new/webhook/", FORM).status_code == 403
    assert stored(panel, "vera") == []


def test_a_post_without_the_token_of_its_form_changes_nothing(panel: Panel, ann: Browser) -> None:
    destination = a_destination(panel)
    ann.get(DESTINATIONS)
    for address in (
        f"{DESTINATIONS}new/webhook/",
        *(f"{DESTINATIONS}{destination}/{deed}/" for deed in ("disable", "delete", "secret")),
    ):
        assert ann.post(address, FORM, token="forged").status_code == 400
    assert [view.works for view in stored(panel)] == [True]


def test_private_addresses_are_for_those_who_manage_settings(panel: Panel, ann: Browser) -> None:
    panel.user("bert", "operator")
    bert = panel.browser("bert")
    bert.get(DESTINATIONS)
    form = FORM | {"url": "http://127.0.0.1:9000/"}
    refused = bert.post(f"{DESTINATIONS}new/webhook/", form)
    assert refused.status_code == 400 and 'id="f-url-error"' in refused.text
    ann.get(DESTINATIONS)
    assert ann.post(f"{DESTINATIONS}new/webhook/", form).status_code == 200


def test_every_kind_and_state_has_a_text() -> None:
    assert set(KINDS) == set(NOTIFY_KINDS)
    assert set(DELIVERY_STATES) == set(STATES)

"""The panel's pages of alert rules over HTTP: the form with and without scripts, the list and its buttons, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from skyspy.services import alert_rules
from skyspy.store import roles, users
from tests.support.browser_client import Browser
from tests.support.databases import change
from tests.support.panel_alerts import MATCH, PAGE, RULE_FORM, RULES, a_destination, a_rule, a_watchlist, caller_of, names_of
from tests.support.world import OPERATOR, Panel

NEW, PART, PREVIEW = f"{RULES}new/", f"{RULES}form/", f"{RULES}preview/"


@pytest.fixture
def ann(panel: Panel) -> Iterator[Browser]:
    """An administrator's browser."""
    panel.account("ann")
    yield panel.browser("ann")


def stored(panel: Panel, name: str = "ann") -> list[dict[str, Any]]:
    """The documents of a user's rules."""
    return [dict(view.document) for view in alert_rules.page(panel.skyspy, caller_of(panel, name)).rules]


def chosen(page: str, name: str) -> str:
    """The chosen option of a select."""
    select = re.search(rf'<select name="{re.escape(name)}".*?</select>', page, re.S)
    assert select is not None, name
    found = re.search(r'<option value="([^"]*)" selected', select[0])
    return found[1] if found else ""


def test_a_rule_is_made_by_its_form_and_listed_as_a_sentence(panel: Panel, ann: Browser) -> None:
    assert "No rules yet" in ann.get(PAGE).text
    assert chosen(ann.get(NEW).text, "m.0.field") == "military"
    answer = ann.post(NEW, RULE_FORM)
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert stored(panel)[0]["match"] == {
        "all": [
            {"field": "military", "op": "is", "value": True},
            {"field": "alt_baro", "op": "lt", "value": 5000},
        ]
    }
    assert stored(panel)[0]["cooldown_s"] == 150
    page = ann.get(PAGE).text
    assert names_of(page) == ["Military, low"]
    assert "Military is yes and altitude is less than 5,000 ft" in page


def test_everything_of_a_rule_goes_into_its_form_and_comes_back_the_same(panel: Panel, ann: Browser) -> None:
    destination, watchlist = a_destination(panel), a_watchlist(panel, "ann", "HB-ZRV")
    document = {
        "name": "All of it",
        "match": {
            "any": [
                {"field": "watchlist", "op": "in", "value": watchlist},
                {"not": {"any": [{"field": "gs", "op": "between", "value": [100, 200]}]}},
                {"field": "inside", "op": "inside", "value": {"circle": {"lat": 47.5, "lon": 8.5, "radius_nm": 10}}},
            ]
        },
        "count": {"at_least": 3},
        "during": {"zone": "Europe/Zurich", "windows": [{"days": ["wed"], "from": "22:00", "to": "07:00"}]},
        "quiet": {"zone": "Europe/Zurich", "windows": [{"days": ["sat", "sun"], "from": "00:00", "to": "09:00"}]},
        "cooldown_s": 90,
        "expires": "2029-07-01T10:00:00Z",
        "message": "{flight} at {alt_baro} ft",
        "destinations": [destination],
    }
    rule_id = a_rule(panel, **document)
    before = stored(panel)[0]
    page = ann.get(f"{RULES}{rule_id}/edit/").text
    assert 'value="2029-07-01T12:00"' in page, "in the rule's zone"
    answer = ann.post(f"{RULES}{rule_id}/edit/", sent_by(page) | {"do": "save"})
    assert answer.status_code == 303, answer.text
    assert stored(panel)[0] == before


def sent_by(page: str) -> dict[str, Any]:
    """The fields of the rule's form as a browser sends them."""
    form = page[page.index('<form method="post" action="/admin/alerts/rules/') :]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value, kind = (re.search(rf' {word}="([^"]*)"', tag) for word in ("name", "value", "type"))
        if name and (kind is None or kind[1] != "checkbox" or " checked" in tag):
            found.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.S):
        picked = re.search(r'<option value="([^"]*)" selected', options) or re.search(r'<option value="([^"]*)"', options)
        found.setdefault(name, []).append(unescape(picked[1]) if picked else "")
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        found.setdefault(name, []).append(unescape(text).strip())
    return {name: values for name, values in found.items() if name != "csrf_token"}


@pytest.mark.parametrize("address", [NEW, PART])
def test_the_buttons_of_the_form_work_without_scripts_and_for_the_page_s_script(panel: Panel, ann: Browser, address: str) -> None:
    panel.choose(RECEIVER_LATITUDE=47.46, RECEIVER_LONGITUDE=8.55)
    ann.get(NEW)
    typed = {name: value for name, value in RULE_FORM.items() if name != "do"}
    more = ann.post(address, typed | {"do": "add:m"}).text
    assert chosen(more, "m.2.field") == "military" and chosen(more, "m.1.field") == "alt_baro"
    assert re.search(r'name="m.2.field"[^>]* autofocus', more)
    less = ann.post(address, typed | {"do": "remove:m.0"}).text
    assert chosen(less, "m.0.field") == "alt_baro" and 'name="m.1.field"' not in less
    group = ann.post(address, typed | {"do": "group:m"}).text
    assert chosen(group, "m.2.join") == "any" and chosen(group, "m.2.0.field") == "military"
    times = ann.post(address, typed | {"do": "window:q"}).text
    assert 'name="q.0.from" value="22:00"' in times
    assert 'name="q.0.from"' not in ann.post(address, typed | {"do": "unwindow:q.0", "q.0.from": "1", "q.0.to": "2"}).text
    place = ann.post(address, typed | {"do": "redraw:m.1.field", "m.1.field": "inside"}).text
    assert 'name="m.1.lat" value="47.46"' in place, "around the receiver"
    assert all("Military, low" in page for page in (more, less, group, times, place)), "what was typed stays"


def test_errors_stand_beside_the_inputs_that_they_are_about(panel: Panel, ann: Browser) -> None:
    ann.get(NEW)
    wrong = {"name": "", "m.1.value": "low", "zone": "Nowhere/Town", "q.0.days": "mon", "q.0.from": "25:00", "q.0.to": "07:00"}
    answer = ann.post(NEW, RULE_FORM | wrong | {"message": "{nothing}", "cooldown": "soon", "destinations": "77"})
    assert answer.status_code == 400 and stored(panel) == []
    page = answer.text
    assert 'id="f-name-error"' in page and 'id="f-message-error"' in page and 'id="f-cooldown-error"' in page
    assert 'id="e-m.1"' in page and 'id="e-m.0"' not in page
    assert 'aria-describedby="e-m.1"' in page and 'value="low"' in page
    assert 'class="window wrong"' in page or 'id="f-zone-error"' in page


def test_a_rule_that_was_changed_elsewhere_meanwhile_is_not_written_over(panel: Panel, ann: Browser) -> None:
    rule_id = a_rule(panel)
    page = ann.get(f"{RULES}{rule_id}/edit/").text
    alert_rules.update(panel.skyspy, caller_of(panel), rule_id, {"name": "Newer", "match": MATCH})
    answer = ann.post(f"{RULES}{rule_id}/edit/", sent_by(page) | {"do": "save", "name": "Older"})
    assert answer.status_code == 409 and 'role="alert"' in answer.text
    assert stored(panel)[0]["name"] == "Newer"


def test_the_preview_tells_how_much_would_match_and_what_is_missing(panel: Panel, ann: Browser) -> None:
    ann.get(NEW)
    assert "It would match <strong>" in ann.post(PREVIEW, RULE_FORM | {"name": ""}).text
    assert "Not known yet" in ann.post(PREVIEW, RULE_FORM | {"m.1.value": ""}).text
    page = ann.post(NEW, RULE_FORM | {"do": "preview"}).text
    assert "It would match" in page and 'aria-live="polite"' in page
    assert stored(panel) == []


def test_rules_are_paused_resumed_and_deleted(panel: Panel, ann: Browser) -> None:
    rule_id = a_rule(panel)
    ann.get(PAGE)
    ann.post(f"{RULES}{rule_id}/pause/")
    page = ann.get(PAGE).text
    assert "Paused" in page and "Resume</button>" in page
    ann.post(f"{RULES}{rule_id}/resume/")
    assert "Pause</button>" in ann.get(PAGE).text
    assert "stays in the list of alerts" in ann.get(f"{RULES}{rule_id}/delete/").text
    assert stored(panel), "asking deletes nothing"
    ann.post(f"{RULES}{rule_id}/delete/")
    assert stored(panel) == []


def test_a_paused_rule_stays_paused_when_it_is_changed(panel: Panel, ann: Browser) -> None:
    rule_id = a_rule(panel, paused=True)
    page = ann.get(f"{RULES}{rule_id}/edit/").text
    ann.post(f"{RULES}{rule_id}/edit/", sent_by(page) | {"do": "save", "name": "Other"})
    assert (stored(panel)[0]["name"], stored(panel)[0]["paused"]) == ("Other", True)


def test_a_test_without_destinations_says_where_to_choose_one(panel: Panel, ann: Browser) -> None:
    rule_id = a_rule(panel)
    ann.get(PAGE)
    ann.post(f"{RULES}{rule_id}/test/")
    assert "has no destination" in ann.get(PAGE).text


@pytest.mark.parametrize("deed", ["edit/", "delete/", "pause/", "resume/", "test/"])
def test_a_rule_of_somebody_else_is_answered_as_none(panel: Panel, ann: Browser, deed: str) -> None:
    panel.user("bert", "operator")
    theirs = a_rule(panel, "bert")
    none = str(int(theirs) + 1000)
    ann.get(NEW)
    form = RULE_FORM if deed == "edit/" else {}
    answers = [ann.post(f"{RULES}{one}/{deed}", form) for one in (theirs, none)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert main_of(answers[0].text) == main_of(answers[1].text)
    assert stored(panel, "bert")[0]["name"] == "Military"
    assert "Military" not in ann.get(PAGE).text.partition("<main")[2]


def main_of(page: str) -> str:
    return page.partition("<main")[2]


def test_viewers_read_their_rules_and_change_nothing(panel: Panel, ann: Browser) -> None:
    panel.user("vera", "operator")
    rule_id = a_rule(panel, "vera")
    change(panel.skyspy, roles.create, "reads", frozenset({"alerts.view", "aircraft.view"}), "", OPERATOR)
    change(panel.skyspy, users.set_role, panel.user("vera"), "reads", OPERATOR)
    vera = panel.browser("vera")
    page = vera.get(PAGE).text
    assert names_of(page) == ["Military"]
    assert "Make a rule" not in page and "Pause</button>" not in page and "/edit/" not in main_of(page)
    assert vera.get(NEW).status_code == 403
    for address, form in ((NEW, RULE_FORM), (PART, RULE_FORM), (PREVIEW, RULE_FORM), (f"{RULES}{rule_id}/pause/", {})):
        assert vera.post(address, form).status_code == 403, address
    assert stored(panel, "vera")[0]["paused"] is False


def test_who_may_not_have_alerts_is_shown_none_and_no_entry_in_the_menu(panel: Panel, ann: Browser) -> None:
    change(panel.skyspy, roles.create, "counter", frozenset({"stats.view"}), "", OPERATOR)
    panel.choose(FEATURE_ACCESS={"alerts": "permission"})
    panel.user("kim", "counter")
    kim, anonymous = panel.browser("kim"), panel.browser()
    assert f'href="{PAGE}"' in ann.get("/admin/statistics/").text
    page = kim.get("/admin/statistics/").text
    assert f'href="{PAGE}"' not in page and 'name="alerts"' not in page
    for address in (PAGE, NEW, f"{RULES}1/edit/"):
        assert kim.get(address).status_code == 403
        assert anonymous.get(address).status_code in (302, 303)
    assert kim.post(PREVIEW, RULE_FORM).status_code == 403


def test_a_post_without_the_token_of_its_form_changes_nothing(panel: Panel, ann: Browser) -> None:
    rule_id = a_rule(panel)
    ann.get(PAGE)
    for address, form in (
        (NEW, RULE_FORM),
        (f"{RULES}{rule_id}/pause/", {}),
        (f"{RULES}{rule_id}/delete/", {}),
        (PREVIEW, RULE_FORM),
    ):
        assert ann.post(address, form, token="forged").status_code == 400
    assert [document["paused"] for document in stored(panel)] == [False]


def test_texts_of_a_rule_are_no_markup(panel: Panel, ann: Browser) -> None:
    evil = "<script>alert(1)</script>"
    condition = {"field": "flight", "op": "contains", "value": "<b>x"}
    rule_id = a_rule(panel, name=evil, match={"all": [condition]}, message=evil)
    for address in (PAGE, f"{RULES}{rule_id}/edit/", f"{RULES}{rule_id}/delete/"):
        page = ann.get(address).text
        assert evil not in page and "<b>x" not in page and "&lt;script&gt;" in page

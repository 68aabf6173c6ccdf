"""The panel's pages of watchlists over HTTP: entries, exclusions, CSV, an aircraft of the sky, and who may do what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from skyspy.services import watchlists
from tests.support.browser_client import Browser
from tests.support.panel_alerts import WATCHLISTS, a_rule, a_watchlist, caller_of, names_of
from tests.support.world import Panel

AIRCRAFT = f"{WATCHLISTS}aircraft/?hex=4B1805&registration=HB-IJU&callsign=SWR12&type=A320"


@pytest.fixture
def ann(panel: Panel) -> Iterator[Browser]:
    """An administrator's browser."""
    panel.account("ann")
    yield panel.browser("ann")


def entries(panel: Panel, list_id: str, name: str = "ann") -> list[tuple[str, str, bool, str]]:
    """The entries of a list as (kind, value, exclude, note)."""
    found = watchlists.entries(panel.skyspy, caller_of(panel, name), list_id)
    return [(one.kind, one.value, one.exclude, one.note) for one in found.entries]


def lists(panel: Panel, name: str = "ann") -> list[str]:
    return [view.name for view in watchlists.page(panel.skyspy, caller_of(panel, name)).watchlists]


def test_a_list_is_made_filled_renamed_and_deleted(panel: Panel, ann: Browser) -> None:
    assert "No watchlists yet" in ann.get(WATCHLISTS).text
    answer = ann.post(f"{WATCHLISTS}new/", {"name": "Police"})
    address = answer.headers["Location"]
    list_id = address.rstrip("/").rpartition("/")[2]
    ann.get(address)
    ann.post(f"{address}add/", {"kind": "registration", "value": "hb-zrv", "exclude": "", "note": "rescue"})
    ann.post(f"{address}add/", {"kind": "type", "value": "H145", "exclude": "yes", "note": ""})
    assert entries(panel, list_id) == [("registration", "HBZRV", False, "rescue"), ("type", "H145", True, "")]
    page = ann.get(address).text
    assert "rescue" in page and "Excluded" in page and 'aria-label="Remove HBZRV"' in page
    ann.post(f"{address}rename/", {"name": "Rescue"})
    assert names_of(ann.get(WATCHLISTS).text) == ["Rescue"]
    assert "2 entries are deleted with it" in ann.get(f"{address}delete/").text
    ann.post(f"{address}delete/")
    assert lists(panel) == []


def test_an_entry_is_removed_by_its_button(panel: Panel, ann: Browser) -> None:
    list_id = a_watchlist(panel, "ann", "HB-ZRV", "HB-ZRW")
    entry = watchlists.entries(panel.skyspy, caller_of(panel), list_id).entries[0]
    assert f"entries/{entry.id}/remove/" in ann.get(f"{WATCHLISTS}{list_id}/").text
    ann.post(f"{WATCHLISTS}{list_id}/entries/{entry.id}/remove/")
    assert [value for _, value, _, _ in entries(panel, list_id)] == ["HBZRW"]


def test_a_csv_is_imported_and_its_bad_lines_are_named(panel: Panel, ann: Browser) -> None:
    list_id = a_watchlist(panel, "ann", "HB-ZRV")
    ann.get(f"{WATCHLISTS}{list_id}/")
    text = "hex,4B1805,,rescue\nregistration,HB-ZRV\nhex,nonsense\n"
    page = ann.post(f"{WATCHLISTS}{list_id}/import/", {"csv": text, "replace": ""}).text
    assert "1 entry added, 1 was on the list already" in page and "Line 3:" in page
    assert len(entries(panel, list_id)) == 2
    ann.post(f"{WATCHLISTS}{list_id}/import/", {"csv": "type,H145", "replace": "yes"})
    assert entries(panel, list_id) == [("type", "H145", False, "")]
    refused = ann.post(f"{WATCHLISTS}{list_id}/import/", {"csv": "hex,nonsense", "replace": "yes"})
    assert refused.status_code == 400 and 'id="f-csv-error"' in refused.text
    assert len(entries(panel, list_id)) == 1


def test_errors_stand_beside_their_fields(panel: Panel, ann: Browser) -> None:
    list_id = a_watchlist(panel)
    ann.get(WATCHLISTS)
    answer = ann.post(f"{WATCHLISTS}{list_id}/add/", {"kind": "hex", "value": "nonsense"})
    assert answer.status_code == 400 and 'id="f-value-error"' in answer.text and 'value="nonsense"' in answer.text
    assert 'id="f-name-error"' in ann.post(f"{WATCHLISTS}new/", {"name": ""}).text


def test_a_long_list_has_pages(panel: Panel, ann: Browser) -> None:
    list_id = a_watchlist(panel, "ann", *(f"HB-{number:03}" for number in range(130)))
    page = ann.get(f"{WATCHLISTS}{list_id}/").text
    assert "HB099" in page and "HB100" not in page and 'rel="next"' in page
    following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "HB100" in ann.get(following).text


def test_a_list_that_a_rule_names_is_not_deleted(panel: Panel, ann: Browser) -> None:
    list_id = a_watchlist(panel)
    a_rule(panel, match={"all": [{"field": "watchlist", "op": "in", "value": list_id}]})
    ann.get(WATCHLISTS)
    assert ann.post(f"{WATCHLISTS}{list_id}/delete/").status_code == 409
    assert lists(panel) == ["Police"]


def test_an_aircraft_is_put_on_a_list_or_on_a_new_one(panel: Panel, ann: Browser) -> None:
    page = ann.get(AIRCRAFT).text
    for value in ("hex:4B1805", "registration:HB-IJU", "callsign:SWR12", "type:A320"):
        assert f'value="{value}"' in page
    answer = ann.post(AIRCRAFT, {"what": "hex:4B1805", "watchlist": "new", "name": "Mine", "note": "seen today"})
    list_id = answer.headers["Location"].rstrip("/").rpartition("/")[2]
    assert entries(panel, list_id) == [("hex", "4B1805", False, "seen today")]
    assert 'value="Mine"' not in ann.get(AIRCRAFT).text and ">Mine</option>" in ann.get(AIRCRAFT).text
    ann.post(AIRCRAFT, {"what": "registration:HB-IJU", "watchlist": list_id, "name": "", "note": ""})
    assert len(entries(panel, list_id)) == 2
    refused = ann.post(AIRCRAFT, {"what": "hex:4B1805", "watchlist": "new", "name": "", "note": ""})
    assert refused.status_code == 400 and 'id="f-name-error"' in refused.text
    assert "No aircraft was named" in ann.get(f"{WATCHLISTS}aircraft/").text


def test_a_list_of_somebody_else_is_answered_as_none(panel: Panel, ann: Browser) -> None:
    panel.user("bert", "operator")
    theirs = a_watchlist(panel, "bert", "HB-ZRV")
    entry = watchlists.entries(panel.skyspy, caller_of(panel, "bert"), theirs).entries[0].id
    ann.get(WATCHLISTS)
    deeds = [
        ("rename/", {"name": "x"}),
        ("add/", {"kind": "hex", "value": "4B1805"}),
        ("import/", {"csv": "4B1805"}),
        ("delete/", {}),
    ]
    for deed, form in (*deeds, (f"entries/{entry}/remove/", {})):
        answers = [ann.post(f"{WATCHLISTS}{one}/{deed}", form) for one in (theirs, int(theirs) + 1000)]
        assert [answer.status_code for answer in answers] == [404, 404], deed
        assert answers[0].text.partition("<main")[2] == answers[1].text.partition("<main")[2]
    assert ann.get(f"{WATCHLISTS}{theirs}/").status_code == 404
    own = a_watchlist(panel)
    assert ann.post(f"{WATCHLISTS}{own}/entries/{entry}/remove/").status_code == 404
    assert ann.post(AIRCRAFT, {"what": "hex:4B1805", "watchlist": theirs}).status_code == 404
    assert lists(panel, "bert") == ["Police"] and len(entries(panel, theirs, "bert")) == 1


def test_who_may_only_read_changes_nothing(panel: Panel, ann: Browser) -> None:
    panel.user("vera", "viewer")
    vera = panel.browser("vera")
    page = vera.get(WATCHLISTS)
    assert page.status_code == 200 and "Make a watchlist" not in page.text
    assert vera.post(f"{WATCHLISTS}new/", {"name": "x"}).status_code == 403
    assert vera.get(AIRCRAFT).status_code == 403
    assert lists(panel, "vera") == []


def test_a_post_without_the_token_of_its_form_changes_nothing(panel: Panel, ann: Browser) -> None:
    list_id = a_watchlist(panel)
    ann.get(WATCHLISTS)
    for address in (f"{WATCHLISTS}new/", f"{WATCHLISTS}{list_id}/add/", f"{WATCHLISTS}{list_id}/delete/", AIRCRAFT):
        assert ann.post(address, {"name": "x", "kind": "hex", "value": "4B1805"}, token="forged").status_code == 400
    assert lists(panel) == ["Police"] and entries(panel, list_id) == []

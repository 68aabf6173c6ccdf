"""The panel's lists of alerts and deliveries over HTTP: filters, one alert, CSV, sending again, and what others may know of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from skyspy.services import alert_log
from skyspy.services.alert_filters import DeliveryRequest
from skyspy.store.history import alerts
from tests.support.alerts import alert, delivery
from tests.support.browser_client import Browser
from tests.support.panel_alerts import COUNTS, DELIVERIES, LOG, PAGE, a_destination, a_rule, a_watchlist, caller_of, names_of
from tests.support.world import Panel


@pytest.fixture
def ann(panel: Panel) -> Iterator[Browser]:
    """An administrator's browser."""
    panel.account("ann")
    yield panel.browser("ann")


def keep(panel: Panel, *numbers: int, of: str = "ann", to: tuple[Any, ...] = (), **more: Any) -> None:
    """Alerts of a user with these numbers, made so many seconds before now."""
    owner, now = panel.user(of), panel.clock.wall()
    found = [alert(number, owner_id=owner, triggered_at=now - number, matched_until=now - number, **more) for number in numbers]
    panel.skyspy.histories["live"].commit_now(alerts.write_triggers, found, to)


def sent(panel: Panel, number: int, destination: str, of: str = "ann", **more: Any) -> Any:
    """The delivery of that alert to a destination of its owner."""
    return delivery(number, int(destination), owner_id=panel.user(of), created_at=panel.clock.wall() - number, **more)


def ids(text: str) -> list[str]:
    return re.findall(r'data-key="([^"]+)"', text)


def states(panel: Panel, of: str = "ann") -> dict[str, str]:
    found = alert_log.deliveries(panel.skyspy, caller_of(panel, of), DeliveryRequest()).deliveries
    return {one.id: one.state for one in found}


def test_alerts_are_listed_the_newest_first_and_filtered(panel: Panel, ann: Browser) -> None:
    rule_id = a_rule(panel)
    keep(panel, 1, 2)
    keep(panel, 3, rule_id=int(rule_id), hex="4CA123", callsign="RYR3")
    assert ids(ann.get(f"{LOG}part/").text) == ["a-0001", "a-0002", "a-0003"]
    assert ids(ann.get(f"{LOG}part/?rule={rule_id}").text) == ["a-0003"]
    assert ids(ann.get(f"{LOG}part/?aircraft=4ca123").text) == ["a-0003"]
    assert ids(ann.get(f"{LOG}part/?aircraft=swr").text) == ["a-0001", "a-0002"]
    assert "Nothing matches" in ann.get(f"{LOG}?until=2001-01-01").text
    page = ann.get(f"{LOG}?since=soon&rule=x").text
    assert "“soon” is no day" in page and len(ids(page)) == 3


def test_a_long_list_of_alerts_has_pages(panel: Panel, ann: Browser) -> None:
    keep(panel, *range(1, 61))
    page = ann.get(LOG).text
    older = re.search(r'href="([^"]+)"[^>]*rel="next"', page)
    assert len(ids(page)) == 50 and older is not None
    assert len(ids(ann.get(older[1].replace("&amp;", "&")).text)) == 10


def test_one_alert_says_what_matched_and_where_it_was_sent(panel: Panel, ann: Browser) -> None:
    destination = a_destination(panel)
    keep(
        panel, 1, to=(sent(panel, 1, destination, state="dead", dead_at=1.0, attempts=9, last_error="refused", last_status=500),)
    )
    page = ann.get(f"{PAGE}alert/a-0001/").text
    for text in ("SWR1 is low", "Altitude: 1500 ft", "My program", "Given up", "refused (status 500)", "Send again"):
        assert text in page, text
    assert ann.get(f"{PAGE}alert/a-9999/").status_code == 404


def test_the_list_is_had_as_csv(panel: Panel, ann: Browser) -> None:
    keep(panel, 1, 2)
    answer = ann.get(f"{LOG}alerts.csv?aircraft=SWR1")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    lines = answer.text.splitlines()
    assert lines[0].startswith("id,timestamp") and [line.partition(",")[0] for line in lines[1:]] == ["a-0001"]


def test_rules_show_their_last_alert(panel: Panel, ann: Browser) -> None:
    rule_id = a_rule(panel)
    keep(panel, 90, rule_id=int(rule_id))
    page = ann.get(PAGE).text
    assert "1 min ago" in page and "Latest alerts" in page and ids(page) == [rule_id, "a-0090"]


def test_deliveries_are_listed_with_reasons_and_filtered(panel: Panel, ann: Browser) -> None:
    first, second = a_destination(panel), a_destination(panel, name="Other")
    soon = panel.clock.wall() + 300
    rows = (
        sent(panel, 1, first, state="sent", sent_at=panel.clock.wall(), attempts=2),
        sent(panel, 2, second, attempts=1, last_error="the connection failed", next_try=soon),
        sent(panel, 3, second, state="held", next_try=soon),
    )
    keep(panel, 1, 2, 3, to=rows)
    page = ann.get(DELIVERIES).text
    for text in ("at try 2", "try 2 in 5 min", "the connection failed", "Held: quiet hours"):
        assert text in page, text
    assert "Send again" not in page
    assert ids(ann.get(f"{DELIVERIES}part/?state=held").text) == ["msg_0003"]
    assert ids(ann.get(f"{DELIVERIES}part/?destination={first}").text) == ["msg_0001"]
    assert len(ids(ann.get(f"{DELIVERIES}?state=nonsense&destination=99").text)) == 3


def test_what_was_given_up_is_sent_again(panel: Panel, ann: Browser) -> None:
    destination = a_destination(panel)
    keep(panel, 1, to=(sent(panel, 1, destination, state="dead", dead_at=1.0, last_error="gone"),))
    ann.get(f"{DELIVERIES}?state=dead")
    answer = ann.post(f"{DELIVERIES}msg_0001/resend/", {"back": f"{DELIVERIES}?state=dead"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{DELIVERIES}?state=dead")
    assert states(panel) == {"msg_0001": "pending"}
    assert ann.post(f"{DELIVERIES}msg_0001/resend/").status_code == 409
    assert ann.post(f"{DELIVERIES}msg_0001/resend/", token="forged").status_code == 400


def test_nothing_of_somebody_else_s_alerts_is_found(panel: Panel, ann: Browser) -> None:
    panel.user("bert", "operator")
    rule_id, destination = a_rule(panel, "bert"), a_destination(panel, "bert", name="Bert's own")
    keep(panel, 1, of="bert", rule_id=int(rule_id), to=(sent(panel, 1, destination, "bert", state="dead", dead_at=1.0),))
    for address in (
        LOG,
        f"{LOG}part/?rule={rule_id}",
        f"{LOG}alerts.csv",
        DELIVERIES,
        f"{DELIVERIES}?destination={destination}",
        PAGE,
    ):
        text = ann.get(address).text
        assert "SWR1" not in text and "a-0001" not in text and "Bert" not in text and "msg_" not in text, address
    assert (
        ann.get(f"{PAGE}alert/a-0001/").text.partition("<main")[2] == ann.get(f"{PAGE}alert/a-0002/").text.partition("<main")[2]
    )
    ann.get(DELIVERIES)
    assert ann.post(f"{DELIVERIES}msg_0001/resend/").status_code == 404
    assert states(panel, "bert") == {"msg_0001": "dead"}


def test_an_operator_sees_numbers_of_others_and_nothing_else(panel: Panel, ann: Browser) -> None:
    panel.user("bert", "operator")
    a_rule(panel, "bert", name="Bert's rule")
    a_watchlist(panel, "bert", "HB-ZRV")
    a_destination(panel, "bert", name="Bert's own")
    keep(panel, 1, 2, of="bert")
    assert COUNTS in ann.get("/admin/users/").text
    page = ann.get(COUNTS).text
    assert names_of(page) == ["bert"]
    assert re.findall(r'class="number">(\d+)</td>', page) == ["1", "1", "1", "2"]
    for secret in ("Bert's", "Bert&#39;s", "Police", "ZRV", "SWR", "hooks.example"):
        assert secret not in page
    bert = panel.browser("bert")
    assert bert.get(COUNTS).status_code == 403 and COUNTS not in bert.get(PAGE).text


def test_who_may_only_read_sends_nothing_again(panel: Panel, ann: Browser) -> None:
    panel.user("vera", "viewer")
    keep(panel, 1, of="vera", to=(sent(panel, 1, "5", "vera", state="dead", dead_at=1.0),))
    vera = panel.browser("vera")
    assert "Send again" not in vera.get(DELIVERIES).text
    assert vera.post(f"{DELIVERIES}msg_0001/resend/").status_code == 403
    assert states(panel, "vera") == {"msg_0001": "dead"}


def test_texts_of_alerts_and_deliveries_are_no_markup(panel: Panel, ann: Browser) -> None:
    evil = "<script>alert(1)</script>"
    row = sent(panel, 1, a_destination(panel), title=evil, body=evil, last_error=evil, attempts=1)
    keep(panel, 1, rule_name=evil, message=evil, callsign="<b>X", aircraft={evil: evil}, to=(row,))
    for address in (LOG, f"{LOG}part/", f"{PAGE}alert/a-0001/", DELIVERIES, PAGE):
        page = ann.get(address).text
        assert evil not in page and "<b>X" not in page and "&lt;script&gt;" in page, address

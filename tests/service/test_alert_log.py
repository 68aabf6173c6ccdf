"""Claims about the lists of alerts and deliveries: filters, pages, CSV, sending again."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
import pytest

from skyspy.api.alert_models import Alert, AlertPage, Delivery, DeliveryPage
from skyspy.auth.principal import Principal
from skyspy.services import alert_log
from skyspy.services.alert_filters import AlertRequest
from skyspy.services.caller import Caller, Refused
from skyspy.store import StoreError
from tests.support.alert_site import DESTINATIONS, HOOK, RULES, alert, delete, delivery, keep, made
from tests.support.api_client import error_of
from tests.support.peers import ask
from tests.support.world import World

LIST, DELIVERIES, EXPORT = "/api/alerts/", "/api/alerts/deliveries/", "/api/alerts/export.csv"


@pytest.fixture
def ann(world: World) -> str:
    return world.key("ann", "operator")


@pytest.fixture
def user(world: World, ann: str) -> int:
    return world.user("ann")


def ids(world: World, path: str, name: str, token: str) -> list[str]:
    answer = world.get(path, token)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json[name]]


def test_an_alert_is_the_same_over_http_and_on_a_socket(world: World, ann: str, user: int) -> None:
    keep(world, alert(user, 1), alert(user, 2, hex=None, callsign=None, aircraft=None, suppressed=7, ended_at=1.0, demo=True))
    page = world.get(LIST, ann).json
    msgspec.convert(page, AlertPage)
    assert [page["count"], page["demo"], [one["id"] for one in page["alerts"]]] == [2, True, ["a-0002", "a-0001"]]
    one = world.get(f"{LIST}a-0001/", ann).json
    msgspec.convert(one, Alert)
    assert one == page["alerts"][1]
    assert (one["rule_id"], one["hex"], one["ended"], one["aircraft"]["alt_baro"]) == ("3", "4B0001", None, 1500)
    assert ask(world.peer().join("/", {"token": ann}), "alerts") == page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["a-0003", "a-0002", "a-0001"]),
        ("?rule_id=4", ["a-0002"]),
        ("?rule_id=x", []),
        ("?rule_id=99999999999", []),
        ("?hex=4b0001", ["a-0001"]),
        ("?callsign=swr3", ["a-0003"]),
        ("?from=2024-10-04T00:00:02Z", ["a-0003", "a-0002"]),
        ("?to=2024-10-04T00:00:02Z", ["a-0001"]),
        ("?demo=true", ["a-0003"]),
        ("?owner_id=8", ["a-0003", "a-0002", "a-0001"]),
    ],
)
def test_alerts_are_filtered(world: World, ann: str, user: int, query: str, found: list[str]) -> None:
    keep(world, alert(user, 1), alert(user, 2, rule_id=4), alert(user, 3, demo=True), alert(user + 1, 4))
    assert ids(world, LIST + query, "alerts", ann) == found


@pytest.mark.parametrize(
    "query", ["?hex=nonsense", "?limit=0", "?cursor=x", "?from=2025-01-02T00:00:00Z&to=2025-01-01T00:00:00Z"]
)
def test_a_bad_filter_is_refused(world: World, ann: str, query: str) -> None:
    assert world.get(LIST + query, ann).status_code == 400


def test_pages_go_on_where_the_one_before_ended(world: World, ann: str, user: int) -> None:
    keep(world, *(alert(user, number, triggered_at=1.728e9 + number // 2) for number in range(1, 6)))
    found, cursor = [], ""
    for _ in range(3):
        page = world.get(f"{LIST}?limit=2{cursor}", ann).json
        found += [one["id"] for one in page["alerts"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert (found, page["next_cursor"]) == (["a-0005", "a-0004", "a-0003", "a-0002", "a-0001"], None)


def test_the_latest_alert_of_each_rule_is_found_at_once(world: World, ann: str, user: int) -> None:
    keep(world, alert(user, 1), alert(user, 2), alert(user, 3, rule_id=4), alert(user + 1, 4, rule_id=5))
    caller = Caller(world.skyspy.tokens.identify(ann, "127.0.0.1"))  # type: ignore[arg-type]
    found = alert_log.latest(world.skyspy, caller, ["3", "4", "5", "x"])
    assert {rule: one.id for rule, one in found.items()} == {"3": "a-0002", "4": "a-0003"}


def test_a_csv_file_has_the_alerts_that_match_and_no_formulas(world: World, ann: str, user: int) -> None:
    keep(world, alert(user, 1, message='=HYPERLINK("x")'), alert(user, 2, rule_id=4))
    answer = world.get(f"{EXPORT}?rule_id=3", ann)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [(row["id"], row["message"], row["rule_name"]) for row in rows] == [("a-0001", '\'=HYPERLINK("x")', "Low")]


def test_a_csv_file_has_more_alerts_than_are_read_at_once(
    world: World, ann: str, user: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_log, "ROWS_AT_ONCE", 3)
    keep(world, *(alert(user, number) for number in range(1, 9)))
    found = [row["id"] for row in csv.DictReader(io.StringIO(world.get(EXPORT, ann).text))]
    assert found == [f"a-000{number}" for number in range(8, 0, -1)]


# -- deliveries -----------------------------------------------------------------------------------


DEAD: dict[str, Any] = {"state": "dead", "dead_at": 5.0, "attempts": 9, "last_error": "no answer in time", "last_status": 500}


def test_deliveries_are_listed_with_the_reason_and_filtered(world: World, ann: str, user: int) -> None:
    rows = delivery(user, 1, **DEAD), delivery(user, 2, 2), delivery(user, 3, state="sent", sent_at=9.0)
    keep(world, *(alert(user, number) for number in (1, 2, 3)), to=rows)
    page = world.get(DELIVERIES, ann).json
    msgspec.convert(page, DeliveryPage)
    assert [one["id"] for one in page["deliveries"]] == ["msg_0003", "msg_0002", "msg_0001"]
    dead = page["deliveries"][2]
    assert [dead[name] for name in ("state", "error", "status", "next_try")] == ["dead", "no answer in time", 500, None]
    assert page["deliveries"][1]["next_try"] is not None
    for query, found in (("state=dead", "msg_0001"), ("destination_id=2", "msg_0002"), ("alert_id=a-0003", "msg_0003")):
        assert ids(world, f"{DELIVERIES}?{query}", "deliveries", ann) == [found]
    assert world.get(f"{DELIVERIES}?state=lost", ann).status_code == 400


def test_only_what_was_given_up_is_sent_again_under_the_same_id(world: World, ann: str, user: int) -> None:
    rows = delivery(user, 1, **DEAD), delivery(user, 2)
    keep(world, alert(user, 1), alert(user, 2), to=rows)
    answer = world.post(f"{DELIVERIES}msg_0001/resend/", None, ann)
    msgspec.convert(answer.json, Delivery)
    assert (answer.json["id"], answer.json["state"], answer.json["attempts"]) == ("msg_0001", "pending", 0)
    assert error_of(world.post(f"{DELIVERIES}msg_0001/resend/", None, ann)) == (409, "conflict")
    assert world.post(f"{DELIVERIES}msg_0002/resend/", None, ann).status_code == 409
    assert world.post(f"{DELIVERIES}msg_0009/resend/", None, ann).status_code == 404
    assert [row.object for row in world.log("delivery.resend")] == ["delivery msg_0001"]


class NoHistory:
    """A history that nothing can use."""

    def read(self, *_args: Any, **_kwargs: Any) -> Any:
        raise StoreError("the disk is gone")

    commit_anywhere = read


def test_without_the_history_nothing_is_listed_and_rules_and_destinations_go_on(world: World, ann: str) -> None:
    destination = made(world, DESTINATIONS, HOOK, ann)["id"]
    history = world.skyspy.histories["live"]
    world.skyspy.histories["live"] = NoHistory()  # type: ignore[assignment]
    for path in (LIST, DELIVERIES, EXPORT, f"{LIST}a-0001/"):
        assert error_of(world.get(path, ann)) == (503, "overloaded")
    assert world.post(f"{DELIVERIES}msg_0001/resend/", None, ann).status_code == 503
    assert world.get(RULES, ann).status_code == 200
    assert delete(world, f"{DESTINATIONS}{destination}/", ann).status_code == 204
    world.skyspy.histories["live"] = history


@pytest.mark.parametrize("kind", ["cli", "anonymous"])
def test_who_is_no_user_owns_no_alerts(world: World, kind: str) -> None:
    caller = Caller(Principal(kind, permissions=frozenset({"alerts.view"})))
    with pytest.raises(Refused, match="belong to users"):
        alert_log.page(world.skyspy, caller, AlertRequest())

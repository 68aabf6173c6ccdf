"""Claims about the preview of an alert rule: aircraft that it matches now, and visits of the last week."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from skyspy.api.alert_models import Preview
from skyspy.services import alert_preview
from tests.support.alert_site import LISTS, RULES, made, rule, watched
from tests.support.peers import ask
from tests.support.visits import a_visit, write_visits
from tests.support.world import World

PREVIEW = f"{RULES}preview/"
LOW = {"field": "alt_baro", "op": "lt", "value": 5000}
INSIDE = {"field": "inside", "op": "inside", "value": {"circle": {"lat": 47.5, "lon": 8.5, "radius_nm": 5}}}


@pytest.fixture
def ann(world: World) -> str:
    return world.key("ann", "operator")


def look(world: World, sky: str = "live") -> None:
    """Let the safety rules, and so the alert rules, look at the sky."""
    world.skyspy.safety[sky].run()
    world.skyspy.alerts[sky].run()


def visits(world: World, *rows: dict[str, Any]) -> None:
    world.skyspy.history.commit_now(write_visits, *rows)


def previewed(world: World, token: str, *conditions: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = world.post(PREVIEW, rule(match={"all": list(conditions)}, **more), token)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    msgspec.convert(found, Preview)
    return found


def test_aircraft_that_match_now_are_counted_and_named(world: World, ann: str) -> None:
    world.hear("4B1800", alt_baro=3000)
    world.hear("4B1801", alt_baro=9000)
    look(world)
    found = previewed(world, ann, LOW)
    assert (found["aircraft"], found["hexes"]) == (1, ["4B1800"])
    peer = world.peer().join("/", {"token": ann})
    assert ask(peer, "alert-preview", rule=rule(match={"all": [LOW]})) == found
    assert world.get(RULES, ann).json["rules"] == []
    assert world.get("/api/alerts/", ann).json["alerts"] == []


def test_a_preview_uses_own_watchlists_also_of_who_has_no_rule_yet(world: World, ann: str) -> None:
    world.hear("4B1800")
    world.hear("4B1801")
    look(world)
    listed = made(world, LISTS, {"name": "N", "entries": [{"kind": "hex", "value": "4B1801"}]}, ann)["id"]
    assert previewed(world, ann, *watched(listed)["all"])["hexes"] == ["4B1801"]
    visits(world, *(a_visit(hex=hex_, first=world.clock.wall() - 60) for hex_ in ("4B1800", "4B1801")))
    assert previewed(world, ann, *watched(listed)["all"])["visits_last_week"] == 1


def test_visits_that_began_in_the_last_week_are_counted(world: World, ann: str) -> None:
    now = world.clock.wall()
    visits(
        world,
        a_visit(hex="4B1801", first=now - 60),
        a_visit(hex="4B1802", first=now - 6 * 86400, alt_min=9000),
        a_visit(hex="4B1803", first=now - 6.9 * 86400),
        a_visit(hex="4B1804", first=now - 7.1 * 86400),
    )
    found = previewed(world, ann, LOW)
    assert (found["visits_last_week"], found["visits_complete"], found["not_judged"]) == (2, True, [])


def test_what_visits_do_not_tell_is_named_and_not_counted_as_matched(world: World, ann: str) -> None:
    visits(world, a_visit(first=world.clock.wall() - 60))
    found = previewed(world, ann, LOW, INSIDE)
    assert (found["visits_last_week"], found["not_judged"]) == (1, ["inside"])
    found = previewed(world, ann, INSIDE)
    assert (found["visits_last_week"], found["not_judged"]) == (None, ["inside"])
    assert previewed(world, ann, LOW, count={"at_least": 2})["not_judged"] == ["count"]


def test_a_search_that_takes_too_long_says_that_it_is_not_complete(
    world: World, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = world.clock.wall()
    visits(world, *(a_visit(hex=f"4B18{number:02}", first=now - number) for number in range(1, 8)))
    monkeypatch.setattr(alert_preview, "ROWS_AT_ONCE", 2)
    assert previewed(world, ann, LOW)["visits_last_week"] == 7
    monkeypatch.setattr(alert_preview, "MAX_SEARCH_S", -1.0)
    found = previewed(world, ann, LOW)
    assert (found["visits_last_week"], found["visits_complete"]) == (2, False)


def test_a_preview_goes_by_the_permissions_of_its_caller(world: World) -> None:
    world.hear("4B1800", alt_baro=3000)
    look(world)
    visits(world, a_visit(first=world.clock.wall() - 60))
    narrow = world.key("ann", "operator", scopes=["alerts.view", "alerts.edit"])
    assert previewed(world, narrow, LOW) == {
        "aircraft": 0, "hexes": [], "visits_last_week": None, "visits_complete": False, "not_judged": [],
    }  # fmt: skip
    more = world.key("ann", scopes=["alerts.view", "alerts.edit", "history.view"])
    assert previewed(world, more, LOW)["visits_last_week"] == 0
    assert previewed(world, world.key("ann"), LOW)["visits_last_week"] == 1


def test_a_test_key_previews_the_sandbox(world: World) -> None:
    world.hear("4B1800", alt_baro=3000)
    world.hear("4B1801", "sandbox", alt_baro=3000)
    look(world)
    look(world, "sandbox")
    assert previewed(world, world.key("ann", "operator", kind="test"), LOW)["hexes"] == ["4B1801"]


def test_a_bad_rule_is_refused_as_when_it_is_saved(world: World, ann: str) -> None:
    answer = world.post(PREVIEW, rule(match={"all": [{"field": "gs", "op": "gt", "value": "fast"}]}), ann)
    assert set(answer.json["error"]["fields"]) == {"match.all[0].value"}

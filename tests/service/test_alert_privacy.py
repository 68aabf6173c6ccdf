"""Claims about two users who try every way over HTTP to read and change each other's alert rules, lists, destinations and alerts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from skyspy.api import RESOURCES
from skyspy.auth.principal import Principal
from skyspy.services import alert_log
from skyspy.services.alert_filters import AlertRequest
from skyspy.services.caller import Caller
from skyspy.store import users
from tests.support.alert_site import DESTINATIONS, HOOK, LISTS, RULES, alert, delete, delivery, keep, made, rule, watched
from tests.support.databases import change
from tests.support.world import OPERATOR, World

SECRET = "hush"
"""In everything of ann's that somebody else could read."""


class Two:
    """Ann has a rule with a watchlist and a destination, an alert and two deliveries; bob is another operator."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ann, self.bob = world.key("ann", "operator"), world.key("bob", "operator")
        self.ann_id, self.bob_id = world.user("ann"), world.user("bob")
        entries = [{"kind": "hex", "value": "4B1800", "note": SECRET}]
        self.listed = made(world, LISTS, {"name": SECRET, "entries": entries}, self.ann)["id"]
        self.entry = world.get(f"{LISTS}{self.listed}/entries/", self.ann).json["entries"][0]["id"]
        self.destination = made(world, DESTINATIONS, HOOK | {"name": SECRET}, self.ann)["id"]
        document = rule(SECRET, watched(self.listed), destinations=[self.destination], message=SECRET)
        self.rule = made(world, RULES, document, self.ann)["id"]
        place = int(self.destination)
        keep(
            world,
            alert(self.ann_id, 1, rule_id=int(self.rule), rule_name=SECRET, message=SECRET),
            alert(self.ann_id, 2, rule_id=int(self.rule), rule_name=SECRET),
            to=(
                delivery(self.ann_id, 1, place, title=SECRET, state="dead", dead_at=1.0),
                delivery(self.ann_id, 2, place, title=SECRET),
            ),
        )
        self.before = self.hers()

    def hers(self) -> list[Any]:
        """What ann reads, but for the time of the answer."""
        paths = (RULES, LISTS, f"{LISTS}{self.listed}/entries/", DESTINATIONS, "/api/alerts/", "/api/alerts/deliveries/")
        answers = [self.world.get(path, self.ann).json for path in paths]
        return [{name: value for name, value in answer.items() if name != "timestamp"} for answer in answers]

    def read(self, path: str, token: str) -> set[str]:
        """The words that tell ann's things, of those in an answer."""
        answer = self.world.get(path, token)
        assert answer.status_code == 200, answer.text
        text = answer.text
        answer.close()
        return {word for word in (SECRET, "a-0001", "msg_0001") if word in text}


@pytest.fixture
def two(world: World) -> Two:
    return Two(world)


def requests(two: Two, rule_id: str, listed: str, entry: str, destination: str, ids: tuple[str, str]) -> Iterator[Any]:
    """Every request that names something by its id: method, path, body."""
    alert_id, delivery_id = ids
    yield "GET", f"{RULES}{rule_id}/", None
    yield "POST", f"{RULES}{rule_id}/", rule("Mine")
    yield "POST", f"{RULES}{rule_id}/pause/", None
    yield "POST", f"{RULES}{rule_id}/resume/", None
    yield "POST", f"{RULES}{rule_id}/test/", None
    yield "DELETE", f"{RULES}{rule_id}/", None
    yield "GET", f"{LISTS}{listed}/", None
    yield "POST", f"{LISTS}{listed}/", {"name": "Mine"}
    yield "GET", f"{LISTS}{listed}/entries/", None
    yield "POST", f"{LISTS}{listed}/entries/", {"entries": [{"kind": "hex", "value": "4B1801"}]}
    yield "POST", f"{LISTS}{listed}/import/", {"csv": "4B1801", "replace": True}
    yield "DELETE", f"{LISTS}{listed}/entries/{entry}/", None
    yield "DELETE", f"{LISTS}{listed}/", None
    yield "GET", f"{DESTINATIONS}{destination}/", None
    yield "POST", f"{DESTINATIONS}{destination}/", HOOK
    for act in ("secret", "enable", "disable", "test"):
        yield "POST", f"{DESTINATIONS}{destination}/{act}/", None
    yield "DELETE", f"{DESTINATIONS}{destination}/", None
    yield "GET", f"/api/alerts/{alert_id}/", None
    yield "POST", f"/api/alerts/deliveries/{delivery_id}/resend/", None


def test_every_route_that_takes_an_id_is_tried(two: Two) -> None:
    """A route that is added later must be added to `requests`."""
    takes_id = {
        (route.method, route.path)
        for resource in RESOURCES
        for route in resource.routes
        if route.path.startswith("/api/alerts/") and "<" in route.path
    }
    adapter = two.world.app.url_map.bind("localhost")
    tried = set()
    for method, path, _ in requests(two, "1", "1", "1", "1", ("a-1", "msg_1")):
        found, _ = adapter.match(path, method, return_rule=True)
        tried.add((method, found.rule))
    assert tried == takes_id


def sent(two: Two, method: str, path: str, body: object, token: str) -> tuple[int, str]:
    if method == "GET":
        answer = two.world.get(path, token)
    else:
        answer = delete(two.world, path, token) if method == "DELETE" else two.world.post(path, body, token)
    return answer.status_code, answer.text


def test_an_id_of_somebody_elses_is_answered_like_one_that_does_not_exist(two: Two) -> None:
    hers = requests(two, two.rule, two.listed, two.entry, two.destination, ("a-0001", "msg_0001"))
    nobodys = requests(two, "999", "999", "999", "999", ("a-9999", "msg_9999"))
    for (method, path, body), (_, other, _) in zip(hers, nobodys, strict=True):
        answer = sent(two, method, path, body, two.bob)
        assert answer[0] == 404, (method, path)
        assert answer == sent(two, method, other, body, two.bob), path
        assert SECRET not in answer[1]
    assert two.hers() == two.before


def test_an_administrator_reads_no_more(two: Two) -> None:
    boss = two.world.key("boss", "admin")
    for method, path, body in requests(two, two.rule, two.listed, two.entry, two.destination, ("a-0001", "msg_0001")):
        assert sent(two, method, path, body, boss)[0] == 404, path
    assert two.hers() == two.before


@pytest.mark.parametrize(
    "path", [RULES, LISTS, DESTINATIONS, "/api/alerts/", "/api/alerts/deliveries/", "/api/alerts/export.csv"]
)
def test_lists_and_exports_have_only_ones_own_whatever_is_asked(two: Two, path: str) -> None:
    who = ("owner", "owner_id", "user", "user_id")
    queries = [f"?{name}={two.ann_id}" for name in who] + ["?user=ann", "?limit=500", "?sky=live", "?search=hush"]
    queries += [f"?rule_id={two.rule}", f"?destination_id={two.destination}", "?alert_id=a-0001", "?hex=4B0001", "?state=dead"]
    for query in queries:
        assert two.read(path + query, two.bob) == set(), query
    assert SECRET in two.read(path, two.ann)


@pytest.mark.parametrize(
    ("path", "name"), [("/api/alerts/", "alerts"), ("/api/alerts/deliveries/", "deliveries"), (RULES, "rules")]
)
def test_a_cursor_of_somebody_elses_leads_to_ones_own_rows(two: Two, path: str, name: str) -> None:
    made(two.world, RULES, rule("Another"), two.ann)
    cursor = two.world.get(f"{path}?limit=1", two.ann).json["next_cursor"]
    assert cursor is not None
    answer = two.world.get(f"{path}?cursor={cursor}", two.bob)
    assert (answer.status_code, answer.json[name]) == (200, [])


def test_a_rule_or_preview_names_nobody_elses_watchlist_or_destination(two: Two) -> None:
    own = made(two.world, RULES, rule("Mine"), two.bob)["id"]
    for path in (RULES, f"{RULES}preview/", f"{RULES}{own}/"):
        for listed, destination in ((two.listed, two.destination), ("999", "999")):
            answer = two.world.post(path, rule("x", watched(listed), destinations=[destination]), two.bob)
            assert answer.status_code == 400
            assert answer.json["error"]["fields"] == {
                "match.all[0].value": "you have no watchlist with this id",
                "destinations[0]": "you have no destination with this id",
            }
    assert two.world.get(f"{RULES}{own}/", two.bob).json["document"]["name"] == "Mine"


def test_the_sandbox_of_the_same_user_has_its_own(two: Two) -> None:
    test_key = two.world.key("ann", kind="test")
    for path, name in ((RULES, "rules"), (LISTS, "watchlists"), (DESTINATIONS, "destinations"), ("/api/alerts/", "alerts")):
        assert two.world.get(path, test_key).json[name] == []
    for method, path, body in requests(two, two.rule, two.listed, two.entry, two.destination, ("a-0001", "msg_0001")):
        assert sent(two, method, path, body, test_key)[0] == 404, path
    sandbox = made(two.world, RULES, rule("Sandbox"), test_key)["id"]
    assert two.world.get(f"{RULES}{sandbox}/", two.ann).status_code == 404
    keep(two.world, alert(two.ann_id, 9), sky="sandbox")
    assert [one["id"] for one in two.world.get("/api/alerts/", test_key).json["alerts"]] == ["a-0009"]
    assert two.hers() == two.before


def test_what_a_key_makes_is_its_users(two: Two) -> None:
    other_key = two.world.key("ann")
    assert two.world.get(f"{RULES}{two.rule}/", other_key).status_code == 200
    assert two.world.get(f"{RULES}{two.rule}/", two.world.jwt("ann")).status_code == 200


def test_a_key_that_is_narrowed_reads_or_changes_only_that(two: Two) -> None:
    reads = two.world.key("ann", scopes=["alerts.view"])
    assert two.world.get(f"{RULES}{two.rule}/", reads).status_code == 200
    for method, path, body in requests(two, two.rule, two.listed, two.entry, two.destination, ("a-0001", "msg_0001")):
        assert sent(two, method, path, body, reads)[0] == (200 if method == "GET" else 403), path
    writes = two.world.key("ann", scopes=["alerts.edit"])
    for method, path, body in requests(two, two.rule, two.listed, two.entry, two.destination, ("a-0001", "msg_0001")):
        assert sent(two, method, path, body, writes)[0] == 403, path
    assert two.hers() == two.before


@pytest.mark.parametrize("mode", ["public", "hybrid", "private"])
def test_an_anonymous_client_is_refused_in_every_mode(two: Two, mode: str) -> None:
    two.world.choose(AUTH_MODE=mode, FEATURE_ACCESS={"alerts": "authenticated"})
    for method, path, body in requests(two, two.rule, two.listed, two.entry, two.destination, ("a-0001", "msg_0001")):
        answer = two.world.client.open(path, method=method, json=body)
        assert answer.status_code == 401, path
    for path in (RULES, LISTS, DESTINATIONS, "/api/alerts/", "/api/alerts/deliveries/", "/api/alerts/export.csv"):
        assert two.world.get(path).status_code == 401, path


def test_a_viewer_reads_and_changes_nothing(world: World) -> None:
    viewer = world.key("vic", "viewer")
    assert world.get(RULES, viewer).json["rules"] == []
    assert world.post(RULES, rule(), viewer).status_code == 403
    assert world.post(f"{RULES}preview/", rule(), viewer).status_code == 403
    assert world.post(DESTINATIONS, HOOK, viewer).status_code == 403
    world.skyspy.refusals.flush()
    assert world.log("access.refused")


# -- what operators see ---------------------------------------------------------------------------


def test_an_operator_of_users_sees_numbers_of_others_and_nothing_else(two: Two) -> None:
    world = two.world
    now = world.clock.wall()
    keep(world, alert(two.ann_id, 5, triggered_at=now - 10))
    assert world.get("/api/alerts/counts/", two.bob).status_code == 403
    answer = world.get("/api/alerts/counts/", world.key("boss", "admin"))
    assert SECRET not in answer.text
    (row,) = answer.json["users"]
    assert row | {"latest": None} == {
        "user_id": two.ann_id, "user": "ann", "rules": 1, "watchlists": 1, "destinations": 1, "alerts_last_day": 1, "latest": None,
    }  # fmt: skip
    assert row["latest"] is not None


def test_the_audit_log_has_every_change_and_nothing_of_what_it_is_about(two: Two) -> None:
    world = two.world
    world.post(f"{RULES}{two.rule}/", rule(SECRET, watched(two.listed)), two.ann)
    world.post(f"{DESTINATIONS}{two.destination}/secret/", None, two.ann)
    world.post(f"{DESTINATIONS}{two.destination}/", HOOK | {"url": "https://hooks.example.com/hush"}, two.ann)
    world.post("/api/alerts/deliveries/msg_0001/resend/", None, two.ann)
    delete(world, f"{LISTS}{two.listed}/entries/{two.entry}/", two.ann)
    found = [row for row in world.log() if row.action.partition(".")[0] in ("rule", "watchlist", "destination", "delivery")]
    assert [row.action for row in reversed(found)] == [
        "watchlist.create", "destination.create", "rule.create", "rule.change", "destination.renew-secret", "destination.change",
        "delivery.resend", "watchlist.change",
    ]  # fmt: skip
    assert all(row.actor == "ann / test" for row in found)
    for word in (SECRET, "whsec", "hooks.example", "4B1800"):
        assert word not in str(world.log())


# -- the end of a user ----------------------------------------------------------------------------


def test_deleting_a_user_ends_rules_lists_destinations_alerts_and_deliveries(two: Two) -> None:
    change(two.world.skyspy, users.remove, two.ann_id, OPERATOR)
    two.world.skyspy.history.apply_deletions()
    assert two.world.get(RULES, two.ann).status_code == 401
    ghost = Caller(Principal("user", two.ann_id, "ann", "operator", frozenset({"alerts.view", "alerts.edit"})))
    assert alert_log.page(two.world.skyspy, ghost, AlertRequest()).alerts == []
    assert two.world.get("/api/alerts/counts/", two.world.key("boss", "admin")).json["users"] == []

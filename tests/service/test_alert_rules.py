"""Claims about alert rules over HTTP and Socket.IO, and about the rules that run."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from skyspy.api.alert_models import Rule, RulePage
from skyspy.auth.principal import Principal
from skyspy.permissions import VIEWS
from skyspy.services import alert_rules as services
from skyspy.services.caller import Caller, Refused
from skyspy.services.running_rules import loaded_rules
from skyspy.sky.alerts import RunningRules
from skyspy.store import alert_rules, keys, roles, users
from skyspy.store.owned import Owner
from skyspy.store.schema import ALERT_RULES
from tests.support.alert_site import DESTINATIONS, HOOK, LISTS, RULES, delete, made, rule, watched
from tests.support.api_client import error_of
from tests.support.databases import change
from tests.support.peers import ask
from tests.support.world import OPERATOR, World


@pytest.fixture
def ann(world: World) -> str:
    return world.key("ann", "operator")


def running(world: World, sky: str = "live") -> RunningRules:
    settings = world.skyspy.settings.fresh(0.0)
    return world.store.read(loaded_rules, settings, sky, lambda _: True, world.clock.wall())


def test_a_rule_is_made_read_changed_paused_resumed_and_deleted(world: World, ann: str) -> None:
    document = rule("  Military, low ", {"all": [{"field": "alt_baro", "op": "lt", "value": 3000}]}, message="{flight}")
    found = made(world, RULES, document, ann)
    msgspec.convert(found, Rule)
    assert (found["name"], found["state"], found["version"]) == ("Military, low", "on", 1)
    one = f"{RULES}{found['id']}/"
    assert world.get(one, ann).json == found
    again = world.post(one, found["document"], ann).json
    assert (again["document"], again["version"]) == (found["document"], 2)
    assert world.post(f"{one}pause/", None, ann).json["state"] == "paused"
    assert world.get(one, ann).json["document"]["paused"] is True
    assert world.post(f"{one}resume/", None, ann).json["state"] == "on"
    assert world.post(one, found["document"] | {"version": 2}, ann).status_code == 409
    assert world.post(one, found["document"] | {"version": 4}, ann).json["version"] == 5
    assert delete(world, one, ann).status_code == 204
    assert error_of(world.get(one, ann)) == (404, "not_found")


def test_every_bad_field_is_named_by_its_path(world: World, ann: str) -> None:
    document = rule("", {"any": [{"field": "gs", "op": "gt", "value": "fast"}, {"field": "sonar", "op": "is", "value": 1}]})
    answer = world.post(RULES, document | {"cooldown_s": -1}, ann)
    assert error_of(answer) == (400, "invalid")
    assert {"name", "match.any[0].value", "match.any[1].field", "cooldown_s"} <= set(answer.json["error"]["fields"])
    assert world.post(RULES, {"name": "x"}, ann).json["error"]["fields"] == {"match": "is missing"}
    assert "colour" in world.post(RULES, rule() | {"colour": "red"}, ann).json["error"]["fields"]


def test_rules_are_listed_in_pages_the_oldest_first(world: World, ann: str) -> None:
    names = [made(world, RULES, rule(f"Rule {number}"), ann)["name"] for number in range(5)]
    cursor, found = "", []
    for _ in range(3):
        page = world.get(f"{RULES}?limit=2{cursor}", ann).json
        msgspec.convert(page, RulePage)
        assert (page["total"], page["count"]) == (5, len(page["rules"]))
        found += [one["name"] for one in page["rules"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert (found, page["next_cursor"]) == (names, None)
    assert world.get(f"{RULES}?cursor=x", ann).status_code == 400


def test_a_rule_that_expired_says_so(world: World, ann: str) -> None:
    document = rule(expires="2020-01-01T00:00:00Z")
    assert made(world, RULES, document, ann)["state"] == "expired"


def test_a_rule_that_this_version_cannot_read_is_listed_and_does_not_run(world: World, ann: str) -> None:
    made(world, RULES, rule("Good"), ann)
    bad = made(world, RULES, rule("Bad"), ann)["id"]
    later = rule("Bad", {"all": [{"field": "mood", "op": "is", "value": "calm"}]})

    def damage(connection: Any) -> None:
        row = ALERT_RULES.update().where(ALERT_RULES.c.id == int(bad))
        connection.execute(row.values(document=msgspec.json.encode(later).decode()))

    world.store.write(damage)
    assert [one["state"] for one in world.get(RULES, ann).json["rules"]] == ["on", "damaged"]
    assert [one.rule.name for one in running(world).rules] == ["Good"]


# -- on a socket ----------------------------------------------------------------------------------


def test_requests_of_a_socket_answer_as_http_does(world: World, ann: str) -> None:
    peer = world.peer().join("/", {"token": ann})
    found = ask(peer, "alert-rule-create", rule=rule())
    assert world.get(f"{RULES}{found['id']}/", ann).json == found
    changed = ask(peer, "alert-rule-update", id=found["id"], rule=rule("Other"), version=1)
    assert (changed["name"], changed["version"]) == ("Other", 2)
    page = ask(peer, "alert-rules", limit=1)
    assert page == world.get(f"{RULES}?limit=1", ann).json | {"timestamp": page["timestamp"]}
    made(world, LISTS, {"name": "Neighbours"}, ann)
    assert ask(peer, "watchlists")["watchlists"] == world.get(LISTS, ann).json["watchlists"]
    assert ask(peer, "alert-rule-delete", id=found["id"]) == {"id": found["id"], "deleted": True}
    assert ask(peer, "alert-rules")["rules"] == []


@pytest.mark.parametrize(
    ("kind", "params", "code"),
    [
        ("alert-rule-create", {"rule": rule("")}, "bad_payload"),
        ("alert-rule-create", {"rule": "x"}, "bad_payload"),
        ("alert-rule-create", {"rule": rule(), "owner": 1}, "bad_payload"),
        ("alert-rule-update", {"id": "999", "rule": rule()}, "not_found"),
        ("alert-rule-update", {"id": 999, "rule": rule()}, "bad_payload"),
        ("alert-rule-delete", {"id": "x"}, "not_found"),
        ("alert-rules", {"cursor": "x"}, "bad_payload"),
        ("watchlists", {"limit": 0}, "bad_payload"),
        ("alerts", {"owner_id": 1}, "bad_payload"),
    ],
)
def test_a_bad_request_of_a_socket_is_refused(world: World, ann: str, kind: str, params: dict[str, Any], code: str) -> None:
    peer = world.peer().join("/", {"token": ann})
    assert ask(peer, kind, **params)["code"] == code


# -- what runs ------------------------------------------------------------------------------------


def test_a_rule_runs_with_its_watchlist_its_destinations_and_the_permissions_of_its_owner(world: World, ann: str) -> None:
    listed = made(world, LISTS, {"name": "N", "entries": [{"kind": "registration", "value": "hb-iju"}]}, ann)["id"]
    destination = made(world, DESTINATIONS, HOOK, ann)["id"]
    found = made(world, RULES, rule("Seen", watched(listed), destinations=[destination]), ann)
    made(world, LISTS, {"name": "Of one without rules"}, world.key("bob", "operator"))
    run = running(world)
    (owned,), (watchlist,) = run.rules, run.watchlists
    assert (owned.id, owned.owner_id, owned.version, owned.exact_place) == (found["id"], world.user("ann"), 1, True)
    assert owned.may >= {"aircraft.view", "safety.view", "history.view"}
    assert "settings.manage" not in owned.may
    assert (watchlist.id, watchlist.entries[0].value) == (listed, "HBIJU")
    assert {name: one.kind for name, one in run.destinations.items()} == {destination: "webhook"}


@pytest.mark.parametrize("change_it", ["disable", "role", "delete", "pause", "remove", "expire"])
def test_rules_end_with_what_their_owner_may(world: World, ann: str, change_it: str) -> None:
    user, found = world.user("ann"), made(world, RULES, rule(expires="2090-01-01T00:00:00Z"), ann)["id"]
    made(world, DESTINATIONS, HOOK, ann)
    assert len(running(world).rules) == len(running(world).destinations) == 1
    acts = {
        "disable": lambda: change(world.skyspy, users.set_disabled, user, True, OPERATOR),
        "role": lambda: change(world.skyspy, users.set_role, user, "viewer", OPERATOR),
        "delete": lambda: change(world.skyspy, users.remove, user, OPERATOR),
        "pause": lambda: world.post(f"{RULES}{found}/pause/", None, ann),
        "remove": lambda: delete(world, f"{RULES}{found}/", ann),
        "expire": lambda: world.clock.pass_by(1e10),
    }
    acts[change_it]()
    assert running(world) == RunningRules([], [], {})


@pytest.mark.parametrize("lost", ["alerts.view", "alerts.edit"])
def test_a_role_that_loses_a_permission_of_alerts_ends_the_rules_of_its_users(world: World, lost: str) -> None:
    world.choose(FEATURE_ACCESS={"alerts": "permission"})
    change(world.skyspy, roles.create, "watcher", frozenset({"alerts.view", "alerts.edit", "aircraft.view"}), "", OPERATOR)
    made(world, RULES, rule(), world.key("wes", "watcher"))
    (owned,) = running(world).rules
    assert "audio.view" not in owned.may
    change(world.skyspy, roles.change, "watcher", frozenset({"alerts.view", "alerts.edit"} - {lost}), None, OPERATOR)
    assert running(world).rules == []


def test_a_rule_that_a_narrowed_key_has_saved_has_no_more_than_the_key(world: World, ann: str) -> None:
    narrow = world.key("ann", scopes=["alerts.view", "alerts.edit", "aircraft.view"])
    found = made(world, RULES, rule("Narrow"), narrow)["id"]
    assert running(world).rules[0].may == {"alerts.view", "alerts.edit", "aircraft.view"}
    world.post(f"{RULES}{found}/pause/", None, ann)
    world.post(f"{RULES}{found}/resume/", None, ann)
    assert running(world).rules[0].may < VIEWS | {"alerts.edit"}, "pausing is no review of what it may"
    world.post(f"{RULES}{found}/", rule("Wide"), ann)
    assert "safety.view" in running(world).rules[0].may
    world.post(f"{RULES}{found}/", rule("Narrow again"), narrow)
    assert "safety.view" not in running(world).rules[0].may


def test_rules_of_the_sandbox_run_there_alone_and_never_with_permissions_of_operators(world: World) -> None:
    made(world, RULES, rule(), world.key("boss", "admin", kind="test"))
    assert running(world).rules == []
    (owned,) = running(world, "sandbox").rules
    assert not owned.may & {"settings.manage", "users.manage"}


def test_a_change_is_followed_at_once(world: World, ann: str) -> None:
    monitor = world.skyspy.alerts["live"]
    world.watcher.on_version("rules", monitor.follow)
    made(world, RULES, rule(), ann)
    world.watcher.poll()
    assert monitor.rules == 1
    change(world.skyspy, users.set_disabled, world.user("ann"), True, OPERATOR)
    world.clock.pass_by(1.0)
    world.watcher.poll()
    assert monitor.rules == 0


def test_two_hundred_rules_are_the_most(world: World, ann: str) -> None:
    made(world, RULES, rule(), ann)

    def copies(connection: Any) -> None:
        row = dict(connection.execute(ALERT_RULES.select()).mappings().one())
        del row["id"]
        connection.execute(ALERT_RULES.insert(), [row] * (alert_rules.NOUN.most - 1))

    world.store.write(copies)
    assert world.post(RULES, rule(), ann).status_code == 409
    assert len(running(world).rules) == 200


def test_a_key_that_ends_leaves_the_rules_it_made(world: World, ann: str) -> None:
    key = world.made_key("ann")
    made(world, RULES, rule(), key.text)
    change(world.skyspy, keys.revoke, key.key.id, OPERATOR)
    assert len(running(world).rules) == 1


@pytest.mark.parametrize("lost", ["alerts.view", "alerts.edit"])
def test_who_lost_a_permission_since_the_request_was_admitted_changes_nothing(world: World, lost: str) -> None:
    world.choose(FEATURE_ACCESS={"alerts": "permission"})
    both = frozenset({"alerts.view", "alerts.edit"})
    change(world.skyspy, roles.create, "watcher", both, "", OPERATOR)
    user = world.user("wes", "watcher")
    admitted = Caller(Principal("user", user, "wes", "watcher", both))
    change(world.skyspy, roles.change, "watcher", both - {lost}, None, OPERATOR)
    with pytest.raises(Refused) as refused:
        services.create(world.skyspy, admitted, rule())
    assert refused.value.code == "permission_denied"
    assert world.store.read(alert_rules.page, Owner(user, "live")) == []

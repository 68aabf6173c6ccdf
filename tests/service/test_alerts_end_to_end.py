"""Claims about alerts in a whole server whose loops a test runs: from a rule over REST and a receiver's report to sockets and outbox."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.notify.destination import Destination, Message, Outcome
from skyspy.services.health_alerts import alerts as health
from skyspy.services.health_alerts import deliveries as health_of_deliveries
from skyspy.store import users
from skyspy.store.history import outbox
from skyspy.store.history.outbox import DeliverySearch
from tests.support.databases import change
from tests.support.world import OPERATOR, World

MATCH = {"all": [{"field": "squawk", "op": "is", "value": "7700"}]}
NEAR = {"all": [{"field": "distance_nm", "op": "lt", "value": 30}]}
HOOK = {"name": "Hook", "kind": "webhook", "url": "http://127.0.0.1:9/"}


def make(world: World, path: str, body: object, token: str) -> dict[str, Any]:
    answer = world.post(path, body, token)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def rule(world: World, token: str, **more: object) -> str:
    made = make(world, "/api/alerts/rules/", {"name": "Mine", "match": MATCH, **more}, token)
    return str(made["id"])


def look(world: World, sky: str = "live", seconds: int = 1) -> None:
    """What the loops of this sky do in so many seconds."""
    for _ in range(seconds):
        world.clock.pass_by(1.0)
        world.skyspy.alerts[sky].follow(world.settings.fresh())
        world.skyspy.skies[sky].tick()
        world.skyspy.safety[sky].run()
        world.skyspy.alerts[sky].run()


def deliveries(world: World, sky: str = "live") -> list[outbox.Delivery]:
    found = world.skyspy.histories[sky].read(outbox.page, world.user(), DeliverySearch(), None, 100)
    return list(reversed(found))


def test_an_alert_goes_to_the_sockets_of_the_rules_owner_and_into_the_outbox(world: World) -> None:
    token, other = world.key(), world.key("bob", "operator")
    mine, theirs, nobody = (world.peer().join("/", {"token": one} if one else None) for one in (token, other, None))
    for peer in (mine, theirs, nobody):
        peer.tell("subscribe", {"topics": "all"})
    destination = make(world, "/api/alerts/destinations/", HOOK, token)["id"]
    made = rule(world, token, destinations=[destination])
    look(world)
    world.hear("4B1805", squawk="7700")
    look(world)
    [alert] = mine.got("alert:triggered")
    assert (alert["rule_id"], alert["hex"], alert["aircraft"]["squawk"]) == (made, "4B1805", "7700")
    assert theirs.got("alert:triggered") == nobody.got("alert:triggered") == []
    [delivery] = deliveries(world)
    assert (delivery.state, delivery.data["id"], str(delivery.destination_id)) == ("pending", alert["id"], destination)
    assert world.get(f"/api/alerts/{alert['id']}/", token).json["message"] == alert["message"]
    assert world.get(f"/api/alerts/{alert['id']}/", other).status_code == 404
    look(world, seconds=5)
    assert len(mine.got("alert:triggered")) == 1, "the match goes on"


def test_a_rule_of_the_sandbox_alerts_of_simulated_traffic_and_is_not_delivered(world: World) -> None:
    token = world.key(kind="test")
    mine = world.peer().join("/", {"token": token})
    mine.tell("subscribe", {"topics": "alerts"})
    destination = make(world, "/api/alerts/destinations/", HOOK | {"url": "https://hooks.example.org/"}, token)["id"]
    rule(world, token, destinations=[destination])
    rule(world, world.key())
    world.hear("4B1805", sky="sandbox", squawk="7700")
    look(world, "sandbox")
    look(world, "live")
    [alert] = mine.got("alert:triggered")
    assert alert["hex"] == "4B1805"
    assert deliveries(world, "sandbox") == deliveries(world) == []


def test_a_rule_that_is_changed_paused_or_deleted_is_followed_and_so_is_its_owner(world: World) -> None:
    token = world.key("bob", "operator")
    made = rule(world, token)
    running = world.skyspy.alerts["live"]
    for act, expected in (
        (lambda: None, 1),
        (lambda: world.post(f"/api/alerts/rules/{made}/pause/", {}, token), 0),
        (lambda: world.post(f"/api/alerts/rules/{made}/resume/", {}, token), 1),
        (lambda: change(world.skyspy, users.set_role, world.user("bob"), "viewer", OPERATOR), 0),
        (lambda: change(world.skyspy, users.set_role, world.user("bob"), "operator", OPERATOR), 1),
        (lambda: change(world.skyspy, users.set_disabled, world.user("bob"), True, OPERATOR), 0),
    ):
        act()
        look(world)
        assert running.rules == expected


def test_the_preview_names_the_aircraft_that_match_now(world: World) -> None:
    token = world.key()
    world.hear("4B1805", squawk="7700")
    world.hear("4B1806")
    look(world)
    for match, expected in ((MATCH, ["4B1805"]), (NEAR, ["4B1805", "4B1806"])):
        answer = world.post("/api/alerts/rules/preview/", {"name": "Mine", "match": match}, token)
        assert (answer.status_code, answer.json["hexes"]) == (200, expected)


def test_what_is_stored_is_sent_by_the_deliverer_and_health_counts_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    token = world.key()
    destination = make(world, "/api/alerts/destinations/", HOOK, token)["id"]
    rule(world, token, destinations=[destination])
    deliverer, sent = world.skyspy.deliverers["live"], list[tuple[Destination, Message]]()
    woken: list[bool] = []
    monkeypatch.setattr(deliverer.loop, "wake", lambda: woken.append(True))
    monkeypatch.setattr(
        type(world.skyspy.senders), "send", lambda _self, to, message: sent.append((to, message)) or Outcome(ok=True)
    )
    deliverer.round()
    look(world)
    world.hear("4B1805", squawk="7700")
    look(world)
    assert woken, "what was stored is sent at once"
    deliverer.round()
    while deliverer.under_way:
        world.clock.sleep(0.0)
    [(to, message)] = sent
    assert (str(to.id), to.secrets["url"], message.data["hex"]) == (destination, HOOK["url"], "4B1805")
    assert [one.state for one in deliveries(world)] == ["sent"]
    values = {line.title: line.values[0].value for line in health(world.skyspy).lines}
    assert (values["Rules that run"], values["Alerts made"]) == (1, 1)
    part = health_of_deliveries(world.skyspy)
    assert part is not None
    assert part.lines[0].values[0].value == 1

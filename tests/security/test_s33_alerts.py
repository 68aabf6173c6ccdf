"""S33: what is personal stays with its owner. Alerts: another user, and a client that is nobody, try every way to read them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from skyspy.store import users
from skyspy.store.history import alerts
from skyspy.store.history.alerts import AlertSearch
from tests.security.asking import ask
from tests.support.databases import change
from tests.wire.alerting import Ear, Site, emergencies, site_on, squawking
from tests.wire.serving import OPERATOR, Server, eventually

SECRET = "Nobody else may read this"
"""In the rule's name, and so in every alert and delivery."""
QUIET_S = 2.0


class Scene:
    """Ann has a rule with an alert and a delivery, in two processes. `bob` is another user with a rule of his own that matches nothing."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.writer, self.other = site.start(), site.start()
        assert eventually(lambda: "the history is written by" in self.other.log())
        site.operator.choose(SOCKET_EVENTS_BURST=10_000, SOCKET_EVENTS_PER_SECOND=1000)
        self.owner = site.operator.user("ann")
        self.destination = site.webhook(self.writer)
        self.rule = site.make(self.writer, "ann", "/api/alerts/rules/", emergencies(self.destination, name=SECRET))["id"]
        nothing = emergencies() | {"match": {"all": [{"field": "squawk", "op": "is", "value": "7500"}]}}
        site.make(self.writer, "bob", "/api/alerts/rules/", nothing)
        self.hers = site.listen(self.other, "ann")
        self.others = [site.listen(server, name) for server in (self.writer, self.other) for name in ("bob", None)]
        self.trigger(5)
        assert eventually(lambda: site.hook.got)
        self.alert = self.hers.alerts[0]["id"]
        self.delivery = site.deliveries()[0].id

    def trigger(self, number: int) -> None:
        """An alert of ann's."""
        self.site.reporter.fly(squawking(number))
        assert eventually(lambda: f"4B18{number:02}" in [alert["hex"] for alert in self.hers.alerts])


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with site_on("sqlite", tmp_path_factory.mktemp("alerts")) as site:
        yield Scene(site)


def attempts(scene: Scene) -> Iterator[tuple[str, object]]:
    """Everything a client can send to be given what is another's."""
    owner, room = str(scene.owner), f"live.alerts.whole.exact.{scene.owner}"
    names: dict[str, object] = {
        "owner": owner, "owner_id": scene.owner, "user": "ann", "user_id": scene.owner, "room": room, "rooms": [room],
        "rule_id": scene.rule, "id": scene.alert, "audience": "exact", "sky": "live", "principal": owner,
    }  # fmt: skip
    topics = [room, f"alerts.{owner}", f"alerts/{owner}", f"alerts?owner={owner}", "alerts", owner, "live.alerts.whole.exact"]
    for topic in topics:
        yield "subscribe", {"topics": [topic], **names}
        yield "unsubscribe", {"topics": [topic], **names}
    for since in ({"epoch": room, "seq": 0}, {"epoch": owner, "seq": scene.owner}, {"owner": owner}):
        yield "subscribe", {"topics": ["alerts"], "since": since, "delta": True, **names}
    requests = (
        *("alerts", "alert", "alert-detail", "alert-rules", "alert-rule", "alert-preview", "watchlists", "alert-deliveries"),
        *("alert-rule-update", "alert-rule-delete", "alert-destinations", "alert-snapshot", "alert:snapshot", "alert:triggered"),
    )
    for kind in requests:
        for params in (names, {"id": scene.alert}, {"id": scene.rule}, {"rule_id": scene.rule}, {"owner": owner}, {}):
            yield "request", {"type": kind, "request_id": "r", "params": params}
    for event in ("alert:snapshot", "alert:triggered", "join", "room", "enter_room", room):
        yield event, names


def test_s33_no_event_room_since_or_request_gives_an_alert_to_another_client(scene: Scene) -> None:
    for ear in scene.others:
        for event, payload in attempts(scene):
            if event in ("subscribe", "unsubscribe", "request"):
                ear.call(event, payload)
            else:
                ear._io.emit(event, payload)
        ear.call("subscribe", {"topics": "all"})
    scene.trigger(6)
    time.sleep(QUIET_S)
    for ear in scene.others:
        assert reads(ear) == []
        assert ear.alerts == ear.shown == []
        assert len(ear.heard) > 50, "it was answered"
    assert [alert["hex"] for alert in scene.hers.alerts][-1] == "4B1806"


def reads(ear: Ear) -> list[object]:
    """What of ann's alerts came to this client."""
    return [(name, payload) for name, payload in ear.heard if SECRET in str(payload)]


def paths(scene: Scene) -> Iterator[tuple[str, str, object]]:
    """Every resource of alerts: the method, the path with what is ann's in it, and a body."""
    rule = emergencies(name="Taken over")
    for name, id_ in (("rules", scene.rule), ("destinations", scene.destination)):
        yield "GET", f"/api/alerts/{name}/", None
        yield "GET", f"/api/alerts/{name}/?owner={scene.owner}&owner_id={scene.owner}&user=ann", None
        yield "GET", f"/api/alerts/{name}/{id_}/", None
        yield "POST", f"/api/alerts/{name}/{id_}/test/", {}
        yield "POST", f"/api/alerts/{name}/{id_}/", rule
        yield "DELETE", f"/api/alerts/{name}/{id_}/", None
    yield "POST", f"/api/alerts/rules/{scene.rule}/pause/", {}
    yield "POST", f"/api/alerts/destinations/{scene.destination}/secret/", {}
    yield "POST", "/api/alerts/rules/", emergencies(scene.destination, name="To another's destination")
    for name in ("", "export.csv", "deliveries/", "watchlists/"):
        for query in ("", f"?owner={scene.owner}&owner_id={scene.owner}", f"?rule_id={scene.rule}", "?hex=4B1805"):
            yield "GET", f"/api/alerts/{name}{query}", None
    yield "GET", f"/api/alerts/{scene.alert}/", None
    yield "GET", f"/api/alerts/deliveries/?alert_id={scene.alert}&destination_id={scene.destination}", None
    yield "POST", f"/api/alerts/deliveries/{scene.delivery}/resend/", {}
    yield "GET", f"/api/alerts/export.csv?rule_id={scene.rule}", None


@pytest.mark.parametrize("who", ["bob", None])
def test_s33_no_resource_gives_or_changes_what_is_anothers(scene: Scene, who: str | None) -> None:
    token = None if who is None else scene.site.token(who)
    for server in (scene.writer, scene.other):
        for method, path, body in paths(scene):
            answer = ask(server, path, method=method, send=body, token=token)
            assert answer.status < 500, (method, path, answer.text)
            assert SECRET not in answer.text, (method, path)
            if who is None:
                assert answer.status in (401, 403), (method, path, answer.text)
    assert still_hers(scene, scene.other)


def still_hers(scene: Scene, server: Server) -> bool:
    """Whether ann's rule, destination and delivery are as they were."""
    status, rule = scene.site.send(server, "ann", f"/api/alerts/rules/{scene.rule}/")
    assert (status, rule["document"]["name"], rule["state"]) == (200, SECRET, "on")
    assert scene.site.send(server, "ann", f"/api/alerts/destinations/{scene.destination}/")[0] == 200
    return all(one.state == "sent" for one in scene.site.deliveries())


def test_s33_an_id_of_another_reads_like_one_that_does_not_exist(scene: Scene) -> None:
    def refused(path: str) -> tuple[int, Any]:
        status, body = scene.site.send(scene.writer, "bob", path)
        return status, body

    for hers, nobodys in (
        (f"/api/alerts/{scene.alert}/", "/api/alerts/a-00000000000000000000/"),
        (f"/api/alerts/rules/{scene.rule}/", "/api/alerts/rules/999999/"),
        (f"/api/alerts/destinations/{scene.destination}/", "/api/alerts/destinations/999999/"),
    ):
        assert refused(hers) == refused(nobodys)
        assert refused(hers)[0] == 404


def test_s33_alerts_of_a_user_who_is_disabled_or_deleted_end(scene: Scene) -> None:
    site = scene.site
    assert site.send(scene.writer, "ann", "/api/alerts/")[1]["count"] >= 1
    before = len(site.hook.got)
    bob = site.operator.user("bob")
    rule = emergencies(name="Bob's")
    site.make(scene.writer, "bob", "/api/alerts/rules/", rule)
    ear = scene.others[0]
    assert eventually(lambda: ear.alerts)
    assert {alert["rule_name"] for alert in ear.alerts} == {"Bob's"}
    change(site.operator, users.set_disabled, bob, True, OPERATOR)
    assert eventually(lambda: not ear._io.connected)
    scene.trigger(7)
    assert stored(site, bob) == ["4B1805", "4B1806"], "the rules of a user who is disabled do not run"
    change(site.operator, users.remove, bob, OPERATOR)
    assert eventually(lambda: stored(site, bob) == [])
    assert eventually(lambda: len(site.hook.got) > before), "hers go on"


def stored(site: Site, owner: int) -> list[str | None]:
    """The aircraft of a user's stored alerts, in order."""
    with site.history() as history:
        found = history.read(alerts.page, owner, AlertSearch(), None, 500)
    return sorted(alert.hex for alert in found)

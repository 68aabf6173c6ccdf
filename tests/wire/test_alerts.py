"""Alerts from a rule made over REST and a receiver's report to its owner's sockets and webhook: in every process, once, over kills."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.databases import KINDS
from tests.wire.alerting import Site, emergencies, site_on, squawking
from tests.wire.serving import eventually

TAKEOVER_S = 30.0
QUIET_S = 3.0
"""So long it is waited for what should not come."""
FIELDS = {
    *("id", "rule_id", "rule_name", "hex", "callsign", "message", "matched", "aircraft", "suppressed", "notify", "held_until"),
    "timestamp",
}


def arrives(site: Site, hex_: str) -> bool:
    """Whether the aircraft's alert arrives at each of ann's clients."""
    return eventually(lambda: all(hex_ in [alert["hex"] for alert in ear.alerts] for ear in site.ears))


@pytest.mark.parametrize("kind", KINDS)
def test_an_alert_arrives_once_in_both_processes_and_at_its_webhook_and_not_again_after_kills_and_takeovers(
    kind: str, tmp_path: Path
) -> None:
    with site_on(kind, tmp_path) as site:
        writer, other = site.start(), site.start()
        here, there = site.listen(writer, "ann"), site.listen(other, "ann")
        assert eventually(lambda: "the history is written by" in other.log())
        # Made in the process that does not run rules.
        rule = site.make(other, "ann", "/api/alerts/rules/", emergencies(site.webhook(other)))
        site.reporter.fly(squawking(5), squawking(9, "1000"))
        began = time.monotonic()
        assert arrives(site, "4B1805")
        [alert] = here.alerts
        print(f"{kind}: the alert arrived after {time.monotonic() - began:.2f} s")
        assert set(alert) == FIELDS
        assert (alert["rule_id"], alert["rule_name"], alert["callsign"]) == (rule["id"], "Emergencies", "SWR5")
        assert (alert["aircraft"]["squawk"], alert["matched"][0]["field"]) == ("7700", "squawk")
        assert there.alerts == [alert]
        assert eventually(lambda: site.hook.got)
        [sent] = site.hook.got
        assert sent.body["data"]["id"] == alert["id"]
        assert eventually(lambda: [one.state for one in site.deliveries()] == ["sent"])

        # The writer is killed, another takes over: the match goes on, and nothing is made or sent again.
        writer.kill()
        assert eventually(lambda: "this process writes the history" in other.log(), TAKEOVER_S)
        site.reporter.fly(squawking(6))
        assert eventually(lambda: len(there.alerts) == 2)
        again = site.start()
        back = site.listen(again, "ann")
        assert [shown["hex"] for shown in back.shown] == ["4B1806", "4B1805"]
        other.kill()
        assert eventually(lambda: "this process writes the history" in again.log(), TAKEOVER_S)
        site.reporter.fly(squawking(7))
        assert eventually(lambda: back.alerts)
        time.sleep(QUIET_S)
        assert [found["hex"] for found in back.alerts] == ["4B1807"]
        assert [found["hex"] for found in there.alerts] == ["4B1805", "4B1806"]
        assert eventually(lambda: len(site.hook.got) == 3)
        assert [one.body["data"]["hex"] for one in site.hook.got] == ["4B1805", "4B1806", "4B1807"]
        assert len(set(site.hook.ids)) == 3


def test_what_triggered_before_a_kill_is_delivered_after_it_once_and_in_order(tmp_path: Path) -> None:
    with site_on("sqlite", tmp_path) as site:
        server = site.start()
        site.listen(server, "ann")
        site.make(server, "ann", "/api/alerts/rules/", emergencies(site.webhook(server)))
        site.hook.status = 500
        site.reporter.fly(squawking(5))
        assert arrives(site, "4B1805")
        site.reporter.fly(squawking(6))
        assert arrives(site, "4B1806")
        assert eventually(lambda: site.hook.got)
        server.kill()
        assert {one.state for one in site.deliveries()} == {"pending"}
        first, site.hook.status = site.hook.ids[0], 204
        site.hook.got.clear()
        site.start()
        assert eventually(lambda: len(site.hook.got) == 2, 60)
        assert site.hook.ids[0] == first, "a receiver knows it by its id"
        assert [one.body["data"]["hex"] for one in site.hook.got] == ["4B1805", "4B1806"]
        assert eventually(lambda: {one.state for one in site.deliveries()} == {"sent"})

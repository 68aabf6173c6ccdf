"""Events of the sandbox that are made on request, from the POST to the sockets of two processes, and to nobody in the live sky."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.request
from typing import Any

from tests.wire.conflict import Client, waited
from tests.wire.serving import Operator, Server

SLOW_S = 4.0
"""By how much a machine that other work shares may be late."""


def asked(server: Server, path: str, key: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(server.url + path, data, headers), timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_requested_event_arrives_in_every_process_in_time_and_nobody_in_the_live_sky_sees_it(
    pair: tuple[Server, Server], boss: Operator
) -> None:
    test_key, live_key = boss.key("tess", kind="test"), boss.key("tess")
    here, there = pair
    with contextlib.ExitStack() as closing:
        sandboxes = [Client(server, test_key) for server in pair]
        lives = [Client(server, live_key) for server in pair]
        for client in (*sandboxes, *lives):
            closing.callback(client.close)
        at = time.monotonic()
        status, told = asked(here, "/api/sandbox/events/", test_key, {"type": "squawk_emergency", "squawk": "7600"})
        assert status == 201, told
        [aircraft] = told["aircraft"]

        def events(client: Client) -> list[dict[str, Any]]:
            found = client.named("event", "squawk_emergency")
            return [one.payload for one in found if one.payload["hex"] == aircraft["hex"]]

        within = told["expected_within_s"] + SLOW_S
        for client in sandboxes:
            assert waited(lambda client=client: events(client), at + within - time.monotonic()), "nothing arrived"
        took = time.monotonic() - at
        print(f"7600 was squawked in both processes {took:.1f} s after the request, {told['expected_within_s']} s were promised")
        for client in sandboxes:
            [event] = events(client)
            assert (event["callsign"], event["demo"], event["severity"]) == (aircraft["callsign"], True, "warning")
            assert event["details"]["squawk"] == "7600"
        assert asked(there, f"/api/aircraft/{aircraft['hex']}/", test_key)[0] == 200
        for server in pair:
            assert asked(server, f"/api/aircraft/{aircraft['hex']}/", live_key)[0] == 404
        for client in lives:
            seen = [*client.snapshots, *(one.payload for one in client.arrived)]
            assert aircraft["hex"] not in json.dumps(seen)


def test_a_live_key_makes_nothing_happen(pair: tuple[Server, Server], boss: Operator) -> None:
    status, refused = asked(pair[0], "/api/sandbox/events/", boss.key("tess"), {"type": "proximity"})
    assert (status, refused["error"]["code"]) == (403, "permission_denied")

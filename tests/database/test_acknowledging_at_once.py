"""Claims about two processes in which two people acknowledge one event at the same moment."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

from skyspy.server import Server
from skyspy.services import safety
from skyspy.services.safety import ACTION
from skyspy.store import audit
from skyspy.store.history import safety_events
from tests.database.test_races import at_once, caller, made
from tests.support.safety_events import an_event

TRIES = 6


def test_an_event_that_two_acknowledge_at_once_is_acknowledged_once_with_one_name_everywhere(two: tuple[Server, Server]) -> None:
    now = time.time()
    events = [replace(an_event(number), started=now, updated=now) for number in range(TRIES)]
    two[0].histories["live"].commit_now(safety_events.write_events, events)
    for server in two:
        server.safety["live"].run()
    people = [caller(server, made(server, name, "operator")) for server, name in zip(two, ("anna", "berta"), strict=True)]
    for event in events:
        acts = (partial(safety.acknowledge, server, who, event.id) for server, who in zip(two, people, strict=True))
        answers = at_once(*acts)
        names = {answer.acknowledged_by for answer in answers}
        assert len(names) == 1, "both are answered with who was first"
        assert names < {"anna", "berta"}
        stored = two[0].histories["live"].read(safety_events.one, event.id)
        assert stored is not None
        assert {(stored.acknowledged_by, stored.acknowledged_at)} == {
            (one.acknowledged_by, one.acknowledged_at) for one in answers
        }
        for server in two:
            server.safety["live"].run()
            [shown] = [one for one in server.safety["live"].events.open if one.id == event.id]
            assert {shown.acknowledged_by} == names, "what clients of either process are shown"
    logged = {row.object for row in two[0].store.read(audit.page, 200) if row.action == ACTION}
    assert logged == {f"event {event.id}" for event in events}

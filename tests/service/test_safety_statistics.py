"""Claims about the numbers of safety events: by type, severity and day."""

from __future__ import annotations

import msgspec
import pytest

from skyspy.api.safety_models import SafetyStatistics
from tests.support.api_client import error_of
from tests.support.peers import ask
from tests.support.safety_events import AT, an_event, keep
from tests.support.world import World

NOTE, STATS = "/api/safety/events/event-0/acknowledge/", "/api/safety/stats/"


def test_events_are_counted_by_type_severity_and_day(world: World) -> None:
    day = 86_400
    keep(
        world,
        an_event(0, resolved=AT + 30),
        an_event(1, resolved=AT + 91, severity="critical"),
        an_event(2, started=AT + 2 * day, updated=AT + 2 * day, hex="3C4DD2"),
        an_event(3, event_type="tcas_ra", started=AT - 60 * day, updated=AT - 60 * day),
    )
    world.post(NOTE, token=world.key("bo"))
    query = "from=2025-11-27T00:00:00Z&to=2025-11-30T00:00:00Z"
    found = world.get(f"{STATS}?{query}").json
    assert found == {
        "from": "2025-11-27T00:00:00.000Z",
        "to": "2025-11-30T00:00:00.000Z",
        "events": 3,
        "open": 1,
        "acknowledged": 1,
        "aircraft": 3,
        "mean_duration_s": 60.0,
        "longest_duration_s": 90.0,
        "open_now": 2,
        "by_type": [
            {"event_type": "proximity", "severity": "critical", "events": 1, "acknowledged": 0},
            {"event_type": "proximity", "severity": "warning", "events": 2, "acknowledged": 1},
        ],
        "by_day": [
            {"day": "2025-11-27", "events": 2},
            {"day": "2025-11-28", "events": 0},
            {"day": "2025-11-29", "events": 1},
        ],
        "timestamp": found["timestamp"],
    }
    msgspec.convert(found, SafetyStatistics)
    params = dict(word.split("=") for word in query.split("&"))
    assert ask(world.peer().join(), "safety-stats", **params) == found


def test_the_last_thirty_days_are_counted_where_no_time_is_given(world: World) -> None:
    now = world.clock.wall()
    keep(world, *(an_event(at, started=now - at * 86_400, updated=now) for at in (1, 29, 31)))
    found = world.get(STATS).json
    assert (found["events"], found["mean_duration_s"], len(found["by_day"])) == (2, None, 31)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2025-01-01T00:00:00Z&to=2024-01-01T00:00:00Z", "to"),
        ("from=2020-01-01T00:00:00Z&to=2024-01-01T00:00:00Z", "from"),
        ("from=0001-01-01T00:00:00Z", "from"),
        ("to=9999-12-31T23:59:59Z", "to"),
    ],
)
def test_a_time_that_cannot_be_counted_is_refused(world: World, query: str, field: str) -> None:
    answer = world.get(f"{STATS}?{query}")
    assert error_of(answer)[0] == 400
    assert field in answer.json["error"]["fields"]


def test_simulated_events_are_counted_in_the_sandbox_and_not_among_real_traffic(world: World) -> None:
    now = world.clock.wall()
    keep(world, an_event(started=now - 60, updated=now, demo=True), sky="sandbox")
    found = world.get(STATS, world.key(kind="test")).json
    assert (found["events"], found["open_now"], found["demo"]) == (1, 1, True)
    keep(world, an_event(1, started=now - 60, updated=now, demo=True))
    assert world.get(STATS).json["events"] == 0

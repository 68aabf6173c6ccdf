"""Safety events in the history of a server, and requests about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select

from skyspy.config import HISTORY_FILE
from skyspy.safety.events import SafetyEvent
from skyspy.store.history import safety_events
from skyspy.store.history.schema import SAFETY_EVENT
from tests.support.world import World

AT = 1_764_203_575.25
"""When the first event began: 2025-11-27T00:32:55.250Z."""


def an_event(number: int = 0, **more: Any) -> SafetyEvent:
    """The event with this number, which began so many seconds after AT."""
    values: dict[str, Any] = {
        "id": f"event-{number}",
        "event_type": "proximity",
        "key": f"pair {number}",
        "severity": "warning",
        "message": "SWR12 and EZY7 are 0.31 nm and 200 ft apart",
        "started": AT + number,
        "updated": AT + number + 5,
        "hex": "4B1805",
        "hex_2": "4B1806",
        "callsign": "SWR12",
        "callsign_2": "EZY7",
        "lat": 47.5,
        "lon": 8.25,
        "details": {"distance_nm": 0.31, "vertical_ft": 200, "sense": None},
    }
    return SafetyEvent(**values | more)


def keep(world: World, *events: SafetyEvent, sky: str = "live") -> None:
    """Write events into the history of a sky."""
    world.skyspy.histories[sky].commit_now(safety_events.write_events, events)


def kept(world: World, event_id: str, sky: str = "live") -> SafetyEvent:
    """An event as the history of a sky has it."""
    found = world.skyspy.histories[sky].read(safety_events.one, event_id)
    assert found is not None
    return found


def plant(instance: Path, *events: SafetyEvent) -> None:
    """Write events into the history file of an instance folder, beside a server that may run."""
    engine = create_engine(f"sqlite:///{instance / HISTORY_FILE}")
    with engine.begin() as connection:
        safety_events.write_events(connection, events)
    engine.dispose()


def acknowledged(instance: Path) -> list[tuple[str, str | None]]:
    """Who has acknowledged each event that was planted, by its id."""
    engine = create_engine(f"sqlite:///{instance / HISTORY_FILE}")
    columns = SAFETY_EVENT.c
    with engine.connect() as connection:
        query = select(columns.id, columns.acknowledged_by).where(columns.id.like("event-%")).order_by(columns.id)
        found = [(row.id, row.acknowledged_by) for row in connection.execute(query)]
    engine.dispose()
    return found

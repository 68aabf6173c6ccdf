"""Alerts and deliveries for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from skyspy.config import HISTORY_FILE
from skyspy.store.history import alerts, outbox
from skyspy.store.history.alerts import Alert
from skyspy.store.history.outbox import Delivery
from tests.support.history import Stores

DAY = 20_000 * 86_400.0


def alert(number: int = 1, **more: object) -> Alert:
    """The alert with this number, made so many seconds after DAY for the user 7."""
    values: dict[str, Any] = {
        "id": f"a-{number:04}",
        "owner_id": 7,
        "rule_id": 3,
        "rule_version": 1,
        "rule_name": "Low",
        "message": f"SWR{number} is low",
        "triggered_at": DAY + number,
        "matched_until": DAY + number,
        "hex": f"4B{number:04}",
        "callsign": f"SWR{number}",
        "matched": ({"field": "alt_baro", "op": "lt", "value": 2000, "actual": 1500},),
        "aircraft": {"hex": f"4B{number:04}", "alt_baro": 1500},
    }
    return Alert(**(values | more))


def delivery(number: int = 1, destination: int = 1, **more: object) -> Delivery:
    """The delivery with this number, of the alert with the same number."""
    values: dict[str, Any] = {
        "id": f"msg_{number:04}",
        "alert_id": f"a-{number:04}",
        "owner_id": 7,
        "destination_id": destination,
        "kind": "webhook",
        "title": "Low",
        "body": f"SWR{number} is low",
        "created_at": DAY + number,
        "next_try": DAY + number,
        "data": {"id": f"a-{number:04}"},
    }
    return Delivery(**(values | more))


def write(stores: Stores, *found: Alert, to: tuple[Delivery, ...] = ()) -> int:
    """Write these alerts and deliveries in one transaction."""
    return stores.history.commit_now(alerts.write_triggers, found, to)


def deliveries_of(stores: Stores, owner: int = 7) -> dict[str, Delivery]:
    """All deliveries of a user by id."""
    found = stores.history.read(outbox.page, owner, outbox.DeliverySearch(), None, 5000)
    return {one.id: one for one in found}


def plant_alerts(instance: Path, *found: Alert, to: tuple[Delivery, ...] = ()) -> None:
    """Write alerts and deliveries into the history file of an instance folder, beside a server that may run."""
    engine = create_engine(f"sqlite:///{instance / HISTORY_FILE}")
    with engine.begin() as connection:
        alerts.write_triggers(connection, found, to)
    engine.dispose()

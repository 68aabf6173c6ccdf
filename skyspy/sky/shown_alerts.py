"""Application: an alert as its owner sees it, and what is sent of it to a destination. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from skyspy.clock import iso
from skyspy.sky.audience import Payload
from skyspy.store.history.alerts import Alert
from skyspy.store.history.outbox import HELD, PENDING, Delivery, new_id

MAX_LINES = 20
"""Alerts that a summary names."""


def shown(alert: Alert) -> Payload:
    """The alert as it is sent to its owner; null where a value is not known. `held_until`: when the quiet hours end in which it was made."""
    sent: Payload = {
        "id": alert.id,
        "rule_id": str(alert.rule_id),
        "rule_name": alert.rule_name,
        "hex": alert.hex,
        "callsign": alert.callsign,
        "message": alert.message,
        "matched": list(alert.matched),
        "aircraft": None if alert.aircraft is None else dict(alert.aircraft),
        "suppressed": alert.suppressed,
        "notify": alert.notify,
        "held_until": None if alert.held_until is None else iso(alert.held_until),
        "timestamp": iso(alert.triggered_at),
    }
    return sent | {"demo": True} if alert.demo else sent


def deliveries_of(alert: Alert, destinations: Mapping[int, str]) -> list[Delivery]:
    """What is to be sent of an alert: one delivery to each of these destinations, whose kinds are given by id."""
    held, data = alert.held_until is not None, shown(alert)
    return [
        Delivery(
            id=new_id(),
            alert_id=alert.id,
            owner_id=alert.owner_id,
            destination_id=destination,
            kind=kind,
            title=alert.rule_name,
            body=alert.message,
            created_at=alert.triggered_at,
            data=data,
            state=HELD if held else PENDING,
            next_try=alert.triggered_at if alert.held_until is None else alert.held_until,
        )
        for destination, kind in destinations.items()
    ]


def summary_of(held: Sequence[Delivery], now: float) -> Delivery:
    """One delivery for several that were held in quiet hours, all to one destination, the oldest first. `now`: wall seconds."""
    lines = [f"{one.title}: {one.body}" for one in held[:MAX_LINES]]
    if len(held) > MAX_LINES:
        lines.append(f"and {len(held) - MAX_LINES} more")
    first = held[0]
    return Delivery(
        id=new_id(),
        alert_id=None,
        owner_id=first.owner_id,
        destination_id=first.destination_id,
        kind=first.kind,
        title=f"{len(held)} alerts in quiet hours",
        body="\n".join(lines),
        created_at=now,
        data={"count": len(held), "alerts": [one.data for one in held[:MAX_LINES]], "timestamp": iso(now)},
        next_try=now,
    )

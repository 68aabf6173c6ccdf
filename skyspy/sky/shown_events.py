"""Application: a safety event as clients see it. Pure."""

from __future__ import annotations

from skyspy.clock import iso
from skyspy.safety.events import SafetyEvent
from skyspy.sky.audience import Payload

SOMEBODY = "operator"
"""What those who may not read names of users see in place of one."""


def shown(event: SafetyEvent, *, names: bool) -> Payload:
    """The event as it is sent; null where a value is not known. `names`: the client may read names of users."""
    by = event.acknowledged_by
    sent: Payload = {
        "id": event.id,
        "event_type": event.event_type,
        "severity": event.severity,
        "hex": event.hex,
        "hex_2": event.hex_2,
        "callsign": event.callsign,
        "callsign_2": event.callsign_2,
        "lat": event.lat,
        "lon": event.lon,
        "message": event.message,
        "details": dict(event.details),
        "acknowledged_by": by if by is None or names else SOMEBODY,
        "started": iso(event.started),
        "updated": iso(event.updated),
        "resolved": None if event.resolved is None else iso(event.resolved),
    }
    return sent | {"demo": True} if event.demo else sent

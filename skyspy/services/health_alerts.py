"""Application: the parts of the health report about alert rules and about what delivers alerts.

Invariants: those of health_parts.py. Nothing here reads the database, and nothing is said of a single user.
"""

from __future__ import annotations

from skyspy.server import Server
from skyspy.services.health_report import HealthLine, HealthPart, Value
from skyspy.sky.alerts import AlertMonitor
from skyspy.sky.safety import SLOW_S


def alerts(server: Server) -> HealthPart:
    """The alert rules of each sky."""
    skies = server.alerts.items()

    def line(title: str, *values: Value) -> HealthLine:
        return HealthLine(title, values)

    lines = (
        line("Rules that run", *(Value(one.rules, "", "skyspy_alert_rules", (name,)) for name, one in skies)),
        line("Rules run", *(Value("here" if one.log.makes else "in another process") for _, one in skies)),
        line("The last round took", *(_took(name, one) for name, one in skies)),
        line("Alerts made", *(Value(one.log.made, "", "skyspy_alerts_total", (name,)) for name, one in skies)),
        line("Alerts that wait to be stored", *(_unsaved(name, one) for name, one in skies)),
        line(
            "Alerts that could not be stored",
            *(Value(one.log.lost, "", "skyspy_alerts_lost_total", (name,)) for name, one in skies),
        ),
    )
    return HealthPart("alerts", "Alert rules", "", tuple(f"{name.capitalize()} sky" for name, _ in skies), lines)


def deliveries(server: Server) -> HealthPart | None:
    """What delivers the alerts of the live sky."""
    deliverer = server.deliverers.get("live")
    if deliverer is None:
        return None

    def tries(result: str, count: int) -> Value:
        return Value(count, "", "skyspy_alert_deliveries_total", (result,))

    lines = (
        HealthLine("Sent", (tries("sent", deliverer.sent),)),
        HealthLine("Tries that failed", (tries("failed", deliverer.failed),)),
        HealthLine("Given up", (tries("dead", deliverer.dead),)),
        HealthLine("Under way", (Value(deliverer.under_way, "", "skyspy_alert_deliveries_under_way"),)),
        HealthLine(
            "Sent, but that could not be noted yet", (Value(deliverer.unnoted, "", state="warn" if deliverer.unnoted else ""),)
        ),
    )
    return HealthPart("deliveries", "Deliveries of alerts", "", ("Since the start",), lines)


def _took(name: str, monitor: AlertMonitor) -> Value:
    slow = "warn" if monitor.took_s is not None and monitor.took_s > SLOW_S else ""
    return Value(monitor.took_s, "s", "skyspy_alert_round_seconds", (name,), state=slow)


def _unsaved(name: str, monitor: AlertMonitor) -> Value:
    waiting = monitor.log.unsaved
    return Value(waiting, "", "skyspy_alerts_unsaved", (name,), state="warn" if waiting else "")

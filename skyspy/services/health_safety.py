"""Application: the part of the health report about the safety rules: what a round takes, open events, and what is not stored.

Invariants: those of health_parts.py. Nothing here reads the database.
"""

from __future__ import annotations

from skyspy.server import Server
from skyspy.services.health_report import HealthLine, HealthPart, Value
from skyspy.sky.safety import SLOW_S, SafetyMonitor


def safety(server: Server) -> HealthPart:
    """The safety rules of each sky."""
    skies = server.safety.items()

    def line(title: str, *values: Value) -> HealthLine:
        return HealthLine(title, values)

    lines = (
        line("Rounds", *(Value(monitor.loop.rounds) for _, monitor in skies)),
        line("The last round took", *(_took(name, monitor) for name, monitor in skies)),
        line("Events are made", *(Value("here" if monitor.events.makes else "by another process") for _, monitor in skies)),
        line(
            "Open events", *(Value(len(monitor.events.open), "", "skyspy_safety_events_open", (name,)) for name, monitor in skies)
        ),
        line("Situations without an event: too many are open", *(Value(monitor.events.left_out) for _, monitor in skies)),
        line(
            "Aircraft for which not all conflicts are looked for: too many in one place",
            *(Value(monitor.crowded, state="warn" if monitor.crowded else "") for _, monitor in skies),
        ),
        line("Changed events that wait to be stored", *(_unsaved(name, monitor) for name, monitor in skies)),
        line(
            "Changed events that could not be stored",
            *(Value(monitor.events.lost, "", "skyspy_safety_events_lost_total", (name,)) for name, monitor in skies),
        ),
        line(
            "Failures of rules",
            *(Value(monitor.failures, "", "skyspy_safety_rule_failures_total", (name,)) for name, monitor in skies),
        ),
    )
    return HealthPart("safety", "Safety rules", "Count", tuple(f"{name.capitalize()} sky" for name, _ in skies), lines)


def _took(name: str, monitor: SafetyMonitor) -> Value:
    slow = "warn" if monitor.took_s is not None and monitor.took_s > SLOW_S else ""
    return Value(monitor.took_s, "s", "skyspy_safety_round_seconds", (name,), state=slow)


def _unsaved(name: str, monitor: SafetyMonitor) -> Value:
    waiting = monitor.events.unsaved
    return Value(waiting, "", "skyspy_safety_events_unsaved", (name,), state="warn" if waiting else "")

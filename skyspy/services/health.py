"""Application: the state of this process as one report. The panel's Health page shows it, /metrics exports its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from skyspy import __version__
from skyspy.auth.principal import Principal
from skyspy.metrics import Sample
from skyspy.server import Server
from skyspy.services.caller import Caller, Refused
from skyspy.services.health_history_size import history_problems
from skyspy.services.health_parts import PARTS, SLOW_HUB_S
from skyspy.services.health_report import HealthReport
from skyspy.services.setting_changes import MANAGE

__all__ = ["MANAGE", "HealthReport", "metrics", "report"]

WORKING = ("up", "demo", "paused", "standby")
"""States of a receiver that need no attention."""


def report(server: Server, caller: Caller) -> HealthReport:
    """The whole report; needs settings.manage. Raises Refused, StoreError."""
    caller.require(server, MANAGE)
    found = _gather(server)
    return replace(found, problems=(*server.settings.current.problems, *_problems(server, found)))


def metrics(server: Server, principal: Principal) -> Iterator[Sample]:
    """The numbers; the route of /metrics has checked the permission. Raises Refused for a test key, which sees the sandbox only."""
    if principal.sky != "live":
        raise Refused("permission_denied", "A test key sees the sandbox only: use a live key that holds stats.view")
    return _gather(server).samples()


def _gather(server: Server) -> HealthReport:
    parts = tuple(part for make in PARTS if (part := make(server)) is not None)
    return HealthReport(server.clock.wall(), server.stats.uptime, __version__, (), parts, server.stats.log.lines)


def _problems(server: Server, found: HealthReport) -> Iterator[str]:
    """What needs attention, as sentences."""
    if any(value.state == "danger" for line in found.part("database").lines for value in line.values):
        yield "The database does not answer: no new client is admitted until it does."
    if (history := found.part("history").lines[0].values[0]).state == "danger":
        yield f"The history is not written ({str(history.value).removeprefix('no: ')}): everything else goes on."
    yield from history_problems(server)
    for receiver in server.skies["live"].receivers.status():
        if receiver["state"] not in WORKING:
            yield f"The receiver {receiver['name']} is {receiver['state']}{': ' + receiver['error'] if receiver['error'] else ''}."
    late = server.stats.lag.max
    if late is not None and late > SLOW_HUB_S:
        yield f"The event loop ran up to {late * 1000:.0f} ms late in the last minute: every client waited for it."
    crashes = sum(int(sample.value) for sample in found.samples() if sample.metric.endswith("_crashes_total"))
    if crashes:
        yield f"{crashes} {'failure' if crashes == 1 else 'failures'} of the server itself since the start: the log says where."

"""Application: the part of the health report about the size of the history, and what about it needs attention.

Invariants: those of health_parts.py. The sizes are those that the last deletion measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from skyspy.server import Server
from skyspy.services.health_report import HealthLine, HealthPart, Value
from skyspy.store.history.kinds import KINDS, MB


def history_size(server: Server) -> HealthPart:
    """The room that the history takes, and what was deleted."""
    status, pruner = server.history.status(), server.pruners["live"]
    sizes, full = pruner.sizes, status.full is not None
    paused = Value("yes" if full else "no", "", "skyspy_history_paused", (), float(full), "danger" if full else "ok")
    gives_back = None if sizes is None else "yes" if sizes.shrinks else "no: skyspy history prune --compact changes that"
    lines = (
        HealthLine("Paused for want of room", (paused,)),
        HealthLine("In use", (Value(None if sizes is None else sizes.used, "bytes", "skyspy_history_bytes"),)),
        HealthLine("Free for new rows", (Value(None if sizes is None else sizes.free, "bytes"),)),
        HealthLine("Gives freed space back to the disk", (Value(gives_back),)),
        HealthLine("Free on the disk", (Value(status.disk_free, "bytes", "skyspy_history_disk_free_bytes"),)),
        *(
            HealthLine(
                f"Deleted {kind.name.replace('_', ' ')}",
                (Value(pruner.deleted[kind.name], "", "skyspy_history_deleted_total", (kind.name,)),),
            )
            for kind in KINDS
        ),
    )
    return HealthPart("history_size", "History size", "", ("Value",), lines)


def history_problems(server: Server) -> Iterator[str]:
    """What needs attention, as sentences."""
    status, pruner = server.history.status(), server.pruners["live"]
    if status.dropped:
        yield f"{status.dropped} rows of the history were dropped since the start, because they could not be written."
    if pruner.last_error:
        yield f"Old history could not be deleted ({pruner.last_error}): it is tried again in some minutes."
    limit = server.settings.current.HISTORY_MAX_MB * MB
    if limit and pruner.sizes is not None and pruner.sizes.used > 1.05 * limit:
        yield (
            f"The history has {pruner.sizes.used / MB:.0f} MB, more than HISTORY_MAX_MB ({limit / MB:.0f} MB), because the last"
            " day alone is larger, or hours and days are: choose a higher limit."
        )

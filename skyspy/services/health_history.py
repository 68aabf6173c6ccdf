"""Application: the part of the health report about the history: which process writes it, and what waits or was lost.

Invariants: those of health_parts.py. Nothing here reads the database.
"""

from __future__ import annotations

from skyspy.clock import iso
from skyspy.server import Server
from skyspy.services.health_report import HealthLine, HealthPart, Value


def history(server: Server) -> HealthPart:
    """Who writes the history, and the queue of this process."""
    lease, status, maker, recorder = (
        server.history.lease,
        server.history.status(),
        server.chunk_makers["live"],
        server.recorders["live"],
    )
    if lease.held:
        writer = Value("this process", state="ok")
    elif lease.other_writes:
        writer = Value(f"another one: {lease.holder}")
    else:
        writer = Value("no process that is known", state="warn")
    written = Value("yes", metric="skyspy_history_up", number=1, state="ok")
    if problem := status.last_error or lease.error:
        written = Value(f"no: {problem}", metric="skyspy_history_up", number=0, state="danger")
    lines = (
        HealthLine("Can be used", (written,)),
        HealthLine(
            "Written by", (Value(writer.value, metric="skyspy_history_writer", number=int(lease.held), state=writer.state),)
        ),
        HealthLine("Since", (Value(iso(lease.since)),)),
        HealthLine("Fence (rises with each change of the writer)", (Value(lease.seen_fence, metric="skyspy_history_fence"),)),
        HealthLine("Rows that wait", (Value(status.queued, metric="skyspy_history_rows_waiting"),)),
        HealthLine("Rows written", (Value(status.written, metric="skyspy_history_rows_written_total"),)),
        HealthLine("Rows left to the process that writes", (Value(status.left, metric="skyspy_history_rows_left_total"),)),
        HealthLine("Rows dropped", (Value(status.dropped, metric="skyspy_history_rows_dropped_total"),)),
        HealthLine("Visits dropped", (Value(recorder.dropped, metric="skyspy_history_visits_dropped_total"),)),
        HealthLine("Points of tracks dropped", (Value(recorder.budget.dropped, metric="skyspy_history_points_dropped_total"),)),
        HealthLine("Chunks of tracks made", (Value(maker.made, metric="skyspy_history_chunks_made_total"),)),
        HealthLine(
            "Pieces of tracks that could not be read", (Value(maker.damaged, metric="skyspy_history_segments_damaged_total"),)
        ),
    )
    return HealthPart("history", "History writer", "", ("Value",), lines)

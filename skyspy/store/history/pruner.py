"""Keeping the history within its limits while a server runs.

What is too old is judged by the machine's clock. Where it seems to be ahead (a history that was not measured for MAX_GAP_DAYS, or a clock
that jumps forward while the server runs), nothing is deleted by age for WAIT_S, in which a clock is usually set right.

Invariants: only the process for which `held()` is true deletes, and it stops before the next slice when that ends. A run that was
interrupted or failed is due again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from skyspy.clock import Clock, iso
from skyspy.loop import Loop
from skyspy.store.errors import StoreError
from skyspy.store.history.kinds import DAY_S, HistoryLimits
from skyspy.store.history.retention import FREE_RESERVE, HOUR_S, Database, Deletion, Interrupted
from skyspy.store.history.sizes import Sizes, last_recorded_day, measure, record_size

log = logging.getLogger(__name__)

ROUND_S = 30.0
"""Seconds between two looks whether a run is due."""
RUN_S = 3600.0
RETRY_S = 300.0
MAX_GAP_DAYS = 2
"""Days after the last measured size, or by which the clock jumps, that are no reason to doubt the clock."""
WAIT_S = 6 * 3600.0


class Pruner:
    """Deletes what is beyond `limits()`: at the start, then every hour, and when a limit changed (`follow`). `deleted` counts rows
    by the name of their kind since the start; `sizes` is what the last run measured, `last_error` one line, None after a success.
    `low()`: whether the disk is nearly full; then all free pages are given back. `name`: that of its loop."""

    def __init__(
        self,
        database: Database,
        limits: Callable[[], HistoryLimits],
        clock: Clock,
        held: Callable[[], bool] = lambda: True,
        low: Callable[[], bool] = lambda: False,
        name: str = "deleting old history",
    ) -> None:
        self._database = database
        self._limits = limits
        self._clock = clock
        self._held = held
        self._low = low
        self._due_at = clock.steady()
        self._demo_since = 0.0
        self._offset: float | None = None
        """What the wall clock was ahead of the steady one at the last run; None before the first."""
        self._doubted_at: float | None = None
        self._followed: HistoryLimits | None = None
        self.deleted: Counter[str] = Counter()
        self.sizes: Sizes | None = None
        self.last_error: str | None = None
        self.loop = Loop(name, self.round, clock, ROUND_S)

    def start(self) -> None:
        """Run from now on."""
        self.loop.start()
        self.loop.wake()

    def stop(self) -> None:
        """Stop; a run is interrupted."""
        self.loop.stop()

    def follow(self, *_: object) -> bool:
        """The settings changed: run now, if that changed a limit."""
        limits = self._limits()
        if self._followed is not None and limits != self._followed:
            self._due_at = self._clock.steady()
            self.loop.wake()
        self._followed = limits
        return True

    def round(self) -> None:
        """Run, if that is due and this process is the one that does it. Never raises StoreError."""
        if self._clock.steady() < self._due_at or not self._held():
            return
        deletion = Deletion(self._database, self._clock, self._held)
        self._due_at = self._clock.steady() + RETRY_S
        try:
            self._run(deletion, self._limits())
        except Interrupted:
            self._due_at = self._clock.steady()
        except StoreError as error:
            if self.last_error is None:
                log.warning("old history is deleted later: %s", error)
            self.last_error = str(error)
        else:
            self.last_error = None
            # A limit that changed meanwhile made a run due at once.
            self._due_at = self._clock.steady() + (RUN_S if self._followed in (None, self._limits()) else 0.0)
        finally:
            self.deleted.update(deletion.done.rows)

    def _run(self, deletion: Deletion, limits: HistoryLimits) -> None:
        now = self._clock.wall()
        doubts = self._doubts_clock(now)
        if not doubts:
            deletion.delete_expired(limits, now)
            self._demo_since = deletion.demo(self._demo_since, now)
        sizes = measure(self._database.read)
        deletion.delete_over_budget(limits, sizes, now)
        deletion.shrink(0 if self._low() else FREE_RESERVE)
        if any(deletion.done.rows.values()):
            sizes = measure(self._database.read)
            log.info("history: deleted %s", ", ".join(f"{rows} {name}" for name, rows in deletion.done.rows.items() if rows))
        self.sizes = sizes
        if not doubts:
            self._database.maintain(record_size, int(now // DAY_S), sizes.used)

    def _doubts_clock(self, now: float) -> bool:
        """Whether the wall clock seems to be ahead, and WAIT_S have not passed since that was found."""
        steady = self._clock.steady()
        before, self._offset = self._offset, now - steady
        if before is None:
            last = self._database.read(last_recorded_day)
            ahead = 0.0 if last is None else now - (last + 1) * DAY_S
        else:
            ahead = self._offset - before
        if ahead > MAX_GAP_DAYS * DAY_S:
            self._doubted_at = steady
            log.warning(
                "history: the clock (%s) is %d days ahead of what was expected. Nothing is deleted by age for %d hours; if the clock is wrong, set it",
                iso(now), ahead / DAY_S, WAIT_S / HOUR_S,
            )  # fmt: skip
        elif ahead < -MAX_GAP_DAYS * DAY_S:
            self._doubted_at = None
        if self._doubted_at is not None and steady - self._doubted_at >= WAIT_S:
            self._doubted_at = None
        return self._doubted_at is not None

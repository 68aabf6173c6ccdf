"""Base: a function that is called repeatedly in a greenlet of its own.

Invariants: a round that raises is logged and counted, and the next one follows; rounds of one loop never overlap. All waiting uses
the given clock, so tests need not wait in real time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import TracebackType

import gevent
from gevent.event import Event

from skyspy.clock import Clock

log = logging.getLogger(__name__)

MIN_PAUSE_S = 0.005
"""Seconds between two rounds at least, however often the loop is woken, in which other greenlets, timers and sockets run."""
LOG_AGAIN_S = 60.0
"""Seconds between two logged tracebacks of a loop that keeps failing."""


class Loop:
    """Calls `run` every `every_s` seconds, and as soon as `wake` is called.

    `min_period_s` gives the shortest time from the beginning of one round to the beginning of the next; it is called each time, so
    a changed setting applies from the next round. `rounds` and `crashes` count since the start.
    """

    def __init__(
        self, name: str, run: Callable[[], object], clock: Clock, every_s: float, min_period_s: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.name = name
        self.rounds = 0
        self.crashes = 0
        self._run_once = run
        self._clock = clock
        self._every_s = every_s
        self._min_period_s = min_period_s
        self._woken = Event()
        self._logged_at: float | None = None
        self._greenlet: gevent.Greenlet[[], None] | None = None

    @property
    def running(self) -> bool:
        """Whether the greenlet exists."""
        return self._greenlet is not None and not self._greenlet.dead

    def start(self) -> None:
        """Begin: the first round comes after `every_s` seconds or when the loop is woken."""
        if not self.running:
            self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """End the greenlet; a running round is interrupted at its next wait."""
        greenlet, self._greenlet = self._greenlet, None
        if greenlet is not None:
            greenlet.kill()

    def wake(self) -> None:
        """Begin the next round now."""
        self._woken.set()

    def round(self) -> None:
        """Run one round in the caller's greenlet. Never raises an Exception."""
        self.rounds += 1
        try:
            self._run_once()
        except Exception as error:  # noqa: BLE001 - logged in `_log`, with its traceback
            self.crashes += 1
            self._log(error, error.__traceback__)

    def _run(self) -> None:
        while True:
            self._clock.wait(self._woken, self._every_s)
            self._woken.clear()
            began = self._clock.steady()
            self.round()
            self._clock.sleep(max(MIN_PAUSE_S, self._min_period_s() - (self._clock.steady() - began)))

    def _log(self, error: Exception, traceback: TracebackType | None) -> None:
        now = self._clock.steady()
        if self._logged_at is None or now - self._logged_at >= LOG_AGAIN_S:
            self._logged_at = now
            log.error(
                "%s failed (%d times since the start); it goes on",
                self.name,
                self.crashes,
                exc_info=(type(error), error, traceback),
            )

"""Yielding to other greenlets during long work.

Long work in a greenlet is done in pieces, with a call of `Yielder.maybe_yield` between them. Those who yield wait for a short but
nonzero time, because `gevent.sleep(0)` only runs greenlets that are ready already: gevent polls timers and sockets again
after fifty of those, so that pieces of 10 ms delay every timer by half a second.

All long work of a process shares the hub's rounds: where ten greenlets compute at once, each works in every tenth round, and not all
ten in each, so that a client waits as long for its answer as beside one of them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import gevent
from gevent.hub import Hub, Waiter

MAX_BUSY_SECONDS = 0.005
"""How long a greenlet works before it yields, and how long all who wait for their turn work in one round of the hub."""
PAUSE_SECONDS = 0.0001
"""Shorter than the event loop's resolution: the actual pause is 1 ms if no other greenlet is ready."""


class Turn(Protocol):
    """What a Yielder waits by."""

    def wait(self) -> float:
        """Wait; returns for how many seconds others have worked in this round."""


class NextRound:
    """For short work of a client that waits for its answer: it goes on in the next round, before those that wait for a turn."""

    def wait(self) -> float:
        """Wait for the next round."""
        gevent.sleep(PAUSE_SECONDS)
        return 0.0


class Turns:
    """The greenlets of one hub that wait for their turn, in the order in which they began to. In a round of the hub as many are resumed as
    work MAX_BUSY_SECONDS together, but for the last piece of the last one."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._waiting: deque[Waiter[float]] = deque()
        self._loop: Any = gevent.get_hub().loop
        self._timer: Any = None

    def wait(self) -> float:
        """Wait for one's turn; returns for how many seconds others have worked in this round."""
        waiter: Waiter[float] = Waiter()
        self._waiting.append(waiter)
        if self._timer is None:
            self._start()
        try:
            return waiter.get()
        except BaseException:
            # Killed, or timed out, while it waited.
            with suppress(ValueError):
                self._waiting.remove(waiter)
            raise

    def _resume(self) -> None:
        """Run in the hub: each `switch` returns when the greenlet that it resumed waits for something."""
        began, worked = self._monotonic(), 0.0
        # Once each: those who wait again do so for the next round.
        for _ in range(len(self._waiting)):
            if not self._waiting:
                break
            self._waiting.popleft().switch(worked)
            worked = self._monotonic() - began
            # One that is resumed has half of the time at least: less would hardly be worth its turn.
            if worked >= MAX_BUSY_SECONDS / 2:
                break
        self._timer.stop()
        self._timer.close()
        self._timer = None
        if self._waiting:
            self._start()

    def _start(self) -> None:
        self._timer = self._loop.timer(PAUSE_SECONDS)
        # By the present time, not by that of the round's beginning: whatever is due has its turn first.
        self._timer.start(self._resume, update=True)


_turns: WeakKeyDictionary[Hub, Turns] = WeakKeyDictionary()


def turns() -> Turns:
    """The turns of the present hub."""
    hub = gevent.get_hub()
    found = _turns.get(hub)
    if found is None:
        found = _turns[hub] = Turns()
    return found


class Yielder:
    """Yields on behalf of one greenlet. `maybe_yield` may be called often: it waits for its turn among `turns` (None: those of the
    present hub) once MAX_BUSY_SECONDS have passed on `monotonic`."""

    __slots__ = ("_monotonic", "_resumed_at", "_turns")

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, turns: Turn | None = None) -> None:
        self._monotonic, self._turns = monotonic, turns
        self._resumed_at = monotonic()

    def maybe_yield(self) -> None:
        """Pause, so that timers, sockets and other greenlets run, if MAX_BUSY_SECONDS have passed since the last pause."""
        if self._monotonic() - self._resumed_at >= MAX_BUSY_SECONDS:
            self.pause()

    def pause(self) -> None:
        """Pause, however little was done."""
        worked = (self._turns or turns()).wait()
        self._resumed_at = self._monotonic() - worked

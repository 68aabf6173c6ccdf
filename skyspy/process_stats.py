"""Base: what one process measures about itself: uptime, lag of its event loop, loops, HTTP responses, last log lines."""

from __future__ import annotations

from collections import Counter, deque

from skyspy.clock import Clock
from skyspy.logs import LogTail
from skyspy.loop import MIN_PAUSE_S, Loop

LAG_PERIOD_S = 0.25
LAG_WINDOW_S = 60.0


class HubLag:
    """How late gevent's hub runs what is due. While it is blocked (a long computation, a file system that hangs), every client waits
    that long.

    Every LAG_PERIOD_S `loop` measures how late it runs; the measurements of the last LAG_WINDOW_S are kept.
    """

    def __init__(self, clock: Clock) -> None:
        self.loop = Loop("measuring the hub's lag", self.measure, clock, LAG_PERIOD_S)
        self._clock = clock
        self._last: float | None = None
        self._measured: deque[tuple[float, float]] = deque()
        """(steady seconds, seconds late), the oldest first."""

    def start(self) -> None:
        """Measure from now on."""
        self._last = None
        self.loop.start()

    def stop(self) -> None:
        """Stop measuring."""
        self.loop.stop()

    def measure(self) -> None:
        """Take one measurement."""
        now = self._clock.steady()
        if self._last is not None:
            # A loop waits MIN_PAUSE_S after each round, and LAG_PERIOD_S after that.
            self._measured.append((now, max(0.0, now - self._last - LAG_PERIOD_S - MIN_PAUSE_S)))
        self._last = now
        self._forget(now)

    def _forget(self, now: float) -> None:
        while self._measured and now - self._measured[0][0] > LAG_WINDOW_S:
            self._measured.popleft()

    @property
    def average(self) -> float | None:
        """Seconds late on average over the last minute; None without a measurement."""
        late = self._recent()
        return sum(late) / len(late) if late else None

    @property
    def max(self) -> float | None:
        """Seconds late at most over the last minute; None without a measurement."""
        return max(self._recent(), default=None)

    def _recent(self) -> list[float]:
        self._forget(self._clock.steady())
        return [late for _, late in self._measured]


class ProcessStats:
    """`started` is steady seconds; `loops` are the running loops, which app.py sets; `responses` counts HTTP responses by status."""

    def __init__(self, clock: Clock | None = None, log: LogTail | None = None) -> None:
        self._clock = clock or Clock()
        self.started = self._clock.steady()
        self.lag = HubLag(self._clock)
        self.loops: list[Loop] = []
        self.responses: Counter[int] = Counter()
        self.log = log or LogTail()

    @property
    def uptime(self) -> float:
        """Seconds since the start."""
        return self._clock.steady() - self.started

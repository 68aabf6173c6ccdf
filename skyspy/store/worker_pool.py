"""A pool of native threads for calls that would block the hub (SQLite, password hashes).

Invariants: a full pool refuses at once, and a job that waited longer than the timeout is not started. In a process that is not
monkey-patched there is no hub to protect: the job runs in the caller's thread, one at a time.

A job must not touch gevent: under patching, `time.sleep` or a `threading.Lock` inside a native thread is gevent's. The pool's
locks and queues are never shared with its jobs.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar, cast

from gevent import monkey
from gevent.threadpool import ThreadPool

T = TypeVar("T")


class WorkerPoolFull(Exception):
    """Too many jobs are waiting, or this one waited too long. The job was not started."""


def patched() -> bool:
    """Whether the process is monkey-patched, so that a blocking call would stop the hub."""
    return bool(monkey.is_module_patched("threading"))


class _Outcome(Generic[T]):
    """A job's result or exception, passed between threads. gevent prints every exception that leaves a pool's job, so it is
    passed as a value and raised again in the caller's greenlet."""

    __slots__ = ("error", "value")

    def __init__(self, value: T | None = None, error: BaseException | None = None) -> None:
        self.value = value
        self.error = error


class WorkerPool:
    """Runs jobs on `threads` native threads. At most `max_waiting` jobs wait; a job starts within `timeout` seconds or not at
    all. `native`: whether there are threads; by default where the process is patched. `niceness`: by how much the threads' priority
    is lower than the process's, where the system has priorities of threads (Linux)."""

    def __init__(
        self, threads: int = 1, max_waiting: int = 2000, timeout: float = 2.0, native: bool | None = None, niceness: int = 0
    ) -> None:
        self.timeout = timeout
        self._threads = threads
        self._max_waiting = max_waiting
        self._waiting = 0
        self._native = patched() if native is None else native
        self._pool: ThreadPool | None = None
        self._niceness = niceness
        self._lock = threading.Lock()

    def run(self, job: Callable[[], T]) -> T:
        """Run the job; returns its result or raises its exception. Raises WorkerPoolFull where it was not started."""
        if not self._native:
            with self._lock:
                return job()
        if self._waiting >= self._max_waiting:
            raise WorkerPoolFull("too many wait already")
        deadline = time.monotonic() + self.timeout
        self._waiting += 1
        try:
            if self._pool is None:
                # Created at the first use: a pool belongs to the hub, and so to the process, that creates it.
                self._pool = ThreadPool(self._threads)
            outcome = cast("_Outcome[T]", self._pool.spawn(_guarded, job, deadline, self._niceness).get())
        finally:
            self._waiting -= 1
        if outcome.error is not None:
            raise outcome.error
        return outcome.value  # type: ignore[return-value]

    def close(self) -> None:
        """Stop the threads; a later `run` starts new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.kill()


def _guarded(job: Callable[[], T], deadline: float, niceness: int) -> _Outcome[T]:
    if niceness and sys.platform == "linux":
        # There a thread's id names one thread, not its process. Each time, because the pool starts threads as it needs them.
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
    if time.monotonic() > deadline:
        return _Outcome(error=WorkerPoolFull("waited too long"))
    try:
        return _Outcome(value=job())
    except BaseException as error:  # noqa: BLE001 - raised again by the caller
        return _Outcome(error=error)

"""A lane: one native thread beside the hub, and the jobs that run there one after another.

Law: a blocking call (SQLite, a password hash) runs in a lane, so that the hub goes on serving; a lane that
is full refuses at once, and a job that waited too long is not begun. Where the process is not
monkey-patched there is no hub to protect: the job runs in the caller's own thread, one at a time.

A job must not touch gevent: under patching, `time.sleep` or a `threading.Lock` inside a native
thread is a gevent one. Locks and queues of a lane are never shared with its job.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from gevent import monkey
from gevent.threadpool import ThreadPool

T = TypeVar("T")


class WorkerPoolFull(Exception):
    """Too many jobs wait already, or this one waited too long. Nothing was begun."""


def patched() -> bool:
    """Whether this process runs on a hub that a blocking call would stop."""
    return bool(monkey.is_module_patched("threading"))


class _Outcome(Generic[T]):
    """A job's result carried between threads. gevent prints every exception that leaves a pool's job,
    so none may: it travels in here and is raised again on the caller's side."""

    __slots__ = ("error", "value")

    def __init__(self, value: T | None = None, error: BaseException | None = None) -> None:
        self.value = value
        self.error = error


class WorkerPool:
    """Runs jobs on `threads` native threads. At most `longest` jobs wait; a job is begun within
    `patience` seconds or not at all."""

    def __init__(self, threads: int = 1, longest: int = 2000, patience: float = 2.0) -> None:
        self.patience = patience
        self._threads = threads
        self._longest = longest
        self._waiting = 0
        self._native = patched()
        self._pool: ThreadPool | None = None
        self._turn = threading.Lock()

    def run(self, job: Callable[[], T]) -> T:
        """Run the job and give its result or raise its error; LaneFull where it was not begun."""
        if not self._native:
            with self._turn:
                return job()
        if self._waiting >= self._longest:
            raise WorkerPoolFull("too many wait already")
        deadline = time.monotonic() + self.patience
        self._waiting += 1
        try:
            if self._pool is None:
                # Made at the first use: a pool belongs to the hub, and so to the process, that uses it.
                self._pool = ThreadPool(self._threads)
            outcome = cast("_Outcome[T]", self._pool.spawn(_guarded, job, deadline).get())
        finally:
            self._waiting -= 1
        if outcome.error is not None:
            raise outcome.error
        return outcome.value  # type: ignore[return-value]

    def close(self) -> None:
        """End the threads; a later `run` starts new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.kill()


def _guarded(job: Callable[[], T], deadline: float) -> _Outcome[T]:
    if time.monotonic() > deadline:
        return _Outcome(error=WorkerPoolFull("waited too long"))
    try:
        return _Outcome(value=job())
    except BaseException as error:  # noqa: BLE001 - carried to the caller's side and raised there
        return _Outcome(error=error)

"""Infrastructure: the pings that Engine.IO sends.

Each session has a greenlet that sleeps until its next ping. It keeps the whole session, with its outbox, in memory: for ten seconds
after the session has ended, unless it is ended with it. Those who come and go hundreds of times a second would fill the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

from gevent import Greenlet

_SEND_PING = "_send_ping"
"""The method of an Engine.IO session that waits and sends one ping."""


class Pings:
    """The greenlets of one Engine.IO server that wait for a ping, by session."""

    def __init__(self, eio: Any) -> None:
        self._start: Callable[..., Any] = eio.start_background_task
        self._waiting: WeakValueDictionary[str, Greenlet[..., Any]] = WeakValueDictionary()
        eio.start_background_task = self._started

    def __len__(self) -> int:
        return len(self._waiting)

    def _started(self, target: Callable[..., object], *args: Any, **named: Any) -> Any:
        task = self._start(target, *args, **named)
        if getattr(target, "__name__", "") == _SEND_PING:
            self._waiting[target.__self__.sid] = task  # type: ignore[attr-defined]
        return task

    def end(self, eio_sid: str) -> None:
        """A session has ended: no ping is due any more."""
        task = self._waiting.pop(eio_sid, None)
        if task is not None:
            task.kill(block=False)

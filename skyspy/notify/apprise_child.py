"""Delivery to the services that Apprise knows, by a process of its own (apprise_worker.py).

Apprise is an extra: the server never imports it, and says how to install it where it is missing. Its process is started at the first delivery and
ends after IDLE_S without one. It gets no variable of the server's environment but those of ENVIRONMENT.

Invariants: a try ends within `total_s`. A process in which a try did not end gets no further ones, and is killed when its other tries have ended, at the
latest `total_s` later; the next try starts a new process.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import gevent
from gevent import subprocess
from gevent.event import AsyncResult
from gevent.lock import RLock

from skyspy import wirejson
from skyspy.notify.destination import Destination, Message, Outcome
from skyspy.notify.schemes import SCHEMES
from skyspy.notify.shorten import within
from skyspy.outbound import OutboundError

log = logging.getLogger(__name__)

WORKER = (sys.executable, "-P", "-m", "skyspy.notify.apprise_worker")
INSTALL = "Apprise is not installed: run make notify, or pip install 'skyspy[notify]', on the server"
ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""No proxy, no secret and no home folder of the server is for this process."""
TOTAL_S = 30.0
"""A try may take so long: Apprise waits for a connection and for an answer by itself."""
START_S = 60.0
"""On a small machine the import of Apprise takes ten seconds."""
IDLE_S = 600.0
MAX_LINE = 64 * 1024

_PACKAGE = Path(__file__).resolve().parent.parent


def is_installed() -> bool:
    """Whether Apprise can be imported. It is not."""
    importlib.invalidate_caches()
    return importlib.util.find_spec("apprise") is not None


class AppriseServices:
    """Sends to destinations of the kind `apprise`. `command` is what is started; `starts` counts."""

    def __init__(self, command: Sequence[str] = WORKER, total_s: float = TOTAL_S, idle_s: float = IDLE_S) -> None:
        self.starts = 0
        self._command, self._total_s, self._idle_s = command, total_s, idle_s
        self._worker: Worker | None = None
        self._starting = RLock()
        self._idle: gevent.Greenlet[..., None] | None = None

    def send(self, destination: Destination, message: Message) -> Outcome:
        """Try once. Raises OutboundError where the process gave no answer."""
        if not is_installed():
            return Outcome(ok=False, reason=INSTALL)
        url = destination.secrets["url"]
        scheme = SCHEMES.get(url.partition("://")[0].lower())
        if scheme is None or (scheme.needs_manage and not destination.may_private):
            return Outcome(ok=False, reason="the owner may not use this service of Apprise", is_final=True)
        text = within(message, destination.settings.get("max_characters"))
        request = {
            "url": url,
            "title": text.title,
            "body": text.body,
            "most_characters": destination.settings.get("max_characters"),
            "may_private": destination.may_private,
        }
        return self._asked(request)

    def close(self) -> None:
        """End the process."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
        if self._idle is not None:
            self._idle.kill(block=False)

    def _asked(self, request: dict[str, Any]) -> Outcome:
        worker = self._running()
        try:
            answer = worker.ask(request, self._total_s)
        except WorkerStuck:
            if self._worker is worker:
                self._worker = None
            worker.retire(self._total_s)
            raise
        finally:
            self._end_later()
        return Outcome(ok=answer.get("ok") is True, status=answer.get("status"), reason=str(answer.get("reason", ""))[:200])

    def _running(self) -> Worker:
        """The process, started where there is none. Raises OutboundError."""
        with self._starting:
            if self._worker is None or self._worker.has_ended:
                self.starts += 1
                self._worker = Worker(self._command)
                self._worker.wait_ready(START_S)
            return self._worker

    def _end_later(self) -> None:
        if self._idle is not None:
            self._idle.kill(block=False)
        self._idle = gevent.spawn_later(self._idle_s, self._end_if_idle)

    def _end_if_idle(self) -> None:
        self._idle = None
        if self._worker is not None and not self._worker.waiting:
            self.close()


class WorkerStuck(OutboundError):
    """The process did not answer in time."""


class Worker:
    """One process for Apprise. `waiting` are the requests that it has not answered yet, by number."""

    def __init__(self, command: Sequence[str]) -> None:
        self.has_ended = False
        self.waiting: dict[int, AsyncResult[dict[str, Any]]] = {}
        self._last = 0
        self._ready: AsyncResult[dict[str, Any]] = AsyncResult()
        self._writing = RLock()
        kept = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
        made = {"PYTHONPATH": str(_PACKAGE.parent), "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent", "NETRC": os.devnull}
        self._process: Any = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept | made,
            cwd="/",
            close_fds=True,
        )
        self._reader = gevent.spawn(self._read)

    def wait_ready(self, seconds: float) -> None:
        """Wait until the process takes requests. Raises OutboundError, and ends it, where it does not in time."""
        try:
            self._ready.get(timeout=seconds)
        except gevent.Timeout:
            self.kill()
            raise OutboundError(f"the process for Apprise did not start in {seconds:g} s") from None

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer to a request. Raises WorkerStuck without one in so many seconds, OutboundError where the process ends before."""
        self._last += 1
        number = self._last
        answered: AsyncResult[dict[str, Any]] = AsyncResult()
        self.waiting[number] = answered
        try:
            with gevent.Timeout(seconds, WorkerStuck(f"no answer in {seconds:g} s")):
                with self._writing:
                    self._process.stdin.write(wirejson.dump_bytes(request | {"id": number}) + b"\n")
                    self._process.stdin.flush()
                return answered.get() or {}
        except OSError:
            raise _ended() from None
        finally:
            del self.waiting[number]

    def retire(self, seconds: float) -> None:
        """Kill the process when its requests have ended, at the latest after so many seconds."""
        gevent.spawn(self._retire, seconds)

    def kill(self) -> None:
        """End the process now; what waits for it fails."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        self._end()

    def _retire(self, seconds: float) -> None:
        gevent.joinall([gevent.spawn(answered.wait) for answered in self.waiting.values()], timeout=seconds)
        self.kill()

    def _read(self) -> None:
        with suppress(OSError, ValueError):
            while line := self._process.stdout.readline(MAX_LINE):
                document = wirejson.loads(line)
                waiter = self._ready if "ready" in document else self.waiting.get(document.get("id"))
                if waiter is not None:
                    waiter.set(document)
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        self._end()

    def _end(self) -> None:
        if self.has_ended:
            return
        self.has_ended = True
        for waiter in (self._ready, *self.waiting.values()):
            if not waiter.ready():
                waiter.set_exception(_ended())
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError, RuntimeError):
                pipe.close()


def _ended() -> OutboundError:
    return OutboundError("the process for Apprise ended")

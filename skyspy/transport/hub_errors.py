"""Infrastructure: file descriptors, and errors outside any request, as lines of the log.

Invariants: gevent's own report, a traceback on standard error, is not used: what happens in the event loop and in
greenlets is logged by `logs`, and having no file descriptors left is one rate-limited line.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import resource
from types import TracebackType
from typing import Any

import gevent

from skyspy.transport.rate_limit import RateLimitedLogger

log = RateLimitedLogger(logging.getLogger(__name__), burst=1)

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE})


def raise_descriptor_limit() -> None:
    """Let this process open as many files and connections as the system permits it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # some systems refuse an unlimited number
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def configure_hub(hub: Any) -> None:
    """Make a hub report errors through the log."""
    hub.print_exception = report


def report(_context: object, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """Log one error of the event loop or of a greenlet. Runs in the hub, which must not wait, so another greenlet writes."""
    if isinstance(error, OSError) and error.errno in _EXHAUSTED:
        text = "no file descriptors are left (%d at most): new connections wait. Raise the limit of open files (ulimit -n)"
        gevent.spawn(log.warning, text, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        return
    gevent.spawn(_log_crash, (kind, error, trace))


def _log_crash(what: Any) -> None:
    logging.getLogger(__name__).error("a background task failed", exc_info=what)

"""Checking a receiver: reading from it for some seconds and counting what comes.

Each check opens a connection and decodes: few run at once. A listener that runs already is watched instead, because its port is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from skyspy.aircraft import Record
from skyspy.clock import Clock
from skyspy.decode import FORMATS, Format
from skyspy.feedurl import FeedUrl
from skyspy.geo import Point
from skyspy.receivers.manager import Receivers
from skyspy.receivers.timing import Timing
from skyspy.receivers.workers import Workers

MAX_CHECKS = 3
"""Checks at the same time in one process."""
MAX_CHECKED_AIRCRAFT = 200
"""So many simulated aircraft in a check; a sky of ten thousand would cost the server as much as the one it serves."""


class ChecksBusy(Exception):
    """A check was not begun; the message is one line for the person who asked."""


class ReceiverChecks:
    """The checks that run in this process, at most one for each person."""

    def __init__(self) -> None:
        self._running: set[object] = set()

    @contextmanager
    def one(self, person: object) -> Iterator[None]:
        """Hold one of the places while a check runs. Raises ChecksBusy at once where there is none."""
        if person in self._running:
            raise ChecksBusy("another check of yours is running: wait until it has ended")
        if len(self._running) >= MAX_CHECKS:
            raise ChecksBusy(f"{MAX_CHECKS} receivers are being checked already: try again in a few seconds")
        self._running.add(person)
        try:
            yield
        finally:
            self._running.discard(person)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a receiver delivered in a few seconds: different aircraft, messages, and what is wrong (one line) or None. `is_datalink`: its
    messages are not counted by aircraft."""

    aircraft: int
    messages: int
    error: str | None
    is_datalink: bool = False


def check(
    url: FeedUrl,
    seconds: float = 3.0,
    *,
    clock: Clock | None = None,
    location: Point | None = None,
    timing: Timing | None = None,
    formats: Mapping[str, Format] = FORMATS,
    workers: Workers | None = None,
    replay_folder: Path | None = None,
) -> CheckResult:
    """Read from a receiver for `seconds` and return what came; returns early when it cannot be reached. `workers` and
    `replay_folder` are as for Receivers.

    Waits with gevent's calls only: in the server it does not block the hub, and a process without monkey patching (the command
    line) may call it too."""

    def ignore(_record: Record) -> None:
        return None

    clock = clock or Clock()
    feeds = Receivers(
        [_checked(url)], clock, location, timing=timing, formats=formats, workers=workers, replay_folder=replay_folder
    )
    until = clock.steady() + seconds
    feeds.start(ignore)
    try:
        row = feeds.status()[0]
        # A receiver that is down after the first attempt is not waited for; any other gets the whole time.
        while clock.steady() < until and row["state"] != "down":
            clock.sleep(0.02)
            row = feeds.status()[0]
    finally:
        feeds.stop()
    return _result(url, row, row["messages"], seconds)


def watch(receivers: Receivers, name: str, seconds: float, clock: Clock | None = None) -> CheckResult:
    """What a receiver that runs delivers in `seconds`: of a listener, whose port is its own. Raises ReceiverListError."""
    receiver, clock = receivers.receiver(name), clock or Clock()
    before, until = receiver.messages, clock.steady() + seconds
    while clock.steady() < until and receiver.state not in ("down", "standby"):
        clock.sleep(0.02)
    return _result(receiver.url, receiver.status(), receiver.messages - before, seconds)


def _result(url: FeedUrl, row: Mapping[str, Any], messages: int, seconds: float) -> CheckResult:
    # The end of a replayed file is shown in `error`, but is not a fault.
    error = None if messages and url.scheme.transport == "file" else row["error"]
    if messages == 0 and (error is None or row["state"] == "connecting"):
        often = ": a data link may be quiet for minutes" if url.scheme.is_datalink else ""
        error = f"{error or f'nothing was heard in {seconds:g} s'}{often}"
    return CheckResult(row["aircraft"], messages, error, url.scheme.is_datalink)


def _checked(url: FeedUrl) -> FeedUrl:
    """The feed as it is checked: simulated traffic has at most MAX_CHECKED_AIRCRAFT."""
    if not url.is_demo or float(url.options.get("aircraft", 0)) <= MAX_CHECKED_AIRCRAFT:
        return url
    return replace(url, options={**url.options, "aircraft": str(MAX_CHECKED_AIRCRAFT)})

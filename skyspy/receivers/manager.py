"""The receivers of one sky: added, removed, paused and listed while the server runs.

READERS has one row per transport (the `transport` column of feedurl.SCHEMES).

Invariants: a receiver has one name, unique here and derived from its URL, used in logs, the panel and commands; and a public
name without host or port, such as `beast-1`, for clients that may not know its location. Receivers do not affect each other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

import gevent

from skyspy.aircraft import Record
from skyspy.clock import Clock
from skyspy.decode import FORMATS, Context, Decoder, Format
from skyspy.feedurl import FeedUrl
from skyspy.geo import Point
from skyspy.receivers.demo import DemoReader
from skyspy.receivers.http import HttpReader
from skyspy.receivers.receiver import Reader, Receiver, ReceiverCounts, Sink, Timing
from skyspy.receivers.replay import ReplayReader
from skyspy.receivers.tcp import TcpReader
from skyspy.receivers.workers import Workers

MAX_CHECKED_AIRCRAFT = 200
"""So many simulated aircraft in a check; a sky of ten thousand would cost the server as much as the one it serves."""


class ReceiverListError(ValueError):
    """A receiver cannot be added, or does not exist; the message is one line for the operator."""


@dataclass(frozen=True, slots=True)
class ReaderContext:
    """What readers are built from. `location` is (latitude, longitude) or None."""

    formats: Mapping[str, Format]
    clock: Clock
    location: Point | None
    timing: Timing
    workers: Workers
    replay_folder: Path | None
    """Below which `replay://` may open files; None: anywhere."""

    def decoder(self, carries: str) -> Callable[[], Decoder]:
        """A factory of new decoders of the format `carries`."""
        form = self.formats[carries]

        def make() -> Decoder:
            # Computed for each decoder: the wall clock may have been set since the last connection.
            shift = self.clock.wall() - self.clock.steady()
            return form.make(Context(self.location, shift, is_live=True))

        return make


READERS: dict[str, Callable[[FeedUrl, ReaderContext], Reader]] = {
    "http": lambda url, a: HttpReader(url, a.decoder(url.scheme.carries), a.clock, a.timing, a.workers),
    "tcp": lambda url, a: TcpReader(url, a.decoder(url.scheme.carries), a.clock, a.timing, a.workers.resolver),
    "file": lambda url, a: ReplayReader(url, a.formats, a.clock, a.location, a.replay_folder),
    "none": lambda url, a: DemoReader(url, a.clock, a.location),
}


class Receivers:
    """The receivers of one sky. `location` is their (latitude, longitude) or None; `replay_folder` is where `replay://` may open
    files, None for anywhere; `workers` are threads to share with others. Nothing is connected before start(sink)."""

    def __init__(
        self,
        urls: Iterable[FeedUrl],
        clock: Clock,
        location: Point | None,
        *,
        timing: Timing | None = None,
        formats: Mapping[str, Format] = FORMATS,
        workers: Workers | None = None,
        replay_folder: Path | None = None,
    ) -> None:
        self._sink: Sink | None = None
        self._owns_workers, self.workers = workers is None, workers or Workers()
        self._context = ReaderContext(formats, clock, location, timing or Timing(), self.workers, replay_folder)
        self._receivers: dict[str, Receiver] = {}
        self._public: dict[str, str] = {}
        for url in urls:
            self.add(url)

    def start(self, sink: Sink) -> None:
        """Start every receiver that is not paused. `sink` gets each record they deliver, until stop()."""
        self._sink = sink
        for receiver in self._receivers.values():
            if receiver.state != "paused":
                receiver.start()

    def stop(self) -> None:
        """Stop every receiver; their greenlets have ended and their sockets are closed when this returns."""
        gevent.joinall([gevent.spawn(receiver.stop) for receiver in self._receivers.values()])
        self._sink = None
        if self._owns_workers:
            self.workers.close()

    def add(self, url: FeedUrl, replay_folder: Path | None = None) -> str:
        """Add a receiver, start it if the others run, and return its name. `replay_folder` is where this receiver may open
        files, None for where all may. Raises ReceiverListError for a URL that is listed already."""
        if any(receiver.url.text == url.text for receiver in self._receivers.values()):
            raise ReceiverListError(f"{url.shown} is a feed already")
        name = self._name(url)
        context = self._context if replay_folder is None else replace(self._context, replay_folder=replay_folder)
        reader = READERS[url.scheme.transport](url, context)
        carries = url.scheme.carries or url.options.get("format") or url.scheme.name
        self._public[name] = self._public_name(url)
        self._receivers[name] = Receiver(name, url, carries, reader, self._forward, context.clock, context.timing)
        if self._sink is not None:
            self._receivers[name].start()
        return name

    def remove(self, name: str) -> None:
        """Stop a receiver and remove it; raises ReceiverListError."""
        receiver = self.receiver(name)
        del self._receivers[name], self._public[name]
        receiver.stop()

    def pause(self, name: str) -> None:
        """Disconnect a receiver until resume(); raises ReceiverListError."""
        self.receiver(name).pause()

    def resume(self, name: str) -> None:
        """Connect a paused receiver again; raises ReceiverListError."""
        receiver = self.receiver(name)
        if self._sink is not None:
            receiver.resume()

    def status(self) -> list[dict[str, Any]]:
        """Receiver.status of each, in the order they were added, with `public_name`, which has no host and no port."""
        return [{**receiver.status(), "public_name": self._public[name]} for name, receiver in self._receivers.items()]

    def rates(self) -> dict[str, list[float]]:
        """Receiver.rates of each (messages per second), by name."""
        return {name: receiver.rates() for name, receiver in self._receivers.items()}

    def counts(self) -> dict[str, ReceiverCounts]:
        """The counters of each, by name."""
        return {name: receiver.counts for name, receiver in self._receivers.items()}

    def url(self, name: str) -> FeedUrl:
        """The URL of this receiver, including its password; raises ReceiverListError."""
        return self.receiver(name).url

    def unique_aircraft(self, name: str) -> int:
        """How many aircraft only this receiver received in the last minute; raises ReceiverListError."""
        others = (receiver.hexes() for other, receiver in self._receivers.items() if other != name)
        return len(self.receiver(name).hexes().difference(*others))

    def names(self) -> list[str]:
        """The names, in the order they were added."""
        return list(self._receivers)

    def set_location(self, location: Point | None) -> None:
        """Set the location of receivers that are added from now on."""
        self._context = replace(self._context, location=location)

    def name_by_url(self, text: str) -> str | None:
        """The name of the receiver whose URL is exactly this text; None where there is none."""
        return next((name for name, receiver in self._receivers.items() if receiver.url.text == text), None)

    def _forward(self, record: Record) -> None:
        if self._sink is not None:
            self._sink(record)

    def receiver(self, name: str) -> Receiver:
        """The feed of this name; raises FeedError."""
        if name not in self._receivers:
            raise ReceiverListError(f"there is no feed {name[:80]!r}")
        return self._receivers[name]

    def _name(self, url: FeedUrl) -> str:
        name = name_of(url)
        if name not in self._receivers:
            return name
        # A later one with the same scheme, host and port gets a suffix made from its whole URL.
        return f"{name}-{hashlib.sha256(url.text.encode()).hexdigest()[:6]}"

    def _public_name(self, url: FeedUrl) -> str:
        taken = set(self._public.values())
        return next(name for number in count(1) if (name := f"{url.scheme.name}-{number}") not in taken)


def name_of(url: FeedUrl) -> str:
    """`beast-host-30005`, `replay-file`, `demo`: lower-case letters, digits, dots and hyphens."""
    parts = [url.scheme.name, url.host, str(url.port) if url.port else "", PurePosixPath(url.path).stem if not url.host else ""]
    return re.sub(r"[^a-z0-9.]+", "-", "-".join(part for part in parts if part).lower()).strip("-.")[:64]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a receiver delivered in a few seconds: different aircraft, messages, and what is wrong (one line) or None."""

    aircraft: int
    messages: int
    error: str | None


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
    # The end of a replayed file is shown in `error`, but is not a fault.
    error = None if row["messages"] and url.scheme.transport == "file" else row["error"]
    if error is None and row["messages"] == 0:
        error = f"nothing was heard in {seconds:g} s"
    return CheckResult(row["aircraft"], row["messages"], error)


def _checked(url: FeedUrl) -> FeedUrl:
    """The feed as it is checked: simulated traffic has at most MAX_CHECKED_AIRCRAFT."""
    if url.scheme.name != "demo" or float(url.options.get("aircraft", 0)) <= MAX_CHECKED_AIRCRAFT:
        return url
    return replace(url, options={**url.options, "aircraft": str(MAX_CHECKED_AIRCRAFT)})

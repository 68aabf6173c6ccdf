"""Tools: all receivers of one sky: added, removed, paused and shown while the server runs.

Law: a feed has one name, unique here and derived from its URL, under which it is logged, shown and operated; and a
public name for those who may not know where it stands, such as `beast-1`. Each is a Receiver of its own; nothing one does
touches another. READERS has one row per way to a receiver: the `transport` column of feedurl.SCHEMES.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import PurePosixPath
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


class ReceiverListError(ValueError):
    """A feed cannot be added, or is not there; the message is one line for the operator."""


@dataclass(frozen=True, slots=True)
class ReaderContext:
    """What readers are made with."""

    formats: Mapping[str, Format]
    clock: Clock
    location: Point | None
    timing: Timing

    def decoder(self, carries: str) -> Callable[[], Decoder]:
        """Makes fresh decoders of a format."""
        form = self.formats[carries]

        def make() -> Decoder:
            # Read anew each time: the wall clock may have been set since the last connection.
            shift = self.clock.wall() - self.clock.steady()
            return form.make(Context(self.location, shift))

        return make


READERS: dict[str, Callable[[FeedUrl, ReaderContext], Reader]] = {
    "http": lambda url, a: HttpReader(url, a.decoder(url.scheme.carries), a.clock, a.timing),
    "tcp": lambda url, a: TcpReader(url, a.decoder(url.scheme.carries), a.clock, a.timing),
    "file": lambda url, a: ReplayReader(url, a.formats, a.clock, a.location),
    "none": lambda url, a: DemoReader(url, a.clock, a.location),
}


class Receivers:
    """The receivers of one sky. `location` is their (latitude, longitude) or None. Nothing is opened before start(sink)."""

    def __init__(
        self,
        urls: Iterable[FeedUrl],
        clock: Clock,
        location: Point | None,
        *,
        timing: Timing | None = None,
        formats: Mapping[str, Format] = FORMATS,
    ) -> None:
        self._sink: Sink | None = None
        self._context = ReaderContext(formats, clock, location, timing or Timing())
        self._receivers: dict[str, Receiver] = {}
        self._public: dict[str, str] = {}
        for url in urls:
            self.add(url)

    def start(self, sink: Sink) -> None:
        """Start every receiver that is not paused. `sink` takes each record they hear, until stop()."""
        self._sink = sink
        for receiver in self._receivers.values():
            if receiver.state != "paused":
                receiver.start()

    def stop(self) -> None:
        """Stop every feed; their greenlets have ended and their sockets are closed when this returns."""
        gevent.joinall([gevent.spawn(receiver.stop) for receiver in self._receivers.values()])
        self._sink = None

    def add(self, url: FeedUrl) -> str:
        """Add a feed, and start it when the others run. Its name; raises FeedError when it is there already."""
        if any(receiver.url.text == url.text for receiver in self._receivers.values()):
            raise ReceiverListError(f"{url.shown} is a feed already")
        name = self._name(url)
        reader = READERS[url.scheme.transport](url, self._context)
        carries = url.scheme.carries or url.options.get("format") or url.scheme.name
        self._public[name] = self._public_name(url)
        self._receivers[name] = Receiver(name, url, carries, reader, self._hand_on, self._context.clock, self._context.timing)
        if self._sink is not None:
            self._receivers[name].start()
        return name

    def remove(self, name: str) -> None:
        """Stop a feed and forget it; raises FeedError."""
        receiver = self.receiver(name)
        del self._receivers[name], self._public[name]
        receiver.stop()

    def pause(self, name: str) -> None:
        """Disconnect a feed until resume(); raises FeedError."""
        self.receiver(name).pause()

    def resume(self, name: str) -> None:
        """Connect a paused feed again; raises FeedError."""
        receiver = self.receiver(name)
        if self._sink is not None:
            receiver.resume()

    def status(self) -> list[dict[str, Any]]:
        """How each feed does, in the order they were added: see Receiver.status. `public_name` says no host and no port."""
        return [{**receiver.status(), "public_name": self._public[name]} for name, receiver in self._receivers.items()]

    def rates(self) -> dict[str, list[float]]:
        """How many messages a second each feed brought lately, by its name: see Receiver.rates."""
        return {name: receiver.rates() for name, receiver in self._receivers.items()}

    def counts(self) -> dict[str, ReceiverCounts]:
        """What each feed brought and what went wrong, by its name."""
        return {name: receiver.counts for name, receiver in self._receivers.items()}

    def url(self, name: str) -> FeedUrl:
        """What the feed of this name listens to, with its password; raises FeedError."""
        return self.receiver(name).url

    def heard_alone(self, name: str) -> int:
        """How many aircraft this feed heard in the last minute and no other did; raises FeedError."""
        others = (receiver.hexes() for other, receiver in self._receivers.items() if other != name)
        return len(self.receiver(name).hexes().difference(*others))

    def names(self) -> list[str]:
        """The feeds' names, in the order they were added."""
        return list(self._receivers)

    def stand_at(self, location: Point | None) -> None:
        """Where the receivers stand that are added from now on."""
        self._context = replace(self._context, location=location)

    def named(self, text: str) -> str | None:
        """The name of the feed with this URL, as it was written; None where there is none."""
        return next((name for name, receiver in self._receivers.items() if receiver.url.text == text), None)

    def _hand_on(self, record: Record) -> None:
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
        # Of two with the same host and port the later is told apart by what else its URL says.
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
    """What a feed gave in a few seconds: how many different aircraft and messages, and what is wrong (one
    line) or None."""

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
) -> CheckResult:
    """Listen to a feed for `seconds` and say what came; returns at once when it cannot be reached.

    Waits with gevent's calls only: in the server it blocks nobody, and a process without monkey
    patching (the command line) may call it as it stands."""

    def ignore(_record: Record) -> None:
        return None

    clock = clock or Clock()
    feeds = Receivers([url], clock, location, timing=timing, formats=formats)
    until = clock.steady() + seconds
    feeds.start(ignore)
    try:
        row = feeds.status()[0]
        # What is down at the first attempt has given its answer; everything else is given its time.
        while clock.steady() < until and row["state"] != "down":
            clock.sleep(0.02)
            row = feeds.status()[0]
    finally:
        feeds.stop()
    # A file played to its end has given all it has: that is no fault.
    error = None if row["messages"] and url.scheme.transport == "file" else row["error"]
    if error is None and row["messages"] == 0:
        error = f"nothing was heard in {seconds:g} s"
    return CheckResult(row["aircraft"], row["messages"], error)

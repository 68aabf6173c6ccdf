"""The receivers of one sky: added, removed, paused and listed while the server runs.

READERS has one row per transport (the `transport` column of feedurl.SCHEMES).

Invariants: a receiver has one name, unique here and derived from its URL, used in logs, the panel and commands; and a public
name without host or port, such as `beast-1`, for clients that may not know its location. Receivers do not affect each other.
Simulated traffic that stands in for a receiver never mixes with real traffic: it rests from the moment a real receiver is heard.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, cast

import gevent

from skyspy.aircraft import Record
from skyspy.clock import Clock
from skyspy.datalink.message import Block
from skyspy.decode import FORMATS, Context, Decoder, Format
from skyspy.feedurl import FeedUrl
from skyspy.geo import Point
from skyspy.receivers.demo import DemoReader, Surroundings
from skyspy.receivers.http import HttpReader
from skyspy.receivers.place import Place
from skyspy.receivers.receiver import Receiver, Sink, SourceReader
from skyspy.receivers.replay import ReplayReader
from skyspy.receivers.tcp import TcpReader
from skyspy.receivers.timing import ReceiverCounts, Timing
from skyspy.receivers.udp import DatagramDecoder, UdpReader
from skyspy.receivers.workers import Workers

log = logging.getLogger(__name__)


class ReceiverListError(ValueError):
    """A receiver cannot be added, or does not exist; the message is one line for the operator."""


class Hearing(NamedTuple):
    """What one receiver hears: its name, whether it is simulated, and the addresses of about the last minute."""

    receiver: str
    is_demo: bool
    addresses: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ReaderContext:
    """What readers are built from."""

    formats: Mapping[str, Format]
    clock: Clock
    place: Place
    timing: Timing
    workers: Workers
    replay_folder: Path | None
    """Below which `replay://` may open files; None: anywhere."""
    surroundings: Surroundings

    def decoder(self, carries: str) -> Callable[[], Decoder]:
        """A factory of new decoders of the format `carries`."""
        form = self.formats[carries]

        def make() -> Decoder:
            # Computed for each decoder: the wall clock may have been set since the last connection.
            shift = self.clock.wall() - self.clock.steady()
            return form.make(Context(None, shift, self.place.now, is_live=True))

        return make


def _udp_reader(url: FeedUrl, context: ReaderContext) -> SourceReader:
    # The formats of data links, which are the only ones that datagrams carry, have decoders of datagrams.
    make = cast("Callable[[], DatagramDecoder]", context.decoder(url.scheme.carries))
    return UdpReader(url, make, context.clock, context.timing, context.workers.resolver)


READERS: dict[str, Callable[[FeedUrl, ReaderContext], SourceReader]] = {
    "http": lambda url, a: HttpReader(url, a.decoder(url.scheme.carries), a.clock, a.timing, a.workers, a.place),
    "tcp": lambda url, a: TcpReader(url, a.decoder(url.scheme.carries), a.clock, a.timing, a.workers.resolver),
    "udp": _udp_reader,
    "file": lambda url, a: ReplayReader(url, a.formats, a.clock, a.place.now, a.replay_folder),
    "none": lambda url, a: DemoReader(url, a.clock, a.place.now, a.surroundings),
}


def _restart(receiver: Receiver) -> None:
    receiver.stop()
    if receiver.state != "paused":
        receiver.start()


def _nothing() -> None:
    return None


class Receivers:
    """The receivers of one sky. `location` is their (latitude, longitude) or None; `replay_folder` is where `replay://` may open
    files, None for anywhere; `workers` are threads to share with others; `surroundings` are those of simulated traffic,
    and say whether this process reads the receivers of data links, which stand by otherwise. Nothing is connected before start(sink)."""

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
        surroundings: Surroundings | None = None,
    ) -> None:
        self._sink: Sink | None = None
        self._owns_workers, self.workers = workers is None, workers or Workers()
        self.place = Place(location)
        self._context = ReaderContext(
            formats, clock, self.place, timing or Timing(), self.workers, replay_folder, surroundings or Surroundings()
        )
        self._receivers: dict[str, Receiver] = {}
        self._public: dict[str, str] = {}
        self._labels: dict[str, str] = {}
        self.is_resting = False
        """Whether the stand-ins rest, because a real receiver was heard."""
        self.on_exchange: Callable[[], None] = _nothing
        """Called when the stand-ins rest or return: what was heard until then belongs to another sky. Does not yield."""
        self._demo_heard_at: float | None = None
        names = [self.add(url) for url in urls]
        only_demo = all(receiver.url.is_demo for receiver in self._receivers.values())
        self._stand_ins = frozenset(names if only_demo else ())

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
        folder = self._context.replay_folder if replay_folder is None else replay_folder
        context = replace(self._context, replay_folder=folder, timing=self._context.timing.of(url))
        reader = READERS[url.scheme.transport](url, context)
        carries = url.scheme.carries or url.options.get("format") or url.scheme.name
        self._public[name] = self._public_name(url)
        forward = partial(self._forward, name, url.is_demo)
        receiver = self._receivers[name] = Receiver(name, url, carries, reader, forward, context.clock, context.timing)
        if url.scheme.is_datalink:
            receiver.may_read = context.surroundings.may_listen
        if self._sink is not None:
            self._receivers[name].start()
        return name

    def remove(self, name: str) -> None:
        """Stop a receiver and remove it; raises ReceiverListError."""
        receiver = self.receiver(name)
        del self._receivers[name], self._public[name]
        receiver.stop()

    def settle(self) -> None:
        """Let the stand-ins return where they rest and no real receiver is listed any more. Called after a change of the list."""
        if not self.is_resting or any(not receiver.url.is_demo for receiver in self._receivers.values()):
            return
        self.is_resting = False
        self.on_exchange()
        for name in self._stand_ins:
            self.resume(name)

    @property
    def stands_in(self) -> bool:
        """Whether simulated traffic stands in for a receiver now."""
        return bool(self._stand_ins) and not self.is_resting

    @property
    def demo_runs(self) -> bool:
        """Whether simulated traffic arrives now."""
        resting = self._stand_ins if self.is_resting else ()
        return any(receiver.state == "demo" and name not in resting for name, receiver in self._receivers.items())

    def demo_heard_within(self, seconds: float) -> bool:
        """Whether simulated traffic was delivered in the last `seconds`, and has not been cleared away since."""
        at = self._demo_heard_at
        return at is not None and self._context.clock.steady() - at <= seconds

    def pause(self, name: str) -> None:
        """Disconnect a receiver until resume(); raises ReceiverListError."""
        self.receiver(name).pause()

    def resume(self, name: str) -> None:
        """Connect a paused receiver again; raises ReceiverListError."""
        receiver = self.receiver(name)
        if self._sink is not None:
            receiver.resume()

    def status(self) -> list[dict[str, Any]]:
        """Receiver.status of each, in the order they were added, with `public_name`, which has no host and no port,
        the `label` that people gave it, and `is_demo`. A stand-in that rests is paused."""
        return [self._row(name, receiver) for name, receiver in self._receivers.items()]

    def _row(self, name: str, receiver: Receiver) -> dict[str, Any]:
        more = {
            "public_name": self._public[name],
            "label": self._labels.get(receiver.url.text, ""),
            "is_demo": receiver.url.is_demo,
        }
        row = {**receiver.status(), **more}
        return row | {"state": "paused"} if self.is_resting and name in self._stand_ins else row

    def rates(self) -> dict[str, list[float]]:
        """Receiver.rates of each (messages per second), by name."""
        return {name: receiver.rates() for name, receiver in self._receivers.items()}

    def hearings(self) -> list[Hearing]:
        """What each hears, without stand-ins that rest."""
        resting = self._stand_ins if self.is_resting else ()
        return [
            Hearing(name, receiver.url.is_demo, receiver.heard_lately())
            for name, receiver in self._receivers.items()
            if name not in resting
        ]

    def decoders(self) -> dict[int, str]:
        """The receivers by the `id` of the decoder that each uses now, which is the `receiver` of its observations where they have
        one."""
        return {id(receiver.decoder): name for name, receiver in self._receivers.items() if receiver.decoder is not None}

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
        """Set the location of the receivers. Simulated traffic begins anew around it."""
        if location == self.place.location:
            return
        self.place.location = location
        for receiver in self._receivers.values():
            if receiver.url.is_demo and receiver.state == "demo":
                gevent.spawn(_restart, receiver)

    def set_label(self, text: str, label: str) -> None:
        """Set the name that people gave the receiver of this URL; "" for none."""
        self._labels[text] = label

    def name_by_url(self, text: str) -> str | None:
        """The name of the receiver whose URL is exactly this text; None where there is none."""
        return next((name for name, receiver in self._receivers.items() if receiver.url.text == text), None)

    def _forward(self, name: str, is_demo: bool, record: Record) -> None:
        if is_demo:
            if self.is_resting and name in self._stand_ins:
                return
            self._demo_heard_at = self._context.clock.steady()
        elif self._stand_ins and not self.is_resting:
            self._rest()
        if self._sink is not None:
            self._sink(replace(record, receiver=name) if isinstance(record, Block) else record)

    def heard_elsewhere(self) -> None:
        """A real receiver was heard by another process, while it stands by in this one: the stand-ins rest here too."""
        if self._stand_ins and not self.is_resting:
            self._rest()

    def _rest(self) -> None:
        """A real receiver is heard: from here on nothing of the stand-ins is passed on. They are stopped in a greenlet of their
        own, because stopping one waits for it."""
        self.is_resting, self._demo_heard_at = True, None
        log.info("a receiver is heard: the demo rests")
        self.on_exchange()
        for name in self._stand_ins:
            gevent.spawn(self._pause_while_resting, name)

    def _pause_while_resting(self, name: str) -> None:
        if self.is_resting and name in self._receivers:
            self._receivers[name].pause()
            if self.stands_in:
                self.resume(name)

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
        kind = url.scheme.name.replace("+", "-")
        return next(name for number in count(1) if (name := f"{kind}-{number}") not in taken)


def counted(status: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The rows of Receivers.status that count as receivers: the real ones; where there are none, the simulated ones."""
    return [row for row in status if not row["is_demo"]] or status


def name_of(url: FeedUrl) -> str:
    """`beast-host-30005`, `replay-file`, `demo`: lower-case letters, digits, dots and hyphens."""
    parts = [url.scheme.name, url.host, str(url.port) if url.port else "", PurePosixPath(url.path).stem if not url.host else ""]
    return re.sub(r"[^a-z0-9.]+", "-", "-".join(part for part in parts if part).lower()).strip("-.")[:64]

"""The pollers of a server: they follow what the operator wants polled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gevent.lock import RLock

from skyspy.clock import Clock, iso
from skyspy.fetch.client import Client, Expected, HttpFetcher
from skyspy.fetch.document import Document, Fetcher, Request
from skyspy.fetch.file import FileFetcher
from skyspy.fetch.hosts import Hosts
from skyspy.fetch.last_good import LastGood
from skyspy.fetch.poller import Deliver, Poller, always
from skyspy.fetch.sources import Address, NotConfigured, Options, Source
from skyspy.fetch.timing import Timing
from skyspy.outbound.backoff import random_share
from skyspy.outbound.failures import one_line
from skyspy.store.worker_pool import WorkerPool

MAX_POLLERS = 64
FILE_THREADS, MAX_WAITING = 2, 2 * MAX_POLLERS
OFF = "it is switched off"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A source that the operator has configured under a name, and whether it is switched on."""

    name: str
    source: Source
    options: Options
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class _Off:
    """A source that is not asked, why, and since when (steady seconds)."""

    wanted: Wanted
    reason: str
    since: float


class Pollers:
    """One Poller for each address of what is wanted: `name`, and `name/2` where the area takes two. `may_poll` is asked for sources that leave
    this machine; each process reads files itself."""

    def __init__(
        self,
        client: Client,
        deliver: Deliver,
        last_good: LastGood,
        clock: Clock,
        *,
        timing: Timing | None = None,
        may_poll: Callable[[], bool] = always,
        jitter: Callable[[], float] = random_share,
    ) -> None:
        self._client, self._deliver, self._last_good, self._clock = client, deliver, last_good, clock
        self._timing, self._may_poll, self._jitter = timing or Timing(), may_poll, jitter
        self._hosts = Hosts()
        self._files = WorkerPool(FILE_THREADS, MAX_WAITING, native=True)
        self._pollers: dict[str, tuple[Wanted, Poller]] = {}
        self._off: dict[str, _Off] = {}
        # Stopping one waits for its greenlet, and others may change what is wanted meanwhile.
        self._lock = RLock()

    def apply(self, wanted: Sequence[Wanted]) -> frozenset[str]:
        """Follow what is wanted now, MAX_POLLERS at most: what did not change goes on undisturbed. The last call wins. Returns the names whose
        documents hold no more: they are polled no longer, or otherwise than before."""
        with self._lock:
            return self._apply(wanted)

    def status(self) -> list[dict[str, Any]]:
        """A row for each source, as `Poller.status`, by name."""
        rows = [poller.status() for _, poller in self._pollers.values()]
        shift = self._clock.wall() - self._clock.steady()
        rows += [_off_row(name, off, iso(off.since + shift)) for name, off in self._off.items()]
        return sorted(rows, key=lambda row: str(row["name"]))

    def documents(self) -> Mapping[str, Document]:
        """The last good document of each source that has one."""
        return {name: poller.document for name, (_, poller) in self._pollers.items() if poller.document is not None}

    def wake(self, name: str) -> bool:
        """Have a source tried soon; whether there is one of this name that is on."""
        found = self._pollers.get(name)
        if found is not None:
            found[1].wake()
        return found is not None

    def stop(self) -> None:
        """Stop all of them, and end the threads."""
        with self._lock:
            self._apply(())
            self._files.close()

    def _apply(self, wanted: Sequence[Wanted]) -> frozenset[str]:
        addresses: dict[str, tuple[Wanted, Address]] = {}
        off: dict[str, _Off] = {}
        for one in wanted:
            found, reason = _addresses(one, MAX_POLLERS - len(addresses))
            addresses |= {name: (one, address) for name, address in found.items()}
            if reason:
                made = _Off(one, reason, self._clock.steady())
                known = self._off.get(one.name, made)
                off[one.name] = known if known.reason == reason else made
        self._off = off
        ended = [name for name, (before, _) in self._pollers.items() if name not in addresses or addresses[name][0] != before]
        for name in ended:
            self._pollers[name][1].stop()
            del self._pollers[name]
        for name, (one, address) in addresses.items():
            if name not in self._pollers:
                self._pollers[name] = one, self._made(name, one.source, address)
                self._pollers[name][1].start()
        return frozenset(ended)

    def _made(self, name: str, source: Source, address: Address) -> Poller:
        return Poller(
            name,
            source,
            self._fetcher(source, address),
            self._deliver,
            self._last_good,
            self._clock,
            self._hosts,
            timing=self._timing,
            may_poll=self._may_poll if source.needs_network else always,
            jitter=self._jitter,
        )

    def _fetcher(self, source: Source, address: Address) -> Fetcher:
        if isinstance(address, Request):
            return HttpFetcher(address, Expected(source.max_bytes, source.media_types), self._client)
        return FileFetcher(address, source.max_bytes, self._files, self._clock, self._timing.total_s)


def _addresses(wanted: Wanted, most: int) -> tuple[dict[str, Address], str]:
    """What is to be asked for a source, by name, and why nothing is ("" where something is). At most `most` addresses are left."""
    if not wanted.is_on:
        return {}, OFF
    try:
        found = wanted.source.build(wanted.options)
    except NotConfigured as error:
        return {}, one_line(str(error))
    if len(found) > most:
        return {}, f"there are {MAX_POLLERS} sources already"
    return {wanted.name if number == 1 else f"{wanted.name}/{number}": address for number, address in enumerate(found, 1)}, ""


def _off_row(name: str, off: _Off, since: str) -> dict[str, Any]:
    counts = dict.fromkeys(("tries", "failures", "refused", "bytes", "unsaved", "crashes"), 0)
    state = {"state": "off", "since": since, "last_good": None, "next_try": None, "error": off.reason, "stands_by": False}
    return {"name": name, "title": off.wanted.source.title, **state, **counts}

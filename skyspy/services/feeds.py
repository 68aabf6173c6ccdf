"""Heart: receivers, those of the environment shown and those that operators add while the server runs.

Law: `settings.manage`. A URL may point anywhere the server can reach: that is the operator's right, and it is written down. A
URL's password is never shown again. Every process takes a change over within a second (ReceiverFollower). Invented traffic
never mixes with a real sky: where the environment names nothing else, it rests while an added receiver is there.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from skyspy import feedurl
from skyspy.feedurl import FeedUrl, FeedUrlError
from skyspy.receivers import manager
from skyspy.receivers.manager import CheckResult, ReceiverListError
from skyspy.server import Server
from skyspy.services.caller import Caller, Refused, as_refusals, sentence
from skyspy.sky import Sky
from skyspy.store import audit, feeds
from skyspy.store.feeds import Feed
from skyspy.store.settings import Settings

MANAGE = "settings.manage"
CHECK_SECONDS = 3.0
MOST = 64
"""How many receivers may be added."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeedView:
    """A receiver: its state (Link.status) and lately its rates (Link.rates) on this process, its URL without a password, and
    what is known of it where an operator added it (None: it is the environment's). `status` is None until this process has
    taken it over."""

    url: str
    status: Mapping[str, Any] | None
    added: Feed | None
    rates: Sequence[float] = ()

    @property
    def state(self) -> str:
        """Its state; what an operator chose is said at once, the receiver follows within a second."""
        state = None if self.status is None else self.status["state"]
        if self.added is not None and self.added.paused:
            return "paused"
        return "connecting" if state in (None, "paused") and self.added is not None else str(state)

    @property
    def is_demo(self) -> bool:
        """Whether its traffic is invented."""
        return _is_demo(self.url)


@dataclass(frozen=True, slots=True)
class ReceiverImpact:
    """What removing an added receiver would do: so many aircraft, which no other receiver hears, leave the sky at the latest
    `leave_s` after they were last heard; `demo_returns`: invented traffic comes back."""

    name: str
    url: str
    feed: Feed
    alone: int
    leave_s: float
    demo_returns: bool


def listing(server: Server, caller: Caller) -> list[FeedView]:
    """Every receiver of the live sky, the environment's first."""
    caller.require(server, MANAGE)
    sky = server.skies["live"]
    added = server.store.read(feeds.every)
    names = {feed.id: sky.receivers.name_by_url(feed.url) for feed in added}
    states, rates = {row["name"]: row for row in sky.receivers.status()}, sky.receivers.rates()
    own = [FeedView(row["url"], row, None, rates[name]) for name, row in states.items() if name not in names.values()]
    for feed in added:
        name = names[feed.id] or ""
        own.append(FeedView(_shown(feed.url), states.get(name), feed, rates.get(name, ())))
    return own


def check(server: Server, caller: Caller, url: str) -> CheckResult:
    """Listen to a receiver for a few seconds and say what came."""
    caller.require(server, MANAGE)
    return _listen(server, caller, _parsed(url))


def check_known(server: Server, caller: Caller, name: str) -> CheckResult:
    """Listen for a few seconds to a receiver that is there, over a connection of its own."""
    caller.require(server, MANAGE)
    try:
        url = server.skies["live"].receivers.url(name)
    except ReceiverListError as error:
        raise Refused("not_found", sentence(error)) from None
    return _listen(server, caller, url)


def add(server: Server, caller: Caller, url: str) -> Feed:
    """Add a receiver to the live sky."""
    caller.require(server, MANAGE)
    parsed = _parsed(url)
    if any(_place(own) == _place(parsed) for own in server.config.feeds):
        raise Refused("conflict", f"{parsed.shown} is a feed of the environment already")
    added = server.store.read(feeds.every)
    if any(_place_of(feed.url) == _place(parsed) for feed in added):
        raise Refused("conflict", f"{parsed.shown} is a feed already")
    if len(added) >= MOST:
        raise Refused("conflict", f"There are {MOST} added feeds already: remove one first")
    at = server.clock.wall()
    with as_refusals():
        return server.store.write(feeds.add, parsed.text, parsed.shown, caller.actor, at)


def set_paused(server: Server, caller: Caller, feed_id: int, paused: bool) -> Feed:
    """Disconnect an added receiver, or let it go on."""
    shown, at = _shown(_added(server, caller, feed_id).url), server.clock.wall()
    with as_refusals():
        return server.store.write(feeds.set_paused, feed_id, paused, shown, caller.actor, at)


def removal(server: Server, caller: Caller, feed_id: int) -> ReceiverImpact:
    """What removing an added receiver would do."""
    feed = _added(server, caller, feed_id)
    sky = server.skies["live"]
    name = sky.receivers.name_by_url(feed.url)
    others = [other.url for other in server.store.read(feeds.every) if other.id != feed_id]
    demo_returns = _only_demo(server.config.feeds) and not _is_demo(feed.url) and all(map(_is_demo, others))
    alone = 0 if name is None else sky.receivers.unique_aircraft(name)
    return ReceiverImpact(
        name or _shown(feed.url), _shown(feed.url), feed, alone, server.settings.current.AIRCRAFT_TIMEOUT_SECONDS, demo_returns
    )


def remove(server: Server, caller: Caller, feed_id: int) -> None:
    """Forget an added receiver."""
    shown, at = _shown(_added(server, caller, feed_id).url), server.clock.wall()
    with as_refusals():
        server.store.write(feeds.remove, feed_id, shown, caller.actor, at)


class ReceiverFollower:
    """Makes one sky's receivers follow the table, in every process."""

    def __init__(self, server: Server, sky: Sky) -> None:
        self._server = server
        self._sky = sky
        self._mine: set[str] = set()
        self._demo = [url.text for url in server.config.feeds] if _only_demo(server.config.feeds) else []
        self._demo_place = sky.location
        self._is_real = False

    def follow(self, _settings: Settings) -> bool:
        """Take over what the table says now. Raises StoreError."""
        wanted = {feed.url: feed for feed in self._server.store.read(feeds.every)}
        for url in sorted(self._mine - set(wanted)):
            self._mine.discard(url)
            name = self._sky.receivers.name_by_url(url)
            if name is not None:
                self._sky.receivers.remove(name)
        self._rest_demo(any(not _is_demo(url) for url in wanted))
        for url, feed in wanted.items():
            if url in self._mine or self._take(url):
                self._settle(url, feed.paused)
        return True

    def _rest_demo(self, is_real: bool) -> None:
        """Invented traffic and its invented place go when a real receiver comes, and come back when it goes."""
        if not self._demo or is_real == self._is_real:
            return
        self._is_real = is_real
        self._sky.stand_at(self._server.config.location if is_real else self._demo_place)
        for url in self._demo:
            self._settle(url, is_real)

    def _take(self, url: str) -> bool:
        try:
            self._sky.receivers.add(feedurl.parse(url))
        except (ReceiverListError, FeedUrlError) as error:
            log.warning("an added feed is left out: %s", error)
            return False
        self._mine.add(url)
        return True

    def _settle(self, url: str, paused: bool) -> None:
        name = self._sky.receivers.name_by_url(url)
        if name is None:
            return
        is_paused = any(row["name"] == name and row["state"] == "paused" for row in self._sky.receivers.status())
        if paused and not is_paused:
            self._sky.receivers.pause(name)
        elif is_paused and not paused:
            self._sky.receivers.resume(name)


def _is_demo(url: str) -> bool:
    return url.partition(":")[0].lower() == "demo"


def _only_demo(urls: Sequence[FeedUrl]) -> bool:
    return all(url.scheme.name == "demo" for url in urls)


def _listen(server: Server, caller: Caller, url: FeedUrl) -> CheckResult:
    server.store.write(audit.record, caller.actor, "feed.check", f"feed {url.shown}", server.clock.wall())
    return manager.check(url, CHECK_SECONDS, location=server.config.location)


def _place(url: FeedUrl) -> tuple[object, ...]:
    """What tells receivers apart: where they are, however that is written."""
    if url.scheme.transport not in ("http", "tcp"):
        return (url.text,)
    beyond = (url.path, urlsplit(url.text).query) if url.scheme.transport == "http" else ()
    return (url.scheme.name, url.host, url.port, *beyond)


def _place_of(text: str) -> tuple[object, ...] | None:
    try:
        return _place(feedurl.parse(text))
    except FeedUrlError:
        return None


def _parsed(url: str) -> FeedUrl:
    if len(url) > 1000:
        raise Refused("invalid", "A feed's URL has at most 1000 characters", {"url": "is too long"})
    try:
        return feedurl.parse(url)
    except FeedUrlError as error:
        raise Refused("invalid", sentence(error), {"url": str(error)}) from None


def _shown(url: str) -> str:
    try:
        return feedurl.parse(url).shown
    except FeedUrlError:
        return "a damaged URL"


def _added(server: Server, caller: Caller, feed_id: int) -> Feed:
    caller.require(server, MANAGE)
    with as_refusals():
        return server.store.read(feeds.by_id, feed_id)

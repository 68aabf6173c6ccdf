"""Application: the receivers of the live sky: those of the environment, and those that operators add while the server runs.

Invariants: needs `settings.manage`. A URL may point anywhere the server can reach; adding or testing one is written to the audit log.
A URL's password is never shown. Every process follows a change within a second (ReceiverFollower). Where the environment has only
demo receivers, they rest from the moment a real one is heard until the last real one is removed (receivers/manager.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from skyspy import config, feedurl
from skyspy.feedurl import FeedUrl, FeedUrlError
from skyspy.receivers import checks
from skyspy.receivers.checks import CheckResult, ChecksBusy
from skyspy.receivers.manager import ReceiverListError
from skyspy.receivers.replay_files import ReplayFileError, permitted
from skyspy.server import Context, Server
from skyspy.services.caller import Caller, Refused, Transaction, as_sentence
from skyspy.sky import Sky
from skyspy.store import audit, feeds
from skyspy.store.feeds import Feed
from skyspy.store.settings import Settings

MANAGE = "settings.manage"
CHECK_SECONDS = 3.0
BUILT_IN = config.BUILT_IN_FEED
MAX_LABEL = 64
MAX_ADDED_FEEDS = 64
"""Receivers that may be added, beside those of the environment."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeedView:
    """A receiver: `url` has no password; `status` (Receiver.status) and `rates` (Receiver.rates) are of this process; `added` is
    its row where an operator added it, None where it comes from the environment. `status` is None until this process follows it."""

    url: str
    status: Mapping[str, Any] | None
    added: Feed | None
    rates: Sequence[float] = ()

    @property
    def state(self) -> str:
        """Its state. A pause or resume shows at once, although the receiver follows within a second."""
        state = None if self.status is None else self.status["state"]
        if self.added is not None and self.added.paused:
            return "paused"
        return "connecting" if state in (None, "paused") and self.added is not None else str(state)

    @property
    def name(self) -> str:
        """The name that people gave it, or else the one made of its URL; its URL until this process follows it."""
        return self.label or self.known_status.get("name") or self.url

    @property
    def label(self) -> str:
        """The name that people gave it; "" for none."""
        return "" if self.added is None else self.added.label

    @property
    def row_key(self) -> str:
        """What tells it from the others of the list."""
        return self.known_status.get("name") or f"added-{self.added.id if self.added else 0}"

    @property
    def known_status(self) -> Mapping[str, Any]:
        """Its status; empty until this process follows it."""
        return self.status or {}

    @property
    def heard_at(self) -> float | None:
        """When it was last heard, wall seconds; None: never."""
        last = self.known_status.get("last_seen")
        return None if last is None else datetime.fromisoformat(last).timestamp()

    @property
    def tls(self) -> str:
        """How its certificate is checked where that is not the usual way; else ""."""
        try:
            return feedurl.parse(self.url).tls
        except FeedUrlError:
            return ""

    @property
    def trusts_any(self) -> bool:
        """Whether any certificate of its is trusted."""
        return "tls=insecure" in self.url and bool(self.tls)

    @property
    def is_datalink(self) -> bool:
        """Whether it brings messages of a data link, which are not counted by aircraft."""
        return feedurl.is_datalink(self.url)

    @property
    def is_built_in(self) -> bool:
        """Whether it is what runs where the environment names no receiver."""
        return self.added is None and self.url == BUILT_IN

    @property
    def is_demo(self) -> bool:
        """Whether its traffic is simulated."""
        return _is_demo(self.url)


@dataclass(frozen=True, slots=True)
class ReceiverImpact:
    """What removing an added receiver would do. `alone` aircraft, which no other receiver hears, leave the sky at most `leave_s`
    seconds after they were last heard; `demo_returns`: the environment's demo receivers resume."""

    name: str
    url: str
    feed: Feed
    alone: int
    leave_s: float
    demo_returns: bool


def listing(server: Server, caller: Caller) -> list[FeedView]:
    """Every receiver of the live sky, the environment's first."""
    added = caller.read(server, MANAGE, feeds.every)
    sky = server.skies["live"]
    names = {feed.id: sky.receivers.name_by_url(feed.url) for feed in added}
    states, rates = {row["name"]: row for row in sky.receivers.status()}, sky.receivers.rates()
    # A receiver that was removed a moment ago still runs here until this process follows.
    wanted = {sky.receivers.name_by_url(url.text) for url in server.config.feeds}
    own = [FeedView(row["url"], row, None, rates[name]) for name, row in states.items() if name in wanted]
    for feed in added:
        name = names[feed.id] or ""
        own.append(FeedView(feed.shown, states.get(name), feed, rates.get(name, ())))
    return own


def check(server: Server, caller: Caller, url: str) -> CheckResult:
    """Read from a URL for CHECK_SECONDS and count what was received. Raises Refused for an invalid URL."""
    caller.require(server, MANAGE)
    parsed = _parsed(url)
    folder = server.config.added_replay_dir
    _check_file(server, caller, parsed, folder)
    return _try(server, caller, parsed, folder)


def check_running_receiver(server: Server, caller: Caller, name: str) -> CheckResult:
    """Read for CHECK_SECONDS from a receiver of the live sky, over a separate connection. Raises Refused."""
    caller.require(server, MANAGE)
    try:
        url = server.skies["live"].receivers.url(name)
    except ReceiverListError as error:
        raise Refused("not_found", as_sentence(error)) from None
    receivers, folder = server.skies["live"].receivers, server.config.added_replay_dir
    if url.scheme.transport == "udp":
        return _listen(server, caller, url, lambda: checks.watch(receivers, name, CHECK_SECONDS))
    return _try(server, caller, url, server.config.replay_dir if url in server.config.feeds else folder)


def added(context: Context, caller: Caller) -> list[Feed]:
    """The receivers that operators added, oldest first."""
    return caller.read(context, MANAGE, feeds.every)


def add(context: Context, caller: Caller, url: str, label: str = "") -> Feed:
    """Add a receiver to the live sky, `label` is a name for people. Raises Refused for an invalid URL, a duplicate, or too many
    receivers."""
    caller.require(context, MANAGE)
    parsed, label = _parsed(url), _label(label)
    _check_file(context, caller, parsed, context.config.added_replay_dir)
    _check_own(context, parsed)

    def work(here: Transaction) -> Feed:
        added = feeds.every(here.connection)
        _check_others(added, parsed)
        if len(added) >= MAX_ADDED_FEEDS:
            raise Refused("conflict", f"There are {MAX_ADDED_FEEDS} added feeds already: remove one first")
        return feeds.add(here.connection, parsed.text, parsed.shown, here.actor, here.at, label)

    return caller.act(context, MANAGE, work)


def get_added_feed(server: Server, caller: Caller, feed_id: int) -> Feed:
    """An added receiver. Raises Refused where there is none."""
    return caller.read(server, MANAGE, feeds.by_id, feed_id)


def change(server: Server, caller: Caller, feed_id: int, url: str | None = None, label: str | None = None) -> Feed:
    """Give an added receiver another URL or name (None: as it is). A user and password shown as *** stay, for the same host and
    port. Raises Refused as `add` does."""
    old = caller.read(server, MANAGE, feeds.by_id, feed_id)
    parsed = _parsed(old.url if url is None else _with_password(url, old))
    named = old.label if label is None else _label(label)
    _check_file(server, caller, parsed, server.config.added_replay_dir)
    _check_own(server, parsed)

    def work(here: Transaction) -> Feed:
        _check_others([feed for feed in feeds.every(here.connection) if feed.id != feed_id], parsed)
        return feeds.change(here.connection, feed_id, parsed, named, here.actor, here.at)

    return caller.act(server, MANAGE, work)


def set_paused(server: Server, caller: Caller, feed_id: int, paused: bool) -> Feed:
    """Pause or resume an added receiver."""
    return caller.act(server, MANAGE, lambda here: feeds.set_paused(here.connection, feed_id, paused, here.actor, here.at))


def preview_removal(server: Server, caller: Caller, feed_id: int) -> ReceiverImpact:
    """What removing an added receiver would do; changes nothing."""
    feed = caller.read(server, MANAGE, feeds.by_id, feed_id)
    sky = server.skies["live"]
    name = sky.receivers.name_by_url(feed.url)
    others = [other.url for other in server.store.read(feeds.every) if other.id != feed_id]
    demo_returns = _only_demo(server.config.feeds) and not _is_demo(feed.url) and all(map(_is_demo, others))
    alone = 0 if name is None else sky.receivers.unique_aircraft(name)
    return ReceiverImpact(
        feed.label or name or feed.shown, feed.shown, feed, alone, server.settings.current.AIRCRAFT_TIMEOUT_SECONDS, demo_returns
    )


def remove(context: Context, caller: Caller, feed_id: int) -> None:
    """Remove an added receiver."""
    caller.act(context, MANAGE, lambda here: feeds.remove(here.connection, feed_id, here.actor, here.at))


class ReceiverFollower:
    """Adds, removes, pauses and resumes one sky's receivers as the table of added receivers says. Every process has one."""

    def __init__(self, server: Server, sky: Sky) -> None:
        self._server = server
        self._sky = sky
        self._followed: set[str] = set()

    def follow(self, _settings: Settings) -> bool:
        """Apply the table as it is now. Raises StoreError."""
        wanted = {feed.url: feed for feed in self._server.store.read(feeds.every)}
        for url in sorted(self._followed - set(wanted)):
            self._followed.discard(url)
            name = self._sky.receivers.name_by_url(url)
            if name is not None:
                self._sky.receivers.remove(name)
        for url, feed in wanted.items():
            if url in self._followed or self._add(url):
                self._set_paused(url, feed.paused)
                self._sky.receivers.set_label(url, feed.label)
        self._sky.receivers.settle()
        return True

    def _add(self, url: str) -> bool:
        try:
            self._sky.receivers.add(feedurl.parse(url), self._server.config.added_replay_dir)
        except (ReceiverListError, FeedUrlError) as error:
            log.warning("an added feed is left out: %s", error)
            return False
        self._followed.add(url)
        return True

    def _set_paused(self, url: str, paused: bool) -> None:
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
    return all(url.is_demo for url in urls)


def _try(server: Server, caller: Caller, url: FeedUrl, replay_folder: Path | None) -> CheckResult:
    """Read from a URL over a connection of its own."""
    sky = server.skies["live"]

    def read() -> CheckResult:
        return checks.check(
            url, CHECK_SECONDS, location=sky.view.place, workers=sky.receivers.workers, replay_folder=replay_folder
        )

    return _listen(server, caller, url, read)


def _listen(server: Server, caller: Caller, url: FeedUrl, run: Callable[[], CheckResult]) -> CheckResult:
    """Run a check as one of the few at once, with an audit row. Raises Refused."""
    principal, about = caller.principal, f"feed {url.shown}"
    try:
        with server.receiver_checks.one(principal.user_id or principal.name):
            caller.act(server, MANAGE, lambda here: audit.record(here.connection, here.actor, "feed.check", about, here.at))
            return run()
    except ChecksBusy as error:
        caller.audit_denial(server, f"too many checks: feed {url.shown}", ())
        raise Refused("overloaded", as_sentence(error)) from None


def _check_file(context: Context, caller: Caller, url: FeedUrl, folder: Path) -> None:
    """Refuse, with an audit row, a `replay://` that would open what is not below `folder`, or is no regular file or directory."""
    if url.scheme.transport != "file":
        return
    try:
        permitted(Path(url.path), folder)
    except ReplayFileError as error:
        caller.audit_denial(context, f"feed {url.shown}", ())
        raise Refused("invalid", as_sentence(error), {"url": str(error)}) from None


def _identity(url: FeedUrl) -> tuple[object, ...]:
    """The identity of a receiver: two URLs of the same host, port and path are one receiver, however they are written. A port can be
    listened at once, whatever its scheme."""
    if url.scheme.transport == "udp":
        return ("udp", url.host, url.port)
    if url.scheme.transport not in ("http", "tcp"):
        return (url.text,)
    beyond = (url.path, url.query) if url.scheme.transport == "http" else ()
    return (url.scheme.name, url.host, url.port, *beyond)


def _check_own(context: Context, url: FeedUrl) -> None:
    if any(_identity(own) == _identity(url) for own in context.config.feeds):
        raise Refused("conflict", f"{url.shown} is a feed of the environment already")


def _check_others(others: Sequence[Feed], url: FeedUrl) -> None:
    if any(feed.parsed is not None and _identity(feed.parsed) == _identity(url) for feed in others):
        raise Refused("conflict", f"{url.shown} is a feed already")


def _label(text: str) -> str:
    text = text.strip()
    if len(text) > MAX_LABEL or not text.isprintable():
        why = f"has at most {MAX_LABEL} printable characters"
        raise Refused("invalid", f"A receiver's name {why}", {"label": why})
    return text


def _with_password(url: str, old: Feed) -> str:
    """The URL with the user and password of the old one where it says ***: the page that shows the URL hides them."""
    if "//***@" not in url or old.parsed is None or old.shown == old.url:
        return url
    shown = _parsed(url)
    if (shown.scheme.name, shown.host, shown.port) != (old.parsed.scheme.name, old.parsed.host, old.parsed.port):
        why = "names another host: write its user and password again, in place of ***"
        raise Refused("invalid", f"The URL {why}", {"url": why})
    userinfo = urlsplit(old.url).netloc.rpartition("@")[0]
    return url.replace("//***@", f"//{userinfo}@", 1)


def _parsed(url: str) -> FeedUrl:
    if len(url) > 1000:
        raise Refused("invalid", "A feed's URL has at most 1000 characters", {"url": "is too long"})
    try:
        return feedurl.parse(url)
    except FeedUrlError as error:
        raise Refused("invalid", as_sentence(error), {"url": str(error)}) from None

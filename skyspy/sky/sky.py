"""Heart: one Sky takes what receivers say, keeps its tracker, and tells its listeners.

Law: a Sky is the only caller of its tracker and the owner of the tick. The first change after
quiet goes out at once, later ones at most BROADCAST_HZ times a second; each payload is made once
per audience and flavour, and only where somebody listens. It knows rooms, not sockets, and asks
nobody who may listen: the door decided that. Two skies run, `live` and `sandbox`, and share nothing.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

from skyspy import topics
from skyspy.aircraft import Observation
from skyspy.auth.principal import Principal
from skyspy.clock import Clock, iso
from skyspy.cooperate import Yielder
from skyspy.feedurl import FeedUrl
from skyspy.geo import Point, rounded
from skyspy.loop import Loop
from skyspy.receivers.manager import Receivers
from skyspy.sky.audience import Payload, patch_seen_from, seen_from, summarise
from skyspy.sky.memory import Memory
from skyspy.store.settings import Settings
from skyspy.tracker import Delta, Limits, Tracker

log = logging.getLogger(__name__)

AUDIENCES = (topics.EXACT, topics.PUBLIC)
STATS_SECONDS = 2.0
HEARTBEAT_SECONDS = 30.0
IDLE_TICK_SECONDS = 1.0
"""Without a change the tick still comes this often: aircraft fall silent and expire."""
ANNOUNCED_PER_TICK = 100
"""New aircraft told one by one in a tick; when more appear at once the rest come in one update."""


class Publisher(Protocol):
    """What a Sky needs of broadcast.Broadcast."""

    def publish(self, room: str, event: str, payload: object, namespace: str = "/") -> None: ...
    def has_listeners(self, room: str, namespace: str = "/") -> bool: ...


class Sky:
    """One sky: its feeds, its tracker, its tick. `name` is "live" or "sandbox"."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        settings: Callable[[], Settings],
        broadcast: Publisher,
        feeds: Sequence[FeedUrl],
        location: Point | None,
    ) -> None:
        self.name = name
        self.clock = clock
        self.location = location
        self._settings = settings
        self._broadcast = broadcast
        self._limits_of = -1
        self.tracker = Tracker(Limits(), location, secrets.token_hex(8))
        self.receivers = Receivers(feeds, self.ingest, clock, location)
        self.loop = Loop(f"the {name} sky's tick", self.tick, clock, IDLE_TICK_SECONDS, lambda: 1.0 / settings().BROADCAST_HZ)
        self._memory = Memory()
        self._last_stats = self._last_heartbeat = clock.steady()
        self.started = clock.wall()

    # -- what comes in -------------------------------------------------------------------------

    def ingest(self, _feed: str, observations: Iterable[Observation]) -> None:
        """Take what a feed heard. Lets others run meanwhile, so that a burst stalls nobody."""
        yielder = Yielder()
        for observation in observations:
            self.tracker.apply(observation, self.clock.steady())
            self.loop.wake()
            yielder.maybe_yield()

    def stand_at(self, location: Point | None) -> None:
        """From now on the receiver stands there (None: nobody knows where)."""
        self.location = self.tracker.reference = location
        self.receivers.stand_at(location)

    # -- the tick ------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the feeds and the tick."""
        self.receivers.start()
        self.loop.start()

    def stop(self) -> None:
        """Stop the feeds and the tick."""
        self.receivers.stop()
        self.loop.stop()

    def tick(self) -> None:
        """Tell listeners what changed since the last tick, and what is due by time."""
        now = self.clock.steady()
        self._follow_settings()
        delta = self.tracker.take_delta(now)
        if delta is not None:
            self._memory.add(delta)
            for audience in AUDIENCES:
                self._tell_whole(delta, audience, now)
                self._tell_delta(delta, audience)
        if now - self._last_stats >= STATS_SECONDS:
            self._last_stats = now
            for audience in AUDIENCES:
                self._publish("stats", topics.WHOLE, audience, "stats:update", partial(self.stats, audience))
        if now - self._last_heartbeat >= HEARTBEAT_SECONDS:
            self._last_heartbeat = now
            for audience in AUDIENCES:
                for flavour in (topics.WHOLE, topics.DELTA):
                    self._publish("aircraft", flavour, audience, "aircraft:heartbeat", self._heartbeat)

    def _follow_settings(self) -> None:
        settings = self._settings()
        if settings.version != self._limits_of:
            self._limits_of = settings.version
            self.tracker.limits = Limits(timeout_s=settings.AIRCRAFT_TIMEOUT_SECONDS, max_range_nm=settings.MAX_RANGE_NM)

    def _publish(self, topic: str, flavour: str, audience: str, event: str, payload: Callable[[], object]) -> None:
        room = topics.room(self.name, topic, flavour, audience)
        if self._broadcast.has_listeners(room):
            self._broadcast.publish(room, event, payload())

    def _tell_whole(self, delta: Delta, audience: str, now: float) -> None:
        room = topics.room(self.name, "aircraft", topics.WHOLE, audience)
        if not self._broadcast.has_listeners(room):
            return
        observer = self.observer(audience)
        for aircraft in delta.new[:ANNOUNCED_PER_TICK]:
            self._broadcast.publish(room, "aircraft:new", seen_from(aircraft, observer))
        changed = [seen_from(aircraft, observer) for aircraft in delta.new[ANNOUNCED_PER_TICK:]]
        for patch in delta.changed:
            whole = self.tracker.whole(patch["hex"], now)
            if whole is not None:
                changed.append(seen_from(whole, observer))
        if changed:
            self._broadcast.publish(room, "aircraft:update", changed)
        for hex_, reason in delta.removed:
            self._broadcast.publish(room, "aircraft:remove", {"hex": hex_, "reason": reason})

    def _tell_delta(self, delta: Delta, audience: str) -> None:
        self._publish("aircraft", topics.DELTA, audience, "aircraft:delta", lambda: self._delta_payload(delta, audience))

    def _delta_payload(self, delta: Delta, audience: str) -> Payload:
        observer = self.observer(audience)
        changed = [seen_from(aircraft, observer) for aircraft in delta.new]
        now = self.clock.steady()
        for patch in delta.changed:
            changed.append(patch_seen_from(patch, self.tracker.whole(patch["hex"], now) or {}, observer))
        return {
            "epoch": self.tracker.epoch,
            "seq": delta.seq,
            "prev": delta.prev,
            "changed": changed,
            "removed": [{"hex": hex_, "reason": reason} for hex_, reason in delta.removed],
            "timestamp": self._timestamp(),
        }

    # -- what is asked -------------------------------------------------------------------------

    def audience(self, principal: Principal) -> str:
        """Who may know where the receiver stands: identities, and everybody when the operator says so."""
        if principal.identified or self._settings().RECEIVER_LOCATION_PUBLIC == "exact":
            return topics.EXACT
        return topics.PUBLIC

    def observer(self, audience: str) -> Point | None:
        """The point from which this audience's distances and bearings are counted."""
        if self.location is None or audience == topics.EXACT:
            return self.location
        public = self._settings().RECEIVER_LOCATION_PUBLIC
        if public == "hidden":
            return None
        return self.location if public == "exact" else rounded(self.location)

    def aircraft(self, audience: str) -> list[Payload]:
        """Every aircraft as this audience sees it."""
        observer = self.observer(audience)
        return [seen_from(aircraft, observer) for aircraft in self.tracker.snapshot(self.clock.steady())]

    def one(self, hex_: str, audience: str) -> Payload | None:
        """One aircraft, or None when it is not in this sky. `hex_` in any case."""
        whole = self.tracker.whole(hex_, self.clock.steady())
        return None if whole is None else seen_from(whole, self.observer(audience))

    def trail(self, hex_: str) -> list[Payload]:
        """Where an aircraft has been, oldest first."""
        shift = self.clock.wall() - self.clock.steady()
        return [
            {"timestamp": iso(p.at + shift), "lat": p.lat, "lon": p.lon, "alt_baro": p.alt_baro, "gs": p.gs, "track": p.track}
            for p in self.tracker.trail(hex_)
        ]

    def snapshot(self, topic: str, audience: str) -> tuple[str, Payload] | None:
        """What a client that subscribes to the topic is shown first: the event's name and its payload."""
        row = topics.TOPICS[topic]
        if topic == "stats":
            return "stats:update", self.stats(audience)
        if row.snapshot is None:
            return None
        listed: list[Payload] = self.aircraft(audience) if topic == "aircraft" else []
        payload: Payload = {row.holds: listed, "count": len(listed), "timestamp": self._timestamp()}
        if topic == "aircraft":
            payload |= {"epoch": self.tracker.epoch, "seq": self.tracker.seq}
        if topic == "notams":
            payload["tfrs"] = []
        return row.snapshot, payload

    def resume(self, epoch: object, seq: object, audience: str) -> list[Payload] | None:
        """The deltas a returning client missed, in order; None when it needs a snapshot instead."""
        if epoch != self.tracker.epoch or not isinstance(seq, int):
            return None
        if seq == self.tracker.seq:
            return []
        missed = self._memory.since(seq)
        return None if missed is None else [self._delta_payload(delta, audience) for delta in missed]

    def stats(self, audience: str) -> Payload:
        """The numbers of `stats:update`."""
        feeds = self.receivers.status()
        return {
            **summarise(self.tracker.totals(self.observer(audience))),
            "messages_per_second": round(sum(feed["messages_per_second"] for feed in feeds), 1),
            "feeds_up": sum(feed["state"] in ("up", "demo") for feed in feeds),
            "feeds_total": len(feeds),
            "demo": any(feed["state"] == "demo" for feed in feeds),
            "timestamp": self._timestamp(),
        }

    def status(self) -> Payload:
        """How this sky is doing, for `status` requests and the readiness check."""
        return {
            "sky": self.name,
            "aircraft": len(self.tracker),
            "epoch": self.tracker.epoch,
            "seq": self.tracker.seq,
            "started": iso(self.started),
            # Strangers ask too, so none is called by its host.
            "feeds": [
                {"name": feed["public_name"], **{key: feed[key] for key in ("state", "messages_per_second", "last_seen")}}
                for feed in self.receivers.status()
            ],
            "timestamp": self._timestamp(),
        }

    def _heartbeat(self) -> Payload:
        return {"count": len(self.tracker), "seq": self.tracker.seq, "timestamp": self._timestamp()}

    def _timestamp(self) -> str:
        return iso(self.clock.wall())

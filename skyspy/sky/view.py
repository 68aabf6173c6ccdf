"""Application: the present state of one sky, for clients who may or may not know the receiver's location.

Streams, the REST API and the panel read a sky through this; only `set_location` changes it.
"""

from __future__ import annotations

from collections.abc import Callable

from skyspy import topics
from skyspy.auth.principal import Principal
from skyspy.clock import Clock, Moment, iso
from skyspy.geo import Point, rounded
from skyspy.receivers.manager import Receivers
from skyspy.sky.audience import Payload, seen_from, summarise
from skyspy.sky.listing import Listings
from skyspy.store.settings import Settings
from skyspy.tracker import Tracker


class SkyView:
    """What can be read of one sky. `name` is "live" or "sandbox"; `location` is the receiver's (latitude, longitude) or None;
    `settings` returns those in force."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        settings: Callable[[], Settings],
        tracker: Tracker,
        receivers: Receivers,
        location: Point | None,
    ) -> None:
        self.name = name
        self.clock = clock
        self.settings = settings
        self.tracker = tracker
        self.receivers = receivers
        self.location = location
        self.started = clock.wall()
        self.listings = Listings(tracker, clock, self.viewpoint)

    def set_location(self, location: Point | None) -> None:
        """Set the receiver's location (None: not known)."""
        self.location = self.tracker.reference = location
        self.receivers.set_location(location)

    def audience(self, principal: Principal) -> str:
        """EXACT for principals who may know the receiver's location: identified ones, or all if the settings say so; else PUBLIC."""
        if principal.identified or self.settings().RECEIVER_LOCATION_PUBLIC == "exact":
            return topics.EXACT
        return topics.PUBLIC

    def observer(self, audience: str) -> Point | None:
        """The point from which this audience's distances and bearings are measured; None: they are left out."""
        if self.location is None or audience == topics.EXACT:
            return self.location
        public = self.settings().RECEIVER_LOCATION_PUBLIC
        if public == "hidden":
            return None
        return self.location if public == "exact" else rounded(self.location)

    def viewpoint(self, audience: str) -> tuple[Point | None, bool]:
        """What decides how this audience sees an aircraft: `observer` and `hides_receiver`."""
        return self.observer(audience), self.hides_receiver(audience)

    def hides_receiver(self, audience: str) -> bool:
        """Whether nothing may tell this audience where the receiver stands."""
        return audience != topics.EXACT and self.settings().RECEIVER_LOCATION_PUBLIC == "hidden"

    def one(self, hex_: str, audience: str) -> Payload | None:
        """One aircraft, or None when it is not in this sky. `hex_` in any case."""
        whole = self.tracker.aircraft(hex_, self.clock.steady())
        return None if whole is None else seen_from(whole, self.observer(audience), hidden=self.hides_receiver(audience))

    def trail(self, hex_: str) -> list[Payload]:
        """The recorded positions of an aircraft, oldest first."""
        now = self.clock.moment()
        shift = now.wall - now.steady
        return [
            {"timestamp": iso(p.at + shift), "lat": p.lat, "lon": p.lon, "alt_baro": p.alt_baro, "gs": p.gs, "track": p.track}
            for p in self.tracker.trail(hex_, now.steady)
        ]

    def stats(self, audience: str, now: Moment | None = None) -> Payload:
        """The payload of `stats:update`."""
        feeds = self.receivers.status()
        return {
            **summarise(self.tracker.totals(self.observer(audience))),
            "messages_per_second": round(sum(feed["messages_per_second"] for feed in feeds), 1),
            "feeds_up": sum(feed["state"] in ("up", "demo") for feed in feeds),
            "feeds_total": len(feeds),
            "demo": any(feed["state"] == "demo" for feed in feeds),
            "timestamp": (now or self.clock.moment()).timestamp,
        }

    def status(self) -> Payload:
        """The answer to `status` requests. Any client may send one, so receivers have their public names here."""
        return {
            "sky": self.name,
            "aircraft": len(self.tracker),
            "epoch": self.tracker.epoch,
            "seq": self.tracker.seq,
            "started": iso(self.started),
            "feeds": [
                {"name": feed["public_name"], **{key: feed[key] for key in ("state", "messages_per_second", "last_seen")}}
                for feed in self.receivers.status()
            ],
            "timestamp": self.clock.moment().timestamp,
        }

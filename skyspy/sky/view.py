"""Application: the present state of one sky, for clients who may or may not know the receiver's location.

Streams, the REST API and the panel read a sky through this; only `set_place` changes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from skyspy import topics
from skyspy.auth.principal import Principal
from skyspy.clock import Clock, Moment, iso
from skyspy.geo import Point, rounded
from skyspy.receivers.manager import Receivers, counted
from skyspy.simulate import DEFAULT_CENTRE
from skyspy.sky.audience import Payload, seen_from, summarise
from skyspy.sky.listing import Listings, Viewpoint
from skyspy.store.settings import Settings
from skyspy.tracker import Tracker
from skyspy.tracks.point import TrackPoint


class DayTotals(NamedTuple):
    """The present day of UTC so far, which began at `since` (wall seconds): different aircraft, messages, the most aircraft at once,
    and the farthest distance from the receiver's exact place. None: not known."""

    since: float
    aircraft: int | None
    messages: int
    aircraft_max: int
    max_distance_nm: float | None


class SkyView:
    """What can be read of one sky. `name` is "live" or "sandbox"; `place` is the receiver's (latitude, longitude) or None;
    `settings` returns those in force."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        settings: Callable[[], Settings],
        tracker: Tracker,
        receivers: Receivers,
        place: Point | None,
    ) -> None:
        self.name = name
        self.clock = clock
        self.settings = settings
        self.tracker = tracker
        self.receivers = receivers
        self.place = place
        self.started = clock.wall()
        self.day: DayTotals | None = None
        """As the history has it, a minute old at most; None: it cannot be read, or nothing was counted yet."""
        self.listings = Listings(tracker, clock, self.viewpoint)
        self.tracker.reference = self.location

    @property
    def location(self) -> Point | None:
        """Where distances are measured from: the receiver's place, or the centre of the demo while it stands in; None: unknown."""
        return DEFAULT_CENTRE if self.place is None and self.receivers.stands_in else self.place

    def set_place(self, place: Point | None) -> None:
        """Set the receiver's place (None: not known)."""
        self.place = place
        self.receivers.set_location(place)
        self.tracker.reference = self.location

    @property
    def demo(self) -> bool:
        """Whether any simulated traffic is shown: some arrives, or what arrived has not left yet."""
        return self.receivers.demo_runs or self.receivers.demo_heard_within(self.tracker.limits.timeout_s)

    def silent(self, audience: str) -> list[Payload]:
        """The real receivers that send nothing: `name`, `state`, `last_seen`, and `since` when they are silent (ISO 8601). Whoever may
        know where the receiver stands reads the name that people gave it; others, how it is reached and a number."""
        rows = [row for row in self.receivers.status() if not row["is_demo"] and row["silent_since"] is not None]
        return [
            {
                "name": (audience == topics.EXACT and row["label"]) or row["public_name"],
                "state": row["state"],
                "since": row["silent_since"],
                "last_seen": row["last_seen"],
            }
            for row in rows
        ]

    def labelled(self, answer: Payload) -> Payload:
        """The answer, with `demo: true` while simulated traffic is shown."""
        return answer | {"demo": True} if self.demo else answer

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

    def viewpoint(self, audience: str) -> Viewpoint:
        """What decides how this audience sees the sky."""
        return Viewpoint(self.observer(audience), self.hides_receiver(audience), self.demo)

    def hides_receiver(self, audience: str) -> bool:
        """Whether nothing may tell this audience where the receiver stands."""
        return audience != topics.EXACT and self.settings().RECEIVER_LOCATION_PUBLIC == "hidden"

    def _precision(self, audience: str) -> str:
        """What this audience's distances are measured from: exact, rounded, hidden or unknown."""
        if self.location is None:
            return "unknown"
        return "exact" if audience == topics.EXACT else self.settings().RECEIVER_LOCATION_PUBLIC

    def one(self, hex_: str, audience: str) -> Payload | None:
        """One aircraft, or None when it is not in this sky. `hex_` in any case."""
        whole = self.tracker.aircraft(hex_, self.clock.steady())
        return None if whole is None else seen_from(whole, self.observer(audience), hidden=self.hides_receiver(audience))

    def trail(self, hex_: str) -> list[TrackPoint]:
        """The positions of an aircraft that are in memory, oldest first. `hex_` in any case."""
        now = self.clock.moment()
        shift = now.wall - now.steady
        return [
            TrackPoint(p.at + shift, p.lat, p.lon, _feet(p.alt_baro), p.alt_baro == "ground", p.gs, p.track)
            for p in self.tracker.trail(hex_, now.steady)
        ]

    def stats(self, audience: str, now: Moment | None = None) -> Payload:
        """The payload of `stats:update`."""
        feeds = self.receivers.status()
        day = self.today()
        return {
            **summarise(self.tracker.totals(self.observer(audience), (now or self.clock.moment()).steady)),
            "aircraft_today": None if day is None else day.aircraft,
            "messages_per_second": round(sum(feed["messages_per_second"] for feed in feeds if feed["state"] != "paused"), 1),
            "feeds_up": sum(feed["state"] in ("up", "demo", "standby") for feed in counted(feeds)),
            "feeds_total": len(counted(feeds)),
            "feeds_silent": self.silent(audience),
            "receiver_location": self._precision(audience),
            "demo": self.demo,
            "timestamp": (now or self.clock.moment()).timestamp,
        }

    def today(self) -> DayTotals | None:
        """The totals of the present day; None where they are not known."""
        day = self.day
        return day if day is not None and day.since <= self.clock.wall() < day.since + 86_400 else None

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


def _feet(altitude: int | str | None) -> int | None:
    return altitude if isinstance(altitude, int) else None

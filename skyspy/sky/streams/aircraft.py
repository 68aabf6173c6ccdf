"""Application: the aircraft, whole or as numbered deltas that a client can resume from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import partial
from math import inf

import msgspec

from skyspy.clock import Moment
from skyspy.filters import AircraftFilter, is_empty, matches
from skyspy.presence.sessions import Session
from skyspy.sky.audience import Payload, patch_seen_from, seen_from
from skyspy.sky.delta_memory import DeltaMemory, Missed
from skyspy.sky.listing import cost
from skyspy.sky.streams.base import Costly, Event, Params, Request, RequestError, Stream, fixed
from skyspy.sky.view import SkyView
from skyspy.topics import AUDIENCES, DELTA, TOPICS, WHOLE, Room
from skyspy.tracker import Delta, Tracker

HEARTBEAT_SECONDS = 30.0
MAX_ANNOUNCED, ANNOUNCE_SECONDS = 100, 0.05
"""New aircraft announced one by one, in so many seconds; when more appear at once the rest come in updates."""


class AircraftStream(Stream):
    """The aircraft of one sky."""

    topic = TOPICS["aircraft"]
    large = True

    def __init__(self, view: SkyView) -> None:
        self._view = view
        self._memory = DeltaMemory()
        self._last_heartbeat = view.clock.steady()
        self._announced, self._announced_since = 0, -inf
        self._whole_rooms = tuple(Room(view.name, self.topic.name, WHOLE, audience) for audience in AUDIENCES)
        self._delta_rooms = tuple(Room(view.name, self.topic.name, DELTA, audience) for audience in AUDIENCES)
        self.requests = (
            Request("aircraft", "aircraft.view", self._answer_one),
            Request("aircraft-list", "aircraft.view", self._answer_list, large=True),
            Request("aircraft-snapshot", "aircraft.view", self._answer_snapshot, large=True),
        )

    def rooms(self, session: Session) -> frozenset[str]:
        """One room: the flavour that the session requested, for its audience."""
        return frozenset({str(Room(session.sky, self.topic.name, DELTA if session.delta else WHOLE, session.audience))})

    def snapshot(self, session: Session) -> Iterable[Event]:
        """Every aircraft; or, for a session that resumes, what it missed as one delta, if that is remembered and smaller."""
        now = self._view.clock.moment()
        missed = self._missed(session)
        if missed is not None and missed.seq == missed.prev:
            return ()
        if missed is None or not _is_smaller_than_snapshot(missed, self._view.tracker):
            return (Event("aircraft:snapshot", self._snapshot),)
        wholes = _Wholes(self._view.tracker, now)
        return (Event("aircraft:delta", partial(self._delta, missed.folded(wholes), wholes, now)),)

    def ready(self, session: Session) -> None:
        """Wait until the list of aircraft for the session's audience is encoded."""
        self._view.listings.ready(session.audience)

    def cost(self, session: Session) -> float:
        """By the size of the list of aircraft."""
        return cost(self._view.listings.size(session.audience))

    def on_tick(self, delta: Delta | None, now: Moment) -> Iterable[Event]:
        """The changes, once as whole objects and once as a delta; a heartbeat when it is due."""
        if delta is not None:
            self._memory.add(delta)
            yield from self._changes(delta, _Wholes(self._view.tracker, now), now)
        if now.steady - self._last_heartbeat >= HEARTBEAT_SECONDS:
            self._last_heartbeat = now.steady
            tracker = self._view.tracker
            beat = {"count": len(tracker), "seq": tracker.seq, "timestamp": now.timestamp}
            yield Event("aircraft:heartbeat", fixed(beat), self._whole_rooms + self._delta_rooms)

    def _changes(self, delta: Delta, wholes: _Wholes, now: Moment) -> Iterable[Event]:
        announced = self._announce(len(delta.new), now)
        for aircraft in delta.new[:announced]:
            yield Event("aircraft:new", partial(self._seen, aircraft), self._whole_rooms)
        if delta.changed or len(delta.new) > announced:
            yield Event("aircraft:update", partial(self._changed, delta, wholes, announced), self._whole_rooms)
        for hex_, reason in delta.removed:
            yield Event("aircraft:remove", fixed({"hex": hex_, "reason": reason}), self._whole_rooms)
        yield Event("aircraft:delta", partial(self._delta, delta, wholes, now), self._delta_rooms)

    def _announce(self, new: int, now: Moment) -> int:
        """How many of so many new aircraft are announced one by one."""
        if now.steady - self._announced_since >= ANNOUNCE_SECONDS:
            self._announced, self._announced_since = 0, now.steady
        announced = min(new, MAX_ANNOUNCED - self._announced)
        self._announced += announced
        return announced

    # -- payloads ------------------------------------------------------------------------------

    def _seen(self, aircraft: Payload, audience: str) -> Payload:
        return seen_from(aircraft, self._view.observer(audience), hidden=self._view.hides_receiver(audience))

    def _changed(self, delta: Delta, wholes: _Wholes, announced: int, audience: str) -> list[Payload]:
        observer, hidden = self._view.observer(audience), self._view.hides_receiver(audience)
        changed = [wholes[patch["hex"]] for patch in delta.changed]
        return [seen_from(aircraft, observer, hidden=hidden) for aircraft in (*delta.new[announced:], *changed) if aircraft]

    def _delta(self, delta: Delta, wholes: _Wholes, now: Moment, audience: str) -> Payload:
        observer, hidden = self._view.observer(audience), self._view.hides_receiver(audience)
        new = [seen_from(aircraft, observer, hidden=hidden) for aircraft in delta.new]
        patches = [patch_seen_from(patch, wholes[patch["hex"]], observer, hidden=hidden) for patch in delta.changed]
        return {
            "epoch": self._view.tracker.epoch,
            "seq": delta.seq,
            "prev": delta.prev,
            "changed": new + patches,
            "removed": [{"hex": hex_, "reason": reason} for hex_, reason in delta.removed],
            "timestamp": now.timestamp,
        }

    def _snapshot(self, audience: str) -> Payload:
        listing = self._view.listings.now(audience)
        return {
            "aircraft": listing.body,
            "count": len(listing),
            "timestamp": listing.moment.timestamp,
            "epoch": self._view.tracker.epoch,
            "seq": listing.seq,
        }

    def _missed(self, session: Session) -> Missed | None:
        """What changed after the delta from which the session resumes; None when it needs a snapshot."""
        if session.resume is None or not session.delta:
            return None
        epoch, seq = session.resume
        return self._memory.since(seq) if epoch == self._view.tracker.epoch else None

    # -- requests ------------------------------------------------------------------------------

    def _answer_one(self, session: Session, params: Params) -> object:
        hex_ = params.get("hex", params.get("icao"))
        if not isinstance(hex_, str) or not 0 < len(hex_) <= 7:
            raise RequestError("bad_payload", "hex is a text such as 4B1800")
        found = self._view.one(hex_, session.audience)
        if found is None:
            raise RequestError("not_found", "No such aircraft in this sky now")
        return found

    def _answer_list(self, session: Session, params: Params) -> object:
        try:
            query = msgspec.convert(params, AircraftFilter)
        except msgspec.ValidationError as error:
            raise RequestError("bad_payload", str(error)) from None
        listing = self._view.listings.recent(session.audience)
        unfiltered = is_empty(query)
        found = range(len(listing)) if unfiltered else listing.where(lambda aircraft: matches(aircraft, query))
        rest = found[bisect_right(found, listing.place_after((query.cursor or "").upper()) - 1) :]
        page = listing.pick(rest[: query.limit])
        count = min(len(rest), query.limit)
        next_cursor = listing.rows[rest[count - 1]].hex if len(rest) > count else None
        data = {"aircraft": page, "count": count, "total": len(found), "next_cursor": next_cursor}
        return Costly(data, cost(len(page.text), 0 if unfiltered else len(listing)))

    def _answer_snapshot(self, session: Session, _params: Params) -> object:
        self.ready(session)
        return Costly(self._snapshot(session.audience), self.cost(session))


def _is_smaller_than_snapshot(missed: Missed, tracker: Tracker) -> bool:
    """Whether a snapshot has more values, ages included: to count them is far cheaper than to encode it."""
    size = 0
    for aircraft in tracker.listed():
        size += len(aircraft) + 2
        if size > missed.size:
            return True
    return False


class _Wholes(dict[str, Payload]):
    """Whole aircraft by hex, each made once, when it is first asked for; an empty one where it is no longer listed."""

    def __init__(self, tracker: Tracker, now: Moment) -> None:
        super().__init__()
        self._tracker = tracker
        self._now = now.steady

    def __missing__(self, hex_: str) -> Payload:
        whole = self[hex_] = self._tracker.aircraft(hex_, self._now) or {}
        return whole

"""The state of one aircraft in the tracker.

`public` is the state as of the last delta, which snapshots show (without the ages `seen` and `seen_pos`). `pending` holds the
differences accepted since: the aircraft's entry in the next delta. None in `pending` means that a field was removed. So the
cost of a delta depends on the number of changes, and a value that changed and changed back is not sent.

Invariant: only the tracker modifies a TrackedAircraft.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from skyspy.aircraft import FIELDS, MAX_GROUND_FT, POSITION, SOURCES, WITHOUT_POSITION, Value
from skyspy.military import is_military
from skyspy.safety.emergency import SQUAWKS
from skyspy.timeline import Timeline, time_on
from skyspy.tracker.alarms import REPLIES, Alarmed, Object
from skyspy.tracker.gate import ADSC, ADVISORY, WORST, AdvisoryStamp, Stamp, end_of
from skyspy.tracker.limits import Limits
from skyspy.tracker.position import HeldPosition
from skyspy.tracker.trail import Trail

VOLATILE = frozenset({"seen", "seen_pos", "messages", "rssi"})
"""Fields that change with every message. They are updated every few seconds at most, see `Limits.refresh_s`."""

SOURCE_CATEGORIES: dict[str, str] = {
    name: name.split("_")[0] if name.startswith(("adsb", "adsr", "tisb")) else "other" if name == "unknown" else name
    for name in SOURCES
}
"""The field `source` by readsb's `type`: adsb, adsr, tisb, adsc, mlat, mode_s or other."""

TYPE_HOLD_S = 30.0
"""Seconds for which `type` keeps the best source after it was last heard."""

HIGH_S = 60.0
"""Seconds in which no aircraft descends from above all airports to the ground."""

MIN_MESSAGES = 2
"""Messages until an aircraft is listed: a single message may have a bit error in its address. One of a data link is enough: its
checksum covers the address."""

RELAYED: dict[int, str] = {SOURCES["mlat"]: "mlat", SOURCES["tisb_icao"]: "tisb"}
"""By rank, the sources that did not hear the aircraft itself say it."""

OF_POSITION = (*POSITION, *WITHOUT_POSITION)
"""Fields that a position replaces or ends."""

_MILITARY_FLAG = 1
_NOTHING: Mapping[str, Value] = {}


class TrackedAircraft(Alarmed):
    """One aircraft: its public and pending fields, their stamps, its position, trail and type. See the module. `version` is the
    sequence number of the delta that last changed `public`."""

    __slots__ = (
        "about", "best_rank", "due", "found", "gone", "hex", "last_names", "last_stamp", "listed", "lost_at", "messages", "military",
        "newest_at", "position", "refreshed_at", "rssi", "seen_at", "stamps", "timeline", "touched", "trail",
        "type", "type_at", "type_rank", "version",
    )  # fmt: skip

    def __init__(self, hex_: str) -> None:
        super().__init__(hex_)
        self.hex = hex_
        self.timeline: Timeline | None = None
        """The clock of all times here except `refreshed_at`; None: the steady clock."""
        self.stamps: dict[str, Stamp] = {}
        self.last_stamp = Stamp(-inf, WORST)
        self.last_names: tuple[str, ...] | None = None
        """Stamp and names of the fields accepted last. An observation of the same fields updates this stamp in place. The names
        are None if some of the fields have another stamp by now."""
        self.best_rank, self.newest_at = WORST, -inf
        """The best rank and newest time of all stamps: an observation at least as good and as new is accepted as a whole."""
        self.messages = self.version = 0
        self.seen_at = -inf
        self.refreshed_at = -inf
        self.due = inf
        """When the tracker next checks this aircraft for expired fields."""
        self.about, self.found = _NOTHING, _NOTHING  # see descriptions.py
        self.position = HeldPosition()
        self.lost_at = -inf
        """When the position in `lastPosition` was heard; -inf: not known."""
        self.trail: Trail | None = None
        self.type, self.type_rank, self.type_at = "unknown", WORST + 1, -inf
        self.military = is_military(hex_)
        self.rssi: Value | None = None
        self.listed = self.touched = self.gone = False

    # -- input -----------------------------------------------------------------------------------

    def accept(self, fields: Mapping[str, Value], source: str, at: float, rank: int, *, is_one: bool = False) -> None:
        """Accept these fields, of one message or of several. A position among them is the one that `position` has just accepted."""
        if fields.get("alt_baro") == "ground" and _is_high(self, at):
            fields = {name: value for name, value in fields.items() if name != "alt_baro"}
        if "lastPosition" in fields or "rr_lat" in fields:
            fields = _without_position(self, fields, at)
        squawk = fields.get("squawk")
        if is_one and (squawk in SQUAWKS or self.alarm is not None) and source == REPLIES and self.doubts_squawk(squawk, at):
            fields = {name: value for name, value in fields.items() if name != "squawk"}
            squawk = squawk if squawk in SQUAWKS else None
        if ADVISORY in fields:
            fields = self.with_new_advisory(fields)
        keys = tuple(fields)
        if keys == self.last_names:
            self.last_stamp.at, self.last_stamp.rank = at, rank
        else:
            self._stamp(fields, keys, at, rank)
        self.best_rank = min(self.best_rank, rank)
        self.newest_at = max(self.newest_at, at)
        if source != self.type:
            self.consider_type(source, rank, at)
        elif at > self.type_at:
            self.type_at = at
        self._update_pending(fields)
        if squawk in SQUAWKS or self.alarm is not None:
            self.take_squawk(squawk, at)

    def _update_pending(self, fields: Mapping[str, Value]) -> None:
        """Put the values that differ from `public` into `pending`."""
        pending, public = self.pending, self.public
        try:
            if len(pending) > 1:
                self._merge(fields)
            else:
                for name, value in fields.items():
                    if public[name] != value:
                        pending[name] = value
        except KeyError:  # a field that `public` does not have yet; rare, so the fast path does not check for it
            self._merge(fields)
        if "rssi" in fields:
            self.rssi = fields["rssi"]
            pending.pop("rssi", None)
        if self.alarm is not None and "emergency" in fields:
            self.take_emergency(fields["emergency"])

    def _merge(self, fields: Mapping[str, Value]) -> None:
        """The slow path of `_update_pending`: for fields missing in `public`, and values that may equal the public one again."""
        pending, get = self.pending, self.public.get
        for name, value in fields.items():
            if get(name) != value:
                pending[name] = value
            elif name in pending:
                del pending[name]

    def _stamp(self, fields: Mapping[str, Value], keys: tuple[str, ...], at: float, rank: int) -> None:
        """Give the fields a shared new stamp. Position fields get the position's stamp, and those that are missing are removed."""
        stamps = self.stamps
        self.last_stamp, self.last_names = Stamp(at, rank), keys
        stamps.update(dict.fromkeys(fields, self.last_stamp))
        if ADVISORY in fields:
            stamps[ADVISORY], self.last_names = AdvisoryStamp(at, rank), None
        if "lat" in fields:
            for name in OF_POSITION:
                if name in fields:
                    stamps[name] = self.position
                elif name in stamps:
                    del stamps[name]
                    self.set_pending(name, None)

    def consider_type(self, source: str, rank: int, at: float) -> None:
        """Set `type` to the source if it has a better rank, or if the current one was not heard for TYPE_HOLD_S."""
        if rank < self.type_rank or at - self.type_at > TYPE_HOLD_S:
            self.type = source if source in SOURCES else "unknown"
            self.type_rank, self.type_at = rank, at
            self.set_pending("type", self.type)
            self.set_pending("source", SOURCE_CATEGORIES[self.type])

    # -- expiry ----------------------------------------------------------------------------------

    def deadline(self, limits: Limits) -> float:
        """When this aircraft is removed if nothing more is received from it."""
        deadline = self.seen_at + limits.timeout_s
        for stamp in set(self.stamps.values()):
            if stamp.rank == ADSC:
                deadline = max(deadline, stamp.at + limits.adsc_expire_s)
        return deadline

    def expire(self, now: float, limits: Limits) -> float:
        """Remove expired fields; returns when the next one expires."""
        due = inf
        old = False
        for stamp in set(self.stamps.values()):
            end = end_of(stamp, limits)
            if end <= now:
                old = True
            elif end < due:
                due = end
        if old:
            self._drop([name for name, stamp in self.stamps.items() if end_of(stamp, limits) <= now])
        return due

    def _drop(self, names: list[str]) -> None:
        stamps = self.stamps
        for name in names:
            del stamps[name]
            self.set_pending(name, self.about.get(name))
        if "lat" in names:
            self.position.clear()
        if "rssi" in names:
            self.rssi = None
        if "emergency" in names:
            self.take_emergency(None)
        if "squawk" in names:
            self.end_alarm()
        self.last_names = None
        self.best_rank = min((stamp.rank for stamp in stamps.values()), default=WORST)
        self.newest_at = max((stamp.at for stamp in stamps.values()), default=-inf)

    # -- output ----------------------------------------------------------------------------------

    def publish(self, now: float, limits: Limits, trail_points: int) -> Object | None:
        """Make pending values public. Returns the delta entry: `hex` and the changed fields (None: removed); or None."""
        pending = self.pending
        if not self.listed:
            self.set_pending("military", self.military)
        if len(pending) > 1:
            self.pending = {"hex": self.hex}
            self._apply_pending(pending, trail_points)
        if now - self.refreshed_at >= limits.refresh_s:
            if pending is self.pending:
                self.pending = {"hex": self.hex}
            self._refresh(now, pending)
        return pending if len(pending) > 1 else None

    def _apply_pending(self, pending: Object, trail_points: int) -> None:
        public = self.public
        if "dbFlags" in pending:
            military = bool((pending["dbFlags"] or 0) & _MILITARY_FLAG) or self.military
            if public.get("military") != military:
                pending["military"] = military
        public.update(pending)
        if self.has_removals:
            self.has_removals = False
            for name in [name for name, value in pending.items() if value is None]:
                del public[name]
        if ("lat" in pending or "lon" in pending) and "lat" in public:
            if self.trail is None:
                self.trail = Trail()
            self.trail.offer(self.position.at, public, trail_points)

    def to_object(self, now: float) -> Object:
        """The aircraft object as of the last delta, with its ages at `now`; a copy."""
        result = dict(self.public)
        _write_ages(self, now, result)
        last = self.last_position(now)
        if last is not None:
            result["lastPosition"] = last
        return result

    def ages(self, now: float) -> tuple[float, float | None]:
        """Seconds since the aircraft was heard at `now`, in steady seconds, and since its position was (None: it has none)."""
        at = time_on(self.timeline, now)
        has_position = "lat" in self.public and self.position.at != -inf
        return max(0.0, at - self.seen_at), max(0.0, at - self.position.at) if has_position else None

    def last_position(self, now: float) -> Object | None:
        """The last position of an aircraft that has none now, with its age at `now`; None where its receiver tells none."""
        last: Object | None = self.public.get("lastPosition")
        if last is None or self.lost_at == -inf:
            return last
        return {**last, "seen_pos": round(max(time_on(self.timeline, now) - self.lost_at, 0.0), 1)}

    def _refresh(self, now: float, entry: Object) -> None:
        """Add the volatile fields to a delta entry, if one of them changed."""
        public = self.public
        if self.messages == public.get("messages") and self.rssi == public.get("rssi"):
            return
        self.refreshed_at = now
        public["messages"] = entry["messages"] = self.messages
        if self.rssi is not None:
            public["rssi"] = entry["rssi"] = self.rssi
        _write_ages(self, now, entry)

    def take_over(self, old: TrackedAircraft) -> None:
        """Continue an aircraft that was evicted since the last delta, so that the delta shows one changed aircraft."""
        self.public, self.listed, self.messages, self.rssi = old.public, old.listed, old.messages, None
        self.refreshed_at, self.about, self.found = old.refreshed_at, old.about, old.found
        self.position.take_over(old.position)
        for name in old.public:
            if name in FIELDS:
                self.set_pending(name, None)


def _write_ages(aircraft: TrackedAircraft, now: float, into: Object) -> None:
    seen, seen_pos = aircraft.ages(now)
    into["seen"] = round(seen, 1)
    if seen_pos is not None:
        into["seen_pos"] = round(seen_pos, 1)


def relayed_fields(aircraft: TrackedAircraft) -> dict[str, list[str]]:
    """The names of its public fields that came by multilateration ("mlat") and by TIS-B ("tisb"), each by its own source."""
    result: dict[str, list[str]] = {"mlat": [], "tisb": []}
    for name, stamp in aircraft.stamps.items():
        if stamp.rank in RELAYED and name in aircraft.public and name != "rssi":
            result[RELAYED[stamp.rank]].append(name)
    return result


def _without_position(aircraft: TrackedAircraft, fields: Mapping[str, Value], at: float) -> Mapping[str, Value]:
    """Fields with some of WITHOUT_POSITION, less those if the aircraft has a position. While the last position is the same, its
    object stays the same: its age alone is no change."""
    if "lat" in fields or "lat" in aircraft.stamps:
        return {name: value for name, value in fields.items() if name not in WITHOUT_POSITION}
    last: Any = fields.get("lastPosition")
    if last is None:
        return fields
    aircraft.lost_at = at - last["seen_pos"] if "seen_pos" in last else -inf
    known = aircraft.current("lastPosition")
    is_same = known is not None and {**known, "seen_pos": 0} == {**last, "seen_pos": 0}
    return {**fields, "lastPosition": known} if is_same else fields


def _is_high(aircraft: TrackedAircraft, at: float) -> bool:
    """Whether it was above all airports less than HIGH_S seconds before: it cannot be on the ground."""
    altitude, stamp = aircraft.current("alt_baro"), aircraft.stamps.get("alt_baro")
    return isinstance(altitude, int) and altitude > MAX_GROUND_FT and stamp is not None and at - stamp.at <= HIGH_S

"""Pure floor: all aircraft of one sky, and what changed about them.

Observations go in through `apply`, one gate for all; `take_delta` closes the books: it takes away
what is too old, gives the changes since the last time a number, and from then on `snapshot` shows
exactly that state. So a snapshot and all deltas after it make any later snapshot (but for the ages
`seen` and `seen_pos`, which grow by themselves).

Law: time is an argument and need not be exact: an observation from the future counts as heard now,
one older than a field lives is refused. Work follows what was heard and what falls due, never the
number of aircraft; memory follows `max_aircraft`. One writer: neither method may run inside another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush, nsmallest
from itertools import count
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from skyspy.aircraft import SOURCES, Observation, Value
from skyspy.geo import Point
from skyspy.tracker import totals
from skyspy.tracker.gate import ADSC, POSITION_FIELDS, WORST, sift
from skyspy.tracker.limits import Limits
from skyspy.tracker.position import DOUBTFUL, JUMP, LATE, MOVED, TAKEN, Area
from skyspy.tracker.record import LISTED_AFTER, Object, Record
from skyspy.tracker.trail import TrailPoint

MOTION_FIELDS = POSITION_FIELDS | {
    "alt_baro", "alt_geom", "baro_rate", "geom_rate", "gs", "ias", "tas", "mach", "track", "calc_track", "track_rate", "roll",
    "mag_heading", "true_heading",
}  # fmt: skip
"""What an impossible position takes down with it: it describes the flight of another aircraft, or of another time."""

TIMEOUT, EVICTED = "timeout", "evicted"
"""Why an aircraft was removed."""

_GOLDEN = 0.618034
_SLACK_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed between two states. `new` are whole objects; `changed` hold `hex` and the changed fields, None where
    one is gone; `removed` are pairs of hex and reason. No hex is in two of them. The dicts belong to who takes the delta."""

    seq: int
    prev: int
    new: tuple[Object, ...]
    changed: tuple[Object, ...]
    removed: tuple[tuple[str, str], ...]


class Tracker:
    """The aircraft of one sky. `reference` is the receiver's position for the range check, or None;
    `epoch` names this tracker's life, for `seq` begins at 0 with it. `len()` counts the listed aircraft."""

    def __init__(self, limits: Limits, reference: Point | None, epoch: str) -> None:
        self.epoch = epoch
        self.seq = 0
        self.refused: Counter[str] = Counter()
        """Positions and observations not believed, by reason: late, worse, far, jump."""
        self._limits = limits
        self._reference = reference
        self._area = Area(reference, limits.max_range_nm)
        self._records: dict[str, Record] = {}
        self._listed: dict[str, Record] = {}
        self._departed: dict[str, str] = {}  # listed, evicted since the last delta, and why
        self._touched: list[Record] = []
        self._due: list[tuple[float, int, Record]] = []
        self._tickets = count()
        self._totals: tuple[int, Point | None, totals.Totals] | None = None

    def __len__(self) -> int:
        return len(self._listed)

    @property
    def held(self) -> int:
        """Aircraft in memory, those not yet listed included."""
        return len(self._records)

    @property
    def limits(self) -> Limits:
        """What the tracker keeps to; new ones are in force from the next call on."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        if limits == self._limits:
            return
        self._limits = limits
        self._area = Area(self._reference, limits.max_range_nm)
        # Every aircraft is looked at once, for all that was planned was planned by the old limits.
        self._due = []
        for record in self._records.values():
            self._plan(record, record.seen_at)
        heapify(self._due)

    @property
    def reference(self) -> Point | None:
        """The receiver's position, from which the range is counted."""
        return self._reference

    @reference.setter
    def reference(self, reference: Point | None) -> None:
        self._reference = reference
        self._area = Area(reference, self._limits.max_range_nm)

    # -- what comes in -------------------------------------------------------------------------

    def apply(self, obs: Observation, now: float) -> bool:
        """Take what a receiver said, at `now` steady seconds; whether anything of it was believed."""
        at, source = obs.at, obs.source
        if not at <= now:  # also when it is no number
            at = now
        rank = SOURCES.get(source, WORST)
        lives = self._limits.adsc_expire_s if rank == ADSC else self._limits.expire_s
        if at + lives <= now:
            self.refused[LATE] += 1
            return False
        record = self._records.get(obs.hex)
        if record is None:
            record = self._admit(obs, at, rank, now)
        record.messages += obs.messages
        if not record.touched:
            record.touched = True
            self._touched.append(record)
        kept = fields = obs.fields
        if rank > record.best or at < record.newest:
            kept = sift(record.stamps, fields, at, rank, now, self._limits)
        if "lat" in fields and "lon" in fields:
            pos_at = at if obs.pos_at is None or not obs.pos_at <= at else obs.pos_at
            verdict = record.place.offer(fields, pos_at, rank, now, self._limits, self._area)
            if verdict is not TAKEN or kept is not fields:
                kept = self._judge(record, obs, kept, verdict, pos_at, rank)
        elif not POSITION_FIELDS.isdisjoint(fields):
            kept = _without(kept, POSITION_FIELDS)
        fresh = at > record.seen_at
        if fresh:
            record.seen_at = at
        if not kept and (fields or not fresh):
            return False
        record.take(kept, source, at, rank)
        oldest = record.place.at if "lat" in kept else at
        if oldest + lives < record.due:
            self._plan(record, oldest + lives)
        return True

    def _judge(
        self, record: Record, obs: Observation, kept: Mapping[str, Value], verdict: str, pos_at: float, rank: int
    ) -> Mapping[str, Value]:
        """What of an observation is kept after the verdict on its position; settles a doubt first."""
        fields: Mapping[str, Any] = obs.fields
        if verdict is DOUBTFUL:
            gs = fields["gs"] if "gs" in fields else record.live("gs")
            track = fields["track"] if "track" in fields else record.live("track")
            verdict = record.place.judge(fields, pos_at, rank, gs, track, obs.pace)
        if verdict is TAKEN or verdict is MOVED:
            if verdict is MOVED:
                record.trail = None
            return fields if kept is fields else {**kept, **{name: fields[name] for name in POSITION_FIELDS if name in fields}}
        self.refused[verdict] += 1
        return _without(kept, MOTION_FIELDS if verdict is JUMP else POSITION_FIELDS)

    def _admit(self, obs: Observation, at: float, rank: int, now: float) -> Record:
        limits, hex_ = self._limits, obs.hex
        if len(self._records) >= max(1, limits.max_aircraft):
            self._evict()
        record = self._records[hex_] = Record(hex_)
        if self._departed.pop(hex_, None) is not None:
            record.reborn(self._listed[hex_])
            self._listed[hex_] = record
        record.retype(obs.source, rank, at)
        # The first look comes early, and for each aircraft at another part of the span: a sky
        # that appeared all at once is not looked at all at once for ever after.
        share = 0.5 + 0.5 * (len(self._due) * _GOLDEN % 1.0)
        self._plan(record, min(now + share * limits.expire_s, at + limits.timeout_s))
        return record

    def _evict(self) -> None:
        """Make room: the longest unheard leave, one in a hundred at once, for looking through all of them has a price."""
        most = max(1, self._limits.max_aircraft)
        leaving = len(self._records) - most + 1 + most // 100
        for record in nsmallest(leaving, self._records.values(), key=attrgetter("seen_at")):
            record.gone = True
            del self._records[record.hex]
            if record.listed:
                self._departed[record.hex] = EVICTED
        if len(self._touched) > 2 * len(self._records) + _SLACK_ENTRIES:
            self._touched = [record for record in self._touched if not record.gone]

    def _plan(self, record: Record, due: float) -> None:
        """Look at the record at `due`; an earlier plan for it is void."""
        record.due = due
        heappush(self._due, (due, next(self._tickets), record))
        if len(self._due) > 2 * len(self._records) + _SLACK_ENTRIES:
            self._due = [entry for entry in self._due if entry[0] == entry[2].due and not entry[2].gone]
            heapify(self._due)

    # -- what goes out -------------------------------------------------------------------------

    def take_delta(self, now: float) -> Delta | None:
        """Close the books at `now`: what changed since the last time, or None."""
        removed = [*self._departed.items(), *((hex_, TIMEOUT) for hex_ in self._sweep(now))]
        for hex_, _ in removed:
            del self._listed[hex_]
        self._departed.clear()
        limits, listed = self._limits, self._listed
        trail_points = min(limits.trail_points, limits.trail_total // max(1, len(self._records)))
        new: list[Object] = []
        changed: list[Object] = []
        touched, self._touched = self._touched, []
        for record in touched:
            record.touched = False
            if record.gone or (not record.listed and record.messages < LISTED_AFTER):
                continue
            entry = record.close(now, limits, trail_points)
            if not record.listed:
                record.listed = True
                listed[record.hex] = record
                new.append(record.whole(now))
            elif entry is not None:
                changed.append(entry)
        if not (new or changed or removed):
            return None
        self.seq += 1
        return Delta(self.seq, self.seq - 1, tuple(new), tuple(changed), tuple(removed))

    def _sweep(self, now: float) -> list[str]:
        """Take away the fields and the aircraft whose time has come; which listed aircraft left."""
        left: list[str] = []
        due, limits = self._due, self._limits
        while due and due[0][0] <= now:
            planned, _, record = heappop(due)
            if record.gone or planned != record.due:
                continue
            end = record.seen_at + limits.timeout_s
            if end <= now:
                end = record.deadline(limits)
            if end <= now:
                record.gone = True
                del self._records[record.hex]
                if record.listed:
                    left.append(record.hex)
                continue
            record.due = min(record.expire(now, limits), end)
            heappush(due, (record.due, next(self._tickets), record))
            if record.lost and not record.touched:
                record.touched = True
                self._touched.append(record)
        return left

    def listed(self) -> Iterator[Mapping[str, Any]]:
        """Every listed aircraft as of the last delta, without copies and without its ages (`seen`, `seen_pos`).

        What it gives is read-only and only good until the next call of this tracker: read it in one go, without letting other
        greenlets run, and keep values out of it, never the mapping. `snapshot` and `whole` give copies.
        """
        return (MappingProxyType(record.public) for record in self._listed.values())

    def snapshot(self, now: float) -> list[Object]:
        """Every listed aircraft as of the last delta, with its ages at `now`; the caller's own copies."""
        return [record.whole(now) for record in self._listed.values()]

    def whole(self, hex_: str, now: float) -> Object | None:
        """One listed aircraft as of the last delta, or None; `hex_` in any case."""
        record = self._listed.get(hex_.upper())
        return None if record is None else record.whole(now)

    def trail(self, hex_: str) -> list[TrailPoint]:
        """Where a listed aircraft has been, oldest first; `hex_` in any case."""
        record = self._listed.get(hex_.upper())
        return [] if record is None or record.trail is None else record.trail.points()

    def totals(self, observer: Point | None = None) -> totals.Totals:
        """Sums over the listed aircraft as of the last delta; `observer` is where `max_distance_nm` is counted from."""
        if self._totals is None or self._totals[:2] != (self.seq, observer):
            sums = totals.count((record.public for record in self._listed.values()), observer)
            self._totals = (self.seq, observer, sums)
        return self._totals[2]


def _without(kept: Mapping[str, Value], names: frozenset[str]) -> dict[str, Value]:
    return {name: value for name, value in kept.items() if name not in names}

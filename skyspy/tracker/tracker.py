"""All aircraft of one sky, and their changes.

`apply` takes an observation. `take_delta` removes what has expired, and returns the changes since the last delta with a
sequence number; from then on `snapshot` shows exactly that state.

Invariants:
- A snapshot and all deltas after it make any later snapshot, except for the ages `seen` and `seen_pos`.
- Times are steady seconds, or those of the recording's clock (`Timeline`) for an aircraft that was last heard by a replay.
- An observation from the future counts as heard now; one older than the lifetime of a field is refused.
- Work depends on the observations and the expiring fields, not on the number of aircraft; memory is bounded by
  `max_aircraft`.
- One writer: no method may run during another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from types import MappingProxyType
from typing import Any

from skyspy.aircraft import SOURCES, Observation, Value
from skyspy.geo import Point
from skyspy.timeline import Timeline, time_on
from skyspy.tracker import totals
from skyspy.tracker.alarms import Object
from skyspy.tracker.descriptions import Describe, Descriptions
from skyspy.tracker.gate import ADSC, ADVISORY, ADVISORY_S, POSITION_FIELDS, WORST, accepted_fields
from skyspy.tracker.limits import Limits
from skyspy.tracker.motion import MOTION_FIELDS, is_motion_plausible, resolve_doubtful, without, without_position
from skyspy.tracker.position import (
    ACCEPTED,
    BEHIND,
    DOUBTFUL,
    JUMP,
    LATE,
    MAX_STANDING_KT,
    MOVED,
    REPEATED,
    SAME,
    WORSE,
    Area,
    HeldPosition,
)
from skyspy.tracker.schedule import Schedule, move
from skyspy.tracker.tracked_aircraft import MIN_MESSAGES, TrackedAircraft
from skyspy.tracker.trail import TrailPoint

TIMEOUT, EVICTED = "timeout", "evicted"
"""Why an aircraft was removed."""

_SLACK_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class Delta:
    """Changes between two states. `new`: whole objects; `changed`: `hex` and the changed fields, None for removed ones;
    `removed`: pairs of hex and reason. No hex is in two of them. The dicts are copies and belong to the caller."""

    seq: int
    prev: int
    new: tuple[Object, ...]
    changed: tuple[Object, ...]
    removed: tuple[tuple[str, str], ...]


class Tracker:
    """The aircraft of one sky. `reference`: the receiver's position for the range check, or None; `epoch`: identifies this
    tracker, because `seq` starts at 0 in each; `describe`: see descriptions.py. `len()` is the number of listed aircraft."""

    def __init__(self, limits: Limits, reference: Point | None, epoch: str, describe: Describe | None = None) -> None:
        self.epoch = epoch
        self.seq = 0
        self.refused: Counter[str] = Counter()
        """Number of refused positions and observations by reason: late, worse, far, jump."""
        self._limits = limits
        self._reference = reference
        self._area = Area(reference, limits.max_range_nm)
        self._held: dict[str, TrackedAircraft] = {}
        self._listed: dict[str, TrackedAircraft] = {}
        self._evicted: dict[str, str] = {}  # by hex, the reason for listed aircraft evicted since the last delta
        self._touched: list[TrackedAircraft] = []
        self._schedule = Schedule()
        self.descriptions = Descriptions(describe, self._held)
        self._totals = totals.Cache()

    def __len__(self) -> int:
        return len(self._listed)

    @property
    def held(self) -> int:
        """The number of aircraft in memory, including those not listed yet."""
        return len(self._held)

    @property
    def limits(self) -> Limits:
        """The limits; new ones apply from the next call."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        if limits == self._limits:
            return
        self._limits = limits
        self._area = Area(self._reference, limits.max_range_nm)
        # All scheduled checks were computed from the old limits: check every aircraft once.
        self._schedule.clear()
        for aircraft in self._held.values():
            self._schedule.add(aircraft, aircraft.seen_at, len(self._held))

    @property
    def reference(self) -> Point | None:
        """The receiver's position, the centre of the range check."""
        return self._reference

    @reference.setter
    def reference(self, reference: Point | None) -> None:
        self._reference = reference
        self._area = Area(reference, self._limits.max_range_nm)

    # -- input -----------------------------------------------------------------------------------

    def apply(self, obs: Observation, now: float) -> bool:
        """Apply an observation at `now` (steady seconds); returns whether anything of it was accepted."""
        pos_at, source, timeline, steady = obs.pos_at, obs.source, obs.timeline, now
        at = obs.at if obs.at <= now else now  # also for NaN
        if timeline is not None:
            now = timeline.at(steady)
            at, pos_at = now - (steady - at) * obs.pace, None if pos_at is None else now - (steady - pos_at) * obs.pace
        rank = SOURCES.get(source, WORST)
        lifetime = self._limits.adsc_expire_s if rank == ADSC else self._limits.expire_s
        if at + lifetime <= now:
            self.refused[LATE] += 1
            return False
        aircraft = self._held.get(obs.hex)
        if aircraft is None or aircraft.timeline is not timeline:
            if aircraft is not None and _is_live(aircraft, obs, steady, self._limits):
                self.refused[WORSE] += 1
                return False
            aircraft = self._add(obs, at, rank, steady) if aircraft is None else self._move(aircraft, timeline, steady)
        aircraft.messages += obs.messages
        if not aircraft.touched:
            aircraft.touched = True
            self._touched.append(aircraft)
        kept = fields = obs.fields
        if rank > aircraft.best_rank or at < aircraft.newest_at:
            kept = accepted_fields(aircraft.stamps, fields, at, rank, now, self._limits)
        if "lat" in fields and "lon" in fields:
            pos_at = at if pos_at is None or not pos_at <= at else pos_at
            verdict = aircraft.position.offer(fields, pos_at, rank, now, self._limits, self._area)
            if verdict is not ACCEPTED or kept is not fields:
                kept = self._resolve_position(aircraft, obs, kept, verdict, pos_at, rank, now)
        elif obs.receiver is aircraft.position.late or not POSITION_FIELDS.isdisjoint(fields):
            kept = without_position(aircraft, obs, kept, at)
        is_newer = at > aircraft.seen_at
        aircraft.seen_at = at if is_newer else aircraft.seen_at
        if not kept and (fields or not is_newer):
            return False
        aircraft.accept(kept, source, at, rank, is_one=obs.messages == 1)
        if "lat" in kept and aircraft.position.holder is not obs.receiver:
            aircraft.position.hold(obs.receiver)
        if (end := _first_end(aircraft, kept, at, lifetime)) < aircraft.due:
            self._schedule.add(aircraft, end, len(self._held))
        return True

    def _resolve_position(
        self,
        aircraft: TrackedAircraft,
        obs: Observation,
        kept: Mapping[str, Value],
        verdict: str,
        pos_at: float,
        rank: int,
        now: float,
    ) -> Mapping[str, Value]:
        """The fields to keep after the verdict on the position; resolves DOUBTFUL and SAME first."""
        fields: Mapping[str, Any] = obs.fields
        if verdict is DOUBTFUL:
            verdict = resolve_doubtful(aircraft, obs, pos_at, rank)
        elif verdict is SAME:
            verdict = aircraft.position.repeat(pos_at, rank, now, self._limits, stands=_stands(aircraft, obs))
        if verdict is ACCEPTED or verdict is MOVED:
            if verdict is MOVED:
                aircraft.trail = None
            return fields if kept is fields else {**kept, **{name: fields[name] for name in POSITION_FIELDS if name in fields}}
        if verdict is not REPEATED:
            self.refused[LATE if verdict is BEHIND else verdict] += 1
        is_foreign = verdict is BEHIND or (verdict is JUMP and not is_motion_plausible(aircraft, obs, pos_at))
        return without(kept, MOTION_FIELDS if is_foreign else POSITION_FIELDS)

    def _add(self, obs: Observation, at: float, rank: int, now: float) -> TrackedAircraft:
        """A new aircraft; `at` on its timeline, `now` in steady seconds."""
        limits, hex_ = self._limits, obs.hex
        if len(self._held) >= max(1, limits.max_aircraft):
            self._evict(now)
        aircraft = self._held[hex_] = TrackedAircraft(hex_)
        aircraft.timeline = obs.timeline
        if self._evicted.pop(hex_, None) is not None:
            move(self._listed[hex_], obs.timeline, now)
            aircraft.take_over(self._listed[hex_])
            self._listed[hex_] = aircraft
        aircraft.consider_type(obs.source, rank, at)
        self.descriptions.add(aircraft)
        # Early, and at a different time for each, so that aircraft which appeared together are not checked together.
        first = time_on(obs.timeline, now) + self._schedule.share(obs.timeline) * limits.expire_s
        self._schedule.add(aircraft, min(first, at + limits.timeout_s), len(self._held))
        return aircraft

    def _move(self, aircraft: TrackedAircraft, timeline: Timeline | None, now: float) -> TrackedAircraft:
        """The aircraft, from now on on this timeline."""
        move(aircraft, timeline, now)
        self._schedule.add(aircraft, time_on(timeline, now), len(self._held))
        return aircraft

    def _evict(self, now: float) -> None:
        """Evict the aircraft not heard for longest: one in a hundred at a time, because finding them scans all aircraft."""
        max_aircraft = max(1, self._limits.max_aircraft)
        leaving = len(self._held) - max_aircraft + 1 + max_aircraft // 100
        ended = nsmallest(leaving, self._held.values(), key=lambda one: one.seen_at - time_on(one.timeline, now))
        _remove(ended, self._held, self._evicted)
        if len(self._touched) > 2 * len(self._held) + _SLACK_ENTRIES:
            self._touched = [aircraft for aircraft in self._touched if not aircraft.gone]

    def clear(self) -> None:
        """Remove every aircraft; the next delta says so. The next observation of one begins a new aircraft."""
        _remove(list(self._held.values()), self._held, self._evicted)
        _forget(self._listed.values())

    # -- output ----------------------------------------------------------------------------------

    @property
    def pending(self) -> int:
        """The number of aircraft that the next delta has to look at."""
        return len(self._touched) + self.descriptions.pending

    def take_delta(self, now: float, most: int | None = None) -> Delta | None:
        """The changes since the last delta, after removing what has expired at `now`; None if there are none. More than `most`
        aircraft that are `pending` stay for the next delta."""
        removed = [*self._evicted.items(), *((hex_, TIMEOUT) for hex_ in self._expire(now))]
        for hex_, _ in removed:
            del self._listed[hex_]
        self._evicted.clear()
        limits, listed = self._limits, self._listed
        trail_points = min(limits.trail_points, limits.trail_total // max(1, len(self._held)))
        new: list[Object] = []
        changed: list[Object] = []
        waiting = self._touched + self.descriptions.take_touched()
        touched, self._touched = (waiting, []) if most is None else (waiting[:most], waiting[most:])
        for aircraft in touched:
            aircraft.touched = False
            if aircraft.gone or (not aircraft.listed and aircraft.messages < MIN_MESSAGES and aircraft.best_rank != ADSC):
                continue
            self.descriptions.follow(aircraft)
            if (entry := aircraft.publish(now, limits, trail_points)) is not None:
                aircraft.version = self.seq + 1
            if not aircraft.listed:
                aircraft.listed = True
                listed[aircraft.hex] = aircraft
                new.append(aircraft.to_object(now))
            elif entry is not None:
                changed.append(entry)
        if not (new or changed or removed):
            return None
        self.seq += 1
        return Delta(self.seq, self.seq - 1, tuple(new), tuple(changed), tuple(removed))

    def _expire(self, now: float) -> list[str]:
        """Remove expired fields and aircraft; returns the hex of listed aircraft that were removed."""
        left: list[str] = []
        limits = self._limits
        for aircraft, local in self._schedule.due(now):
            end = aircraft.seen_at + limits.timeout_s
            if end <= local:
                end = aircraft.deadline(limits)
            if end <= local:
                aircraft.gone = True
                del self._held[aircraft.hex]
                if aircraft.listed:
                    left.append(aircraft.hex)
                continue
            self._schedule.add(aircraft, min(aircraft.expire(local, limits), end), len(self._held))
            if len(aircraft.pending) > 1 and not aircraft.touched:
                aircraft.touched = True
                self._touched.append(aircraft)
        return left

    def states(self) -> list[TrackedAircraft]:
        """All listed aircraft, whose `public` is as of the last delta. Nobody but this tracker may change them."""
        return list(self._listed.values())

    def listed(self) -> Iterator[Mapping[str, Any]]:
        """All listed aircraft as of the last delta, without copies and ages: valid until the next call of this tracker."""
        return (MappingProxyType(aircraft.public) for aircraft in self._listed.values())

    def snapshot(self, now: float) -> list[Object]:
        """All listed aircraft as of the last delta, with their ages at `now`; copies."""
        return [aircraft.to_object(now) for aircraft in self._listed.values()]

    def aircraft(self, hex_: str, now: float) -> Object | None:
        """One listed aircraft as of the last delta, with its ages at `now`, or None; a copy. `hex_` in any case."""
        aircraft = self._listed.get(hex_.upper())
        return None if aircraft is None else aircraft.to_object(now)

    def trail(self, hex_: str, now: float = 0.0) -> list[TrailPoint]:
        """The trail of a listed aircraft, oldest point first; `hex_` in any case. At `now`, a recorded point is as old as the
        recording says."""
        aircraft = self._listed.get(hex_.upper())
        return [] if aircraft is None else _trail_of(aircraft, now)

    def totals(self, observer: Point | None = None, now: float | None = None) -> totals.Totals:
        """Sums over the listed aircraft as of the last delta, of many as of some seconds before `now` (None: not so)."""
        return self._totals.get(self.seq, observer, now, self._listed)

    def recount(self, now: float) -> Iterator[None]:
        """Count the totals of many aircraft anew, if it is time to: some at each step, with other calls between the steps."""
        return self._totals.recount(self.seq, now, self._listed)


def _trail_of(aircraft: TrackedAircraft, now: float) -> list[TrailPoint]:
    ahead = time_on(aircraft.timeline, now) - now
    points = [] if aircraft.trail is None else aircraft.trail.points()
    return [point._replace(at=point.at - ahead) for point in points] if ahead else points


def _is_live(aircraft: TrackedAircraft, obs: Observation, now: float, limits: Limits) -> bool:
    """Whether a live receiver hears this aircraft, and the observation is that of a recording played faster or slower."""
    return obs.pace != 1.0 and aircraft.timeline is None and now - aircraft.seen_at <= limits.stale_s


def _first_end(aircraft: TrackedAircraft, kept: Mapping[str, Value], at: float, lifetime: float) -> float:
    """When the first of these fields, heard at `at`, expires."""
    end = (aircraft.position.at if "lat" in kept else at) + lifetime
    return end if ADVISORY not in kept else min(end, at + ADVISORY_S)


def _stands(aircraft: TrackedAircraft, obs: Observation) -> bool | None:
    """Whether the aircraft stands still, so that its place sent again is a new position; None: not known. Where the speed is not
    known, a source that dates its positions is believed."""
    gs: Any = obs.fields["gs"] if "gs" in obs.fields else aircraft.current("gs")
    if gs is not None:
        return bool(gs < MAX_STANDING_KT)
    on_ground = obs.fields.get("alt_baro", aircraft.current("alt_baro")) == "ground"
    return True if on_ground or obs.pos_at is not None else None


def _forget(ended: Iterable[TrackedAircraft]) -> None:
    """Forget what the next aircraft of the same address would continue: its messages and where it was."""
    for aircraft in ended:
        aircraft.messages, aircraft.position = 0, HeldPosition()


def _remove(ended: Iterable[TrackedAircraft], held: dict[str, TrackedAircraft], evicted: dict[str, str]) -> None:
    """Remove these from `held`, and note in `evicted` that the listed ones were evicted."""
    for aircraft in ended:
        aircraft.gone = True
        del held[aircraft.hex]
        if aircraft.listed:
            evicted[aircraft.hex] = EVICTED

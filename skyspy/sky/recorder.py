"""Application: records the visits and tracks of one sky.

Once a second the aircraft that changed are noted, in slices between which others run. What is recorded goes to the history in rows
that each describe a whole state: a new visit at once, one under way after WRITE_S if it has changed, an ended one at once; each with
the slots of its track that have changed. So a process that is killed loses at most a minute of track and no visit.

Several processes may record the same aircraft, of which one writes (HistoryStore.lease). The others keep what they have in memory,
and hand nothing over. At the start, and each time this process begins to write, the stored visits that may still be under way are
read first: visits of this process that are the same take their identity, and the others go on.

Invariants: nothing here waits for the history but the reading at the start. Memory is bounded: by the tracker's aircraft, MAX_ENDED
and unsaved_track.MAX_POINTS. Until the wall clock is set (MIN_WALL) nothing is recorded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from heapq import nsmallest
from itertools import count
from math import inf
from operator import attrgetter
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from skyspy.clock import Moment
from skyspy.cooperate import Yielder
from skyspy.loop import Loop
from skyspy.receivers.manager import Hearing
from skyspy.sky.minutes import MIN_WALL
from skyspy.sky.recorded import WRITE_S, Followed, sample_of
from skyspy.sky.unsaved_track import Budget, UnsavedTrack
from skyspy.sky.view import SkyView
from skyspy.store.errors import StoreError
from skyspy.store.history import segments, visits
from skyspy.store.history.segments import SlotTrack, parts_of
from skyspy.store.history.visits import Recorded, key_of
from skyspy.tracker.tracked_aircraft import TrackedAircraft
from skyspy.tracks.point import slot_of
from skyspy.visits import VISIT_GAP_S, Visit, VisitState, adopt, continued, gap_s, is_same

P = ParamSpec("P")
T = TypeVar("T")

NOTE_S = 1.0
LATE_S = 10.0
"""A position may be noted so long after it was measured: for as long a slot that has passed is not final."""
OTHERS_S = 30.0
"""Another process has written what ended this long ago."""
OTHERS_SLOT_S = 120.0
"""Another process has written a slot that passed this long ago."""
MAX_ENDED = 20_000
"""Visits that ended and cannot be written now; beyond it the oldest are dropped and counted."""
EAGER_S, EAGER_WRITE_S = 60.0, 3.0
"""For so long after this process has begun to write, changes are handed over within so many seconds: the process before it may have been
frozen, and have nothing of this time if it is the next one to write."""
MIN_WRITES, WRITE_ROUNDS = 200, 25
"""Visits handed over in one round: so many, or all in so many rounds; those that were due first."""
ROW_BYTES, PART_BYTES = 1500, 200
_GOLDEN = 0.618034


class Lease(Protocol):
    """Which process writes (store/history/writer.py)."""

    @property
    def held(self) -> bool: ...
    @property
    def fence(self) -> int | None: ...
    @property
    def other_writes(self) -> bool: ...
    def on_gained(self, name: str, run: Callable[[int], object]) -> None: ...


class History(Protocol):
    """The part of the history store that this module uses."""

    @property
    def lease(self) -> Lease: ...
    def enqueue(self, write: Callable[[Connection, Sequence[Any]], object], row: object, size: int = ...) -> None: ...
    def read(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...


class Recorder:
    """The visits and tracks of one sky. `dropped` counts ended visits that could not be written."""

    def __init__(self, view: SkyView, history: History) -> None:
        self._view = view
        self._history = history
        self._clock = view.clock
        self._followed: dict[str, Followed] = {}
        self._ended: deque[Followed] = deque()
        self._readings_due, self._readings_done = 1, 0
        """How often the stored visits had to be read, and up to which of these times it was done."""
        self._read_by = inf
        self._eager_until = -inf
        self._shares = (number * _GOLDEN % 1.0 for number in count(1))
        self.budget = Budget()
        self.dropped = 0
        self.loop = Loop(f"recording the {view.name} sky", self.run, view.clock, NOTE_S)
        history.lease.on_gained(f"recording the {view.name} sky", self._gained)

    def __len__(self) -> int:
        return len(self._followed)

    def start(self) -> None:
        """Record from now on."""
        self.loop.start()

    def stop(self) -> None:
        """Hand over what has changed. Visits are not ended by that: they go on if the server starts again in time."""
        self.loop.stop()
        if self._may_write:
            now, yielder = self._clock.moment(), Yielder(self._clock.steady)
            for one in [*self._ended, *(one for one in self._followed.values() if one.due != inf)]:
                yielder.maybe_yield()
                self._hand_over(one, now)

    def visit(self, hex_: str) -> VisitState | None:
        """The visit of an aircraft that is under way; a copy."""
        followed = self._followed.get(hex_)
        return None if followed is None else followed.visit.snapshot()

    def run(self) -> None:
        """One round."""
        now = self._clock.moment()
        if now.wall < MIN_WALL:
            return
        if self._readings_done != self._readings_due:
            self._adopt_stored(now)
        self._note_all(now)
        self._follow_all(now)

    @property
    def _may_write(self) -> bool:
        return self._readings_done == self._readings_due and self._history.lease.held

    # -- noting --------------------------------------------------------------------------------

    def _note_all(self, now: Moment) -> None:
        """Note each listed aircraft whose state has changed."""
        view, followed, hearings = self._view, self._followed, self._view.receivers.hearings()
        yielder = Yielder(self._clock.steady)
        for aircraft in view.tracker.states():
            yielder.maybe_yield()
            one = followed.get(aircraft.hex)
            is_known = one is not None and one.aircraft is aircraft and one.version == aircraft.version
            if not is_known and not aircraft.gone:
                self._note(aircraft, one, hearings, now)

    def _note(self, aircraft: TrackedAircraft, one: Followed | None, hearings: Sequence[Hearing], now: Moment) -> None:
        view = self._view
        sample = sample_of(aircraft, one, hearings, view.location, now, stands_in=view.receivers.stands_in)
        if one is not None and one.visit.goes_on(sample):
            one.visit.note(sample)
        else:
            before = None if one is None else one.visit
            if one is not None:
                self._end(one)
            visit = Visit.begun(aircraft.hex, sample, before)
            one = self._follow(visit, now.steady, now.steady)
        one.take(aircraft, sample, now)

    def _follow(self, visit: Visit, heard: float, due: float) -> Followed:
        """Follow a visit, in place of the one of the same aircraft that is followed now."""
        # The first wait differs, so that visits that began together are not written together from then on.
        one = Followed(visit, UnsavedTrack(self.budget), heard, due, WRITE_S * next(self._shares))
        self._followed[visit.state.hex] = one
        return one

    # -- what passes with time -------------------------------------------------------------------

    def _follow_all(self, now: Moment) -> None:
        """End visits by silence, and hand over what is due."""
        self._bound(now)
        may_write, others = self._may_write, self._history.lease.other_writes
        sooner = WRITE_S - EAGER_WRITE_S if now.steady < self._eager_until else 0.0
        due: list[Followed] = []
        yielder = Yielder(self._clock.steady)
        for one in list(self._followed.values()):
            yielder.maybe_yield()
            if one.aircraft is not None and one.aircraft.gone:
                one.let_go(now)
            if now.steady - one.heard >= gap_s(one.visit.state):
                del self._followed[one.visit.state.hex]
                self._end(one)
            elif one.due - sooner <= now.steady and may_write:
                due.append(one)
            elif others and not may_write:
                one.track.forget_before(slot_of(now.wall - OTHERS_SLOT_S))
        most = max(MIN_WRITES, len(self._followed) // WRITE_ROUNDS)
        # Not in the order of the aircraft: where more are due than are written, the last of them would wait for ever.
        for one in due if len(due) <= most else nsmallest(most, due, key=attrgetter("due")):
            yielder.maybe_yield()
            self._hand_over(one, now)
        while may_write and self._ended:
            yielder.maybe_yield()
            self._hand_over(self._ended.popleft(), now)
        while others and not may_write and self._ended and now.steady - self._ended[0].due >= OTHERS_S:
            self._ended.popleft().track.clear()

    def _end(self, one: Followed) -> None:
        one.visit.state.ended = True
        one.aircraft, one.due = None, self._clock.steady()
        self._ended.append(one)
        if len(self._ended) > MAX_ENDED:
            self.dropped += 1
            self._ended.popleft().track.clear()

    def _bound(self, now: Moment) -> None:
        """End the visits of those not heard for longest, where there are more than twice the tracker's aircraft: one in a hundred at
        a time."""
        most = 2 * max(1, self._view.tracker.limits.max_aircraft)
        if len(self._followed) > most:
            ended = nsmallest(len(self._followed) - most + most // 100, self._followed.values(), key=lambda one: one.heard)
            for one in ended:
                if one.aircraft is None or one.aircraft.gone:
                    one.let_go(now)
                    del self._followed[one.visit.state.hex]
                    self._end(one)

    def _hand_over(self, one: Followed, now: Moment) -> None:
        """Have the visit written as it is now, with the slots of its track that have changed."""
        state = one.visit.snapshot()
        present = slot_of(now.wall - LATE_S)
        tracks = tuple(
            SlotTrack(state.hex, state.start, slot, parts_of(points)) for slot, points in one.track.take_changed(present)
        )
        if state.ended:
            one.track.clear()
        size = ROW_BYTES + sum(len(part.data) + PART_BYTES for track in tracks for part in track.parts)
        self._history.enqueue(visits.write_recorded, Recorded(state, tracks, self._history.lease.fence or 0), size)
        one.due = inf

    # -- restart and takeover ----------------------------------------------------------------------

    def _gained(self, _fence: int) -> None:
        """This process writes from now on: read first what another one has written."""
        self._readings_due += 1
        self._read_by = inf
        self._eager_until = self._clock.steady() + EAGER_S
        self.loop.wake()

    def _adopt_stored(self, now: Moment) -> None:
        """Read the stored visits that may be under way, and go on with them. Where the history cannot be read it is tried again in the
        next round, for as long as a visit may go on without a message."""
        reading = self._readings_due
        self._read_by = min(self._read_by, now.steady + VISIT_GAP_S)
        try:
            stored = self._history.read(visits.recent, now.wall)
            keys = [key_of(state) for state in stored]
            present = slot_of(now.wall)
            tracks = {slot: self._history.read(segments.of_visits, keys, slot) for slot in (present - 1, present)}
        except StoreError:
            if now.steady >= self._read_by:
                self._readings_done = reading
            return
        self._readings_done = reading
        self._history.enqueue(visits.end_silent, now.wall)
        by_hex: dict[str, list[VisitState]] = {}
        for state in stored:
            by_hex.setdefault(state.hex, []).append(state)
        own_ended: dict[str, list[Followed]] = {}
        for one in self._ended:
            own_ended.setdefault(one.visit.state.hex, []).append(one)
        yielder = Yielder(self._clock.steady)
        for hex_, states in by_hex.items():
            yielder.maybe_yield()
            current = self._followed.get(hex_)
            own = [*([] if current is None else [current]), *reversed(own_ended.get(hex_, ()))]
            self._adopt_aircraft(states, own, tracks, now)

    def _adopt_aircraft(
        self,
        states: Sequence[VisitState],
        own: list[Followed],
        tracks: Mapping[int, Mapping[segments.Key, Sequence[segments.StoredSegment]]],
        now: Moment,
    ) -> None:
        """Join the stored visits of one aircraft with those of this process; both the latest first."""
        for place, state in enumerate(states):
            key = key_of(state)
            stored = {slot: [segment.data for segment in by_visit[key]] for slot, by_visit in tracks.items() if key in by_visit}
            one = next((candidate for candidate in own if is_same(candidate.visit, state)), None)
            if one is not None:
                own = own[own.index(one) + 1 :]
                one.visit = adopt(one.visit, state)
                one.due = min(one.due, now.steady)
            elif state.ended:
                continue
            elif place == 0 and state.hex not in self._followed:
                one = self._follow(continued(state), now.steady - (now.wall - state.last), inf)
            else:
                state.ended = True
                self._history.enqueue(visits.write_recorded, Recorded(state, fence=self._history.lease.fence or 0))
                continue
            one.track.adopt(stored)

"""One visit of one aircraft: what is recorded of it while it is under way, and when it ends.

A visit ends when the aircraft was not heard for VISIT_GAP_S, or ADSC_GAP_S where ADS-C reports, which are rare, are part of it. A
turnaround ends it too, and begins the next one: on the ground under one callsign for MIN_TURNAROUND_S or longer, then another
callsign. A callsign that changes in the air, or sooner, goes on with the same visit. So a callsign that is first heard in the air
after the ground is one of a turnaround only if the old one had not been heard in the air. Simulated and real traffic are never one visit.

Lists of texts hold the first MAX_VALUES different ones, in the order in which they were first heard; later ones are not listed.
The lowest and highest altitude, the highest speed, the nearest and the farthest position are guarded against a single wrong value
(extremes.py). Positions and their order are the tracker's matter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from skyspy.geo import Point
from skyspy.visits.extremes import Extremes

VISIT_GAP_S = 600.0
ADSC_GAP_S = 2400.0
"""Longer than the tracker keeps an aircraft without a new ADS-C report."""
MIN_TURNAROUND_S = 40.0
MAX_BACK_S = 60.0
"""The wall clock was set back by so much: what is heard from then on is another visit."""
MAX_VALUES = 16
"""Callsigns, squawks, receivers and sources that are listed of one visit, each."""

CLIMB_FT_S, CLIMB_SLACK_FT = 170.0, 500.0
"""10,000 ft/min."""
ACCELERATION_KT_S, SPEED_SLACK_KT = 10.0, 50.0
MOVE_NM_S, MOVE_SLACK_NM = 0.42, 2.0
"""1,500 kt."""

_DESCRIPTION = (("r", "r", 16), ("t", "t", 8), ("own_op", "ownOp", 64), ("country", "country", 64), ("category", "category", 2))
"""What is recorded of who the aircraft is: name here, field of the aircraft, most characters."""


class Sample(NamedTuple):
    """What is known of an aircraft at one moment.

    `at`: when it was last heard, `position_at`: when its `position` (None: it has none) was measured, both in wall seconds.
    `fields`: its public fields. `messages`: how many were received since the tracker took it in. `altitude_heard`, `speed_heard`,
    `position_heard`: when these fields were heard, in seconds of the clock of its source. `distance_nm` from the receiver, None where
    not known. `receivers`: the names of those that hear it. `demo`: it is simulated.
    """

    at: float
    fields: Mapping[str, Any]
    messages: int
    position: Point | None = None
    position_at: float = 0.0
    altitude_heard: float = 0.0
    speed_heard: float = 0.0
    position_heard: float = 0.0
    distance_nm: float | None = None
    receivers: Collection[str] = ()
    demo: bool = False


@dataclass(slots=True)
class VisitState:
    """What is stored of a visit, as the columns of the table `visit`. The visit is identified by `hex` and `start`, which is the
    whole second in which it began. Times are wall seconds, distances nautical miles, altitudes barometric feet, speeds knots; None:
    not known. `positions` counts those noted, one a second at most. `emergency` is the last status other than none."""

    hex: str
    start: int
    first: float
    last: float
    demo: bool
    ended: bool = False
    flight: str | None = None
    callsigns: tuple[str, ...] = ()
    squawks: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    r: str | None = None
    t: str | None = None
    own_op: str | None = None
    country: str | None = None
    category: str | None = None
    military: bool = False
    emergency: str | None = None
    messages: int = 0
    positions: int = 0
    closest_nm: float | None = None
    closest_at: float | None = None
    farthest_nm: float | None = None
    farthest_at: float | None = None
    alt_min: int | None = None
    alt_max: int | None = None
    gs_max: float | None = None
    on_ground: bool = False
    first_lat: float | None = None
    first_lon: float | None = None
    last_lat: float | None = None
    last_lon: float | None = None


def gap_s(state: VisitState) -> float:
    """Seconds without a message after which this visit has ended."""
    return ADSC_GAP_S if "adsc" in state.sources else VISIT_GAP_S


def listed(values: tuple[str, ...], value: str | None) -> tuple[str, ...]:
    """The list with the value at its end, unless it is in it or MAX_VALUES are."""
    return values if value is None or value in values or len(values) >= MAX_VALUES else (*values, value)


class Visit:
    """A visit that is under way. `state` is what is stored of it; take `snapshot()` of it to keep. `after_another`: it was seen to
    begin, with the end of the visit before."""

    __slots__ = ("_counted", "_position_heard", "after_another", "altitude", "distance", "ground_since", "speed", "state")

    def __init__(self, state: VisitState, *, after_another: bool = False) -> None:
        self.state = state
        self.after_another = after_another
        self.ground_since: float | None = state.last if state.on_ground else None
        """Since when it has been on the ground under the callsign it has."""
        self._counted = 0
        self._position_heard: float | None = None
        self.altitude = Extremes(CLIMB_FT_S, CLIMB_SLACK_FT)
        self.speed = Extremes(ACCELERATION_KT_S, SPEED_SLACK_KT)
        self.distance = Extremes(MOVE_NM_S, MOVE_SLACK_NM)

    @classmethod
    def begun(cls, hex_: str, sample: Sample, before: Visit | None = None) -> Visit:
        """The visit that begins with this sample; `before`: the visit of this aircraft that ended with it, or None."""
        start = int(sample.at)
        if before is not None and before.state.start == start:
            start += 1
        visit = cls(VisitState(hex_, start, sample.at, sample.at, sample.demo), after_another=before is not None)
        if before is not None:
            visit._counted = before._counted
        visit.note(sample)
        return visit

    def goes_on(self, sample: Sample) -> bool:
        """Whether the sample belongs to this visit; if not, this one has ended, and the sample begins another."""
        state = self.state
        if sample.demo != state.demo or not -MAX_BACK_S < sample.at - state.last < gap_s(state):
            return False
        flight, since = sample.fields.get("flight"), self.ground_since
        is_other = flight is not None and state.flight is not None and flight != state.flight
        return not (is_other and since is not None and sample.at - since >= MIN_TURNAROUND_S)

    def note(self, sample: Sample) -> None:
        """Take a sample that belongs to this visit."""
        state, fields = self.state, sample.fields
        state.last = max(state.last, sample.at)
        # A smaller number: the tracker has taken the aircraft in again.
        state.messages += sample.messages - self._counted if sample.messages >= self._counted else sample.messages
        self._counted = sample.messages
        self._note_ground(sample)
        self._note_texts(sample)
        altitude, speed = fields.get("alt_baro"), fields.get("gs")
        if isinstance(altitude, int):
            self.altitude.offer(altitude, sample.altitude_heard, sample.at)
        if speed is not None:
            self.speed.offer(speed, sample.speed_heard, sample.at)
        if sample.position is not None and sample.position_heard != self._position_heard:
            self._position_heard = sample.position_heard
            self._note_position(sample, *sample.position)
        self.update_extremes()

    def update_extremes(self) -> None:
        """Copy the extremes to the state."""
        state = self.state
        low, high = self.altitude.low, self.altitude.high
        state.alt_min, state.alt_max = None if low is None else int(low), None if high is None else int(high)
        state.gs_max = self.speed.high
        state.closest_nm, state.closest_at = self.distance.low, self.distance.low_at
        state.farthest_nm, state.farthest_at = self.distance.high, self.distance.high_at

    def take_place_of(self, other: Visit) -> None:
        """Go on where another visit of the same aircraft is now: its messages and its last position are counted already."""
        self._counted, self._position_heard, self.ground_since = other._counted, other._position_heard, other.ground_since

    def snapshot(self) -> VisitState:
        """The state now; a copy."""
        return replace(self.state)

    def _note_ground(self, sample: Sample) -> None:
        """Follow whether it is on the ground, and since when under this callsign. Before the callsign is noted."""
        state, flight, altitude = self.state, sample.fields.get("flight"), sample.fields.get("alt_baro")
        is_new = flight is not None and flight != state.flight
        if altitude == "ground":
            state.on_ground = True
            if self.ground_since is None or is_new:
                self.ground_since = sample.at
        elif altitude is not None:
            state.on_ground = False
            if flight is not None:
                self.ground_since = None

    def _note_texts(self, sample: Sample) -> None:
        state, fields = self.state, sample.fields
        get = fields.get
        flight, squawk, source = get("flight"), get("squawk"), get("source")
        if flight is not None and flight != state.flight:
            state.flight, state.callsigns = flight, listed(state.callsigns, flight)
        if squawk is not None and (not state.squawks or squawk != state.squawks[-1]):
            state.squawks = listed(state.squawks, squawk)
        if source is not None and source not in state.sources:
            state.sources = listed(state.sources, source)
        for receiver in sample.receivers:
            if receiver not in state.receivers:
                state.receivers = listed(state.receivers, receiver)
        for name, field, most in _DESCRIPTION:
            if (value := get(field)) is not None:
                setattr(state, name, value[:most])
        if get("military"):
            state.military = True
        if (emergency := get("emergency")) is not None and emergency != "none":
            state.emergency = emergency

    def _note_position(self, sample: Sample, lat: float, lon: float) -> None:
        state = self.state
        state.positions += 1
        if state.first_lat is None:
            state.first_lat, state.first_lon = lat, lon
        state.last_lat, state.last_lon = lat, lon
        if sample.distance_nm is not None:
            self.distance.offer(sample.distance_nm, sample.position_heard, sample.position_at)

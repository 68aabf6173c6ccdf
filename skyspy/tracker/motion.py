"""What a refused position says of the rest of its message, and of the other messages of its receiver.

A receiver whose positions are behind those of another one is late. Where it sends altitude and speed in messages of their own, they
are as late as its positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyspy.aircraft import Observation, Value
from skyspy.tracker.gate import POSITION_FIELDS
from skyspy.tracker.position import BEHIND
from skyspy.tracker.tracked_aircraft import TrackedAircraft

MOTION_FIELDS = POSITION_FIELDS | {
    "alt_baro", "alt_geom", "baro_rate", "geom_rate", "gs", "ias", "tas", "mach", "track", "calc_track", "track_rate", "roll",
    "mag_heading", "true_heading",
}  # fmt: skip
"""Fields that are dropped with a position that is behind, or with an implausible one if they are implausible too: they belong
to another time or another aircraft."""

MAX_CHANGE: dict[str, tuple[float, float]] = {"alt_baro": (500.0, 200.0), "alt_geom": (500.0, 200.0), "gs": (50.0, 15.0)}
"""By field, the largest plausible difference (feet, knots), and how much it grows per second."""

MAX_LATE_S = 5.0
"""What nobody said for so long is taken from a late receiver too."""


def resolve_doubtful(aircraft: TrackedAircraft, obs: Observation, pos_at: float, rank: int) -> str:
    """The verdict on a DOUBTFUL position; notes which receiver is late."""
    fields: Mapping[str, Any] = obs.fields
    position = aircraft.position
    gs = fields["gs"] if "gs" in fields else aircraft.current("gs")
    track = fields["track"] if "track" in fields else aircraft.current("track")
    verdict = position.resolve_doubtful(fields, pos_at, rank, gs, track, pace(obs))
    if verdict is BEHIND and obs.receiver is not None and obs.receiver is not position.holder:
        position.late = obs.receiver
    return verdict


def without_position(aircraft: TrackedAircraft, obs: Observation, kept: Mapping[str, Value], at: float) -> Mapping[str, Value]:
    """The fields of a message without latitude and longitude: none that belong to them, and of a late receiver none of the motion
    that was heard a moment ago."""
    names = POSITION_FIELDS
    if obs.receiver is aircraft.position.late:
        stamps = aircraft.stamps
        names |= {name for name in MOTION_FIELDS if name in stamps and at - stamps[name].at <= MAX_LATE_S}
    return without(kept, names)


def is_motion_plausible(aircraft: TrackedAircraft, obs: Observation, at: float) -> bool:
    """Whether altitudes and speed of an observation, heard at `at`, can follow the current ones."""
    for name, (most, per_second) in MAX_CHANGE.items():
        new, old, stamp = obs.fields.get(name), aircraft.current(name), aircraft.stamps.get(name)
        if new is None or old is None or stamp is None or new == old:
            continue
        if not isinstance(new, int | float) or not isinstance(old, int | float):
            return False
        if abs(new - old) > most + per_second * max(0.0, at - stamp.at) * pace(obs):
            return False
    return True


def pace(obs: Observation) -> float:
    """How much faster movement appears: on its timeline a recording moves as it did."""
    return obs.pace if obs.timeline is None else 1.0


def without(kept: Mapping[str, Value], names: frozenset[str]) -> dict[str, Value]:
    return {name: value for name, value in kept.items() if name not in names}

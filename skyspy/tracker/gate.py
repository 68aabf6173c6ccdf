"""Decides which fields of an observation are accepted. Positions are also checked for plausibility (position.py).

A field's stamp holds its reception time and the rank of its source. Up to `stale_s` a field is fresh, and only a source
of equal or better rank replaces it. After that it is stale, and any source replaces it. At `expire_s` it is removed. An older
observation never replaces a newer one; at equal times the one applied last wins. This module has no state.
"""

from __future__ import annotations

from collections.abc import Mapping

from skyspy.aircraft import POSITION, SOURCES, Value
from skyspy.tracker.limits import Limits


class Stamp:
    """Reception time (steady seconds) and rank of the source (0 is the best). Fields of one observation share a stamp, which
    is updated in place when the same fields are heard again (tracked_aircraft.py)."""

    __slots__ = ("at", "rank")

    def __init__(self, at: float, rank: int) -> None:
        self.at, self.rank = at, rank


class AdvisoryStamp(Stamp):
    """The stamp of a resolution advisory, which is of use for seconds."""

    __slots__ = ()


ADVISORY, ADVISORY_S = "acas_ra", 15.0
"""The field of resolution advisories, and for how long one is shown after it was heard: as long as readsb shows it."""

ADSC = SOURCES["adsc"]
WORST = max(SOURCES.values())
POSITION_FIELDS = frozenset(POSITION)

FRESH, STALE, EXPIRED = "fresh", "stale", "expired"


def freshness(stamp: Stamp, now: float, limits: Limits) -> str:
    """The state of a field with this stamp at `now`: FRESH, STALE or EXPIRED."""
    if end_of(stamp, limits) <= now:
        return EXPIRED
    return FRESH if now - stamp.at <= limits.stale_s else STALE


def lifetime_s(rank: int, limits: Limits) -> float:
    """Seconds until a field from a source of this rank expires."""
    return limits.adsc_expire_s if rank == ADSC else limits.expire_s


def end_of(stamp: Stamp, limits: Limits) -> float:
    """When a field with this stamp expires."""
    lifetime = lifetime_s(stamp.rank, limits)
    return stamp.at + (min(ADVISORY_S, lifetime) if isinstance(stamp, AdvisoryStamp) else lifetime)


def accepts(old: Stamp, at: float, rank: int, now: float, limits: Limits) -> bool:
    """Whether a field with stamp `old` is replaced by one heard at `at` from a source of this rank."""
    return at >= old.at and (rank <= old.rank or now - old.at > limits.stale_s)


def accepted_fields(
    stamps: Mapping[str, Stamp], fields: Mapping[str, Value], at: float, rank: int, now: float, limits: Limits
) -> dict[str, Value]:
    """The fields of an observation that are accepted, without those of the position."""
    kept: dict[str, Value] = {}
    get = stamps.get
    for name, value in fields.items():
        if name not in POSITION_FIELDS:
            old = get(name)
            if old is None or accepts(old, at, rank, now, limits):
                kept[name] = value
    return kept

"""Pure floor: the one gate every field of every observation passes.

A field's *stamp* says when it was heard and how good its source is. Up to `stale_s` the field is
fresh and only an equal or better source may replace it; then it is stale and any source may; at
`expire_s` it is gone. An older observation never replaces a newer one; at equal times the one
that comes later wins.

Law: no state here. Positions have a second judge (see position.py), for they must also be possible.
"""

from __future__ import annotations

from collections.abc import Mapping

from skyspy.aircraft import POSITION, SOURCES, Value
from skyspy.tracker.limits import Limits


class Stamp:
    """When a field was heard (steady seconds) and the rank of its source, 0 the best. Fields that were heard
    together share one, and who hears all of them again moves it: see record.py."""

    __slots__ = ("at", "rank")

    def __init__(self, at: float, rank: int) -> None:
        self.at, self.rank = at, rank


ADSC = SOURCES["adsc"]
WORST = max(SOURCES.values())
POSITION_FIELDS = frozenset(POSITION)

FRESH, STALE, EXPIRED = "fresh", "stale", "expired"


def freshness(stamp: Stamp, now: float, limits: Limits) -> str:
    """What a field with this stamp is at `now`: FRESH, STALE or EXPIRED."""
    if stamp.at + life(stamp.rank, limits) <= now:
        return EXPIRED
    return FRESH if now - stamp.at <= limits.stale_s else STALE


def life(rank: int, limits: Limits) -> float:
    """Seconds a field of a source of this rank lives."""
    return limits.adsc_expire_s if rank == ADSC else limits.expire_s


def accepts(old: Stamp, at: float, rank: int, now: float, limits: Limits) -> bool:
    """Whether a field stamped `old` may be replaced by one heard `at` from a source of `rank`."""
    return at >= old.at and (rank <= old.rank or now - old.at > limits.stale_s)


def sift(
    stamps: Mapping[str, Stamp], fields: Mapping[str, Value], at: float, rank: int, now: float, limits: Limits
) -> dict[str, Value]:
    """The fields that pass, without those of the position."""
    kept: dict[str, Value] = {}
    get = stamps.get
    for name, value in fields.items():
        if name not in POSITION_FIELDS:
            old = get(name)
            if old is None or accepts(old, at, rank, now, limits):
                kept[name] = value
    return kept

"""Whether an aircraft is a threat to a driver, why, and how sure that is. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from skyspy.aircraft_state import AircraftState
from skyspy.threats import table
from skyspy.threats.table import BEHAVIOR, BEHAVIORS, CONFIDENCES, HELICOPTER, TYPE, US_POSITION, Row

US_BOXES = (
    (24.4, -125.0, 49.4, -66.5),
    (51.0, -170.0, 71.5, -130.0),
    (18.5, -161.0, 22.5, -154.0),
    (17.5, -67.5, 18.6, -64.5),
)
"""South, west, north, east of the 48 states, Alaska, Hawaii and Puerto Rico. Parts of Canada and Mexico are in them: a row that needs such
a position needs an address of the United States too."""

_ROWS = {kind: table.of_kind(kind) for kind in table.KINDS}
_MAX_CACHED = 16_384
_NOTHING: frozenset[str] = frozenset()


class Threat(NamedTuple):
    """What is held against one aircraft. `category`: police, customs, federal or surveillance. `confidence`: high, medium or low.
    `reason`: why, for people."""

    category: str
    confidence: str
    reason: str


def assess(state: AircraftState, does: frozenset[str] = _NOTHING) -> Threat | None:
    """The threat that an aircraft is; None where nothing is held against it, and on the ground. `does`: its behaviors, in the words of
    BEHAVIORS (others are left out).

    The fact with the highest confidence decides. What the aircraft does raises the confidence of the other facts by one step.
    """
    if state.on_ground:
        return None
    facts = _facts_of_identity(
        state.flight, state.r, state.own_op, state.country_code, state.t, state.military, state.airline_icao is not None
    )
    squawk = state.squawk
    if squawk is not None and squawk.startswith("44") and state.airline_icao is None:
        facts += tuple(row for row in _ROWS[table.SQUAWK] if row.matches(squawk, state.country_code))
    if not facts:
        return None
    held = [row for row in facts if _has_needs(row, state, does)]
    return _threat(held, does) if held else None


@lru_cache(maxsize=_MAX_CACHED)
def _facts_of_identity(
    flight: str | None,
    registration: str | None,
    owner: str | None,
    country: str | None,
    designator: str | None,
    military: bool,
    airline: bool,
) -> tuple[Row, ...]:
    """The rows that match who an aircraft is, whatever else they need."""
    facts: list[Row] = []
    named = table.words(owner) if owner else ""
    if flight:
        facts += [row for row in _ROWS[table.CALLSIGN] if row.matches(flight, country)]
    if airline and not facts:
        return ()
    if registration:
        facts += [row for row in _ROWS[table.REGISTRATION] if row.matches(registration, country)]
    has_other_work = _is_listed(table.OTHER_WORK, named)
    if named and not _is_listed(table.NOT_POLICE, named):
        facts += [row for row in _ROWS[table.OWNER] if row.matches(named, country) and not (row.is_weak and has_other_work)]
    if not (military or has_other_work):
        facts += [row for row in _ROWS[TYPE] if row.matches(designator or "", country)]
    return tuple(facts)


def _is_listed(kind: str, named: str) -> bool:
    return bool(named) and any(row.matches(named, None) for row in _ROWS[kind])


def _has_needs(row: Row, state: AircraftState, does: frozenset[str]) -> bool:
    return all(_has_need(need, state, does) for need in row.needs)


def _has_need(need: str, state: AircraftState, does: frozenset[str]) -> bool:
    if need == HELICOPTER:
        return is_helicopter(state)
    if need == US_POSITION:
        return _is_over_us(state)
    if need == BEHAVIOR:
        return not does.isdisjoint(BEHAVIORS)
    return need in does


def is_helicopter(state: AircraftState) -> bool:
    """Whether its type, or what it sends, says that it is a helicopter."""
    return state.category == "A7" or (state.type_class or "").startswith("H")


def _is_over_us(state: AircraftState) -> bool:
    if state.lat is None or state.lon is None:
        return False
    return any(south <= state.lat <= north and west <= state.lon <= east for south, west, north, east in US_BOXES)


def _threat(held: list[Row], does: frozenset[str]) -> Threat:
    """The threat of these rows: each kind speaks once, the surest first; types only where nothing else does."""
    held = [row for row in held if row.kind != TYPE] or held
    held.sort(key=lambda row: (-CONFIDENCES.index(row.confidence), row.line))
    best = held[0]
    confidence = best.confidence
    seen = [words for name, words in BEHAVIORS.items() if name in does]
    if seen and not best.needs_behavior:
        confidence = CONFIDENCES[min(CONFIDENCES.index(confidence) + 1, len(CONFIDENCES) - 1)]
    reasons = dict.fromkeys(row.reason for row in held if row.kind != TYPE or row is best)
    return Threat(best.category, confidence, "; ".join([*reasons, *seen]))

"""How a visit goes on that another process, or this one before a restart, has stored.

Several processes may follow the same aircraft, of which one stores. When another one begins to store, its own visits take the
identity of the stored ones, so that each visit has one row. A restart is the same without visits of its own.
"""

from __future__ import annotations

from skyspy.visits.visit import MAX_VALUES, Visit, VisitState, gap_s

MAX_APART_S = 60.0
"""Two processes that hear the same aircraft notice the same beginning within so many seconds."""


def continued(stored: VisitState) -> Visit:
    """The stored visit, to go on with."""
    visit = Visit(stored)
    _restore(visit, stored)
    return visit


def is_same(own: Visit, stored: VisitState) -> bool:
    """Whether a stored visit of the same aircraft is this one. If not, it is an earlier visit, which has ended."""
    state = own.state
    if stored.ended and state.first > stored.last:
        return False
    if state.demo != stored.demo or state.first - stored.last >= gap_s(stored) or stored.first > state.last + MAX_APART_S:
        return False
    # A visit that was seen to begin, with a turnaround, began before anything of it was stored.
    return not own.after_another or stored.first >= state.first - MAX_APART_S


def adopt(own: Visit, stored: VisitState) -> Visit:
    """The visit that both are: identity and beginning of the stored one, what either has of the rest.

    Where the own visit began much earlier, it missed a turnaround that the other process noticed: what it has of the time before
    does not belong to the stored visit, and is dropped.
    """
    if own.state.first < stored.first - MAX_APART_S:
        visit = continued(stored)
        visit.take_place_of(own)
        visit.state.ended = own.state.ended
        return visit
    state = own.state
    began_later = state.first > stored.last
    for name in ("messages", "positions"):
        before, now = getattr(stored, name), getattr(state, name)
        setattr(state, name, before + now if began_later else max(before, now))
    state.start, state.first = stored.start, stored.first
    state.last = max(state.last, stored.last)
    for name in ("callsigns", "squawks", "receivers", "sources"):
        setattr(state, name, tuple(dict.fromkeys((*getattr(stored, name), *getattr(state, name))))[:MAX_VALUES])
    for name in ("flight", "r", "t", "own_op", "country", "category", "emergency", "last_lat", "last_lon"):
        if getattr(state, name) is None:
            setattr(state, name, getattr(stored, name))
    state.military = state.military or stored.military
    if stored.first_lat is not None:
        state.first_lat, state.first_lon = stored.first_lat, stored.first_lon
    _restore(own, stored)
    own.update_extremes()
    return own


def _restore(visit: Visit, stored: VisitState) -> None:
    visit.altitude.restore(stored.alt_min, stored.alt_max)
    visit.speed.restore(None, stored.gs_max)
    visit.distance.restore(stored.closest_nm, stored.farthest_nm, stored.closest_at, stored.farthest_at)

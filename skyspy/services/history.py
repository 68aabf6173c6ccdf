"""Application: what was seen, for REST, requests of Socket.IO, the panel and the command line.

Invariants: needs `history.view`. Who may not know where the receiver stands gets no distances and no names of receivers, and may
not search for them. A caller reads the history of the sky that it sees. A search holds neither the hub nor the reading connection
for long: it goes in steps (store/history/visit_queries.py), for MAX_SEARCH_S at most, and says where the next page goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import inf
from typing import Any

from skyspy import registration, topics, wirejson
from skyspy.aircraft import clean_hex
from skyspy.clock import iso
from skyspy.cooperate import Yielder
from skyspy.military import is_military
from skyspy.server import Server
from skyspy.services import own_history, trails
from skyspy.services.caller import Caller, Refused
from skyspy.services.receiver_names import ReceiverNames
from skyspy.services.sighting_filters import SightingFilter, SightingRequest, cursor_of, key_of, search_of
from skyspy.sky import SkyView
from skyspy.sky.audience import Payload
from skyspy.store.history import segments, visit_queries
from skyspy.store.history.visit_queries import Key, Seen, Visit, VisitSearch
from skyspy.tracks.point import TrackPoint

PERMISSION = "history.view"
ROWS_AT_ONCE = 100
"""Visits that one transaction reads: making records of them takes two milliseconds."""
MAX_SEARCH_S = 2.0
"""How long a page looks for visits that match; a million are looked at in about that time."""
LATELY_S = 2 * visit_queries.DAY_S
"""How far back a search may go for which all visits since then are looked at, to know how far it must go."""
MAX_HEXES = 100
LATEST = 10
"""Sightings that the description of one aircraft lists."""
MAX_TRACK = 20_000
"""Points of one track: a week of an aircraft that never leaves."""

MAX_DIGITS = 12
"""Of a time in seconds."""

_DESCRIPTION = ("r", "t", "desc", "ownOp", "year", "dbFlags", "category", "country", "country_code", "type_class", "wtc")
_MILITARY_BIT = 1


@dataclass(frozen=True, slots=True)
class Found:
    """A page of sightings. `next_cursor` is None at the end of the list; `steps` is how long it took, 1 where an index leads there."""

    sightings: list[Payload]
    next_cursor: str | None
    steps: int


# -- sightings ------------------------------------------------------------------------------------


def search_sightings(server: Server, caller: Caller, query: SightingRequest) -> Found:
    """The sightings that match, by their beginning, the newest first. A page may hold fewer than `limit`, or none, and still not be
    the last one. Yields. Raises Refused."""
    caller.require(server, PERMISSION)
    names = _names(server, caller)
    search, key = _search(server, caller, query, names), key_of(query.cursor)
    visits: list[Visit] = []
    steps = 0
    for more, following in _steps(server, caller, search, query.limit + 1, key, MAX_SEARCH_S):
        visits += more
        key, steps = following, steps + 1
    # One more than fits was looked for, to know whether another page follows.
    if len(visits) > query.limit:
        visits = visits[: query.limit]
        key = visits[-1].key
    return Found(_sightings(visits, names), None if key is None else cursor_of(key), max(steps, 1))


def one(server: Server, caller: Caller, name: str) -> Payload:
    """The sighting whose `id` is `name`. Raises Refused."""
    caller.require(server, PERMISSION)
    word, _, start = name.rpartition("-")
    hex_, found = clean_hex(word), None
    if hex_ is not None and start.isascii() and start.isdecimal() and len(start) <= MAX_DIGITS:
        found = own_history.read(server, caller, visit_queries.one, hex_, int(start))
    if found is None:
        raise Refused("not_found", f"There is no sighting {name[:40]!r}; /api/sightings/ lists those that are kept")
    shown = sighting(found, _names(server, caller))
    return shown | {"track": trails.shown(_track(server, caller, found))}


def sighting(visit: Visit, names: ReceiverNames | None) -> Payload:
    """A visit as clients see it; what is not known is left out. `names`: None for those who may not know where the receiver stands."""
    fields = {
        "id": f"{visit.hex}-{visit.start}",
        "hex": visit.hex,
        "first": iso(visit.first),
        "last": iso(visit.last),
        "duration_s": round(max(0.0, visit.last - visit.first), 1),
        "ended": visit.ended,
        "flight": visit.flight,
        "callsigns": wirejson.loads(visit.callsigns),
        "squawks": wirejson.loads(visit.squawks),
        "receivers": None if names is None else names.shown(wirejson.loads(visit.receivers)),
        "sources": wirejson.loads(visit.sources),
        "r": visit.r,
        "t": visit.t,
        "ownOp": visit.own_op,
        "country": visit.country,
        "category": visit.category,
        "military": visit.military,
        "emergency": visit.emergency,
        "on_ground": visit.on_ground,
        "messages": visit.messages,
        "positions": visit.positions,
        **({} if names is None else _distances(visit)),
        "alt_min": visit.alt_min,
        "alt_max": visit.alt_max,
        "gs_max": visit.gs_max,
        "first_position": _position(visit.first_lat, visit.first_lon),
        "last_position": _position(visit.last_lat, visit.last_lon),
        "first_ever": visit.first_ever,
        "demo": visit.demo or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _distances(visit: Visit) -> Payload:
    fields: Payload = {}
    for name, nm, at in (
        ("closest", visit.closest_nm, visit.closest_at),
        ("farthest", visit.farthest_nm, visit.farthest_at),
    ):
        if nm is not None:
            fields |= {f"{name}_nm": round(nm, 2), f"{name}_at": None if at is None else iso(at)}
    return fields


def _position(lat: float | None, lon: float | None) -> Payload | None:
    return None if lat is None or lon is None else {"lat": lat, "lon": lon}


def _sightings(visits: Sequence[Visit], names: ReceiverNames | None) -> list[Payload]:
    yielder = Yielder()
    listed = []
    for visit in visits:
        listed.append(sighting(visit, names))
        yielder.maybe_yield()
    return listed


def export(server: Server, caller: Caller, query: SightingFilter, limit: int) -> Iterator[list[Payload]]:
    """The sightings that match, `limit` at most, in slices. The first one is read before this returns: later ones raise Refused while
    they are iterated over. Yields."""
    names, slices = _exported(server, caller, query, limit)
    return (_sightings(visits, names) for visits in slices)


def export_tracks(
    server: Server, caller: Caller, query: SightingFilter, limit: int
) -> Iterator[tuple[Payload, list[TrackPoint]]]:
    """As `export`, one by one, each with its track."""
    names, slices = _exported(server, caller, query, limit)
    return ((sighting(visit, names), _track(server, caller, visit)) for visits in slices for visit in visits)


def _exported(
    server: Server, caller: Caller, query: SightingFilter, limit: int
) -> tuple[ReceiverNames | None, Iterator[list[Visit]]]:
    caller.require(server, PERMISSION)
    names = _names(server, caller)
    slices = _steps(server, caller, _search(server, caller, query, names), limit, None, inf)
    first = next(slices, ([], None))
    return names, (visits for visits, _ in chain((first,), slices))


def _track(server: Server, caller: Caller, visit: Visit) -> list[TrackPoint]:
    """The stored points of a visit in order: the last MAX_TRACK. Yields."""
    points: deque[TrackPoint] = deque(maxlen=MAX_TRACK)
    yielder, last = Yielder(), (0, -1)
    while True:
        found = own_history.read(server, caller, segments.of_visit, (visit.hex, visit.start), last[0], ROWS_AT_ONCE)
        for segment in found:
            if (segment.slot, segment.part) <= last:
                continue  # the page before ended among the parts of this slot
            points += trails.readable(segment)
            yielder.maybe_yield()
        if len(found) < ROWS_AT_ONCE or last == (last := (found[-1].slot, found[-1].part)):
            return list(points)


def _search(server: Server, caller: Caller, query: SightingFilter, names: ReceiverNames | None) -> VisitSearch:
    """The search of these filters. One for what was in the sky lately ends where the first of those visits began."""
    search = search_of(query, exact=names is not None)
    if names is not None and search.receiver is not None:
        search = replace(search, receiver=names.stored(search.receiver))
    if search.since is None or search.since < server.clock.wall() - LATELY_S:
        return search
    begun = own_history.read(server, caller, visit_queries.earliest_start_of_visits_heard_since, search.since)
    return replace(search, begun_since=search.since if begun is None else begun)


def _steps(
    server: Server, caller: Caller, search: VisitSearch, limit: int, after: Key | None, seconds: float
) -> Iterator[tuple[list[Visit], Key | None]]:
    """The visits that match, `limit` at most, in steps, for so many seconds: each with the place where the next one goes on, None at
    the end of the list."""
    ends = server.clock.steady() + seconds
    while limit > 0 and server.clock.steady() <= ends:
        found, after = own_history.read(server, caller, visit_queries.step, search, min(limit, ROWS_AT_ONCE), after)
        yield found, after
        if after is None:
            return
        limit -= len(found)


# -- aircraft -------------------------------------------------------------------------------------


def aircraft_info(server: Server, caller: Caller, hex_: str) -> Payload:
    """What is known of one aircraft (hex in upper case), and its latest sightings. Yields. Raises Refused."""
    caller.require(server, PERMISSION)
    known = _known(server, caller, [hex_])[0]
    visits = own_history.read(server, caller, visit_queries.of_aircraft, hex_, LATEST, demo=_view(server, caller).demo)
    return known | {"sightings": _sightings(visits, _names(server, caller))}


def aircraft_details(server: Server, caller: Caller, hexes: Sequence[str]) -> list[Payload]:
    """What is known of these aircraft (hex in upper case), MAX_HEXES at most, in their order. Yields. Raises Refused."""
    caller.require(server, PERMISSION)
    return _known(server, caller, list(dict.fromkeys(hexes))[:MAX_HEXES])


def _known(server: Server, caller: Caller, hexes: list[str]) -> list[Payload]:
    view = _view(server, caller)
    # In the sandbox all is simulated, and no record is kept of who was ever seen.
    records = visit_queries.kept if view.name == "sandbox" else visit_queries.seen
    seen = {row.hex: row for row in own_history.read(server, caller, records, hexes)}
    visits = {visit.hex: visit for visit in own_history.read(server, caller, visit_queries.latest, hexes, demo=view.demo)}
    # Simulated aircraft have addresses that real ones may have too.
    found = {} if view.demo else server.aircraft_db.find(hexes)
    audience = view.audience(caller.principal)
    return [_one_known(hex_, view.one(hex_, audience), visits.get(hex_), found.get(hex_, {}), seen.get(hex_)) for hex_ in hexes]


def _one_known(
    hex_: str, present: Mapping[str, Any] | None, visit: Visit | None, found: Mapping[str, Any], seen: Seen | None
) -> Payload:
    last = {} if visit is None else {"r": visit.r, "t": visit.t, "ownOp": visit.own_op, "category": visit.category}
    last = {name: value for name, value in last.items() if value is not None}
    if present is None:
        said = last | dict(found)
        said = registration.describe(hex_, None, said.get("t")) | said
        military = bool(found.get("dbFlags", 0) & _MILITARY_BIT) or is_military(hex_) or (visit is not None and visit.military)
    else:
        # The sky has merged what receivers, the aircraft database and the tables say.
        said, military = last | dict(present), bool(present.get("military"))
    return {
        "hex": hex_,
        **{name: said[name] for name in _DESCRIPTION if name in said},
        "military": military,
        "in_sky": present is not None,
        **({} if seen is None else {"first_seen": iso(seen.first), "last_seen": iso(seen.last)}),
        "visits": 0 if seen is None else seen.visits,
    }


# -- reading --------------------------------------------------------------------------------------


def _view(server: Server, caller: Caller) -> SkyView:
    return server.skies[caller.principal.sky].view


def _names(server: Server, caller: Caller) -> ReceiverNames | None:
    """What this caller calls the receivers; None: it may not know where they stand."""
    exact = _view(server, caller).audience(caller.principal) == topics.EXACT
    return ReceiverNames(server, caller.principal) if exact else None

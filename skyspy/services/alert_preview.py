"""Application: what an alert rule would match now, and would have matched among the visits of the last week.

Invariants: a preview goes by the permissions of its caller, names only watchlists of the caller, stores nothing and alerts nobody. It holds
neither the hub nor the reading connection for long, and takes MAX_SEARCH_S at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from skyspy import topics, wirejson
from skyspy.alerts.fields import FIELDS
from skyspy.alerts.past import Chances, PastRule, PastVisit, Span
from skyspy.alerts.rule import OwnedRule, Rule
from skyspy.alerts.watchlist import Watchlist
from skyspy.cooperate import Yielder
from skyspy.server import Server
from skyspy.services import alert_owner, alert_rules, history, own_history, running_rules
from skyspy.services.alert_owner import EDIT, VIEW
from skyspy.services.caller import Caller
from skyspy.store import Connection, alert_destinations, watchlists
from skyspy.store.history import visit_queries
from skyspy.store.history.visit_queries import Key, Visit
from skyspy.store.owned import Owner

WEEK_S = 7 * 86_400.0
MAX_SEARCH_S = 2.0
"""How long past visits are looked at."""
ROWS_AT_ONCE = 500
MAX_HEXES = 200
"""Aircraft that are named of those that match now."""
NEW_RULE = "0"
"""The id of a rule that is not stored."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would match. `aircraft`: how many aircraft now, of which `hexes` names MAX_HEXES at most. `visits_last_week`: how many
    visits that began in the last seven days, None where they cannot be judged by any of its conditions, or the caller may not read
    them; `visits_complete`: all of them were looked at. `not_judged`: the fields of conditions that visits do not tell, which were
    passed over."""

    aircraft: int
    hexes: list[str]
    visits_last_week: int | None
    visits_complete: bool
    not_judged: list[str]


def preview(server: Server, caller: Caller, document: Mapping[str, Any]) -> Preview:
    """What the rule of this document would match. Yields. Raises Refused, with the message of each bad field by its path."""
    caller.require(server, VIEW, EDIT)
    rule = alert_rules.parsed(document)
    lists = alert_owner.read(server, caller, _named, rule)
    may_do = alert_owner.rights(caller.principal, server.settings.fresh())
    view = server.skies[caller.principal.sky].view
    exact = view.audience(caller.principal) == topics.EXACT
    owned = OwnedRule(NEW_RULE, alert_owner.owner_of(caller).user_id, rule, 0, exact, may_do)
    monitor = server.alerts.get(caller.principal.sky)
    hexes = [] if monitor is None else sorted(monitor.preview(owned, lists.values()))
    if history.PERMISSION not in may_do:
        return Preview(len(hexes), hexes[:MAX_HEXES], None, False, [])
    past = PastRule(rule, lists, [row.name for row in FIELDS.values() if row.needs not in may_do])
    number, complete = _count(server, caller, past, exact=exact)
    not_judged = sorted(past.not_judged)
    judged = number if number or not past.tells_nothing else None
    return Preview(len(hexes), hexes[:MAX_HEXES], judged, complete, not_judged)


def _named(connection: Connection, owner: Owner, rule: Rule) -> dict[str, Watchlist]:
    """The owner's watchlists that the rule names. Raises Refused for an id that the owner does not have."""
    own = {str(found.id): found for found in watchlists.page(connection, owner)}
    destinations = frozenset(str(found.id) for found in alert_destinations.page(connection, owner))
    if wrong := alert_rules.wrong_references(rule, frozenset(own), destinations):
        raise alert_rules.invalid(wrong)
    named = [own[name] for name in alert_rules.watchlists_of(rule)]
    entries = watchlists.entries_of(connection, [found.id for found in named])
    return {str(found.id): running_rules.watchlist_of(found, entries.get(found.id, ())) for found in named}


def _count(server: Server, caller: Caller, past: PastRule, *, exact: bool) -> tuple[int, bool]:
    """How many visits of the last week match, and whether all were looked at."""
    ends, number, yielder = server.clock.steady() + MAX_SEARCH_S, 0, Yielder()
    for visits in _visits(server, caller):
        for visit in visits:
            number += past.matches(past_visit(visit, exact=exact))
            yielder.maybe_yield()
        if server.clock.steady() > ends:
            return number, len(visits) < ROWS_AT_ONCE
    return number, True


def _visits(server: Server, caller: Caller) -> Iterator[list[Visit]]:
    after: Key | None = None
    since = server.clock.wall() - WEEK_S
    while True:
        found = own_history.read(server, caller, visit_queries.begun, since, after, ROWS_AT_ONCE)
        yield found
        if len(found) < ROWS_AT_ONCE:
            return
        after = found[-1].key


def past_visit(visit: Visit, *, exact: bool) -> PastVisit:
    """A stored visit as rules judge it. `exact`: whether distances may be used."""
    has_height = visit.alt_max is not None
    singles = {"hex": visit.hex, "r": visit.r, "t": visit.t, "own_op": visit.own_op, "country": visit.country}
    singles |= {"category": visit.category, "emergency_type": visit.emergency}
    lists = {"flight": visit.callsigns, "squawk": visit.squawks, "source": visit.sources}
    distances = {"distance_nm": Span(visit.closest_nm, visit.farthest_nm)} if exact else {}
    return PastVisit(
        texts={name: () if text is None else (text,) for name, text in singles.items()}
        | {name: wirejson.loads(text) for name, text in lists.items()},
        spans={
            "alt_baro": Span(visit.alt_min, visit.alt_max),
            "gs": Span(None, visit.gs_max, low_known=False),
            **distances,
        },
        flags={
            "military": Chances(visit.military, not visit.military),
            "emergency": Chances(visit.emergency is not None, True),
            "on_ground": Chances(visit.on_ground, has_height or not visit.on_ground),
            "first_seen": Chances(visit.first_ever, not visit.first_ever),
        },
        first=visit.first,
        last=visit.last,
    )

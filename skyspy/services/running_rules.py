"""Application: the alert rules that run in one sky, for its AlertMonitor.

Invariants: nothing is here of a user who is disabled, or who may not have alert rules now; a rule has the permissions that its owner has now,
as far as the key may that saved it. A rule that cannot be read does not run, and keeps no other one from running.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from skyspy.alerts.errors import RuleError
from skyspy.alerts.parsing import parse_rule
from skyspy.alerts.rule import OwnedRule
from skyspy.alerts.watchlist import Entry, Kind, Watchlist
from skyspy.auth.principal import Principal
from skyspy.services import alert_destinations, alert_owner
from skyspy.sky.alerts import Destination, RunningRules
from skyspy.store import Connection, alert_rules, keys, users, watchlists
from skyspy.store import alert_destinations as stored_destinations
from skyspy.store.alert_rules import StoredRule
from skyspy.store.settings import Settings
from skyspy.store.users import User
from skyspy.store.watchlists import EntryRow, StoredWatchlist

log = logging.getLogger(__name__)

_KINDS = frozenset(kind.value for kind in Kind)


def loaded_rules(
    connection: Connection, settings: Settings, sky: str, is_exact: Callable[[Principal], bool], at: float
) -> RunningRules:
    """The rules of this sky that run at `at` (wall seconds), with the watchlists and working destinations that they may name.
    `is_exact`: whether somebody may know where the receiver stands."""
    stored = alert_rules.running(connection, sky, at)
    owners = users.by_ids(connection, {rule.owner_id for rule in stored})
    rules = [found for rule in stored if (found := owned_rule(rule, owners.get(rule.owner_id), settings, is_exact))]
    running = {rule.owner_id for rule in rules}
    lists = [one for one in watchlists.in_sky(connection, sky) if one.owner_id in running]
    entries = watchlists.entries_of(connection, [one.id for one in lists])
    return RunningRules(
        rules,
        [watchlist_of(one, entries.get(one.id, ())) for one in lists],
        _destinations(connection, settings, sky, {user_id: owners[user_id] for user_id in running}, at),
    )


def owned_rule(
    rule: StoredRule, owner: User | None, settings: Settings, is_exact: Callable[[Principal], bool]
) -> OwnedRule | None:
    """The rule as it runs; None where it does not."""
    may_do = alert_owner.rights_away(owner, rule.sky, rule.scopes, settings)
    if owner is None or may_do is None:
        return None
    try:
        parsed = parse_rule(rule.document)
    except RuleError as error:
        # Which fields are wrong, and not what is in them: the rule is its owner's alone.
        log.warning("alert rule %d does not run, because it cannot be read: %s", rule.id, ", ".join(sorted(error.fields))[:200])
        return None
    exact = is_exact(alert_owner.acting(owner, rule.sky, rule.scopes))
    return OwnedRule(str(rule.id), rule.owner_id, parsed, rule.version, exact, may_do)


def watchlist_of(stored: StoredWatchlist, entries: Iterable[EntryRow]) -> Watchlist:
    """The watchlist as rules use it; entries of a kind that this version does not know are left out."""
    known = tuple(Entry(Kind(row.kind), row.value, row.exclude, row.note) for row in entries if row.kind in _KINDS)
    return Watchlist(str(stored.id), stored.owner_id, stored.name, known)


def _destinations(
    connection: Connection, settings: Settings, sky: str, owners: Mapping[int, User], at: float
) -> Mapping[str, Destination]:
    stored = [found for found in stored_destinations.in_sky(connection, sky) if found.owner_id in owners]
    makers = keys.by_ids(connection, {found.maker_key_id for found in stored if found.maker_key_id is not None})
    return {
        str(found.id): Destination(found.owner_id, found.kind)
        for found in stored
        if alert_destinations.rights_of(found, owners[found.owner_id], makers.get(found.maker_key_id or 0), settings, at)
        is not None
    }

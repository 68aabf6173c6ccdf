"""Makes alerts of matches that begin, within each owner's limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from skyspy.aircraft_state import AircraftState
from skyspy.alerts.compile import CompiledRule, Evaluation
from skyspy.alerts.flood import Flood
from skyspy.alerts.matches import Hex, Matches
from skyspy.alerts.messages import (
    MAX_LISTED,
    area_message,
    count_message,
    is_visible,
    left_out_message,
    message_of,
    payload_of,
    reasons_of,
)
from skyspy.alerts.rounds import AlertRound, Trigger
from skyspy.alerts.rule import OwnedRule
from skyspy.alerts.schedule import ends_at
from skyspy.safety.events import SafetyEvent


class TriggerMaker:
    """Makes the alerts of all owners. `left_out`: by owner, how many were left out."""

    def __init__(self) -> None:
        self.left_out: Counter[int] = Counter()
        self._floods: dict[int, Flood] = {}

    def keep(self, owners: Collection[int]) -> None:
        """Forget all other owners."""
        self._floods = {owner: flood for owner, flood in self._floods.items() if owner in owners}

    def of_aircraft(
        self, rule: CompiledRule, matches: Matches, begun: Sequence[tuple[int, AircraftState]], over: Evaluation
    ) -> list[Trigger]:
        """The alerts of these aircraft, whose match begins; each with the place of its bit."""
        owned, columns = rule.owned, over.columns
        found: list[Trigger] = []
        for n, (place, state) in enumerate(begun):
            if matches.cooldown.holds(state.hex, columns.look.now, owned.rule.cooldown_s):
                continue
            if self._is_full(owned, len(begun) - n):
                break
            reasons = over.reasons(rule, 1 << place)
            fields = [leaf.condition.field for leaf, is_not in reasons if not is_not]
            matched = reasons_of(reasons, state, owned, columns, over.program.watchlists)
            message = message_of(owned, state, columns, fields)
            trigger = self._trigger(owned, matches, columns.look, state.hex, message, matched, payload_of(state, owned, columns))
            found.append(trigger._replace(callsign=state.flight if is_visible(owned) else None))
        return found

    def of_count(self, owned: OwnedRule, matches: Matches, states: Sequence[AircraftState], look: AlertRound) -> list[Trigger]:
        """The alert of a rule that counts, of which so many aircraft are enough."""
        if self._may_not(owned, matches, look):
            return []
        matched = [{"hex": state.hex, "flight": state.flight} for state in states[:MAX_LISTED]]
        message = count_message(owned, states, len(states))
        return [self._trigger(owned, matches, look, None, message, matched, {"count": len(states)})]

    def of_area(self, owned: OwnedRule, matches: Matches, events: Sequence[SafetyEvent], look: AlertRound) -> list[Trigger]:
        """The alert of safety events of no aircraft."""
        if not events or self._may_not(owned, matches, look):
            return []
        matched = [{"field": "safety_event", "op": "in", "actual": [event.event_type for event in events]}]
        return [self._trigger(owned, matches, look, None, area_message(owned, events), matched, {})]

    def summed_up(self, rules: Sequence[OwnedRule], look: AlertRound) -> list[Trigger]:
        """The alerts that were left out in a minute that is over, in one for each owner: it is one of the rule of which the most were."""
        by_id = {one.id: one for one in rules}
        found = []
        for flood in self._floods.values():
            left_out = [(by_id[rule_id], count) for rule_id, count in flood.summed_up(look.now) if rule_id in by_id]
            if left_out:
                total = sum(count for _, count in left_out)
                message = left_out_message([(one.rule.name, count) for one, count in left_out])
                matched = [
                    {"rule_id": one.id, "rule_name": one.rule.name, "count": count} for one, count in left_out[:MAX_LISTED]
                ]
                found.append(_made(left_out[0][0], look, None, message, matched, {})._replace(suppressed=total))
        return found

    def _may_not(self, owned: OwnedRule, matches: Matches, look: AlertRound) -> bool:
        """Whether there may be no alert without an aircraft now."""
        return matches.cooldown.holds(None, look.now, owned.rule.cooldown_s) or self._is_full(owned, 1)

    def _is_full(self, owned: OwnedRule, count: int) -> bool:
        """Whether the owner may have no other alert in this minute; `count` alerts are left out then."""
        flood = self._floods.setdefault(owned.owner_id, Flood())
        if flood.is_full:
            flood.leave_out(owned.id, count)
            self.left_out[owned.owner_id] += count
        return flood.is_full

    def _trigger(
        self,
        owned: OwnedRule,
        matches: Matches,
        look: AlertRound,
        hex_: Hex,
        message: str,
        matched: Sequence[Mapping[str, Any]],
        aircraft: Mapping[str, Any],
    ) -> Trigger:
        """An alert, which counts."""
        self._floods[owned.owner_id].take(look.now)
        matches.cooldown.note(hex_, look.now)
        matches.alerted[hex_] = look.wall
        return _made(owned, look, hex_, message, matched, aircraft)


def _made(
    owned: OwnedRule, look: AlertRound, hex_: Hex, message: str, matched: Sequence[Mapping[str, Any]], aircraft: Mapping[str, Any]
) -> Trigger:
    quiet = owned.rule.quiet
    ends = look.wall if quiet is None else ends_at(quiet, look.wall)
    return Trigger(
        owned.id,
        owned.owner_id,
        owned.version,
        owned.rule.name,
        hex_,
        None,
        tuple(matched),
        message,
        aircraft,
        look.wall,
        ends if ends > look.wall else None,
    )

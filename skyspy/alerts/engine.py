"""Looks at the aircraft of one sky, round by round, and says which alerts there are.

A match is a level: an alert is made when it begins, for each rule and aircraft. It ends when it was not true for RELEASE_S or the
aircraft is gone; and an aircraft that has alerted does so again after the rule's cooldown alone, counted from its last alert.
A data link message is true in one round (message_queue.py), and the match of a rule that asks for one ends in the next, so that each message is a match of its own.

Only aircraft that have changed are looked at, in slices, with pauses. What a rule cost or does wrong is its owner's: places and patterns have
budgets, alerts a limit by the minute, and a rule that raises costs itself alone. Rules have turns at being the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from skyspy.aircraft_state import AircraftState
from skyspy.alerts.bits import bits_of
from skyspy.alerts.columns import Columns
from skyspy.alerts.compile import CompiledRule, Evaluation, Program, is_true_of_area
from skyspy.alerts.matches import RELEASE_S, Hex, Matches, Slots
from skyspy.alerts.message_queue import MessageQueue
from skyspy.alerts.patterns import FieldPatterns
from skyspy.alerts.place_memory import MAX_UNITS, Budget, PlaceMemory
from skyspy.alerts.rounds import ActiveMatch, AlertRound, MatchEnd, Trigger
from skyspy.alerts.rule import OwnedRule, Rule
from skyspy.alerts.schedule import Schedule, is_within
from skyspy.alerts.triggers import TriggerMaker
from skyspy.alerts.values import RoundEvents
from skyspy.alerts.watchlist import Watchlist

SLICE = 1024
"""So many aircraft are looked at together."""
PREVIEW_SLICE = 256
"""The same for a preview: the places of one rule can be looked at for so many within the budget of a round."""
RULES_PIECE = 4
"""So many rules between two pauses."""

Running = tuple[CompiledRule, Matches]


class Engine:
    """The alerts of one sky. `ended`: the matches of alerts that have ended in the last round. `failures`: by owner, how often a rule
    has raised. `place_units`: what the places of an owner may cost in a round."""

    def __init__(self, place_units: int = MAX_UNITS) -> None:
        self._place_units = place_units
        self.ended: list[MatchEnd] = []
        self.failures: Counter[int] = Counter()
        self._patterns: dict[str, FieldPatterns] = {}
        self._places = PlaceMemory()
        self._program = Program((), (), self._patterns, self._places)
        self._matches: dict[str, Matches] = {}
        self._maker = TriggerMaker()
        self._slots = Slots()
        self._restored: list[ActiveMatch] = []
        self._dropped: list[tuple[str, Hex, float]] = []
        """Alerts whose match has ended with its rule, or with what the rule asked for: rule, aircraft and wall time."""
        self._again: set[str] = set()
        """Aircraft to look at in the next round, whether they have changed or not."""
        self._looks_at_all = True
        self._behaviors: dict[str, frozenset[str]] = {}
        self._with_facts: set[str] = set()
        self._turn = 0
        self._messages = MessageQueue()
        self._only_senders = 0
        """The bits of aircraft of which only a message is known."""

    @property
    def left_out(self) -> Counter[int]:
        """By owner, how many alerts were left out because there were too many in a minute."""
        return self._maker.left_out

    @property
    def messages_left_out(self) -> int:
        """Data link messages that no rule has looked at, because too many waited."""
        return self._messages.left_out

    # -- what changes the rules --------------------------------------------------------------------

    def set_rules(
        self, rules: Iterable[OwnedRule], watchlists: Iterable[Watchlist] = (), pause: Callable[[], None] = lambda: None
    ) -> None:
        """Run these rules from now on. A rule that was there before and asks for the same goes on with its matches; the cooldown of a
        rule goes on in any case. `pause` is called between pieces of work."""
        before = {one.owned.id: one.owned.rule for one in self._program.rules}
        program = Program(rules, watchlists, self._patterns, self._places, pause)
        kept: dict[str, Matches] = {}
        for one in program.rules:
            matches, rule = self._matches.get(one.owned.id), before.get(one.owned.id)
            if matches is None:
                matches = Matches()
            elif rule is None or _asks(rule) != _asks(one.owned.rule):
                cooldown, matches = matches.cooldown, Matches()
                matches.cooldown = cooldown
            kept[one.owned.id] = matches
        for rule_id, matches in self._matches.items():
            if kept.get(rule_id) is not matches:
                self._dropped += [(rule_id, hex_, at) for hex_, at in matches.alerted.items()]
        self._maker.keep({one.owned.owner_id for one in program.rules})
        self._matches, self._program, self._looks_at_all = kept, program, True

    def restore(self, active: Iterable[ActiveMatch]) -> None:
        """Go on with stored alerts, from the next round on: their matches do not alert again, and their cooldowns hold."""
        self._restored += active

    # -- rounds ------------------------------------------------------------------------------------

    def look(self, look: AlertRound) -> list[Trigger]:
        """The alerts of a round; `ended` are then the matches that have ended in it. It must return before the next one is called;
        meanwhile `set_rules` and `restore` may be called."""
        program = self._program
        self.ended = [MatchEnd(rule_id, hex_, at, look.wall) for rule_id, hex_, at in self._dropped]
        self._dropped = []
        senders: dict[str, AircraftState] = {}
        if not any(rule.has_messages for rule in program.rules):
            self._messages.clear()
        else:
            self._messages.take(look.messages, look.aircraft)
            senders.update({hex_: one for hex_, one in self._messages.senders.items() if hex_ not in look.aircraft})
            if senders:
                look = replace(look, aircraft={**look.aircraft, **senders})
        events = RoundEvents(look, self._messages.current)
        self._take_restored(look)
        self._take_gone(look)
        running = self._running(program, look)
        triggers: list[Trigger] = []
        budget = Budget(self._place_units)
        for patterns in self._patterns.values():
            patterns.begin()
        rows = [(self._slots.place(hex_), look.aircraft[hex_]) for hex_ in self._to_look_at(look, events)]
        self._only_senders = sum(1 << self._slots.place(hex_) for hex_ in senders)
        for start in range(0, len(rows), SLICE):
            columns = Columns(look, events, rows[start : start + SLICE])
            triggers += self._look_at(Evaluation(program, columns, budget), running)
            late = {self._slots.hexes[place] for place in bits_of(columns.late)}
            self._again |= late
            self._messages.keep(late)
        for rule, matches in running:
            triggers += self._guarded(rule, lambda rule=rule, matches=matches: self._finish(rule, matches, look, events))  # type: ignore[misc]
        self._turn += 1
        triggers += self._maker.summed_up([one.owned for one in program.rules], look)
        # Rules may have been taken away while this paused.
        return [one for one in triggers if one.rule_id in self._matches]

    def preview(self, owned: OwnedRule, look: AlertRound, watchlists: Iterable[Watchlist] | None = None) -> list[str]:
        """The aircraft that a rule matches in this round, whatever its windows, its count, its pause and its end say. `watchlists`: None
        for those of set_rules. Changes nothing."""
        lists = self._program.watchlists.values() if watchlists is None else watchlists
        program = Program([owned], lists, {}, PlaceMemory(), look.pause)
        events = RoundEvents(look, {one.matched: one for one in look.messages if one.matched is not None})
        found = []
        states = list(look.aircraft.values())
        for start in range(0, len(states), PREVIEW_SLICE):
            # Each has a bit of its own: what is known of a place is by bits.
            rows = list(enumerate(states[start : start + PREVIEW_SLICE], start))
            while rows:
                for patterns in program.patterns.values():
                    patterns.begin()
                columns = Columns(look, events, rows)
                true = Evaluation(program, columns, Budget()).matching(program.rules[0])
                found += [columns.states[place].hex for place in bits_of(true & ~columns.late)]
                rows = [(place, columns.states[place]) for place in bits_of(columns.late)]
        return found

    def _to_look_at(self, look: AlertRound, events: RoundEvents) -> list[str]:
        """Those that have changed, that are new, or of which something else has changed; those to which something happened in this
        round are looked at in the next one too."""
        aircraft, slots = look.aircraft, self._slots
        eventful = events.moved.keys() | events.safety.keys() | events.messages.keys()
        wanted = set(look.changed) | self._again | eventful
        wanted |= {hex_ for hex_ in aircraft if hex_ not in slots}
        behaviors = {hex_: under_way for hex_, under_way in look.behaviors.items() if under_way}
        wanted |= {hex_ for hex_, _ in self._behaviors.items() ^ behaviors.items()}
        wanted |= look.facts.keys() - self._with_facts
        if self._looks_at_all:
            wanted |= aircraft.keys()
        self._again, self._looks_at_all = set(eventful), False
        self._behaviors, self._with_facts = behaviors, set(look.facts)
        return [hex_ for hex_ in aircraft if hex_ in wanted]

    def _take_restored(self, look: AlertRound) -> None:
        restored, self._restored = self._restored, []
        for one in restored:
            matches = self._matches.get(one.rule_id)
            if matches is None:
                continue
            matches.cooldown.note(one.hex, look.now - max(0.0, look.wall - one.triggered_at))
            if one.ended_at is not None:
                continue
            matches.alerted[one.hex] = one.triggered_at
            if one.hex is None:
                matches.count.restore(look.now)
            else:
                matches.restore(self._slots.place(one.hex), look.now)
                self._slots.wait_for(one.hex, look.now + RELEASE_S)
                self._again.add(one.hex)

    def _take_gone(self, look: AlertRound) -> None:
        places = self._slots.take_gone(look.aircraft.keys(), look.now)
        if not places:
            return
        gone = sum(1 << place for place in places)
        self._places.forget(gone)
        for rule_id, matches in self._matches.items():
            for place in bits_of(matches.active & gone):
                self._end(rule_id, matches, self._slots.hexes[place], look.wall)
            matches.drop(gone)

    def _running(self, program: Program, look: AlertRound) -> list[Running]:
        """The rules that run now, with their matches; each round another one is the first. The matches of the others are not true."""
        within: dict[Schedule, bool] = {}
        running = []
        turn = self._turn % max(1, len(program.rules))
        for one in program.rules[turn:] + program.rules[:turn]:
            matches = self._matches[one.owned.id]
            is_on = _is_on(one.owned.rule, look.wall, within)
            # A rule that begins to run does not know the aircraft that have not changed since.
            self._looks_at_all |= is_on and not matches.was_on
            matches.was_on = is_on
            if is_on:
                running.append((one, matches))
            else:
                matches.take(0, matches.true | matches.active, look.now)
                matches.count.take(False, look.now)
                self._release(one, matches, look)
        return running

    def _look_at(self, over: Evaluation, running: Sequence[Running]) -> list[Trigger]:
        """What every rule says of some aircraft."""
        columns = over.columns
        triggers: list[Trigger] = []
        for n, (rule, matches) in enumerate(running):
            if n % RULES_PIECE == 0:
                columns.look.pause()
            triggers += self._guarded(rule, lambda rule=rule, matches=matches: self._take(over, rule, matches))  # type: ignore[misc]
        return triggers

    def _take(self, over: Evaluation, rule: CompiledRule, matches: Matches) -> Iterable[Trigger]:
        columns = over.columns
        # Of who is not listed only rules about messages know.
        among = columns.all if rule.has_messages else columns.all & ~self._only_senders
        begun = matches.take(over.matching(rule) & among, among, columns.look.now)
        if not begun or rule.owned.rule.count is not None:
            return ()
        return self._maker.of_aircraft(rule, matches, [(place, columns.states[place]) for place in bits_of(begun)], over)

    def _finish(self, rule: CompiledRule, matches: Matches, look: AlertRound, events: RoundEvents) -> Iterable[Trigger]:
        """What follows from all aircraft of a round."""
        triggers: list[Trigger] = []
        least = rule.owned.rule.count
        if least is not None:
            if matches.count.take(matches.true.bit_count() >= least, look.now):
                listed = (look.aircraft.get(self._slots.hexes[place]) for place in bits_of(matches.true))
                triggers += self._maker.of_count(rule.owned, matches, [state for state in listed if state is not None], look)
        elif rule.has_safety and events.areas:
            found = [event for event in events.areas if is_true_of_area(rule.root, [event.event_type])]
            triggers += self._maker.of_area(rule.owned, matches, found, look)
            # What happens in an area is over at once.
            self._end(rule.owned.id, matches, None, look.wall)
        self._release(rule, matches, look)
        matches.cooldown.forget(look.now, rule.owned.rule.cooldown_s)
        return triggers

    def _guarded(self, rule: CompiledRule, make: Callable[[], Iterable[Trigger]]) -> Iterable[Trigger]:
        """A rule that fails costs itself alone, and is counted."""
        try:
            return make()
        except Exception:  # noqa: BLE001 (whatever it is)
            self.failures[rule.owned.owner_id] += 1
            return ()

    def _release(self, rule: CompiledRule, matches: Matches, look: AlertRound) -> None:
        rule_id = rule.owned.id
        for place in matches.release(look.now, 0.0 if rule.has_messages else RELEASE_S):
            self._end(rule_id, matches, self._slots.hexes[place], look.wall)
        if matches.count.has_ended(look.now):
            self._end(rule_id, matches, None, look.wall)

    def _end(self, rule_id: str, matches: Matches, hex_: Hex, wall: float) -> None:
        """Note the end of a match, if it has alerted."""
        at = matches.alerted.pop(hex_, None)
        if at is not None:
            self.ended.append(MatchEnd(rule_id, hex_, at, wall))


def _asks(rule: Rule) -> tuple[object, ...]:
    """What decides when a rule matches."""
    return rule.match, rule.count


def _is_on(rule: Rule, wall: float, within: dict[Schedule, bool]) -> bool:
    """Whether a rule runs now. `within`: the answers of this round, by schedule."""
    if rule.paused or (rule.expires is not None and rule.expires <= wall):
        return False
    if rule.during is None:
        return True
    found = within.get(rule.during)
    if found is None:
        found = within[rule.during] = is_within(rule.during, wall)
    return found

"""Rules made ready to run: equal conditions of all rules are one Test, whose answer for all aircraft of a round is found once.

Logic is that of Kleene: a condition whose value is not known is unknown, its negation too, and a rule matches where its tree is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from skyspy.alerts.columns import UNKNOWN, Columns, Truth
from skyspy.alerts.fields import ANY, EVENT, FIELDS, FLAG, LIST, MESSAGE_FIELDS, NEGATED, NUMBER, PLACE, TEXT
from skyspy.alerts.patterns import FieldPatterns, PatternSet, literal
from skyspy.alerts.place_memory import Budget, KnownPlace, PlaceMemory
from skyspy.alerts.places import Place
from skyspy.alerts.rule import Condition, Join, Node, OwnedRule, Value, conditions_of
from skyspy.alerts.values import FROM_PLACE
from skyspy.alerts.watchlist import Watchlist, WatchlistIndex

COSTS: Mapping[str, int] = {FLAG: 0, EVENT: 1, NUMBER: 2, TEXT: 3, LIST: 4, PLACE: 20}
PATTERN_COST = 10
"""In which order the nodes of a group are looked at: the cheap ones may leave nothing to the dear ones."""
PATTERN_OPS = frozenset({"contains", "starts", "matches"})


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """One condition without its negation. `exact`: counted from the exact place of the receiver. `patterns`: the Set with its `value`.
    `place`: what is known of its place."""

    kind: str
    field: str
    op: str
    value: Value
    exact: bool = False
    patterns: PatternSet | None = None
    place: KnownPlace | None = None
    cost: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A condition of a rule; `test` None: it is always unknown."""

    condition: Condition
    test: Test | None
    is_negated: bool
    cost: int


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A group; its nodes are in the order of their cost."""

    join: Join
    nodes: tuple[Leaf | Branch, ...]
    cost: int


Compiled = Leaf | Branch


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRule:
    """A rule that is ready to run. `has_safety`: it asks for safety events; `has_messages`: for data link messages."""

    owned: OwnedRule
    root: Compiled
    has_safety: bool
    has_messages: bool


class Program:
    """All rules that run, and what they have in common. `patterns` by field and `places` are taken over from program to program."""

    def __init__(
        self,
        rules: Iterable[OwnedRule],
        watchlists: Iterable[Watchlist],
        patterns: dict[str, FieldPatterns],
        places: PlaceMemory,
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        owned = list(rules)
        self.watchlists = {one.id: one for one in watchlists}
        self.index = WatchlistIndex(self.watchlists.values())
        self.patterns, self.places = patterns, places
        self._tests: dict[object, Test] = {}
        _update_patterns(owned, patterns, pause)
        self.rules: list[CompiledRule] = []
        for one in owned:
            asked = {condition.field for condition in conditions_of(one.rule.match)}
            compiled = self._compiled(one.rule.match, one)
            self.rules.append(CompiledRule(one, compiled, "safety_event" in asked, not asked.isdisjoint(MESSAGE_FIELDS)))
            pause()
        places.keep({test.place for test in self._tests.values() if test.place is not None})

    def _compiled(self, node: Node, owned: OwnedRule) -> Compiled:
        if isinstance(node, Condition):
            op = NEGATED.get(node.op, node.op)
            test = self._test(node, op, owned)
            return Leaf(node, test, op != node.op, 0 if test is None else test.cost)
        nodes = sorted((self._compiled(one, owned) for one in node.nodes), key=lambda one: one.cost)
        return Branch(node.join, tuple(nodes), sum(one.cost for one in nodes))

    def _test(self, condition: Condition, op: str, owned: OwnedRule) -> Test | None:
        """The test of a condition for this owner; None where it cannot be known."""
        row, value = FIELDS[condition.field], condition.value
        if row.needs not in owned.may:
            return None
        patterns: PatternSet | None = None
        if op in PATTERN_OPS:
            value = pattern_of(op, str(value))
            patterns = self.patterns[row.name].set_of(owned.owner_id, value)
            if patterns is None:
                return None
        elif row.kind == TEXT:
            # Texts are compared in upper case.
            value = tuple(
                sorted(
                    {one.upper() for one in value if isinstance(one, str)} if isinstance(value, tuple) else {str(value).upper()}
                )
            )
        elif row.kind == EVENT:
            value = value if isinstance(value, tuple) else (str(value),)
        elif row.kind == LIST:
            watchlist = self.watchlists.get(str(value))
            if watchlist is None or watchlist.owner_id != owned.owner_id:
                return None
        exact = owned.exact_place and row.name in FROM_PLACE
        cost = COSTS[row.kind] if patterns is None else PATTERN_COST
        # True and 1 are equal, and so must not be the same condition of a flag and of a number: the field is part of the key.
        key = (row.name, op, value, exact, id(patterns))
        found = self._tests.get(key)
        if found is None:
            place = self.places.known(value) if isinstance(value, Place) else None
            found = self._tests[key] = Test(row.kind, row.name, op, value, exact, patterns, place, cost)
        return found


def pattern_of(op: str, value: str) -> str:
    """The pattern of a condition on a text."""
    return value if op == "matches" else literal(value, at_start=op == "starts")


def _update_patterns(rules: Iterable[OwnedRule], patterns: dict[str, FieldPatterns], pause: Callable[[], None]) -> None:
    needed: dict[str, dict[int, set[str]]] = {name: {} for name in patterns}
    for one in rules:
        for condition in conditions_of(one.rule.match):
            op = NEGATED.get(condition.op, condition.op)
            if op in PATTERN_OPS:
                owners = needed.setdefault(condition.field, {})
                owners.setdefault(one.owner_id, set()).add(pattern_of(op, str(condition.value)))
    for name, owners in needed.items():
        patterns.setdefault(name, FieldPatterns()).update(owners, pause)


@dataclass(slots=True)
class Evaluation:
    """What the conditions of a program say of some aircraft."""

    program: Program
    columns: Columns
    budget: Budget
    _answers: dict[Test, Truth] = field(default_factory=dict)
    _looked: dict[Test, int] = field(default_factory=dict)
    """Of the tests with a place, the bits of those that were looked at."""

    def matching(self, rule: CompiledRule) -> int:
        """The bits of the aircraft for which a rule is true."""
        return self._truth(rule.root, self.columns.all, rule.owned.owner_id, False)[0]

    def reasons(self, rule: CompiledRule, bit: int) -> list[tuple[Leaf, bool]]:
        """The conditions by which a rule matches one aircraft; each with whether it is so by being false, below a `not`."""
        found: list[tuple[Leaf, bool]] = []
        self._explain(rule.root, bit, rule.owned.owner_id, True, found)
        return found

    def _truth(self, node: Compiled, among: int, owner_id: int, wants_false: bool) -> Truth:
        """What a node says of the aircraft `among` all. Where nobody `wants_false`, what is false may be left out."""
        if isinstance(node, Leaf):
            if node.test is None:
                return UNKNOWN
            true, false = self._answer(node.test, among, owner_id)
            return (false & among, true & among) if node.is_negated else (true & among, false & among)
        if node.join is Join.NOT:
            true, false = self._truth(node.nodes[0], among, owner_id, True)
            return false, true
        if node.join is Join.ALL:
            true, false = among, 0
            for one in node.nodes:
                one_true, one_false = self._truth(one, among if wants_false else true, owner_id, wants_false)
                true, false = true & one_true, false | one_false
                if not true and not wants_false:
                    break
            return true, false
        true, false = 0, among
        for one in node.nodes:
            one_true, one_false = self._truth(one, among & ~true, owner_id, wants_false)
            true, false = true | one_true, false & one_false
            if true == among:
                break
        return true, false

    def _answer(self, test: Test, among: int, owner_id: int) -> Truth:
        if test.place is not None:
            return self._inside(test, test.place, among, owner_id)
        found = self._answers.get(test)
        if found is None:
            found = self._answers[test] = _ANSWERS[test.kind](test, self)
        return found

    def _inside(self, test: Test, place: KnownPlace, among: int, owner_id: int) -> Truth:
        """A place is looked at for those alone for which the answer matters, and once for each."""
        columns, take = self.columns, self.budget.take
        among &= columns.latitudes.known
        looked = self._looked.get(test, 0)
        rest = among & ~looked
        if rest:
            late = place.look(columns, rest, lambda units, most: take(owner_id, units, most), columns.look.pause)
            columns.late |= late
            self._looked[test] = looked | (rest & ~late)
        return place.inside & among, place.outside & among

    def _explain(self, node: Compiled, bit: int, owner_id: int, wanted: bool, found: list[tuple[Leaf, bool]]) -> None:
        true, false = self._truth(node, bit, owner_id, True)
        if not bit & (true if wanted else false):
            return
        if isinstance(node, Leaf):
            found.append((node, not wanted))
        else:
            for one in node.nodes:
                self._explain(one, bit, owner_id, wanted != (node.join is Join.NOT), found)


def _number(test: Test, over: Evaluation) -> Truth:
    value = test.value
    low, high = (value[0], value[1]) if isinstance(value, tuple) else (value, value)
    if isinstance(low, str | Place) or isinstance(high, str | Place):
        return UNKNOWN
    return over.columns.number(test.field, test.exact).compare(test.op, low, high)


def _text(test: Test, over: Evaluation) -> Truth:
    if test.patterns is not None:
        return over.columns.matched(test.field, test.patterns, str(test.value))
    column, true = over.columns.text(test.field), 0
    for one in _texts(test.value):
        true |= column.upper.get(one, 0)
    return true, column.known & ~true


def _flag(test: Test, over: Evaluation) -> Truth:
    true, false = over.columns.flag(test.field)
    return (true, false) if test.value is True else (false, true)


def _event(test: Test, over: Evaluation) -> Truth:
    values = _texts(test.value)
    return over.columns.happened(test.field, values, whichever=ANY in values)


def _list(test: Test, over: Evaluation) -> Truth:
    return over.columns.listed(str(test.value), over.program.index)


def _texts(value: Value) -> Sequence[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, tuple) else []


_ANSWERS: Mapping[str, Callable[[Test, Evaluation], Truth]] = {
    NUMBER: _number,
    TEXT: _text,
    FLAG: _flag,
    EVENT: _event,
    LIST: _list,
}
"""How the conditions of each kind are answered."""


def is_true_of_area(node: Compiled, types: Iterable[str]) -> bool | None:
    """What a node says of safety events of these types that belong to no aircraft: conditions on other fields are unknown."""
    if isinstance(node, Leaf):
        if node.test is None or node.test.field != "safety_event":
            return None
        values = _texts(node.test.value)
        return ANY in values or not set(values).isdisjoint(types)
    answers = [is_true_of_area(one, types) for one in node.nodes]
    if node.join is Join.NOT:
        return None if answers[0] is None else not answers[0]
    decisive = node.join is Join.ANY
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive

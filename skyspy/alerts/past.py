"""What a rule would have matched among past visits, as far as a visit tells.

A visit is not one moment: it has the lowest and the highest altitude, several callsigns, the nearest and the farthest distance. So each
condition is asked for by itself, whether it held at some moment of the visit; conditions that are joined may have held at different
moments. What a visit does not tell is not judged: in an `all` it is passed over, in an `any` it matches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from skyspy.alerts.fields import NEGATED
from skyspy.alerts.patterns import MAX_BYTES, PatternSet
from skyspy.alerts.rule import Condition, Join, Node, Rule
from skyspy.alerts.schedule import is_within
from skyspy.alerts.watchlist import Entry, Kind, Watchlist, plain_registration

MOMENTS = 16
"""Moments of a visit at which it is asked whether a time window holds."""
STEP_S = 600.0


class Span(NamedTuple):
    """The lowest and the highest value of a visit; None: the visit has none. `low_known`, `high_known`: whether visits tell this end."""

    low: float | None
    high: float | None
    low_known: bool = True
    high_known: bool = True


class Chances(NamedTuple):
    """Whether a flag was on at some moment of the visit, and whether it was off at some."""

    on: bool
    off: bool


@dataclass(frozen=True, slots=True)
class PastVisit:
    """One visit. `texts`: all values of a field; `spans`: of its numbers; `flags`. What is in none of them, visits do not tell.
    `first`, `last`: wall seconds."""

    texts: Mapping[str, Collection[str]]
    spans: Mapping[str, Span]
    flags: Mapping[str, Chances]
    first: float
    last: float


class PastRule:
    """A rule for past visits. `watchlists` are those that it names; `lacks`: fields that its owner may not see, which match nothing.
    `not_judged`: the names of what visits do not tell, of those looked at so far."""

    def __init__(self, rule: Rule, watchlists: Mapping[str, Watchlist], lacks: Collection[str] = ()) -> None:
        self._rule = rule
        self._lists = {name: _Index(found) for name, found in watchlists.items()}
        self._lacks = frozenset(lacks)
        self._patterns: dict[str, PatternSet] = {}
        self.not_judged: set[str] = set() if rule.count is None else {"count"}
        self.tells_nothing = False
        """Whether none of the conditions could be judged of the last visit."""

    def matches(self, visit: PastVisit) -> bool:
        """Whether the rule may have matched during this visit; False where a visit tells nothing of what it asks for."""
        found = self._judge(self._rule.match, visit, negated=False)
        self.tells_nothing = found is None
        if found is not True:
            return False
        return self._rule.during is None or any(is_within(self._rule.during, at) for at in _moments(visit))

    def _judge(self, node: Node, visit: PastVisit, *, negated: bool) -> bool | None:
        """Whether the node, or its negation, held at some moment; None: not judged."""
        if isinstance(node, Condition):
            found = self._condition(node, visit, negated=negated)
            if found is None:
                self.not_judged.add(node.field)
            return found
        if node.join is Join.NOT:
            return self._judge(node.nodes[0], visit, negated=not negated)
        found_all = [self._judge(inner, visit, negated=negated) for inner in node.nodes]
        judged = [found for found in found_all if found is not None]
        if not judged:
            return None
        # The negation of an `all` is an `any` of the negations.
        if (node.join is Join.ALL) is not negated:
            return all(judged)
        return True if any(judged) else (False if len(judged) == len(found_all) else None)

    def _condition(self, condition: Condition, visit: PastVisit, *, negated: bool) -> bool | None:
        op = NEGATED.get(condition.op, condition.op)
        negated = negated is not (op != condition.op)
        if condition.field in self._lacks:
            return False
        if condition.field == "watchlist":
            found = self._on_list(condition, visit)
            return found is not negated
        if condition.field in visit.flags:
            chances = visit.flags[condition.field]
            wanted = bool(condition.value) is not negated
            return chances.on if wanted else chances.off
        if condition.field in visit.spans:
            return _number(op, condition.value, visit.spans[condition.field], negated=negated)
        if condition.field in visit.texts:
            return any(self._text(op, condition.value, text) is not negated for text in visit.texts[condition.field])
        return None

    def _text(self, op: str, value: Any, text: str) -> bool:
        if op == "matches":
            found = self._pattern(str(value)).found_in(text)
            return bool(found)
        return _TEXT[op](text.upper(), value)

    def _pattern(self, pattern: str) -> PatternSet:
        made = self._patterns.get(pattern)
        if made is None:
            made = self._patterns[pattern] = PatternSet((pattern,), 0)
        made.bytes_left = MAX_BYTES
        return made

    def _on_list(self, condition: Condition, visit: PastVisit) -> bool:
        names = condition.value if isinstance(condition.value, tuple) else (condition.value,)
        return any(found.has(visit) for name in names if (found := self._lists.get(str(name))) is not None)


_TEXT: Mapping[str, Callable[[str, Any], bool]] = {
    "is": lambda text, value: text == str(value).upper(),
    "contains": lambda text, value: str(value).upper() in text,
    "starts": lambda text, value: text.startswith(str(value).upper()),
    "in": lambda text, value: text in {str(one).upper() for one in value},
}
"""The operators on a text in upper case."""

_KEYS: Mapping[Kind, str] = {Kind.HEX: "hex", Kind.REGISTRATION: "r", Kind.CALLSIGN: "flight", Kind.TYPE: "t"}


class _Index:
    """A watchlist by what it names."""

    def __init__(self, watchlist: Watchlist) -> None:
        self._listed = self._keys(entry for entry in watchlist.entries if not entry.exclude)
        self._excluded = self._keys(entry for entry in watchlist.entries if entry.exclude)

    @staticmethod
    def _keys(entries: Iterator[Entry]) -> frozenset[tuple[str, str]]:
        return frozenset((_KEYS[entry.kind], entry.value) for entry in entries)

    def has(self, visit: PastVisit) -> bool:
        """Whether the visit is on the list, by any of its callsigns."""
        named = {(field, _plain(field, text)) for field in _KEYS.values() for text in visit.texts.get(field, ())}
        return not named.isdisjoint(self._listed) and named.isdisjoint(self._excluded)


def _plain(field: str, text: str) -> str:
    return plain_registration(text) if field == "r" else text.upper()


def _number(op: str, value: Any, span: Span, *, negated: bool) -> bool | None:
    """Whether a number, or none, was like this at some moment."""
    if op in ("is", "between"):
        low, high = value if op == "between" else (value, value)
        if not negated:
            found = _reaches("ge", low, span), _reaches("le", high, span)
            return None if None in found else all(found)
        outside = _reaches("lt", low, span), _reaches("gt", high, span)
        return None if None in outside else any(outside)
    return _reaches(_OPPOSITE[op] if negated else op, value, span)


_OPPOSITE = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}


def _reaches(op: str, value: Any, span: Span) -> bool | None:
    is_low = op in ("lt", "le")
    end, known = (span.low, span.low_known) if is_low else (span.high, span.high_known)
    if not known:
        # Without any value there was no moment like this, whatever visits tell.
        return None if (span.high if is_low else span.low) is not None else False
    if end is None:
        return False
    wanted = float(value)
    return {"lt": end < wanted, "le": end <= wanted, "gt": end > wanted, "ge": end >= wanted}[op]


def _moments(visit: PastVisit) -> Iterator[float]:
    """Moments of the visit, its ends among them."""
    length = max(0.0, visit.last - visit.first)
    steps = max(1, min(MOMENTS, int(length // STEP_S) + 1))
    return (visit.first + length * step / steps for step in range(steps + 1))

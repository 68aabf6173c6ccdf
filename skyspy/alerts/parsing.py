"""Documents of rules: `parse_rule` checks everything and says what is wrong, path by path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from skyspy.alerts.errors import Problems, RuleError
from skyspy.alerts.fields import ANY, EVENT, FIELDS, FLAG, LIST, MESSAGE_FIELDS, NUMBER, PLACE, TEXT, AlertField
from skyspy.alerts.patterns import PatternError, check_pattern, encoded
from skyspy.alerts.places import MAX_POINTS, Circle, Place, parse_place
from skyspy.alerts.rule import (
    DEFAULT_COOLDOWN_S,
    MAX_CONDITIONS,
    MAX_COOLDOWN_S,
    MAX_COUNT,
    MAX_DEPTH,
    MAX_DESTINATIONS,
    MAX_LIST,
    MAX_NAME,
    MAX_TEXT,
    Condition,
    Group,
    Join,
    Node,
    Rule,
    Value,
    conditions_of,
)
from skyspy.alerts.schedule import Schedule, is_endless, parse_schedule
from skyspy.alerts.template import TemplateError, check_template
from skyspy.alerts.watchlist import is_line
from skyspy.zones import wall_of

_FIELDS_OF_RULE = frozenset(
    ("name", "match", "count", "during", "quiet", "cooldown_s", "expires", "paused", "message", "destinations")
)
_ALIASES = {"ownOp": "own_op"}
"""Names of aircraft objects that another field has here."""
_AIRPORT = re.compile(r"[A-Z0-9-]{2,8}\Z", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}\Z", re.ASCII)


def parse_rule(document: Mapping[str, Any]) -> Rule:
    """The rule of a document. Raises RuleError with a sentence for each path."""
    if not isinstance(document, Mapping):
        raise RuleError({"": "Give a rule: an object with at least name and match."})
    problems = Problems()
    for name in document.keys() - _FIELDS_OF_RULE:
        problems.add(str(name), f"There is no such field; there are {', '.join(sorted(_FIELDS_OF_RULE))}.")
    match = _match(document.get("match"), problems)
    rule = Rule(
        _name(document.get("name"), problems),
        match,
        _count(document.get("count"), match, problems),
        _schedule(document.get("during"), "during", problems),
        _schedule(document.get("quiet"), "quiet", problems),
        _cooldown(document.get("cooldown_s", DEFAULT_COOLDOWN_S), problems),
        _expires(document.get("expires"), problems),
        _paused(document.get("paused", False), problems),
        _message(document.get("message"), problems),
        _destinations(document.get("destinations", []), problems),
    )
    problems.check()
    return rule


# -- what is beside the conditions -----------------------------------------------------------------


def _name(value: object, problems: Problems) -> str:
    if not isinstance(value, str) or not is_line(value, 1, MAX_NAME):
        problems.add("name", f"Give a name of 1 to {MAX_NAME} characters on one line.")
        return ""
    return value.strip()


def _count(value: object, match: Group, problems: Problems) -> int | None:
    if value is None:
        return None
    least = value.get("at_least") if isinstance(value, Mapping) and value.keys() == {"at_least"} else None
    if isinstance(least, bool) or not isinstance(least, int) or not 1 <= least <= MAX_COUNT:
        problems.add("count.at_least" if isinstance(value, Mapping) else "count", f"Give a whole number from 1 to {MAX_COUNT}.")
        return None
    if any(FIELDS[one.field].kind == EVENT or one.field in MESSAGE_FIELDS for one in conditions_of(match)):
        problems.add(
            "count", "What happens at one moment, such as a landing or a message, cannot be counted; leave out one of the two."
        )
    return least


def _schedule(value: object, path: str, problems: Problems) -> Schedule | None:
    if value is None:
        return None
    found = parse_schedule(value, path, problems)
    if found is not None and path == "quiet" and is_endless(found):
        problems.add("quiet", "Quiet hours that never end hold every alert forever; leave some time free, or pause the rule.")
    return found


def _cooldown(value: object, problems: Problems) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COOLDOWN_S:
        problems.add("cooldown_s", f"Give a whole number of seconds from 0 to {MAX_COOLDOWN_S}.")
        return DEFAULT_COOLDOWN_S
    return value


def _expires(value: object, problems: Problems) -> float | None:
    if value is None:
        return None
    found = wall_of(value) if isinstance(value, str) and len(value) <= 40 else None
    if found is None:
        problems.add("expires", "Give a time such as 2026-12-31T18:00:00Z, or null.")
    # To the millisecond, as documents write it.
    return None if found is None else int(found * 1000) / 1000


def _paused(value: object, problems: Problems) -> bool:
    if not isinstance(value, bool):
        problems.add("paused", "Give true or false.")
    return value is True


def _message(value: object, problems: Problems) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        problems.add("message", "Give a text such as {flight} at {alt_baro} ft, or null for the usual one.")
        return None
    try:
        check_template(value)
    except TemplateError as error:
        problems.add("message", str(error))
    return value.strip()


def _destinations(value: object, problems: Problems) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_DESTINATIONS:
        problems.add("destinations", f"Give a list of at most {MAX_DESTINATIONS} ids of destinations.")
        return ()
    for place, one in enumerate(value):
        if not isinstance(one, str) or not _ID.match(one):
            problems.add(f"destinations[{place}]", "Give the id of a destination, as a text.")
    return tuple(dict.fromkeys(one for one in value if isinstance(one, str)))


# -- conditions ------------------------------------------------------------------------------------

_NODE = 'Give a condition {"field", "op", "value"}, or a group {"all": [...]}, {"any": [...]} or {"not": ...}.'


def _match(document: object, problems: Problems) -> Group:
    nothing = Group(Join.ALL, ())
    if not isinstance(document, Mapping) or "field" in document:
        problems.add("match", 'Give a group of conditions: {"all": [...]}, {"any": [...]} or {"not": ...}.')
        return nothing
    if _size(document, MAX_CONDITIONS) > MAX_CONDITIONS:
        problems.add("match", f"A rule has at most {MAX_CONDITIONS} conditions; divide it into several rules.")
        return nothing
    found = _node(document, "match", problems, 1)
    if not isinstance(found, Group):
        return nothing
    every = list(conditions_of(found))
    if sum(_points(one.value) for one in every) > MAX_POINTS:
        problems.add("match", f"The places of a rule have at most {MAX_POINTS} corners together; simplify them.")
    return found


def _size(document: object, most: int, depth: int = 0) -> int:
    """How many conditions there are in a document, counted until there are more than `most` before anything else is checked."""
    if not isinstance(document, Mapping) or "field" in document or depth > MAX_DEPTH:
        return 1
    count = 0
    for join in Join:
        inner = document.get(join.value, [])
        for one in inner if isinstance(inner, list) else [inner]:
            count += _size(one, most - count, depth + 1)
            if count > most:
                return count
    return count


def _points(value: Value) -> int:
    if not isinstance(value, Place) or isinstance(value.shape, Circle):
        return 0
    return sum(len(ring) for polygon in value.shape.polygons for ring in polygon)


def _node(document: object, path: str, problems: Problems, depth: int) -> Node | None:
    if not isinstance(document, Mapping):
        problems.add(path, _NODE)
        return None
    if "field" in document:
        return _condition(document, path, problems)
    joins = [join for join in Join if join.value in document]
    if len(joins) != 1 or len(document) != 1:
        problems.add(path, _NODE)
        return None
    if depth > MAX_DEPTH:
        problems.add(path, f"Groups are nested at most {MAX_DEPTH} deep; make it simpler.")
        return None
    join, inner = joins[0], document[joins[0].value]
    below = f"{path}.{join.value}"
    if join is Join.NOT:
        node = _node(inner, below, problems, depth + 1)
        return None if node is None else Group(join, (node,))
    if not isinstance(inner, list) or not 0 < len(inner) <= MAX_CONDITIONS:
        problems.add(below, f"Give a list of 1 to {MAX_CONDITIONS} conditions or groups.")
        return None
    found = [_node(one, f"{below}[{place}]", problems, depth + 1) for place, one in enumerate(inner)]
    return Group(join, tuple(node for node in found if node is not None))


def _condition(document: Mapping[str, Any], path: str, problems: Problems) -> Condition | None:
    for other in document.keys() - {"field", "op", "value"}:
        problems.add(f"{path}.{other}", "There is no such field; a condition has field, op and value.")
    name = document["field"]
    field = FIELDS.get(_ALIASES.get(name, name)) if isinstance(name, str) else None
    if field is None:
        problems.add(f"{path}.field", "There is no such field; choose one of the list of fields, such as military or alt_baro.")
        return None
    op = document.get("op")
    if not isinstance(op, str) or op not in field.ops:
        problems.add(f"{path}.op", f"{field.name} can be compared by {', '.join(field.ops)}.")
        return None
    before = len(problems)
    value = _VALUES[field.kind](field, op, document.get("value"), f"{path}.value", problems)
    return None if value is None or len(problems) > before else Condition(field.name, op, value)


def _text(field: AlertField, op: str, value: object, path: str, problems: Problems) -> Value | None:
    if op in ("in", "not_in"):
        if not isinstance(value, list) or not 0 < len(value) <= MAX_LIST:
            problems.add(path, f"Give a list of 1 to {MAX_LIST} texts.")
            return None
        found = [_one_text(field, op, one, f"{path}[{place}]", problems) for place, one in enumerate(value)]
        return tuple(dict.fromkeys(one for one in found if one is not None))
    return _one_text(field, op, value, path, problems)


def _one_text(field: AlertField, op: str, value: object, path: str, problems: Problems) -> str | None:
    if op in ("matches", "not_matches"):
        return _pattern(value, path, problems)
    if not isinstance(value, str) or not is_line(value, 1, MAX_TEXT):
        problems.add(path, f"Give a text of 1 to {MAX_TEXT} characters on one line.")
        return None
    text = value.strip()
    if op in ("is", "is_not", "in", "not_in"):
        if field.choices and text.lower() not in field.choices:
            problems.add(path, f"Give one of {', '.join(field.choices)}.")
    elif encoded(text).count(b"?") > text.count("?"):
        problems.add(path, "Use Latin letters here, or compare the whole text.")
    return text


def _pattern(value: object, path: str, problems: Problems) -> str | None:
    try:
        check_pattern(value if isinstance(value, str) else "")
    except PatternError as error:
        problems.add(path, str(error))
        return None
    return str(value)


def _number(field: AlertField, op: str, value: object, path: str, problems: Problems) -> Value | None:
    unit = f" ({field.unit})" if field.unit else ""
    if op != "between":
        if _is_number(value):
            return value  # type: ignore[return-value]
        problems.add(path, f"Give a number{unit}.")
        return None
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_number, value)):
        problems.add(path, f"Give two numbers{unit} in a list, such as [1000, 5000].")
        return None
    if value[0] > value[1] and not field.is_angle:
        problems.add(path, "Give the lower number first.")
    return value[0], value[1]


def _is_number(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and abs(value) <= 1e12 and isfinite(value)


def _flag(_field: AlertField, _op: str, value: object, path: str, problems: Problems) -> Value | None:
    if not isinstance(value, bool):
        problems.add(path, "Give true or false.")
        return None
    return value


def _place(_field: AlertField, _op: str, value: object, path: str, problems: Problems) -> Value | None:
    return parse_place(value, path, problems)


def _list(_field: AlertField, _op: str, value: object, path: str, problems: Problems) -> Value | None:
    if not isinstance(value, str) or not _ID.match(value):
        problems.add(path, "Give the id of a watchlist, as a text.")
        return None
    return value


def _event(field: AlertField, op: str, value: object, path: str, problems: Problems) -> Value | None:
    if op == "is":
        return _one_event(field, value, path, problems)
    if not isinstance(value, list) or not 0 < len(value) <= MAX_LIST:
        problems.add(path, f"Give a list of 1 to {MAX_LIST} {'types of events' if field.choices else 'codes of airports'}.")
        return None
    found = [_one_event(field, one, f"{path}[{place}]", problems) for place, one in enumerate(value)]
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _one_event(field: AlertField, value: object, path: str, problems: Problems) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    if text.lower() == ANY:
        return ANY
    if field.choices:
        if text in field.choices:
            return text
        problems.add(path, f"Give any, or one of {', '.join(field.choices)}.")
        return None
    if _AIRPORT.match(text.upper()):
        return text.upper()
    problems.add(path, "Give the ICAO code of an airport, such as LSZH, or any.")
    return None


_VALUES: Mapping[str, Callable[[AlertField, str, object, str, Problems], Value | None]] = {
    TEXT: _text,
    NUMBER: _number,
    FLAG: _flag,
    PLACE: _place,
    LIST: _list,
    EVENT: _event,
}
"""How the value of each kind of field is checked."""

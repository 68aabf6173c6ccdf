"""Interfaces: a rule as a sentence, and what matched as texts.

Pure: documents in, texts out. A document that this version does not understand gives what of it is understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyspy.admin.alerts import rule_tree
from skyspy.admin.alerts.vocabulary import INPUTS, choices_of, op_word, spoken, unit_of
from skyspy.admin.formatting import counted, listed

MAX_VALUES = 4
"""Values of a list that a sentence names."""
MAX_LENGTH = 400
_JOINED: Mapping[str, tuple[str, str]] = {
    rule_tree.ALL: ("", "and"),
    rule_tree.ANY: ("", "or"),
    rule_tree.NONE: ("none of: ", "or"),
    rule_tree.NOT_ALL: ("not all of: ", "and"),
}


def rule_sentence(document: Mapping[str, Any], watchlists: Mapping[str, str]) -> str:
    """What a rule looks for: “military is yes, and altitude is less than 5,000 ft”. `watchlists`: names by id."""
    tree = rule_tree.tree_of(document.get("match") or {}, INPUTS)
    text = _group(tree, document, watchlists, outermost=True)
    count = document.get("count")
    if isinstance(count, Mapping):
        text = f"{counted(int(count.get('at_least', 1)), 'aircraft', 'aircraft')} at once: {text}"
    return text if len(text) <= MAX_LENGTH else f"{text[: MAX_LENGTH - 1]}…"


def _group(group: rule_tree.GroupForm, document: Mapping[str, Any], watchlists: Mapping[str, str], *, outermost: bool) -> str:
    before, word = _JOINED[group.join]
    texts = [
        _group(node, document, watchlists, outermost=False)
        if isinstance(node, rule_tree.GroupForm)
        else condition_text(node, watchlists)
        for node in group.nodes
    ]
    text = before + listed(texts, word)
    return text if outermost or len(texts) < 2 else f"({text})"


def condition_text(node: rule_tree.ConditionForm, watchlists: Mapping[str, str]) -> str:
    """One condition: “altitude is less than 5,000 ft”."""
    return " ".join(
        word for word in (spoken(node.field), op_word(node.field, node.op), _value(node, watchlists), _unit(node)) if word
    )


def _unit(node: rule_tree.ConditionForm) -> str:
    return unit_of(node.field) if INPUTS.get((node.field, node.op)) in (rule_tree.NUMBER, rule_tree.RANGE) else ""


def _value(node: rule_tree.ConditionForm, watchlists: Mapping[str, str]) -> str:
    kind = INPUTS.get((node.field, node.op), rule_tree.TEXT)
    if kind == rule_tree.RANGE:
        return f"{_grouped(node.first('value'))} and {_grouped(node.first('high'))}"
    if kind == rule_tree.NUMBER:
        return _grouped(node.first("value"))
    if kind == rule_tree.PLACE:
        if node.first("geojson"):
            return "a drawn area"
        return f"{node.first('radius')} nm around {node.first('lat')}, {node.first('lon')}"
    if kind in (rule_tree.CHOICES, rule_tree.CHOICE):
        names = watchlists if node.field == "watchlist" else dict(choices_of(node.field))
        return _several([names.get(value, value) for value in node.values.get("value", ())])
    if kind == rule_tree.TEXTS:
        return _several(node.first("value").split(", "))
    return node.first("value") if kind == rule_tree.FLAG else f"“{node.first('value')}”"


def _several(values: list[str]) -> str:
    more = len(values) - MAX_VALUES
    return listed([*values[:MAX_VALUES], *([f"{more} more"] if more > 0 else [])], "or")


def _grouped(text: str) -> str:
    """A number as typed, with separators between thousands where it is a whole one."""
    digits = text.removeprefix("-")
    return f"{int(text):,}" if digits.isascii() and digits.isdecimal() and len(digits) < 10 else text


def matched_text(row: object) -> str:
    """What matched of one condition, or one aircraft of a count, as a text; "" where it cannot be read."""
    if not isinstance(row, Mapping):
        return ""
    if "field" not in row:
        return " ".join(str(row[name]) for name in ("flight", "hex") if row.get(name))
    name, actual = str(row["field"]), row.get("actual")
    if actual is None:
        return spoken(name)
    if isinstance(actual, bool):
        return f"{spoken(name)}: {'yes' if actual else 'no'}"
    shown = ", ".join(str(one) for one in actual) if isinstance(actual, list | tuple) else str(actual)
    return f"{spoken(name)}: {shown} {unit_of(name)}".strip()

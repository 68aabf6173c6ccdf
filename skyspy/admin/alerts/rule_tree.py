"""Interfaces: the tree of a rule's conditions as a form shows and sends it.

Pure: fields of a form in, a tree out, and a rule's document in both directions. What a document may hold is decided by skyspy/alerts/;
texts that are no numbers and no GeoJSON go into the document as they are, so that its errors name them.

A node's name in the form is its place: `m` is the outermost group, `m.0` its first node. A group sends `m.join`; a condition sends
`m.0.field`, `m.0.op` and what its input needs (INPUTS).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from typing import Any

ROOT = "m"
ALL, ANY, NONE, NOT_ALL = "all", "any", "none", "not_all"
JOINS: Mapping[str, str] = {ALL: "all", ANY: "at least one", NONE: "none", NOT_ALL: "not all"}
"""How a group joins its nodes, and the words of the sentence."""

MAX_NODES = 60
"""Nodes that a form is read with; a rule has fewer conditions."""
MAX_DEPTH = 4
"""Groups within groups in a form, the outermost one included."""
MAX_TEXT = 40_000
"""Characters of one input: a polygon is the longest."""

TEXT, TEXTS, NUMBER, RANGE, FLAG, PLACE, CHOICES, CHOICE = (
    "text",
    "texts",
    "number",
    "range",
    "flag",
    "place",
    "choices",
    "choice",
)
INPUTS: Mapping[str, tuple[str, ...]] = {
    TEXT: ("value",),
    TEXTS: ("value",),
    NUMBER: ("value",),
    RANGE: ("value", "high"),
    FLAG: ("value",),
    PLACE: ("lat", "lon", "radius", "geojson"),
    CHOICES: ("value",),
    CHOICE: ("value",),
}
"""The names of what each input sends, below the name of its condition."""

_PATH = re.compile(rf"{ROOT}(?:\.\d{{1,2}}){{0,{MAX_DEPTH}}}\Z", re.ASCII)


@dataclass(slots=True)
class ConditionForm:
    """One condition as typed. `values`: by the names of INPUTS."""

    field: str
    op: str = ""
    values: dict[str, list[str]] = default(default_factory=dict)
    error: str = ""
    path: str = ""

    def first(self, name: str) -> str:
        """The first value of an input, "" where it sends none."""
        return next(iter(self.values.get(name, ())), "")


@dataclass(slots=True)
class GroupForm:
    """A group as typed."""

    join: str = ALL
    nodes: list[NodeForm] = default(default_factory=list)
    error: str = ""
    path: str = ROOT

    @property
    def depth(self) -> int:
        """Of the group in its tree; 1 is the outermost one."""
        return self.path.count(".") + 1


NodeForm = ConditionForm | GroupForm


def number_paths(group: GroupForm, path: str = ROOT) -> GroupForm:
    """Give each node the name of its place; returns the group."""
    group.path = path
    for place, node in enumerate(group.nodes):
        if isinstance(node, GroupForm):
            number_paths(node, f"{path}.{place}")
        else:
            node.path = f"{path}.{place}"
    return group


def nodes_of(group: GroupForm) -> Iterator[tuple[GroupForm | None, NodeForm]]:
    """Every node with its parent, a parent before its children; the group itself has none."""
    waiting: list[tuple[GroupForm | None, NodeForm]] = [(None, group)]
    while waiting:
        parent, node = waiting.pop()
        yield parent, node
        if isinstance(node, GroupForm):
            waiting.extend((node, child) for child in reversed(node.nodes))


def conditions_of(group: GroupForm) -> list[ConditionForm]:
    """Every condition of a tree, in the order of the page."""
    return [node for _, node in nodes_of(group) if isinstance(node, ConditionForm)]


# -- from a form -----------------------------------------------------------------------------------


def read_tree(form: Mapping[str, Sequence[str]]) -> GroupForm:
    """The tree that a form sends: `form` has every value of each name. What is not a part of a tree is left out."""
    sent: dict[str, dict[str, list[str]]] = {}
    for name, values in form.items():
        path, _, leaf = name.rpartition(".")
        if _PATH.match(path) and len(sent) < MAX_NODES:
            sent.setdefault(path, {})[leaf] = [value.strip()[:MAX_TEXT] for value in values]
    return number_paths(_read_group(sent, ROOT))


def _read_group(sent: Mapping[str, Mapping[str, list[str]]], path: str) -> GroupForm:
    join = next(iter(sent.get(path, {}).get("join", ())), ALL)
    children = [one for one in sent if one.rpartition(".")[0] == path]
    group = GroupForm(join if join in JOINS else ALL)
    for child in sorted(children, key=lambda one: int(one.rpartition(".")[2])):
        leaves = sent[child]
        if "field" in leaves:
            values = {name: values for name, values in leaves.items() if name not in ("field", "op")}
            group.nodes.append(ConditionForm(leaves["field"][0], next(iter(leaves.get("op", ())), ""), values))
        elif "join" in leaves:
            group.nodes.append(_read_group(sent, child))
    return group


# -- what buttons do -------------------------------------------------------------------------------


def change(tree: GroupForm, deed: str, path: str, new: ConditionForm) -> str:
    """Add a condition (`new`) or a group to the group of this name, or remove the node of this name. Returns the name of the control
    that gets the focus then. Anything else changes nothing."""
    found = next(((parent, node) for parent, node in nodes_of(tree) if node.path == path), None)
    if found is None:
        return ""
    parent, node = found
    if deed == "remove" and parent is not None:
        place = parent.nodes.index(node)
        parent.nodes.remove(node)
        number_paths(tree)
        after = parent.nodes[min(place, len(parent.nodes) - 1)] if parent.nodes else None
        return f"remove:{after.path}" if after is not None else f"add:{parent.path}"
    if isinstance(node, GroupForm) and deed == "add":
        node.nodes.append(new)
        number_paths(tree)
        return f"{new.path}.field"
    if isinstance(node, GroupForm) and deed == "group" and node.depth < MAX_DEPTH:
        made = GroupForm(ANY if node.join == ALL else ALL, [new])
        node.nodes.append(made)
        number_paths(tree)
        return f"{made.path}.join"
    return ""


# -- to and from a document ------------------------------------------------------------------------


def document_of(tree: GroupForm, inputs: Mapping[tuple[str, str], str]) -> tuple[dict[str, Any], dict[str, NodeForm]]:
    """The group as a rule's document has it, and the node at each path in it, such as `match.all[1]`. `inputs`: the
    input of each field and operator."""
    places: dict[str, NodeForm] = {}
    return _group_document(tree, inputs, "match", places), places


def _group_document(
    group: GroupForm, inputs: Mapping[tuple[str, str], str], path: str, places: dict[str, NodeForm]
) -> dict[str, Any]:
    places[path] = group
    word = ANY if group.join in (ANY, NONE) else ALL
    inner = f"{path}.not" if group.join in (NONE, NOT_ALL) else path
    places[inner] = group
    nodes = []
    for place, node in enumerate(group.nodes):
        here = f"{inner}.{word}[{place}]"
        places[here] = node
        if isinstance(node, GroupForm):
            nodes.append(_group_document(node, inputs, here, places))
        else:
            value = _value_of(node, inputs.get((node.field, node.op), TEXT))
            nodes.append({"field": node.field, "op": node.op, "value": value})
    joined: dict[str, Any] = {word: nodes}
    return {"not": joined} if group.join in (NONE, NOT_ALL) else joined


def _value_of(node: ConditionForm, kind: str) -> Any:
    text = node.first("value")
    if kind == NUMBER:
        return _number(text)
    if kind == RANGE:
        return [_number(text), _number(node.first("high"))]
    if kind == FLAG:
        return text != "no"
    if kind == TEXTS:
        return [word.strip() for word in re.split(r"[,;\n]", text) if word.strip()]
    if kind == CHOICES:
        return list(node.values.get("value", ()))
    return _place(node) if kind == PLACE else text


def _place(node: ConditionForm) -> Any:
    pasted = node.first("geojson")
    if pasted:
        try:
            return json.loads(pasted)
        except (ValueError, RecursionError):
            return pasted
    return {
        "circle": {
            "lat": _number(node.first("lat")),
            "lon": _number(node.first("lon")),
            "radius_nm": _number(node.first("radius")),
        }
    }


def _number(text: str) -> float | int | str:
    """The number that was typed; the text where it is none."""
    try:
        value = float(text.replace(" ", "").replace(",", "."))
    except ValueError:
        return text
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def tree_of(document: Mapping[str, Any], inputs: Mapping[tuple[str, str], str]) -> GroupForm:
    """The tree of a rule's group."""
    node = _node_of(document, inputs)
    return number_paths(node if isinstance(node, GroupForm) else GroupForm(ALL, [node]))


def _node_of(document: Mapping[str, Any], inputs: Mapping[tuple[str, str], str]) -> NodeForm:
    if "field" in document:
        name, op, value = document["field"], document["op"], document["value"]
        kind = inputs.get((name, op), TEXT)
        if kind == FLAG and op == "is_not":
            op, value = "is", not value
        return ConditionForm(name, op, _typed(value, kind))
    if "not" in document:
        inner = _node_of(document["not"], inputs)
        opposite = {ALL: NOT_ALL, ANY: NONE, NONE: ANY, NOT_ALL: ALL}
        if isinstance(inner, GroupForm):
            inner.join = opposite[inner.join]
            return inner
        return GroupForm(NONE, [inner])
    word = ALL if ALL in document else ANY
    return GroupForm(word, [_node_of(node, inputs) for node in document.get(word, ())])


def _typed(value: Any, kind: str) -> dict[str, list[str]]:
    """A value as it stands in the inputs."""
    if kind == RANGE:
        return {"value": [_shown(value[0])], "high": [_shown(value[1])]}
    if kind == FLAG:
        return {"value": ["yes" if value else "no"]}
    if kind == TEXTS:
        return {"value": [", ".join(value)]}
    if kind == CHOICES:
        return {"value": [str(one) for one in (value if isinstance(value, list) else [value])]}
    if kind == PLACE:
        circle = value.get("circle")
        if circle is None:
            return {"geojson": [json.dumps(value)]}
        return {"lat": [_shown(circle["lat"])], "lon": [_shown(circle["lon"])], "radius": [_shown(circle["radius_nm"])]}
    return {"value": [_shown(value)]}


def _shown(value: object) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)

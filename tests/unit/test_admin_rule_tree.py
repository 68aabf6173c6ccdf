"""The form of an alert rule: its tree of conditions from and to a document, what its buttons do, and the sentence of a rule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.admin.alerts import rule_tree
from skyspy.admin.alerts.rule_form import complete
from skyspy.admin.alerts.rule_tree import ConditionForm, GroupForm, change, conditions_of, document_of, read_tree, tree_of
from skyspy.admin.alerts.sentences import matched_text, rule_sentence
from skyspy.admin.alerts.vocabulary import GROUPED, INPUTS, choices_of, op_word, ops_of
from skyspy.alerts.fields import FIELDS, FLAG
from skyspy.alerts.parsing import parse_rule

MILITARY = {"field": "military", "op": "is", "value": True}
LOW = {"field": "alt_baro", "op": "lt", "value": 5000}
NEAR = {"field": "inside", "op": "inside", "value": {"circle": {"lat": 47.5, "lon": 8.5, "radius_nm": 10}}}
AREA = {"field": "inside", "op": "outside", "value": {"type": "Polygon", "coordinates": [[[8, 47], [9, 47], [9, 48], [8, 47]]]}}
CONDITIONS: list[dict[str, Any]] = [
    MILITARY,
    LOW,
    NEAR,
    AREA,
    {"field": "flight", "op": "starts", "value": "SWR"},
    {"field": "flight", "op": "in", "value": ["SWR1", "EZY2"]},
    {"field": "gs", "op": "between", "value": [100, 250.5]},
    {"field": "watchlist", "op": "in", "value": "7"},
    {"field": "safety_event", "op": "in", "value": ["proximity", "tcas_ra"]},
    {"field": "source", "op": "is", "value": "mlat"},
    {"field": "landed", "op": "is", "value": "LSZH"},
]


def sent(tree: GroupForm) -> dict[str, list[str]]:
    """What a browser sends of a tree."""
    found: dict[str, list[str]] = {}
    for _, node in rule_tree.nodes_of(tree):
        if isinstance(node, GroupForm):
            found[f"{node.path}.join"] = [node.join]
            continue
        found[f"{node.path}.field"], found[f"{node.path}.op"] = [node.field], [node.op]
        found |= {f"{node.path}.{name}": values for name, values in node.values.items()}
    return found


leaves = st.sampled_from(CONDITIONS)
groups = st.recursive(
    st.builds(lambda word, nodes: {word: nodes}, st.sampled_from(["all", "any"]), st.lists(leaves, min_size=1, max_size=3)),
    lambda inner: st.builds(
        lambda word, nodes: {"not": {word: nodes}} if word == "not_all" else {word: nodes},
        st.sampled_from(["all", "any"]),
        st.lists(leaves | inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


@given(groups)
def test_a_group_is_the_same_after_the_form_has_sent_it(match: dict[str, Any]) -> None:
    tree = tree_of(match, INPUTS)
    made, _ = document_of(read_tree(sent(tree)), INPUTS)
    assert made == match or depth(match) > rule_tree.MAX_DEPTH


def depth(node: dict[str, Any]) -> int:
    children = node.get("all") or node.get("any") or ([node["not"]] if "not" in node else [])
    return (0 if "not" in node or "field" in node else 1) + max((depth(child) for child in children), default=0)


@pytest.mark.parametrize(
    ("match", "join"),
    [({"not": {"any": [MILITARY]}}, "none"), ({"not": {"all": [MILITARY, LOW]}}, "not_all"), ({"not": MILITARY}, "none")],
)
def test_a_negated_group_has_a_word_of_its_own(match: dict[str, Any], join: str) -> None:
    assert tree_of(match, INPUTS).join == join


def test_a_flag_that_is_not_yes_is_no() -> None:
    tree = tree_of({"all": [{"field": "military", "op": "is_not", "value": True}]}, INPUTS)
    assert document_of(tree, INPUTS)[0] == {"all": [{"field": "military", "op": "is", "value": False}]}


def test_what_is_typed_wrong_reaches_the_document_as_it_is_typed() -> None:
    tree = GroupForm(
        nodes=[ConditionForm("alt_baro", "lt", {"value": ["low"]}), ConditionForm("inside", "inside", {"geojson": ["{"]})]
    )
    document, _ = document_of(rule_tree.number_paths(tree), INPUTS)
    assert [one["value"] for one in document["all"]] == ["low", "{"]


def test_each_path_of_a_document_names_its_node() -> None:
    tree = tree_of({"all": [MILITARY, {"not": {"any": [LOW]}}]}, INPUTS)
    _, places = document_of(tree, INPUTS)
    assert places["match.all[1].not.any[0]"] is conditions_of(tree)[1]
    assert places["match"] is tree and places["match.all[1]"] is tree.nodes[1]


def test_a_form_of_nonsense_is_an_empty_rule() -> None:
    names = ["m.field", "m.99999.field", "m.0.0.0.0.0.0.field", "x.0.field", "m.0", "m..field", "m.-1.field"]
    tree = read_tree({name: ["military"] for name in names} | {"m.join": ["sometimes"]})
    assert (tree.join, tree.nodes) == ("all", [])
    many = read_tree({f"m.{number}.field": ["military"] for number in range(100)})
    assert len(many.nodes) <= rule_tree.MAX_NODES


def test_buttons_add_and_remove_and_say_where_the_focus_goes() -> None:
    tree = tree_of({"all": [MILITARY, LOW]}, INPUTS)
    assert change(tree, "add", "m", ConditionForm("gs")) == "m.2.field"
    assert change(tree, "group", "m", ConditionForm("gs")) == "m.3.join"
    assert change(tree, "add", "m.3", ConditionForm("gs")) == "m.3.1.field"
    assert change(tree, "remove", "m.0", ConditionForm("gs")) == "remove:m.0"
    assert [node.path for node in tree.nodes] == ["m.0", "m.1", "m.2"]
    assert change(tree, "remove", "m.2.1", ConditionForm("gs")) == "remove:m.2.0"
    assert change(tree, "remove", "m.2.0", ConditionForm("gs")) == "add:m.2"
    assert change(tree, "remove", "m", ConditionForm("gs")) == ""
    assert change(tree, "explode", "m.0", ConditionForm("gs")) == ""


def test_groups_end_at_the_depth_that_a_rule_may_have() -> None:
    tree, path = GroupForm(), "m"
    for _ in range(rule_tree.MAX_DEPTH - 1):
        path = change(tree, "group", path, ConditionForm("gs")).removesuffix(".join")
    assert change(tree, "group", path, ConditionForm("gs")) == ""


def test_another_field_drops_what_was_typed_for_the_former_one() -> None:
    flight = complete(ConditionForm("flight", "is", {"value": ["yes"], "kind": ["flag"]}))
    assert flight.first("value") == ""
    several = complete(ConditionForm("flight", "in", {"value": ["SWR1"], "kind": ["text"]}))
    assert several.first("value") == "SWR1"


def test_a_new_circle_is_around_the_receiver_where_its_place_may_be_known() -> None:
    around = complete(ConditionForm("inside"), (47.46, 8.55))
    assert (around.first("lat"), around.first("lon"), around.first("radius")) == ("47.46", "8.55", "10")
    assert complete(ConditionForm("inside")).first("lat") == ""


def test_every_field_is_offered_once_with_operators_and_an_input_for_each() -> None:
    offered = [row.name for _, rows in GROUPED for row in rows]
    assert sorted(offered) == sorted(FIELDS)
    for name in offered:
        assert ops_of(name) and all((name, op) in INPUTS and op_word(name, op) for op in ops_of(name))
        assert FIELDS[name].kind != FLAG or ops_of(name) == ("is",)
        assert [word for word, _ in choices_of(name)] == list(FIELDS[name].choices)


def test_every_condition_of_these_tests_is_one_that_rules_may_have() -> None:
    for condition in CONDITIONS:
        parse_rule({"name": "x", "match": {"all": [condition]}})


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"match": {"all": [MILITARY, LOW]}}, "military is yes and altitude is less than 5,000 ft"),
        ({"match": {"any": [NEAR, AREA]}}, "position is inside 10 nm around 47.5, 8.5 or position is outside a drawn area"),
        ({"match": {"all": [CONDITIONS[7], {"not": {"any": [LOW, MILITARY]}}]}}, "listed on Police and (none of: altitude is"),
        ({"match": {"all": [MILITARY]}, "count": {"at_least": 3}}, "3 aircraft at once: military is yes"),
        ({"match": {"all": [CONDITIONS[8]]}}, "safety event is one of Proximity or TCAS resolution advisory"),
        ({"match": {"all": [CONDITIONS[6]]}}, "ground speed is between 100 and 250.5 kt"),
        ({"match": {"all": [CONDITIONS[10]]}}, "has landed at “LSZH”"),
    ],
)
def test_a_rule_reads_like_a_sentence(document: dict[str, Any], sentence: str) -> None:
    assert rule_sentence(document, {"7": "Police"}).startswith(sentence)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"field": "alt_baro", "op": "lt", "value": 5000, "actual": 3200}, "altitude: 3200 ft"),
        ({"field": "military", "op": "is", "value": True, "actual": True}, "military: yes"),
        ({"field": "inside", "op": "inside", "value": {}, "actual": None}, "position"),
        ({"hex": "4B1805", "flight": "SWR12"}, "SWR12 4B1805"),
        ("nonsense", ""),
    ],
)
def test_what_matched_is_a_text(row: object, text: str) -> None:
    assert matched_text(row) == text

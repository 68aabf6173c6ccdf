"""Documents of rules: what is taken, what is refused and why, and messages."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from skyspy.alerts import FIELDS, OP_LABELS, OPS, RuleError, parse_rule
from skyspy.alerts.rule import MAX_CONDITIONS
from skyspy.alerts.template import MAX_MESSAGE, NAMES, OTHERS, TemplateError, check_template, filled
from tests.support.alert_rounds import Rounds, condition, rule, state
from tests.unit.alerts.test_conditions import any_document, every_condition, moved, safety

MILITARY = condition("military", "is", True)
WHOLE: dict[str, Any] = {
    "name": "Military, low",
    "match": {"all": [MILITARY, {"any": [condition("alt_baro", "lt", 5000), {"not": condition("flight", "starts", "SWR")}]}]},
    "count": {"at_least": 3},
    "during": {"zone": "Europe/Zurich", "windows": [{"days": ["wed"], "from": "22:00", "to": "07:00"}]},
    "quiet": {"zone": "UTC", "windows": [{"days": ["mon", "tue"], "from": "00:00", "to": "24:00"}]},
    "cooldown_s": 60,
    "expires": "2026-12-31T18:00:00.000Z",
    "paused": True,
    "message": "{flight} at {alt_baro} ft",
    "destinations": ["1", "2"],
}


def test_a_normalized_document_is_the_same_again() -> None:
    assert parse_rule(WHOLE).document() == WHOLE
    short = parse_rule({"name": " x ", "match": {"all": [MILITARY]}})
    assert (short.name, short.cooldown_s, short.paused, short.destinations) == ("x", 600, False, ())
    assert parse_rule(short.document()) == short


def test_any_rule_is_the_same_after_it_was_written_down() -> None:
    random = Random(5)
    documents = [any_document(random) for _ in range(300)] + [condition(*one) for one in every_condition()]
    for one in documents:
        found = parse_rule({"name": "x", "match": {"any": [one]}})
        assert parse_rule(found.document()) == found


def refused(document: Any) -> dict[str, str]:
    with pytest.raises(RuleError) as error:
        parse_rule(document)
    return error.value.fields


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": ""}, "name"), ({"name": "x" * 101}, "name"), ({"name": "a\nb"}, "name"), ({"name": None}, "name"),
        ({"match": None}, "match"), ({"match": MILITARY}, "match"), ({"match": {}}, "match"), ({"match": {"all": [MILITARY], "any": [MILITARY]}}, "match"),
        ({"match": {"all": []}}, "match.all"), ({"match": {"not": 7}}, "match.not"), ({"match": {"all": [7]}}, "match.all[0]"),
        ({"match": {"any": [MILITARY, {"all": [condition("gs", "is", "x")]}]}}, "match.any[1].all[0].value"),
        ({"match": {"all": [MILITARY] * (MAX_CONDITIONS + 1)}}, "match"),
        ({"match": {"all": [{"all": [{"all": [{"all": [{"all": [MILITARY]}]}]}]}]}}, "match.all[0].all[0].all[0].all[0]"),
        ({"count": 3}, "count"), ({"count": {"at_least": 0}}, "count.at_least"), ({"count": {"at_least": True}}, "count.at_least"),
        ({"count": {"at_least": 2}, "match": {"all": [condition("landed", "is", "any")]}}, "count"),
        ({"during": "night"}, "during"), ({"quiet": {"zone": "UTC", "windows": [{"from": "00:00", "to": "24:00"}]}}, "quiet"),
        ({"cooldown_s": -1}, "cooldown_s"), ({"cooldown_s": 1.5}, "cooldown_s"), ({"cooldown_s": 86_401}, "cooldown_s"),
        ({"expires": "tomorrow"}, "expires"), ({"expires": 1e9}, "expires"), ({"paused": 1}, "paused"), ({"message": ""}, "message"), ({"message": 3}, "message"),
        ({"message": "{nothing}"}, "message"), ({"destinations": "1"}, "destinations"), ({"destinations": [1]}, "destinations[0]"),
        ({"destinations": ["1"] * 21}, "destinations"), ({"color": 1}, "color"),
    ],
)  # fmt: skip
def test_an_error_names_its_path_and_says_what_to_do(change: dict[str, Any], path: str) -> None:
    fields = refused({"name": "x", "match": {"all": [MILITARY]}, **change})
    assert list(fields) == [path]
    assert fields[path].endswith(".")
    assert len(fields[path]) > 15


@pytest.mark.parametrize(
    ("one", "path"),
    [
        (condition("speed", "lt", 1), "field"), (condition(None, "lt", 1), "field"), (condition("gs", "contains", "1"), "op"), (condition("gs", None, 1), "op"),  # type: ignore[arg-type]
        (condition("gs", "lt", True), "value"), (condition("gs", "lt", float("inf")), "value"), (condition("gs", "lt", 10**400), "value"), (condition("gs", "between", [1]), "value"),
        (condition("gs", "between", [2, 1]), "value"), (condition("military", "is", 1), "value"), (condition("flight", "is", ""), "value"), (condition("flight", "is", "x" * 65), "value"),
        (condition("flight", "in", []), "value"), (condition("flight", "in", ["a", 7]), "value[1]"), (condition("flight", "in", ["a"] * 101), "value"),
        (condition("flight", "matches", "("), "value"), (condition("flight", "matches", 7), "value"), (condition("flight", "contains", "Ł"), "value"), (condition("emergency_type", "is", "bad"), "value"),
        (condition("landed", "is", "!"), "value"), (condition("landed", "is", ["LSZH"]), "value"), (condition("landed", "in", ["LSZH", 3]), "value[1]"), (condition("safety_event", "is", "fire"), "value"),
        (condition("watchlist", "in", 7), "value"), (condition("inside", "inside", {"circle": {}}), "value"), ({**MILITARY, "unit": "ft"}, "unit"),
    ],
)  # fmt: skip
def test_an_error_of_a_condition_names_its_path(one: dict[str, Any], path: str) -> None:
    assert list(refused({"name": "x", "match": {"all": [MILITARY, one]}})) == [f"match.all[1].{path}"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert refused({"name": "", "match": {"all": [condition("gs", "lt", "x")]}, "cooldown_s": -1}).keys() == {
        "name",
        "match.all[0].value",
        "cooldown_s",
    }
    assert refused([1]) == {"": "Give a rule: an object with at least name and match."}


def test_a_document_of_very_many_conditions_is_refused_before_they_are_checked() -> None:
    node: Any = condition("flight", "matches", "(" * 200)
    for _ in range(4):
        node = {"all": [node] * 30}
    assert list(refused({"name": "x", "match": node})) == ["match"]
    deep: Any = MILITARY
    for _ in range(500):
        deep = {"not": deep}
    assert len(refused({"name": "x", "match": deep})) == 1


def test_the_places_of_a_rule_have_a_limit_together() -> None:
    ring = [[n / 100, n % 2] for n in range(300)]
    one = condition("inside", "inside", {"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
    parse_rule({"name": "x", "match": {"any": [one]}})
    assert list(refused({"name": "x", "match": {"any": [one, one]}})) == ["match"]


def test_every_operator_has_a_label_and_every_field_too() -> None:
    assert {op for ops in OPS.values() for op in ops} == OP_LABELS.keys()
    assert all(row.label and row.kind in OPS for row in FIELDS.values())
    assert "rr_lat" not in FIELDS, "it shows where the receivers stand"


# -- messages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "template",
    ["{flight.__class__}", "{flight!r}", "{flight:>900000000}", "{0}", "{}", "{flight[0]}", "{{flight}}", "{flight", "}", "{ flight }", "{_sky}", "{hex}\x07", " ", "x" * 201],
)  # fmt: skip
def test_a_message_holds_fields_and_nothing_else_in_braces(template: str) -> None:
    with pytest.raises(TemplateError):
        check_template(template)


def test_a_message_is_bounded_however_long_its_values_are() -> None:
    template = "{own_op}" * 25
    check_template(template)
    assert len(filled(template, {"own_op": "{own_op}" * 1000})) == MAX_MESSAGE
    assert (
        filled("{flight} {alt_baro} {gs} {military}", {"flight": "{gs}", "alt_baro": 3000, "gs": 120.04})
        == "{gs} 3000 120 unknown"
    )
    assert filled("{lat} {mach} {military}", {"lat": 47.123456, "mach": 0.82, "military": True}) == "47.12346 0.8 yes"
    assert OTHERS.keys() | {"flight", "alt_baro", "distance_nm"} <= NAMES


def test_the_usual_message_says_who_where_and_what_happened() -> None:
    one = state(flight="SWR12", r="HB-JCA", t="A320", alt_baro=3000, on_ground=False, lat=47.2, lon=8.0, military=True)
    rounds = Rounds(
        rule(MILITARY, id="1"),
        rule(condition("landed", "is", "any"), id="2"),
        rule(condition("safety_event", "is", "any"), id="3", may=["safety.view"]),
    )
    found = {
        trigger.rule_id: trigger
        for trigger in rounds.look(one, movements=[moved("landed", "4B1815", "LSZH")], safety=[safety("tcas_ra", "4B1815")])
    }
    assert found["1"].message == "Rule 1: SWR12, A320, HB-JCA, 3,000 ft, 12 nm"
    assert found["2"].message == "Rule 2: SWR12, A320, HB-JCA, 3,000 ft, 12 nm, landed at LSZH"
    assert found["3"].message == "Rule 3: Something: tcas_ra"
    assert (found["3"].aircraft, found["3"].callsign) == ({"hex": "4B1815"}, None), "its owner may not see aircraft"
    assert found["1"].aircraft == {
        "hex": "4B1815", "flight": "SWR12", "r": "HB-JCA", "t": "A320", "military": True, "alt_baro": 3000, "lat": 47.2, "lon": 8.0,
        "distance_nm": pytest.approx(12.008, abs=0.01), "bearing": 0.0, "source": "other",
    }  # fmt: skip


def test_an_own_message_is_filled_with_what_happened() -> None:
    rounds = Rounds(
        rule(condition("landed", "is", "any"), message="{name} ({flight}) landed at {airport}, {event}, {rule}, {distance_nm}")
    )
    (found,) = rounds.look(state(r="HB-JCA"), movements=[moved("landed", "4B1815", "LSZH")])
    assert found.message == "HB-JCA (unknown) landed at LSZH, unknown, Rule 1, unknown"


def test_what_has_matched_is_said_with_the_actual_values() -> None:
    rounds = Rounds(rule({"any": [MILITARY, condition("gs", "gt", 100)]}, {"not": condition("flight", "starts", "SWR")}))
    (found,) = rounds.look(state(gs=120.5, flight="AFR1"))
    assert sorted(found.matched, key=lambda one: str(one["field"])) == [
        {"field": "flight", "op": "starts", "value": "SWR", "actual": "AFR1", "not": True},
        {"field": "gs", "op": "gt", "value": 100, "actual": 120.5},
    ]

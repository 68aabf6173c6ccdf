"""What conditions say: values that are known and that are missing, groups, events of a round; beside a plain evaluation of the documents."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest

from skyspy.aircraft_state import AircraftState
from skyspy.alerts import FIELDS, OPS, AlertRound, SeenBefore, parse_rule
from skyspy.alerts.engine import Engine
from skyspy.alerts.fields import EVENT
from skyspy.alerts.values import EVENT_FIELDS, READ
from skyspy.movements import CIRCLING, DEPARTED, ENTERED_AIRPORT, LANDED, LEFT_AIRPORT, Movement
from skyspy.permissions import PERMISSION_NAMES
from skyspy.safety.events import Action, Change, SafetyEvent
from tests.support.alert_rounds import RECEIVER, Rounds, condition, matches, rule, state
from tests.unit.safety.test_any_state import HEXES, any_state

NEGATIONS = (
    ("is", "is_not"),
    ("contains", "not_contains"),
    ("starts", "not_starts"),
    ("matches", "not_matches"),
    ("in", "not_in"),
    ("inside", "outside"),
)
CIRCLE = {"circle": {"lat": 47.0, "lon": 8.0, "radius_nm": 10}}


def safety(event_type: str, hex_: str | None, hex_2: str | None = None, action: Action = Action.OPENED) -> Change:
    event = SafetyEvent("e1", event_type, "k", "warning", f"Something: {event_type}", 1.0, 1.0, hex=hex_, hex_2=hex_2)
    return Change(action, event)


def moved(kind: str, hex_: str, airport: str | None) -> Movement:
    return Movement(kind, hex_, 0.0, 47.0, 8.0, airport)


@pytest.mark.parametrize(
    ("field", "op", "value", "actual", "says"),
    [
        ("flight", "is", "swr12", "SWR12", True), ("flight", "is", "SWR1", "SWR12", False), ("flight", "is_not", "SWR1", "SWR12", True),
        ("flight", "starts", "swr", "SWR12", True), ("flight", "starts", "WR", "SWR12", False), ("flight", "not_starts", "WR", "SWR12", True),
        ("flight", "contains", "wr1", "SWR12", True), ("flight", "contains", "^S", "SWR12", False), ("flight", "not_contains", "X", "SWR12", True),
        ("flight", "matches", "^swr\\d+$", "SWR12", True), ("flight", "matches", "^W", "SWR12", False), ("flight", "not_matches", "^W", "SWR12", True),
        ("flight", "in", ["AFR1", "swr12"], "SWR12", True), ("flight", "not_in", ["AFR1"], "SWR12", True), ("flight", "in", ["AFR1"], "SWR12", False),
        ("own_op", "contains", ".*", "POLICE .* UNIT", True), ("own_op", "contains", "a.c", "ABC", False), ("own_op", "starts", "(", "(AIR)", True),
        ("alt_baro", "is", 5000, 5000, True), ("alt_baro", "is_not", 5000, 5000, False), ("alt_baro", "lt", 5000, 5000, False), ("alt_baro", "le", 5000, 5000, True),
        ("alt_baro", "gt", 5000, 5000, False), ("alt_baro", "ge", 5000, 5000, True), ("alt_baro", "ge", 5000.5, 5000, False), ("gs", "lt", 100, 99.9, True),
        ("alt_baro", "between", [4000, 5000], 5000, True), ("alt_baro", "between", [5000, 6000], 5000, True), ("alt_baro", "between", [5001, 6000], 5000, False),
        ("track", "between", [350, 10], 355.0, True), ("track", "between", [350, 10], 5.0, True), ("track", "between", [350, 10], 11.0, False),
        ("on_ground", "is", True, True, True), ("on_ground", "is_not", True, False, True), ("on_ground", "is", False, True, False),
        ("squawk", "is", "7000", "7000", True), ("source", "is", "MLAT", "mlat", True),
    ],
)  # fmt: skip
def test_a_condition_compares(field: str, op: str, value: object, actual: Any, says: bool) -> None:
    assert matches(rule(condition(field, op, value)), state(**{field: actual})) is says


def every_condition() -> list[tuple[str, str, object]]:
    """A condition for each field and operator."""
    values: dict[str, object] = {
        "number": 5, "flag": True, "place": CIRCLE, "list": "1",
    }  # fmt: skip
    found = []
    for row in FIELDS.values():
        for op in row.ops:
            if op == "between":
                value: object = [1, 5]
            elif row.kind == EVENT:
                value = "any" if op == "is" else ["any"]
            elif row.kind == "text":
                one = row.choices[0] if row.choices else "7"
                value = [one] if op in ("in", "not_in") else one
            else:
                value = values[row.kind]
            found.append((row.name, op, value))
    return found


ALWAYS_KNOWN = {"hex", "military", "source"} | EVENT_FIELDS
"""An event has happened in a round or it has not."""


def matching(
    documents: list[dict[str, Any]], one: AircraftState, may: Any = PERMISSION_NAMES, **more: Any
) -> list[dict[str, Any]]:
    """The documents that match an aircraft, each of a rule of its own."""
    rounds = Rounds(*(rule(document, id=str(n), owner=n, may=may) for n, document in enumerate(documents)))
    return [documents[int(trigger.rule_id)] for trigger in rounds.look(one, **more)]


def test_a_missing_value_matches_neither_a_condition_nor_its_negation() -> None:
    nothing, so, not_so = state("4B1815"), condition("hex", "is", "4B1815"), condition("hex", "is", "000001")
    unknown = [condition(*one) for one in every_condition() if one[0] not in ALWAYS_KNOWN]
    assert matching(unknown, nothing) == []
    assert matching([{"not": one} for one in unknown], nothing) == []
    assert matching([{"not": {"not": one}} for one in unknown], nothing) == []
    assert matching([{"not": {"all": [one, so]}} for one in unknown], nothing) == [], "not (unknown and true) is unknown"
    for group in ([{"any": [one, so]} for one in unknown], [{"not": {"all": [one, not_so]}} for one in unknown]):
        assert len(matching(group, nothing)) == len(unknown), "unknown or true is true, and so is not (unknown and false)"


def test_a_condition_is_unknown_to_an_owner_who_may_not_see_its_field() -> None:
    known = {"4B1815": SeenBefore(False, 5.0)}
    more: dict[str, Any] = {
        "facts": known,
        "movements": [moved(LANDED, "4B1815", "LSZH")],
        "safety": [safety("tcas_ra", "4B1815")],
    }
    one = state(lat=47.0, lon=8.0, flight="7", alt_baro=5, on_ground=True)
    asked = [condition(*one) for one in every_condition()]
    assert len(matching(asked, one, **more)) > 40
    assert matching(asked, one, (), **more) == []
    assert matching([{"not": one} for one in asked], one, (), **more) == []


@pytest.mark.parametrize("permission", ["safety.view", "history.view", "aircraft.view"])
def test_each_field_needs_its_permission_alone(permission: str) -> None:
    fields = {
        "safety.view": ("safety_event", "is", "any"),
        "history.view": ("first_seen", "is", False),
        "aircraft.view": ("hex", "is", "4B1815"),
    }
    more: dict[str, Any] = {"facts": {"4B1815": SeenBefore(False, 5.0)}, "safety": [safety("tcas_ra", "4B1815")]}
    for needs, one in fields.items():
        assert matches(rule(condition(*one), may=[permission]), state(), **more) is (needs == permission)


def test_what_the_history_says() -> None:
    facts = {"4B1815": SeenBefore(True), "4B1816": SeenBefore(False, 40.0)}
    assert matches(rule(condition("first_seen", "is", True)), state("4B1815"), facts=facts)
    assert not matches(rule(condition("first_seen", "is", True)), state("4B1816"), facts=facts)
    assert matches(rule(condition("not_seen_days", "ge", 30)), state("4B1816"), facts=facts)
    assert not matches(rule(condition("not_seen_days", "ge", 30)), state("4B1815"), facts=facts), (
        "never seen before is not a number of days"
    )


def test_what_is_looked_up_later_is_looked_at_when_it_comes() -> None:
    rounds = Rounds(rule(condition("first_seen", "is", True)))
    one = state()
    assert rounds.look(one) == []
    assert [found.hex for found in rounds.look(one, facts={"4B1815": SeenBefore(True)})] == ["4B1815"]


@pytest.mark.parametrize(
    ("kind", "field"), [(LANDED, "landed"), (DEPARTED, "departed"), (ENTERED_AIRPORT, "entered"), (LEFT_AIRPORT, "left")]
)
def test_a_movement_is_true_in_its_round_at_its_airport(kind: str, field: str) -> None:
    rounds = Rounds(
        rule(condition(field, "is", "lszh"), id="1"),
        rule(condition(field, "is", "any"), id="2"),
        rule(condition(field, "in", ["EDDF", "KJFK"]), id="3"),
    )
    one = state()
    assert rounds.look(one) == []
    found = rounds.look(one, movements=[moved(kind, "4B1815", "LSZH")])
    assert [trigger.rule_id for trigger in sorted(found)] == ["1", "2"]
    assert found[0].matched[0]["actual"] == ["LSZH"]
    rounds.look(one, after=1)
    rounds.look(one, after=60)
    assert len(rounds.engine.ended) == 2, "it was true in that round alone"


def test_a_landing_at_no_airport_is_a_landing() -> None:
    look = {"movements": [moved(LANDED, "4B1815", None)]}
    assert matches(rule(condition("landed", "is", "any")), state(), **look)
    assert not matches(rule(condition("landed", "is", "LSZH")), state(), **look)


def test_a_safety_event_is_true_for_both_aircraft_when_it_opens() -> None:
    owned = rule(condition("safety_event", "in", ["proximity", "tcas_ra"]))
    for hex_ in ("4B1815", "4B1816"):
        assert matches(owned, state(hex_), safety=[safety("proximity", "4B1815", "4B1816")])
    assert not matches(owned, state(), safety=[safety("proximity", "4B1815", action=Action.UPDATED)])
    assert not matches(owned, state(), safety=[safety("low_altitude", "4B1815")])


def test_a_safety_event_of_an_area_alerts_without_an_aircraft() -> None:
    asks = condition("safety_event", "is", "gps_interference")
    rounds = Rounds(
        rule(asks, id="1"), rule(condition("safety_event", "is", "any"), condition("military", "is", True), id="2"),
        rule({"any": [asks, condition("military", "is", True)]}, id="3"), rule({"not": asks}, condition("military", "is", True), id="4"), rule(asks, id="5", may=[]),
    )  # fmt: skip
    found = rounds.look(state(), safety=[safety("gps_interference", None)])
    assert [(one.rule_id, one.hex) for one in sorted(found)] == [("1", None), ("3", None)]
    assert found[0].message == f"Rule {found[0].rule_id}: Something: gps_interference"
    assert rounds.look(state(), safety=[safety("gps_interference", None)]) == [], "its cooldown holds"


def test_behaviors_are_true_while_they_go_on_and_unknown_without_a_position() -> None:
    owned, none = rule(condition("circling", "is", True)), rule(condition("circling", "is", False))
    behaviors = {"4B1815": frozenset({CIRCLING})}
    assert matches(owned, state(lat=47.0, lon=8.0), behaviors=behaviors)
    assert matches(none, state(lat=47.0, lon=8.0))
    assert not matches(none, state())
    rounds = Rounds(owned)
    one = state(lat=47.0, lon=8.0)
    assert rounds.look(one) == []
    assert len(rounds.look(one, behaviors=behaviors)) == 1, "the aircraft has not changed, but its behavior"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"emergency": "general"}, True), ({"emergency": "none", "squawk": "7700"}, False), ({"squawk": "7700"}, True),
        ({"squawk": "1000"}, False), ({}, None),
    ],
)  # fmt: skip
def test_an_emergency_is_said_or_squawked(fields: dict[str, str], says: bool | None) -> None:
    found = {value for value in (True, False) if matches(rule(condition("emergency", "is", value)), state(**fields))}
    assert found == (set() if says is None else {says})


def test_elevation_and_azimuth_are_those_at_which_one_looks() -> None:
    overhead = state(lat=47.0, lon=8.0, alt_geom=30000)
    assert matches(rule(condition("elevation", "gt", 89)), overhead)
    # 60 nm away, 30,000 ft high: atan(4.937 nm / 60 nm) is 4.7 degrees, less about half of the 1 degree by which the earth curves.
    east = state(lat=47.0, lon=8.0 + 60 / 60.0 / 0.682, alt_geom=30000)
    assert matches(rule(condition("elevation", "between", [4.1, 4.4]), condition("azimuth", "between", [88, 90])), east)
    below = state(lat=47.0, lon=20.0, alt_baro=1000)
    assert matches(rule(condition("elevation", "lt", 0)), below)


def test_other_fields_are_those_of_the_whole_object() -> None:
    objects = {"4B1815": {"mach": 0.82, "nav_modes": ("vnav", "tcas"), "country": "Switzerland", "ias": "fast", "desc": 7}}.get
    for one, says in (
        (condition("mach", "gt", 0.8), True), (condition("nav_modes", "contains", "tcas"), True), (condition("country", "is", "Switzerland"), True),
        (condition("ias", "ge", 0), False), (condition("desc", "contains", "7"), False), (condition("roll", "lt", 0), False),
    ):  # fmt: skip
        assert matches(rule(one), state(), objects=objects) is says


def test_the_name_of_wire_objects_is_taken_too() -> None:
    assert (
        parse_rule({"name": "x", "match": {"all": [condition("ownOp", "is", "REGA")]}}).document()["match"]["all"][0]["field"]
        == "own_op"
    )


# -- beside a plain evaluation -----------------------------------------------------------------------------------


def plainly(document: dict[str, Any], one: AircraftState, look: AlertRound) -> bool | None:
    """What a document says of an aircraft, the slow way."""
    for join, decisive in (("all", False), ("any", True)):
        if join in document:
            answers = [plainly(node, one, look) for node in document[join]]
            return decisive if decisive in answers else None if None in answers else not decisive
    if "not" in document:
        answer = plainly(document["not"], one, look)
        return None if answer is None else not answer
    op, value = document["op"], document["value"]
    for positive, negative in NEGATIONS:
        if op == negative:
            answer = plainly({**document, "op": positive}, one, look)
            return None if answer is None else not answer
    actual: Any = one.alt_baro if document["field"] == "alt_baro" else getattr(one, document["field"])
    if actual is None:
        return None
    if isinstance(actual, str):
        actual = actual.upper()
        texts: dict[str, Any] = {
            "is": lambda: actual == value.upper(), "contains": lambda: value.upper() in actual, "starts": lambda: actual.startswith(value.upper()),
            "matches": lambda: re.search(value, actual, re.I) is not None, "in": lambda: actual in [text.upper() for text in value],
        }  # fmt: skip
        return bool(texts[op]())
    if op == "between":
        return bool(value[0] <= actual <= value[1])
    return bool(
        {"is": actual == value, "lt": actual < value, "le": actual <= value, "gt": actual > value, "ge": actual >= value}.get(op)
    )


def any_document(random: Random, depth: int = 0) -> dict[str, Any]:
    if depth < 3 and random.random() < 0.5:
        join = random.choice(("all", "any", "not"))
        nodes = [any_document(random, depth + 1) for _ in range(random.randrange(1, 4))]
        return {"not": nodes[0]} if join == "not" else {join: nodes}
    name = random.choice(("flight", "squawk", "t", "alt_baro", "alt_geom", "gs", "rate", "military", "on_ground", "nic"))
    kind = FIELDS[name].kind
    op = random.choice(OPS[kind])
    if kind == "flag":
        return condition(name, op, random.random() < 0.5)
    if kind == "number":
        value = random.choice((-2000, 0, 100.0, 500, 8, 4000, 4050.5, 33000))
        return condition(name, op, [value, value + 500] if op == "between" else value)
    text = random.choice(("SWR1", "swr", "7", "70", "A320", "F", "1"))
    if op in ("matches", "not_matches"):
        text = random.choice(("^S", "7[05]", "\\d$", "a|f1", "^$"))
    return condition(name, op, [text, "7700"] if op in ("in", "not_in") else text)


@pytest.mark.parametrize("seed", range(3))
def test_rules_match_as_a_plain_evaluation_says_on_any_states(seed: int) -> None:
    random, matched = Random(seed), 0
    for _ in range(4):
        documents = [{"all": [any_document(random)]} for _ in range(20)]
        rules = [rule(document["all"][0], id=str(n)) for n, document in enumerate(documents)]
        fleet = [any_state(random, f"{n:06X}", 5000.0) for n in range(1, 60)]
        rounds = Rounds(*rules)
        for later in range(3):
            look = rounds.round(*fleet)
            rounds.engine.look(look)
            for owned, document in zip(rules, documents, strict=True):
                expected = {one.hex for one in fleet if plainly(document, one, look)}
                slots, true = rounds.engine._slots, rounds.engine._matches[owned.id].true
                assert {one.hex for one in fleet if true >> slots.place(one.hex) & 1} == expected, (document, later)
                matched += len(expected)
            # Some change, some go, some come.
            fleet = [
                any_state(random, one.hex, 5000.0) if random.random() < 0.3 else one for one in fleet if random.random() < 0.9
            ]
            fleet += [any_state(random, f"{random.randrange(100, 9999):06X}", 5000.0) for _ in range(5)]
            fleet = list({one.hex: one for one in fleet}.values())
    assert matched > 300


@pytest.mark.parametrize("seed", range(2))
def test_no_rule_raises_on_any_states(seed: int) -> None:
    random = Random(seed)
    rules = [rule(condition(*one), id=str(n), owner=n, exact=bool(n % 2)) for n, one in enumerate(every_condition())]
    rules += [
        rule({"not": condition(*one)}, id=f"n{n}", owner=n, message="{name} {flight} {alt_baro} {airport} {event}")
        for n, one in enumerate(every_condition())
    ]
    circles = [
        {"circle": {"lat": lat, "lon": lon, "radius_nm": 600}} for lat, lon in ((90, 0), (-90, 0), (0, 180), (-17, -180), (47, 8))
    ]
    rules += [
        rule(condition("inside", op, one), id=f"{op}{n}", owner=n)
        for n, one in enumerate(circles)
        for op in ("inside", "outside")
    ]
    rounds, found = Rounds(*rules), 0
    for _ in range(5):
        fleet = [any_state(random, hex_, rounds.now) for hex_ in HEXES if random.random() < 0.8]
        place = random.choice((None, RECEIVER, (90.0, 0.0), (0.0, 180.0), (-90.0, -180.0)))
        more: dict[str, Any] = {
            "place_exact": place, "place_public": random.choice((None, place)),
            "facts": {hex_: SeenBefore(random.random() < 0.5, random.choice((None, 0.0, 9.5))) for hex_ in HEXES if random.random() < 0.5},
            "movements": [moved(random.choice((LANDED, LEFT_AIRPORT, CIRCLING)), random.choice(HEXES), random.choice((None, "LSZH")))],
            "safety": [safety(random.choice(("tcas_ra", "unheard_of")), random.choice((None, *HEXES)), random.choice((None, *HEXES)))],
            "behaviors": {random.choice(HEXES): frozenset({CIRCLING})},
            "objects": lambda _hex: random.choice((None, {}, {"mach": "x", "ias": float("nan"), "desc": 3, "nav_modes": ("tcas",), "roll": True})),
        }  # fmt: skip
        triggers = rounds.look(*fleet, **more)
        found += len(triggers)
        assert all(one.message and len(one.message) <= 500 for one in triggers)
    assert not rounds.engine.failures
    assert found > 30


def test_every_text_number_and_flag_can_be_read() -> None:
    assert {row.name for row in FIELDS.values() if row.kind in ("text", "number", "flag")} == READ.keys()
    assert Engine().preview(rule(condition("lat", "is", 0)), Rounds().round(state(lat=0.0, lon=0.0))) == ["4B1815"]

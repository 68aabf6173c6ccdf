"""Claims about what a rule would have matched among past visits."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.alerts.parsing import parse_rule
from skyspy.alerts.past import Chances, PastRule, PastVisit, Span
from skyspy.alerts.watchlist import Entry, Kind, Watchlist

FRIDAY = 1_800_000_000.0 - 1_800_000_000.0 % 86_400
"""2027-01-15 00:00 UTC, a Friday."""


def a_visit(**more: Any) -> PastVisit:
    """A visit from 12:00 to 13:00 UTC with some of its fields changed."""
    texts: dict[str, tuple[str, ...]] = {
        "hex": ("4B1800",),
        "r": ("HB-IJU",),
        "t": ("A320",),
        "flight": ("SWR12", "SWR34"),
        "own_op": (),
    }
    spans = {"alt_baro": Span(3000, 36000), "gs": Span(None, 450.0, low_known=False), "distance_nm": Span(4.0, 120.0)}
    flags = {"military": Chances(False, True), "on_ground": Chances(True, True)}
    values: dict[str, Any] = {"texts": texts, "spans": spans, "flags": flags, "first": FRIDAY + 43_200, "last": FRIDAY + 46_800}
    return PastVisit(
        **{
            name: value | more.get(name, {}) if isinstance(value, dict) else more.get(name, value)
            for name, value in values.items()
        }
    )


def found(
    match: dict[str, Any], visit: PastVisit | None = None, lists: tuple[Watchlist, ...] = (), **more: Any
) -> tuple[bool, set[str]]:
    """Whether it matched, and what was not judged."""
    rule = PastRule(parse_rule({"name": "x", "match": match, **more}), {one.id: one for one in lists})
    return rule.matches(visit or a_visit()), rule.not_judged


def condition(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    ("field", "op", "value", "matched", "negated"),
    [
        ("alt_baro", "lt", 4000, True, True),
        ("alt_baro", "lt", 3000, False, True),
        ("alt_baro", "le", 3000, True, True),
        ("alt_baro", "gt", 36000, False, True),
        ("alt_baro", "ge", 36000, True, True),
        ("alt_baro", "is", 5000, True, True),
        ("alt_baro", "is", 2000, False, True),
        ("alt_baro", "between", [1000, 2000], False, True),
        ("alt_baro", "between", [2000, 40000], True, False),
        ("alt_baro", "is_not", 5000, True, True),
        ("gs", "gt", 400, True, None),
        ("gs", "gt", 500, False, None),
        ("gs", "lt", 100, None, True),
        ("distance_nm", "le", 5, True, True),
        ("distance_nm", "le", 3, False, True),
        ("military", "is", True, False, True),
        ("military", "is_not", True, True, False),
        ("on_ground", "is", True, True, True),
        ("flight", "is", "swr34", True, True),
        ("flight", "is_not", "SWR34", True, True),
        ("flight", "starts", "SWR", True, False),
        ("flight", "not_starts", "SWR", False, True),
        ("flight", "contains", "r3", True, True),
        ("flight", "matches", "^SWR3.$", True, True),
        ("flight", "not_matches", "^SWR", False, True),
        ("t", "in", ["B738", "a320"], True, False),
        ("t", "not_in", ["B738", "a320"], False, True),
        ("own_op", "is", "Swiss", False, False),
        ("own_op", "is_not", "Swiss", False, False),
        ("circling", "is", True, None, None),
        ("landed", "is", "LSZH", None, None),
        ("bearing", "between", [350, 10], None, None),
    ],
)
def test_a_condition_and_its_negation(field: str, op: str, value: Any, matched: bool | None, negated: bool | None) -> None:
    one = condition(field, op, value)
    for match, expected in (({"all": [one]}, matched), ({"not": one}, negated)):
        assert found(match) == (expected is True, {field} if expected is None else set()), match


def test_a_visit_without_a_value_matches_neither_a_condition_nor_its_negation() -> None:
    bare = a_visit(spans={"alt_baro": Span(None, None), "gs": Span(None, None, low_known=False)}, texts={"flight": ()})
    for one in (condition("alt_baro", "lt", 4000), condition("flight", "is", "SWR12"), condition("gs", "lt", 100)):
        assert found({"all": [one]}, bare) == (False, set())
        assert found({"not": one}, bare) == (False, set())


TRUE, FALSE, UNTOLD = condition("t", "is", "A320"), condition("t", "is", "B738"), condition("circling", "is", True)


@pytest.mark.parametrize(
    ("match", "matched"),
    [
        ({"all": [TRUE, UNTOLD]}, True),
        ({"all": [FALSE, UNTOLD]}, False),
        ({"any": [FALSE, UNTOLD]}, False),
        ({"any": [TRUE, UNTOLD]}, True),
        ({"all": [UNTOLD]}, False),
        ({"not": {"all": [TRUE, UNTOLD]}}, False),
        ({"not": {"any": [FALSE, UNTOLD]}}, True),
        ({"not": {"not": TRUE}}, True),
        ({"all": [TRUE, {"any": [UNTOLD, FALSE]}]}, True),
        ({"any": [{"all": [TRUE, FALSE]}, {"not": {"any": [FALSE, FALSE]}}]}, True),
    ],
)
def test_what_visits_do_not_tell_is_passed_over_in_an_all_and_matches_nothing_in_an_any(
    match: dict[str, Any], matched: bool
) -> None:
    assert found(match)[0] is matched


def test_a_visit_of_which_nothing_can_be_judged_says_so() -> None:
    rule = PastRule(parse_rule({"name": "x", "match": {"all": [UNTOLD]}}), {})
    assert (rule.matches(a_visit()), rule.tells_nothing) == (False, True)
    rule = PastRule(parse_rule({"name": "x", "match": {"all": [UNTOLD, FALSE]}}), {})
    assert (rule.matches(a_visit()), rule.tells_nothing) == (False, False)


@pytest.mark.parametrize(
    ("entries", "matched"),
    [
        ([Entry(Kind.REGISTRATION, "HBIJU")], True),
        ([Entry(Kind.CALLSIGN, "SWR34")], True),
        ([Entry(Kind.TYPE, "B738")], False),
        ([Entry(Kind.TYPE, "A320"), Entry(Kind.HEX, "4B1800", exclude=True)], False),
        ([], False),
    ],
)
def test_a_watchlist_is_looked_up_and_an_exclusion_wins(entries: list[Entry], matched: bool) -> None:
    listed = Watchlist("7", 1, "N", tuple(entries))
    assert found({"all": [condition("watchlist", "in", "7")]}, lists=(listed,))[0] is matched
    assert found({"all": [condition("watchlist", "not_in", "7")]}, lists=(listed,))[0] is not matched


@pytest.mark.parametrize(
    ("begins", "ends", "matched"), [("12:30", "12:40", True), ("11:00", "12:01", True), ("14:00", "15:00", False)]
)
def test_a_window_that_holds_at_some_moment_of_the_visit_is_enough(begins: str, ends: str, matched: bool) -> None:
    during = {"zone": "UTC", "windows": [{"days": ["fri"], "from": begins, "to": ends}]}
    assert found({"all": [TRUE]}, during=during)[0] is matched


def test_fields_that_the_owner_may_not_see_match_nothing() -> None:
    rule = PastRule(parse_rule({"name": "x", "match": {"not": FALSE}}), {}, lacks=["t"])
    assert not rule.matches(a_visit())


def test_a_count_is_not_judged() -> None:
    assert found({"all": [TRUE]}, count={"at_least": 3}) == (True, {"count"})

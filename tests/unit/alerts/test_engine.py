"""When there is an alert: matches that begin, go on and end; counts, cooldowns, windows, quiet hours, limits."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.aircraft_state import AircraftState
from skyspy.alerts import ActiveMatch, MatchEnd
from skyspy.alerts.flood import MAX_ALERTS
from skyspy.geo import destination
from tests.support.alert_rounds import RECEIVER, WALL, Rounds, condition, matches, rule, state

MILITARY = condition("military", "is", True)
CIRCLE = condition("inside", "inside", {"circle": {"lat": 47.0, "lon": 8.0, "radius_nm": 10}})


def at_distance(hex_: str, distance: float, bearing: float = 90.0) -> AircraftState:
    lat, lon = destination(RECEIVER, bearing, distance)
    return state(hex_, lat=lat, lon=lon)


def military(*hexes: str, is_so: bool = True) -> list[AircraftState]:
    return [state(hex_, military=is_so) for hex_ in hexes]


def test_two_aircraft_that_enter_a_circle_in_one_tick_and_jitter_on_its_edge_make_two_alerts() -> None:
    rounds = Rounds(rule(CIRCLE, cooldown_s=0))
    hexes: list[str | None] = []
    assert rounds.look(at_distance("AAAAAA", 10.3), at_distance("BBBBBB", 10.3, 200)) == []
    for second in range(600):
        distance = 9.95 if second % 2 else 10.1
        found = rounds.look(at_distance("AAAAAA", distance), at_distance("BBBBBB", 20.05 - distance, 200))
        hexes += [one.hex for one in found]
    assert sorted(map(str, hexes)) == ["AAAAAA", "BBBBBB"]


def test_what_enters_in_one_tick_alerts_in_that_tick() -> None:
    rounds = Rounds(rule(CIRCLE))
    rounds.look(at_distance("AAAAAA", 11), at_distance("BBBBBB", 11))
    assert {one.hex for one in rounds.look(at_distance("AAAAAA", 9), at_distance("BBBBBB", 9))} == {"AAAAAA", "BBBBBB"}


def test_a_match_ends_when_it_was_not_true_for_a_minute_and_then_alerts_again() -> None:
    rounds = Rounds(rule(MILITARY, cooldown_s=0))
    (first,) = rounds.look(*military("AAAAAA"))
    assert rounds.look(*military("AAAAAA", is_so=False)) == []
    assert rounds.look(*military("AAAAAA"), after=58) == [], "it goes on"
    assert rounds.look(*military("AAAAAA", is_so=False)) == []
    assert rounds.look(*rounds.seen.values(), after=59) == []
    assert rounds.engine.ended == []
    assert rounds.look(*rounds.seen.values()) == []
    assert rounds.engine.ended == [MatchEnd("1", "AAAAAA", first.at, rounds.wall)]
    assert [one.hex for one in rounds.look(*military("AAAAAA"))] == ["AAAAAA"]


def test_a_match_ends_at_once_when_the_aircraft_is_gone() -> None:
    rounds = Rounds(rule(MILITARY, cooldown_s=0))
    (first,) = rounds.look(*military("AAAAAA"))
    rounds.look()
    assert rounds.engine.ended == [MatchEnd("1", "AAAAAA", first.at, rounds.wall)]
    assert len(rounds.look(*military("AAAAAA"))) == 1


def test_the_bit_of_an_aircraft_that_is_gone_brings_nothing_to_the_next_one() -> None:
    rounds = Rounds(rule(CIRCLE, cooldown_s=0))
    rounds.look(at_distance("AAAAAA", 9))
    assert rounds.look(at_distance("BBBBBB", 10.1)) == [], "in the band, but it was never inside"
    assert [one.hex for one in rounds.look(at_distance("BBBBBB", 9.9))] == ["BBBBBB"]


def test_a_match_does_not_end_with_that_of_the_aircraft_which_had_its_bit_before() -> None:
    rounds = Rounds(rule(MILITARY, cooldown_s=0))
    rounds.look(*military("AAAAAA"))
    rounds.look(*military("AAAAAA", is_so=False))
    rounds.look()
    rounds.look(*military("BBBBBB"))
    rounds.look(*rounds.seen.values(), after=60)
    assert rounds.engine.ended == []


def test_the_cooldown_is_counted_for_each_aircraft_and_rule_from_its_last_alert() -> None:
    rounds = Rounds(rule(MILITARY, cooldown_s=100), rule(MILITARY, id="2", cooldown_s=0))
    assert len(rounds.look(*military("AAAAAA"))) == 2
    rounds.look()
    assert [one.rule_id for one in rounds.look(*military("AAAAAA"), after=97)] == ["2"]
    rounds.look()
    assert sorted(one.rule_id for one in rounds.look(*military("AAAAAA", "BBBBBB"))) == ["1", "1", "2", "2"]


def test_a_value_that_is_missing_for_a_while_does_not_alert_again() -> None:
    rounds = Rounds(rule(CIRCLE, cooldown_s=0))
    assert len(rounds.look(at_distance("AAAAAA", 9))) == 1
    assert rounds.look(state("AAAAAA"), after=30) == []
    assert rounds.look(at_distance("AAAAAA", 9), after=29) == []


def test_only_aircraft_that_have_changed_are_looked_at() -> None:
    asked: list[str] = []

    def objects(hex_: str) -> dict[str, Any]:
        asked.append(hex_)
        return {"mach": 0.8}

    rounds = Rounds(rule(condition("mach", "gt", 0.9)))
    one, other = state("AAAAAA"), state("BBBBBB")
    rounds.look(one, other, objects=objects)
    assert sorted(asked) == ["AAAAAA", "BBBBBB"]
    asked.clear()
    rounds.look(one, state("BBBBBB", gs=1.0), objects=objects)
    assert asked == ["BBBBBB"]


# -- counts ------------------------------------------------------------------------------------------


def test_a_count_alerts_once_when_enough_match_and_lists_them() -> None:
    rounds = Rounds(rule(MILITARY, count={"at_least": 3}, cooldown_s=0))
    assert rounds.look(*military("AAAAAA", "BBBBBB")) == []
    (found,) = rounds.look(*military("AAAAAA", "BBBBBB", "CCCCCC"))
    assert (found.hex, found.aircraft) == (None, {"count": 3})
    assert {one["hex"] for one in found.matched} == {"AAAAAA", "BBBBBB", "CCCCCC"}
    assert found.message == "Rule 1: 3 aircraft match: AAAAAA, BBBBBB, CCCCCC"
    assert rounds.look(*military("AAAAAA", "BBBBBB", "CCCCCC", "DDDDDD")) == []
    assert rounds.look(*military("AAAAAA")) == []
    assert rounds.look(*military("AAAAAA", "BBBBBB", "CCCCCC"), after=30) == [], "for less than a minute there were too few"
    rounds.look(*military("AAAAAA"))
    rounds.look(*rounds.seen.values(), after=60)
    assert rounds.engine.ended == [MatchEnd("1", None, found.at, rounds.wall)]
    assert len(rounds.look(*military("AAAAAA", "BBBBBB", "CCCCCC"))) == 1


def test_three_that_match_one_after_the_other_are_no_three_at_once() -> None:
    rounds = Rounds(rule(MILITARY, count={"at_least": 3}))
    for hexes in (("AAAAAA", "BBBBBB"), ("BBBBBB", "CCCCCC"), ("CCCCCC", "AAAAAA")):
        assert rounds.look(*military(*hexes)) == []


def test_a_count_of_thousands_names_few() -> None:
    rounds = Rounds(rule(MILITARY, count={"at_least": 1000}))
    (found,) = rounds.look(*military(*(f"{n:06X}" for n in range(1, 3001))))
    assert len(found.matched) == 50
    assert found.aircraft == {"count": 3000}
    assert len(found.message) < 200


# -- windows, quiet hours, expiry, pause -----------------------------------------------------------------

NIGHT = {"zone": "UTC", "windows": [{"from": "22:15", "to": "22:20"}]}
"""WALL is 22:13:20."""


def test_a_rule_matches_in_its_window_alone() -> None:
    rounds = Rounds(rule(MILITARY, during=NIGHT, cooldown_s=0))
    assert rounds.look(*military("AAAAAA")) == []
    assert [one.hex for one in rounds.look(*rounds.seen.values(), after=100)] == ["AAAAAA"], "unchanged, but the window has begun"
    rounds.look(*military("AAAAAA"), after=300)
    rounds.look(*military("AAAAAA"), after=60)
    assert [one.hex for one in rounds.engine.ended] == ["AAAAAA"]
    assert rounds.look(*military("BBBBBB")) == []


def test_alerts_of_quiet_hours_are_held_until_their_end() -> None:
    rounds = Rounds(rule(MILITARY, quiet=NIGHT))
    assert [one.held_until for one in rounds.look(*military("AAAAAA"))] == [None]
    held = rounds.look(*military("AAAAAA", "BBBBBB"), after=99)
    assert [one.held_until for one in held] == [WALL + 400]


def test_an_expired_rule_does_not_match() -> None:
    rounds = Rounds(rule(MILITARY, expires="2023-11-14T22:13:30Z"))
    assert len(rounds.look(*military("AAAAAA"))) == 1
    assert rounds.look(*military("AAAAAA", "BBBBBB"), after=9) == []


def test_a_paused_rule_does_not_match_and_alerts_of_what_is_there_when_it_goes_on() -> None:
    rounds = Rounds(rule(MILITARY, paused=True))
    assert rounds.look(*military("AAAAAA")) == []
    rounds.engine.set_rules([rule(MILITARY)])
    assert [one.hex for one in rounds.look(*rounds.seen.values())] == ["AAAAAA"]


# -- changes and restarts ------------------------------------------------------------------------------------


def test_a_rule_that_asks_for_the_same_after_a_change_alerts_of_nothing_again() -> None:
    rounds = Rounds(rule(MILITARY, cooldown_s=0))
    rounds.look(*military("AAAAAA"))
    rounds.engine.set_rules([rule(MILITARY, cooldown_s=0, message="{flight}"), rule(MILITARY, id="2")])
    assert [one.rule_id for one in rounds.look(*rounds.seen.values())] == ["2"]


def test_a_rule_that_asks_for_something_else_begins_anew_within_its_cooldown() -> None:
    rounds = Rounds(rule(MILITARY))
    rounds.look(*military("AAAAAA"))
    rounds.engine.set_rules([rule(MILITARY, condition("gs", "lt", 100))])
    assert rounds.look(state("AAAAAA", military=True, gs=50.0)) == [], "its cooldown holds"
    assert len(rounds.look(state("AAAAAA", military=True, gs=50.0), state("BBBBBB", military=True, gs=50.0))) == 1


def test_a_rule_that_was_deleted_makes_no_alert_any_more() -> None:
    rounds = Rounds(rule(MILITARY))
    rounds.engine.set_rules([])
    assert rounds.look(*military("AAAAAA")) == []


def test_the_matches_of_a_rule_end_with_it_or_with_what_it_asked_for() -> None:
    rounds = Rounds(rule(MILITARY, id="1"), rule(MILITARY, id="2"), rule(MILITARY, id="3"))
    found = rounds.look(*military("AAAAAA"))
    rounds.engine.set_rules([rule(MILITARY, condition("gs", "lt", 9), id="1"), rule(MILITARY, id="3")])
    rounds.look(*military("AAAAAA"))
    assert sorted(rounds.engine.ended) == [MatchEnd(rule_id, "AAAAAA", found[0].at, rounds.wall) for rule_id in ("1", "2")]
    rounds.look(*military("AAAAAA"))
    assert rounds.engine.ended == []


def test_a_rule_without_a_cooldown_that_asks_for_something_else_alerts_of_those_that_are_there() -> None:
    rounds = Rounds(rule(MILITARY, cooldown_s=0))
    rounds.look(*military("AAAAAA"))
    rounds.engine.set_rules([rule(MILITARY, condition("hex", "starts", "A"), cooldown_s=0)])
    assert [one.hex for one in rounds.look(*rounds.seen.values())] == ["AAAAAA"]


def test_a_rule_that_is_deleted_while_a_round_pauses_makes_no_alert() -> None:
    rounds = Rounds(rule(MILITARY))
    assert rounds.look(*military("AAAAAA"), pause=lambda: rounds.engine.set_rules([])) == []


def test_a_restored_match_does_not_alert_again_and_ends_when_it_is_not_true() -> None:
    rounds = Rounds(rule(MILITARY, cooldown_s=0))
    rounds.engine.restore(
        [ActiveMatch("1", "AAAAAA", WALL - 50), ActiveMatch("1", "BBBBBB", WALL - 70), ActiveMatch("9", "AAAAAA", WALL)]
    )
    assert rounds.look() == [], "receivers connect: nobody is there yet"
    assert rounds.look(*military("AAAAAA"), after=20) == []
    rounds.look(*military("AAAAAA"), after=41)
    assert rounds.engine.ended == [MatchEnd("1", "BBBBBB", WALL - 70, rounds.wall)]


def test_a_restored_alert_that_has_ended_leaves_its_cooldown() -> None:
    rounds = Rounds(rule(MILITARY, cooldown_s=100))
    rounds.engine.restore([ActiveMatch("1", "AAAAAA", WALL - 90, WALL - 20)])
    assert rounds.look(*military("AAAAAA")) == []
    rounds.look()
    assert len(rounds.look(*military("AAAAAA"), after=10)) == 1


def test_a_restored_count_does_not_alert_again() -> None:
    rounds = Rounds(rule(MILITARY, count={"at_least": 1}, cooldown_s=0))
    rounds.engine.restore([ActiveMatch("1", None, WALL - 5)])
    assert rounds.look(*military("AAAAAA")) == []


# -- limits ---------------------------------------------------------------------------------------------------


def test_alerts_beyond_the_limit_of_a_minute_are_counted_and_summed_up_in_one() -> None:
    rounds = Rounds(
        rule(MILITARY, id="1"),
        rule(condition("hex", "starts", "0"), id="2"),
        rule(MILITARY, id="3", owner=2, count={"at_least": 1}),
    )
    fleet = military(*(f"{n:06X}" for n in range(1, 101)))
    found = rounds.look(*fleet)
    assert [sum(one.owner_id == owner for one in found) for owner in (1, 2)] == [MAX_ALERTS, 1], "the other owner has all"
    assert rounds.look(*fleet, after=58) == []
    (summary,) = rounds.look(*fleet, after=2)
    assert (summary.owner_id, summary.hex, summary.suppressed) == (1, None, 140)
    assert summary.message.startswith("140 more alerts were left out")
    assert sum(one["count"] for one in summary.matched) == 140
    assert rounds.engine.left_out == {1: 140}
    assert len(rounds.look(*fleet, *military("FFFFFF"))) == 1, "a new minute has begun"


def test_a_rule_that_fails_costs_itself_alone_and_is_counted() -> None:
    def objects(_hex: str) -> dict[str, Any]:
        raise RuntimeError("broken")

    rounds = Rounds(rule(condition("mach", "gt", 1), id="1"), rule(MILITARY, id="2", owner=2))
    assert [one.rule_id for one in rounds.look(*military("AAAAAA"), objects=objects)] == ["2"]
    assert rounds.engine.failures == {1: 1}


# -- preview --------------------------------------------------------------------------------------------------------


def test_a_preview_says_who_matches_now_and_changes_nothing() -> None:
    rounds = Rounds(rule(MILITARY))
    look = rounds.round(*military("AAAAAA", "BBBBBB"), state("CCCCCC"))
    paused = rule(MILITARY, paused=True, count={"at_least": 9}, during=NIGHT)
    assert sorted(rounds.engine.preview(paused, look)) == ["AAAAAA", "BBBBBB"]
    assert len(rounds.engine.look(look)) == 2


def test_a_preview_of_a_pattern_looks_at_every_text_though_all_are_new() -> None:
    states = [state(f"{n:06X}", flight=f"SWR{n}") for n in range(1, 3001)]
    owned = rule(condition("flight", "matches", "^SWR\\d+$"))
    assert len(Rounds().engine.preview(owned, Rounds().round(*states))) == 3000


@pytest.mark.parametrize(("exact", "is_inside"), [(True, True), (False, False)])
def test_distances_are_those_from_the_place_that_the_owner_may_know(exact: bool, is_inside: bool) -> None:
    near = at_distance("AAAAAA", 9)
    owned = rule(condition("distance_nm", "lt", 10), exact=exact)
    assert matches(owned, near, place_exact=RECEIVER, place_public=(47.0, 7.9)) is is_inside
    assert matches(owned, near, place_exact=RECEIVER, place_public=None) is is_inside

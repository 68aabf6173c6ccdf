"""Patterns: what RE2 matches, for all rules at once, and what bombs cost."""

from __future__ import annotations

import re

import pytest

from skyspy.alerts.patterns import (
    MAX_BYTES,
    MAX_KEPT,
    MAX_KEPT_CHARACTERS,
    MAX_MORE_SETS,
    MAX_OWN_STEPS,
    MAX_SET_STEPS,
    FieldPatterns,
    PatternError,
    PatternSet,
    check_pattern,
    literal,
    steps_of,
)
from tests.support.alert_rounds import Rounds, condition, rule, state


@pytest.mark.parametrize(
    "pattern", ["^SWR\\d+$", "(a+)+$", "(a|a)*b", "[\\p{L}]+", "POLICE|SHERIFF", "(?i)x", "é", ".{100}", ""[:0] or "$"]
)
def test_a_pattern_is_allowed(pattern: str) -> None:
    check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "(",
        "a" * 201,
        "(?=a)",
        "(?<!a)b",
        "(a)\\1",
        "a{1001}",
        "((a{30}){30}){30}",
        "(.{0,30}x){20}",
        "\\p{L}{150}",
        "Ł",
        "\\",
    ],
)
def test_a_pattern_that_cannot_be_used_or_costs_too_much_is_refused_with_a_reason(pattern: str) -> None:
    with pytest.raises(PatternError, match=r"\w{3}.*\.$"):
        check_pattern(pattern)


@pytest.mark.parametrize("text", ["SWR12", "a.c", "^$", "(", "[x]", "a|b", "\\d", "é+", "x{2}", "#", "A B"])
def test_a_literal_finds_the_text_itself(text: str) -> None:
    found = PatternSet([literal(text, at_start=False), literal(text, at_start=True)], 0)
    assert len(found.found_in(text) or ()) == 2
    assert found.found_in(f"1{text.lower()}2") == {literal(text, at_start=False)}
    assert found.found_in("nothing of it") == set()


def test_one_set_finds_what_each_pattern_alone_finds() -> None:
    patterns = [f"^(SWR|DLH){n}\\d*$" for n in range(60)] + [f"{n}[0-5]?$" for n in range(60)] + ["", "^$", "[A-Z]{3}[^9]"]
    together = PatternSet(patterns, 0)
    for text in ("SWR12", "dlh593", "", "EZY0", "SWR", "12345678", "é", "Łódź 7"):
        data = text.encode("latin-1", "replace").decode("latin-1")
        assert together.found_in(text) == {one for one in patterns if re.search(one, data, re.I | re.A)}, text


def test_a_set_that_runs_out_of_memory_tries_each_pattern_by_itself() -> None:
    patterns = [f"[a{chr(98 + n)}].{{{10 + n}}}b" for n in range(20)]
    starved = PatternSet(patterns, 0, max_mem=3000)
    texts = ["ab" * 20, "b" * 30, "nothing"]
    assert [starved.found_in(text) for text in texts] == [PatternSet(patterns, 0).found_in(text) for text in texts]
    assert starved.alone == 3


def test_a_set_that_fails_on_a_text_tries_each_pattern_by_itself() -> None:
    class Failing:
        """RE2 gives nothing, not even the empty pattern, where the memory of a Set is not enough for a text."""

        def Match(self, _text: bytes) -> list[int]:
            return []

    one = PatternSet(["^A", "B$", "C"], 0)
    one._set = Failing()  # type: ignore[assignment]
    assert one.found_in("AB") == {"^A", "B$"}
    assert one.alone == 1


def test_a_result_is_kept_and_what_is_new_in_a_round_is_bounded() -> None:
    patterns = FieldPatterns()
    patterns.update({1: ["^A"]})
    (one,) = patterns.sets
    texts = [f"A{n:07}" for n in range(1000)]
    answers = [one.found_in(text) for text in texts]
    known = len(answers) - answers.count(None)
    assert known == pytest.approx(MAX_BYTES / 9, abs=1)
    patterns.begin()
    answers = [one.found_in(text) for text in texts]
    assert len(answers) - answers.count(None) == pytest.approx(2 * known, abs=1)
    one.bytes_left = 100 * MAX_KEPT
    for n in range(MAX_KEPT + 10):
        one.found_in(f"B{n}")
    assert len(one.known) <= MAX_KEPT
    for n in range(12):
        one.found_in(f"{n}" + "C" * (MAX_KEPT_CHARACTERS // 10))
    assert sum(map(len, one.known)) <= 1.2 * MAX_KEPT_CHARACTERS
    assert "B19" not in one.known


def test_a_text_that_is_not_known_yet_is_looked_at_in_the_next_round() -> None:
    rounds = Rounds(
        rule(condition("flight", "matches", "9$")),
        rule(condition("flight", "not_matches", "^X"), id="2", owner=2, count={"at_least": 1000}),
    )
    fleet = [state(f"{n:06X}", flight=f"SWR{n:05}") for n in range(1, 1001)]
    found = len(rounds.look(*fleet))
    for _ in range(3):
        found += len(rounds.look(*fleet))
    assert found == 60 + 1, "the alerts of a minute, and the count of all thousand"
    assert rounds.engine.left_out == {1: 40}


def test_a_pattern_that_comes_later_costs_nothing_of_what_the_others_know() -> None:
    patterns, first = FieldPatterns(), [f"^A{n}" for n in range(50)]
    patterns.update({1: first})
    (one,) = patterns.sets
    texts = ("A12", "B12", "C")
    for text in texts:
        one.found_in(text)
    later: list[str] = []
    for n in range(20):
        later.append(f"^[BC]{n}?")
        patterns.update({1: first, 2: later})
        known = patterns.set_of(1, "^A12")
        assert known is not None
        assert known.known["A12"] == {"^A1", "^A12"}, "it was not looked at again"
        latest = patterns.set_of(2, later[-1])
        assert latest is not None
        assert later[-1] in (latest.found_in("B12") or ())
        for text in texts:
            for every in patterns.sets:
                every.found_in(text)
        assert len(patterns.sets) <= MAX_MORE_SETS + 1
    patterns.update({1: first})
    assert patterns.set_of(2, later[0]) is None


def test_patterns_without_use_are_forgotten() -> None:
    patterns = FieldPatterns()
    for n in range(300):
        patterns.update({1: [f"^A{n}"]})
    assert sum(len(one.patterns) for one in patterns.sets) < 100


def test_a_set_is_bounded() -> None:
    patterns = FieldPatterns()
    patterns.update({owner: [f"^{owner}-{n}.{{0,20}}x" for n in range(20)] for owner in range(10)})
    assert len(patterns.sets) > 1
    assert all(one.steps <= MAX_SET_STEPS for one in patterns.sets)


def test_an_owner_with_large_patterns_has_sets_of_their_own() -> None:
    bombs = [f"(a|b|{n}).{{{40 + n}}}[ab]{{30}}x" for n in range(60)]
    assert sum(map(steps_of, bombs)) > MAX_OWN_STEPS
    patterns = FieldPatterns()
    patterns.update({1: ["^SWR"], 2: bombs, 3: ["^DLH"]})
    common = patterns.set_of(1, "^SWR")
    assert common is not None
    assert sorted(common.patterns) == ["^DLH", "^SWR"]
    assert patterns.set_of(3, "^DLH") is common
    assert all(patterns.set_of(2, one) not in (None, common) for one in bombs)
    kept = patterns.set_of(2, bombs[0])
    patterns.update({1: ["^SWR"], 2: bombs, 3: ["^DLH", "^DLX"]})
    assert patterns.set_of(2, bombs[0]) is kept


def test_bombs_of_one_owner_leave_the_alerts_of_others_in_their_round() -> None:
    bombs = [condition("own_op", "matches", f"(a|b|{n}).{{{40 + n}}}[ab]{{30}}x") for n in range(90)]
    rounds = Rounds(
        *(rule({"any": bombs[n * 30 : n * 30 + 30]}, id=f"bomb{n}", owner=2) for n in range(3)),
        rule(condition("own_op", "matches", "^POLICE"), condition("flight", "starts", "P"), id="mine"),
    )
    fleet = [state(f"{n:06X}", own_op=f"{'ab' * 25}{n:05}", flight=f"X{n}") for n in range(1, 60)]
    rounds.look(*fleet)
    fleet.append(state("4B1815", own_op="POLICE", flight="P1"))
    assert [one.rule_id for one in rounds.look(*fleet)] == ["mine"]

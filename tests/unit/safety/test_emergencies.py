"""When emergency squawks and words of the field `emergency` are raised (skyspy/safety/emergencies.py)."""

from __future__ import annotations

import pytest

from skyspy.aircraft import EMERGENCIES
from skyspy.safety.emergencies import SQUAWK_SEVERITIES, WORD_SEVERITIES, Emergencies
from skyspy.safety.emergency import SQUAWKS, is_emergency
from skyspy.safety.rules import EMERGENCY, SQUAWK_EMERGENCY, Finding
from tests.support.rounds import HEX, T0, look, state_at


@pytest.fixture
def rule() -> Emergencies:
    return Emergencies()


def squawks(rule: Emergencies, *codes: str, step: float = 1.0, start: float = T0) -> list[list[Finding]]:
    """What each round finds while each code is received once, `step` seconds apart."""
    return [look(rule, at, state_at(at, squawk=code)) for at, code in ((start + step * n, c) for n, c in enumerate(codes))]


def test_every_code_and_every_word_has_a_severity() -> None:
    assert set(SQUAWK_SEVERITIES) == set(SQUAWKS)
    assert set(WORD_SEVERITIES) == {word for word in EMERGENCIES if is_emergency(word)}


@pytest.mark.parametrize(("code", "severity"), [("7500", "critical"), ("7600", "warning"), ("7700", "critical")])
def test_an_emergency_squawk_received_again_after_three_seconds_is_raised(rule: Emergencies, code: str, severity: str) -> None:
    first, second = squawks(rule, code, code, step=3.0)
    assert first == []
    (found,) = second
    assert (found.event_type, found.severity, found.hex, found.hex_2) == (SQUAWK_EMERGENCY, severity, HEX, None)
    assert found.details["squawk"] == code
    assert code in found.message


def test_it_is_raised_in_the_round_of_the_reception_that_confirms_it(rule: Emergencies) -> None:
    assert [len(found) for found in squawks(rule, *["7700"] * 6)] == [0, 0, 0, 1, 1, 1]


def test_rounds_over_one_reception_confirm_nothing(rule: Emergencies) -> None:
    once = state_at(T0, squawk="7700", emergency="minfuel")
    assert not any(look(rule, T0 + step, once) for step in range(60))


def test_a_code_without_a_time_of_reception_confirms_nothing(rule: Emergencies) -> None:
    assert not any(look(rule, T0 + step, state_at(T0 + step, squawk="7700", squawk_at=None)) for step in range(10))


def test_codes_dialled_through_are_not_raised(rule: Emergencies) -> None:
    dialled = ["7400"] * 5 + ["7500"] * 2 + ["7600"] * 2 + ["7601"] * 10
    assert not any(squawks(rule, *dialled))


def test_another_code_between_two_receptions_starts_over(rule: Emergencies) -> None:
    found = squawks(rule, "7700", "7700", "7701", "7700", "7700", "7700", "7700")
    assert [len(one) for one in found] == [0, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("code", ["7501", "7601", "7701", "7770", "0077", "770", "77000", "1200", "7000", "7400", ""])
def test_other_codes_are_not_raised(rule: Emergencies, code: str) -> None:
    assert not any(squawks(rule, *[code] * 5, step=3.0))


def test_a_confirmed_code_stays_while_it_is_not_received_again(rule: Emergencies) -> None:
    squawks(rule, "7700", "7700", step=3.0)
    last = state_at(T0 + 3, squawk="7700")
    assert all(len(look(rule, T0 + 3 + step, last)) == 1 for step in range(50))


def test_it_ends_with_another_code_with_none_and_with_the_aircraft() -> None:
    for end in (state_at(T0 + 6, squawk="2000"), state_at(T0 + 6, squawk=None), state_at(T0 + 6, "ABCDEF")):
        rule = Emergencies()
        assert squawks(rule, "7700", "7700", step=3.0)[-1]
        assert look(rule, T0 + 6, end) == []
        assert look(rule, T0 + 7, state_at(T0 + 7, squawk="7700")) == [], "it needs two looks again"


def test_a_change_from_one_emergency_code_to_another_is_another_situation(rule: Emergencies) -> None:
    found = squawks(rule, "7600", "7600", "7700", "7700", step=3.0)
    assert [[one.details["squawk"] for one in each] for each in found] == [[], ["7600"], [], ["7700"]]
    assert found[1][0].key != found[3][0].key


def test_two_aircraft_do_not_confirm_each_other(rule: Emergencies) -> None:
    assert look(rule, T0, state_at(T0, "4CA87C", squawk="7700")) == []
    assert look(rule, T0 + 3, state_at(T0 + 3, "4CA87D", squawk="7700"), state_at(T0 + 3, "4CA87C", squawk="2000")) == []


def words(rule: Emergencies, *reported: str | None, step: float = 3.0, **fields: object) -> list[list[Finding]]:
    times = [T0 + step * n for n in range(len(reported))]
    return [look(rule, at, state_at(at, emergency=word, **fields)) for at, word in zip(times, reported, strict=True)]


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("general", "critical"),
        ("unlawful", "critical"),
        ("downed", "critical"),
        ("lifeguard", "warning"),
        ("minfuel", "warning"),
        ("nordo", "warning"),
        ("reserved", "warning"),
    ],
)
def test_a_word_received_twice_is_raised(rule: Emergencies, word: str, severity: str) -> None:
    first, second = words(rule, word, word, squawk="2000")
    assert first == []
    (found,) = second
    assert (found.event_type, found.severity, found.hex, found.details["emergency"]) == (EMERGENCY, severity, HEX, word)


def test_none_and_no_word_are_no_emergency(rule: Emergencies) -> None:
    assert not any(words(rule, "none", "none", "none"))
    assert not any(words(rule, None, None, None))


def test_a_word_that_follows_from_the_squawk_is_no_second_alarm(rule: Emergencies) -> None:
    for code, word in SQUAWKS.items():
        found = words(rule, word, word, word, squawk=code)
        assert [[one.event_type for one in each] for each in found] == [[], [SQUAWK_EMERGENCY], [SQUAWK_EMERGENCY]]
        assert found[-1][0].details["emergency"] == word


def test_a_word_that_does_not_follow_from_the_squawk_is_raised_beside_it(rule: Emergencies) -> None:
    _, found = words(rule, "minfuel", "minfuel", squawk="7700")
    assert {one.event_type for one in found} == {SQUAWK_EMERGENCY, EMERGENCY}


def test_the_word_that_a_tracker_kept_of_an_earlier_squawk_is_not_raised(rule: Emergencies) -> None:
    """The tracker shows `general` until the new code is confirmed; nothing received says so."""
    words(rule, "general", "general", squawk="7700", emergency_at=None)
    for step in range(7, 20):
        at = T0 + step
        found = look(rule, at, state_at(at, squawk="7600", emergency="general", emergency_at=None))
        assert all(one.event_type == SQUAWK_EMERGENCY for one in found)


def test_a_word_that_goes_on_after_its_squawk_is_raised_after_two_receptions_of_its_own(rule: Emergencies) -> None:
    words(rule, "general", "general", squawk="7700")
    found = [look(rule, T0 + 6 + n, state_at(T0 + 6 + n, squawk="2000", emergency="general")) for n in range(4)]
    assert [[one.event_type for one in each] for each in found] == [[], [], [], [EMERGENCY]]


def test_a_word_that_goes_away_ends(rule: Emergencies) -> None:
    found = words(rule, "lifeguard", "lifeguard", "none", "lifeguard", "lifeguard")
    assert [len(each) for each in found] == [0, 1, 0, 0, 1]


def test_what_is_remembered_of_aircraft_that_are_gone_is_nothing(rule: Emergencies) -> None:
    many = [state_at(T0, f"{n:06X}", squawk="7700", emergency="minfuel") for n in range(1000)]
    look(rule, T0, *many)
    assert rule.remembered == 2000
    look(rule, T0 + 1)
    assert rule.remembered == 0


def test_an_aircraft_without_a_position_is_raised_too(rule: Emergencies) -> None:
    _, (found,) = squawks(rule, "7700", "7700", step=3.0)
    assert (found.lat, found.lon) == (None, None)


def test_the_message_names_the_callsign_else_the_registration_else_the_address(rule: Emergencies) -> None:
    for fields, name in (({"flight": "SWR1AB", "r": "HB-JCA"}, "SWR1AB"), ({"r": "HB-JCA"}, "HB-JCA"), ({}, HEX)):
        look(rule, T0, state_at(T0, squawk="7700", **fields))
        (found,) = look(rule, T0 + 3, state_at(T0 + 3, squawk="7700", **fields))
        assert found.message == f"{name} squawks 7700: emergency."
        look(rule, T0 + 4)

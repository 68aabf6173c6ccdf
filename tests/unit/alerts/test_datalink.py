"""Claims about rules on datalink messages: each message is looked at once, with its aircraft, or alone."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.alerts.patterns import MAX_MESSAGE_BYTES
from skyspy.alerts.waiting_messages import MAX_TRIES, MAX_WAITING, WaitingMessages
from skyspy.datalink.message import Message
from skyspy.permissions import PERMISSION_NAMES
from tests.support.alert_rounds import Rounds, condition, rule, state
from tests.support.datalink import a_message

HEX = "4CA87C"
MEDICAL = condition("acars_text", "contains", "medical")


def said(text: str = "MEDICAL ON BOARD", number: int = 0, **fields: Any) -> Message:
    return a_message(number, text=text, matched=HEX, **fields)


def test_a_message_alerts_once_with_its_text_and_its_aircraft() -> None:
    rounds = Rounds(rule(MEDICAL))
    plane = state(HEX, flight="EIN123", alt_baro=31000)
    assert rounds.look(plane) == []
    [trigger] = rounds.look(plane, messages=[said("medical on\r\n board")])
    assert (trigger.hex, trigger.callsign) == (HEX, "EIN123")
    assert trigger.message == "Rule 1: EIN123, 31,000 ft, label H1: medical on board"
    assert trigger.matched[0]["actual"] == "medical on\r\n board"
    for _ in range(3):
        assert rounds.look(plane) == []


@pytest.mark.parametrize(
    ("field", "op", "value", "matches"),
    [
        ("acars_text", "contains", "medical", True),
        ("acars_text", "starts", "medical", True),
        ("acars_text", "starts", "on board", False),
        ("acars_text", "matches", r"\bMED\w+ ON", True),
        ("acars_text", "is", "medical on board", True),
        ("acars_text", "not_contains", "diversion", True),
        ("acars_text", "not_contains", "medical", False),
        ("acars_label", "is", "h1", True),
        ("acars_label", "in", ["5Z", "H1"], True),
        ("acars_label", "is_not", "H1", False),
    ],
)
@pytest.mark.parametrize("is_listed", [True, False], ids=["of an aircraft that is listed", "of no listed aircraft"])
def test_conditions_compare_text_and_label(field: str, op: str, value: object, matches: bool, is_listed: bool) -> None:
    rounds = Rounds(rule(condition(field, op, value)))
    planes = [state(HEX)] if is_listed else []
    assert bool(rounds.look(*planes, messages=[said()])) is matches


def test_without_a_message_its_fields_are_unknown_and_no_negation_makes_them_true() -> None:
    rounds = Rounds(rule(condition("acars_text", "not_contains", "X")), rule(condition("acars_label", "is_not", "H1"), id="2"))
    assert rounds.look(state(HEX)) == []
    assert rounds.look(state(HEX), state("4B1815"), messages=[said(label="5Z")])[0].hex == HEX


def test_conditions_on_a_message_and_on_its_aircraft_are_joined() -> None:
    low = rule(MEDICAL, condition("alt_baro", "lt", 10000))
    rounds = Rounds(low)
    assert rounds.look(state(HEX, alt_baro=31000), messages=[said()]) == []
    assert len(rounds.look(state(HEX, alt_baro=9000), messages=[said()])) == 1


def test_text_and_label_must_be_those_of_one_message() -> None:
    rounds = Rounds(rule(MEDICAL, condition("acars_label", "is", "5Z")))
    both = [said(label="H1"), said("NOTHING", 1, label="5Z")]
    assert rounds.look(state(HEX), messages=both) == []
    assert rounds.look(state(HEX)) == []
    assert len(rounds.look(state(HEX), messages=[said(label="5Z")])) == 1


def test_messages_of_one_aircraft_are_looked_at_one_after_the_other() -> None:
    rounds = Rounds(rule(MEDICAL, cooldown_s=0))
    found = rounds.look(state(HEX), messages=[said("MEDICAL ONE"), said("MEDICAL TWO", 1)])
    found += rounds.look(state(HEX))
    found += rounds.look(state(HEX))
    assert [one.message.rpartition(": ")[2] for one in found] == ["MEDICAL ONE", "MEDICAL TWO"]


def test_another_message_alerts_again_after_the_cooldown_alone() -> None:
    rounds = Rounds(rule(MEDICAL, cooldown_s=30))
    assert len(rounds.look(state(HEX), messages=[said()])) == 1
    assert rounds.look(state(HEX), after=10, messages=[said(number=1)]) == []
    assert len(rounds.look(state(HEX), after=25, messages=[said(number=2)])) == 1


def test_a_message_of_no_listed_aircraft_alerts_with_its_sender_and_is_over_at_once() -> None:
    rounds = Rounds(rule(MEDICAL, cooldown_s=0))
    [trigger] = rounds.look(messages=[said(flight="EI0123")])
    assert (trigger.hex, trigger.message) == (HEX, "Rule 1: EI0123, label H1: MEDICAL ON BOARD")
    assert [(one.hex, one.rule_id) for one in rounds.engine.ended] == [(HEX, "1")]
    [other] = rounds.look(messages=[a_message(1, hex=None, tail=None, text="MEDICAL")])
    assert (other.hex, other.message) == (None, "Rule 1: an unknown sender, label H1: MEDICAL")


def test_what_a_message_alone_does_not_say_is_unknown() -> None:
    rounds = Rounds(rule(MEDICAL, condition("military", "is", False)), rule(MEDICAL, condition("hex", "is", HEX), id="2"))
    assert [one.rule_id for one in rounds.look(messages=[said()])] == ["2"]


def test_an_owner_who_may_not_read_messages_gets_no_alert_of_them() -> None:
    rounds = Rounds(rule(MEDICAL, may=PERMISSION_NAMES - {"acars.view"}))
    assert rounds.look(state(HEX), messages=[said()]) == []
    assert rounds.look(messages=[said()]) == []


def test_an_owner_who_may_read_messages_alone_gets_the_text_and_nothing_of_the_aircraft() -> None:
    [trigger] = Rounds(rule(MEDICAL, may={"acars.view"})).look(state(HEX, flight="EIN1", alt_baro=9000), messages=[said()])
    assert trigger.message == "Rule 1: label H1: MEDICAL ON BOARD"
    assert (trigger.callsign, trigger.aircraft) == (None, {"hex": HEX})


def test_a_rule_may_name_text_and_label_in_its_message() -> None:
    own = rule(MEDICAL, message="{acars_label} of {name}: {acars_text}")
    rounds = Rounds(own)
    assert rounds.look(state(HEX, flight="EIN123"), messages=[said()])[0].message == "H1 of EIN123: MEDICAL ON BOARD"
    assert Rounds(own).look(messages=[said()])[0].message == "H1 of EI-ABC: MEDICAL ON BOARD"


def test_what_matched_of_a_long_message_is_cut() -> None:
    [trigger] = Rounds(rule(MEDICAL)).look(state(HEX), messages=[said("MEDICAL " + "X" * 50_000)])
    assert len(trigger.matched[0]["actual"]) <= 500
    assert len(trigger.message) <= 500


def test_messages_beyond_what_a_round_looks_at_are_looked_at_in_the_next_one() -> None:
    rounds = Rounds(rule(MEDICAL))
    planes = [state(f"4B{number:04X}") for number in range(40)]
    texts = [a_message(number, matched=plane.hex, text=f"{number} MEDICAL " + "Y" * 3900) for number, plane in enumerate(planes)]
    assert sum(len(one.text) for one in texts) > 2 * MAX_MESSAGE_BYTES
    first = rounds.look(*planes, messages=texts)
    assert 0 < len(first) < 40
    found = {one.hex for one in first}
    for _ in range(4):
        found |= {one.hex for one in rounds.look(*planes)}
    assert len(found) == 40


def test_what_waits_is_bounded_and_a_message_is_tried_a_few_times_only() -> None:
    waiting = WaitingMessages()
    waiting.add(said(number=number) for number in range(MAX_WAITING + 3))
    assert (len(waiting), waiting.left_out) == (MAX_WAITING, 3)
    again = WaitingMessages()
    again.add([said()])
    tries = 0
    while again.take({HEX})[0]:
        tries += 1
        again.put_back([HEX])
    assert tries == MAX_TRIES


def test_where_no_rule_asks_for_messages_none_waits() -> None:
    rounds = Rounds(rule(condition("military", "is", True)))
    rounds.look(state(HEX), messages=[said(), said(number=1)])
    assert len(rounds.engine.messages) == 0

"""Rules about data link messages: each message is looked at once, by itself, for those who may read messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from skyspy.alerts import Trigger
from skyspy.alerts.engine import Engine
from skyspy.alerts.errors import RuleError
from skyspy.alerts.message_queue import MAX_ALL, MAX_EACH, MessageQueue
from skyspy.alerts.values import MAX_TEXT
from skyspy.datalink.message import DatalinkPosition, Message
from tests.support.alert_rounds import Rounds, condition, matches, rule, state

PLANE = state("AAAAAA", flight="BAW117", military=False)
TEXT = condition("acars_text", "contains", "DIVERT")
LABEL = condition("acars_label", "is", "B6")


def message(text: str = "DIVERTING EGKK", label: str | None = "H1", hex_: str | None = "AAAAAA") -> Message:
    return Message("1", 0.0, "acars", label, matched=hex_, text=text)


def fed(rounds: Rounds, *messages: Message, quiet: int = 0) -> list[Trigger]:
    """The alerts of a round with these messages, and of `quiet` rounds after it."""
    found = list(rounds.look(PLANE, messages=messages))
    for _ in range(quiet):
        found += rounds.look(PLANE)
    return found


def test_a_message_whose_text_contains_a_word_makes_one_alert() -> None:
    rounds = Rounds(rule(TEXT, cooldown_s=0))
    assert rounds.look(PLANE) == []
    assert [one.hex for one in fed(rounds, message(), quiet=5)] == ["AAAAAA"]


def test_each_message_is_a_match_of_its_own() -> None:
    rounds = Rounds(rule(TEXT, cooldown_s=0))
    texts = ["DIVERTING EGKK", "NOTHING", "DIVERT AGAIN"]
    found = fed(rounds, *(message(text) for text in texts), quiet=6)
    assert [one.matched[0]["actual"] for one in found] == ["DIVERTING EGKK", "DIVERT AGAIN"]


def test_a_match_has_ended_in_the_round_after() -> None:
    rounds = Rounds(rule(TEXT, cooldown_s=0))
    (alert,) = fed(rounds, message())
    rounds.look(PLANE)
    assert [(end.rule_id, end.hex, end.triggered_at) for end in rounds.engine.ended] == [("1", "AAAAAA", alert.at)]


def test_the_cooldown_holds_for_messages_too() -> None:
    rounds = Rounds(rule(TEXT, cooldown_s=100))
    assert len(fed(rounds, message(), message(), quiet=6)) == 1


def test_the_conditions_of_a_rule_are_about_one_message() -> None:
    both = {"all": [TEXT, LABEL]}
    assert fed(Rounds(rule(both, cooldown_s=0)), message("DIVERT", "H1"), message("NOTHING", "B6"), quiet=4) == []
    assert len(fed(Rounds(rule(both, cooldown_s=0)), message("DIVERT", "B6"), quiet=4)) == 1


def test_conditions_on_the_aircraft_go_with_those_on_its_message() -> None:
    assert fed(Rounds(rule({"all": [TEXT, condition("military", "is", True)]})), message()) == []
    assert len(fed(Rounds(rule({"all": [TEXT, condition("flight", "starts", "BAW")]})), message())) == 1


def test_without_a_message_what_it_says_is_not_known() -> None:
    assert not matches(rule({"not": TEXT}), PLANE)
    assert not matches(rule(condition("acars_label", "is_not", "H1")), PLANE)
    assert matches(rule(condition("acars_label", "is_not", "B6")), PLANE, messages=[message()])
    assert matches(rule({"not": condition("acars_text", "is", "X")}), PLANE, messages=[message()])


def test_labels_and_texts_are_compared_in_every_way_of_texts() -> None:
    said = [message("ETA 1835\r\nGATE  B22 ", "5Z")]
    assert matches(rule(condition("acars_text", "matches", "gate b[0-9]+$")), PLANE, messages=said)
    assert matches(rule(condition("acars_text", "starts", "ETA 1835 GATE")), PLANE, messages=said)
    assert matches(rule(condition("acars_label", "in", ["5Z", "B6"])), PLANE, messages=said)
    assert not matches(rule(condition("acars_text", "contains", "GATE A")), PLANE, messages=said)


def test_an_owner_who_may_not_read_messages_has_no_alert_of_them() -> None:
    assert fed(Rounds(rule(TEXT, may=frozenset({"aircraft.view"}))), message()) == []
    # Not even by what the message is not.
    assert fed(Rounds(rule({"not": TEXT}, may=frozenset({"aircraft.view"}))), message("OTHER")) == []


def unmatched(text: str = "DIVERT", **fields: Any) -> Message:
    return Message("1", 0.0, "acars", "H1", text=text, **fields)


def test_a_message_of_an_aircraft_that_is_not_listed_alerts_with_what_it_says() -> None:
    rounds = Rounds(rule(TEXT, name="Diversions", cooldown_s=0))
    (alert,) = fed(rounds, unmatched(hex="ABCDEF", tail="G-EUUU", flight="B60123"), quiet=4)
    assert (alert.hex, alert.callsign) == ("ABCDEF", "JBU123")
    assert alert.message == "Diversions: JBU123, G-EUUU, message H1: DIVERT"
    assert alert.aircraft == {"hex": "ABCDEF", "flight": "JBU123", "r": "G-EUUU", "military": False, "source": "other"}


def test_each_message_of_such_an_aircraft_is_a_match_of_its_own() -> None:
    rounds = Rounds(rule(TEXT, cooldown_s=0))
    found = fed(rounds, unmatched("DIVERT 1", tail="G-EUUU"), unmatched("DIVERT 2", tail="G-EUUU"), quiet=1)
    assert len(found) == 1
    found += [one for _ in range(3) for one in rounds.look(PLANE)]
    assert [one.matched[0]["actual"] for one in found] == ["DIVERT 1", "DIVERT 2"]
    assert found[0].hex == found[1].hex


def test_such_an_aircraft_has_the_address_of_its_registration_or_one_that_is_none() -> None:
    # FAA registry: N1 has the address A00001.
    (alert,) = fed(Rounds(rule(TEXT)), unmatched(tail="N1"))
    assert alert.hex == "A00001"
    (alert,) = fed(Rounds(rule(TEXT)), unmatched(tail="G-EUUU"))
    assert re.fullmatch("~[0-9A-F]{6}", alert.hex or "")
    (other,) = fed(Rounds(rule(TEXT)), unmatched(flight="XX99"))
    assert alert.hex != other.hex


def test_its_position_is_that_of_the_message() -> None:
    near = condition("distance_nm", "lt", 100)
    said = unmatched(tail="G-EUUU", position=DatalinkPosition(47.5, 8.0))
    assert len(fed(Rounds(rule(TEXT, near)), said)) == 1
    assert fed(Rounds(rule(TEXT, near)), unmatched(tail="G-EUUU")) == []


def test_rules_about_other_things_do_not_know_such_an_aircraft() -> None:
    flight = condition("r", "is", "G-EUUU")
    rounds = Rounds(rule(flight), rule(TEXT, id="2"), rule(flight, id="3", count={"at_least": 1}))
    assert [one.rule_id for one in fed(rounds, unmatched(tail="G-EUUU"), quiet=3)] == ["2"]


def test_what_no_aircraft_has_sent_is_not_looked_at() -> None:
    rounds = Rounds(rule(TEXT, cooldown_s=0))
    squitter = Message("1", 0.0, "acars", "SQ", text="DIVERT", tail="X")
    assert fed(rounds, unmatched(), squitter, quiet=2) == []


def test_a_message_of_an_aircraft_that_is_gone_is_not_looked_at() -> None:
    rounds = Rounds(rule(TEXT, cooldown_s=0))
    assert fed(rounds, message(hex_="BBBBBB"), quiet=2) == []
    assert rounds.look(PLANE, state("BBBBBB")) == [], "it is not kept until the aircraft is there"


def test_messages_are_not_kept_for_a_rule_that_comes_later() -> None:
    rounds = Rounds(rule(condition("military", "is", True)))
    fed(rounds, message(), message())
    rounds.engine.set_rules([rule(TEXT)])
    assert fed(rounds, quiet=3) == []


def test_an_alert_quotes_the_message() -> None:
    (alert,) = fed(Rounds(rule(TEXT, name="Diversions")), message("DIVERTING\r\nEGKK\x07"))
    assert alert.message == "Diversions: BAW117, message H1: DIVERTING EGKK"
    (alert,) = fed(Rounds(rule(LABEL, name="ADS")), message("", "B6"))
    assert alert.message == "ADS: BAW117, message B6"
    (alert,) = fed(Rounds(rule(TEXT, message="{flight} says {acars_text} ({acars_label})")), message())
    assert alert.message == "BAW117 says DIVERTING EGKK (H1)"


def test_a_long_text_is_cut() -> None:
    long = "DIVERT " + "X" * 60_000
    (alert,) = fed(Rounds(rule(TEXT)), message(long))
    assert len(alert.message) == 500
    assert len(alert.matched[0]["actual"]) == 500
    assert fed(Rounds(rule(TEXT)), message("X" * MAX_TEXT + " DIVERT")) == []


def test_more_text_than_can_be_looked_at_in_a_round_is_looked_at_in_the_next() -> None:
    planes = [state(f"AAAA{number:02}") for number in range(12)]
    rounds = Rounds(rule(TEXT, cooldown_s=0))
    long = [message(f"{number} DIVERT " + "X" * 900, hex_=plane.hex) for number, plane in enumerate(planes)]
    first = rounds.look(*planes, messages=long)
    assert 0 < len(first) < len(planes)
    found = [*first, *(one for _ in range(6) for one in rounds.look(*planes))]
    assert sorted(str(one.hex) for one in found) == sorted(plane.hex for plane in planes)


def test_a_message_that_another_rule_looks_at_later_does_not_alert_twice() -> None:
    planes = [state(f"AAAA{number:02}") for number in range(12)]
    rounds = Rounds(rule(condition("acars_label", "is", "H1"), cooldown_s=0), rule(TEXT, id="2", cooldown_s=0))
    long = [message(f"{number} DIVERT " + "X" * 900, hex_=plane.hex) for number, plane in enumerate(planes)]
    found = [*rounds.look(*planes, messages=long), *(one for _ in range(6) for one in rounds.look(*planes))]
    assert len([one for one in found if one.rule_id == "1"]) == len(planes)
    assert len([one for one in found if one.rule_id == "2"]) == len(planes)


def test_messages_are_not_counted() -> None:
    with pytest.raises(RuleError, match="cannot be counted"):
        rule(TEXT, count={"at_least": 2})


# -- the queue ---------------------------------------------------------------------------------------


def taken(queue: MessageQueue, messages: Sequence[Message] = (), listed: Any = ("AAAAAA",)) -> list[str]:
    queue.take(messages, listed)
    return [one.text for one in queue.current.values()]


def test_an_aircraft_has_one_message_in_every_other_round() -> None:
    queue = MessageQueue()
    said = [message("1"), message("2")]
    assert [taken(queue, said), *(taken(queue) for _ in range(4))] == [["1"], [], ["2"], [], []]
    assert len(queue) == 0


def test_a_message_that_is_kept_stays_and_the_others_wait() -> None:
    queue = MessageQueue()
    taken(queue, [message("1"), message("2")])
    queue.keep(["AAAAAA"])
    assert [taken(queue) for _ in range(4)] == [["1"], [], ["2"], []]


def test_messages_that_wait_are_bounded_and_counted() -> None:
    queue = MessageQueue()
    taken(queue, [message(str(number)) for number in range(MAX_EACH + 5)])
    assert (len(queue), queue.left_out) == (MAX_EACH - 1, 5)
    queue = MessageQueue()
    hexes = [f"{number:06X}" for number in range(MAX_ALL + 7)]
    taken(queue, [message(hex_=hex_) for hex_ in hexes], hexes)
    assert (queue.left_out, len(queue)) == (7, 0)


def test_the_messages_of_an_aircraft_that_is_gone_are_forgotten() -> None:
    queue = MessageQueue()
    taken(queue, [message("1"), message("2")])
    assert taken(queue, listed=()) == []
    assert len(queue) == 0
    assert taken(queue) == []


def test_messages_left_out_are_counted_by_the_engine() -> None:
    assert Engine().messages_left_out == 0

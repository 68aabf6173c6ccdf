"""Emergencies and military aircraft: which source applies, and for how long."""

from __future__ import annotations

import pytest

from skyspy.aircraft import Observation
from skyspy.safety.emergency import SQUAWKS
from skyspy.tracker import Tracker
from tests.support.tracker import T0, heard, shown


@pytest.mark.parametrize(("squawk", "word"), [("7500", "unlawful"), ("7600", "nordo"), ("7700", "general")])
@pytest.mark.parametrize("own", [{}, {"emergency": "none"}])
def test_an_emergency_squawk_counts_when_heard_twice(tracker: Tracker, squawk: str, word: str, own: dict[str, str]) -> None:
    tracker.apply(heard(T0, squawk=squawk, **own), T0)
    assert shown(tracker, T0).get("emergency") == own.get("emergency")
    tracker.apply(heard(T0, squawk=squawk, **own), T0)  # the same reception again
    assert shown(tracker, T0).get("emergency") == own.get("emergency")
    tracker.apply(heard(T0 + 1, squawk=squawk, **own), T0 + 1)
    assert shown(tracker, T0 + 1)["emergency"] == word
    tracker.apply(heard(T0 + 2, alt_baro=30000, **own), T0 + 2)
    assert shown(tracker, T0 + 2)["emergency"] == word
    tracker.apply(heard(T0 + 3, squawk="2000"), T0 + 3)
    assert shown(tracker, T0 + 3).get("emergency") == own.get("emergency")


def test_the_aircrafts_own_word_stands_above_its_squawk(tracker: Tracker) -> None:
    for step in range(3):
        tracker.apply(heard(T0 + step, squawk="7700", emergency="minfuel"), T0 + step)
    assert shown(tracker, T0 + 3)["emergency"] == "minfuel"
    tracker.apply(heard(T0 + 4, squawk="7700", emergency="none"), T0 + 4)
    assert shown(tracker, T0 + 4)["emergency"] == "general"


def test_an_emergency_ends_when_its_squawk_expires(tracker: Tracker) -> None:
    for step in range(2):
        tracker.apply(heard(T0 + step, squawk="7600"), T0 + step)
    assert shown(tracker, T0 + 1)["emergency"] == "nordo"
    tracker.apply(heard(T0 + 50, alt_baro=3000), T0 + 50)
    aircraft = shown(tracker, T0 + 61)
    assert "emergency" not in aircraft
    assert "squawk" not in aircraft


def test_an_alarm_outlives_the_word_none_when_that_expires(tracker: Tracker) -> None:
    tracker.apply(heard(T0, emergency="none"), T0)
    for step in (30, 31):
        tracker.apply(heard(T0 + step, squawk="7700"), T0 + step)
    assert shown(tracker, T0 + 31)["emergency"] == "general"
    assert shown(tracker, T0 + 60)["emergency"] == "general"


def test_two_different_emergency_squawks_do_not_confirm_each_other(tracker: Tracker) -> None:
    for step, squawk in enumerate(("7600", "7700", "7600", "7700")):
        tracker.apply(heard(T0 + step, squawk=squawk), T0 + step)
        assert "emergency" not in shown(tracker, T0 + step)


def reply(at: float, squawk: str) -> Observation:
    """A squawk as a reply to an interrogation says it."""
    return heard(at, "mode_s", messages=1, squawk=squawk)


@pytest.mark.parametrize("code", sorted(SQUAWKS))
def test_one_damaged_reply_begins_no_emergency(tracker: Tracker, code: str) -> None:
    tracker.apply(heard(T0 - 1), T0 - 1)
    for step, squawk in enumerate(("2000", code, "2000", code, "2000")):
        tracker.apply(reply(T0 + step, squawk), T0 + step)
        aircraft = shown(tracker, T0 + step)
        assert (aircraft["squawk"], "emergency" in aircraft) == ("2000", False)


def test_an_emergency_squawk_in_two_replies_is_shown(tracker: Tracker) -> None:
    tracker.apply(heard(T0 - 1), T0 - 1)
    tracker.apply(reply(T0, "7700"), T0)
    assert "squawk" not in shown(tracker, T0), "the first thing heard of it"
    tracker.apply(reply(T0 + 0.1, "7700"), T0 + 0.1)
    assert "squawk" not in shown(tracker, T0 + 0.1), "the same reply over another way"
    tracker.apply(reply(T0 + 5, "7700"), T0 + 5)
    aircraft = shown(tracker, T0 + 5)
    assert (aircraft["squawk"], aircraft["emergency"]) == ("7700", "general")


def test_two_damaged_replies_far_apart_do_not_confirm_each_other(tracker: Tracker) -> None:
    for at in (T0, T0 + 70):
        tracker.apply(reply(at, "7500"), at)
        tracker.apply(heard(at + 1, alt_baro=9000), at + 1)
        assert "squawk" not in shown(tracker, at + 1)


def test_one_damaged_reply_ends_no_emergency(tracker: Tracker) -> None:
    for step, squawk in enumerate(("7700", "7700", "2000", "7700", "2000", "2001")):
        tracker.apply(reply(T0 + step, squawk), T0 + step)
    aircraft = shown(tracker, T0 + 5)
    assert (aircraft["squawk"], aircraft["emergency"]) == ("7700", "general")
    tracker.apply(reply(T0 + 6, "2001"), T0 + 6)
    aircraft = shown(tracker, T0 + 6)
    assert (aircraft["squawk"], "emergency" in aircraft) == ("2001", False)


def test_a_squitters_emergency_squawk_is_shown_at_once(tracker: Tracker) -> None:
    tracker.apply(reply(T0, "2000"), T0)
    tracker.apply(heard(T0 + 1, squawk="7700", emergency="general"), T0 + 1)
    tracker.apply(reply(T0 + 20, "7700"), T0 + 20)
    aircraft = shown(tracker, T0 + 20)
    assert (aircraft["squawk"], aircraft["emergency"]) == ("7700", "general")


def test_what_a_program_gathered_from_several_messages_is_shown_at_once(tracker: Tracker) -> None:
    tracker.apply(heard(T0, "mode_s", messages=12, squawk="7700"), T0)
    assert shown(tracker, T0)["squawk"] == "7700"


ADVISORY = {"unix_timestamp": 1795733605.8, "advisory": "Climb"}


def test_a_resolution_advisory_is_shown_for_fifteen_seconds(tracker: Tracker) -> None:
    tracker.apply(heard(T0, acas_ra={"advisory": "Climb"}), T0)
    for step in range(1, 20):
        tracker.apply(heard(T0 + step, alt_baro=9000), T0 + step)
        assert ("acas_ra" in shown(tracker, T0 + step)) == (step < 15)


def test_the_next_resolution_advisory_begins_the_fifteen_seconds_anew(tracker: Tracker) -> None:
    for step in range(10):
        tracker.apply(heard(T0 + step, acas_ra={**ADVISORY, "unix_timestamp": T0 + step}), T0 + step)
    assert "acas_ra" in shown(tracker, T0 + 23)
    assert "acas_ra" not in shown(tracker, T0 + 24.1)


def test_a_resolution_advisory_sent_again_with_its_time_is_no_new_one(tracker: Tracker) -> None:
    for step in range(40):
        tracker.apply(heard(T0 + step, alt_baro=9000, acas_ra=dict(ADVISORY)), T0 + step)
        assert ("acas_ra" in shown(tracker, T0 + step)) == (step < 15)


@pytest.mark.parametrize(
    ("hex_", "flags", "military"),
    [
        ("4CA87C", None, False),
        ("4CA87C", 0, False),
        ("4CA87C", 1, True),
        ("4CA87C", 10, False),
        ("AE1234", None, True),
        ("AE1234", 0, True),
    ],
)
def test_military_by_database_or_by_block(tracker: Tracker, hex_: str, flags: int | None, military: bool) -> None:
    fields = {} if flags is None else {"dbFlags": flags}
    tracker.apply(heard(T0, hex_=hex_, gs=1.0, **fields), T0)
    assert shown(tracker, T0, hex_)["military"] is military


def test_military_follows_the_database_flag(tracker: Tracker) -> None:
    tracker.apply(heard(T0, dbFlags=1), T0)
    assert shown(tracker, T0)["military"] is True
    tracker.apply(heard(T0 + 1, dbFlags=2), T0 + 1)
    assert shown(tracker, T0 + 1)["military"] is False
    tracker.apply(heard(T0 + 2, dbFlags=1), T0 + 2)
    assert shown(tracker, T0 + 2)["military"] is True
    tracker.apply(heard(T0 + 50, gs=1.0), T0 + 50)
    assert shown(tracker, T0 + 62)["military"] is False


def test_ground_is_an_altitude(tracker: Tracker) -> None:
    tracker.apply(heard(T0, alt_baro=100), T0)
    tracker.take_delta(T0)
    tracker.apply(heard(T0 + 1, alt_baro="ground"), T0 + 1)
    assert shown(tracker, T0 + 1)["alt_baro"] == "ground"

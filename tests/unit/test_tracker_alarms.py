"""Emergencies and military aircraft: which source applies, and for how long."""

from __future__ import annotations

import pytest

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

"""Claims about emergency squawks and the words of the field `emergency` (skyspy/safety/emergency.py)."""

from __future__ import annotations

import pytest

from skyspy.aircraft import EMERGENCIES
from skyspy.safety.emergency import DESCRIPTIONS, NO_EMERGENCY, SQUAWKS, EmergencySquawk, is_emergency


def test_every_word_of_the_field_is_an_emergency_with_a_description_or_is_none() -> None:
    assert {word for word in EMERGENCIES if is_emergency(word)} == set(DESCRIPTIONS) == EMERGENCIES - NO_EMERGENCY
    assert not is_emergency(None)
    assert set(SQUAWKS.values()) <= set(DESCRIPTIONS)


def test_a_squawk_means_something_only_when_a_later_reception_confirms_it() -> None:
    alarm = EmergencySquawk("7700", 10.0)
    assert not alarm.confirm("7700", 10.0), "the same reception again"
    assert alarm.meaning is None
    assert alarm.confirm("7700", 10.5)
    assert alarm.emergency == "general"


def test_another_emergency_squawk_begins_anew_and_the_confirmed_one_counts_until_then() -> None:
    alarm = EmergencySquawk("7600", 0.0)
    alarm.confirm("7600", 1.0)
    assert not alarm.confirm("7500", 2.0)
    assert alarm.emergency == "nordo"
    assert alarm.confirm("7500", 3.0)
    assert alarm.emergency == "unlawful"


@pytest.mark.parametrize(("own", "counts"), [(None, "general"), ("none", "general"), ("minfuel", "minfuel")])
def test_what_the_aircraft_itself_says_goes_before_its_squawk(own: str | None, counts: str) -> None:
    alarm = EmergencySquawk("7700", 0.0)
    alarm.confirm("7700", 1.0)
    alarm.own = own
    assert alarm.emergency == counts

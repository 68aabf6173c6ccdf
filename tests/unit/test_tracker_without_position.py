"""The tracker: what an aircraft shows of its place while it has no position."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.aircraft import clean
from skyspy.tracker import Tracker
from tests.support.tracker import HEX, T0, heard, shown

LAST: dict[str, Any] = {"lat": 47.1, "lon": 8.5, "nic": 8, "rc": 186, "seen_pos": 70.1}
ROUGH = {"rr_lat": 47.5, "rr_lon": 8.8}


def test_the_last_position_is_shown_and_grows_old_without_a_delta(tracker: Tracker) -> None:
    tracker.apply(heard(T0, squawk="1000", lastPosition=LAST, **ROUGH), T0)
    delta = tracker.take_delta(T0)
    assert delta is not None
    assert {name: delta.new[0][name] for name in ("lastPosition", *ROUGH)} == {"lastPosition": LAST, **ROUGH}
    tracker.apply(heard(T0 + 1, squawk="1001", lastPosition={**LAST, "seen_pos": 71.1}, **ROUGH), T0 + 1)
    delta = tracker.take_delta(T0 + 1)
    assert delta is not None
    assert delta.changed == ({"hex": HEX, "squawk": "1001"},)
    assert shown(tracker, T0 + 3)["lastPosition"] == {**LAST, "seen_pos": 73.1}


def test_another_last_position_is_a_change(tracker: Tracker) -> None:
    tracker.apply(heard(T0, lastPosition=LAST), T0)
    tracker.take_delta(T0)
    moved = {**LAST, "lat": 47.2, "seen_pos": 60.5}
    tracker.apply(heard(T0 + 1, lastPosition=moved), T0 + 1)
    delta = tracker.take_delta(T0 + 1)
    assert delta is not None
    assert delta.changed == ({"hex": HEX, "lastPosition": moved},)


def test_a_position_ends_them_and_none_comes_beside_it(tracker: Tracker) -> None:
    tracker.apply(heard(T0, lastPosition=LAST, **ROUGH), T0)
    tracker.take_delta(T0)
    tracker.apply(heard(T0 + 1, lat=47.3, lon=8.6), T0 + 1)
    delta = tracker.take_delta(T0 + 1)
    assert delta is not None
    assert {name: delta.changed[0][name] for name in ("lastPosition", *ROUGH)} == dict.fromkeys(("lastPosition", *ROUGH))
    tracker.apply(heard(T0 + 2, squawk="1000", lastPosition=LAST, **ROUGH), T0 + 2)
    tracker.take_delta(T0 + 2)
    assert not {"lastPosition", *ROUGH} & shown(tracker, T0 + 2).keys()


def test_one_of_unknown_age_keeps_it_unknown(tracker: Tracker) -> None:
    known = {"lat": 47.1, "lon": 8.5}
    tracker.apply(heard(T0, lastPosition=known), T0)
    tracker.take_delta(T0)
    assert shown(tracker, T0 + 5)["lastPosition"] == known


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (LAST, LAST),
        ({**LAST, "rId": "x", "nic": "many", "seen_pos": -1}, {"lat": 47.1, "lon": 8.5, "rc": 186}),
        ({"lat": 47.1}, None),
        ({"lat": 91, "lon": 8.5}, None),
        ([47.1, 8.5], None),
        ("47.1", None),
    ],
)
def test_a_last_position_is_clean_or_absent(raw: object, kept: object) -> None:
    assert clean("lastPosition", raw) == kept

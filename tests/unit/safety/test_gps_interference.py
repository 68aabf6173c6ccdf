"""Several aircraft that lose GPS near each other make an area; one, old avionics, or a receiver that is silent make none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyspy.aircraft_state import AircraftState
from skyspy.safety.gps_interference import GpsInterference
from skyspy.safety.rules import Finding, Round

T0 = 5000.0
Fields = dict[str, Any]


def fly(
    rule: GpsInterference, begin: int, end: int, fields: Callable[[int, float], Fields], count: int = 8
) -> tuple[list[Finding], set[str]]:
    """Rounds of these seconds with `count` aircraft near 47 N 8 E; the last findings, and who is left out of conflicts."""
    found, collapsed = [], set()
    for second in range(begin, end):
        now, aircraft = T0 + second, {}
        for number in range(count):
            good = {"heard_at": now, "pos_at": now, "quality_at": now, "source_at": now, "lat": 47.0 + number / 20, "lon": 8.0}
            good |= {"gs": 400.0, "on_ground": False, "alt_baro": 30_000, "source": "adsb", "version": 2, "nic": 8, "nac_p": 10}
            state = AircraftState(f"4CA8{number:02X}", **{**good, **fields(number, now)})
            aircraft[state.hex] = state
        look = Round(now, aircraft)
        found, collapsed = list(rule.look(look)), look.collapsed
    return found, collapsed


def good(number: int, now: float) -> Fields:
    return {}


def bad(of: int) -> Callable[[int, float], Fields]:
    return lambda number, now: {"nic": 0, "nac_p": 0} if number < of else {}


def test_four_of_eight_that_lose_gps_are_a_possible_interference_and_left_out_of_conflicts() -> None:
    rule = GpsInterference()
    assert fly(rule, 0, 20, good) == ([], set())
    (finding,), collapsed = fly(rule, 20, 45, bad(4))
    assert collapsed == {"4CA800", "4CA801", "4CA802", "4CA803"}
    assert finding.message.startswith("Possible GPS interference: 4 of 8 aircraft")
    assert finding.details["percent"] == 50
    (later,), _ = fly(rule, 45, 60, bad(6))
    assert later.key == finding.key


def test_two_are_no_area_and_aircraft_that_were_never_good_are_none() -> None:
    rule = GpsInterference()
    fly(rule, 0, 20, good)
    assert fly(rule, 20, 60, bad(2))[0] == []
    assert fly(GpsInterference(), 0, 60, bad(8)) == ([], set())


def test_messages_without_a_position_are_a_loss_but_silence_is_none() -> None:
    def lost(number: int, now: float) -> Fields:
        return {"lat": None, "lon": None, "pos_at": None, "nic": None, "gs": None}

    def silent(number: int, now: float) -> Fields:
        return {**lost(number, now), "heard_at": T0 + 20, "source_at": T0 + 20, "quality_at": T0 + 20}

    rule = GpsInterference()
    fly(rule, 0, 20, good)
    assert len(fly(rule, 20, 80, lost)[0]) == 1
    rule = GpsInterference()
    fly(rule, 0, 20, good)
    assert fly(rule, 20, 120, silent) == ([], set())


def test_an_area_ends_ten_minutes_after_its_aircraft_have_gps_again() -> None:
    rule = GpsInterference()
    fly(rule, 0, 20, good)
    assert len(fly(rule, 20, 60, bad(4))[0]) == 1
    assert len(fly(rule, 60, 600, good)[0]) == 1
    assert fly(rule, 600, 700, good) == ([], set())

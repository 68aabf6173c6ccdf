"""Several aircraft that lose GPS near each other make an area; one, old avionics, or a receiver that is silent make none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyspy.aircraft_state import AircraftState
from skyspy.safety.events import SafetyEvent
from skyspy.safety.gps_interference import GpsInterference
from skyspy.safety.rules import GPS_INTERFERENCE, Finding, Round

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
    assert finding.message.startswith("Possible GPS interference: 4 of 5 aircraft")
    assert finding.details["percent"] == 80, "of those within the area"
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


def stored(key: str = "47N008E", **more: Any) -> SafetyEvent:
    """An open event of an area around 47 N 8 E, found by another process."""
    details = {"radius_nm": 20, "aircraft_affected": 5, "aircraft_around": 9, "percent": 56}
    values = {"lat": 47.1, "lon": 8.0, "details": details, **more}
    return SafetyEvent("1", GPS_INTERFERENCE, key, "warning", "Possible GPS interference", 900.0, 1000.0, **values)


def test_a_resumed_area_goes_on_with_its_figures_and_then_counts_aircraft_that_were_never_good_here() -> None:
    rule = GpsInterference()
    rule.resume([stored()], T0)
    (first,), _ = fly(rule, 0, 2, bad(4))
    assert (first.key, first.details["aircraft_affected"], first.details["aircraft_around"]) == ("47N008E", 5, 9)
    (later,), collapsed = fly(rule, 2, 60, bad(4))
    assert (later.key, later.details["aircraft_affected"], later.details["aircraft_around"]) == ("47N008E", 4, 5)
    assert len(collapsed) == 4, "left out of conflicts"


def test_an_aircraft_that_was_never_good_counts_in_a_resumed_area_for_fifteen_minutes_only() -> None:
    rule = GpsInterference()
    rule.resume([stored()], T0)
    fly(rule, 0, 1, good, count=1)
    assert fly(rule, 901, 960, bad(8))[1] == set()
    rule = GpsInterference()
    rule.resume([stored(lat=40.0)], T0)
    assert fly(rule, 0, 60, bad(8))[1] == set(), "it is elsewhere"


def test_a_resumed_area_whose_aircraft_have_gps_ends_after_ten_minutes() -> None:
    rule = GpsInterference()
    rule.resume([stored()], T0)
    assert len(fly(rule, 0, 620, good)[0]) == 1
    assert fly(rule, 620, 640, good) == ([], set())


def test_the_area_that_was_found_here_takes_the_key_of_the_stored_event_that_it_meets() -> None:
    rule = GpsInterference()
    fly(rule, 0, 20, good)
    (own,), _ = fly(rule, 20, 45, bad(4))
    rule.resume([stored("46N007E", lat=46.9, lon=7.8)], T0 + 45)
    (found,), _ = fly(rule, 45, 60, bad(4))
    assert (own.key, found.key) == ("47N008E", "46N007E")
    rule.resume([stored("46N007E"), stored("47N009E", lat=47.2)], T0 + 60)
    assert [one.key for one in fly(rule, 60, 66, bad(4))[0]] == ["46N007E"], "one area for all that meet"


def test_events_that_are_over_of_another_type_or_damaged_make_no_area() -> None:
    rule = GpsInterference()
    events = [
        stored(resolved=1001.0),
        stored(lat=None),
        stored(details={}),
        stored(details={"radius_nm": "20"}),
        SafetyEvent("2", "proximity", "a:b", "warning", "", 900.0, 1000.0, lat=47.1, lon=8.0, details={"radius_nm": 20}),
    ]
    rule.resume(events, T0)
    assert fly(rule, 0, 10, good) == ([], set())
    rule.resume([stored(details={"radius_nm": 20})], T0 + 10)
    (found,), _ = fly(rule, 10, 12, good)
    assert found.details["aircraft_affected"] == 0


def test_two_areas_that_join_go_on_as_the_older_one() -> None:
    south, middle, north = set(range(5)), set(range(8, 16)), set(range(16, 21))

    def lost(which: set[int]) -> Callable[[int, float], Fields]:
        def fields(number: int, now: float) -> Fields:
            lat = (47.0, 48.0, 49.2)[number // 8] + number % 8 / 15
            return {"lat": lat, **({"nic": 0, "nac_p": 0} if number in which else {})}

        return fields

    rule = GpsInterference()
    fly(rule, 0, 20, lost(set()), count=24)
    (older,), _ = fly(rule, 20, 45, lost(north), count=24)
    two, _ = fly(rule, 45, 70, lost(south | north), count=24)
    assert {finding.key for finding in two} == {older.key, "47N008E"}
    (one,), _ = fly(rule, 70, 100, lost(south | middle | north), count=24)
    assert one.key == older.key
    assert one.details["aircraft_affected"] == 18

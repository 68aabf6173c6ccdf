"""What is known of an aircraft beside what receivers say: which source wins, and how its changes reach clients."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy import registration
from skyspy.tracker import Limits, Tracker
from tests.support.tracker import T0, heard, shown

US = "A061D9"  # N12345


@pytest.fixture
def described() -> Tracker:
    tracker = Tracker(Limits(), None, "e", registration.describe)
    tracker.descriptions.notes_newcomers = True
    return tracker


def entry(tracker: Tracker, now: float) -> dict[str, Any]:
    """The one changed aircraft of the next delta, {} without one."""
    delta = tracker.take_delta(now)
    return dict(delta.changed[0]) if delta is not None and delta.changed else {}


def test_an_aircraft_is_described_from_its_first_appearance(described: Tracker) -> None:
    described.apply(heard(T0, hex_=US, flight="DLH4AB", t="A320"), T0)
    delta = described.take_delta(T0)
    assert delta is not None
    (new,) = delta.new
    assert (new["r"], new["country"], new["country_code"]) == ("N12345", "United States", "US")
    assert (new["desc"], new["type_class"], new["wtc"]) == ("Airbus A320", "L2J", "M")
    assert (new["airline"], new["airline_icao"], new["airline_callsign"]) == ("Lufthansa", "DLH", "LUFTHANSA")


def test_a_receivers_value_wins_over_the_database_and_the_database_over_a_computed_one(described: Tracker) -> None:
    described.apply(heard(T0, hex_=US, alt_baro=3000), T0)
    assert shown(described, T0, US)["r"] == "N12345"
    described.descriptions.put({US: {"r": "N-DATA", "t": "C172", "ownOp": "Owner", "year": "1999"}})
    assert entry(described, T0 + 1) == {
        "hex": US, "r": "N-DATA", "t": "C172", "ownOp": "Owner", "year": "1999", "desc": "Cessna 172 Skyhawk", "type_class": "L1P", "wtc": "L",
    }  # fmt: skip
    described.apply(heard(T0 + 2, hex_=US, r="N-HEARD"), T0 + 2)
    assert shown(described, T0 + 2, US)["r"] == "N-HEARD"
    described.descriptions.put({US: {"r": "N-OTHER"}})
    assert shown(described, T0 + 3, US)["r"] == "N-HEARD"


def test_what_a_receiver_no_longer_says_is_as_the_database_has_it(described: Tracker) -> None:
    described.apply(heard(T0, hex_=US, r="N-HEARD", ownOp="Heard"), T0)
    described.descriptions.put({US: {"r": "N-DATA"}})
    assert shown(described, T0, US)["r"] == "N-HEARD"
    for at in range(1, 100, 10):
        described.apply(heard(T0 + at, hex_=US, alt_baro=3000 + at), T0 + at)
        aircraft = shown(described, T0 + at, US)
    assert aircraft["r"] == "N-DATA"
    assert "ownOp" not in aircraft


def test_an_expired_field_is_replaced_without_another_message(described: Tracker) -> None:
    described.apply(heard(T0, hex_=US, r="N-HEARD"), T0)
    described.apply(heard(T0 + 59, hex_=US, alt_baro=3000), T0 + 59)
    assert shown(described, T0 + 59, US)["r"] == "N-HEARD"
    assert entry(described, T0 + 61) == {"hex": US, "r": "N12345"}


def test_a_type_that_the_database_does_not_mean_is_not_described_by_it(described: Tracker) -> None:
    described.apply(heard(T0, hex_=US, t="A320"), T0)
    described.descriptions.put({US: {"t": "C172", "desc": "CESSNA 172", "ownOp": "Owner"}})
    aircraft = shown(described, T0, US)
    assert (aircraft["t"], aircraft["desc"], aircraft["wtc"], aircraft["ownOp"]) == ("A320", "Airbus A320", "M", "Owner")
    described.descriptions.put({US: {"t": "A320", "desc": "AIRBUS A-320"}})
    assert shown(described, T0 + 1, US)["desc"] == "AIRBUS A-320"


def test_the_airline_follows_the_callsign_and_leaves_with_it(described: Tracker) -> None:
    described.apply(heard(T0, flight="DLH4AB"), T0)
    assert shown(described, T0)["airline"] == "Lufthansa"
    described.apply(heard(T0 + 1, flight="BAW12"), T0 + 1)
    assert entry(described, T0 + 1)["airline"] == "British Airways"
    described.apply(heard(T0 + 2, flight="N123AB"), T0 + 2)
    changed = entry(described, T0 + 2)
    assert changed["airline"] is None
    assert changed["airline_icao"] is None
    described.apply(heard(T0 + 3, flight="BAW12"), T0 + 3)
    for at in range(10, 100, 10):
        described.apply(heard(T0 + at, alt_baro=3000 + at), T0 + at)
        aircraft = shown(described, T0 + at)
    assert "flight" not in aircraft
    assert "airline" not in aircraft


@pytest.mark.parametrize(("flags", "military"), [(1, True), (3, True), (12, False), (0, False)])
def test_an_aircraft_is_military_by_the_databases_flag(described: Tracker, flags: int, military: bool) -> None:
    described.apply(heard(T0), T0)
    described.descriptions.put({"4CA87C": {"dbFlags": flags}})
    aircraft = shown(described, T0)
    assert (aircraft["dbFlags"], aircraft["military"]) == (flags, military)
    described.descriptions.put({"4CA87C": {}})
    assert shown(described, T0)["military"] is False


def test_nothing_is_sent_where_nothing_is_new(described: Tracker) -> None:
    described.apply(heard(T0, hex_=US, r="N1"), T0)
    described.take_delta(T0)
    assert described.descriptions.put({US: {"ownOp": "Owner"}})
    assert entry(described, T0 + 1) == {"hex": US, "ownOp": "Owner"}
    assert not described.descriptions.put({US: {"ownOp": "Owner"}})
    assert not described.descriptions.put({"ABCDEF": {"ownOp": "Nobody"}})
    assert described.take_delta(T0 + 1.5) is None


def test_an_aircraft_that_comes_back_keeps_nothing_that_is_no_longer_so() -> None:
    tracker = Tracker(Limits(max_aircraft=1), None, "e", registration.describe)
    tracker.apply(heard(T0, hex_=US, flight="DLH4AB"), T0)
    tracker.descriptions.put({US: {"ownOp": "Owner"}})
    assert shown(tracker, T0, US)["airline"] == "Lufthansa"
    tracker.apply(heard(T0 + 1, hex_="4CA87C"), T0 + 1)
    tracker.apply(heard(T0 + 2, hex_=US, flight="N1"), T0 + 2)
    changed = entry(tracker, T0 + 2)
    assert changed["airline"] is None
    aircraft = tracker.aircraft(US, T0 + 2)
    assert aircraft is not None
    assert aircraft["ownOp"] == "Owner"
    assert aircraft["country"] == "United States"
    assert "airline" not in aircraft


def test_newcomers_are_noted_once_and_only_for_somebody(described: Tracker) -> None:
    described.apply(heard(T0, hex_=US), T0)
    described.apply(heard(T0 + 1, hex_=US), T0 + 1)
    described.apply(heard(T0 + 1), T0 + 1)
    assert described.descriptions.take_newcomers() == [US, "4CA87C"]
    assert described.descriptions.take_newcomers() == []
    assert described.descriptions.everyone() == [US, "4CA87C"]
    unnoticed = Tracker(Limits(), None, "e", registration.describe)
    unnoticed.apply(heard(T0), T0)
    assert unnoticed.descriptions.take_newcomers() == []

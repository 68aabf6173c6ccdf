"""How many aircraft a receiver has heard lately costs little to ask, however many they are and however many ask."""

from __future__ import annotations

from skyspy.aircraft import Observation
from skyspy.receivers.heard import AIRCRAFT_SECONDS, COUNT_SECONDS, Heard
from tests.support.costs import lines_run

T0 = 1000.0


def crowd(count: int, at: float = T0) -> Heard:
    heard = Heard()
    heard.note([Observation(f"{n:06X}", at, "adsb_icao", {}) for n in range(count)], at)
    return heard


def test_who_asks_again_in_the_same_second_looks_at_no_aircraft() -> None:
    heard = crowd(5000)
    assert heard.count(T0) == 5000
    counts: list[int] = []
    assert lines_run("receivers", lambda: counts.append(heard.count(T0 + COUNT_SECONDS / 2))) < 10
    assert counts == [5000]


def test_what_was_not_heard_for_a_minute_is_not_counted_a_second_later() -> None:
    heard = crowd(3)
    heard.note([Observation("ABCDEF", T0 + 30, "adsb_icao", {})], T0 + 30)
    assert heard.count(T0 + AIRCRAFT_SECONDS) == 4
    assert heard.count(T0 + AIRCRAFT_SECONDS + COUNT_SECONDS) == 1
    assert heard.hexes(T0 + AIRCRAFT_SECONDS + 0.1) == {"ABCDEF"}


def test_an_address_that_is_new_counts_at_once() -> None:
    heard = crowd(3)
    assert heard.count(T0) == 3
    heard.note([Observation("ABCDEF", T0 + 0.1, "adsb_icao", {})], T0 + 0.1)
    assert heard.count(T0 + 0.1) == 4

"""When an extreme vertical rate is raised (skyspy/safety/vertical_rate.py)."""

from __future__ import annotations

import pytest

from skyspy.safety.rules import EXTREME_VERTICAL_RATE, Finding
from skyspy.safety.thresholds import Thresholds
from skyspy.safety.vertical_rate import ExtremeVerticalRate
from tests.support.rounds import HEX, T0, look, state_at


@pytest.fixture
def rule() -> ExtremeVerticalRate:
    return ExtremeVerticalRate()


def flown(
    rule: ExtremeVerticalRate, *rates: int | None, altitude: int = 30000, moves: float = 1.0, step: float = 2.0, **fields: object
) -> list[list[Finding]]:
    """What each round finds while rate and altitude are received each `step` seconds; the altitude changes by `moves` of the rate."""
    found, height = [], float(altitude)
    for n, rate in enumerate(rates):
        at = T0 + n * step
        found.append(look(rule, at, state_at(at, **{"rate": rate, "alt_baro": round(height / 25) * 25, **fields})))
        height += (rate or 0) / 60 * step * moves
    return found


@pytest.mark.parametrize("rate", [6000, -6000, 6016, -9000])
def test_an_extreme_rate_received_twice_is_raised(rule: ExtremeVerticalRate, rate: int) -> None:
    first, (found,) = flown(rule, rate, rate)
    assert first == []
    assert (found.event_type, found.hex, found.details["vertical_rate_ft_min"]) == (EXTREME_VERTICAL_RATE, HEX, rate)
    assert found.severity == ("critical" if rate == -9000 else "warning")
    assert f"{abs(rate):,} ft/min" in found.message


def test_a_rate_below_the_threshold_is_not_raised(rule: ExtremeVerticalRate) -> None:
    assert not any(flown(rule, *[5984] * 5))
    assert not any(flown(rule, *[-5984] * 5))


def test_the_threshold_is_a_setting(rule: ExtremeVerticalRate) -> None:
    for n in range(2):
        found = look(
            rule,
            T0 + 2 * n,
            state_at(T0 + 2 * n, rate=-7000, alt_baro=30000 - 233 * n),
            thresholds=Thresholds(vertical_rate_ft_min=8000),
        )
        assert found == []


def test_one_extreme_rate_among_ordinary_ones_is_not_raised(rule: ExtremeVerticalRate) -> None:
    assert not any(flown(rule, 640, 16512, 640, 640, -16512, 640))


def test_rounds_over_one_reception_confirm_nothing(rule: ExtremeVerticalRate) -> None:
    once = state_at(T0, rate=-8000, alt_baro=30000)
    assert not any(look(rule, T0 + n, once) for n in range(30))


def test_extreme_rates_of_alternating_sign_are_not_raised(rule: ExtremeVerticalRate) -> None:
    assert not any(flown(rule, *[7000, -7000] * 5))


@pytest.mark.parametrize("moves", [0.0, -1.0, 0.2])
def test_a_rate_that_the_altitude_does_not_show_is_not_raised(rule: ExtremeVerticalRate, moves: float) -> None:
    assert not any(flown(rule, *[-8000] * 10, moves=moves))


def test_a_rate_is_raised_where_no_second_altitude_was_received(rule: ExtremeVerticalRate) -> None:
    _, (found,) = flown(rule, -8000, -8000, alt_baro=30000, alt_at=T0)
    assert found.details["altitude_ft"] == 30000


def test_a_descent_that_reaches_sea_level_in_a_minute_is_critical(rule: ExtremeVerticalRate) -> None:
    _, (found,) = flown(rule, -6500, -6500, altitude=6000)
    assert found.severity == "critical"
    _, (found,) = flown(ExtremeVerticalRate(), 6500, 6500, altitude=6000)
    assert found.severity == "warning"


@pytest.mark.parametrize("source", ["mlat", "tisb", "adsc"])
def test_rates_that_the_ground_computes_are_not_raised(rule: ExtremeVerticalRate, source: str) -> None:
    assert not any(flown(rule, *[-8000] * 5, source=source))


def test_what_is_on_the_ground_or_may_be_is_not_raised(rule: ExtremeVerticalRate) -> None:
    assert not any(flown(rule, *[-8000] * 5, alt_baro=None, on_ground=True))
    assert not any(flown(rule, *[-8000] * 5, alt_baro=None, on_ground=None))


def test_a_rate_that_is_not_known_is_not_extreme(rule: ExtremeVerticalRate) -> None:
    assert not any(flown(rule, None, None, None))


def test_a_fighters_threshold_is_higher(rule: ExtremeVerticalRate) -> None:
    assert not any(flown(rule, *[14000] * 5, category="A6"))
    assert flown(ExtremeVerticalRate(), 16000, 16000, category="A6")[-1]


def test_without_gps_a_rate_is_raised_only_where_the_altitude_shows_it(rule: ExtremeVerticalRate) -> None:
    for at in (T0, T0 + 2):
        assert look(rule, at, state_at(at, rate=-8000, alt_baro=30000, alt_at=T0), collapsed=[HEX]) == []
    assert look(rule, T0 + 4, state_at(T0 + 4, rate=-8000, alt_baro=29475), collapsed=[HEX])


def test_it_ends_when_the_rate_is_ordinary_again(rule: ExtremeVerticalRate) -> None:
    assert [len(found) for found in flown(rule, -8000, -8000, -8000, -3000, -8000, -8000)] == [0, 1, 1, 0, 0, 1]


def test_aircraft_that_are_gone_are_forgotten(rule: ExtremeVerticalRate) -> None:
    look(rule, T0, *[state_at(T0, f"{n:06X}", rate=7000, alt_baro=9000) for n in range(500)])
    assert rule.remembered == 500
    look(rule, T0 + 1)
    assert rule.remembered == 0

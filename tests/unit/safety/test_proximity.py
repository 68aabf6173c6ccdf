"""Two aircraft that come too near each other are found in a second look, before they pass; others are not."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

import pytest

from skyspy.aircraft_state import AircraftState
from skyspy.safety.proximity import Proximity
from skyspy.safety.rules import CRITICAL, Finding, Round
from skyspy.safety.thresholds import Thresholds
from tests.support import swiss_traffic
from tests.support.costs import longest_piece
from tests.support.encounters import meetings
from tests.support.watched_sky import WatchedSky

T0, PASS_S = 5000.0, 20.0
Fields = dict[str, Any]


def pair(at: float, a: Fields | None = None, b: Fields | None = None) -> dict[str, AircraftState]:
    """Two airliners head on at 47 N, at 450 kt each, which meet PASS_S after T0; each is heard at every second."""
    left = (T0 + PASS_S - at) * 450 / 3600 / 60 / 0.682
    every = {
        "heard_at": at,
        "pos_at": at,
        "alt_at": at,
        "rate_at": at,
        "lat": 47.0,
        "on_ground": False,
        "gs": 450.0,
        "source": "adsb",
    }
    one = {**every, "hex": "4CA87C", "lon": 8.0 - left, "track": 90.0, "alt_baro": 20_000, "rate": 0, **(a or {})}
    other = {**every, "hex": "3C6444", "lon": 8.0 + left, "track": 270.0, "alt_baro": 20_000, "rate": 0, **(b or {})}
    return {fields["hex"]: AircraftState(**fields) for fields in (one, other)}


def looks(
    count: int = 8, thresholds: Thresholds | None = None, a: Fields | None = None, b: Fields | None = None
) -> list[list[Finding]]:
    rule, result = Proximity(), []
    for second in range(count):
        now = T0 + second
        result.append(list(rule.look(Round(now, pair(now, a, b), thresholds or Thresholds()))))
    return result


def test_two_that_will_meet_are_found_in_the_second_confirmed_look_with_their_figures() -> None:
    found = looks()
    first = next(place for place, findings in enumerate(found) if findings)
    assert first <= 2
    (finding,) = found[first]
    assert (finding.hex, finding.hex_2, finding.key) == ("3C6444", "4CA87C", "3C6444:4CA87C")
    assert finding.details["closing_kt"] == pytest.approx(900, abs=3)
    assert finding.details["cpa_s"] == pytest.approx(PASS_S - first, abs=0.5)
    assert found[-1][0].severity == CRITICAL, "it is so soon"


def test_one_reception_raises_nothing_however_often_it_is_looked_at() -> None:
    rule = Proximity()
    assert [list(rule.look(Round(T0 + second, pair(T0), Thresholds()))) for second in range(6)] == [[]] * 6


@pytest.mark.parametrize(
    ("why", "a", "b"),
    [
        ("a legal separation that shows as 925 ft", {}, {"alt_baro": 20_925}),
        ("one on the ground", {}, {"on_ground": True, "alt_baro": None}),
        ("a vehicle", {}, {"category": "C2"}),
        ("one parked with an altitude", {}, {"gs": 3.0}),
        ("multilateration", {}, {"source": "mlat"}),
        ("TIS-B", {}, {"source": "tisb"}),
        ("a report over a data link", {}, {"source": "adsc"}),
        ("an address that is no ICAO address", {}, {"hex": "~3C6444"}),
        ("an altitude that is not known", {}, {"alt_baro": None, "on_ground": None}),
        ("an old position", {}, {"pos_at": T0 - 20}),
        ("two that fly apart", {"track": 270.0}, {"track": 90.0}),
        ("a formation", {"lat": 47.001}, {"lat": 47.002, "track": 90.0, "lon": 8.0}),
    ],
)
def test_silent(why: str, a: Fields, b: Fields) -> None:
    assert not any(looks(a=a, b=b)), why


def test_no_setting_makes_a_legal_separation_a_conflict() -> None:
    assert not any(looks(thresholds=Thresholds(proximity_ft=2000, proximity_high_ft=2000), b={"alt_baro": 20_925}))


def test_an_aircraft_without_gps_is_left_out() -> None:
    rule = Proximity()
    for second in range(5):
        now = T0 + second
        assert not list(rule.look(Round(now, pair(now), Thresholds(), collapsed={"4CA87C"})))


def test_one_bad_altitude_raises_nothing() -> None:
    rule = Proximity()
    for second in range(8):
        now = T0 + second
        other = {"alt_baro": 20_000 if second == 4 else 27_000}
        assert not list(rule.look(Round(now, pair(now, b=other), Thresholds())))


def test_a_crowd_of_pairs_is_looked_at_in_short_pieces() -> None:
    crowd: dict[str, AircraftState] = {}
    for number in range(600):
        crowd |= pair(T0, *({"hex": f"{side}{number:05X}", "lat": number / 10} for side in "AB"))
    rule = Proximity()
    pieces = [
        longest_piece("safety", lambda pause: list(rule.look(Round(T0, crowd, Thresholds(), pause=pause)))) for _ in range(2)
    ]
    assert rule.remembered == 600
    assert max(pieces) < 6000


def test_encounters_in_recorded_traffic_are_found_inside_the_thresholds_only() -> None:
    if not swiss_traffic.RECORDING.exists():
        pytest.skip(f"needs the recorded data ../shared/data/traffic/{swiss_traffic.RECORDING.name}")
    times = swiss_traffic.START + 80, swiss_traffic.START + 180
    met = list(meetings(3, 24, times, swiss_traffic.BOX, Thresholds()))
    recorded = dict(takewhile(lambda sample: sample[0] <= times[1] + 30, swiss_traffic.seconds()))
    sky = WatchedSky([Proximity()])
    for second in range(int(swiss_traffic.START), int(times[1]) + 30):
        sky.hear(recorded.get(float(second), ()))
        for meeting in met:
            sky.hear(meeting.observations(float(second)))
        sky.look(float(second))
    found = {key: at for (_, key), at in sky.first.items()}
    assert [one.name for one in met if one.is_inside and found.get(one.key, 1e9) >= one.passes_at] == []
    assert [one.name for one in met if not one.is_inside and one.key in found] == []

"""No rule, no movement and no threat fails on any observation, at the poles and at the antimeridian too."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from skyspy.aircraft import EMERGENCIES, Observation
from skyspy.movements import Movements
from skyspy.registration import describe
from skyspy.safety.all_rules import all_rules
from skyspy.safety.events import Now, OpenEvents
from skyspy.safety.rules import EVENT_TYPES, SEVERITIES, Round
from skyspy.safety.thresholds import Thresholds
from skyspy.threats import assess
from skyspy.tracker import Limits, Tracker
from skyspy.tracker.freezing import Freezer
from tests.support.airports import shipped

HEXES = ("4CA87C", "4CA87D", "3C6444", "~4CA87C", "000000", "FFFFFF")
SOURCES = ("adsb_icao", "adsb_icao_nt", "adsr_icao", "tisb_icao", "tisb_other", "mlat", "mode_s", "adsc", "other")
T0 = 5000.0

latitudes = st.sampled_from([-90.0, -89.9999, -0.00001, 0.0, 47.0, 47.001, 69.999, 70.5, 71.001, 89.9999, 90.0]) | st.floats(
    -90, 90
)
longitudes = st.sampled_from([-180.0, -179.9999, 0.0, 8.0, 8.001, 179.9999, 180.0]) | st.floats(-180, 180)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "alt_baro": st.sampled_from(["ground", -2000, 0, 500, 4000, 20_000, 20_100, 33_000, 126_750]) | st.integers(-2000, 126_750),
    "alt_geom": st.integers(-2000, 126_750),
    "gs": st.sampled_from([0.0, 40.0, 450.0, 4096.0]) | st.floats(0, 4096),
    "track": st.sampled_from([0.0, 90.0, 270.0, 359.9]) | st.floats(0, 359.9),
    "baro_rate": st.sampled_from([-65_000, -7000, 0, 7000, 65_000]) | st.integers(-65_000, 65_000),
    "geom_rate": st.integers(-65_000, 65_000),
    "flight": st.sampled_from(["SWR1", "", "PIROL1", "NPAS21"]) | st.text(max_size=8),
    "squawk": st.sampled_from(["7500", "7600", "7700", "7000", "4401", "0000"]),
    "emergency": st.sampled_from(sorted(EMERGENCIES)),
    "category": st.sampled_from(["A0", "A1", "A3", "A6", "A7", "B1", "B2", "C2", "D7"]),
    "t": st.sampled_from(["A320", "F16", "K35R", "EC35", "GND"]),
    "dbFlags": st.integers(0, 15),
    "version": st.integers(0, 2),
    "nic": st.integers(0, 11),
    "nac_p": st.integers(0, 11),
    "nav_qnh": st.sampled_from([800.0, 990.0, 1013.2, 1100.0]),
    "nav_altitude_mcp": st.integers(0, 60_000),
    "acas_ra": st.fixed_dictionaries(
        {},
        optional={
            "df_type": st.sampled_from([16, 17, 20, "17"]),
            "ARA": st.sampled_from(["1110000", "0000000", "1", ""]),
            "RAT": st.sampled_from(["0", "1", 1]),
            "MTE": st.sampled_from(["0", "1"]),
            "advisory": st.sampled_from(["Climb", "Clear of Conflict", ""]),
            "threat_id_hex": st.sampled_from(["4ca87c", "3c6444", "", "zzzzzz"]),
        },
    ),
}
"""Values at their limits, ordinary ones, and any others."""

positions = st.none() | st.fixed_dictionaries({"lat": latitudes, "lon": longitudes})
observations = st.tuples(
    st.sampled_from(HEXES), st.sampled_from(SOURCES), positions, st.fixed_dictionaries({}, optional=FIELDS), st.floats(-30, 0)
)
rounds = st.lists(st.tuples(st.sampled_from([0.5, 1.0, 3.0, 20.0, 700.0]), st.lists(observations, max_size=4)), max_size=10)
tables = st.sampled_from([None, shipped()])
KINDS = (st.just({}), st.just({"gps_aircraft": 1, "gps_percent": 1}))


@tries(max_examples=20, deadline=None)
@given(rounds, tables, st.one_of(*KINDS), st.booleans())
def test_whatever_receivers_hear_every_round_is_looked_at_to_its_end(
    heard: list[tuple[float, list[Any]]], airports: Any, limits: dict[str, int], helicopters: bool
) -> None:
    tracker = Tracker(Limits(max_range_nm=0), None, "test", describe)
    freezer, rules, movements, events = Freezer(tracker), all_rules(), Movements(), OpenEvents()
    thresholds = Thresholds(low_altitude_helicopters=helicopters, **limits)  # type: ignore[arg-type]
    now = T0
    for seconds, observed in heard:
        now += seconds
        for hex_, source, position, fields, ago in observed:
            tracker.apply(Observation(hex_, now + ago, source, {**(position or {}), **fields}, now + ago, 2), now)
        tracker.take_delta(now)
        look = Round(now, freezer.freeze(now), thresholds, airports)
        list(movements.look(look.aircraft, now, airports))
        for state in look.aircraft.values():
            assess(state, movements.current(state.hex))
        found = [finding for rule in rules for finding in rule.look(look)]
        assert all(one.event_type in EVENT_TYPES and one.severity in SEVERITIES and one.message for one in found)
        assert len({(one.event_type, one.key) for one in found}) == len(found), "one finding for each situation"
        events.look(Now(now, now), found, look.aircraft, 60.0)


near = st.tuples(
    st.floats(-0.01, 0.01), st.floats(-0.01, 0.01), st.floats(0, 600), st.floats(0, 359.9), st.integers(19_500, 20_500)
)


@tries(max_examples=25, deadline=None)
@given(
    st.sampled_from([(90.0, 0.0), (-90.0, 0.0), (89.995, 77.0), (70.5, 180.0), (71.0, -180.0), (0.0, 180.0), (-17.0, 179.999)]),
    st.lists(st.lists(near, min_size=2, max_size=3), min_size=3, max_size=8),
)
def test_aircraft_that_crowd_at_a_pole_or_at_the_antimeridian_fail_no_round(
    place: tuple[float, float], seconds: list[list[tuple[float, float, float, float, int]]]
) -> None:
    tracker = Tracker(Limits(max_range_nm=0), None, "test", describe)
    freezer, rules, movements, now = Freezer(tracker), all_rules(), Movements(), T0
    for crowd in seconds:
        now += 1
        for hex_, (north, east, gs, track, feet) in zip(HEXES, crowd, strict=False):
            lat, lon = max(-90.0, min(90.0, place[0] + north)), (place[1] + east + 540.0) % 360.0 - 180.0
            fields = {"lat": lat, "lon": lon, "gs": gs, "track": track, "alt_baro": feet, "baro_rate": 0, "version": 2, "nic": 8}
            tracker.apply(Observation(hex_, now, "adsb_icao", fields, now, 2), now)
        tracker.take_delta(now)
        look = Round(now, freezer.freeze(now), Thresholds(), shipped())
        list(movements.look(look.aircraft, now, look.airports))
        for finding in (finding for rule in rules for finding in rule.look(look)):
            assert finding.lat is not None
            assert finding.lon is not None
            assert -90 <= finding.lat <= 90
            assert -180 <= finding.lon <= 180

"""Freezes tracked aircraft into AircraftStates, for rules.

A state has the values as they are now, also those that the next delta will publish: so each value goes with the time at which it was
received. An aircraft of which nothing was published and nothing heard since is frozen once: the same record is given again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from skyspy.aircraft_state import AircraftState
from skyspy.timeline import time_on
from skyspy.tracker.gate import Stamp
from skyspy.tracker.tracked_aircraft import TrackedAircraft
from skyspy.tracker.tracker import Tracker


class Freezer:
    """The frozen aircraft of one tracker."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._frozen: dict[str, tuple[TrackedAircraft, int, float, AircraftState]] = {}

    def freeze(self, now: float, pause: Callable[[], None] = lambda: None) -> dict[str, AircraftState]:
        """Every listed aircraft by hex at `now` (steady seconds). `pause` may yield: each record is whole, though not all are of the
        same moment then."""
        before, result = self._frozen, {}
        kept: dict[str, tuple[TrackedAircraft, int, float, AircraftState]] = {}
        for place, aircraft in enumerate(self._tracker.states()):
            if place % 64 == 63:
                pause()
            if aircraft.gone:
                continue
            hex_ = aircraft.hex
            entry = before.get(hex_)
            if entry is None or entry[0] is not aircraft or entry[1] != aircraft.version or entry[2] != aircraft.seen_at:
                entry = (aircraft, aircraft.version, aircraft.seen_at, state_of(aircraft, now))
            kept[hex_] = entry
            result[hex_] = entry[3]
        self._frozen = kept
        return result


def state_of(aircraft: TrackedAircraft, now: float) -> AircraftState:
    """The state of one aircraft; `now` in steady seconds."""
    values: Mapping[str, Any] = aircraft.public if len(aircraft.pending) == 1 else {**aircraft.public, **aircraft.pending}
    get, stamps = values.get, aircraft.stamps
    shift = now - time_on(aircraft.timeline, now)

    def at(*names: str) -> float | None:
        found: list[Stamp] = [stamps[name] for name in names if name in stamps]
        return max(stamp.at for stamp in found) + shift if found else None

    altitude, lat, lon = get("alt_baro"), get("lat"), get("lon")
    on_ground = altitude == "ground"
    rate_name = "baro_rate" if get("baro_rate") is not None else "geom_rate"
    has_position = lat is not None and lon is not None
    return AircraftState(
        hex=aircraft.hex,
        heard_at=aircraft.seen_at + shift,
        lat=lat if has_position else None,
        lon=lon if has_position else None,
        pos_at=aircraft.position.at + shift if has_position else None,
        on_ground=None if altitude is None else on_ground,
        alt_baro=None if on_ground else altitude,
        alt_geom=get("alt_geom"),
        alt_at=at("alt_baro"),
        gs=get("gs"),
        track=get("track"),
        rate=get(rate_name),
        rate_at=at(rate_name),
        flight=get("flight"),
        squawk=get("squawk"),
        squawk_at=at("squawk"),
        emergency=get("emergency"),
        emergency_at=at("emergency"),
        acas_ra=get("acas_ra"),
        category=get("category"),
        t=get("t"),
        type_class=get("type_class"),
        wtc=get("wtc"),
        r=get("r"),
        own_op=get("ownOp"),
        country_code=get("country_code"),
        airline_icao=get("airline_icao"),
        military=bool(get("military")),
        source=get("source", "other"),
        version=get("version"),
        nic=get("nic"),
        nac_p=get("nac_p"),
        quality_at=at("nic", "nac_p"),
        gps_ok_before=get("gpsOkBefore"),
        nav_qnh=get("nav_qnh"),
        acas_ra_at=at("acas_ra"),
    )

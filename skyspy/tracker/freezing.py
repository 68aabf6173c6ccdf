"""Freezes tracked aircraft into AircraftStates, for rules: with what was accepted since the last delta, which no client has been
shown yet.

An aircraft that is as it was, and was not heard since, is frozen once: the same record is given again. So while a recording waits, its
aircraft grow older, and nothing of theirs looks as if it were received again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyspy.aircraft_state import AircraftState
from skyspy.timeline import time_on
from skyspy.tracker.tracked_aircraft import TrackedAircraft
from skyspy.tracker.tracker import Tracker

_UNPUBLISHED = -1
"""In place of a version: frozen with changes that the next delta takes."""

_VALUES = (
    "lat", "lon", "alt_baro", "alt_geom", "gs", "track", "baro_rate", "geom_rate", "flight", "squawk", "emergency", "acas_ra", "category",
    "t", "type_class", "wtc", "r", "ownOp", "country_code", "airline_icao", "military", "source", "version", "nic", "nac_p", "gpsOkBefore",
    "nav_qnh", "nav_altitude_mcp",
)  # fmt: skip

_Entry = tuple[TrackedAircraft, int, float, AircraftState]
"""An aircraft, its version, when it was heard by its clock, and its state then."""


class Freezer:
    """The frozen aircraft of one tracker."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._frozen: dict[str, _Entry] = {}

    def freeze(self, now: float, pause: Callable[[], None] = lambda: None) -> dict[str, AircraftState]:
        """Every listed aircraft by hex at `now` (steady seconds). `pause` may yield: each record is whole, though not all are of the
        same moment then."""
        before, result = self._frozen, {}
        kept: dict[str, _Entry] = {}
        for place, aircraft in enumerate(self._tracker.states()):
            if place & 63 == 63:
                pause()
            if aircraft.gone:
                continue
            hex_, entry = aircraft.hex, before.get(aircraft.hex)
            if (
                entry is None or entry[2] != aircraft.seen_at or entry[1] != aircraft.version or entry[0] is not aircraft
                or len(aircraft.pending) > 1
            ):  # fmt: skip
                version = aircraft.version if len(aircraft.pending) == 1 else _UNPUBLISHED
                entry = (aircraft, version, aircraft.seen_at, state_of(aircraft, now))
            kept[hex_] = entry
            result[hex_] = entry[3]
        self._frozen = kept
        return result


def state_of(aircraft: TrackedAircraft, now: float) -> AircraftState:
    """The state of one aircraft; `now` in steady seconds. With 10,000 aircraft this is called as often each second: it gives all fields
    by their place, and finds each value and each time once."""
    shift = 0.0 if aircraft.timeline is None else now - time_on(aircraft.timeline, now)
    values: dict[str, Any] = aircraft.public if len(aircraft.pending) == 1 else {**aircraft.public, **aircraft.pending}
    (
        lat, lon, altitude, alt_geom, gs, track, baro_rate, geom_rate, flight, squawk, emergency, acas_ra, category, t, type_class, wtc, r,
        own_op, country_code, airline_icao, military, source, version, nic, nac_p, gps_ok_before, nav_qnh, nav_altitude_mcp,
    ) = map(values.get, _VALUES)  # fmt: skip
    stamp_of = aircraft.stamps.get
    pos_at: float | None = aircraft.position.at + shift
    rate, alt, rate_stamp, squawk_stamp = baro_rate, stamp_of("alt_baro"), stamp_of("baro_rate"), stamp_of("squawk")
    nic_stamp, nac_stamp = stamp_of("nic"), stamp_of("nac_p")
    if lat is None or lon is None:
        lat = lon = pos_at = None
    if rate is None:
        rate, rate_stamp = geom_rate, stamp_of("geom_rate")
    on_ground = None if altitude is None else altitude == "ground"
    if on_ground:
        altitude = None
    if nic_stamp is None or (nac_stamp is not None and nac_stamp.at > nic_stamp.at):
        nic_stamp = nac_stamp
    return AircraftState._make((
        aircraft.hex, aircraft.seen_at + shift, lat, lon, pos_at, on_ground, altitude, alt_geom,
        None if alt is None else alt.at + shift, gs, track, rate, None if rate_stamp is None else rate_stamp.at + shift, flight,
        squawk, None if squawk_stamp is None else squawk_stamp.at + shift,
        emergency, None if emergency is None else _at(aircraft, "emergency", shift),
        acas_ra, category, t, type_class, wtc, r, own_op, country_code, airline_icao, bool(military), source or "other", version,
        nic, nac_p, None if nic_stamp is None else nic_stamp.at + shift, gps_ok_before, nav_qnh, nav_altitude_mcp,
        aircraft.type_at + shift, None if acas_ra is None else _at(aircraft, "acas_ra", shift),
    ))  # fmt: skip


def _at(aircraft: TrackedAircraft, name: str, shift: float) -> float | None:
    """When the value was received last, in steady seconds."""
    stamp = aircraft.stamps.get(name)
    return None if stamp is None else stamp.at + shift

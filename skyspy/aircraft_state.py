"""The state of one aircraft at one moment, for rules: frozen, so that a rule may pause while the tracker goes on.

All times are seconds on the steady clock, also those of an aircraft that a recording plays. None: not known, which never means low,
slow or landed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from skyspy.aircraft import Scalar


class AircraftState(NamedTuple):
    """One aircraft. Field names and units are those of aircraft.FIELDS; what differs:

    `lat` and `lon` are both None or both known, and `pos_at` is then the time of the position. `alt_baro` is in feet and None on the
    ground, where `on_ground` is true; `on_ground` is None where neither is known. `rate`: feet per minute, barometric where known, else
    geometric. `heard_at`: when anything was heard. `squawk_at`, `emergency_at`, `alt_at`, `rate_at`, `acas_ra_at`, `quality_at`: when
    the value was received last (quality: `nic` or `nac_p`). `source`: adsb, adsr, tisb, adsc, mlat, mode_s or other; `source_at`: when
    anything came from it.
    """

    hex: str
    heard_at: float
    lat: float | None = None
    lon: float | None = None
    pos_at: float | None = None
    on_ground: bool | None = None
    alt_baro: int | None = None
    alt_geom: int | None = None
    alt_at: float | None = None
    gs: float | None = None
    track: float | None = None
    rate: int | None = None
    rate_at: float | None = None
    flight: str | None = None
    squawk: str | None = None
    squawk_at: float | None = None
    emergency: str | None = None
    emergency_at: float | None = None
    acas_ra: Mapping[str, Scalar] | None = None
    category: str | None = None
    t: str | None = None
    type_class: str | None = None
    wtc: str | None = None
    r: str | None = None
    own_op: str | None = None
    country_code: str | None = None
    airline_icao: str | None = None
    military: bool = False
    source: str = "other"
    version: int | None = None
    nic: int | None = None
    nac_p: int | None = None
    quality_at: float | None = None
    gps_ok_before: float | None = None
    nav_qnh: float | None = None
    nav_altitude_mcp: int | None = None
    source_at: float | None = None
    acas_ra_at: float | None = None

    @property
    def point(self) -> tuple[float, float] | None:
        """Latitude and longitude; None where it has no position."""
        return None if self.lat is None or self.lon is None else (self.lat, self.lon)

    @property
    def is_icao(self) -> bool:
        """Whether `hex` is an ICAO address, and not one that a receiver or a ground station has chosen."""
        return self.hex[0] != "~"

"""The observations of one simulated flight, computed from its pose.

Invariant: fields are consistent. Track and ground speed match the movement; airspeeds and headings follow from them and
the wind, Mach number and temperature from the standard atmosphere, roll from the rate of turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan, atan2, cos, degrees, exp, hypot, log10, radians, sin, sqrt, tan

from skyspy.aircraft import Observation, Value
from skyspy.geo import Point, destination
from skyspy.simulate.names import Identity
from skyspy.simulate.random_stream import RandomStream
from skyspy.simulate.route import GROUND, Pose, Route

DECLINATION = 3.0
"""Magnetic declination in degrees east, the same everywhere."""
POSITION_FIELDS = ("lat", "lon", "gs", "track", "baro_rate")
"""Fields that multilateration and TIS-B compute."""

EMERGENCIES: tuple[tuple[str, str], ...] = (("7700", "general"), ("7600", "nordo"), ("7700", "general"), ("7700", "minfuel"))
"""Squawk and emergency field of flights of the kind "distress"; one is chosen per flight."""
EMERGENCY_AFTER_S = 520.0
"""Seconds after the start of its route at which a flight of the kind "distress" declares its emergency."""

SOURCES: dict[str, tuple[tuple[float, str], ...]] = {
    "overflight": ((0.06, "mlat"), (0.05, "mode_s")),
    "arrival": (),
    "departure": (),
    "circuit": ((0.20, "adsr_icao"), (0.15, "tisb_icao")),
    "wander": ((0.25, "adsr_icao"), (0.20, "tisb_icao"), (0.10, "mode_s")),
    "hover": ((0.25, "mlat"),),
    "military": (),
    "distress": (),
    "incident": (),
}
"""By kind, the probability of each source other than ADS-B. adsr_icao is a UAT aircraft that a ground station
rebroadcasts."""


@dataclass(frozen=True, slots=True)
class Weather:
    """Wind at the ground (direction in degrees, knots) and pressure at sea level (hPa)."""

    wind_from: float
    wind_kt: float
    qnh: float

    def wind(self, alt_ft: float) -> tuple[float, float]:
        """Wind direction in degrees and speed in knots at an altitude; speed increases and direction veers with height."""
        share = min(1.0, max(0.0, alt_ft / 36000))
        return (self.wind_from + 25 * share) % 360.0, self.wind_kt * (1 + 2 * share)


class Flight:
    """One flight: an aircraft with its identity, source and data quality, on a route. `kind`: a key of SOURCES."""

    __slots__ = ("_emergency", "_emergency_until", "_fixed", "_quality", "_source", "_weather", "identity", "route")

    def __init__(self, random: RandomStream, kind: str, identity: Identity, route: Route, weather: Weather) -> None:
        self.route = route
        self.identity, self._weather = identity, weather
        self._source = _source(random, kind)
        self._emergency: tuple[str, str] | None = random.pick(EMERGENCIES) if kind == "distress" else None
        self._emergency_until = EMERGENCY_AFTER_S + random.between(200, 330)
        self._fixed: dict[str, Value] = {"t": identity.model.designator, "desc": identity.model.description}
        if identity.registration:
            self._fixed["r"] = identity.registration
        if kind == "military":
            self._fixed["dbFlags"] = 1
        self._quality: dict[str, Value] = {
            "version": 2, "nic_baro": 1, "nac_p": random.whole(9, 10), "nac_v": random.whole(1, 2), "sil": 3,
            "sil_type": "perhour", "gva": 2, "sda": 2, "alert": 0, "spi": 0,
        }  # fmt: skip

    def observations(self, pose: Pose, elapsed: float, at: float, centre: Point) -> list[Observation]:
        """The observations of one second at this pose, `elapsed` seconds into the route; `at` is their steady time."""
        distance = hypot(pose.x, pose.y)
        fields = dict(self._fixed)
        fields["rssi"] = round(max(-35.0, -4.0 - 12 * log10(1 + distance / 4) - (4 if pose.phase in GROUND else 0)), 1)
        self._add_squawk(fields, elapsed)
        position = destination(centre, degrees(atan2(pose.x, pose.y)), distance)
        # The flat map's north differs from true north with the distance east or west of the centre.
        track = (pose.heading + convergence(centre, position)) % 360.0
        where: dict[str, Value] = {"lat": round(position[0], 6), "lon": round(position[1], 6), "gs": round(pose.gs, 1)}
        if pose.phase in GROUND:
            return self._on_ground(fields, where, track, at)
        where |= {"track": _angle(track), "baro_rate": round(pose.climb / 64) * 64}
        fields["alt_baro"] = round(pose.alt_ft / 25) * 25
        if self._source in ("mode_s", "mlat"):
            fields["flight"] = self.identity.callsign
            mode_s = Observation(self.identity.hex, at, "mode_s", fields, None, 3)
            return [mode_s] if self._source == "mode_s" else [mode_s, Observation(self.identity.hex, at, "mlat", where, None, 1)]
        fields |= where
        fields |= {"nic": 8, "rc": 186, "flight": self.identity.callsign, "category": self.identity.model.category}
        fields["alt_geom"] = round((pose.alt_ft + (self._weather.qnh - 1013.25) * 27 + 150) / 25) * 25
        if self._source == "tisb_icao":
            return [Observation(self.identity.hex, at, self._source, fields, None, 1)]
        fields |= self._quality
        self._add_air_data(fields, pose, track)
        if self.identity.model.category not in ("A1", "A7"):
            self._add_selected_values(fields, pose, track - pose.heading)
        return [Observation(self.identity.hex, at, self._source, fields, None, 6)]

    def _add_squawk(self, fields: dict[str, Value], elapsed: float) -> None:
        if self._emergency is not None and EMERGENCY_AFTER_S <= elapsed < self._emergency_until:
            fields["squawk"], fields["emergency"] = self._emergency
        else:
            fields["squawk"], fields["emergency"] = self.identity.squawk, "none"

    def _on_ground(self, fields: dict[str, Value], where: dict[str, Value], track: float, at: float) -> list[Observation]:
        fields |= where
        fields |= self._quality
        fields |= {"alt_baro": "ground", "track": _angle(track), "flight": self.identity.callsign, "nic": 8, "rc": 186}
        fields["category"] = self.identity.model.category
        # On the ground every aircraft is received by ADS-B, whatever its source in the air.
        return [Observation(self.identity.hex, at, "adsb_icao", fields, None, 2)]

    def _add_air_data(self, fields: dict[str, Value], pose: Pose, track: float) -> None:
        """Add airspeeds, headings, roll and, above 8000 ft, Mach number, wind and temperatures."""
        wind_from, wind_kt = self._weather.wind(pose.alt_ft)
        east = pose.gs * sin(radians(track)) + wind_kt * sin(radians(wind_from))
        north = pose.gs * cos(radians(track)) + wind_kt * cos(radians(wind_from))
        tas, heading = hypot(east, north), degrees(atan2(east, north)) % 360.0
        kelvin = max(216.65, 288.15 - 0.0019812 * pose.alt_ft)
        mach = tas / (38.967854 * sqrt(kelvin))
        fields |= {
            "tas": round(tas),
            "ias": round(tas * sqrt(_density(pose.alt_ft))),
            "true_heading": _angle(heading),
            "mag_heading": _angle(heading - DECLINATION),
            "roll": round(degrees(atan(pose.gs * 0.514444 * radians(pose.turn_rate) / 9.80665)), 2),
            "track_rate": round(pose.turn_rate, 2),
        }
        if pose.alt_ft > 8000:
            fields |= {
                "mach": round(mach, 3),
                "wd": round(wind_from) % 360,
                "ws": round(wind_kt),
                "oat": round(kelvin - 273.15),
                "tat": round(kelvin * (1 + 0.2 * mach * mach) - 273.15),
                "geom_rate": round(pose.climb / 32) * 32,
            }

    def _add_selected_values(self, fields: dict[str, Value], pose: Pose, convergence: float) -> None:
        """Add the values selected by the crew: altimeter setting, altitude, heading and modes."""
        fields["nav_qnh"] = self._weather.qnh if pose.alt_ft < 10000 else 1013.2
        fields["nav_altitude_mcp"] = round(pose.aim_ft / 16) * 16
        fields["nav_heading"] = _angle(pose.aim_heading + convergence - DECLINATION)
        if pose.phase == "approach":
            fields["nav_modes"] = ("autopilot", "approach", "tcas")
        elif pose.climb:
            fields["nav_modes"] = ("autopilot", "vnav", "lnav", "tcas")
        else:
            fields["nav_modes"] = ("autopilot", "althold", "lnav", "tcas")


def _source(random: RandomStream, kind: str) -> str:
    number = random.unit()
    for share, source in SOURCES[kind]:
        if number < share:
            return source
        number -= share
    return "adsb_icao"


def _angle(value: float) -> float:
    """An angle as it is sent: degrees with two decimals, 0 <= x < 360."""
    return round(value % 360.0, 2) % 360.0


def convergence(centre: Point, position: Point) -> float:
    """Meridian convergence in degrees: the change in bearing along a great circle from the centre to the position."""
    middle, half = radians((centre[0] + position[0]) / 2), radians((position[1] - centre[1] + 180) % 360 - 180) / 2
    return 2 * degrees(atan(tan(half) * sin(middle) / cos(radians(position[0] - centre[0]) / 2)))


def _density(alt_ft: float) -> float:
    """Density of the standard atmosphere as a share of that at sea level."""
    if alt_ft < 36089:
        return float((1 - 6.8756e-6 * alt_ft) ** 4.2559)
    return 0.2971 * exp(-(alt_ft - 36089) / 20806)

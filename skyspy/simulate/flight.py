"""Pure: one flight as a receiver hears it: every field follows from its pose.

Law: what is told agrees with itself. Track and ground speed are the movement's, airspeeds and headings
come from them and the wind, Mach and temperature from the standard atmosphere, roll from the turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan, atan2, cos, degrees, exp, hypot, log10, radians, sin, sqrt, tan

from skyspy.aircraft import Observation, Value
from skyspy.geo import Point, destination
from skyspy.simulate.draw import Draw
from skyspy.simulate.names import Identity
from skyspy.simulate.plans import Kind
from skyspy.simulate.route import GROUND, Pose, Route

DECLINATION = 3.0
"""Degrees that magnetic north lies east of true north, all over the invented sky."""
POSITION_FIELDS = ("lat", "lon", "gs", "track", "baro_rate")
"""What multilateration and TIS-B work out for themselves."""

DISTRESS: tuple[tuple[str, str], ...] = (("7700", "general"), ("7600", "nordo"), ("7700", "general"), ("7700", "minfuel"))
"""Squawk and emergency field of those in distress."""
DISTRESS_AFTER = 520.0
"""Seconds into its route that a flight of the kind "distress" declares it."""

SOURCES: dict[str, tuple[tuple[float, str], ...]] = {
    "overflight": ((0.06, "mlat"), (0.05, "mode_s")),
    "arrival": (),
    "departure": (),
    "circuit": ((0.20, "adsr_icao"), (0.15, "tisb_icao")),
    "wander": ((0.25, "adsr_icao"), (0.20, "tisb_icao"), (0.10, "mode_s")),
    "hover": ((0.25, "mlat"),),
    "military": (),
    "distress": (),
}
"""How often a kind's flight is heard otherwise than by its own ADS-B; adsr_icao is a UAT aircraft that
a ground station repeats."""


@dataclass(frozen=True, slots=True)
class Weather:
    """The wind at the ground (from degrees, knots) and the pressure at sea level (hPa)."""

    wind_from: float
    wind_kt: float
    qnh: float

    def wind(self, alt_ft: float) -> tuple[float, float]:
        """Direction it comes from and knots; it grows and veers with height."""
        share = min(1.0, max(0.0, alt_ft / 36000))
        return (self.wind_from + 25 * share) % 360.0, self.wind_kt * (1 + 2 * share)


class Flight:
    """One flight of somebody along a route."""

    __slots__ = ("_alarm", "_calm", "_fixed", "_quality", "_source", "_weather", "_who", "route")

    def __init__(self, draw: Draw, kind: Kind, who: Identity, route: Route, weather: Weather) -> None:
        self.route = route
        self._who, self._weather = who, weather
        self._source = _source(draw, kind.name)
        self._alarm: tuple[str, str] | None = draw.pick(DISTRESS) if kind.name == "distress" else None
        self._calm = DISTRESS_AFTER + draw.between(200, 330)
        self._fixed: dict[str, Value] = {"t": who.model.designator, "desc": who.model.says}
        if who.registration:
            self._fixed["r"] = who.registration
        if kind.name == "military":
            self._fixed["dbFlags"] = 1
        self._quality: dict[str, Value] = {
            "version": 2, "nic_baro": 1, "nac_p": draw.whole(9, 10), "nac_v": draw.whole(1, 2), "sil": 3,
            "sil_type": "perhour", "gva": 2, "sda": 2, "alert": 0, "spi": 0,
        }  # fmt: skip

    def heard(self, pose: Pose, elapsed: float, at: float, centre: Point) -> list[Observation]:
        """One second's observations of the flight at this pose."""
        distance = hypot(pose.x, pose.y)
        fields = dict(self._fixed)
        fields["rssi"] = round(max(-35.0, -4.0 - 12 * log10(1 + distance / 4) - (4 if pose.phase in GROUND else 0)), 1)
        self._tell_code(fields, elapsed)
        place = destination(centre, degrees(atan2(pose.x, pose.y)), distance)
        # North of the flat map and true north part with the distance east or west of the centre.
        track = (pose.heading + _convergence(centre, place)) % 360.0
        where: dict[str, Value] = {"lat": round(place[0], 6), "lon": round(place[1], 6), "gs": round(pose.gs, 1)}
        if pose.phase in GROUND:
            return self._on_ground(fields, where, track, at)
        where |= {"track": _angle(track), "baro_rate": round(pose.climb / 64) * 64}
        fields["alt_baro"] = round(pose.alt_ft / 25) * 25
        if self._source in ("mode_s", "mlat"):
            fields["flight"] = self._who.callsign
            plain = Observation(self._who.hex, at, "mode_s", fields, None, 3)
            return [plain] if self._source == "mode_s" else [plain, Observation(self._who.hex, at, "mlat", where, None, 1)]
        fields |= where
        fields |= {"nic": 8, "rc": 186, "flight": self._who.callsign, "category": self._who.model.category}
        fields["alt_geom"] = round((pose.alt_ft + (self._weather.qnh - 1013.25) * 27 + 150) / 25) * 25
        if self._source == "tisb_icao":
            return [Observation(self._who.hex, at, self._source, fields, None, 1)]
        fields |= self._quality
        self._tell_air(fields, pose, track)
        if self._who.model.category not in ("A1", "A7"):
            self._tell_crew(fields, pose, track - pose.heading)
        return [Observation(self._who.hex, at, self._source, fields, None, 6)]

    def _tell_code(self, fields: dict[str, Value], elapsed: float) -> None:
        if self._alarm is not None and DISTRESS_AFTER <= elapsed < self._calm:
            fields["squawk"], fields["emergency"] = self._alarm
        else:
            fields["squawk"], fields["emergency"] = self._who.squawk, "none"

    def _on_ground(self, fields: dict[str, Value], where: dict[str, Value], track: float, at: float) -> list[Observation]:
        fields |= where
        fields |= self._quality
        fields |= {"alt_baro": "ground", "track": _angle(track), "flight": self._who.callsign, "nic": 8, "rc": 186}
        fields["category"] = self._who.model.category
        # On the ground an ADS-B transmitter is heard directly, whatever carries it in the air.
        return [Observation(self._who.hex, at, "adsb_icao", fields, None, 2)]

    def _tell_air(self, fields: dict[str, Value], pose: Pose, track: float) -> None:
        """Airspeed, heading, temperature and roll."""
        wind_from, wind_kt = self._weather.wind(pose.alt_ft)
        east = pose.gs * sin(radians(track)) + wind_kt * sin(radians(wind_from))
        north = pose.gs * cos(radians(track)) + wind_kt * cos(radians(wind_from))
        tas, heading = hypot(east, north), degrees(atan2(east, north)) % 360.0
        kelvin = max(216.65, 288.15 - 0.0019812 * pose.alt_ft)
        mach = tas / (38.967854 * sqrt(kelvin))
        fields |= {
            "tas": float(round(tas)),
            "ias": float(round(tas * sqrt(_density(pose.alt_ft)))),
            "true_heading": _angle(heading),
            "mag_heading": _angle(heading - DECLINATION),
            "roll": round(degrees(atan(pose.gs * 0.514444 * radians(pose.turn_rate) / 9.80665)), 2),
            "track_rate": round(pose.turn_rate, 2),
        }
        if pose.alt_ft > 8000:
            fields |= {
                "mach": round(mach, 3),
                "wd": float(round(wind_from) % 360),
                "ws": float(round(wind_kt)),
                "oat": float(round(kelvin - 273.15)),
                "tat": float(round(kelvin * (1 + 0.2 * mach * mach) - 273.15)),
                "geom_rate": round(pose.climb / 32) * 32,
            }

    def _tell_crew(self, fields: dict[str, Value], pose: Pose, convergence: float) -> None:
        """What the crew has selected."""
        fields["nav_qnh"] = self._weather.qnh if pose.alt_ft < 10000 else 1013.2
        fields["nav_altitude_mcp"] = round(pose.aim_ft / 16) * 16
        fields["nav_heading"] = _angle(pose.aim_heading + convergence - DECLINATION)
        if pose.phase == "approach":
            fields["nav_modes"] = ("autopilot", "approach", "tcas")
        elif pose.climb:
            fields["nav_modes"] = ("autopilot", "vnav", "lnav", "tcas")
        else:
            fields["nav_modes"] = ("autopilot", "althold", "lnav", "tcas")


def _source(draw: Draw, kind: str) -> str:
    number = draw.unit()
    for share, source in SOURCES[kind]:
        if number < share:
            return source
        number -= share
    return "adsb_icao"


def _angle(value: float) -> float:
    """Degrees as they are written: two decimals, never 360."""
    return round(value % 360.0, 2) % 360.0


def _convergence(centre: Point, place: Point) -> float:
    """How much a great circle from the centre has turned against true north when it reaches the place."""
    middle, half = radians((centre[0] + place[0]) / 2), radians((place[1] - centre[1] + 180) % 360 - 180) / 2
    return 2 * degrees(atan(tan(half) * sin(middle) / cos(radians(place[0] - centre[0]) / 2)))


def _density(alt_ft: float) -> float:
    """Density of the standard atmosphere as a share of that at sea level."""
    if alt_ft < 36089:
        return float((1 - 6.8756e-6 * alt_ft) ** 4.2559)
    return 0.2971 * exp(-(alt_ft - 36089) / 20806)

"""Records of weather at a place: METAR, TAF and pilot reports.

Times are wall seconds since 1970, positions degrees, altitudes feet, speeds knots, directions true degrees, temperatures degrees Celsius,
pressures hectopascals, visibilities statute miles. A number that the source does not give is None, a text "".
"""

from __future__ import annotations

from dataclasses import dataclass

from skyspy.geo import Point


@dataclass(frozen=True, slots=True)
class Wind:
    """`deg`: from where it blows; None with `is_variable` for VRB, and where the source does not say it."""

    deg: float | None = None
    is_variable: bool = False
    kt: float | None = None
    gust_kt: float | None = None


@dataclass(frozen=True, slots=True)
class Visibility:
    """`sm`: statute miles; with `or_more` at least so many (`10+`)."""

    sm: float | None = None
    or_more: bool = False


@dataclass(frozen=True, slots=True)
class Cloud:
    """A layer. `cover`: FEW, SCT, BKN, OVC, OVX …; `type`: CB, TCU or ""."""

    cover: str
    base_ft: float | None = None
    top_ft: float | None = None
    type: str = ""


@dataclass(frozen=True, slots=True)
class Metar:
    """What a station observed. `station`: its ICAO identifier. `kind`: METAR or SPECI. `qnh_hpa`: the altimeter setting. `weather`: as coded
    (`-RA BR`). `category`: VFR, MVFR, IFR or LIFR, by the US rules."""

    station: str
    observed: float
    lat: float
    lon: float
    name: str = ""
    kind: str = "METAR"
    elevation_ft: float | None = None
    temperature_c: float | None = None
    dewpoint_c: float | None = None
    wind: Wind = Wind()
    visibility: Visibility = Visibility()
    qnh_hpa: float | None = None
    weather: str = ""
    cover: str = ""
    clouds: tuple[Cloud, ...] = ()
    category: str = ""
    raw: str = ""

    @property
    def point(self) -> Point:
        return self.lat, self.lon


@dataclass(frozen=True, slots=True)
class TafPeriod:
    """A part of a TAF. `change`: "" for the first, FM, BECMG, TEMPO, PROB. `becomes`: when a BECMG is complete. `probability`: percent."""

    valid_from: float
    valid_to: float
    change: str = ""
    becomes: float | None = None
    probability: float | None = None
    wind: Wind = Wind()
    visibility: Visibility = Visibility()
    weather: str = ""
    clouds: tuple[Cloud, ...] = ()


@dataclass(frozen=True, slots=True)
class Taf:
    """A forecast for an aerodrome."""

    station: str
    valid_from: float
    valid_to: float
    lat: float
    lon: float
    issued: float | None = None
    name: str = ""
    periods: tuple[TafPeriod, ...] = ()
    raw: str = ""

    @property
    def point(self) -> Point:
        return self.lat, self.lon


@dataclass(frozen=True, slots=True)
class Layer:
    """Turbulence or icing between two altitudes. `intensity`: NEG, LGT, MOD, SEV … as coded; `type`: CHOP, CAT, RIME, CLEAR, MIXED or ""."""

    intensity: str
    type: str = ""
    base_ft: float | None = None
    top_ft: float | None = None


@dataclass(frozen=True, slots=True)
class Pirep:
    """What a pilot or an aircraft reported. `id`: made of its time, place and text. `is_urgent`: UUA. `aircraft_type`: its ICAO designator.
    `altitude_ft`: None where it was not given (or during climb or descent)."""

    id: str
    observed: float
    lat: float
    lon: float
    kind: str = "PIREP"
    is_urgent: bool = False
    aircraft_type: str = ""
    altitude_ft: float | None = None
    temperature_c: float | None = None
    wind: Wind = Wind()
    weather: str = ""
    turbulence: tuple[Layer, ...] = ()
    icing: tuple[Layer, ...] = ()
    clouds: tuple[Cloud, ...] = ()
    raw: str = ""

    @property
    def point(self) -> Point:
        return self.lat, self.lon

"""The records of this package: airspaces, advisories and NOTAMs, with their areas and vertical bands.

Positions are degrees (WGS 84), altitudes feet, times wall seconds since 1970, speeds knots, directions true degrees. A text is "" where
the source does not give it; a number is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from skyspy.geo import Point, Ring

LowerReference = Literal["AMSL", "AGL", "STD", "SFC"]
UpperReference = Literal["AMSL", "AGL", "STD", "SFC", "UNL"]
AdvisoryKind = Literal["sigmet", "gairmet", "cwa", "outlook", "tfr"]
NotamKind = Literal["new", "replace", "cancel"]


@dataclass(frozen=True, slots=True)
class Band:
    """What is between two altitudes, both included.

    The references: AMSL above mean sea level, AGL above the ground, STD pressure altitude (a flight level times 100), SFC the ground
    (with 0 ft), UNL no upper limit (with None). `lower_ft` None: the source does not give it. `upper_ft` None: it does not give it, or
    there is none. `Band()` is the band of which nothing is known.
    """

    lower_ft: float | None = None
    upper_ft: float | None = None
    lower_ref: LowerReference = "SFC"
    upper_ref: UpperReference = "UNL"

    @property
    def is_known(self) -> bool:
        """Whether the source gives a limit."""
        return self.lower_ft is not None or self.upper_ft is not None


class Box(NamedTuple):
    """Degrees between which something is. `west` is greater than `east` where it crosses the antimeridian; -180 and 180 where it goes
    around the earth."""

    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the earth's surface; `polygons.area_of` makes it.

    `rings`: the corners of each ring as (latitude, longitude), longitudes from -180 to 180, the first corner not again at the end. Edges
    are straight in degrees and take the shorter way around the earth. Outlines run counterclockwise and holes clockwise: a position is
    inside where the rings around it do not cancel each other (nonzero winding), so that parts may overlap. `box`: all of it is in there.
    """

    rings: tuple[Ring, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class Airspace:
    """An airspace of a file of boundaries.

    `id`: unique in its source, and the same whenever the same file is read. `source`: the name of the file or service. `kind`: in upper
    case, what the source calls it: a class ("D"), "R" restricted, "P" prohibited, "Q" danger, "CTR", "TFR" … `icao_class`: "A" to "G",
    or "". `active`: when it is active, as the source has it. `text`: what else the source says, such as a frequency.
    """

    id: str
    source: str
    kind: str
    name: str
    icao_class: str
    band: Band
    area: Area
    active: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Advisory:
    """A SIGMET, G-AIRMET, center weather advisory, convective outlook or temporary flight restriction.

    `hazard`, `severity`: as the source has them ("CONVECTIVE", "MT_OBSC", "5"). `valid_to`: None where it has no end. `area`: None where
    the source gives no place. `movement_deg`: towards which it moves. `issuer`: the office, or the flight information region.
    `cancels`: the id of the advisory that this one cancels. `raw`: the text as it was issued.
    """

    id: str
    source: str
    kind: AdvisoryKind
    hazard: str
    severity: str
    title: str
    text: str
    valid_from: float | None
    valid_to: float | None
    band: Band = field(default_factory=Band)
    area: Area | None = None
    movement_deg: float | None = None
    movement_kt: float | None = None
    issuer: str = ""
    cancels: str | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Notam:
    """A NOTAM.

    `id`: its first location, series, number and year ("EGLL:A4837/23"), for numbers are unique only with an office; one without a number
    has a digest of its text in its place. `replaces`: the same of the one that this one replaces or cancels. `locations`: field A.
    `q_code`: the five letters ("QOBCE"); `subject`, `condition`: their second and third, and fourth and fifth letters in words.
    `traffic`, `purpose`, `scope`: letters of field Q. `lower_fl`, `upper_fl`: flight levels of field Q, in hundreds of feet. `valid_to`:
    None where it is permanent or has no field C. `estimated`: the end is an estimate. `schedule`: field D. `text`: field E. `raw`: all of it.
    `band`: fields F and G.
    """

    id: str
    kind: NotamKind
    replaces: str | None
    locations: tuple[str, ...]
    fir: str
    q_code: str
    subject: str
    condition: str
    traffic: str
    purpose: str
    scope: str
    lower_fl: int | None
    upper_fl: int | None
    lat: float | None
    lon: float | None
    radius_nm: float | None
    valid_from: float | None
    valid_to: float | None
    estimated: bool
    schedule: str
    text: str
    raw: str
    band: Band = field(default_factory=Band)

    @property
    def point(self) -> Point | None:
        """The centre of the circle of field Q."""
        return None if self.lat is None or self.lon is None else (self.lat, self.lon)

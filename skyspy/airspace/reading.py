"""What the readers of boundary files have in common: their answer, its bounds, and the ids of airspaces."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.records import Airspace, Area, Band

MAX_AIRSPACES = 20_000
"""Airspaces of one file."""
MAX_PROBLEMS = 100
"""Problems that are kept of one file; the others are counted."""
MAX_NAME, MAX_KIND, MAX_TEXT = 200, 20, 2_000

ICAO_CLASSES = frozenset("ABCDEFG")


class Problem(NamedTuple):
    """Why a part of a file was left out. `place`: the number of a line, or of a feature, from 1 on; 0: the file as a whole."""

    place: int
    message: str


@dataclass(slots=True)
class Reading:
    """What was read of a file. `dropped`: how many of its airspaces could not be read; `problems` says why, of the first ones."""

    source: str
    airspaces: list[Airspace] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    dropped: int = 0
    _names: Counter[str] = field(default_factory=Counter)

    def add(
        self, kind: str, name: str, icao_class: str, band: Band, area: Area, active: str = "", text: str = "", key: str = ""
    ) -> None:
        """Add an airspace. `key`: what the file calls it uniquely, if anything; else its name, counted where there are several. Raises
        AirspaceError where there are too many."""
        if len(self.airspaces) >= MAX_AIRSPACES:
            raise AirspaceError(f"A file has at most {MAX_AIRSPACES} airspaces; the others are left out.")
        name, key = one_line(name, MAX_NAME), one_line(key or name, MAX_NAME)
        self._names[key] += 1
        times = self._names[key]
        one = f"{self.source}/{key}" if times == 1 else f"{self.source}/{key}#{times}"
        kind, icao_class = one_line(kind, MAX_KIND).upper(), icao_class if icao_class in ICAO_CLASSES else ""
        active, text = one_line(active, MAX_TEXT), one_line(text, MAX_TEXT)
        self.airspaces.append(Airspace(one, self.source, kind, name, icao_class, band, area, active, text))

    def drop(self, place: int, message: str) -> None:
        """Note that an airspace is left out."""
        self.dropped += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(place, message))


def one_line(text: str, most: int) -> str:
    """The text in one line without unprintable characters, cut to `most` characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 2 * most]).split())[:most]

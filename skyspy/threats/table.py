r"""The facts by which an aircraft is taken for one of the police, customs, a federal agency or surveillance. Pure.

`data/threats.csv` has a row for each fact, in this project's own words:

- `kind`: what `pattern` is matched with, from its beginning to its end: `callsign`, `registration`, `squawk`, `type` (ICAO's designator,
  empty where it is not known), or words anywhere in `owner`. `not_police` and `other_work` are owners too: of the former no row of an owner holds; of the
  latter no `type`, and no owner that needs a helicopter.
- `country`: the ISO code of the state that the aircraft's address was allotted to; empty: any.
- `needs`: what else must be true, separated by spaces: `helicopter`, `us_position` (over the United States), `behavior` (any of
  BEHAVIORS), or one of BEHAVIORS by name. A type alone is never enough.
- `category`: police, customs, federal or surveillance. `confidence`: high, medium or low. `reason`: why, for people.

- `source`: what the row rests on, a word of SOURCES. Only what a list or the meaning of a word says is of high confidence.

No row but those of the source `designator` matches a designator with a number. CHP, ICE, ISP and other abbreviations of agencies are
designators of airlines, so they have no row.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CALLSIGN, REGISTRATION, OWNER, SQUAWK, TYPE = "callsign", "registration", "owner", "squawk", "type"
NOT_POLICE, OTHER_WORK = "not_police", "other_work"
KINDS = (CALLSIGN, REGISTRATION, OWNER, SQUAWK, TYPE, NOT_POLICE, OTHER_WORK)

POLICE, CUSTOMS, FEDERAL, SURVEILLANCE = "police", "customs", "federal", "surveillance"
CATEGORIES = (POLICE, CUSTOMS, FEDERAL, SURVEILLANCE)

LOW, MEDIUM, HIGH = "low", "medium", "high"
CONFIDENCES = (LOW, MEDIUM, HIGH)
"""The least one first."""

BEHAVIORS: dict[str, str] = {
    "circling": "it circles",
    "loitering": "it stays over a small area",
    "back_and_forth": "it flies back and forth",
}
"""What an aircraft may do that looks like watching the ground, in words for people."""

DESIGNATOR, WORDS = "designator", "words"
SOURCES: dict[str, str] = {
    DESIGNATOR: "A designator of ICAO Doc 8585 that was given to a police, border or customs service, in VRS standing data (CC0)",
    WORDS: "What the words of an owner's name mean",
    "public": "What a service shows in public: what its crews say on the radio, and reports. No list says so",
    "register": "A series that a service shows on its aircraft, in aircraft registers, and in the registrations of VRS standing data",
    "habit": "A habit of choosing registrations, which proves nothing",
    "faa": "FAA Order JO 7110.66, National Beacon Code Allocation Plan; BuzzFeed News, Hidden Spies in the Sky (2017), for those in use",
    "reports": "Reports of police air units about what they fly",
}
"""By name, what rows rest on."""
SURE_SOURCES = frozenset({DESIGNATOR, WORDS})
"""Sources that a row of high confidence may have."""

HELICOPTER, US_POSITION, BEHAVIOR = "helicopter", "us_position", "behavior"
NEEDS = frozenset({HELICOPTER, US_POSITION, BEHAVIOR, *BEHAVIORS})

_TABLE = Path(__file__).parents[1] / "data" / "threats.csv"


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of the table. `pattern` matches a whole text; an owner's is searched between words. `line`: its place in the file. `source`:
    what it rests on, by its name in SOURCES."""

    kind: str
    pattern: re.Pattern[str]
    country: str
    needs: frozenset[str]
    category: str
    confidence: str
    reason: str
    line: int
    source: str

    @property
    def needs_behavior(self) -> bool:
        """Whether it holds only for an aircraft with a behavior of BEHAVIORS."""
        return BEHAVIOR in self.needs or not self.needs.isdisjoint(BEHAVIORS)

    @property
    def is_weak(self) -> bool:
        """Whether other work of its owner explains it as well."""
        return self.kind == TYPE or (self.kind == OWNER and HELICOPTER in self.needs)

    def matches(self, text: str, country: str | None) -> bool:
        """Whether a text of its kind, of an aircraft of this country, has its pattern."""
        if self.country and self.country != country:
            return False
        return self.pattern.search(text) is not None


def read(lines: Iterable[str]) -> tuple[Row, ...]:
    """The rows of a table with its header."""
    return tuple(_row(cells, line) for line, cells in enumerate(csv.DictReader(lines), start=2))


def _row(cells: dict[str, str], line: int) -> Row:
    kind, needs = cells["kind"], frozenset(cells["needs"].split())
    if kind not in KINDS or not needs <= NEEDS:
        raise ValueError(f"line {line} of the table of threats has an unknown kind or need")
    is_owner = kind in (OWNER, NOT_POLICE, OTHER_WORK)
    pattern = rf"\b(?:{cells['pattern']})\b" if is_owner else rf"\A(?:{cells['pattern']})\Z"
    row = Row(
        kind,
        re.compile(pattern, re.ASCII),
        cells["country"],
        needs,
        cells["category"],
        cells["confidence"],
        cells["reason"],
        line,
        cells["source"],
    )
    if row.source not in SOURCES:
        raise ValueError(f"line {line} of the table of threats has an unknown source")
    if row.confidence == HIGH and row.source not in SURE_SOURCES:
        raise ValueError(f"line {line} of the table of threats: its source is not sure enough for high confidence")
    if kind not in (NOT_POLICE, OTHER_WORK) and (row.category not in CATEGORIES or row.confidence not in CONFIDENCES):
        raise ValueError(f"line {line} of the table of threats has an unknown category or confidence")
    if kind == TYPE and not row.needs_behavior:
        raise ValueError(f"line {line} of the table of threats: a type alone is never enough")
    return row


with _TABLE.open(encoding="utf-8", newline="") as _file:
    ROWS: tuple[Row, ...] = read(_file)
"""Every fact, compiled."""


def of_kind(kind: str) -> tuple[Row, ...]:
    """The rows of one kind, in the order of the file."""
    return tuple(row for row in ROWS if row.kind == kind)


_OTHER = re.compile(r"[^A-Z0-9]+")


def words(owner: str) -> str:
    """An owner's name in capitals, without accents, its words separated by one space."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", owner) if not unicodedata.combining(letter))
    return _OTHER.sub(" ", plain.upper()).strip()

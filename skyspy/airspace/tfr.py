"""Temporary flight restrictions of the FAA: areas of its map service (WFS, GeoJSON) and the list of `exportTfrList`.

The map service gives areas, a title and dates in the title; the list gives type, office and description. Both name the NOTAM: `6/3475`. Neither
gives altitudes: these are in an XML file per NOTAM, which is not read, so `band` is not known. One NOTAM may have several areas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.geojson import area_of_geometry
from skyspy.airspace.polygons import no_pause
from skyspy.airspace.records import Advisory
from skyspy.airspace.times import DAY_S, wall_at
from skyspy.airspace.values import Item, Read, read_items, text

SOURCE = "tfr"
MAX_TITLE = 300
EARLIEST_S, LATEST_S = -10 * 3600.0, 11 * 3600.0
"""Dates are local; a day begins at the earliest in Guam (UTC+10) and ends at the latest in Samoa (UTC-11)."""
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_KEY = re.compile(r"(?P<notam>[0-9]{1,2}/[0-9]{3,5})(?:-(?P<part>[0-9]{1,3}))?(?:-|\Z)")
_DATE = re.compile(rf"({'|'.join(_MONTHS)}) ([0-9]{{1,2}}), (20[0-9]{{2}})")
_DAY_NAME = re.compile(r",? *(?:Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day, *\Z")


def read_tfrs(document: object, pause: Callable[[], None] = no_pause) -> Read[Advisory]:
    """The restrictions of the map service's FeatureCollection. Raises AirspaceError for what is none."""
    read = read_items(document, partial(_tfr, pause=pause), "TFR", pause)
    once: dict[str, Advisory] = {}
    for one in read.items:
        once.setdefault(one.id, one)
    return Read(list(once.values()), read.bad, read.errors)


def with_list(advisories: Iterable[Advisory], listing: object) -> list[Advisory]:
    """The same with type, office and description of the list `exportTfrList` (JSON), where it has their NOTAM. A list that cannot be read adds
    nothing."""
    rows = listing if isinstance(listing, list) else []
    by_notam = {text(row, "notam_id"): row for row in rows if isinstance(row, dict)}
    return [_described(one, by_notam.get(notam_of(one), {})) for one in advisories]


def notam_of(advisory: Advisory) -> str:
    """The NOTAM of a restriction: `6/3475`."""
    return advisory.id.partition(":")[2].partition("-")[0]


def _described(one: Advisory, row: Item) -> Advisory:
    return replace(
        one,
        hazard=text(row, "type") or one.hazard,
        issuer=text(row, "facility") or one.issuer,
        text=text(row, "description") or one.text,
    )


def _tfr(item: Item, pause: Callable[[], None]) -> Advisory:
    found = _KEY.match(text(item, "NOTAM_KEY"))
    if found is None:
        raise AirspaceError(f"NOTAM_KEY {text(item, 'NOTAM_KEY')[:40]!r} names no NOTAM")
    title = text(item, "TITLE")[:MAX_TITLE]
    begins, ends = _dates(title)
    first = _DATE.search(title)
    return Advisory(
        id=f"{SOURCE}:{found['notam']}-{found['part'] or '1'}",
        source=SOURCE,
        kind="tfr",
        hazard=text(item, "LEGAL"),
        severity="",
        title=_DAY_NAME.sub("", title[: first.start()]).strip() if first and first.start() else title,
        text=title,
        valid_from=begins,
        valid_to=ends,
        area=area_of_geometry(item.get("geometry"), pause),
        issuer=text(item, "CNS_LOCATION_ID"),
        raw=text(item, "NOTAM_KEY"),
    )


def _dates(title: str) -> tuple[float | None, float | None]:
    """The widest time that the dates of a title may mean, for it does not say in which zone they are: from the first to the end of the last."""
    days = [wall_at(int(year), _MONTHS.index(month) + 1, int(day), 0, 0) for month, day, year in _DATE.findall(title)]
    known = [day for day in days if day is not None]
    if not known or max(known) < known[0]:
        return None, None
    return known[0] + EARLIEST_S, max(known) + DAY_S + LATEST_S

"""SIGMETs, G-AIRMETs and center weather advisories of the Aviation Weather Center's Data API
(`/api/data/{airsigmet,isigmet,gairmet,cwa}?format=json`).

An advisory's id is made of its product, its issuer, its series and when it begins, so that it is the same in each poll, and a text that
cancels another one can name it. Levels of G-AIRMETs are hundreds of feet, those of the others feet. US SIGMETs say from where they move
(`MOV FROM 01015KT`), international ones where to (`MOV NE`). A G-AIRMET is a picture each three hours: it counts from its time to that of
the next one, for `expireTime` is the end of the whole product.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.geojson import area_of_geometry
from skyspy.airspace.polygons import area_of, no_pause
from skyspy.airspace.records import Advisory, AdvisoryKind, Area, Band, LowerReference
from skyspy.airspace.times import day_time_near, moment
from skyspy.airspace.values import PAUSE_LISTED, Item, Read, corners, number, read_items, text, within
from skyspy.geo import Point

Pause = Callable[[], None]
"""Called between pieces of work; it lets others work."""

GAIRMET_S = 3 * 3600.0
TRANSITION_FT = 18_000
"""Altitudes of US advisories from here on are flight levels."""
MAX_FT = 100_000.0
MAX_KT = 400.0
MIN_CORNERS = 3
MAX_SERIES = 20

_COMPASS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
_CANCELS = re.compile(
    r"\b(?:CNL|CANCELS?)\s+(?:SIGMET|AIRMET)\s+(?P<series>[A-Z]*\s?[0-9]{1,3})(?:\s+(?P<from>[0-9]{6})/(?P<to>[0-9]{6}))?"
)
_SERIES = re.compile(r"([A-Z]*)\s*0*([0-9]+)([A-Z]*)\Z")


def read_airsigmets(document: object, pause: Pause = no_pause) -> Read[Advisory]:
    """The US SIGMETs and outlooks of a document. Raises AirspaceError for what is no list."""
    return _each_once(read_items(document, partial(_airsigmet, pause=pause), "SIGMET", pause))


def read_isigmets(document: object, pause: Pause = no_pause) -> Read[Advisory]:
    """The international SIGMETs of a document. Raises AirspaceError for what is no list."""
    return _each_once(read_items(document, partial(_isigmet, pause=pause), "international SIGMET", pause))


def read_gairmets(document: object, pause: Pause = no_pause) -> Read[Advisory]:
    """The G-AIRMETs of a document. Raises AirspaceError for what is no list."""
    return _each_once(read_items(document, partial(_gairmet, pause=pause), "G-AIRMET", pause))


def read_cwas(document: object, pause: Pause = no_pause) -> Read[Advisory]:
    """The center weather advisories of a document. Raises AirspaceError for what is no list."""
    return _each_once(read_items(document, partial(_cwa, pause=pause), "CWA", pause))


def _airsigmet(item: Item, pause: Pause) -> Advisory:
    begins, ends = _validity(item)
    kinds: dict[str, AdvisoryKind] = {"OUTLOOK": "outlook", "AIRMET": "gairmet"}
    issued_as = text(item, "airSigmetType") or "SIGMET"
    raw, issuer, hazard = text(item, "rawAirSigmet"), text(item, "icaoId"), text(item, "hazard")
    series = series_of(text(item, "seriesId", "alphaChar"))
    lows, highs = ([_feet(item.get(name)) for name in names] for names in (_LOWS, _HIGHS))
    low = min((one for one in lows if one is not None), default=None)
    high = max((one for one in highs if one is not None), default=None)
    moves_from = _course(item.get("movementDir"))
    return Advisory(
        id=f"airsigmet:{issuer}:{issued_as}:{series}:{begins:.0f}",
        source="airsigmet",
        kind=kinds.get(issued_as.upper(), "sigmet"),
        hazard=hazard,
        severity=text(item, "severity"),
        title=_joined(issued_as, series, hazard),
        text=raw,
        valid_from=begins,
        valid_to=ends,
        band=_band(low, high, is_level=False),
        area=_area(item, pause),
        movement_deg=None if moves_from is None else (moves_from + 180) % 360,
        movement_kt=within(item.get("movementSpd"), 0, MAX_KT),
        issuer=issuer,
        cancels=_cancelled(raw, begins, f"airsigmet:{issuer}:SIGMET"),
        raw=raw,
    )


_LOWS = ("altitudeLow1", "altitudeLow2", "altitudeLo1", "altitudeLo2")
"""The API's description says Lo, the service sends Low."""
_HIGHS = ("altitudeHi1", "altitudeHi2")


def _isigmet(item: Item, pause: Pause) -> Advisory:
    begins, ends = _validity(item)
    raw, issuer, hazard = text(item, "rawSigmet"), text(item, "icaoId"), text(item, "hazard")
    fir = text(item, "firId") or issuer
    series = series_of(text(item, "seriesId"))
    return Advisory(
        id=f"isigmet:{fir}:{series}:{begins:.0f}",
        source="isigmet",
        kind="sigmet",
        hazard=hazard,
        severity=text(item, "qualifier"),
        title=_joined("SIGMET", series, text(item, "qualifier"), hazard, text(item, "firName")),
        text=raw,
        valid_from=begins,
        valid_to=ends,
        band=_band(_feet(item.get("base")), _feet(item.get("top")), is_level=True),
        area=_area(item, pause),
        movement_deg=_course(item.get("dir")),
        movement_kt=within(item.get("spd"), 0, MAX_KT),
        issuer=fir,
        cancels=_cancelled(raw, begins, f"isigmet:{fir}"),
        raw=raw,
    )


def _gairmet(item: Item, pause: Pause) -> Advisory:
    begins = moment(item.get("validTime"))
    hazard, product, tag = text(item, "hazard"), text(item, "product"), text(item, "tag")
    if begins is None:
        raise AirspaceError(f"{product} {tag} has no time of validity")
    issued = moment(item.get("issueTime")) or 0.0
    due_to = text(item, "due_to")
    base, top = _hundreds(item.get("base")), _hundreds(item.get("top"))
    if text(item, "base").upper() == "FZL":
        base = _hundreds(item.get("fzlbase"))
    if base is None and top is None:
        base = top = _hundreds(item.get("level"))
    return Advisory(
        id=f"gairmet:{product}:{tag}:{hazard}:{issued:.0f}:{begins:.0f}",
        source="gairmet",
        kind="gairmet",
        hazard=hazard,
        severity=text(item, "severity"),
        title=_joined("G-AIRMET", product, tag, hazard),
        text=_joined(text(item, "frequency"), text(item, "severity"), due_to, text(item, "status")),
        valid_from=begins,
        valid_to=begins + GAIRMET_S,
        band=_band(base, top, is_level=False),
        area=_area(item, pause),
        issuer="KKCI",
        raw=due_to,
    )


def _cwa(item: Item, pause: Pause) -> Advisory:
    begins, ends = _validity(item)
    raw, issuer = text(item, "cwaText", "rawCwa"), text(item, "cwsu")
    hazard, series = text(item, "hazard"), text(item, "seriesId", "series")
    return Advisory(
        id=f"cwa:{issuer}:{series}:{begins:.0f}",
        source="cwa",
        kind="cwa",
        hazard=hazard,
        severity="URGENT" if raw.upper().startswith("UCWA") else text(item, "qualifier"),
        title=_joined("CWA", issuer, series, hazard),
        text=raw,
        valid_from=begins,
        valid_to=ends,
        band=_band(_feet(item.get("base")), _feet(item.get("top")), is_level=False),
        area=_area(item, pause),
        issuer=issuer,
        raw=raw,
    )


def series_of(words: str) -> str:
    """A series without blanks and leading zeros, as reports and cancellations write it in either way: `E02` and `E 2` are `E2`."""
    words = words[:MAX_SERIES]
    found = _SERIES.match(words.strip().upper())
    return f"{found[1]}{found[2]}{found[3]}" if found else "".join(words.upper().split())


def _cancelled(raw: str, near: float, prefix: str) -> str | None:
    """The id of the advisory that a text cancels. Where the text does not say when that began, the id's beginning, up to the last colon."""
    found = _CANCELS.search(" ".join(raw.upper().split()))
    if found is None:
        return None
    began = day_time_near(found["from"], near) if found["from"] else None
    return f"{prefix}:{series_of(found['series'])}:" + ("" if began is None else f"{began:.0f}")


def _validity(item: Item) -> tuple[float, float]:
    begins, ends = moment(item.get("validTimeFrom")), moment(item.get("validTimeTo"))
    if begins is None or ends is None or ends < begins:
        raise AirspaceError("it has no time of validity")
    return begins, ends


def _area(item: Item, pause: Pause) -> Area | None:
    """The area of an item's corners, or of the geometry of a feature; None where it has none, or only a line or point."""
    if text(item, "geom", "geometryType").upper() in {"LINE", "POINT"}:
        return None
    geometry = item.get("geometry")
    if isinstance(geometry, Mapping) and geometry.get("type") in ("Polygon", "MultiPolygon"):
        return area_of_geometry(geometry, pause)
    polygons: list[list[list[Point]]] = [[ring] for ring in corners(item.get("coords"), pause) if len(set(ring)) >= MIN_CORNERS]
    return area_of(polygons, pause) if polygons else None


def _feet(value: object) -> float | None:
    return within(value, 0, MAX_FT)


def _hundreds(value: object) -> float | None:
    """A level of a G-AIRMET in feet: `270`, `SFC`, or nothing."""
    if isinstance(value, str) and value.strip().upper() == "SFC":
        return 0.0
    level = within(value.strip().upper().removeprefix("FL") if isinstance(value, str) else value, 0, MAX_FT / 100)
    return None if level is None else level * 100


def _band(low: float | None, high: float | None, is_level: bool) -> Band:
    """`is_level`: all altitudes are flight levels; else those from the transition level on."""

    def reference(feet: float | None) -> LowerReference:
        return "STD" if is_level or (feet is not None and feet >= TRANSITION_FT) else "AMSL"

    if not low:
        return Band(low, high, "SFC", "UNL" if high is None else reference(high))
    return Band(low, high, reference(low), "UNL" if high is None else reference(high))


def _course(value: object) -> float | None:
    """Degrees towards which something moves: a number, or a point of the compass."""
    if isinstance(value, str) and value.strip().upper() in _COMPASS:
        return _COMPASS.index(value.strip().upper()) * 22.5
    degrees = number(value)
    return degrees if degrees is not None and 0 <= degrees <= 360 else None


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


def _each_once(read: Read[Advisory]) -> Read[Advisory]:
    """The same without copies. Parts of one advisory with areas of their own have its id, and so get a number."""
    seen: Counter[str] = Counter()
    once = []
    for one in dict.fromkeys(read.items):
        seen[one.id] += 1
        once.append(replace(one, id=f"{one.id}#{seen[one.id]}") if seen[one.id] > 1 else one)
    return Read(once, read.bad, read.errors)


def in_force(advisories: Iterable[Advisory], now: float, pause: Pause = no_pause) -> list[Advisory]:
    """Those that have not ended at `now` (wall seconds), in order, without those that another one among them cancels, and without those
    that only cancel. `pause` is called after each PAUSE_LISTED."""
    listed = list(advisories)
    cancelled: dict[str, float] = {}
    for one in listed:
        if one.cancels is not None:
            cancelled[one.cancels] = max(cancelled.get(one.cancels, 0.0), one.valid_from or 0.0)
    held = []
    for place, one in enumerate(listed, start=1):
        if place % PAUSE_LISTED == 0:
            pause()
        if not has_ended(one, now) and not _is_cancelled(one, cancelled):
            held.append(one)
    return held


def has_ended(advisory: Advisory, now: float) -> bool:
    """Whether it has ended at `now` (wall seconds), or only cancels another one."""
    return advisory.cancels is not None or (advisory.valid_to is not None and advisory.valid_to <= now)


def _is_cancelled(advisory: Advisory, cancelled: Mapping[str, float]) -> bool:
    """`cancelled`: ids, or their beginnings up to the last colon -> when what cancels them began: it cancels nothing that began after it. A
    part of an advisory is cancelled with the whole."""
    whole = advisory.id.partition("#")[0]
    beginning = f"{whole.rpartition(':')[0]}:"
    return any(name in cancelled and cancelled[name] >= (advisory.valid_from or 0.0) for name in (whole, beginning))

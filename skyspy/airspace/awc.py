"""METAR, TAF and pilot reports of the Aviation Weather Center's Data API (`/api/data/{metar,taf,pirep}?format=json`).

The service decodes the texts already. Its traps: visibility is a number or `"10+"`, wind direction a number or `"VRB"`, any number may be a
text, a blank text is nothing; levels of PIREPs are hundreds of feet, bases and tops of clouds feet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from hashlib import sha256

from skyspy.airports.height import is_qnh
from skyspy.airspace.altitudes import FEET_PER_METRE
from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.polygons import no_pause
from skyspy.airspace.times import moment
from skyspy.airspace.values import Item, Read, number, objects, point, read_items, text, within
from skyspy.airspace.weather import Cloud, Layer, Metar, Pirep, Taf, TafPeriod, Visibility, Wind

HPA_PER_INCH = 33.8639
MAX_CLOUDS, MAX_PERIODS = 10, 40
MAX_KT = 400.0
MAX_LEVEL = 600
"""Levels of PIREPs up to here are hundreds of feet; what is above are feet."""


def read_metars(document: object, pause: Callable[[], None] = no_pause) -> Read[Metar]:
    """The METARs of a document; of several of one station, all. Raises AirspaceError for what is no list."""
    return read_items(document, _metar, "METAR", pause)


def read_tafs(document: object, pause: Callable[[], None] = no_pause) -> Read[Taf]:
    """The TAFs of a document. Raises AirspaceError for what is no list."""
    return read_items(document, partial(_taf, pause=pause), "TAF", pause)


def read_pireps(document: object, pause: Callable[[], None] = no_pause) -> Read[Pirep]:
    """The pilot reports of a document. Raises AirspaceError for what is no list."""
    return read_items(document, _pirep, "PIREP", pause)


def latest(metars: Iterable[Metar], now: float, max_age_s: float) -> dict[str, Metar]:
    """Of each station the last METAR that was observed at most `max_age_s` before `now` (wall seconds)."""
    found: dict[str, Metar] = {}
    for one in metars:
        known = found.get(one.station)
        if now - one.observed <= max_age_s and (known is None or one.observed > known.observed):
            found[one.station] = one
    return found


def _metar(item: Item) -> Metar:
    station, observed = _station(item), moment(item.get("obsTime"))
    if observed is None:
        observed = moment(item.get("reportTime"))
    if observed is None:
        raise AirspaceError(f"{station} has no time of observation")
    lat, lon = point(item)
    elevation = within(item.get("elev"), -500, 9000)
    return Metar(
        station=station,
        observed=observed,
        lat=lat,
        lon=lon,
        name=text(item, "name"),
        kind=text(item, "metarType") or "METAR",
        elevation_ft=None if elevation is None else round(elevation * FEET_PER_METRE, 1),
        temperature_c=within(item.get("temp"), -100, 70),
        dewpoint_c=within(item.get("dewp"), -100, 70),
        wind=_wind(item),
        visibility=_visibility(item.get("visib")),
        qnh_hpa=_pressure(item.get("altim")),
        weather=text(item, "wxString"),
        cover=text(item, "cover"),
        clouds=_clouds(item),
        category=text(item, "fltCat"),
        raw=text(item, "rawOb"),
    )


def _taf(item: Item, pause: Callable[[], None]) -> Taf:
    station = _station(item)
    begins, ends = moment(item.get("validTimeFrom")), moment(item.get("validTimeTo"))
    if begins is None or ends is None or ends < begins:
        raise AirspaceError(f"{station} has no time of validity")
    lat, lon = point(item)
    periods = (_period(one, pause) for one in objects(item.get("fcsts"), MAX_PERIODS))
    return Taf(
        station=station,
        valid_from=begins,
        valid_to=ends,
        lat=lat,
        lon=lon,
        issued=moment(item.get("issueTime")),
        name=text(item, "name"),
        periods=tuple(one for one in periods if one is not None),
        raw=text(item, "rawTAF"),
    )


def _period(item: Item, pause: Callable[[], None]) -> TafPeriod | None:
    pause()
    begins, ends = moment(item.get("timeFrom")), moment(item.get("timeTo"))
    if begins is None or ends is None:
        return None
    return TafPeriod(
        begins,
        ends,
        change=text(item, "fcstChange"),
        becomes=moment(item.get("timeBec")),
        probability=within(item.get("probability"), 0, 100),
        wind=_wind(item),
        visibility=_visibility(item.get("visib")),
        weather=text(item, "wxString"),
        clouds=_clouds(item),
    )


def _pirep(item: Item) -> Pirep:
    observed = moment(item.get("obsTime"))
    if observed is None:
        raise AirspaceError("it has no time of observation")
    lat, lon = point(item)
    raw = text(item, "rawOb")
    digest = sha256(f"{observed:.0f} {lat:.3f} {lon:.3f} {raw}".encode()).hexdigest()[:16]
    return Pirep(
        id=f"pirep:{digest}",
        observed=observed,
        lat=lat,
        lon=lon,
        kind=text(item, "pirepType") or "PIREP",
        is_urgent="URGENT" in text(item, "pirepType").upper() or " UUA " in f" {raw} ",
        aircraft_type=text(item, "acType"),
        altitude_ft=_level(item.get("fltLvl", item.get("fltlvl"))),
        temperature_c=within(item.get("temp"), -100, 70),
        wind=_wind(item),
        weather=text(item, "wxString"),
        turbulence=_layers(item, "tb"),
        icing=_layers(item, "icg"),
        clouds=_clouds(item),
        raw=raw,
    )


def _station(item: Item) -> str:
    station = text(item, "icaoId", "id").upper()
    if not 3 <= len(station) <= 4 or not station.isalnum() or not station.isascii():
        raise AirspaceError(f"the station {station[:20]!r} is no identifier")
    return station


def _wind(item: Item) -> Wind:
    is_variable = text(item, "wdir").upper() == "VRB"
    return Wind(
        deg=None if is_variable else within(item.get("wdir"), 0, 360),
        is_variable=is_variable,
        kt=within(item.get("wspd"), 0, MAX_KT),
        gust_kt=within(item.get("wgst"), 0, MAX_KT),
    )


def _visibility(value: object) -> Visibility:
    """`"10+"`, `"6+"`, 2.5 or `"1/2"`, in statute miles."""
    words = value.strip() if isinstance(value, str) else ""
    if "/" in words:
        top, _, bottom = words.rpartition(" ")[2].partition("/")
        whole, part, of = number(words.rpartition(" ")[0] or "0"), number(top), number(bottom)
        return Visibility() if whole is None or part is None or not of else Visibility(whole + part / of)
    sm = within(words.rstrip("+") if words else value, 0, 200)
    return Visibility(sm, sm is not None and words.endswith("+"))


def _pressure(value: object) -> float | None:
    """Hectopascals; inches of mercury, which the service sent before, are converted."""
    found = number(value)
    if found is not None and 25 <= found <= 32.5:
        found = round(found * HPA_PER_INCH, 1)
    return found if is_qnh(found) else None


def _clouds(item: Item) -> tuple[Cloud, ...]:
    rows = objects(item.get("clouds"), MAX_CLOUDS)
    found = (
        Cloud(cover, within(one.get("base"), 0, 100_000), within(one.get("top"), 0, 100_000), text(one, "type"))
        for one in rows
        if (cover := text(one, "cover"))
    )
    return tuple(found)


def _layers(item: Item, prefix: str) -> tuple[Layer, ...]:
    """The layers of turbulence (tb) or icing (icg) of a PIREP: up to two, by numbered fields."""
    found = []
    for place in (1, 2):
        intensity = text(item, f"{prefix}Int{place}")
        if intensity:
            base, top = (_level(item.get(f"{prefix}{name}{place}")) for name in ("Bas", "Top"))
            found.append(Layer(intensity, text(item, f"{prefix}Type{place}"), base, top))
    return tuple(found)


def _level(value: object) -> float | None:
    level = within(value, 0, 100_000)
    if level is None:
        return None
    return level * 100 if level <= MAX_LEVEL else level

"""NOTAMs of the FAA's two services: the NOTAM API (`notamapi/v1/notams`, `items`) and NMS (`nmsapi/v1/notams` as GeoJSON, `data.geojson`).

Both give the ICAO text of most NOTAMs, which the NOTAM parser reads, and the same fields as values, which are taken where there is no such
text or it cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from skyspy.airspace.altitudes import band_of_texts
from skyspy.airspace.errors import AirspaceError
from skyspy.airspace.notam import MAX_CHARACTERS, parse, parts_of_q
from skyspy.airspace.notam_codes import condition_of, subject_of
from skyspy.airspace.polygons import no_pause
from skyspy.airspace.records import Notam, NotamKind
from skyspy.airspace.times import moment
from skyspy.airspace.values import Item, Read, objects, read_items, text

MAX_TRANSLATIONS = 8
_KINDS: Mapping[str, NotamKind] = {"N": "new", "R": "replace", "C": "cancel"}


def read_faa_notams(document: object, pause: Callable[[], None] = no_pause) -> Read[Notam]:
    """The NOTAMs of an answer of either service, or of the bare list that NMS gives as a file. Of several with one id the last counts. Raises
    AirspaceError for what is no such answer."""
    read = read_items(_listed(document), _notam, "NOTAM", pause)
    return Read(list({one.id: one for one in read.items}.values()), read.bad, read.errors)


def _listed(document: object) -> object:
    if not isinstance(document, Mapping):
        return document
    data = document.get("data")
    rows = data.get("geojson") if isinstance(data, Mapping) else document.get("items", document.get("features"))
    return rows if isinstance(rows, list) else document


def _notam(item: Item) -> Notam:
    core = _part(_part(item, "properties"), "coreNOTAMData")
    fields = _part(core, "notam")
    if not fields:
        raise AirspaceError("it has no NOTAM")
    issued = moment(fields.get("issued"))
    for translation in objects(core.get("notamTranslation"), MAX_TRANSLATIONS):
        words = translation.get("formattedText", translation.get("icao_message"))
        if translation.get("type") == "ICAO" and isinstance(words, str):
            try:
                return parse(words, issued)
            except AirspaceError:
                break
    return _of_fields(fields, issued)


def _of_fields(fields: Item, issued: float | None) -> Notam:
    location, number = text(fields, "icaoLocation", "location"), text(fields, "number")
    begins = moment(fields.get("effectiveStart"))
    end = text(fields, "effectiveEnd").upper()
    ends = moment(end.removesuffix("EST").strip())
    words = text(fields, "text")
    if not location or not number:
        raise AirspaceError("it has no location or no number")
    if begins is None:
        begins = issued
    if begins is None or (ends is None and end and end != "PERM") or (ends is not None and ends < begins):
        raise AirspaceError(f"NOTAM {number[:20]} has no time of validity")
    code = text(fields, "selectionCode").upper()
    names = ("affectedFIR", "traffic", "purpose", "scope", "minimumFL", "maximumFL")
    fir, traffic, purpose, scope, low, high = (text(fields, name).upper() for name in names)
    circle = text(fields, "coordinates").upper() + text(fields, "radius")
    fir, code, traffic, purpose, scope, lower, upper, lat, lon, radius = parts_of_q(
        [fir, code, traffic, purpose, scope, low, high, circle]
    )
    return Notam(
        id=f"{location}:{number}",
        kind=_KINDS.get(text(fields, "type"), "new"),
        replaces=None,
        locations=(location,),
        fir=fir,
        q_code=code,
        subject=subject_of(code),
        condition=condition_of(code),
        traffic=traffic,
        purpose=purpose,
        scope=scope,
        lower_fl=lower,
        upper_fl=upper,
        lat=lat,
        lon=lon,
        radius_nm=radius,
        valid_from=begins,
        valid_to=ends,
        estimated=end.endswith("EST"),
        schedule=text(fields, "schedule"),
        text=words[:MAX_CHARACTERS],
        raw=words[:MAX_CHARACTERS],
        band=band_of_texts(text(fields, "lowerLimit"), text(fields, "upperLimit")),
    )


def _part(item: Item, name: str) -> Mapping[str, Any]:
    found = item.get(name)
    return found if isinstance(found, Mapping) else {}
